"""Weights that keep the pairs that were compared most often from deciding everything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..pair_columns import OUTCOMES
from ..pair_counts import PairCounts

Real = NDArray[np.float64]


def reweighted(counts: PairCounts, min_count: int) -> PairCounts:
    """Every comparison weighs 1 / max(comparisons of its pair, min_count), times its own weight."""
    return _times(counts, _weights(counts, min_count))


def original(counts: PairCounts, min_count: int) -> PairCounts:
    """The counts that `reweighted` made these of."""
    return _times(counts, 1.0 / _weights(counts, min_count))


def _times(counts: PairCounts, weight: Real) -> PairCounts:
    """The counts, with the weights of every row's comparisons multiplied by its `weight`."""
    columns = {name: counts.columns[name] for name in OUTCOMES if name in counts.columns}
    for name in list(columns):
        columns[f"{name}_weight"] = getattr(counts, f"{name}_weight") * weight
        columns[f"{name}_weight_squared"] = getattr(counts, f"{name}_weight_squared") * weight**2
    if counts.has_fractional:
        columns["fractional_score"] = counts.fractional_score * weight
        for name in (
            "fractional_score_weight_squared",
            "fractional_score_squared_weight_squared",
        ):
            columns[name] = getattr(counts, name) * weight**2
    return PairCounts(
        counts.items,
        counts.first,
        counts.second,
        columns,
        ordered=counts.ordered,
        frame_backend=counts.frame_backend,
    )


def _weights(counts: PairCounts, min_count: int) -> Real:
    """1 / max(comparisons of the row's pair, min_count), shape (p,)."""
    return weight_by_pair(counts, min_count)(counts.first, counts.second)


def weight_by_pair(
    counts: PairCounts, min_count: int
) -> Callable[[NDArray[np.int32], NDArray[np.int32]], Real]:
    """Of the comparisons between two items, whichever stands first; `counts` must have the pair."""
    n = counts.n_items
    known, place = np.unique(_unordered(counts.first, counts.second, n), return_inverse=True)
    rows = sum(getattr(counts, name).astype(np.float64) for name in OUTCOMES)
    weight: Real = 1.0 / np.maximum(np.bincount(place, rows), min_count)

    def look_up(first: NDArray[np.int32], second: NDArray[np.int32]) -> Real:
        found: Real = weight[np.searchsorted(known, _unordered(first, second, n))]
        return found

    return look_up


def _unordered(
    first: NDArray[np.int32], second: NDArray[np.int32], n_items: int
) -> NDArray[np.int64]:
    """One number a pair, in either order."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    return low.astype(np.int64) * n_items + high
