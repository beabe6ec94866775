"""Whether several items are equally able: one test of all their differences together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .estimates import check_one_scale
from .result import freeze, label_of
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

# Differences whose covariance is this near to singular, by its eigenvalues, cannot be tested.
SINGULAR = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class EqualityTest:
    """A Wald test that items are equally able.

    Attributes
    ----------
    items : ndarray, shape (k,)
    statistic : float
        dᵀ V⁻¹ d of the differences d to the first item and their covariance V.
    contrasts : int
        How many differences are tested: k - 1.
    p_value : float
        By the chi-squared distribution; of G clusters by Hotelling's, that is, F on k - 1 and
        G - k + 1 degrees.
    degrees_of_freedom : float
        One less than the number of clusters; infinite for the other kinds.
    kind : {"fisher", "sandwich", "cluster"}
    """

    items: NDArray[Any]
    statistic: float
    contrasts: int
    p_value: float
    degrees_of_freedom: float
    kind: str

    def __post_init__(self) -> None:
        freeze(self.items)

    def __repr__(self) -> str:
        return (
            f"EqualityTest({len(self.items):,} items, statistic {self.statistic:.4g} of "
            f"{self.contrasts:,} differences, p={self.p_value:.2g}, {self.kind})"
        )


def equality_test(fit: BradleyTerryFit, items: Any, kind: Kind) -> EqualityTest:
    """See `BradleyTerryFit.equality_test`."""
    check_one_scale(fit, "equality_test")
    rated = np.flatnonzero(fit.rated)
    places = rated if items is None else np.atleast_1d(fit._places(items, "items"))
    unrated = places[~fit.rated[places]]
    if len(unrated):
        raise InputError(f"items: {label_of(fit.items[unrated[0]])!r} is not rated")
    if len(np.unique(places)) < len(places):
        raise InputError("items names an item twice")
    n_contrasts = len(places) - 1
    if n_contrasts < 1:
        raise InputError("equality_test needs at least two rated items")
    covariance = fit.covariance(kind)
    degrees = fit._degrees_of_freedom(kind)
    if n_contrasts > degrees:
        raise InputError(
            f"{n_contrasts:,} differences cannot be tested together on {degrees:.0f} degrees of "
            f"freedom (one less than the clusters); pass at most {degrees + 1:.0f} items, or look "
            "at the differences one by one with compare()"
        )
    difference = fit.ability[places[1:]] - fit.ability[places[0]]
    inner = covariance[np.ix_(places, places)]
    variance = inner[1:, 1:] - inner[1:, :1] - inner[:1, 1:] + inner[0, 0]
    values, vectors = np.linalg.eigh(variance)
    if values[0] <= SINGULAR * values[-1]:
        raise InputError(
            "the covariance of the differences is singular, so that they cannot be tested "
            "together; pass fewer items, or look at the differences one by one with compare()"
        )
    statistic = float(((vectors.T @ difference) ** 2 / values).sum())
    return EqualityTest(
        fit.items[places],
        statistic,
        n_contrasts,
        _p_value(statistic, n_contrasts, degrees),
        degrees,
        str(kind),
    )


def _p_value(statistic: float, n_contrasts: int, degrees: float) -> float:
    from scipy.special import chdtrc, fdtrc

    if math.isinf(degrees):
        return float(chdtrc(n_contrasts, statistic))
    # Hotelling 1931: the covariance itself is estimated, from so many degrees of freedom.
    rest = degrees - n_contrasts + 1.0
    return float(fdtrc(n_contrasts, rest, statistic * rest / (n_contrasts * degrees)))
