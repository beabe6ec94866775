"""The log: what it says, what it is bound to, and that no answer is paid for twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zermelo.errors import ComparatorError, InputError
from zermelo.sorting import Sorter, sort

ITEMS = ["e", "b", "d", "a", "c", "f"]


def before(x: str, y: str) -> bool:
    return x < y


class Counting:
    """A comparator that keeps what it was asked, and fails at some call."""

    def __init__(self, fails_at: int | None = None, error: type[Exception] = KeyError) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fails_at = fails_at
        self.error = error

    def __call__(self, x: str, y: str) -> bool:
        if len(self.asked) == self.fails_at:
            raise self.error("on purpose")
        self.asked.append((x, y))
        return x < y


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_a_log_says(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    result = sort(ITEMS, before, method="merge", log=path, log_tag="model 1, prompt 2")
    header, *entries = lines(path)
    assert header["n"] == 6
    assert header["method"]["class"] == "Merge"
    assert header["log_tag"] == "model 1, prompt 2"
    assert len(entries) == result.n_calls
    assert all(entry["score"] == float(entry["x"] < entry["y"]) for entry in entries)
    assert len({entry["id"] for entry in entries}) == len(entries)


@pytest.mark.parametrize("arguments", [{}, {"choose": min}, {"rank": sorted}])
def test_a_finished_log_gives_the_result_without_a_call(
    arguments: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl"
    if "choose" in arguments:
        comparator = {"choose": lambda items: items.index(min(items))}
    elif "rank" in arguments:
        comparator = {"rank": lambda items: sorted(range(len(items)), key=items.__getitem__)}
    else:
        comparator = {"compare": before}
    first = sort(ITEMS, **comparator, log=path)
    (name,) = comparator
    never = {name: Counting(fails_at=0)}
    again = sort(ITEMS, **never, log=path)  # type: ignore[arg-type]
    assert again.order.tolist() == first.order.tolist()
    assert (again.n_calls, again.n_paid) == (first.n_calls, 0)
    assert (again.n_rounds, again.n_pairs) == (first.n_rounds, first.n_pairs)
    assert again.comparisons.outcome.tolist() == first.comparisons.outcome.tolist()


@pytest.mark.parametrize("stops_at", range(0, 24, 3))
def test_a_run_takes_up_where_another_has_stopped(stops_at: int, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    whole = Counting()
    expected = sort(ITEMS, whole, method="allpair")
    first, second = Counting(stops_at), Counting()
    with pytest.raises(KeyError, match="on purpose"):
        sort(ITEMS, first, method="allpair", log=path)
    result = sort(ITEMS, second, method="allpair", log=path)
    assert first.asked + second.asked == whole.asked
    assert result.order.tolist() == expected.order.tolist()
    assert result.n_calls == expected.n_calls
    assert result.n_paid == len(second.asked)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 1 << 32),
    st.sampled_from(["merge", "heapsort", "knockout", "sliding", "quickselect", "adaptive"]),
    st.sampled_from(["both", "random", "escalate"]),
    st.lists(st.integers(0, 30), max_size=4),
    st.sampled_from([1, 3]),
)
def test_whatever_stops_it_a_sort_ends_the_same(
    seed: int, method: str, presentation: str, stops: list[int], concurrency: int
) -> None:
    """Runs that end after some calls by an error, and one that ends by itself."""
    calls = 0
    bought: list[tuple[int, int]] = []

    def compare(x: int, y: int) -> float | None:
        return random.Random(f"{seed} {x} {y}").choice([0.0, 1.0, 0.5, 0.6, None])

    arguments: dict[str, Any] = {"method": method, "presentation": presentation, "seed": seed}
    expected = sort(range(9), compare, **arguments)
    with tempfile.TemporaryDirectory() as folder:
        arguments |= {"log": Path(folder) / "log.jsonl"}
        for stop in stops:

            def stopping(x: int, y: int, stop: int = stop) -> float | None:
                nonlocal calls
                calls += 1
                if calls > stop:
                    raise RuntimeError
                bought.append((x, y))
                return compare(x, y)

            calls = 0
            with contextlib.suppress(RuntimeError):
                sort(range(9), stopping, **arguments)
        result = sort(range(9), compare, **arguments, concurrency=concurrency)
    assert len(bought) == len(set(bought)) == result.n_calls - result.n_paid
    assert result.order.tolist() == expected.order.tolist()
    for name in ("n_calls", "n_pairs", "n_lookups", "n_rounds", "n_certain", "cycles"):
        assert getattr(result, name) == getattr(expected, name), name


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    sort(ITEMS, before, method="merge", log=path)
    whole = path.read_bytes()
    begin = whole[:-1].rindex(b"\n") + 1
    for end in range(len(whole) - 1, begin, -7):
        path.write_bytes(whole[:end])
        compare = Counting()
        sort(ITEMS, compare, method="merge", log=path)
        # Where only the end of the line is missing the answer is there.
        assert len(compare.asked) == (0 if end == len(whole) - 1 else 1)
        assert path.read_bytes() == whole
    header = whole.index(b"\n")
    for end in (0, 5, 40, header):
        path.write_bytes(whole[:end])
        assert sort(ITEMS, before, method="merge", log=path).n_paid > 0
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"items": ["x", *ITEMS[1:]]}, "ids or items"),
        ({"items": ITEMS[::-1]}, "ids or items"),
        ({"items": ITEMS[:4]}, "its n is 6, but here it is 4"),
        ({"method": "allpair"}, "its method is"),
        ({"presentation": "single"}, "its presentation is 'both', but here it is 'single'"),
        ({"seed": 1}, "its seed is 0, but here it is 1"),
        ({"top_k": 2}, "its top_k is None, but here it is 2"),
        ({"log_tag": "other"}, "its log_tag is 'one', but here it is 'other'"),
        ({"initial": [5, 4, 3, 2, 1, 0]}, "initial order are others"),
    ],
)
def test_the_log_of_another_sort_is_refused(
    arguments: dict[str, Any], names: str, tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl"
    given: dict[str, Any] = {"items": ITEMS, "compare": before, "method": "merge", "log_tag": "one"}
    sort(**given, log=path)
    whole = path.read_bytes()
    with pytest.raises(InputError, match=f"belongs to another sort: its? ?.*{names[4:]}"):
        sort(**given | arguments, log=path)
    assert path.read_bytes() == whole


def test_what_auto_chose_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first = sort(ITEMS, before, log=path)
    content = path.read_text()
    other = "AllPair" if first.method != "allpair" else "Merge"
    header = json.loads(content.splitlines()[0]) | {"method": {"class": other}}
    path.write_text(json.dumps(header) + "\n")
    again = sort(ITEMS, before, log=path, concurrency=4)
    assert again.method != first.method
    assert again.ranked == first.ranked


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line[:-4], "line 3: .* is no JSON"),
        (lambda line: "[]", r"line 3: '\[\]' is no JSON"),
        (lambda line: line.replace('"x": "', '"x": "z'), "line 3: it does not name items"),
        (lambda line: line.replace('"id": "', '"id": "z'), "line 3: its id is not that"),
        (lambda line: line.replace('"score"', '"sore"'), "line 3: it has no 'score'"),
        (lambda line: line.replace('"score": ', '"score": -'), "line 3: the answer is -"),
    ],
)
def test_a_line_that_was_changed_is_named(change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    sort(ITEMS, lambda x, y: 0.75 if x < y else 0.25, method="merge", log=path)
    content = path.read_text().splitlines()
    content[2] = change(content[2])
    path.write_text("\n".join(content) + "\n")
    with pytest.raises(InputError, match=message):
        sort(ITEMS, before, method="merge", log=path)


def test_an_answer_that_contradicts_another_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    sort(ITEMS, before, method="merge", log=path)
    content = path.read_text().splitlines()
    twice = content[1].replace("0.0", "?").replace("1.0", "0.0").replace("?", "1.0")
    path.write_text("\n".join([*content, twice]) + "\n")
    with pytest.raises(InputError, match="answered otherwise before"):
        sort(ITEMS, before, method="merge", log=path)
    path.write_text("\n".join([*content, content[1]]) + "\n")
    assert sort(ITEMS, before, method="merge", log=path).n_paid == 0


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    for content in ("my notes", "my notes\n", '{"a": 1}\n'):
        path.write_text(content)
        with pytest.raises(InputError, match="another kind of file"):
            sort(ITEMS, before, log=path)
        assert path.read_text() == content
    path.write_text('{"zermelo_sort": 99}\n')
    with pytest.raises(InputError, match="has format 99"):
        sort(ITEMS, before, log=path)
    with pytest.raises(InputError, match="cannot be opened"):
        sort(ITEMS, before, log=tmp_path / "no" / "folder")
    with pytest.raises(InputError, match="log must be the path"):
        sort(ITEMS, before, log=3)  # type: ignore[arg-type]


def test_a_log_belongs_to_one_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Sorter(ITEMS, method="merge", log=path) as sorter:
        ask = sorter.pending()[0]
        sorter.tell(ask.id, ask.x < ask.y)
        with pytest.raises(InputError, match="in use by another run"):
            sort(ITEMS, before, method="merge", log=path)
        script = f"from zermelo.sorting import Sorter; Sorter({ITEMS}, log={str(path)!r})"
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert "in use by another run" in other.stderr
    result = sort(ITEMS, before, method="merge", log=path)
    assert result.n_paid == result.n_calls - 1
    with Sorter(ITEMS, method="merge", log=path) as sorter:
        assert sorter.done
        assert sorter.result().ranked == sorted(ITEMS)


def test_failures_are_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"

    def compare(x: str, y: str) -> bool:
        if "a" in (x, y):
            raise ConnectionError("away")
        return x < y

    arguments: dict[str, Any] = {"method": "allpair", "log": path, "retries": 0}
    result = sort(ITEMS, compare, **arguments, max_failures=0.5)
    assert result.failures == 10
    assert result.n_calls == 20
    assert result.complete
    assert result.ranked != sorted(ITEMS)
    failed = [entry for entry in lines(path) if "failure" in entry]
    assert len(failed) == 10
    assert failed[0]["failure"] == "ConnectionError: away"
    again = Counting()
    result = sort(ITEMS, again, **arguments)
    assert len(again.asked) == 10
    assert (result.failures, result.n_calls, result.n_paid) == (0, 30, 10)
    assert result.ranked == sorted(ITEMS)


def test_a_sort_that_was_given_up_has_kept_its_answers(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    arguments: dict[str, Any] = {"method": "allpair", "log": path, "retries": 0}
    calls = 0

    def compare(x: str, y: str) -> bool:
        nonlocal calls
        calls += 1
        if calls > 10:
            raise ConnectionError("the key was revoked")
        return x < y

    with pytest.raises(ComparatorError, match="3 of 13 calls failed") as caught:
        sort(ITEMS, compare, **arguments)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert caught.value.result.n_calls == 10
    assert not caught.value.result.complete
    assert sort(ITEMS, before, **arguments).n_paid == 20


@pytest.mark.parametrize("wrong", ["raises", "says 7"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_error_waits_for_what_is_under_way(
    asynchronous: bool, wrong: str, tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl"
    n_asked = 0

    def begin() -> bool:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 3 and wrong == "raises":
            raise ZeroDivisionError("mine")
        return n_asked == 3

    def compare(x: str, y: str) -> float:
        if begin():
            return 7.0
        time.sleep(0.05)
        return x < y

    async def later(x: str, y: str) -> float:
        if begin():
            return 7.0
        await asyncio.sleep(0.05)
        return x < y

    used = later if asynchronous else compare
    with pytest.raises((ZeroDivisionError, InputError), match=r"mine|returned 7\.0"):
        sort(ITEMS, used, method="allpair", log=path, concurrency=8)
    assert n_asked >= 3
    assert sort(ITEMS, before, method="allpair", log=path).n_paid == 30 - (n_asked - 1)


def test_an_error_of_progress_costs_no_answer_of_a_batch(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with pytest.raises(ZeroDivisionError):
        sort(
            ITEMS,
            compare_batch=lambda pairs: [x < y for x, y in pairs],
            method="allpair",
            log=path,
            progress=lambda progress: 1 // 0,
        )
    assert sort(ITEMS, before, method="allpair", log=path).n_paid == 0


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    with Sorter(ITEMS, log=tmp_path / "log.jsonl") as sorter:
        (ask, *_) = sorter.pending()
    with pytest.raises(InputError, match="is closed"):
        sorter.tell(ask.id, True)
    assert sorter.result().n_calls == 0


def test_a_wrong_score_of_a_batch_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"

    def compare_batch(pairs: list[tuple[str, str]]) -> list[float]:
        return [2.0 if pair == ("b", "e") else float(pair[0] < pair[1]) for pair in pairs]

    with pytest.raises(InputError, match=r"for 'b', 'e' returned 2\.0"):
        sort(ITEMS, compare_batch=compare_batch, method="allpair", log=path)
    assert sort(ITEMS, before, method="allpair", log=path).n_paid == 1


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    write = os.write
    with Sorter(ITEMS, method="merge", log=path) as sorter:
        ask, other = sorter.pending(max=2)
        sorter.tell(ask.id, True)
        whole = path.read_bytes()

        def little(file: int, content: bytes) -> int:
            if len(content) < 30:
                raise OSError("no space left")
            return write(file, content[:20])

        monkeypatch.setattr(os, "write", little)
        with pytest.raises(OSError, match="no space left"):
            sorter.tell(other.id, True)
        monkeypatch.setattr(os, "write", write)
        assert path.read_bytes() == whole
        assert other in sorter.pending()
        sorter.tell(other.id, True)
    assert len(lines(path)) == 3


def test_items_without_ids_are_known_by_their_contents(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    documents = [{"text": "b", "n": 1}, {"text": "a", "n": 2}, {"text": "a", "n": 2}]

    def compare(x: Any, y: Any) -> Any:
        return 0.5 if x == y else x["text"] < y["text"]

    sort(documents, compare, log=path)
    same = [{"n": 1, "text": "b"}, *documents[1:]]
    assert sort(same, compare, log=path).n_paid == 0
    with pytest.raises(InputError, match="ids or items"):
        sort([{"text": "c", "n": 1}, *documents[1:]], compare, log=path)
    with pytest.raises(InputError, match=r"items\[0\] is an object.*pass ids="):
        sort([object(), object()], lambda x, y: None, log=tmp_path / "other")
    assert (tmp_path / "other").read_text() == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks children that are killed")
def test_killed_at_any_moment(tmp_path: Path) -> None:
    script = Path(__file__).parent / "killed_sorts.py"
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) >= 50
