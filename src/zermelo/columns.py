"""Columns as people have them (lists, NumPy, pandas, polars, Arrow) made canonical.

A column becomes either a one-dimensional NumPy array of numbers, times or objects, or `Coded`:
codes into lists of labels, found by the library that the column came from.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, cast

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ._backends import resolve
from ._backends.threads import resolve_threads
from .errors import InputError

Array = NDArray[Any]
Piece = tuple[Array, list[Any]]

# Rows from which a column is worth encoding in several pieces at a time, and the most pieces:
# every piece has its own list of labels, and merging those is serial.
SPLIT_FROM = 500_000
MOST_PIECES = 4


@dataclass(frozen=True, slots=True)
class Coded:
    """Consecutive pieces of a column of labels, each as codes (int32 or int64) and its labels.

    `exact` is False where some labels may not occur (unused categories).
    """

    pieces: list[Piece]
    exact: bool

    def __len__(self) -> int:
        return sum(len(codes) for codes, _ in self.pieces)


@dataclass(frozen=True, slots=True)
class _Pending:
    """Work that gives a column's pieces; it releases the GIL, so it runs beside other columns'."""

    tasks: list[Callable[[], Piece]]
    exact: bool


Column = Array | Coded


class GroupedName(str):
    """The name of a column whose rows are groups, so that their numbers mean nothing to people."""


def found_at(name: str, row: int) -> str:
    """How a message about a value begins."""
    return f"{name} holds" if isinstance(name, GroupedName) else f"{name}[{row}] is"


def null_error(name: str, row: int) -> InputError:
    return InputError(f"{found_at(name, row)} null; remove the rows without a value first")


def check_length(name: str, length: int, reference: str, expected: int) -> None:
    if length != expected:
        raise InputError(
            f"Length of {name} ({length}) must match length of {reference} ({expected})"
        )


def read_columns(columns: Mapping[str, object]) -> dict[str, Column]:
    """Every named column in canonical form; a null among labels is an InputError."""
    prepared = {name: _prepare(name, values) for name, values in columns.items()}
    pending = {name: work for name, work in prepared.items() if isinstance(work, _Pending)}
    tasks = [task for work in pending.values() for task in work.tasks]
    if len(tasks) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(resolve_threads(None, SPLIT_FROM)) as pool:
            pieces = iter(list(pool.map(lambda task: task(), tasks)))
    else:
        pieces = iter([task() for task in tasks])
    return {
        name: Coded([next(pieces) for _ in work.tasks], work.exact)
        if isinstance(work, _Pending)
        else work
        for name, work in prepared.items()
    }


def read_column(name: str, values: object) -> Column:
    return read_columns({name: values})[name]


def library_of(values: object) -> str | None:
    """The frame library that a column or frame belongs to, where results can go back to it."""
    native = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(native, (nw.DataFrame, nw.LazyFrame, nw.Series)):
        name = native.implementation.value
        return name if name in ("pandas", "polars", "pyarrow") else None
    return "pyarrow" if _is_arrow(values) else None


def _is_arrow(values: object) -> bool:
    arrow = sys.modules.get("pyarrow")
    return arrow is not None and isinstance(values, (arrow.Array, arrow.ChunkedArray))


def _prepare(name: str, values: Any) -> Array | _Pending:
    if isinstance(values, nw.Series):
        values = values.to_native()
    if isinstance(values, np.ndarray):
        return _from_numpy(name, values)
    if isinstance(values, (list, tuple)):
        return _from_list(name, values)
    if _is_arrow(values):
        return _from_arrow(name, values)
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        if series.implementation.is_pandas():
            return _from_pandas(name, values)
        if series.implementation.is_polars():
            return _from_polars(name, values)
        return _from_numpy(name, series.to_numpy())
    # A set has no order that rows could share with other columns.
    refused = (str, bytes, Mapping, Set)
    if isinstance(values, refused) or np.ndim(values) == 0:
        if isinstance(values, Iterable) and not isinstance(values, refused):
            return _from_list(name, list(values))
        raise InputError(f"{name} must be a column of values, but is {values!r}")
    return _from_numpy(name, np.asarray(values))


def _from_numpy(name: str, values: Array) -> Array:
    if values.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, but has shape {values.shape}")
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        if mask.any():
            if values.dtype.kind not in "biuf":
                raise null_error(name, int(mask.argmax()))
            return np.where(mask, np.nan, values.data.astype(np.float64))
        values = values.data
    if values.dtype.kind in "UT":
        return values.astype(object)
    if values.dtype.kind == "S":
        found = (
            f"{found_at(name, 0)} {values.tolist()[0]!r}" if len(values) else f"{name} holds bytes"
        )
        raise InputError(f"{found}; decode bytes to str first")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _from_list(name: str, values: Any) -> Array:
    kinds = set(map(type, values))
    if kinds <= {int} or kinds <= {bool} or kinds <= {int, float}:
        try:
            array = np.asarray(values)
        except OverflowError:
            array = np.array(values, dtype=object)
        # NumPy turns whole numbers on both sides of 2**63 into floats.
        if array.dtype != object and not (kinds == {int} and array.dtype.kind == "f"):
            return array
    objects = np.empty(len(values), object)
    try:
        objects[:] = values
    except ValueError as error:
        raise InputError(f"{name} must be one-dimensional: {error}") from error
    return objects


def _from_pandas(name: str, series: Any) -> Array | _Pending:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return _from_numpy(name, series.to_numpy())
    if type(dtype).__name__ == "CategoricalDtype":
        codes = series.cat.codes.to_numpy()
        missing = codes < 0
        if missing.any():
            raise null_error(name, int(missing.argmax()))
        labels = list(series.cat.categories)
        return _Pending([lambda: (_as_codes(codes), labels)], exact=False)
    if type(dtype).__name__ == "ArrowDtype" or getattr(dtype, "storage", None) == "pyarrow":
        return _from_arrow(name, series.array.__arrow_array__())
    if type(dtype).__name__ == "SparseDtype":
        return _from_numpy(name, series.to_numpy())
    missing = series.isna().to_numpy()
    if dtype.kind in "biuf":
        if missing.any():
            return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.asarray(series.to_numpy(dtype=dtype.numpy_dtype))
    if missing.any():
        raise null_error(name, int(missing.argmax()))
    return _from_numpy(name, series.to_numpy())


def _from_polars(name: str, series: Any) -> Array | _Pending:
    polars = importlib.import_module("polars")
    if series.dtype in (polars.String, polars.Categorical, polars.Enum):
        if series.null_count():
            raise null_error(name, int(series.is_null().arg_max()))
        dtype = series.dtype
        if dtype == polars.String:
            # Categories of its own: the global ones would grow with everything ever encoded.
            own = getattr(polars, "Categories", None)
            dtype = polars.Categorical(own.random()) if own else polars.Categorical

        def encode() -> Piece:
            categorical = series if dtype == series.dtype else series.cast(dtype)
            distinct = categorical.unique()
            places = distinct.to_physical().to_numpy().astype(np.int64)
            labels: list[Any] = [None] * (int(places.max(initial=-1)) + 1)
            for place, label in zip(
                places.tolist(), distinct.cast(polars.String).to_list(), strict=True
            ):
                labels[place] = label
            return _as_codes(categorical.to_physical().to_numpy()), labels

        return _Pending([encode], exact=False)
    if series.dtype == polars.Null and len(series):
        raise null_error(name, 0)
    if series.dtype.is_integer() and str(series.dtype).endswith("128"):  # NumPy has none
        try:
            series = series.cast(polars.Int64)
        except polars.exceptions.InvalidOperationError as error:
            raise InputError(f"{name} holds numbers that do not fit into 64 bits") from error
    return _from_numpy(name, series.to_numpy())


def _as_codes(codes: Array) -> Array:
    """Codes as a dtype that the kernels take, without a copy where they have one already."""
    if codes.dtype == np.uint32:
        # They count labels, of which no column has 2**31.
        return np.ascontiguousarray(codes).view(np.int32)
    if codes.dtype in (np.int32, np.int64):
        return np.ascontiguousarray(codes)
    return codes.astype(np.int32 if codes.dtype.itemsize < 4 else np.int64)


def _from_arrow(name: str, values: Any) -> Array | _Pending:
    arrow = importlib.import_module("pyarrow")
    compute = importlib.import_module("pyarrow.compute")
    kinds = arrow.types
    kind = values.type
    chunked = values if isinstance(values, arrow.ChunkedArray) else arrow.chunked_array([values])
    if kinds.is_null(kind) and len(values):
        raise null_error(name, 0)
    view = getattr(kinds, "is_string_view", None)
    if not (
        kinds.is_string(kind)
        or kinds.is_large_string(kind)
        or (view is not None and view(kind))
        or kinds.is_dictionary(kind)
    ):
        if kinds.is_decimal(kind):
            chunked = chunked.cast(arrow.float64())
        return _from_numpy(name, chunked.to_numpy())
    if chunked.null_count or (
        kinds.is_dictionary(kind) and any(chunk.dictionary.null_count for chunk in chunked.chunks)
    ):
        nulls = compute.is_null(chunked).to_numpy()
        if not nulls.any():  # the null is an entry of the dictionary
            plain = chunked.cast(kind.value_type)
            nulls = compute.is_null(plain).to_numpy()
        if nulls.any():
            raise null_error(name, int(nulls.argmax()))
    encoded = kinds.is_dictionary(kind)
    offset = {arrow.string(): np.int32, arrow.large_string(): np.int64}.get(kind)

    def encode(part: Any) -> Piece:
        if offset is not None:
            return cast(Piece, resolve(None).encode_text(_text_chunks(part, offset)))
        part = part.unify_dictionaries() if encoded else compute.dictionary_encode(part)
        if part.num_chunks == 0:
            return np.empty(0, np.int32), []
        codes = [chunk.indices.to_numpy(zero_copy_only=True) for chunk in part.chunks]
        joined = codes[0] if len(codes) == 1 else np.concatenate(codes)
        return _as_codes(joined), part.chunk(0).dictionary.to_pylist()

    rows = len(chunked)
    pieces = 1
    if rows >= SPLIT_FROM and not encoded:
        pieces = min(MOST_PIECES, resolve_threads(None, rows))
    borders = [rows * piece // pieces for piece in range(pieces + 1)]
    parts = [chunked.slice(begin, end - begin) for begin, end in pairwise(borders)]
    return _Pending([partial(encode, part) for part in parts], exact=not encoded)


def _text_chunks(column: Any, offset: type) -> list[tuple[Array, Array]]:
    """The buffers of an Arrow column of text, without a copy: offsets (of its rows) and bytes."""
    chunks: list[tuple[Array, Array]] = []
    for chunk in column.chunks:
        if not len(chunk):
            continue  # it may have no buffers
        _, offsets, text = chunk.buffers()
        begin = chunk.offset
        places: Array = np.frombuffer(
            offsets, offset, len(chunk) + 1, begin * np.dtype(offset).itemsize
        )
        # Arrow's buffers are aligned where Arrow allocated them, not where they were received.
        places = np.require(places, requirements="A")
        # Where all texts are empty there may be no bytes.
        chunks.append((places, np.frombuffer(text or b"", np.uint8)))
    return chunks
