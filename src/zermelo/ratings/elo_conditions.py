"""What bears on a comparison beside two Elo ratings: who was first, and an offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..pair_counts import PairCounts
from .elo_result import EloResult

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EloConditions:
    """The points that the first is ahead beside its rating, shape (m,), or () where it is the same
    for all; `by_row`: rows of the same items may differ."""

    fit: EloResult
    ahead: Real
    by_row: bool

    @classmethod
    def of(cls, fit: EloResult, data: Comparisons | PairCounts) -> EloConditions:
        effect = fit.rules.position_effect if data.ordered else 0.0
        ahead = np.asarray(effect)
        if isinstance(data, Comparisons):
            if effect and data.neutral is not None:
                ahead = np.where(data.neutral, 0.0, effect)
            if data.offset is not None:
                ahead = ahead + data.offset / fit.rules.log_odds_per_point
        return cls(fit, ahead, ahead.ndim > 0)

    def predict(self, a: list[Any], b: list[Any], rows: NDArray[np.intp]) -> Real:
        """As `predict` of the result, of items that stand in these rows of the data."""
        ahead = self.ahead[rows] if self.by_row else self.ahead
        return self.fit.expected_scores(*self.fit._two_places(a, b), ahead)
