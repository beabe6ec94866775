"""Twin of the fits of many small tables: numba over a few tables, Python's threads over the rest.

The method is that of the C++ core, where the reasons are given; abilities agree to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from .bradley_terry import _team
from .threads import run_chunks

Function = TypeVar("Function", bound=Callable[..., Any])
Real = NDArray[np.float64]

# Multiplications of one call, well below 0.2 s, so that Ctrl-C works.
WORK_PER_CHUNK = 1 << 24


def _compile(function: Function) -> Function:
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


@_compile
def _evaluate(
    wins: Any, prior: float, ability: Any, strength: Any, score: Any, matrix: Any
) -> None:
    n = len(ability)
    for i in range(n):
        strength[i] = math.exp(ability[i])
        p = 1.0 / (1.0 + math.exp(-ability[i]))
        score[i] = prior * (0.5 - p)
        matrix[i, i] = prior * p * (1.0 - p)
    for i in range(1, n):
        own, diagonal = 0.0, 0.0
        for j in range(i):
            games = wins[i, j] + wins[j, i]
            if games == 0.0:
                matrix[i, j] = 0.0
                continue
            both = strength[i] + strength[j]
            p = strength[i] / both
            residual = wins[i, j] - games * p
            curvature = games * p * (strength[j] / both)
            matrix[i, j] = -curvature
            own += residual
            diagonal += curvature
            score[j] -= residual
            matrix[j, j] += curvature
        score[i] += own
        matrix[i, i] += diagonal


@_compile
def _factor(matrix: Any) -> bool:
    n = len(matrix)
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            if j < i:
                matrix[i, j] = total / matrix[j, j]
            elif total > 0.0:
                matrix[i, i] = math.sqrt(total)
            else:
                return False
    return True


@_compile
def _solve(matrix: Any, x: Any) -> None:
    n = len(x)
    for i in range(n):
        total = x[i]
        for k in range(i):
            total -= matrix[i, k] * x[k]
        x[i] = total / matrix[i, i]
    for i in range(n - 1, -1, -1):
        x[i] /= matrix[i, i]
        for k in range(i):
            x[k] -= matrix[i, k] * x[i]


@_compile
def _fit(
    wins: Any, prior: float, tol: float, max_iter: int, ability: Any, strength: Any, step: Any,
    matrix: Any,
) -> float:  # fmt: skip
    ability[:] = 0.0
    change = math.inf
    for _ in range(max_iter):
        _evaluate(wins, prior, ability, strength, step, matrix)
        if not _factor(matrix):
            return math.inf
        _solve(matrix, step)
        high, low = max(0.0, step.max()), min(0.0, step.min())
        share = 1.0 / max(1.0, high - low)
        ability += share * step
        change = share * max(high, -low)
        if not change > tol:
            break
    ability -= ability.sum() / len(ability)
    return change


@_compile
def _fit_tables(
    wins: Any, prior: float, tol: float, max_iter: int, begin: int, end: int, ability: Any,
    last_step: Any,
) -> None:  # fmt: skip
    n = wins.shape[1]
    strength, step, matrix = np.empty(n), np.empty(n), np.empty((n, n))
    for table in range(begin, end):
        last_step[table] = _fit(
            wins[table], prior, tol, max_iter, ability[table], strength, step, matrix
        )


def small_fits(
    wins: Real, prior: float, tol: float, max_iter: int, threads: int
) -> tuple[Real, Real]:
    n_tables, n, _ = wins.shape
    ability, last_step = np.empty((n_tables, n)), np.empty(n_tables)
    # A Newton step takes about n^3 / 3 multiplications besides the pairs.
    tables = max(WORK_PER_CHUNK // (10 * n * n * (n // 3 + 8)), 1)
    borders = [(at, min(at + tables, n_tables)) for at in range(0, n_tables, tables)]
    with _team(threads) as pool:
        run_chunks(
            lambda begin, end: _fit_tables(
                wins, prior, tol, max_iter, begin, end, ability, last_step
            ),
            borders,
            pool,
        )
    return ability, last_step
