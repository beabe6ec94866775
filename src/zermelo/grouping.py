"""Rows in groups (clusters, judges, periods, categories): their codes, and counting within them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends import Backend
from .columns import Array
from .errors import InputError
from .labels import Codes, encode_labels, merge_items
from .pair_columns import sum_columns

# Comparisons.pair_counts(by=) takes these columns.
GROUPINGS = ("cluster", "judge", "period", "category")
# What is told apart by one whole number of 64 bits, with room for a product of two halves.
MOST_KEYS = 1 << 62
# Rows a step, so that what a step computes stays in the cache.
STEP = 1 << 16

Keys = NDArray[np.int64]


def encode_groups(name: str, column: Array, backend: Backend, threads: int) -> tuple[Codes, Array]:
    """Every row's code, and the labels sorted."""
    if column.dtype.kind in "iuO":
        labels, (codes,) = encode_labels({name: column}, backend, threads)
        return codes, labels
    labels, places = np.unique(column, return_inverse=True)
    return places.astype(np.int32), labels


def merge_groups(ours: Array, theirs: Array) -> tuple[Array, list[Codes]]:
    """The sorted union of two lists of labels, and the place in it of every label of each."""
    if ours.dtype.kind in "iO" or theirs.dtype.kind in "iO":
        return merge_items(ours, theirs)
    if ours.dtype.kind != theirs.dtype.kind:
        raise InputError(
            f"groups of {ours.dtype} do not merge with groups of {theirs.dtype}; give both parts "
            "labels of one kind"
        )
    labels = np.union1d(ours, theirs)
    return labels, [np.searchsorted(labels, side).astype(np.int32) for side in (ours, theirs)]


def check_keys(n_groups: int, n_items: int) -> None:
    """That (group, first, second) fits into one whole number."""
    if n_groups * n_items * n_items >= MOST_KEYS:
        raise InputError(
            f"{n_groups:,} groups of pairs of {n_items:,} items are more than can be told apart; "
            "count parts of the items by themselves"
        )


def pair_keys(group: Codes | None, first: Codes, second: Codes, n_items: int) -> Keys:
    """One number a row that sorts as (group, first, second)."""
    keys = first.astype(np.int64) if group is None else group.astype(np.int64) * n_items + first
    keys *= n_items
    keys += second
    return keys


def split_pair_keys(keys: Keys, n_items: int, grouped: bool) -> tuple[Codes | None, Codes, Codes]:
    """(group or None, first, second) of each key."""
    group = np.empty(len(keys), np.int32) if grouped else None
    first, second = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
    for begin in range(0, len(keys), STEP):
        rows = slice(begin, begin + STEP)
        rest, second[rows] = np.divmod(keys[rows], n_items)
        if group is None:
            first[rows] = rest
        else:
            group[rows], first[rows] = np.divmod(rest, n_items)
    return group, first, second


def count_rows(
    rows: tuple[Any, ...],
    group: Codes | None,
    n_groups: int,
    n_items: int,
    backend: Backend,
    threads: int,
) -> tuple[Codes | None, Codes, Codes, dict[str, Array]]:
    """(group, first, second) of every pair of a group, sorted, and its columns.

    `rows` are codes a, b, outcome codes, and score, count and weight where given. The kernels count
    by two codes. Three become two as the halves of one number, quotient and remainder by the root
    of how many there are, which keeps the order and both halves small.
    """
    a, b, outcome, score, count, weight = rows
    side = n_items
    if group is not None:
        check_keys(n_groups, n_items)
        side = max(math.isqrt(max(n_groups * n_items * n_items - 1, 0)) + 1, 2)
        a, b = _halves(group, a, b, n_items, side)
    if weight is not None and (weight == 1.0).all():
        weight = None
    if score is None and weight is None:
        first, second, win, loss, tie = backend.count_pairs(a, b, outcome, count, side, threads)
        columns = {"win": win, "loss": loss}
        if tie is not None and tie.any():
            columns["tie"] = tie
    else:
        first, second, n, sums = backend.sum_pairs(
            a, b, outcome, score, count, weight, side, threads
        )
        columns = sum_columns(n, sums, weight is not None)
    if group is None:
        return None, first, second, columns
    return *split_pair_keys(first.astype(np.int64) * side + second, n_items, True), columns


def _halves(group: Codes, a: Codes, b: Codes, n_items: int, side: int) -> tuple[Codes, Codes]:
    high, low = np.empty_like(a), np.empty_like(b)
    for begin in range(0, len(a), STEP):
        rows = slice(begin, begin + STEP)
        high[rows], low[rows] = np.divmod(pair_keys(group[rows], a[rows], b[rows], n_items), side)
    return high, low


def check_groups(group: Any, groups: Any, by: Any) -> None:
    """What must hold of a grouping that people, or files, bring along."""
    if not isinstance(by, str) or group is None or groups is None:
        raise InputError(
            "group, groups and by belong together: codes, labels and the name of the column, but "
            f"by is {by!r}"
        )
    if not isinstance(group, np.ndarray) or group.ndim != 1 or group.dtype != np.int32:
        raise InputError("group must be a one-dimensional array of int32")
    kinds = "ifbmMuO"
    if not isinstance(groups, np.ndarray) or groups.ndim != 1 or groups.dtype.kind not in kinds:
        raise InputError("groups must be a one-dimensional array of labels, numbers or times")
    bad = (group < 0) | (group >= len(groups))
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"group must hold places in groups, from 0 to {len(groups) - 1}, but group[{row}] is "
            f"{group[row]}"
        )
    if groups.dtype == object and not all(isinstance(label, str) for label in groups):
        raise InputError("groups that are objects must be str")
    if (groups[1:] <= groups[:-1]).any():
        raise InputError("groups must be sorted and unique")


def find_label(argument: str, label: Any, known: Array, what: str) -> int:
    """The place of a label; where it is not there, the error names close ones."""
    label = label.item() if isinstance(label, np.generic) and known.dtype.kind in "iO" else label
    if _comparable(label, known):
        places = np.flatnonzero(known == label)
        if len(places):
            return int(places[0])
    names = [str(other) for other in known]
    close = difflib.get_close_matches(str(label), names, n=3, cutoff=0.6)
    shown = ", ".join(repr(name) for name in (close or names[:8]))
    hint = f"; did you mean {shown}?" if close else f"; there are {shown}"
    raise InputError(f"{argument}: there is no {what} {label!r}{hint}")


def _comparable(label: Any, known: Array) -> bool:
    if known.dtype == object:
        return isinstance(label, str)
    return np.ndim(label) == 0 and not isinstance(label, str)


def single_labels(argument: str, labels: Any) -> list[Any]:
    """A sequence of labels; a str alone would be taken letter by letter."""
    if isinstance(labels, (str, bytes)) or not isinstance(labels, Iterable):
        raise InputError(f"{argument} must be a list of labels, but is {labels!r}")
    return list(labels)
