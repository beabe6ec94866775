"""A whole sort from its arguments to its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BudgetError, ComparatorError
from .comparator import read_comparator
from .dispatching import Dispatcher
from .driving import Caller, Here, drive
from .driving_async import drive_async
from .limits import read_limits, read_on_budget
from .progress import Teller
from .result import SortResult
from .threads import Threads
from .work import open_work

COMPARATORS = ("compare", "compare_batch", "choose", "rank")
LIMITS = ("concurrency", "rate", "retries", "retry_on", "timeout", "max_failures", "deadline")


class Begun:
    """A sort that is ready to make its calls.

    Parameters
    ----------
    arguments : mapping
        All those of `sort`, by name.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        rest = dict(arguments)
        self.comparator = read_comparator(**{name: rest.pop(name) for name in COMPARATORS})
        self.limits = read_limits(**{name: rest.pop(name) for name in LIMITS})
        self._raises = read_on_budget(rest.pop("on_budget"))
        progress = rest.pop("progress")
        self.work = open_work(
            rest.pop("items"),
            question=self.comparator.question,
            concurrency=self.limits.concurrency,
            **rest,
        )
        try:
            self._teller = Teller(progress, self.work.state)
        except BaseException:
            self.work.close()
            raise
        self.dispatcher = Dispatcher(self.work, self.comparator, self.limits, self._teller)

    def run(self) -> SortResult:
        """Make the calls with a plain function."""
        try:
            drive(self.dispatcher, self._caller())
            return self._finish()
        except ComparatorError as error:
            error.result = self.work.result()
            raise
        finally:
            self._teller.close()
            self.work.close()

    def _caller(self) -> Caller:
        if self.limits.concurrency == 1 and self.limits.timeout is None:
            return Here(self.dispatcher)
        return Threads(self.dispatcher, self.limits.timeout)

    async def run_async(self) -> SortResult:
        """Make the calls with an async function."""
        try:
            await drive_async(self.dispatcher, self.limits.timeout)
            return self._finish()
        except ComparatorError as error:
            error.result = self.work.result()
            raise
        finally:
            self._teller.close()
            self.work.close()

    def _finish(self) -> SortResult:
        self.dispatcher.check_all_failures()
        result = self.work.result()
        if not result.complete and self._raises:
            raise BudgetError(
                f"budget or deadline ended the sort after {result.n_calls:,} calls; the order so "
                "far is the result of this error",
                result,
            )
        return result
