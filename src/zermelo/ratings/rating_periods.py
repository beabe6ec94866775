"""Rating periods: which games are played at the same time, so to speak."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import whole
from ..columns import Array
from ..errors import InputError
from .replay import Games

Long = NDArray[np.int64]
# Kernels number periods in 32 bits.
MOST_PERIODS = 2**31 - 2


def check_rows_per_period(value: Any) -> int | None:
    return None if value is None else whole("rows_per_period", value, 1, "a positive whole number")


def read_periods(
    games: Games, rows_per_period: int | None, known: Array | None
) -> tuple[Long, Array | None]:
    """Where each period begins among the games, and the labels of all periods so far.

    `known` are those of periods that were replayed before, where they had labels.
    """
    labels = games.data.period
    if labels is not None and rows_per_period is not None:
        raise InputError(
            f"rows_per_period is {rows_per_period}, but the data has periods of its own; give one "
            "of the two"
        )
    size = len(games)
    if labels is None:
        step = size if rows_per_period is None else rows_per_period
        return np.append(np.arange(0, size, step, dtype=np.int64), size), None
    column = games.column(labels, labels.dtype)
    changes = np.flatnonzero(np.asarray(column[1:] != column[:-1], bool)) + 1
    begin = np.concatenate([[0], changes, [size]]).astype(np.int64)
    new = column[begin[:-1]]
    repeated = _first_repeated(new)
    if repeated is not None:
        row = games.row(int(begin[repeated]))
        helps = "give comparisons a time" if games.data.time is None else "correct period or time"
        raise InputError(
            f"period[{row}] is {shown_period(new[repeated])}, a period that had ended when another "
            f"one began; sort the rows by period, or {helps}"
        )
    if known is None:
        return begin, new
    if known.dtype.kind != new.dtype.kind:
        raise InputError(
            f"data has periods such as {shown_period(new[0])}, but those replayed are such as "
            f"{shown_period(known[0])}"
        )
    before = np.isin(new, known)
    if before.any():
        place = int(before.argmax())
        raise InputError(
            f"period[{games.row(int(begin[place]))}] is {shown_period(new[place])}, a period that "
            "has been replayed already; continue with the next one, or replay all at once"
        )
    return begin, np.concatenate([known, new])


def check_number(n_periods: int) -> None:
    if n_periods > MOST_PERIODS:
        raise InputError(f"there are {n_periods:,} periods, more than {MOST_PERIODS:,}")


def _first_repeated(labels: Array) -> int | None:
    """The place of the first label that stands earlier too."""
    try:
        first = np.unique(labels, return_index=True)[1]
    except TypeError as error:
        raise InputError(f"period must hold values of one kind, which compare: {error}") from error
    if len(first) == len(labels):
        return None
    again = np.ones(len(labels), bool)
    again[first] = False
    return int(again.argmax())


def shown_period(label: Any) -> str:
    """A period's label as messages show it."""
    return repr(
        label.item() if isinstance(label, np.generic) and label.dtype.kind != "M" else label
    )
