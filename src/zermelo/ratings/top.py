"""How likely each item is among the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..checks import whole
from ..errors import InputError
from .estimates import Estimates, check_draws, spread
from .max_t import GaussianDraws
from .result import freeze
from .table import make_frame
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class TopProbability:
    """How likely each item is among the best k, in the order of the fit's items.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    probability : ndarray of float64, shape (n_items,)
        Sums to k; NaN where unrated.
    standard_error : ndarray of float64, shape (n_items,)
        Of the probability, from the finite number of draws alone.
    k, draws : int
    kind : str
        Of the covariance.
    """

    items: NDArray[Any]
    probability: Real
    standard_error: Real
    k: int
    draws: int
    kind: str
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        freeze(self.items, self.probability, self.standard_error)

    def __repr__(self) -> str:
        return (
            f"TopProbability({len(self.items):,} items, k={self.k}, {self.draws:,} draws, "
            f"{self.kind})"
        )

    def to_frame(self, library: str | None = None) -> Any:
        """Item, probability and its standard error as a data frame, likeliest first."""
        order = np.argsort(-self.probability, kind="stable")
        columns = {
            "item": self.items[order],
            "probability": self.probability[order],
            "standard_error": self.standard_error[order],
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def top_probability(
    fit: BradleyTerryFit,
    k: int = 1,
    *,
    kind: Kind = "sandwich",
    draws: int = 100_000,
    seed: int = 0,
) -> TopProbability:
    """See `BradleyTerryFit.top_probability`."""
    k = whole("k", k, 1, "a positive whole number")
    n_draws, seed = check_draws(draws, seed)
    estimates = Estimates.of(fit, kind, "top_probability")
    n = estimates.n_items
    if k > n:
        raise InputError(f"k must be at most the number of rated items ({n}), but is {k}")
    ability = estimates.ability[:, None].astype(np.float32)
    total, squares = np.zeros(n), np.zeros(n)
    degrees = estimates.degrees_of_freedom
    source = GaussianDraws.of(estimates.covariance, n_draws, seed, degrees)
    for errors in source.blocks():
        share = _shares(errors + ability, k)
        total += share.sum(axis=1)
        squares += (share if share.dtype == bool else share**2).sum(axis=1)
    probability = total / n_draws
    variance = np.maximum(squares / n_draws - probability**2, 0.0)
    error = np.sqrt(variance / n_draws)
    return TopProbability(
        fit.items,
        spread(fit, estimates.places, probability, math.nan),
        spread(fit, estimates.places, error, math.nan),
        k,
        n_draws,
        str(kind),
        fit.frame_backend,
        degrees,
    )


def _shares(values: NDArray[Any], k: int) -> NDArray[Any]:
    """Each item's share in the best k places of every column; a column sums to k."""
    n = len(values)
    if k == 1:
        limit = values.max(axis=0)
    else:
        limit = np.partition(np.ascontiguousarray(values.T), n - k, axis=1)[:, n - k]
    inside = values >= limit
    if np.count_nonzero(inside) == k * values.shape[1]:
        return np.asarray(inside)
    above = values > limit  # some columns tie for the last place
    level = inside & ~above
    return np.asarray(above + level * ((k - above.sum(axis=0)) / level.sum(axis=0)))
