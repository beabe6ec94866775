"""The sort kernels: the same questions, orders and counts on both sides."""

from __future__ import annotations

import functools
import hashlib
import operator
import os
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from zermelo._backends import Backend, backend_info, resolve
from zermelo._backends.sorting import METHODS
from zermelo._backends.sorting.machine import CHOOSE, COMPARE

needs_extension = pytest.mark.skipif(
    not backend_info()["cpp"]["available"], reason="the extension is not there"
)
PAIR_METHODS = [
    name
    for name in METHODS
    if not name.startswith("setwise") and name not in ("listwise", "tourrank")
]


def options(lot: random.Random) -> dict[str, int]:
    """For every method, those of the others included."""
    return {
        "passes": lot.randint(0, 5),
        "whole": lot.randint(0, 1),
        "overlap": lot.randint(0, 1),
        "size": lot.randint(2, 5),
        "n_ranked": lot.randint(0, 4),
        "window": lot.choice([4, 20]),
        "step": lot.choice([1, 2]),
        "tournaments": lot.randint(0, 3),
        "pairs": 0,
        "batch": 0,
        "ahead": lot.randint(0, 3),
    }


def setting(seed: int, n: int) -> tuple[int, int, int, int, dict[str, int]]:
    lot = random.Random(f"{seed} {n}")
    top_k = lot.randint(1, n) if seed % 2 and n else n
    return n, top_k, 0, seed, options(lot)


def said(seed: int, question: Any) -> Any:
    """A reply that depends on the question alone, and is not consistent."""
    kind, items = question
    lot = random.Random(hashlib.sha256(repr((seed, kind, items)).encode()).digest())
    if kind == COMPARE:
        return lot.choice([0.0, 0.25, 0.5, 1.0])
    places = lot.sample(range(len(items)), len(items))
    return places[:1] if kind == CHOOSE else places


def drive(machine: Any, seed: int, in_order: bool) -> list[Any]:
    """Answer in the order of asking or in any; what is there to be seen before every answer."""
    lot = random.Random(seed)
    questions: list[Any] = []
    waiting: list[int] = []
    trace = []
    while True:
        new = machine.questions(len(questions))
        waiting.extend(range(len(questions), len(questions) + len(new)))
        questions.extend(new)
        counts = (machine.n_asked, machine.n_lookups, machine.n_rounds, machine.n_certain)
        trace.append((questions[-3:], machine.order(), counts, machine.done))
        if machine.done:
            assert not waiting
            return trace
        number = waiting.pop(0 if in_order else lot.randrange(len(waiting)))
        machine.tell(number, said(seed, questions[number]), lot.randint(1, 2))


@needs_extension
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("in_order", [True, False])
def test_machines_agree_at_every_step(method: str, in_order: bool) -> None:
    for n in (0, 1, 2, 3, 5, 8, 13, 24):
        for seed in range(4):
            traces = [
                drive(resolve(name).SortMachine(method, *setting(seed, n)), seed, in_order)
                for name in ("cpp", "numba")
            ]
            assert traces[0] == traces[1]


@pytest.mark.parametrize("method", METHODS)
def test_questions_do_not_depend_on_when_answers_come(kernels: Backend, method: str) -> None:
    for n in (5, 17):
        for seed in range(3):
            found = []
            for in_order in (True, False):
                machine = kernels.SortMachine(method, *setting(seed, n))
                drive(machine, seed, in_order)
                found.append((set(machine.questions(0)), machine.order(), machine.n_certain))
            assert found[0] == found[1]


def test_misuse_of_the_machine_is_refused(kernels: Backend) -> None:
    machine = kernels.SortMachine("merge", 4, 4, 0, 0, {})
    with pytest.raises(IndexError):
        machine.tell(9, 1.0, 1)
    machine.tell(0, 1.0, 1)
    with pytest.raises(ValueError, match="question 0 has been answered"):
        machine.tell(0, 1.0, 1)
    with pytest.raises(KeyError, match="bogo"):
        kernels.SortMachine("bogo", 4, 4, 0, 0, {})
    with pytest.raises(KeyError, match="passes"):
        kernels.SortMachine("sliding", 4, 4, 0, 0, {"whole": 1, "overlap": 0})


# simulate_sorts ------------------------------------------------------------------------------


def simulated(
    kernels: Backend, method: str, n: int, presentation: str, *, seed: int = 5, threads: int = 1,
    budgets: tuple[int, ...] = (0, 7, 7, 40), first: int = 3, replicates: int = 6, top_k: int = 0,
) -> Any:  # fmt: skip
    quality = np.random.default_rng(n).integers(0, max(n // 2, 3), (replicates, n)).astype(float)
    thresholds = (1 << 27, 1 << 29, 1.5, 1 << 26, 1 << 30)
    given = {**options(random.Random(n)), "tournaments": 2, "passes": 4}
    return kernels.simulate_sorts(
        method, n, top_k or n, 0, given, quality, *thresholds, presentation,
        np.array(budgets, np.int64), seed, first, threads,
    )  # fmt: skip


@needs_extension
@pytest.mark.parametrize("method", METHODS)
def test_simulations_agree(method: str) -> None:
    for n, presentation in ((1, "both"), (9, "single"), (23, "both"), (40, "random")):
        ours, twins = (
            simulated(resolve(name), method, n, presentation, top_k=max(n // 3, 1))
            for name in ("cpp", "numba")
        )
        for our, twin in zip(ours, twins, strict=True):
            assert our.dtype == twin.dtype
            np.testing.assert_array_equal(our, twin)


def test_simulations_depend_neither_on_threads_nor_on_blocks(kernels: Backend) -> None:
    whole = simulated(kernels, "heapsort", 12, "both", threads=3)
    quality = np.random.default_rng(12).integers(0, 6, (6, 12)).astype(float)
    part = kernels.simulate_sorts(
        "heapsort", 12, 12, 0, {}, quality[4:], 1 << 27, 1 << 29, 1.5, 1 << 26, 1 << 30, "both",
        np.array([0, 7, 7, 40]), 5, 7, 1,
    )  # fmt: skip
    for all_replicates, last in zip(whole, part, strict=True):
        np.testing.assert_array_equal(all_replicates[4:], last)


def test_budgets_stop_before_they_are_exceeded(kernels: Backend) -> None:
    budgets = (0, 1, 5, 1000)
    orders, pairs, calls, *_ = simulated(kernels, "insertion", 8, "both", budgets=budgets)
    assert orders.shape == (6, 5, 8)
    np.testing.assert_array_equal(orders[:, 0], np.arange(8)[None, :].repeat(6, 0))
    np.testing.assert_array_equal(orders[:, 1], orders[:, 0])  # one call is half a pair
    np.testing.assert_array_equal(orders[:, 3], orders[:, 4])
    np.testing.assert_array_equal(calls, 2 * pairs)


def test_a_judge_who_never_errs_sorts(kernels: Backend) -> None:
    quality = np.random.default_rng(0).permuted(np.arange(30.0)[None, :].repeat(3, 0), axis=1)
    empty = np.array([], np.int64)
    for method in ("merge", "heapsort", "ford-johnson"):
        orders, *_, n_certain = kernels.simulate_sorts(
            method, 30, 30, 0, {}, quality, 0, 0, 0.0, 0, 0, "single", empty, 0, 0, 1
        )
        np.testing.assert_array_equal(orders[:, 0], np.argsort(-quality, axis=1))
        assert (n_certain == 30).all()


@pytest.mark.parametrize(("presentation", "ties"), [("both", True), ("single", False)])
def test_a_judge_errs_as_often_as_he_is_said_to(
    kernels: Backend, presentation: str, ties: bool
) -> None:
    # One pair a replicate. Exact binomial bounds at 1e-7: 4,000 draws, probability p, give
    # 4,000 p plus or minus 5.4 standard deviations.
    size, wrong, split = 4000, 0.1, 0.3
    quality = np.array([0.0, 1.0])[None, :].repeat(size, 0)
    orders, *_ = kernels.simulate_sorts(
        "merge", 2, 2, 0, {}, quality, int(wrong * 2**31), int(split * 2**31), 0.0, 0, 0,
        presentation, np.array([], np.int64), 1, 0, 1,
    )  # fmt: skip
    expected = wrong + (split if ties else split / 2)  # a tie keeps the initial order
    deviation = (expected * (1 - expected) * size) ** 0.5
    assert abs((orders[:, 0, 0] == 0).sum() - expected * size) < 5.4 * deviation


def test_simulation_refuses_what_does_not_fit(kernels: Backend) -> None:
    with pytest.raises(ValueError, match="ascend"):
        simulated(kernels, "merge", 4, "both", budgets=(3, 2))
    with pytest.raises(KeyError, match="sideways"):
        simulated(kernels, "merge", 4, "sideways")


# sort_directly -------------------------------------------------------------------------------


def refuse(*_: Any) -> float:
    raise AssertionError("must not be called")


def directly(
    kernels: Backend, items: list[Any], compare: Any, method: str = "merge",
    presentation: str = "single", read: Any = refuse, failed: Any = refuse, seed: int = 0,
) -> Any:  # fmt: skip
    return kernels.sort_directly(
        method, len(items), 0, seed, options(random.Random(1)), presentation, tuple(items),
        compare, read, failed,
    )  # fmt: skip


@pytest.mark.parametrize("presentation", ["single", "both", "random"])
def test_direct_sorts(kernels: Backend, presentation: str) -> None:
    items = list(range(50))
    random.Random(2).shuffle(items)
    for compare in (operator.lt, lambda x, y: x < y, lambda x, y: float(x < y)):
        order, n_certain, n_asked, _, _, first, second, score, error = directly(
            kernels, items, compare, presentation=presentation
        )
        assert [items[place] for place in order] == list(range(50))
        assert error is None
        assert n_certain == 50
        assert len(first) == n_asked * (2 if presentation == "both" else 1)
        array = np.array(items)
        np.testing.assert_array_equal(score, array[first] < array[second])
        turned = (first > second).mean()
        assert {"single": turned == 0, "both": turned == 0.5, "random": 0.3 < turned < 0.7}[
            presentation
        ]


@needs_extension
@pytest.mark.parametrize("method", PAIR_METHODS)
@pytest.mark.parametrize("presentation", ["single", "both", "random"])
def test_direct_twins_agree(method: str, presentation: str) -> None:
    def score(x: int, y: int) -> float | None:
        return random.Random(1000 * x + y).choice([0.0, 0.25, 0.5, 1.0, None])

    def read(value: Any, first: int, second: int) -> float:
        assert value is None
        return float("nan")

    for n in (0, 1, 2, 11):
        ours, twins = (
            directly(resolve(name), list(range(n)), score, method, presentation, read, seed=n)
            for name in ("cpp", "numba")
        )
        for our, twin in zip(ours, twins, strict=True):
            np.testing.assert_array_equal(our, twin)


def test_direct_reads_what_is_no_score(kernels: Backend) -> None:
    read_as = {"yes": 1.0, "no": 0.0, 1: 1.0, 0: 0.0, 2.0: 1.0, -0.5: 0.0}
    shown = []

    def read(value: Any, first: int, second: int) -> float:
        shown.append((first, second))
        return read_as[value]

    for yes, no in (("yes", "no"), (1, 0), (np.float64(2.0), np.int64(0)), (2.0, -0.5)):
        answers = {True: yes, False: no}
        compare = functools.partial(lambda said, x, y: said[x < y], answers)
        order, *_, first, second, _, _ = directly(kernels, [3, 1, 2], compare, read=read)
        assert order.tolist() == [1, 2, 0]
        assert shown == list(zip(first, second, strict=True))
        shown.clear()


def test_direct_keeps_what_was_recorded_before_an_error(kernels: Backend) -> None:
    def compare(x: int, y: int) -> bool:
        if (x, y) in ((3, 5), (5, 3)):
            raise ConnectionError("down")
        return x < y

    def reraise(error: Exception, first: int, second: int) -> float:
        raise error

    *_, score, error = directly(kernels, [7, 6, 5, 3], compare, failed=reraise)
    assert isinstance(error, ConnectionError)
    assert error.__traceback__ is not None
    assert score.tolist() == [0.0]

    def retried(error: Exception, first: int, second: int) -> float:
        assert (first, second) == (2, 3)
        return float("nan")

    order, *_, score, error = directly(kernels, [7, 6, 5, 3], compare, failed=retried)
    assert error is None
    assert np.isnan(score[1])
    assert order.tolist() == [2, 3, 1, 0]

    def stop(x: int, y: int) -> bool:
        raise KeyboardInterrupt

    *_, error = directly(kernels, [2, 1], stop)  # `failed` is not asked
    assert isinstance(error, KeyboardInterrupt)


def test_direct_refuses_methods_that_ask_for_lists(kernels: Backend) -> None:
    *_, error = directly(kernels, [2, 1, 3], refuse, "setwise-heap")
    assert isinstance(error, ValueError)
    with pytest.raises(ValueError, match="escalate"):
        directly(kernels, [2, 1], refuse, presentation="escalate")


LONG_SORT = """
import operator, os, signal, sys, threading
import numpy as np
from zermelo._backends import resolve

kernels = resolve("cpp")
quality = np.random.default_rng(0).random((200, 2000))
options = {{"passes": 6000, "whole": 0, "overlap": 0}}
none = np.array([], np.int64)
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    {call}
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(0)
sys.exit("the sort ended by itself")
"""
LONG_CALLS = [
    # A callable written in C, which never looks for signals.
    'raise kernels.sort_directly("sliding", 10, 0, 0, options, "both", tuple(range(6000)), '
    "operator.gt, None, None)[-1]",
    'kernels.simulate_sorts("sliding", 2000, 10, 0, options, quality, 0, 0, 0.0, 0, 0, "both", '
    "none, 0, 0, 2)",
]


@needs_extension
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process of its own")
@pytest.mark.parametrize("call", LONG_CALLS, ids=["directly", "simulated"])
def test_control_c_ends_a_long_sort(call: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LONG_SORT.format(call=call)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "interrupted\n"
