"""The command `zermelo bracket`: who wins a tournament, and how far each item comes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import duckdb
import numpy as np
import typer
from rich.console import Console

from ..comparisons import Comparisons
from ..errors import InputError
from ..tournament.designs import Design
from ..tournament.double_elimination import DoubleElimination
from ..tournament.exact import win_probabilities
from ..tournament.result import TournamentResult
from ..tournament.simulation import simulate as run_simulation
from ..tournament.single_elimination import SingleElimination
from .board import check_output
from .bracket_table import print_result, write_result
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
from .files import connect, open_source
from .game_columns import GameColumns, check_columns
from .games import read_games
from .options import (
    FirstColumn,
    OutcomeColumn,
    Output,
    SecondColumn,
    Threads,
    Top,
    Without,
    hint,
    in_options,
    print_notes,
)
from .outcomes import many
from .progress import stage
from .tournament_options import (
    MOST_SEED,
    Draw,
    Kind,
    Objective,
    Pairing,
    check_options,
    make_design,
)
from .votes import find_columns

# Where nothing else is said, and exact probabilities would take long or cannot be had.
REPLICATES = 100_000
# Exact averages over all draws, and all states of a double elimination, take a moment up to here.
MOST_DRAWN = 12
MOST_TWICE = 8


def bracket(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Items with ratings or abilities, such as a board that was written.",
        ),
    ],
    item: ItemColumn = None,
    rating: RatingColumn = None,
    ability: AbilityColumn = None,
    scale: Scale = None,
    seed_by_rating: SeedByRating = False,
    first: First = None,
    without: Without = None,
    design: Annotated[Kind, typer.Option(help="Who plays whom.")] = Kind.single,
    draw: Annotated[
        Draw | None,
        typer.Option(
            help="Best seeds apart, at random, the rows from the bracket's top to its bottom, or "
            "whatever serves --objective best. [standard]"
        ),
    ] = None,
    objective: Annotated[Objective | None, typer.Option(help="Of --draw best. [favourite]")] = None,
    best_of: Annotated[
        str | None, typer.Option(metavar="N|N,N,...", help="Games of a series, or of each round's.")
    ] = None,
    venue: Annotated[
        str | None,
        typer.Option(help="Where a series is played: H with the better seed, A with the other."),
    ] = None,
    home: Annotated[
        float | None, typer.Option(help="Points (or ability) that playing at home is worth.")
    ] = None,
    third_place: Annotated[
        bool, typer.Option("--third-place", help="The losers of the semi-finals play.")
    ] = False,
    reseed: Annotated[
        bool, typer.Option("--reseed", help="Best seed against worst in every round.")
    ] = False,
    rounds: Annotated[int | None, typer.Option(help="Of swiss. [log2 of the items]")] = None,
    pairing: Annotated[Pairing | None, typer.Option(help="Of swiss. [slide]")] = None,
    groups: Annotated[int | None, typer.Option(help="How many. [as many as make fours]")] = None,
    advance: Annotated[int | None, typer.Option(help="So many of each group go on. [2]")] = None,
    best_thirds: Annotated[int | None, typer.Option(help="And so many of the next. [0]")] = None,
    cycles: Annotated[int | None, typer.Option(help="How often everybody meets. [1]")] = None,
    results: Annotated[
        Path | None, typer.Option(help="File of games that were played already.")
    ] = None,
    a: FirstColumn = None,
    b: SecondColumn = None,
    outcome: OutcomeColumn = None,
    round_: Annotated[
        str | None, typer.Option("--round", help="Column of rounds in --results. [round]")
    ] = None,
    simulate: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Simulate so many tournaments. [exact where that is quick, else 100,000]",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="Of --simulate and --draw best.")
    ] = 0,
    threads: Threads = None,
    top: Top = None,
    output: Output = None,
) -> None:
    """Say who wins a tournament, and how far each item comes.

    The rows of FILE are the seeds, the first seed first, as boards of `zermelo rank` and `zermelo
    elo` have them. Probabilities are exact, or simulated with standard errors.
    """
    if output is not None:
        check_output(output)
    options = {
        "draw": draw,
        "objective": objective,
        "best_of": best_of,
        "venue": venue,
        "home": home,
        "third_place": third_place or None,
        "reseed": reseed or None,
        "rounds": rounds,
        "pairing": pairing and pairing.value,
        "groups": groups,
        "advance": advance,
        "best_thirds": best_thirds,
        "cycles": cycles,
    }
    options = {name: value for name, value in options.items() if value is not None}
    check_options(design, options, results, seed_by_rating)
    if results is None and (given := [n for n in (a, b, outcome, round_) if n is not None]):
        raise InputError(f"column {given[0]!r} is one of --results, which is not given")

    connection = connect(threads, ordered=True)
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
    tournament = make_design(design, entrants, options, seed)
    played = None
    if results is not None:
        names = {"a": a, "b": b, "outcome": outcome}
        played = read_results(connection, results, names, round_, entrants)
    exact = simulate is None and is_quick(tournament)
    with stage(f"{'computing' if exact else 'simulating'} {tournament!r}"):
        try:
            result = forecast(
                tournament,
                entrants,
                played,
                None if exact else simulate or REPLICATES,
                seed,
                threads,
            )
        except InputError as error:
            raise InputError(in_columns(str(error), entrants.column)) from error
    if output is not None:
        write_result(connection, result, entrants, output)

    console = Console(highlight=False)
    print_result(console, tournament, result, entrants, top)
    console.print()
    hidden = 0 if top is None else len(entrants) - top
    print_notes(
        console,
        [
            f"{entrants}, {tournament!r}",
            how(result),
            *([f"{many(len(played), 'game')} from {results.name}"] if played and results else []),
            *([drawn(tournament, entrants)] if draw is Draw.best else []),
            *([f"{hidden:,} more items not shown"] if hidden > 0 else []),
        ],
    )


def in_columns(message: str, column: str) -> str:
    """A message about strengths or results, in the words of the command line."""
    return in_options(message).replace("strengths spread", f"{column} spreads", 1)


def read_results(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    names: Mapping[str, str | None],
    round_: str | None,
    entrants: Entrants,
) -> Comparisons:
    """Games that were played, between items spelt as the entrants are."""
    source = open_source(connection, [str(file)])
    if round_ is None:
        round_ = next((name for name in source.columns if name.lower() == "round"), None)
    votes = find_columns(source, a=names["a"], b=names["b"], outcome=names["outcome"])
    columns = GameColumns(votes, time=round_)
    if round_ is not None and round_ not in source.columns:
        raise InputError(f"--round: {source.name} has no column {round_!r}")
    check_columns(source, columns)
    with stage(f"reading {source.name}") as report:
        games = read_games(
            connection, source, columns, drop=(), scores={}, without=(), report=report
        )
    data = games.data
    known = set(entrants.items)
    labels = np.array([str(label) for label in data.items.tolist()], object)
    for label in labels:
        if label not in known:
            raise InputError(
                f"--results {file}: {entrants.source.name} has no item {label!r}"
                f"{hint(label, entrants.items)}"
            )
    # Text, as the entrants' names are, where the file had numbers.
    return Comparisons(
        labels[data.a],
        labels[data.b],
        np.array([0.0, 1.0, 0.5])[data.outcome] if data.score is None else data.score,
        time=data.time,
        count=data.count,
    )


def is_quick(design: Design) -> bool:
    """Whether exact probabilities take no longer than a simulation."""
    if isinstance(design, SingleElimination):
        return not design.reseed and (design.seeding != "random" or design.n <= MOST_DRAWN)
    return isinstance(design, DoubleElimination) and design.n <= MOST_TWICE


def forecast(
    design: Design,
    entrants: Entrants,
    played: Comparisons | None,
    replicates: int | None,
    seed: int,
    threads: int | None,
) -> TournamentResult:
    """Exact probabilities, or simulated ones where there are `replicates`."""
    strengths = entrants.by_name
    if replicates is None:
        return win_probabilities(design, strengths, scale=entrants.scale, results=played)
    return run_simulation(
        design,
        strengths,
        replicates,
        scale=entrants.scale,
        results=played,
        seed=seed,
        threads=threads,
    )


def how(result: TournamentResult) -> str:
    if result.replicates is None:
        return "exact probabilities"
    worst = 100 * float(result.standard_error.reach.max())
    return (
        f"{result.replicates:,} simulated tournaments; ± is the standard error of the champion's "
        f"per cent, and that of the others is at most {worst:.2f}"
    )


def drawn(design: Design, entrants: Entrants) -> str:
    """The draw from the bracket's top to its bottom."""
    assert isinstance(design, SingleElimination)
    names = ["bye" if slot is None else entrants.items[slot] for slot in design.slots]
    return f"best draw: {', '.join(names)}"
