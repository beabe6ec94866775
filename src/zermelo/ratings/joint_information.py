"""Variances of joint fits of more items than a whole covariance has, by sparse solves.

The information of (abilities, extra parameters) is [[L, B], [Bᵀ, C]]: L is a weighted Laplacian of
the items, sparse, and there are few extra parameters. With V = L⁺B and the Schur complement
S = C - BᵀV, what an ability's and extra parameters' scores (a, b) move is, by elimination,

    y = S⁻¹ (b - Vᵀa),    x = L⁺a - V y,

so that beside one sparse solve for each extra parameter, once, every right-hand side takes one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..errors import InputError
from ..pair_counts import PairCounts
from .cells import CellMoments, Cells
from .clusters import Clusters
from .uncertainty import PROBES_AT_ONCE, Information, Kind, flipped, information_solver

Real = NDArray[np.float64]

# Of V: every variance rests on it, and it is solved for only once.
BORDER_TOL = 1e-10
# Cells a step, so that memory does not grow with cells times parameters.
STEP = 1 << 17


@dataclass(frozen=True, eq=False)
class JointInformation(Information):
    """`Information` of a fit with extra parameters: features, and the tie parameter's logarithm."""

    cells: Cells
    cell_moments: CellMoments
    ridge: float
    border: Real  # V, shape (n_items, k)
    inverse_schur: Real  # S⁻¹, shape (k, k)

    @property
    def pairs(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return self.cells.first, self.cells.second

    def moments(self) -> tuple[Real, Real]:
        """Information and meat a cell, by log-odds."""
        return self.cell_moments.information, self.cell_moments.meat

    def effect_variances(self, kind: Kind, clusters: Clusters | None = None) -> Real:
        """Exact variances of the extra parameters, shape (k,)."""
        if kind == "fisher":
            return np.diag(self.inverse_schur).copy()
        return self._around(-self.border @ self.inverse_schur, self.inverse_schur, clusters)

    def _forms(self, right: Real, meat: Real | None, clusters: Clusters | None) -> Real:
        own = self.solve(right)
        left = -self.border.T @ right
        extra = self.inverse_schur @ left
        if meat is None and clusters is None:
            return np.asarray((right * own).sum(axis=0) + (left * extra).sum(axis=0))
        return self._around(own - self.border @ extra, extra, clusters)

    def _around(self, solution: Real, extra: Real, clusters: Clusters | None) -> Real:
        """The meat between every column of (abilities, extra parameters) and itself."""
        if clusters is not None:
            return clusters.spread(solution, extra)
        moments = self.cell_moments
        total = np.zeros(solution.shape[1])
        for step in _steps(self.cells):
            change, tie = _changes(self.cells, step, solution, extra)
            total += np.einsum("m,mk,mk->k", moments.meat[step], change, change)
            if tie is not None:
                total += 2.0 * (moments.cross_meat[step] @ change) * tie
                total += moments.tie_meat[step].sum() * tie**2
        return total

    def _probe(
        self, kind: Kind, root: Real, width: int, generator: np.random.Generator
    ) -> tuple[Real, Real]:
        """A coin moves a cell's log-odds, and the tie parameter as far as that goes with them.

        What is left of the tie parameter's score is independent of all else, so that one coin
        stands for all cells.
        """
        fisher, moments = kind == "fisher", self.cell_moments
        n_features = self.cells.features.shape[1]
        right, extra = np.empty((len(self.free), width)), np.zeros((len(self.border.T), width))
        with_ties = len(extra) > n_features
        if with_ties:
            cross = moments.cross if fisher else moments.cross_meat
            square = moments.tie_information if fisher else moments.tie_meat
            along = np.divide(cross, root, out=np.zeros_like(root), where=root > 0)
            rest = np.sqrt(max(float((square - along**2).sum()), 0.0))
            slope = np.divide(along, root, out=np.zeros_like(root), where=root > 0)
        for column in range(width):
            moved = flipped(root, generator)
            right[:, column] = self._by_item(moved)
            extra[:n_features, column] = moved @ self.cells.features
            if with_ties:
                extra[-1, column] = moved @ slope + rest * generator.choice([-1.0, 1.0])
            if fisher and self.prior > 0:
                right[:, column] += self._prior_probe(generator)
            if fisher and self.ridge > 0:
                coins = generator.choice([-1.0, 1.0], n_features)
                extra[:n_features, column] += np.sqrt(self.ridge) * coins
        right[~self.free] = 0.0
        return right, self.solve(right) - self.border @ (
            self.inverse_schur @ (extra - self.border.T @ right)
        )


def joint_information(
    cells: Cells,
    moments: CellMoments,
    counts: PairCounts,
    ability: Real,
    *,
    prior: float,
    ridge: float,
    free: NDArray[np.bool_],
    component: NDArray[np.int32],
    centre: NDArray[np.int32],
    floating: NDArray[np.int32],
    backend: Backend,
    threads: int,
    what: str,
) -> JointInformation:
    """The information at `ability` (NaN where unrated), with one solve an extra parameter."""
    p = 1.0 / (1.0 + np.exp(-np.nan_to_num(ability)))
    diagonal = np.where(free, prior * p * (1.0 - p), 0.0)
    solve = _items_solver(
        cells, moments.information, diagonal, free, floating, backend, threads, what
    )
    border = _border(cells, moments, free, solve)
    return JointInformation(
        counts,
        ability,
        "none" if cells.tie is None else "tie model",
        prior,
        free,
        component,
        centre,
        int(floating.max(initial=-1)) >= 0,
        solve,
        backend,
        threads,
        cells,
        moments,
        ridge,
        border,
        _inverse_schur(cells, moments, border, diagonal, ridge, what),
    )


def _items_solver(
    cells: Cells,
    weight: Real,
    diagonal: Real,
    free: NDArray[np.bool_],
    floating: NDArray[np.int32],
    backend: Backend,
    threads: int,
    what: str,
) -> Callable[..., Real]:
    """solve(right, tol), by the Laplacian of the cells' weights and a diagonal.

    At equal abilities a game's information is P (1 - P) = 1/4, exactly: four times its weight in
    games gives a pair any weight. The diagonal is what one more item that is held adds to those
    that it met.
    """
    from scipy.sparse import coo_array

    first, second, games = cells.first, cells.second, 4.0 * weight
    n = len(free)
    virtual = bool(diagonal.any())
    if virtual:
        met = np.flatnonzero(diagonal).astype(np.int32)
        first = np.concatenate([first, met])
        second = np.concatenate([second, np.full(len(met), n, np.int32)])
        games = np.concatenate([games, 4.0 * diagonal[met]])
    size = n + virtual
    met_by = coo_array((games, (first, second)), shape=(size, size)).tocsr()
    rows = (met_by + met_by.T).tocsr()
    arrays: tuple[NDArray[Any], ...] = (
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int32),
        rows.data,
        np.zeros(len(rows.data)),
    )
    padding = size - n
    held = np.append(~free, np.ones(padding, bool))
    groups = np.append(floating, np.full(padding, -1, np.int32))
    inner = information_solver(backend, arrays, np.zeros(size), held, groups, 0.0, threads, what)

    def solve(right: Real, *tol: float) -> Real:
        if not padding:
            return inner(right, *tol)
        return inner(np.vstack([right, np.zeros((1, right.shape[1]))]), *tol)[:n]

    return solve


def _border(
    cells: Cells, moments: CellMoments, free: NDArray[np.bool_], solve: Callable[..., Real]
) -> Real:
    """V = L⁺B, shape (n, k): how abilities follow the extra parameters."""
    n, with_ties = len(free), cells.tie is not None
    n_features = cells.features.shape[1]
    columns = np.zeros((n, n_features + with_ties))
    for k in range(n_features):
        weighted = moments.information * cells.features[:, k]
        columns[:, k] = cells.by_item(weighted[:, None], n)[:, 0]
    if with_ties:
        columns[:, -1] = cells.by_item(moments.cross[:, None], n)[:, 0]
    columns[~free] = 0.0
    for begin in range(0, columns.shape[1], PROBES_AT_ONCE):
        block = slice(begin, begin + PROBES_AT_ONCE)
        columns[:, block] = solve(columns[:, block], BORDER_TOL)
    return columns


def _inverse_schur(
    cells: Cells, moments: CellMoments, border: Real, diagonal: Real, ridge: float, what: str
) -> Real:
    """S⁻¹, with S summed over cells as [-V; 1]ᵀ H [-V; 1], whose error is V's squared."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    size = border.shape[1]
    n_features = cells.features.shape[1]
    schur = border.T @ (diagonal[:, None] * border)
    schur[np.arange(n_features), np.arange(n_features)] += ridge
    for step in _steps(cells):
        change, tie = _changes(cells, step, -border, np.eye(size))
        schur += (moments.information[step][:, None] * change).T @ change
        if tie is not None:
            cross = np.outer(tie, moments.cross[step] @ change)
            schur += cross + cross.T + np.outer(tie, tie) * moments.tie_information[step].sum()
    try:
        factor = cho_factor(schur)
    except LinAlgError:
        raise InputError(
            f"{what}: the information matrix is singular: parameters beside the abilities are "
            "hardly determined by the data. A ridge on coefficients would help"
        ) from None
    inverse: Real = cho_solve(factor, np.eye(size))
    return 0.5 * (inverse + inverse.T)


def _steps(cells: Cells) -> list[slice]:
    return [slice(begin, begin + STEP) for begin in range(0, len(cells), STEP)]


def _changes(cells: Cells, step: slice, ability: Real, extra: Real) -> tuple[Real, Real | None]:
    """How columns of (abilities, extra parameters) move cells' log-odds, and the tie parameter."""
    features = cells.features[step]
    change = ability[cells.first[step]] - ability[cells.second[step]]
    if features.shape[1]:
        change += features @ extra[: features.shape[1]]
    return change, None if cells.tie is None else extra[-1]
