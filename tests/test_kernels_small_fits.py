"""Fits of many small tables of wins on both backends, against a fit of one table at a time."""

from __future__ import annotations

import numpy as np
import pytest

import zermelo as zm
from zermelo._backends import Backend


def tables(seed: int, n_tables: int, n: int) -> np.ndarray:
    """Wins and half ties of random pairs, of which some never meet."""
    rng = np.random.default_rng(seed)
    met = np.tril(rng.integers(0, 4, (n_tables, n, n)), -1) * (rng.random((n_tables, n, n)) < 0.6)
    ability = rng.normal(0.0, 2.0, (n_tables, n))
    p = 1.0 / (1.0 + np.exp(ability[:, None, :] - ability[:, :, None]))
    low = rng.binomial(2 * met, p) / 2
    return np.ascontiguousarray(low + np.swapaxes(met - low, 1, 2))


def one_at_a_time(wins: np.ndarray, prior: float) -> np.ndarray:
    n = len(wins)
    i, j = np.nonzero(wins + wins.T)
    counts = zm.Comparisons(
        np.append(i, np.arange(n)),
        np.append(j, (np.arange(n) + 1) % n),
        np.ones(len(i) + n),
        # Items that never met anybody are there all the same.
        weight=np.append(wins[i, j], np.zeros(n)),
    )
    return zm.bradley_terry(counts, prior=prior, tol=1e-11).ability


@pytest.mark.filterwarnings("ignore:The comparison graph is not connected")
@pytest.mark.parametrize(("n_tables", "n"), [(1, 2), (30, 5), (7, 20), (2, 60)])
@pytest.mark.parametrize("prior", [1.0, 0.01])
def test_against_one_fit_at_a_time(kernels: Backend, n_tables: int, n: int, prior: float) -> None:
    wins = tables(n, n_tables, n)
    ability, last_step = kernels.small_fits(wins, prior, 1e-8, 100, 1)
    assert (last_step <= 1e-8).all()
    expected = [one_at_a_time(table, prior) for table in wins]
    np.testing.assert_allclose(ability, expected, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ability.sum(axis=1), 0.0, atol=1e-10)
    for threads in (2, 3):
        again = kernels.small_fits(wins, prior, 1e-8, 100, threads)[0]
        np.testing.assert_array_equal(again, ability)


def test_converges_from_afar(kernels: Backend) -> None:
    """Each beats the next a million times: whole Newton steps from zero would overshoot."""
    n = 8
    wins = np.zeros((1, n, n))
    wins[0, np.arange(n - 1), np.arange(1, n)] = 1e6
    ability, last_step = kernels.small_fits(wins, 1e-3, 1e-8, 200, 1)
    assert last_step[0] <= 1e-8
    np.testing.assert_allclose(ability[0], one_at_a_time(wins[0], 1e-3), rtol=0, atol=1e-6)


def test_says_where_it_did_not_converge(kernels: Backend) -> None:
    wins = tables(1, 3, 6)
    assert (kernels.small_fits(wins, 1.0, 1e-8, 1, 1)[1] > 1e-8).all()
    wins[1, 2, 3] = np.nan
    last_step = kernels.small_fits(wins, 1.0, 1e-8, 100, 2)[1]
    assert not last_step[1] <= 1e-8
    assert (last_step[[0, 2]] <= 1e-8).all()


def test_no_tables(kernels: Backend) -> None:
    ability, last_step = kernels.small_fits(np.empty((0, 3, 3)), 1.0, 1e-8, 100, 2)
    assert ability.shape == (0, 3)
    assert last_step.shape == (0,)
