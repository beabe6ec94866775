"""Separation by linear programming, against likelihoods that are climbed with a vanishing ridge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import zermelo as zm
from zermelo.errors import SeparationError
from zermelo.ratings import separation
from zermelo.ratings.cells import TIE_MODELS, Cells
from zermelo.ratings.separation import Direction, find_separation

EVERY = pytest.mark.parametrize("ties", TIE_MODELS)


def draw_cells(seed: int, ties: str, n: int = 3, m: int = 9) -> Cells:
    random = np.random.default_rng(seed)
    first = np.repeat([0, 1, 2], m // 3).astype(np.int32)
    second = np.roll(first, m // 3)
    outcome = random.integers(0, 3 if ties != "none" else 2, m)
    if ties != "none":
        outcome[0] = 2
    features = random.integers(-1, 2, (m, 2)).astype(float)
    win, loss, tie = ((outcome == code).astype(float) for code in range(3))
    return Cells(
        first, second, win, loss, None if ties == "none" else tie, None, features, (win, loss, tie)
    )


def loss(parameters: Any, cells: Cells, ties: str, ridge: float) -> float:
    """Written out; Rao and Kupper's tau as its logarithm would be bounded, so it is squared."""
    z = parameters[cells.first] - parameters[cells.second] + cells.features @ parameters[3:5]
    if ties == "none":
        terms = cells.win * np.logaddexp(0, -z) + cells.loss * np.logaddexp(0, z)
    elif ties == "davidson":
        tau = parameters[5]
        total = np.logaddexp(np.logaddexp(0.5 * z, -0.5 * z), tau)
        terms = cells.win * (total - 0.5 * z) + cells.loss * (total + 0.5 * z)
        terms = terms + cells.tie * (total - tau)
    else:
        tau = np.exp(np.minimum(parameters[5], 5.0))
        no_win, no_loss = np.logaddexp(0, tau - z), np.logaddexp(0, tau + z)
        between = 2 * tau + np.log(-np.expm1(-2 * tau))
        terms = cells.win * no_win + cells.loss * no_loss
        terms = terms + cells.tie * (no_win + no_loss - between)
        parameters = np.append(parameters[:5], tau)
    return float(terms.sum() + 0.5 * ridge * (parameters**2).sum())


def runs_away(cells: Cells, ties: str) -> bool:
    """With a thousandth of the ridge a separated maximum moves out by log(1000), or nearly."""
    begin = np.zeros(5 + (ties != "none"))
    sizes = []
    for ridge in (1e-3, 1e-6):
        begin = minimize(
            loss, begin, args=(cells, ties, ridge), method="BFGS", options={"gtol": 1e-9}
        ).x
        tau = np.exp(begin[5:]) if ties == "rao-kupper" else begin[5:]
        sizes.append(np.abs(np.append(begin[:5], tau)).max())
    return bool(sizes[1] - sizes[0] > 1.2)


@EVERY
def test_the_program_says_what_the_likelihood_does(ties: str) -> None:
    found = []
    for seed in range(24):
        cells = draw_cells(seed, ties, m=9 if seed % 3 or ties != "none" else 15)
        verdict = find_separation(cells, np.zeros(3, bool), False, False)
        assert verdict is not False
        found.append(verdict is not None)
        assert found[-1] == runs_away(cells, ties), seed
    assert 1 < sum(found) < 23  # both happen


@EVERY
def test_directions_break_no_outcome(ties: str) -> None:
    seen = 0
    for seed in range(24):
        cells = draw_cells(seed, ties)
        found = find_separation(cells, np.zeros(3, bool), False, False)
        if not isinstance(found, Direction):
            continue
        seen += 1
        z = found.ability[cells.first] - found.ability[cells.second]
        z = z + cells.features @ found.coefficients
        t = found.tie if ties != "none" else 0.0
        slack = 1e-6
        assert (z[cells.win > 0] >= t - slack).all()
        assert (-z[cells.loss > 0] >= t - slack).all()
        if cells.tie is not None:
            assert (np.abs(z[cells.tie > 0]) <= t + slack).all()
        assert np.abs(z).max() > 1e-3 or t > 1e-3
    assert seen > 1


@EVERY
def test_few_conditions_at_a_time_say_the_same(ties: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [draw_cells(seed, ties) for seed in range(25)]
    still = np.zeros(3, bool)
    whole = [find_separation(each, still, False, False) is None for each in cells]
    monkeypatch.setattr(separation, "FIRST_ROWS", 2)
    monkeypatch.setattr(separation, "MORE_ROWS", 2)
    assert [find_separation(each, still, False, False) is None for each in cells] == whole


def test_prior_and_ridge_hold_their_parameters() -> None:
    cells = draw_cells(1, "none", m=9)
    assert find_separation(cells, np.zeros(3, bool), True, True) is None
    alone = np.array([0, 0, 0], np.int32), np.array([1, 1, 1], np.int32)
    ones, none = np.ones(3), np.zeros(3)
    wins = Cells(*alone, ones, none, None, None, np.eye(3)[:, :1], (ones, ones, ones))
    found = find_separation(wins, np.zeros(2, bool), True, False)
    assert isinstance(found, Direction)
    assert not found.ability.any()
    assert found.coefficients[0] > 0
    found = find_separation(wins, np.zeros(2, bool), False, True)
    assert isinstance(found, Direction)
    assert found.ability[0] > found.ability[1]
    assert not found.coefficients.any()


def position_data(last: float) -> Any:
    """Each wins where it is shown first, but for the last two rows."""
    return zm.Comparisons(list("xyyzzxxy"), list("yxzyxzyx"), [1, 1, 1, 1, 1, 1, last, last])


def test_a_position_that_always_wins_is_named(backend: str) -> None:
    with pytest.raises(SeparationError, match=r"nothing contradicts position \(rising\)"):
        zm.bradley_terry(position_data(1), position_effect=True, backend=backend)
    assert zm.bradley_terry(position_data(0), position_effect=True, backend=backend).converged
    held = zm.bradley_terry(position_data(1), position_effect=True, ridge=0.1, backend=backend)
    assert held.converged
    assert held.position_effect > 0


def test_items_and_features_together_are_named(backend: str) -> None:
    # x wins at home and away; the one game it lost, the feature explains.
    a, b = list("xyzyx"), list("yxyzy")
    score, feature = [1, 0, 1, 1, 0], [0.0, 0.0, 0.5, -0.5, -1.0]
    data = zm.Comparisons(a, b, score, features=np.array(feature))
    with pytest.raises(SeparationError, match=r"feature 0 \(rising\) with abilities \('x'.* above"):
        zm.bradley_terry(data, covariates=True, backend=backend)


def test_a_tie_model_with_a_covariate(backend: str) -> None:
    # With x - y = y - z as wide as the ties reach, nothing is contradicted.
    data = zm.Comparisons(
        list("xxyxyx"), list("yzzyzy"), [1, 1, 1, 0.5, 0.5, 1], features=np.arange(6.0) % 2
    )
    for ties in ("davidson", "rao-kupper"):
        with pytest.raises(SeparationError, match=r"the tie parameter \(rising\) with abilities"):
            zm.bradley_terry(data, ties=ties, covariates=True, backend=backend)


def test_far_parameters_that_exist_are_no_separation(backend: str) -> None:
    # One loss in ten million: 16 log-odds, but finite.
    data = zm.Comparisons(list("xyxy"), list("yxyx"), [1, 0, 0, 1], count=[10**7, 10**7, 1, 1])
    fit = zm.bradley_terry(data, position_effect=True, backend=backend)
    assert fit.converged
    assert np.ptp(fit.ability) > separation.FARTHEST
