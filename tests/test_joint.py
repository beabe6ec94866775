"""Ties, position and covariates fitted together, against SciPy on the same likelihood."""

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
from zermelo.errors import ConvergenceWarning, DisconnectedError, InputError, SeparationError

TIE_MODELS = ("davidson", "rao-kupper")
BASEBALL = Path(__file__).parent.parent / "examples" / "baseball.csv"


def outcome_probabilities(ties: str, z: Any, tau: float) -> NDArray[np.float64]:
    """Win, tie and loss, written from the papers and not as the kernels have it."""
    i, j = np.exp(z), np.ones_like(z)
    if ties == "davidson":
        tie = np.exp(tau) * np.sqrt(i * j)
        return np.stack([i, tie, j], axis=-1) / (i + j + tie)[..., None]
    if ties == "rao-kupper":
        theta = np.exp(tau)
        win, loss = i / (i + theta * j), j / (theta * i + j)
        return np.stack([win, 1.0 - win - loss, loss], axis=-1)
    return np.stack([i / (i + j), 0.0 * i, j / (i + j)], axis=-1)


class Votes:
    """Rows with a position, two features and ties, and the negative log-likelihood of them."""

    def __init__(self, seed: int, ties: str, n: int = 9, m: int = 1500) -> None:
        random = np.random.default_rng(seed)
        a, b = random.integers(0, n, (2, m))
        keep = a != b
        self.n, self.ties = n, ties
        self.a, self.b = a[keep], b[keep]
        m = len(self.a)
        self.features = random.normal(size=(m, 2))
        self.neutral = random.random(m) < 0.3
        self.ability = random.normal(size=n)
        self.ability -= self.ability.mean()
        self.tau = {"davidson": 0.3, "rao-kupper": 0.6}.get(ties, 0.0)
        z = self.log_odds(np.concatenate([self.ability, [0.4, 0.3, -0.2]]))
        chances = outcome_probabilities(ties, z, self.tau)
        draw = random.random(m)
        self.score = np.where(
            draw < chances[:, 0], 1.0, np.where(draw < chances[:, :2].sum(axis=1), 0.5, 0.0)
        )
        self.count = random.integers(1, 4, m)

    def log_odds(self, x: Any) -> NDArray[np.float64]:
        n = self.n
        z = x[self.a] - x[self.b] + x[n] * ~self.neutral
        return np.asarray(z + self.features @ x[n + 1 : n + 3])

    def loss(self, x: Any) -> float:
        # Rao and Kupper's is positive: the search may not leave its range.
        tau = abs(x[-1]) if self.ties in TIE_MODELS and x[-1] != 0 else 0.0
        tau = x[-1] if self.ties == "davidson" else tau
        chances = outcome_probabilities(self.ties, self.log_odds(x), tau)
        if self.ties not in TIE_MODELS:
            y = self.score
            value = y * np.log(chances[:, 0]) + (1 - y) * np.log(chances[:, 2])
        else:
            column = np.where(self.score == 1, 0, np.where(self.score == 0.5, 1, 2))
            value = np.log(chances[np.arange(len(column)), column])
        return -float((self.count * value).sum())

    def solve(self) -> NDArray[np.float64]:
        start = np.zeros(self.n + 3 + (self.ties in TIE_MODELS))
        if self.ties in TIE_MODELS:
            start[-1] = 0.5
        x = minimize(self.loss, start, method="BFGS", options={"gtol": 1e-6}).x
        x[: self.n] -= x[: self.n].mean()
        return np.asarray(x)

    def comparisons(self) -> zm.Comparisons:
        return zm.Comparisons(
            self.a,
            self.b,
            self.score,
            count=self.count,
            neutral=self.neutral,
            features=self.features,
        )

    def fit(self, **options: Any) -> Any:
        return zm.bradley_terry(
            self.comparisons(), ties=self.ties, position_effect=True, covariates=True, **options
        )


def parameters(fit: Any) -> NDArray[np.float64]:
    tie = [] if fit.tie_parameter is None else [np.log(fit.tie_parameter)]
    return np.concatenate([fit.ability, [fit.position_effect], fit.coefficients, tie])


@pytest.mark.parametrize("ties", ["half", *TIE_MODELS])
def test_scipy_finds_the_same(backend: str, ties: str) -> None:
    votes = Votes(1, ties)
    fit = votes.fit(backend=backend)
    assert fit.converged
    assert fit.ability_error < 1e-8
    np.testing.assert_allclose(parameters(fit), votes.solve(), atol=3e-6)
    assert fit.log_likelihood == pytest.approx(-votes.loss(parameters(fit)), rel=1e-10)


@pytest.mark.parametrize("ties", TIE_MODELS)
def test_truth_is_recovered(ties: str) -> None:
    votes = Votes(2, ties, n=6, m=40_000)
    votes.count[:] = 1
    fit = votes.fit()
    effects = fit.effects(kind="fisher")
    truth = np.array([0.4, 0.3, -0.2, votes.tau])
    assert (np.abs(effects.estimate - truth) < 4 * effects.standard_error).all()
    error = fit.interval(kind="fisher").standard_error
    assert (np.abs(fit.ability - votes.ability) < 4 * error).all()


def test_half_ties_shrink_abilities(backend: str) -> None:
    votes = Votes(3, "davidson", n=5, m=20_000)
    data = votes.comparisons()
    half = zm.bradley_terry(data, backend=backend)
    davidson = zm.bradley_terry(data, ties="davidson", backend=backend)
    assert 0.5 < half.ability.std() / davidson.ability.std() < 0.8


def test_baseball_with_home_effect(backend: str) -> None:
    # Agresti 2002; R BradleyTerry2, relative to BAL.
    frame = pd.read_csv(BASEBALL)
    games = zm.Comparisons.from_frame(frame, "home", "away", "winner", count="games")
    fit = zm.bradley_terry(games, position_effect=True, backend=backend)
    interval = fit.interval(kind="fisher", reference="BAL")
    teams = interval.items.tolist()
    expected = {
        "BOS": (1.1438, 0.3378), "CLE": (0.7047, 0.3350), "DET": (1.4754, 0.3446),
        "MIL": (1.6196, 0.3474), "NYY": (1.2813, 0.3404), "TOR": (1.3271, 0.3403),
    }  # fmt: skip
    for team, (ability, error) in expected.items():
        at = teams.index(team)
        assert round(float(interval.estimate[at]), 4) == ability
        assert round(float(interval.standard_error[at]), 4) == error
    effects = fit.effects(kind="fisher")
    assert effects.names == ("position",)
    assert round(fit.position_effect, 5) == 0.30226
    assert round(float(effects.standard_error[0]), 4) == 0.1309
    assert round(fit.log_likelihood, 5) == -169.54287


@pytest.mark.parametrize("ties", ["half", *TIE_MODELS])
def test_covariance_against_differences(ties: str) -> None:
    """Information by numerical differences, meat from single rows' scores."""
    votes = Votes(4, ties, n=5, m=600)
    fit = votes.fit(tol=1e-11)
    x, n = parameters(fit), 5
    size = len(x)
    step = 1e-4
    hessian = np.zeros((size, size))
    units = step * np.eye(size)
    for i in range(size):
        for j in range(size):
            hessian[i, j] = (
                votes.loss(x + units[i] + units[j])
                - votes.loss(x + units[i] - units[j])
                - votes.loss(x - units[i] + units[j])
                + votes.loss(x - units[i] - units[j])
            ) / (4 * step**2)
    rows = []
    every = votes.count
    for row in range(len(every)):
        votes.count = np.where(np.arange(len(every)) == row, 1, 0)
        rows.append([(votes.loss(x + u) - votes.loss(x - u)) / (2 * step) for u in units])
    votes.count = every
    scores = np.array(rows)
    meat = (scores * every[:, None]).T @ scores
    centre = np.zeros((size, size))
    centre[:n, :n] = 1.0
    inverse = np.linalg.inv(hessian + centre)
    project = np.eye(size)
    project[:n, :n] -= 1.0 / n
    for kind, whole in (("fisher", inverse), ("sandwich", inverse @ meat @ inverse)):
        whole = project @ whole @ project.T
        np.testing.assert_allclose(fit.covariance(kind), whole[:n, :n], rtol=2e-3, atol=2e-6)
        error = np.sqrt(np.diag(whole)[n:])
        np.testing.assert_allclose(fit.effects(kind=kind).standard_error, error, rtol=2e-3)


@pytest.mark.parametrize("ties", ["half", *TIE_MODELS])
def test_large_graphs_are_eliminated(
    backend: str, ties: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    votes = Votes(5, ties, n=80, m=4_000)
    dense = votes.fit(backend=backend, tol=1e-9)
    monkeypatch.setattr("zermelo.ratings.bradley_terry.DENSE_BELOW", 10)
    sparse = votes.fit(backend=backend, tol=1e-9)
    assert sparse.converged
    np.testing.assert_allclose(parameters(sparse), parameters(dense), atol=1e-9)


@pytest.mark.parametrize("ties", ["half", *TIE_MODELS])
def test_threads_change_no_bit(backend: str, ties: str) -> None:
    votes = Votes(6, ties, n=60, m=60_000)
    fits = [votes.fit(threads=threads, backend=backend) for threads in (1, 2, 3)]
    for fit in fits[1:]:
        np.testing.assert_array_equal(parameters(fit), parameters(fits[0]))


@pytest.mark.skipif(
    not zm.backend_info()["cpp"]["available"], reason="the extension is not installed"
)
@pytest.mark.parametrize("ties", ["half", *TIE_MODELS])
def test_backends_agree(ties: str) -> None:
    votes = Votes(6, ties, n=60, m=6_000)
    one, other = (parameters(votes.fit(backend=name, tol=1e-10)) for name in ("cpp", "numba"))
    np.testing.assert_allclose(one, other, atol=1e-10)


@pytest.mark.parametrize("ties", TIE_MODELS)
def test_predictions(ties: str) -> None:
    fit = Votes(7, ties).fit()
    chances = fit.predict([0, 1], [1, 0])
    assert chances.shape == (2, 3)
    np.testing.assert_allclose(chances.sum(axis=-1), 1.0)
    np.testing.assert_allclose(chances[0], chances[1, ::-1])
    first, second = (fit.predict(0, 1, position=p) for p in ("first", "second"))
    assert first[0] > chances[0, 0] > second[0]
    np.testing.assert_allclose(first, fit.predict(1, 0, position="second")[::-1])
    z = fit.ability[0] - fit.ability[1] + fit.position_effect
    expected = outcome_probabilities(ties, np.array(z), np.log(fit.tie_parameter))
    np.testing.assert_allclose(first, expected)
    matrix = fit.win_matrix(position="first")
    assert matrix.shape == (9, 9, 3)
    np.testing.assert_allclose(matrix[0, 1], first)
    np.testing.assert_allclose(np.diagonal(fit.win_matrix()[..., 0]), fit.predict(3, 3)[0])


def test_neutral_rows_take_no_part_in_the_position() -> None:
    votes = Votes(8, "half")
    fit = votes.fit()
    # Neutral rows turned around change nothing; the others do.
    swapped = votes.comparisons()
    a = np.where(votes.neutral, votes.b, votes.a)
    b = np.where(votes.neutral, votes.a, votes.b)
    y = np.where(votes.neutral, 1.0 - votes.score, votes.score)
    x = np.where(votes.neutral[:, None], -votes.features, votes.features)
    swapped = zm.Comparisons(a, b, y, count=votes.count, neutral=votes.neutral, features=x)
    other = zm.bradley_terry(swapped, position_effect=True, covariates=True)
    np.testing.assert_allclose(parameters(other), parameters(fit), atol=1e-8)


def test_offset_is_known_log_odds(backend: str) -> None:
    votes = Votes(9, "half")
    known = np.random.default_rng(0).normal(size=votes.n)
    offset = known[votes.a] - known[votes.b]
    plain = zm.bradley_terry(zm.Comparisons(votes.a, votes.b, votes.score), backend=backend)
    shifted = zm.bradley_terry(
        zm.Comparisons(votes.a, votes.b, votes.score, offset=offset), backend=backend
    )
    np.testing.assert_allclose(shifted.ability, plain.ability - (known - known.mean()), atol=1e-8)
    assert "offset" in repr(shifted)


def test_ridge_is_on_the_sum(backend: str) -> None:
    votes = Votes(10, "half")
    ridge = 50.0
    fit = votes.fit(ridge=ridge, backend=backend)
    n = votes.n

    def loss(x: Any) -> float:
        return votes.loss(x) + 0.5 * ridge * float((x[n:] ** 2).sum())

    x = minimize(loss, np.zeros(n + 3), method="BFGS", options={"gtol": 1e-6}).x
    np.testing.assert_allclose(parameters(fit)[n:], x[n:], atol=3e-6)
    free = votes.fit(backend=backend)
    assert (np.abs(fit.coefficients) < np.abs(free.coefficients)).all()


def test_standardized_features_have_coefficients_in_their_units(backend: str) -> None:
    votes = Votes(11, "davidson")
    raw = votes.fit(backend=backend)
    votes.features = votes.features * [1000.0, 0.01]
    options = {"ties": "davidson", "position_effect": True, "backend": backend}
    fit = zm.bradley_terry(votes.comparisons(), covariates="standardize", **options)
    np.testing.assert_allclose(fit.coefficients * [1000.0, 0.01], raw.coefficients, rtol=1e-6)
    scaled = fit.effects().standard_error[1:3] * [1000.0, 0.01]
    np.testing.assert_allclose(scaled, raw.effects().standard_error[1:3], rtol=1e-6)


def test_unused_features_change_nothing() -> None:
    votes = Votes(12, "half")
    bare = zm.Comparisons(votes.a, votes.b, votes.score, count=votes.count)
    plain = zm.bradley_terry(votes.comparisons())
    np.testing.assert_array_equal(plain.ability, zm.bradley_terry(bare).ability)
    assert plain.tie_parameter is None
    assert plain.position_effect is None
    assert plain.coefficients.shape == (0,)


def test_reweighted_pairs(backend: str) -> None:
    votes = Votes(13, "half", n=5, m=900)
    data = zm.Comparisons(votes.a, votes.b, votes.score)
    low, high = np.minimum(votes.a, votes.b), np.maximum(votes.a, votes.b)
    pair = low * 10 + high
    total = np.bincount(pair)[pair]
    weight = 1.0 / np.maximum(total, 80)
    assert weight.min() < weight.max()
    by_hand = zm.Comparisons(votes.a, votes.b, votes.score, weight=weight)
    fit = zm.bradley_terry(data, reweight="pair", min_count=80, backend=backend)
    expected = zm.bradley_terry(by_hand, backend=backend)
    np.testing.assert_allclose(fit.ability, expected.ability, atol=1e-9)
    np.testing.assert_allclose(fit.covariance(), expected.covariance(), rtol=1e-6)


def test_components_and_fixed(backend: str) -> None:
    votes = Votes(14, "davidson", n=6, m=800)
    a = np.append(votes.a, [6, 6])
    b = np.append(votes.b, [0, 1])
    y = np.append(votes.score, [1.0, 1.0])
    data = zm.Comparisons(a, b, y)
    with pytest.raises(SeparationError):
        zm.bradley_terry(data, ties="davidson", backend=backend)
    fit = zm.bradley_terry(data, ties="davidson", components="largest", backend=backend)
    inside = zm.bradley_terry(
        zm.Comparisons(votes.a, votes.b, votes.score), ties="davidson", backend=backend
    )
    np.testing.assert_allclose(fit.ability[:6], inside.ability, atol=1e-8)
    assert np.isnan(fit.ability[6])
    assert fit.tie_parameter == pytest.approx(inside.tie_parameter)
    assert np.isnan(fit.predict(6, 0)).all()
    held = zm.bradley_terry(
        zm.Comparisons(votes.a, votes.b, votes.score),
        ties="davidson",
        fixed={0: float(inside.ability[0]) + 1.0},
        backend=backend,
    )
    np.testing.assert_allclose(held.ability - 1.0, inside.ability, atol=1e-7)
    with_prior = zm.bradley_terry(data, ties="davidson", prior=1.0, backend=backend)
    assert np.isfinite(with_prior.ability).all()


def test_repr_and_frames() -> None:
    fit = Votes(15, "davidson").fit()
    assert repr(fit).endswith("with davidson, position, 2 covariates)")
    frame = fit.effects(level=0.9).to_frame("pandas")
    assert frame["parameter"].tolist() == [
        "position", "feature 0", "feature 1", "log tie parameter",
    ]  # fmt: skip
    assert (frame["lower"] < frame["upper"]).all()
    assert "position" in repr(fit.effects())
    assert {"lower", "upper"} <= set(fit.to_frame("pandas").columns)


@pytest.mark.parametrize("ties", ["half", *TIE_MODELS])
def test_saved_and_loaded(tmp_path: Path, ties: str) -> None:
    fit = Votes(21, ties).fit()
    fit.save(tmp_path / "whole")
    again = zm.load(tmp_path / "whole")
    np.testing.assert_array_equal(parameters(again), parameters(fit))
    np.testing.assert_array_equal(again.covariance(), fit.covariance())
    assert repr(again.effects()) == repr(fit.effects())
    assert again.log_likelihood == fit.log_likelihood
    fit.save(tmp_path / "small", data=False)
    small = zm.load(tmp_path / "small")
    np.testing.assert_array_equal(small.predict(0, 1), fit.predict(0, 1))
    with pytest.raises(InputError, match="loaded from a file without its data, which effects"):
        small.effects()


# Bad input --------------------------------------------------------------------------------------


def ring(score: float = 0.5) -> zm.Comparisons:
    return zm.Comparisons([0, 1, 2, 0, 1, 2], [1, 2, 0, 1, 2, 0], [1, 1, 1, score, score, score])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ties": "draws"}, "ties must be one of 'half', 'davidson', 'rao-kupper', 'drop'"),
        ({"position_effect": 1}, "position_effect must be True or False, but is 1"),
        ({"covariates": True}, "covariates need the features of every row"),
        ({"covariates": "raw"}, "covariates must be True, False, None or 'standardize'"),
        (
            {"covariates": np.ones((99, 1))},
            r"is array\(\[\[1.\], \[1.\].{30,45}\.\.\.; the features",
        ),
        ({"ridge": -1.0}, "ridge"),
        ({"ridge": 1.0}, "ridge=1.0 holds coefficients, but there are none"),
        ({"ties": "davidson", "solver": "mm"}, "solver='mm' fits abilities alone"),
        ({"reweight": "item"}, "reweight must be None or 'pair'"),
        ({"reweight": "pair", "min_count": 0}, "min_count must be a positive whole number"),
    ],
)
def test_bad_arguments(backend: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(ring(), backend=backend, **options)


@pytest.mark.parametrize("ties", TIE_MODELS)
def test_tie_models_need_ties_and_whole_outcomes(backend: str, ties: Any) -> None:
    with pytest.raises(InputError, match="the data has no tie"):
        zm.bradley_terry(ring(0.0), ties=ties, backend=backend)
    with pytest.raises(InputError, match=r"needs wins, losses and ties.*3 fractional"):
        zm.bradley_terry(ring(0.25), ties=ties, backend=backend)


def test_position_needs_an_order(backend: str) -> None:
    games = zm.Comparisons(["x", "x", "y"], ["y", "y", "x"])
    with pytest.raises(InputError, match="who was shown first"):
        zm.bradley_terry(games, position_effect=True, backend=backend)
    fit = zm.bradley_terry(games, backend=backend)
    with pytest.raises(InputError, match="no position effect"):
        fit.predict("x", "y", position="first")
    with pytest.raises(InputError, match="position must be one of 'first', 'second'"):
        fit.win_matrix(position="left")


def test_all_neutral(backend: str) -> None:
    data = zm.Comparisons([0, 1, 2], [1, 2, 0], [1, 1, 1.0], neutral=[True, True, True])
    with pytest.raises(InputError, match="all rows are neutral"):
        zm.bradley_terry(data, position_effect=True, backend=backend)


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (lambda v: np.ones(len(v.a)), "feature 0 is 1 in every row.*position_effect=True"),
        (lambda v: np.zeros(len(v.a)), "feature 0 is 0 in every row"),
        (lambda v: v.ability[v.a] - v.ability[v.b], "feature 0 is collinear with the items"),
    ],
)
def test_features_that_say_nothing_new(
    backend: str, feature: Callable[[Votes], Any], message: str
) -> None:
    votes = Votes(16, "half")
    data = zm.Comparisons(votes.a, votes.b, votes.score, features=feature(votes)[:, None])
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(data, covariates=True, backend=backend)


def test_features_that_say_the_same(backend: str) -> None:
    votes = Votes(17, "half")
    votes.features = np.column_stack([votes.features, votes.features @ [1.0, -2.0]])
    with pytest.raises(InputError, match="feature 2 is collinear with feature 0, feature 1"):
        zm.bradley_terry(votes.comparisons(), covariates=True, backend=backend)
    ridged = zm.bradley_terry(votes.comparisons(), covariates=True, ridge=1.0, backend=backend)
    assert ridged.converged


def test_reweighting_needs_pairs(backend: str) -> None:
    votes = Votes(18, "half")
    with pytest.raises(InputError, match="give each row its weight instead"):
        votes.fit(reweight="pair", backend=backend)


@pytest.mark.parametrize("ties", TIE_MODELS)
def test_a_win_and_a_tie_have_no_maximum(backend: str, ties: Any) -> None:
    data = zm.Comparisons(["a", "a"], ["b", "b"], [1, 0.5])
    with pytest.raises(SeparationError, match="maximum does not exist"):
        zm.bradley_terry(data, ties=ties, backend=backend)
    assert zm.bradley_terry(data, backend=backend).converged


def test_a_separating_feature(backend: str) -> None:
    votes = Votes(19, "half")
    x = np.where(votes.score > 0.5, 1.0, -1.0)[:, None]
    x[votes.score == 0.5] = 0.0
    data = zm.Comparisons(votes.a, votes.b, votes.score, features=x)
    with pytest.raises(SeparationError, match=r"feature 0 \("):
        zm.bradley_terry(data, covariates=True, backend=backend)
    held = zm.bradley_terry(data, covariates=True, ridge=0.1, backend=backend)
    assert held.converged


def test_groups_that_never_met(backend: str) -> None:
    data = zm.Comparisons([0, 1, 2, 3], [1, 0, 3, 2], [0.5, 1, 0.5, 1])
    with pytest.raises(DisconnectedError):
        zm.bradley_terry(data, ties="davidson", backend=backend)


def test_cut_short_says_so(backend: str) -> None:
    with pytest.warns(ConvergenceWarning):
        fit = Votes(20, "davidson").fit(max_iter=2, backend=backend)
    assert not fit.converged


def test_abilities_alone_have_no_effects() -> None:
    fit = zm.bradley_terry(ring())
    with pytest.raises(InputError, match="this fit has abilities alone"):
        fit.effects()
