"""`sort`: orders, what comparators may return, and what results say."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError
from zermelo.sorting import SortResult, limits, sort

N = 12


def shuffled(n: int, seed: int = 0) -> list[int]:
    items = list(range(n))
    random.Random(seed).shuffle(items)
    return items


def larger(x: int, y: int) -> bool:
    return x > y


def test_the_order_is_best_first() -> None:
    items = shuffled(N)
    result = sort(items, larger, method="merge")
    assert result.ranked == sorted(items, reverse=True)
    assert [items[position] for position in result.order] == result.ranked
    assert result.order.dtype == np.int64
    assert not result.order.flags.writeable
    assert result.complete
    assert result.n_certain == N
    assert result.method == "merge"
    assert result.n_calls == result.n_paid == 2 * result.n_pairs
    assert result.failures == 0
    assert result.cycles == []


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("presentation", ["both", "single", "random", "escalate"])
def test_few_items(n: int, presentation: str) -> None:
    result = sort(range(n), larger, presentation=presentation)
    assert result.ranked == list(range(n))[::-1]
    assert result.complete
    assert len(result.comparisons) == result.n_calls


@pytest.mark.parametrize(("presentation", "calls"), [("both", 2), ("single", 1), ("random", 1)])
def test_calls_a_pair(presentation: str, calls: int) -> None:
    shown: list[tuple[int, int]] = []

    def compare(x: int, y: int) -> float:
        shown.append((x, y))
        return float(x < y)

    items = list(range(40))
    result = sort(items, compare, method="merge", presentation=presentation)
    assert result.ranked == items
    assert len(shown) == result.n_calls == calls * result.n_pairs
    assert len(set(shown)) == len(shown)
    forth = sum(x < y for x, y in shown)
    if presentation == "single":
        assert forth == len(shown)
    elif presentation == "random":
        assert 0.25 < forth / len(shown) < 0.75
        again = sort(items, compare, method="merge", presentation=presentation, seed=1)
        assert again.ranked == items
        assert set(shown[: result.n_calls]) != set(shown[result.n_calls :])


def test_orders_that_disagree_are_a_tie_which_keeps_the_initial_order() -> None:
    result = sort(shuffled(N), lambda x, y: "first")
    assert result.order.tolist() == list(range(N))
    assert (result.comparisons.outcome == 1).all()
    assert result.cycles == []


def test_escalating_asks_again_near_a_tie() -> None:
    def compare(x: int, y: int) -> float:
        return 0.9 if x > y + 1 else 0.1 if y > x + 1 else 0.55  # neighbours: the first shown

    result = sort([0, 1, 5], compare, method="allpair", presentation="escalate")
    assert result.n_calls == 4
    assert result.n_rounds == 2
    assert result.ranked == [5, 0, 1]
    certain = sort([0, 2, 5], compare, method="allpair", presentation="escalate")
    assert (certain.n_calls, certain.n_rounds) == (3, 1)
    # The mean decides: .6 one way and .3 the other.
    unsure = sort(["p", "q"], lambda x, y: 0.6 if x == "p" else 0.7, presentation="escalate")
    assert unsure.ranked == ["q", "p"]


@pytest.mark.parametrize(
    ("win", "loss"),
    [
        (True, False),
        (np.True_, np.False_),
        (1, 0),
        (1.0, 0.0),
        (np.float32(0.75), np.float32(0.25)),
        ("left", "right"),
        ("Model_A", "model_b"),
        ("win", "loss"),
    ],
)
def test_what_a_comparator_may_return(win: Any, loss: Any) -> None:
    items = shuffled(N)
    result = sort(items, lambda x, y: win if x > y else loss)
    assert result.ranked == sorted(items, reverse=True)


def test_abstaining_is_a_tie() -> None:
    result = sort(shuffled(N), lambda x, y: None, method="merge")
    assert result.order.tolist() == list(range(N))
    assert (result.comparisons.outcome == 2).all()
    assert result.failures == 0


@pytest.mark.parametrize(
    ("value", "helps"),
    [
        (-1, r"returned -1; .*\(1 - value\) / 2"),
        (np.int64(-1), r"returned .*\(1 - value\) / 2"),
        (2.0, r"returned 2.0; .*in \[0, 1\].*largest"),
        (float("nan"), r"returned nan; .*Return None"),
        ("better", r"returned 'better'; .*known labels"),
        ([1], r"returned \[1\]"),
        (object, "returned <class"),
    ],
)
def test_what_it_may_not_return(value: Any, helps: str) -> None:
    with pytest.raises(InputError, match=rf"compare\(x, y\) for 'p', 'q' {helps}"):
        sort(["p", "q"], lambda x, y: value)


def test_an_error_of_the_comparator_is_its_own() -> None:
    def compare(x: int, y: int) -> bool:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        sort([1, 2], compare)


def test_a_function_that_returns_something_to_await_is_told_so() -> None:
    async def compare(x: int, y: int) -> bool:
        return x > y

    with pytest.raises(InputError, match="async def"):
        sort([1, 2], lambda x, y: compare(x, y))


def test_batches() -> None:
    sizes = []

    def compare_batch(pairs: list[tuple[int, int]]) -> np.ndarray:
        sizes.append(len(pairs))
        return np.array([x > y for x, y in pairs])

    items = shuffled(N)
    result = sort(items, compare_batch=compare_batch, method="allpair")
    assert result.ranked == sorted(items, reverse=True)
    assert sizes == [N * (N - 1)]
    with pytest.raises(InputError, match=r"returned 1 scores for 2 pairs"):
        sort([1, 2], compare_batch=lambda pairs: [1.0])
    with pytest.raises(InputError, match=r"must return a list"):
        sort([1, 2], compare_batch=lambda pairs: 1.0)


def best_of(items: list[int]) -> int:
    return int(np.argmax(items))


def order_of(items: list[int]) -> np.ndarray:
    return np.argsort(-np.array(items))


@pytest.mark.parametrize("presentation", [None, "single", "random"])
def test_choices_and_rankings(presentation: str | None) -> None:
    items = shuffled(N)
    by_choice = sort(items, choose=best_of, method="setwise-heap", presentation=presentation)
    assert by_choice.ranked == sorted(items, reverse=True)
    assert by_choice.n_calls == by_choice.n_pairs
    # A choice among three makes two comparisons, which belong together.
    assert len(by_choice.comparisons) > by_choice.n_calls
    assert len(np.unique(by_choice.comparisons.cluster)) == by_choice.n_calls
    assert by_choice.fit().ability.argmax() == N - 1
    by_rank = sort(items, rank=order_of, method="listwise", presentation=presentation)
    assert by_rank.ranked == sorted(items, reverse=True)
    assert len(by_rank.comparisons) == N * (N - 1) // 2


def test_lists_about_which_nothing_is_said_stay_as_they_are() -> None:
    assert sort(shuffled(N), choose=lambda items: None).order.tolist() == list(range(N))
    assert sort(shuffled(N), rank=lambda items: None).order.tolist() == list(range(N))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"choose": lambda items: len(items)}, r"index of the best of the 2 items"),
        ({"choose": lambda items: True}, r"returned True"),
        ({"choose": lambda items: items[0]}, r"returned '[a-d]'"),
        ({"rank": lambda items: [0, 0, 1, 2]}, r"each index from 0 to 3 once"),
        ({"rank": lambda items: items}, r"which holds 'a'"),
        ({"rank": lambda items: 3}, r"returned 3"),
    ],
)
def test_wrong_choices_and_rankings(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sort(["a", "b", "c", "d"], **arguments)


def test_circles_are_found() -> None:
    beats = {("a", "b"), ("b", "c"), ("c", "a")} | {(x, "d") for x in "abc"}

    def compare(x: str, y: str) -> bool:
        return (x, y) in beats

    result = sort(["d", "a", "b", "c"], compare, method="allpair")
    assert result.ranked == ["a", "b", "c", "d"]
    assert result.cycles == [(1, 2, 3)]
    assert sort([1, 2, 3], larger, method="allpair").cycles == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from(["merge", "allpair", "heapsort", "knockout"]))
def test_any_comparator_comes_to_an_end(seed: int, method: str) -> None:
    rng = random.Random(seed)
    result = sort(range(9), lambda x, y: rng.choice([0, 1, 0.5, None]), method=method)
    assert sorted(result.order.tolist()) == list(range(9))


def test_the_initial_order() -> None:
    def tie(x: int, y: int) -> float:
        return 0.5

    assert sort(["pqr", "x", "y"], tie).ranked == ["pqr", "x", "y"]
    assert sort(["p", "q", "r"], tie, initial=[2, 0, 1]).ranked == ["r", "p", "q"]
    assert sort(["p", "q", "r"], tie, initial=np.array([0.5, 0.5, 0.9])).ranked == ["r", "p", "q"]
    assert sort([], tie, initial=[]).ranked == []


def test_known_answers_cost_nothing() -> None:
    items = ["p", "q", "r"]
    order = {"p": 2, "q": 1, "r": 0}

    def compare(x: str, y: str) -> bool:
        return order[x] > order[y]

    known = [("p", "q", 1.0), ("r", "q", "loss")]
    result = sort(items, compare, known=known, method="allpair")
    assert result.ranked == items
    assert (result.n_calls, result.n_pairs, result.n_rounds) == (2, 1, 1)
    before = sort([*items, "s"], lambda x, y: x < y, method="allpair")
    result = sort(items, compare, known=before.comparisons, method="allpair")
    assert result.ranked == items
    assert (result.n_calls, result.n_rounds) == (0, 0)
    # A circle that a known answer closes is a circle.
    around = sort(items, compare, known=[("r", "p", 1)], method="allpair")
    assert around.cycles == [(0, 1, 2)]


def test_known_rows_of_a_pair_are_averaged() -> None:
    known = zm.Comparisons(
        ["p", "q", "p", "q"], ["q", "p", "r", "r"], [1.0, 1.0, 0.2, 0.5], weight=[1, 3, 1, 1]
    )
    assert sort(["p", "q", "r"], lambda x, y: None, known=known, method="allpair").ranked == [
        "q",
        "r",
        "p",
    ]


def test_items_that_are_no_labels_go_by_position() -> None:
    documents = [{"text": "b"}, {"text": "a"}, {"text": "a"}]

    def compare(x: dict[str, str], y: dict[str, str]) -> float:
        return 0.5 if x == y else float(x["text"] < y["text"])

    result = sort(documents, compare, method="merge")
    assert result.order.tolist() == [1, 2, 0]
    assert result.comparisons.items.tolist() == [0, 1, 2]
    named = sort(documents, compare, method="merge", ids=["x", "y", "z"])
    assert named.comparisons.items.tolist() == ["x", "y", "z"]
    known = sort(documents, compare, method="merge", ids=["x", "y", "z"], known=[("x", "y", 0)])
    assert known.order.tolist() == [1, 2, 0]


def test_comparisons_and_fit() -> None:
    def compare(x: str, y: str) -> float:
        return 0.8 if x > y else 0.5 if x == "a" else 0.1

    result = sort(["b", "a", "c"], compare, method="allpair")
    rows = result.comparisons
    labels = rows.items
    told = dict(
        zip(
            zip(labels[rows.a].tolist(), labels[rows.b].tolist(), strict=True),
            np.where(rows.outcome == 2, 0.5, rows.score).tolist(),
            strict=True,
        )
    )
    assert told == {pair: compare(*pair) for pair in told}
    assert len(told) == 6
    assert rows.time.tolist() == list(range(6))
    assert sorted(rows.cluster.tolist()) == [0, 0, 1, 1, 2, 2]
    fit = result.fit()
    assert fit.items[np.argsort(-fit.ability)].tolist() == ["c", "b", "a"]
    with pytest.raises(InputError):
        sort(["a", "b"], larger).fit(prior=0.0)


def test_how_a_result_shows_itself() -> None:
    result = sort([{"text": "<b>"}, {"text": "a"}], lambda x, y: x["text"] > y["text"])
    assert repr(result) == f"SortResult(2 items, {result.method}, 2 calls, 1 rounds)"
    shown = result._repr_html_()
    assert "&lt;b&gt;" in shown
    frame = sort(["a", "c", "b"], larger).to_frame("pandas")
    assert frame.columns.tolist() == ["rank", "item", "position", "certain"]
    assert frame["item"].tolist() == ["c", "b", "a"]
    assert "and 5 more items" in sort(range(30), larger)._repr_html_()
    assert isinstance(result, SortResult)


def test_progress_counts_down() -> None:
    seen: list[Any] = []
    result = sort(shuffled(N), larger, method="merge", progress=seen.append)
    assert [progress.n_calls for progress in seen] == list(range(1, result.n_calls + 1))
    assert seen[-1].n_left == 0
    assert all(progress.n_left > 0 for progress in seen[:-1])
    expected = seen[0].n_calls + seen[0].n_left
    assert 0.7 < expected / result.n_calls < 1.4
    assert seen[-1].share == 1.0


def test_a_line_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    sort(range(3), larger, progress=True)
    shown = capsys.readouterr()
    assert "calls" in shown.out + shown.err


def test_a_comparator_object_may_be_called() -> None:
    class Judge:
        def __call__(self, x: int, y: int) -> bool:
            return x > y

    compare: Callable[[int, int], bool] = Judge()
    assert sort([1, 3, 2], compare).ranked == [3, 2, 1]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1 << 32),
    st.sampled_from(["merge", "allpair", "heapsort", "knockout", "sliding", "insertion"]),
    st.sampled_from(["both", "single", "random"]),
    st.booleans(),
)
def test_the_kernel_and_the_steps_ask_the_same(
    seed: int, method: str, presentation: str, fails: bool
) -> None:
    """Telling progress, or a failure, takes the way on which every call is a step."""

    def compare(x: int, y: int) -> float | None:
        return random.Random(f"{seed} {x} {y}").choice([0.0, 1.0, 0.5, None, 0.3])

    failed = []

    def failing(x: int, y: int) -> float | None:
        if (x * 3 + y) % 7 == 0 and not failed:
            failed.append((x, y))
            raise ConnectionError
        return compare(x, y)

    items = shuffled(11, seed)
    arguments: dict[str, Any] = {"method": method, "presentation": presentation, "seed": seed}
    if fails:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(limits, "FIRST_WAIT", 0.0)
            direct = sort(items, failing, **arguments, retries=1)
    else:
        direct = sort(items, compare, **arguments)
    steps = sort(items, compare, **arguments, progress=lambda progress: None)
    assert direct.order.tolist() == steps.order.tolist()
    for name in ("n_certain", "n_pairs", "n_lookups", "n_calls", "n_paid", "n_rounds", "cycles"):
        assert getattr(direct, name) == getattr(steps, name), name
    assert direct.complete
    assert rows_of(direct) == rows_of(steps)


def rows_of(result: SortResult) -> set[tuple[int, int, float]]:
    rows = result.comparisons
    score = np.where(rows.outcome == 2, 0.5, rows.outcome)
    if rows.score is not None:
        score = np.where(rows.outcome == 3, rows.score, score)
    return set(zip(rows.a.tolist(), rows.b.tolist(), score.tolist(), strict=True))


def test_ctrl_c_ends_a_sort() -> None:
    calls = 0

    def compare(x: int, y: int) -> bool:
        nonlocal calls
        calls += 1
        if calls == 9:
            raise KeyboardInterrupt
        return x > y

    with pytest.raises(KeyboardInterrupt):
        sort(shuffled(N), compare, method="merge")
    assert calls == 9
