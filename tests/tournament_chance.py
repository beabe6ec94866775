"""Where the oracle of tournaments takes chance from: random bits, or all that can happen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any, Protocol

import numpy as np

from zermelo.tournament.program import FREE, Program

LOSS, WIN, DRAW = range(3)
# How the other one fared.
MIRRORED = (WIN, LOSS, DRAW)
MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
HALF = 1 << 30


class Chance(Protocol):
    """Where what is not known comes from."""

    def result(self, table: int, a: int, b: int, forced: int) -> tuple[int, int, int]:
        """First, second and how the first fared."""

    def shuffled(self, items: list[int]) -> list[int]: ...

    def pair(self, n: int) -> tuple[int, int]: ...

    def lots(self, count: int) -> list[Any]:
        """What decides between equal entrants, one each."""

    def by_lot(self, lots: list[Any], equal: list[int]) -> list[int]:
        """The places of equal entrants in the order of their lots."""


def mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


def stream(key: int, replicate: int) -> int:
    return mixed((key + mixed((replicate + GOLDEN) & MASK64)) & MASK64)


def rotated(x: int, bits: int) -> int:
    return ((x << bits) | (x >> (32 - bits))) & MASK32


class Drawn:
    """Chance by random bits: xoshiro128++ of a replicate; thresholds of shape (tables, n, n)."""

    def __init__(
        self, key: int, replicate: int, first_below: Any, draw_below: Any, flips: bool = False
    ) -> None:
        start = stream(key, replicate)
        outputs = [mixed((start + k * GOLDEN) & MASK64) for k in (1, 2)]
        self.state = [word for output in outputs for word in (output & MASK32, output >> 32)]
        self.first_below, self.draw_below, self.flips = first_below, draw_below, flips

    def draw(self) -> int:
        s0, s1, s2, s3 = self.state
        output = (rotated((s0 + s3) & MASK32, 7) + s0) & MASK32
        shifted = (s1 << 9) & MASK32
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        self.state = [s0, s1, s2, rotated(s3, 11)]
        return output >> 1

    def below(self, count: int) -> int:
        return (self.draw() * count) >> 31

    def result(self, table: int, a: int, b: int, forced: int) -> tuple[int, int, int]:
        flipped = self.flips and self.draw() < HALF
        first, second = (b, a) if flipped else (a, b)
        u = self.draw()
        if forced != FREE:
            outcome = MIRRORED[forced] if flipped else forced
        elif u < int(self.first_below[table][first][second]):
            outcome = WIN
        else:
            outcome = DRAW if u < int(self.draw_below[table][first][second]) else LOSS
        return first, second, outcome

    def shuffled(self, items: list[int]) -> list[int]:
        items = items.copy()
        for k in range(len(items) - 1, 0, -1):
            other = self.below(k + 1)
            items[k], items[other] = items[other], items[k]
        return items

    def pair(self, n: int) -> tuple[int, int]:
        i, j = self.below(n), self.below(n - 1)
        return i, j + (j >= i)

    def lots(self, count: int) -> list[Any]:
        return [self.draw() for _ in range(count)]

    def by_lot(self, lots: list[Any], equal: list[int]) -> list[int]:
        return sorted(equal, key=lambda place: -lots[place])


def drawn(program: Program, replicate: int, seed: int = 0, *, flips: bool = False) -> Drawn:
    """Chance for this program with random thresholds; draws only where games may be drawn."""
    random = np.random.default_rng(seed)
    shape = (len(program.series), program.n_items, program.n_items)
    first_below, draw_below = np.sort(random.integers(0, (1 << 31) + 1, (2, *shape)), axis=0)
    decisive = np.array([series.decisive for series in program.series])
    draw_below[decisive] = first_below[decisive]
    return Drawn(seed, replicate, first_below, draw_below, flips)


class Told:
    """Chance as told: the choices of `path`, then the first that is possible.

    Probabilities `win` and `draw` have shape (tables, n, n); they may be fractions.
    """

    def __init__(self, path: Sequence[int], win: Any, draw: Any) -> None:
        self.path, self.win, self.draw = path, win, draw
        self.chosen: list[int] = []
        self.options: list[int] = []
        self.probability: Any = Fraction(1)

    def choose(self, probabilities: Sequence[Any]) -> int:
        possible = [k for k, p in enumerate(probabilities) if p != 0]
        at = self.path[len(self.chosen)] if len(self.chosen) < len(self.path) else 0
        self.chosen.append(at)
        self.options.append(len(possible))
        self.probability = self.probability * probabilities[possible[at]]
        return possible[at]

    def evenly(self, options: Iterable[Any]) -> Any:
        known = list(options)
        at = self.choose([1] * len(known))
        self.probability = self.probability * Fraction(1, len(known))
        return known[at]

    def result(self, table: int, a: int, b: int, forced: int) -> tuple[int, int, int]:
        if forced != FREE:
            return a, b, forced
        win, draw = self.win[table][a][b], self.draw[table][a][b] if self.draw is not None else 0
        return a, b, (WIN, DRAW, LOSS)[self.choose([win, draw, 1 - win - draw])]

    def shuffled(self, items: list[int]) -> list[int]:
        return list(self.evenly(permutations(items)))

    def pair(self, n: int) -> tuple[int, int]:
        return self.evenly((i, j) for i in range(n) for j in range(n) if i != j)

    def lots(self, count: int) -> list[Any]:
        return [None] * count

    def by_lot(self, lots: list[Any], equal: list[int]) -> list[int]:
        return list(self.evenly(permutations(equal))) if len(equal) > 1 else equal
