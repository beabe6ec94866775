"""Ranks of a league in every state at once: points, tie-breakers, and lots averaged exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from .joints import Column, Joint, Real, check_states, concatenated
from .needs import Scores
from .program import BUCHHOLZ, HEAD_TO_HEAD, RATE, SONNEBORN_BERGER, WINS, Program

Long = NDArray[np.int64]
Flags = NDArray[np.bool_]

# States at a time: comparing all pairs of the ranked takes much more memory than the states.
CHUNK = 1 << 14


class Table:
    """Scores of the items of a league in some states, as arrays (states, items)."""

    def __init__(self, program: Program, asked: Scores, columns: dict[Hashable, Column], size: int):
        self.program = program
        self.columns = columns
        self.size = size
        pairs = asked.met | asked.result
        self.items = sorted(asked.points | asked.wins | asked.rate | {i for p in pairs for i in p})
        self.asked = asked

    def _of_items(self, name: str) -> Long:
        table = np.zeros((self.size, len(self.items)), np.int64)
        for place, item in enumerate(self.items):
            if (name, item) in self.columns:
                table[:, place] = self.columns[name, item]
        return table

    def _of_pairs(self, name: str) -> Long:
        """[s, i, j]: of i against j."""
        count = len(self.items)
        table = np.zeros((self.size, count, count), np.int64)
        for (i, a), (j, b) in product(enumerate(self.items), repeat=2):
            key = (name, a, b) if name == "won" else (name, min(a, b), max(a, b))
            if key in self.columns and i != j:
                table[:, i, j] = self.columns[key]
        return table

    def order(self, holders: Column, breakers: Sequence[int]) -> tuple[Long, Long]:
        """Of every entrant: how many are better, and how many are equal, itself included."""
        place = np.searchsorted(np.array(self.items, np.int64), holders)
        n_entrants = holders.shape[1]
        equal = np.ones((self.size, n_entrants, n_entrants), bool)
        better = np.zeros_like(equal)
        state = np.arange(self.size)[:, None]
        for key in self._keys(state, place, breakers):
            value = key(equal)
            better |= equal & (value[:, :, None] > value[:, None, :])
            equal &= value[:, :, None] == value[:, None, :]
        return better.sum(axis=1), equal.sum(axis=1)

    def _keys(
        self, state: Long, place: Long, breakers: Sequence[int]
    ) -> Iterator[Callable[[Flags], Long]]:
        """What decides, one after the other; some ask who is equal so far."""
        if self.asked.points:
            yield lambda _: self._of_items("points")[state, place]
        for breaker in breakers:
            if breaker == WINS:
                yield lambda _: self._of_items("wins")[state, place]
            elif breaker == RATE:
                yield lambda _: self._rate()[state, place]
            elif not self.asked.points:
                continue  # the others count points, which nobody has
            elif breaker == BUCHHOLZ:
                yield lambda _: self._of_opponents(self._of_pairs("met"))[state, place]
            elif breaker == SONNEBORN_BERGER:
                yield lambda _: self._of_opponents(
                    2 * self._of_pairs("won") + self._of_pairs("drawn")
                )[state, place]
            elif breaker == HEAD_TO_HEAD:
                yield lambda equal: self._among(state, place, equal)

    def _rate(self) -> Long:
        halves, games = self._of_items("halves"), self._of_items("games")
        return np.where(games > 0, halves * (1 << 30) // np.maximum(2 * games, 1), 1 << 29)

    def _of_opponents(self, games: Long) -> Long:
        return np.asarray((games * self._of_items("points")[:, None, :]).sum(axis=2))

    def _among(self, state: Long, place: Long, equal: Flags) -> Long:
        program = self.program
        won = program.win_points * self._of_pairs("won")
        points = won + program.draw_points * self._of_pairs("drawn")
        against = points[state[:, :, None], place[:, :, None], place[:, None, :]]
        return np.asarray((against * equal).sum(axis=2))


def ranked(
    joint: Joint,
    holders: Column,
    order: Callable[[Joint, Column], tuple[Long, Long]],
    wanted: Sequence[int],
) -> tuple[Joint, Column, Real]:
    """The states with all ways in which lots may decide who is in the `wanted` places.

    Returns
    -------
    The states, the items in the wanted places, shape (states, wanted), and the probability of each
    place for every entrant of every state given, shape (states before, entrants, places).
    """
    parts: list[Joint] = []
    chosen: list[Column] = []
    n_entrants = holders.shape[1]
    share = np.zeros((len(joint), n_entrants, n_entrants))
    n_states = 0
    for begin in range(0, len(joint), CHUNK):
        rows = np.arange(begin, min(begin + CHUNK, len(joint)))
        chunk, entrants = joint.rows(rows), holders[rows]
        n_better, n_equal = order(chunk, entrants)
        places = np.arange(n_entrants)
        inside = (n_better[:, :, None] <= places) & (places < (n_better + n_equal)[:, :, None])
        share[rows] = inside / n_equal[:, :, None]
        in_order = np.argsort(n_better, axis=1, kind="stable")
        shapes, shape_of = np.unique(np.sort(n_better, axis=1), axis=0, return_inverse=True)
        for number, shape in enumerate(shapes.tolist()):
            which = np.flatnonzero(shape_of.ravel() == number)
            if not wanted:
                n_states += len(which)
                parts.append(chunk.rows(which))
                chosen.append(np.empty((len(which), 0), np.int32))
                continue
            for picked, weight in lots(shape, wanted):
                n_states += len(which)
                check_states(n_states)
                parts.append(chunk.rows(which, weight))
                entrant = in_order[which[:, None], picked]
                chosen.append(np.take_along_axis(entrants[which], entrant, axis=1))
    return concatenated(parts), np.concatenate(chosen), share


def lots(shape: Sequence[int], wanted: Sequence[int]) -> Iterator[tuple[list[int], float]]:
    """Which of the ordered entrants may come into the wanted places, and how likely.

    `shape` has, for every entrant in order, how many are better: equal ones have equal numbers.
    """
    groups: dict[int, list[int]] = {}
    for place in wanted:
        groups.setdefault(shape[place], []).append(place)
    choices = []
    weight = 1.0
    for first, places in groups.items():
        members = range(first, first + list(shape).count(first))
        choices.append(list(permutations(members, len(places))))
        weight /= math.perm(len(members), len(places))
    position = {place: at for at, place in enumerate(p for ps in groups.values() for p in ps)}
    for choice in product(*choices):
        flat = [entrant for group in choice for entrant in group]
        yield [flat[position[place]] for place in wanted], weight
