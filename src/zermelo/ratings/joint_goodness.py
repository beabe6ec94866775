"""Residuals and deviance of joint fits, from their cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import Cells, log_odds, probabilities
from .joint_fit import JointFit

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pooled:
    """What was observed and expected, added up over the cells of each pair.

    `observed` and `expected` are (p, k) for k outcomes: win and loss of the first, or win, tie and
    loss; `n` is (p,), `squares` Σw², and `variance` Σw² P (1 - P) of the first outcome.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    n: Real
    observed: Real
    expected: Real
    squares: Real
    variance: Real


def pool(fit: JointFit) -> Pooled:
    """A row a pair; an ordered one where the fit has a position effect.

    In a fit without it the two orders of showing mean the same, and are added up.
    """
    cells, n_items = cells_of(fit), fit.n_items
    observed, chance, squares = _by_cell(fit, cells)
    n = observed.sum(axis=1)
    used = n > 0
    first, second = cells.first[used], cells.second[used]
    observed, chance, squares, n = observed[used], chance[used], squares[used], n[used]
    if not fit.extras.position:
        swapped = first > second
        first, second = np.where(swapped, second, first), np.where(swapped, first, second)
        observed[swapped] = observed[swapped, ::-1]
        chance[swapped] = chance[swapped, ::-1]
    key = first.astype(np.int64) * n_items + second
    order = np.argsort(key, kind="stable")
    key = key[order]
    begin = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])

    def added(column: Real) -> Real:
        if not len(begin):
            return column[:0]
        sums: Real = np.add.reduceat(column[order], begin, axis=0)
        return sums

    win = chance[:, 0]
    return Pooled(
        first[order][begin],
        second[order][begin],
        added(n),
        added(observed),
        added(n[:, None] * chance),
        added(squares),
        added(squares * win * (1.0 - win)),
    )


def cells_of(fit: JointFit) -> Cells:
    """The cells, or the error that says why there are none."""
    fit.require_data("goodness of fit")
    cells = fit.extras.cells
    if cells is None:
        raise AssertionError("a fit with its counts has its cells")
    return cells


def _by_cell(fit: JointFit, cells: Cells) -> tuple[Real, Real, Real]:
    """Sums of weights by outcome, probabilities (m, k) and Σw² (m,)."""
    extras = fit.extras
    z = log_odds(cells, np.nan_to_num(fit.model.ability), extras.coefficients)
    win, loss, tie = probabilities(extras.ties, z, extras.log_tie)
    if cells.tie is None:
        # 1 - P, without the cancellation where P is near 1.
        lost = probabilities("none", -z, 0.0)[0]
        observed = np.stack([cells.win, cells.loss], axis=1)
        return observed, np.stack([win, lost], axis=1), cells.squares[0]
    observed = np.stack([cells.win, cells.tie, cells.loss], axis=1)
    return observed, np.stack([win, tie, loss], axis=1), np.asarray(sum(cells.squares))


def row_deviance(fit: JointFit) -> tuple[float, float, int]:
    """Deviance and Pearson's statistic against a probability for every row, and how many rows."""
    from scipy.special import xlogy

    observed, chance, squares = _by_cell(fit, cells_of(fit))
    n = observed.sum(axis=1)
    used = n > 0
    observed, chance, squares, n = observed[used], chance[used], squares[used], n[used]
    expected = n[:, None] * chance
    part = xlogy(observed, observed / expected) - (observed - expected)
    missed = (observed - expected) ** 2 / (chance * squares[:, None])
    return 2.0 * float(part.sum()), float(missed.sum()), len(n)
