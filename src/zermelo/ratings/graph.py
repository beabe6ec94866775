"""The comparison graph of a fit: what every item won and lost against every other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..errors import InputError
from ..pair_counts import PairCounts

Ties = Literal["half", "drop"]
SMALLEST, LARGEST = 1e-20, 1e20
TIE_SHARE: dict[str, float] = {"half": 0.5, "drop": 0.0}


@dataclass(frozen=True, eq=False)
class Graph:
    """Compressed rows: row i lists the items that i met, what it won and what it lost.

    Every pair stands in both items' rows. How credits are stored is the backend's affair: float64,
    or less where that is exact (float32 games, uint8 half games).
    """

    offsets: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    win: NDArray[Any]
    loss: NDArray[Any]

    @classmethod
    def build(cls, counts: PairCounts, ties: Ties, backend: Backend, threads: int) -> Graph:
        share = TIE_SHARE[ties]
        if not counts.weighted and not counts.has_fractional:
            tie = counts.tie if counts.has_ties and share > 0 else None
            arrays = backend.build_graph(
                counts.first,
                counts.second,
                counts.win,
                counts.loss,
                tie,
                share,
                counts.n_items,
                threads,
            )
        else:
            score = counts.fractional_score
            first = counts.win_weight + share * counts.tie_weight + score
            second = counts.loss_weight + share * counts.tie_weight
            second += counts.fractional_weight - score
            _check_magnitude(first + second)
            arrays = backend.build_graph_from_credits(
                counts.first, counts.second, first, second, counts.n_items, threads
            )
        return cls(*arrays)

    @property
    def n_items(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_entries(self) -> int:
        """Twice the number of pairs."""
        return len(self.neighbour)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The arguments that kernels take, in their order."""
        return self.offsets, self.neighbour, self.win, self.loss

    def row_of_entry(self) -> NDArray[np.int32]:
        """The item in whose row each entry stands."""
        rows = np.arange(self.n_items, dtype=np.int32)
        return np.repeat(rows, np.diff(self.offsets))

    def within(self, group: NDArray[np.int32]) -> Graph:
        """The graph with only the pairs inside a group; pairs between groups count nothing."""
        across = group[self.row_of_entry()] != group[self.neighbour]
        win, loss = self.win.copy(), self.loss.copy()
        win[across] = 0
        loss[across] = 0
        return replace(self, win=win, loss=loss)


def _check_magnitude(total: NDArray[np.float64]) -> None:
    """The solvers keep a pair's information in single precision, which bounds its weight."""
    positive = total[total > 0]
    if len(positive) and not (positive.min() >= SMALLEST and positive.max() <= LARGEST):
        raise InputError(
            f"weight: the weights of a pair must add up to between {SMALLEST:g} and {LARGEST:g} "
            f"(or to 0), but range from {positive.min():g} to {positive.max():g}; multiply all "
            "weights by one number"
        )
