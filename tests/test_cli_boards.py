"""The command line: a board a category, tie models and the position effect."""

import duckdb
import numpy as np
import pytest
from command_line import BASEBALL, VOTES, fails, rank, runner, write_votes

import zermelo as zm
from zermelo.cli.app import app

HEADER = ("left", "right", "winner", "task")
SWAPPED = {"left": "right", "right": "left", "tie": "tie"}
# Talk is judged the other way round than code; in tiny nobody ever beats x.
ROWS = [
    *((*row, "code") for row in VOTES),
    *((a, b, SWAPPED[won], "talk") for a, b, won in VOTES),
    ("w", "x", "left", "talk"),
    ("x", "w", "left", "talk"),
    ("x", "y", "left", "tiny"),
]


def written(path):
    """The rows of a file that was written, by category."""
    rows = duckdb.sql(f"SELECT * FROM '{path}'").fetchall()
    names = [column[0] for column in duckdb.sql(f"SELECT * FROM '{path}'").description]
    assert names[0] == "category"
    boards = {}
    for row in rows:
        boards.setdefault(row[0], []).append(dict(zip(names[1:], row[1:], strict=True)))
    return boards


def assert_is(board, fit):
    """The written board holds the ratings and ranks of the fit."""
    for row in board:
        place = fit.items.tolist().index(row["item"])
        assert row["rank"] == fit.rank()[place]
        assert row["rating"] == pytest.approx(fit.rating[place], abs=1e-6)
        assert row["comparisons"] == fit.comparisons[place]
    assert len(board) == fit.n_items


def rated(task, keep=None, **options):
    rows = [row for row in ROWS if row[3] == task and not ({*row[:2]} & set(keep or ()))]
    a, b, won, _ = zip(*rows, strict=True)
    return zm.bradley_terry(zm.Comparisons(list(a), list(b), list(won)), **options)


def boards_of(path, *arguments):
    """What the command prints for boards by task."""
    return runner.invoke(app, ["rank", str(path), "--by", "task", *map(str, arguments)])


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_a_board_a_category(tmp_path, ending):
    path = write_votes(tmp_path / "v.csv", ROWS, HEADER)
    output = tmp_path / f"boards{ending}"
    result = boards_of(path, "--output", output)
    assert result.exit_code == 0, result.output
    # One line for the category that cannot be rated; the others are printed.
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("zermelo: 'tiny' is not rated: The comparison graph is not")
    assert "Use --prior 1, --components largest" in result.stderr
    headings = [line for line in result.stdout.splitlines() if line.startswith("task: ")]
    assert headings == ["task: code", "task: talk"]
    assert "2 boards, 4 items, 15 comparisons (13.3% ties) from v.csv" in result.stdout
    assert "(left, right, winner, task)" in result.stdout
    boards = written(output)
    assert list(boards) == ["code", "talk"]
    for task, board in boards.items():
        assert_is(board, rated(task))


def test_options_work_within_each_board(tmp_path):
    rows = [*ROWS, ("v", "w", "left", "talk")]
    path = write_votes(tmp_path / "v.csv", rows, HEADER)
    output = tmp_path / "boards.csv"
    result = boards_of(
        path, "--output", output, "--min-comparisons", 2, "--anchor", "y=1500", "--top", 2,
        "--components", "largest",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "'tiny' is not rated: --min-comparisons 2 leaves no two items" in result.stderr
    assert "1 item with fewer than 2 comparisons left out" in result.stdout
    assert result.stdout.count("more items not shown") == 2
    boards = written(output)
    # Without v, w keeps two comparisons, as many as it needs.
    assert_is(boards["talk"], rated("talk").rescale(anchor=("y", 1500)))
    assert_is(boards["code"], rated("code").rescale(anchor=("y", 1500)))
    result = boards_of(path, "--without", "w", "--without", "v", "--output", output)
    assert_is(written(output)["talk"], rated("talk", ["w"]))


def test_an_anchor_that_some_boards_lack(tmp_path):
    path = write_votes(tmp_path / "v.csv", ROWS[:-1], HEADER)
    printed = boards_of(path, "--anchor", "w=1000").stdout
    assert "category 'code': the anchor 'w' is not rated there" in printed
    assert "no item 'u'" in fails("rank", path, "--by", "task", "--anchor", "u=1000")


def test_whole_numbers_and_counts_from_parquet(tmp_path):
    path = tmp_path / "v.parquet"
    duckdb.sql(
        "SELECT * FROM (VALUES (1, 2, 1.0, 10, 3), (2, 1, 1.0, 10, 2), (1, 2, 1.0, 9, 5), "
        "(2, 1, 1.0, 9, 6)) AS v(a, b, outcome, task, count)"
    ).write_parquet(str(path))
    output = tmp_path / "boards.csv"
    assert boards_of(path, "--output", output).exit_code == 0
    boards = written(output)
    assert list(boards) == [9, 10]
    assert [row["item"] for row in boards[9]] == [2, 1]
    assert boards[10][0]["ability"] == pytest.approx(np.log(1.5) / 2)


def test_groups_apart_in_one_board_only(tmp_path):
    path = write_votes(tmp_path / "v.csv", ROWS, HEADER)
    output = tmp_path / "boards.csv"
    assert boards_of(path, "--components", "separate", "--output", output).exit_code == 0
    boards = written(output)
    assert [row["group"] for row in boards["code"]] == [1, 1, 1]
    assert sorted(row["group"] for row in boards["tiny"]) == [1, 2]


def test_on_a_terminal(tmp_path):
    path = write_votes(tmp_path / "v.csv", ROWS[:-1], ("left", "right", "winner", "[b]task"))
    environment = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "120"}
    result = runner.invoke(app, ["rank", str(path), "--by", "[b]task"], env=environment)
    assert result.exit_code == 0, result.output
    assert "[b]task: code" in result.stdout
    assert result.stdout.count("●") == 7


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (
            ROWS,
            ("--by", "tusk"),
            "--by: v.csv has no column 'tusk'; did you mean 'task'? (there are",
        ),
        (ROWS, ("--by", "tusk"), "(there are left, right, winner, task)"),
        ([*ROWS, ("x", "y", "tie", "")], ("--by", "task"), "task is empty in 1 row of v.csv"),
        (ROWS[-1:], ("--by", "task"), "The comparison graph is not strongly connected"),
        (
            [*ROWS[-1:], ("v", "w", "left", "small")],
            ("--by", "task"),
            "no board can be rated; category 'small', the first of them: The comparison graph",
        ),
        (ROWS, ("--by", "task", "--min-comparisons", "99"), "--min-comparisons 99 leaves no two"),
    ],
)
def test_bad_input(tmp_path, rows, options, message):
    path = write_votes(tmp_path / "v.csv", rows, HEADER)
    assert message in fails("rank", path, *options)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_tie_models_and_the_position_effect(tmp_path, ties):
    random = np.random.default_rng(3)
    a = random.integers(0, 5, 400)
    b = (a + random.integers(1, 5, 400)) % 5
    won = random.choice(["left", "right", "tie"], 400, p=[0.5, 0.2, 0.3])
    path = write_votes(tmp_path / "v.csv", list(zip(a, b, won, strict=True)))
    expected = zm.bradley_terry(
        zm.Comparisons([str(i) for i in a], [str(i) for i in b], won.tolist()),
        ties=ties,
        position_effect=True,
    )
    printed = rank(path, "--ties", ties, "--position-effect")
    assert f"tie parameter ({ties}) {expected.tie_parameter:.3f} (95% interval " in printed
    effect = f"position effect {expected.position_effect:.3f} in log-odds for the first item"
    assert f"{effect} (95% interval " in printed
    first = printed.splitlines()[1].split()
    assert first[2] == f"{expected.rating.max():.1f}"
    assert "tie parameter" not in rank(path, "--position-effect")
    with_tasks = [(*row, "one") for row in zip(a, b, won, strict=True)]
    path = write_votes(tmp_path / "t.csv", with_tasks, HEADER)
    assert effect in boards_of(path, "--ties", ties, "--position-effect").stdout


def test_tie_models_that_cannot_be_fitted(tmp_path):
    assert "no tie: its estimate would be on the boundary; use --ties half" in fails(
        "rank", BASEBALL, "--ties", "davidson"
    )
    rows = [("x", "y"), ("y", "x")]
    path = write_votes(tmp_path / "v.csv", rows, ("winner", "loser"))
    assert "position_effect needs to know who was shown first" in fails(
        "rank", path, "--position-effect"
    )


@pytest.mark.data
def test_prompts_of_real_votes(tmp_path, data_path):
    output = tmp_path / "boards.parquet"
    path = data_path("llmfao_crowd.csv.gz")
    result = runner.invoke(
        app, ["rank", str(path), "--by", "prompt", "--prior", "1", "--output", str(output)]
    )
    assert result.exit_code == 0, result.output
    boards = written(output)
    assert len(boards) == 13
    chosen = f"""SELECT "left", "right", winner FROM '{path}' WHERE prompt = 11"""
    votes = duckdb.sql(chosen).fetchnumpy()
    a, b, won = (votes[column].tolist() for column in ("left", "right", "winner"))
    assert_is(boards["11"], zm.bradley_terry(zm.Comparisons(a, b, won), prior=1.0))
