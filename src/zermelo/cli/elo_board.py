"""What a replay shows and writes: the ratings it ended with, and those of every game."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from ..ratings.elo_result import EloResult
from .board import interval_text, number, print_columns, printable, write_table
from .files import one_line_errors

Columns = Mapping[str, NDArray[Any]]


def print_ratings(console: Console, fit: EloResult, top: int | None) -> None:
    """Ranks, ratings, games and peaks, best first; with permutations their mean and interval."""
    columns = rating_columns(fit)
    shown = {name: column[:top].tolist() for name, column in columns.items()}
    cells = {
        "rank": list(map(str, shown["rank"])),
        "item": [printable(str(item)) for item in shown["item"]],
        "rating": list(map(number, shown["rating"])),
        "games": [f"{n:,}" for n in shown["games"]],
        "peak": list(map(number, shown["peak"])),
    }
    if fit.permutations is not None:
        ends = shown["permutations_lower"], shown["permutations_upper"]
        cells["mean"] = list(map(number, shown["permutations_mean"]))
        cells["95% interval"] = list(map(interval_text, *ends))
    print_columns(console, cells)


def rating_columns(fit: EloResult) -> dict[str, NDArray[Any]]:
    """A row an item, best first."""
    columns: dict[str, NDArray[Any]] = {
        "rank": fit.rank(),
        "item": fit.items,
        "rating": fit.rating,
        "games": fit.games,
        "peak": fit.peak,
        "ability": fit.ability,
    }
    if fit.permutations is not None:
        interval = fit.permutations.interval()
        columns |= {
            "permutations_mean": interval.rating,
            "permutations_lower": interval.lower,
            "permutations_upper": interval.upper,
        }
    order = np.argsort(columns["rank"], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def write_ratings(connection: duckdb.DuckDBPyConnection, fit: EloResult, path: Path) -> None:
    """Every item with its ratings, in full precision."""
    write_columns(connection, rating_columns(fit), path)


def write_history(connection: duckdb.DuckDBPyConnection, fit: EloResult, path: Path) -> None:
    """Every game, in the order of the files, with the ratings before and after it."""
    write_columns(connection, fit._history_columns(fit.require_rows("the history")), path)


def write_columns(connection: duckdb.DuckDBPyConnection, columns: Columns, path: Path) -> None:
    """Columns under their names, as a file of the kind that its ending says."""
    with one_line_errors(f"cannot write {path}"):
        connection.register(
            "written", {name: np.ascontiguousarray(c) for name, c in columns.items()}
        )
    try:
        write_table(connection, "written", path)
    finally:
        connection.unregister("written")
