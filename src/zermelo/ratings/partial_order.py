"""The order of components that were rated separately: known only where one beat the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .graph import Graph
from .result import ranks_of

# Ancestors are collected as bits of whole numbers, this many components at a time.
BLOCK = 4096


def beats_between(graph: Graph, component: NDArray[np.int32]) -> NDArray[np.int32]:
    """Pairs (winner, loser) of components between which something was won, shape (k, 2)."""
    rows = component[graph.row_of_entry()]
    columns = component[graph.neighbour]
    across = (rows != columns) & (graph.win > 0)
    pairs: NDArray[np.int32] = np.unique(np.stack([rows[across], columns[across]], 1), axis=0)
    return pairs


class PartialOrder:
    """Who stands above whom: whoever beat them, directly or through others."""

    def __init__(self, beats: NDArray[np.int32], n_components: int) -> None:
        self.n_components = n_components
        self._losers: list[list[int]] = [[] for _ in range(n_components)]
        self._winners: list[list[int]] = [[] for _ in range(n_components)]
        for winner, loser in beats.tolist():
            self._losers[winner].append(loser)
            self._winners[loser].append(winner)

    def above(self, component: int) -> set[int]:
        """Components that stand above this one."""
        return _reach(component, self._winners)

    def below(self, component: int) -> set[int]:
        """Components that stand below this one."""
        return _reach(component, self._losers)

    def sizes_above(self, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The items in all components above each one, `sizes` being the components' own."""
        total = np.zeros(self.n_components, np.int64)
        order = self._best_first()
        for begin in range(0, self.n_components, BLOCK):
            inside = range(begin, min(begin + BLOCK, self.n_components))
            larger = [(1 << (c - begin), int(sizes[c]) - 1) for c in inside if sizes[c] > 1]
            above = [0] * self.n_components
            for component in order:
                bits = 0
                for winner in self._winners[component]:
                    bits |= above[winner]
                    if winner in inside:
                        bits |= 1 << (winner - begin)
                above[component] = bits
                total[component] += bits.bit_count()
                total[component] += sum(more for bit, more in larger if bits & bit)
        return total

    def _best_first(self) -> list[int]:
        """Every component after all that stand above it."""
        waiting = [len(winners) for winners in self._winners]
        order = [component for component, count in enumerate(waiting) if count == 0]
        for component in order:  # grows while it is read
            for loser in self._losers[component]:
                waiting[loser] -= 1
                if waiting[loser] == 0:
                    order.append(loser)
        return order

    def ranks(
        self, component: NDArray[np.int32], ability: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """One more than the number of items that are known to be better."""
        sizes = np.bincount(component, minlength=self.n_components)
        ranks = self.sizes_above(sizes)[component]
        by_component = np.argsort(component, kind="stable")
        for members in np.split(by_component, np.cumsum(sizes)[:-1]):
            ranks[members] += ranks_of(ability[members])
        return ranks

    def scores(self, one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.float64]:
        """What is known of components `one` against `other`: 1, 0, or NaN for nothing."""
        pairs, inverse = np.unique(np.stack([one, other], 1), axis=0, return_inverse=True)
        known = np.full(len(pairs), np.nan)
        above: set[int] = set()
        below: set[int] = set()
        asked = -1
        for place, (a, b) in enumerate(pairs.tolist()):  # sorted by the first
            if a != asked:
                asked, above, below = a, self.above(a), self.below(a)
            if b in above or b in below:
                known[place] = float(b in below)
        scores: NDArray[np.float64] = known[inverse.ravel()]
        return scores


def _reach(start: int, successors: list[list[int]]) -> set[int]:
    seen: set[int] = set()
    todo = list(successors[start])
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo.extend(successors[node])
    return seen
