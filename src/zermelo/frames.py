"""Frames of any library that narwhals knows, eager or lazy, to the columns asked for."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import narwhals as nw

from .columns import check_length
from .errors import InputError
from .features import pair_name
from .row_columns import read_numbers

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
Features = Sequence[str | tuple[str, str]]


def open_frame(frame: Any) -> Frame:
    try:
        opened: Frame = nw.from_native(frame)
    except TypeError as error:
        raise InputError(
            f"frame must be a data frame that narwhals knows, but is {type(frame).__name__}"
        ) from error
    except nw.exceptions.DuplicateError as error:
        found = " ".join(str(error).split())
        raise InputError(f"the columns of frame must have different names: {found}") from error
    return opened


@contextlib.contextmanager
def computing() -> Iterator[None]:
    """Failures of the frame's own library become an InputError that carries them."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # each library has its own kinds
        raise InputError(f"the frame could not be computed: {error}") from error


def check_columns(frame: Frame, named: Mapping[str, str | None]) -> None:
    """Every name given is a str and a column of the frame."""
    with computing():
        there = list(frame.collect_schema().names())
    for column in there:
        if there.count(column) > 1:
            raise InputError(f"the columns of frame must have different names: {column!r} repeats")
    for argument, name in named.items():
        if name is None and argument not in ("a", "b"):
            continue
        if not isinstance(name, str):
            raise InputError(f"{argument} must be the name of a column, but is {name!r}")
        if name not in there:
            close = difflib.get_close_matches(name, there, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            shown = ", ".join(repr(column) for column in there)
            raise InputError(
                f"{argument}={name!r} is not a column of the frame{hint} Its columns are {shown}"
            )


def collect(frame: Frame) -> dict[str, Any]:
    """Columns of the frame in its own library's kind; a lazy one is computed."""
    if isinstance(frame, nw.LazyFrame):
        if frame.implementation.is_duckdb() and importlib.util.find_spec("pyarrow") is None:
            # narwhals would collect into Arrow; DuckDB can fill NumPy arrays by itself, but for
            # ENUM it would need pandas.
            enums = [name for name, dtype in frame.collect_schema().items() if dtype == nw.Enum]
            if enums:
                frame = frame.with_columns(nw.col(*enums).cast(nw.String))
            arrays: dict[str, Any] = frame.to_native().fetchnumpy()
            return arrays
        frame = frame.collect()
    return {name: frame.get_column(name).to_native() for name in frame.columns}


def read_frame(
    frame: Any, named: Mapping[str, str | None], features: Features | None
) -> tuple[dict[str, Any], Any]:
    """The named columns by argument, and the features by name or None."""
    opened = open_frame(frame)
    pairs = _feature_pairs(features)
    wanted = dict(named)
    for place, (name_a, name_b) in enumerate(pairs):
        wanted[f"features[{place}]"] = name_a
        if name_b is not None:
            wanted[f"features[{place}][1]"] = name_b
    check_columns(opened, wanted)
    with computing():
        names = dict.fromkeys(name for name in wanted.values() if name is not None)
        native = collect(opened.select(*names))
    columns = {argument: native[name] for argument, name in named.items() if name is not None}
    if features is None:
        return columns, None
    rows = len(columns["a"])
    check_length("b", len(columns["b"]), "a", rows)
    built: dict[str, Any] = {}
    for pair in pairs:
        name_a, name_b = pair
        values = read_numbers(f"features[{name_a!r}]", native[name_a], rows)
        if name_b is not None:
            values = values - read_numbers(f"features[{name_b!r}]", native[name_b], rows)
        if pair_name(pair) in built:
            raise InputError(f"features has {pair_name(pair)!r} twice")
        built[pair_name(pair)] = values
    return columns, built


def _feature_pairs(features: Features | None) -> list[tuple[str, str | None]]:
    if features is None:
        return []
    if isinstance(features, str):
        raise InputError(
            f"features must be a list of columns, but is {features!r}; use [{features!r}]"
        )
    if not isinstance(features, Sequence):
        raise InputError(f"features must be a list of columns, but is {features!r}")
    pairs: list[tuple[str, str | None]] = []
    for place, feature in enumerate(features):
        if isinstance(feature, str):
            pairs.append((feature, None))
        elif isinstance(feature, (tuple, list)) and len(feature) == 2:
            pairs.append((feature[0], feature[1]))
        else:
            raise InputError(
                f"features[{place}] must be a column or a pair of columns, but is {feature!r}"
            )
    return pairs
