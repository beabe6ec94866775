"""The command line on what it cannot use: one line that says why, and a code that is not zero."""

import os
import re

import duckdb
import pytest
from command_line import BASEBALL, VOTES, fails, runner, write_votes

from zermelo.cli import app as app_module
from zermelo.cli.app import app

BAD_FILES = {
    "missing.csv": (None, "cannot read .*missing.csv: No such file"),
    "votes.xlsx": ("x", "cannot tell the format of .*votes.xlsx.*known endings are .csv"),
    "empty.csv": ("", "empty.csv: it has no header line"),
    "header.csv": ("left,right,winner\n", "header.csv has no rows"),
    "ragged.csv": (
        "left,right,winner\nx,y,left\nx,y\n",
        "ragged.csv: CSV Error on Line: 3; Original Line: x,y; Expected Number of Columns: 3",
    ),
    "latin.csv": (b"left,right,winner\n\xe9,y,left\n", "latin.csv: .*not utf-8"),
    "binary.csv": (b"\x00\xff\xfe\x80", "binary.csv: its first line is not UTF-8"),
    "fake.csv.gz": ("left,right,winner\n", "fake.csv.gz: Not a gzipped file"),
    "fake.parquet": ("left,right,winner\n", "fake.parquet: No magic bytes"),
    "broken.jsonl": ('{"left": "x"', "broken.jsonl: Malformed JSON"),
    "unknown.csv": (
        "p,q,r\nx,y,1\n",
        r"none of the pairs of columns model_a/model_b, .*--a and --b \(there are p, q, r\)",
    ),
    "no_outcome.csv": (
        "left,right,points\nx,y,1\n",
        r"no column of outcomes .*--outcome, or say --a left --b right .*left, right, points",
    ),
    "labels.csv": (
        "left,right,winner\nx,y,left\ny,x,nobody\ny,x,nobody\n",
        r"winner has labels that are not known: 'nobody' \(2\).*--drop 'nobody'.*--score 'nobody=",
    ),
    "scores.csv": ("a,b,outcome\nx,y,1\ny,x,1.5\n", r"not known: '1.5' \(1\)"),
    "nan.csv": ("a,b,outcome\nx,y,1\ny,x,nan\n", r"not known: 'nan' \(1\)"),
    "no_label.csv": ("a,b,outcome\nx,y,1\n,x,1\nx,,1\n", "a is empty in 1 row of no_label.csv"),
    "blank_label.csv": ("a, b, outcome\nx, y, 1\ny, , 1\n", "b is empty in 1 row of blank_label"),
    "no_winner.csv": ("a,b,winner\nx,y,a\ny,x,\n", "winner is empty in 1 comparison .*--drop ''"),
    "sides.csv": (
        "home,away,winner\na,b,a\nb,a,tie\nb,a,a\na,b,b\n",
        "winner can be read in two ways, as 'a', 'b' name items as well as sides: the item of "
        "that name won, or the side did. To read sides, say --score a=1 --score b=0; to read "
        "names, rename these items",
    ),
    "numbers.csv": ("a,b,outcome\n1,0,1\n0,1,1\n1,0,0\n", "read in two ways.* --score 0=0"),
    "half.csv": (
        "a,b,outcome,count\nx,y,1,2.5\ny,x,1,2.5\n",
        "count must be whole and non-negative, but half.csv has '2.5'",
    ),
    "negative.csv": ("a,b,outcome,count\nx,y,1,-1\ny,x,1,2\n", "count must be .* has '-1'"),
    "word.csv": ("a,b,outcome,games\nx,y,1,many\ny,x,1,2\n", "games must be .* has 'many'"),
    "many.csv": (
        "a,b,outcome,count\n" + "x,y,1,1e15\ny,x,1,1000000000000000\n" * 5000,
        r"count adds up to 10,000,000,000,000,000,000 in many.csv, which is more than",
    ),
    "itself.csv": ("a,b,outcome\nx,x,1\n", "itself.csv compares no item with another"),
    "apart.csv": ("winner,loser\nx,y\ny,x\nu,v\nv,u\n", "--prior|--components"),
    "chain.csv": ("winner,loser\nx,y\ny,z\n", "--prior 1"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(tmp_path, name):
    content, message = BAD_FILES[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert re.search(message, fails("rank", path))


@pytest.mark.parametrize("value", ["-1", "inf", "nan", "heavy", ""])
def test_bad_weight(tmp_path, value):
    rows = [(*VOTES[0], 1), (*VOTES[1], value)]
    path = write_votes(tmp_path / "v.csv", rows, ("left", "right", "winner", "w"))
    message = fails("rank", path, "--weight", "w")
    assert f"w must be finite and non-negative, but v.csv has {value!r}" in message


BAD_OPTIONS = [
    (("--output", "board.xlsx"), "the ending must be one of .csv, .parquet, .json"),
    (("--output", "nowhere/board.csv"), "the folder nowhere cannot be written to"),
    (("--anchor", "MIL"), "must look like --anchor NAME=NUMBER"),
    (("--anchor", "MIL=best"), "must look like --anchor NAME=NUMBER"),
    (("--anchor", "MIL=nan"), "must look like --anchor NAME=NUMBER"),
    (("--anchor", "MIl=1500"), "--anchor: there is no item 'MIl'; did you mean 'MIL'?"),
    (("--min-comparisons", "79"), "leaves no two items (the most any item has is 78)"),
    (("--level", "95"), "--level must lie between 0 and 1, but is 95"),
    (("--level", "nan"), "--level must lie between 0 and 1, but is nan"),
    (("--prior", "inf"), "--prior must be finite and non-negative, but is inf"),
    (("--drop", "tie"), "--drop: winner has no label 'tie'; it has 'home' (154), 'away' (119)"),
    (("--score", "home=2"), "--score home=2: a score must lie between 0 and 1"),
    (("--score", "tie=0.5"), "--score: winner has no label 'tie'"),
    (("--drop", "home", "--drop", "away"), "every row of baseball.csv was dropped"),
    (("--a", "home"), "--a and --b must name two columns"),
    (("--a", "home", "--b", "home"), "--a and --b must name two columns"),
    (("--a", "hme", "--b", "away"), "no column 'hme'; did you mean 'home'? (there are home, away"),
    (
        ("--count", "n"),
        "--count: baseball.csv has no column 'n' (there are home, away, winner, games",
    ),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_option(monkeypatch, tmp_path, options, message):
    monkeypatch.chdir(tmp_path)
    assert message in fails("rank", BASEBALL, *options)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rank",), "FILE"),
        (("rank", BASEBALL, "--solver", "magic"), "magic"),
        (("rank", BASEBALL, "--prior", "-1"), "--prior"),
        (("rank", BASEBALL, "--threads", "0"), "--threads"),
        (("rank", BASEBALL, "--threads", "99999999999"), "256"),
        (("rank", BASEBALL, "--colour"), "--colour"),
        (("rnk", BASEBALL), "rnk"),
        (("demo", "--items", "1"), "--items"),
    ],
)
def test_wrong_usage(arguments, message):
    assert message in fails(*arguments, code=2)


def test_a_folder_is_not_a_file(tmp_path):
    folder = tmp_path / "votes.csv"
    folder.mkdir()
    assert "Is a directory" in fails("rank", folder)
    assert "no file matches" in fails("rank", tmp_path / "*.parquet")


def test_files_must_agree(tmp_path):
    first = write_votes(tmp_path / "v.csv")
    second = write_votes(tmp_path / "w.csv", ["xya"], ("a", "b", "winner"))
    assert "does not have the same header" in fails("rank", first, second)
    third = tmp_path / "x.parquet"
    third.write_bytes(b"")
    assert "one format" in fails("rank", first, third)


def test_names_stay_as_they_are_in_messages(tmp_path):
    rows = [("prior=0.5", "level = x", "left"), ("level = x", 'components="largest"', "left")]
    message = fails("rank", write_votes(tmp_path / "v.csv", rows, delimiter="|"))
    assert "'prior=0.5' never lost to 'components=\"largest\"', 'level = x'" in message
    assert message.endswith(
        "Use --prior 1, --components largest (rate the largest component) or --components "
        "separate (rate each on its own scale)\n"
    )


def test_advice_of_warnings_is_in_options():
    message = "Bradley-Terry did not converge after 9 iterations; "
    said = app_module.in_options(message + "raise max_iter, or use solver='newton'")
    assert said == message + "use --solver newton"


@pytest.mark.parametrize(
    ("error", "text", "message"),
    [
        (RuntimeError, "can't start new thread", "can't start new thread"),
        (MemoryError, "800 GB", "not enough memory (800 GB)"),
        (duckdb.OutOfMemoryException, "Out of Memory Error: 1 GiB\n\nPossible: x", ": 1 GiB\n"),
    ],
)
def test_what_the_machine_cannot_do(monkeypatch, error, text, message):
    def run_out(*_, **__):
        raise error(text)

    monkeypatch.setattr(app_module, "bradley_terry", run_out)
    assert message in fails("rank", BASEBALL)


@pytest.mark.parametrize("error", [KeyboardInterrupt, duckdb.InterruptException])
def test_interruption(monkeypatch, error):
    def interrupt(*_, **__):
        raise error

    monkeypatch.setattr(app_module, "read_votes", interrupt)
    result = runner.invoke(app, ["rank", str(BASEBALL)])
    assert result.exit_code == 130
    assert result.output == ""
