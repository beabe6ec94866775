"""NumPy twins of the kernels that turn labels into codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Rows a step, so that the shifted copy of the values stays in the cache.
STEP = 1 << 18


def mark_integers(
    first: NDArray[Any], second: NDArray[Any], low: int, span: int, threads: int
) -> NDArray[np.uint8]:
    """result[v - low] is 1 where v occurs in either column."""
    occurs = np.zeros(span, np.uint8)
    for values in (first, second):
        for begin in range(0, len(values), STEP):
            occurs[values[begin : begin + STEP].astype(np.int64) - low] = 1
    return occurs


def recode_integers(
    values: NDArray[Any], low: int, table: NDArray[np.int32], threads: int
) -> NDArray[np.int32]:
    """table[v - low] for every value."""
    codes = np.empty(len(values), np.int32)
    for begin in range(0, len(values), STEP):
        index = values[begin : begin + STEP].astype(np.int64)
        index -= low
        np.take(table, index, out=codes[begin : begin + STEP], mode="clip")
    return codes


class _Codes(dict[Any, int]):
    """Gives a label that it does not know the next free code."""

    def __missing__(self, label: Any) -> int:
        code = len(self)
        self[label] = code
        return code


def encode_objects(values: NDArray[np.object_], table: dict[Any, int]) -> NDArray[np.int32]:
    """Codes of labels, which are added to `table` in order of appearance."""
    codes = _Codes(table)
    encoded = np.fromiter(map(codes.__getitem__, values.tolist()), np.int32, len(values))
    table.update(codes)
    return encoded
