"""From a file's rows to PairCounts: finds the columns, aggregates in DuckDB, reads the outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from ..comparisons import Comparisons
from ..errors import InputError
from ..pair_counts import PairCounts
from .files import Source, identifier, one_line_errors
from .options import hint
from .outcomes import Reading, many, one_row, read_outcomes
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
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
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
    has_outcomes: bool = True,
) -> Columns:
    """The columns named by the options, the others by the names that votes usually have.

    Without `has_outcomes` none is looked for, as something else says who won.
    """
    given = {"a": a, "b": b, "outcome": outcome, "count": count, "weight": weight, "by": by}
    for option, column in given.items():
        check_column(source, option, column)
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
    if has_outcomes and outcome is None and (a.lower(), b.lower()) != ("winner", "loser"):
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


def check_column(source: Source, option: str, column: str | None) -> None:
    """Raises if an option names a column that is not there."""
    if column is not None and column not in source.columns:
        raise InputError(
            f"--{option}: {source.name} has no column {column!r}{hint(column, source.columns)} "
            f"{_there_are(source)}"
        )


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
        reading = read_outcomes(
            connection, "votes", source.name, columns.outcome, drop, scores or {}
        )
        _apply(connection, reading)
        notes += reading.notes
    counts = _count(connection, columns)
    total, ties = one_row(
        connection,
        "SELECT sum(n), coalesce(sum(n) FILTER (score = 0.5), 0) FROM scored",
    )
    return Votes(counts, ties / total if total else 0.0, notes)


def _aggregate(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Columns, report: Report
) -> None:
    labels = "BIGINT" if integer_labels(source, columns) else "VARCHAR"
    first, second = (
        label_of(name, labels, trimmed=source.format == "csv") for name in (columns.a, columns.b)
    )
    outcome = (
        f"trim(coalesce(CAST({identifier(columns.outcome)} AS VARCHAR), ''))"
        if columns.outcome
        else "NULL"
    )
    category = "NULL"
    if columns.by is not None:
        type_ = "BIGINT" if source.types[columns.by] in INTEGERS else "VARCHAR"
        category = label_of(columns.by, type_, trimmed=source.format == "csv")
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


def integer_labels(source: Source, columns: Columns) -> bool:
    """Whether both columns of items hold whole numbers, which then stay numbers."""
    return all(source.types[name] in INTEGERS for name in (columns.a, columns.b))


def label_of(name: str, type_: str, *, trimmed: bool) -> str:
    """A column of labels as SQL; empty ones are null."""
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
    rows, no_a, no_b, no_category, bad_count, bad_weight, total = one_row(
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
            raise InputError(f"{name} is empty in {many(empty, 'row')} of {source.name}")
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
    itself, others = one_row(
        connection,
        "SELECT coalesce(sum(n) FILTER (a = b), 0), count(*) FILTER (a <> b) FROM votes",
    )
    if not others:
        raise InputError(f"{source.name} compares no item with another")
    connection.execute("DELETE FROM votes WHERE a = b")
    if itself:
        return [f"{many(itself, 'comparison')} of an item with itself left out"]
    return []


def _apply(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Drops outcomes and fills the table `scores`: outcome -> score of `a`."""
    for label in reading.dropped:
        connection.execute("DELETE FROM votes WHERE outcome = ?", [label])
    if reading.by_name:
        # The column holds the winner's own name: spell it by its side.
        connection.execute(
            "UPDATE votes SET outcome = CASE WHEN outcome = CAST(a AS VARCHAR) THEN 'a' "
            "WHEN outcome = CAST(b AS VARCHAR) THEN 'b' ELSE outcome END"
        )
    connection.execute(
        "CREATE TEMP TABLE scores AS SELECT unnest($1) AS outcome, unnest($2) AS score",
        [list(reading.scores), list(reading.scores.values())],
    )


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
