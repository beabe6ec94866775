"""Making the calls of a sort with a plain function: here, or in threads."""

from __future__ import annotations

import inspect
import queue
import threading
import time
from typing import Any, NamedTuple, Protocol

from ..errors import InputError
from .dispatching import Dispatcher, Sending
from .limits import CallTimeoutError

# The longest wait without looking: on some systems a wait without end ignores Ctrl-C.
LONGEST_LOOK = 1.0
SHORTEST_LOOK = 1e-4


class Outcome(NamedTuple):
    """How a sending ended: with a value, or with an error."""

    sending: Sending
    value: Any
    error: BaseException | None


class Caller(Protocol):
    """Who makes the calls."""

    def n_running(self) -> int: ...
    def start(self, sending: Sending) -> None: ...
    def wait(self, pause: float | None) -> list[Outcome]: ...
    def close(self) -> None: ...


def drive(dispatcher: Dispatcher, concurrency: int, timeout: float | None) -> None:
    """Make calls until there is nothing more to ask.

    There are no rounds: whatever an answer makes possible goes out as soon as there is room.
    """
    caller: Caller
    if concurrency == 1 and timeout is None:
        caller = _Here(dispatcher)
    else:
        caller = _Threads(dispatcher, timeout)
    try:
        _drive(dispatcher, caller)
    finally:
        caller.close()


def _drive(dispatcher: Dispatcher, caller: Caller) -> None:
    while True:
        now = time.monotonic()
        n_running = caller.n_running()
        sending = dispatcher.next(now, n_running)
        if sending is not None:
            caller.start(sending)
            continue
        pause = dispatcher.pause(now, n_running)
        if n_running:
            take(dispatcher, caller.wait(pause))
        elif pause is not None:
            time.sleep(pause)
        else:
            return


def take(dispatcher: Dispatcher, outcomes: list[Outcome]) -> None:
    """Take all of them, although the first error ends the sort: answers have been paid for."""
    raised: BaseException | None = None
    for sending, value, error in outcomes:
        try:
            if error is None:
                dispatcher.succeeded(sending, value)
            else:
                dispatcher.failed(sending, error, time.monotonic())
        except Exception as problem:
            raised = raised or problem
    if raised is not None:
        raise raised


def call_plainly(dispatcher: Dispatcher, sending: Sending) -> Any:
    """The value of a plain function."""
    value = dispatcher.call(sending.shown)
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise InputError(
            "the comparator returned something to await, but is no async function itself; define "
            "it with async def, or use await zm.sort_async(...)"
        )
    return value


class _Here:
    """Calls are made in this thread, one after the other."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._outcome: Outcome | None = None

    def n_running(self) -> int:
        return int(self._outcome is not None)

    def start(self, sending: Sending) -> None:
        try:
            self._outcome = Outcome(sending, call_plainly(self._dispatcher, sending), None)
        except Exception as error:
            self._outcome = Outcome(sending, None, error)

    def wait(self, pause: float | None) -> list[Outcome]:
        outcome, self._outcome = self._outcome, None
        return [] if outcome is None else [outcome]

    def close(self) -> None:
        pass


class _Threads:
    """Calls are made in threads that end with the process even if a call never does."""

    def __init__(self, dispatcher: Dispatcher, timeout: float | None) -> None:
        self._dispatcher = dispatcher
        self._timeout = timeout
        self._jobs: queue.SimpleQueue[Sending | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        # What is under way, and when it is given up; in the order of starting.
        self._running: dict[int, tuple[Sending, float | None]] = {}
        self._n_threads = 0
        self._given_up: set[int] = set()

    def n_running(self) -> int:
        return len(self._running)

    def start(self, sending: Sending) -> None:
        ends = None if self._timeout is None else time.monotonic() + self._timeout
        # A retry is a sending of its own here, since the first try may still be under way.
        job = Sending(sending.calls, sending.attempt, sending.shown)
        self._running[id(job)] = (job, ends)
        if len(self._running) + len(self._given_up) > self._n_threads:
            self._n_threads += 1
            name = f"zermelo-compare-{self._n_threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                outcome = Outcome(job, call_plainly(self._dispatcher, job), None)
            except BaseException as error:
                outcome = Outcome(job, None, error)
            self._results.put(outcome)

    def wait(self, pause: float | None) -> list[Outcome]:
        """What has come in, after a wait for the first of it or for `pause` seconds."""
        now = time.monotonic()
        look = LONGEST_LOOK if pause is None else min(pause, LONGEST_LOOK)
        ends = min((e for _, e in self._running.values() if e is not None), default=None)
        if ends is not None:
            look = min(look, ends - now)
        outcomes: list[Outcome] = []
        try:
            outcomes.append(self._results.get(timeout=max(look, SHORTEST_LOOK)))
            while True:
                outcomes.append(self._results.get_nowait())
        except queue.Empty:
            pass
        ours = []
        for outcome in outcomes:
            if self._running.pop(id(outcome.sending), None) is not None:
                ours.append(outcome)
            else:
                self._given_up.discard(id(outcome.sending))
        return ours + self._overdue(time.monotonic())

    def _overdue(self, now: float) -> list[Outcome]:
        late = [key for key, (_, ends) in self._running.items() if ends is not None and ends <= now]
        outcomes = []
        for key in late:
            sending, _ = self._running.pop(key)
            self._given_up.add(key)
            error = CallTimeoutError(f"no answer within {self._timeout:g} seconds")
            outcomes.append(Outcome(sending, None, error))
        return outcomes

    def close(self) -> None:
        for _ in range(self._n_threads):
            self._jobs.put(None)
