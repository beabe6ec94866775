"""Making calls in threads that end with the process even if a call never does."""

from __future__ import annotations

import queue
import threading
import time

from .dispatching import Dispatcher, Sending
from .driving import Outcome, call_plainly
from .limits import CallTimeoutError

# The longest wait without looking: on some systems a wait without end ignores Ctrl-C.
LONGEST_LOOK = 1.0
SHORTEST_LOOK = 1e-4


class Threads:
    """Makes several calls at the same time.

    A call that is given up goes on in its thread, whose place another one takes.
    """

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
