"""Rankings as rows of numbers: read and checked, then compared row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Array, read_column
from ..errors import InputError
from ..row_columns import _as_floats

Real = NDArray[np.float64]

# Values that are compared at a time, so that what is made of them stays in a core's cache.
BLOCK = 1 << 18


def read_rows(name: str, values: Any) -> Array:
    """Integers or floats of shape (n,) or (r, n); NaN is refused, infinities are not."""
    numbers = _read_matrix(name, values) if _is_matrix(values) else _read_row(name, values)
    if numbers.dtype.kind == "f":
        bad = np.isnan(numbers)
        if bad.any():
            raise InputError(
                f"{name} must not be nan, but {at(name, bad)} is nan; leave out what is not ranked"
            )
    return numbers


def _is_matrix(values: Any) -> bool:
    if isinstance(values, (list, tuple)):
        return any(isinstance(row, (list, tuple, np.ndarray)) for row in values)
    return len(getattr(values, "shape", ())) > 1


def _read_row(name: str, values: Any) -> Array:
    column = read_column(name, values)
    if isinstance(column, np.ndarray) and column.dtype.kind in "biu":
        return column.astype(np.int8) if column.dtype == bool else column
    return _as_floats(name, column, len(column))


def _read_matrix(name: str, values: Any) -> Array:
    to_numpy = getattr(values, "to_numpy", None)
    try:
        given = to_numpy() if to_numpy else values
        matrix = np.ma.filled(given.astype(np.float64), np.nan) if np.ma.is_masked(given) else given
        matrix = np.asarray(matrix)
    except ValueError as error:
        raise InputError(f"{name} must have rows of one length: {error}") from error
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise InputError(
            f"{name} must be numbers of shape (items,) or (rankings, items), but is "
            f"{matrix.dtype} of shape {matrix.shape}"
        )
    return matrix.astype(np.int8) if matrix.dtype == bool else matrix


def at(name: str, bad: NDArray[np.bool_]) -> str:
    """Where the first of the `bad` is, as a message names it."""
    place = np.argwhere(bad)[0].tolist()
    return f"{name}[{', '.join(map(str, place))}]"


@dataclass(frozen=True, eq=False)
class RowPairs:
    """Rankings to compare row by row; a side of one row is compared with all of the other."""

    first: Array
    second: Array
    single: bool

    @classmethod
    def of(cls, names: tuple[str, str], first: Array, second: Array) -> RowPairs:
        one, other = np.atleast_2d(first), np.atleast_2d(second)
        if len({1, len(one), len(other)}) > 2:
            raise InputError(
                f"{names[0]} has {len(one):,} rankings, but {names[1]} has {len(other):,}; pass "
                "as many of each, or one of either"
            )
        return cls(one, other, first.ndim == second.ndim == 1)

    def measure(self, function: Callable[[Array, Array], Real]) -> Any:
        """`function` of all rows, block by block; a float where both sides were one ranking."""
        sizes = len(self.first), len(self.second)
        n_rows = max(sizes) if min(sizes) else 0
        step = max(BLOCK // max(self.first.shape[1], self.second.shape[1], 1), 1)
        out = np.empty(n_rows)
        for begin in range(0, n_rows, step):
            one, other = (
                side if len(side) == 1 else side[begin : begin + step]
                for side in (self.first, self.second)
            )
            out[begin : begin + step] = function(one, other)
        return float(out[0]) if self.single else out


def read_pairs(scores: Any, reference: Any) -> RowPairs:
    """Scores of the same items in two rankings or more, of at least two items."""
    first, second = read_rows("scores", scores), read_rows("reference", reference)
    if first.shape[-1] != second.shape[-1]:
        raise InputError(
            f"scores has {first.shape[-1]:,} items, but reference has {second.shape[-1]:,}"
        )
    if first.shape[-1] < 2:
        raise InputError(f"scores must have at least 2 items, but has {first.shape[-1]}")
    return RowPairs.of(("scores", "reference"), first, second)


def run_starts(ordered: Array) -> NDArray[np.bool_]:
    """Whether each value of sorted rows differs from the one before it."""
    starts = np.ones(ordered.shape, bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=starts[:, 1:])
    return starts


def run_bounds(starts: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last place of the run of equal values that each place is in."""
    n = starts.shape[1]
    place = np.arange(n)
    begin = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    last = np.ones(starts.shape, bool)
    last[:, :-1] = starts[:, 1:]
    end = np.minimum.accumulate(np.where(last, place, n)[:, ::-1], axis=1)[:, ::-1]
    return begin, end


def tied_pairs(starts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many pairs of each row are equal."""
    place = np.arange(starts.shape[1])
    begin = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    return np.asarray((place - begin).sum(axis=1))
