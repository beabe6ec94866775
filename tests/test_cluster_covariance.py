"""Covariances by clusters against dense loops over the clusters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
import scipy.stats

import zermelo as zm
from zermelo._backends import Backend
from zermelo.errors import InputError
from zermelo.ratings import estimates, fit_covariance
from zermelo.ratings import row_scores as row_scores_module

FRACTIONS = (0.0, 0.2, 0.5, 0.7, 1.0)


def meat_by(score: Any, code: Any) -> Any:
    """G / (G - 1) times the sum of the clusters' outer products, from the rows' scores."""
    code = np.asarray(code)
    labels = sorted(set(code.tolist()))
    total = np.zeros((score.shape[1], score.shape[1]))
    for label in labels:
        own = score[code == label].sum(axis=0)
        total += np.outer(own, own)
    return total * len(labels) / (len(labels) - 1)


def row_scores(fit: Any, rows: reference.Rows) -> Any:
    p = reference.win_probability(fit.model.ability, rows)
    return (rows.count * rows.weight * (rows.score - p))[:, None] * rows.design


def around(fit: Any, rows: reference.Rows, meat: Any) -> Any:
    """The meat between two inverse informations, of abilities as they are reported."""
    held = np.flatnonzero(fit.model.held).tolist()
    free = reference.free_items(rows.n, held)
    information = reference.information(fit.model.ability, rows, fit.prior)
    bread = np.zeros((rows.n, rows.n))
    bread[np.ix_(free, free)] = np.linalg.pinv(information[np.ix_(free, free)], hermitian=True)
    project = np.eye(rows.n) if held else np.eye(rows.n) - 1.0 / rows.n
    return project @ bread @ meat @ bread @ project


def judged(seed: int = 90, judges: int = 13, **data: Any) -> tuple[reference.Rows, Any]:
    rows = reference.random_rows(seed, **{"m": 200, **data})
    return rows, np.random.default_rng(seed).integers(0, judges, len(rows.a))


def fit_of(rows: reference.Rows, backend: str | None = None, **columns: Any) -> Any:
    options = {name: columns.pop(name) for name in ("prior", "fixed", "ties") if name in columns}
    return zm.bradley_terry(rows.comparisons(**columns), tol=1e-11, backend=backend, **options)


# The kernel -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m", "n", "clusters", "extra"),
    [(500, 7, 40, 0), (500, 7, 40, 3), (3000, 150, 300, 2), (20, 30, 1, 0), (2000, 300, 5, 1)],
)
def test_kernel(kernels: Backend, m: int, n: int, clusters: int, extra: int) -> None:
    random = np.random.default_rng(m)
    code = np.sort(random.integers(0, clusters, m))  # some clusters may be empty
    offsets = np.searchsorted(code, np.arange(clusters + 1)).astype(np.int64)
    first = random.integers(0, n, m).astype(np.int32)
    second = ((first + random.integers(1, n, m)) % n).astype(np.int32)
    residual, more = random.normal(size=m), random.normal(size=(m, extra))
    scores = np.zeros((clusters, n + extra))
    np.add.at(scores, (code, first), residual)
    np.add.at(scores, (code, second), -residual)
    np.add.at(scores, (code, slice(n, None)), more)
    met = np.zeros((clusters, n), bool)
    met[code, first] = met[code, second] = True
    arguments = (offsets, first, second, residual, more, n)
    meat, occurs = kernels.cluster_meat(*arguments, 1)
    np.testing.assert_allclose(meat, scores.T @ scores, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(occurs, met.sum(axis=0))
    for threads in (2, 3):
        np.testing.assert_array_equal(kernels.cluster_meat(*arguments, threads)[0], meat)


# Fits of abilities ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ({}, {}),
        ({"scores": (0.0, 0.5, 1.0)}, {}),
        ({"scores": (0.0, 0.5, 1.0)}, {"ties": "drop"}),
        ({"weighted": True, "counted": True, "scores": FRACTIONS}, {}),
        ({"counted": True}, {"prior": 0.7}),
        ({"counted": True, "scores": FRACTIONS}, {"fixed": {2: 0.4, 3: -0.1}}),
        ({"n": 40, "m": 400}, {}),
    ],
)
def test_covariance(backend: str, data: dict[str, Any], options: dict[str, Any]) -> None:
    rows, judge = judged(**data)
    fit = fit_of(rows, backend, judge=judge, **options)
    if options.get("ties") == "drop":
        kept = rows.score != 0.5
        rows, judge = rows.only(kept), judge[kept]
    expected = around(fit, rows, meat_by(row_scores(fit, rows), judge))
    covariance = fit.covariance("cluster")
    np.testing.assert_allclose(covariance, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_array_equal(covariance, covariance.T)
    for cluster in ("judge", judge.tolist() if not options.get("ties") else "judge"):
        np.testing.assert_array_equal(fit.covariance("cluster", cluster=cluster), covariance)


def test_every_row_a_cluster_is_the_sandwich(backend: str) -> None:
    rows, _ = judged(weighted=True, scores=FRACTIONS)
    m = len(rows.a)
    fit = fit_of(rows, backend, cluster=np.random.default_rng(1).permutation(m))
    np.testing.assert_allclose(
        fit.covariance("cluster"), fit.covariance("sandwich") * m / (m - 1), rtol=0, atol=1e-11
    )


def test_labels_rows_and_threads_do_not_matter(backend: str) -> None:
    rows, judge = judged(n=30, m=900, judges=60)
    names = np.array([f"judge {37 * j % 60}" for j in range(60)], object)[judge]
    dates = np.datetime64("2020-01-01") + judge
    plain = fit_of(rows, backend, cluster=judge, judge=names, period=dates)
    covariance = plain.covariance("cluster")
    close: Any = {"rtol": 0, "atol": 1e-11}
    for cluster in ("judge", "period", names, judge * 0.5):
        np.testing.assert_allclose(
            plain.covariance("cluster", cluster=cluster), covariance, **close
        )
    order = np.random.default_rng(2).permutation(len(judge))
    shuffled = fit_of(rows.only(order), backend, cluster=judge[order])
    np.testing.assert_allclose(shuffled.covariance("cluster"), covariance, **close)
    c = rows.comparisons(cluster=judge)
    fits = [zm.bradley_terry(c, tol=1e-11, backend=backend, threads=t) for t in (1, 2, 3)]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.covariance("cluster"), fits[0].covariance("cluster"))


@pytest.mark.skipif(
    not all(zm.backend_info()[name]["available"] for name in ("cpp", "numba")),
    reason="needs both backends",
)
def test_backends_agree() -> None:
    rows, judge = judged(n=30, m=900, judges=60)
    one, other = (
        fit_of(rows, name, judge=judge).covariance("cluster") for name in ("cpp", "numba")
    )
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)


def test_reweighted_pairs(backend: str) -> None:
    rows, judge = judged(weighted=True, counted=True, scores=FRACTIONS, n=4)
    c = rows.comparisons(judge=judge)
    fit = zm.bradley_terry(c, reweight="pair", min_count=85, tol=1e-11, backend=backend)
    pair = np.minimum(rows.a, rows.b) * rows.n + np.maximum(rows.a, rows.b)
    total = np.bincount(pair, rows.count)[pair]
    assert (total > 85).any()
    assert (total < 85).any()
    weighed = reference.Rows(
        rows.n, rows.a, rows.b, rows.score, rows.count, rows.weight / np.maximum(total, 85)
    )
    expected = around(fit, weighed, meat_by(row_scores(fit, weighed), judge))
    np.testing.assert_allclose(fit.covariance("cluster"), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("ties", ["half", "davidson"])
def test_steps_do_not_matter(backend: str, monkeypatch: pytest.MonkeyPatch, ties: Any) -> None:
    rows, judge = judged(scores=(0.0, 0.5, 1.0), weighted=True, counted=True)
    c = rows.comparisons(judge=judge)
    whole = zm.bradley_terry(c, ties=ties, backend=backend).covariance("cluster")
    monkeypatch.setattr(row_scores_module, "STEP", 7)
    stepped = zm.bradley_terry(c, ties=ties, backend=backend).covariance("cluster")
    np.testing.assert_array_equal(stepped, whole)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ties": "drop"},
        {"ties": "davidson", "position_effect": True},
        {"ties": "rao-kupper"},
        {"prior": 0.5},
        {"reweight": "pair", "min_count": 30},
    ],
)
def test_counts_by_cluster(backend: str, options: dict[str, Any]) -> None:
    whole = options.get("ties") in ("davidson", "rao-kupper")
    scores = (0.0, 0.5, 1.0) if whole else FRACTIONS
    rows, judge = judged(weighted=True, counted=True, scores=scores, m=400)
    c = rows.comparisons(judge=judge)
    by_rows = zm.bradley_terry(c, tol=1e-11, backend=backend, **options)
    by_counts = zm.bradley_terry(c.pair_counts(by="judge"), tol=1e-11, backend=backend, **options)
    covariance = by_rows.covariance("cluster")
    for cluster in (None, "judge"):
        np.testing.assert_allclose(
            by_counts.covariance("cluster", cluster=cluster), covariance, rtol=0, atol=1e-9
        )
    assert by_counts.interval(kind="cluster").degrees_of_freedom == 12
    for cluster in ("period", judge, ("judge", "period")):
        with pytest.raises(InputError, match="counts are grouped by 'judge' alone"):
            by_counts.covariance("cluster", cluster=cluster)


def test_two_ways(backend: str) -> None:
    rows, judge = judged(n=4, m=2000, judges=40)
    prompt = np.random.default_rng(3).integers(0, 50, len(judge))
    fit = fit_of(rows, backend, judge=judge, cluster=prompt)
    score = row_scores(fit, rows)
    both = judge * 100 + prompt
    meat = meat_by(score, judge) + meat_by(score, prompt) - meat_by(score, both)
    expected = around(fit, rows, meat)
    assert np.linalg.eigvalsh(expected)[0] > -1e-10
    covariance = fit.covariance("cluster", cluster=("judge", "cluster"))
    np.testing.assert_allclose(covariance, expected, rtol=0, atol=1e-9)
    interval = fit.interval(kind="cluster", cluster=("cluster", judge))
    np.testing.assert_allclose(interval.standard_error**2, np.diag(expected), atol=1e-9)
    assert interval.degrees_of_freedom == 39
    # One way twice is that way once.
    np.testing.assert_allclose(
        fit.covariance("cluster", cluster=("judge", "judge")),
        fit.covariance("cluster", cluster="judge"),
        atol=1e-11,
    )


def test_two_ways_are_positive_semi_definite(backend: str) -> None:
    for seed in range(20):
        rows, judge = judged(seed, judges=3, n=8, m=60)
        prompt = np.random.default_rng(seed + 50).integers(0, 4, len(judge))
        fit = fit_of(rows, backend, judge=judge, cluster=prompt)
        score = row_scores(fit, rows)
        meat = meat_by(score, judge) + meat_by(score, prompt)
        raw = around(fit, rows, meat - meat_by(score, judge * 100 + prompt))
        values, vectors = np.linalg.eigh(raw)
        clipped = (vectors * np.maximum(values, 0.0)) @ vectors.T
        covariance = fit.covariance("cluster", cluster=("judge", "cluster"))
        np.testing.assert_allclose(covariance, clipped, rtol=0, atol=1e-9 * values[-1])
        if values[0] < -1e-6:
            return
    raise AssertionError("no case had a negative eigenvalue")


def test_only_the_clusters_of_used_rows_count(backend: str) -> None:
    rows, judge = judged()
    # u and v beat the rest and were judged by others; some rows weigh nothing.
    c = zm.Comparisons(
        np.concatenate([rows.a, [6, 7, 0]]),
        np.concatenate([rows.b, [0, 1, 1]]),
        np.concatenate([rows.score, [1.0, 1.0, 1.0]]),
        weight=np.concatenate([rows.weight, [1.0, 1.0, 0.0]]),
        judge=np.concatenate([judge, [50, 51, 52]]),
    )
    fit = zm.bradley_terry(c, components="largest", tol=1e-11, backend=backend)
    alone = fit_of(rows, backend, judge=judge)
    np.testing.assert_allclose(
        fit.covariance("cluster")[:6, :6], alone.covariance("cluster"), rtol=0, atol=1e-9
    )
    assert fit.interval(kind="cluster").degrees_of_freedom == 12
    assert np.isnan(fit.covariance("cluster")[6:]).all()


# Joint fits -------------------------------------------------------------------------------------


def joint_log_likelihoods(fit: Any, c: zm.Comparisons, x: Any) -> Any:
    """Of every row, at abilities, coefficients and log tie parameter x, written out."""
    n = c.n_items
    columns = [np.ones(len(c)) if c.neutral is None else 1.0 - c.neutral]
    columns = columns if fit.position_effect is not None else []
    if fit.options["covariates"]:
        assert c.features is not None
        columns += list(c.features.T / fit.extras.divisor[len(columns) :, None])
    z = x[c.a] - x[c.b] + (0.0 if c.offset is None else c.offset)
    for k, column in enumerate(columns):
        z = z + x[n + k] * column
    if fit.ties == "davidson":
        weights = np.stack([np.exp(-z / 2), np.exp(z / 2), np.full(len(c), np.exp(x[-1]))])
        value = np.log(weights / weights.sum(axis=0))[c.outcome, np.arange(len(c))]
    elif fit.ties == "rao-kupper":
        win, loss = 1 / (1 + np.exp(x[-1] - z)), 1 / (1 + np.exp(x[-1] + z))
        parts = np.stack([loss, win, 1 - win - loss])
        value = np.log(parts)[c.outcome, np.arange(len(c))]
    else:
        y = np.array([0.0, 1.0, 0.5])[c.outcome]
        value = -y * np.logaddexp(0, -z) - (1 - y) * np.logaddexp(0, z)
    return value if c.weight is None else c.weight * value


@pytest.mark.parametrize(
    ("ties", "position", "covariates"),
    [
        ("davidson", True, True),
        ("davidson", False, None),
        ("rao-kupper", True, "standardize"),
        ("rao-kupper", True, None),
        ("half", True, True),
        ("half", True, None),
    ],
)
def test_joint_fits(backend: str, ties: Any, position: bool, covariates: Any) -> None:
    rows, judge = judged(scores=(0.0, 0.5, 1.0), m=300, weighted=True)
    random = np.random.default_rng(5)
    features, offset = random.normal(size=(len(judge), 2)), random.normal(size=len(judge))
    c = rows.comparisons(
        judge=judge,
        features=features if covariates else None,
        offset=offset if covariates else None,
        neutral=random.random(len(judge)) < 0.2 if covariates else None,
    )
    fit = zm.bradley_terry(
        c, ties=ties, position_effect=position, covariates=covariates, tol=1e-11, backend=backend
    )
    x = np.concatenate([fit.ability, fit.extras.coefficients])
    x = np.append(x, fit.extras.log_tie) if ties != "half" else x
    size, h = len(x), 1e-5
    score = np.empty((len(c), size))
    for k in range(size):
        up, down = x.copy(), x.copy()
        up[k] += h
        down[k] -= h
        difference = joint_log_likelihoods(fit, c, up) - joint_log_likelihoods(fit, c, down)
        score[:, k] = difference / (2 * h)
    assert np.abs(score.sum(axis=0)).max() < 1e-6
    project = np.eye(size)
    project[:6, :6] -= 1 / 6
    bread = np.asarray(fit._whole_covariance("fisher", "this"))
    # Fisher's covariance is the inverse of the information without its constant direction.
    expected = bread @ meat_by(score, judge) @ bread
    covariance = fit.covariance("cluster")
    np.testing.assert_allclose(covariance, expected[:6, :6], rtol=0, atol=1e-7)
    np.testing.assert_allclose(project @ expected @ project, expected, rtol=0, atol=1e-12)
    effects = fit.effects(kind="cluster")
    divisor = np.ones(size - 6)
    divisor[: len(fit.extras.divisor)] = fit.extras.divisor
    error = np.sqrt(np.diag(expected)[6:]) / divisor
    np.testing.assert_allclose(effects.standard_error, error, rtol=1e-5)
    assert (effects.kind, effects.degrees_of_freedom) == ("cluster", 12)
    half = scipy.stats.t.ppf(0.975, 12) * effects.standard_error
    np.testing.assert_allclose(effects.upper - effects.estimate, half, rtol=1e-10)
    again = fit.effects(kind="cluster", cluster=judge)
    np.testing.assert_array_equal(again.standard_error, effects.standard_error)


# Student's t ------------------------------------------------------------------------------------


def test_intervals_of_few_clusters_use_t(backend: str) -> None:
    rows, judge = judged()
    fit = fit_of(rows, backend, judge=judge)
    for level in (0.5, 0.95, 0.999):
        interval = fit.interval(level, "cluster")
        assert (interval.kind, interval.degrees_of_freedom) == ("cluster", 12)
        half = scipy.stats.t.ppf(0.5 + level / 2, 12) * interval.standard_error
        np.testing.assert_allclose(interval.upper - interval.estimate, half, rtol=1e-12)
        np.testing.assert_allclose(interval.estimate - interval.lower, half, rtol=1e-12)
    assert "cluster" in repr(interval)
    assert fit.interval().degrees_of_freedom == math.inf
    lower = np.sort(fit.interval(0.9, "cluster").lower)
    upper = fit.interval(0.9, "cluster").upper
    above = len(lower) - np.searchsorted(lower, upper, side="right")
    assert fit.lmarena_rank(0.9, kind="cluster").tolist() == (1 + above).tolist()


def test_differences_of_few_clusters_use_t(backend: str) -> None:
    rows, judge = judged()
    fit = fit_of(rows, backend, judge=judge)
    one = fit.compare(0, 3, kind="cluster")
    covariance = fit.covariance("cluster")
    error = np.sqrt(covariance[0, 0] + covariance[3, 3] - 2 * covariance[0, 3])
    assert one.standard_error[0] == pytest.approx(error)
    assert one.p_value[0] == pytest.approx(
        2 * scipy.stats.t.sf(abs(one.difference[0]) / error, 12), rel=1e-9
    )
    assert one.critical_value == pytest.approx(scipy.stats.t.ppf(0.975, 12))
    assert (one.degrees_of_freedom, one.kind) == (12, "cluster")
    pairs = fit.compare(kind="cluster", adjust="holm")
    assert pairs.critical_value == pytest.approx(scipy.stats.t.ppf(1 - 0.025 / 15, 12))
    # Of a single contrast the largest is itself, and draws give Student's quantile.
    largest = fit.compare(kind="cluster", draws=200_000)
    assert one.critical_value < largest.critical_value < pairs.critical_value
    two = fit.compare([0, 0], [3, 3], kind="cluster", draws=200_000)
    assert two.critical_value == pytest.approx(one.critical_value, abs=0.03)
    same = fit.compare(kind="cluster", cluster=judge)
    assert same.degrees_of_freedom == 12
    np.testing.assert_allclose(same.standard_error, largest.standard_error, rtol=1e-12)


def test_other_questions(backend: str) -> None:
    rows, judge = judged()
    fit = fit_of(rows, backend, judge=judge, period=judge % 4)
    ranks = fit.rank_interval(kind="cluster")
    assert (ranks.degrees_of_freedom, ranks.kind) == (12, "cluster")
    for answer in (
        fit.tiers(kind="cluster", cluster="period"),
        fit.letters(kind="cluster", cluster="period"),
        fit.top_probability(kind="cluster", cluster="period"),
        fit.rank_interval(kind="cluster", cluster=judge % 4),
    ):
        assert answer.degrees_of_freedom == 3
        assert answer.kind == "cluster"
    assert fit.votes_needed(0, 3, 0.5, kind="cluster") >= 0
    assert fit.quasi_variance("cluster", cluster="judge").variance.shape == (6,)
    wide = fit.rank_interval(kind="cluster", cluster=judge % 4)
    critical = float(wide.critical_value)
    assert critical > float(ranks.critical_value)
    with pytest.raises(InputError, match="kind='cluster' is not known for changes"):
        zm.compare_fits(fit, fit, kind="cluster")  # type: ignore[arg-type]


# More items than a whole covariance has ---------------------------------------------------------


def test_contrasts_by_solves(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, judge = judged(n=20, m=600)
    fit = fit_of(rows, backend, judge=judge)
    whole = fit.interval(kind="cluster", reference=4, items=[0, 4, 7])
    monkeypatch.setattr(fit_covariance, "EXACT_BELOW", 10)
    monkeypatch.setattr(estimates, "EXACT_BELOW", 10)
    solved = fit_of(rows, backend, judge=judge).interval(
        kind="cluster", reference=4, items=[0, 4, 7]
    )
    np.testing.assert_allclose(solved.standard_error, whole.standard_error, rtol=1e-6, atol=1e-9)
    assert solved.degrees_of_freedom == 12
    with pytest.raises(InputError, match=r"interval\(items=\[...\]\)"):
        fit.interval(kind="cluster")
    with pytest.raises(InputError, match="two-way clusters need the whole covariance"):
        fit.interval(kind="cluster", cluster=("judge", rows.a), items=[0])


# Bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ("user", "cluster='user' is not a column of the comparisons; .*: 'judge', 'period'"),
        ("cluster", "cluster='cluster' is not a column of the comparisons"),
        ([1, 2, 3], r"Length of cluster \(3\) must match the comparisons \(206\)"),
        (["judge", "period"], r"Length of cluster \(2\) .* two ways are a tuple: cluster=\("),
        (("judge",), "a tuple of two for two-way clusters, but is a tuple of 1"),
        (7, "cluster must be the name of a column, .* but is 7"),
        ("period", "at least two clusters, but period has 1 among the comparisons"),
        (np.array([np.nan] + [1.0] * 205), r"cluster\[0\] is nan"),
        ([None] + ["x"] * 205, r"cluster\[0\] is null"),
    ],
)
def test_bad_clusters(cluster: Any, message: str) -> None:
    rows, judge = judged()
    fit = fit_of(rows, judge=judge, period=np.zeros(len(judge)))
    with pytest.raises(InputError, match=message):
        fit.covariance("cluster", cluster=cluster)


def test_fits_without_clusters(tmp_path: Path) -> None:
    rows, judge = judged()
    with pytest.raises(InputError, match="neither a cluster nor a judge"):
        fit_of(rows).interval(kind="cluster")
    fit = fit_of(rows, judge=judge)
    assert fit.interval(kind="cluster").degrees_of_freedom == 12
    with pytest.raises(InputError, match="cluster= belongs to kind='cluster', but kind is 'sandw"):
        fit.interval(cluster="judge")
    counted = zm.bradley_terry(rows.comparisons(judge=judge).pair_counts())
    fit.save(tmp_path / "fit")
    for other in (counted, zm.load(tmp_path / "fit"), fit.update(rows.comparisons())):
        with pytest.raises(InputError, match=r'only their counts .*pair_counts\(by="cluster"\)'):
            other.covariance("cluster")
        with pytest.raises(InputError, match="only their counts"):
            other.covariance("cluster", cluster=judge)


def test_rows_left_out_are_said(backend: str) -> None:
    c = zm.Comparisons(list("xyzx"), list("yzxz"), ["a", "b", "a", "none"], outcomes={"none": None})
    fit = zm.bradley_terry(c, prior=1.0, backend=backend)
    with pytest.raises(InputError, match=r"must match the comparisons \(3\); 1 rows were left out"):
        fit.interval(kind="cluster", cluster=[1, 1, 2, 2])


def test_an_item_of_one_cluster_is_said(backend: str) -> None:
    rows, judge = judged()
    c = zm.Comparisons(
        np.append(rows.a, [6, 0]),
        np.append(rows.b, [0, 6]),
        np.append(rows.score, [1.0, 1.0]),
        judge=np.append(judge, [0, 0]),
    )
    fit = zm.bradley_terry(c, backend=backend)
    with pytest.warns(UserWarning, match=r"6 occur in only one cluster \(judge\)"):
        fit.covariance("cluster")
