"""Labels of items to codes: the columns share one sorted list of items."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends import Backend
from .columns import Array, Coded, Column, Piece, found_at, null_error
from .errors import InputError

Codes = NDArray[np.int32]
INT64 = np.iinfo(np.int64)
# Integer labels are looked up in a table where their range is at most this, or this many times
# the rows; a wider range is sorted instead.
TABLE_SPAN, TABLE_SPAN_PER_ROW = 1 << 16, 8
STEP = 1 << 16
# Rows of a column in the sample that guesses the range.
SAMPLE = 1 << 10


def encode_labels(
    columns: Mapping[str, Column], backend: Backend, threads: int
) -> tuple[Array, list[Codes]]:
    """The items (sorted, int64 or an object array of str) and every column's codes into them."""
    plain = [column for column in columns.values() if isinstance(column, np.ndarray)]
    if len(plain) == len(columns) and all(column.dtype != object for column in plain):
        for name, column in zip(columns, plain, strict=True):
            _check_integers(name, column)
        return _encode_integers(plain, backend, threads)
    return _encode_pieces(_pieces(columns, backend, threads), backend, threads)


def _bad_label(name: str, row: int, label: Any) -> InputError:
    if label is None or str(label) in ("<NA>", "NaT", "nan"):  # a str is never a bad label
        return null_error(name, row)
    if _is_whole(label):
        return InputError(f"{found_at(name, row)} {label}, which does not fit into 64 bits")
    return InputError(f"{found_at(name, row)} {label!r}; labels must be str or whole numbers")


def _is_whole(label: Any) -> bool:
    return not isinstance(label, (bool, np.bool_)) and isinstance(label, numbers.Integral)


def _check_integers(name: str, values: Array) -> None:
    if values.dtype.kind == "u" and values.dtype.itemsize == 8:
        wrong = values > np.uint64(INT64.max)
    elif values.dtype.kind in "iu" or not len(values):
        return
    else:
        # A null or a fraction makes whole numbers a column of floats: name its row, not the first.
        wrong = np.zeros(len(values), bool)
        if values.dtype.kind == "f":
            wrong = np.isnan(values)
            if not wrong.any():
                wrong = values != np.rint(values)
        if not wrong.any():
            wrong[0] = True
    if wrong.any():
        row = int(wrong.argmax())
        raise _bad_label(name, row, values[row : row + 1].tolist()[0])


def _range(values: Array) -> tuple[int, int]:
    # Step by step, so that the second look finds the values in the cache.
    steps = [values[begin : begin + STEP] for begin in range(0, len(values), STEP)]
    extremes = [(step.min(), step.max()) for step in steps]
    return int(min(low for low, _ in extremes)), int(max(high for _, high in extremes))


def _encode_integers(
    columns: list[Array], backend: Backend, threads: int
) -> tuple[Array, list[Codes]]:
    narrow = all(np.can_cast(column.dtype, np.int32) for column in columns)
    dtype = np.int32 if narrow else np.int64
    columns = [np.ascontiguousarray(column, dtype) for column in columns]
    rows = len(columns[0])
    if rows == 0:
        return np.empty(0, np.int64), [np.empty(0, np.int32) for _ in columns]
    widest = max(TABLE_SPAN, TABLE_SPAN_PER_ROW * rows)
    low, span = _guessed_range(columns, widest)
    occurs, n_outside = backend.mark_integers(columns[0], columns[-1], low, span, threads)
    if n_outside:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            ranges = list(pool.map(_range, columns) if threads > 1 else map(_range, columns))
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        span = high - low + 1
        if span > widest:
            items = np.unique(np.concatenate([np.unique(column) for column in columns]))
            codes = [np.searchsorted(items, column).astype(np.int32) for column in columns]
            return items.astype(np.int64), codes
        occurs, _ = backend.mark_integers(columns[0], columns[-1], low, span, threads)
    items = np.flatnonzero(occurs) + low
    if narrow and items[0] == 0 and items[-1] == len(items) - 1:
        return items, columns
    table = np.cumsum(occurs, dtype=np.int32)
    table -= 1
    codes = [np.empty(rows, np.int32) for _ in columns]
    for column, out in zip(columns, codes, strict=True):
        backend.recode_integers(column, low, table, out, threads)
    return items, codes


def _guessed_range(columns: list[Array], widest: int) -> tuple[int, int]:
    """Where all values probably lie, from a sample: the lowest value, and how many there are.

    Looking at all of them first would cost nearly as much as marking them does.
    """
    sample = np.concatenate([column[:: 1 + len(column) // SAMPLE] for column in columns])
    low, high = int(sample.min()), int(sample.max())
    span = high - low + 1
    if span > widest:
        return low, 1  # no table will do
    margin = min(span + SAMPLE, widest - span) // 2
    low, high = max(low - margin, INT64.min), min(high + margin, INT64.max)
    return low, high - low + 1


def _pieces(
    columns: Mapping[str, Column], backend: Backend, threads: int
) -> dict[str, list[Piece]]:
    """Codes and clean labels (str or int; None where a label does not occur) of every column."""
    shared: dict[Any, int] = {}
    objects = {
        name: _encode_objects(name, column, shared, backend)
        for name, column in columns.items()
        if isinstance(column, np.ndarray) and column.dtype == object
    }
    labels = _clean(list(shared), objects)
    pieces: dict[str, list[Piece]] = {}
    for name, column in columns.items():
        if name in objects:
            pieces[name] = [(objects[name], labels)]
        elif isinstance(column, Coded):
            pieces[name] = _clean_pieces(name, column, backend, threads)
        else:
            _check_integers(name, column)
            distinct, inverse = np.unique(column, return_inverse=True)
            pieces[name] = [(inverse.astype(np.int64, copy=False), distinct.tolist())]
    return pieces


def _encode_objects(name: str, values: Array, table: dict[Any, int], backend: Backend) -> Codes:
    try:
        codes: Codes = backend.encode_objects(np.ascontiguousarray(values), table)
    except TypeError as error:
        for row, label in enumerate(values):
            if not isinstance(label, (str, numbers.Number)):
                raise _bad_label(name, row, label) from error
        raise
    if not set(map(type, table)) <= {str}:
        # True and 1.0 equal 1 as keys of the table, so they would pass for it.
        for row, label in enumerate(values):
            if isinstance(label, (bool, np.bool_, float)):
                raise _bad_label(name, row, label)
    return codes


def _clean_pieces(name: str, column: Coded, backend: Backend, threads: int) -> list[Piece]:
    pieces: list[Piece] = []
    begin = 0
    for codes, labels in column.pieces:
        if not column.exact and len(codes):
            occurs, _ = backend.mark_integers(codes, codes, 0, len(labels), threads)
            labels = [
                label if used else None for label, used in zip(labels, occurs.tolist(), strict=True)
            ]
        pieces.append((codes, _clean(labels, {name: codes}, begin)))
        begin += len(codes)
    return pieces


def _clean(labels: list[Any], codes: Mapping[str, Array], begin: int = 0) -> list[Any]:
    """Labels as exact str or int; another kind is an InputError that names its first row."""
    if set(map(type, labels)) <= {str}:
        return labels
    clean: list[Any] = []
    for code, label in enumerate(labels):
        if isinstance(label, str):
            clean.append(str.__str__(label))
        elif _is_whole(label) and INT64.min <= int(label) <= INT64.max:
            clean.append(int(label))
        else:
            for name, column in codes.items():
                rows = np.flatnonzero(column == code)
                if len(rows):
                    raise _bad_label(name, begin + int(rows[0]), label)
            clean.append(None)
    return clean


def _encode_pieces(
    pieces: dict[str, list[Piece]], backend: Backend, threads: int
) -> tuple[Array, list[Codes]]:
    # Lists are shared between columns and pieces; each is looked at once.
    lists = {id(labels): labels for column in pieces.values() for _, labels in column}
    distinct: set[Any] = set().union(*lists.values())
    distinct.discard(None)
    items = _sorted_items(distinct, pieces)
    place: dict[Any, int] = {label: code for code, label in enumerate(items.tolist())}
    place[None] = -1
    tables = {
        key: np.fromiter(map(place.__getitem__, labels), np.int32, len(labels))
        for key, labels in lists.items()
    }
    codes: list[Codes] = []
    for column in pieces.values():
        codes.append(np.empty(sum(len(part) for part, _ in column), np.int32))
        begin = 0
        for part, labels in column:
            if len(part):  # else there may be no labels
                out = codes[-1][begin : begin + len(part)]
                backend.recode_integers(part, 0, tables[id(labels)], out, threads)
                begin += len(part)
    return items, codes


def _sorted_items(distinct: Iterable[Any], pieces: dict[str, list[Piece]]) -> Array:
    kinds = set(map(type, distinct))
    if len(kinds) > 1:
        where = {kind: _first_of_kind(kind, pieces) for kind in (str, int)}
        raise InputError(
            f"{where[str]} but {where[int]}; labels must be all str or all whole numbers"
        )
    labels = sorted(distinct)
    if kinds == {int}:
        return np.array(labels, np.int64)
    return _text_items(labels)


def _text_items(labels: list[str]) -> Array:
    items = np.empty(len(labels), object)
    items[:] = labels
    return items


def merge_items(ours: Array, theirs: Array) -> tuple[Array, list[Codes]]:
    """The sorted union of two lists of items, and the place in it of every item of each."""
    sides = (ours, theirs)
    if ours.dtype != theirs.dtype:
        raise InputError(
            f"labels must be all str or all whole numbers, but one side has {ours.tolist()[:1]} "
            f"and the other {theirs.tolist()[:1]}"
        )
    if np.array_equal(ours, theirs):
        identity = np.arange(len(ours), dtype=np.int32)
        return ours, [identity, identity]
    if ours.dtype == np.int64:
        items = np.union1d(ours, theirs)
        return items, [np.searchsorted(items, side).astype(np.int32) for side in sides]
    items = _text_items(sorted({*ours.tolist(), *theirs.tolist()}))
    place = {label: code for code, label in enumerate(items.tolist())}
    return items, [
        np.fromiter(map(place.__getitem__, side.tolist()), np.int32, len(side)) for side in sides
    ]


def _first_of_kind(kind: type, pieces: dict[str, list[Piece]]) -> str:
    for name, column in pieces.items():
        begin = 0
        for codes, labels in column:
            wanted = np.array([type(label) is kind for label in labels], bool)
            rows = np.flatnonzero(wanted[codes]) if len(codes) else codes
            if len(rows):
                row = int(rows[0])
                return f"{found_at(name, begin + row)} {labels[codes[row]]!r}"
            begin += len(codes)
    raise AssertionError(f"no label is {kind}")  # the caller found one
