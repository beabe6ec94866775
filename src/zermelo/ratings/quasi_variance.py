"""Quasi-variances: single intervals that can be read two at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class QuasiVariance:
    """Variances q whose sums q_i + q_j come nearest to the variances of all differences.

    With them a plot of single intervals can be read two at a time (Firth and de Menezes 2004).

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    variance : ndarray of float64, shape (n_items,)
        In ability units squared; NaN where unrated.
    worst_error : float
        Largest relative error of a difference's standard error that they imply.
    """

    items: NDArray[Any]
    variance: Real
    worst_error: float

    def __post_init__(self) -> None:
        self.variance.flags.writeable = False

    @property
    def standard_error(self) -> Real:
        """Square roots, in ability units; NaN where a quasi-variance is negative."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(self.variance))


def quasi_variances(covariance: Real) -> tuple[Real, float]:
    """Minimise the sum over pairs of (log v_ij - log(q_i + q_j))² by Gauss and Newton."""
    n = len(covariance)
    diagonal = np.diag(covariance)
    v = diagonal[:, None] + diagonal[None, :] - 2.0 * covariance
    off = ~np.eye(n, dtype=bool)
    log_v = np.log(np.where(off, v, 1.0))
    q = np.where(off, v, 0.0).sum(axis=1) / (n - 1)
    q = q - q.mean() * 0.5  # sums to the total of the differences' variances

    def misfit(q: Real) -> tuple[float, Real, Real]:
        sums = q[:, None] + q[None, :]
        if (sums[off] <= 0).any():
            return np.inf, sums, sums
        residual = np.where(off, log_v - np.log(np.where(off, sums, 1.0)), 0.0)
        return float((residual**2).sum()), residual, np.where(off, 1.0 / sums, 0.0)

    if (q[:, None] + q[None, :])[off].min() <= 0:
        q = np.full(n, v[off].mean() / 2.0)
    value, residual, inverse = misfit(q)
    for _ in range(100):
        normal = inverse**2
        normal[np.diag_indices(n)] = normal.sum(axis=1)
        step = np.linalg.solve(normal, (residual * inverse).sum(axis=1))
        length = 1.0
        while (trial := misfit(q + length * step))[0] > value and length > 1e-8:
            length *= 0.5
        if trial[0] > value:
            break
        q = q + length * step
        value, residual, inverse = trial
        if np.abs(step).max() <= 1e-12 * np.abs(q).max():
            break
    return q, float(np.abs(np.expm1(-0.5 * residual[off])).max())
