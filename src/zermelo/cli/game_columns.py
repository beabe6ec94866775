"""Columns that games have besides who met and how it ended: what they may hold."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ..errors import InputError
from .files import Source, identifier
from .outcomes import many, one_row
from .votes import Columns, check_column


@dataclass(frozen=True)
class GameColumns:
    """The columns of votes, and those that only a replay looks at."""

    votes: Columns
    points: tuple[str, str] | None = None
    time: str | None = None
    period: str | None = None
    margin: str | None = None
    neutral: str | None = None

    def __str__(self) -> str:
        others = (*(self.points or ()), self.margin, self.neutral, self.time, self.period)
        return ", ".join([str(self.votes), *(name for name in others if name is not None)])


@dataclass(frozen=True)
class Rule:
    """What values must be: a condition in SQL, and in the words of a message."""

    sql: str
    words: str

    def condition(self, column: str) -> str:
        """True for good values; bad ones, nulls too, give False."""
        number = f"TRY_CAST({column} AS DOUBLE)"
        return f"coalesce({self.sql.format(number=number, text=self.text(column))}, false)"

    @staticmethod
    def text(column: str) -> str:
        return f"lower(trim(CAST({column} AS VARCHAR)))"


FINITE = Rule("isfinite({number})", "finite")
WEIGHT = Rule("{number} BETWEEN 0 AND 1e100", "finite and non-negative")
COUNT = Rule("{number} BETWEEN 0 AND 1e15 AND {number} = floor({number})", "whole and non-negative")
FLAG = Rule(
    "{text} IN ('true', 'false', 't', 'f', '1', '0', '1.0', '0.0')", "true or false, or 1 or 0"
)


def check_columns(source: Source, columns: GameColumns) -> None:
    """Raises where an option names a column that is not there."""
    for option in ("time", "period", "margin", "neutral"):
        check_column(source, option, getattr(columns, option))
    for column in columns.points or ():
        check_column(source, "points", column)


def check_values(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    name: str,
    column: str,
    rule: Rule,
    table: str = "games",
) -> None:
    """Raises for the first value of `column` that breaks the rule; `name` is what files call it."""
    bad = connection.execute(
        f"SELECT coalesce(CAST({column} AS VARCHAR), '') FROM {table} "
        f"WHERE NOT {rule.condition(column)} LIMIT 1"
    ).fetchone()
    if bad is not None:
        raise InputError(f"{name} must be {rule.words}, but {source.name} has {bad[0]!r}")


# Numbers with more digits need not fit into 64 bits.
WHOLE = "regexp_full_match(time, '[+-]?[0-9]{1,18}')"
# Texts without a zone are taken as UTC. Reading zones is slow, and only times of day have them.
ZONED = (
    "contains(time, ':') AND regexp_matches(time, ':[0-9.]+ *(Z|[+-][0-9:]+|[A-Z][A-Za-z/_]*)$')"
)
MOMENT = (
    f"CASE WHEN {ZONED} THEN TRY_CAST(time AS TIMESTAMPTZ) AT TIME ZONE 'UTC' "
    "ELSE TRY_CAST(time AS TIMESTAMP) END"
)


def time_column(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> str:
    """The column `time` of the games as SQL: whole numbers, numbers or points in time."""
    type_ = source.types[name]
    if type_ == "DATE" or type_.startswith("TIMESTAMP"):
        _refuse_empty(connection, source, name, "time")
        return "CAST(time AS TIMESTAMP)" if type_ == "DATE" else "time"
    if type_ != "VARCHAR":
        check_values(connection, source, name, "time", FINITE)
        return "time" if type_.endswith(("INT", "INTEGER")) else "CAST(time AS DOUBLE)"
    connection.execute("SET TimeZone = 'UTC'")
    is_number = FINITE.condition("time")
    rows, whole, numbers = one_row(
        connection,
        f"SELECT count(*), count(*) FILTER ({WHOLE}), count(*) FILTER ({is_number}) FROM games",
    )
    if whole == rows:
        return "CAST(time AS BIGINT)"
    if numbers == rows:
        return "CAST(time AS DOUBLE)"
    is_moment = f"coalesce(isfinite({MOMENT}), false)"
    good = is_number if 2 * numbers >= rows else is_moment
    bad = connection.execute(
        f"SELECT coalesce(time, '') FROM games WHERE NOT {good} LIMIT 1"
    ).fetchone()
    if bad is not None:
        raise InputError(
            f"{name} must hold numbers, or dates such as 2024-05-31, all alike, but {source.name} "
            f"has {bad[0]!r}"
        )
    return MOMENT


def period_column(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> str:
    """The column `period` of the games as SQL: whole numbers or texts."""
    _refuse_empty(connection, source, name, "period")
    text = "CAST(period AS VARCHAR)"
    (whole,) = one_row(connection, f"SELECT bool_and({WHOLE.replace('time', text)}) FROM games")
    return "CAST(period AS BIGINT)" if whole else text


def _refuse_empty(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, column: str
) -> None:
    text = f"coalesce(CAST({identifier(column)} AS VARCHAR), '')"
    (empty,) = one_row(connection, f"SELECT count(*) FROM games WHERE {text} = ''")
    if empty:
        raise InputError(f"{name} is empty in {many(empty, 'row')} of {source.name}")
