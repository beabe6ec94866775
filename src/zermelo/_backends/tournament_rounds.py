"""Parts of the twins of the tournament kernels: random bits, rounds of Swiss, and rankings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

from ..tournament import program as op
from .bootstrap import GOLDEN, _mixed

Function = TypeVar("Function", bound=Callable[..., Any])

LOSS, WIN, DRAW = 0, 1, 2
# Words of 32 bits are held in 64, so that sums do not wrap; they are cut back where they may.
LOW = np.uint64(0xFFFFFFFF)
ONE, SEVEN, NINE, ELEVEN = np.uint64(1), np.uint64(7), np.uint64(9), np.uint64(11)
TWENTY_ONE, TWENTY_FIVE, THIRTY_TWO = np.uint64(21), np.uint64(25), np.uint64(32)


def _compile(function: Function) -> Function:
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


@_compile
def _seed(key: Any, replicate: Any, words: Any) -> None:
    start = _mixed(key + _mixed(replicate + GOLDEN))
    low, high = _mixed(start + GOLDEN), _mixed(start + GOLDEN + GOLDEN)
    words[0], words[1] = low & LOW, low >> THIRTY_TWO
    words[2], words[3] = high & LOW, high >> THIRTY_TWO


@_compile
def _draw(words: Any) -> Any:
    """The upper 31 bits of the generator's next output."""
    s0, s1, s2, s3 = words[0], words[1], words[2], words[3]
    total = (s0 + s3) & LOW
    bits = (((total << SEVEN) | (total >> TWENTY_FIVE)) + s0) & LOW
    shifted = (s1 << NINE) & LOW
    s2 ^= s0
    s3 ^= s1
    words[1] = s1 ^ s2
    words[0] = s0 ^ s3
    words[2] = s2 ^ shifted
    words[3] = ((s3 << ELEVEN) | (s3 >> TWENTY_ONE)) & LOW
    return np.int64(bits >> ONE)


@_compile
def _offered(turn: int, equal: int, pairing: int) -> int:
    """Whose turn it is as an opponent of number 0, of whom 0 to `equal` - 1 have the points."""
    if turn >= equal - 1 or pairing == op.RANDOM:
        return turn + 1
    if pairing == op.FOLD:
        return equal - 1 - turn
    half = equal // 2
    return half + turn if turn < equal - half else equal - 1 - turn


@_compile
def _search(
    order: Any, own_points: Any, n: int, pairing: int, most_choices: int, met: Any, free: Any,
    taken: Any, pairs: Any,
) -> int:  # fmt: skip
    """1 with pairs, 0 where there are none, -1 after too many choices."""
    for k in range(n):
        free[0, k] = k
    choices, level = 0, 0
    taken[0] = 0
    while 2 * level < n:
        left = n - 2 * level
        own = order[free[level, 0]]
        equal = 1
        while equal < left and own_points[free[level, equal]] == own_points[free[level, 0]]:
            equal += 1
        turn, number = taken[level], 0
        while turn < left - 1:
            number = _offered(turn, equal, pairing)
            if not met[own, order[free[level, number]]]:
                break
            turn += 1
        if turn == left - 1:
            if level == 0:
                return 0
            level -= 1
            continue
        if choices == most_choices:
            return -1
        choices += 1
        taken[level] = turn + 1
        pairs[2 * level] = own
        pairs[2 * level + 1] = order[free[level, number]]
        free[level + 1, : number - 1] = free[level, 1:number]
        free[level + 1, number - 1 : left - 2] = free[level, number + 1 : left]
        level += 1
        taken[level] = 0
    return 1


@_compile
def _close_circle(order: Any, n: int, met: Any, circle: Any, pairs: Any) -> bool:
    """Palmer's algorithm."""
    for k in range(n):
        circle[k] = k
    k = 0
    while k < n:
        here, after = order[circle[k]], order[circle[(k + 1) % n]]
        if not met[here, after]:
            k += 1
            continue
        j = k + 2
        while j < k + n and (
            met[here, order[circle[j % n]]] or met[after, order[circle[(j + 1) % n]]]
        ):
            j += 1
        if j == k + n:
            return False
        i = k + 1
        while i < j:
            circle[i % n], circle[j % n] = circle[j % n], circle[i % n]
            i += 1
            j -= 1
        k = 0
    for k in range(0, n, 2):
        pairs[k] = order[min(circle[k], circle[k + 1])]
        pairs[k + 1] = order[max(circle[k], circle[k + 1])]
    return True


@_compile
def _give_bye(own: int, win_points: int, points: Any, wins: Any, n_byes: Any) -> None:
    n_byes[own] += 1
    points[own] += win_points
    wins[own] += 1


@_compile
def _order_entrants(
    entrants: Any, pairing: int, words: Any, win_points: int, points: Any, wins: Any, n_byes: Any,
    order: Any, value: Any,
) -> int:  # fmt: skip
    """Sorts the entrants of a round, gives a bye, and returns how many are left."""
    n = len(entrants)
    # Points first; a lot has 31 bits.
    for k in range(n):
        value[k] = -(points[entrants[k]] << 31)
        if pairing == op.RANDOM:
            value[k] -= _draw(words)
    order[:n] = entrants[np.argsort(value[:n], kind="mergesort")]
    if n % 2 == 1:
        bye = n - 1
        for k in range(n - 1, -1, -1):
            if n_byes[order[k]] == 0:
                bye = k
                break
        _give_bye(order[bye], win_points, points, wins, n_byes)
        for k in range(bye, n - 1):
            order[k] = order[k + 1]
        n -= 1
    for k in range(n):
        value[k] = points[order[k]]
    return n


@_compile
def _tie_break(
    breaker: int, own: int, tier: Any, win_points: int, draw_points: int, points: Any, wins: Any,
    n_byes: Any, n_games: Any, opponent: Any, result: Any,
) -> Any:  # fmt: skip
    if breaker == op.WINS:
        return np.int64(wins[own])
    total = np.int64(0)
    for k in range(n_games[own]):
        other, outcome = opponent[own, k], result[own, k]
        if breaker == op.BUCHHOLZ:
            total += points[other]
        elif breaker == op.SONNEBORN_BERGER:
            total += (2 if outcome == WIN else 1 if outcome == DRAW else 0) * points[other]
        elif breaker == op.RATE:
            total += 2 if outcome == WIN else 1 if outcome == DRAW else 0
        elif tier[other] == tier[own]:
            total += win_points if outcome == WIN else draw_points if outcome == DRAW else 0
    if breaker == op.RATE:
        games = n_games[own] + n_byes[own]
        return np.int64(1 << 29) if games == 0 else ((total + 2 * n_byes[own]) << 30) // (2 * games)
    return total


@_compile
def _rank(
    row: Any, words: Any, item: Any, breakers: Any, win_points: int, draw_points: int, points: Any,
    wins: Any, n_byes: Any, n_games: Any, opponent: Any, result: Any, tier: Any,
) -> None:  # fmt: skip
    count = row[2]
    entrants = item[row[1] : row[1] + count].copy()
    lot, value = np.empty(count, np.int64), np.empty(count, np.int64)
    for k in range(count):
        lot[k] = -_draw(words)
        tier[entrants[k]] = 0
        value[k] = -points[entrants[k]]
    place = np.arange(count)
    for key in range(-1, row[5] + 1):
        if key == row[5]:
            value[:] = lot
        elif key >= 0:
            for k in range(count):
                value[k] = -_tie_break(
                    breakers[row[4] + key], entrants[k], tier, win_points, draw_points, points,
                    wins, n_byes, n_games, opponent, result,
                )  # fmt: skip
        begin = 0
        while begin < count:
            own = tier[entrants[place[begin]]]
            end = begin + 1
            while end < count and tier[entrants[place[end]]] == own:
                end += 1
            if end > begin + 1:
                # Sorted by their places, so that a stable sort leaves the equal in that order.
                equal = np.sort(place[begin:end])
                place[begin:end] = equal[np.argsort(value[equal], kind="mergesort")]
            begin = end
        # Who is still equal shares a tier, which is named by its first place.
        old, named, any_equal = -1, 0, False
        for k in range(count):
            own = entrants[place[k]]
            same = k > 0 and tier[own] == old and value[place[k]] == value[place[k - 1]]
            old = tier[own]
            if not same:
                named = k
            any_equal = any_equal or same
            tier[own] = named
        if not any_equal:
            break
    for k in range(count):
        tier[entrants[k]] = -1
        item[row[3] + k] = entrants[place[k]]
