"""The bootstrap by cluster, and the bootstrap of fits with more parameters than abilities."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings.bootstrap_result import JointBootstrap


def judged(seed: int = 0, n: int = 6, n_judges: int = 300, each: int = 12, **more: Any) -> Any:
    """Votes of judges who share a taste, with ties."""
    generator = np.random.default_rng(seed)
    taste = np.linspace(1.0, -1.0, n) + generator.normal(size=(n_judges, n))
    judge = np.repeat(np.arange(n_judges), each)
    a = generator.integers(0, n, len(judge))
    b = (a + generator.integers(1, n, len(judge))) % n
    chance = 1.0 / (1.0 + np.exp(taste[judge, b] - taste[judge, a]))
    score = (generator.random(len(judge)) < chance).astype(float)
    score[generator.random(len(judge)) < 0.2] = 0.5
    return zm.Comparisons(a, b, score, cluster=judge, **more)


def cluster_sandwich(fit: Any, votes: Any) -> Any:
    """H⁺ (sum over clusters of U Uᵀ) H⁺, row by row; see also Liang and Zeger 1986."""
    n = fit.n_items
    score = np.select([votes.outcome == 1, votes.outcome == 2], [1.0, 0.5])
    if votes.score is not None:
        score = np.where(votes.outcome == 3, votes.score, score)
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    information = np.zeros((n, n))
    by_cluster: dict[Any, Any] = {}
    for row in range(len(votes)):
        i, j = votes.a[row], votes.b[row]
        p = 1.0 / (1.0 + np.exp(fit.ability[j] - fit.ability[i]))
        x = np.zeros(n)
        x[i], x[j] = 1.0, -1.0
        information += weight[row] * p * (1.0 - p) * np.outer(x, x)
        own = by_cluster.setdefault(votes.cluster[row], np.zeros(n))
        own += weight[row] * (score[row] - p) * x
    scores = np.array(list(by_cluster.values()))
    inverse = np.linalg.inv(information + 1.0)  # regular; clusters' scores sum to zero
    covariance = inverse @ (scores.T @ scores) @ inverse
    centre = np.eye(n) - 1.0 / n
    return centre @ covariance @ centre


@pytest.mark.parametrize("kind", ["plain", "weighted", "fractional"])
def test_covariance_is_the_clusters_sandwich(backend: str, kind: str) -> None:
    generator = np.random.default_rng(5)
    votes = judged(n_judges=600)
    if kind != "plain":
        score = np.select([votes.outcome == 1, votes.outcome == 2], [1.0, 0.5])
        weight = generator.uniform(0.5, 1.5, len(votes)) if kind == "weighted" else None
        if kind == "fractional":
            score = 0.1 + 0.8 * score
        votes = zm.Comparisons(votes.a, votes.b, score, weight=weight, cluster=votes.cluster)
    fit = zm.bradley_terry(votes, backend=backend)
    replicates = 3000
    found = fit.bootstrap(replicates, unit="cluster", seed=2)
    assert found.n_failed == 0
    assert found.unit == "cluster"
    expected = cluster_sandwich(fit, votes)
    variance = np.diag(expected)
    error = np.sqrt((np.outer(variance, variance) + expected**2) / replicates)
    # The bootstrap and the sandwich themselves differ by terms of the order of 1/clusters.
    close = 5.5 * error + 0.04 * np.sqrt(np.outer(variance, variance))
    assert (np.abs(found.covariance() - expected) < close).all()
    # Judges who share a taste make the sandwich of single votes too small.
    if kind == "plain":
        assert (found.standard_error > 1.1 * fit.interval().standard_error).all()


def test_every_row_a_cluster_is_the_bootstrap_by_comparison(backend: str) -> None:
    votes = judged(n_judges=200)
    fit = zm.bradley_terry(votes, backend=backend)
    rows = fit.bootstrap(3000, unit="cluster", cluster=np.arange(len(votes)), seed=1)
    single = fit.bootstrap(3000, seed=2)
    # A standard deviation of 3,000 replicates is off by 1.3%: ten of the ratio's.
    np.testing.assert_allclose(rows.standard_error, single.standard_error, rtol=0.1)


@pytest.mark.parametrize("options", [{}, {"ties": "drop"}, {"prior": 0.7}, {"reweight": "pair"}])
def test_replicates_are_the_fits_of_the_clusters(backend: str, options: dict[str, Any]) -> None:
    votes = judged(n_judges=40, weight=None)
    fit = zm.bradley_terry(votes, backend=backend, tol=1e-11, **options)
    found = fit.bootstrap(6, unit="cluster", seed=3, tol=1e-10)
    check_refits(fit, votes, found, options)


def test_replicates_of_joint_fits_are_the_fits_of_the_clusters(backend: str) -> None:
    votes = judged(n_judges=40)
    for options in (
        {"ties": "davidson", "position_effect": True},
        {"position_effect": True},
        {"position_effect": True, "ties": "drop"},
    ):
        fit = zm.bradley_terry(votes, backend=backend, tol=1e-10, **options)
        found = fit.bootstrap(4, unit="cluster", seed=3, tol=1e-10)
        check_refits(fit, votes, found, options)


@pytest.mark.parametrize(
    "options",
    [{}, {"ties": "drop"}, {"reweight": "pair"}, {"ties": "davidson", "position_effect": True}],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_counts_by_cluster_are_drawn_as_their_rows(
    backend: str, options: dict[str, Any], weighted: bool
) -> None:
    weight = np.random.default_rng(2).uniform(0.5, 1.5, 480) if weighted else None
    votes = judged(n_judges=40, weight=weight)
    rows = zm.bradley_terry(votes, backend=backend, **options)
    counts = zm.bradley_terry(votes.pair_counts(by="cluster"), backend=backend, **options)
    one, other = (fit.bootstrap(20, unit="cluster", seed=4) for fit in (rows, counts))
    np.testing.assert_allclose(other.ability, one.ability, atol=1e-9)
    assert one.n_failed == other.n_failed == 0
    if isinstance(one, JointBootstrap):
        np.testing.assert_allclose(other.effect, one.effect, atol=1e-9)


def test_replicates_with_covariates(backend: str) -> None:
    plain = judged(n_judges=40)
    features = np.random.default_rng(1).normal(size=(len(plain), 2))
    votes = judged(n_judges=40, features=features)
    options = {"covariates": True, "ties": "davidson", "position_effect": True}
    fit = zm.bradley_terry(votes, backend=backend, tol=1e-10, **options)
    found = fit.bootstrap(3, unit="cluster", seed=3, tol=1e-10)
    check_refits(fit, votes, found, options)
    assert found.names == fit.effects().names


def check_refits(fit: Any, votes: Any, found: Any, options: dict[str, Any]) -> None:
    """Each replicate against the fit of its rows, repeated as often as their cluster was drawn."""
    from zermelo.ratings.resampling import Sampler

    labels, code = np.unique(votes.cluster, return_inverse=True)
    sampler = Sampler.build(np.ones(len(labels), np.int64), found.seed, fit.model.backend)
    for place, ability in enumerate(found.ability):
        drawn = fit.model.backend.multinomial_draws(*sampler.arguments, place, 1, 1)[0]
        assert drawn.sum() == len(labels)
        score = np.select([votes.outcome == 1, votes.outcome == 2], [1.0, 0.5])
        weight = None
        if options.get("reweight"):  # by the counts of the data, not of the replicate
            low, high = np.minimum(votes.a, votes.b), np.maximum(votes.a, votes.b)
            _, pair = np.unique(low * 100 + high, return_inverse=True)
            weight = 1.0 / np.maximum(np.bincount(pair)[pair], 50)
        again = zm.Comparisons(
            votes.a,
            votes.b,
            score,
            count=drawn[code],
            weight=weight,
            features=votes.features,
        )
        rest = {name: value for name, value in options.items() if name != "reweight"}
        expected = zm.bradley_terry(again, tol=1e-10, **rest)
        np.testing.assert_allclose(ability, expected.ability, atol=1e-7)
        if isinstance(found, JointBootstrap):
            np.testing.assert_allclose(found.effect[place], expected.effects().estimate, atol=1e-7)


def test_threads_executor_and_number_of_replicates(backend: str) -> None:
    votes = judged(n_judges=60)
    for options in ({}, {"ties": "davidson"}):
        fit = zm.bradley_terry(votes, backend=backend, **options)
        one = fit.bootstrap(30, unit="cluster", seed=7, threads=1)
        three = fit.bootstrap(30, unit="cluster", seed=7, threads=3)
        np.testing.assert_array_equal(three.ability, one.ability)
        seen: list[int] = []
        with ThreadPoolExecutor(2) as pool:
            spread = fit.bootstrap(
                30,
                unit="cluster",
                seed=7,
                executor=pool,
                progress=lambda done, _, seen=seen: seen.append(done),
            )
        np.testing.assert_array_equal(spread.ability, one.ability)
        assert seen[-1] == 30
        part = fit.bootstrap(11, unit="cluster", seed=7)
        np.testing.assert_array_equal(part.ability, one.ability[:11])
        if options:
            np.testing.assert_array_equal(spread.effect, one.effect)
        other = fit.bootstrap(11, unit="cluster", seed=8)
        assert not np.array_equal(other.ability, part.ability)


@pytest.mark.skipif(
    not all(zm.backend_info()[name]["available"] for name in ("cpp", "numba")),
    reason="needs both backends",
)
def test_backends_agree() -> None:
    votes = judged(n_judges=50)
    for options in ({}, {"ties": "rao-kupper"}):
        one, other = (
            zm.bradley_terry(votes, backend=name, **options).bootstrap(
                25, unit="cluster", tol=1e-10
            )
            for name in ("cpp", "numba")
        )
        np.testing.assert_allclose(one.ability, other.ability, atol=1e-9)


def test_which_column_tells_clusters_apart() -> None:
    votes = judged(n_judges=30)
    score = np.select([votes.outcome == 1, votes.outcome == 2], [1.0, 0.5])
    text = np.array([f"judge {label:03d}" for label in votes.cluster], object)
    by_judge = zm.bradley_terry(zm.Comparisons(votes.a, votes.b, score, judge=text))
    fit = zm.bradley_terry(votes)
    first = fit.bootstrap(5, unit="cluster").ability
    np.testing.assert_array_equal(by_judge.bootstrap(5, unit="cluster").ability, first)
    for cluster in ("judge", text, list(text), votes.cluster.astype(float)):
        again = by_judge.bootstrap(5, unit="cluster", cluster=cluster)
        np.testing.assert_array_equal(again.ability, first)


def test_failures_are_counted(backend: str) -> None:
    n = 8
    circle = np.arange(n)
    votes = zm.Comparisons(
        np.tile(circle, 2), np.tile((circle + 1) % n, 2), cluster=np.tile(circle // 2, 2)
    )
    found = zm.bradley_terry(votes, backend=backend).bootstrap(200, unit="cluster")
    assert 0 < found.n_failed <= 200
    assert np.isnan(found.ability).all(axis=1).sum() == found.n_failed
    ties = zm.Comparisons(
        np.tile(circle, 3),
        np.tile((circle + 1) % n, 3),
        np.repeat([1.0, 0.0, 0.5], n),
        cluster=np.arange(3 * n),
    )
    for unit in ("comparison", "cluster"):
        joint = zm.bradley_terry(ties, ties="davidson", backend=backend).bootstrap(60, unit=unit)
        assert 0 < joint.n_failed < 60
        lost = np.isnan(joint.ability).all(axis=1)
        np.testing.assert_array_equal(np.isnan(joint.effect).all(axis=1), lost)
        assert np.isfinite(joint.effects().standard_error).all()


# Fits with more parameters than abilities, by comparison ------------------------------------------


def simulated(seed: int, n: int = 6, m: int = 4000) -> Any:
    """Davidson's model with a position effect and a covariate."""
    generator = np.random.default_rng(seed)
    a = generator.integers(0, n, m)
    b = (a + generator.integers(1, n, m)) % n
    features = generator.normal(size=(m, 1))
    ability = np.linspace(0.8, -0.8, n)
    z = ability[a] - ability[b] + 0.3 + 0.5 * features[:, 0]
    odds = np.stack([np.exp(0.5 * z), np.exp(-0.5 * z), np.full(m, 0.7)], axis=1)
    chance = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    which = (generator.random(m)[:, None] > chance).sum(axis=1)
    return zm.Comparisons(a, b, np.array([1.0, 0.0, 0.5])[which], features=features)


@pytest.mark.parametrize("covariates", [False, True])
def test_standard_errors_are_fishers(backend: str, covariates: bool) -> None:
    votes = simulated(4, m=4000 if not covariates else 2000)
    fit = zm.bradley_terry(
        votes,
        ties="davidson",
        position_effect=True,
        covariates=covariates or None,
        backend=backend,
    )
    replicates = 1500 if not covariates else 300
    found = fit.bootstrap(replicates, seed=1)
    assert isinstance(found, JointBootstrap)
    assert found.n_failed == 0
    # Five standard deviations of a standard deviation, and what the two differ by themselves.
    off = 5.0 / np.sqrt(2.0 * replicates) + 0.04
    fisher = fit.interval(kind="fisher").standard_error
    np.testing.assert_allclose(found.standard_error, fisher, rtol=off)
    effects, expected = found.effects(), fit.effects(kind="fisher")
    assert effects.names == expected.names
    assert effects.kind == "percentile bootstrap"
    np.testing.assert_allclose(effects.estimate, expected.estimate, rtol=1e-12)
    np.testing.assert_allclose(effects.standard_error, expected.standard_error, rtol=off)
    assert ((effects.lower < effects.estimate) & (effects.estimate < effects.upper)).all()
    normal = found.effects(method="normal")
    half = 1.959964 * effects.standard_error
    np.testing.assert_allclose(normal.upper, effects.estimate + half, rtol=1e-6)


def test_standardised_features_are_reported_in_their_units() -> None:
    votes = simulated(4, m=1500)
    plain = zm.bradley_terry(votes, covariates=True).bootstrap(3, seed=1)
    scaled = zm.bradley_terry(votes, covariates="standardize").bootstrap(3, seed=1)
    np.testing.assert_allclose(plain.effect, scaled.effect, atol=1e-5)


def test_rows_may_be_counts_and_weigh(backend: str) -> None:
    votes = simulated(6, m=400)
    score = np.select([votes.outcome == 1, votes.outcome == 2], [1.0, 0.5])
    count = np.random.default_rng(1).integers(0, 4, len(votes))
    data = zm.Comparisons(
        votes.a, votes.b, score, count=count, weight=np.full(400, 0.5), features=votes.features
    )
    fit = zm.bradley_terry(data, covariates=True, backend=backend)
    found = fit.bootstrap(200, seed=1)
    expected = fit.effects().standard_error
    np.testing.assert_allclose(found.effects().standard_error, expected, rtol=0.3)


# Bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ("judge", "cluster='judge' is not a column of the comparisons; .*: 'cluster'$"),
        (["u", "v"], r"Length of cluster \(2\) must match the comparisons \(360\)"),
        (("cluster", "judge"), "cluster must be one column for a bootstrap, .* tuple of 2"),
        (7, r"must be the name of a column, or labels \(one a row\), but is 7"),
        (np.zeros(360, int), "unit='cluster' needs at least two clusters, but cluster has 1"),
    ],
)
def test_bad_clusters(cluster: Any, message: str) -> None:
    fit = zm.bradley_terry(judged(n_judges=30))
    with pytest.raises(InputError, match=message):
        fit.bootstrap(5, unit="cluster", cluster=cluster)


def test_one_cluster() -> None:
    votes = zm.Comparisons(["x", "y"], ["y", "x"], judge=["u", "u"])
    with pytest.raises(InputError, match="at least two clusters, but judge has 1"):
        zm.bradley_terry(votes).bootstrap(5, unit="cluster")


def test_no_clusters(tmp_path: Any) -> None:
    fit = zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"]))
    with pytest.raises(InputError, match="neither a cluster nor a judge"):
        fit.bootstrap(5, unit="cluster")
    votes = judged(n_judges=30)
    with pytest.raises(InputError, match=r'pair_counts.by="cluster".'):
        zm.bradley_terry(votes.pair_counts()).bootstrap(5, unit="cluster")
    zm.bradley_terry(votes).save(tmp_path / "fit.npz")
    with pytest.raises(InputError, match="belong together"):
        zm.load(tmp_path / "fit.npz").bootstrap(5, unit="cluster")
