"""Knockouts averaged over all random draws, exactly, by dynamic programming over subsets.

Where a draw is random, the items that come to one part of the bracket are a random subset S of all.
Given S, the chance that i wins that part is the mean over the splits of S into the two halves,

    f_S(i) = mean over S = A + B of f_A(i) sum_{j in B} f_B(j) P(i beats j)  (i in A; so for B),

and parts of one shape share their f. The chance that i wins a given part is the sum of f_S(i) over
all S, over the number of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .program import EXIT, FREE, MATCH, SHUFFLE, Program

Real = NDArray[np.float64]
Places = NDArray[np.intp]

# Products of two probabilities: some seconds.
MOST_WORK = 3e8
# Splits of subsets at a time.
CHUNK = 1 << 13


@dataclass(frozen=True)
class _Part:
    """What a register holds: the winners, or losers, of parts of one shape are alike."""

    size: int
    sides: tuple[_Part, _Part] | None = None
    table: int = 0
    won: bool = True


def is_random_draw(program: Program) -> bool:
    """Whether everybody is shuffled once, and a knockout follows."""
    rows = program.code.tolist()
    shuffled = bool(rows) and rows[0][:3] == [SHUFFLE, 0, program.n_items]
    known = all(row[0] == EXIT or (row[0] == MATCH and row[7] == FREE) for row in rows[1:])
    return shuffled and known and _parts(program) is not None


def average_over_draws(program: Program, win: Real) -> Real:
    """Band probabilities, shape (n, bands); `win`, shape (tables, n, n), is of the row."""
    parts = _parts(program)
    if parts is None:
        raise AssertionError("ask is_random_draw first")
    work = _work(program.n_items, set(parts.values()))
    if work > MOST_WORK:
        raise InputError(
            f"the average over all draws of {program.n_items} items would take {work:.0e} "
            "products; use zm.simulate, or name the draw as seeding="
        )
    draws = _Draws(program.n_items, win)
    band = np.zeros((program.n_items, len(program.bands)))
    for row in program.code.tolist():
        if row[0] == EXIT:
            part = parts[row[1]]
            chance = draws.of(part).sum(axis=0) / math.comb(program.n_items, part.size)
            band[:, row[2]] += chance
    return band


def _parts(program: Program) -> dict[int, _Part] | None:
    """The part of the bracket that each register comes from; None where two may share an item."""
    parts = {register: _Part(1) for register in range(program.n_items)}
    places = {register: frozenset((register,)) for register in range(program.n_items)}
    for row in program.code.tolist():
        if row[0] != MATCH:
            continue
        a, b, winner, loser, table = row[1:6]
        if a not in parts or b not in parts or places[a] & places[b]:
            return None
        for register, won in ((winner, True), (loser, False)):
            parts[register] = _Part(len(places[a] | places[b]), (parts[a], parts[b]), table, won)
            places[register] = places[a] | places[b]
    return parts


def _work(n_items: int, parts: set[_Part]) -> float:
    total = 0.0
    for part in parts:
        if part.sides is not None:
            a, b = (side.size for side in part.sides)
            total += float(math.comb(n_items, a + b)) * math.comb(a + b, a) * a * b
    return total


@dataclass
class _Draws:
    n_items: int
    win: Real
    known: dict[_Part, Real] = field(default_factory=dict)

    def of(self, part: _Part) -> Real:
        """A row a subset of the part's size, as `combinations` lists them: who comes out of it."""
        if part.sides is None:
            return np.eye(self.n_items)
        if part not in self.known:
            self.known[part] = self._play(part, *part.sides)
        return self.known[part]

    def _play(self, part: _Part, a: _Part, b: _Part) -> Real:
        n_items = self.n_items
        subsets = _subsets(n_items, part.size)
        splits = _subsets(part.size, a.size)
        rest = np.array([sorted(set(range(part.size)) - set(split)) for split in splits.tolist()])
        from_a, from_b = self.of(a), self.of(b)
        chances = self.win[part.table] if part.won else 1.0 - self.win[part.table]
        out = np.zeros((len(subsets), n_items))
        total = len(subsets) * len(splits)
        step = max(1, CHUNK * 64 // (a.size * b.size))
        for begin in range(0, total, step):
            subset, split = np.divmod(np.arange(begin, min(begin + step, total)), len(splits))
            one = np.take_along_axis(subsets[subset], splits[split], axis=1)
            other = np.take_along_axis(subsets[subset], rest[split], axis=1)
            p = from_a[_number(one, n_items)[:, None], one]
            q = from_b[_number(other, n_items)[:, None], other]
            table = chances[one[:, :, None], other[:, None, :]]
            n_out = out.size
            cell = subset[:, None] * n_items
            of_one = p * np.einsum("sij,sj->si", table, q)
            of_other = q * np.einsum("sij,si->sj", 1.0 - table, p)
            first, last = int(subset[0]) * n_items, (int(subset[-1]) + 1) * n_items
            for items, chance in ((one, of_one), (other, of_other)):
                places = (cell + items - first).ravel()
                flat = np.bincount(places, chance.ravel(), last - first)
                out.reshape(n_out)[first:last] += flat
        out /= len(splits)
        return out


def _subsets(n: int, size: int) -> Places:
    return np.array(list(combinations(range(n), size)), np.intp).reshape(-1, size)


def _number(subsets: Places, n: int) -> Places:
    """The place of ascending subsets among `combinations(range(n), size)`.

    Counted from the end: sum over k of comb(n - 1 - s_k, size - k) subsets come after.
    """
    size = subsets.shape[1]
    later = np.array([[math.comb(m, k) for k in range(size + 1)] for m in range(n)], np.intp)
    after = sum(later[n - 1 - subsets[:, k], size - k] for k in range(size))
    return np.asarray(math.comb(n, size) - 1 - after)
