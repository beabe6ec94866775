"""The cases of sorting: with a trivial comparator, simulated, and what a sort costs."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from harness import Contestant, Measurement, Stopwatch, Workload
from inputs import Floats

SEED = 1
PRESENTATIONS = ("single", "both")
NO_BUDGETS = np.zeros(0, np.int64)


def shuffled(n: int) -> list[int]:
    items = list(range(n))
    random.Random(SEED).shuffle(items)
    return items


def check(best: list[int], n: int) -> None:
    """What was sorted are the numbers below n, the highest first."""
    if best != list(range(n - 1, n - 1 - len(best), -1)):
        raise RuntimeError("the order is wrong")


@contextmanager
def _backend(name: str) -> Iterator[None]:
    """`sort` takes the backend from the environment alone."""
    before = os.environ.get("ZERMELO_BACKEND")
    os.environ["ZERMELO_BACKEND"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["ZERMELO_BACKEND"]
        else:
            os.environ["ZERMELO_BACKEND"] = before


# A trivial comparator ------------------------------------------------------------------------


def _sorted_by_zermelo(items: list[int], backend: str) -> Callable[[], Measurement]:
    import zermelo as zm

    def measure() -> Measurement:
        with _backend(backend):
            watch = Stopwatch()
            result = zm.sort(items, lambda x, y: x > y, method="merge", presentation="single")
            watch.lap("sort")
        check(result.ranked, len(items))
        return _sorted(watch, len(items), result.n_calls)

    return measure


def _sorted_by_python(
    items: list[int], compare: Callable[[int, int], int]
) -> Callable[[], Measurement]:
    n_calls = 0

    def counting(x: int, y: int) -> int:
        nonlocal n_calls
        n_calls += 1
        return compare(x, y)

    sorted(items, key=functools.cmp_to_key(counting))

    def measure() -> Measurement:
        watch = Stopwatch()
        ranked = sorted(items, key=functools.cmp_to_key(compare))
        watch.lap("sorted")
        check(ranked, len(items))
        return _sorted(watch, len(items), n_calls)

    return measure


def _sorted(watch: Stopwatch, n: int, n_calls: int) -> Measurement:
    each = watch.total / n_calls * 1e6
    note = f"{n:,} items, {n_calls:,} comparisons, {each:.2f} microseconds each"
    return Measurement(watch.total, note=note)


def direct(small: bool) -> Workload:
    n, n_slow = (1_000, 100) if small else (100_000, 10_000)
    items = shuffled(n)
    contestants = [
        Contestant("zermelo", _sorted_by_zermelo(items, "cpp")),
        Contestant("sorted, y - x", _sorted_by_python(items, lambda x, y: y - x)),
        Contestant(
            "sorted, (x < y) - (x > y)", _sorted_by_python(items, lambda x, y: (x < y) - (x > y))
        ),
        Contestant(
            "zermelo, numba backend, a tenth of the items",
            _sorted_by_zermelo(shuffled(n_slow), "numba"),
        ),
    ]
    return Workload(
        f'{n:,} whole numbers in random order: `zm.sort` with `method="merge"` and '
        '`presentation="single"` and Python\'s own sort, each with a comparator in Python that '
        "does nothing but compare the two numbers: x > y for zermelo, for `functools.cmp_to_key` "
        "their difference, which only numbers have, or what any two things have.",
        contestants,
        baseline=contestants[1].name,
        target="within twice the time of sorted",
    )


# Simulated sorts -----------------------------------------------------------------------------


def _simulated(
    method: str, top_k: int, quality: Floats, presentation: str, backend: str = "cpp"
) -> Callable[[], Measurement]:
    """On one thread, before a judge who errs as a language model does."""
    import zermelo as zm
    from zermelo._backends import resolve
    from zermelo.sorting.initial_orders import usual_gap
    from zermelo.sorting.methods import method_of

    n = quality.shape[1]
    judge = zm.sorting.PairJudge()
    wrong, split, wrong_close, split_close = judge.thresholds()
    gap = usual_gap(judge.close)
    options = method_of(method).options(n, top_k)

    def measure() -> Measurement:
        watch = Stopwatch()
        _, pairs, calls, *_ = resolve(backend).simulate_sorts(
            method, n, top_k, 0, options, quality, wrong, split, gap, wrong_close, split_close,
            presentation, NO_BUDGETS, SEED, 0, 1,
        )  # fmt: skip
        watch.lap("simulate_sorts")
        return _compared(watch, len(quality), int(calls.sum()), int(pairs.sum()))

    return measure


def _compared(watch: Stopwatch, n_sorts: int, n_calls: int, n_pairs: int) -> Measurement:
    """Seconds a million comparisons, since methods ask for different numbers of them."""
    note = f"{_millions(n_calls / watch.total)} million comparisons a second"
    if n_pairs < n_calls:
        note += f", {_millions(n_pairs / watch.total)} million pairs"
    note += f"; {n_sorts:,} sorts of {n_pairs / n_sorts:,.0f} pairs"
    return Measurement(watch.total / n_calls * 1e6, note=note)


def _millions(rate: float) -> str:
    return f"{rate / 1e6:.1f}" if rate >= 1e6 else f"{rate / 1e6:.3f}"


def _python_peer(quality: Floats) -> Callable[[], Measurement]:
    """Python's own sort; every comparison errs by itself, as often as the judge does."""
    import zermelo as zm

    judge = zm.sorting.PairJudge()
    far, close = judge.wrong + judge.split / 2, (judge.wrong_close or 0) + judge.split_close / 2
    error = (1 - judge.close) * far + judge.close * close
    rows = quality.tolist()

    def measure() -> Measurement:
        draw = random.Random(SEED).random
        n_calls = 0

        def compare(x: float, y: float) -> int:
            nonlocal n_calls
            n_calls += 1
            return 1 if (x < y) != (draw() < error) else -1

        key = functools.cmp_to_key(compare)
        watch = Stopwatch()
        for row in rows:
            sorted(row, key=key)
        watch.lap("sorted")
        return _compared(watch, len(rows), n_calls, n_calls)

    return measure


def simulated(small: bool) -> Workload:
    n, n_large, top_k = 100, 10_000, 10
    n_sorts, n_slow = (4, 2) if small else (10_000, 50)
    rng = np.random.default_rng(SEED)
    quality = rng.standard_normal((n_sorts, n))
    slow = quality[: n_sorts // 20 or 1]  # an adaptive sort thinks long
    large = rng.standard_normal((1 if small else 100, n_large))
    sorts = [
        ("merge", n, quality),
        ("insertion", n, quality),
        ("heapsort", top_k, quality),
        ("quickselect", top_k, quality),
        ("knockout", top_k, quality),
        ("adaptive", top_k, slow),
        ("merge", n_large, large),
    ]
    contestants = [
        Contestant(
            f"{_described(method, wanted, drawn.shape[1])}, {presentation}",
            _simulated(method, wanted, drawn, presentation),
        )
        for method, wanted, drawn in sorts
        for presentation in PRESENTATIONS
    ]
    contestants += [
        Contestant(
            f"{_described(method, wanted, n)}, single, numba backend",
            _simulated(method, wanted, quality[:n_slow], "single", "numba"),
        )
        for method, wanted in (("merge", n), ("knockout", top_k))
    ]
    contestants.append(Contestant("sorted with errors", _python_peer(quality[: 10 * n_slow])))
    return Workload(
        "Simulated sorts before a noisy judge, on 1 thread: times are of a million comparisons, "
        'of which "both" makes two a pair; the peer is Python\'s own sort with a comparator that '
        "errs as often.",
        contestants,
        baseline=contestants[0].name,
        target="20 million comparisons a second, which is 0.05 s a million",
    )


def _described(method: str, top_k: int, n: int) -> str:
    return f"{method}, {'all' if top_k == n else f'best {top_k}'} of {n:,}"


# What a sort costs ---------------------------------------------------------------------------


def _costs(method: str, top_k: int, max_rounds: int, quality: Floats) -> Callable[[], Measurement]:
    from zermelo._backends import resolve
    from zermelo.sorting.methods import method_of

    n = quality.shape[1]
    options = method_of(method).options(n, top_k)
    best = np.argsort(-quality, axis=1)[:, :top_k]

    def measure() -> Measurement:
        watch = Stopwatch()
        orders, pairs, _, _, rounds, _ = resolve("cpp").simulate_sorts(
            method, n, top_k, max_rounds, options, quality, 0, 0, 0.0, 0, 0, "single",
            NO_BUDGETS, SEED, 0, 1,
        )  # fmt: skip
        watch.lap("simulate_sorts")
        if not np.array_equal(orders[:, -1, :top_k], best):
            raise RuntimeError(f"{method} did not find the best {top_k}")
        note = (
            f"{pairs.mean():.1f} pairs in {rounds.mean():.1f} rounds, at most {pairs.max():,} and "
            f"{rounds.max()}"
        )
        return Measurement(watch.total, note=note)

    return measure


def cost(small: bool) -> Workload:
    n, top_k = 100, 10
    n_orders = 3 if small else 1_000
    quality = np.random.default_rng(SEED).standard_normal((n_orders, n))
    methods = (
        ("knockout", 0),
        ("quickselect", 0),
        ("quickselect", 4),
        ("adaptive", 0),
        ("heapsort", 0),
        ("merge", 0),
    )
    contestants = [
        Contestant(
            f"{method}, max_rounds={max_rounds}" if max_rounds else method,
            _costs(method, top_k, max_rounds, quality),
        )
        for method, max_rounds in methods
    ]
    return Workload(
        f"What the best {top_k} of {n} cost with a comparator that never errs: means over "
        f"{n_orders:,} random orders, and the most. What counts are the remarks; times are those "
        "of simulating all orders on 1 thread.",
        contestants,
        target="the best parallel method at most 210 pairs in at most 10 rounds; with max_rounds=4 "
        "at most 500 pairs; knockout never above 153 pairs",
    )
