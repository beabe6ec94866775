"""A sort under way: which calls can be made now, what was answered, and what follows from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from .._backends import resolve
from .budget import Budget
from .known import Known
from .outcomes import Answer
from .presentation import Settled, Shown, settle_list, settle_pair
from .settings import Settings, rounds_for_machine

COMPARE, CHOOSE, RANK = range(3)
KINDS = ("compare", "choose", "rank")


class Question(NamedTuple):
    """What the machine asked, by its number there."""

    kind: int
    items: Shown


class SortState:
    """Drives the machine of a method: from questions to calls, from answers to further questions.

    Everything here speaks of items by their numbers in the initial order.

    Parameters
    ----------
    settings : Settings
    known : dict
        Scores of pairs of positions that need no call.
    answers : mapping of shown items to their answer
        From a log: they are in the budget already.
    budget : Budget
    price : function of shown items
        What a call costs.

    Attributes
    ----------
    answers : dict
        In the order in which they came.
    outstanding : dict
        Calls that are to be made, or under way, and in the budget; in the order asked.
    unsent : deque
        Those of them that no driver has taken yet.
    failures : dict
        Calls that failed in this run, with the reason; they count as ties.
    exhausted : bool
        Something was not asked because the budget did not allow it.
    """

    def __init__(
        self,
        settings: Settings,
        known: Known,
        answers: Mapping[Shown, Answer],
        budget: Budget,
        price: Callable[[Shown], float],
    ) -> None:
        self.settings = settings
        self.answers: dict[Shown, Answer] = dict(answers)
        self.failures: dict[Shown, str] = {}
        self.outstanding: dict[Shown, None] = {}
        self.unsent: deque[Shown] = deque()
        self.exhausted = False
        self.n_pairs = 0
        self.known_used: list[tuple[int, int, float]] = []
        self.budget = budget
        self._price = price
        self._known = _by_number(known, settings.start) if known else {}
        self._questions: list[Question] = []
        self._waiting: dict[Shown, list[int]] = {}
        self._said: dict[Shown, Answer] = dict(answers)  # with None for what failed
        for shown in self.answers:
            budget.spent += price(shown)
        self.machine = resolve(None).SortMachine(
            settings.method.name,
            settings.n,
            settings.wanted,
            rounds_for_machine(settings),
            settings.seed,
            settings.method.options(settings.n, settings.wanted),
        )
        self._settle_from([])

    @property
    def complete(self) -> bool:
        """Whether the method has all it wanted to know."""
        return cast(bool, self.machine.done)

    @property
    def done(self) -> bool:
        """Whether nothing more will be asked."""
        return self.complete or not self.outstanding

    def order(self) -> list[int]:
        """Positions in the input, best first."""
        return [self.settings.start[number] for number in self.machine.order()]

    def answer(self, shown: Shown, answer: Answer) -> None:
        """Take the answer to an outstanding call."""
        self.answers[shown] = answer
        self._take(shown, answer)

    def fail(self, shown: Shown, reason: str) -> None:
        """Go on without an answer: a tie, in this run."""
        self.failures[shown] = reason
        self._take(shown, None)

    def stop(self) -> None:
        """Ask nothing more; what is under way can still be answered."""
        if self.complete:
            return
        self.exhausted = True
        for shown in self.unsent:
            del self.outstanding[shown]
        self.unsent.clear()

    def _take(self, shown: Shown, answer: Answer) -> None:
        del self.outstanding[shown]
        self._said[shown] = answer
        self._settle_from(self._waiting.pop(shown))

    def _settle_from(self, numbers: list[int]) -> None:
        """Settle these questions and all that follow; a stack would turn their order around."""
        queue = deque(numbers)
        while True:
            for kind, items in self.machine.questions(len(self._questions)):
                queue.append(len(self._questions))
                self._questions.append(Question(kind, tuple(items)))
            if not queue:
                return
            self._settle(queue.popleft())

    def _settle(self, number: int) -> None:
        question = self._questions[number]
        settings = self.settings
        if question.kind == COMPARE:
            low, high = question.items
            known = self._known.get((low, high))
            if known is not None:
                self.known_used.append((low, high, known))
                self.machine.tell(number, known, 0)
                return
            settled = settle_pair(settings.presentation, settings.seed, low, high, self._said)
        else:
            settled = settle_list(
                settings.presentation,
                settings.seed,
                KINDS[question.kind],
                question.items,
                self._said,
            )
        if isinstance(settled, Settled):
            self.n_pairs += 1
            self.machine.tell(number, settled.answer, settled.steps)
        else:
            self._ask(number, settled)

    def _ask(self, number: int, calls: list[Shown]) -> None:
        """Wait for these calls, which are made all or not at all."""
        fresh = [shown for shown in calls if shown not in self.outstanding]
        if fresh:
            if self.exhausted:
                return
            price = sum(map(self._price, fresh)) if self.budget.limit is not None else 0.0
            if not self.budget.reserve(price):
                self.exhausted = True
                return
        for shown in fresh:
            self.outstanding[shown] = None
            self.unsent.append(shown)
        for shown in calls:
            waiting = self._waiting.setdefault(shown, [])
            if number not in waiting:
                waiting.append(number)


def _by_number(known: Known, start: list[int]) -> dict[tuple[int, int], float]:
    number = [0] * len(start)
    for item, position in enumerate(start):
        number[position] = item
    scores = {}
    for (x, y), score in known.items():
        i, j = number[x], number[y]
        scores[min(i, j), max(i, j)] = score if i < j else 1.0 - score
    return scores


def items_of(settings: Settings) -> list[Any]:
    """The items by their numbers."""
    return [settings.identity.items[position] for position in settings.start]
