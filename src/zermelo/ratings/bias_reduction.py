"""Bias-reduced abilities: the likelihood penalised by Jeffreys' prior (Firth 1993).

The penalised log-likelihood is l(t) + log det I(t) / 2 with the information I. Its score is that
of the likelihood plus the sum over cells of h (1/2 - P) x, where x is what the parameters t add up
to in the cell's log-odds, P = s(x't), and h = w P (1 - P) x' I⁻¹ x the leverage of its weight w:
half of h is added to the wins and half to the losses. The leverages add up to the number of
parameters, so that the penalty weighs ever less as comparisons come in.

Where x has full rank the maximum exists for any outcomes (Kosmidis and Firth 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .cells import Cells, cell_moments, log_odds, probabilities
from .joint import Request
from .joint_covariance import assemble
from .uncertainty import EXACT_BELOW

Real = NDArray[np.float64]

# Log-odds that a step may move.
LARGEST_STEP = 5.0
# Newton's equations are solved this precisely, and far from the maximum less so.
SOLVE_TOL, ROUGH_TOL = 1e-3, 0.1
MOST_PRODUCTS = 100
# Curvature that is less than this share of the information's is not trusted.
LEAST_CURVATURE = 1e-3
# Share of the largest pivot below which one is rounding.
SINGULAR = 1e-14
# Where more than one in so many pairs met, dense products are faster than pair by pair.
DENSE_SHARE = 8
CELLS_AT_ONCE = 4096
# Rounding of the penalised log-likelihood, relative to it.
ROUNDING = 1e-11
SHORTEST = 1e-10


@dataclass(frozen=True, eq=False)
class Problem:
    """Cells without a tie model, and which abilities are known up to what.

    Parameters are all abilities and then the features' coefficients, n + k of them; those of items
    that are `held` do not move.
    """

    cells: Cells
    held: NDArray[np.bool_]
    floating: NDArray[np.int32]

    @property
    def n_items(self) -> int:
        return len(self.held)

    @cached_property
    def free(self) -> NDArray[np.intp]:
        """Places of the parameters that are estimated."""
        n_features = self.cells.features.shape[1]
        return np.flatnonzero(np.concatenate([~self.held, np.ones(n_features, bool)]))

    @cached_property
    def groups(self) -> list[NDArray[np.intp]]:
        """The free items of each group whose level is unknown, as places in `free`."""
        group = self.floating[~self.held]
        return [np.flatnonzero(group == number) for number in np.unique(group[group >= 0])]

    def combine(self, values: Real) -> Real:
        """Sum over cells of values times x, shape (n + k,), zero where nothing moves."""
        cells, n = self.cells, self.n_items
        items = np.bincount(cells.first, values, n) - np.bincount(cells.second, values, n)
        items[self.held] = 0.0
        return np.concatenate([items, cells.features.T @ values])

    def apply(self, parameters: Real) -> Real:
        """x't of every cell, shape (m,)."""
        cells, n = self.cells, self.n_items
        change: Real = parameters[cells.first] - parameters[cells.second]
        return change + cells.features @ parameters[n:]

    def matrix(self, values: Real) -> Real:
        """Sum over cells of values times x x', shape (n + k, n + k)."""
        zero = np.zeros(len(values))
        return assemble(self.cells, self.n_items, values, zero, zero, False)

    def forms(self, matrix: Real) -> Real:
        """x' matrix x of every cell, shape (m,), for a symmetric matrix."""
        first, second, n = self.cells.first, self.cells.second, self.n_items
        return self._forms(np.diag(matrix), matrix[first, second], matrix[:, n:])

    def turned_forms(self, left: Real, middle: Real) -> Real:
        """x' left middle left x of every cell, for symmetric matrices.

        Of a graph with few pairs, only the entries that a pair needs are computed.
        """
        first, second, n = self.cells.first, self.cells.second, self.n_items
        if len(first) > len(left) ** 2 // DENSE_SHARE:
            return self.forms(left @ middle @ left)
        from scipy.sparse import csr_array

        right: Real = csr_array(middle) @ left
        turned = np.ascontiguousarray(right.T)
        across = np.empty(len(first))
        for begin in range(0, len(first), CELLS_AT_ONCE):
            block = slice(begin, begin + CELLS_AT_ONCE)
            across[block] = np.einsum("mj,mj->m", left[first[block]], turned[second[block]])
        return self._forms(np.einsum("ij,ij->i", left, turned), across, left @ right[:, n:])

    def _forms(self, diagonal: Real, across: Real, border: Real) -> Real:
        """From a matrix's diagonal, its entries of each cell's pair, and its last columns."""
        cells, n = self.cells, self.n_items
        first, second, x = cells.first, cells.second, cells.features
        forms: Real = diagonal[first] + diagonal[second] - 2.0 * across
        if x.shape[1]:
            forms = forms + 2.0 * np.einsum("mk,mk->m", x, border[first] - border[second])
            forms = forms + np.einsum("mk,mk->m", x @ border[n:], x)
        return forms


@dataclass(frozen=True, eq=False)
class Point:
    """The penalised likelihood at `parameters`, and its first derivatives."""

    problem: Problem
    parameters: Real
    value: float
    p: Real
    q: Real
    information: Real  # of each cell
    inverse: Real  # of the information, zero where nothing moves
    spread: Real  # x' I⁻¹ x of each cell
    score: Real

    @classmethod
    def at(cls, problem: Problem, parameters: Real) -> Point | None:
        """None where the information is singular to rounding."""
        cells, n = problem.cells, problem.n_items
        z = log_odds(cells, parameters[:n], parameters[n:])
        p, q, _ = probabilities("none", z, 0.0)
        moments = cell_moments("none", cells, z, 0.0)
        information = moments.information
        found = _inverse(problem, problem.matrix(information))
        if found is None:
            return None
        inverse, log_determinant = found
        spread = problem.forms(inverse)
        residual = cells.win * q - cells.loss * p + information * spread * 0.5 * (q - p)
        return cls(
            problem,
            parameters,
            float(moments.log_likelihood.sum()) + 0.5 * log_determinant,
            p,
            q,
            information,
            inverse,
            spread,
            problem.combine(residual),
        )

    def solve(self, right: Real) -> Real:
        """I⁻¹ right, without what rounding leaves along a group's constant vector."""
        out: Real = self.inverse @ right
        for members in self.problem.groups:
            places = self.problem.free[members]
            out[places] -= out[places].mean()
        return out

    def curvature(self, direction: Real) -> Real:
        """Minus the second derivative of the penalised likelihood times `direction`."""
        problem = self.problem
        change = problem.apply(direction)
        half = 0.5 * (self.q - self.p)
        slope = self.information * 2.0 * half * change
        # I⁻¹ changes by - I⁻¹ (change of I) I⁻¹.
        turned = problem.turned_forms(self.inverse, problem.matrix(slope))
        leverage = slope * self.spread - self.information * turned
        own = self.information * (1.0 + self.spread * self.p * self.q) * change
        return problem.combine(own - leverage * half)

    def newton_step(self, tolerance: float) -> tuple[Real, bool]:
        """Conjugate gradients on Newton's equations, and whether they were solved.

        Where the likelihood is not concave, what was found before, or else Fisher's step.
        """
        step = np.zeros_like(self.score)
        residual = self.score
        direction = ahead = self.solve(residual)
        size = first = float(residual @ ahead)
        for _ in range(MOST_PRODUCTS):
            if size <= tolerance * tolerance * first:
                return step, True
            product = self.curvature(direction)
            bend = float(direction @ product)
            change = self.problem.apply(direction)
            if bend <= LEAST_CURVATURE * float(self.information @ (change * change)):
                break
            step = step + (size / bend) * direction
            residual = residual - (size / bend) * product
            ahead = self.solve(residual)
            size, before = float(residual @ ahead), size
            direction = ahead + (size / before) * direction
        return (step if step.any() else self.solve(self.score)), False


def _inverse(problem: Problem, whole: Real) -> tuple[Real, float] | None:
    """Inverse and log-determinant, a group's constant vector left out of the latter."""
    from scipy.linalg.lapack import dpotrf, dpotri

    free = np.ix_(problem.free, problem.free)
    matrix = whole[free]
    shift = 0.0
    for members in problem.groups:
        inside = np.ix_(members, members)
        share = np.trace(matrix[inside]) / len(members) ** 2 or 1.0
        matrix[inside] += share
        shift += np.log(share * len(members))
    # Fortran's order, so that LAPACK works in place; the lower triangle is then the upper one.
    factor, status = dpotrf(matrix.T, lower=1, clean=1, overwrite_a=1)
    if status != 0:
        return None
    diagonal = np.diag(factor).copy()
    if not diagonal.min(initial=1.0) ** 2 > SINGULAR * diagonal.max(initial=1.0) ** 2:
        return None
    inverse, status = dpotri(factor, lower=1, overwrite_c=1)
    if status != 0:
        return None
    inverse += np.tril(inverse, -1).T
    whole = np.zeros_like(whole)
    whole[free] = inverse
    return whole, 2.0 * float(np.log(diagonal).sum()) - shift


def check_bias_reduced(
    request: Request, prior: float, loss: str, solver: str, n_items: int
) -> None:
    refused = "bias_reduced=True "
    if request.tie_model != "none":
        raise InputError(
            f"{refused}is known for wins and losses, not for ties={request.ties!r}; use ties='half'"
        )
    for argument, value in (("prior", prior), ("ridge", request.ridge)):
        if value > 0:
            raise InputError(
                f"{refused}has a penalty of its own, Jeffreys' prior, but {argument}={value:g} is "
                "given, too; leave one of them out"
            )
    if loss == "margin":
        raise InputError(
            f"{refused}needs a likelihood, which loss='margin' is not; use loss='scaled' or 'plain'"
        )
    if solver not in ("auto", "newton"):
        raise InputError(
            f"solver={solver!r} maximises the likelihood itself; with bias_reduced=True leave it "
            "at 'auto'"
        )
    if n_items > EXACT_BELOW:
        raise InputError(
            f"{refused}inverts the information of all items, at most {EXACT_BELOW:,}, but there "
            f"are {n_items:,}; prior= keeps abilities finite, too"
        )


def fit_bias_reduced(
    cells: Cells,
    *,
    start: Real,
    held: NDArray[np.bool_],
    floating: NDArray[np.int32],
    level: float,
    tol: float,
    max_iter: int,
) -> tuple[Real, Real, int, float, float, bool]:
    """Abilities and coefficients, iterations, ability error, score norm, converged.

    `level` is where free items start if the information at `start` is singular.
    """
    problem = Problem(cells, held, floating)
    n, n_features = len(held), cells.features.shape[1]
    reach = np.abs(cells.features).max(axis=0, initial=0.0)
    begin = np.concatenate([start, np.zeros(n_features)])
    point = Point.at(problem, begin)
    if point is None:
        begin = np.concatenate([np.where(held, start, level), np.zeros(n_features)])
        point = Point.at(problem, begin)
    if point is None:
        raise InputError(
            "the information matrix is singular: some parameters are hardly determined by the "
            "data. prior= or ridge= would help, instead of bias_reduced=True"
        )
    error, previous, stalled, converged, n_iter = np.inf, np.inf, 0, False, 0
    while n_iter < max_iter:
        n_iter += 1
        tolerance = float(np.clip(previous, SOLVE_TOL, ROUGH_TOL))
        step, solved = point.newton_step(tolerance)
        moves = np.abs(step[n:]) * reach
        size = max(float(np.abs(step[:n]).max(initial=0.0)), float(moves.max(initial=0.0)))
        error = (1.0 + tolerance) * size
        done = solved and error <= tol
        moved = float(np.ptp(step[:n])) + float(moves.sum())
        length = min(1.0, LARGEST_STEP / max(moved, LARGEST_STEP))
        slope = float(point.score @ step)
        slack = ROUNDING * (1.0 + abs(point.value))
        trial = Point.at(problem, point.parameters + length * step)
        while length > SHORTEST and not (
            trial is not None and trial.value >= point.value + 1e-4 * length * slope - slack
        ):
            length *= 0.5
            trial = Point.at(problem, point.parameters + length * step)
        if trial is None or length <= SHORTEST:
            break
        point = trial
        if done:
            converged = True
            break
        at_floor = length == 1.0 and error < 1e-5 and error > 0.5 * previous
        stalled = stalled + 1 if at_floor else 0
        previous = error
        if stalled == 3:
            break
    score_norm = float(np.abs(point.score).max(initial=0.0))
    return (
        np.array(point.parameters[:n]),
        np.array(point.parameters[n:]),
        n_iter,
        float(error),
        score_norm,
        converged,
    )
