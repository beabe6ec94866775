"""Twin of the joint model's Newton method: NumPy over the cells, numba for sparse solves.

The algorithm and its stopping rules are those of the C++ core; there the reasons are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bradley_terry import _row_borders, _team
from .conjugate_gradients import ConjugateGradients, Laplacian, remove_means

Array = NDArray[Any]
Real = NDArray[np.float64]
Fit = tuple[Real, Real, int, float, float, bool]

SAFE_STEP, LARGEST_STEP = 1.0, 30.0
SAFE_SHARE, LARGEST_SHARE = 0.25, 0.8
SOLVE_TOL = 1e-6
LONG_STEP = 0.1
FAR_OUT = 15.0
LANES = 8
NONE, DAVIDSON, RAO_KUPPER = 0, 1, 2


def _logistic(x: Real) -> Real:
    with np.errstate(over="ignore"):
        value: Real = 1.0 / (1.0 + np.exp(-x))
    return value


def _moments(
    ties: int, z: Real, tau: float, win: Real, loss: Real, tie: Real | None
) -> tuple[Real, Real, Real, Real, Real]:
    """Score and information by z, the same by the tie parameter, and their cross term."""
    zero = np.zeros(len(z))
    if ties == NONE or tie is None:
        p, q = _logistic(z), _logistic(-z)
        return win * q - loss * p, (win + loss) * p * q, zero, zero, zero
    if ties == DAVIDSON:
        most = np.maximum(0.5 * np.abs(z), tau)
        a, b, c = np.exp(0.5 * z - most), np.exp(-0.5 * z - most), np.exp(tau - most)
        total = a + b + c
        p_win, p_loss, p_tie = a / total, b / total, c / total
        n = win + loss + tie
        mean = 0.5 * (p_win - p_loss)
        return (
            win * (p_loss + 0.5 * p_tie) - loss * (p_win + 0.5 * p_tie) - tie * mean,
            n * (p_win * p_loss + 0.25 * p_tie * (p_win + p_loss)),
            tie * (p_win + p_loss) - (win + loss) * p_tie,
            n * p_tie * (p_win + p_loss),
            -n * p_tie * mean,
        )
    not_win, not_loss = _logistic(tau - z), _logistic(tau + z)
    wins, losses = win + tie, loss + tie
    of_win = wins * _logistic(z - tau) * not_win
    of_loss = losses * _logistic(-z - tau) * not_loss
    width = -np.expm1(-2.0 * tau)
    return (
        wins * not_win - losses * not_loss,
        of_win + of_loss,
        tie * (2.0 / width) - wins * not_win - losses * not_loss,
        of_win + of_loss + tie * 4.0 * np.exp(-2.0 * tau) / (width * width),
        of_loss - of_win,
    )


@dataclass(eq=False)
class _System:
    """Score and information at one point after another."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    win: Real
    loss: Real
    tie: Real | None
    offset: Real | None
    features: Real
    ties: int
    offsets: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    held: NDArray[np.bool_]
    prior: float
    ridge: float

    def __post_init__(self) -> None:
        self.n = len(self.offsets) - 1
        self.n_extra = self.features.shape[1] + (self.ties != NONE)
        row = np.repeat(np.arange(self.n, dtype=np.int64), np.diff(self.offsets))
        entry = row * self.n + self.neighbour
        self.forward = np.searchsorted(entry, self.first.astype(np.int64) * self.n + self.second)
        self.reverse = np.searchsorted(entry, self.second.astype(np.int64) * self.n + self.first)
        self.row = row
        self.weight = np.zeros(len(self.neighbour))
        self.diagonal, self.inverse_diagonal = np.zeros(self.n), np.zeros(self.n)

    def _by_item(self, values: Real, sign: float) -> Real:
        """Sums over each item's cells, those in which it stands second with `sign`."""
        sums = np.bincount(self.first, values, self.n).astype(np.float64)
        return sums + sign * np.bincount(self.second, values, self.n)

    def evaluate(self, ability: Real, extra: Real) -> None:
        n_features = self.features.shape[1]
        z = ability[self.first] - ability[self.second]
        if n_features:
            z = z + self.features @ extra[:n_features]
        if self.offset is not None:
            z = z + self.offset
        tau = float(extra[n_features]) if self.ties != NONE else 0.0
        score, information, by_tie, tie_information, cross = _moments(
            self.ties, z, tau, self.win, self.loss, self.tie
        )
        self.weight[:] = np.bincount(self.forward, information, len(self.weight))
        self.weight += np.bincount(self.reverse, information, len(self.weight))
        self.score = self._by_item(score, -1.0)
        self.diagonal[:] = np.bincount(self.row, self.weight, self.n)
        if self.prior > 0:
            p, q = _logistic(ability), _logistic(-ability)
            self.score += np.where(self.held, 0.0, 0.5 * self.prior * (q - p))
            self.diagonal += np.where(self.held, 0.0, self.prior * p * q)
        free = ~self.held & (self.diagonal > 0)
        self.singular = bool((~self.held & ~free).any())
        self.score[~free] = 0.0
        self.inverse_diagonal[:] = 0.0
        np.divide(1.0, self.diagonal, out=self.inverse_diagonal, where=free)
        columns = [self._by_item(information * x, -1.0) for x in self.features.T]
        corner = np.zeros((self.n_extra, self.n_extra))
        corner[:n_features, :n_features] = self.features.T @ (information[:, None] * self.features)
        corner[np.diag_indices(n_features)] += self.ridge
        gradient = np.zeros(self.n_extra)
        gradient[:n_features] = self.features.T @ score - self.ridge * extra[:n_features]
        if self.ties != NONE:
            columns.append(self._by_item(cross, -1.0))
            corner[n_features, :n_features] = corner[:n_features, n_features] = (
                self.features.T @ cross
            )
            corner[n_features, n_features] = tie_information.sum()
            gradient[n_features] = by_tie.sum()
        self.border = np.stack(columns, axis=1) if columns else np.zeros((self.n, 0))
        self.border[~free] = 0.0
        self.corner, self.extra_score = corner, gradient

    @property
    def score_norm(self) -> float:
        sizes = (np.abs(part).max(initial=0.0) for part in (self.score, self.extra_score))
        return float(max(sizes))


def _dense_step(
    system: _System, centre: NDArray[np.int32], n_centres: int
) -> tuple[Real, Real, float] | None:
    n, n_extra = system.n, system.n_extra
    matrix = np.zeros((n + n_extra, n + n_extra))
    matrix[system.row, system.neighbour] = -system.weight
    matrix[np.arange(n), np.arange(n)] = system.diagonal
    for group in range(n_centres):
        members = np.flatnonzero(~system.held & (centre == group))
        inner = np.ix_(members, members)
        matrix[inner] += np.trace(matrix[inner]) / len(members) ** 2
    matrix[n:, :n], matrix[:n, n:] = system.border.T, system.border
    matrix[n:, n:] = system.corner
    free = np.concatenate([np.flatnonzero(~system.held), np.arange(n, n + n_extra)])
    step = np.zeros(n + n_extra)
    inner = matrix[np.ix_(free, free)]
    try:
        np.linalg.cholesky(inner)  # refuses what is not positive definite; solve would not
        step[free] = np.linalg.solve(
            inner, np.concatenate([system.score, system.extra_score])[free]
        )
    except np.linalg.LinAlgError:
        return None
    ability = step[:n].copy()
    remove_means(centre, n_centres, ability[:, None])
    return ability, step[n:], 0.0


def _sparse_step(
    system: _System, solver: ConjugateGradients, centre: NDArray[np.int32], n_centres: int
) -> tuple[Real, Real, float] | None:
    right = np.column_stack([system.score, system.border])
    solution = np.empty_like(right)
    relative = 0.0
    for begin in range(0, right.shape[1], LANES):
        block = slice(begin, begin + LANES)
        columns, report = solver.solve(
            np.ascontiguousarray(right[:, block]), relative=SOLVE_TOL, absolute=0.0, newton=False,
            max_iter=10 * system.n + 100,
        )  # fmt: skip
        if not report.reached:
            return None
        solution[:, block] = columns
        norm = float(np.abs(columns).max(initial=0.0))
        if norm > 0:
            relative = max(relative, report.error / norm)
    border = system.border
    left = system.corner - border.T @ solution[:, 1:]
    try:
        np.linalg.cholesky(left)
        extra = np.linalg.solve(left, system.extra_score - border.T @ solution[:, 0])
    except np.linalg.LinAlgError:
        return None
    ability = solution[:, 0] - solution[:, 1:] @ extra
    error = relative * float(np.abs(ability).max(initial=0.0))
    remove_means(centre, n_centres, ability[:, None])
    return ability, np.asarray(extra, np.float64), error


def joint_newton(
    first: NDArray[np.int32], second: NDArray[np.int32], win: Real, loss: Real, tie: Real | None,
    offset: Real | None, features: Real, ties: int, offsets: NDArray[np.int64],
    neighbour: NDArray[np.int32], start: Real, start_extra: Real, held: NDArray[np.uint8],
    centre: NDArray[np.int32], n_centres: int, prior: float, ridge: float, tol: float,
    max_iter: int, dense_below: int, threads: int,
) -> Fit:  # fmt: skip
    with _team(threads) as pool:
        system = _System(
            first, second, win, loss, tie, offset, features, ties, offsets, neighbour,
            held.astype(bool), prior, ridge,
        )  # fmt: skip
        dense = int((held == 0).sum()) <= dense_below
        matrix = Laplacian(
            offsets, neighbour, system.weight, system.diagonal, system.inverse_diagonal
        )
        solver = ConjugateGradients(matrix, centre, n_centres, _row_borders(offsets), pool)
        reach = np.abs(features).max(axis=0, initial=0.0)
        n_features = len(reach)
        ability, extra = start.copy(), start_extra.copy()
        system.evaluate(ability, extra)
        n_iter, stalled, error, previous, converged = 0, 0, 0.0, np.inf, False
        while n_iter < max_iter:
            step = None
            if not system.singular:
                step = (
                    _dense_step(system, centre, n_centres)
                    if dense
                    else _sparse_step(system, solver, centre, n_centres)
                )
            n_iter += 1
            error = np.inf
            if step is None:
                break
            by_item, by_extra, own_error = step
            moves = np.abs(by_extra[:n_features]) * reach
            size = max(float(np.abs(by_item).max(initial=0.0)), float(moves.max(initial=0.0)))
            moved = max(by_item.max(), 0.0) - min(by_item.min(), 0.0) + moves.sum()
            share = 0.0
            if ties != NONE:
                of_ties = float(by_extra[n_features])
                size, moved = max(size, abs(of_ties)), moved + abs(of_ties)
                if ties == RAO_KUPPER:
                    share = -of_ties / float(extra[n_features])
            error = size + own_error
            if not np.isfinite(error):
                break
            if LONG_STEP < previous < np.inf and error < 1e-3 * previous * previous:
                far = np.append(np.abs(extra[:n_features]) * reach, np.abs(extra[n_features:]))
                if max(float(np.ptp(ability)), float(far.max(initial=0.0))) > FAR_OUT:
                    error = np.inf
                    break
            done = error <= tol
            length = min(1.0, LARGEST_STEP / max(moved, LARGEST_STEP))
            if share * length > LARGEST_SHARE:
                length = LARGEST_SHARE / share
            while True:
                trial, trial_extra = ability + length * by_item, extra + length * by_extra
                system.evaluate(trial, trial_extra)
                safe = length * moved <= SAFE_STEP and length * abs(share) <= SAFE_SHARE
                slope = (system.score * by_item).sum() + (system.extra_score * by_extra).sum()
                if done or safe or slope >= 0.0:
                    break
                length *= 0.5
            ability, extra = trial, trial_extra
            remove_means(centre, n_centres, ability[:, None])
            if done:
                converged = True
                break
            at_floor = length == 1.0 and error < 1e-5 and error > 0.5 * previous
            stalled = stalled + 1 if at_floor else 0
            previous = error
            if stalled == 3:
                break
        return ability, extra, n_iter, float(error), system.score_norm, converged
