"""The command `zermelo designs`: which tournament ranks best, and what it costs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from ..errors import InputError
from ..judges.noisy import Noisy
from ..tournament.comparison import compare_designs
from ..tournament.double_elimination import DoubleElimination
from ..tournament.groups import GroupsThenKnockout
from ..tournament.leagues import Anchored, RandomPairs, RoundRobin
from ..tournament.single_elimination import SingleElimination
from ..tournament.swiss import Swiss
from ..tournament.varco import varco_arena
from .board import check_output, print_columns
from .elo_board import write_columns
from .entrants import (
    AbilityColumn,
    Entrants,
    First,
    ItemColumn,
    RatingColumn,
    Scale,
    SeedByRating,
    read_entrants,
)
from .files import connect
from .options import Output, Threads, Without, hint, in_options, print_notes
from .progress import stage
from .tournament_options import MOST_SEED, usual_groups, usual_rounds

Columns = dict[str, NDArray[Any]]


class Seeding(StrEnum):
    random = "random"
    standard = "standard"


class RankBy(StrEnum):
    own = "own"
    bradley_terry = "bradley-terry"
    elo = "elo"


@dataclass(frozen=True)
class Setting:
    """What designs are made of."""

    n: int
    seeding: str
    rounds: int
    groups: int


# Each makes a design; those at the end make one for a number of matches.
MAKERS: Mapping[str, Callable[[Setting], Any]] = {
    "single": lambda setting: SingleElimination(setting.n, seeding=setting.seeding),
    "double": lambda setting: DoubleElimination(setting.n, seeding=setting.seeding),
    "swiss": lambda setting: Swiss(setting.n, setting.rounds),
    "groups": lambda setting: GroupsThenKnockout(setting.n, setting.groups),
    "round-robin": lambda setting: RoundRobin(setting.n),
    "anchored": lambda setting: Anchored(setting.n, setting.n // 2),
    "random-pairs": lambda setting: lambda matches: RandomPairs(setting.n, matches),
    "varco": lambda setting: (
        lambda matches: varco_arena(setting.n, max(matches // (setting.n - 1), 1))
    ),
}
USUAL = ("single", "double", "swiss", "round-robin", "random-pairs")


def designs(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="Items with ratings or abilities; without it, abilities are drawn.",
        ),
    ] = None,
    item: ItemColumn = None,
    rating: RatingColumn = None,
    ability: AbilityColumn = None,
    scale: Scale = None,
    seed_by_rating: SeedByRating = False,
    first: First = None,
    without: Without = None,
    items: Annotated[
        int | None, typer.Option(min=2, help="How many items, without a FILE. [16]")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(help="Standard deviation of their abilities, which are normal. [1]"),
    ] = None,
    names: Annotated[
        str, typer.Option("--designs", metavar="NAME,...", help=f"Of {', '.join(MAKERS)}.")
    ] = ",".join(USUAL),
    matches: Annotated[
        str | None,
        typer.Option(metavar="N,...", help="How many may be played. [those of one round-robin]"),
    ] = None,
    seeding: Annotated[
        Seeding, typer.Option(help="Whether brackets know the order of the items.")
    ] = Seeding.random,
    rounds: Annotated[int | None, typer.Option(help="Of swiss. [log2 of the items]")] = None,
    groups: Annotated[int | None, typer.Option(help="Of groups. [as many as make fours]")] = None,
    rank_by: Annotated[
        RankBy, typer.Option(help="By the design's own rule, or by ratings from its matches.")
    ] = RankBy.own,
    accuracy: Annotated[
        float, typer.Option(min=0, max=1, help="How often the judge reports what happened.")
    ] = 1.0,
    position_bias: Annotated[
        float, typer.Option(min=-1, max=1, help="How often the judge names the first unseen.")
    ] = 0.0,
    tie_rate: Annotated[
        float, typer.Option(min=0, max=1, help="How often the judge calls a tie.")
    ] = 0.0,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="Of the recall, the share of the best found. [3]")
    ] = None,
    replicates: Annotated[int, typer.Option(min=2, help="More make errors smaller.")] = 500,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="The same seed draws the same.")
    ] = 0,
    threads: Threads = None,
    output: Output = None,
) -> None:
    """Compare tournament designs: which ranks best with so many matches.

    Each design is repeated until one more run could take more than --matches. The table shows how
    often the best item is ranked first, the true rank of who is, how well the whole ranking
    correlates with the true one, and what share of the best it finds.
    """
    if output is not None:
        check_output(output)
    if file is not None and (items is not None or spread is not None):
        name = "--items" if items is not None else "--spread"
        raise InputError(f"{name} is for drawn abilities, but {file} has the items")
    if file is None and (given := _of_files(item, rating, ability, scale, first, without)):
        raise InputError(f"{given} is for a FILE of items")
    width = 1.0 if spread is None else spread
    if not (np.isfinite(width) and width > 0):
        raise InputError(f"--spread must be positive and finite, but is {width:g}")
    connection = connect(threads, ordered=True)
    entrants = None
    if file is not None:
        entrants = read_entrants(
            connection,
            file,
            item=item,
            rating=rating,
            ability=ability,
            scale=scale,
            without=without or (),
            first=first,
            seed_by_rating=seed_by_rating,
        )
    n = len(entrants) if entrants is not None else items or 16
    if top_k is not None and top_k > n:
        raise InputError(f"--top-k must be from 1 to {n}, the number of items, but is {top_k}")
    setting = Setting(
        n,
        seeding.value,
        usual_rounds(n) if rounds is None else rounds,
        usual_groups(n) if groups is None else groups,
    )
    limits = read_limits(matches, n)
    wanted = read_names(names)
    options = {
        "rank_by": rank_by.value,
        "judge": Noisy(accuracy, position_bias, tie_rate),
        "top_k": top_k,
        "replicates": replicates,
        "seed": seed,
        "threads": threads,
        **true_strengths(entrants, n, width),
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with stage(f"playing {', '.join(wanted)}"):
            columns, notes = compare(wanted, setting, limits, options)
    if output is not None:
        write_columns(connection, columns, output)

    console = Console(highlight=False)
    print_columns(console, shown(columns))
    console.print()
    truth = str(entrants) if entrants else f"{n:,} items, abilities normal with spread {width:g}"
    print_notes(
        console,
        [
            f"{truth}; {replicates:,} replicates, ranked by {rank_by}; ± is the standard error",
            *notes,
            *(in_options(str(warning.message)) for warning in caught),
        ],
    )


def _of_files(*given: Any) -> str | None:
    """The first option that only files of items need."""
    names = ("--item", "--rating", "--ability", "--scale", "--first", "--without")
    return next((name for name, value in zip(names, given, strict=True) if value), None)


def read_limits(text: str | None, n: int) -> list[int]:
    if text is None:
        return [n * (n - 1) // 2]
    try:
        limits = sorted({int(part) for part in text.split(",")})
    except ValueError:
        limits = [0]
    if limits[0] < 1:
        raise InputError(
            f"--matches must be a number of matches, or several such as 50,100,200, but is {text!r}"
        )
    return limits


def read_names(text: str) -> list[str]:
    names = [part.strip() for part in text.split(",")]
    for place, name in enumerate(names):
        if name not in MAKERS:
            raise InputError(
                f"--designs: there is no {name!r}{hint(name, list(MAKERS))}; the designs are "
                f"{', '.join(MAKERS)}"
            )
        if name in names[:place]:
            raise InputError(f"--designs has {name} twice")
    return names


def true_strengths(entrants: Entrants | None, n: int, spread: float) -> dict[str, Any]:
    """Arguments of the comparison: strengths as given, or drawn in every replicate."""
    if entrants is not None:
        return {"strengths": entrants.strength, "scale": entrants.scale}
    return {"draw": lambda generator: generator.normal(0.0, spread, n)}


def compare(
    names: Sequence[str], setting: Setting, limits: Sequence[int], options: Mapping[str, Any]
) -> tuple[Columns, list[str]]:
    """A row a design and limit, as of `compare_designs`, and notes on what was left out."""
    tables: list[Columns] = []
    notes: list[str] = []
    for name in names:
        try:
            design = MAKERS[name](setting)
        except InputError as error:
            raise InputError(f"--designs {name}: {error}") from error
        least = setting.n - 1 if name == "varco" else getattr(design, "n_matches", 1)
        within = [limit for limit in limits if limit >= least]
        if len(within) < len(limits):
            notes.append(
                f"{name} left out below {least:,} matches, which one run of it takes"
                if within
                else f"{name} left out: one run takes {least:,} matches"
            )
        if within:
            tables.append(
                compare_designs({name: design}, matches=within, library="dict", **options)
            )
    if not tables:
        raise InputError(f"--matches {limits[-1]:,} is too few: {'; '.join(notes)}")
    joined = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    order = np.lexsort((-joined["spearman"], -joined["best_wins"], joined["matches"]))
    return {name: column[order] for name, column in joined.items()}, notes


def shown(columns: Columns) -> dict[str, list[str]]:
    """What is printed: means with their standard errors."""

    def cells(name: str, digits: int, factor: float = 1.0) -> list[str]:
        return [f"{factor * value:.{digits}f}" for value in columns[name].tolist()]

    several = len(set(columns["matches"].tolist())) > 1
    within = {"within": [f"{limit:,}" for limit in columns["matches"].tolist()]}
    return {
        "design": [str(name) for name in columns["design"].tolist()],
        **(within if several else {}),
        "matches": cells("matches_used", 0),
        "best first": [f"{cell}%" for cell in cells("best_wins", 1, 100)],
        "±": cells("best_wins_error", 1, 100),
        "rank of first": cells("winner_rank", 2),
        "Kendall": cells("kendall", 3),
        "Spearman": cells("spearman", 3),
        f"recall of {columns['top_k'][0]}": [f"{cell}%" for cell in cells("recall", 1, 100)],
    }
