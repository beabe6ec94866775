"""What the tests of the command line share."""

from pathlib import Path

import duckdb
from typer.testing import CliRunner

from zermelo.cli.app import app

BASEBALL = Path(__file__).parent.parent / "examples" / "baseball.csv"
VOTES = [
    ("x", "y", "left"),
    ("y", "z", "left"),
    ("z", "x", "left"),
    ("x", "z", "left"),
    ("y", "x", "tie"),
    ("x", "y", "left"),
]

# As off a terminal, whatever the tests themselves run in.
runner = CliRunner(env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None, "COLUMNS": None})


def write_votes(path, rows=VOTES, header=("left", "right", "winner"), delimiter=","):
    """A file of votes; gives its path."""
    lines = [header, *rows]
    path.write_text("".join(delimiter.join(map(str, line)) + "\n" for line in lines))
    return path


def rank(*arguments):
    """What `zermelo rank` prints."""
    result = runner.invoke(app, ["rank", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def board(tmp_path, *arguments):
    """The board that `zermelo rank` writes, as {item: row}, and what it prints."""
    output = tmp_path / "board.csv"
    printed = rank(*arguments, "--output", output)
    columns = "item, rank, rating, lower, upper, comparisons, ability, standard_error"
    rows = duckdb.sql(
        f"SELECT {columns} FROM read_csv('{output}', types = {{'item': 'VARCHAR'}})"
    ).fetchall()
    names = columns.split(", ")[1:]
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}, printed


def fails(*arguments, code=1):
    """The one line on stderr with which the command ends."""
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("zermelo: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr
