"""The command `zermelo elo`: replays files of games with Elo's ratings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from .. import presets
from ..errors import InputError
from ..ratings.elo import elo as replay
from ..ratings.elo_rules import INITIAL
from .board import check_output
from .elo_board import print_ratings, write_history, write_ratings
from .files import Source, connect, open_source
from .game_columns import GameColumns, check_columns
from .games import Games, read_games
from .options import (
    CountColumn,
    Drop,
    Files,
    FirstColumn,
    OutcomeColumn,
    Output,
    Score,
    SecondColumn,
    Threads,
    Top,
    WeightColumn,
    Without,
    in_options,
    print_notes,
    read_scores,
)
from .progress import stage
from .rating_files import read_initial, read_resets
from .votes import find_columns


class Preset(StrEnum):
    nba = "nba"
    nfl = "nfl"
    fide = "fide"


class MarginRule(StrEnum):
    log = "log"
    power = "power"


PRESETS: Mapping[Preset, Callable[[], dict[str, Any]]] = {
    Preset.nba: presets.fivethirtyeight_nba,
    Preset.nfl: presets.fivethirtyeight_nfl,
    Preset.fide: presets.fide,
}
# Options whose numbers are arguments of the replay.
ARGUMENTS = {
    "k": "k",
    "scale": "scale",
    "base": "base",
    "home": "position_effect",
    "reversion": "reversion",
    "revert_to": "reversion_to",
}


def elo(
    files: Files,
    a: FirstColumn = None,
    b: SecondColumn = None,
    outcome: OutcomeColumn = None,
    points: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="Two columns of points, which say who won and by how much."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="Column of numbers or dates to sort by; else the files' order holds."),
    ] = None,
    period: Annotated[str | None, typer.Option(help="Column of periods, such as seasons.")] = None,
    neutral: Annotated[
        str | None, typer.Option(help="Column that is true where nobody played at home.")
    ] = None,
    margin: Annotated[
        str | None, typer.Option(help="Column that says how clearly a game was won.")
    ] = None,
    count: CountColumn = None,
    weight: WeightColumn = None,
    drop: Drop = None,
    score: Score = None,
    without: Without = None,
    preset: Annotated[
        Preset | None, typer.Option(help="Rules of a known system; options change them.")
    ] = None,
    k: Annotated[
        float | None, typer.Option(help="Points that a surprise of one whole win shifts. [32]")
    ] = None,
    scale: Annotated[
        float | None, typer.Option(help="So many points ahead are odds of --base to 1. [400]")
    ] = None,
    base: Annotated[float | None, typer.Option(help="See --scale. [10]")] = None,
    initial: Annotated[
        str | None,
        typer.Option(
            metavar="RATING|FILE", help="Where items begin; a file has columns item and rating."
        ),
    ] = None,
    home: Annotated[
        float | None, typer.Option(help="Points that being first, or at home, is worth. [0]")
    ] = None,
    margin_rule: Annotated[
        MarginRule | None,
        typer.Option(help="How shifts grow with the margin; log where --margin is given."),
    ] = None,
    reversion: Annotated[
        float | None,
        typer.Option(help="Share of the way back to --revert-to before each new period. [0]"),
    ] = None,
    revert_to: Annotated[float | None, typer.Option(help="Default: what items begin at.")] = None,
    resets: Annotated[
        Path | None,
        typer.Option(help="File of ratings set by hand: columns item, period and rating."),
    ] = None,
    permutations: Annotated[
        int | None, typer.Option(min=2, help="Also replay so many random orders of the games.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of --permutations.")] = 0,
    threads: Threads = None,
    top: Top = None,
    output: Output = None,
    history: Annotated[
        Path | None,
        typer.Option(help="Write every game's ratings to a .csv, .parquet or .json file."),
    ] = None,
) -> None:
    """Replay the games of files, in their order, with Elo's ratings.

    Finds columns by their usual names (home_team, away_team, winner, say). Shows each item's last
    rating, its games and its peak, and how good the expectations were.
    """
    if output is not None:
        check_output(output)
    if history is not None:
        check_output(history, "--history")
        if output is not None and output.resolve() == history.resolve():
            raise InputError(f"--output and --history both name {output}")
    numbers = {"k": k, "scale": scale, "base": base, "home": home}
    numbers |= {"reversion": reversion, "revert_to": revert_to}
    rules = read_rules(preset, numbers, margin_rule, margin)
    begin = begin_at(initial, rules)
    scores = read_scores(score)
    if points and outcome:
        raise InputError("--points says who won, and so does --outcome; give one of them")
    if points and points[0] == points[1]:
        raise InputError(f"--points names {points[0]!r} twice; it needs two columns")

    connection = connect(threads, ordered=True)
    source = open_source(connection, files)
    votes = find_columns(
        source, a=a, b=b, outcome=outcome, count=count, weight=weight, has_outcomes=points is None
    )
    columns = GameColumns(votes, points, time, period, margin, neutral)
    check_columns(source, columns)
    check_rules(rules, columns, preset, resets, permutations)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with stage(f"reading {source.name}") as report:
            games = read_games(
                connection,
                source,
                columns,
                drop=drop or (),
                scores=scores,
                without=without or (),
                report=report,
            )
        data = games.data
        usual = rules.pop("initial", INITIAL)
        rules.setdefault("reversion_to", usual)
        start, notes = read_initial(begin, data.items, usual, source.name)
        if resets is not None:
            rules["resets"] = read_resets(resets, data)
        with stage(f"replaying {len(data):,} games"):
            fit = replay(
                data,
                **rules,
                initial=start,
                history=history is not None,
                permutations=permutations,
                seed=seed,
                threads=threads,
            )
    if output is not None:
        write_ratings(connection, fit, output)
    if history is not None:
        with stage(f"writing {history.name}"):
            write_history(connection, fit, history)

    console = Console(highlight=False)
    print_ratings(console, fit, top)
    console.print()
    hidden = 0 if top is None else data.n_items - top
    print_notes(
        console,
        [
            about(games, source, columns),
            f"expected before each game: log loss {fit.log_loss():.4f}, Brier score "
            f"{fit.brier():.4f}, accuracy {100 * fit.accuracy():.1f}%",
            *games.notes,
            *notes,
            *([f"{hidden:,} more items not shown"] if hidden > 0 else []),
            *(in_options(str(warning.message)) for warning in caught),
        ],
    )


def read_rules(
    preset: Preset | None,
    numbers: Mapping[str, float | None],
    margin_rule: MarginRule | None,
    margin: str | None,
) -> dict[str, Any]:
    """Arguments of the replay: a preset's, changed by what the options say, checked."""
    rules = PRESETS[preset]() if preset else {}
    rules |= {ARGUMENTS[option]: number for option, number in numbers.items() if number is not None}
    for option, number in numbers.items():
        if number is None:
            continue
        name = "--" + option.replace("_", "-")
        if not math.isfinite(number):
            raise InputError(f"{name} must be a finite number, but is {number:g}")
        if option == "k" and number < 0:
            raise InputError(f"{name} must not be negative, but is {number:g}")
        if option == "scale" and number <= 0:
            raise InputError(f"{name} must be positive, but is {number:g}")
        if option == "base" and number <= 1:
            raise InputError(f"{name} must be greater than 1, but is {number:g}")
        if option == "reversion" and not 0 <= number <= 1:
            raise InputError(f"{name} must be a share from 0 to 1, but is {number:g}")
    if margin_rule is not None:
        rules["margin"] = margin_rule.value
    elif margin is not None:
        rules.setdefault("margin", MarginRule.log.value)
    return rules


def begin_at(initial: str | None, rules: dict[str, Any]) -> Path | None:
    """The file of ratings that --initial names; a number goes to the rules."""
    if initial is None:
        return None
    try:
        number = float(initial)
    except ValueError:
        path = Path(initial)
        if not path.exists():
            raise InputError(f"--initial {initial}: that is neither a number nor a file") from None
        return path
    if not math.isfinite(number):
        raise InputError(f"--initial must be a finite number or a file, but is {initial}")
    rules["initial"] = number
    return None


def check_rules(
    rules: Mapping[str, Any],
    columns: GameColumns,
    preset: Preset | None,
    resets: Path | None,
    permutations: int | None,
) -> None:
    """Raises where the rules need a column that no option names, or do not go together."""

    def needs(option: str, what: str) -> InputError:
        named = option if preset is None else f"{option} (or --preset {preset})"
        return InputError(f"{named} needs {what}")

    reverts = rules.get("reversion", 0.0) > 0
    if rules.get("margin") is not None and columns.margin is None and columns.points is None:
        raise needs("--margin-rule", "to know how clearly games were won: --margin or --points")
    if (reverts or resets is not None) and columns.period is None:
        option = "--reversion" if reverts else "--resets"
        raise needs(option, "to know when a new season begins: --period COLUMN")
    if permutations is not None and (reverts or resets is not None):
        raise InputError(
            "--permutations replays the games in random orders, in which --reversion and --resets, "
            "which happen between periods, have no meaning; leave out one of them"
        )
    ordered = columns.votes.outcome is not None or columns.points is not None
    if rules.get("position_effect", 0.0) != 0 and not ordered:
        raise needs(
            "--home",
            "to know who was first, which columns of winners and losers do not say: --outcome or "
            "--points",
        )


def about(games: Games, source: Source, columns: GameColumns) -> str:
    ties = f" ({100 * games.tie_share:.1f}% ties)" if games.tie_share else ""
    n_games = len(games.data) if games.data.count is None else int(games.data.count.sum())
    items = f"{games.data.n_items:,} items, {n_games:,} games"
    return f"{items}{ties} from {source.name} ({columns})"
