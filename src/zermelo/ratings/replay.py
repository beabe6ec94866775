"""Comparisons in the order in which they happened, as models that learn game by game need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..columns import Array
from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import FRACTIONAL, TIE, WIN
from ..pair_counts import PairCounts

Real = NDArray[np.float64]
Rows = NDArray[np.intp]

# Repeats of one game cannot be interrupted.
MOST_REPEATS = 1_000_000


@dataclass(frozen=True, eq=False)
class Games:
    """The rows of comparisons, and `order`: the row of each game; None where rows stand in order.

    Rows that have a `time` are sorted by it, equal times staying as they stand.
    """

    data: Comparisons
    order: Rows | None

    @classmethod
    def of(cls, data: Any, model: str) -> Self:
        if isinstance(data, PairCounts):
            raise InputError(
                f"{model} replays games in their order, which PairCounts do not keep; give it "
                "Comparisons"
            )
        if not isinstance(data, Comparisons):
            raise InputError(f"data must be Comparisons, but is {type(data).__name__}")
        if not len(data):
            raise InputError("data has no comparisons: there is nothing to replay")
        return cls(data, _order(data.time))

    def __len__(self) -> int:
        return len(self.data)

    def column(self, values: Array | None, dtype: Any) -> Array:
        """A column of the rows, in the order of the games; empty for None.

        Read-only, always: of each mixture of columns that are and are not, the twins would compile
        another version.
        """
        if values is None:
            column = np.empty(0, dtype)
        else:
            taken = values if self.order is None else values[self.order]
            column = np.ascontiguousarray(taken, dtype).view()
        column.flags.writeable = False
        return column

    def by_row(self, values: Array) -> Array:
        """What was found for each game, back in the order of the rows."""
        if self.order is None or not len(values):
            return values
        rows = np.empty_like(values)
        rows[self.order] = values
        return rows

    def row(self, game: int) -> int:
        """The row that a game stands in."""
        return game if self.order is None else int(self.order[game])

    def times_played(self) -> NDArray[np.int64] | None:
        """How often each row is played: its count, 0 where its weight is 0; None: all once."""
        data = self.data
        if data.count is not None and data.count.max() > MOST_REPEATS:
            row = int(data.count.argmax())
            raise InputError(
                f"count[{row}] is {data.count[row]:,}, but a replay repeats a game at most "
                f"{MOST_REPEATS:,} times; for counts of a million and more use bradley_terry"
            )
        if data.weight is None or bool(data.weight.all()):
            return data.count
        count = np.ones(len(data), np.int64) if data.count is None else data.count
        return np.where(data.weight > 0, count, 0)

    @property
    def last_time(self) -> Any:
        """The time of the last game; None without times."""
        if self.data.time is None:
            return None
        return self.data.time[self.row(len(self) - 1)]


def scores_of(data: Comparisons) -> Real:
    """The score of `a` in every row."""
    score = np.where(data.outcome == WIN, 1.0, np.where(data.outcome == TIE, 0.5, 0.0))
    if data.score is not None:
        score = np.where(data.outcome == FRACTIONAL, data.score, score)
    return score


def importance_of(data: Comparisons) -> Real:
    """How much every row counts where predictions are measured: count times weight."""
    weight = np.ones(len(data)) if data.weight is None else data.weight
    return weight if data.count is None else weight * data.count


def check_follows(last_time: Any, games: Games) -> None:
    """That games which continue a replay do not lie before its last one."""
    times = games.data.time
    if (last_time is None) != (times is None):
        here, there = ("no times", "times") if times is None else ("times", "none")
        raise InputError(f"data has {here}, but the games replayed so far have {there}")
    if times is None:
        return
    row = games.row(0)
    try:
        earlier = bool(times[row] < last_time)
    except TypeError as error:
        raise InputError(
            f"time[{row}] is {times[row]!r}, which does not compare with {last_time!r}, the time "
            "of the last game replayed"
        ) from error
    if earlier:
        raise InputError(
            f"time[{row}] is {times[row]}, but games up to {last_time} were replayed already; "
            "continue with later games, or replay all at once"
        )


def _order(time: Array | None) -> Rows | None:
    if time is None:
        return None
    try:
        if bool((time[:-1] <= time[1:]).all()):
            return None
        return np.argsort(time, kind="stable")
    except TypeError as error:
        raise InputError(f"time must hold values of one kind, which compare: {error}") from error
