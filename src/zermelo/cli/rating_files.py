"""Files of ratings that a replay begins with, or that are set by hand on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..errors import InputError
from .files import connect, identifier, one_line_errors, open_source
from .outcomes import many

Row = tuple[str, ...]


def read_initial(
    path: Path | None, items: NDArray[Any], otherwise: float, games: str
) -> tuple[float | dict[Any, float], list[str]]:
    """Where items begin, and notes: what the file says, and `otherwise` for the rest."""
    if path is None:
        return otherwise, []
    rows = _read(path, "--initial", ("item", "rating"))
    given: dict[str, float] = {}
    for (item,), rating in rows:
        if item in given:
            raise InputError(f"--initial {path}: {item!r} is there twice")
        given[item] = rating
    initial = {item: given.get(str(item), otherwise) for item in items.tolist()}
    found = sum(str(item) in given for item in initial)
    if not found:
        raise InputError(f"--initial {path} names no item of {games}")
    notes = []
    if found < len(items):
        notes.append(
            f"{many(len(items) - found, 'item')} not in {path.name} began at {otherwise:g}"
        )
    if found < len(given):
        notes.append(f"{many(len(given) - found, 'item')} of {path.name} without a game")
    return initial, notes


def read_resets(path: Path, data: Comparisons) -> dict[Any, float]:
    """Ratings by item and period, with both as the games have them."""
    periods = np.unique(data.period) if data.period is not None else np.empty(0)
    known = [{str(label): label for label in labels.tolist()} for labels in (data.items, periods)]
    resets: dict[Any, float] = {}
    for names, rating in _read(path, "--resets", ("item", "period", "rating")):
        for what, name, labels in zip(("item", "period"), names, known, strict=True):
            if name not in labels:
                raise InputError(f"--resets {path}: the games have no {what} {name!r}")
        key = tuple(labels[name] for name, labels in zip(names, known, strict=True))
        if key in resets:
            raise InputError(f"--resets {path}: {', '.join(names)} is there twice")
        resets[key] = rating
    return resets


def _read(path: Path, option: str, wanted: Sequence[str]) -> list[tuple[Row, float]]:
    """Rows of a file whose last column is the rating.

    Columns are found by name, or else by their places where the file has no others.
    """
    connection = connect()
    source = open_source(connection, [str(path)])
    by_name = {column.lower(): column for column in reversed(source.columns)}
    if all(name in by_name for name in wanted):
        columns = [by_name[name] for name in wanted]
    elif len(source.columns) == len(wanted):
        columns = source.columns
    else:
        raise InputError(
            f"{option} {path}: it must have the columns {', '.join(wanted)} (there are "
            f"{', '.join(source.columns)})"
        )
    texts = [f"trim(coalesce(CAST({identifier(name)} AS VARCHAR), ''))" for name in columns]
    with one_line_errors(f"cannot read {path}"):
        found = connection.execute(
            f"SELECT {', '.join(texts)}, TRY_CAST({texts[-1]} AS DOUBLE) FROM {source.sql}"
        ).fetchall()
    rows: list[tuple[Row, float]] = []
    for *names, text, rating in found:
        if rating is None or not np.isfinite(rating):
            raise InputError(
                f"{option} {path}: a rating must be a finite number, but that of "
                f"{', '.join(names)} is {text!r}"
            )
        rows.append((tuple(names), rating))
    if not rows:
        raise InputError(f"{option} {path}: it has no rows")
    return rows
