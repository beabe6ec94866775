"""The leaderboard: its rows, how it is printed, and the files it is written to."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import InputError
from ..ratings.bradley_terry_fit import BradleyTerryFit
from ..ratings.joint_fit import POSITION_NAME, TIE_NAME, JointFit
from ..ratings.uncertainty import EXACT_BELOW
from .files import identifier, literal, one_line_errors

OUTPUTS = {
    ".csv": "FORMAT csv, HEADER",
    ".parquet": "FORMAT parquet",
    ".json": "FORMAT json, ARRAY true",
}
# A line of dots and whiskers is drawn where the terminal leaves at least this much room.
WHISKER_WIDTHS = (16, 40)
SHOWN_NAMES = 5
# Columns of names, which stand to the left.
NAMES = ("item", "design")
# Tables take milliseconds a row to lay out; longer boards are printed plain on terminals too.
TABLE_ROWS = 500


@dataclass(frozen=True)
class Board:
    """One row an item, best first; the unrated last, with rank 0 and NaN for their numbers."""

    rank: NDArray[np.int64]
    item: NDArray[Any]
    rating: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    comparisons: NDArray[np.int64]
    ability: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    group: NDArray[np.int64] | None
    level: float
    notes: list[str]
    category: Any = None

    def __len__(self) -> int:
        return len(self.item)


def make_board(fit: BradleyTerryFit, level: float, category: Any = None) -> Board:
    """The fit's ratings with their sandwich intervals, on the fit's scale."""
    interval = fit.interval(level=level, kind="sandwich")
    notes = effect_notes(fit, level) + unrated_notes(fit.unrated)
    if (error := float(np.nanmax(interval.relative_error, initial=0.0))) > 0:
        notes.append(f"standard errors are estimated by random probes, within about {error:.0%}")
    group = _groups(fit)
    if group is not None:
        notes.append(
            f"{group.max():,} groups, each on its own scale: ratings of different groups do not "
            "compare"
        )
    rank = fit.rank()
    order = np.lexsort((np.arange(len(rank)) if group is None else group, rank, rank == 0))
    return Board(
        rank=rank[order],
        item=fit.items[order],
        rating=fit.rating[order],
        lower=fit.scale.rating(interval.lower)[order],
        upper=fit.scale.rating(interval.upper)[order],
        comparisons=fit.comparisons[order],
        ability=fit.ability[order],
        standard_error=interval.standard_error[order],
        group=None if group is None else group[order],
        level=level,
        notes=notes,
        category=category,
    )


def _groups(fit: BradleyTerryFit) -> NDArray[np.int64] | None:
    """The number of each item's scale, where there are several: 1 is the largest group's."""
    component = fit.model.component
    if fit.unrated or component.max() <= 0:
        return None
    sizes = np.bincount(component)
    number = np.empty(len(sizes), np.int64)
    number[np.argsort(-sizes, kind="stable")] = np.arange(1, len(sizes) + 1)
    return number[component]


def print_board(console: Console, board: Board, top: int | None = None) -> None:
    """A coloured table on a terminal, plain columns elsewhere; names are never cut short."""
    shown = len(board) if top is None else min(top, len(board))
    columns = {
        "rank": [str(rank or "") for rank in board.rank[:shown].tolist()],
        "item": [printable(str(item)) for item in board.item[:shown].tolist()],
        "rating": [number(value) for value in board.rating[:shown].tolist()],
        f"{100 * board.level:g}% interval": list(
            map(interval_text, board.lower[:shown].tolist(), board.upper[:shown].tolist())
        ),
        "comparisons": [f"{count:,}" for count in board.comparisons[:shown].tolist()],
    }
    if board.group is not None:
        columns["group"] = [str(group) for group in board.group[:shown].tolist()]
    drawn = _as_table(console, shown)
    whiskers = _whiskers(console, board, columns["item"]) if drawn else None
    print_columns(console, columns, whiskers)


def print_columns(
    console: Console, columns: Mapping[str, list[str]], whiskers: list[Text] | None = None
) -> None:
    """Columns of a board as `print_board` prints them; whiskers follow the column of intervals."""
    if _as_table(console, len(next(iter(columns.values())))):
        console.print(_table(columns, whiskers))
    else:
        console.file.write(_plain(columns))


def _as_table(console: Console, n_rows: int) -> bool:
    return console.is_terminal and n_rows <= TABLE_ROWS


def _plain(columns: Mapping[str, list[str]]) -> str:
    """The columns as lines of text, names to the left and numbers to the right."""
    padded = []
    for name, cells in columns.items():
        cells = [name, *cells]
        widths = [cell_len(cell) for cell in cells]
        widest = max(widths)
        pads = [" " * (widest - width) for width in widths]
        if name in NAMES:
            padded.append([cell + pad for cell, pad in zip(cells, pads, strict=True)])
        else:
            padded.append([pad + cell for cell, pad in zip(cells, pads, strict=True)])
    return "".join("  ".join(cells).rstrip() + "\n" for cells in zip(*padded, strict=True))


def _table(columns: Mapping[str, list[str]], whiskers: list[Text] | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn: list[list[Text]] = []
    for name, cells in columns.items():
        if name in NAMES:
            table.add_column(name, overflow="fold", style="bold")
        else:
            style = {"rank": "dim", "rating": "cyan"}.get(name)
            table.add_column(name, justify="right", no_wrap=True, style=style)
        drawn.append([Text(cell) for cell in cells])
        if name.endswith("interval") and whiskers is not None:
            table.add_column("", no_wrap=True)
            drawn.append(whiskers)
    for row in zip(*drawn, strict=True):
        table.add_row(*row)
    return table


def _whiskers(console: Console, board: Board, names: list[str]) -> list[Text] | None:
    """A picture of each interval, if the terminal has room for it."""
    longest = max((cell_len(name) for name in names), default=0)
    others = "rank  rating  1234.5 – 1234.5  comparisons" + (
        "  group" if board.group is not None else ""
    )
    room = console.width - longest - len(others) - 10
    least, most = WHISKER_WIDTHS
    if room < least:
        return None
    shown = len(names)
    rows = np.stack([board.lower[:shown], board.rating[:shown], board.upper[:shown]], axis=1)
    finite = rows[np.isfinite(rows).all(axis=1)]
    axis = (float(finite.min(initial=math.inf)), float(finite.max(initial=-math.inf)))
    width = min(room, most)
    return [_whisker(lower, rating, upper, axis, width) for lower, rating, upper in rows.tolist()]


def _whisker(
    lower: float, rating: float, upper: float, axis: tuple[float, float], width: int
) -> Text:
    """The interval as a line with a dot at the rating; `axis` is what `width` stands for."""
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return Text("")
    low, high = axis
    step = max(high - low, 1e-9) / (width - 1)
    left, dot, right = (round((value - low) / step) for value in (lower, rating, upper))
    text = Text(" " * left + "─" * (dot - left), style="dim")
    text.append("●", style="not dim cyan")
    text.append("─" * (right - dot))
    return text


def unrated_notes(unrated: Mapping[Any, str]) -> list[str]:
    """A line for each reason why items are not rated, naming the first of them."""
    names: dict[str, list[str]] = {}
    for item, reason in unrated.items():
        names.setdefault(reason, []).append(printable(str(item)))
    notes = []
    for reason, items in names.items():
        more = f" and {len(items) - SHOWN_NAMES:,} more" if len(items) > SHOWN_NAMES else ""
        notes.append(f"{len(items):,} unrated, {reason}: {', '.join(items[:SHOWN_NAMES])}{more}")
    return notes


def effect_notes(fit: BradleyTerryFit, level: float) -> list[str]:
    """A line for the tie parameter and the position effect, where they were fitted."""
    if not isinstance(fit, JointFit):
        return []
    notes = []
    ends: dict[str, tuple[float, float]] = {}
    if fit.n_items <= EXACT_BELOW:  # beyond, the whole covariance is too large
        effects = fit.effects(level)
        pairs = zip(effects.lower.tolist(), effects.upper.tolist(), strict=True)
        ends = dict(zip(effects.names, pairs, strict=True))

    def within(name: str, change: Callable[[float], float]) -> str:
        if name not in ends:
            return ""
        lower, upper = map(change, ends[name])
        return f" ({100 * level:g}% interval {lower:.3f} to {upper:.3f})"

    if fit.tie_parameter is not None:
        interval = within(TIE_NAME, math.exp)
        notes.append(f"tie parameter ({fit.ties}) {fit.tie_parameter:.3f}{interval}")
    if fit.position_effect is not None:
        interval = within(POSITION_NAME, float)
        notes.append(
            f"position effect {fit.position_effect:.3f} in log-odds for the first item{interval}"
        )
    return notes


def check_output(path: Path, option: str = "--output") -> None:
    """Raises before the work starts if its result could not be written afterwards."""
    if path.suffix.lower() not in OUTPUTS:
        known = ", ".join(OUTPUTS)
        raise InputError(f"{option} {path}: the ending must be one of {known}")
    if not os.access(path.parent, os.W_OK) or not path.parent.is_dir():
        raise InputError(f"{option} {path}: the folder {path.parent} cannot be written to")
    if path.is_dir():
        raise InputError(f"{option} {path}: that is a folder")


def write_boards(
    connection: duckdb.DuckDBPyConnection, boards: Sequence[Board], path: Path
) -> None:
    """Writes every row, in full precision; a file that is there is replaced as a whole.

    Boards of categories come under each other, with the category in the first column.
    """
    columns: dict[str, list[Any]] = {}
    grouped = any(board.group is not None for board in boards)
    for board in boards:
        rows = {} if board.category is None else {"category": [board.category] * len(board)}
        rows |= {
            # None, unlike NaN, leaves the others whole numbers.
            "rank": [rank or None for rank in board.rank.tolist()],
            "item": board.item.tolist(),
            "rating": board.rating.tolist(),
            "lower": board.lower.tolist(),
            "upper": board.upper.tolist(),
            "comparisons": board.comparisons.tolist(),
            "ability": board.ability.tolist(),
            "standard_error": board.standard_error.tolist(),
        }
        if grouped:
            # Without groups of their own, all items of a board are in one.
            rows["group"] = [1] * len(board) if board.group is None else board.group.tolist()
        for name, cells in rows.items():
            columns.setdefault(name, []).extend(cells)
    selected = ", ".join(
        f"unnest(${position}) AS {identifier(name)}" for position, name in enumerate(columns, 1)
    )
    values = [[None if cell != cell else cell for cell in column] for column in columns.values()]
    with one_line_errors(f"cannot write {path}"):
        connection.execute(f"CREATE TEMP TABLE board AS SELECT {selected}", values)
    write_table(connection, "board", path)


def write_table(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Writes a table to a file; one that is there is replaced as a whole."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".zermelo-") as folder:
        written = Path(folder) / f"board{path.suffix.lower()}"
        options = OUTPUTS[path.suffix.lower()]
        with one_line_errors(f"cannot write {path}"):
            connection.execute(f"COPY {table} TO {literal(str(written))} ({options})")
        written.replace(path)


def number(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "unrated"


def interval_text(lower: float, upper: float) -> str:
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return ""
    return f"{lower:.1f} – {upper:.1f}"


def printable(name: str) -> str:
    """`name` without what would break a line or steer the terminal."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
