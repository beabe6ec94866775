"""`zermelo bracket`: items with ratings in, probabilities of every round out."""

import os
import re

import duckdb
import numpy as np
import pytest
from command_line import BASEBALL, fails, rank, runner, write_votes

import zermelo as zm
from zermelo.cli.app import app

TEAMS = {
    "Boston": 1700,
    "Miami": 1610,
    "Denver": 1580,
    "Utah": 1500,
    "Orlando": 1490,
    "Detroit": 1420,
}
RATINGS = list(TEAMS.values())


def bracket(*arguments):
    """What `zermelo bracket` prints."""
    result = runner.invoke(app, ["bracket", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def read(path):
    """Rows by item."""
    types = ", types = {'item': 'VARCHAR'}" if path.suffix == ".csv" else ""
    reader = {".csv": "read_csv", ".json": "read_json", ".parquet": "read_parquet"}[path.suffix]
    found = duckdb.sql(f"SELECT * FROM {reader}('{path}'{types})")
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return {row.pop("item"): row for row in rows}


def written(tmp_path, *arguments):
    output = tmp_path / "out.csv"
    printed = bracket(*arguments, "--output", output)
    return read(output), printed


def champions(rows):
    return [rows[team]["champion"] for team in TEAMS]


@pytest.fixture
def teams(tmp_path):
    return write_votes(tmp_path / "teams.csv", TEAMS.items(), ("team", "elo"))


def test_exact_probabilities(tmp_path, teams):
    rows, printed = written(tmp_path, teams)
    result = zm.win_probabilities(zm.SingleElimination(6), RATINGS, scale=400)
    for place, team in enumerate(TEAMS):
        row = rows[team]
        assert row["seed"] == place + 1
        assert row["rating"] == RATINGS[place]
        assert row["champion"] == pytest.approx(result.champion[place], abs=1e-14)
        assert row["mean_rank"] == pytest.approx(result.mean_rank[place], abs=1e-12)
        reach = [row[f"reach_{r}"] for r in (1, 2, 3)]
        assert reach == pytest.approx(result.reach[place, 1:], abs=1e-14)
    assert "champion_error" not in rows["Utah"]
    assert list(rows) == [list(TEAMS)[place] for place in np.argsort(-result.champion)]
    lines = printed.splitlines()
    assert lines[0].split() == ["seed", "item", "rating", "semi-final", "final", "champion"]
    assert lines[1].split() == ["1", "Boston", "1700", "100%", "76.5%", "50.0%"]
    assert "6 items from teams.csv (elo, 400 points being odds of 10 to 1)" in printed
    assert "SingleElimination(6)" in printed
    assert "exact probabilities" in printed


def test_every_option_of_a_knockout_reaches_the_design(tmp_path, teams):
    options = "--best-of 3 --home 50 --third-place --scale 300 --draw listed --venue"
    message = "--venue must have a letter for each of the 3 games"
    assert message in fails("bracket", teams, *options.split(), "HA")
    rows, printed = written(tmp_path, teams, *options.split(), "HAH")
    design = zm.SingleElimination(
        6, seeding=range(6), best_of=3, venue="HAH", home_advantage=50.0, third_place=True
    )
    result = zm.win_probabilities(design, RATINGS, scale=300)
    assert champions(rows) == pytest.approx(result.champion, abs=1e-14)
    assert repr(design) in printed
    rows, _ = written(tmp_path, teams, "--best-of", "1,3,5")
    result = zm.win_probabilities(zm.SingleElimination(6, best_of=[1, 3, 5]), RATINGS, scale=400)
    assert champions(rows) == pytest.approx(result.champion, abs=1e-14)


def test_draws(tmp_path, teams):
    rows, printed = written(tmp_path, teams, "--draw", "random")
    result = zm.win_probabilities(zm.SingleElimination(6, seeding="random"), RATINGS, scale=400)
    assert champions(rows) == pytest.approx(result.champion, abs=1e-12)
    assert "exact probabilities" in printed
    for objective in ("favourite", "final"):
        options = ("--draw", "best", "--objective", objective)
        rows, printed = written(tmp_path, teams, *options)
        best = zm.best_draw(6, RATINGS, objective, scale=400)
        assert champions(rows) == pytest.approx(best.result.champion, abs=1e-12)
        names = ["bye" if slot is None else list(TEAMS)[slot] for slot in best.design.slots]
        assert f"best draw: {', '.join(names)}" in printed


@pytest.mark.parametrize(
    ("options", "design"),
    [
        ("--design single --reseed", zm.SingleElimination(6, reseed=True)),
        ("--design double --best-of 3", zm.DoubleElimination(6, best_of=3)),
        ("--design round-robin --cycles 2 --home 40",
         zm.RoundRobin(6, cycles=2, home_advantage=40.0)),
        ("--design swiss --rounds 2 --pairing fold", zm.Swiss(6, 2, pairing="fold")),
        ("--design swiss", zm.Swiss(6, 3)),
        ("--design groups --advance 1", zm.GroupsThenKnockout(6, 2, advance=1)),
        ("--design groups --third-place", zm.GroupsThenKnockout(6, 2, third_place=True)),
    ],
)  # fmt: skip
def test_simulated_designs(tmp_path, teams, options, design):
    options = [*options.split(), "--simulate", 2000, "--seed", 7]
    rows, printed = written(tmp_path, teams, *options)
    result = zm.simulate(design, RATINGS, 2000, scale=400, seed=7)
    assert champions(rows) == result.champion.tolist()
    error = [rows[team]["champion_error"] for team in TEAMS]
    assert error == pytest.approx(result.standard_error.champion, abs=1e-14)
    reached = [rows[team]["reach_1_error"] for team in TEAMS]
    assert reached == pytest.approx(result.standard_error.reach[:, 1], abs=1e-14)
    assert repr(design) in printed
    assert "2,000 simulated tournaments" in printed
    place = int(np.argmax(result.champion))
    assert f"{100 * result.standard_error.champion[place]:.2f}" in printed.splitlines()[1]


def test_groups_and_double_eliminations_have_stages(teams):
    header = bracket(teams, "--design", "groups", "--simulate", 100).splitlines()[0]
    assert header.split() == ["seed", "item", "rating", "semi-final", "final", "champion", "±"]
    header = bracket(teams, "--design", "double").splitlines()[0]
    assert header.endswith("top 4  final  champion  mean place")
    printed = bracket(teams, "--design", "round-robin", "--simulate", 100)
    assert printed.splitlines()[0].endswith("top 4  top 2  champion     ±  mean place")


def test_results(tmp_path, teams):
    games = write_votes(
        tmp_path / "games.csv", [("Utah", "Orlando", "Orlando")], ("a", "b", "winner")
    )
    rows, printed = written(tmp_path, teams, "--results", games)
    played = zm.Comparisons([4], [3])
    result = zm.win_probabilities(zm.SingleElimination(6), RATINGS, scale=400, results=played)
    assert champions(rows) == pytest.approx(result.champion, abs=1e-14)
    assert rows["Utah"]["champion"] == 0
    assert "1 game from games.csv" in printed
    assert re.search(r"4  Utah +1500 +0% +0% +0%", printed)
    # Rounds of a Swiss, in a column of their own; a draw counts.
    rows = [("Boston", "Utah", 1, 1), ("Miami", "Orlando", 0.5, 1), ("Denver", "Detroit", 0, 1)]
    games = write_votes(tmp_path / "games.csv", rows, ("a", "b", "outcome", "Round"))
    for options in ((), ("--round", "Round")):
        options = ("--design", "swiss", "--results", games, "--simulate", 500, *options)
        found, _ = written(tmp_path, teams, *options)
        played = zm.Comparisons([0, 1, 2], [3, 4, 5], [1, 0.5, 0], time=[1, 1, 1])
        result = zm.simulate(zm.Swiss(6, 3), RATINGS, 500, scale=400, results=played)
        assert champions(found) == result.champion.tolist()


def test_items_that_are_numbers(tmp_path):
    teams = write_votes(tmp_path / "teams.csv", [(7, 0.5), (3, 0.1)], ("item", "ability"))
    duckdb.sql(f"COPY (SELECT 7 AS a, 3 AS b, 0.0 AS outcome) TO '{tmp_path}/games.parquet'")
    rows, printed = written(tmp_path, teams, "--results", tmp_path / "games.parquet")
    assert rows["3"]["champion"] == 1
    assert rows["7"]["ability"] == 0.5
    assert "(ability)" in printed


def test_boards_are_read_back(tmp_path):
    board = tmp_path / "board.csv"
    rank(BASEBALL, "--output", board)
    rows, printed = written(tmp_path, board, "--first", 4)
    best = duckdb.sql(f"SELECT item, ability FROM '{board}' LIMIT 4")
    names, abilities = zip(*best.fetchall(), strict=True)
    result = zm.win_probabilities(zm.SingleElimination(4), list(abilities))
    assert [rows[name]["champion"] for name in names] == pytest.approx(result.champion, abs=1e-12)
    assert "4 items from board.csv (ability)" in printed
    again, _ = written(tmp_path, board, "--first", 4, "--rating", "rating")
    for name in names:
        assert again[name]["champion"] == pytest.approx(rows[name]["champion"], abs=1e-9)


def test_seeds_are_rows_or_sorted(tmp_path, teams):
    turned = write_votes(tmp_path / "turned.csv", reversed(TEAMS.items()), ("name", "rating"))
    assert written(tmp_path, turned)[0]["Detroit"]["seed"] == 1
    by_rating, _ = written(tmp_path, turned, "--seed-by-rating")
    assert by_rating == written(tmp_path, teams)[0]
    few, _ = written(tmp_path, teams, "--first", 3, "--without", "Miami")
    assert {team: row["seed"] for team, row in few.items()} == {
        "Boston": 1,
        "Denver": 2,
        "Utah": 3,
    }


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_outputs_and_top(tmp_path, teams, ending):
    output = tmp_path / f"out{ending}"
    printed = bracket(teams, "--output", output, "--top", 2)
    assert len(read(output)) == 6
    assert "Denver" not in printed
    assert "4 more items not shown" in printed
    assert sorted(os.listdir(tmp_path)) == sorted([output.name, "teams.csv"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--best-of 4", "--best-of must be odd, so that somebody wins, but is 4"),
        ("--best-of x", "--best-of must be a number of games, or one a round"),
        ("--best-of 3,3", "--best-of must be one for all rounds, or one for each of 3 rounds"),
        ("--home 50", "--home needs venue"),
        ("--rounds 3", "--rounds is for --design swiss, not for single"),
        ("--design swiss --rounds 4", "--rounds is 4, but 6 items can play at most 3"),
        ("--design swiss --draw random", "--draw is for --design single or double, not for swiss"),
        ("--design double --draw best", "--draw best is for --design single"),
        ("--design groups --groups 4", "--groups is 4, but 6 items fill at most 3 groups"),
        ("--objective final", "--objective is for --draw best"),
        ("--draw listed --seed-by-rating", "which --seed-by-rating would sort"),
        ("--reseed --draw random", "--reseed pairs the best seed"),
        ("--rating elo --ability elo", "give one of them"),
        ("--ability elo", "are they Elo points? Then name them by --rating"),
        ("--ability elo --scale 400", "--scale is for ratings"),
        ("--scale -1", "--scale must be positive and finite, but is -1"),
        ("--rating points", "--rating: teams.csv has no column 'points'"),
        ("--item name", "--item: teams.csv has no column 'name'"),
        ("--first 7", "--first 7: teams.csv has 6 items"),
        ("--without Bostn", "--without: there is no item 'Bostn'; did you mean 'Boston'?"),
        ("--outcome winner", "column 'winner' is one of --results, which is not given"),
        ("--output board.txt", "the ending must be one of"),
        ("--results games.csv --draw random", "--results belong to a draw that was made"),
    ],
)
def test_options_that_cannot_be_used(teams, options, message):
    assert message in fails("bracket", teams, *options.split())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("x", "1"), ("y", "")], "elo of f.csv must hold finite numbers, but that of 'y' is ''"),
        ([("x", "1"), ("y", "nan")], "that of 'y' is 'nan'; --without 'y' leaves it out"),
        ([("x", "1"), ("x", "2")], "team of f.csv has 'x' twice"),
        ([("x", "1"), ("", "2")], "team is empty in a row of f.csv"),
        ([("x", "1")], "f.csv has 1 items to play; there must be at least 2"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, rows, message):
    assert message in fails("bracket", write_votes(tmp_path / "f.csv", rows, ("team", "elo")))


def test_files_without_the_columns(tmp_path):
    path = write_votes(tmp_path / "f.csv", [("x", 1), ("y", 2)], ("who", "elo"))
    assert "f.csv has no column item or name or team" in fails("bracket", path)
    path = write_votes(tmp_path / "f.csv", [("x", 1), ("y", 2)], ("team", "strong"))
    assert "f.csv has no column rating or elo or ability; name yours" in fails("bracket", path)
    assert "cannot read" in fails("bracket", tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("Utah", "Bostn", "Utah")], "has no item 'Bostn'; did you mean 'Boston'?"),
        ([("Utah", "Orlando", "tie")], "is a knockout game, which somebody wins"),
        ([("Utah", "Boston", "Utah")], "cannot happen in this design after the other results"),
        ([("Boston", "Miami", "Miami")], "give those that led to it, and no game twice"),
    ],
)
def test_results_that_cannot_be_used(tmp_path, teams, rows, message):
    if "Boston" in rows[0] and "Utah" in rows[0]:
        rows = [*rows, *rows]
    games = write_votes(tmp_path / "games.csv", rows, ("a", "b", "winner"))
    assert message in fails("bracket", teams, "--results", games)
    assert "no column 'day'" in fails("bracket", teams, "--results", games, "--round", "day")
