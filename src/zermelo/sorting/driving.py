"""Making the calls of a sort with a plain function."""

from __future__ import annotations

import contextlib
import time
from typing import Any, NamedTuple, Protocol

from .comparator_kinds import refuse_awaitable
from .dispatching import Dispatcher, Sending

# Seconds after which a wait looks whether the sort was cancelled.
LONGEST_SLEEP = 1.0


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


def drive(dispatcher: Dispatcher, caller: Caller) -> None:
    """Make calls until there is nothing more to ask.

    There are no rounds: whatever an answer makes possible goes out as soon as there is room. After
    an error what is under way is waited for where there is a log to keep it.
    """
    try:
        _drive(dispatcher, caller)
    except Exception:
        while dispatcher.keeps_answers and caller.n_running():
            keep(dispatcher, caller.wait(None))
        raise
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
            time.sleep(min(pause, LONGEST_SLEEP))
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


def keep(dispatcher: Dispatcher, outcomes: list[Outcome]) -> None:
    """Log what has come in after an error: it has been paid for, and the next run needs it."""
    for sending, value, error in outcomes:
        if error is None:
            with contextlib.suppress(Exception):
                dispatcher.succeeded(sending, value)


def call_plainly(dispatcher: Dispatcher, sending: Sending) -> Any:
    """The value of a plain function."""
    value = dispatcher.call(sending.shown)
    refuse_awaitable(value)
    return value


class Here:
    """Makes calls in this thread, one after the other."""

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
