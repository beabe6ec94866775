"""Differences between items with intervals and p-values that allow for how many are looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import choice
from ..errors import InputError
from .estimates import Estimates, check_draws, check_level, check_one_scale, upper_quantile
from .max_t import Contrasts, all_pairs, critical_values, gaussian_draws, maxima
from .result import freeze, label_of
from .table import make_frame
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]
Adjust = Literal["max-t", "holm", "none"]
ADJUSTMENTS = ("max-t", "holm", "none")


@dataclass(frozen=True, eq=False, repr=False)
class Differences:
    """Differences between the abilities of pairs of items, one row a pair.

    Attributes
    ----------
    a, b : ndarray, shape (k,)
    difference, standard_error : ndarray of float64, shape (k,)
        Ability of `a` less that of `b`.
    lower, upper : ndarray of float64, shape (k,)
        Of the difference; all k intervals hold at once, unless `adjust` is "none".
    p_value : ndarray of float64, shape (k,)
        Two-sided, that there is no difference; adjusted for all k, unless `adjust` is "none".
    critical_value : float
        Half the width of the intervals, in standard errors.
    level : float
    adjust, kind : str
    degrees_of_freedom : float
        One less than the number of clusters, for kind="cluster"; else infinite.
    """

    a: NDArray[Any]
    b: NDArray[Any]
    difference: Real
    standard_error: Real
    lower: Real
    upper: Real
    p_value: Real
    critical_value: float
    level: float
    adjust: str
    kind: str
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        freeze(self.a, self.b, self.difference, self.standard_error)
        freeze(self.lower, self.upper, self.p_value)

    def __len__(self) -> int:
        return len(self.a)

    def __repr__(self) -> str:
        level = f"{100 * self.level:g}%"
        if len(self) == 1:
            return (
                f"Differences({label_of(self.a[0])!r} - {label_of(self.b[0])!r}: "
                f"{self.difference[0]:.3f}, {level} {self.lower[0]:.3f} to {self.upper[0]:.3f}, "
                f"p={self.p_value[0]:.2g}, {self.kind})"
            )
        return (
            f"Differences({len(self):,} pairs, {int(self.significant.sum()):,} significant, "
            f"{level}, {self.adjust}, {self.kind})"
        )

    @property
    def significant(self) -> NDArray[np.bool_]:
        """Which differences are significant at the level, after the adjustment, shape (k,)."""
        # 1 - 0.95 is not quite 0.05.
        return np.asarray(self.p_value <= 1.0 - self.level + 1e-12)

    def to_frame(self, library: str | None = None) -> Any:
        """a, b, difference, standard_error, lower, upper and p_value as a data frame."""
        names = ("a", "b", "difference", "standard_error", "lower", "upper", "p_value")
        columns = {name: getattr(self, name) for name in names}
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def compare(
    fit: BradleyTerryFit,
    a: Any = None,
    b: Any = None,
    *,
    against: Any = None,
    level: float = 0.95,
    adjust: Adjust = "max-t",
    kind: Kind = "sandwich",
    draws: int = 10_000,
    seed: int = 0,
) -> Differences:
    """`BradleyTerryFit.compare`."""
    level = check_level(level)
    choice("adjust", adjust, ADJUSTMENTS)
    n_draws, seed = check_draws(draws, seed)
    check_one_scale(fit, "compare")
    first, second = _pairs(fit, a, b, against)
    difference = fit.ability[first] - fit.ability[second]
    if len(first) == 1:
        # A sparse solve, where the fit is too large for a whole covariance.
        labels = fit.items[first].tolist()
        reference = fit.items[second].tolist()[0]
        interval = fit.interval(level, kind, reference, items=labels)
        error, degrees = interval.standard_error, interval.degrees_of_freedom
    else:
        estimates = Estimates.of(fit, kind, "compare")
        place = np.empty(fit.n_items, np.intp)
        place[estimates.places] = np.arange(estimates.n_items)
        error = estimates.standard_error[place[first], place[second]]
        degrees = estimates.degrees_of_freedom
    size = _studentised(difference, error)
    single = _two_sided(size, degrees)
    family = len(first)
    if adjust == "none" or family == 1:
        critical, p_value = upper_quantile(0.5 * (1.0 - level), degrees), single
    elif adjust == "holm":
        critical = upper_quantile(0.5 * (1.0 - level) / family, degrees)
        p_value = holm(single)
    else:
        source = gaussian_draws(estimates.covariance, n_draws, seed, degrees)
        largest = maxima(source, _family(estimates.inverse, place[first], place[second]))
        critical = float(critical_values(largest, level))
        p_value = _max_t(size, single, np.sort(largest))
    half = critical * error
    return Differences(
        fit.items[first],
        fit.items[second],
        difference,
        error,
        difference - half,
        difference + half,
        p_value,
        critical,
        level,
        adjust,
        str(kind),
        fit.frame_backend,
        degrees,
    )


def _pairs(
    fit: BradleyTerryFit, a: Any, b: Any, against: Any
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the items to compare."""
    rated = np.argsort(-fit.ability, kind="stable")[: int(fit.rated.sum())]
    if a is not None or b is not None:
        if against is not None:
            raise InputError("pass either a and b, or against")
        if a is None or b is None:
            given, missing = ("a", "b") if b is None else ("b", "a")
            raise InputError(
                f"{given} was given without {missing}; against={a if b is None else b!r} compares "
                "every other item with one"
            )
        first, second = fit._places(a, "a"), fit._places(b, "b")
    elif against is None:
        if len(rated) < 2:
            raise InputError("compare needs at least two rated items")
        upper = np.triu_indices(len(rated), 1)
        return rated[upper[0]], rated[upper[1]]
    else:
        first, second = rated, fit._places(_named(fit, against, rated), "against")
        if second.ndim:
            raise InputError(f"against must be one item or 'best', but is {against!r}")
        first = first[first != second]
        if not len(first):
            raise InputError("compare needs at least two rated items")
    if first.ndim and second.ndim and first.shape != second.shape:
        raise InputError(f"Length of b ({second.size}) must match length of a ({first.size})")
    first, second = np.broadcast_arrays(np.atleast_1d(first), np.atleast_1d(second))
    _check_pairs(fit, first, second, against)
    return first, second


def _named(fit: BradleyTerryFit, against: Any, rated: NDArray[np.intp]) -> Any:
    """The label that `against` means."""
    if not isinstance(against, str) or against != "best":
        return against
    best = label_of(fit.items[rated[0]])
    if best != "best" and "best" in fit.items.tolist():
        raise InputError(
            f"against='best' may mean the item 'best' or the best item, {best!r}; pass "
            f"against={best!r}, or the others as a and b='best'"
        )
    return best


def _check_pairs(
    fit: BradleyTerryFit, first: NDArray[np.intp], second: NDArray[np.intp], against: Any
) -> None:
    names = ("a", "b" if against is None else "against")
    for name, places in zip(names, (first, second), strict=True):
        unrated = places[~fit.rated[places]]
        if len(unrated):
            raise InputError(f"{name}: {label_of(fit.items[unrated[0]])!r} is not rated")
    if not len(first):
        raise InputError("a and b are empty")
    same = first[first == second]
    if len(same):
        raise InputError(f"a and b are both {label_of(fit.items[same[0]])!r}")


def _studentised(difference: Real, error: Real) -> Real:
    """|difference| / error; infinite where a difference is known exactly, 0 where it is 0."""
    size = np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(size == 0, 0.0, size / error))


def _two_sided(size: Real, degrees_of_freedom: float) -> Real:
    from scipy.special import ndtr, stdtr

    if math.isfinite(degrees_of_freedom):
        return np.asarray(2.0 * stdtr(degrees_of_freedom, -size))
    return np.asarray(2.0 * ndtr(-size))


def _family(inverse: Real, first: NDArray[np.intp], second: NDArray[np.intp]) -> list[Contrasts]:
    """The contrasts between `first` and `second`, gathered by the item that most share."""
    n = len(inverse)
    if len(first) == n * (n - 1) // 2 and (first < second).all():
        return all_pairs(inverse)
    if len(np.unique(second)) < len(np.unique(first)):
        first, second = second, first
    order = np.argsort(first, kind="stable")
    first, second = first[order], second[order]
    starts = np.flatnonzero(np.diff(first, prepend=-1))
    return [
        Contrasts.of(int(others_of), others, inverse[others_of, others])
        for others_of, others in zip(first[starts], np.split(second, starts[1:]), strict=True)
    ]


def _max_t(size: Real, single: Real, largest: Real) -> Real:
    """Adjusted p-values: how often the largest of all reaches this one, the data among them."""
    n_draws = len(largest)
    reached = n_draws - np.searchsorted(largest, size, side="left")
    p_value = (1.0 + reached) / (n_draws + 1.0)
    bound = np.minimum(len(size) * single, p_value)
    return np.asarray(np.where(reached == 0, bound, p_value))


def holm(p_value: Real) -> Real:
    """Holm's step-down p-values: the k-th smallest times the number not yet rejected."""
    n = len(p_value)
    order = np.argsort(p_value, kind="stable")
    stepped = np.maximum.accumulate(p_value[order] * np.arange(n, 0, -1))
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
