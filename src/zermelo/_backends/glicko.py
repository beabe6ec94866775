"""Twin of the replay by Glicko and Glicko-2: numba over stretches of games.

The method and the order of the additions are those of the C++ core, where the reasons are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Real = NDArray[np.float64]
Whole = NDArray[np.int64]

STRETCH = 1 << 20
THREE_OVER_PI_SQUARED = 3.0 / (math.pi * math.pi)
# Columns of what is kept of an item in the period that is being played.
DEVIATION, VARIANCE, G, SURPRISE, INFORMATION, PLAYED = range(6)


def compiled(function: Function) -> Function:
    """The function as numba compiles it, without the GIL and with C's division by zero."""
    dispatcher: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return dispatcher


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written: numba compiles once for those, and once for the others."""
    shown = array.view()
    shown.flags.writeable = False
    return shown


@compiled
def _value(
    y: float, variance: float, information: float, squared: float, start: float, precision: float
) -> float:
    z = math.exp(y)
    w = 1.0 + information * (variance + z)
    return 0.5 * z * (squared - information * w) / (w * w) - (y - start) * precision


@compiled
def _bracketed(
    variance: float, information: float, squared: float, start: float, precision: float
) -> float:
    at_start = _value(start, variance, information, squared, start, precision)
    step = 1.0 if at_start > 0.0 else -1.0
    low, high, wide = start, start + step * math.sqrt(1.0 / precision), 2.0
    at_low = at_start
    at_high = _value(high, variance, information, squared, start, precision)
    while at_high * step > 0.0 and abs(high) < 690.0:
        low, at_low = high, at_high
        high = start + step * wide * math.sqrt(1.0 / precision)
        at_high = _value(high, variance, information, squared, start, precision)
        wide *= 2.0
    for _ in range(200):
        if not (abs(high - low) > 1e-13 * (1.0 + abs(low)) and at_high != 0.0):
            break
        point = low + (low - high) * at_low / (at_high - at_low)
        at_point = _value(point, variance, information, squared, start, precision)
        if at_point * at_high <= 0.0:
            low, at_low = high, at_high
        else:
            at_low *= 0.5
        high, at_high = point, at_point
    return high


@compiled
def _new_volatility(
    variance: float, information: float, surprise: float, volatility: float, tau: float
) -> float:
    start, precision, squared = 2.0 * math.log(volatility), 1.0 / (tau * tau), surprise * surprise
    y = start
    for _ in range(8):
        z = math.exp(y)
        w = 1.0 + information * (variance + z)
        half, rest = 0.5 * z / (w * w), squared - information * w
        value = half * rest - (y - start) * precision
        slope = half * rest - information * half * z * (information + 2.0 * rest / w) - precision
        if not slope < 0.0:
            break
        change = value / slope
        if not abs(change) < 1.0:
            break
        y -= change
        if abs(change) < 1e-8:
            return math.exp(0.5 * y)
    return math.exp(0.5 * _bracketed(variance, information, squared, start, precision))


@compiled
def _grown(
    item: int, period: int, rules: Any, deviation: Any, volatility: Any, last_period: Any
) -> float:
    now = float(deviation[item])
    if last_period[item] < 0:
        return now
    idle, growth = float(period - last_period[item]), rules[2]
    if len(volatility):
        idle -= 1.0
        growth = volatility[item] / rules[0]
    return float(min(math.sqrt(now * now + growth * growth * idle), rules[3]))


@compiled
def _finish(
    period: int, met: Any, n_met: int, active: Any, rules: Any, rating: Any, deviation: Any,
    volatility: Any, last_period: Any,
) -> None:  # fmt: skip
    slope = rules[0]
    for place in range(n_met):
        item = met[place]
        if active[item, PLAYED] == 0.0:
            continue
        variance, information = active[item, VARIANCE], active[item, INFORMATION]
        surprise = active[item, SURPRISE]
        if len(volatility):
            if rules[4] > 0.0:
                volatility[item] = _new_volatility(
                    variance, information, surprise, volatility[item], rules[4]
                )
            variance += volatility[item] * volatility[item]
            variance = min(variance, slope * slope * rules[3] * rules[3])
        variance /= 1.0 + variance * information
        rating[item] += variance * surprise / slope
        deviation[item] = math.sqrt(variance) / slope
        last_period[item] = period


@compiled
def _note_after(
    period: int, begin: int, end: int, first: Any, second: Any, rules: Any, rating: Any,
    deviation: Any, volatility: Any, last_period: Any, after: Any, deviation_after: Any,
) -> None:  # fmt: skip
    until = period + 1 if len(volatility) else period
    for row in range(begin, end):
        for side in range(2):
            item = first[row] if side == 0 else second[row]
            after[row, side] = rating[item]
            deviation_after[row, side] = (
                deviation[item]
                if last_period[item] == period
                else _grown(item, until, rules, deviation, volatility, last_period)
            )


@compiled
def _play(
    begin: int, end: int, p: int, n_met: int, first_period: int, first: Any, second: Any,
    outcome: Any, score: Any, factor: Any, neutral: Any, offset: Any, period_begin: Any, rules: Any,
    rating: Any, deviation: Any, volatility: Any, last_period: Any, active: Any,
    seen: Any, met: Any, expected: Any, before: Any, after: Any, deviation_before: Any,
    deviation_after: Any,
) -> tuple[int, int]:  # fmt: skip
    """Games from `begin` to `end`; returns the period they end in and how many items it met."""
    slope, effect = rules[0], rules[1]
    history = len(before) > 0
    for row in range(begin, end):
        period = first_period + p
        for side in range(2):
            item = first[row] if side == 0 else second[row]
            if seen[item] == p:
                continue
            seen[item] = p
            now = _grown(item, period, rules, deviation, volatility, last_period)
            active[item, DEVIATION] = now
            variance = slope * slope * now * now
            active[item, VARIANCE] = variance
            active[item, G] = 1.0 / math.sqrt(1.0 + THREE_OVER_PI_SQUARED * variance)
            active[item, SURPRISE] = active[item, INFORMATION] = active[item, PLAYED] = 0.0
            met[n_met] = item
            n_met += 1
        a, b = first[row], second[row]
        points = rating[a] - rating[b]
        if len(neutral) == 0 or neutral[row] == 0:
            points += effect
        ahead = slope * points
        if len(offset):
            ahead += offset[row]
        both = active[a, VARIANCE] + active[b, VARIANCE]
        g = 1.0 / math.sqrt(1.0 + THREE_OVER_PI_SQUARED * both)
        expected[row] = 1.0 / (1.0 + math.exp(-(g * ahead)))
        if history:
            before[row, 0], before[row, 1] = rating[a], rating[b]
            deviation_before[row, 0] = active[a, DEVIATION]
            deviation_before[row, 1] = active[b, DEVIATION]
        weight = factor[row] if len(factor) else 1.0
        if weight != 0.0:
            code = outcome[row]
            result = score[row] if code == 3 else (0.5 if code == 2 else float(code))
            g = active[b, G]
            e = 1.0 / (1.0 + math.exp(-(g * ahead)))
            active[a, SURPRISE] += weight * g * (result - e)
            active[a, INFORMATION] += weight * g * g * (e * (1.0 - e))
            active[a, PLAYED] = 1.0
            g = active[a, G]
            e = 1.0 / (1.0 + math.exp(-(g * ahead)))
            active[b, SURPRISE] += weight * g * (e - result)
            active[b, INFORMATION] += weight * g * g * (e * (1.0 - e))
            active[b, PLAYED] = 1.0
        if row + 1 == period_begin[p + 1]:
            _finish(period, met, n_met, active, rules, rating, deviation, volatility, last_period)
            if history:
                _note_after(
                    period, period_begin[p], row + 1, first, second, rules, rating, deviation,
                    volatility, last_period, after, deviation_after,
                )  # fmt: skip
            n_met = 0
            p += 1
    return p, n_met


def glicko_replay(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    outcome: NDArray[np.uint8],
    score: Real,
    factor: Real,
    neutral: NDArray[np.uint8],
    offset: Real,
    period_begin: Whole,
    log_odds_per_point: float,
    position_effect: float,
    growth: float,
    most: float,
    tau: float,
    first_period: int,
    rating: Real,
    deviation: Real,
    volatility: Real,
    last_period: Whole,
    history: bool,
) -> tuple[Real, Real, Real, Whole, Real, tuple[Real, ...] | None]:
    games, items = len(first), len(rating)
    rules = np.array([log_odds_per_point, position_effect, growth, most, tau])
    columns = (first, second, outcome, score, factor, neutral, offset, period_begin)
    state: Any = tuple(column.copy() for column in (rating, deviation, volatility, last_period))
    expected = np.empty(games)
    noted = tuple(np.empty((games if history else 0, 2)) for _ in range(4))
    active, met = np.empty((items, 6)), np.empty(items, np.int32)
    seen = np.full(items, -1, np.int64)
    play: Callable[..., tuple[int, int]] = _play
    shown = [read_only(column) for column in columns]
    p = n_met = 0
    for begin in range(0, games, STRETCH):
        p, n_met = play(
            begin, min(begin + STRETCH, games), p, n_met, first_period, *shown, rules, *state,
            active, seen, met, expected, *noted,
        )  # fmt: skip
    return *state, expected, noted if history else None
