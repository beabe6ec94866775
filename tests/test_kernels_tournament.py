"""The kernels that run tournament programs: both backends, lanes and single replicates."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import LEAGUE, exit_all, random_program
from scipy.stats import binom
from tournament_chance import Drawn
from tournament_oracle import play

from zermelo._backends import Backend, backend_info, resolve
from zermelo.tournament.program import (
    BUCHHOLZ,
    EXIT,
    FOLD,
    FREE,
    HEAD_TO_HEAD,
    RANDOM,
    REMATCH,
    SHUFFLE,
    SLIDE,
    SONNEBORN_BERGER,
    SORT,
    SWISS,
    WINS,
    Band,
    Builder,
    Program,
    Series,
)

ONE = 2**31
KEY = 0x9E3779B97F4A7C15
NOT_PLAYED = 255


class Tables(NamedTuple):
    first_below: Any
    draw_below: Any


def random_tables(rng: np.random.Generator, n: int, count: int) -> Tables:
    """Thresholds, among them those of certain and of impossible results."""
    low = rng.integers(0, ONE + 1, (count, n, n))
    low[rng.random(low.shape) < 0.1] = 0
    low[rng.random(low.shape) < 0.1] = ONE
    high = np.minimum(ONE, low + rng.integers(0, ONE // 2, low.shape))
    return Tables(low.astype(np.uint32), high.astype(np.uint32))


def constant_tables(p: Any) -> Tables:
    """One table of probabilities that the first wins, without draws."""
    below = np.rint(np.asarray(p) * ONE).astype(np.uint32)[None]
    return Tables(below, below)


def arguments(program: Program, tables: Tables, flips: bool = False) -> tuple[Any, ...]:
    return (
        program.code, program.n_items, program.n_registers, program.breakers, program.win_points,
        program.draw_points, tables.first_below, tables.draw_below, flips, len(program.bands),
        program.most_games,
    )  # fmt: skip


@pytest.fixture(scope="module")
def both() -> tuple[Backend, Backend]:
    for name in ("cpp", "numba"):
        if not backend_info()[name]["available"]:
            pytest.skip(f"there is nothing to compare: {backend_info()[name]['reason']}")
    return resolve("cpp"), resolve("numba")


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["knockout", "knockout", "league", "swiss", "random"]),
    n=st.integers(2, 24),
    seed=st.integers(0, 2**32),
    flips=st.booleans(),
    first=st.integers(0, 2**40),
    count=st.integers(0, 70),
    threads=st.integers(1, 3),
)
def test_both_backends_agree_to_the_bit(
    both: tuple[Backend, Backend], kind: str, n: int, seed: int, flips: bool, first: int,
    count: int, threads: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    program = random_program(kind, n, rng)
    where = arguments(program, random_tables(rng, n, max(len(program.series), 1)), flips)
    counts, n_matches = both[0].simulate_program(*where, seed, first, count, threads)
    twin, twin_matches = both[1].simulate_program(*where, seed, first, count, 1)
    assert np.array_equal(counts, twin)
    assert n_matches == twin_matches
    records = both[0].play_program(*where, seed, first, count, threads)
    for ours, theirs in zip(
        records, both[1].play_program(*where, seed, first, count, threads), strict=True
    ):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    # What is recorded is what is counted, one exit an item.
    _, _, outcome, band = records
    assert outcome.shape == (count, program.most_matches)
    assert int((outcome != NOT_PLAYED).sum()) == n_matches
    for item in range(n):
        assert np.array_equal(
            np.bincount(band[:, item], minlength=len(program.bands)), counts[item]
        )
    assert (counts.sum(axis=1) == count).all()


def test_parts_add_up(kernels: Backend) -> None:
    """However replicates are cut up, and whatever the threads: lanes play as single ones do."""
    rng = np.random.default_rng(3)
    program = random_program("knockout", 21, rng)
    where = arguments(program, random_tables(rng, 21, max(len(program.series), 1)))
    whole, n_matches = kernels.simulate_program(*where, KEY, 5, 1000, 1)
    for threads in (2, 3):
        again, played = kernels.simulate_program(*where, KEY, 5, 1000, threads)
        assert np.array_equal(whole, again)
        assert played == n_matches
    parts = [
        kernels.simulate_program(*where, KEY, 5 + begin, end - begin, 2)
        for begin, end in ((0, 7), (7, 40), (40, 56), (56, 57), (57, 1000))
    ]
    assert np.array_equal(sum(part[0] for part in parts), whole)
    assert sum(part[1] for part in parts) == n_matches


def bracket(order: list[int], n: int, reset: bool | None = None) -> Program:
    """A single elimination of these entrants in the order of their slots."""
    build = Builder(n)
    round = 1
    while len(order) > 1:
        survivors = []
        for a, b in zip(order[::2], order[1::2], strict=True):
            win, lose = build.match(a, b, Series(), round)
            build.exit(lose, Band(len(order) // 2 + 1, len(order), round - 1))
            survivors.append(win)
        order = survivors
        round += 1
    build.exit(order[0], Band(1, 1, round - 1))
    return build.program(round - 1)


def double_elimination(reset: bool) -> Program:
    """Four items; the winners' side needs one win in the final, with a reset the other two."""
    build = Builder(4)
    win, lose = zip(build.match(0, 3, Series(), 1), build.match(1, 2, Series(), 1), strict=True)
    up, down = build.match(*win, Series(), 2)
    stays, fourth = build.match(*lose, Series(), 2)
    back, third = build.match(down, stays, Series(), 3)
    champion, second = build.match(up, back, Series(), 4)
    if reset:
        build.add(REMATCH, up, back, champion, second, 0, 5, FREE)
    exit_all(build, [champion, second, third, fourth])
    return build.program(5)


REPLICATES = 200_000
# Two-sided, for the family of all the comparisons below.
LEVEL = 1e-6 / 40


def assert_binomial(count: int, p: float, size: int = REPLICATES) -> None:
    assert binom.cdf(count, size, p) > LEVEL / 2
    assert binom.sf(count - 1, size, p) > LEVEL / 2


def matrix_of_seeds(n: int) -> Any:
    seed = np.arange(1, n + 1)
    return seed[None] / (seed[:, None] + seed[None])


def test_four_seeds(kernels: Backend) -> None:
    # REFERENCES: P(i beats j) = j / (i + j), bracket order 1, 4, 2, 3.
    where = arguments(bracket([0, 3, 1, 2], 4), constant_tables(matrix_of_seeds(4)))
    counts, n_matches = kernels.simulate_program(*where, KEY, 0, REPLICATES, 2)
    assert n_matches == 3 * REPLICATES
    for item, p in enumerate([14 / 25, 6 / 25, 22 / 175, 13 / 175]):
        assert_binomial(int(counts[item, 0]), p)


def favourite(n: int, p: float) -> Any:
    matrix = np.full((n, n), 0.5)
    matrix[0, 1:], matrix[1:, 0] = p, 1 - p
    return matrix


def test_favourite_of_a_single_elimination(kernels: Backend) -> None:
    where = arguments(bracket(list(range(32)), 32), constant_tables(favourite(32, 0.7)), True)
    counts, _ = kernels.simulate_program(*where, KEY, 0, REPLICATES, 1)
    for lost_in in range(5):
        assert_binomial(int(counts[0, 5 - lost_in]), 0.7**lost_in * 0.3)
    assert_binomial(int(counts[0, 0]), 0.7**5)


@pytest.mark.parametrize(("reset", "p"), [(True, 0.58996), (False, 0.5488)])
def test_favourite_of_a_double_elimination(kernels: Backend, reset: bool, p: float) -> None:
    where = arguments(double_elimination(reset), constant_tables(favourite(4, 0.7)))
    counts, n_matches = kernels.simulate_program(*where, KEY, 0, REPLICATES, 1)
    assert_binomial(int(counts[0, 0]), p)
    assert (n_matches > 6 * REPLICATES) == reset


def test_certain_and_impossible_results(kernels: Backend) -> None:
    order = np.arange(8)
    where = arguments(bracket([0, 7, 3, 4, 1, 6, 2, 5], 8), constant_tables(order[:, None] < order))
    counts, _ = kernels.simulate_program(*where, KEY, 0, 1000, 1)
    assert counts[:, 0].tolist() == [1000, 0, 0, 0, 0, 0, 0, 0]
    assert counts[1, 1] == 1000


def test_forced_results_hold(kernels: Backend) -> None:
    program = bracket([0, 3, 1, 2], 4)
    program.code[program.code[:, 0] == 0, 7] = [0, 1, FREE]
    for flips in (False, True):
        where = arguments(program, constant_tables(np.full((4, 4), 0.5)), flips)
        counts, _ = kernels.simulate_program(*where, KEY, 0, 1001, 1)
        assert counts[[0, 2], 2].tolist() == [1001, 1001]
        first, second, outcome, _ = kernels.play_program(*where, KEY, 0, 101, 1)
        assert set(np.where(outcome == 1, first, second)[:, 0]) == {3}
        assert (len(set(first[:, 0])) == 2) == flips


def test_shuffles_are_uniform(kernels: Backend) -> None:
    build = Builder(4)
    build.add(SHUFFLE, 0, 4)
    exit_all(build, [0, 1, 2, 3])
    where = arguments(build.program(0), constant_tables(np.full((4, 4), 0.5)))
    size = 24_000
    _, _, _, band = kernels.play_program(*where, KEY, 0, size, 1)
    orders, counts = np.unique(band, axis=0, return_counts=True)
    assert len(orders) == 24
    for count in counts:
        assert_binomial(int(count), 1 / 24, size)
    totals, _ = kernels.simulate_program(*where, KEY, 0, size, 2)
    assert np.array_equal(totals, [[(band[:, i] == b).sum() for b in range(4)] for i in range(4)])


@pytest.mark.parametrize("count", [2, 3, 5, 8, 13])
def test_sorting_puts_the_best_seed_first(kernels: Backend, count: int) -> None:
    build = Builder(count + 1)
    build.add(SHUFFLE, 0, count)
    build.add(SORT, 0, count)
    exit_all(build, list(range(count + 1)))
    where = arguments(build.program(0), constant_tables(np.full((count + 1, count + 1), 0.5)))
    counts, _ = kernels.simulate_program(*where, KEY, 0, 37, 1)
    assert np.array_equal(counts, 37 * np.eye(count + 1))


@pytest.mark.parametrize("pairing", [SLIDE, FOLD, RANDOM])
@pytest.mark.parametrize("n", [8, 11])
def test_nobody_meets_twice_in_swiss(kernels: Backend, pairing: int, n: int) -> None:
    build = Builder(n)
    for round in range(n // 2):
        build.add(SWISS, 0, n, build.table(LEAGUE), round + 1, pairing)
    exit_all(build, list(range(build.rank(0, n, [BUCHHOLZ]), build.n_registers)))
    rng = np.random.default_rng(n)
    where = arguments(build.program(n // 2), random_tables(rng, n, 1), True)
    first, second, outcome, _ = kernels.play_program(*where, KEY, 0, 300, 2)
    assert set(np.unique(outcome)) <= {0, 1, 2}
    pairs = np.sort(np.minimum(first, second) * n + np.maximum(first, second), axis=1)
    assert (np.diff(pairs, axis=1) > 0).all()
    # Nobody has a second bye: everybody misses one round at most.
    played = np.apply_along_axis(np.bincount, 1, np.hstack([first, second]), minlength=n)
    assert (played >= n // 2 - n % 2).all()


def test_long_searches_end_in_a_circle(
    both: tuple[Backend, Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the better seed always wins, half the rounds that there could be defeat the search."""
    n = 30
    build = Builder(n)
    for round in range(n // 2):
        build.add(SWISS, 0, n, build.table(LEAGUE), round + 1, FOLD)
    order = np.arange(n)
    where = arguments(build.program(n // 2), constant_tables(order[:, None] < order))
    first, second, outcome, _ = both[0].play_program(*where, KEY, 0, 1, 1)
    pairs = np.sort(np.minimum(first, second) * n + np.maximum(first, second), axis=1)
    assert (np.diff(pairs, axis=1) > 0).all()
    for ours, theirs in zip(
        (first, second, outcome), both[1].play_program(*where, KEY, 0, 1, 1), strict=False
    ):
        assert np.array_equal(ours, theirs)
    # It would have found other pairs, or searched on, had it been allowed more choices.
    monkeypatch.setattr("zermelo.tournament.program.MOST_CHOICES", 20_000)
    assert not np.array_equal(first, both[1].play_program(*where, KEY, 0, 1, 1)[0])


LONG_SIMULATION = """
import os, signal, sys, threading
import numpy as np
from zermelo._backends import resolve

code = np.array([[{row}]], np.int32)
below = np.full((1, 9, 9), 2**30, np.uint32)
where = (code, 9, 11, np.empty(0, np.int32), 2, 1, below, below, False, 0, 1, 1, 0)
run = resolve("{backend}").simulate_program
run(*where, 1, 1)
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    run(*where, 1 << 50, 2)
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(0)
sys.exit("the simulation ended by itself")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process of its own")
@pytest.mark.parametrize("row", ["0, 0, 1, 9, 10, 0, 1, -1", "4, 0, 9, 0, 1, 0, 0, 0"])
def test_control_c_ends_a_long_simulation(backend: str, row: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LONG_SIMULATION.format(row=row, backend=backend)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "interrupted\n"


def test_first_rounds_of_swiss(kernels: Backend) -> None:
    expected = {SLIDE: [[0, 3], [1, 4], [2, 5]], FOLD: [[0, 5], [1, 4], [2, 3]]}
    for pairing, pairs in expected.items():
        build = Builder(7)
        build.add(SWISS, 0, 7, build.table(LEAGUE), 1, pairing)
        where = arguments(build.program(1), constant_tables(np.full((7, 7), 0.5)))
        first, second, _, _ = kernels.play_program(*where, KEY, 0, 2, 1)
        assert np.stack([first[1], second[1]], axis=1).tolist() == pairs


def test_ranking_by_every_tie_breaker(kernels: Backend) -> None:
    # 0 beats 1, 1 beats 2, 2 beats 0, 3 draws with 0 and 1 and loses to 2; 4 loses to all but 0,
    # with whom it draws: points 4, 5, 6, 2, 1 where a win counts 2.
    build = Builder(5)
    games = [(0, 1, 1), (1, 2, 1), (2, 0, 1), (3, 0, 2), (3, 1, 2), (3, 2, 0), (4, 0, 2),
             (4, 1, 0), (4, 2, 0), (4, 3, 0)]  # fmt: skip
    for a, b, known in games:
        build.add(2, a, b, build.table(LEAGUE), 1, known)
    # Sonneborn-Berger: 0 has 2*5 + 3 + 1, and so on; items 1 and 2 tie without points.
    for breakers in ([], [BUCHHOLZ], [HEAD_TO_HEAD], [SONNEBORN_BERGER, WINS]):
        build.rank(0, 5, breakers)
    places = build.n_registers - 5
    exit_all(build, list(range(places, places + 5)))
    program = build.program(1, win_points=2, draw_points=1)
    where = arguments(program, constant_tables(np.full((5, 5), 0.5)))
    counts, _ = kernels.simulate_program(*where, KEY, 0, 50, 1)
    points = {0: 2 + 1 + 1, 1: 2 + 1 + 2, 2: 2 + 2 + 2, 3: 1 + 1 + 2, 4: 1}
    assert counts[2].tolist() == [50, 0, 0, 0, 0]
    assert counts[1].tolist() == [0, 50, 0, 0, 0]
    assert counts[4].tolist() == [0, 0, 0, 0, 50]
    # 0 and 3 have four points each. 0 beat 1 and drew with 3 and 4; 3 drew with 0 and 1 and beat 4.
    assert points[0] == points[3]
    quality = {0: 2 * points[1] + points[3] + points[4], 3: points[0] + points[1] + 2 * points[4]}
    assert quality[0] > quality[3]
    assert counts[0, 2] == counts[3, 3] == 50


def test_faults_are_told(kernels: Backend) -> None:
    half = constant_tables(np.full((3, 3), 0.5))
    build = Builder(3)
    for round in range(4):
        build.add(SWISS, 0, 3, build.table(LEAGUE), round + 1, SLIDE)
    program = build.program(4)
    with pytest.raises(ValueError, match="instruction 3 cannot pair all entrants without"):
        kernels.play_program(*arguments(program, half), KEY, 0, 2, 1)
    where = list(arguments(program, half))
    where[-1] = 1
    with pytest.raises(ValueError, match="lets an item play more than most_games"):
        kernels.simulate_program(*where, KEY, 0, 2, 2)
    for row in (
        [0, 0, 3, 0, 1, 0, 1, FREE],
        [0, 0, 1, 0, 1, 1, 1, FREE],
        [0, 0, 1, 0, 1, 0, 1, 2],
        [2, 0, 1, 0, 1, 3, 0, 0],
        [3, 1, 1, 0, 0, 0, 0, 0],
        [4, 0, 4, 0, 1, 0, 0, 0],
        [4, 0, 3, 0, 1, 3, 0, 0],
        [5, 0, 3, 1, 0, 0, 0, 0],
        [5, 0, 3, 0, 0, 1, 0, 0],
        [6, 0, 0, 0, 0, 0, 0, 0],
        [7, 2, 2, 0, 0, 0, 0, 0],
        [EXIT, 0, 1, 0, 0, 0, 0, 0],
        [9, 0, 3, 0, 0, 0, 0, 0],
        [10, 3, 0, 0, 0, 0, 0, 0],
        [11, 0, 0, 0, 0, 0, 0, 0],
        [-1, 0, 0, 0, 0, 0, 0, 0],
    ):
        code = np.array([[EXIT, 0, 0, 0, 0, 0, 0, 0], row], np.int32)
        bad = (code, 3, 3, np.empty(0, np.int32), 2, 1, *half, False, 1, 0, KEY, 0, 2, 1)
        for kernel in (kernels.simulate_program, kernels.play_program):
            with pytest.raises(ValueError, match="instruction 1 has an operand out of range"):
                kernel(*bad)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["knockout", "league", "swiss", "random"]),
    n=st.integers(2, 12),
    seed=st.integers(0, 2**32),
    flips=st.booleans(),
)
def test_kernels_play_as_the_slow_interpreter(
    kernels: Backend, kind: str, n: int, seed: int, flips: bool
) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(kind, n, rng)
    tables = random_tables(rng, n, max(len(program.series), 1))
    for table, series in enumerate(program.series):
        if series.decisive:
            tables.draw_below[table] = tables.first_below[table]
    where = arguments(program, tables, flips)
    first, second, outcome, band = kernels.play_program(*where, seed, 7, 2, 1)
    for row in range(2):
        chance = Drawn(seed, 7 + row, tables.first_below, tables.draw_below, flips)
        played = play(program, chance)
        expected = [match[1:] if match else (-1, -1, NOT_PLAYED) for match in played.matches]
        found = zip(first[row].tolist(), second[row].tolist(), outcome[row].tolist(), strict=True)
        assert list(found) == expected
        assert band[row].tolist() == played.band
