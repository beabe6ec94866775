"""Twins of the kernels of inversions: numba over blocks and merges, shared out as in the C++ core.

The method is that of the C++ core, where the reasons are given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from .bradley_terry import _team
from .threads import run_chunks

Function = TypeVar("Function", bound=Callable[..., Any])

RUN = 8
BLOCK = 1 << 14
# Codes that one call looks at, well below 0.2 s, so that Ctrl-C works.
STRETCH = 1 << 18


def _compile(function: Function) -> Function:
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


@_compile
def _sort_run(data: Any, begin: int, end: int) -> int:
    count = 0
    for i in range(begin + 1, end):
        value = data[i]
        at = i
        while at > begin and data[at - 1] > value:
            data[at] = data[at - 1]
            at -= 1
        data[at] = value
        count += i - at
    return count


@_compile
def _merge_even(data: Any, begin: int, width: int, out: Any) -> int:
    left, right = begin, begin + width
    left_end, right_end = right - 1, right + width - 1
    middle, last = left_end, right_end
    count = 0
    for step in range(width):
        passes = 1 if data[right] < data[left] else 0
        out[begin + step] = min(data[right], data[left])
        count += (middle + 1 - left) * passes
        right += passes
        left += 1 - passes
        stays = 1 if data[left_end] > data[right_end] else 0
        out[last - step] = max(data[left_end], data[right_end])
        count += (middle - left_end) * (1 - stays)
        left_end -= stays
        right_end -= 1 - stays
    return count


@_compile
def _merge_uneven(data: Any, begin: int, middle: int, end: int, out: Any) -> int:
    left, right, count = begin, middle, 0
    for at in range(begin, end):
        if right < end and (left == middle or data[right] < data[left]):
            count += middle - left
            out[at] = data[right]
            right += 1
        else:
            out[at] = data[left]
            left += 1
    return count


@_compile
def _merge_runs(data: Any, begin: int, end: int, width: int, out: Any) -> int:
    count = 0
    while begin + 2 * width <= end:
        count += _merge_even(data, begin, width, out)
        begin += 2 * width
    return count + _merge_uneven(data, begin, min(begin + width, end), end, out)


@_compile
def _sort_counting(data: Any, scratch: Any, begin: int, end: int) -> int:
    count = 0
    for at in range(begin, end, RUN):
        count += _sort_run(data, at, min(at + RUN, end))
    source, target, width = data, scratch, RUN
    swapped = False
    while width < end - begin:
        count += _merge_runs(source, begin, end, width, target)
        source, target = target, source
        swapped = not swapped
        width *= 2
    if swapped:
        data[begin:end] = scratch[begin:end]
    return count


@_compile
def _count_in_rows(values: Any, begin: int, end: int, out: Any) -> None:
    data, scratch = np.empty_like(values[0]), np.empty_like(values[0])
    for row in range(begin, end):
        data[:] = values[row]
        out[row] = _sort_counting(data, scratch, 0, len(data))


def _count_in_row(row: NDArray[Any], pool: Any) -> int:
    size = len(row)
    data, scratch = row.copy(), np.empty_like(row)

    def borders(width: int) -> list[tuple[int, int]]:
        return [(at, min(at + width, size)) for at in range(0, size, width)]

    count = sum(
        run_chunks(
            lambda begin, end: int(_sort_counting(data, scratch, begin, end)), borders(BLOCK), pool
        )
    )
    width = BLOCK
    while width < size:
        count += sum(run_chunks(_merging(data, scratch, width), borders(2 * width), pool))
        data, scratch = scratch, data
        width *= 2
    return count


def _merging(data: Any, out: Any, width: int) -> Callable[[int, int], int]:
    return lambda begin, end: int(_merge_runs(data, begin, end, width, out))


def count_inversions(values: NDArray[Any], threads: int) -> NDArray[np.int64]:
    n_rows, width = values.shape
    count = np.zeros(n_rows, np.int64)
    with _team(threads) as pool:
        if width > BLOCK:
            count[:] = [_count_in_row(row, pool) for row in values]
        elif width:
            run_chunks(
                lambda begin, end: _count_in_rows(values, begin, end, count),
                _rows_each(n_rows, width),
                pool,
            )
    return count


def _rows_each(n_rows: int, width: int) -> list[tuple[int, int]]:
    rows = max(BLOCK // width, 1)
    return [(at, min(at + rows, n_rows)) for at in range(0, n_rows, rows)]


@_compile
def _count_smaller(codes: Any, begin: int, end: int, tree: Any, count: Any) -> None:
    for at in range(begin, end):
        node = np.int64(codes[at])
        smaller = 0
        while node > 0:
            smaller += tree[node]
            node &= node - 1
        count[at] = smaller
        node = np.int64(codes[at]) + 1
        while node < len(tree):
            tree[node] += 1
            node += node & -node


@_compile
def _count_smaller_in_rows(codes: Any, begin: int, end: int, count: Any) -> None:
    tree = np.empty(codes.shape[1] + 1, np.int32)
    for row in range(begin, end):
        tree[:] = 0
        _count_smaller(codes[row], 0, codes.shape[1], tree, count[row])


def count_smaller_before(codes: NDArray[np.int32], threads: int) -> NDArray[np.int32]:
    n_rows, width = codes.shape
    if codes.size and (codes.min() < 0 or codes.max() >= width):
        raise ValueError("a code is out of range")
    count = np.empty((n_rows, width), np.int32)

    def rows(begin: int, end: int) -> None:
        if width <= STRETCH:
            _count_smaller_in_rows(codes, begin, end, count)
            return
        for row in range(begin, end):
            tree = np.zeros(width + 1, np.int32)
            for at in range(0, width, STRETCH):
                _count_smaller(codes[row], at, min(at + STRETCH, width), tree, count[row])

    if width:
        with _team(threads) as pool:
            run_chunks(rows, _rows_each(n_rows, width), pool)
    return count
