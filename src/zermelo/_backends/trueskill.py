"""Twin of the replay by TrueSkill: numba over stretches of games.

The method and its regimes are those of the C++ core, where the reasons are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .glicko import compiled, read_only

Real = NDArray[np.float64]

STRETCH = 1 << 20
# How often a row of many identical games is played between two looks at Ctrl-C.
PLAYS = 1 << 20

FAR_OUT, LEVELS, LIKELY = 4.0, 35, 1e-3
ROOT_HALF = math.sqrt(0.5)
DENSITY = 1.0 / math.sqrt(2.0 * math.pi)
NODES = (0.18343464249564978, 0.525532409916329, 0.7966664774136267, 0.9602898564975362)
WEIGHTS = (0.36268378337836166, 0.3137066458778869, 0.22238103445337443, 0.10122853629037706)


@compiled
def _density(x: float) -> float:
    return DENSITY * math.exp(-0.5 * x * x)


@compiled
def _tail(x: float) -> float:
    return 0.5 * math.erfc(x * ROOT_HALF)


@compiled
def _tail_mean(y: float) -> tuple[float, float]:
    if y > FAR_OUT:
        fraction = y
        for level in range(LEVELS, 1, -1):
            fraction = y + level / fraction
        return y + 1.0 / fraction, 1.0 / fraction
    mean = _density(y) / _tail(y)
    return mean, mean - y


@compiled
def _win(t: float, margin: float) -> tuple[float, float]:
    mean, excess = _tail_mean(margin - t)
    return mean, min(max(mean * excess, 0.0), 1.0)


@compiled
def _draw(t: float, margin: float) -> tuple[float, float]:
    middle = abs(t)
    low, high = middle - margin, middle + margin
    likely = _tail(low) - _tail(high)
    if likely > LIKELY:
        at_low, at_high = _density(low), _density(high)
        v = (at_low - at_high) / likely
        w = v * v - (low * at_low - high * at_high) / likely
    elif low > 0.0 and low * margin > 0.5:
        width = 2.0 * margin
        above, above_excess = _tail_mean(low)
        beyond, beyond_excess = _tail_mean(low + width)
        fall = math.exp(-width * (low + 0.5 * width))
        rest = fall / beyond
        total = 1.0 / above - rest
        v = (1.0 - fall) / total
        excess = (above_excess / above - rest * (beyond_excess + width)) / total
        w = v * excess + width * fall / total
    else:
        total = first = second = 0.0
        for k in range(4):
            s = margin * NODES[k]
            square = math.exp(-0.5 * s * s) * WEIGHTS[k]
            up, down = square * math.exp(-middle * s), square * math.exp(middle * s)
            total += up + down
            first += s * (up - down)
            second += s * s * (up + down)
        mean = first / total
        v, w = middle + mean, 1.0 - (second / total - mean * mean)
    return math.copysign(v, -t), min(max(w, 0.0), 1.0)


@compiled
def _expected(t: float, margin: float) -> float:
    middle = abs(t)
    far, near = _tail(middle + margin), _tail(abs(middle - margin))
    underdog = 0.5 * (far + (near if middle > margin else 1.0 - near))
    return 1.0 - underdog if t > 0.0 else underdog


@compiled
def _plays(
    a: int, b: int, code: int, effect: float, times: int, rules: Any, rating: Any, deviation: Any
) -> None:
    for _ in range(times):
        of_a = deviation[a] * deviation[a] + rules[1] * rules[1]
        of_b = deviation[b] * deviation[b] + rules[1] * rules[1]
        squared = 2.0 * rules[0] * rules[0] + of_a + of_b
        c = math.sqrt(squared)
        t, margin = (rating[a] - rating[b] + effect) / c, rules[2] / c
        if code == 2:
            v, w = _draw(t, margin)
        else:
            sign = 1.0 if code == 1 else -1.0
            v, w = _win(sign * t, margin)
            v *= sign
        rating[a] += of_a / c * v
        rating[b] -= of_b / c * v
        deviation[a] = math.sqrt(of_a * (1.0 - of_a / squared * w))
        deviation[b] = math.sqrt(of_b * (1.0 - of_b / squared * w))


@compiled
def _play(
    begin: int, end: int, done: int, first: Any, second: Any, outcome: Any, neutral: Any,
    count: Any, rules: Any, rating: Any, deviation: Any, expected: Any, before: Any, after: Any,
    deviation_before: Any, deviation_after: Any,
) -> tuple[int, int]:  # fmt: skip
    """Games from `begin`, of which `done` were played already, until `end` or for PLAYS games.

    Returns the game where it stopped, and how often that one was played.
    """
    history, left = len(before) > 0, PLAYS
    for row in range(begin, end):
        a, b = first[row], second[row]
        effect = rules[3] if len(neutral) == 0 or neutral[row] == 0 else 0.0
        if done == 0:
            of_a = deviation[a] * deviation[a] + rules[1] * rules[1]
            of_b = deviation[b] * deviation[b] + rules[1] * rules[1]
            c = math.sqrt(2.0 * rules[0] * rules[0] + of_a + of_b)
            expected[row] = _expected((rating[a] - rating[b] + effect) / c, rules[2] / c)
            if history:
                before[row, 0], before[row, 1] = rating[a], rating[b]
                deviation_before[row, 0] = deviation[a]
                deviation_before[row, 1] = deviation[b]
        times = count[row] if len(count) else 1
        some = min(times - done, left)
        _plays(a, b, outcome[row], effect, some, rules, rating, deviation)
        left -= some
        done += some
        if done < times:
            return row, done
        done = 0
        if history:
            after[row, 0], after[row, 1] = rating[a], rating[b]
            deviation_after[row, 0], deviation_after[row, 1] = deviation[a], deviation[b]
    return end, 0


def trueskill_replay(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    outcome: NDArray[np.uint8],
    neutral: NDArray[np.uint8],
    count: NDArray[np.int64],
    beta: float,
    tau: float,
    draw_margin: float,
    position_effect: float,
    rating: Real,
    deviation: Real,
    history: bool,
) -> tuple[Real, Real, Real, tuple[Real, ...] | None]:
    games = len(first)
    rules = np.array([beta, tau, draw_margin, position_effect])
    rating, deviation, expected = rating.copy(), deviation.copy(), np.empty(games)
    noted = tuple(np.empty((games if history else 0, 2)) for _ in range(4))
    columns = [read_only(column) for column in (first, second, outcome, neutral, count)]
    play: Callable[..., tuple[int, int]] = _play
    row = done = 0
    while row < games:
        row, done = play(
            row, min(row + STRETCH, games), done, *columns, rules, rating, deviation, expected,
            *noted,
        )  # fmt: skip
    return rating, deviation, expected, noted if history else None
