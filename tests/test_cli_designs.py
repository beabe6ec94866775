"""`zermelo designs`: which tournament ranks best with so many matches."""

import importlib.util

import duckdb
import numpy as np
import pytest
from command_line import fails, runner, write_votes

import zermelo as zm
from zermelo.cli.app import app
from zermelo.cli.designs import MAKERS

pd = pytest.importorskip("pandas")

QUICK = ("--items", 8, "--replicates", 20)


def designs(*arguments):
    """What `zermelo designs` prints."""
    result = runner.invoke(app, ["designs", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def written(tmp_path, *arguments):
    """The rows that are written, by design and limit, and what is printed."""
    output = tmp_path / "designs.csv"
    printed = designs(*arguments, "--output", output)
    found = duckdb.sql(f"SELECT * FROM '{output}'")
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return {(row.pop("design"), row.pop("matches")): row for row in rows}, printed


def check(rows, frame):
    """Whether the rows are those of a frame of `compare_designs`."""
    assert len(rows) == len(frame)
    for _, expected in frame.iterrows():
        row = rows[expected["design"], expected["matches"]]
        for name, value in row.items():
            assert value == pytest.approx(expected[name], rel=1e-12), name


def test_drawn_abilities(tmp_path):
    options = "--accuracy 0.8 --spread 2 --seed 5 --top-k 2 --matches"
    rows, printed = written(tmp_path, *QUICK, *options.split(), "28,60")
    frame = zm.compare_designs(
        {
            "single": zm.SingleElimination(8, seeding="random"),
            "double": zm.DoubleElimination(8, seeding="random"),
            "swiss": zm.Swiss(8, 3),
            "round-robin": zm.RoundRobin(8),
            "random-pairs": lambda matches: zm.RandomPairs(8, matches),
        },
        draw=lambda generator: generator.normal(0.0, 2.0, 8),
        matches=[28, 60],
        judge=zm.judges.Noisy(0.8),
        top_k=2,
        replicates=20,
        seed=5,
    )
    check(rows, frame)
    header, first = (line.split("  ") for line in printed.splitlines()[:2])
    shown = [name.strip() for name in header if name.strip()]
    assert shown[:4] == ["design", "within", "matches", "best first"]
    assert shown[-1] == "recall of 2"
    best = frame[frame["matches"] == 28].sort_values("best_wins", ascending=False).iloc[0]
    assert f"{100 * best['best_wins']:.1f}%" in "  ".join(first)
    assert "8 items, abilities normal with spread 2; 20 replicates, ranked by own" in printed


def test_items_of_a_file(tmp_path):
    teams = write_votes(
        tmp_path / "teams.csv", zip("abcde", range(1700, 1200, -100), strict=True), ("team", "elo")
    )
    options = ("--designs", "single,anchored", "--seeding", "standard", "--rank-by", "elo")
    rows, printed = written(
        tmp_path, teams, *options, "--matches", 12, "--replicates", 30, "--tie-rate", 0.1
    )
    frame = zm.compare_designs(
        {"single": zm.SingleElimination(5), "anchored": zm.Anchored(5, 2)},
        strengths=np.arange(1700.0, 1200, -100),
        scale=400,
        matches=12,
        rank_by="elo",
        judge=zm.judges.Noisy(1.0, 0.0, 0.1),
        replicates=30,
    )
    check(rows, frame)
    assert "5 items from teams.csv (elo, 400 points being odds of 10 to 1)" in printed
    assert "within" not in printed


def test_every_design_has_a_name(tmp_path):
    rows, printed = written(tmp_path, *QUICK, "--designs", ",".join(MAKERS), "--matches", 50)
    assert {name for name, _ in rows} == set(MAKERS)
    assert "left out" not in printed
    used = {name: row["matches_used"] for (name, _), row in rows.items()}
    assert used["varco"] == 49
    assert used["random-pairs"] == 50
    assert used["round-robin"] == 28


def test_designs_that_take_too_many_matches_are_left_out(tmp_path):
    rows, printed = written(
        tmp_path, *QUICK, "--designs", "single,round-robin,double", "--matches", "10,20"
    )
    assert set(rows) == {("single", 10), ("single", 20), ("double", 20)}
    assert "round-robin left out: one run takes 28 matches" in printed
    assert "double left out below 15 matches, which one run of it takes" in printed
    # Those of one round-robin, where nothing else is said.
    rows, _ = written(tmp_path, *QUICK, "--designs", "single")
    assert set(rows) == {("single", 28)}


def test_the_options_of_designs(tmp_path):
    options = ("--designs", "swiss,groups", "--rounds", 4, "--groups", 4, "--matches", 20)
    rows, _ = written(tmp_path, *QUICK, *options)
    assert rows["swiss", 20]["matches_used"] == 16
    assert rows["groups", 20]["matches_used"] == 4 + 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--designs singel", "--designs: there is no 'singel'; did you mean 'single'?"),
        ("--designs single,single", "--designs has single twice"),
        ("--designs swiss --rounds 9", "--designs swiss: rounds is 9"),
        ("--matches x", "--matches must be a number of matches, or several such as 50,100,200"),
        ("--matches 0", "but is '0'"),
        (
            "--designs single --matches 3",
            "--matches 3 is too few: single left out: one run takes 15 matches",
        ),
        ("--spread 0", "--spread must be positive and finite, but is 0"),
        ("--top-k 17", "--top-k must be from 1 to 16"),
        ("--rating elo", "--rating is for a FILE of items"),
        ("teams.csv --items 4", "--items is for drawn abilities, but teams.csv has the items"),
        ("--output table.txt", "the ending must be one of"),
    ],
)
def test_options_that_cannot_be_used(options, message):
    assert message in fails("designs", *options.split())


def test_no_data_frame_library_is_needed(monkeypatch):
    find = importlib.util.find_spec
    libraries = ("pandas", "polars", "pyarrow")
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name in libraries else find(name)
    )
    assert "swiss" in designs(*QUICK, "--designs", "swiss", "--matches", 40)
    with pytest.raises(ImportError, match="pip install pandas"):
        zm.compare_designs([zm.Swiss(4, 2)], strengths=[1, 0, 0, 0], matches=8, replicates=5)
