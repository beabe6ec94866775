"""The bootstrap by comparison: its draws, its replicates' abilities, and what it says of them."""

from __future__ import annotations

import warnings
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
import reference
import scipy.stats

import zermelo as zm
from zermelo._backends import Backend
from zermelo.errors import InputError
from zermelo.ratings import resampling
from zermelo.ratings.bootstrap import _problem, bootstrap
from zermelo.ratings.resampling import Drawable, Sampler

HALVES = (0.0, 0.5, 1.0)


def board(n: int = 8, m: int = 4000, seed: int = 1, **options: Any) -> Any:
    rows = reference.random_rows(seed, n=n, m=m, scores=HALVES)
    return zm.bradley_terry(rows.comparisons(), tol=1e-11, **options)


def sparse(n: int = 12, seed: int = 3) -> zm.Comparisons:
    """A circle of single wins, which half of all resamples break, and a few more comparisons."""
    rows = reference.random_rows(seed, n=n, m=4 * n)
    return rows.comparisons()


# The draws ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "count",
    [
        [1],
        [3],
        [1, 1, 1, 1],
        [5, 0, 90, 300, 20],
        [70_000, 65_536, 1, 250_000],
        list(range(1, 200)),
    ],
)
def test_totals_are_exact(kernels: Backend, count: list[int]) -> None:
    cells = np.array([c for c in count if c], np.int64)
    sampler = Sampler.build(cells, 5, kernels)
    draws = kernels.multinomial_draws(*sampler.arguments, 0, 300, 1)
    assert draws.shape == (300, len(cells))
    assert (draws >= 0).all()
    assert (draws.sum(axis=1) == cells.sum()).all()


def test_draws_are_the_same_for_threads_and_parts(kernels: Backend) -> None:
    cells = np.arange(1, 150)
    sampler = Sampler.build(cells, 11, kernels)
    draws = kernels.multinomial_draws(*sampler.arguments, 0, 40, 1)
    for threads in (2, 3):
        again = kernels.multinomial_draws(*sampler.arguments, 0, 40, threads)
        np.testing.assert_array_equal(again, draws)
    part = kernels.multinomial_draws(*sampler.arguments, 25, 10, 1)
    np.testing.assert_array_equal(part, draws[25:35])
    assert len(np.unique(draws, axis=0)) == 40


def both() -> tuple[Backend, Backend]:
    from zermelo._backends import backend_info, resolve

    for name in ("cpp", "numba"):
        if not backend_info()[name]["available"]:
            pytest.skip(backend_info()[name]["reason"])
    return resolve("cpp"), resolve("numba")


@pytest.mark.parametrize("digits", [False, True])
def test_draws_are_the_same_on_both_backends(digits: bool, monkeypatch: Any) -> None:
    if digits:
        monkeypatch.setattr(resampling, "MOST_SLOTS", 0)
    cells = np.array([1, 2, 2, 40, 300, 301, 9_000, 66_000, 200_000])
    drawn = []
    for kernels in both():
        sampler = Sampler.build(cells, 2**80, kernels)
        drawn.append(kernels.multinomial_draws(*sampler.arguments, 7, 50, 1))
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("digits", [False, True])
def test_cells_have_binomial_margins(kernels: Backend, digits: bool, monkeypatch: Any) -> None:
    """Chi-square tests against SciPy's binomial; the family-wise error is 1e-6."""
    if digits:
        monkeypatch.setattr(resampling, "MOST_SLOTS", 0)
        monkeypatch.setattr(resampling, "LARGEST_UNIT", 256)
        monkeypatch.setattr(resampling, "DIGIT", 16)
    cells = np.array([1, 3, 17, 120, 700, 2, 1, 60])
    total, replicates = int(cells.sum()), 20_000
    sampler = Sampler.build(cells, 2024, kernels)
    draws = kernels.multinomial_draws(*sampler.arguments, 0, replicates, 1)
    n_tests = len(cells) + 1
    for cell, count in enumerate(cells):
        check_binomial(draws[:, cell], total, count / total, 1e-6 / n_tests)
    # Sums of cells are binomial only if the cells hang together as in a multinomial.
    check_binomial(draws[:, 2:4].sum(axis=1), total, 137 / total, 1e-6 / n_tests)


def check_binomial(values: Any, total: int, chance: float, level: float) -> None:
    edges = np.unique(scipy.stats.binom.ppf(np.linspace(0.02, 0.98, 25), total, chance))
    expected = np.diff(scipy.stats.binom.cdf(edges, total, chance), prepend=0.0, append=1.0)
    observed = np.bincount(np.searchsorted(edges, values), minlength=len(expected))
    keep = expected * len(values) >= 5
    assert keep.sum() >= 2
    expected = np.append(expected[keep], expected[~keep].sum()) * len(values)
    observed = np.append(observed[keep], observed[~keep].sum())
    some = expected > 0
    assert observed[~some].sum() == 0
    found = scipy.stats.chisquare(observed[some], expected[some], sum_check=False)
    assert found.pvalue > level


def test_alias_tables_hold_their_weights(kernels: Backend) -> None:
    rng = np.random.default_rng(0)
    weight = resampling._whole_weights(rng.dirichlet(np.full(50, 0.3)), 64)
    begin = np.array([0, 64], np.int64)
    threshold, alias = kernels.alias_tables(weight, begin)
    held = threshold.astype(np.int64)
    np.add.at(held, alias, 2**31 - threshold.astype(np.int64))
    np.testing.assert_array_equal(held, weight)
    weight[0] += 1
    with pytest.raises(ValueError, match="table 0"):
        kernels.alias_tables(weight, begin)


def test_both_orders_of_a_pair_share_their_cells() -> None:
    rows = zm.Comparisons(["x", "y", "x"], ["y", "x", "y"], [1, 1, 0.5], count=[3, 4, 2])
    counts = rows.pair_counts()
    every = np.ones(len(counts), bool)
    cells = Drawable.comparisons(counts, every, 0.5)
    assert cells.count.tolist() == [2, 3, 4]
    parts = zip(cells.part_cell, cells.part_low, cells.part_high, strict=True)
    assert sorted(parts) == [(0, 0.5, 0.5), (1, 1.0, 0.0), (2, 0.0, 1.0)]
    dropped = Drawable.comparisons(counts, every, 0.0)
    assert dropped.count.tolist() == [2, 3, 4]
    assert sorted(dropped.part_cell) == [1, 2]


# The replicates' abilities ---------------------------------------------------------------------


def refitted(fit: Any, replicate: int, **options: Any) -> Any:
    """The fit of a replicate's counts, row by row; NaN where there is none."""
    problem = _problem(fit, None, 4, 1e-10, 1)
    draws = fit.model.backend.multinomial_draws(*problem.sampler.arguments, replicate, 1, 1)[0]
    offsets, cell, credit_low, credit_high, low, high = problem.arguments[:6]
    pair = np.repeat(np.arange(len(low)), np.diff(offsets))
    drawn = draws[cell]
    used = drawn > 0
    # Rows of weight 0 keep the items that the replicate has lost.
    a, b = np.append(low[pair[used]], low), np.append(high[pair[used]], high)
    credit = (credit_low + credit_high)[used]
    weight = np.append(credit, np.zeros(len(low)))
    score = np.append(credit_low[used] / credit, np.ones(len(low)))
    count = np.append(drawn[used], np.ones(len(low), np.int64))
    data = zm.Comparisons(a, b, score, count=count, weight=weight)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # only the prior joins some items
            return zm.bradley_terry(data, tol=1e-11, **options).ability
    except zm.errors.SeparationError:
        return np.nan


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ({}, {}),
        ({"m": 60}, {}),
        ({"m": 60}, {"ties": "drop"}),
        ({"m": 30}, {"prior": 0.8}),
        ({"m": 200}, {"fixed": {2: 0.3, 5: -1.0}}),
        ({"m": 20}, {}),
    ],
)
def test_abilities_are_the_fits_of_the_draws(
    backend: str, data: dict[str, Any], options: dict[str, Any]
) -> None:
    fit = board(**data, backend=backend, **options)
    found = bootstrap(fit, 12, seed=4, tol=1e-10)
    for replicate in range(12):
        expected = np.broadcast_to(refitted(fit, replicate, **options), fit.n_items)
        np.testing.assert_allclose(found.ability[replicate], expected, atol=1e-8)


def test_weights_equal_within_cells(backend: str) -> None:
    rows = reference.random_rows(9, n=6, m=500, scores=HALVES)
    weight = 0.5 + (np.minimum(rows.a, rows.b) * 3 + np.maximum(rows.a, rows.b)) % 4
    data = zm.Comparisons(rows.a, rows.b, rows.score, weight=weight)
    fit = zm.bradley_terry(data, tol=1e-11, backend=backend)
    found = bootstrap(fit, 5, seed=4, tol=1e-10)
    for replicate in range(5):
        np.testing.assert_allclose(found.ability[replicate], refitted(fit, replicate), atol=1e-8)


def test_threads_and_number_of_replicates(backend: str) -> None:
    fit = board(n=20, m=3000, backend=backend)
    one = bootstrap(fit, 40, seed=7, threads=1)
    for threads in (2, 3):
        np.testing.assert_array_equal(
            bootstrap(fit, 40, seed=7, threads=threads).ability, one.ability
        )
    np.testing.assert_array_equal(bootstrap(fit, 15, seed=7).ability, one.ability[:15])
    assert not np.array_equal(bootstrap(fit, 40, seed=8).ability, one.ability)


def test_backends_agree() -> None:
    both()
    for options in ({}, {"m": 50}, {"m": 50, "prior": 0.4}):
        fits = [board(backend=name, **options) for name in ("cpp", "numba")]
        one, other = (bootstrap(fit, 60, seed=3, tol=1e-10) for fit in fits)
        np.testing.assert_allclose(one.ability, other.ability, atol=1e-10)
        assert one.n_failed == other.n_failed


@pytest.mark.parametrize("processes", [False, True])
def test_executors(backend: str, processes: bool) -> None:
    fit = board(backend=backend)
    alone = bootstrap(fit, 150, seed=2)
    seen: list[tuple[int, int]] = []
    pool: Executor
    with (
        ProcessPoolExecutor(2, get_context("spawn")) if processes else ThreadPoolExecutor(3)
    ) as pool:
        spread = bootstrap(
            fit, 150, seed=2, executor=pool, progress=lambda *done: seen.append(done)
        )
    np.testing.assert_array_equal(spread.ability, alone.ability)
    assert seen[-1] == (150, 150)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_progress(backend: str) -> None:
    fit, seen = board(backend=backend), []
    found = bootstrap(fit, 100, progress=lambda done, total: seen.append((done, total)))
    np.testing.assert_array_equal(found.ability, bootstrap(fit, 100).ability)
    assert seen == [(min(done, 100), 100) for done in range(2, 101, 2)]


def test_an_error_in_progress_is_raised(backend: str) -> None:
    def stop(done: int, total: int) -> None:
        raise RuntimeError("enough")

    with ThreadPoolExecutor(2) as pool, pytest.raises(RuntimeError, match="enough"):
        bootstrap(board(backend=backend), 100, executor=pool, progress=stop)


# What it says ---------------------------------------------------------------------------------


def test_covariance_is_the_sandwich(backend: str) -> None:
    fit = board(n=10, m=20_000, backend=backend)
    replicates = 4000
    found = bootstrap(fit, replicates, seed=6)
    sandwich = fit.covariance("sandwich")
    assert found.n_failed == 0
    # An entry's Monte-Carlo variance is (S_ii S_jj + S_ij²) / replicates; 5.5 standard deviations
    # bound the family-wise error of 55 entries at 1e-6 * 2.
    variance = np.diag(sandwich)
    error = np.sqrt((np.outer(variance, variance) + sandwich**2) / replicates)
    # The bootstrap and the sandwich themselves differ by terms of the order of 1/comparisons.
    assert (
        np.abs(found.covariance() - sandwich)
        < 5.5 * error + 0.02 * np.sqrt(np.outer(variance, variance))
    ).all()
    np.testing.assert_allclose(found.standard_error**2, np.diag(found.covariance()))


def test_intervals(backend: str) -> None:
    fit = board(n=6, m=6000, backend=backend)
    found = bootstrap(fit, 2000, seed=1)
    intervals = {m: found.interval(0.9, m) for m in ("percentile", "basic", "normal")}
    plain = fit.interval(0.9)
    for method, interval in intervals.items():
        assert interval.kind == f"{method} bootstrap"
        np.testing.assert_allclose(interval.lower, plain.lower, atol=0.012)
        np.testing.assert_allclose(interval.upper, plain.upper, atol=0.012)
        assert interval.relative_error == pytest.approx(1 / np.sqrt(2 * 1999))
    percentile, basic = intervals["percentile"], intervals["basic"]
    np.testing.assert_allclose(basic.lower + percentile.upper, 2 * fit.ability)
    inside = found.ability >= percentile.lower
    assert inside.mean(axis=0) == pytest.approx(0.95, abs=0.001)
    difference = found.interval(reference=3)
    assert difference.reference == 3
    assert difference.lower[3] == difference.upper[3] == difference.standard_error[3] == 0.0
    own = found.ability[:, 0] - found.ability[:, 3]
    assert difference.standard_error[0] == pytest.approx(own.std(ddof=1))
    assert repr(found) == "Bootstrap(2,000 replicates, 6 items, by comparison, seed 1)"


def test_failures_are_counted(backend: str) -> None:
    fit = zm.bradley_terry(sparse(), backend=backend)
    found = bootstrap(fit, 200)
    lost = np.isnan(found.ability).all(axis=1)
    assert np.array_equal(lost, np.isnan(found.ability).any(axis=1))
    assert 0 < found.n_failed < 200
    assert found.n_failed == lost.sum()
    assert np.isfinite(found.covariance()).all()
    assert f"{found.n_failed} failed" in repr(found)
    assert bootstrap(zm.bradley_terry(sparse(), prior=1.0, backend=backend), 200).n_failed == 0


def test_nothing_left(backend: str) -> None:
    n = 30
    circle = zm.Comparisons(np.arange(n), (np.arange(n) + 1) % n)
    found = bootstrap(zm.bradley_terry(circle, backend=backend), 20)
    assert found.n_failed == 20
    with pytest.raises(InputError, match="only 0 of 20 replicates have a maximum"):
        found.interval()


def test_unrated_items_stay_so(backend: str) -> None:
    rows = reference.random_rows(1, n=6, m=900)
    a, b = np.append(rows.a, [6] * 50), np.append(rows.b, [0] * 50)
    score = np.append(rows.score, np.ones(50))
    fit = zm.bradley_terry(zm.Comparisons(a, b, score), components="largest", backend=backend)
    found = bootstrap(fit, 50)
    assert found.n_failed == 0
    assert np.isnan(found.ability[:, 6]).all()
    assert np.isnan(found.interval().lower[6])
    assert np.isnan(found.covariance()[6]).all()
    np.testing.assert_allclose(found.ability[:, :6].sum(axis=1), 0.0, atol=1e-12)
    with pytest.raises(InputError, match="reference 6 is not rated"):
        found.interval(reference=6)


def test_separate_components(backend: str) -> None:
    one, two = reference.random_rows(1, n=5, m=700), reference.random_rows(2, n=4, m=500)
    a = np.concatenate([one.a, two.a + 5, [0, 9]])
    b = np.concatenate([one.b, two.b + 5, [6, 0]])
    score = np.concatenate([one.score, two.score, [1, 1]])
    fit = zm.bradley_terry(zm.Comparisons(a, b, score), components="separate", backend=backend)
    found = bootstrap(fit, 1000)
    assert found.n_failed == 0
    np.testing.assert_allclose(found.ability[:, :5].sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(found.ability[:, 5:9].sum(axis=1), 0.0, atol=1e-12)
    expected, covariance = fit.covariance(), found.covariance()
    np.testing.assert_array_equal(np.isnan(covariance), np.isnan(expected))
    interval = found.interval()
    np.testing.assert_array_equal(np.isnan(interval.lower), np.isnan(fit.interval().lower))
    np.testing.assert_array_equal(
        np.isnan(found.interval(reference=0).lower), np.isnan(fit.interval(reference=0).lower)
    )


def test_items_too_many_for_an_inverse(backend: str, monkeypatch: Any) -> None:
    from zermelo.ratings import bootstrap as module

    fit = board(n=30, m=4000, backend=backend)
    expected = bootstrap(fit, 6, tol=1e-10)
    monkeypatch.setattr(module, "INVERSE_BELOW", 10)
    found = bootstrap(fit, 6, tol=1e-10)
    np.testing.assert_allclose(found.ability, expected.ability, atol=1e-8)


# Bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replicates": 0}, "replicates must be from 1 to 10,000,000, but is 0"),
        ({"replicates": 10**9}, "replicates must be from 1 to 10,000,000"),
        ({"replicates": 2.5}, "replicates must be"),
        ({"unit": "row"}, "unit must be one of 'comparison', 'cluster', but is 'row'"),
        ({"cluster": "judge"}, 'cluster says what unit="cluster" draws'),
        ({"seed": -1}, "seed must be a whole number of at least 0, but is -1"),
        ({"seed": None}, "seed must be"),
        ({"executor": 4}, "executor must be a concurrent.futures.Executor or None, but is int"),
        ({"threads": 0}, "threads must be"),
        ({"progress": True}, "progress must be callable or None, but is bool"),
        ({"tol": 0.0}, "tol must be between 1e-10 and 0.01, but is 0.0"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        bootstrap(board(m=50), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 1.0}, "level must be between 0 and 1"),
        ({"method": "bca"}, "method must be one of 'percentile', 'basic', 'normal'"),
        ({"reference": "x"}, "reference names 'x', which is not an item of the fit"),
    ],
)
def test_bad_arguments_of_intervals(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        bootstrap(board(m=50), 20).interval(**options)


def test_fractional_outcomes() -> None:
    fit = zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"], [0.7, 0.4]))
    with pytest.raises(InputError, match="fractional outcomes"):
        bootstrap(fit)


def test_unequal_weights() -> None:
    data = zm.Comparisons(["x", "x", "y"], ["y", "y", "x"], weight=[1.0, 2.0, 1.0])
    with pytest.raises(InputError, match="differs between the win rows of 'x' against 'y'"):
        bootstrap(zm.bradley_terry(data))


def test_without_data(tmp_path: Any) -> None:
    fit = board(m=50)
    fit.save(tmp_path / "fit.npz", data=False)
    with pytest.raises(InputError, match="loaded from a file without its data"):
        bootstrap(zm.load(tmp_path / "fit.npz"))
