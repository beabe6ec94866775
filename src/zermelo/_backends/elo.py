"""Twins of Elo's kernels: numba over a stretch of games, Python's threads over replicates.

The method and the order of the operations are those of the C++ core, where the reasons are given;
random orders are the same to the last bit. exp is the C library's, so that ratings agree to
rounding only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from .bootstrap import GOLDEN, _mixed
from .bradley_terry import _team

Function = TypeVar("Function", bound=Callable[..., Any])
Real = NDArray[np.float64]
Arrays = tuple[NDArray[Any], ...]
Rules = tuple[Any, ...]

# A stretch of games takes well below 0.2 s, so that Ctrl-C works.
STRETCH = 1 << 19
# Replicates handed to the pool at a time, so that few are in the way of Ctrl-C.
SUBMITTED = 64
UNIT = 2.0**-53
TIE = 2
FRACTIONAL = 3


def _compile(function: Function) -> Function:
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


@_compile
def _score(outcome: Any, score: Any, game: int) -> float:
    if outcome[game] == FRACTIONAL:
        return float(score[game])
    return 0.5 if outcome[game] == TIE else float(outcome[game])


@_compile
def _points_ahead(games: Any, rules: Any, rating: Any, game: int) -> float:
    first, second, neutral, offset = games[0], games[1], games[5], games[6]
    ahead = rating[first[game]] - rating[second[game]]
    if len(neutral) == 0 or neutral[game] == 0:
        ahead += rules[2]
    if len(offset) == 0:
        return float(ahead)
    return float(ahead + offset[game] / rules[1])


@_compile
def _enter(games: Any, rules: Any, rating: Any, last_period: Any, item: int, period: int) -> None:
    if last_period[item] == period:
        return
    if last_period[item] >= 0:
        rating[item] = rules[3] * rating[item] + rules[4]
    last_period[item] = period
    reset_at, reset_to = games[9], games[10]
    wanted = np.int64(period) * len(rating) + item
    place = np.searchsorted(reset_at, wanted)
    if place < len(reset_at) and reset_at[place] == wanted:
        rating[item] = reset_to[place]


@_compile
def _own_k(rules: Any, rating: Any, n_games: Any, peak: Any, item: int) -> float:
    by_games, band_begin, band_k = rules[8], rules[9], rules[10]
    if len(by_games) == 0 and len(band_k) == 0:
        return float(rules[0])
    if n_games[item] < len(by_games) and not math.isnan(by_games[n_games[item]]):
        return float(by_games[n_games[item]])
    by = peak[item] if rules[11] else rating[item]
    return float(band_k[max(np.searchsorted(band_begin, by, side="right") - 1, 0)])


@_compile
def _arrive(games: Any, rules: Any, rating: Any, last_period: Any, game: int) -> None:
    period = games[8]
    if len(period) > 0:
        _enter(games, rules, rating, last_period, games[0][game], period[game])
        _enter(games, rules, rating, last_period, games[1][game], period[game])


@_compile
def _play(
    games: Any, rules: Any, rating: Any, n_games: Any, peak: Any, peak_game: Any, game: int,
    expected: float, number: int,
) -> bool:  # fmt: skip
    """Plays a game once; False where its divisor is not positive."""
    a, b = games[0][game], games[1][game]
    score = _score(games[2], games[3], game)
    surprise = score - expected
    if len(games[4]) > 0:
        surprise *= games[4][game]
    intercept, slope, tie_divisor = rules[5], rules[6], rules[7]
    if slope != 0.0 or intercept != 1.0 or tie_divisor != 1.0:
        divisor = tie_divisor
        if score != 0.5:
            ahead = _points_ahead(games, rules, rating, game)
            divisor = intercept + slope * (ahead if score > 0.5 else -ahead)
            if not divisor > 0.0:
                return False
        surprise /= divisor
    shift = _own_k(rules, rating, n_games, peak, a) * surprise
    other = _own_k(rules, rating, n_games, peak, b) * surprise
    rating[a] += shift
    rating[b] -= other
    if len(n_games) > 0:
        for item in (a, b):
            n_games[item] += 1
            if rating[item] > peak[item]:
                peak[item] = rating[item]
                peak_game[item] = number
    return True


@_compile
def _expected(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


@_compile
def _replay(
    games: Any, rules: Any, begin: int, end: int, game_offset: int, rating: Any, n_games: Any,
    peak: Any, peak_game: Any, last_period: Any, expected: Any, before: Any, after: Any,
) -> int:  # fmt: skip
    for game in range(begin, end):
        a, b = games[0][game], games[1][game]
        times = games[7][game] if len(games[7]) > 0 else 1
        if times > 0:
            _arrive(games, rules, rating, last_period, game)
        now = _expected(rules[1] * _points_ahead(games, rules, rating, game))
        expected[game] = now
        if len(before) > 0:
            before[game, 0], before[game, 1] = rating[a], rating[b]
        for time in range(times):
            if time > 0:
                now = _expected(rules[1] * _points_ahead(games, rules, rating, game))
            number = game_offset + game
            if not _play(games, rules, rating, n_games, peak, peak_game, game, now, number):
                return game
        if len(before) > 0:
            after[game, 0], after[game, 1] = rating[a], rating[b]
    return -1


def elo_replay(
    games: Arrays,
    rules: Rules,
    game_offset: int,
    rating: Real,
    n_games: NDArray[np.int64],
    peak: Real,
    peak_game: NDArray[np.int64],
    last_period: NDArray[np.int32],
    history: bool,
) -> tuple[Real, Real, Real, int]:
    size = len(games[0])
    expected = np.empty(size)
    before, after = (np.empty((size if history else 0, 2)) for _ in range(2))
    bad = -1
    for begin in range(0, size, STRETCH):
        bad = _replay(
            games, rules, begin, min(begin + STRETCH, size), game_offset, rating, n_games, peak,
            peak_game, last_period, expected, before, after,
        )  # fmt: skip
        if bad >= 0:
            break
    return expected, before, after, bad


@_compile
def _place_below(size: int, bits: Any) -> int:
    # As a signed number of 53 bits, which converts exactly.
    return int(float(np.int64(bits >> np.uint64(11))) * UNIT * float(size))


@_compile
def _replay_shuffled(
    games: Any, rules: Any, begin: int, end: int, bits: Any, replace: bool, order: Any, rating: Any,
    n_games: Any, peak: Any, peak_game: Any,
) -> tuple[int, Any]:  # fmt: skip
    size = len(games[0])
    for step in range(begin, end):
        bits += GOLDEN
        if replace:
            game = _place_below(size, _mixed(bits))
        else:
            drawn = step + _place_below(size - step, _mixed(bits))
            game = int(order[drawn])
            order[drawn] = order[step]
        for _ in range(games[7][game] if len(games[7]) > 0 else 1):
            now = _expected(rules[1] * _points_ahead(games, rules, rating, game))
            if not _play(games, rules, rating, n_games, peak, peak_game, game, now, step):
                return game, bits
    return -1, bits


@_compile
def _stream(key: Any, replicate: Any) -> Any:
    return _mixed(key + _mixed(replicate + GOLDEN))


def _tracked(tracks: bool, rating: Real) -> tuple[NDArray[np.int64], Real, NDArray[np.int64]]:
    size = len(rating) if tracks else 0
    return np.zeros(size, np.int64), rating[:size].copy(), np.zeros(size, np.int64)


def elo_orders(
    games: Arrays,
    rules: Rules,
    initial: Real,
    key: int,
    replace: bool,
    first_replicate: int,
    n_replicates: int,
    threads: int,
) -> tuple[Real, int]:
    size = len(games[0])
    rating = np.empty((n_replicates, len(initial)))
    tracks = len(rules[8]) + len(rules[10]) > 0

    def replay(place: int) -> int:
        own = rating[place]
        own[:] = initial
        bits = _stream(np.uint64(key), np.uint64(first_replicate + place))
        order = np.arange(0 if replace else size, dtype=np.int32)
        state = _tracked(tracks, own)
        for begin in range(0, size, STRETCH):
            end = min(begin + STRETCH, size)
            bad, bits = _replay_shuffled(
                games, rules, begin, end, np.uint64(bits), replace, order, own, *state
            )
            if bad >= 0:
                return int(bad)
        return -1

    found = -1
    with _team(threads) as pool:
        for begin in range(0, n_replicates, SUBMITTED):
            places = range(begin, min(begin + SUBMITTED, n_replicates))
            results = list(map(replay, places) if pool is None else pool.map(replay, places))
            found = next((bad for bad in results if bad >= 0), found)
            if found >= 0:
                break
    return rating, found


@_compile
def _log_loss(
    games: Any, rules: Any, begin: int, end: int, weight: Any, rating: Any, n_games: Any, peak: Any,
    peak_game: Any, last_period: Any, total: float,
) -> float:  # fmt: skip
    for game in range(begin, end):
        times = games[7][game] if len(games[7]) > 0 else 1
        if times > 0:
            _arrive(games, rules, rating, last_period, game)
        log_odds = rules[1] * _points_ahead(games, rules, rating, game)
        score = _score(games[2], games[3], game)
        smaller = math.log1p(math.exp(-abs(log_odds)))
        larger = (1.0 - score) * log_odds if log_odds > 0.0 else -score * log_odds
        total += weight[game] * (smaller + larger)
        for _ in range(times):
            now = _expected(rules[1] * _points_ahead(games, rules, rating, game))
            if not _play(games, rules, rating, n_games, peak, peak_game, game, now, game):
                return math.inf
    return total


def elo_log_loss(
    games: Arrays, rules: Sequence[Rules], initial: Real, weight: Real, threads: int
) -> Real:
    size = len(games[0])
    start = initial.reshape(len(rules), -1)

    def replay(place: int) -> float:
        own = start[place].copy()
        last_period = np.full(len(own), -1, np.int32)
        state = _tracked(True, own)
        total = 0.0
        for begin in range(0, size, STRETCH):
            end = min(begin + STRETCH, size)
            total = _log_loss(
                games, rules[place], begin, end, weight, own, *state, last_period, total
            )
            if math.isinf(total):
                break
        return total

    losses: list[float] = []
    with _team(threads) as pool:
        for begin in range(0, len(rules), SUBMITTED):
            places = range(begin, min(begin + SUBMITTED, len(rules)))
            losses += map(replay, places) if pool is None else pool.map(replay, places)
    return np.array(losses)
