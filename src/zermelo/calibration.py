"""Reliability curves: whether expected scores come true, bin by bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .predictions import Predictions
from .ratings.table import make_frame

Real = NDArray[np.float64]
STRATEGIES = ("uniform", "quantile")


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """A reliability curve: what was predicted, and what happened, bin by bin.

    Attributes
    ----------
    edges : ndarray of float64, shape (bins + 1,)
        A bin reaches from its lower edge up to, but without, the next; the last one includes 1.
    predicted, observed : ndarray of float64, shape (bins,)
        Mean expected score and mean score of the first; NaN in empty bins.
    count : ndarray of int64, shape (bins,)
        Comparisons in each bin.
    weight : ndarray of float64, shape (bins,)
        Their total weight.
    """

    edges: Real
    predicted: Real
    observed: Real
    count: NDArray[np.int64]
    weight: Real

    def __post_init__(self) -> None:
        for name in ("edges", "predicted", "observed", "count", "weight"):
            getattr(self, name).flags.writeable = False

    @property
    def expected_error(self) -> float:
        """Expected calibration error: the mean of |predicted - observed|, bins by their weight."""
        filled = self.weight > 0
        gap = np.abs(self.predicted - self.observed)[filled]
        return float(np.average(gap, weights=self.weight[filled]))

    @property
    def largest_error(self) -> float:
        """The largest |predicted - observed| of a bin."""
        return float(np.nanmax(np.abs(self.predicted - self.observed)))

    def __repr__(self) -> str:
        return (
            f"Calibration({len(self.count)} bins, {int(self.count.sum()):,} comparisons, "
            f"expected error {self.expected_error:.4f})"
        )

    def to_frame(self, library: str | None = None) -> Any:
        """One row a bin: lower, upper, predicted, observed, count and weight."""
        columns = {
            "lower": self.edges[:-1],
            "upper": self.edges[1:],
            "predicted": self.predicted,
            "observed": self.observed,
            "count": self.count,
            "weight": self.weight,
        }
        return make_frame(columns, library, explicit=library is not None)


def reliability_curve(rows: Predictions, count: Real, bins: int, strategy: str) -> Calibration:
    e = rows.expected_score()
    edges = np.linspace(0.0, 1.0, bins + 1)
    if strategy == "quantile":
        order = np.argsort(e, kind="stable")
        reached = np.cumsum(rows.weight[order])
        places = np.searchsorted(reached, edges[1:-1] * reached[-1])
        edges = np.unique(np.concatenate([[0.0], e[order][places], [1.0]]))
    n = len(edges) - 1
    place = np.clip(np.searchsorted(edges, e, side="right") - 1, 0, n - 1)
    total = np.bincount(place, rows.weight, n).astype(np.float64)
    with np.errstate(invalid="ignore"):
        predicted = np.bincount(place, rows.weight * e, n) / total
        observed = np.bincount(place, rows.weight * rows.score, n) / total
    counted = np.rint(np.bincount(place, count, n)).astype(np.int64)
    return Calibration(edges, predicted, observed, counted, total)
