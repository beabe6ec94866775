"""A whole sort from its arguments to its result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..errors import BudgetError, ComparatorError
from .comparator_kinds import read_comparator
from .direct import PRESENTATIONS, Direct, may_go_directly
from .dispatching import Dispatcher
from .driving import Caller, Here, drive
from .driving_async import drive_async
from .identity import read_items
from .limits import read_limits, read_on_budget
from .progress import Teller
from .result import SortResult
from .settings import read_settings
from .threads import Threads
from .work import Work, open_work

COMPARATORS = ("compare", "compare_batch", "choose", "rank")
LIMITS = ("concurrency", "rate", "retries", "retry_on", "timeout", "max_failures", "deadline")
# Arguments that do not fix the questions.
OTHERS = ("items", "ids", "known", "budget", "cost", "log")


class Begun:
    """A sort that is ready to make its calls.

    Parameters
    ----------
    arguments : mapping
        All those of `sort`, by name.
    can_cancel : bool
        Whether somebody may want to end it between two calls.
    """

    def __init__(self, arguments: Mapping[str, Any], *, can_cancel: bool) -> None:
        rest = dict(arguments)
        self.comparator = read_comparator(**{name: rest.pop(name) for name in COMPARATORS})
        self.limits = read_limits(**{name: rest.pop(name) for name in LIMITS})
        self._raises = read_on_budget(rest.pop("on_budget"))
        self._progress = rest.pop("progress")
        rest["question"] = self.comparator.question
        rest["concurrency"] = self.limits.concurrency
        self._direct: Direct | None = None
        if self._progress is False and not can_cancel:
            self._direct = self._direct_way(rest)
        if self._direct is None:
            self._open(open_work(rest.pop("items"), **rest))

    def _direct_way(self, rest: Mapping[str, Any]) -> Direct | None:
        if not may_go_directly(self.comparator, self.limits, rest):
            return None
        bound = {name: value for name, value in rest.items() if name not in OTHERS}
        settings = read_settings(read_items(rest["items"], rest["ids"]), **bound)
        if settings.presentation not in PRESENTATIONS:
            return None
        return Direct(settings, self.comparator, self.limits)

    def _open(self, work: Work) -> None:
        self._work = work
        try:
            self._teller = Teller(self._progress, work.state)
        except BaseException:
            work.close()
            raise
        self._dispatcher = Dispatcher(work, self.comparator, self.limits, self._teller)

    def run(self) -> SortResult:
        """Make the calls with a plain function."""
        if self._direct is not None:
            result = self._direct.run()
            if result is not None:
                return result
            self._open(self._direct.rest())
        try:
            if self._direct is not None and self._direct.failed is not None:
                # Go on where a call has failed, with that failure as the first.
                self._dispatcher.take_up(*self._direct.failed, time.monotonic())
            drive(self._dispatcher, self._caller())
            return self._finish()
        except ComparatorError as error:
            error.result = self._work.result()
            raise
        finally:
            self._close()

    async def run_async(self) -> SortResult:
        """Make the calls with an async function."""
        try:
            await drive_async(self._dispatcher, self.limits.timeout)
            return self._finish()
        except ComparatorError as error:
            error.result = self._work.result()
            raise
        finally:
            self._close()

    def cancel(self) -> None:
        """Make no more calls; for another thread than the one that runs."""
        self._dispatcher.cancel()

    def _caller(self) -> Caller:
        if self.limits.one_at_a_time:
            return Here(self._dispatcher)
        return Threads(self._dispatcher, self.limits.timeout)

    def _finish(self) -> SortResult:
        self._dispatcher.check_all_failures()
        result = self._work.result()
        if not result.complete and self._raises:
            raise BudgetError(
                f"budget or deadline ended the sort after {result.n_calls:,} calls; the order so "
                "far is the result of this error",
                result,
            )
        return result

    def _close(self) -> None:
        self._teller.close()
        self._work.close()
