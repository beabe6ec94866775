"""NumPy's and Arrow's twins of the kernels that turn labels into codes."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Rows a step, so that the shifted copy of the values stays in the cache.
STEP = 1 << 18


def mark_integers(
    first: NDArray[Any], second: NDArray[Any], low: int, span: int, threads: int
) -> tuple[NDArray[np.uint8], int]:
    """1 at v - low where v occurs in either column, and how many values are outside the span."""
    occurs = np.zeros(span, np.uint8)
    n_outside = 0
    for values in (first, second):
        for begin in range(0, len(values), STEP):
            # Without a sign the difference cannot overflow, and below `low` it is very large.
            place = values[begin : begin + STEP].astype(np.int64).view(np.uint64)
            place -= np.uint64(low % 2**64)
            outside = place >= np.uint64(span)
            if outside.any():
                n_outside += int(np.count_nonzero(outside))
                place = place[~outside]
            occurs[place.view(np.int64)] = 1
    return occurs, n_outside


def recode_integers(
    values: NDArray[Any],
    low: int,
    table: NDArray[np.int32],
    codes: NDArray[np.int32],
    threads: int,
) -> None:
    """Sets codes to table[v - low] for every value."""
    for begin in range(0, len(values), STEP):
        index = values[begin : begin + STEP].astype(np.int64)
        index -= low
        np.take(table, index, out=codes[begin : begin + STEP], mode="clip")


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


def encode_text(
    chunks: list[tuple[NDArray[Any], NDArray[np.uint8]]],
) -> tuple[NDArray[np.int32], list[str]]:
    """Codes and labels, in order of appearance, of texts in Arrow's chunks of (offsets, bytes).

    Row i of a chunk is the bytes from offsets[i] to offsets[i + 1]; offsets are int32 or int64,
    the same for all chunks.
    """
    arrow = importlib.import_module("pyarrow")
    compute = importlib.import_module("pyarrow.compute")
    arrays = []
    done = 0
    for offsets, text in chunks:
        if len(offsets) < 2:
            continue
        wrong = (offsets[:-1] < 0) | (offsets[1:] < offsets[:-1]) | (offsets[1:] > len(text))
        if wrong.any():
            row = done + int(wrong.argmax())
            raise ValueError(f"the offsets of row {row} are not within the bytes")
        kind = arrow.LargeStringArray if offsets.dtype == np.int64 else arrow.StringArray
        buffers = (arrow.py_buffer(np.ascontiguousarray(values)) for values in (offsets, text))
        arrays.append(kind.from_buffers(len(offsets) - 1, *buffers))
        done += len(offsets) - 1
    if not arrays:
        return np.empty(0, np.int32), []
    encoded = compute.dictionary_encode(arrow.chunked_array(arrays))
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded.chunks])
    return codes, encoded.chunk(encoded.num_chunks - 1).dictionary.to_pylist()
