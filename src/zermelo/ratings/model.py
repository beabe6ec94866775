"""What a Bradley-Terry fit estimated, on the solver's own scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .graph import Ties

Real = NDArray[np.float64]


def alone_in(component: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Items that are the only one of their component."""
    alone: NDArray[np.bool_] = np.bincount(component)[component] == 1
    return alone


@dataclass(frozen=True, eq=False)
class Model:
    """Abilities as the solver knows them, and how they were estimated."""

    ties: Ties
    prior: float
    ability: Real  # where the prior's virtual item, or the fixed items, put it
    held: NDArray[np.bool_]
    component: NDArray[np.int32]
    floating: NDArray[np.int32]  # group whose level is unknown, or -1
    backend: Backend
    threads: int

    @property
    def centre(self) -> NDArray[np.int32]:
        """Groups that are reported at mean zero: all but those with fixed items."""
        if self.prior > 0 and not self.held.any():
            return np.where(np.isnan(self.ability), -1, 0).astype(np.int32)
        return self.floating

    @property
    def alone(self) -> NDArray[np.bool_]:
        """Items that are a component by themselves: their ability of 0 says nothing."""
        alone: NDArray[np.bool_] = alone_in(self.component) & ~self.held & ~np.isnan(self.ability)
        return alone

    def reported(self) -> Real:
        """Abilities with every centred group at mean zero."""
        ability = self.ability.copy()
        centre = self.centre
        inside = centre >= 0
        if inside.any():
            sums = np.bincount(centre[inside], ability[inside])
            ability[inside] -= (sums / np.bincount(centre[inside]))[centre[inside]]
        return ability
