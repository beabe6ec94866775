"""Which call goes next and when: rate, retries and deadline, without making any call itself."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from ..errors import InputError
from .comparator_kinds import Comparator
from .limits import Limits
from .presentation import Shown
from .progress import Teller
from .work import Work


@dataclass(eq=False)
class Sending:
    """Calls that go out together: one, unless the comparator takes batches."""

    calls: list[Shown]
    attempt: int = 0
    shown: list[tuple[Any, ...]] = field(default_factory=list)


class Dispatcher:
    """Hands out what is to be sent and takes what came back.

    Parameters
    ----------
    work, comparator, limits, teller
    """

    def __init__(
        self,
        work: Work,
        comparator: Comparator,
        limits: Limits,
        teller: Teller,
    ) -> None:
        self._work = work
        self._state = work.state
        self._comparator = comparator
        self._limits = limits
        self._teller = teller
        self._free_at = 0.0  # when the rate allows the next call
        self._retries: list[tuple[float, int, Sending]] = []
        self._numbers = count()
        self._last_error: BaseException | None = None
        self._cancelled = False
        self.call = comparator.call

    @property
    def keeps_answers(self) -> bool:
        """Whether an answer is of use although the sort has failed."""
        return self._work.log is not None

    def next(self, now: float, n_running: int) -> Sending | None:
        """What is to be sent now, if anything, while so many sendings are under way."""
        limits, state = self._limits, self._state
        if self._cancelled or (limits.ends is not None and now >= limits.ends):
            state.stop()
            self._retries.clear()
            return None
        retry = bool(self._retries) and self._retries[0][0] <= now
        if not retry and not self._has_room(n_running):
            return None
        if limits.rate is not None:
            if now < self._free_at:
                return None
            # A slot that nobody used is lost: calls never come faster than the rate.
            self._free_at = max(self._free_at, now) + 1.0 / limits.rate
        if retry:
            return heapq.heappop(self._retries)[2]
        size = len(state.unsent) if self._comparator.in_batches else 1
        calls = [state.unsent.popleft() for _ in range(size)]
        return Sending(calls, 0, [self._work.shown_items(shown) for shown in calls])

    def _has_room(self, n_running: int) -> bool:
        """Whether something new can be sent.

        What waits to be tried again keeps its place, so that a judge who fails at everything is
        not asked everything once.
        """
        n_held = n_running + len(self._retries)
        return bool(self._state.unsent) and n_held < self._limits.concurrency

    def pause(self, now: float, n_running: int) -> float | None:
        """Seconds until there may be something to send without another answer; None: never."""
        if self._has_room(n_running):
            at = self._free_at
        elif self._retries:
            at = max(self._retries[0][0], self._free_at)
        else:
            return None
        if self._limits.ends is not None:
            at = min(at, self._limits.ends)
        return max(0.0, at - now)

    def succeeded(self, sending: Sending, value: Any) -> None:
        """Take what the comparator returned: all that can be read, before the rest is refused."""
        values = self._comparator.split(value, len(sending.calls))
        refused: InputError | None = None
        for shown, said in zip(sending.calls, values, strict=True):
            found = partial(self._comparator.found, self._work.settings, shown)
            try:
                answer = self._work.read(shown, said, found)
            except InputError as error:
                refused = refused or error
                continue
            self._work.take(shown, answer)
        self._teller.tell()
        if refused is not None:
            raise refused

    def failed(self, sending: Sending, error: BaseException, now: float) -> None:
        """Try again later, or go on without an answer; what is no reason to retry is raised."""
        if not isinstance(error, self._limits.retry_on):
            raise error
        if sending.attempt < self._limits.retries:
            sending.attempt += 1
            due = now + self._limits.wait_before(sending.attempt)
            heapq.heappush(self._retries, (due, next(self._numbers), sending))
            return
        reason = f"{type(error).__name__}: {error}"
        for shown in sending.calls:
            self._work.fail(shown, reason)
        self._last_error = error
        failures, calls = self._counts()
        if self._limits.too_many(failures, calls):
            raise self._limits.error(failures, calls, error) from error

    def take_up(self, shown: Shown, error: BaseException, now: float) -> None:
        """Count a call as sent that failed before anything was dispatched."""
        self._state.unsent.remove(shown)
        self.failed(Sending([shown], 0, [self._work.shown_items(shown)]), error, now)

    def check_all_failures(self) -> None:
        """Whether so much failed that the order would mean nothing."""
        failures, calls = self._counts()
        if self._limits.too_many_in_all(failures, calls):
            error = self._last_error
            raise self._limits.error(failures, calls, error) from error

    def cancel(self) -> None:
        """Send nothing more; for another thread to call."""
        self._cancelled = True

    def _counts(self) -> tuple[int, int]:
        failures = len(self._state.failures)
        return failures, failures + len(self._state.answers) - self._work.n_logged
