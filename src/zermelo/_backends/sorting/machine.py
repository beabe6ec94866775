"""The twin of the sort machine: methods are generators that ask questions, and this drives them.

A method yields a question and is sent the answer, or yields `Together` with branches that run side
by side and is sent the list of their results. A branch never looks at what a sibling learns, so
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


Answer = float | list[int]
Asking = Generator[Any, Any, Any]  # yields Question or Together


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

    __slots__ = ("depth", "generator", "n_left", "parent", "place", "results")

    def __init__(self, generator: Asking, parent: _Task | None, place: int, depth: int) -> None:
        self.generator = generator
        self.parent = parent
        self.place = place
        self.depth = depth  # the longest chain of calls that led here
        self.results: list[Any] = []
        self.n_left = 0


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
                parent = task.parent
                if parent is None:
                    self.done = True
                    continue
                parent.results[task.place] = stop.value
                parent.depth = max(parent.depth, task.depth)
                parent.n_left -= 1
                if not parent.n_left:
                    ready.append((parent, parent.results))
                continue
            if isinstance(request, Together):
                task.results = [None] * len(request.branches)
                task.n_left = len(request.branches)
                if not task.n_left:
                    ready.append((task, []))
                # Last in, first out: the first branch asks first.
                for place in reversed(range(task.n_left)):
                    branch = _Task(request.branches[place], task, place, task.depth)
                    ready.append((branch, None))
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


def _turned(answer: Any) -> float:
    """The score of the second item, from that of the first."""
    return 1.0 - float(answer)
