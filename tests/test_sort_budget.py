"""Budgets of calls, cost and time."""

from __future__ import annotations

import asyncio
import datetime
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from zermelo.errors import BudgetError, InputError
from zermelo.sorting import sort

N = 20


def shuffled() -> list[int]:
    items = list(range(N))
    random.Random(4).shuffle(items)
    return items


def larger(x: int, y: int) -> bool:
    return x > y


class Counting:
    def __init__(self) -> None:
        self.shown: list[tuple[int, int]] = []

    def __call__(self, x: int, y: int) -> bool:
        self.shown.append((x, y))
        return x > y


@pytest.mark.parametrize("budget", [1, 2, 3, 10, 51, 500])
@pytest.mark.parametrize("presentation", ["both", "single", "escalate"])
@pytest.mark.parametrize("method", ["merge", "heapsort", "allpair"])
def test_no_more_calls_than_the_budget(budget: int, presentation: str, method: str) -> None:
    compare = Counting()
    result = sort(shuffled(), compare, budget=budget, presentation=presentation, method=method)
    assert sorted(result.order.tolist()) == list(range(N))
    assert len(compare.shown) == result.n_calls <= budget
    if presentation == "both":
        # Of a pair both orders are asked, or none.
        assert result.n_calls == 2 * result.n_pairs
    if budget == 500:
        assert result.complete
        assert result.ranked == list(range(N))[::-1]
    else:
        assert not result.complete
        assert result.n_calls >= budget - 1
        assert "incomplete" in repr(result)


def test_many_threads_keep_it_too() -> None:
    compare = Counting()
    result = sort(shuffled(), compare, budget=33, concurrency=16, presentation="single")
    assert len(compare.shown) == result.n_calls == 33


def test_an_error_where_asked() -> None:
    with pytest.raises(BudgetError, match="after 10 calls") as caught:
        sort(shuffled(), larger, budget=10, on_budget="raise", method="merge")
    assert caught.value.result.n_calls == 10
    assert sorted(caught.value.result.order.tolist()) == list(range(N))
    assert sort(shuffled(), larger, budget=500, on_budget="raise", method="merge").complete

    async def later(x: int, y: int) -> bool:
        return x > y

    with pytest.raises(BudgetError):
        sort(shuffled(), later, budget=10, on_budget="raise", method="merge")


def test_cost() -> None:
    spent = 0.0

    def cost(x: int, y: int) -> float:
        return 0.5 + 0.01 * (x + y)

    def compare(x: int, y: int) -> bool:
        nonlocal spent
        spent += cost(x, y)
        return x > y

    result = sort(shuffled(), compare, budget=12.5, cost=cost, method="merge")
    assert 10.0 < spent <= 12.5
    assert not result.complete
    chosen = sort(
        shuffled(),
        choose=lambda items: items.index(max(items)),
        method="setwise-heap",
        budget=30,
        cost=lambda *items: len(items),
    )
    assert 8 <= chosen.n_calls <= 15


def test_prices_that_add_up_to_the_budget_are_within_it() -> None:
    """The sum of three times 0.1 is a little more than 0.3."""
    result = sort(shuffled(), larger, cost=lambda x, y: 0.1, budget=0.3, presentation="single")
    assert result.n_calls == 3


def test_answers_in_the_log_count(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    arguments: dict[str, Any] = {"log": path, "method": "merge", "presentation": "single"}
    assert sort(shuffled(), larger, budget=10, **arguments).n_paid == 10
    again = sort(shuffled(), larger, budget=15, **arguments)
    assert (again.n_calls, again.n_paid) == (15, 5)
    assert sort(shuffled(), larger, budget=15, **arguments).n_paid == 0
    assert sort(shuffled(), larger, budget=5, **arguments).n_paid == 0
    finished = sort(shuffled(), larger, **arguments)
    assert finished.complete
    assert finished.ranked == list(range(N))[::-1]
    assert sort(shuffled(), larger, budget=5, **arguments).complete


def test_known_answers_do_not_count() -> None:
    known = sort(shuffled(), larger, method="allpair").comparisons
    assert sort(shuffled(), larger, known=known, budget=1).complete


def test_failures_count() -> None:
    calls = 0

    def compare(x: int, y: int) -> bool:
        nonlocal calls
        calls += 1
        if calls % 10 == 0:
            raise ConnectionError
        return x > y

    result = sort(
        shuffled(), compare, budget=40, retries=0, max_failures=0.2, presentation="single"
    )
    assert (calls, result.n_calls, result.failures) == (40, 36, 4)


@pytest.mark.parametrize("kind", ["here", "threads", "tasks"])
def test_nothing_is_sent_after_the_deadline(kind: str) -> None:
    begin = time.monotonic()
    late = 0

    def note() -> None:
        nonlocal late
        late += time.monotonic() - begin > 10.0

    def compare(x: int, y: int) -> bool:
        note()
        time.sleep(0.005)
        return x > y

    async def later(x: int, y: int) -> bool:
        note()
        await asyncio.sleep(0.005)
        return x > y

    result = sort(
        list(range(60)),
        later if kind == "tasks" else compare,
        method="allpair",
        deadline=0.1,
        concurrency=1 if kind == "here" else 2,
    )
    assert not result.complete
    assert result.n_calls < 60 * 59
    assert not late


def test_a_deadline_does_not_wait_for_retries() -> None:
    def compare(x: int, y: int) -> bool:
        raise ConnectionError

    begin = time.monotonic()
    result = sort([1, 2], compare, deadline=datetime.timedelta(seconds=0.05), max_failures=1.0)
    assert not result.complete
    assert result.failures == 0
    assert time.monotonic() > begin + 0.05


def test_a_moment_as_deadline() -> None:
    now = datetime.datetime.now(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    assert sort([1, 2], larger, deadline=now + hour).complete
    assert sort([1, 2], larger, deadline=(now + hour).astimezone().replace(tzinfo=None)).complete
    with pytest.raises(InputError, match="which has passed"):
        sort([1, 2], larger, deadline=now - hour)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budget": 0}, "budget must be a positive whole number of calls, or None"),
        ({"budget": -1}, "budget must be"),
        ({"budget": 1.5}, "budget must be a positive whole number of calls"),
        ({"budget": True}, "budget must be"),
        ({"budget": 0, "cost": lambda x, y: 1}, "budget must be positive"),
        ({"budget": 1, "cost": 3}, "cost must be a function"),
        ({"cost": lambda x, y: 1}, "cost is given without budget"),
        ({"budget": 1, "cost": lambda x, y: -1}, r"cost\(...\) must be .*, but is -1"),
        ({"budget": 1, "cost": lambda x, y: None}, r"cost\(...\) must be .*, but is None"),
        ({"deadline": 0}, "deadline must be a positive"),
        ({"deadline": "noon"}, "deadline must be a number of seconds or a datetime"),
        ({"on_budget": "stop"}, "on_budget must be one of"),
    ],
)
def test_budgets_that_cannot_be_used(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sort([1, 2], larger, **arguments)


def test_threads_end() -> None:
    before = threading.active_count()
    sort(shuffled(), larger, concurrency=8)
    for _ in range(100):
        if threading.active_count() <= before:
            break
        time.sleep(0.01)
    assert threading.active_count() <= before
