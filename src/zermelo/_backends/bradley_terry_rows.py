"""The loops of the Bradley-Terry twins, over the rows [begin, end) of the comparison graph."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

_compile = numba.njit(nogil=True, error_model="numpy", cache=True)


@_compile
def _probabilities(strength: Any, ability: Any, wide: bool, i: int, j: int) -> tuple[float, float]:
    """P(i beats j) and P(j beats i), each to full relative precision."""
    if wide:
        difference = ability[i] - ability[j]
        return 1.0 / (1.0 + math.exp(-difference)), 1.0 / (1.0 + math.exp(difference))
    inverse = 1.0 / (strength[i] + strength[j])
    return strength[i] * inverse, strength[j] * inverse


@_compile
def information_rows(
    offsets: Any, neighbour: Any, win: Any, loss: Any, strength: Any, ability: Any, wide: bool,
    begin: int, end: int, weight: Any, score: Any, diagonal: Any,
) -> None:  # fmt: skip
    for i in range(begin, end):
        row_score = 0.0
        row_diagonal = 0.0
        for k in range(offsets[i], offsets[i + 1]):
            p, q = _probabilities(strength, ability, wide, i, neighbour[k])
            won, lost = np.float64(win[k]), np.float64(loss[k])
            row_score += won * q - lost * p
            weight[k] = (won + lost) * p * q
            row_diagonal += np.float64(weight[k])
        score[i] = row_score
        diagonal[i] = row_diagonal


@_compile
def minorise_rows(
    offsets: Any, neighbour: Any, win: Any, loss: Any, strength: Any, ability: Any, wide: bool,
    held: Any, prior: float, begin: int, end: int, following: Any,
) -> float:  # fmt: skip
    change = 0.0
    for i in range(begin, end):
        if held[i]:
            continue
        score = 0.0
        wins = 0.5 * prior
        expected = 0.0
        for k in range(offsets[i], offsets[i + 1]):
            p, q = _probabilities(strength, ability, wide, i, neighbour[k])
            won, lost = np.float64(win[k]), np.float64(loss[k])
            score += won * q - lost * p
            wins += won
            expected += (won + lost) * p
        if prior > 0.0:
            p = 1.0 / (1.0 + math.exp(-ability[i]))
            score += 0.5 * prior * (1.0 - 2.0 * p)
            expected += prior * p
        if expected > 0.0 and wins > 0.0:
            relative = score / expected
            if abs(relative) < 0.5:
                step = math.log1p(relative)
            else:
                step = math.log(wins) - math.log(expected)
            following[i] = ability[i] + step
            change = max(change, abs(step))
    return change


@_compile
def newman_rows(
    offsets: Any, neighbour: Any, win: Any, loss: Any, strength: Any, ability: Any, wide: bool,
    held: Any, prior: float, begin: int, end: int,
) -> float:  # fmt: skip
    change = 0.0
    for i in range(begin, end):
        if held[i]:
            continue
        won = 0.0
        lost = 0.0
        for k in range(offsets[i], offsets[i + 1]):
            p, q = _probabilities(strength, ability, wide, i, neighbour[k])
            won += np.float64(win[k]) * q
            lost += np.float64(loss[k]) * p
        if prior > 0.0:
            p = 1.0 / (1.0 + math.exp(-ability[i]))
            won += 0.5 * prior * (1.0 - p)
            lost += 0.5 * prior * p
        if won > 0.0 and lost > 0.0:
            step = math.log(won / lost)
            ability[i] += step
            strength[i] = math.exp(ability[i])
            change = max(change, abs(step))
    return change


@_compile
def log_likelihood_rows(
    offsets: Any, neighbour: Any, win: Any, strength: Any, ability: Any, wide: bool, begin: int,
    end: int,
) -> float:  # fmt: skip
    total = 0.0
    for i in range(begin, end):
        row = 0.0
        for k in range(offsets[i], offsets[i + 1]):
            won = np.float64(win[k])
            if won > 0.0:
                j = neighbour[k]
                difference = ability[j] - ability[i]
                odds = math.exp(difference) if wide else strength[j] / strength[i]
                row += won * (difference if math.isinf(odds) else math.log1p(odds))
        total += row
    return total


@_compile
def multiply_rows(
    offsets: Any, neighbour: Any, weight: Any, diagonal: Any, direction: Any, begin: int, end: int,
    product: Any,
) -> None:  # fmt: skip
    lanes = direction.shape[1]
    for i in range(begin, end):
        for lane in range(lanes):
            product[i, lane] = diagonal[i] * np.float64(direction[i, lane])
        for k in range(offsets[i], offsets[i + 1]):
            w = np.float64(weight[k])
            j = neighbour[k]
            for lane in range(lanes):
                product[i, lane] -= w * np.float64(direction[j, lane])


@_compile
def grow_clusters(offsets: Any, neighbour: Any, inverse_diagonal: Any, full: int) -> Any:
    """Cluster of each item, -1 for held and unrated ones."""
    n = len(offsets) - 1
    cluster = np.full(n, -1, np.int32)
    members = np.empty(n, np.int32)
    # Seeds wait in a ring: a cluster leaves at most one, and every item starts at most one.
    frontier = np.empty(n + 1, np.int32)
    head = 0
    tail = 0
    name = 0
    for item in range(n):
        while True:
            seed = -1
            if head < tail:
                if cluster[frontier[head]] < 0:
                    seed = frontier[head]
                head += 1
            elif cluster[item] < 0 and inverse_diagonal[item] > 0.0:
                seed = item
            else:
                break
            if seed < 0:
                continue
            size = 1
            members[0] = seed
            cluster[seed] = name
            at = 0
            while at < size and size < full:
                for k in range(offsets[members[at]], offsets[members[at] + 1]):
                    other = neighbour[k]
                    if cluster[other] >= 0 or inverse_diagonal[other] <= 0.0:
                        continue
                    if size == full:
                        frontier[tail] = other
                        tail += 1
                        break
                    cluster[other] = name
                    members[size] = other
                    size += 1
                at += 1
            joined = -1
            if size < full // 4:
                for m in range(size):
                    for k in range(offsets[members[m]], offsets[members[m] + 1]):
                        other = cluster[neighbour[k]]
                        if other >= 0 and other != name:
                            joined = other
                            break
                    if joined >= 0:
                        break
            if joined >= 0:
                for m in range(size):
                    cluster[members[m]] = joined
            else:
                name += 1
    return cluster
