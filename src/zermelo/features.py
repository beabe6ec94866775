"""Features with names: columns of a frame, a dict of columns, or a plain matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .row_columns import read_features, read_numbers

Floats = NDArray[np.float64]


def default_names(n_features: int) -> tuple[str, ...]:
    """What features without names are called."""
    return tuple(f"feature {k}" for k in range(n_features))


def read_named_features(values: Any, rows: int) -> tuple[Floats | None, tuple[str, ...] | None]:
    """The matrix of shape (rows, features), and a name a column; None twice where there is none."""
    if values is None:
        return None, None
    if isinstance(values, Mapping):
        return _from_columns(values, rows)
    frame = _frame(values)
    if frame is not None:
        names = list(frame.columns)
        return _from_columns({name: frame.get_column(name).to_native() for name in names}, rows)
    matrix = read_features("features", values, rows)
    return matrix, default_names(matrix.shape[1])


def _frame(values: Any) -> nw.DataFrame[Any] | None:
    try:
        opened = nw.from_native(values, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        found = " ".join(str(error).split())
        raise InputError(f"features must have different names: {found}") from error
    if isinstance(opened, nw.LazyFrame):
        raise InputError("features is a lazy frame; collect it, or use Comparisons.from_frame")
    return opened if isinstance(opened, nw.DataFrame) else None


def _from_columns(columns: Mapping[Any, Any], rows: int) -> tuple[Floats, tuple[str, ...]]:
    if not columns:
        raise InputError("features has no columns")
    for name in columns:
        if not isinstance(name, str):
            raise InputError(f"the names of features must be str, but one is {name!r}")
    read = [read_numbers(f"features[{name!r}]", column, rows) for name, column in columns.items()]
    return np.ascontiguousarray(np.stack(read, axis=1)), tuple(columns)


def pair_name(pair: tuple[str, str | None]) -> str:
    """What a feature is called that is built from one column, or from a column for each side."""
    name, other = pair
    return name if other is None else f"{name} - {other}"


def places_of(names: Sequence[str], wanted: Sequence[str], argument: str) -> list[int]:
    """Places of the wanted features, or the error that names one that is not there."""
    places = []
    for name in wanted:
        if name not in names:
            shown = ", ".join(repr(other) for other in names)
            raise InputError(f"{argument} names {name!r}, but the features are {shown}")
        if names.index(name) in places:
            raise InputError(f"{argument} names {name!r} twice")
        places.append(names.index(name))
    return places
