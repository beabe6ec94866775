"""What a tournament's forecast shows and writes: how far each item comes, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from ..tournament.designs import Design
from ..tournament.double_elimination import DoubleElimination
from ..tournament.groups import GroupsThenKnockout
from ..tournament.result import TournamentResult
from ..tournament.round_names import round_name
from ..tournament.single_elimination import SingleElimination
from .board import print_columns, printable
from .elo_board import write_columns
from .entrants import Entrants

Real = NDArray[np.float64]


def print_result(
    console: Console,
    design: Design,
    result: TournamentResult,
    entrants: Entrants,
    top: int | None,
) -> None:
    """A row an item, the likeliest champion first."""
    order = likeliest(result)[:top]
    digits = 0 if entrants.scale is not None else 2
    columns = {
        "seed": [str(place + 1) for place in order],
        "item": [printable(entrants.items[place]) for place in order],
        entrants.unit: [f"{entrants.strength[place]:.{digits}f}" for place in order],
    }
    for name, values in stages(design, result).items():
        columns[name] = [percent(values[place]) for place in order]
    if result.replicates is not None:
        error = 100 * result.standard_error.champion
        columns["±"] = [f"{error[place]:.2f}" for place in order]
    if not is_bracket(design):
        columns["mean place"] = [f"{result.mean_rank[place]:.2f}" for place in order]
    print_columns(console, columns)


def likeliest(result: TournamentResult) -> list[int]:
    order: list[int] = np.lexsort((result.mean_rank, -result.champion)).tolist()
    return order


def is_bracket(design: Design) -> bool:
    return isinstance(design, (SingleElimination, GroupsThenKnockout))


def stages(design: Design, result: TournamentResult) -> dict[str, Real]:
    """The probabilities that are worth a column, by their names, the title last."""
    if is_bracket(design):
        begin = design.n_group_rounds if isinstance(design, GroupsThenKnockout) else 1
        return {
            round_name(result.n_rounds - reached): result.reach[:, reached]
            for reached in range(begin, result.n_rounds + 1)
        }
    shown: dict[str, Real] = {}
    if len(result.items) > 4:
        shown["top 4"] = result.place[:, :4].sum(axis=1)
    if isinstance(design, DoubleElimination):
        shown["final"] = result.reach[:, -2]
    elif len(result.items) > 2:
        shown["top 2"] = result.place[:, :2].sum(axis=1)
    return shown | {"champion": result.champion}


def percent(probability: float) -> str:
    """In a tenth of a per cent; 0% and 100% only where nothing is left to chance."""
    if probability <= 0 or probability >= 1:
        return "0%" if probability <= 0 else "100%"
    shown = f"{100 * probability:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(shown, shown)


def write_result(
    connection: duckdb.DuckDBPyConnection, result: TournamentResult, entrants: Entrants, path: Path
) -> None:
    """Every item, in full precision, with standard errors where the result was simulated."""
    columns: dict[str, NDArray[Any]] = {
        "item": np.array(entrants.items, object),
        "seed": np.arange(1, len(entrants) + 1),
        entrants.unit: entrants.strength,
    }
    shown = {"champion": result.champion, "mean_rank": result.mean_rank}
    errors = {
        "champion": result.standard_error.champion,
        "mean_rank": result.standard_error.mean_rank,
    }
    for reached in range(1, result.n_rounds + 1):
        shown[f"reach_{reached}"] = result.reach[:, reached]
        errors[f"reach_{reached}"] = result.standard_error.reach[:, reached]
    for name, values in shown.items():
        columns[name] = values
        if result.replicates is not None:
            columns[f"{name}_error"] = errors[name]
    order = likeliest(result)
    write_columns(
        connection, {name: np.asarray(column)[order] for name, column in columns.items()}, path
    )
