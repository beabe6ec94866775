"""A sort with its log: every answer is read, logged and then acted on, in that order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import InputError
from .ask import Ask
from .budget import Budget
from .calls import calls_of
from .entries import answered, failed, read_entries
from .identity import read_items
from .known import Known, read_known
from .log import Log
from .outcomes import Answer, read_answer
from .presentation import Shown
from .result import SortResult
from .settings import Settings, read_settings
from .state import SortState, items_of


class Work:
    """What drivers and `Sorter` share: settings, the state of the sort, and its log if it has one.

    Attributes
    ----------
    settings : Settings
    state : SortState
    items : list
        By their numbers in the initial order.
    """

    def __init__(
        self,
        settings: Settings,
        known: Known,
        answers: dict[Shown, Answer],
        budget: Budget,
        log: Log | None,
    ) -> None:
        self.settings = settings
        self.items = items_of(settings)
        self.log = log
        self.n_logged = len(answers)
        if known and settings.method.question != "compare":
            raise InputError(
                f"known holds answers about pairs, but method {settings.method.name!r} asks "
                f"{settings.method.question}="
            )
        self.known = known
        self.budget = budget
        self.state = SortState(settings, known, answers, budget, partial(self._price, budget))

    def _price(self, budget: Budget, shown: Shown) -> float:
        return budget.cost(self.items[number] for number in shown)

    def shown_items(self, shown: Shown) -> tuple[Any, ...]:
        return tuple(self.items[number] for number in shown)

    def ask(self, shown: Shown) -> Ask:
        settings = self.settings
        positions = tuple(settings.start[number] for number in shown)
        return Ask(
            settings.ask_id(shown), self.shown_items(shown), positions, settings.method.question
        )

    def read(self, shown: Shown, value: Any, found: Callable[[], str]) -> Answer:
        """A checked answer; `found` makes the beginning of a message about it."""
        return read_answer(self.settings.method.question, value, len(shown), found)

    def take(self, shown: Shown, answer: Answer) -> None:
        """Remember a checked answer and go on with it."""
        if self.log is not None:
            self.log.append(answered(self.settings, shown, answer))
        self.state.answer(shown, answer)

    def fail(self, shown: Shown, reason: str) -> None:
        """Remember that a call has failed, and go on with a tie."""
        if self.log is not None:
            self.log.append(failed(self.settings, shown, reason))
        self.state.fail(shown, reason)

    def result(self) -> SortResult:
        settings, state = self.settings, self.state
        make_calls: Callable[[], Any] = partial(
            calls_of,
            settings.method.question,
            settings.presentation == "both",
            settings.start,
            tuple(state.answers.items()),
            tuple(state.known_used),
        )
        return SortResult(
            np.array(state.order(), np.int64),
            int(state.machine.n_certain),
            state.n_pairs,
            int(state.machine.n_lookups),
            len(state.answers),
            len(state.answers) - self.n_logged,
            int(state.machine.n_rounds),
            state.complete,
            len(state.failures),
            settings.method.name,
            settings.reason,
            settings,
            make_calls,
        )

    def close(self) -> None:
        if self.log is not None:
            self.log.close()


def open_work(
    items: Any,
    *,
    ids: Any,
    known: Any,
    budget: Any,
    cost: Any = None,
    log: Any,
    **arguments: Any,
) -> Work:
    """A sort that is ready to ask; `arguments` are those of `read_settings`."""
    identity = read_items(items, ids)
    limit = Budget(budget, cost)
    pairs = read_known(known, identity)
    if log is None:
        return Work(read_settings(identity, **arguments), pairs, {}, limit, None)
    file = Log(log)
    try:
        settings = read_settings(identity, header=file.header, **arguments)
        file.begin(settings.header())
        return Work(settings, pairs, read_entries(settings, file), limit, file)
    except BaseException:
        file.close()
        raise
