"""The rated abilities of a fit on one scale, best first, and how their differences vary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, whole
from ..errors import InputError
from .uncertainty import EXACT_BELOW, Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]

# A difference whose variance is this small a part of its items' is known, but for rounding.
ROUNDING = 1e-13


def check_level(level: Any) -> float:
    """`level` as a float between 0 and 1."""
    return check_share("level", level)


def check_share(argument: str, value: Any) -> float:
    number = finite(argument, value, rule := "between 0 and 1")
    if not 0 < number < 1:
        raise InputError(f"{argument} must be {rule}, but is {value!r}")
    return number


def check_draws(draws: Any, seed: Any) -> tuple[int, int]:
    """How many draws, and their seed."""
    return (
        whole("draws", draws, 1, "a positive whole number"),
        whole("seed", seed, 0, "a whole number of at least 0"),
    )


def upper_quantile(tail: float, degrees_of_freedom: float = math.inf) -> float:
    """The quantile with `tail` above it, precise for small tails, too: the standard normal's, or
    Student's t."""
    if math.isinf(degrees_of_freedom):
        return -NormalDist().inv_cdf(tail)
    from scipy.special import stdtrit

    return -float(stdtrit(degrees_of_freedom, tail))


@dataclass(frozen=True, eq=False)
class Estimates:
    """The rated items of a fit, best first.

    `places` are theirs in the fit's items; `ability` (n,) and `covariance` (n, n) are in this
    order, and so is `standard_error` (n, n) of the differences, 0 where one is known exactly, as
    between two items whose abilities are fixed. `degrees_of_freedom` is infinite unless few
    clusters stand behind the covariance.
    """

    places: NDArray[np.intp]
    ability: Real
    covariance: Real
    standard_error: Real
    degrees_of_freedom: float

    @classmethod
    def of(cls, fit: BradleyTerryFit, kind: Kind, what: str) -> Estimates:
        """Estimates of `fit`, or the error that says why `what` cannot be computed."""
        fit.require_data(what)
        if fit.n_items > EXACT_BELOW:
            raise InputError(
                f"{what} needs the covariances of all items, and {fit.n_items:,} items are too "
                f"many (at most {EXACT_BELOW:,}); fit fewer: counts.select(mask) keeps the pairs "
                "between the items of interest"
            )
        check_one_scale(fit, what)
        covariance = fit.covariance(kind)
        places = np.argsort(-fit.ability, kind="stable")[: int(fit.rated.sum())]
        inner = np.ascontiguousarray(covariance[np.ix_(places, places)])
        degrees = fit._degrees_of_freedom(kind)
        return cls(places, fit.ability[places], inner, standard_errors(inner), degrees)

    @property
    def n_items(self) -> int:
        return len(self.places)

    @property
    def inverse(self) -> Real:
        """1 / standard_error; 0 where the difference is known exactly."""
        known = self.standard_error == 0
        return np.asarray(np.where(known, 0.0, 1.0 / np.where(known, 1.0, self.standard_error)))

    def studentised(self) -> Real:
        """Row's ability minus column's over its standard error; infinite where it is known."""
        difference = self.ability[:, None] - self.ability[None, :]
        known = np.where(difference == 0, 0.0, np.copysign(np.inf, difference))
        return np.where(self.standard_error == 0, known, difference * self.inverse)


def standard_errors(covariance: Real) -> Real:
    """Standard errors of all differences, 0 where only rounding is left."""
    variance = np.diag(covariance)
    sums = variance[:, None] + variance[None, :]
    differences = sums - 2.0 * covariance
    return np.sqrt(np.where(differences > ROUNDING * sums, differences, 0.0))


def check_one_scale(fit: BradleyTerryFit, what: str) -> None:
    """All rated items are compared with one another, if only through others."""
    rated = fit.rated
    n_scales = len(np.unique(fit.model.component[rated]))
    if n_scales > 1:
        raise InputError(
            f"{what} needs all items on one scale, but this fit has {n_scales:,} components rated "
            'separately; fit with components="largest" or with a prior'
        )


def spread(
    fit: BradleyTerryFit, places: NDArray[np.intp], values: NDArray[Any], missing: Any
) -> NDArray[Any]:
    """`values` of the items at `places` in the order of the fit's items, else `missing`."""
    out = np.full(fit.n_items, missing, values.dtype)
    out[places] = values
    return out
