"""Bias-reduced fits, against closed forms and SciPy on the penalised likelihood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

import zermelo as zm
from zermelo.errors import ConvergenceWarning, DisconnectedError, InputError, SeparationError

Real = NDArray[np.float64]


class Games:
    """Few random games on a path, so that outcomes are often separated."""

    def __init__(self, seed: int, n: int = 5, m: int = 8, features: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.n = n
        self.a = np.concatenate([np.arange(n - 1), random.integers(0, n, m)])
        self.b = np.concatenate([np.arange(1, n), random.integers(1, n, m)])
        self.b[n - 1 :] = (self.a[n - 1 :] + self.b[n - 1 :]) % n
        m = len(self.a)
        self.y = random.choice([0.0, 0.5, 1.0, 1.0], m)
        self.weight = random.uniform(0.5, 2.0, m)
        self.offset = random.normal(size=m)
        self.features = random.normal(size=(m, features))

    def penalised(self, x: Real, *, offset: bool = False, held: tuple[int, ...] = ()) -> float:
        """Minus the penalised log-likelihood; parameters are abilities, then coefficients."""
        m = len(self.a)
        design = np.zeros((m, len(x)))
        design[np.arange(m), self.a] += 1.0
        design[np.arange(m), self.b] -= 1.0
        design[:, self.n :] = self.features[:, : len(x) - self.n]
        z = design @ x + (self.offset if offset else 0.0)
        p = 1.0 / (1.0 + np.exp(-z))
        likelihood = -self.y * np.logaddexp(0.0, -z) - (1.0 - self.y) * np.logaddexp(0.0, z)
        free = np.delete(design, list(held) or [0], axis=1)
        information = free.T @ ((self.weight * p * (1.0 - p))[:, None] * free)
        return -float((self.weight * likelihood).sum() + 0.5 * np.linalg.slogdet(information)[1])

    def solve(self, **options: Any) -> Real:
        """The first item at 0 while searching."""
        size = self.n - 1 + self.features.shape[1]

        def whole(x: Real) -> Real:
            return np.concatenate([[0.0], x])

        found = minimize(
            lambda x: self.penalised(whole(x), **options),
            np.zeros(size),
            method="BFGS",
            options={"gtol": 1e-6},
        )
        x = whole(found.x)
        x[: self.n] -= x[: self.n].mean()
        return x

    def comparisons(self, **columns: Any) -> zm.Comparisons:
        return zm.Comparisons(self.a, self.b, self.y, weight=self.weight, **columns)


def reduced(data: Any, **options: Any) -> Any:
    return zm.bradley_terry(data, bias_reduced=True, **options)


@pytest.mark.parametrize(("wins", "losses"), [(1, 0), (3, 0), (5, 2), (1000, 0), (7, 7)])
def test_two_items_have_a_closed_form(backend: str, wins: int, losses: int) -> None:
    data = zm.Comparisons(["x", "y"], ["y", "x"], count=[wins, losses])
    fit = reduced(data, backend=backend)
    expected = np.log((wins + 0.5) / (losses + 0.5))
    np.testing.assert_allclose(fit.ability[0] - fit.ability[1], expected, atol=1e-9)


def test_a_tree_is_its_edges(backend: str) -> None:
    """Every edge has all the leverage of one parameter: the closed form of two items."""
    random = np.random.default_rng(0)
    n = 30
    child = np.arange(1, n)
    parent = np.array([random.integers(0, place) for place in child])
    won, lost = random.integers(0, 4, (2, n - 1))
    lost[(won == 0) & (lost == 0)] = 1
    data = zm.Comparisons(
        np.append(child, parent), np.append(parent, child), count=np.append(won, lost)
    )
    fit = reduced(data, backend=backend)
    expected = np.log((won + 0.5) / (lost + 0.5))
    np.testing.assert_allclose(fit.ability[child] - fit.ability[parent], expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_scipy_finds_the_same(backend: str, seed: int) -> None:
    games = Games(seed)
    fit = reduced(games.comparisons(), backend=backend)
    assert fit.converged
    assert fit.ability_error <= 1e-8
    assert fit.score_norm < 1e-7
    np.testing.assert_allclose(fit.ability, games.solve(), atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_position_covariates_and_offsets(backend: str, seed: int) -> None:
    games = Games(seed, n=4, m=10, features=2)
    games.features[:, 0] = 1.0  # the position effect, to the oracle
    data = games.comparisons(features=games.features[:, 1], offset=games.offset)
    fit = reduced(data, position_effect=True, covariates=True, backend=backend)
    assert fit.converged
    x = np.concatenate([fit.ability, [fit.position_effect], fit.coefficients])
    np.testing.assert_allclose(x, games.solve(offset=True), atol=2e-5)
    assert np.isfinite(fit.effects(kind="fisher").standard_error).all()
    by_pair = Games(seed, n=4, m=10, features=1)
    by_pair.features[:] = 1.0
    fit = reduced(by_pair.comparisons(), position_effect=True, backend=backend)
    x = np.append(fit.ability, fit.position_effect)
    np.testing.assert_allclose(x, by_pair.solve(), atol=2e-5)


def test_a_separating_covariate(backend: str) -> None:
    """A feature that says who wins has an infinite maximum-likelihood coefficient."""
    games = Games(7, n=4, m=20, features=1)
    games.y = np.where(games.features[:, 0] > 0, 1.0, 0.0)
    data = games.comparisons(features=games.features)
    with pytest.raises(SeparationError):
        zm.bradley_terry(data, covariates=True, backend=backend)
    fit = reduced(data, covariates=True, backend=backend)
    x = np.append(fit.ability, fit.coefficients)
    np.testing.assert_allclose(x, games.solve(), atol=2e-5)


def test_dropped_ties(backend: str) -> None:
    games = Games(3, m=20)
    keep = games.y != 0.5
    keep[: games.n - 1] = True
    games.y[: games.n - 1] = 1.0
    data = games.comparisons()
    fit = reduced(data, ties="drop", backend=backend)
    for name in ("a", "b", "y", "weight"):
        setattr(games, name, getattr(games, name)[keep])
    games.features = games.features[keep]
    np.testing.assert_allclose(fit.ability, games.solve(), atol=1e-5)


def test_fixed_abilities_are_held(backend: str) -> None:
    games = Games(2)
    fit = reduced(games.comparisons(), fixed={0: 1.0, 3: -0.5}, backend=backend)
    assert fit.ability[0] == 1.0
    assert fit.ability[3] == -0.5

    def whole(x: Real) -> Real:
        return np.array([1.0, x[0], x[1], -0.5, x[2]])

    found = minimize(
        lambda x: games.penalised(whole(x), held=(0, 3)), np.zeros(3), options={"gtol": 1e-6}
    )
    np.testing.assert_allclose(fit.ability, whole(found.x), atol=1e-5)


def test_covariance_is_the_inverse_information_at_the_estimate() -> None:
    games = Games(4)
    fit = reduced(games.comparisons())
    design = np.zeros((len(games.a), games.n))
    design[np.arange(len(games.a)), games.a] += 1.0
    design[np.arange(len(games.a)), games.b] -= 1.0
    p = 1.0 / (1.0 + np.exp(-design @ fit.ability))
    information = design.T @ ((games.weight * p * (1.0 - p))[:, None] * design)
    bread = np.linalg.pinv(information, rcond=1e-10, hermitian=True)
    scores = (games.weight * (games.y - p))[:, None] * design
    np.testing.assert_allclose(fit.covariance("fisher"), bread, atol=1e-9)
    sandwich = bread @ scores.T @ scores @ bread
    np.testing.assert_allclose(fit.covariance("sandwich"), sandwich, atol=1e-9)


def test_items_and_sides_in_any_order(backend: str) -> None:
    games = Games(5, n=7)
    fit = reduced(games.comparisons(), backend=backend)
    order = np.random.default_rng(1).permutation(7)
    data = zm.Comparisons(order[games.b], order[games.a], 1.0 - games.y, weight=games.weight)
    np.testing.assert_allclose(
        reduced(data, backend=backend).ability[order], fit.ability, atol=1e-9
    )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 7).flatmap(
        lambda n: st.tuples(
            # A tree joins all items; every further game is between any two.
            st.tuples(*(st.integers(0, place - 1) for place in range(1, n))),
            st.lists(
                st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(
                    lambda g: g[0] != g[1]
                ),
                max_size=8,
            ),
            st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=n + 7, max_size=n + 7),
            st.lists(st.sampled_from([0.1, 1.0, 30.0]), min_size=n + 7, max_size=n + 7),
        )
    )
)
def test_finite_for_every_connected_graph(case: Any) -> None:
    parents, more, outcomes, weights = case
    pairs = [(place + 1, parent) for place, parent in enumerate(parents)] + more
    a, b = np.array(pairs).T
    data = zm.Comparisons(a, b, outcomes[: len(a)], weight=weights[: len(a)])
    fit = reduced(data)
    assert fit.converged
    assert np.isfinite(fit.ability).all()
    assert np.isfinite(fit.covariance("fisher")).all()


def test_less_biased_than_maximum_likelihood() -> None:
    """8 games a pair: maximum-likelihood abilities spread too wide, bias-reduced ones hardly."""
    random = np.random.default_rng(20)
    truth = np.array([1.2, 0.6, 0.0, -0.6, -1.2])
    a, b = np.triu_indices(5, 1)
    chance = 1.0 / (1.0 + np.exp(truth[b] - truth[a]))
    estimates = []
    while len(estimates) < 700:
        won = random.binomial(8, chance)
        data = zm.Comparisons(np.append(a, b), np.append(b, a), count=np.append(won, 8 - won))
        try:
            plain = zm.bradley_terry(data).ability
        except SeparationError:
            continue
        estimates.append((plain, reduced(data).ability))
    slopes = np.array(estimates) @ truth / (truth @ truth) - 1.0
    bias, error = slopes.mean(axis=0), slopes.std(axis=0) / np.sqrt(len(slopes))
    # Five standard errors: a chance below 1e-6.
    assert bias[0] > 5.0 * error[0]
    assert abs(bias[1]) < 5.0 * error[1]
    assert abs(bias[1]) < 0.5 * bias[0]


def test_dense_and_sparse_products_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    games = Games(8, n=12, m=60, features=1)
    data = games.comparisons(features=games.features)
    monkeypatch.setattr("zermelo.ratings.bias_reduction.DENSE_SHARE", 10**9)
    dense = reduced(data, covariates=True)
    monkeypatch.setattr("zermelo.ratings.bias_reduction.DENSE_SHARE", 1)
    sparse = reduced(data, covariates=True)
    np.testing.assert_allclose(sparse.ability, dense.ability, atol=1e-12)
    assert sparse.n_iter == dense.n_iter


def test_groups_that_never_met(backend: str) -> None:
    data = zm.Comparisons(list("xxpq"), list("yzqp"), [1, 1, 1, 1])
    with pytest.raises(DisconnectedError, match="not connected"):
        reduced(data, backend=backend)
    largest = reduced(data, components="largest", backend=backend)
    assert largest.unrated == dict.fromkeys("pq", "never compared with the rated items")
    separate = reduced(data, components="separate", backend=backend)
    x, y, z = (np.flatnonzero(separate.items == item)[0] for item in "xyz")
    assert separate.ability[x] - separate.ability[y] == pytest.approx(np.log(3.0))
    np.testing.assert_allclose(separate.ability[[x, y, z]], largest.ability[[x, y, z]], atol=1e-9)
    np.testing.assert_allclose(separate.ability[:2], 0.0, atol=1e-9)
    assert np.isnan(separate.predict("x", "p"))


def test_far_start_and_offsets(backend: str) -> None:
    games = Games(6)
    plain = reduced(games.comparisons(), backend=backend)
    start = dict(enumerate(20.0 * (-1.0) ** np.arange(games.n)))
    again = reduced(games.comparisons(), start=start, backend=backend)
    np.testing.assert_allclose(again.ability, plain.ability, atol=1e-7)


def test_reported_updated_saved_and_loaded(tmp_path: Path) -> None:
    data = zm.Comparisons(list("xxy"), list("yzz"))
    fit = reduced(data)
    assert fit.solver == "firth"
    assert repr(fit).startswith("BradleyTerryFit(3 items, 3 comparisons, firth converged in ")
    assert fit.options["bias_reduced"] is True
    assert fit.options["loss"] == "plain"
    assert fit.log_likelihood < 0
    fit.save(tmp_path / "fit")
    again = zm.load(tmp_path / "fit")
    assert again.options == fit.options
    assert repr(again) == repr(fit)
    np.testing.assert_array_equal(again.covariance(), fit.covariance())
    more = again.update(data)
    assert more.solver == "firth"
    doubled = zm.Comparisons(list("xxy"), list("yzz"), count=[2, 2, 2])
    np.testing.assert_allclose(more.ability, reduced(doubled).ability, atol=1e-8)
    with pytest.raises(InputError, match="bootstrap refits by maximum likelihood"):
        fit.bootstrap(10)
    games = Games(1, features=1)
    joint = reduced(games.comparisons(features=games.features), covariates=True)
    joint.save(tmp_path / "joint")
    loaded = zm.load(tmp_path / "joint")
    np.testing.assert_array_equal(loaded.coefficients, joint.coefficients)
    assert repr(loaded.effects()) == repr(joint.effects())


def test_cut_short_says_so() -> None:
    with pytest.warns(ConvergenceWarning, match="after 1 iterations.*raise max_iter"):
        fit = reduced(Games(1).comparisons(), max_iter=1)
    assert not fit.converged


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bias_reduced": 1}, "bias_reduced must be True or False, but is 1"),
        ({"ties": "davidson"}, "not for ties='davidson'; use ties='half'"),
        ({"prior": 1.0}, "a penalty of its own, Jeffreys' prior, but prior=1 is given"),
        ({"ridge": 2.0, "position_effect": True}, "but ridge=2 is given"),
        ({"loss": "margin"}, "needs a likelihood, which loss='margin' is not"),
        ({"solver": "mm"}, "solver='mm' maximises the likelihood itself"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    data = zm.Comparisons(list("xyz"), list("yzx"), [1, 0.5, 1], margin=[1, 0, 1])
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(data, **({"bias_reduced": True} | options))


def test_too_many_items() -> None:
    data = zm.Comparisons(np.arange(3_001), np.arange(1, 3_002))
    with pytest.raises(InputError, match=r"at most 3,000, but there are 3,002; prior="):
        reduced(data)
