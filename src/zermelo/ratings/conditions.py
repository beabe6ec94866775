"""What bears on a comparison beside two abilities: position, features and offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..features import places_of
from ..pair_counts import PairCounts
from .cells import probabilities
from .joint_fit import JointFit

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Conditions:
    """The log-odds that a fit adds to those of the abilities, shape (m,), or () where it adds the
    same to all; `by_row`: rows of the same items may differ."""

    fit: JointFit
    shift: Real
    by_row: bool

    @classmethod
    def of(cls, fit: JointFit, data: Comparisons | PairCounts) -> Conditions:
        """Of the rows of `data`: its features where it has those of the fit, and its offsets."""
        effect = (fit.position_effect or 0.0) if data.ordered else 0.0
        shift = np.asarray(effect)
        if not isinstance(data, Comparisons):
            return cls(fit, shift, False)
        if effect and data.neutral is not None:
            shift = np.where(data.neutral, 0.0, effect)
        if len(fit.coefficients) and data.features is not None:
            places = places_of(data.feature_names or (), fit.coefficient_names, "the fit")
            shift = shift + data.features[:, places] @ fit.coefficients
        if data.offset is not None:
            shift = shift + data.offset
        return cls(fit, shift, shift.ndim > 0)

    def predict(self, a: list[Any], b: list[Any], rows: NDArray[np.intp]) -> Real:
        """As `predict` of the fit, of items that stand in these rows of the data.

        Shape (k,), or (k, 3) for win, tie and loss.
        """
        fit = self.fit
        neutral = np.asarray(fit.predict(a, b))
        first, second = fit._places(a, "a"), fit._places(b, "b")
        z = fit.ability[first] - fit.ability[second]
        z = z + (self.shift[rows] if self.by_row else self.shift)
        win, loss, tie = probabilities(fit.extras.ties, z, fit.extras.log_tie)
        values = win if fit.extras.ties == "none" else np.stack([win, tie, loss], axis=-1)
        # Components on scales of their own keep what the order between them says.
        component = fit.model.component
        one_scale = component[first] == component[second]
        return np.where(one_scale if values.ndim == 1 else one_scale[:, None], values, neutral)
