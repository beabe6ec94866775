"""Twins of the Bradley-Terry solvers: numba over chunks of rows, NumPy for the rest.

The algorithms, their stopping rules and the chunks are those of the C++ core; there the reasons
are given.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bradley_terry_rows as rows
from .conjugate_gradients import ConjugateGradients, Laplacian, remove_means
from .threads import run_chunks

Array = NDArray[Any]
Real = NDArray[np.float64]
Fit = tuple[Real, int, float, float, bool]

ENTRIES_PER_CHUNK = 1 << 16
WIDE_ABILITY = 300.0
SAFE_SPREAD = 1.0
LARGEST_SPREAD = 30.0


@contextlib.contextmanager
def _team(threads: int) -> Iterator[ThreadPoolExecutor | None]:
    if threads == 1:
        yield None
        return
    with ThreadPoolExecutor(threads) as pool:
        yield pool


def _row_borders(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Chunks of rows with about equal numbers of entries and rows."""
    n = len(offsets) - 1
    count = max(1, int(offsets[-1]) // ENTRIES_PER_CHUNK)
    total = int(offsets[-1]) + n
    targets = total // count * np.arange(1, count)
    inner = np.searchsorted(offsets[:-1] + np.arange(n), targets).tolist()
    return list(zip([0, *inner], [*inner, n], strict=True))


@dataclass(frozen=True, eq=False)
class _Model:
    offsets: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    win: Array
    loss: Array
    held: NDArray[np.bool_]
    centre: NDArray[np.int32]
    n_centres: int
    prior: float
    pool: ThreadPoolExecutor | None

    @property
    def graph(self) -> tuple[Array, ...]:
        return self.offsets, self.neighbour, self.win, self.loss


class _Information:
    """Score, information and Newton's step at one point after another."""

    def __init__(self, model: _Model, dtype: type[np.floating[Any]]) -> None:
        n = len(model.offsets) - 1
        self.model = model
        self.borders = _row_borders(model.offsets)
        self.weight: Array = np.empty(len(model.neighbour), dtype)
        self.score, self.diagonal = np.empty(n), np.empty(n)
        self.inverse_diagonal = np.empty(n)
        self.score_norm = 0.0
        self.singular = False
        self._solver: ConjugateGradients | None = None

    def evaluate(self, ability: Real) -> None:
        model = self.model
        strength, wide = _strengths(ability)
        run_chunks(
            lambda begin, end: rows.information_rows(
                *model.graph, strength, ability, wide, begin, end, self.weight, self.score,
                self.diagonal,
            ),
            self.borders,
            model.pool,
        )  # fmt: skip
        if model.prior > 0:
            with np.errstate(over="ignore"):
                p, q = 1.0 / (1.0 + np.exp(-ability)), 1.0 / (1.0 + np.exp(ability))
            self.score += np.where(model.held, 0.0, 0.5 * model.prior * (q - p))
            self.diagonal += np.where(model.held, 0.0, model.prior * p * q)
        free = ~model.held & (self.diagonal > 0)
        self.singular = bool((~model.held & ~free).any())
        self.score[~free] = 0.0
        self.inverse_diagonal[:] = 0.0
        np.divide(1.0, self.diagonal, out=self.inverse_diagonal, where=free)
        self.score_norm = float(np.abs(self.score).max(initial=0.0))

    def laplacian(self) -> Laplacian:
        model = self.model
        return Laplacian(
            model.offsets, model.neighbour, self.weight, self.diagonal, self.inverse_diagonal
        )

    def newton_step(self, tol: float, dense_below: int) -> tuple[Real, float]:
        """The step, and the sum of its infinity norm and its error."""
        step, size = self._step(tol, dense_below)
        return step, size if np.isfinite(size) and not self.singular else np.inf

    def _step(self, tol: float, dense_below: int) -> tuple[Real, float]:
        model = self.model
        free = np.flatnonzero(~model.held)
        if len(free) <= dense_below:
            step = self._dense_step(free)
            if step is not None:
                return step, float(np.abs(step).max(initial=0.0))
        solver = self.solver()
        n = len(model.offsets) - 1
        solution, report = solver.solve(
            self.score[:, None],
            relative=0.2,
            absolute=0.25 * tol,
            newton=True,
            max_iter=10 * n + 100,
        )
        step = solution[:, 0]
        error = report.error if report.reached else np.inf
        return step, float(np.abs(step).max(initial=0.0)) + error

    def score_norm_after(self, ability: Real) -> float:
        """The norm of the score where a last, short step has led."""
        if self._solver is not None:
            return self._solver.residual_norm
        self.evaluate(ability)
        return self.score_norm

    def solver(self) -> ConjugateGradients:
        if self._solver is None:
            model = self.model
            self._solver = ConjugateGradients(
                self.laplacian(), model.centre, model.n_centres, self.borders, model.pool
            )
        return self._solver

    def _dense_step(self, free: NDArray[np.intp]) -> Real | None:
        model = self.model
        n = len(model.offsets) - 1
        matrix = np.zeros((n, n))
        row = np.repeat(np.arange(n), np.diff(model.offsets))
        matrix[row, model.neighbour] = -self.weight
        matrix[np.diag_indices(n)] = np.where(self.diagonal > 0, self.diagonal, 1.0)
        for group in range(model.n_centres):
            members = np.flatnonzero(~model.held & (model.centre == group))
            inner = np.ix_(members, members)
            matrix[inner] += np.trace(matrix[inner]) / len(members) ** 2
        step = np.zeros(n)
        try:
            system = matrix[np.ix_(free, free)]
            np.linalg.cholesky(system)  # refuses what is not positive definite; solve would not
            step[free] = np.linalg.solve(system, self.score[free])
        except np.linalg.LinAlgError:
            return None
        remove_means(model.centre, model.n_centres, step[:, None])
        return step


def _strengths(ability: Real) -> tuple[Real, bool]:
    with np.errstate(over="ignore"):
        return np.exp(ability), bool(np.abs(ability).max(initial=0.0) > WIDE_ABILITY)


def bt_start(offsets: NDArray[np.int64], win: Array, loss: Array, threads: int) -> Real:
    won = np.concatenate([[0.0], np.cumsum(win, dtype=np.float64)])
    lost = np.concatenate([[0.0], np.cumsum(loss, dtype=np.float64)])
    won, lost = np.diff(won[offsets]) + 0.5, np.diff(lost[offsets]) + 0.5
    result: Real = np.log(won / lost)
    compared = np.diff(offsets) > 0
    if compared.any():
        noise = (1.0 / won + 1.0 / lost)[compared].mean()
        variance = result[compared].var() - noise
        result /= np.sqrt(1.0 - np.clip(variance / 2.9, 0.0, 0.75))
    return result


def bt_newton(
    offsets: NDArray[np.int64], neighbour: NDArray[np.int32], win: Array, loss: Array, start: Real,
    held: NDArray[np.uint8], centre: NDArray[np.int32], n_centres: int, prior: float, tol: float,
    max_iter: int, dense_below: int, threads: int,
) -> Fit:  # fmt: skip
    with _team(threads) as pool:
        model = _Model(
            offsets, neighbour, win, loss, held.astype(bool), centre, n_centres, prior, pool
        )
        information = _Information(model, np.float32)
        anchored = n_centres == 0 or prior > 0
        ability = start.copy()
        information.evaluate(ability)
        n_iter, stalled, error, previous = 0, 0, 0.0, np.inf
        while n_iter < max_iter:
            step, error = information.newton_step(tol, dense_below)
            n_iter += 1
            high, low = step.max(initial=-np.inf), step.min(initial=np.inf)
            reach = max(high, 0.0) - min(low, 0.0) if anchored else high - low
            if not np.isfinite(reach):
                break
            if error <= tol:
                ability += step
                remove_means(centre, n_centres, ability[:, None])
                norm = information.score_norm_after(ability)
                return ability, n_iter, error, norm, True
            length = LARGEST_SPREAD / reach if reach > LARGEST_SPREAD else 1.0
            while True:
                trial = ability + length * step
                information.evaluate(trial)
                if length * reach <= SAFE_SPREAD or (information.score * step).sum() >= 0.0:
                    break
                length *= 0.5
            ability = trial
            remove_means(centre, n_centres, ability[:, None])
            at_floor = length == 1.0 and error < 1e-5 and error > 0.5 * previous
            stalled = stalled + 1 if at_floor else 0
            previous = error
            lost = not np.isfinite(error) and float(np.abs(step).max(initial=0.0)) <= tol
            if stalled == 3 or lost:
                break
        return ability, n_iter, error, information.score_norm, False


def _fixed_point(
    model: _Model, ability: Real, tol: float, max_iter: int, dense_below: int,
    iterate: Callable[[Real], float],
) -> Fit:  # fmt: skip
    """Iterates in place until a small change and then Newton's step say that it has converged."""
    information = _Information(model, np.float32)
    n_iter, worth_measuring = 0, tol
    while n_iter < max_iter:
        change = iterate(ability)
        n_iter += 1
        remove_means(model.centre, model.n_centres, ability[:, None])
        if change > worth_measuring:
            continue
        information.evaluate(ability)
        error = information.newton_step(tol, dense_below)[1]
        if error <= tol or change == 0.0:
            return ability, n_iter, error, information.score_norm, error <= tol
        worth_measuring = min(0.5, 0.9 * tol / error) * change
    information.evaluate(ability)
    error = information.newton_step(tol, dense_below)[1]
    return ability, n_iter, error, information.score_norm, error <= tol


def bt_minorise(
    offsets: NDArray[np.int64], neighbour: NDArray[np.int32], win: Array, loss: Array, start: Real,
    held: NDArray[np.uint8], centre: NDArray[np.int32], n_centres: int, prior: float, tol: float,
    max_iter: int, dense_below: int, threads: int,
) -> Fit:  # fmt: skip
    borders = _row_borders(offsets)
    with _team(threads) as pool:
        model = _Model(
            offsets, neighbour, win, loss, held.astype(bool), centre, n_centres, prior, pool
        )

        def iterate(ability: Real) -> float:
            strength, wide = _strengths(ability)
            old = ability.copy()
            changes: list[float] = run_chunks(
                lambda begin, end: rows.minorise_rows(
                    *model.graph, strength, old, wide, model.held, prior, begin, end, ability
                ),
                borders,
                pool,
            )
            return max(changes)

        return _fixed_point(model, start.copy(), tol, max_iter, dense_below, iterate)


def bt_newman(
    offsets: NDArray[np.int64], neighbour: NDArray[np.int32], win: Array, loss: Array, start: Real,
    held: NDArray[np.uint8], centre: NDArray[np.int32], n_centres: int, prior: float, tol: float,
    max_iter: int, dense_below: int, threads: int,
) -> Fit:  # fmt: skip
    borders = _row_borders(offsets)
    with _team(threads) as pool:
        model = _Model(
            offsets, neighbour, win, loss, held.astype(bool), centre, n_centres, prior, pool
        )

        def iterate(ability: Real) -> float:
            strength, wide = _strengths(ability)
            # One item after the other: the chunks only keep single calls short.
            changes: list[float] = [
                rows.newman_rows(
                    *model.graph, strength, ability, wide, model.held, prior, begin, end
                )
                for begin, end in borders
            ]
            return max(changes)

        return _fixed_point(model, start.copy(), tol, max_iter, dense_below, iterate)


def bt_log_likelihood(
    offsets: NDArray[np.int64], neighbour: NDArray[np.int32], win: Array, loss: Array,
    ability: Real, threads: int,
) -> float:  # fmt: skip
    strength, wide = _strengths(ability)
    with _team(threads) as pool:
        parts = run_chunks(
            lambda begin, end: rows.log_likelihood_rows(
                offsets, neighbour, win, strength, ability, wide, begin, end
            ),
            _row_borders(offsets),
            pool,
        )
    return -float(sum(parts))


def laplacian_solve(
    offsets: NDArray[np.int64], neighbour: NDArray[np.int32], win: Array, loss: Array,
    ability: Real, held: NDArray[np.uint8], centre: NDArray[np.int32], n_centres: int,
    prior: float, right: Real, relative_tol: float, max_iter: int, threads: int,
) -> tuple[Real, int]:  # fmt: skip
    with _team(threads) as pool:
        model = _Model(
            offsets, neighbour, win, loss, held.astype(bool), centre, n_centres, prior, pool
        )
        information = _Information(model, np.float64)
        information.evaluate(ability)
        free_right = np.where(model.held[:, None], 0.0, right)
        solution, report = information.solver().solve(
            free_right, relative=relative_tol, absolute=0.0, newton=False, max_iter=max_iter
        )
    return solution, report.iterations if report.reached else max_iter + 1
