"""The classic sorting methods: what they promise, what they cost, and that they always end."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sorting_methods import (
    CLASSIC,
    COMPARING,
    Contrary,
    Judge,
    drive,
    expected_order,
    options_of,
    promised,
)

from zermelo._backends import resolve


@pytest.fixture(scope="module")
def machine_of(backend: str) -> Any:
    """Makes a machine of a method on each backend in turn."""
    machine = resolve(backend).SortMachine

    def make(method: str, n: int, top_k: int | None = None, seed: int = 0, **options: int) -> Any:
        top_k = n if top_k is None else top_k
        return machine(method, n, top_k, 0, seed, options_of(method, top_k) | options)

    return make


def drawn_quality(n: int, seed: int) -> list[int]:
    """Qualities with ties."""
    lots = random.Random(seed)
    return [lots.randint(0, max(1, 2 * n // 3)) for _ in range(n)]


@pytest.mark.parametrize("method", CLASSIC)
def test_consistent_answers_give_the_promised_prefix_at_every_n(
    machine_of: Any, backend: str, method: str
) -> None:
    sizes = range(201) if backend == "cpp" else [*range(34), 47, 64, 65, 100, 150, 200]
    for n in sizes:
        top_k = min(n, 1 + 7 * n % 29)
        quality = drawn_quality(n, n)
        machine = drive(machine_of(method, n, top_k, seed=n), Judge(quality))
        exact = promised(method, n, top_k)
        assert machine.order()[:exact] == expected_order(quality)[:exact], (n, top_k)
        assert exact <= machine.n_certain <= n
        assert machine.order()[: machine.n_certain] == expected_order(quality)[: machine.n_certain]


@pytest.mark.parametrize("method", CLASSIC)
def test_everything_wanted_is_in_exact_order(machine_of: Any, method: str) -> None:
    for n in (0, 1, 2, 3, 4, 7, 20, 21, 64, 65):
        quality = drawn_quality(n, n + 1)
        machine = drive(machine_of(method, n), Judge(quality))
        exact = promised(method, n, n)
        assert machine.order()[:exact] == expected_order(quality)[:exact], n


@pytest.mark.parametrize("method", CLASSIC)
def test_every_top_k(machine_of: Any, method: str) -> None:
    n = 23
    quality = drawn_quality(n, 5)
    for top_k in range(1, n + 1):
        machine = drive(machine_of(method, n, top_k), Judge(quality))
        exact = promised(method, n, top_k)
        assert machine.order()[:exact] == expected_order(quality)[:exact], top_k


@pytest.mark.parametrize("method", CLASSIC)
def test_ties_keep_the_initial_order(machine_of: Any, method: str) -> None:
    for n in (*range(12), 20, 25, 33, 61):
        for top_k in {min(n, 1), min(n, 10), n}:
            machine = drive(machine_of(method, n, top_k, seed=n), Judge([0] * n))
            assert machine.order() == list(range(n)), (n, top_k)


@pytest.mark.parametrize("method", CLASSIC)
def test_the_order_is_whole_and_its_certain_part_final_at_any_time(
    machine_of: Any, method: str
) -> None:
    for n, top_k, consistent in ((17, 17, True), (26, 6, True), (25, 8, False)):
        settled: list[int] = []

        def watch(machine: Any, n: int = n, settled: list[int] = settled) -> None:
            order = machine.order()
            assert sorted(order) == list(range(n))
            assert order[: len(settled)] == settled
            assert machine.n_certain >= len(settled)
            settled[:] = order[: machine.n_certain]

        quality = drawn_quality(n, 3)
        judge = Judge(quality) if consistent else Contrary(4)
        machine = drive(machine_of(method, n, top_k), judge, watch=watch)
        assert machine.done
        if consistent:
            assert settled == expected_order(quality)[: len(settled)]


@given(
    method=st.sampled_from(CLASSIC),
    n=st.integers(0, 24),
    top_k=st.integers(1, 24),
    seed=st.integers(0, 1000),
    overlap=st.integers(0, 1),
)
@settings(deadline=None, max_examples=60)
def test_questions_do_not_depend_on_the_order_in_which_answers_arrive(
    machine_of: Any, method: str, n: int, top_k: int, seed: int, overlap: int
) -> None:
    ways = []
    for pick in (lambda _: 0, lambda n_pending: n_pending - 1, random.Random(seed).randrange):
        machine = machine_of(method, n, min(n, top_k), seed=seed, overlap=overlap)
        drive(machine, Contrary(seed), pick)
        ways.append((sorted(machine.questions(0)), machine.order(), machine.n_certain))
    assert ways[0] == ways[1] == ways[2]


# sum of ceil(log2(3k/4)) over k = 1 to n: Knuth, TAOCP 3, 5.3.1, n = 1 to 22.
FORD_JOHNSON_WORST = (
    0, 1, 3, 5, 7, 10, 13, 16, 19, 22, 26, 30, 34, 38, 42, 46, 50, 54, 58, 62, 66, 71,
)  # fmt: skip
# n = 1 to 12, of binary insertion and of top-down merging.
OTHERS_WORST = (0, 1, 3, 5, 8, 11, 14, 17, 21, 25, 29, 33)


def costs(machine_of: Any, method: str, n: int) -> list[int]:
    """Pairs asked over all orders of n items."""
    return [
        drive(machine_of(method, n), Judge(quality)).n_asked
        for quality in itertools.permutations(range(n))
    ]


@pytest.mark.parametrize("method", ["ford-johnson", "merge", "insertion"])
def test_worst_cases_over_all_permutations(machine_of: Any, method: str) -> None:
    worst = [max(costs(machine_of, method, n)) for n in range(1, 7)]
    assert worst == list((FORD_JOHNSON_WORST if method == "ford-johnson" else OTHERS_WORST)[:6])


@pytest.mark.parametrize(
    ("method", "average"),
    [
        ("ford-johnson", Fraction(104, 15)),
        ("merge", Fraction(43, 6)),
        ("insertion", Fraction(106, 15)),
    ],
)
def test_average_over_all_permutations_of_five(
    machine_of: Any, method: str, average: Fraction
) -> None:
    assert Fraction(sum(costs(machine_of, method, 5)), math.factorial(5)) == average


@pytest.mark.parametrize("method", ["ford-johnson", "merge", "insertion"])
def test_random_orders_reach_the_worst_case_and_never_more(machine_of: Any, method: str) -> None:
    known = FORD_JOHNSON_WORST if method == "ford-johnson" else OTHERS_WORST
    lots = random.Random(1)
    for n in range(7, len(known) + 1):
        most = 0
        for _ in range(40):
            quality = lots.sample(range(n), n)
            most = max(most, drive(machine_of(method, n), Judge(quality)).n_asked)
        assert most <= known[n - 1]
        assert method != "ford-johnson" or most == known[n - 1]


@pytest.mark.parametrize("method", ["merge", "heapsort", "insertion", "ford-johnson"])
def test_n_log_n_at_ten_thousand_items(machine_of: Any, backend: str, method: str) -> None:
    n = 10_000 if backend == "cpp" else 1_000
    quality = random.Random(7).sample(range(n), n)
    machine = machine_of(method, n)
    n_told = 0
    while not machine.done:
        for _, (first, second) in machine.questions(n_told):
            machine.tell(n_told, float(quality[first] > quality[second]), 1)
            n_told += 1
    assert machine.order() == expected_order(quality)
    assert machine.n_asked < n * math.log2(n) * (1.06 if method == "heapsort" else 1)


def test_knockout_stays_below_its_bound(machine_of: Any) -> None:
    lots = random.Random(2)
    for n, top_k in [(100, 10)] * 25 + [(n, top_k) for n in (5, 16, 17) for top_k in (1, 2, 5)]:
        machine = drive(machine_of("knockout", n, top_k), Judge(lots.sample(range(n), n)))
        bound = n - 1 + (top_k - 1) * (math.ceil(math.log2(n)) - 1)
        assert machine.n_asked == machine.n_lookups <= bound


@pytest.mark.parametrize("overlap", [0, 1])
def test_sliding_looks_up_as_many_pairs_as_the_paper_says(machine_of: Any, overlap: int) -> None:
    quality = random.Random(3).sample(range(100), 100)
    whole = machine_of("sliding", 100, passes=10, whole=1, overlap=overlap)
    assert drive(whole, Judge(quality)).n_lookups == 990
    assert 780 < whole.n_asked < 880
    shrinking = machine_of("sliding", 100, passes=10, whole=0, overlap=overlap)
    assert drive(shrinking, Judge(quality)).n_lookups == sum(100 - i for i in range(1, 11))
    assert shrinking.order() == whole.order()
    assert shrinking.n_asked == whole.n_asked


@pytest.mark.parametrize("method", ["sliding", "setwise-bubble"])
def test_overlapping_passes_ask_the_same_in_fewer_rounds(machine_of: Any, method: str) -> None:
    for judge in (Judge(drawn_quality(40, 9)), Contrary(5), Judge(range(40))):
        alone = drive(machine_of(method, 40, 8, overlap=0), judge)
        together = drive(machine_of(method, 40, 8, overlap=1), judge)
        assert together.order() == alone.order()
        assert sorted(together.questions(0)) == sorted(alone.questions(0))
        assert together.n_rounds <= min(alone.n_rounds, 39 + 2 * 7)
    assert together.n_rounds < alone.n_rounds / 3


def test_a_pass_of_sliding_swaps_only_on_a_strict_win(machine_of: Any) -> None:
    machine = machine_of("sliding", 3, passes=1, whole=1)
    assert machine.questions(0) == [(0, (1, 2))]
    machine.tell(0, 0.0, 1)  # 2 beats 1
    assert machine.order() == [0, 2, 1]
    machine.tell(1, 0.5, 1)
    assert machine.done
    assert machine.order() == [0, 2, 1]


def test_allpair_counts_wins_and_half_ties_in_one_round(machine_of: Any) -> None:
    # 0 beats 1 and ties with 2; 1 beats 2 narrowly and 3; 2 beats 3; 3 beats 0.
    scores = {(0, 1): 1.0, (0, 2): 0.5, (0, 3): 0.0, (1, 2): 0.51, (1, 3): 1.0, (2, 3): 0.6}
    machine = drive(machine_of("allpair", 4), lambda _, items: scores[items])
    assert machine.order() == [1, 0, 2, 3]  # 2, 1.5, 1.5 and 1 points
    assert machine.n_asked == 6
    assert machine.n_rounds == 1
    large = drive(machine_of("allpair", 50), Contrary(1))
    assert large.n_asked == large.n_lookups == 1225
    assert large.n_rounds == 1


def test_allpair_does_not_depend_on_the_initial_order_and_sliding_does(machine_of: Any) -> None:
    # A judge of 30 items that is wrong about every seventh pair, whatever their numbers.
    def wrong(first: int, second: int) -> bool:
        return (first * second + first + second) % 7 == 0

    orders = {}
    for method in ("allpair", "sliding"):
        for start in (list(range(30)), list(range(29, -1, -1))):

            def judge(_: int, items: tuple[int, ...], start: list[int] = start) -> float:
                first, second = (start[item] for item in items)
                return float((first < second) != wrong(first, second))

            machine = drive(machine_of(method, 30, 5), judge)
            wins = dict.fromkeys(range(30), 0)
            for first, second in itertools.combinations(range(30), 2):
                wins[second if wrong(first, second) else first] += 1
            named = [start[item] for item in machine.order()]
            orders[method, start[0]] = (
                [wins[item] for item in named] if method == "allpair" else named
            )
    assert orders["allpair", 0] == orders["allpair", 29]
    assert orders["sliding", 0] != orders["sliding", 29]


def test_rounds_of_merging(machine_of: Any) -> None:
    def sorted_already(n: int) -> int:
        """The left half is used up after as many comparisons as it has items."""
        return sorted_already(n - n // 2) + n // 2 if n > 1 else 0

    def most(n: int) -> int:
        return most(n - n // 2) + n - 1 if n > 1 else 0

    for n in (2, 3, 8, 13, 100):
        kept = drive(machine_of("merge", n), Judge(range(n, 0, -1)))
        assert kept.n_rounds == sorted_already(n)
        assert drive(machine_of("merge", n), Contrary(n)).n_rounds <= most(n)


def test_rounds_of_building_a_knockout_and_a_heap(machine_of: Any) -> None:
    assert drive(machine_of("knockout", 64, 1), Contrary(1)).n_rounds == 6
    # Children first: 5 levels above the leaves, and an item sinks through all below it at most.
    assert drive(machine_of("heapsort", 63, 1), Contrary(1)).n_rounds <= 2 * sum(range(1, 6))
    assert drive(machine_of("setwise-heap", 63, 1, size=3), Contrary(1)).n_rounds <= 15


def test_a_search_for_few_places_stops_early(machine_of: Any) -> None:
    quality = random.Random(4).sample(range(100), 100)
    asked = {
        method: drive(machine_of(method, 100, 10), Judge(quality)).n_asked for method in COMPARING
    }
    assert asked["insertion"] < 230
    assert asked["heapsort"] < 220
    assert asked["merge"] < 330


def test_setwise_calls(machine_of: Any) -> None:
    quality = random.Random(5).sample(range(100), 100)
    bubble = drive(machine_of("setwise-bubble", 100, 10, size=3), Judge(quality))
    assert bubble.n_lookups == sum(math.ceil((99 - number) / 2) for number in range(10)) == 475
    assert bubble.n_asked < 470
    heap = drive(machine_of("setwise-heap", 100, 10, size=3), Judge(quality))
    assert heap.n_asked < 150
    assert max(len(items) for _, items in heap.questions(0)) == 3


def test_setwise_shows_items_in_their_initial_order(machine_of: Any) -> None:
    for method in ("setwise-heap", "setwise-bubble"):
        machine = drive(machine_of(method, 30, 30), Contrary(2))
        assert all(list(items) == sorted(items) for _, items in machine.questions(0))


def test_listwise_windows(machine_of: Any) -> None:
    windows: list[tuple[int, ...]] = []

    def as_shown(_: int, items: tuple[int, ...]) -> list[int]:
        windows.append(items)
        return list(range(len(items)))

    drive(machine_of("listwise", 45, 10, window=20, step=10, passes=1), as_shown)
    assert [(items[0], len(items)) for items in windows] == [(25, 20), (15, 20), (5, 20), (0, 20)]
    # One pass of windows that overlap by ten makes ten places exact, two make twenty.
    for passes in (1, 2):
        quality = random.Random(6).sample(range(100), 100)
        machine = machine_of("listwise", 100, 10, window=20, step=10, passes=passes)
        drive(machine, Judge(quality))
        assert machine.n_certain == 10 * passes
        assert machine.n_asked <= 9 * passes
        assert machine.order()[: 10 * passes] == expected_order(quality)[: 10 * passes]


def test_tourrank_follows_the_paper_at_a_hundred(machine_of: Any) -> None:
    machine = drive(machine_of("tourrank", 100, tournaments=1), Judge(drawn_quality(100, 1)))
    lengths = sorted((len(items) for _, items in machine.questions(0)), reverse=True)
    assert lengths == [20] * 6 + [10] * 6 + [5]
    assert machine.n_rounds == 5
    several = drive(machine_of("tourrank", 100, seed=3, tournaments=4), Contrary(3))
    assert several.n_rounds == 5
    assert several.n_lookups == 4 * 13


def test_tourrank_draws_groups_anew_by_the_seed(machine_of: Any) -> None:
    questions = [
        {items for _, items in machine_of("tourrank", 100, seed=seed).questions(0)}
        for seed in (1, 1, 2)
    ]
    assert questions[0] == questions[1] != questions[2]
    assert len(questions[0]) == 10
