"""What outcomes in files mean: words for sides, names of winners, scores."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from ..errors import InputError
from ..outcomes import KNOWN

# A column of booleans arrives as text.
TRUTH_VALUES = {"true": 1.0, "false": 0.0}
SHOWN_LABELS = 5
# What every reader of numbers reads alike.
PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")


@dataclass(frozen=True)
class Reading:
    """How a column of outcomes is read.

    `scores` are those of the first item by label, the labels to drop left out. With `by_name` all
    others but ties are the winner's own name: "a" and "b" in `scores` then stand for the two sides.
    """

    scores: dict[str, float]
    by_name: bool
    dropped: list[str]
    notes: list[str]


def read_outcomes(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    name: str,
    column: str,
    drop: Sequence[str],
    scores: Mapping[str, float],
) -> Reading:
    """Reads the outcomes of a table with the columns a, b, outcome (text) and n.

    `name` and `column` say in messages where they came from. Changes nothing in the table.
    """
    notes: list[str] = []
    dropped: list[str] = []
    found: dict[str, int] = {
        str(label): int(n)
        for label, n in connection.execute(
            f"SELECT outcome, sum(n) FROM {table} GROUP BY outcome ORDER BY 2 DESC, 1"
        ).fetchall()
    }
    for option, labels in (("--drop", drop), ("--score", list(scores))):
        for label in labels:
            if not any(same(label, other) for other in found):
                raise InputError(
                    f"{option}: {column} has no label {label!r}; it has {listed(found)}"
                )
    for label in [other for other in found if any(same(other, wanted) for wanted in drop)]:
        notes.append(f"{many(found.pop(label), 'comparison')} with {column} {label!r} dropped")
        dropped.append(label)
    if not found:
        raise InputError(f"every row of {name} was dropped")
    if "" in found:
        raise InputError(
            f"{column} is empty in {many(found[''], 'comparison')} of {name}; "
            "--drop '' leaves them out"
        )
    by_name = not scores and _names_winners(connection, table, column, found)
    if by_name:
        found = {"a": 0, "b": 0} | {label: n for label, n in found.items() if _known(label) == 0.5}
    values: dict[str, float] = {}
    unknown: dict[str, int] = {}
    for label, n in found.items():
        score = next((value for key, value in scores.items() if same(key, label)), None)
        score = _known(label) if score is None else score
        if score is None:
            unknown[label] = n
        else:
            values[label] = score
    if unknown:
        first = next(iter(unknown))
        raise InputError(
            f"{column} has labels that are not known: {listed(unknown)}; leave them out with "
            f"--drop {first!r}, or give the first item's score with --score {first + '=0.5'!r}"
        )
    return Reading(values, by_name, dropped, notes)


def _names_winners(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, found: Mapping[str, int]
) -> bool:
    """Whether every outcome but ties is one of the two labels of its own row.

    Raises where these labels are known words too, and mean something else as such.
    """
    decided = [label for label in found if _known(label) != 0.5]
    if not decided:
        return False
    neither, differ = one_row(
        connection,
        f"""
        SELECT count(*) FILTER (outcome NOT IN (CAST(a AS VARCHAR), CAST(b AS VARCHAR))),
               count(*) FILTER (NOT list_contains(
                   CASE WHEN outcome = CAST(a AS VARCHAR) THEN $first ELSE $second END, outcome
               ))
        FROM {table} WHERE list_contains($decided, outcome)
        """,
        {
            "decided": decided,
            "first": [label for label in decided if _known(label) == 1.0],
            "second": [label for label in decided if _known(label) == 0.0],
        },
    )
    if neither:
        return False
    if any(_known(label) is None for label in decided):
        return True
    if differ:
        shown = decided[:SHOWN_LABELS]
        options = " ".join(
            f"--score {shlex.quote(f'{label}={_known(label):g}')}" for label in shown
        )
        raise InputError(
            f"{column} can be read in two ways, as {', '.join(map(repr, shown))} name items as "
            "well as sides: the item of that name won, or the side did. To read sides, say "
            f"{options}; to read names, rename these items"
        )
    return False


def _known(label: str) -> float | None:
    """The score that a label stands for by itself: a number, or a word that is known."""
    try:
        value = float(label)
    except ValueError:
        folded = label.casefold()
        return TRUTH_VALUES.get(folded, KNOWN.get(folded))
    return value if 0 <= value <= 1 and not math.isnan(value) else None


def same(label: str, other: str) -> bool:
    return label.strip().casefold() == other.strip().casefold()


def one_row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None
) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return tuple(row)


def many(n: object, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def listed(labels: Mapping[str, int]) -> str:
    shown = [f"{label!r} ({n:,})" for label, n in list(labels.items())[:SHOWN_LABELS]]
    rest = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")
