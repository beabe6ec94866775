"""What readers of a board ask: rank intervals, the best, tiers, and differences."""

from __future__ import annotations

import itertools
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import reference
from boards import random_fit, two_items, wide_fit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import zermelo as zm
from zermelo._backends import resolve
from zermelo.errors import InputError
from zermelo.ratings import compare as compare_module
from zermelo.ratings import estimates, letters, max_t, rank_interval, tiers, top

KINDS = ("fisher", "sandwich")
normal = NormalDist()
examples = settings(max_examples=15, deadline=None)


def separate_fit() -> Any:
    games = zm.Comparisons(["x", "y", "u", "v"], ["y", "x", "v", "u"])
    return zm.bradley_terry(games, components="separate")


def partly_rated() -> Any:
    games = zm.Comparisons(["x", "y", "y", "z", "new"], ["y", "x", "z", "y", "x"], count=[9] * 5)
    return zm.bradley_terry(games, components="largest")


# ---- the largest studentised difference


@pytest.mark.parametrize(("n", "level"), [(2, 0.9), (3, 0.95), (10, 0.95), (10, 0.5)])
def test_critical_value_is_tukeys(n: int, level: float) -> None:
    """With equal, independent errors the largest is the studentised range over sqrt(2)."""
    draws = max_t.gaussian_draws(np.eye(n), 200_000, 0)
    family = max_t.all_pairs(np.full((n, n), np.sqrt(0.5)))
    critical = float(max_t.critical_values(max_t.maxima(draws, family), level))
    expected = stats.studentized_range.ppf(level, n, np.inf) / np.sqrt(2)
    assert critical == pytest.approx(expected, rel=0.01)


def test_critical_value_against_one() -> None:
    """Dunnett's two-sided 5% point for 4 comparisons with a control, infinite df: 2.44 (1964)."""
    inverse = np.full(5, np.sqrt(0.5))
    family = [max_t.Contrasts.of(0, np.arange(1, 5), inverse[1:])]
    draws = max_t.gaussian_draws(np.eye(5), 200_000, 1)
    critical = float(max_t.critical_values(max_t.maxima(draws, family), 0.95))
    assert critical == pytest.approx(2.44, abs=0.02)


def slow_maxima(errors: Any, inverse: Any, direction: Any) -> Any:
    out = np.zeros(errors.shape[1])
    for i, j in itertools.combinations(range(len(errors)), 2):
        value = (errors[j] - errors[i]) * inverse[i, j]
        signed = {0: np.abs(value), 1: value, -1: -value}[int(direction[i, j])]
        out = np.maximum(out, signed)
    return out


@pytest.mark.parametrize("kept", [True, False])
def test_maxima_against_loops(monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    monkeypatch.setattr(max_t, "BLOCK_VALUES", 700)
    monkeypatch.setattr(max_t, "CACHED_VALUES", 64)
    monkeypatch.setattr(max_t, "NARROWEST", 16)
    monkeypatch.setattr(max_t, "KEPT_VALUES", 10**6 if kept else 0)
    found = estimates.Estimates.of(wide_fit(), "sandwich", "test")
    draws = max_t.gaussian_draws(found.covariance, 333, 5)
    errors = np.concatenate([np.array(block) for block in draws.blocks()], axis=1).astype(float)
    assert errors.shape == (12, 333)
    direction = np.random.default_rng(0).integers(-1, 2, (12, 12))
    inverse = found.inverse
    expected = slow_maxima(errors, inverse, direction)
    fast = max_t.maxima(draws, max_t.all_pairs(inverse, direction))
    assert fast == pytest.approx(expected, rel=1e-4, abs=1e-5)
    both = max_t.maxima(draws, max_t.all_pairs(inverse))
    assert (both >= fast).all()
    families = [max_t.Contrasts.of(i, np.arange(12), inverse[i]) for i in range(12)]
    each = max_t.maxima_each(draws, families)
    assert np.array_equal(each.max(axis=0), both)


def test_kernel_of_differences(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against loops, for any number of threads, and bit by bit against the other code."""
    monkeypatch.setattr(max_t, "BLOCK_VALUES", 700)
    monkeypatch.setattr(max_t, "COLUMNS_AT_ONCE", 50)
    found = estimates.Estimates.of(wide_fit(), "sandwich", "test")
    draws = max_t.gaussian_draws(found.covariance, 333, 5)
    direction = np.random.default_rng(0).integers(-1, 2, (12, 12))
    inverse, rows = found.inverse, np.arange(12)

    def family(which: Any, threads: int = 1) -> max_t.Differences:
        return max_t.Differences.of(rows, rows + 1, inverse, which, resolve(backend), threads)

    fast = max_t.largest_of_all(draws, family(direction))
    assert np.array_equal(fast, max_t.maxima(draws, max_t.all_pairs(inverse, direction)))
    assert np.array_equal(fast, max_t.largest_of_all(draws, family(direction, 3)))
    both = max_t.largest_of_all(draws, family(0 * direction))
    within = max_t.critical_value_within(draws, family(direction), 0.9, both)
    assert within == float(max_t.critical_values(fast, 0.9))
    families = [max_t.Contrasts.of(i, rows, inverse[i], direction[i]) for i in (3, 7)]
    some = np.array([3, 7])
    own = max_t.Differences.of(some, np.zeros(2), inverse, direction[some], resolve(backend), 2)
    each = max_t.largest_each(draws, own)
    assert np.array_equal(each, max_t.maxima_each(draws, families))


def test_draws_have_the_covariance_of_differences() -> None:
    found = estimates.Estimates.of(random_fit(1), "sandwich", "test")
    draws = max_t.GaussianDraws.of(found.covariance, 100_000, 0)
    errors = np.concatenate(list(draws.blocks()), axis=1)
    variance = estimates.standard_errors(np.cov(errors.astype(float)))
    off = ~np.eye(6, dtype=bool)
    assert variance[off] == pytest.approx(found.standard_error[off], rel=0.02)


def test_too_few_draws() -> None:
    with pytest.raises(InputError, match=r"18 draws are too few for a level of 0\.95.*at least 19"):
        rank_interval.rank_interval(two_items(), draws=18)
    assert rank_interval.rank_interval(two_items(), draws=19).mean_width >= 0


# ---- rank intervals


def test_rank_interval_of_two_items() -> None:
    """z = log(wins / losses) / sqrt(1/wins + 1/losses): 2.0 at 60:40, 1.98 at a level of 0.953."""
    apart = rank_interval.rank_interval(two_items(60, 40), draws=100_000)
    assert apart.lower.tolist() == apart.upper.tolist() == apart.rank.tolist() == [1, 2]
    assert apart.mean_width == apart.bonferroni_mean_width == 0.0
    together = rank_interval.rank_interval(two_items(59, 41), draws=100_000)
    assert together.lower.tolist() == [1, 1]
    assert together.upper.tolist() == [2, 2]
    assert together.mean_width == 1.0
    assert together.critical_value == pytest.approx(1.96, abs=0.02)


def test_step_down_settles_more() -> None:
    """Once a pair is settled only its open direction counts, so the critical value falls."""
    fit = wide_fit()
    found = rank_interval.rank_interval(fit)
    all_at_once = compare_module.compare(fit)
    assert found.critical_value < all_at_once.critical_value
    n = fit.n_items
    places = {label: place for place, label in enumerate(fit.items.tolist())}
    below = np.zeros(n, int)
    above = np.zeros(n, int)
    size = np.abs(all_at_once.difference) / all_at_once.standard_error
    for a, b, z in zip(all_at_once.a.tolist(), all_at_once.b.tolist(), size, strict=True):
        if z > found.critical_value:
            below[places[a]] += 1
            above[places[b]] += 1
    assert found.lower.tolist() == (1 + above).tolist()
    assert found.upper.tolist() == (n - below).tolist()


@examples
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from(KINDS))
def test_rank_intervals_contain_ranks(seed: int, simultaneous: bool, kind: Any) -> None:
    fit = random_fit(seed)
    options = {"kind": kind, "simultaneous": simultaneous, "draws": 999}
    found = rank_interval.rank_interval(fit, 0.9, **options)
    assert (found.lower <= found.rank).all()
    assert (found.rank <= found.upper).all()
    assert found.rank.tolist() == fit.rank().tolist()
    assert found.mean_width == pytest.approx((found.upper - found.lower).mean())
    wider = rank_interval.rank_interval(fit, 0.99, **options)
    assert (wider.lower <= found.lower).all()
    assert (wider.upper >= found.upper).all()


def test_marginal_rank_intervals_are_narrower() -> None:
    fit = wide_fit()
    together = rank_interval.rank_interval(fit)
    single = rank_interval.rank_interval(fit, simultaneous=False)
    assert single.critical_value.shape == (12,)
    assert (single.critical_value < together.critical_value + 0.1).all()
    assert single.mean_width <= together.mean_width <= together.bonferroni_mean_width
    assert single.mean_width <= single.bonferroni_mean_width


def test_rank_interval_from_a_bootstrap() -> None:
    fit = wide_fit()
    generator = np.random.default_rng(0)
    root = np.linalg.cholesky(fit.covariance() + 1.0)
    replicates = fit.ability + generator.standard_normal((5000, 12)) @ root.T
    replicates[:3] = np.nan  # replicates without a maximum
    found = rank_interval.rank_interval(fit, bootstrap=replicates)
    gaussian = rank_interval.rank_interval(fit)
    assert found.critical_value == pytest.approx(gaussian.critical_value, rel=0.03)
    for wrong in (replicates[:, 1:], replicates[0], np.zeros((5, 12), int)):
        with pytest.raises(InputError, match=r"bootstrap must be .* shape \(replicates, 12\)"):
            rank_interval.rank_interval(fit, bootstrap=wrong)


@pytest.mark.parametrize("simultaneous", [True, False])
def test_rank_interval_coverage(simultaneous: bool) -> None:
    """Rank intervals of 300 boards contain the true ranks as often as they say."""
    truth = np.array([0.5, 0.45, 0.2, -0.3, -0.85])
    rank = np.arange(1, 6)
    generator = np.random.default_rng(11)
    first, second = np.triu_indices(5, 1)
    p = 1.0 / (1.0 + np.exp(truth[second] - truth[first]))
    held = 0
    for _ in range(300):
        wins = generator.binomial(60, p)
        games = zm.Comparisons(
            np.r_[first, second], np.r_[second, first], count=np.r_[wins, 60 - wins]
        )
        fit = zm.bradley_terry(games, prior=1e-6)
        found = rank_interval.rank_interval(fit, 0.9, simultaneous=simultaneous, draws=499)
        inside = (found.lower <= rank) & (rank <= found.upper)
        held += int(inside.all() if simultaneous else inside[1])
    assert held >= stats.binom.ppf(1e-6, 300, 0.9)


def test_lmarena_rank() -> None:
    fit = wide_fit()
    interval = fit.interval(0.95)
    expected = [1 + int((interval.lower > upper).sum()) for upper in interval.upper]
    assert rank_interval.lmarena_rank(fit).tolist() == expected
    assert max(expected) > 1


# ---- the best k


@pytest.mark.parametrize("kind", KINDS)
def test_top_probability_of_two_items(kind: Any) -> None:
    fit = two_items(55, 45)
    found = top.top_probability(fit, kind=kind)
    difference = compare_module.compare(fit, "x", "y", kind=kind)
    expected = normal.cdf(float(difference.difference[0] / difference.standard_error[0]))
    assert found.probability[0] == pytest.approx(expected, abs=5 * found.standard_error[0])
    assert found.standard_error[0] == pytest.approx(
        np.sqrt(expected * (1 - expected) / 100_000), rel=0.02
    )


@examples
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_top_probability_sums_to_k(seed: int, k: int) -> None:
    fit = random_fit(seed)
    found = top.top_probability(fit, k, draws=2000)
    assert found.probability.sum() == pytest.approx(k)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    if k > 1:
        fewer = top.top_probability(fit, k - 1, draws=2000)
        assert (fewer.probability <= found.probability).all()
    if k == 6:
        assert (found.probability == 1.0).all()
        assert (found.standard_error == 0.0).all()


def test_ties_share_a_place() -> None:
    """x, y and z are held at one ability: evenly they share what w leaves of two places."""
    games = zm.Comparisons(["w", "w", "w"], ["x", "y", "z"], [0.5] * 3, count=[9] * 3)
    fit = zm.bradley_terry(games, fixed={"x": 0.0, "y": 0.0, "z": 0.0})
    found = top.top_probability(fit, 2, draws=4000)
    w = found.probability[0]
    assert found.probability[1:] == pytest.approx([(2 - w) / 3] * 3)
    assert w == pytest.approx(0.5, abs=0.05)


# ---- bad input, frames


READERS = [
    rank_interval.rank_interval,
    rank_interval.lmarena_rank,
    top.top_probability,
    tiers.tiers,
    letters.letters,
]


@pytest.mark.parametrize("reader", READERS)
def test_refusals(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"needs all items on one scale.*2 components"):
        reader(separate_fit())
    with pytest.raises(InputError, match="kind must be one of"):
        reader(two_items(), kind="magic")
    if reader is not top.top_probability:
        with pytest.raises(InputError, match=r"level must be between 0 and 1, but is 1\.5"):
            reader(two_items(), 1.5)
    if reader is not rank_interval.lmarena_rank:
        for name in ("draws", "seed"):
            with pytest.raises(InputError, match=f"{name} must be a .*whole number.*but is -1"):
                reader(two_items(), **{name: -1})
        monkeypatch.setattr(estimates, "EXACT_BELOW", 5)
        with pytest.raises(InputError, match=r"6 items are too many \(at most 5\)"):
            reader(random_fit(0))


def test_refused_simultaneous() -> None:
    with pytest.raises(InputError, match="simultaneous must be True or False, but is 'yes'"):
        rank_interval.rank_interval(two_items(), simultaneous="yes")  # type: ignore[arg-type]


def test_refused_k() -> None:
    for k in (0, 1.5, True):
        with pytest.raises(InputError, match="k must be a positive whole number"):
            top.top_probability(two_items(), k)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"k must be at most the number of rated items \(2\)"):
        top.top_probability(two_items(), 3)


def test_unrated_items() -> None:
    fit = partly_rated()
    new = fit.items.tolist().index("new")
    found = rank_interval.rank_interval(fit)
    assert (found.rank[new], found.lower[new], found.upper[new]) == (0, 0, 0)
    assert found.upper.max() == 3
    assert found.to_frame("pandas")["item"].tolist()[-1] == "new"
    assert rank_interval.lmarena_rank(fit)[new] == 0
    chances = top.top_probability(fit, 2)
    assert np.isnan(chances.probability[new])
    assert np.isnan(chances.standard_error[new])
    assert np.nansum(chances.probability) == pytest.approx(2.0)
    assert chances.to_frame("pandas")["item"].tolist()[-1] == "new"
    assert tiers.tiers(fit).tier[new] == 0
    assert letters.letters(fit).letters[new] == ""


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_and_texts(library: str) -> None:
    fit = wide_fit()
    results = [
        rank_interval.rank_interval(fit),
        top.top_probability(fit, draws=1000),
        tiers.tiers(fit),
        letters.letters(fit),
        compare_module.compare(fit, against="best"),
    ]
    for result in results:
        assert type(result.to_frame(library)).__module__.split(".")[0] == library
        assert "sandwich" in repr(result)
        assert "\n" not in repr(result)


def test_same_seed_same_result() -> None:
    fit = wide_fit()
    one, other = (rank_interval.rank_interval(fit, seed=4, draws=500) for _ in range(2))
    assert one.critical_value == other.critical_value
    changed = rank_interval.rank_interval(fit, seed=5, draws=500)
    assert changed.critical_value != one.critical_value


def test_both_backends(backend: str) -> None:
    fit = zm.bradley_terry(reference.random_rows(8).comparisons(), backend=backend)
    assert rank_interval.rank_interval(fit, 0.5).upper.max() <= 6
    assert top.top_probability(fit).probability.sum() == pytest.approx(1.0)
