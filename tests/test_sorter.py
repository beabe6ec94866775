"""`Sorter`: asks that are the same in every run, answers in any order, saved and loaded."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from zermelo.errors import InputError
from zermelo.sorting import Ask, Sorter, sort

N = 12


def shuffled(n: int = N) -> list[int]:
    items = list(range(n))
    random.Random(5).shuffle(items)
    return items


def outcome(ask: Ask) -> Any:
    if ask.question == "compare":
        return ask.x > ask.y
    order = sorted(range(len(ask.items)), key=lambda index: -ask.items[index])
    return order if ask.question == "rank" else order[0]


def finish(sorter: Sorter) -> int:
    """Rounds until the sorter is done."""
    rounds = 0
    while not sorter.done:
        sorter.tell_many({ask.id: outcome(ask) for ask in sorter.pending()})
        rounds += 1
    return rounds


@pytest.mark.parametrize("method", ["merge", "allpair", "heapsort", "setwise-heap", "listwise"])
def test_a_sorter_does_what_sort_does(method: str) -> None:
    sorter = Sorter(shuffled(), method=method)
    rounds = finish(sorter)
    result = sorter.result()
    assert result.ranked == list(range(N))[::-1]
    assert result.complete
    assert rounds == result.n_rounds
    assert sorter.order.tolist() == result.order.tolist()
    assert sorter.pending() == []
    question = {"setwise-heap": "choose", "listwise": "rank"}.get(method, "compare")
    if question == "compare":
        whole = sort(shuffled(), lambda x, y: x > y, method=method)
        assert (whole.n_calls, whole.n_rounds) == (result.n_calls, result.n_rounds)


@pytest.mark.parametrize("method", ["merge", "listwise"])
def test_ids_suit_a_provider_and_are_the_same_again(method: str) -> None:
    sorter, again = Sorter(shuffled(), method=method), Sorter(shuffled(), method=method)
    asks = sorter.pending()
    assert asks == again.pending() == sorter.pending()
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ask.id) for ask in asks)
    assert len({ask.id for ask in asks}) == len(asks)
    assert sorter.pending(max=1) == asks[:1]
    other = Sorter(shuffled(), method=method, seed=1).pending()
    assert not {ask.id for ask in asks} & {ask.id for ask in other}
    ask = asks[0]
    assert ask.items == tuple(shuffled()[position] for position in ask.positions)
    assert repr(ask).startswith(f"Ask({ask.id!r}, ")


def test_the_order_of_telling_changes_no_question() -> None:
    rng = random.Random(1)
    straight, random_order = Sorter(shuffled()), Sorter(shuffled())
    asked: set[str] = set()
    finish(straight)
    while not random_order.done:
        ask = rng.choice(random_order.pending())
        asked.add(ask.id)
        random_order.tell(ask.id, outcome(ask))
        assert sorted(random_order.order.tolist()) == list(range(N))
    assert len(asked) == straight.result().n_calls == random_order.result().n_calls
    assert random_order.result().n_rounds == straight.result().n_rounds


def test_what_cannot_be_told() -> None:
    sorter = Sorter(["p", "q", "r"], method="merge")
    ask = sorter.pending()[0]
    for unknown in ("nonsense", 3, None, Sorter(["p", "q"], method="merge").pending()[0].id):
        with pytest.raises(InputError, match="is no ask of this sort"):
            sorter.tell(unknown, True)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"outcome of ask '{ask.id}' is -1"):
        sorter.tell(ask.id, -1)
    sorter.tell(ask.id, "left")
    sorter.tell(ask.id, 1.0)
    with pytest.raises(InputError, match=r"has been told 1.0 and cannot be told 0.0"):
        sorter.tell(ask.id, "right")
    with pytest.raises(InputError, match="outcomes must be a dict"):
        sorter.tell_many([ask.id])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="max must be"):
        sorter.pending(max=0)


def test_many_are_told_or_none() -> None:
    sorter = Sorter(["p", "q", "r"], method="allpair")
    asks = sorter.pending()
    answers: dict[str, Any] = {ask.id: ask.x < ask.y for ask in asks}
    with pytest.raises(InputError, match="is 2"):
        sorter.tell_many(answers | {asks[-1].id: 2})
    assert sorter.pending() == asks
    sorter.tell(asks[0].id, None)
    with pytest.raises(InputError, match="has been told None"):
        sorter.tell_many(answers)
    assert len(sorter.pending()) == len(asks) - 1
    answers[asks[0].id] = None
    sorter.tell_many(dict(reversed(answers.items())))
    assert sorter.result().ranked == ["p", "q", "r"]
    assert sorter.result().comparisons.time.tolist() == list(range(6))


def test_a_budget_ends_the_asking() -> None:
    sorter = Sorter(shuffled(), method="merge", budget=9)
    finish(sorter)
    result = sorter.result()
    assert (result.n_calls, result.complete) == (8, False)  # half a pair would be a waste
    assert sorter.pending() == []
    assert "out of budget" in repr(sorter)


def test_abstaining() -> None:
    sorter = Sorter(["p", "q"], presentation="single")
    sorter.tell(sorter.pending()[0].id, None)
    assert sorter.result().ranked == ["p", "q"]


@pytest.mark.parametrize("method", ["merge", "setwise-heap", "listwise"])
def test_saving_between_rounds(method: str, tmp_path: Path) -> None:
    path = tmp_path / "sort.json"
    arguments: dict[str, Any] = {"method": method, "top_k": 5, "seed": 3, "log_tag": "m"}
    straight = Sorter(shuffled(), **arguments)
    finish(straight)
    Sorter(shuffled(), **arguments).save(path)
    for _ in range(200):
        sorter = Sorter.load(path, shuffled())
        asks = sorter.pending(max=5)
        if not asks:
            break
        sorter.tell_many({ask.id: outcome(ask) for ask in asks})
        sorter.save(path)
    assert sorter.done
    assert sorter.result().ranked == straight.result().ranked
    assert sorter.result().n_calls == straight.result().n_calls
    assert sorter.result().n_rounds == straight.result().n_rounds
    assert list(tmp_path.iterdir()) == [path]


def test_all_arguments_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "sort.json"
    sorter = Sorter(
        [{"a": 1}, {"a": 2}, {"a": 3}],
        ids=["x", "y", "z"],
        method="allpair",
        presentation="escalate",
        initial=[2, 1, 0],
        known=[("x", "y", 0.0)],
        budget=2,
        max_rounds=4,
    )
    sorter.save(path)
    loaded = Sorter.load(path, [{"a": 1}, {"a": 2}, {"a": 3}], ids=["x", "y", "z"])
    assert loaded.pending() == sorter.pending()
    for ask in loaded.pending():
        loaded.tell(ask.id, 0.5)
    assert loaded.done
    assert not loaded.result().complete  # the second orders are beyond the budget


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "sort.json"
    Sorter(["p", "q", "r"]).save(path)
    with pytest.raises(InputError, match="is about 3 items, but items has 2"):
        Sorter.load(path, ["p", "q"])
    with pytest.raises(InputError, match="items must be those it was made with"):
        Sorter.load(path, ["p", "r", "q"])
    path.write_text(json.dumps({"zermelo_sorter": 99}))
    with pytest.raises(InputError, match="no saved sorter of this version"):
        Sorter.load(path, ["p", "q", "r"])
    sorter = Sorter(["p", "q", "r"])
    sorter.tell(sorter.pending()[0].id, True)
    sorter.save(path)
    saved = json.loads(path.read_text())
    for change, message in (
        ({"answers": [[[0, 9], 1.0]]}, "an answer about"),
        ({"answers": [[[0, 1], 7]]}, "an answer is 7"),
        ({"start": [0, 0, 0]}, "which came before"),
        ({"presentation": "thrice"}, "presentation must be one of"),
        ({"known": [[0, 1]]}, "a saved sorter that was changed"),
    ):
        path.write_text(json.dumps(saved | change))
        with pytest.raises(InputError, match=message):
            Sorter.load(path, ["p", "q", "r"])
    del saved["seed"]
    path.write_text(json.dumps(saved))
    with pytest.raises(InputError, match="a saved sorter that was changed: KeyError: 'seed'"):
        Sorter.load(path, ["p", "q", "r"])
    path.write_text("{")
    with pytest.raises(InputError, match="no saved sorter"):
        Sorter.load(path, ["p", "q", "r"])


def test_what_another_run_cannot_recognise_is_not_saved(tmp_path: Path) -> None:
    class Document:
        pass

    items = [Document(), Document()]
    sorter = Sorter(items)
    sorter.tell_many({ask.id: ask.x is items[0] for ask in sorter.pending()})
    assert sorter.done
    with pytest.raises(InputError, match=r"items\[0\] is a Document.*pass ids="):
        sorter.save(tmp_path / "sort.json")
    assert list(tmp_path.iterdir()) == []
    Sorter(items, ids=[1, 2]).save(tmp_path / "sort.json")


def test_how_a_sorter_shows_itself() -> None:
    sorter = Sorter([3, 1, 2], method="merge")
    assert repr(sorter) == "Sorter(3 items, merge, 0 answers, 2 asks pending)"
    finish(sorter)
    assert repr(sorter) == "Sorter(3 items, merge, 4 answers, done)"


@pytest.mark.parametrize("method", ["auto", "quickselect", "adaptive", "allpair"])
@pytest.mark.parametrize("presentation", ["both", "escalate"])
def test_no_more_rounds_than_allowed(method: str, presentation: str) -> None:
    items = [i * 7 % 31 for i in range(31)]
    sorter = Sorter(items, method=method, top_k=4, max_rounds=4, presentation=presentation)
    rounds = 0
    while not sorter.done:
        # Near ties everywhere: escalating asks every pair twice, one order after the other.
        answers = {ask.id: 0.6 if ask.x > ask.y else 0.4 for ask in sorter.pending()}
        sorter.tell_many(answers)
        rounds += 1
    assert rounds == sorter.result().n_rounds <= 4
    if method in ("quickselect", "allpair"):
        assert sorter.result().ranked[:4] == [30, 29, 28, 27]
