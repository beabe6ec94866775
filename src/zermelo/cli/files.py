"""Files of votes as DuckDB sources: formats, headers, and errors that fit one line."""

from __future__ import annotations

import csv
import glob
import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from .._backends.threads import SERIAL_BELOW, resolve_threads
from ..errors import InputError

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
DELIMITERS = ",\t;|"


@dataclass(frozen=True)
class Source:
    """One or more files of the same format, ready to stand in a FROM clause."""

    name: str
    format: str
    sql: str
    types: dict[str, str]  # column -> DuckDB type, in the files' order

    @property
    def columns(self) -> list[str]:
        return list(self.types)


def connect(threads: int | None = None, *, ordered: bool = False) -> duckdb.DuckDBPyConnection:
    """A database in memory; what does not fit spills to the system's folder for such files.

    With `ordered` rows stay in the order of the files, which costs some speed.
    """
    connection = duckdb.connect()
    # By default DuckDB spills into the folder that the command was started in.
    folder = Path(tempfile.gettempdir(), f"zermelo-{os.getpid()}")
    connection.execute(f"SET temp_directory = {literal(str(folder))}")
    connection.execute(f"SET preserve_insertion_order = {str(ordered).lower()}")
    # A file's size is not known yet: as many as for much work.
    connection.execute(f"SET threads = {resolve_threads(threads, SERIAL_BELOW)}")
    return connection


def identifier(name: str) -> str:
    """`name` quoted as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` quoted as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def one_line_errors(what: str) -> Iterator[None]:
    """Turns DuckDB's errors into an InputError of one line, and its interruption into Ctrl-C's."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise InputError(f"{what}: {in_one_line(error)}") from error


def in_one_line(error: duckdb.Error) -> str:
    """What DuckDB says in many lines, without its advice."""
    lines: list[str] = []
    for line in str(error).splitlines():
        # What follows is advice about DuckDB's own options, or a copy of our query.
        if line.startswith(("Possible", "LINE ", "  file =", "* ")):
            break
        if line.strip():
            lines.append(line.strip())
    text = "; ".join(lines)
    if "Error: " in text[:40]:
        text = text.split("Error: ", 1)[1]
    return text[:300]


def expand(patterns: Sequence[str]) -> list[Path]:
    """The files that the arguments name; a pattern that is no file is expanded."""
    paths: list[Path] = []
    for pattern in patterns:
        if glob.has_magic(pattern) and not Path(pattern).exists():
            found = sorted(glob.glob(pattern))
            if not found:
                raise InputError(f"no file matches {pattern!r}")
            paths.extend(Path(name) for name in found)
        else:
            paths.append(Path(pattern))
    return paths


def file_format(path: Path) -> str:
    """The format that a file's ending stands for."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if not suffixes or suffixes[-1] not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(
            f"cannot tell the format of {path} by its ending; known endings are {known}, "
            "and .csv.gz or .json.gz"
        )
    return FORMATS[suffixes[-1]]


def open_source(connection: duckdb.DuckDBPyConnection, patterns: Sequence[str]) -> Source:
    """The files as one source, with the columns they have; reads no more than their heads."""
    paths = expand(patterns)
    for path in paths:
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
    formats = {file_format(path) for path in paths}
    if len(formats) > 1:
        raise InputError(f"all files must be of one format, but there are {sorted(formats)}")
    format_ = formats.pop()
    name = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    listed = ", ".join(literal(glob.escape(str(path))) for path in paths)
    if format_ == "csv":
        return _csv_source(name, paths, listed)
    reader = "read_parquet" if format_ == "parquet" else "read_json"
    sql = f"{reader}([{listed}], union_by_name = true)"
    with one_line_errors(f"cannot read {name}"):
        described = connection.execute(f"DESCRIBE SELECT * FROM {sql}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    if format_ == "json":
        # The types of the first rows need not hold for the later ones: text always does.
        fields = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in types)
        sql = f"read_json([{listed}], columns = {{{fields}}})"
        types = dict.fromkeys(types, "VARCHAR")
    return Source(name, format_, sql, types)


def _csv_source(name: str, paths: list[Path], listed: str) -> Source:
    # Guessing types from a sample would turn an item called 007 into 7, and would fail on the
    # first 0.5 after thousands of 0 and 1: every column is read as text, under the header's names.
    delimiter, columns = _csv_header(paths[0])
    for path in paths[1:]:
        if _csv_header(path) != (delimiter, columns):
            raise InputError(f"{path} does not have the same header as {paths[0]}")
    fields = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    sql = (
        f"read_csv([{listed}], auto_detect = false, columns = {{{fields}}}, header = true, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', comment = '')"
    )
    return Source(name, "csv", sql, dict.fromkeys(columns, "VARCHAR"))


def _csv_header(path: Path) -> tuple[str, list[str]]:
    try:
        with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb") as file:
            line = file.readline(1_000_000).decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: its first line is not UTF-8 text") from error
    except (OSError, EOFError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not line.strip():
        raise InputError(f"cannot read {path}: it has no header line")
    delimiter = max(DELIMITERS, key=line.count)
    columns: list[str] = []
    for position, column in enumerate(next(csv.reader([line], delimiter=delimiter)), 1):
        column = column.strip() or f"column {position}"
        columns.append(column if column not in columns else f"{column} ({position})")
    return delimiter, columns
