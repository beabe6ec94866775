"""Twin of the conjugate gradients on the information matrix, with the coarse correction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bradley_terry_rows as rows
from .threads import run_chunks

Real = NDArray[np.float64]

PATIENCE = 24
FALL = 0.05
WANTED_CLUSTERS = 256
MOST_CLUSTERS = 1024


@dataclass(frozen=True, eq=False)
class Laplacian:
    """diagonal[i] x_i - sum over j of weight_ij x_j."""

    offsets: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    weight: NDArray[Any]
    diagonal: Real
    inverse_diagonal: Real


@dataclass
class SolveReport:
    iterations: int = 0
    error: float = 0.0
    reached: bool = False


def remove_means(centre: NDArray[np.int32], n_centres: int, columns: Real) -> None:
    """Takes each floating group's mean from every column, in place."""
    if n_centres == 0:
        return
    inside = centre >= 0
    group = centre[inside]
    sizes = np.bincount(group, minlength=n_centres)
    for lane in range(columns.shape[1]):
        sums = np.bincount(group, columns[inside, lane], minlength=n_centres)
        columns[inside, lane] -= (sums / sizes)[group]


class _CoarseSpace:
    """The same equations between clusters of adjacent items."""

    def __init__(self, matrix: Laplacian, centre: NDArray[np.int32], n_centres: int) -> None:
        n = len(matrix.offsets) - 1
        full = -(-n // WANTED_CLUSTERS)
        self.matrix = matrix
        self.cluster: NDArray[np.int32] = rows.grow_clusters(
            matrix.offsets, matrix.neighbour, matrix.inverse_diagonal, full
        )
        self.inside = self.cluster >= 0
        self.size = int(self.cluster.max(initial=-1)) + 1
        self.usable = 1 < self.size <= MOST_CLUSTERS
        self.n_centres = n_centres
        self.centre = np.full(max(self.size, 1), -1, np.int32)
        self.centre[self.cluster[self.inside]] = centre[self.inside]
        self.system: Real = np.zeros((0, 0))

    def refresh(self) -> bool:
        matrix, cluster, size = self.matrix, self.cluster, self.size
        row = np.repeat(cluster, np.diff(matrix.offsets))
        column = cluster[matrix.neighbour]
        both = (row >= 0) & (column >= 0)
        place = row[both].astype(np.int64) * size + column[both]
        system = -np.bincount(place, matrix.weight[both], size * size).reshape(size, size)
        diagonal = np.bincount(cluster[self.inside], matrix.diagonal[self.inside], size)
        system[np.diag_indices(size)] += diagonal
        for group in range(self.n_centres):
            members = np.flatnonzero(self.centre == group)
            if len(members):
                inner = np.ix_(members, members)
                system[inner] += np.trace(system[inner]) / len(members) ** 2
        try:
            lower = np.linalg.cholesky(system)
        except np.linalg.LinAlgError:
            return False
        inverse = np.linalg.inv(lower)
        self.system = inverse.T @ inverse
        return True

    def correct(self, residual: Real) -> tuple[Real, Real]:
        """What the clusters add to the preconditioned residual, and to r'z."""
        cluster = self.cluster[self.inside]
        sums = np.stack(
            [np.bincount(cluster, lane, self.size) for lane in residual[self.inside].T], axis=1
        )
        solution = self.system @ sums
        added = np.zeros_like(residual)
        added[self.inside] = solution[cluster]
        return added, (sums * solution).sum(axis=0)


class ConjugateGradients:
    """Right-hand sides are columns, solved side by side."""

    def __init__(
        self,
        matrix: Laplacian,
        centre: NDArray[np.int32],
        n_centres: int,
        borders: list[tuple[int, int]],
        pool: ThreadPoolExecutor | None,
    ) -> None:
        self.matrix = matrix
        self.centre = centre
        self.n_centres = n_centres
        self.borders = borders
        self.pool = pool
        self.residual_norm = 0.0
        self._coarse: _CoarseSpace | None = None
        self._coarse_active = False

    def solve(
        self, right: Real, *, relative: float, absolute: float, newton: bool, max_iter: int
    ) -> tuple[Real, SolveReport]:
        def accurate_enough(moved: Real, norm: Real, left: float) -> bool:
            if newton:
                near = left * moved <= np.minimum(relative * norm, 0.5 * norm * norm)
            else:
                near = moved <= relative * norm
            return bool((near | (moved <= absolute)).all())

        if self._coarse is not None:
            self._coarse_active = self._coarse.refresh()
            return self._iterate(right, accurate_enough, max_iter)
        solution, report = self._iterate(right, accurate_enough, min(max_iter, PATIENCE))
        if report.reached or max_iter <= PATIENCE:
            return solution, report
        coarse = _CoarseSpace(self.matrix, self.centre, self.n_centres)
        if coarse.usable:
            self._coarse = coarse
            self._coarse_active = coarse.refresh()
        return self._iterate(right, accurate_enough, max_iter)

    def _precondition(self, residual: Real) -> tuple[Real, Real]:
        z = self.matrix.inverse_diagonal[:, None] * residual
        rz = (residual * z).sum(axis=0)
        if self._coarse_active and self._coarse is not None:
            added, share = self._coarse.correct(residual)
            z += added
            rz = rz + share
        return z, rz

    def _multiply(self, direction: NDArray[Any], product: Real) -> None:
        matrix = self.matrix
        run_chunks(
            lambda begin, end: rows.multiply_rows(
                matrix.offsets, matrix.neighbour, matrix.weight, matrix.diagonal, direction, begin,
                end, product,
            ),
            self.borders,
            self.pool,
        )  # fmt: skip

    def _iterate(
        self, right: Real, accurate_enough: Any, max_iter: int
    ) -> tuple[Real, SolveReport]:
        residual = np.array(right, np.float64, order="C")
        remove_means(self.centre, self.n_centres, residual)
        x, snapshot = np.zeros_like(residual), np.zeros_like(residual)
        product = np.empty_like(residual)
        z, rz = self._precondition(residual)
        direction = z.astype(self.matrix.weight.dtype)
        reference: Real | None = None
        report = SolveReport()
        while report.iterations < max_iter:
            self._multiply(direction, product)
            dq = (direction.astype(np.float64) * product).sum(axis=0)
            moving = (rz > 0) & (dq > 0)
            if not moving.any():
                report.reached = True
                break
            report.iterations += 1
            alpha = np.divide(rz, dq, out=np.zeros_like(rz), where=moving)
            gamma = alpha * rz
            if reference is None:
                reference = gamma
            x += alpha * direction
            residual -= alpha * product
            before = rz
            z, rz = self._precondition(residual)
            left = np.divide(gamma, reference, out=np.zeros_like(gamma), where=reference > 0).max()
            if left <= FALL:
                reference = gamma
                moved = np.abs(x - snapshot).max(axis=0, initial=0.0)
                snapshot = x.copy()
                report.error = float(moved.max())
                if accurate_enough(moved, np.abs(x).max(axis=0, initial=0.0), np.sqrt(left)):
                    report.reached = True
                    break
            beta = np.divide(rz, before, out=np.zeros_like(rz), where=before > 0)
            direction = (z + beta * direction).astype(direction.dtype)
        self.residual_norm = float(np.abs(residual).max(initial=0.0))
        remove_means(self.centre, self.n_centres, x)
        return x, report
