"""From a file's rows to PairCounts: finds the columns, aggregates in DuckDB, reads the outcomes."""

from __future__ import annotations

import difflib
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np

from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import KNOWN
from ..pair_counts import PairCounts
from .files import Source, identifier, one_line_errors
from .progress import Report, run_query

# Pairs of columns in the order in which they are looked for; compared without case.
PAIRS = (
    ("model_a", "model_b"),
    ("left", "right"),
    ("winner", "loser"),
    ("item_a", "item_b"),
    ("player_a", "player_b"),
    ("team_a", "team_b"),
    ("home_team", "away_team"),
    ("home", "away"),
    ("a", "b"),
)
OUTCOMES = ("winner", "outcome", "result", "vote", "verdict")
COUNTS = ("count", "games")
# A column of booleans arrives as text.
TRUTH_VALUES = {"true": 1.0, "false": 0.0}
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
SHOWN_LABELS = 5
# What a count of 64 bits holds.
MOST_COMPARISONS = 2**63 - 1


@dataclass(frozen=True)
class Columns:
    """The names of the columns that are used; without `outcome`, `a` won every row."""

    a: str
    b: str
    outcome: str | None = None
    count: str | None = None
    weight: str | None = None
    by: str | None = None

    def __str__(self) -> str:
        used = (self.a, self.b, self.outcome, self.count, self.weight, self.by)
        return ", ".join(name for name in used if name is not None)


@dataclass(frozen=True)
class Votes:
    """What a file amounts to, and what was left out of it on the way.

    The counts are grouped where a column says by what.
    """

    counts: PairCounts
    tie_share: float
    notes: list[str] = field(default_factory=list)


def find_columns(
    source: Source,
    *,
    a: str | None = None,
    b: str | None = None,
    outcome: str | None = None,
    count: str | None = None,
    weight: str | None = None,
    by: str | None = None,
) -> Columns:
    """The columns named by the options, the others by the names that votes usually have."""
    given = {"a": a, "b": b, "outcome": outcome, "count": count, "weight": weight, "by": by}
    for option, column in given.items():
        if column is not None and column not in source.columns:
            close = difflib.get_close_matches(column, source.columns, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"--{option}: {source.name} has no column {column!r}{hint} {_there_are(source)}"
            )
    names = {column.lower(): column for column in reversed(source.columns)}
    named = a is not None and b is not None
    if a is None and b is None:
        a, b = next(
            ((names[x], names[y]) for x, y in PAIRS if x in names and y in names), (None, None)
        )
        if a is None:
            looked_for = ", ".join(f"{x}/{y}" for x, y in PAIRS)
            raise InputError(
                f"{source.name} has none of the pairs of columns {looked_for}; name yours with "
                f"--a and --b {_there_are(source)}"
            )
    if a is None or b is None or a == b:
        raise InputError("--a and --b must name two columns, or be left out both")
    taken = {a, b, outcome, count, weight, by}
    if outcome is None and (a.lower(), b.lower()) != ("winner", "loser"):
        outcome = next((names[x] for x in OUTCOMES if x in names and names[x] not in taken), None)
        if outcome is None and not named:
            raise InputError(
                f"{source.name} has no column of outcomes ({', '.join(OUTCOMES)}); name it with "
                f"--outcome, or say --a {a} --b {b} if {a} always won {_there_are(source)}"
            )
    if count is None:
        taken.add(outcome)
        count = next((names[x] for x in COUNTS if x in names and names[x] not in taken), None)
    return Columns(a, b, outcome, count, weight, by)


def _there_are(source: Source) -> str:
    return f"(there are {', '.join(source.columns)})"


def read_votes(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    columns: Columns,
    *,
    drop: Sequence[str] = (),
    scores: Mapping[str, float] | None = None,
    report: Report = lambda percentage: None,
) -> Votes:
    """Aggregates the rows in DuckDB, which may spill to disk, and counts the pairs."""
    with one_line_errors(f"cannot read {source.name}"):
        _aggregate(connection, source, columns, report)
    notes = _check_rows(connection, source, columns)
    if columns.outcome is None:
        if drop or scores:
            raise InputError("--drop and --score need a column of outcomes (--outcome)")
        connection.execute("CREATE TEMP TABLE scores AS SELECT NULL AS outcome, 1.0 AS score")
    else:
        notes += _score_outcomes(connection, source, columns.outcome, drop, scores or {})
    counts = _count(connection, columns)
    total, ties = _row(
        connection,
        "SELECT sum(n), coalesce(sum(n) FILTER (score = 0.5), 0) FROM scored",
    )
    return Votes(counts, ties / total if total else 0.0, notes)


def _aggregate(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Columns, report: Report
) -> None:
    integers = all(source.types[name] in INTEGERS for name in (columns.a, columns.b))
    first, second = (
        _label(name, "BIGINT" if integers else "VARCHAR", trimmed=source.format == "csv")
        for name in (columns.a, columns.b)
    )
    outcome = (
        f"trim(coalesce(CAST({identifier(columns.outcome)} AS VARCHAR), ''))"
        if columns.outcome
        else "NULL"
    )
    category = "NULL"
    if columns.by is not None:
        type_ = "BIGINT" if source.types[columns.by] in INTEGERS else "VARCHAR"
        category = _label(columns.by, type_, trimmed=source.format == "csv")
    count = _number(columns.count)
    weight = _number(columns.weight)
    # A count that is not whole would vanish in the sum, so the first bad one is kept.
    run_query(
        connection,
        f"""
        CREATE TEMP TABLE votes AS
        SELECT {first} AS a,
               {second} AS b,
               {outcome} AS outcome,
               {weight} AS weight,
               {category} AS category,
               count(*) AS n_rows,
               sum(CASE WHEN {count} BETWEEN 0 AND 1e15 THEN CAST({count} AS BIGINT) END) AS n,
               any_value(coalesce(CAST({_column(columns.count)} AS VARCHAR), '')) FILTER (
                   {count} IS NULL OR {count} <> floor({count}) OR NOT {count} BETWEEN 0 AND 1e15
               ) AS bad_count,
               any_value(coalesce(CAST({_column(columns.weight)} AS VARCHAR), '')) FILTER (
                   {weight} IS NULL OR NOT isfinite({weight}) OR {weight} < 0
               ) AS bad_weight
        FROM {source.sql}
        GROUP BY ALL
        """,
        report,
    )


def _label(name: str, type_: str, *, trimmed: bool) -> str:
    # People write spaces after commas; other formats quote a label, and mean what they quote.
    label = f"CAST({identifier(name)} AS {type_})"
    return f"nullif(trim({label}), '')" if trimmed else label


def _column(name: str | None) -> str:
    return identifier(name) if name else "1"


def _number(name: str | None) -> str:
    return f"TRY_CAST({_column(name)} AS DOUBLE)"


def _check_rows(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Columns
) -> list[str]:
    """Raises for rows that cannot be used; returns notes on those that are left out."""
    rows, no_a, no_b, no_category, bad_count, bad_weight, total = _row(
        connection,
        """
        SELECT coalesce(sum(n_rows), 0),
               coalesce(sum(n_rows) FILTER (a IS NULL), 0),
               coalesce(sum(n_rows) FILTER (b IS NULL), 0),
               coalesce(sum(n_rows) FILTER (category IS NULL), 0),
               any_value(bad_count), any_value(bad_weight), sum(n)
        FROM votes
        """,
    )
    if rows == 0:
        raise InputError(f"{source.name} has no rows")
    for name, empty in ((columns.a, no_a), (columns.b, no_b), (columns.by, no_category)):
        if empty and name is not None:
            raise InputError(f"{name} is empty in {_many(empty, 'row')} of {source.name}")
    if bad_count is not None:
        raise InputError(
            f"{columns.count} must be whole and non-negative, but {source.name} has {bad_count!r}"
        )
    if bad_weight is not None:
        raise InputError(
            f"{columns.weight} must be finite and non-negative, but {source.name} has "
            f"{bad_weight!r}"
        )
    if total > MOST_COMPARISONS:
        raise InputError(
            f"{columns.count} adds up to {total:,} in {source.name}, which is more than a count "
            f"can hold ({MOST_COMPARISONS:,})"
        )
    itself, others = _row(
        connection,
        "SELECT coalesce(sum(n) FILTER (a = b), 0), count(*) FILTER (a <> b) FROM votes",
    )
    if not others:
        raise InputError(f"{source.name} compares no item with another")
    connection.execute("DELETE FROM votes WHERE a = b")
    if itself:
        return [f"{_many(itself, 'comparison')} of an item with itself left out"]
    return []


def _score_outcomes(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    column: str,
    drop: Sequence[str],
    scores: Mapping[str, float],
) -> list[str]:
    """Fills the table `scores`: outcome -> score of `a`, without the outcomes to drop."""
    notes: list[str] = []
    found: dict[str, int] = {
        str(label): int(n)
        for label, n in connection.execute(
            "SELECT outcome, sum(n) FROM votes GROUP BY outcome ORDER BY 2 DESC, 1"
        ).fetchall()
    }
    for option, labels in (("--drop", drop), ("--score", list(scores))):
        for label in labels:
            if not any(_same(label, other) for other in found):
                raise InputError(
                    f"{option}: {column} has no label {label!r}; it has {_listed(found)}"
                )
    for label in [other for other in found if any(_same(other, wanted) for wanted in drop)]:
        notes.append(f"{_many(found.pop(label), 'comparison')} with {column} {label!r} dropped")
        connection.execute("DELETE FROM votes WHERE outcome = ?", [label])
    if not found:
        raise InputError(f"every row of {source.name} was dropped")
    if "" in found:
        raise InputError(
            f"{column} is empty in {_many(found[''], 'comparison')} of {source.name}; "
            "--drop '' leaves them out"
        )
    if not scores and _names_winners(connection, column, found):
        # The column holds the winner's own name: spell it by its side.
        connection.execute(
            "UPDATE votes SET outcome = CASE WHEN outcome = CAST(a AS VARCHAR) THEN 'a' "
            "WHEN outcome = CAST(b AS VARCHAR) THEN 'b' ELSE outcome END"
        )
        found = {"a": 0, "b": 0} | {label: n for label, n in found.items() if _known(label) == 0.5}
    values: dict[str, float] = {}
    unknown: dict[str, int] = {}
    for label, n in found.items():
        score = next((value for key, value in scores.items() if _same(key, label)), None)
        score = _known(label) if score is None else score
        if score is None:
            unknown[label] = n
        else:
            values[label] = score
    if unknown:
        first = next(iter(unknown))
        raise InputError(
            f"{column} has labels that are not known: {_listed(unknown)}; leave them out with "
            f"--drop {first!r}, or give the first item's score with --score {first + '=0.5'!r}"
        )
    connection.execute(
        "CREATE TEMP TABLE scores AS SELECT unnest($1) AS outcome, unnest($2) AS score",
        [list(values), list(values.values())],
    )
    return notes


def _names_winners(
    connection: duckdb.DuckDBPyConnection, column: str, found: Mapping[str, int]
) -> bool:
    """Whether every outcome but ties is one of the two labels of its own row.

    Raises where these labels are known words too, and mean something else as such.
    """
    decided = [label for label in found if _known(label) != 0.5]
    if not decided:
        return False
    neither, differ = _row(
        connection,
        """
        SELECT count(*) FILTER (outcome NOT IN (CAST(a AS VARCHAR), CAST(b AS VARCHAR))),
               count(*) FILTER (NOT list_contains(
                   CASE WHEN outcome = CAST(a AS VARCHAR) THEN $first ELSE $second END, outcome
               ))
        FROM votes WHERE list_contains($decided, outcome)
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


def _same(label: str, other: str) -> bool:
    return label.strip().casefold() == other.strip().casefold()


def _count(connection: duckdb.DuckDBPyConnection, columns: Columns) -> PairCounts:
    """Codes instead of labels, so that a pair costs a few bytes on its way out of DuckDB."""
    connection.execute(
        """
        CREATE TEMP TABLE items AS
        SELECT label, CAST(row_number() OVER (ORDER BY label) - 1 AS INTEGER) AS code
        FROM (SELECT a AS label FROM votes UNION SELECT b FROM votes);
        CREATE TEMP TABLE categories AS
        SELECT label, CAST(row_number() OVER (ORDER BY label) - 1 AS INTEGER) AS code
        FROM (SELECT DISTINCT category AS label FROM votes);
        CREATE TEMP TABLE scored AS
        SELECT first.code AS a, second.code AS b, scores.score, votes.weight,
               categories.code AS category,
               CAST(sum(votes.n) AS BIGINT) AS n
        FROM votes
        JOIN items AS first ON votes.a = first.label
        JOIN items AS second ON votes.b = second.label
        JOIN categories ON votes.category IS NOT DISTINCT FROM categories.label
        JOIN scores ON votes.outcome IS NOT DISTINCT FROM scores.outcome
        GROUP BY ALL
        """
    )
    connection.execute("DROP TABLE votes")
    labels, categories = (
        np.asarray(
            connection.execute(f"SELECT label FROM {table} ORDER BY code").fetchnumpy()["label"]
        )
        for table in ("items", "categories")
    )
    rows = connection.execute("SELECT * FROM scored").fetchnumpy()
    by = None if columns.by is None else "category"
    return Comparisons(
        labels[rows["a"]],
        labels[rows["b"]],
        np.asarray(rows["score"]) if columns.outcome else None,
        count=np.asarray(rows["n"]),
        weight=np.asarray(rows["weight"]) if columns.weight else None,
        category=categories[rows["category"]] if by else None,
    ).pair_counts(by)


def _row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None
) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return tuple(row)


def _many(n: object, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _listed(labels: Mapping[str, int]) -> str:
    shown = [f"{label!r} ({n:,})" for label, n in list(labels.items())[:SHOWN_LABELS]]
    rest = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")
