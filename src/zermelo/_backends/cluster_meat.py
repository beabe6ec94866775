"""Twin of the clusters' meat: numba over batches of clusters, Python's threads over its rows.

The method and the order of the additions are those of the C++ core, where the reasons are given.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from .bradley_terry import _team
from .threads import run_chunks

Real = NDArray[np.float64]

BATCH_VALUES = 1 << 18
BLOCKS = 16


@numba.njit(nogil=True, error_model="numpy", cache=True)  # type: ignore[untyped-decorator]
def _compress(
    offsets: Any, first: Any, second: Any, residual: Any, extra: Any, cluster: int, total: Any,
    seen: Any, occurs: Any, begin: Any, place: Any, value: Any, most: int,
) -> int:  # fmt: skip
    """Fills places and values of the clusters from `cluster` on that fit; returns their end."""
    n_items, n_extra = len(occurs), extra.shape[1]
    size = n_items + n_extra
    at, first_cluster = 0, cluster
    while cluster < len(offsets) - 1 and (cluster == first_cluster or at < most):
        begin[cluster - first_cluster] = at
        low, high = size, 0
        for cell in range(offsets[cluster], offsets[cluster + 1]):
            for i, sign in ((first[cell], 1.0), (second[cell], -1.0)):
                total[i] += sign * residual[cell]
                seen[i] = 1
                low, high = min(low, i), max(high, i + 1)
            for e in range(n_extra):
                total[n_items + e] += extra[cell, e]
        for i in range(low, high):
            if seen[i]:
                place[at], value[at] = i, total[i]
                at += 1
                occurs[i] += 1
                seen[i] = 0
                total[i] = 0.0
        for i in range(n_items, size):
            place[at], value[at] = i, total[i]
            at += 1
            total[i] = 0.0
        cluster += 1
    begin[cluster - first_cluster] = at
    return cluster


@numba.njit(nogil=True, error_model="numpy", cache=True)  # type: ignore[untyped-decorator]
def _add_rows(
    begin: Any, n_clusters: int, place: Any, value: Any, first_row: int, end_row: int, meat: Any
) -> None:
    for k in range(n_clusters):
        start, end = begin[k], begin[k + 1]
        a = start + np.searchsorted(place[start:end], first_row)
        while a < end and place[a] < end_row:
            row, own = meat[place[a]], value[a]
            for b in range(start, a + 1):
                row[place[b]] += own * value[b]
            a += 1


def cluster_meat(
    offsets: NDArray[np.int64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    residual: Real,
    extra: Real,
    n_items: int,
    threads: int,
) -> tuple[Real, NDArray[np.int64]]:
    n_clusters, size = len(offsets) - 1, n_items + extra.shape[1]
    meat = np.zeros((size, size))
    occurs = np.zeros(n_items, np.int64)
    total, seen = np.zeros(size), np.zeros(n_items, np.uint8)
    # The last cluster of a batch may still need as much as a cluster can have.
    room = BATCH_VALUES + size
    begin = np.empty(min(n_clusters, room) + 1, np.int64)
    place, value = np.empty(room, np.int32), np.empty(room)
    edges = (size * np.sqrt(np.arange(BLOCKS + 1) / BLOCKS)).astype(np.int64)
    edges[-1] = size
    borders = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    done = 0
    with _team(threads) as pool:
        while done < n_clusters:
            end = _compress(
                offsets, first, second, residual, extra, done, total, seen, occurs, begin, place,
                value, BATCH_VALUES,
            )  # fmt: skip
            count = end - done

            def work(low: int, high: int, count: int = count) -> None:
                _add_rows(begin, count, place, value, low, high, meat)

            run_chunks(work, borders, pool)
            done = end
    lower = np.tril(meat, -1)
    return meat + lower.T, occurs
