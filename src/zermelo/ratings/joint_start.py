"""Where a joint fit starts: ties and the position's effect from totals, abilities to match."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .cells import Cells, TieModel

Real = NDArray[np.float64]

# Differences of abilities are taken for normal: nodes and weights of their expectation.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(16)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
# The variance of the logistic distribution's normal likeness: averaged over normal log-odds of
# variance s2, a logistic function falls flat by sqrt(1 + s2 / FLATTENING) (Cohen 1979, PROX).
FLATTENING = 2.9


def joint_start(
    cells: Cells, ties: TieModel, ability: Real, held: NDArray[np.bool_], position: bool
) -> tuple[Real, Real]:
    """Abilities, and coefficients with the tie parameter last; `ability` counts ties as halves."""
    tied = 0.0 if cells.tie is None else float(cells.tie.sum())
    decided = float(cells.win.sum() + cells.loss.sum())
    free = ability[~held]
    spread = 2.0 * float(free.var()) if len(free) else 0.0
    extra = np.zeros(cells.features.shape[1] + (ties != "none"))
    slope = 1.0
    if ties != "none":
        share = tied / (tied + decided)
        # Abilities and the tie parameter each need the other.
        parameter = 0.0
        for _ in range(3):
            parameter = _tie_parameter(ties, share, slope * slope * spread)
            slope = _stretch(ties, parameter, np.sqrt(spread))
        extra[-1] = parameter
    if position and tied + decided > 0:
        own = cells.features[:, 0] != 0
        won, lost = float(cells.win[own].sum()), float(cells.loss[own].sum())
        half = 0.0 if cells.tie is None else 0.5 * float(cells.tie[own].sum())
        log_odds = np.log((won + half + 0.5) / (lost + half + 0.5))
        extra[0] = slope * log_odds * np.sqrt(1.0 + spread / FLATTENING)
    return np.where(held, ability, slope * ability), extra


def _tie_parameter(ties: TieModel, share: float, spread: float) -> float:
    """The parameter with which normal differences of that variance tie so often."""
    z = np.sqrt(spread) * NODES
    share = min(max(share, 1e-6), 1.0 - 1e-6)
    # The share at a difference of zero, then Newton's steps in the logarithm.
    if ties == "davidson":
        parameter = np.log(2.0 * share / (1.0 - share))
        for _ in range(8):
            p = 1.0 / (1.0 + 2.0 * np.cosh(0.5 * z) * np.exp(-parameter))
            mean, derivative = WEIGHTS @ p, WEIGHTS @ (p * (1.0 - p))
            parameter += (share - mean) / derivative
        return float(parameter)
    parameter = np.log((1.0 + share) / (1.0 - share))
    for _ in range(8):
        win, loss = 1.0 / (1.0 + np.exp(parameter - z)), 1.0 / (1.0 + np.exp(parameter + z))
        mean = WEIGHTS @ (1.0 - win - loss)
        derivative = WEIGHTS @ (win * (1.0 - win) + loss * (1.0 - loss))
        parameter = max(parameter + (share - mean) / derivative, 0.5 * parameter)
    return float(parameter)


def _stretch(ties: TieModel, parameter: float, difference: float) -> float:
    """How much further apart two items are than ties as halves say, at a typical difference."""
    difference = max(difference, 0.1)
    score = 1.0 / (1.0 + np.exp(-difference))
    # The difference at which the model expects that score is the root of a quadratic equation.
    t = np.exp(parameter)
    if ties == "davidson":  # in exp(difference / 2)
        a, b, c = 1.0 - score, t * (0.5 - score), -score
        root = 2.0 * np.log((-b + np.sqrt(b * b - 4.0 * a * c)) / (2.0 * a))
    else:  # in exp(difference)
        a, b, c = 2.0 * t * (1.0 - score), (1.0 + t * t) * (1.0 - 2.0 * score), -2.0 * score * t
        root = np.log((-b + np.sqrt(b * b - 4.0 * a * c)) / (2.0 * a))
    return float(root / difference)
