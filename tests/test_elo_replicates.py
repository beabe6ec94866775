"""Elo ratings of random orders and samples: the draws written out, and what they are good for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from elo_games import COLUMNS, ITEMS, SCHEDULES, History, random_games
from numpy.typing import NDArray
from scipy.stats import chi2

import zermelo as zm
from zermelo._backends import Backend
from zermelo.errors import InputError

GOLDEN, MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1
# Tests that draw hold with this probability together (Bonferroni).
FAMILY_ERROR = 1e-6


def mixed(z: int) -> int:
    """SplitMix64's mixer (Steele, Lea and Flood 2014)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def key_of(seed: int) -> int:
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def drawn(key: int, replicate: int, size: int, replace: bool) -> list[int]:
    """Which game is played at each step of a replicate."""
    bits = mixed((key + mixed((replicate + GOLDEN) & MASK)) & MASK)
    order = list(range(size))
    for step in range(size):
        bits = (bits + GOLDEN) & MASK
        left = size if replace else size - step
        place = int((mixed(bits) >> 11) * 2.0**-53 * left)
        if replace:
            order[step] = place
        else:
            order[step], order[step + place] = order[step + place], order[step]
    return order


PLAIN = frozenset(COLUMNS) - {"count", "period"}


def history_of(case: str) -> History:
    """Games with everything that replays in random orders allow."""
    history = History(random_games(31, 40, PLAIN), PLAIN)
    history.arguments = {"position_effect": 30.0, "initial": {"ann": 1600.0, "bob": 1450.0}}
    if case == "column":
        return replace(history, by_game=True, games=random_games(31, 40, [*PLAIN, "k"]))
    if case in SCHEDULES:
        history.arguments["k"] = zm.KSchedule(*SCHEDULES[case])
    if case in ("power", "log"):
        history.arguments["margin"] = case
    if case == "bare":
        return History(random_games(31, 40, ()))
    return history


CASES = ["number", "column", "power", "log", "bare", *SCHEDULES]


def replayed(history: History, order: list[int], backend: str) -> NDArray[np.float64]:
    """Ratings after the games in this order, with the items that do not occur where they began."""
    games = [replace(history.games[row], time=0) for row in order]
    occur = {item for game in games for item in (game.a, game.b)}
    arguments = history.arguments.copy()
    begin = dict.fromkeys(ITEMS, 1500.0) | arguments.get("initial", {})
    arguments["initial"] = {item: begin[item] for item in occur}
    one = replace(history, games=games, arguments=arguments).fit(backend=backend)
    rating = begin | dict(zip(one.items.tolist(), one.rating.tolist(), strict=True))
    return np.array([rating[item] for item in ITEMS])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["permutations", "bootstrap"])
def test_each_replicate_is_a_replay(backend: str, kind: str, case: str) -> None:
    history = history_of(case)
    fit = history.fit(backend=backend, seed=11, **{kind: 12})
    found = getattr(fit, kind)
    assert found.items.tolist() == ITEMS
    # Drawn are games in the order of their times; those of weight 0 are games as well.
    by_time = sorted(range(40), key=lambda row: history.games[row].time)
    playing = [row for row in by_time if case == "bare" or history.games[row].weight > 0]
    for replicate in range(12):
        order = [
            playing[i] for i in drawn(key_of(11), replicate, len(playing), kind == "bootstrap")
        ]
        wanted = replayed(history, order, backend)
        np.testing.assert_allclose(found.ratings[replicate], wanted, rtol=1e-12)
    assert getattr(fit, {"permutations": "bootstrap", "bootstrap": "permutations"}[kind]) is None


def test_counts_are_games_that_part(backend: str) -> None:
    columns = frozenset({"count"})
    history = History(random_games(32, 30, columns), columns)
    apart = [replace(game, count=1) for game in history.games for _ in range(game.count)]
    for kind in ("permutations", "bootstrap"):
        one = history.fit(backend=backend, **{kind: 5})
        other = History(apart).fit(backend=backend, **{kind: 5})
        np.testing.assert_array_equal(getattr(one, kind).ratings, getattr(other, kind).ratings)


@pytest.mark.parametrize("kind", ["permutations", "bootstrap"])
@pytest.mark.parametrize("case", ["bare", "number", "games, then rating"])
def test_replicates_depend_on_nothing_but_their_number(kind: str, case: str) -> None:
    history = history_of(case)
    few, many = (getattr(history.fit(seed=5, **{kind: n}), kind).ratings for n in (7, 150))
    np.testing.assert_array_equal(few, many[:7])
    for threads in (1, 2, 3):
        again = history.fit(seed=5, threads=threads, **{kind: 150})
        np.testing.assert_array_equal(getattr(again, kind).ratings, many)
    other = getattr(history.fit(seed=6, **{kind: 7}), kind)
    assert not np.isclose(other.ratings, few).all(axis=1).any()
    both = history.fit(seed=5, permutations=7, bootstrap=7)
    np.testing.assert_array_equal(getattr(both, kind).ratings, few)


def test_backends_draw_the_same(backend: str) -> None:
    history = History(random_games(33, 200, PLAIN), PLAIN)
    mine = history.fit(permutations=30, bootstrap=30, seed=2**70, backend=backend)
    theirs = history.fit(permutations=30, bootstrap=30, seed=2**70, backend="numba")
    for kind in ("permutations", "bootstrap"):
        one, other = getattr(mine, kind).ratings, getattr(theirs, kind).ratings
        np.testing.assert_allclose(one, other, rtol=1e-12)


def orders_of(kernels: Backend, size: int, n: int, key: int) -> NDArray[np.int64]:
    """The games that were drawn, read off the ratings, (n, size).

    Every game is won by an item of its own against one opponent, which is expected to score the
    less the more it has lost: who plays it first gains most.
    """
    first = np.arange(size, dtype=np.int32)
    second = np.full(size, size, np.int32)
    empty = np.empty(0)
    arrays = (
        *(first, second, np.ones(size, np.uint8), empty, empty, np.empty(0, np.uint8), empty),
        *(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64), empty),
    )
    rules = (1.0, 1e-6, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, empty, empty, empty, False)
    ratings, bad = kernels.elo_orders(arrays, rules, np.zeros(size + 1), key, False, 0, n, 2)
    assert bad == -1
    return np.argsort(-ratings[:, :size], axis=1, kind="stable")


def test_orders_are_uniform(kernels: Backend) -> None:
    size, n = 4, 24_000
    orders = orders_of(kernels, size, n, 12345)
    found = Counter(map(tuple, orders.tolist()))
    every = list(permutations(range(size)))
    expected = n / len(every)
    statistic = sum((found[order] - expected) ** 2 / expected for order in every)
    assert sum(found.values()) == n
    assert set(found) == set(every)
    assert chi2.sf(statistic, len(every) - 1) > FAMILY_ERROR / 4


def test_places_are_uniform(kernels: Backend) -> None:
    size, n = 50, 4_000
    orders = orders_of(kernels, size, n, 99)
    assert (np.sort(orders, axis=1) == np.arange(size)).all()
    table = np.zeros((size, size))
    for place in range(size):
        table[place] = np.bincount(orders[:, place], minlength=size)
    statistic = ((table - n / size) ** 2 / (n / size)).sum()
    # Of a random permutation matrix: (size - 1) / size times that of independent rows.
    assert chi2.sf(statistic * (size - 1) / size, (size - 1) ** 2) > FAMILY_ERROR / 4
    wanted = [drawn(99, replicate, size, False) for replicate in range(20)]
    np.testing.assert_array_equal(orders[:20], wanted)


def test_samples_are_uniform(backend: str) -> None:
    """How often each game is in a sample: items of their own play as often as it was drawn."""
    size, n = 40, 2_000
    games = zm.Comparisons(np.arange(size), np.arange(size) + size)
    # Wins that surprise for ever: each gains exactly one point.
    fit = zm.elo(games, k=2.0, scale=1e12, initial=0.0, bootstrap=n, backend=backend)
    times = np.rint(fit.bootstrap.ratings[:, :size]).astype(int)
    assert (times.sum(axis=1) == size).all()
    total = times.sum(axis=0)
    assert chi2.sf(((total - n) ** 2 / n).sum(), size - 1) > FAMILY_ERROR / 4
    # The variance of one game's number of draws is that of the binomial distribution.
    np.testing.assert_allclose(times.var(), 1.0 - 1.0 / size, rtol=0.05)


def test_intervals(backend: str) -> None:
    fit = history_of("number").fit(permutations=400, bootstrap=300, backend=backend)
    for kind, n in (("permutations", 400), ("bootstrap", 300)):
        found = getattr(fit, kind)
        assert repr(found) == f"EloReplicates({n} {kind}, 5 items, seed 0)"
        np.testing.assert_allclose(found.mean, found.ratings.mean(axis=0))
        np.testing.assert_allclose(found.standard_deviation, found.ratings.std(axis=0, ddof=1))
        interval = found.interval(0.8)
        assert repr(interval) == "RatingInterval(5 items, 80%)"
        for bound, share in ((interval.lower, 0.1), (interval.upper, 0.9)):
            np.testing.assert_allclose(bound, np.quantile(found.ratings, share, axis=0))
            assert not bound.flags.writeable
        frame = interval.to_frame("polars")
        assert frame["item"].to_list() == [ITEMS[i] for i in np.argsort(-found.mean)]
        assert frame.columns == ["item", "rating", "lower", "upper", "standard_error"]
        for level in (0.0, 1.0, "much", None):
            with pytest.raises(InputError, match="level must be"):
                found.interval(level)
    board = fit.to_frame("pandas").set_index("item").loc[ITEMS]
    np.testing.assert_allclose(board["permutations_mean"], fit.permutations.mean)
    np.testing.assert_allclose(board["bootstrap_upper"], fit.bootstrap.interval().upper)
    # Orders differ less than samples.
    assert (fit.permutations.standard_deviation < fit.bootstrap.standard_deviation).all()


def games(**columns: Any) -> zm.Comparisons:
    return zm.Comparisons(["x", "y", "x"], ["y", "z", "z"], [1, 1, 0], **columns)


PERIOD = {"period": [1, 2, 3]}
BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "reversion": (PERIOD, {"permutations": 5, "reversion": 0.5}, "in which reversion and resets"),
    "resets": (PERIOD, {"bootstrap": 5, "resets": {("x", 1): 1}}, "bootstrap= replays the games"),
    "one": ({}, {"permutations": 1}, "permutations must be a whole number from 2 to 10,000,000"),
    "none": ({}, {"bootstrap": 0}, "bootstrap must be a whole number from 2"),
    "share": ({}, {"bootstrap": 100.0}, "bootstrap must be a whole number from 2"),
    "true": ({}, {"permutations": True}, "permutations must be a whole number from 2"),
    "many": ({}, {"permutations": 10**9}, r"from 2 to 10,000,000, or None, but is 1000000000"),
    "seed": ({}, {"permutations": 5, "seed": -1}, "seed must be a whole number of at least 0"),
    "word": ({}, {"seed": "x"}, "seed must be a whole number of at least 0, but is 'x'"),
    "threads": ({}, {"permutations": 5, "threads": 0}, "threads must be a positive whole number"),
    "unused threads": ({}, {"threads": "all"}, "threads must be a positive whole number"),
    "counts": (
        {"count": [2**30] * 3},
        {"permutations": 5},
        "repeats a game at most 1,000,000 times",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case: str) -> None:
    columns, options, message = BAD[case]
    with pytest.raises(InputError, match=message):
        zm.elo(games(**columns), **options)


def test_divisors_in_random_orders_name_the_row(backend: str) -> None:
    """Of the rows as given, where counts repeat them and times sort them."""
    rule = zm.PowerMargin(intercept=1.0, slope=0.01)
    data = zm.Comparisons(
        ["x", "y", "x"],
        ["y", "z", "z"],
        [0, 1, 0],
        margin=[5, 5, 5],
        count=[5, 0, 1],
        weight=[0, 1, 1],
        time=[3, 2, 1],
    )
    initial = {"x": 2000.0, "y": 1500.0, "z": 1500.0}
    with pytest.raises(InputError, match=r"row 2: the loser was rated so far above"):
        zm.elo(data, margin=rule, initial=initial, permutations=5, backend=backend)
    with pytest.raises(InputError, match=r"row 2: the loser was rated so far above"):
        zm.elo(data, margin=rule, initial=initial, backend=backend)
    counted = zm.Comparisons(
        ["x", "y", "x"], ["y", "z", "y"], [0.5, 0.5, 0], margin=[5, 5, 5], count=[3, 4, 1]
    )
    with pytest.raises(InputError, match=r"row 2: the loser was rated so far above"):
        zm.elo(counted, margin=rule, initial=initial, permutations=5, k=1, backend=backend)


def test_wild_replicates(backend: str) -> None:
    with pytest.raises(InputError, match=r"the rating of 'x' went beyond 1e\+100"):
        zm.elo(games(), k=1e101, permutations=5, backend=backend)
