"""`zermelo elo`: files of games in, ratings and histories out."""

import os
import re

import duckdb
import numpy as np
import pytest
from command_line import BASEBALL, fails, runner, write_votes

import zermelo as zm
from zermelo.cli.app import app

GAMES = [("x", "y", 3, 1), ("y", "z", 2, 2), ("z", "x", 0, 4), ("x", "z", 1, 2), ("y", "x", 5, 0)]
HEADER = ("home", "away", "home_points", "away_points")
POINTS = ("--points", "home_points", "away_points")


def elo(*arguments):
    """What `zermelo elo` prints."""
    result = runner.invoke(app, ["elo", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def read(path):
    """The rows of a file as dicts, with the items as they are written."""
    text = path.suffix == ".csv" and "item" in path.read_text().splitlines()[0]
    source = f"read_csv('{path}', types = {{'item': 'VARCHAR'}})" if text else f"'{path}'"
    found = duckdb.sql(f"SELECT * FROM {source}")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def ratings(tmp_path, *arguments):
    """Ratings by item in full precision, and what is printed."""
    output = tmp_path / "ratings.csv"
    printed = elo(*arguments, "--output", output)
    return {row["item"]: row["rating"] for row in read(output)}, printed


def by_item(fit):
    return dict(zip(fit.items.tolist(), fit.rating.tolist(), strict=True))


@pytest.fixture
def games(tmp_path):
    return write_votes(tmp_path / "games.csv", GAMES, HEADER)


def test_baseball(tmp_path):
    found, printed = ratings(tmp_path, BASEBALL)
    rows = duckdb.sql(f"SELECT * FROM '{BASEBALL}'").fetchnumpy()
    home, away, winner = (rows[name].astype(object) for name in ("home", "away", "winner"))
    fit = zm.elo(zm.Comparisons(home, away, winner, count=rows["games"]))
    assert found == pytest.approx(by_item(fit), abs=1e-9)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    lines = printed.splitlines()
    assert lines[0].split() == ["rank", "item", "rating", "games", "peak"]
    assert lines[1].split()[3] == "78"
    assert "7 items, 273 games from baseball.csv (home, away, winner, games)" in printed
    assert f"log loss {fit.log_loss():.4f}, Brier score {fit.brier():.4f}" in printed
    assert f"accuracy {100 * fit.accuracy():.1f}%" in printed


def test_points_say_who_won_and_by_how_much(tmp_path, games):
    a, b, ours, theirs = zip(*GAMES, strict=True)
    ahead = np.subtract(ours, theirs)
    data = zm.Comparisons(list(a), list(b), (1 + np.sign(ahead)) / 2, margin=ahead)
    found, printed = ratings(tmp_path, games, *POINTS, "--k", 20, "--home", 30)
    assert found == pytest.approx(by_item(zm.elo(data, k=20.0, position_effect=30.0)), abs=1e-9)
    assert "3 items, 5 games (20.0% ties)" in printed
    for rule in ("log", "power"):
        found, _ = ratings(tmp_path, games, *POINTS, "--margin-rule", rule)
        assert found == pytest.approx(by_item(zm.elo(data, margin=rule)), abs=1e-9)


def test_every_option_reaches_the_replay(tmp_path):
    header = ("a", "b", "outcome", "day", "season", "by", "elsewhere", "times", "matters")
    rows = [
        ("x", "y", "left", "2021-03-01", 2021, 3, 0, 1, 1),
        ("y", "z", "left", "2020-03-01", 2020, 5, 1, 2, 0.5),
        ("z", "x", "tie", "2020-02-01", 2020, 0, "FALSE", 1, 2),
        ("y", "x", "right", "2021-04-01", 2021, 1, "true", 1, 1),
    ]
    path = write_votes(tmp_path / "games.csv", rows, header)
    options = (
        "--time day --period season --margin by --neutral elsewhere --count times --weight matters "
        "--k 24 --scale 300 --base 2 --initial 1000 --home 40 --margin-rule power --reversion 0.5 "
        "--revert-to 900"
    )
    found, _ = ratings(tmp_path, path, *options.split())
    data = zm.Comparisons(
        list("xyzy"),
        list("yzxx"),
        [1, 1, 0.5, 0],
        time=np.array([row[3] for row in rows], "M8[D]"),
        period=[2021, 2020, 2020, 2021],
        margin=[3.0, 5, 0, 1],
        neutral=[False, True, False, True],
        count=[1, 2, 1, 1],
        weight=[1, 0.5, 2, 1],
    )
    fit = zm.elo(
        data,
        k=24.0,
        scale=300.0,
        base=2.0,
        initial=1000.0,
        position_effect=40.0,
        margin="power",
        reversion=0.5,
        reversion_to=900.0,
    )
    assert found == pytest.approx(by_item(fit), abs=1e-9)


@pytest.mark.parametrize(
    "times",
    [
        ["10", "9", "2"],
        ["1e1", "9.5", "-2"],
        ["9007199254740993", "9007199254740992", "9007199254740991"],
        ["2020-03-01", "2020-02-28", "2019-12-31"],
        ["2020-03-01 10:00", "2020-03-01 09:00", "2020-02-28"],
        ["2020-03-01T10:00:00+02:00", "2020-03-01T07:30:00Z", "2020-03-01 05:00:00"],
    ],
)
def test_times_are_numbers_or_dates(tmp_path, times):
    rows = [("x", "y", 1, times[0]), ("y", "z", 1, times[1]), ("z", "x", 1, times[2])]
    path = write_votes(tmp_path / "games.csv", rows, ("a", "b", "outcome", "when"))
    turned = write_votes(tmp_path / "turned.csv", rows[::-1], ("a", "b", "outcome", "when"))
    assert ratings(tmp_path, path, "--time", "when")[0] == ratings(tmp_path, turned)[0]
    assert ratings(tmp_path, path)[0] != ratings(tmp_path, turned)[0]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_rows_stay_in_order(tmp_path, threads, ending):
    """Over several files, each of several of the pieces that DuckDB reads at a time."""
    generator = np.random.default_rng(1)
    rows = 400_000
    a = generator.integers(0, 50, rows)
    b = (a + generator.integers(1, 50, rows)) % 50
    score = generator.integers(0, 2, rows)
    connection = duckdb.connect()
    connection.register("games", {"a": a, "b": b, "outcome": score, "number": np.arange(rows)})
    options = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet", "jsonl": "FORMAT json"}
    for part in range(2):
        connection.execute(
            f"COPY (SELECT a, b, outcome FROM games WHERE number % 2 = {part} ORDER BY number) "
            f"TO '{tmp_path}/{part}.{ending}' ({options[ending]})"
        )
    order = np.concatenate([np.arange(0, rows, 2), np.arange(1, rows, 2)])
    fit = zm.elo(zm.Comparisons(a[order], b[order], score[order]))
    found, _ = ratings(tmp_path, *sorted(tmp_path.glob(f"*.{ending}")), "--threads", threads)
    assert found == {str(item): rating for item, rating in by_item(fit).items()}


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_history(tmp_path, games, ending):
    path = tmp_path / f"history{ending}"
    elo(games, *POINTS, "--history", path)
    rows = read(path)
    assert [(row["a"], row["b"]) for row in rows] == [game[:2] for game in GAMES]
    data = zm.Comparisons([g[0] for g in GAMES], [g[1] for g in GAMES], [1, 0.5, 0, 0, 1])
    fit = zm.elo(data, history=True)
    assert [row["score"] for row in rows] == [1, 0.5, 0, 0, 1]
    assert [row["expected"] for row in rows] == pytest.approx(fit.expected, abs=1e-12)
    for side, name in enumerate("ab"):
        for when in ("before", "after"):
            kept = [row[f"{when}_{name}"] for row in rows]
            assert kept == pytest.approx(getattr(fit, when)[:, side], abs=1e-9)
    assert sorted(os.listdir(tmp_path)) == ["games.csv", path.name]


def test_permutations(tmp_path, games):
    printed = elo(games, *POINTS, "--permutations", 50, "--seed", 3, "--top", 1)
    data = zm.Comparisons([g[0] for g in GAMES], [g[1] for g in GAMES], [1, 0.5, 0, 0, 1])
    interval = zm.elo(data, permutations=50, seed=3).permutations.interval()
    header, row = printed.splitlines()[:2]
    assert re.split(r"\s{2,}", header.strip())[-2:] == ["mean", "95% interval"]
    place = list(data.items).index(row.split()[1])
    assert row.split()[-4] == f"{interval.rating[place]:.1f}"
    assert row.endswith(f"{interval.lower[place]:.1f} – {interval.upper[place]:.1f}")
    assert "2 more items not shown" in printed


def test_initial_ratings_and_resets_from_files(tmp_path, games):
    begin = write_votes(tmp_path / "begin.csv", [("x", 1700), ("w", 1200)], ("team", "elo"))
    found, printed = ratings(tmp_path, games, *POINTS, "--initial", begin)
    data = zm.Comparisons([g[0] for g in GAMES], [g[1] for g in GAMES], [1, 0.5, 0, 0, 1])
    assert found == pytest.approx(by_item(zm.elo(data, initial={"x": 1700.0})), abs=1e-9)
    assert "2 items not in begin.csv began at 1500" in printed
    assert "1 item of begin.csv without a game" in printed
    # A board that was written before: the replay goes on from it.
    board = tmp_path / "board.csv"
    elo(games, *POINTS, "--output", board)
    again, _ = ratings(tmp_path, games, *POINTS, "--initial", board)
    twice = write_votes(tmp_path / "twice.csv", GAMES * 2, HEADER)
    assert again == pytest.approx(ratings(tmp_path, twice, *POINTS)[0], abs=1e-9)

    rows = [(*game, 1 + (place > 2)) for place, game in enumerate(GAMES)]
    seasons = write_votes(tmp_path / "seasons.csv", rows, (*HEADER, "season"))
    resets = write_votes(tmp_path / "resets.csv", [("z", 2, 1300)], ("item", "period", "rating"))
    found, _ = ratings(tmp_path, seasons, *POINTS, "--period", "season", "--resets", resets)
    data = zm.Comparisons(
        [g[0] for g in GAMES], [g[1] for g in GAMES], [1, 0.5, 0, 0, 1], period=[1, 1, 1, 2, 2]
    )
    assert found == pytest.approx(by_item(zm.elo(data, resets={("z", 2): 1300.0})), abs=1e-9)


def test_rows_can_be_left_out(tmp_path):
    rows = [("x", "y", "x"), ("y", "w", "w"), ("x", "x", "x"), ("z", "y", "void"), ("z", "x", "z")]
    header = ("home", "away", "winner")
    path = write_votes(tmp_path / "games.csv", rows, header)
    found, printed = ratings(tmp_path, path, "--drop", "void", "--without", "w")
    kept = write_votes(tmp_path / "kept.csv", [rows[0], rows[4]], header)
    assert found == ratings(tmp_path, kept)[0]
    assert "1 comparison with winner 'void' dropped" in printed
    assert "1 comparison of an item with itself left out" in printed
    later = [*GAMES, ("x", "y", "NA", "NA")]
    path = write_votes(tmp_path / "later.csv", later, HEADER)
    played = write_votes(tmp_path / "played.csv", GAMES, HEADER)
    found, printed = ratings(tmp_path, path, *POINTS, "--drop", "NA")
    assert found == ratings(tmp_path, played, *POINTS)[0]
    assert "1 comparison with home_points or away_points 'NA' dropped" in printed


def test_typed_columns_and_whole_number_labels(tmp_path):
    path, history = tmp_path / "games.parquet", tmp_path / "history.parquet"
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES (10, 9, 0.5, DATE '2021-01-01', 7, false), "
        "(9, 10, 1.0, DATE '2020-01-01', 6, true)) AS t(a, b, outcome, day, season, away)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    options = "--time day --period season --neutral away --home 50"
    elo(path, *options.split(), "--history", history)
    rows = read(history)
    assert [row["a"] for row in rows] == [10, 9]
    assert [row["period"] for row in rows] == [7, 6]
    assert rows[1]["before_a"] == 1500
    assert rows[1]["expected"] == 0.5
    assert rows[0]["before_b"] == 1516


def test_presets(tmp_path, games):
    found, _ = ratings(tmp_path, games, *POINTS, "--preset", "fide")
    data = zm.Comparisons([g[0] for g in GAMES], [g[1] for g in GAMES], [1, 0.5, 0, 0, 1])
    assert found == pytest.approx(by_item(zm.elo(data, **zm.presets.fide())), abs=1e-9)
    changed, _ = ratings(tmp_path, games, *POINTS, "--preset", "fide", "--k", 32)
    assert changed == pytest.approx(by_item(zm.elo(data)), abs=1e-9)


@pytest.mark.data
def test_basketball(tmp_path, data_path):
    """Published ratings of FiveThirtyEight, up to the game that the publisher has wrong."""
    source = data_path("nba_games_1946_2015.csv.gz")
    begin = tmp_path / "begin.csv"
    sides = "SELECT gameorder, fran_id AS item, elo_i AS rating FROM '{0}' UNION ALL "
    sides += "SELECT gameorder, opp_fran, opp_elo_i FROM '{0}'"
    duckdb.execute(
        f"COPY (SELECT item, arg_min(rating, gameorder) AS rating "
        f"FROM ({sides.format(source)}) GROUP BY item) TO '{begin}' (FORMAT csv, HEADER)"
    )
    history = tmp_path / "history.parquet"
    columns = "--a fran_id --b opp_fran --points pts opp_pts --neutral neutral --period year_id"
    options = ["--preset", "nba", "--initial", begin, "--history", history, "--top", 3]
    printed = elo(source, *columns.split(), *options)
    assert "53 items, 63,157 games" in printed
    ours = duckdb.sql(f"SELECT after_a, after_b, expected FROM '{history}'").fetchnumpy()
    theirs = duckdb.sql(
        f"SELECT elo_n, opp_elo_n, forecast FROM '{source}' ORDER BY gameorder"
    ).fetchnumpy()
    for mine, published in zip(ours.values(), theirs.values(), strict=True):
        np.testing.assert_allclose(mine[:63_155], published[:63_155], rtol=0, atol=7e-4)


@pytest.mark.data
def test_football(tmp_path, data_path):
    """American football, with the ratings that the publisher set by hand."""
    resets = write_votes(
        tmp_path / "resets.csv",
        [(*name, rating) for name, rating in zm.presets.FIVETHIRTYEIGHT_NFL_RESETS.items()],
        ("item", "period", "rating"),
    )
    source, history = data_path("nfl_games.csv.gz"), tmp_path / "history.parquet"
    columns = "--a team1 --b team2 --points score1 score2 --neutral neutral --period season"
    begin = data_path("nfl_initial_elos.csv")
    files = ["--initial", begin, "--resets", resets, "--history", history]
    elo(source, *columns.split(), "--preset", "nfl", *files)
    ours = duckdb.sql(f"SELECT before_a, before_b, expected FROM '{history}'").fetchnumpy()
    theirs = duckdb.sql(f"SELECT elo1, elo2, elo_prob1 FROM '{source}'").fetchnumpy()
    np.testing.assert_allclose(ours["before_a"], theirs["elo1"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(ours["before_b"], theirs["elo2"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(ours["expected"], theirs["elo_prob1"], rtol=0, atol=2e-6)


BAD_OPTIONS = [
    (("--k", "-1"), "--k must not be negative, but is -1"),
    (("--k", "nan"), "--k must be a finite number, but is nan"),
    (("--scale", "0"), "--scale must be positive, but is 0"),
    (("--base", "1"), "--base must be greater than 1, but is 1"),
    (("--reversion", "2"), "--reversion must be a share from 0 to 1, but is 2"),
    (("--reversion", "0.2"), "--reversion needs to know when a new season begins: --period"),
    (("--preset", "nba"), "--margin-rule (or --preset nba) needs to know how clearly games"),
    (("--margin-rule", "log"), "--margin-rule needs to know how clearly games were won: --margin"),
    (("--initial", "inf"), "--initial must be a finite number or a file, but is inf"),
    (("--initial", "nowhere.csv"), "--initial nowhere.csv: that is neither a number nor a file"),
    (("--initial", str(BASEBALL)), "it must have the columns item, rating (there are home, away"),
    (("--resets", str(BASEBALL)), "--resets needs to know when a new season begins: --period"),
    (("--time", "day"), "--time: baseball.csv has no column 'day' (there are home, away"),
    (("--period", "gmes"), "--period: baseball.csv has no column 'gmes'; did you mean 'games'?"),
    (("--points", "games", "runs"), "--points: baseball.csv has no column 'runs'"),
    (("--points", "games", "games"), "--points names 'games' twice"),
    (("--points", "a", "b", "--outcome", "c"), "--points says who won, and so does --outcome"),
    (("--margin", "winner"), "winner must be finite, but baseball.csv has 'home'"),
    (("--neutral", "winner"), "winner must be true or false, or 1 or 0, but baseball.csv has"),
    (("--time", "winner"), "winner must hold numbers, or dates such as 2024-05-31, all alike"),
    (("--without", "NYM"), "--without: there is no item 'NYM'; did you mean 'NYY'?"),
    (("--output", "ratings.txt"), "--output ratings.txt: the ending must be one of .csv"),
    (("--history", "games.txt"), "--history games.txt: the ending must be one of .csv"),
    (("--history", "x.csv", "--output", "x.csv"), "--output and --history both name x.csv"),
    (("--drop", "tie"), "--drop: winner has no label 'tie'; it has 'home' (154), 'away' (119)"),
    (("--k", "1e308"), "use a smaller --k"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_option(monkeypatch, tmp_path, options, message):
    monkeypatch.chdir(tmp_path)
    assert message in fails("elo", BASEBALL, *options)
    assert os.listdir(tmp_path) == []


BAD_FILES = [
    ("a,b,outcome\n", "", "games.csv has no rows"),
    ("a,b,outcome\nx,y,\n", "", "outcome is empty in 1 comparison of games.csv; --drop ''"),
    ("a,b,outcome\nx,y,huh\n", "", "outcome has labels that are not known: 'huh' (1)"),
    ("a,b,outcome\n,y,1\n", "", "a is empty in 1 row of games.csv"),
    ("a,b,outcome\nx,x,1\n", "", "games.csv compares no item with another"),
    ("a,b,outcome,count\nx,y,1,2.5\n", "", "count must be whole and non-negative, but games.csv"),
    ("a,b,outcome,count\nx,y,1,0\n", "", "--count: it is 0 in every row of games.csv"),
    (
        "a,b,outcome,count,w\nx,y,1,0,1\nx,y,1,1,0\n",
        "--weight w",
        "--count or --weight: it is 0 in every row of games.csv",
    ),
    ("a,b,outcome,w\nx,y,1,-1\n", "--weight w", "w must be finite and non-negative, but games.c"),
    ("a,b,outcome,t\nx,y,1,3\ny,x,1,nan\n", "--time t", "all alike, but games.csv has 'nan'"),
    ("a,b,outcome,t\nx,y,1,2020-02-30\n", "--time t", "but games.csv has '2020-02-30'"),
    ("a,b,outcome,t\nx,y,1,\n", "--time t", "all alike, but games.csv has ''"),
    ("a,b,outcome,p\nx,y,1,\n", "--period p", "p is empty in 1 row of games.csv"),
    ("a,b,p,q\nx,y,1,NA\n", "--points p q", "q must be finite, but games.csv has 'NA'"),
    ("a,b,p,q\nx,y,1,0\n", "--points p q --drop NA", "--drop: p or q is nowhere 'NA'"),
    ("a,b,p,q\nx,y,1,0\n", "--points p q --score x=1", "--score gives outcomes a meaning"),
    ("winner,loser\nx,y\n", "--home 50", "--home needs to know who was first, which columns of"),
    ("winner,loser\nx,y\n", "--drop x", "--drop and --score need a column of outcomes"),
    ("winner,loser\nx,y\n", "--without x", "--without leaves no games of games.csv"),
    ("a,b,outcome,p\nx,y,1,1\n", "--period p --reversion .5 --permutations 9", "leave out one"),
]


@pytest.mark.parametrize(("content", "options", "message"), BAD_FILES)
def test_bad_file(tmp_path, content, options, message):
    path = tmp_path / "games.csv"
    path.write_text(content)
    assert message in fails("elo", path, *options.split())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,rating\nx,1500\nx,1600\n", "'x' is there twice"),
        ("item,rating\nx,high\n", "a rating must be a finite number, but that of x is 'high'"),
        ("item,rating\nw,1500\n", "names no item of games.csv"),
        ("item,rating\n", "it has no rows"),
    ],
)
def test_bad_file_of_ratings(tmp_path, games, content, message):
    path = tmp_path / "begin.csv"
    path.write_text(content)
    assert message in fails("elo", games, *POINTS, "--initial", path)


def test_bad_resets(tmp_path, games):
    resets = write_votes(tmp_path / "resets.csv", [("v", 1, 2)], ("item", "period", "rating"))
    options = (*POINTS, "--period", "home_points", "--resets", resets)
    assert "the games have no item 'v'" in fails("elo", games, *options)
    write_votes(resets, [("x", 2, 1500)], ("item", "period", "rating"))
    assert "has no game in that period" in fails("elo", games, *options)


def test_help():
    result = runner.invoke(app, ["elo", "--help"])
    assert result.exit_code == 0
    assert "--permutations" in result.stdout
