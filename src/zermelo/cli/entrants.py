"""Files of items with ratings or abilities: who takes part in a tournament, and how strong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import duckdb
import numpy as np
import typer
from numpy.typing import NDArray

from ..errors import InputError
from .files import Source, identifier, one_line_errors, open_source
from .options import hint
from .votes import check_column

# Columns in the order in which they are looked for; compared without case.
ITEMS = ("item", "name", "team", "player", "model")
RATINGS = ("rating", "elo")
ABILITIES = ("ability",)
ELO_SCALE = 400.0

ItemColumn = Annotated[str | None, typer.Option("--item", help="Column of the items' names.")]
RatingColumn = Annotated[
    str | None, typer.Option("--rating", help="Column of ratings, such as Elo's.")
]
AbilityColumn = Annotated[
    str | None, typer.Option("--ability", help="Column of abilities, which are log-strengths.")
]
Scale = Annotated[
    float | None, typer.Option(help="So many points of rating ahead are odds of 10 to 1. [400]")
]
SeedByRating = Annotated[
    bool,
    typer.Option("--seed-by-rating", help="The strongest is the first seed; else the first row."),
]
First = Annotated[
    int | None, typer.Option(min=2, help="Only so many seeds, the first ones, take part.")
]


@dataclass(frozen=True)
class Entrants:
    """Items in the order of their seeds; `scale` is None where `strength` holds abilities."""

    items: list[str]
    strength: NDArray[np.float64]
    scale: float | None
    source: Source
    column: str

    def __len__(self) -> int:
        return len(self.items)

    @property
    def unit(self) -> str:
        return "ability" if self.scale is None else "rating"

    @property
    def by_name(self) -> dict[str, float]:
        return dict(zip(self.items, self.strength.tolist(), strict=True))

    def __str__(self) -> str:
        scale = "" if self.scale is None else f", {self.scale:g} points being odds of 10 to 1"
        return f"{len(self):,} items from {self.source.name} ({self.column}{scale})"


def read_entrants(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    *,
    item: str | None = None,
    rating: str | None = None,
    ability: str | None = None,
    scale: float | None = None,
    without: Sequence[str] = (),
    first: int | None = None,
    seed_by_rating: bool = False,
) -> Entrants:
    """The rows of a file in their order, or the strongest first."""
    source = open_source(connection, [file])
    given = {"item": item, "rating": rating, "ability": ability}
    for option, column in given.items():
        check_column(source, option, column)
    names = find(source, "item", item, ITEMS, taken={rating, ability})
    strengths, scale = _find_strengths(source, rating, ability, scale)
    rows = _read(connection, source, names, strengths)
    known = [name for name, _, _ in rows]
    for name in without:
        if name not in known:
            raise InputError(f"--without: there is no item {name!r}{hint(name, known)}")
    rows = [row for row in rows if row[0] not in without]
    kept = _numbers(source, strengths, rows)
    if seed_by_rating:
        kept.sort(key=lambda entrant: -entrant[1])
    if first is not None and first > len(kept):
        raise InputError(f"--first {first}: {source.name} has {len(kept):,} items")
    kept = kept[:first]
    if len(kept) < 2:
        raise InputError(f"{source.name} has {len(kept)} items to play; there must be at least 2")
    values = np.array([value for _, value in kept])
    return Entrants([name for name, _ in kept], values, scale, source, strengths)


def find(
    source: Source,
    option: str,
    given: str | None,
    usual: Sequence[str],
    taken: set[str | None] | None = None,
) -> str:
    """The column that the option names, or else the first of the usual names that is there."""
    if given is not None:
        return given
    names = {column.lower(): column for column in reversed(source.columns)}
    for name in usual:
        if name in names and names[name] not in (taken or ()):
            return names[name]
    raise InputError(
        f"{source.name} has no column {' or '.join(usual)}; name yours with --{option} (there are "
        f"{', '.join(source.columns)})"
    )


def _find_strengths(
    source: Source, rating: str | None, ability: str | None, scale: float | None
) -> tuple[str, float | None]:
    """The column of ratings with their scale, or that of abilities, which have none."""
    if rating is not None and ability is not None:
        raise InputError("--rating and --ability both say how strong items are; give one of them")
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise InputError(f"--scale must be positive and finite, but is {scale:g}")
    if ability is not None and scale is not None:
        raise InputError("--scale is for ratings; abilities are log-strengths, which need none")
    lower = {column.lower() for column in source.columns}
    if ability is not None or (rating is None and scale is None and lower & set(ABILITIES)):
        # Of boards that have both, abilities need no scale to be known.
        return find(source, "ability", ability, ABILITIES), None
    usual = (*RATINGS, *ABILITIES) if scale is None else RATINGS
    return find(source, "rating", rating, usual), scale or ELO_SCALE


def _read(
    connection: duckdb.DuckDBPyConnection, source: Source, names: str, strengths: str
) -> list[tuple[str, str, float | None]]:
    texts = [
        f"trim(coalesce(CAST({identifier(name)} AS VARCHAR), ''))" for name in (names, strengths)
    ]
    with one_line_errors(f"cannot read {source.name}"):
        rows: list[Any] = connection.execute(
            f"SELECT {', '.join(texts)}, TRY_CAST({texts[1]} AS DOUBLE) FROM {source.sql}"
        ).fetchall()
    seen = set()
    for name, _, _ in rows:
        if name == "":
            raise InputError(f"{names} is empty in a row of {source.name}")
        if name in seen:
            raise InputError(f"{names} of {source.name} has {name!r} twice")
        seen.add(name)
    return rows


def _numbers(
    source: Source, column: str, rows: Sequence[tuple[str, str, float | None]]
) -> list[tuple[str, float]]:
    kept = []
    for name, text, value in rows:
        if value is None or not np.isfinite(value):
            raise InputError(
                f"{column} of {source.name} must hold finite numbers, but that of {name!r} is "
                f"{text!r}; --without {name!r} leaves it out"
            )
        kept.append((name, value))
    return kept
