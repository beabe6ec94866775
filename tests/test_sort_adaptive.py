"""The adaptive sort: what it proves, where it stops, and that both backends ask the same."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from zermelo._backends import Backend, backend_info, resolve
from zermelo._backends.sorting.adaptive import own_limit
from zermelo._backends.sorting.machine import SortMachine

OWN = {"pairs": 0, "batch": 0, "ahead": 0}
Judge = Callable[[int, int], float]


def consistent(quality: list[float]) -> Judge:
    def score(first: int, second: int) -> float:
        if quality[first] == quality[second]:
            return 0.5
        return float(quality[first] > quality[second])

    return score


def lot_of(*numbers: int) -> float:
    """A number in [0, 1) that is always the same for the same numbers."""
    mixed = 0x9E3779B97F4A7C15
    for number in numbers:
        mixed = (mixed ^ number) * 0xBF58476D1CE4E5B9 % 2**64
        mixed ^= mixed >> 29
    return mixed / 2**64


def noisy(quality: list[float], seed: int, wrong: float, tied: float) -> Judge:
    def score(first: int, second: int) -> float:
        lot = lot_of(first, second, seed)
        right = float(quality[first] > quality[second])
        return 1.0 - right if lot < wrong else 0.5 if lot < wrong + tied else right

    return score


def circle(first: int, second: int) -> float:
    return float((first - second) % 3 == 1)


def in_any_order(
    kernels: Backend, n: int, top_k: int, judge: Judge, options: dict[str, int], shuffled: int
) -> SortMachine:
    """A whole sort whose answers come in a random order, batches that overlap included."""
    machine: SortMachine = kernels.SortMachine("adaptive", n, top_k, 0, 0, options)
    arrivals = random.Random(shuffled)
    waiting: list[tuple[int, tuple[int, ...]]] = []
    n_seen = 0
    while not machine.done:
        waiting += [
            (number, items) for number, (_, items) in enumerate(machine.questions(n_seen), n_seen)
        ]
        n_seen = machine.n_asked
        number, (first, second) = waiting.pop(arrivals.randrange(len(waiting)))
        machine.tell(number, judge(first, second), 1)
    assert not waiting
    return machine


def sort(
    kernels: Backend,
    n: int,
    top_k: int,
    judge: Judge,
    *,
    max_rounds: int = 0,
    options: dict[str, int] = OWN,
    shuffled: int | None = None,
) -> SortMachine:
    """A whole sort; with `shuffled`, answers come in a random order."""
    machine: SortMachine = kernels.SortMachine("adaptive", n, top_k, max_rounds, 0, options)
    arrivals = random.Random(shuffled)
    n_told = 0
    while not machine.done:
        # Nothing new is asked before a batch is answered.
        batch = list(enumerate(machine.questions(n_told), n_told))
        if shuffled is not None:
            arrivals.shuffle(batch)
        for number, (_, (first, second)) in batch:
            assert machine.n_asked == n_told + len(batch)
            machine.tell(number, judge(first, second), 1)
        n_told += len(batch)
    return machine


def qualities(n: int) -> list[list[float]]:
    lots = random.Random(n)
    distinct = [lots.random() for _ in range(n)]
    return [
        distinct,
        [float(lots.randrange(4)) for _ in range(n)],
        sorted(distinct),
        sorted(distinct, reverse=True),
    ]


def fastest() -> Backend:
    return resolve("cpp" if backend_info()["cpp"]["available"] else "numba")


def check_exact(kernels: Backend, n: int, top_k: int, quality: list[float]) -> SortMachine:
    machine = sort(kernels, n, top_k, consistent(quality))
    expected = sorted(range(n), key=lambda item: -quality[item])
    assert list(machine.order())[:top_k] == expected[:top_k]
    assert sorted(machine.order()) == list(range(n))
    assert machine.n_certain >= top_k
    assert machine.n_lookups == machine.n_asked <= n * (n - 1) // 2
    return machine


def test_the_front_is_exact_before_a_consistent_comparator() -> None:
    kernels = fastest()
    largest = 200 if backend_info()["cpp"]["available"] else 24
    for n in range(largest + 1):
        for top_k in {min(n, 1), min(n, 10), n if n < 60 or n % 20 == 0 else 1}:
            check_exact(kernels, n, top_k, qualities(n)[n % 4])
        if n < 40:
            for quality in qualities(n):
                check_exact(kernels, n, min(n, 5), quality)


def test_all_orders_of_five(kernels: Backend) -> None:
    for quality in itertools.permutations(range(5)):
        check_exact(kernels, 5, 5, [float(value) for value in quality])
        check_exact(kernels, 5, 2, [float(value) for value in quality])


def test_pairs_of_the_best_10_of_100() -> None:
    """About 210 pairs from a random order, fewer from a good one, about 20 rounds."""
    kernels = fastest()
    lots = random.Random(6)
    machines = []
    for _ in range(20):
        machines.append(check_exact(kernels, 100, 10, [lots.random() for _ in range(100)]))
    assert sum(machine.n_asked for machine in machines) / 20 < 220
    assert max(machine.n_rounds for machine in machines) <= 30
    presorted = check_exact(kernels, 100, 10, [float(-item) for item in range(100)])
    assert presorted.n_asked < 190


def test_graded_scores_are_sorted_by_their_side_of_a_tie() -> None:
    quality = qualities(60)[0]

    def graded(first: int, second: int) -> float:
        return 0.5 + (quality[first] - quality[second]) / 2

    machine = sort(fastest(), 60, 60, graded)
    assert list(machine.order()) == sorted(range(60), key=lambda item: -quality[item])


@pytest.mark.parametrize("n", [2, 3, 30, 90])
def test_no_judge_makes_it_run_on(n: int) -> None:
    """However inconsistent, it stops at its own limit, or with what it took for a proof."""
    kernels = fastest()
    for top_k in {1, min(n, 10), n}:
        for judge in (
            circle,
            noisy(qualities(n)[0], n, wrong=0.1, tied=0.2),
            noisy(qualities(n)[0], n, wrong=0.5, tied=0.0),
            lambda first, second: 0.5,
        ):
            machine = sort(kernels, n, top_k, judge)
            assert sorted(machine.order()) == list(range(n))
            assert machine.n_asked <= max(own_limit(n, top_k), 3 * n)


def test_a_noisy_judge_is_asked_up_to_the_limit() -> None:
    judge = noisy(qualities(100)[0], 1, wrong=0.05, tied=0.2)
    machine = sort(fastest(), 100, 10, judge)
    assert machine.n_asked == own_limit(100, 10) == 317


@pytest.mark.parametrize("pairs", [1, 17, 120])
def test_a_limit_of_pairs_is_kept(kernels: Backend, pairs: int) -> None:
    machine = sort(kernels, 40, 10, consistent(qualities(40)[0]), options={**OWN, "pairs": pairs})
    assert machine.n_asked <= pairs
    assert machine.done


def test_what_a_limit_leaves_certain_is_right(kernels: Backend) -> None:
    quality = qualities(40)[0]
    expected = sorted(range(40), key=lambda item: -quality[item])
    for pairs in range(40, 90, 7):
        machine = sort(kernels, 40, 10, consistent(quality), options={**OWN, "pairs": pairs})
        certain = machine.n_certain
        assert list(machine.order())[:certain] == expected[:certain]


@pytest.mark.parametrize("max_rounds", [1, 4, 8])
def test_rounds_are_kept(kernels: Backend, max_rounds: int) -> None:
    judge = noisy(qualities(50)[0], 1, wrong=0.05, tied=0.2)
    machine = sort(kernels, 50, 10, judge, max_rounds=max_rounds)
    assert machine.n_rounds <= max_rounds
    assert machine.n_asked <= own_limit(50, 10)


def test_a_batch_is_a_round_without_repeats(kernels: Backend) -> None:
    machine = kernels.SortMachine("adaptive", 60, 10, 0, 0, {**OWN, "batch": 12})
    judge = noisy(qualities(60)[0], 3, wrong=0.05, tied=0.2)
    seen: set[tuple[int, ...]] = set()
    n_told = 0
    while not machine.done:
        batch = [items for _, items in machine.questions(n_told)]
        assert 0 < len(batch) <= 12
        assert not seen.intersection(batch)
        seen.update(batch)
        for first, second in batch:
            machine.tell(n_told, judge(first, second), 1)
            n_told += 1
    assert len(seen) == n_told


def test_arrival_changes_nothing(kernels: Backend) -> None:
    judge = noisy(qualities(30)[0], 5, wrong=0.05, tied=0.2)
    plain = sort(kernels, 30, 5, judge)
    for shuffled in range(3):
        other = sort(kernels, 30, 5, judge, shuffled=shuffled)
        assert other.questions(0) == plain.questions(0)
        assert list(other.order()) == list(plain.order())


@pytest.mark.parametrize("ahead", [1, 2, 7, 1 << 30])
def test_batches_ahead_leave_the_front_exact(kernels: Backend, ahead: int) -> None:
    for n in (2, 3, 7, 20, 33):
        for top_k in {1, min(n, 5), n}:
            for batch in (1, 3):
                options = {**OWN, "batch": batch, "ahead": ahead}
                quality = qualities(n)[(n + batch) % 4]
                machine = in_any_order(kernels, n, top_k, consistent(quality), options, n)
                expected = sorted(range(n), key=lambda item: -quality[item])
                assert list(machine.order())[:top_k] == expected[:top_k]
                assert machine.n_certain >= top_k
                assert machine.n_lookups == machine.n_asked


def test_so_many_batches_are_on_their_way(kernels: Backend) -> None:
    """A slow first call holds up nothing but what comes `ahead` batches later."""
    machine = kernels.SortMachine("adaptive", 60, 10, 0, 0, {**OWN, "batch": 4, "ahead": 2})
    judge = noisy(qualities(60)[0], 3, wrong=0.05, tied=0.2)
    assert machine.n_asked == 12
    for number in range(1, 12):
        _, (first, second) = machine.questions(number)[0]
        machine.tell(number, judge(first, second), 1)
        assert machine.n_asked == 12
    _, (first, second) = machine.questions(0)[0]
    machine.tell(0, judge(first, second), 1)
    assert machine.n_asked == 24
    # The fourth batch needed answers of the first alone, and so on.
    assert machine.n_rounds == 1


def test_batches_ahead_shorten_the_chain_and_cost_little(kernels: Backend) -> None:
    quality = qualities(60)[0]
    plain = sort(kernels, 60, 10, consistent(quality))
    ahead = in_any_order(kernels, 60, 10, consistent(quality), {**OWN, "batch": 3, "ahead": 4}, 1)
    assert ahead.n_rounds < plain.n_rounds
    assert ahead.n_asked < 1.4 * plain.n_asked


@pytest.mark.parametrize("ahead", [1, 5])
def test_arrival_changes_nothing_where_batches_overlap(kernels: Backend, ahead: int) -> None:
    judge = noisy(qualities(30)[0], 5, wrong=0.05, tied=0.2)
    options = {**OWN, "batch": 3, "ahead": ahead}
    plain = in_any_order(kernels, 30, 5, judge, options, 0)
    for shuffled in range(1, 4):
        other = in_any_order(kernels, 30, 5, judge, options, shuffled)
        assert other.questions(0) == plain.questions(0)
        assert list(other.order()) == list(plain.order())
        assert other.n_rounds == plain.n_rounds


@pytest.mark.parametrize("pairs", [1, 17, 120])
def test_a_limit_counts_what_is_on_its_way(kernels: Backend, pairs: int) -> None:
    options = {**OWN, "pairs": pairs, "batch": 4, "ahead": 3}
    machine = in_any_order(kernels, 40, 10, consistent(qualities(40)[0]), options, pairs)
    assert machine.n_asked <= pairs
    judge = noisy(qualities(40)[0], 3, wrong=0.1, tied=0.2)
    assert in_any_order(kernels, 40, 10, judge, options, pairs).n_asked == pairs


def test_rounds_that_are_counted_wait(kernels: Backend) -> None:
    judge = noisy(qualities(50)[0], 1, wrong=0.05, tied=0.2)
    options = {**OWN, "ahead": 4}
    counted = sort(kernels, 50, 10, judge, max_rounds=4, options=options)
    assert counted.questions(0) == sort(kernels, 50, 10, judge, max_rounds=4).questions(0)


@pytest.mark.skipif(not backend_info()["cpp"]["available"], reason="compares the two backends")
def test_backends_ask_the_same_ahead() -> None:
    lots = random.Random(9)
    for case in range(12):
        n = lots.randrange(2, 50)
        top_k = lots.randrange(1, n + 1)
        quality = [lots.random() for _ in range(n)]
        judge = (consistent(quality), noisy(quality, case, wrong=0.1, tied=0.1))[case % 2]
        options = {
            "pairs": 2 * n if case % 5 == 0 else 0,
            "batch": lots.randrange(8),
            "ahead": lots.randrange(1, 7),
        }
        one = in_any_order(resolve("cpp"), n, top_k, judge, options, case)
        other = in_any_order(resolve("numba"), n, top_k, judge, options, case + 1)
        assert one.questions(0) == other.questions(0)
        assert list(one.order()) == list(other.order())
        assert one.n_certain == other.n_certain
        assert one.n_rounds == other.n_rounds


@pytest.mark.skipif(not backend_info()["cpp"]["available"], reason="compares the two backends")
def test_backends_ask_the_same() -> None:
    lots = random.Random(4)
    for case in range(12):
        n = lots.randrange(50)
        top_k = lots.randrange(1, n + 1) if n else 0
        quality = [lots.random() for _ in range(n)]
        judge = (
            consistent(quality),
            noisy(quality, case, wrong=0.0, tied=0.2),
            noisy(quality, case, wrong=0.1, tied=0.1),
            lot_of,
        )[case % 4]
        limits: dict[str, Any] = {
            "max_rounds": 5 if case % 6 == 5 else 0,
            "options": {**OWN, "pairs": 2 * n if case % 6 < 2 else 0},
        }
        one = sort(resolve("cpp"), n, top_k, judge, **limits)
        other = sort(resolve("numba"), n, top_k, judge, **limits)
        assert one.questions(0) == other.questions(0)
        assert list(one.order()) == list(other.order())
        assert one.n_certain == other.n_certain
        assert one.n_rounds == other.n_rounds


@pytest.mark.skipif(not backend_info()["cpp"]["available"], reason="takes long without C++")
def test_ten_thousand_items() -> None:
    n = 10_000
    lots = random.Random(8)
    machine = check_exact(resolve("cpp"), n, 10, [lots.random() for _ in range(n)])
    assert machine.n_asked < 1.3 * n
    judge = noisy(qualities(n)[0], 1, wrong=0.05, tied=0.2)
    assert sort(resolve("cpp"), n, 10, judge).n_asked == own_limit(n, 10)
