"""The command line: files in, a leaderboard out."""

import gzip
import json
import os
import subprocess
import sys

import duckdb
import numpy as np
import pytest
from command_line import BASEBALL, VOTES, board, fails, rank, runner, write_votes

import zermelo as zm
from zermelo.cli.app import app
from zermelo.cli.demo import make_votes

# Relative to BAL: Agresti (2002), Categorical Data Analysis; R's BradleyTerry2.
BASEBALL_ABILITY = {
    "MIL": 1.58136,
    "DET": 1.43641,
    "TOR": 1.29449,
    "NYY": 1.24762,
    "BOS": 1.10770,
    "CLE": 0.68385,
    "BAL": 0.0,
}


def test_baseball(tmp_path):
    rows, printed = board(tmp_path, BASEBALL)
    assert list(rows) == list(BASEBALL_ABILITY)
    for team, ability in BASEBALL_ABILITY.items():
        assert rows[team]["ability"] - rows["BAL"]["ability"] == pytest.approx(ability, abs=6e-6)
        assert rows[team]["comparisons"] == 78
    assert "7 items, 273 comparisons from baseball.csv (home, away, winner, games)" in printed
    first = printed.splitlines()[1].split()
    assert first[:3] == ["1", "MIL", f"{rows['MIL']['rating']:.1f}"]


@pytest.mark.data
def test_language_model_votes(tmp_path, data_path):
    # Worth .0412178737, rating 1172.1326, sandwich standard error .160364 for "GPT 4".
    rows, _ = board(tmp_path, data_path("llmfao_crowd.csv.gz"))
    assert len(rows) == 59
    best = rows["GPT 4"]
    assert best["rank"] == 1
    assert best["rating"] == pytest.approx(1172.1326, abs=6e-5)
    assert best["standard_error"] == pytest.approx(0.160364, abs=6e-7)
    assert (best["upper"] - best["lower"]) / 2 / 1.959963985 == pytest.approx(27.858, abs=6e-4)
    names = list(rows)
    assert names[1:4] == ["Platypus-2 Instruct (70B)", "command", "ReMM SLERP L2 13B"]
    ratings = [rows[name]["rating"] for name in names[1:4]]
    assert ratings == pytest.approx([1112.4487, 1110.1690, 1099.6069], abs=6e-5)


@pytest.mark.parametrize(
    "name",
    ["v.csv", "v.tsv", "v.csv.gz", "v.parquet", "v.jsonl", "v.ndjson", "v.json", "v.jsonl.gz"],
)
def test_formats(tmp_path, name):
    expected, _ = board(tmp_path, write_votes(tmp_path / "expected.csv"))
    path = write_votes(tmp_path / name)
    if name == "v.tsv":
        write_votes(path, delimiter="\t")
    elif name == "v.csv.gz":
        path.write_bytes(gzip.compress((tmp_path / "expected.csv").read_bytes()))
    elif name != "v.csv":
        options = {
            ".parquet": "FORMAT parquet",
            ".json": "FORMAT json, ARRAY true",
        }.get(path.suffix, "FORMAT json")
        if name.endswith(".gz"):
            options += ", COMPRESSION gzip"
        source = tmp_path / "expected.csv"
        duckdb.execute(f"COPY (SELECT * FROM read_csv('{source}')) TO '{path}' ({options})")
    rows, printed = board(tmp_path, path)
    assert rows == expected
    assert "3 items, 6 comparisons (16.7% ties)" in printed


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        ("model_a,model_b,winner x,y,model_a y,z,model_a z,x,model_b x,y,model_b", ""),
        ("Winner,Loser x,y y,z x,z y,x", ""),
        ("a,b,outcome x,y,1 y,z,1 z,x,0 x,y,0", ""),
        ("a,b,outcome x,y,true y,z,true z,x,false x,y,false", ""),
        ("home,away,winner x,y,x y,z,y z,x,x x,y,y", ""),
        ("p,q,s x,y,x y,z,y z,x,x x,y,y", "--a p --b q --outcome s"),
        ("p,q x,y y,z x,z y,x", "--a p --b q"),
        ("p,q,often x,y,1 y,z,1 x,z,1 y,x,1", "--a p --b q --count often"),
        ("winner,loser,importance x,y,1 y,z,1 x,z,1 y,x,1", "--weight importance"),
    ],
)
def test_columns(tmp_path, lines, options):
    # x and y beat each other once, and both beat z, which never wins: hence the prior.
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(lines.split()))
    found, _ = board(tmp_path, path, "--prior", 1, *options.split())
    assert list(found)[2] == "z"
    assert found["x"]["ability"] == pytest.approx(found["y"]["ability"], abs=1e-7)
    assert found["z"]["ability"] < found["x"]["ability"] - 0.5
    assert [found[item]["comparisons"] for item in "xyz"] == [3, 3, 2]


def test_items_called_like_sides(tmp_path):
    rows = [("a", "b", "a"), ("b", "a", "tie"), ("b", "a", "a"), ("a", "b", "b")]
    sides = write_votes(tmp_path / "sides.csv", rows)
    found, _ = board(tmp_path, sides, "--score", "a=1", "--score", "b=0")
    # b wins 2.5 of 4 games; as names the outcomes would give them to a.
    assert found["b"]["ability"] == pytest.approx(np.log(2.5 / 1.5) / 2, abs=1e-7)
    # Both readings say the same.
    same = write_votes(tmp_path / "same.csv", [("a", "b", "a"), ("a", "b", "b")])
    assert board(tmp_path, same)[0].keys() == {"a", "b"}
    # No word for a side: the names of winners.
    rows = [("a", "b", "a"), ("b", "a", "a"), ("a", "c", "c"), ("c", "b", "b")]
    found, _ = board(tmp_path, write_votes(tmp_path / "names.csv", rows))
    assert found["a"]["ability"] > found["b"]["ability"]


def test_count_column_is_found(tmp_path):
    once = write_votes(tmp_path / "once.csv", VOTES * 3)
    header = ("left", "right", "winner", "count")
    counted = write_votes(tmp_path / "counted.csv", [(*row, 3) for row in VOTES], header)
    assert board(tmp_path, counted)[0] == board(tmp_path, once)[0]


def test_labels_stay_as_they_are_written(tmp_path):
    # Neither 007 = 7, nor a type guessed from the rows before the first 0.5.
    rows = [("007", "7", 1), ("7", "007", 1)] * 15_000 + [("007", "7", 0.5), ("7", "x y", 0.5)]
    found, _ = board(tmp_path, write_votes(tmp_path / "votes.csv", rows, ("a", "b", "outcome")))
    assert set(found) == {"007", "7", "x y"}


def test_spaces_after_commas(tmp_path):
    spaced = write_votes(tmp_path / "v.csv", delimiter=", ")
    plain = write_votes(tmp_path / "w.csv")
    assert board(tmp_path, spaced)[0] == board(tmp_path, plain)[0]
    names = write_votes(tmp_path / "n.csv", ["xyx", "yxy"], delimiter=" , ")
    assert board(tmp_path, names)[0].keys() == {"x", "y"}


def test_integer_labels_stay_integers(tmp_path):
    path, output = tmp_path / "votes.parquet", tmp_path / "board.parquet"
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES (10, 9, 1.0), (9, 10, 1.0), (10, 9, 0.5)) AS t(a, b, outcome))"
        f" TO '{path}' (FORMAT parquet)"
    )
    rank(path, "--output", output, "--anchor", "9=1500")
    items = duckdb.sql(f"SELECT item, rating FROM '{output}' ORDER BY item").fetchall()
    assert items[0] == (9, 1500.0)


def test_several_files_and_patterns(tmp_path):
    write_votes(tmp_path / "day1.csv", VOTES[:3])
    write_votes(tmp_path / "day2.csv", VOTES[3:])
    whole = board(tmp_path, write_votes(tmp_path / "whole.csv"))[0]
    assert board(tmp_path, tmp_path / "day1.csv", tmp_path / "day2.csv")[0] == whole
    assert board(tmp_path, tmp_path / "day?.csv")[0] == whole


def test_anchor_shifts_all(tmp_path):
    plain, _ = board(tmp_path, BASEBALL)
    anchored, _ = board(tmp_path, BASEBALL, "--anchor", "BOS=1500")
    shift = 1500 - plain["BOS"]["rating"]
    for team, row in plain.items():
        for column in ("rating", "lower", "upper"):
            assert anchored[team][column] == pytest.approx(row[column] + shift, abs=1e-9)


def test_anchor_item_may_hold_an_equals_sign(tmp_path):
    rows = [("k=1", "k=2", "left"), ("k=2", "k=1", "left")]
    found, _ = board(tmp_path, write_votes(tmp_path / "v.csv", rows), "--anchor", "k=1=1200")
    assert found["k=1"]["rating"] == pytest.approx(1200, abs=1e-9)


def test_level(tmp_path):
    wide, printed = board(tmp_path, BASEBALL, "--level", 0.99)
    narrow, _ = board(tmp_path, BASEBALL, "--level", 0.5)
    assert "99% interval" in printed
    ratio = (wide["MIL"]["upper"] - wide["MIL"]["lower"]) / (
        narrow["MIL"]["upper"] - narrow["MIL"]["lower"]
    )
    assert ratio == pytest.approx(2.575829 / 0.674490, rel=1e-5)


def test_min_comparisons(tmp_path):
    rows = [*VOTES, ("w", "x", "left"), ("x", "w", "left"), ("v", "w", "tie")]
    found, printed = board(tmp_path, write_votes(tmp_path / "v.csv", rows), "--min-comparisons", 3)
    # v has one comparison; w had three, and keeps two without it.
    assert set(found) == {"w", "x", "y", "z"}
    assert found["w"]["comparisons"] == 2
    assert "1 item with fewer than 3 comparisons left out" in printed
    assert found == board(tmp_path, write_votes(tmp_path / "w.csv", rows[:-1]))[0]


def test_without(tmp_path):
    rows = [*VOTES, ("v", "x", "left"), ("y", "w", "left")]
    path = write_votes(tmp_path / "v.csv", rows)
    found, _ = board(tmp_path, path, "--without", "v", "--without", "w")
    assert found == board(tmp_path, write_votes(tmp_path / "w.csv"))[0]
    assert "--without: there is no item 'u'" in fails("rank", path, "--without", "u")


def test_drop_and_score(tmp_path):
    rows = [*VOTES, ("x", "y", "Skip"), ("y", "z", "skip"), ("z", "y", "")]
    path = write_votes(tmp_path / "v.csv", rows)
    without, printed = board(tmp_path, path, "--drop", "skip", "--drop", "")
    assert without == board(tmp_path, write_votes(tmp_path / "w.csv"))[0]
    assert "1 comparison with winner 'Skip' dropped" in printed
    scored, _ = board(tmp_path, path, "--score", "skip=0.5", "--drop", "")
    ties = [*VOTES, ("x", "y", "tie"), ("y", "z", "tie")]
    assert scored == board(tmp_path, write_votes(tmp_path / "t.csv", ties))[0]


def test_ties_can_be_dropped(tmp_path):
    path = write_votes(tmp_path / "v.csv")
    dropped, _ = board(tmp_path, path, "--ties", "drop")
    decided = [row for row in VOTES if row[2] != "tie"]
    expected, _ = board(tmp_path, write_votes(tmp_path / "w.csv", decided))
    for item, row in expected.items():
        assert dropped[item]["rating"] == pytest.approx(row["rating"], abs=1e-5)


@pytest.mark.parametrize("solver", ["auto", "mm", "newman", "newton"])
def test_solvers_agree(tmp_path, solver):
    rows, _ = board(tmp_path, BASEBALL, "--solver", solver, "--threads", 1)
    assert rows["MIL"]["ability"] - rows["BAL"]["ability"] == pytest.approx(1.58136, abs=6e-6)


def test_an_undefeated_item(tmp_path):
    path = write_votes(tmp_path / "v.csv", [*VOTES, ("w", "x", "left")])
    message = fails("rank", path)
    assert "'w'" in message
    assert "--prior 1" in message
    assert "--components" in message
    assert set(board(tmp_path, path, "--prior", 1)[0]) == {"w", "x", "y", "z"}
    largest, printed = board(tmp_path, path, "--components", "largest")
    assert largest["w"]["rating"] is None
    assert largest["w"]["rank"] is None
    assert "1 unrated, never lost to the rated items: w" in printed
    assert largest["x"]["rating"] == pytest.approx(
        board(tmp_path, write_votes(tmp_path / "w.csv"))[0]["x"]["rating"], abs=1e-6
    )
    separate, printed = board(tmp_path, path, "--components", "separate")
    assert separate.keys() == largest.keys()
    assert separate["w"]["lower"] is None
    assert "2 groups, each on its own scale" in printed


def test_self_comparisons_are_noted(tmp_path):
    rows = [*VOTES, ("x", "x", "left"), ("y", "y", "tie")]
    found, printed = board(tmp_path, write_votes(tmp_path / "v.csv", rows))
    assert found == board(tmp_path, write_votes(tmp_path / "w.csv"))[0]
    assert "2 comparisons of an item with itself left out" in printed


def test_weights_are_not_counts(tmp_path):
    header = ("left", "right", "winner", "w")
    weighted = write_votes(tmp_path / "v.csv", [(*row, 4) for row in VOTES], header)
    found, _ = board(tmp_path, weighted, "--weight", "w")
    plain, _ = board(tmp_path, write_votes(tmp_path / "w.csv"))
    for item, row in plain.items():
        assert found[item]["standard_error"] == pytest.approx(row["standard_error"], rel=1e-6)
        assert found[item]["comparisons"] == row["comparisons"]


def test_top_prints_the_best_and_writes_all(tmp_path):
    rows, printed = board(tmp_path, BASEBALL, "--top", 2)
    assert len(rows) == 7
    assert "MIL" in printed
    assert "TOR" not in printed
    assert "5 more items not shown" in printed


def test_off_a_terminal_names_are_whole_and_plain(tmp_path):
    long, marked = "n" * 300, "[red]m[/red]"
    rows = [(long, marked, "left"), (marked, long, "left")]
    printed = rank(write_votes(tmp_path / "v.csv", rows))
    assert long in printed
    assert marked in printed
    assert "\x1b" not in printed


def test_control_characters_do_not_reach_the_terminal(tmp_path):
    rows = [("a\x1b[31m", "b", "left"), ("b", "a\x1b[31m", "left")]
    printed = rank(write_votes(tmp_path / "v.csv", rows))
    assert "\x1b" not in printed
    assert "a\\x1b[31m" in printed


@pytest.mark.parametrize(("columns", "drawn"), [("60", False), ("140", True)])
def test_on_a_terminal_names_are_whole(tmp_path, columns, drawn):
    name = "n" * 15
    rows = [(name, "b", "left"), ("b", name, "left"), ("c", "b", "left"), ("b", "c", "tie")]
    path = write_votes(tmp_path / "v.csv", rows)
    terminal = {"FORCE_COLOR": "1", "COLUMNS": columns}
    result = runner.invoke(app, ["rank", str(path)], env=terminal, color=True)
    assert result.exit_code == 0
    assert name in result.stdout
    assert "\x1b[" in result.stdout
    assert ("●" in result.stdout) == drawn


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_output(tmp_path, ending):
    output = tmp_path / f"board{ending}"
    output.write_text("what was there before")
    rank(BASEBALL, "--output", output)
    columns = "rank, item, rating, lower, upper, comparisons, ability, standard_error"
    rows = duckdb.sql(f"SELECT {columns} FROM '{output}'").fetchall()
    assert [row[:2] for row in rows[:2]] == [(1, "MIL"), (2, "DET")]
    fit = zm.bradley_terry(
        zm.Comparisons.from_frame(
            duckdb.sql(f"SELECT * FROM '{BASEBALL}'").to_arrow_table(),
            "home",
            "away",
            "winner",
            count="games",
        )
    )
    expected = dict(zip(fit.items.tolist(), fit.rating.tolist(), strict=True))
    assert {row[1]: row[2] for row in rows} == pytest.approx(expected, abs=1e-9)
    assert os.listdir(tmp_path) == [output.name]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_ranks_are_whole_where_some_are_unrated(tmp_path, ending):
    path = write_votes(tmp_path / "v.csv", [*VOTES, ("w", "x", "left")])
    output = tmp_path / f"board{ending}"
    rank(path, "--components", "largest", "--output", output)
    ranks = duckdb.sql(f"SELECT rank, typeof(rank), item FROM '{output}'").fetchall()
    assert [row[0] for row in ranks] == [1, 2, 3, None]
    assert {row[1] for row in ranks} <= {"BIGINT", "INTEGER"}
    if ending == ".csv":
        assert output.read_text().splitlines()[4].startswith(",w,,")
    if ending == ".json":
        assert [row["rank"] for row in json.loads(output.read_text())] == [1, 2, 3, None]


def test_help_and_version():
    assert runner.invoke(app, ["--version"]).stdout == f"zermelo {zm.__version__}\n"
    result = runner.invoke(app, ["rank", "--help"])
    assert result.exit_code == 0
    assert "--min-comparisons" in result.stdout


def test_demo():
    result = runner.invoke(app, ["demo", "--votes", "20000", "--items", "12", "--seed", "3"])
    assert result.exit_code == 0, result.output
    for words in ("making the votes", "encoding and counting", "fitting", "95% intervals"):
        assert words in result.stdout
    assert "20,000 made-up votes on 12 items" in result.stdout
    assert "correlation 0.99" in result.stdout
    assert result.stderr == ""


def test_demo_shows_its_steps_on_a_terminal():
    arguments = ["demo", "--votes", "20000", "--items", "12"]
    result = runner.invoke(app, arguments, env={"FORCE_COLOR": "1"}, color=True)
    assert result.exit_code == 0, result.output
    for words in ("making the votes", "encoding and counting", "fitting", "95% intervals"):
        assert words in result.stderr


def test_demo_with_too_few_votes():
    assert "give more --votes or fewer --items" in fails("demo", "--votes", "50")


def test_made_votes():
    made = make_votes(50_000, 300, seed=5)
    again = make_votes(50_000, 300, seed=5)
    assert (made.model_a == again.model_a).all()
    assert (made.winner == again.winner).all()
    assert len(set(made.names.tolist())) == 300
    assert (made.model_a != made.model_b).all()
    assert np.mean(made.winner == "tie") == pytest.approx(0.25, abs=0.01)


def test_entry_point_in_a_process_of_its_own():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "zermelo", "rank", str(BASEBALL), "--top", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[1].split()[:2] == ["1", "MIL"]


@pytest.mark.parametrize("module", ["typer", "rich", "duckdb"])
def test_without_the_extra(module):
    code = f"import sys; sys.modules[{module!r}] = None; from zermelo.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    expected = f"zermelo: the command line needs {module}: pip install 'zermelo[cli]'\n"
    assert done.stderr == expected
