"""Merging PairCounts: two of them, over different items too, or the groups of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ._backends.counting import number_pairs
from .columns import Array
from .errors import InputError
from .grouping import check_keys, merge_groups, pair_keys, split_pair_keys
from .labels import Codes, merge_items
from .pair_columns import COUNTS, OUTCOMES, canonical_columns, stored_columns
from .pair_counts import PairCounts


def merge_groups_of(counts: PairCounts) -> PairCounts:
    """The counts of all groups together."""
    keys, row = number_pairs(counts.first, counts.second, counts.n_items)
    _, first, second = split_pair_keys(keys, counts.n_items, grouped=False)
    columns = _add_up(len(keys), [(row, counts)])
    return PairCounts._trusted(
        counts.items, first, second, columns, counts.ordered, counts.frame_backend
    )


def merge(one: PairCounts, other: PairCounts) -> PairCounts:
    """The counts of both."""
    if one.by != other.by:
        ours, theirs = (f"by {p.by!r}" if p.by else "not at all" for p in (one, other))
        raise InputError(
            f"counts grouped {ours} and {theirs} do not merge; count both by one column, or "
            "take merged() of the grouped"
        )
    items, places = merge_items(one.items, other.items)
    groups: Array | None = None
    group_places: Sequence[Codes | None] = (None, None)
    if one.groups is not None and other.groups is not None:
        groups, group_places = merge_groups(one.groups, other.groups)
        check_keys(len(groups), len(items))
    # Places keep the order of items and groups, so both lists of keys stay sorted.
    keys = [
        pair_keys(
            None if group_place is None else group_place[counts.group],
            place[counts.first],
            place[counts.second],
            len(items),
        )
        for place, group_place, counts in zip(places, group_places, (one, other), strict=True)
    ]
    merged = np.concatenate(keys)
    merged.sort(kind="stable")  # merges two sorted runs in one pass
    merged = merged[np.concatenate([[True], merged[1:] != merged[:-1]])[: len(merged)]]
    rows = [np.searchsorted(merged, key) for key in keys]
    columns = _add_up(len(merged), list(zip(rows, (one, other), strict=True)))
    group, first, second = split_pair_keys(merged, len(items), groups is not None)
    return PairCounts._trusted(
        items,
        first,
        second,
        columns,
        one.ordered and other.ordered,
        one.frame_backend or other.frame_backend,
        group,
        groups,
        one.by,
    )


def _add_up(size: int, parts: list[tuple[NDArray[np.intp], PairCounts]]) -> dict[str, Array]:
    """The columns to store, where each part says to which of `size` rows its rows belong."""
    outcomes = [name for name in OUTCOMES if any(name in counts.columns for _, counts in parts)]
    columns: dict[str, Array] = {}
    for name in stored_columns(outcomes, any(counts.weighted for _, counts in parts)):
        total = np.zeros(size, np.uint64 if name in COUNTS else np.float64)
        for rows, counts in parts:
            np.add.at(total, rows, getattr(counts, name).astype(total.dtype, copy=False))
        columns[name] = total
    return canonical_columns(columns)
