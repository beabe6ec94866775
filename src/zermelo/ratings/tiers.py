"""Tiers: the best that cannot be told apart, then the best of the rest, and so on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .estimates import Estimates, check_draws, check_level, spread, upper_quantile
from .max_t import Contrasts, Draws, critical_values, gaussian_draws, maxima_each
from .result import freeze
from .table import make_frame
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Tiers:
    """Tiers of items, in the order of the fit's items.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    tier : ndarray of int64, shape (n_items,)
        1 is the best; 0 where unrated.
    n_tiers : int
    level : float
    kind : str
        Of the covariance.
    degrees_of_freedom : float
        One less than the number of clusters, for kind="cluster"; else infinite.
    """

    items: NDArray[Any]
    tier: NDArray[np.int64]
    level: float
    kind: str
    _rank: NDArray[np.int64]
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        freeze(self.items, self.tier, self._rank)

    def __repr__(self) -> str:
        return (
            f"Tiers({len(self.items):,} items in {self.n_tiers:,} tiers, {100 * self.level:g}%, "
            f"{self.kind})"
        )

    @property
    def n_tiers(self) -> int:
        """How many tiers there are."""
        return int(self.tier.max(initial=0))

    def to_frame(self, library: str | None = None) -> Any:
        """Item, tier and rank as a data frame, best first, unrated items last."""
        order = np.lexsort((self._rank, self.tier, self.tier == 0))
        columns = {
            "item": self.items[order],
            "tier": self.tier[order],
            "rank": self._rank[order],
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def tiers(
    fit: BradleyTerryFit,
    level: float = 0.95,
    *,
    kind: Kind = "sandwich",
    draws: int = 10_000,
    seed: int = 0,
) -> Tiers:
    """`BradleyTerryFit.tiers`."""
    level = check_level(level)
    n_draws, seed = check_draws(draws, seed)
    estimates = Estimates.of(fit, kind, "tiers")
    degrees = estimates.degrees_of_freedom
    source = gaussian_draws(estimates.covariance, n_draws, seed, degrees)
    better, inverse = estimates.studentised(), estimates.inverse
    tier = np.zeros(estimates.n_items, np.int64)
    rest = np.arange(estimates.n_items)
    number = 0
    while len(rest):
        number += 1
        worse = _worse(better[np.ix_(rest, rest)], inverse, rest, source, level, degrees)
        tier[rest[~worse]] = number
        rest = rest[worse]
    placed = spread(fit, estimates.places, tier, 0)
    return Tiers(fit.items, placed, level, str(kind), fit.rank(), fit.frame_backend, degrees)


def _worse(
    better: Real,
    inverse: Real,
    rest: NDArray[np.intp],
    draws: Draws,
    level: float,
    degrees: float,
) -> NDArray[np.bool_]:
    """Which of the items `rest` are significantly worse than another of them."""
    largest = better.max(axis=0)
    # The critical value lies between that of a single difference and Bonferroni's, so that only
    # the items between these need draws.
    single = upper_quantile(1.0 - level, degrees)
    bonferroni = max(upper_quantile((1.0 - level) / max(len(rest) - 1, 1), degrees), 0.0)
    worse: NDArray[np.bool_] = largest > bonferroni
    doubtful = np.flatnonzero(~worse & (largest > max(single, 0.0)))
    if len(doubtful):
        above = np.ones(len(rest), int)
        families = [Contrasts.of(i, rest, inverse[i, rest], above) for i in rest[doubtful].tolist()]
        critical = critical_values(maxima_each(draws, families), level)
        worse[doubtful] = largest[doubtful] > critical
    return worse
