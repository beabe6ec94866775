"""The tree of a knockout's program: which places of the draw are alike, and all distinct draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .program import EXIT, MATCH, Program

Places = NDArray[np.intp]
Spots = tuple[Places, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """The winners of a part of the bracket; `alike`: exchanging its halves changes nothing."""

    places: tuple[int, ...]
    sides: tuple[Node, Node] | None = None
    alike: bool = False

    @property
    def n_alike(self) -> int:
        """How many nodes here have halves that are alike."""
        below = sum(side.n_alike for side in self.sides) if self.sides else 0
        return below + self.alike


@dataclass(frozen=True, eq=False)
class Bracket:
    """A knockout whose places can be given to any items."""

    program: Program
    root: Node

    @classmethod
    def of(cls, program: Program) -> Bracket:
        rows = program.code.tolist()
        if any(row[0] not in (MATCH, EXIT) for row in rows):
            raise AssertionError("a bracket has matches and exits alone")
        return cls(program, _tree(program, rows))

    @property
    def n_draws(self) -> int:
        """Distinct draws: n! over 2 to the number of nodes whose halves are alike."""
        return math.factorial(self.program.n_items) // (1 << self.root.n_alike)

    def draws(self) -> Iterator[tuple[int, ...]]:
        """Every distinct draw: the items of the root's places."""
        return _draws(self.root, tuple(range(self.program.n_items)))

    def entrances(self) -> tuple[Spots, Places]:
        """Where the code reads what stands in the draw, and which of the root's places it reads."""
        code = self.program.code
        operands = np.zeros(code.shape, bool)
        operands[:, 1] = True
        operands[code[:, 0] == MATCH, 2] = True
        spots = np.nonzero(operands & (code < self.program.n_items))
        at = np.empty(self.program.n_items, np.intp)
        at[list(self.root.places)] = np.arange(self.program.n_items)
        return spots, at[code[spots]]


def _tree(program: Program, rows: list[list[int]]) -> Node:
    # Who loses goes on elsewhere, or leaves: parts whose losers differ in that are not alike.
    loser: dict[int, tuple[int, int]] = {}
    for number, row in enumerate(rows):
        if row[0] == EXIT:
            loser[row[1]] = (EXIT, row[2])
        else:
            loser |= dict.fromkeys(row[1:3], (MATCH, number))
    nodes = {register: Node((register,)) for register in range(program.n_items)}
    # A number for every kind of part.
    kinds: dict[tuple[object, ...], int] = {}
    kind = dict.fromkeys(nodes, -1)
    for row in rows:
        if row[0] != MATCH:
            continue
        a, b, win, lose, table, round, forced = row[1:]
        if a in nodes and b in nodes and not set(nodes[a].places) & set(nodes[b].places):
            one, other = nodes[a], nodes[b]
            alike = kind[a] == kind[b] and not program.series[table].at_first
            nodes[win] = Node(one.places + other.places, (one, other), alike)
            halves = tuple(sorted((kind[a], kind[b])))
            key = (table, round, forced, loser.get(lose), halves)
            kind[win] = kinds.setdefault(key, len(kinds))
    whole = [node for node in nodes.values() if len(node.places) == program.n_items]
    if len(whole) != 1:
        raise AssertionError("a bracket has one final")
    return whole[0]


def _draws(node: Node, items: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if node.sides is None:
        yield items
        return
    one, other = node.sides
    # Of two alike halves the first has the first item.
    fixed = items[:1] if node.alike else ()
    free = items[len(fixed) :]
    for chosen in combinations(free, len(one.places) - len(fixed)):
        upper = fixed + chosen
        taken = set(upper)
        lower = tuple(item for item in items if item not in taken)
        for first in _draws(one, upper):
            for second in _draws(other, lower):
                yield first + second
