"""Covariances and intervals of abilities.

With H the information (minus the Hessian of the log-likelihood) and M the sum of the squared
scores of single comparisons (the meat), the Fisher covariance is the pseudo-inverse of H and the
sandwich (Huber 1967; White 1982) is H⁺ M H⁺. The sandwich holds where the model is only an
approximation, as with ties that count as half a win. Both are computed from counts by pair and
outcome; no row is needed. The covariance by clusters has another meat, see `clusters`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..checks import choice, finite
from ..errors import InputError
from ..pair_counts import PairCounts
from .bread import reported_covariance
from .clusters import ClusterMeat, Clusters
from .scale import RatingScale
from .table import make_frame

Kind = Literal["fisher", "sandwich", "cluster"]
KINDS = ("fisher", "sandwich", "cluster")

# Up to this many items covariances are computed whole: a matrix of 72 MB, inverted in seconds.
EXACT_BELOW = 3000
# Solves for variances: their error enters squared, so this is far below what is printed.
SOLVE_TOL = 1e-6
PROBES = 64
PROBES_AT_ONCE = 8

Real = NDArray[np.float64]


def check_kind(kind: str) -> None:
    choice("kind", kind, KINDS)


def normal_quantile(level: float) -> float:
    """The two-sided quantile of the standard normal, 1.96 for a level of 0.95."""
    from statistics import NormalDist

    number = finite("level", level, rule := "between 0 and 1")
    if not 0 < number < 1:
        raise InputError(f"level must be {rule}, but is {level!r}")
    return NormalDist().inv_cdf(0.5 + 0.5 * number)


def quantile_of(level: float, degrees_of_freedom: float) -> float:
    """The two-sided quantile of Student's t, the normal's where the degrees are infinite."""
    normal = normal_quantile(level)
    if math.isinf(degrees_of_freedom):
        return normal
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, 0.5 + 0.5 * level))


@dataclass(frozen=True, eq=False, repr=False)
class Interval:
    """Intervals of abilities, or of differences to a reference item, in ability units.

    Attributes
    ----------
    items : ndarray, shape (k,)
        The items that the intervals are of.
    estimate, lower, upper, standard_error : ndarray of float64, shape (k,)
        NaN where an item is not rated, or not on the reference's scale.
    relative_error : ndarray of float64, shape (k,)
        Standard error of `standard_error` itself as a fraction of it: 0 where it was computed
        exactly, positive where it was estimated by random probes.
    level : float
    kind : {"fisher", "sandwich", "cluster"}
    reference : label or None
    degrees_of_freedom : float
        Of the quantile: one less than the number of clusters; infinite for the other kinds.
    """

    items: NDArray[Any]
    estimate: Real
    lower: Real
    upper: Real
    standard_error: Real
    relative_error: Real
    level: float
    kind: str
    reference: Any
    _scale: RatingScale = field(default_factory=RatingScale)
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        for name in ("items", "estimate", "lower", "upper", "standard_error", "relative_error"):
            getattr(self, name).flags.writeable = False

    def __repr__(self) -> str:
        to = "" if self.reference is None else f", differences to {self.reference!r}"
        exact = "exact" if not np.nanmax(self.relative_error, initial=0.0) else "estimated"
        level = f"{100 * self.level:g}%"
        return f"Interval({len(self.items):,} items, {level}, {self.kind}, {exact}{to})"

    def to_frame(self, library: str | None = None) -> Any:
        """The intervals as a data frame, in the order of `items`."""
        columns = {
            "item": self.items,
            "estimate": self.estimate,
            "lower": self.lower,
            "upper": self.upper,
            "standard_error": self.standard_error,
            "relative_error": self.relative_error,
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def pair_moments(counts: PairCounts, ability: Real, ties: str) -> tuple[Real, Real]:
    """Information and meat of every ordered pair, shape (p,) each.

    P is the probability that the first wins. A win adds w P (1 - P) to the information and
    w² (1 - P)² to the meat, a loss w² P², a tie as half a win w² (1/2 - P)².
    """
    difference = ability[counts.first] - ability[counts.second]
    with np.errstate(over="ignore", invalid="ignore"):
        p = 1.0 / (1.0 + np.exp(-difference))
        q = 1.0 / (1.0 + np.exp(difference))
    weight = counts.win_weight + counts.loss_weight
    meat = counts.win_weight_squared * q * q + counts.loss_weight_squared * p * p
    if counts.has_ties and ties == "half":
        weight = weight + counts.tie_weight
        meat = meat + counts.tie_weight_squared * (0.5 - p) ** 2
    if counts.has_fractional:
        weight = weight + counts.fractional_weight
        meat = meat + (
            counts.fractional_score_squared_weight_squared
            - 2.0 * p * counts.fractional_score_weight_squared
            + p * p * counts.fractional_weight_squared
        )
    return weight * p * q, meat


@dataclass(frozen=True, eq=False)
class Information:
    """What the covariance of a fit is made of.

    `free` items have an estimated ability; `centre` gives the group that an item's reported
    ability is centred in (-1: none), `floating` whether that group is also known only up to a
    constant, that is, not held by a prior.
    """

    counts: PairCounts
    ability: Real  # on the solver's scale
    ties: str
    prior: float
    free: NDArray[np.bool_]
    component: NDArray[np.int32]
    centre: NDArray[np.int32]
    floating: bool
    solve: Callable[[Real], Real]  # items' information * x = right, shapes (n_items, k)
    backend: Backend
    threads: int

    @property
    def pairs(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """First and second items of what `moments` are of."""
        return self.counts.first, self.counts.second

    def moments(self) -> tuple[Real, Real]:
        """Information and meat a pair, zero for pairs that the fit does not use."""
        first, second = self.pairs
        used = self.component[first] == self.component[second]
        used &= ~np.isnan(self.ability[first]) & ~np.isnan(self.ability[second])
        information, meat = pair_moments(self.counts, self.ability, self.ties)
        return np.where(used, information, 0.0), np.where(used, meat, 0.0)

    def prior_information(self) -> Real:
        """What the prior adds to the diagonal."""
        p = 1.0 / (1.0 + np.exp(-self.ability))
        return np.nan_to_num(self.prior * p * (1.0 - p))

    def _laplacian(self, weight: Real) -> Real:
        n = self.counts.n_items
        matrix = np.zeros((n, n))
        # Rows are unique ordered pairs, so plain assignment adds each of the two orders once.
        matrix[self.counts.first, self.counts.second] -= weight
        matrix += matrix.T
        np.fill_diagonal(matrix, -matrix.sum(axis=1))
        return matrix

    def covariance(self, kind: Kind, clusters: ClusterMeat | None = None) -> Real:
        """The whole matrix, shape (n_items, n_items), in ability units squared."""
        information, meat = self.moments()
        free = self.free
        matrix = self._laplacian(information)
        matrix[np.diag_indices_from(matrix)] += self.prior_information()
        inner = matrix[np.ix_(free, free)]
        filling = None
        if clusters is not None:
            filling = clusters.matrix[np.ix_(free, free)]
        elif kind == "sandwich":
            filling = self._laplacian(meat)[np.ix_(free, free)]
        result = reported_covariance(
            inner, filling, self.centre[free], self.floating, self.backend, self.threads
        )
        full = np.where(np.isnan(self.ability), np.nan, 0.0)
        out = np.add.outer(full, full)
        out[np.ix_(free, free)] = result if clusters is None else clusters.sandwich(result)
        # Nothing ties the scales of separate components to one another.
        out[self.component[:, None] != self.component[None, :]] = np.nan
        return out

    def contrast_variances(
        self,
        kind: Kind,
        places: NDArray[np.intp],
        reference: int | None,
        clusters: Clusters | None = None,
    ) -> Real:
        """Exact variances of the items at `places`, or of their differences to `reference`."""
        n = self.counts.n_items
        variances = np.empty(len(places))
        meat = self.moments()[1] if kind == "sandwich" else None
        for begin in range(0, len(places), PROBES_AT_ONCE):
            block = places[begin : begin + PROBES_AT_ONCE]
            right = np.zeros((n, len(block)))
            right[block, np.arange(len(block))] = 1.0
            if reference is not None:
                right[reference] -= 1.0
            self._centre(right)
            right[~self.free] = 0.0
            variances[begin : begin + len(block)] = self._forms(right, meat, clusters)
        return variances

    def _forms(self, right: Real, meat: Real | None, clusters: Clusters | None) -> Real:
        """Variance of each column's combination of abilities; Fisher's without any meat."""
        solution = self.solve(right)
        if clusters is not None:
            return clusters.spread(solution)
        if meat is None:
            return np.asarray((right * solution).sum(axis=0))
        first, second = self.pairs
        difference = solution[first] - solution[second]
        return np.asarray(np.einsum("p,pk,pk->k", meat, difference, difference))

    def _centre(self, columns: Real) -> None:
        """Takes each centred group's mean from every column."""
        groups = self.centre
        inside = groups >= 0
        if not inside.any():
            return
        n_groups = int(groups.max()) + 1
        sizes = np.bincount(groups[inside], minlength=n_groups)
        for column in range(columns.shape[1]):
            sums = np.bincount(groups[inside], columns[inside, column], minlength=n_groups)
            columns[inside, column] -= (sums / np.maximum(sizes, 1))[groups[inside]]

    def estimated_variances(
        self, kind: Kind, reference: int | None, seed: int, probes: int
    ) -> tuple[Real, Real]:
        """Variances of all items by random probes, and their relative standard errors.

        A probe flips a coin for every pair, x = H⁺ Σ ±sqrt(m) (e_i - e_j), which has just the
        covariance that is sought. The same coins through the diagonal alone, y = Σ / H_ii, have a
        known variance and serve as control variates: on a well-connected graph they explain
        nearly all of x², so that few probes suffice.
        """
        information, meat = self.moments()
        m = information if kind == "fisher" else meat
        root = np.sqrt(m)
        first, second = self.pairs
        n = self.counts.n_items
        prior = self.prior_information()
        spread = np.bincount(first, m, n) + np.bincount(second, m, n)
        diagonal = np.bincount(first, information, n) + np.bincount(second, information, n) + prior
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(self.free & (diagonal > 0), 1.0 / diagonal, 0.0)
        known = spread + (prior if kind == "fisher" else 0.0)
        if reference is not None:
            together = np.bincount(first, m * (second == reference), n)
            together += np.bincount(second, m * (first == reference), n)
            known = known * inverse**2 + known[reference] * inverse[reference] ** 2
            # A pair's coin moves both its items, in opposite directions.
            known += 2.0 * together * inverse * inverse[reference]
        else:
            known = known * inverse**2
        generator = np.random.default_rng(seed)
        x2, y2 = np.empty((probes, n)), np.empty((probes, n))
        for begin in range(0, probes, PROBES_AT_ONCE):
            width = min(PROBES_AT_ONCE, probes - begin)
            right, solution = self._probe(kind, root, width, generator)
            control = right * inverse[:, None]
            self._centre(solution)
            if reference is not None:
                solution = solution - solution[reference]
                control = control - control[reference]
            x2[begin : begin + width] = solution.T**2
            y2[begin : begin + width] = control.T**2
        x_mean, y_mean = x2.mean(axis=0), y2.mean(axis=0)
        x_off, y_off = x2 - x_mean, y2 - y_mean
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.nan_to_num((x_off * y_off).sum(axis=0) / (y_off**2).sum(axis=0))
            variance = x_mean - slope * (y_mean - known)
            residual = np.sqrt(((x_off - slope * y_off) ** 2).sum(axis=0) / (probes - 2) / probes)
            # The regression is only estimated: a variance must not fall below the error's reach.
            variance = np.where(variance > 0.1 * x_mean, variance, x_mean)
            relative = 0.5 * residual / variance
        variance = np.where(np.isnan(self.ability), np.nan, variance)
        if reference is not None:
            variance[reference] = relative[reference] = 0.0
            variance[self.component != self.component[reference]] = np.nan
        variance[~self.free & ~np.isnan(self.ability)] = 0.0
        return variance, np.where(self.free, relative, 0.0)

    def _probe(
        self, kind: Kind, root: Real, width: int, generator: np.random.Generator
    ) -> tuple[Real, Real]:
        """Items' sums of flipped coins, a column a probe, and what they move abilities by."""
        right = np.empty((self.counts.n_items, width))
        for column in range(width):
            right[:, column] = self._by_item(flipped(root, generator))
            if kind == "fisher" and self.prior > 0:
                right[:, column] += self._prior_probe(generator)
        right[~self.free] = 0.0
        return right, self.solve(right)

    def _by_item(self, values: Real) -> Real:
        first, second = self.pairs
        n = self.counts.n_items
        return np.asarray(np.bincount(first, values, n) - np.bincount(second, values, n))

    def _prior_probe(self, generator: np.random.Generator) -> Real:
        """The prior's virtual games are part of the information, too."""
        coins: Real = generator.choice([-1.0, 1.0], self.counts.n_items)
        return np.sqrt(self.prior_information()) * coins


def flipped(root: Real, generator: np.random.Generator) -> Real:
    """Every value with a random sign."""
    signs = generator.integers(0, 2, len(root), np.int8) * np.int8(2) - np.int8(1)
    return np.asarray(root * signs)


def information_solver(
    backend: Backend,
    arrays: tuple[NDArray[Any], ...],
    ability: Real,
    held: NDArray[np.bool_],
    floating: NDArray[np.int32],
    prior: float,
    threads: int,
    what: str,
) -> Callable[..., Real]:
    """solve(right, tol), by the information of the graph's `arrays` between items not held."""
    n_centres = int(floating.max(initial=-1)) + 1
    limit = 10 * len(held) + 100

    def solve(right: Real, tol: float = SOLVE_TOL) -> Real:
        solution, iterations = backend.laplacian_solve(
            *arrays,
            ability,
            held.astype(np.uint8),
            floating,
            n_centres,
            prior,
            np.ascontiguousarray(right),
            tol,
            limit,
            threads,
        )
        if iterations > limit:
            raise InputError(
                f"{what}: the information matrix is too ill-conditioned to solve; some "
                "abilities are hardly determined by the data. A prior would help"
            )
        out: Real = solution
        return out

    return solve
