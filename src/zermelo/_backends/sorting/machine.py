"""The twin of the sort machine: methods are generators that ask questions, and this drives them.

A method yields a question and is sent the answer, or yields `Together` with branches that run side
by side and is sent the list of their results. With `Begin` it goes on while they run, and waits for
them with `Finish`. Nobody looks at what a branch learns before all that it waits for has come, so
what is asked depends on the answers and never on the order in which they came.

Items are numbered in their initial order: item 0 stood first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

COMPARE, CHOOSE, RANK = range(3)

TIE = 0.5


class Question(NamedTuple):
    """What a method wants to know of some items.

    The answer to COMPARE is the score in [0, 1] of the first of two items, to CHOOSE a list of one
    place in `items`, that of the best, to RANK a list of all places, best first.
    """

    kind: int
    items: tuple[int, ...]


class Together(NamedTuple):
    """Branches that need nothing of each other; the answer is the list of their results."""

    branches: Sequence[Asking]


class Begin(NamedTuple):
    """Branches that ask before the method goes on; the answer is what `Finish` waits for."""

    branches: Sequence[Asking]


class Finish(NamedTuple):
    """Waits for branches that were begun; the answer is the list of their results."""

    begun: _Branches


Answer = float | list[int]
Asking = Generator[Any, Any, Any]  # yields Question, Together, Begin or Finish


class Run:
    """What a method is told, and what it keeps for all to see.

    Attributes
    ----------
    n, top_k, max_rounds, seed : int
        `top_k` is n where everything is wanted; `max_rounds` is 0 where there is no limit.
    options : mapping
        What belongs to one method alone.
    order : list of int
        The best order known so far, a permutation at every question.
    view : callable, optional
        Makes the best order known so far, where keeping `order` up to date would cost more.
    n_certain : int
        How many places at its front are final.
    """

    def __init__(
        self, n: int, top_k: int, max_rounds: int, seed: int, options: Mapping[str, int]
    ) -> None:
        self.n = n
        self.top_k = top_k
        self.max_rounds = max_rounds
        self.seed = seed
        self.options = options
        self.order = list(range(n))
        self.view: Callable[[], list[int]] | None = None
        self.n_certain = 0


def compare(first: int, second: int) -> Asking:
    """The score of `first` against `second`."""
    score: float = yield Question(COMPARE, (first, second))
    return score


def precedes(first: int, second: int) -> Asking:
    """Whether `first` belongs before `second`; of two that tie, who stood first initially."""
    score: float = yield Question(COMPARE, (first, second))
    return score > TIE or (score == TIE and first < second)


class _Task:
    """A method or a branch under way."""

    __slots__ = ("depth", "generator", "place", "siblings")

    def __init__(
        self, generator: Asking, siblings: _Branches | None, place: int, depth: int
    ) -> None:
        self.generator = generator
        self.siblings = siblings  # itself included; None for the method
        self.place = place
        self.depth = depth  # the longest chain of calls that led here


class _Branches:
    """Branches side by side, and who waits for them."""

    __slots__ = ("depth", "n_left", "results", "waiting")

    def __init__(self, n: int, depth: int) -> None:
        self.results: list[Any] = [None] * n
        self.n_left = n
        self.depth = depth
        self.waiting: _Task | None = None


class _Asked:
    """A question, who waits for it, and its answer once there is one."""

    __slots__ = ("answer", "depth", "question", "waiting")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.answer: Answer | None = None
        self.depth = 0
        self.waiting: list[tuple[_Task, bool]] = []


class SortMachine:
    """Emits what can be asked at once and takes answers in any order.

    Parameters
    ----------
    method : str
        A name in `METHODS`.
    n, top_k, max_rounds, seed, options
        As in `Run`.

    Attributes
    ----------
    done : bool
    n_asked : int
        Distinct questions so far; they are numbered from 0.
    n_lookups : int
        Questions of the method, those that had been answered before included.
    n_rounds : int
        The longest chain of calls each of which needed the answer before it.
    """

    def __init__(
        self,
        method: str,
        n: int,
        top_k: int,
        max_rounds: int,
        seed: int,
        options: Mapping[str, int],
    ) -> None:
        from . import METHODS

        self._run = Run(n, top_k, max_rounds, seed, options)
        self._asked: list[_Asked] = []
        self._number_of: dict[Question, int] = {}
        self.done = False
        self.n_lookups = 0
        self.n_rounds = 0
        self._advance(_Task(METHODS[method](self._run), None, 0, 0), None)

    @property
    def n_asked(self) -> int:
        return len(self._asked)

    @property
    def n_certain(self) -> int:
        return self._run.n_certain

    def order(self) -> list[int]:
        view = self._run.view
        return view() if view is not None else list(self._run.order)

    def questions(self, since: int) -> list[tuple[int, tuple[int, ...]]]:
        """Kind and items of the questions numbered from `since` on."""
        return [(asked.question.kind, asked.question.items) for asked in self._asked[since:]]

    def question(self, number: int) -> Question:
        return self._asked[number].question

    def tell(self, number: int, answer: Answer, steps: int) -> None:
        """Answer a question; `steps` is how many calls, one after the other, that took."""
        asked = self._asked[number]
        if asked.answer is not None:
            raise ValueError(f"question {number} has been answered")
        starts = [task.depth for task, _ in asked.waiting]
        asked.answer = answer
        # Whoever asked first could have it first: others waited for the same call.
        asked.depth = min(starts) + steps
        self.n_rounds = max(self.n_rounds, asked.depth)
        waiting, asked.waiting = asked.waiting, []
        for task, turned in waiting:
            task.depth = max(task.depth, asked.depth)
            self._advance(task, _turned(answer) if turned else answer)

    def _advance(self, task: _Task, reply: Any) -> None:
        """Run from here on until everything waits for answers."""
        ready = [(task, reply)]
        while ready:
            task, reply = ready.pop()
            try:
                request = task.generator.send(reply)
            except StopIteration as stop:
                siblings = task.siblings
                if siblings is None:
                    self.done = True
                    continue
                siblings.results[task.place] = stop.value
                siblings.depth = max(siblings.depth, task.depth)
                siblings.n_left -= 1
                if not siblings.n_left and siblings.waiting is not None:
                    ready.append(_finished(siblings.waiting, siblings))
                continue
            if isinstance(request, Together | Begin):
                branches = _Branches(len(request.branches), task.depth)
                if isinstance(request, Begin):
                    ready.append((task, branches))
                elif branches.n_left:
                    branches.waiting = task
                else:
                    ready.append((task, []))
                # Last in, first out: the first branch asks first.
                for place in reversed(range(branches.n_left)):
                    branch = _Task(request.branches[place], branches, place, task.depth)
                    ready.append((branch, None))
                continue
            if isinstance(request, Finish):
                if request.begun.n_left:
                    request.begun.waiting = task
                else:
                    ready.append(_finished(task, request.begun))
                continue
            self.n_lookups += 1
            turned = request.kind == COMPARE and request.items[0] > request.items[1]
            asked = self._look_up(
                request._replace(items=request.items[::-1]) if turned else request
            )
            if asked.answer is None:
                asked.waiting.append((task, turned))
                continue
            task.depth = max(task.depth, asked.depth)
            ready.append((task, _turned(asked.answer) if turned else asked.answer))

    def _look_up(self, question: Question) -> _Asked:
        """What has been asked of these items; a pair stands with its lower item first."""
        number = self._number_of.setdefault(question, len(self._asked))
        if number == len(self._asked):
            self._asked.append(_Asked(question))
        return self._asked[number]


def _finished(task: _Task, branches: _Branches) -> tuple[_Task, list[Any]]:
    """Who waited for branches that have ended, and what they have learned."""
    task.depth = max(task.depth, branches.depth)
    return task, branches.results


def _turned(answer: Any) -> float:
    """The score of the second item, from that of the first."""
    return 1.0 - float(answer)
