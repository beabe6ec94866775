"""Arguments of `sort` that cannot be used: messages name them, what was found and what helps."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.sorting import sort


def larger(x: int, y: int) -> bool:
    return x > y


async def later(x: int, y: int) -> bool:
    return x > y


def best_of(items: list[int]) -> int:
    return items.index(max(items))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"items": "abc"}, "items must be a list of items, but is a str"),
    ({"items": {1: "a"}}, r"list\(d.values\(\)\), and ids= for the keys"),
    ({"items": {1, 2}}, "items must be a list"),
    ({"items": pd.DataFrame({"title": ["a", "b"]})}, "a DataFrame with columns"),
    ({"compare": None, "compare_batch": set}, "must return a list with the score"),
    ({"compare": None, "compare_batch": dict}, "must return a list with the score"),
    ({"compare": None, "rank": set}, "must hold each index from 0 to 2 once"),
    ({"compare": lambda x, y: later(x, y)}, "define it with async def"),
    ({"items": 3}, "items must be a list"),
    ({"compare": None}, "give one of compare"),
    ({"choose": best_of}, "but compare and choose are given"),
    ({"compare": 1}, "compare must be a function"),
    ({"method": "bogo"}, "method"),
    ({"method": 3}, "method"),
    ({"method": "setwise-heap"}, "asks choose= and not compare="),
    ({"top_k": 4}, "top_k must be at most the number of items, 3, but is 4"),
    ({"top_k": 0}, "top_k must be a positive whole number"),
    ({"presentation": "twice"}, "presentation must be one of"),
    ({"initial": [0, 1]}, r"Length of initial \(2\)"),
    ({"initial": [0, 1, 1]}, r"initial\[2\] is 1, which came before.*floats"),
    ({"initial": [0, 1, 7]}, r"initial\[2\] is 7, but there are 3 items"),
    ({"initial": [0.5, float("nan"), 1.0]}, r"initial\[1\] is nan"),
    ({"initial": [True, False, True]}, r"initial\[0\] is True"),
    ({"initial": "best"}, "initial must hold"),
    ({"initial": 1}, "initial must hold"),
    ({"known": [(1, 2)]}, r"known\[0\] is \(1, 2\)"),
    ({"known": [(1, 9, 1)]}, r"known\[0\] names 9"),
    ({"known": [(1, 1, 1)]}, "compares 1 with itself"),
    ({"known": [(1, 2, -1)]}, r"score of known\[0\] is -1"),
    ({"known": "1>2"}, "known must be"),
    ({"known": ["12"]}, r"known\[0\]"),
    ({"known": zm.Comparisons(["p"], ["q"])}, "known compares 'p' and others"),
    ({"ids": ["a", "b", "a"]}, r"ids\[2\] is 'a', which ids\[0\] is too"),
    ({"ids": ["a", "b"]}, r"Length of ids \(2\)"),
    ({"ids": ["a", "b", 3]}, r"all str or all whole"),
    ({"ids": ["a", "b", 0.5]}, r"ids\[2\] is 0.5"),
    ({"ids": "abc"}, "ids must be a list"),
    ({"seed": -1}, "seed must be a whole number"),
    ({"seed": 1 << 64}, "seed must be a whole number"),
    ({"log_tag": 3}, "log_tag must be text"),
    ({"max_rounds": 0}, "max_rounds must be"),
    ({"max_rounds": 4, "method": "merge"}, "'merge' takes the rounds that it needs"),
    (
        {"max_rounds": 1, "method": "allpair", "presentation": "escalate"},
        "may ask a pair twice",
    ),
    ({"progress": "yes"}, "progress must be"),
    ({"concurrency": 0}, "concurrency must be"),
    ({"rate": 0}, "rate must be"),
    ({"retries": -1}, "retries must be"),
    ({"retry_on": "OSError"}, "retry_on must be"),
    ({"retry_on": (OSError, "x")}, r"retry_on\[1\]"),
    ({"retry_on": KeyboardInterrupt}, r"retry_on\[0\]"),
    ({"timeout": 0}, "timeout must be"),
    ({"max_failures": 1.5}, "max_failures must be"),
    ({"max_failures": -1}, "max_failures must be"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_arguments_that_cannot_be_used(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"items": [1, 2, 3], "compare": larger} | arguments
    with pytest.raises(InputError, match=message):
        sort(**given)


def test_known_is_about_pairs() -> None:
    with pytest.raises(InputError, match="known holds answers about pairs"):
        sort([1, 2, 3], choose=best_of, known=[(1, 2, 1)])


def test_lists_are_shown_once() -> None:
    with pytest.raises(InputError, match="'single' or 'random'"):
        sort([1, 2, 3], choose=best_of, presentation="both")


def test_more_rounds_than_a_kernel_counts(backend: str) -> None:
    for presentation in ("both", "escalate"):
        found = sort(
            [3, 1, 2], larger, method="quickselect", presentation=presentation, max_rounds=10**30
        )
        assert found.ranked == [3, 2, 1]
    plan = zm.plan_sort(9, methods=["quickselect"], max_rounds=10**30, replicates=2)
    assert len(plan) == 1
