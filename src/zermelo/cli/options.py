"""Arguments and options that commands share, and what is said about them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray
from rich.console import Console

from .._backends.threads import MOST_THREADS
from ..errors import InputError

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="CSV, TSV, Parquet or JSON lines; gzip too; several, or a pattern.",
    ),
]
FirstColumn = Annotated[str | None, typer.Option(help="Column of the first item.")]
SecondColumn = Annotated[str | None, typer.Option(help="Column of the second item.")]
OutcomeColumn = Annotated[
    str | None, typer.Option(help="Column of labels, winners or scores of the first item.")
]
CountColumn = Annotated[
    str | None, typer.Option(help="Column that says how many comparisons a row stands for.")
]
WeightColumn = Annotated[
    str | None, typer.Option(help="Column that says how much a comparison matters.")
]
Drop = Annotated[
    list[str] | None, typer.Option(metavar="LABEL", help="Leave out rows with this outcome.")
]
Score = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL=SCORE", help="What an outcome means for the first item: 0 to 1."),
]
Without = Annotated[
    list[str] | None,
    typer.Option(metavar="ITEM", help="Leave out an item, with its comparisons."),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_THREADS, help="Default: as many as the machine allows."),
]
Top = Annotated[int | None, typer.Option(min=1, help="Print only the best.")]
Output = Annotated[Path | None, typer.Option(help="Write all to a .csv, .parquet or .json file.")]

# Advice that ends messages of the Python functions, and the same for the command line.
ADVICE = {
    'Use prior > 0, components="largest" (rate the largest component) or '
    'components="separate" (rate each on its own scale)': (
        "Use --prior 1, --components largest (rate the largest component) or "
        "--components separate (rate each on its own scale)"
    ),
    "raise max_iter, or use solver='newton'": "use --solver newton",
    "use ties='half'": "use --ties half",
    "use a smaller k, or initial ratings that are smaller": "use a smaller --k or --initial",
    "use a smaller slope or k": "use a smaller --k",
    "are they Elo points? Then pass scale=400": "are they Elo points? Then name them by --rating",
}


def in_options(message: str) -> str:
    """An error message of the Python functions, in the words of the command line."""
    message = message.replace("min_comparisons=", "--min-comparisons ", 1)
    # Only at the end, since names of items, which may hold anything, come before.
    for advice, options in ADVICE.items():
        if message.endswith(advice):
            return message.removesuffix(advice) + options
    return message


def say(message: str) -> None:
    """One line on stderr."""
    typer.echo(f"zermelo: {' '.join(message.split())}", err=True)


def label_and_number(text: str, option: str) -> tuple[str, float]:
    """The parts of LABEL=NUMBER; the label may hold a "=" itself."""
    label, separator, number = text.rpartition("=")
    try:
        if not separator or not label or not math.isfinite(float(number)):
            raise ValueError
        return label, float(number)
    except ValueError:
        raise InputError(f"{option} {text}: must look like {option} NAME=NUMBER") from None


def read_scores(given: Sequence[str] | None) -> dict[str, float]:
    """Scores of outcomes by label, from the values of --score."""
    scores = dict(label_and_number(text, "--score") for text in given or ())
    for label, value in scores.items():
        if not 0 <= value <= 1:
            raise InputError(f"--score {label}={value:g}: a score must lie between 0 and 1")
    return scores


def find_item(items: NDArray[Any], name: str, option: str) -> object:
    """The item that is written as `name`."""
    names = {str(item): item for item in items.tolist()}
    if name not in names:
        raise InputError(f"{option}: there is no item {name!r}{hint(name, names)}")
    return names[name]


def hint(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """A question about the name that is spelt nearly like this one, if there is one."""
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def print_notes(console: Console, notes: Sequence[str]) -> None:
    for note in notes:
        console.print(note, style="dim", markup=False, soft_wrap=True)
