"""How far a sort has come: the calls made, and about how many are left."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import Any

from .._backends import resolve
from ..checks import shortened
from ..errors import InputError
from .presentation import lot
from .settings import Settings, rounds_for_machine
from .state import COMPARE, RANK, SortState

# Beyond so many items the estimate is scaled up from so many.
MOST_SIMULATED = 500
# Seconds between two looks at the line on a terminal.
EVERY = 0.1


@dataclass(frozen=True)
class Progress:
    """How far a sort has come.

    Attributes
    ----------
    n_calls : int
        Answers so far, those of a log included.
    n_left : int
        About how many are still to come: for a consistent comparator, from a simulation. 0 at the
        end.
    """

    n_calls: int
    n_left: int

    @property
    def share(self) -> float:
        """Of all calls, how many have been made."""
        return self.n_calls / max(1, self.n_calls + self.n_left)


class Teller:
    """Tells somebody after every call how far a sort has come.

    Parameters
    ----------
    progress : bool or function of a Progress
    state : SortState
    """

    def __init__(self, progress: Any, state: SortState) -> None:
        if progress is None or isinstance(progress, bool):
            self._show = _Line() if progress else None
        elif callable(progress):
            self._show = progress
        else:
            raise InputError(
                "progress must be True, False or a function of a Progress, but is "
                f"{shortened(progress)}"
            )
        self._state = state
        if self._show is None:
            return
        self._expected = math.ceil(expected_calls(state.settings))
        if state.budget.by_calls and state.budget.limit is not None:
            self._expected = min(self._expected, int(state.budget.limit))

    def tell(self) -> None:
        """There are more answers: one, or those of a batch."""
        if self._show is None:
            return
        state = self._state
        n_calls = len(state.answers)
        left = 0 if state.done else max(len(state.outstanding), self._expected - n_calls)
        self._show(Progress(n_calls, left))

    def close(self) -> None:
        """Leave the terminal in order."""
        if isinstance(self._show, _Line):
            self._show.close()


def expected_calls(settings: Settings) -> float:
    """Calls for items in a random order and a consistent comparator, once simulated."""
    n = min(settings.n, MOST_SIMULATED)
    if n < 2:
        return 0.0
    wanted = max(1, min(settings.wanted, n))
    method = settings.method
    machine = resolve(None).SortMachine(
        method.name, n, wanted, rounds_for_machine(settings), 0, method.options(n, wanted)
    )
    value = [lot(0, item, 0) for item in range(n)]
    told = 0
    while not machine.done:
        for kind, items in machine.questions(told):
            if kind == COMPARE:
                machine.tell(told, float(value[items[0]] > value[items[1]]), 1)
            else:
                order = sorted(range(len(items)), key=lambda place: -value[items[place]])
                machine.tell(told, order if kind == RANK else order[:1], 1)
            told += 1
    scale = settings.n * math.log(settings.n) / (n * math.log(n))
    both = method.question == "compare" and settings.presentation == "both"
    return told * scale * (2 if both else 1)


class _Line:
    """One line on the terminal, a bar where rich is installed."""

    def __init__(self) -> None:
        self._last = Progress(0, 1)
        self._shown_at = 0.0
        self._bar: Any = None
        try:
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar
        except ImportError:
            return
        calls = TextColumn("{task.completed:,} of about {task.total:,} calls")
        self._bar = Bar(TextColumn("sorting"), BarColumn(), calls, TimeRemainingColumn())

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        now = time.monotonic()
        if now < self._shown_at + EVERY:
            return
        if not self._shown_at and self._bar is not None:
            self._task = self._bar.add_task("", total=1)
            self._bar.start()
        self._shown_at = now
        self._show()

    def _show(self) -> None:
        n_calls, total = self._last.n_calls, self._last.n_calls + self._last.n_left
        if self._bar is not None:
            self._bar.update(self._task, completed=n_calls, total=total)
        else:
            sys.stderr.write(f"\rsorting: {n_calls:,} of about {total:,} calls ")
            sys.stderr.flush()

    def close(self) -> None:
        if not self._shown_at:
            return
        self._show()
        if self._bar is not None:
            self._bar.stop()
        else:
            sys.stderr.write("\n")
