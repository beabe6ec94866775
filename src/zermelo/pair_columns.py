"""The columns of PairCounts: which are stored, which follow from others, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from .columns import Array
from .errors import InputError
from .outcomes import LOSS, WIN

if TYPE_CHECKING:
    from .pair_counts import PairCounts

OUTCOMES = ("loss", "win", "tie", "fractional")  # by outcome code
COUNTS = frozenset(OUTCOMES)
# The rows that the kernel `sum_pairs` returns.
SUMS = (
    *("loss_weight", "win_weight", "tie_weight"),
    *("loss_weight_squared", "win_weight_squared", "tie_weight_squared"),
    *("fractional_weight", "fractional_score"),
    *("fractional_weight_squared", "fractional_score_weight_squared"),
    "fractional_score_squared_weight_squared",
)
COUNT_DTYPES = (np.dtype(np.uint32), np.dtype(np.uint64))
TOO_MANY = "the sum of count must fit into 64 bits"


class StoredColumn:
    """A column that is stored, or follows from another one (None: it is zero) where it is not."""

    def __init__(self, follows: str | None, meaning: str) -> None:
        self.follows = follows
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, counts: None, owner: type) -> StoredColumn: ...
    @overload
    def __get__(self, counts: PairCounts, owner: type) -> Array: ...
    def __get__(self, counts: PairCounts | None, owner: type) -> StoredColumn | Array:
        if counts is None:
            return self  # asked of the class: help() shows its meaning
        stored = counts.columns.get(self.name)
        if stored is not None:
            return stored
        if self.follows is not None:
            column: Array = getattr(counts, self.follows)
            return column if self.name in COUNTS else column.astype(np.float64)
        dtype = counts.columns["win"].dtype if self.name in COUNTS else np.float64
        return np.zeros(len(counts), dtype)


def sum_columns(
    n: NDArray[np.uint64], sums: NDArray[np.float64], weighted: bool
) -> dict[str, Array]:
    """The columns to store, from what the kernel `sum_pairs` returns."""
    outcomes = [
        name
        for code, name in enumerate(OUTCOMES)
        if code in (LOSS, WIN) or n[code].any()  # the others only where they occur
    ]
    everything = dict(zip(OUTCOMES, n, strict=True)) | dict(zip(SUMS, sums, strict=True))
    return canonical_columns(
        {name: everything[name] for name in stored_columns(outcomes, weighted)}
    )


def stored_columns(outcomes: list[str], weighted: bool) -> list[str]:
    """The columns that do not follow from others, where these outcomes occur."""
    names = list(outcomes)
    if weighted:
        names += [f"{name}_weight" for name in outcomes]
        names += [f"{name}_weight_squared" for name in outcomes]
    if "fractional" in outcomes:
        names += ["fractional_score", "fractional_score_squared_weight_squared"]
        if weighted:
            names.append("fractional_score_weight_squared")
    return names


def canonical_columns(columns: Mapping[str, Array]) -> dict[str, Array]:
    """One form for equal content: nothing that does not occur or follows, the narrowest counts."""
    for name in ("tie", "fractional"):
        if name in columns and not columns[name].any():
            columns = {other: columns[other] for other in columns if not other.startswith(name)}
    outcomes = [name for name in OUTCOMES if name in columns]
    # Both sums of weights equal the count only where every weight is 1.
    if "win_weight" in columns and all(
        np.array_equal(columns[name + sums], columns[name])
        for name in outcomes
        for sums in ("_weight", "_weight_squared")
    ):
        columns = {name: columns[name] for name in stored_columns(outcomes, weighted=False)}
    # A sum of whole numbers would wrap around.
    if sum(float(columns[name].sum(dtype=np.float64)) for name in outcomes) >= 2.0**63:
        raise InputError(TOO_MANY)
    total = sum(int(columns[name].sum(dtype=np.uint64)) for name in outcomes)
    counts = np.uint32 if total < 1 << 32 else np.uint64
    return {
        name: np.ascontiguousarray(column, counts if name in COUNTS else np.float64)
        for name, column in columns.items()
    }


def check_pair_counts(items: Any, first: Any, second: Any, columns: Any, group: Any) -> None:
    """What the kernels take for granted of arrays that people, or files, bring along."""
    _check_items(items)
    if not isinstance(columns, Mapping):
        raise InputError(f"columns must be a dict of name to array, but is {columns!r}")
    for name, codes in (("first", first), ("second", second)):
        _check_array(name, codes, (np.dtype(np.int32),))
        _check_length(name, codes, first)
        bad = (codes < 0) | (codes >= len(items))
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                f"{name} must hold places in items, from 0 to {len(items) - 1}, but {name}[{row}] "
                f"is {codes[row]}"
            )
    itself = first == second
    if itself.any():
        row = int(itself.argmax())
        raise InputError(
            f"first[{row}] and second[{row}] are both {first[row]}: an item with itself"
        )
    keys = first.astype(np.int64) * len(items) + second
    unsorted = keys[1:] <= keys[:-1]
    if group is not None:
        _check_length("group", group, first)
        unsorted = (group[1:] < group[:-1]) | (unsorted & (group[1:] == group[:-1]))
    if unsorted.any():
        row = int(unsorted.argmax())
        within = "" if group is None else ", within each group"
        raise InputError(
            f"rows must be sorted by (first, second), each pair once{within}, but row "
            f"{row + 1} is ({first[row + 1]}, {second[row + 1]}) after "
            f"({first[row]}, {second[row]})"
        )
    outcomes = [name for name in OUTCOMES if name in columns or name in ("win", "loss")]
    wanted = stored_columns(outcomes, weighted="win_weight" in columns)
    if set(columns) != set(wanted):
        raise InputError(
            f"columns must be {', '.join(map(repr, wanted))} where these outcomes occur, but are "
            f"{', '.join(map(repr, columns)) or 'none'}"
        )
    for name, column in columns.items():
        where = f"columns[{name!r}]"
        _check_array(where, column, COUNT_DTYPES if name in COUNTS else (np.dtype(np.float64),))
        _check_length(where, column, first)
        if name not in COUNTS:
            bad = ~((column >= 0) & (column < np.inf))
            if bad.any():
                row = int(bad.argmax())
                raise InputError(
                    f"{where} must be finite and non-negative, but {where}[{row}] is {column[row]}"
                )


def _check_items(items: Any) -> None:
    _check_array("items", items, (np.dtype(np.int64), np.dtype(object)))
    if items.dtype == object:
        for place, label in enumerate(items):
            if not isinstance(label, str):
                raise InputError(f"items[{place}] is {label!r}; items must be str or int64")
    unsorted = items[1:] <= items[:-1]
    if unsorted.any():
        place = int(unsorted.argmax())
        one, other = items[place : place + 2].tolist()
        raise InputError(
            f"items must be sorted and unique, but items[{place + 1}] is {other!r} after {one!r}"
        )


def _check_array(name: str, values: Any, dtypes: tuple[np.dtype[Any], ...]) -> None:
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype not in dtypes:
        found = (
            f"{values.dtype} of shape {values.shape}"
            if isinstance(values, np.ndarray)
            else repr(values)[:60]
        )
        kinds = " or ".join(map(str, dtypes))
        raise InputError(f"{name} must be a one-dimensional array of {kinds}, but is {found}")


def _check_length(name: str, values: Array, first: Array) -> None:
    if len(values) != len(first):
        raise InputError(
            f"Length of {name} ({len(values)}) must match length of first ({len(first)})"
        )
