"""Twins of the bootstrap's kernels: numba for one replicate, Python's threads over replicates.

The method, the random bits and the order of the draws are those of the C++ core, where the reasons
are given; draws are the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from .bradley_terry import WIDE_ABILITY, _team, bt_newton
from .threads import run_chunks

Function = TypeVar("Function", bound=Callable[..., Any])
Real = NDArray[np.float64]
Long = NDArray[np.int64]
Slots = NDArray[np.uint32]

UNIT = 1 << 31
LOW_BITS = np.uint64(0x7FFFFFFF)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
LONGEST_STEP = 1.0
SLOWEST = 0.3
# Replicates handed to the pool at a time, so that few are in the way of Ctrl-C.
SUBMITTED = 128


def _compile(function: Function) -> Function:
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


@_compile
def _mixed(z: Any) -> Any:
    z = (z ^ (z >> np.uint64(30))) * FIRST_FACTOR
    z = (z ^ (z >> np.uint64(27))) * SECOND_FACTOR
    return z ^ (z >> np.uint64(31))


@_compile
def _look_up(threshold: Any, alias: Any, begin: int, mask: Any, bits: Any) -> Any:
    slot = np.int64((bits >> np.uint64(32)) & mask)
    if np.int64(bits & LOW_BITS) < np.int64(threshold[begin + slot]):
        return slot
    return np.int64(alias[begin + slot])


@_compile
def _draw(
    threshold: Any, alias: Any, table_begin: Any, least: Any, unit_offsets: Any, unit_cell: Any,
    cell_threshold: Any, cell_alias: Any, n_comparisons: int, key: Any, replicate: int, counts: Any,
) -> None:  # fmt: skip
    state = _mixed(key + _mixed(np.uint64(replicate) + GOLDEN))
    total = n_comparisons + 1
    while total > n_comparisons:
        counts[:] = 0
        total = 0
        for table in range(len(least)):
            begin = table_begin[table]
            mask = np.uint64(table_begin[table + 1] - begin - 1)
            for unit in range(unit_offsets[table], unit_offsets[table + 1]):
                state += GOLDEN
                value = least[table] + _look_up(threshold, alias, begin, mask, _mixed(state))
                counts[unit_cell[unit]] += value
                total += value
    mask = np.uint64(len(cell_threshold) - 1)
    for _ in range(n_comparisons - total):
        state += GOLDEN
        counts[_look_up(cell_threshold, cell_alias, 0, mask, _mixed(state))] += 1


@_compile
def _add_parts(
    counts: Any, part_offsets: Any, part_cell: Any, part_low: Any, part_high: Any, won_low: Any,
    won_high: Any,
) -> None:  # fmt: skip
    for pair in range(len(won_low)):
        low, high = 0.0, 0.0
        for part in range(part_offsets[pair], part_offsets[pair + 1]):
            times = np.float64(counts[part_cell[part]])
            low += times * part_low[part]
            high += times * part_high[part]
        won_low[pair] = low
        won_high[pair] = high


@_compile
def _all_seen(
    won_low: Any, won_high: Any, offsets: Any, neighbour: Any, entry_pair: Any, root: Any,
    n_wanted: int,
) -> bool:  # fmt: skip
    n = len(offsets) - 1
    seen = np.zeros(n, np.uint8)
    frontier = np.empty(n, np.int32)
    n_seen = 0
    for i in range(n):
        if root[i]:
            seen[i] = 1
            frontier[n_seen] = i
            n_seen += 1
    at = 0
    while at < n_seen and n_seen < n_wanted:
        i = frontier[at]
        at += 1
        for k in range(offsets[i], offsets[i + 1]):
            j = neighbour[k]
            pair = entry_pair[k]
            won = won_low[pair] if i < j else won_high[pair]
            if not seen[j] and won > 0.0:
                seen[j] = 1
                frontier[n_seen] = j
                n_seen += 1
    return n_seen == n_wanted


@_compile
def _chord(
    won_low: Any, won_high: Any, low: Any, high: Any, inverse: Any, prior: float, tol: float,
    ability: Any,
) -> bool:  # fmt: skip
    n = len(ability)
    strength, score, step = np.empty(n), np.empty(n), np.empty(n)
    before = LONGEST_STEP / SLOWEST
    while True:
        for i in range(n):
            strength[i] = math.exp(ability[i])
            score[i] = 0.0
            if prior > 0.0:
                score[i] = prior * (0.5 - strength[i] / (1.0 + strength[i]))
        pair = 0
        while pair < len(low):
            i = low[pair]
            total = 0.0
            while pair < len(low) and low[pair] == i:
                j = high[pair]
                residual = won_low[pair] * strength[j] - won_high[pair] * strength[i]
                residual /= strength[i] + strength[j]
                total += residual
                score[j] -= residual
                pair += 1
            score[i] += total
        step[:] = 0.0
        for i in range(n):
            for j in range(n):
                step[j] += score[i] * inverse[i, j]
        size = 0.0
        for i in range(n):
            size = max(size, abs(step[i]))
        if size > SLOWEST * before and size > tol:
            return False
        for i in range(n):
            ability[i] += step[i]
        if size <= tol:
            return True
        before = size


@_compile
def _fill_tables(begin: Any, left: Any, threshold: Any, alias: Any) -> int:
    """The first table whose weights do not add up, or -1."""
    longest = 0
    for table in range(len(begin) - 1):
        longest = max(longest, begin[table + 1] - begin[table])
    small, large = np.empty(longest, np.int64), np.empty(longest, np.int64)
    for table in range(len(begin) - 1):
        start, end = begin[table], begin[table + 1]
        n_small, n_large, total, negative = 0, 0, 0, False
        for slot in range(start, end):
            negative = negative or left[slot] < 0
            total += left[slot]
            if left[slot] < UNIT:
                small[n_small] = slot
                n_small += 1
            else:
                large[n_large] = slot
                n_large += 1
        size = end - start
        if negative or size <= 0 or size & (size - 1) != 0 or total != UNIT * size:
            return table
        while n_small > 0:
            slot = small[n_small - 1]
            donor = large[n_large - 1]
            n_small -= 1
            threshold[slot] = left[slot]
            alias[slot] = donor - start
            left[donor] -= UNIT - left[slot]
            if left[donor] < UNIT:
                n_large -= 1
                small[n_small] = donor
                n_small += 1
        for at in range(n_large):
            threshold[large[at]] = UNIT
            alias[large[at]] = large[at] - start
    return -1


def _run(work: Callable[[int, int], None], n_replicates: int, threads: int) -> None:
    with _team(threads) as pool:
        for begin in range(0, n_replicates, SUBMITTED):
            end = min(begin + SUBMITTED, n_replicates)
            run_chunks(work, [(at, at + 1) for at in range(begin, end)], pool)


def alias_tables(weight: Long, begin: Long) -> tuple[Slots, Slots]:
    threshold, alias = np.empty(len(weight), np.uint32), np.empty(len(weight), np.uint32)
    wrong = _fill_tables(begin, weight.copy(), threshold, alias)
    if wrong >= 0:
        raise ValueError(f"the weights of table {wrong} do not add up to 2^31 a slot")
    return threshold, alias


def multinomial_draws(
    threshold: Slots, alias: Slots, table_begin: Long, least: Long, unit_offsets: Long,
    unit_cell: NDArray[np.int32], cell_threshold: Slots, cell_alias: Slots, n_cells: int,
    n_comparisons: int, key: int, first_replicate: int, n_replicates: int, threads: int,
) -> Long:  # fmt: skip
    counts = np.empty((n_replicates, n_cells), np.int64)

    def work(begin: int, end: int) -> None:
        for place in range(begin, end):
            _draw(
                threshold, alias, table_begin, least, unit_offsets, unit_cell, cell_threshold,
                cell_alias, n_comparisons, np.uint64(key), first_replicate + place, counts[place],
            )  # fmt: skip

    _run(work, n_replicates, threads)
    return counts


def bootstrap_abilities(
    threshold: Slots, alias: Slots, table_begin: Long, least: Long, unit_offsets: Long,
    unit_cell: NDArray[np.int32], cell_threshold: Slots, cell_alias: Slots, n_cells: int,
    n_comparisons: int, key: int, part_offsets: Long, part_cell: NDArray[np.int32], part_low: Real,
    part_high: Real, low: NDArray[np.int32], high: NDArray[np.int32], offsets: Long,
    neighbour: NDArray[np.int32], entry_pair: NDArray[np.int32], ability: Real,
    inverse: Real | None, held: NDArray[np.uint8], centre: NDArray[np.int32], n_centres: int,
    root: NDArray[np.uint8], may_fail: bool, prior: float, tol: float, max_iter: int,
    dense_below: int, first_replicate: int,
    n_replicates: int, threads: int,
) -> Real:  # fmt: skip
    result = np.empty((n_replicates, len(ability)))
    n_wanted = int(np.count_nonzero((held == 0) | (root != 0)))
    wide = float(np.abs(ability).max(initial=0.0)) > WIDE_ABILITY
    rows = offsets, neighbour, entry_pair
    lower = np.repeat(np.arange(len(ability)), np.diff(offsets)) < neighbour

    def work(begin: int, end: int) -> None:
        counts = np.empty(n_cells, np.int64)
        won_low, won_high = np.empty(len(low)), np.empty(len(low))
        for place in range(begin, end):
            own = result[place]
            _draw(
                threshold, alias, table_begin, least, unit_offsets, unit_cell, cell_threshold,
                cell_alias, n_comparisons, np.uint64(key), first_replicate + place, counts,
            )  # fmt: skip
            _add_parts(counts, part_offsets, part_cell, part_low, part_high, won_low, won_high)
            if may_fail and not (
                _all_seen(won_low, won_high, *rows, root, n_wanted)
                and _all_seen(won_high, won_low, *rows, root, n_wanted)
            ):
                own[:] = np.nan
                continue
            own[:] = ability
            near = inverse is not None and not wide
            if near and _chord(won_low, won_high, low, high, inverse, prior, tol, own):
                continue
            win = np.where(lower, won_low[entry_pair], won_high[entry_pair])
            loss = np.where(lower, won_high[entry_pair], won_low[entry_pair])
            fitted, _, _, _, converged = bt_newton(
                offsets, neighbour, win, loss, own, held, centre, n_centres, prior, tol, max_iter,
                dense_below, 1,
            )  # fmt: skip
            own[:] = fitted if converged else np.nan

    _run(work, n_replicates, threads)
    return result
