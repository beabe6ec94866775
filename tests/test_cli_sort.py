"""`zermelo sort`: items sorted by a command that compares two of them."""

import json
import shlex
import sys

import duckdb
import pytest
from command_line import fails, runner

from zermelo.cli.app import app

WORDS = ["fig", "banana", "pear", "kiwi", "elderberry", "date"]
LONGEST_FIRST = ["elderberry", "banana", "pear", "kiwi", "date", "fig"]
BY_LENGTH = (
    "answer = float(len(ask['x']) > len(ask['y'])) if len(ask['x']) != len(ask['y']) else .5"
)


@pytest.fixture
def command(tmp_path):
    """Makes a command of lines of Python that set `answer` from `ask`."""

    def make(*lines, name="judge.py"):
        body = "".join(f"    {line}\n" for line in lines)
        path = tmp_path / name
        path.write_text(
            "import json, os, sys, time\n"
            f"asked = open({str(tmp_path / 'asked')!r}, 'a')\n"
            "for line in sys.stdin:\n"
            "    ask = json.loads(line)\n"
            "    print(line, end='', file=asked, flush=True)\n"
            f"{body}"
            "    print(json.dumps(answer), flush=True)\n"
        )
        return shlex.join([sys.executable, "-I", "-S", str(path)])

    return make


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("".join(f"{word}\n" for word in WORDS))
    return path


def sort(*arguments, **options):
    """What `zermelo sort --json` prints."""
    result = runner.invoke(app, ["sort", *map(str, arguments), "--json"], **options)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def asked(tmp_path):
    return [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]


def test_lines_of_text(tmp_path, words, command):
    result = sort(words, "--compare", command(BY_LENGTH), "--method", "merge")
    assert result["ranked"] == LONGEST_FIRST
    assert [WORDS[position] for position in result["order"]] == LONGEST_FIRST
    assert result["complete"]
    assert result["method"] == "merge"
    asks = asked(tmp_path)
    assert len(asks) == result["n_calls"] == 2 * result["n_pairs"]
    # Every pair in both orders, and no ask twice.
    assert len({ask["id"] for ask in asks}) == len(asks)
    shown = {(ask["x"], ask["y"]) for ask in asks}
    assert shown == {(y, x) for x, y in shown}
    first = asks[0]
    positions = WORDS.index(first["x"]), WORDS.index(first["y"])
    assert first["id"] == f"{positions[0]}-{positions[1]}"


def test_the_table(words, command):
    arguments = ["sort", words, "--compare", command(BY_LENGTH), "--method", "merge", "--top", 2]
    result = runner.invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["rank", "item"]
    assert [line.split() for line in lines[1:3]] == [["1", "elderberry"], ["2", "banana"]]
    assert lines[4] == "4 more items not shown"
    assert lines[5].startswith("merge: ")
    assert "calls about" in lines[5]


def test_standard_input(command):
    text = "\n".join([*WORDS, "", "  "])
    result = sort("-", "--compare", command(BY_LENGTH), "--presentation", "single", input=text)
    assert result["ranked"] == LONGEST_FIRST
    assert result["n_calls"] == result["n_pairs"]


def test_columns_and_files(tmp_path, command):
    table = tmp_path / "documents.csv"
    table.write_text("key,body\n007,short\n8,a longer text\n9,short\n")
    output = tmp_path / "sorted.csv"
    result = sort(
        *(table, "--column", "body", "--id", "key", "--output", output, "--top-k", 1),
        *("--compare", command(BY_LENGTH)),
    )
    assert result["ranked"][0] == "a longer text"
    assert result["ids"][0] == "8"
    rows = duckdb.sql(f"SELECT rank, item, id FROM read_csv('{output}', all_varchar=true)")
    assert rows.fetchall()[0] == ("1", "a longer text", "8")
    lines = tmp_path / "documents.jsonl"
    lines.write_text('{"id": 1, "text": "ab"}\n{"id": 2, "text": "abc"}\n')
    assert sort(lines, "--compare", command(BY_LENGTH))["ranked"] == ["abc", "ab"]


@pytest.mark.parametrize("method", ["listwise", "bogo"])
def test_methods_are_about_pairs(method, words, command):
    message = fails("sort", words, "--compare", command(BY_LENGTH), "--method", method)
    assert "--method must be one of auto, allpair, heapsort, sliding, merge" in message
    assert f"but is '{method}'" in message


def test_equal_lines_are_items_of_their_own(tmp_path, command):
    path = tmp_path / "twice.txt"
    path.write_text("a\na\na (2)\nbb\n")
    log = tmp_path / "log.jsonl"
    result = sort(path, "--compare", command(BY_LENGTH), "--log", log)
    assert result["ids"] == ["a (2)", "bb", "a", "a (3)"]


@pytest.mark.parametrize(
    "answer",
    [
        "1 if better else 0",
        "better",
        "'left' if better else 'right'",
        "{'score': 0.9 if better else 0.2, 'why': 'longer'}",
        "{'score': 'model_a' if better else 'model_b'}",
    ],
)
def test_forms_of_answers(tmp_path, command, answer):
    path = tmp_path / "words.txt"
    path.write_text("a\nccc\nbb\n")
    judge = command("better = len(ask['x']) > len(ask['y'])", f"answer = {answer}")
    assert sort(path, "--compare", judge)["ranked"] == ["ccc", "bb", "a"]


def test_null_abstains_and_bare_words_are_labels(words, command):
    assert sort(words, "--compare", command("answer = None"))["ranked"] == WORDS
    bare = command("print('right', flush=True)", "continue")
    assert sort(words, "--compare", bare, "--presentation", "single")["ranked"] != WORDS


def test_a_log_is_not_paid_twice(tmp_path, words, command):
    log = tmp_path / "log.jsonl"
    options = ("--log", log, "--log-tag", "by length", "--method", "merge")
    judge = command(BY_LENGTH)
    first = sort(words, "--compare", judge, *options, "--budget", 6)
    assert not first["complete"]
    assert first["n_calls"] <= 6
    assert len(asked(tmp_path)) == first["n_calls"]
    second = sort(words, "--compare", judge, *options)
    assert second["ranked"] == LONGEST_FIRST
    assert len(asked(tmp_path)) == second["n_calls"]
    assert "log_tag" in fails(
        *("sort", words, "--compare", judge, "--log", log, "--log-tag", "another"),
        *("--method", "merge"),
    )


def test_a_budget_is_said(tmp_path, words, command):
    arguments = ["sort", str(words), "--compare", command(BY_LENGTH), "--budget", "4"]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "stopped by --budget" in result.stdout


def test_several_copies(tmp_path, command):
    path = tmp_path / "numbers.txt"
    path.write_text("".join(f"{'i' * (1 + 7 * index % 20)}\n" for index in range(20)))
    judge = command("time.sleep(0.002)", BY_LENGTH)
    result = sort(path, "--compare", judge, "--concurrency", 4, "--method", "merge")
    assert [len(item) for item in result["ranked"]] == list(range(20, 0, -1))
    alone = sort(path, "--compare", judge, "--method", "merge")
    assert {**alone, "n_certain": result["n_certain"]} == result


def test_a_command_that_ends(tmp_path, words, command):
    log = tmp_path / "log.jsonl"
    judge = command("if asked.tell() > 300: sys.exit(3)", BY_LENGTH)
    message = fails("sort", words, "--compare", judge, "--log", log, "--method", "merge")
    assert "the command ended with code 3 before it answered about" in message
    paid = len(log.read_text().splitlines()) - 1
    assert paid > 0
    before = len(asked(tmp_path))
    result = sort(words, "--compare", command(BY_LENGTH), "--log", log, "--method", "merge")
    assert len(asked(tmp_path)) - before == result["n_calls"] - paid


def test_a_command_that_cannot_be_started(words):
    message = fails("sort", words, "--compare", "no-such-command-here 2>/dev/null")
    assert "the command ended with code" in message


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("'better'", "answered '\"better\"' about 'pear' and 'kiwi', but that is no label"),
        ("-1", "answered '-1' about 'pear' and 'kiwi', but a score lies between 0 and 1"),
        ("float('nan')", "but a score lies between 0 and 1"),
        ("{'winner': 1}", 'but it has no "score"'),
        ("[1]", "but that is no score"),
    ],
)
def test_answers_that_are_none(tmp_path, command, answer, message):
    path = tmp_path / "two.txt"
    path.write_text("pear\nkiwi\n")
    assert message in fails("sort", path, "--compare", command(f"answer = {answer}"))


def test_bad_arguments(tmp_path, words, command):
    judge = ("--compare", command(BY_LENGTH))
    assert "cannot read" in fails("sort", tmp_path / "none.txt", *judge)
    assert "--column is for files with columns" in fails("sort", words, *judge, "--column", "x")
    assert "--top-k must be from 1 to 6, the number" in fails("sort", words, *judge, "--top-k", 9)
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    assert "has no items" in fails("sort", empty, *judge)
    table = tmp_path / "table.csv"
    table.write_text("key,body\n1,x\n2,\n")
    assert "--column says which holds the items" in fails("sort", table, *judge)
    assert "body is empty in row 2" in fails("sort", table, *judge, "--column", "body")
    assert "no column 'bodi'; did you mean 'body'?" in fails(
        "sort", table, *judge, "--column", "bodi"
    )
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "it is not UTF-8 text" in fails("sort", binary, *judge)
    assert "Missing option '--compare'" in fails("sort", words, code=2)


def test_the_log_makes_comparisons_of_what_was_shown(tmp_path, words, command):
    log = tmp_path / "log.jsonl"
    result = sort(words, "--compare", command(BY_LENGTH), "--log", log, "--method", "merge")
    lines = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    assert len(lines) == result["n_calls"]
    assert {(line["x"], line["y"]) for line in lines} == {
        (ask["x"], ask["y"]) for ask in asked(tmp_path)
    }
