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
NOTHING, NO_HISTORY, NO_ORDER = np.empty(0), np.empty((0, 2)), np.empty(0, np.int32)


def _compile(function: Function) -> Function:
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


@_compile
def _score(outcome: Any, score: Any, game: int) -> float:
    if outcome[game] == FRACTIONAL:
        return float(score[game])
    return 0.5 if outcome[game] == TIE else float(outcome[game])


@_compile
def _points_ahead(
    first: Any, second: Any, neutral: Any, offset: Any, slope: float, effect: float, rating: Any,
    game: int,
) -> float:  # fmt: skip
    ahead = rating[first[game]] - rating[second[game]]
    if len(neutral) == 0 or neutral[game] == 0:
        ahead += effect
    return float(ahead) if len(offset) == 0 else float(ahead + offset[game] / slope)


@_compile
def _enter(
    reset_at: Any, reset_to: Any, keep: float, reverted: float, rating: Any, last_period: Any,
    item: int, period: int,
) -> None:  # fmt: skip
    if last_period[item] == period:
        return
    if last_period[item] >= 0:
        rating[item] = keep * rating[item] + reverted
    last_period[item] = period
    wanted = np.int64(period) * len(rating) + item
    place = np.searchsorted(reset_at, wanted)
    if place < len(reset_at) and reset_at[place] == wanted:
        rating[item] = reset_to[place]


@_compile
def _own_k(
    k: float, by_games: Any, band_begin: Any, band_k: Any, lasting: bool, rating: Any, n_games: Any,
    peak: Any, item: int,
) -> float:  # fmt: skip
    if len(by_games) == 0 and len(band_k) == 0:
        return k
    if n_games[item] < len(by_games) and not math.isnan(by_games[n_games[item]]):
        return float(by_games[n_games[item]])
    by = peak[item] if lasting else rating[item]
    return float(band_k[max(np.searchsorted(band_begin, by, side="right") - 1, 0)])


@_compile
def _divisor(
    intercept: float, gradient: float, tie_divisor: float, score: float, ahead: float
) -> float:
    if score == 0.5:
        return tie_divisor
    return intercept + gradient * (ahead if score > 0.5 else -ahead)


@_compile
def _note(n_games: Any, peak: Any, peak_game: Any, rating: Any, item: int, number: int) -> None:
    n_games[item] += 1
    if rating[item] > peak[item]:
        peak[item] = rating[item]
        peak_game[item] = number


@_compile
def _expected(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


@_compile
def _place_below(size: int, bits: Any) -> int:
    # As a signed number of 53 bits, which converts exactly.
    return int(float(np.int64(bits >> np.uint64(11))) * UNIT * float(size))


@_compile
def _play(
    games: Any, rules: Any, order: Any, begin: int, end: int, game_offset: int, bits: Any,
    replace: bool, shuffled: bool, rating: Any, n_games: Any, peak: Any, peak_game: Any,
    last_period: Any, expected: Any, before: Any, after: Any, weight: Any, total: float,
) -> tuple[int, Any, float]:  # fmt: skip
    """Plays games by all the rules; the game whose divisor is not positive, or -1, the random bits
    and the log loss so far. What is not wanted (expected, before, weight ...) is empty.

    Arrays are taken out of their tuples first: inside the loop that would cost more than the game.
    """
    first, second, outcome, scores, factor, neutral, offset, count, period = games[:9]
    reset_at, reset_to = games[9], games[10]
    k, slope, effect, keep, reverted, intercept, gradient, tie_divisor = rules[:8]
    by_games, band_begin, band_k, lasting = rules[8], rules[9], rules[10], rules[11]
    has_margin = gradient != 0.0 or intercept != 1.0 or tie_divisor != 1.0
    size = len(first)
    for step in range(begin, end):
        game = step
        if shuffled:
            bits += GOLDEN
            if replace:
                game = _place_below(size, _mixed(bits))
            else:
                drawn = step + _place_below(size - step, _mixed(bits))
                game = int(order[drawn])
                order[drawn] = order[step]
        a, b = first[game], second[game]
        times = count[game] if len(count) > 0 else 1
        if times > 0 and len(period) > 0 and not shuffled:
            _enter(reset_at, reset_to, keep, reverted, rating, last_period, a, period[game])
            _enter(reset_at, reset_to, keep, reverted, rating, last_period, b, period[game])
        score = _score(outcome, scores, game)
        if len(before) > 0:
            before[game, 0], before[game, 1] = rating[a], rating[b]
        if len(expected) > 0:
            ahead = _points_ahead(first, second, neutral, offset, slope, effect, rating, game)
            expected[game] = _expected(slope * ahead)
        if len(weight) > 0:
            ahead = _points_ahead(first, second, neutral, offset, slope, effect, rating, game)
            log_odds = slope * ahead
            smaller = math.log1p(math.exp(-abs(log_odds)))
            larger = (1.0 - score) * log_odds if log_odds > 0.0 else -score * log_odds
            total += weight[game] * (smaller + larger)
        for _ in range(times):
            ahead = _points_ahead(first, second, neutral, offset, slope, effect, rating, game)
            surprise = score - _expected(slope * ahead)
            if len(factor) > 0:
                surprise *= factor[game]
            if has_margin:
                divisor = _divisor(intercept, gradient, tie_divisor, score, ahead)
                if not divisor > 0.0:
                    return game, bits, math.inf
                surprise /= divisor
            own = _own_k(k, by_games, band_begin, band_k, lasting, rating, n_games, peak, a)
            other = _own_k(k, by_games, band_begin, band_k, lasting, rating, n_games, peak, b)
            rating[a] += own * surprise
            rating[b] -= other * surprise
            if len(n_games) > 0:
                _note(n_games, peak, peak_game, rating, a, game_offset + step)
                _note(n_games, peak, peak_game, rating, b, game_offset + step)
        if len(after) > 0:
            after[game, 0], after[game, 1] = rating[a], rating[b]
    return -1, bits, total


@_compile
def _replay_plain(
    games: Any, rules: Any, begin: int, end: int, rating: Any, expected: Any, before: Any,
    after: Any,
) -> None:  # fmt: skip
    """One K for all and nothing tracked. Arrays are taken out of their tuple first: inside the loop
    that would cost more than the game."""
    first, second, outcome, score, factor, neutral, offset = games[:7]
    k, slope, effect = rules[0], rules[1], rules[2]
    has_score, has_factor = len(score) > 0, len(factor) > 0
    has_neutral, has_offset, noted = len(neutral) > 0, len(offset) > 0, len(before) > 0
    for game in range(begin, end):
        a, b = first[game], second[game]
        own, other = rating[a], rating[b]
        ahead = own - other
        if not (has_neutral and neutral[game] != 0):
            ahead += effect
        if has_offset:
            ahead += offset[game] / slope
        now = 1.0 / (1.0 + math.exp(-slope * ahead))
        result = 0.5 if outcome[game] == TIE else float(outcome[game])
        if has_score and outcome[game] == FRACTIONAL:
            result = score[game]
        surprise = result - now
        if has_factor:
            surprise *= factor[game]
        shift = k * surprise
        rating[a], rating[b] = own + shift, other - shift
        expected[game] = now
        if noted:
            before[game, 0], before[game, 1] = own, other
            after[game, 0], after[game, 1] = rating[a], rating[b]


def _stretches(games: Arrays) -> list[tuple[int, int]]:
    """Borders of the games, of so many each, repeats of theirs included."""
    size, count = len(games[0]), games[7]
    if not len(count):
        return [(begin, min(begin + STRETCH, size)) for begin in range(0, size, STRETCH)]
    played = np.cumsum(np.maximum(count, 1))
    marks = np.arange(STRETCH, int(played[-1]), STRETCH)
    borders = np.unique(np.concatenate([[0], np.searchsorted(played, marks) + 1, [size]]))
    return list(zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True))


def _is_plain(games: Arrays, rules: Rules) -> bool:
    has_margin = rules[5:8] != (1.0, 0.0, 1.0)
    return not (has_margin or len(rules[8]) or len(rules[10]) or len(games[7]) or len(games[8]))


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
    plain = _is_plain(games, rules) and not len(n_games)
    for begin, end in _stretches(games):
        if plain:
            _replay_plain(games, rules, begin, end, rating, expected, before, after)
            continue
        bad, _, _ = _play(
            games, rules, NO_ORDER, begin, end, game_offset, np.uint64(0), False, False, rating,
            n_games, peak, peak_game, last_period, expected, before, after, NOTHING, 0.0,
        )  # fmt: skip
        if bad >= 0:
            break
    return expected, before, after, bad


@_compile
def _replay_plain_shuffled(
    games: Any, rules: Any, begin: int, end: int, bits: Any, replace: bool, order: Any, rating: Any
) -> Any:
    first, second, outcome, score, factor, neutral, offset = games[:7]
    k, slope, effect = rules[0], rules[1], rules[2]
    has_score, has_factor = len(score) > 0, len(factor) > 0
    has_neutral, has_offset, size = len(neutral) > 0, len(offset) > 0, len(first)
    for step in range(begin, end):
        bits += GOLDEN
        if replace:
            game = _place_below(size, _mixed(bits))
        else:
            drawn = step + _place_below(size - step, _mixed(bits))
            game = int(order[drawn])
            order[drawn] = order[step]
        a, b = first[game], second[game]
        ahead = rating[a] - rating[b]
        if not (has_neutral and neutral[game] != 0):
            ahead += effect
        if has_offset:
            ahead += offset[game] / slope
        result = 0.5 if outcome[game] == TIE else float(outcome[game])
        if has_score and outcome[game] == FRACTIONAL:
            result = score[game]
        surprise = result - 1.0 / (1.0 + math.exp(-slope * ahead))
        if has_factor:
            surprise *= factor[game]
        shift = k * surprise
        rating[a] += shift
        rating[b] -= shift
    return bits


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
    plain = _is_plain(games, rules)

    def replay(place: int) -> int:
        own = rating[place]
        own[:] = initial
        bits = _stream(np.uint64(key), np.uint64(first_replicate + place))
        order = np.arange(0 if replace else size, dtype=np.int32)
        state = _tracked(tracks, own)
        for begin in range(0, size, STRETCH):
            end = min(begin + STRETCH, size)
            if plain:
                bits = _replay_plain_shuffled(
                    games, rules, begin, end, np.uint64(bits), replace, order, own
                )
                continue
            bad, bits, _ = _play(
                games, rules, order, begin, end, 0, np.uint64(bits), replace, True, own, *state,
                NO_ORDER, NOTHING, NO_HISTORY, NO_HISTORY, NOTHING, 0.0,
            )  # fmt: skip
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


def elo_log_loss(
    games: Arrays, rules: Sequence[Rules], initial: Real, weight: Real, threads: int
) -> Real:
    start = initial.reshape(len(rules), -1)

    def replay(place: int) -> float:
        own = start[place].copy()
        last_period = np.full(len(own), -1, np.int32)
        state = _tracked(True, own)
        total = 0.0
        for begin, end in _stretches(games):
            _, _, total = _play(
                games, rules[place], NO_ORDER, begin, end, 0, np.uint64(0), False, False, own,
                *state, last_period, NOTHING, NO_HISTORY, NO_HISTORY, weight, total,
            )  # fmt: skip
            if math.isinf(total):
                break
        return total

    losses: list[float] = []
    with _team(threads) as pool:
        for begin in range(0, len(rules), SUBMITTED):
            places = range(begin, min(begin + SUBMITTED, len(rules)))
            losses += map(replay, places) if pool is None else pool.map(replay, places)
    return np.array(losses)
