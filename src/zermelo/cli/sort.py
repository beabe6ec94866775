"""The command `zermelo sort`: items sorted by a command that compares two of them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import duckdb
import numpy as np
import typer
from rich.console import Console

from ..checks import shortened
from ..errors import InputError
from ..sorting.methods import METHODS
from ..sorting.sort import sort as sort_items
from .board import check_output, print_columns, printable
from .elo_board import write_columns
from .files import FORMATS, connect, identifier, one_line_errors, open_source
from .judge_command import JudgeCommand
from .options import Output, Top, print_notes
from .progress import stage
from .tournament_options import MOST_SEED
from .votes import check_column

# Columns in the order in which they are looked for; compared without case.
TEXTS = ("item", "text", "name")
STDIN = "-"
# Files whose lines are items, whatever they hold.
LINES = (".txt", ".text", ".list", "")
# The command is asked about pairs, not lists.
PAIR_METHODS = (
    "auto",
    *(name for name, method in METHODS.items() if method.question == "compare"),
)


class Presentation(StrEnum):
    both = "both"
    single = "single"
    random = "random"
    escalate = "escalate"


@dataclass(frozen=True)
class Item:
    """One item: `text` is what the command is shown."""

    position: int
    text: str
    id: str

    def __repr__(self) -> str:
        return repr(self.text)


def sort(
    file: Annotated[
        str,
        typer.Argument(
            metavar="ITEMS",
            help="Lines of text; or CSV, TSV, Parquet or JSON lines with a column of items; or - "
            "for lines on standard input. They stand in their initial order, the best first.",
        ),
    ],
    compare: Annotated[
        str,
        typer.Option(
            metavar="COMMAND",
            help="Gets a line of JSON with id, x and y for each pair, and answers with a line: the "
            'score of x from 0 to 1, true or false, left, right or tie, {"score": ...}, or null.',
        ),
    ],
    column: Annotated[
        str | None, typer.Option(help="Column of the items. [item, text, name, or the only one]")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Column of ids for the log.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(min=1, help="Only the best are wanted.")] = None,
    method: Annotated[str, typer.Option(help=f"How to sort: {', '.join(PAIR_METHODS)}.")] = "auto",
    presentation: Annotated[
        Presentation, typer.Option(help="Whether a pair is shown in both orders.")
    ] = Presentation.both,
    budget: Annotated[int | None, typer.Option(min=1, help="Most calls to make.")] = None,
    max_rounds: Annotated[
        int | None, typer.Option(min=1, help="Most calls that wait for each other.")
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Keeps every answer; the same command goes on where it stopped."),
    ] = None,
    log_tag: Annotated[
        str | None, typer.Option(help="What the log is bound to, such as a model and its prompt.")
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="How many copies of COMMAND answer at a time.")
    ] = 1,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="The same seed asks the same.")
    ] = 0,
    top: Top = None,
    output: Output = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON instead of a table.")
    ] = False,
) -> None:
    """Sort items, best first, by asking a command about pairs of them.

    The command is started once, and again for each of --concurrency, and must answer each line of
    its standard input by one line on its standard output.
    """
    if output is not None:
        check_output(output)
    if method not in PAIR_METHODS:
        known = ", ".join(PAIR_METHODS)
        raise InputError(f"--method must be one of {known}, but is {shortened(method)}")
    connection = connect(ordered=True)
    items = read_items(connection, file, column, id_column)
    if top_k is not None and top_k > len(items):
        raise InputError(
            f"--top-k must be from 1 to {len(items):,}, the number of items, but is {top_k:,}"
        )
    watched = Console(stderr=True).is_terminal
    with (
        JudgeCommand(compare, concurrency) as judge,
        stage(f"sorting {len(items):,} items") as report,
    ):

        def answer(x: Item, y: Item) -> Any:
            return judge.ask({"id": f"{x.position}-{y.position}", "x": x.text, "y": y.text})

        result = sort_items(
            items,
            answer,
            method=method,
            top_k=top_k,
            presentation=presentation.value,
            budget=budget,
            max_rounds=max_rounds,
            ids=[item.id for item in items],
            concurrency=concurrency,
            log=log,
            log_tag=log_tag,
            seed=seed,
            progress=(lambda state: report(100.0 * state.share)) if watched else False,
        )
    ranked = [items[position] for position in result.order.tolist()]
    if output is not None:
        columns = {
            "rank": np.arange(1, len(ranked) + 1),
            "item": np.array([item.text for item in ranked], object),
            "id": np.array([item.id for item in ranked], object),
            "position": np.array([item.position for item in ranked]),
        }
        write_columns(connection, columns, output)
    if as_json:
        typer.echo(json.dumps(as_record(result, ranked), ensure_ascii=False))
        return
    console = Console(highlight=False)
    shown = ranked[: min(top or len(ranked), top_k or len(ranked))]
    print_columns(
        console,
        {
            "rank": [str(rank) for rank in range(1, len(shown) + 1)],
            "item": [printable(item.text) for item in shown],
        },
    )
    console.print()
    print_notes(console, notes_on(result, len(ranked) - len(shown), log is not None))


def as_record(result: Any, ranked: list[Item]) -> dict[str, Any]:
    """What --json prints."""
    return {
        "ranked": [item.text for item in ranked],
        "ids": [item.id for item in ranked],
        "order": [item.position for item in ranked],
        "n_certain": int(result.n_certain),
        "complete": bool(result.complete),
        "method": result.method,
        "n_pairs": int(result.n_pairs),
        "n_calls": int(result.n_calls),
        "n_rounds": int(result.n_rounds),
    }


def notes_on(result: Any, hidden: int, logged: bool) -> list[str]:
    notes = []
    if hidden:
        notes.append(f"{hidden:,} more items not shown")
    notes.append(
        f"{result.method}: {_many(result.n_calls, 'call')} about {_many(result.n_pairs, 'pair')} "
        f"in {_many(result.n_rounds, 'round')}"
    )
    if not result.complete:
        certain = f"the first {result.n_certain:,} are" if result.n_certain else "nothing is"
        more = "a larger one goes on from the log" if logged else "with --log another run goes on"
        notes.append(f"stopped by --budget: {certain} final; {more}")
    return notes


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def read_items(
    connection: duckdb.DuckDBPyConnection, file: str, column: str | None, id_column: str | None
) -> list[Item]:
    """The items of a file, in its order."""
    ids: list[str] | None = None
    if file == STDIN or _is_lines(file):
        if column is not None or id_column is not None:
            option = "--column" if column is not None else "--id"
            raise InputError(f"{option} is for files with columns, but {file} has lines of text")
        texts = _lines(file)
    else:
        texts, ids = _columns(connection, file, column, id_column)
    name = "standard input" if file == STDIN else file
    if not texts:
        raise InputError(f"{name} has no items")
    if ids is None:
        ids = _distinct(texts)
    return [Item(at, text, id_) for at, (text, id_) in enumerate(zip(texts, ids, strict=True))]


def _is_lines(file: str) -> bool:
    suffixes = [suffix.lower() for suffix in Path(file).suffixes]
    last = suffixes[-1] if suffixes else ""
    return last in LINES or last not in (*FORMATS, ".gz")


def _lines(file: str) -> list[str]:
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {file}: it is not UTF-8 text") from error
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    return [line for line in text.splitlines() if line.strip()]


def _columns(
    connection: duckdb.DuckDBPyConnection, file: str, column: str | None, id_column: str | None
) -> tuple[list[str], list[str] | None]:
    source = open_source(connection, [file])
    if column is not None:
        check_column(source, "column", column)
    else:
        column = _usual_column(source.columns, source.name)
    check_column(source, "id", id_column)
    wanted = [name for name in (column, id_column) if name is not None]
    selected = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in wanted)
    with one_line_errors(f"cannot read {source.name}"):
        rows: list[Any] = connection.execute(f"SELECT {selected} FROM {source.sql}").fetchall()
    for number, row in enumerate(rows, 1):
        for name, value in zip(wanted, row, strict=True):
            if value is None or not value.strip():
                raise InputError(f"{name} is empty in row {number:,} of {source.name}")
    ids = [row[1] for row in rows] if id_column is not None else None
    return [row[0] for row in rows], ids


def _usual_column(columns: list[str], name: str) -> str:
    folded = {column.casefold(): column for column in reversed(columns)}
    for text in TEXTS:
        if text in folded:
            return folded[text]
    if len(columns) == 1:
        return columns[0]
    raise InputError(
        f"{name} has the columns {', '.join(columns)}; --column says which holds the items"
    )


def _distinct(texts: list[str]) -> list[str]:
    """The texts themselves; of equal ones the later have a number."""
    ids: dict[str, None] = {}
    taken = set(texts)
    for text in texts:
        name, number = text, 1
        while name in ids or (number > 1 and name in taken):
            number += 1
            name = f"{text} ({number})"
        ids[name] = None
    return list(ids)
