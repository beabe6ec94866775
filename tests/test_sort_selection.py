"""Quickselect: the best, exactly, from few pairs in few rounds."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sorting_methods import Contrary, Judge, drive, expected_order

from zermelo._backends import Backend, backend_info, resolve
from zermelo._backends.sorting.selection_plan import choose_plan

# The twin is slower.
ALL_SIZES = {"cpp": range(201), "numba": (*range(21), 33, 50, 64, 100, 200)}

DRAWS = {"cpp": 300, "numba": 40}


def machine_of(kernels: Backend, n: int, top_k: int, max_rounds: int = 0) -> Any:
    return kernels.SortMachine("quickselect", n, top_k, max_rounds, 0, {})


def first_pending(n_pending: int) -> int:
    return 0


def some_pending(seed: int) -> Callable[[int], int]:
    return random.Random(seed).randrange


def test_the_best_are_exact(kernels: Backend, backend: str) -> None:
    lots = random.Random(11)
    for n in ALL_SIZES[backend]:
        for top_k in {0, min(n, 1), min(n, 10), n // 2, n}:
            # Some tie: these keep the initial order.
            quality = [lots.randrange(2 * n) for _ in range(n)]
            machine = drive(machine_of(kernels, n, top_k), Judge(quality))
            assert machine.order()[:top_k] == expected_order(quality)[:top_k]
            assert machine.n_certain >= top_k


@pytest.mark.parametrize("max_rounds", [1, 2, 3, 4, 5, 6, 7, 9])
def test_rounds_are_kept(kernels: Backend, max_rounds: int) -> None:
    lots = random.Random(max_rounds)
    for n in (*range(12), 25, 60):
        for top_k in {1, min(n, 10), n}:
            top_k = min(top_k, n)
            quality = [lots.random() for _ in range(n)]
            machine = drive(machine_of(kernels, n, top_k, max_rounds), Judge(quality))
            assert machine.n_rounds <= max_rounds
            assert machine.order()[:top_k] == expected_order(quality)[:top_k]


def test_one_round_asks_all_pairs(kernels: Backend) -> None:
    machine = drive(machine_of(kernels, 12, 3, 1), Contrary(0))
    assert machine.n_asked == 66
    assert machine.n_certain == 12


@pytest.mark.parametrize(("max_rounds", "pairs", "rounds"), [(0, 200, 10), (4, 400, 4)])
def test_cost_of_the_best_ten_of_a_hundred(
    kernels: Backend, backend: str, max_rounds: int, pairs: int, rounds: int
) -> None:
    lots = random.Random(3)
    found = []
    for _ in range(DRAWS[backend]):
        quality = [lots.random() for _ in range(100)]
        machine = drive(machine_of(kernels, 100, 10, max_rounds), Judge(quality))
        found.append((machine.n_asked, machine.n_rounds))
    assert sum(asked for asked, _ in found) <= pairs * len(found)
    assert sum(taken for _, taken in found) <= rounds * len(found)


@pytest.mark.parametrize(("n", "top_k", "pairs"), [(10_000, 10, 11_000), (2_000, 2_000, 30_000)])
def test_many_items(kernels: Backend, n: int, top_k: int, pairs: int) -> None:
    quality = list(range(n))
    random.Random(n).shuffle(quality)
    machine = machine_of(kernels, n, top_k)
    n_told = 0
    while not machine.done:
        for _, (first, second) in machine.questions(n_told):
            machine.tell(n_told, float(quality[first] > quality[second]), 1)
            n_told += 1
    assert machine.order()[:top_k] == expected_order(quality)[:top_k]
    assert machine.n_asked <= pairs
    assert machine.n_rounds <= 30


@pytest.mark.parametrize("max_rounds", [0, 1, 2, 4])
def test_order_at_any_time(kernels: Backend, max_rounds: int) -> None:
    """Whole, never against what is certain, and moved by nothing but answers to the contrary."""
    lots = random.Random(5)
    for n, top_k in ((9, 9), (30, 7), (45, 45)):
        quality = [lots.random() for _ in range(n)]
        last = 0

        def watch(machine: Any) -> None:
            nonlocal last
            order = machine.order()
            assert sorted(order) == list(range(n))  # noqa: B023
            certain = machine.n_certain
            assert certain >= last
            assert order[:certain] == expected_order(quality)[:certain]  # noqa: B023
            last = certain

        drive(machine_of(kernels, n, top_k, max_rounds), Judge(quality), some_pending(n), watch)

        def watch_sorted(machine: Any) -> None:
            assert machine.order() == list(range(n))  # noqa: B023

        sorted_quality = sorted(quality, reverse=True)
        machine = machine_of(kernels, n, top_k, max_rounds)
        drive(machine, Judge(sorted_quality), some_pending(n), watch_sorted)


@pytest.mark.parametrize("max_rounds", [0, 3])
def test_inconsistent_answers_end(kernels: Backend, max_rounds: int) -> None:
    for seed in range(12):
        n = 5 * seed
        machine = drive(machine_of(kernels, n, n // 2, max_rounds), Contrary(seed))
        assert sorted(machine.order()) == list(range(n))
        assert machine.n_certain >= n // 2
        assert machine.n_asked <= n * (n - 1) // 2


def test_arrival_does_not_matter(kernels: Backend) -> None:
    for seed in range(6):
        judge = Contrary(seed)
        found = [
            drive(machine_of(kernels, 40, 12), judge, pick)
            for pick in (first_pending, some_pending(seed), lambda n_pending: n_pending - 1)
        ]
        for machine in found[1:]:
            assert machine.order() == found[0].order()
            assert sorted(machine.questions(0)) == sorted(found[0].questions(0))


def test_backends_ask_the_same() -> None:
    if not backend_info()["cpp"]["available"]:
        pytest.skip("the compiled extension is not installed")
    lots = random.Random(23)
    for n in (*range(10), 17, 40, 90):
        for top_k, max_rounds in ((n, 0), (n // 3, 0), (min(n, 10), 4), (n, 3), (min(n, 2), 9)):
            judge: Any = Contrary(n) if max_rounds else Judge([lots.random() for _ in range(n)])
            both = [machine_of(resolve(name), n, top_k, max_rounds) for name in ("cpp", "numba")]
            pending: list[tuple[int, Any]] = []
            n_seen = 0
            while not both[0].done:
                new, twins = (machine.questions(n_seen) for machine in both)
                assert new == twins
                pending += enumerate(new, n_seen)
                n_seen += len(new)
                number, question = pending.pop(lots.randrange(len(pending)))
                for machine in both:
                    machine.tell(number, judge(*question), 1)
                one, twin = (
                    (machine.order(), machine.n_certain, machine.n_rounds, machine.n_lookups)
                    for machine in both
                )
                assert one == twin
            assert both[1].done


def test_plans() -> None:
    # Nothing is left to decide in one round.
    assert choose_plan(0, 50, 10, 1) == ((), 0, 0, 0)
    # In two rounds all meet a few pivots at once; with more of them a sample is sorted first.
    assert choose_plan(0, 100, 10, 2).rank == 0
    assert choose_plan(0, 100, 10, 2).sample > 1
    plan = choose_plan(0, 100, 10, 10)
    assert plan.sample > plan.rank > 1
    assert plan.rounds > 1
    # The pivot lies so low in the sample that most likely enough items precede it.
    assert plan.rank * 101 / (plan.sample + 1) > 10
    # Of a long chain the pivot that leaves a little more than what is wanted.
    assert choose_plan(9, 90, 10, 8).pivots == (3,)
