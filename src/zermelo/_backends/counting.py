"""NumPy twins of the kernels that classify outcomes and count ordered pairs.

`np.bincount` adds in the order of the rows, as the C++ kernels do within a pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP = 1 << 18
# Integers up to here are exact as float64, which is what np.bincount adds.
EXACT = 1 << 53


def classify_scores(score: NDArray[np.float64], threads: int) -> tuple[NDArray[np.uint8], int, int]:
    """Codes (0 loss, 1 win, 2 tie, 3 fractional), how many are fractional, the first bad row."""
    outcome = np.empty(len(score), np.uint8)
    n_fractional = 0
    bad_row = -1
    for begin in range(0, len(score), STEP):
        part = score[begin : begin + STEP]
        codes = np.full(len(part), 3, np.uint8)
        codes[part == 0.0] = 0
        codes[part == 1.0] = 1
        codes[part == 0.5] = 2
        outcome[begin : begin + STEP] = codes
        n_fractional += int(np.count_nonzero(codes == 3))
        if bad_row < 0:
            # Written so that NaN, which compares false, is bad too.
            bad = ~((part >= 0.0) & (part <= 1.0))
            if bad.any():
                bad_row = begin + int(bad.argmax())
    return outcome, n_fractional, bad_row


def number_pairs(
    first: NDArray[np.int32], second: NDArray[np.int32], n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct keys first * n_items + second, sorted, and every row's place among them."""
    keys = first.astype(np.int64)
    keys *= n_items
    keys += second
    span = n_items * n_items
    if span <= max(1 << 16, 2 * len(keys)):
        # Few possible pairs: a table as long as the rows are many is cheaper than a sort.
        occurs = np.zeros(span, bool)
        occurs[keys] = True
        distinct = np.flatnonzero(occurs)
        place = np.zeros(span, np.int64)
        place[distinct] = np.arange(len(distinct))
        return distinct, place[keys]
    return np.unique(keys, return_inverse=True)


def split_keys(
    keys: NDArray[np.int64], n_items: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    first, second = np.divmod(keys, n_items)
    return first.astype(np.int32), second.astype(np.int32)


def _total(count: NDArray[np.int64] | None, rows: int) -> int:
    return rows if count is None else int(count.sum(dtype=np.uint64))


def _add_counts(
    place: NDArray[np.int64], count: NDArray[np.int64] | None, size: int, total: int
) -> NDArray[np.uint64]:
    """Counts of every place, exact."""
    if count is None:
        return np.bincount(place, minlength=size).astype(np.uint64)
    if total < EXACT:
        return np.bincount(place, count, minlength=size).astype(np.uint64)
    sums = np.zeros(size, np.uint64)
    np.add.at(sums, place, count.astype(np.uint64))
    return sums


def count_pairs(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    outcome: NDArray[np.uint8],
    count: NDArray[np.int64] | None,
    n_items: int,
    threads: int,
) -> tuple[Any, ...]:
    """One row an ordered pair: first, second, win, loss, tie (None where there is no tie)."""
    keys, place = number_pairs(first, second, n_items)
    total = _total(count, len(first))
    place *= 3
    place += outcome
    counts = _add_counts(place, count, 3 * len(keys), total).reshape(-1, 3)
    dtype = np.uint32 if total < 1 << 32 else np.uint64
    loss, win, tie = (np.ascontiguousarray(column, dtype) for column in counts.T)
    has_tie = bool((outcome == 2).any())
    return *split_keys(keys, n_items), win, loss, tie if has_tie else None


def sum_pairs(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    outcome: NDArray[np.uint8],
    score: NDArray[np.float64] | None,
    count: NDArray[np.int64] | None,
    weight: NDArray[np.float64] | None,
    n_items: int,
    threads: int,
) -> tuple[Any, ...]:
    """One row an ordered pair: first, second, n (4, P) by outcome code, sums (11, P)."""
    keys, place = number_pairs(first, second, n_items)
    size = len(keys)
    cell = 4 * place
    cell += outcome
    n = _add_counts(cell, count, 4 * size, _total(count, len(first)))
    ones = np.ones(len(first))
    times = ones if count is None else count.astype(np.float64)
    once = times if weight is None else times * weight
    squared = times if weight is None else once * weight
    sums = np.zeros((11, size))
    by_code = np.bincount(cell, once, minlength=4 * size).reshape(-1, 4)
    sums[0:3], sums[6] = by_code.T[:3], by_code.T[3]
    by_code = np.bincount(cell, squared, minlength=4 * size).reshape(-1, 4)
    sums[3:6], sums[8] = by_code.T[:3], by_code.T[3]
    fractional = np.flatnonzero(outcome == 3)
    if len(fractional) and score is not None:
        at, y = place[fractional], score[fractional]
        sums[7] = np.bincount(at, once[fractional] * y, minlength=size)
        sums[9] = np.bincount(at, squared[fractional] * y, minlength=size)
        sums[10] = np.bincount(at, squared[fractional] * y * y, minlength=size)
    n_by_code = np.ascontiguousarray(n.reshape(-1, 4).T)
    return *split_keys(keys, n_items), n_by_code, sums
