"""The part of a saved fit that a joint fit has beside the abilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import TIE_MODELS, Cells
from .joint_fit import Extras

Arrays = dict[str, NDArray[Any]]
PREFIX = "joint/"
COLUMNS = ("first", "second", "win", "loss", "features")
OPTIONAL = ("tie", "offset")
SQUARES = ("square_0", "square_1", "square_2")


def extras_to_arrays(extras: Extras, data: bool) -> tuple[Arrays, dict[str, Any]]:
    arrays: Arrays = {"coefficients": extras.coefficients, "divisor": extras.divisor}
    cells = extras.cells
    if data and cells is not None:
        columns = {name: getattr(cells, name) for name in (*COLUMNS, *OPTIONAL)}
        arrays |= {name: column for name, column in columns.items() if column is not None}
        arrays |= dict(zip(SQUARES, cells.squares, strict=True))
    meta = {
        "ties": extras.ties,
        "log_tie": extras.log_tie,
        "names": list(extras.names),
        "position": extras.position,
        "ridge": extras.ridge,
        "by_pair": extras.by_pair,
    }
    return {PREFIX + name: array for name, array in arrays.items()}, meta


def extras_from_arrays(arrays: Arrays, meta: dict[str, Any], n_items: int) -> Extras:
    """ValueError, TypeError or KeyError name what is wrong."""
    own = {
        name.removeprefix(PREFIX): array
        for name, array in arrays.items()
        if name.startswith(PREFIX)
    }
    if meta["ties"] not in TIE_MODELS:
        raise ValueError(f"ties is {meta['ties']!r}")
    n_features = len(meta["names"])
    for name in ("coefficients", "divisor"):
        if own[name].dtype != np.float64 or own[name].shape != (n_features,):
            raise ValueError(f"{name} is {own[name].dtype} of shape {own[name].shape}")
    cells = None
    if "first" in own:
        cells = _cells(own, n_features, n_items)
        if (cells.tie is None) != (meta["ties"] == "none"):
            raise ValueError("tie does not go with ties")
    return Extras(
        meta["ties"],
        float(meta["log_tie"]),
        own["coefficients"],
        tuple(str(name) for name in meta["names"]),
        bool(meta["position"]),
        own["divisor"],
        float(meta["ridge"]),
        bool(meta["by_pair"]),
        cells,
    )


def _cells(own: Arrays, n_features: int, n_items: int) -> Cells:
    size = len(own["first"])
    names = [name for name in (*COLUMNS, *OPTIONAL, *SQUARES) if name in own]
    for name in names:
        dtype = np.int32 if name in ("first", "second") else np.float64
        shape = (size, n_features) if name == "features" else (size,)
        if own[name].dtype != dtype or own[name].shape != shape:
            raise ValueError(f"{name} is {own[name].dtype} of shape {own[name].shape}")
    for name in ("first", "second"):
        if size and not (own[name].min() >= 0 and own[name].max() < n_items):
            raise ValueError(f"{name} is not between 0 and {n_items - 1}")
    return Cells(
        own["first"],
        own["second"],
        own["win"],
        own["loss"],
        own.get("tie"),
        own.get("offset"),
        own["features"],
        (own[SQUARES[0]], own[SQUARES[1]], own[SQUARES[2]]),
    )
