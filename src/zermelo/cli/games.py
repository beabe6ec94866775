"""From a file's rows to Comparisons, in the order of the files: what replaying games needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..errors import InputError
from .files import Source, identifier, literal, one_line_errors
from .game_columns import (
    COUNT,
    FINITE,
    FLAG,
    WEIGHT,
    GameColumns,
    check_values,
    period_column,
    time_column,
)
from .options import hint
from .outcomes import PLAIN_NUMBER, Reading, many, one_row, read_outcomes
from .progress import Report, run_query
from .votes import integer_labels, label_of

Array = NDArray[Any]


@dataclass(frozen=True)
class Games:
    """Comparisons in the order of the files, and what was left out on the way."""

    data: Comparisons
    tie_share: float
    notes: list[str] = field(default_factory=list)


def read_games(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    columns: GameColumns,
    *,
    drop: Sequence[str],
    scores: dict[str, float],
    without: Sequence[str],
    report: Report,
) -> Games:
    """Reads the rows into a table, which may spill to disk, and from there into arrays.

    Nothing on the way from the file to the arrays joins or groups, which would lose the order.
    """
    with one_line_errors(f"cannot read {source.name}"):
        run_query(connection, _table(source, columns), report)
    _check_rows(connection, source, columns)
    if without:
        _leave_out(connection, source, without)
    score, notes = _scores(connection, source, columns, drop, scores)
    notes += _drop_self(connection, source)
    selected = {"score": f"CAST({score} AS DOUBLE)", **_others(connection, source, columns)}
    labels = None if integer_labels(source, columns.votes) else _make_items(connection)
    for side in ("a", "b"):
        selected[side] = side if labels is None else f"CAST(enum_code({side}::item) AS INTEGER)"
    wanted = ", ".join(f"{sql} AS {name}" for name, sql in selected.items())
    rows = connection.execute(f"SELECT {wanted} FROM games").fetchnumpy()
    connection.execute("DROP TABLE games")
    read: dict[str, Any] = {name: np.asarray(column) for name, column in rows.items()}
    first, second, score_of_a = (read.pop(name) for name in ("a", "b", "score"))
    _check_importance(source, read)
    data = Comparisons(
        first if labels is None else labels[first],
        second if labels is None else labels[second],
        score_of_a if columns.votes.outcome or columns.points else None,
        **read,
    )
    return Games(data, float(np.average(score_of_a == 0.5, weights=read.get("count"))), notes)


def _table(source: Source, columns: GameColumns) -> str:
    """The query that makes the table `games`: labels, outcomes and counts read, others raw."""
    votes = columns.votes
    type_ = "BIGINT" if integer_labels(source, votes) else "VARCHAR"
    trimmed = source.format == "csv"
    selected = {side: label_of(getattr(votes, side), type_, trimmed=trimmed) for side in ("a", "b")}
    outcome = columns.points[0] if columns.points else votes.outcome
    if outcome:
        selected["outcome"] = f"trim(coalesce(CAST({identifier(outcome)} AS VARCHAR), ''))"
    if columns.points:
        other = f"trim(coalesce(CAST({identifier(columns.points[1])} AS VARCHAR), ''))"
        selected["other_points"] = other
    selected["n"] = "1"
    if votes.count:
        count = identifier(votes.count)
        is_count = COUNT.condition(count)
        selected["n"] = f"CASE WHEN {is_count} THEN CAST(TRY_CAST({count} AS DOUBLE) AS BIGINT) END"
    raw = {"weight": votes.weight} | {
        name: getattr(columns, name) for name in ("margin", "neutral", "time", "period")
    }
    for name, column in raw.items():
        if column is not None:
            text = source.types[column] == "VARCHAR"
            selected[name] = f"trim({identifier(column)})" if text else identifier(column)
    named = ", ".join(f"{sql} AS {name}" for name, sql in selected.items())
    return f"CREATE TEMP TABLE games AS SELECT {named} FROM {source.sql}"


def _check_rows(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: GameColumns
) -> None:
    votes = columns.votes
    rows, no_a, no_b, bad_count = one_row(
        connection,
        "SELECT count(*), count(*) FILTER (a IS NULL), count(*) FILTER (b IS NULL), "
        "count(*) FILTER (n IS NULL) FROM games",
    )
    if rows == 0:
        raise InputError(f"{source.name} has no rows")
    for name, empty in ((votes.a, no_a), (votes.b, no_b)):
        if empty:
            raise InputError(f"{name} is empty in {many(empty, 'row')} of {source.name}")
    if bad_count and votes.count:
        # Only now is a second look at the files worth its time.
        check_values(connection, source, votes.count, identifier(votes.count), COUNT, source.sql)


def _leave_out(
    connection: duckdb.DuckDBPyConnection, source: Source, without: Sequence[str]
) -> None:
    """Deletes the games of some items."""
    labels = connection.execute("SELECT a FROM games UNION SELECT b FROM games").fetchnumpy()["a"]
    names = set(map(str, labels.tolist()))
    for name in without:
        if name not in names:
            raise InputError(f"--without: there is no item {name!r}{hint(name, list(names))}")
    connection.execute(
        "DELETE FROM games WHERE list_contains($1, CAST(a AS VARCHAR)) "
        "OR list_contains($1, CAST(b AS VARCHAR))",
        [list(without)],
    )
    if one_row(connection, "SELECT count(*) FROM games") == (0,):
        raise InputError(f"--without leaves no games of {source.name}")


def _scores(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    columns: GameColumns,
    drop: Sequence[str],
    scores: dict[str, float],
) -> tuple[str, list[str]]:
    """The score of the first item as SQL, and notes; deletes the games that are dropped."""
    outcome = columns.votes.outcome
    if columns.points is not None:
        if scores:
            raise InputError("--score gives outcomes a meaning, but --points says who won")
        notes = _drop_points(connection, source, columns.points, drop)
        for column, points in zip(columns.points, ("outcome", "other_points"), strict=True):
            check_values(connection, source, column, points, FINITE)
        return f"(1 + sign({_AHEAD})) / 2", notes
    if outcome is None:
        if drop or scores:
            raise InputError("--drop and --score need a column of outcomes (--outcome)")
        return "1", []
    reading = read_outcomes(connection, "games", source.name, outcome, drop, scores)
    if reading.dropped:
        connection.execute("DELETE FROM games WHERE list_contains($1, outcome)", [reading.dropped])
    return _score(reading), reading.notes


_AHEAD = "(TRY_CAST(outcome AS DOUBLE) - TRY_CAST(other_points AS DOUBLE))"


def _score(reading: Reading) -> str:
    if reading.by_name:
        return (
            "CASE WHEN outcome = CAST(a AS VARCHAR) THEN 1.0 "
            "WHEN outcome = CAST(b AS VARCHAR) THEN 0.0 ELSE 0.5 END"
        )
    # There may be as many scores as games; words are few.
    words = {
        label: score
        for label, score in reading.scores.items()
        if not (PLAIN_NUMBER.fullmatch(label) and float(label) == score)
    }
    cases = " ".join(f"WHEN {literal(label)} THEN {score!r}" for label, score in words.items())
    number = "TRY_CAST(outcome AS DOUBLE)"
    return f"CASE outcome {cases} ELSE {number} END" if cases else number


def _drop_points(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    points: tuple[str, str],
    drop: Sequence[str],
) -> list[str]:
    """Deletes games without points, where --drop says how these are written ("", NA)."""
    notes = []
    name = " or ".join(points)
    for label in drop:
        written = f"{literal(label.strip().casefold())} IN (lower(outcome), lower(other_points))"
        (n,) = one_row(connection, f"SELECT coalesce(sum(n), 0) FROM games WHERE {written}")
        if not n:
            raise InputError(f"--drop: {name} is nowhere {label!r} in {source.name}")
        connection.execute(f"DELETE FROM games WHERE {written}")
        notes.append(f"{many(n, 'comparison')} with {name} {label!r} dropped")
    if one_row(connection, "SELECT count(*) FROM games") == (0,):
        raise InputError(f"every row of {source.name} was dropped")
    return notes


def _drop_self(connection: duckdb.DuckDBPyConnection, source: Source) -> list[str]:
    itself, others = one_row(
        connection,
        "SELECT coalesce(sum(n) FILTER (a = b), 0), count(*) FILTER (a <> b) FROM games",
    )
    if not others:
        raise InputError(f"{source.name} compares no item with another")
    connection.execute("DELETE FROM games WHERE a = b")
    return [f"{many(itself, 'comparison')} of an item with itself left out"] if itself else []


def _others(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: GameColumns
) -> dict[str, str]:
    """The columns that games may have besides who met and how it ended, checked, as SQL."""
    votes = columns.votes
    selected: dict[str, str] = {}
    if votes.count:
        selected["count"] = "n"
    if votes.weight:
        check_values(connection, source, votes.weight, "weight", WEIGHT)
        selected["weight"] = "TRY_CAST(weight AS DOUBLE)"
    if columns.margin:
        check_values(connection, source, columns.margin, "margin", FINITE)
        selected["margin"] = "TRY_CAST(margin AS DOUBLE)"
    elif columns.points:
        selected["margin"] = _AHEAD
    if columns.neutral:
        check_values(connection, source, columns.neutral, "neutral", FLAG)
        selected["neutral"] = f"{FLAG.text('neutral')} IN ('true', 't', '1', '1.0')"
    if columns.time:
        selected["time"] = time_column(connection, source, columns.time)
    if columns.period:
        selected["period"] = period_column(connection, source, columns.period)
    return selected


def _make_items(connection: duckdb.DuckDBPyConnection) -> Array:
    """The labels, and a type of the database that knows their codes."""
    connection.execute(
        "CREATE TYPE item AS ENUM (SELECT a FROM (SELECT a FROM games UNION SELECT b FROM games))"
    )
    (labels,) = one_row(connection, "SELECT enum_range(NULL::item)")
    found = np.empty(len(labels), object)
    found[:] = labels
    return found


def _check_importance(source: Source, read: dict[str, Any]) -> None:
    given = [name for name in ("count", "weight") if name in read]
    if given and not np.logical_and.reduce([read[name] != 0 for name in given]).any():
        options = " or ".join(f"--{name}" for name in given)
        raise InputError(f"{options}: it is 0 in every row of {source.name}")
