"""Joint fits of 8,931 crowd votes on 59 language models, 39% of them ties, against SciPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

import zermelo as zm

pytestmark = pytest.mark.data

SCORES = {"left": 1.0, "right": 0.0, "tie": 0.5}


class Likelihood:
    """Minus the log-likelihood of rows, written for complex numbers: a step along the imaginary
    axis gives a derivative to full precision."""

    def __init__(
        self, votes: zm.Comparisons, score: NDArray[Any], columns: NDArray[Any], ties: str
    ) -> None:
        self.a, self.b, self.n = votes.a, votes.b, votes.n_items
        self.won, self.lost = score == 1.0, score == 0.0
        self.columns, self.ties = columns, ties

    def losses(self, z: Any, tau: Any) -> NDArray[Any]:
        if self.ties == "davidson":
            log_sum = np.log(np.exp(0.5 * z) + np.exp(-0.5 * z) + np.exp(tau))
            win, loss, tie = 0.5 * z - log_sum, -0.5 * z - log_sum, tau - log_sum
        else:
            win, loss = -np.log(1.0 + np.exp(tau - z)), -np.log(1.0 + np.exp(tau + z))
            tie = np.log(np.exp(2.0 * tau) - 1.0) + win + loss
        return -np.where(self.won, win, np.where(self.lost, loss, tie))

    def log_odds(self, x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x[self.a] - x[self.b] + self.columns @ x[self.n : -1])

    def __call__(self, x: NDArray[Any]) -> float:
        # The mean of the abilities is free: hold it at zero.
        return float(self.losses(self.log_odds(x), x[-1]).sum() + 0.5 * x[: self.n].sum() ** 2)

    def gradient(self, x: NDArray[Any]) -> NDArray[np.float64]:
        z, step = self.log_odds(x), 1e-30
        by_z = self.losses(z + 1j * step, x[-1]).imag / step
        by_tau = self.losses(z, x[-1] + 1j * step).imag.sum() / step
        by_item = np.bincount(self.a, by_z, self.n) - np.bincount(self.b, by_z, self.n)
        return np.concatenate([by_item + x[: self.n].sum(), self.columns.T @ by_z, [by_tau]])

    def hessian(self, x: NDArray[Any], step: float = 1e-5) -> NDArray[np.float64]:
        rows = [
            (self.gradient(x + step * unit) - self.gradient(x - step * unit)) / (2 * step)
            for unit in np.eye(len(x))
        ]
        return np.array(rows)

    def best(self) -> NDArray[np.float64]:
        start = np.zeros(self.n + self.columns.shape[1] + 1)
        start[-1] = 0.5
        x = minimize(self, start, jac=self.gradient, method="BFGS").x
        hessian = self.hessian(x)
        for _ in range(3):
            x = x - np.linalg.solve(hessian, self.gradient(x))
        assert np.abs(self.gradient(x)).max() < 1e-8
        return np.asarray(x)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
@pytest.mark.parametrize("joint", [False, True], ids=["ties", "ties, position and covariates"])
def test_scipy_finds_the_same(
    data_path: Callable[[str], Path], backend: str, ties: str, joint: bool
) -> None:
    frame = pd.read_csv(data_path("llmfao_crowd.csv.gz"))
    random = np.random.default_rng(0)
    features = np.stack(
        [random.normal(size=len(frame)), random.integers(-2, 3, len(frame))], axis=1
    )
    outcome = frame["winner"].map(SCORES).to_numpy()
    votes = zm.Comparisons(
        frame["left"], frame["right"], outcome, features=features if joint else None
    )
    fit = zm.bradley_terry(
        votes, ties=ties, position_effect=joint, covariates=joint, tol=1e-10, backend=backend
    )
    columns = (
        np.column_stack([np.ones(len(frame)), features]) if joint else np.empty((len(frame), 0))
    )
    found = Likelihood(votes, outcome, columns, ties).best()
    np.testing.assert_allclose(fit.ability, found[: votes.n_items], atol=1e-6)
    assert np.log(fit.tie_parameter) == pytest.approx(found[-1], abs=1e-6)
    if joint:
        extra = np.append(fit.position_effect, fit.coefficients)
        np.testing.assert_allclose(extra, found[votes.n_items : -1], atol=1e-6)
