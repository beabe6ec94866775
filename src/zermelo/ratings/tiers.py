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
    """Tiers of items, as a step-down from the best.

    Tier 1 has the items that are not significantly worse than the best: an item leaves it where
    some item is better by more than the `level` quantile of the largest studentised error among
    its own differences to all others (multiple comparisons with the best; Hsu 1981). Tier 2 does
    the same among those that left, and so on.

    Tier 1 contains the truly best item with probability `level`. A further tier would contain the
    best of the rest with that probability if the rest had been chosen beforehand; the data choose
    it, so that there the level is nominal. Items of one tier may still differ from one another, and
    an item with few comparisons may stand in a higher tier than a better-known one that is rated
    above it.

    Parameters
    ----------
    fit : BradleyTerryFit
    level : float, default 0.95
        Of each tier by itself.
    kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
        See `BradleyTerryFit.covariance`.
    draws, seed : int
        Gaussian draws for the quantiles.

    Returns
    -------
    Tiers

    Raises
    ------
    InputError
        As for `rank_interval`.

    References
    ----------
    Hsu 1981, Annals of Statistics 9:1026.

    Examples
    --------
    >>> import zermelo as zm
    >>> from zermelo.ratings.tiers import tiers
    >>> games = zm.Comparisons(["x", "y", "y", "z"], ["y", "x", "z", "y"], count=[90, 10, 12, 9])
    >>> tiers(zm.bradley_terry(games)).tier.tolist()
    [1, 2, 2]
    """
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
