"""Results as data frames of the user's library."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, Literal

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Library = Literal["pandas", "polars", "pyarrow"]
LIBRARIES: tuple[Library, ...] = ("pandas", "polars", "pyarrow")


def make_frame(columns: Mapping[str, NDArray[Any]], library: str | None, *, explicit: bool) -> Any:
    """Columns as a frame of `library`; None, or one that has gone: the first that is installed."""
    if library is not None and library not in LIBRARIES:
        raise InputError(f"library must be one of {', '.join(LIBRARIES)}, but is {library!r}")
    installed = [name for name in LIBRARIES if importlib.util.find_spec(name) is not None]
    if explicit and library not in installed:
        raise InputError(f"library={library!r} is not installed")
    if not installed:
        raise ImportError("to_frame needs a data frame library: pip install pandas")
    chosen = next((name for name in installed if name == library), installed[0])
    data = {name: _plain(column) for name, column in columns.items()}
    return nw.from_dict(data, backend=chosen).to_native()


def _plain(column: NDArray[Any]) -> Any:
    # Object arrays of str become a string column in every library only when they come as a list.
    return column.tolist() if column.dtype == object else np.ascontiguousarray(column)
