"""Covariance of abilities and extra parameters of a joint fit, whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .bread import reported_covariance
from .cells import CellMoments, Cells
from .clusters import ClusterMeat
from .uncertainty import Kind

Real = NDArray[np.float64]


def assemble(cells: Cells, n: int, by_z: Real, cross: Real, by_tie: Real, with_ties: bool) -> Real:
    """Sum over cells of the second moments of (e_first - e_second, features, tie)."""
    n_features = cells.features.shape[1]
    n_extra = n_features + with_ties
    first, second, x = cells.first, cells.second, cells.features
    key = first.astype(np.int64) * n + second
    pairs = np.bincount(key, by_z, n * n).reshape(n, n)
    matrix = np.zeros((n + n_extra, n + n_extra))
    items = -(pairs + pairs.T)
    np.fill_diagonal(items, 0.0)
    np.fill_diagonal(items, -items.sum(axis=1))
    matrix[:n, :n] = items
    weighted = by_z[:, None] * x
    columns = np.column_stack([weighted, cross]) if with_ties else weighted
    if n_extra:
        border = cells.by_item(columns, n)
        matrix[:n, n:], matrix[n:, :n] = border, border.T
    matrix[n : n + n_features, n : n + n_features] = x.T @ weighted
    if with_ties:
        matrix[n : n + n_features, -1] = matrix[-1, n : n + n_features] = x.T @ cross
        matrix[-1, -1] = by_tie.sum()
    return matrix


def joint_covariance(
    cells: Cells,
    moments: CellMoments,
    kind: Kind,
    *,
    diagonal: Real,
    ridge: float,
    free: NDArray[np.bool_],
    rated: NDArray[np.bool_],
    component: NDArray[np.int32],
    centre: NDArray[np.int32],
    floating: bool,
    backend: Backend,
    threads: int,
    clusters: ClusterMeat | None,
) -> Real:
    """Of (abilities as they are reported, extra parameters), shape (n + k, n + k).

    `diagonal` is what the prior adds to the items' information, `ridge` to the coefficients'. An
    item that is not `free` has variance 0, or NaN where it is not rated.
    """
    n = len(free)
    with_ties = cells.tie is not None
    matrix = assemble(
        cells, n, moments.information, moments.cross, moments.tie_information, with_ties
    )
    n_extra = len(matrix) - n
    matrix[np.arange(n), np.arange(n)] += diagonal
    coefficients = np.arange(n, n + cells.features.shape[1])
    matrix[coefficients, coefficients] += ridge
    used = np.concatenate([free, np.ones(n_extra, bool)])
    inner = matrix[np.ix_(used, used)]
    groups = np.concatenate([centre[free], np.full(n_extra, -1, np.int32)])
    filling = None
    if clusters is not None:
        filling = clusters.matrix[np.ix_(used, used)]
    elif kind == "sandwich":
        meat = assemble(cells, n, moments.meat, moments.cross_meat, moments.tie_meat, with_ties)
        filling = meat[np.ix_(used, used)]
    result = reported_covariance(inner, filling, groups, floating, backend, threads)
    missing = np.where(np.concatenate([rated, np.ones(n_extra, bool)]), 0.0, np.nan)
    out: Real = np.add.outer(missing, missing)
    out[np.ix_(used, used)] = result if clusters is None else clusters.sandwich(result)
    # Nothing ties the scales of separate components to one another.
    out[:n, :n][component[:, None] != component[None, :]] = np.nan
    return out
