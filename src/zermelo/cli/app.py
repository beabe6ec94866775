"""The commands: `zermelo rank` and `zermelo demo` here, the others in files of their own."""

from __future__ import annotations

import math
import sys
import warnings
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import duckdb
import typer
from rich.console import Console
from typer.core import TyperGroup

from .. import __version__
from ..errors import InputError
from ..pair_counts import PairCounts
from ..ratings.boards import boards as rate_categories
from ..ratings.bradley_terry import bradley_terry
from .board import Board, check_output, make_board, print_board, printable, write_boards
from .bracket import bracket
from .demo import run_demo
from .designs import designs
from .elo import elo
from .files import connect, in_one_line, open_source
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
    find_item,
    in_options,
    label_and_number,
    print_notes,
    read_scores,
    say,
)
from .progress import stage
from .sort import sort
from .votes import find_columns, read_votes

# The base of typer's errors about arguments has no public name of its own.
UsageError: Any = typer.BadParameter.__bases__[0]


class OneLineErrors(TyperGroup):
    """Ends with one line on stderr and a code that is not zero, never with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            # They are RuntimeErrors, and how a command ends by itself.
            raise
        except (KeyboardInterrupt, duckdb.InterruptException):
            raise typer.Exit(130) from None
        except UsageError as error:
            fail(f"{error.format_message()} (zermelo {ctx.invoked_subcommand or ''} --help)", 2)
        except InputError as error:
            fail(in_options(str(error)), 1)
        except MemoryError as error:
            fail(f"not enough memory ({error})", 1)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            fail(str(error), 1)
        except duckdb.Error as error:
            fail(in_one_line(error), 1)
        except (ImportError, RuntimeError) as error:
            # No backend can run: the registry's message says which, and what installs one. Or
            # the system gives no more threads.
            fail(str(error), 1)


app = typer.Typer(
    cls=OneLineErrors, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)


class Components(StrEnum):
    error = "error"
    largest = "largest"
    separate = "separate"


class Ties(StrEnum):
    half = "half"
    davidson = "davidson"
    rao_kupper = "rao-kupper"
    drop = "drop"


class Solver(StrEnum):
    auto = "auto"
    mm = "mm"
    newman = "newman"
    newton = "newton"


def run() -> None:
    """Runs the command line on the process's arguments."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding cannot show must not end the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="zermelo")


def fail(message: str, code: int) -> NoReturn:
    """Says what is wrong in one line on stderr and ends the program."""
    say(message)
    raise typer.Exit(code)


def show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zermelo {__version__}")
        raise typer.Exit


@app.callback()
def zermelo(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Rank items from pairwise comparisons, with honest uncertainty."""


def keep_compared(counts: PairCounts, least: int) -> tuple[PairCounts, list[str]]:
    """Only items with at least so many comparisons, and a note on the others."""
    kept = counts.with_at_least(least) if least else counts
    if kept.n_items < 2:
        most = int(counts.comparisons_per_item().max())
        raise InputError(
            f"--min-comparisons {least} leaves no two items (the most any item has is {most:,})"
        )
    left_out = counts.n_items - kept.n_items
    return kept, [few_note(left_out, least)] if left_out else []


def few_note(left_out: int, least: int) -> str:
    items = "item" if left_out == 1 else "items"
    return f"{left_out:,} {items} with fewer than {least:,} comparisons left out"


def rate_boards(
    counts: PairCounts, least: int, anchor: tuple[object, float] | None, level: float, options: Any
) -> tuple[list[Board], list[str]]:
    """A board a category, and notes; categories that cannot be rated are said on stderr."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rated = rate_categories(
            counts, min_comparisons=least, overall=False, anchor=anchor, **options
        )
    boards = [make_board(fit, level, category) for category, fit in rated.items()]
    for board in boards:
        if few := len(rated.left_out.get(board.category, ())):
            board.notes.append(few_note(few, least))
    for category, reason in rated.failed.items():
        say(f"{category!r} is not rated: {in_options(reason)}")
    failures = {f"category {label!r} is not rated: {why}" for label, why in rated.failed.items()}
    messages = [str(warning.message) for warning in caught]
    return boards, [in_options(text) for text in messages if text not in failures]


@app.command()
def rank(
    files: Files,
    a: FirstColumn = None,
    b: SecondColumn = None,
    outcome: OutcomeColumn = None,
    count: CountColumn = None,
    weight: WeightColumn = None,
    by: Annotated[
        str | None, typer.Option(help="Column of categories: a board for each of them.")
    ] = None,
    drop: Drop = None,
    score: Score = None,
    without: Without = None,
    min_comparisons: Annotated[
        int,
        typer.Option(min=0, help="Leave out items with fewer comparisons (in their category)."),
    ] = 0,
    components: Annotated[
        Components, typer.Option(help="What to do where some items never lost to the others.")
    ] = Components.error,
    prior: Annotated[
        float, typer.Option(min=0.0, help="Games each item plays against an average one.")
    ] = 0.0,
    ties: Annotated[
        Ties,
        typer.Option(help="A tie is half a win each, what a model predicts, or left out."),
    ] = Ties.half,
    position_effect: Annotated[
        bool, typer.Option(help="Estimate what the first item gains by being first.")
    ] = False,
    solver: Annotated[Solver, typer.Option(help="How to fit.")] = Solver.auto,
    threads: Threads = None,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    anchor: Annotated[
        str | None, typer.Option(metavar="ITEM=RATING", help="Shift all so that ITEM has RATING.")
    ] = None,
    top: Top = None,
    output: Output = None,
) -> None:
    """Rank the items of files of votes, games or verdicts.

    Finds columns by their usual names (model_a, model_b, winner, say) and rates on the Elo scale.
    """
    if output is not None:
        check_output(output)
    if not 0 < level < 1:
        raise InputError(f"--level must lie between 0 and 1, but is {level:g}")
    if not math.isfinite(prior):
        raise InputError(f"--prior must be finite and non-negative, but is {prior:g}")
    anchored = label_and_number(anchor, "--anchor") if anchor else None
    scores = read_scores(score)

    connection = connect(threads)
    source = open_source(connection, files)
    columns = find_columns(source, a=a, b=b, outcome=outcome, count=count, weight=weight, by=by)
    options: dict[str, Any] = {
        "ties": ties.value,
        "position_effect": position_effect,
        "prior": prior,
        "components": components.value,
        "solver": solver.value,
        "threads": threads,
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with stage(f"reading {source.name}") as report:
            votes = read_votes(
                connection, source, columns, drop=drop or (), scores=scores, report=report
            )
        counts = votes.counts
        if without:
            counts = counts.without(
                [find_item(counts.items, name, "--without") for name in without]
            )
        few: list[str] = []
        if by is None:
            counts, few = keep_compared(counts, min_comparisons)
        seat = (find_item(counts.items, anchored[0], "--anchor"), anchored[1]) if anchored else None
        with stage(f"rating {counts.n_items:,} items"):
            if by is None:
                fit = bradley_terry(counts, **options)
                fit = fit.rescale(anchor=seat) if seat else fit
                boards, said = [make_board(fit, level)], few
            else:
                boards, said = rate_boards(counts, min_comparisons, seat, level, options)
    if output is not None:
        write_boards(connection, boards, output)

    console = Console(highlight=False)
    last: list[str] = []
    for board in boards:
        if by is not None:
            heading = printable(f"{columns.by}: {board.category}")
            console.print(heading, style="bold", markup=False, soft_wrap=True)
        print_board(console, board, top)
        hidden = 0 if top is None else len(board) - top
        notes = [*board.notes, *([f"{hidden:,} more items not shown"] if hidden > 0 else [])]
        if by is None:
            last = notes
        else:
            print_notes(console, notes)
        console.print()
    about = (
        (f"{len(boards):,} {'board' if len(boards) == 1 else 'boards'}, " if by else "")
        + f"{counts.n_items:,} items, {counts.n_comparisons:,} comparisons"
        + (f" ({100 * votes.tie_share:.1f}% ties)" if votes.tie_share else "")
        + f" from {source.name} ({columns})"
    )
    warned = [in_options(str(warning.message)) for warning in caught]
    print_notes(console, [about, *votes.notes, *said, *last, *warned])


app.command()(elo)
app.command()(bracket)
app.command()(designs)
app.command()(sort)


@app.command()
def demo(
    votes: Annotated[int, typer.Option(min=1, help="How many votes to make.")] = 1_000_000,
    items: Annotated[int, typer.Option(min=2, help="How many items they compare.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same votes.")] = 0,
) -> None:
    """Make realistic votes, rank them, and show how long each step took."""
    run_demo(Console(highlight=False), n_votes=votes, n_items=items, seed=seed)
