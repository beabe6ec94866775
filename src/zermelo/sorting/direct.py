"""The short way: a plain comparator, one call after the other, and nothing to keep but the answers.

Where there is neither log nor budget the machine need not stop between two calls, and a kernel
calls the comparator itself. A call that fails ends the short way: the long one takes up there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from .._backends import resolve
from .budget import Budget
from .calls import Calls, number_pairs
from .comparator_kinds import Comparator, refuse_awaitable
from .limits import Limits
from .outcomes import Answer, read_answer
from .presentation import Shown
from .result import SortResult
from .settings import Settings, rounds_for_machine
from .work import Work

PRESENTATIONS = ("both", "single", "random")
# Arguments of `sort` that need the machine to stop between two calls.
STOPPING = ("known", "budget", "cost", "log")


def may_go_directly(comparator: Comparator, limits: Limits, rest: Mapping[str, Any]) -> bool:
    """Whether nothing but the comparator has a say; `rest` are the other arguments of `sort`."""
    return (
        comparator.name == "compare"
        and not comparator.is_async
        and limits.one_at_a_time
        and limits.rate is None
        and limits.ends is None
        and all(rest[name] is None for name in STOPPING)
    )


class Direct:
    """A sort by one call of a kernel.

    Attributes
    ----------
    failed : tuple or None
        The call that raised, and what it raised, where that ended the short way.
    """

    def __init__(self, settings: Settings, comparator: Comparator, limits: Limits) -> None:
        self._settings = settings
        self._comparator = comparator
        self._limits = limits
        self._items = tuple(map(settings.identity.items.__getitem__, settings.start))
        self._answers: dict[Shown, Answer] = {}
        self.failed: tuple[Shown, BaseException] | None = None

    def run(self) -> SortResult | None:
        """Make the calls; None where one failed that may be tried again."""
        settings = self._settings
        method = settings.method
        order, n_certain, n_asked, n_lookups, n_rounds, first, second, score, error = resolve(
            None
        ).sort_directly(
            method.name,
            settings.wanted,
            rounds_for_machine(settings),
            settings.seed,
            method.options(settings.n, settings.wanted),
            settings.presentation,
            self._items,
            self._comparator.function,
            self._read,
            self._note,
        )
        if error is not None:
            if self.failed is None or not isinstance(error, self._limits.retry_on):
                raise error
            told = zip(first.tolist(), second.tolist(), score.tolist(), strict=True)
            self._answers = {(x, y): None if math.isnan(s) else s for x, y, s in told}
            return None
        start = np.array(settings.start, np.int64)
        return SortResult(
            start[order],
            int(n_certain),
            int(n_asked),
            int(n_lookups),
            len(first),
            len(first),
            int(n_rounds),
            True,
            0,
            method.name,
            settings.reason,
            settings,
            partial(_calls, start, first, second, score, settings.presentation == "both"),
        )

    def rest(self) -> Work:
        """The sort as the short way left it."""
        work = Work(self._settings, {}, self._answers, Budget(None), None)
        work.n_logged = 0
        return work

    def _read(self, value: Any, first: int, second: int) -> float:
        """A score that is neither a bool nor a plain float; NaN where there is none."""
        refuse_awaitable(value)
        found = partial(self._comparator.found, self._settings, (first, second))
        answer = read_answer("compare", value, 2, found)
        return math.nan if answer is None else answer  # type: ignore[return-value]

    def _note(self, error: BaseException, first: int, second: int) -> float:
        self.failed = ((first, second), error)
        raise error


def _calls(start: Any, first: Any, second: Any, score: Any, strict: bool) -> Calls:
    nothing = np.zeros(0, np.int64)
    return Calls(
        start[first],
        start[second],
        np.where(np.isnan(score), 0.5, score),
        number_pairs(first, second),
        np.arange(len(first)),
        strict,
        (nothing, nothing, np.zeros(0)),
    )
