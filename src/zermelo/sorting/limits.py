"""How calls are made: how many at once, how fast, how long, and what happens when they fail."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from typing import Any

from ..checks import choice, finite, non_negative, positive, shortened, whole
from ..errors import ComparatorError, InputError

# Seconds before the first retry; each further one waits twice as long, up to the last.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0


class CallTimeoutError(TimeoutError):
    """A call took longer than `timeout`."""


@dataclass(frozen=True)
class Limits:
    """Checked arguments.

    Attributes
    ----------
    rate : float or None
        Calls a second.
    retry_on : tuple of exception classes
    timeout : float or None
        Seconds a call may take.
    max_failures : float
        The share of calls that may fail.
    ends : float or None
        When nothing more is sent, on the clock of `time.monotonic`.
    """

    concurrency: int
    rate: float | None
    retries: int
    retry_on: tuple[type[BaseException], ...]
    timeout: float | None
    max_failures: float
    ends: float | None

    @property
    def one_at_a_time(self) -> bool:
        """Whether calls are made one after the other, and each is waited for."""
        return self.concurrency == 1 and self.timeout is None

    def wait_before(self, attempt: int) -> float:
        """Seconds before the attempt; the first is number 0.

        Always the same, so that two runs do the same; the calls of one run that fail together are
        kept apart by `rate`.
        """
        return float(min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT))

    def too_many(self, failures: int, calls: int) -> bool:
        """Whether so many failures among so many calls end the sort at once.

        Two are always let pass where any may fail, since they say nothing yet about a share.
        """
        spared = 2 if self.max_failures > 0 else 0
        return failures - spared > self.max_failures * calls

    def too_many_in_all(self, failures: int, calls: int) -> bool:
        """Whether they make a finished sort worthless: most calls failed, and that is too many."""
        return failures > self.max_failures * calls and 2 * failures > calls

    def error(self, failures: int, calls: int, last: BaseException | None) -> ComparatorError:
        """What ends a sort of which too much has failed."""
        return ComparatorError(
            f"{failures} of {calls} calls failed, more than max_failures={self.max_failures:g} "
            f"allows; the last with {type(last).__name__}: {last}"
        )


def read_limits(
    *,
    concurrency: Any,
    rate: Any,
    retries: Any,
    retry_on: Any,
    timeout: Any,
    max_failures: Any,
    deadline: Any,
) -> Limits:
    concurrency = whole("concurrency", concurrency, 1, "a positive whole number")
    rate = None if rate is None else positive("rate", rate)
    retries = whole("retries", retries, 0, "a whole number of at least 0")
    timeout = None if timeout is None else positive("timeout", timeout)
    max_failures = non_negative("max_failures", max_failures)
    if max_failures > 1:
        raise InputError(f"max_failures must be a share from 0 to 1, but is {max_failures:g}")
    return Limits(
        concurrency,
        rate,
        retries,
        _read_exceptions(retry_on),
        timeout,
        max_failures,
        _read_deadline(deadline),
    )


def read_on_budget(on_budget: Any) -> bool:
    """Whether running out of budget is an error."""
    choice("on_budget", on_budget, ("return", "raise"))
    return bool(on_budget == "raise")


def _read_exceptions(retry_on: Any) -> tuple[type[BaseException], ...]:
    kinds = (retry_on,) if isinstance(retry_on, type) else retry_on
    if not isinstance(kinds, (tuple, list)):
        raise InputError(
            f"retry_on must be a tuple of exception classes, but is {shortened(retry_on)}"
        )
    for place, kind in enumerate(kinds):
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise InputError(f"retry_on[{place}] must be a class of exceptions, but is {kind!r}")
    return (*kinds, CallTimeoutError)


def _read_deadline(deadline: Any) -> float | None:
    """Seconds from now, or a moment, on the monotonic clock."""
    if deadline is None:
        return None
    if isinstance(deadline, datetime.datetime):
        seconds = (deadline - datetime.datetime.now(deadline.tzinfo)).total_seconds()
        if seconds <= 0:
            raise InputError(f"deadline is {deadline.isoformat()}, which has passed")
        return time.monotonic() + seconds
    if isinstance(deadline, datetime.timedelta):
        deadline = deadline.total_seconds()
    seconds = finite("deadline", deadline, "a number of seconds or a datetime")
    if seconds <= 0:
        raise InputError(f"deadline must be a positive number of seconds, but is {seconds:g}")
    return time.monotonic() + seconds
