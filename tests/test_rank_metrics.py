"""Rank metrics against definitions written out, SciPy and published numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from zermelo import metrics
from zermelo.errors import InputError
from zermelo.rank_metrics import rows

Real = NDArray[np.float64]
Measure = Callable[..., Any]

CORRELATIONS: tuple[Measure, ...] = (
    metrics.kendall,
    metrics.spearman,
    metrics.tau_ap,
    lambda a, b: metrics.tau_ap(a, b, symmetric=True),
)
SYMMETRIC: tuple[Measure, ...] = (CORRELATIONS[0], CORRELATIONS[1], CORRELATIONS[3])


# Slow, obvious oracles ---------------------------------------------------------------------------


def pairs_out_of_order(values: Any) -> int:
    return sum(one > other for one, other in itertools.combinations(list(values), 2))


def tau_ap_of_orders(scores: Any, reference: Any) -> float:
    """The definition, for rankings without ties."""
    order = sorted(range(len(scores)), key=lambda item: -scores[item])
    shares = [
        sum(reference[above] > reference[item] for above in order[:place]) / place
        for place, item in enumerate(order)
        if place
    ]
    return 2.0 * sum(shares) / (len(scores) - 1) - 1.0


def orders_of(scores: Any) -> Iterator[tuple[int, ...]]:
    """Every ranking without ties that has the items in the strict order of the scores."""
    n = len(scores)
    for ranks in itertools.permutations(range(n)):
        if all(ranks[i] < ranks[j] for i in range(n) for j in range(n) if scores[i] < scores[j]):
            yield ranks


def mean_tau_ap(scores: Any, reference: Any) -> float:
    values = [
        tau_ap_of_orders(one, other) for one in orders_of(scores) for other in orders_of(reference)
    ]
    return float(np.mean(values))


def strict_tau_ap(scores: Any, reference: Any) -> float:
    shares = []
    for item in range(len(scores)):
        above = [other for other in range(len(scores)) if scores[other] > scores[item]]
        if above:
            shares.append(np.mean([reference[other] > reference[item] for other in above]))
    return 2.0 * float(np.mean(shares)) - 1.0


def symmetric_tau_ap(scores: Any, reference: Any) -> float:
    return (strict_tau_ap(scores, reference) + strict_tau_ap(reference, scores)) / 2.0


def expected_top_overlap(scores: Any, reference: Any, k: int) -> float:
    overlaps = [
        len(set(np.argsort(one)[-k:]) & set(np.argsort(other)[-k:])) / k
        for one in orders_of(scores)
        for other in orders_of(reference)
    ]
    return float(np.mean(overlaps))


def rank_biased_sum(first: Any, second: Any, p: float, depth: int) -> float:
    """RBO of two lists, the agreement at every depth being as the paper extrapolates it."""
    short, long = sorted((list(first), list(second)), key=len)
    s, n = len(short), len(long)

    def agreement(d: int) -> float:
        d = min(d, n)
        seen = len(set(short[:d]) & set(long[:d])) / d
        if d <= s:
            return seen
        return seen + len(set(short) & set(long[:s])) * (d - s) / (s * d)

    return (1.0 - p) * sum(p ** (d - 1) * agreement(d) for d in range(1, depth + 1))


# Kendall and Spearman ----------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 4, 1000])
@pytest.mark.parametrize("n", [2, 3, 20, 150])
def test_correlations_are_those_of_scipy(backend: str, n: int, levels: int) -> None:
    random = np.random.default_rng(n * levels)
    first, second = random.integers(0, levels, (2, 30, n)).astype(np.float64)
    for measure, theirs in (
        (metrics.kendall, scipy.stats.kendalltau),
        (metrics.spearman, scipy.stats.spearmanr),
    ):
        found = measure(first, second)
        assert found.shape == (30,)
        for one, other, value in zip(first, second, found, strict=True):
            if min(np.ptp(one), np.ptp(other)) == 0:
                assert math.isnan(value)  # SciPy warns and says NaN, too
            else:
                assert value == pytest.approx(theirs(one, other).statistic, abs=1e-14)
                assert value == measure(one, other)


def test_long_rankings(backend: str) -> None:
    random = np.random.default_rng(3)
    n = 40_000
    first = random.integers(0, 5_000, n)
    second = first + random.integers(0, 3_000, n)
    kendall = scipy.stats.kendalltau(first, second).statistic
    assert metrics.kendall(first, second) == pytest.approx(kendall, abs=1e-13)
    spearman = scipy.stats.spearmanr(first, second).statistic
    assert metrics.spearman(first, second) == pytest.approx(spearman, abs=1e-13)
    assert metrics.tau_ap(first, first[::-1].copy()) == pytest.approx(0.0, abs=0.05)
    untied = random.permutation(n)
    assert metrics.tau_ap(untied, 2.0 * untied) == 1.0
    assert metrics.tau_ap(untied, -untied) == -1.0


def test_rows_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    many, one = random.integers(0, 9, (25, 6)), random.integers(0, 9, 6)
    measures = (*CORRELATIONS, lambda a, b: metrics.top_k_overlap(a, b, 2))
    whole = [measure(many, one) for measure in measures]
    monkeypatch.setattr(rows, "BLOCK", 40)
    for measure, known in zip(measures, whole, strict=True):
        np.testing.assert_array_equal(measure(many, one), known)
        np.testing.assert_array_equal(measure(many, one[None, :]), known)
        np.testing.assert_array_equal(measure(many, np.tile(one, (25, 1))), known)
        assert measure(many[3], one) == known[3]
        assert measure(many[:0], one).shape == measure(many[:0], many[:0]).shape == (0,)
    for measure in SYMMETRIC:
        np.testing.assert_array_equal(measure(one, many), measure(many, one))


def test_kinds_of_numbers() -> None:
    truth = [1, 2, 3, 4]
    large = 2**62
    assert metrics.kendall([large, large + 1, large + 2, large + 3], truth) == 1.0
    assert metrics.kendall(np.array([2**63, 2**63 + 1, 1, 0], np.uint64), truth) == pytest.approx(
        -2 / 3
    )
    assert metrics.spearman([-math.inf, 0.0, 1.0, math.inf], truth) == 1.0
    assert metrics.kendall([0.0, -0.0, 1.0, 1.0], [0, 0, 1, 1]) == 1.0
    assert metrics.kendall([False, False, True, True], [0, 0, 1, 1]) == 1.0
    series = (pd.Series(truth), pd.Series(truth, dtype="Int64"), pl.Series(truth))
    for values in (*series, np.array(truth, np.float32), tuple(truth), iter(truth)):
        assert metrics.kendall(values, truth) == 1.0
    frame = pd.DataFrame([truth, truth[::-1]])
    for values in (frame, pl.from_pandas(frame), np.asfortranarray(frame), frame.values.tolist()):
        assert metrics.kendall(values, truth).tolist() == [1.0, -1.0]


# AP correlation ----------------------------------------------------------------------------------


def test_tau_ap_by_hand() -> None:
    """Shares of Yilmaz et al.'s definition: places 2, 3 and 4 of a ranking of four."""
    truth = [4, 3, 2, 1]
    shares = {
        (4, 3, 2, 1): (1, 1, 1),
        (3, 4, 2, 1): (0, 1, 1),
        (4, 2, 3, 1): (1, 1 / 2, 1),
        (4, 3, 1, 2): (1, 1, 2 / 3),
        (1, 2, 3, 4): (0, 0, 0),
        # In the order of the ranking the true ranks are 3, 1, 4, 2.
        (3, 1, 4, 2): (0, 1, 1 / 3),
    }
    for scores, each in shares.items():
        assert metrics.tau_ap(scores, truth) == pytest.approx(2 * sum(each) / 3 - 1), scores


# Urbano and Marrero's R package ircor: its README, and tests/testthat/helper_data.R. There the
# second argument is the ranking that is judged.
X = [0.06, 0.2, 0.27, 0.37, 0.57, 0.63, 0.66, 0.9, 0.91, 0.94]
Y = [0.37, 0.06, 0.2, 0.27, 0.57, 0.66, 0.63, 0.91, 0.9, 0.94]
X1 = [0.897, 0.372, 0.908, 0.898, 0.661, 0.062, 0.177, 0.384, 0.498, 0.992]
Y1 = [0.82, 0.406, 0.817, 0.953, 0.673, 0.073, 0.364, 0.547, 0.589, 0.988]
X2 = [0.266, 0.573, 0.202, 0.945, 0.629, 0.206, 0.687, 0.77, 0.718, 0.38]
Y2 = [0.263, 0.843, 0.728, 0.928, 0.08, 0.114, 0.467, 0.641, 0.973, 0.644]
X3 = [0.185, 0.573, 0.944, 0.129, 0.468, 0.553, 0.761, 0.405, 0.976, 0.445]
Y3 = [0.845, 0.272, 0.275, 0.924, 0.605, 0.334, 0.162, 0.872, 0.018, 0.25]


def test_published_tau_ap(backend: str) -> None:
    x, y = np.round(np.multiply(X, 5)) / 5, np.round(np.multiply(Y, 5)) / 5
    assert metrics.kendall(Y, X) == pytest.approx(0.7777778, abs=5e-8)
    assert metrics.tau_ap(Y, X) == pytest.approx(0.7491182, abs=5e-8)
    assert metrics.tau_ap(y, X) == pytest.approx(0.6074515, abs=5e-8)
    assert metrics.kendall(x, y) == pytest.approx(0.75, abs=5e-8)
    assert metrics.tau_ap(x, y, symmetric=True) == pytest.approx(0.6269841, abs=5e-8)
    scores, reference = np.array([Y1, Y2, Y3]), np.array([X1, X2, X3])
    tied, tied_reference = np.round(scores, 1), np.round(reference, 1)
    for found, known in (
        (metrics.tau_ap(scores, reference), [0.8519, 0.2504, -0.6971]),
        (metrics.tau_ap(tied, reference), [0.7454, 0.2692, -0.5558]),
        (metrics.tau_ap(scores, reference, symmetric=True), [0.8333, 0.2880, -0.668]),
        (metrics.tau_ap(tied, tied_reference, symmetric=True), [0.7321, 0.297, -0.7047]),
    ):
        np.testing.assert_allclose(found, known, atol=5.1e-5)


def test_tied_tau_ap_is_the_mean_over_orders() -> None:
    random = np.random.default_rng(5)
    for levels in (1, 2, 3, 9):
        for _ in range(6):
            scores, reference = random.integers(0, levels, (2, 4))
            known = mean_tau_ap(scores, reference)
            assert metrics.tau_ap(scores, reference) == pytest.approx(known)


def test_symmetric_tau_ap_by_definition() -> None:
    random = np.random.default_rng(6)
    scores, reference = random.integers(0, 5, (2, 50, 7))
    known = [symmetric_tau_ap(*row) for row in zip(scores, reference, strict=True)]
    np.testing.assert_allclose(metrics.tau_ap(scores, reference, symmetric=True), known, atol=1e-14)
    assert math.isnan(metrics.tau_ap([1, 1, 1], [1, 2, 3], symmetric=True))


# Inversions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 10, 10**6])
@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint32, np.int64, np.uint64, np.float64])
def test_inversions_by_pairs(backend: str, dtype: Any, levels: int) -> None:
    random = np.random.default_rng(levels)
    offset = {np.int64: 2**40, np.uint64: 2**63 - 5, np.uint32: 2**31 - 5}.get(dtype, 0)
    for width in (0, 1, 2, 8, 9, 16, 17, 40, 100):
        values = (random.integers(0, min(levels, 100), (5, width)) + np.uint64(offset)).astype(
            dtype
        )
        known = [pairs_out_of_order(row.tolist()) for row in values]
        found = metrics.inversions(values)
        assert found.dtype == np.int64
        assert found.tolist() == known
        assert metrics.inversions(values[0]) == known[0]


def test_inversions_of_floats() -> None:
    values = [-math.inf, -2.5, -0.0, 0.0, 1e-300, 3.0, math.inf]
    assert metrics.inversions(values) == 0
    assert metrics.inversions(values[::-1]) == 7 * 6 // 2 - 1  # the zeros are equal
    assert metrics.inversions([]) == 0
    assert metrics.inversions(np.empty((0, 4))).shape == (0,)
    assert metrics.inversions(np.array([1.0, 0.5], np.float16)) == 1
    assert metrics.inversions(np.arange(10)[::-1]) == 45
    assert type(metrics.inversions([2, 1])) is int


# The top -----------------------------------------------------------------------------------------


def test_top_k_overlap() -> None:
    random = np.random.default_rng(2)
    for levels in (1, 2, 3, 9):
        for k in (1, 2, 3, 4):
            scores, reference = random.integers(0, levels, (2, 4))
            known = expected_top_overlap(scores, reference, k)
            assert metrics.top_k_overlap(scores, reference, k) == pytest.approx(known)
    assert metrics.top_k_overlap([3, 2, 1], [1, 2, 3], 3) == 1.0
    assert metrics.top_k_overlap([math.inf, 2, -math.inf], [3, 1, 2], 2) == 0.5


def test_ndcg_by_hand() -> None:
    grades, order = [3, 0, 2, 1], [2, 0, 1, 3]
    linear = (2 + 3 / math.log2(3) + 1 / math.log2(5)) / (3 + 2 / math.log2(3) + 1 / 2)
    assert metrics.ndcg(order, grades) == pytest.approx(linear)
    exponential = (3 + 7 / math.log2(3)) / (7 + 3 / math.log2(3))
    assert metrics.ndcg(order, grades, k=2, gain="exponential") == pytest.approx(exponential)
    assert metrics.ndcg([0, 2, 3, 1], grades) == 1.0
    assert metrics.ndcg(order, grades, k=99) == metrics.ndcg(order, grades)
    # A list that is shorter than k: the rest gains nothing, against the best k there are.
    short = 2 / (3 + 2 / math.log2(3) + 1 / 2)
    assert metrics.ndcg([2], grades, k=3) == pytest.approx(short)
    assert metrics.ndcg([2, 1], grades) == pytest.approx(short)
    assert math.isnan(metrics.ndcg([0, 1], [0, 0]))


def test_ndcg_of_rows() -> None:
    random = np.random.default_rng(4)
    many = random.random((20, 150))
    assert set(metrics.ndcg(np.argsort(-many, axis=1), many, 100)) == {1.0}
    orders = np.argsort(random.random((12, 6)), axis=1)
    grades = random.integers(0, 4, (12, 6))
    for k in (1, 4, None):
        for gain in ("linear", "exponential"):
            known = [metrics.ndcg(*row, k, gain=gain) for row in zip(orders, grades, strict=True)]
            np.testing.assert_array_equal(metrics.ndcg(orders, grades, k, gain=gain), known)
            known = [metrics.ndcg(order, grades[0], k, gain=gain) for order in orders]
            np.testing.assert_array_equal(metrics.ndcg(orders, grades[0], k, gain=gain), known)
            known = [metrics.ndcg(orders[0], row, k, gain=gain) for row in grades]
            np.testing.assert_array_equal(metrics.ndcg(orders[0], grades, k, gain=gain), known)


def test_published_rank_biased_overlap() -> None:
    # Webber, Moffat and Zobel's figure 5: the overlaps of these lists at depths 1 to 7.
    overlaps, p = (0, 0, 2, 2, 2, 2, 2), 0.9
    terms = [overlap / d * p**d for d, overlap in enumerate(overlaps, 1)]
    known = 2 / 7 * p**7 + (1 - p) / p * sum(terms)  # their equation 23
    found = metrics.rank_biased_overlap(list("abcdefg"), list("zcavwxy"), p)
    assert found == pytest.approx(known)
    # The average overlap to depth 7 is printed there, .312: the mean of the agreements seen.
    assert np.mean(np.divide(overlaps, range(1, 8))) == pytest.approx(0.312, abs=5e-4)


def test_rank_biased_overlap_by_hand() -> None:
    lists = list("abcdefg"), list("bacdefg")
    for p in (0.1, 0.5, 0.98):
        # All depths but the first agree; the first weighs 1 - p.
        assert metrics.rank_biased_overlap(*lists, p) == pytest.approx(p)
    assert metrics.rank_biased_overlap([1, 2, 3], [4, 5]) == 0.0
    assert metrics.rank_biased_overlap([1, 2], [1, 2, 3, 4]) == pytest.approx(1.0)
    assert metrics.rank_biased_overlap(["x"], ["x"]) == pytest.approx(1.0)
    # Equation 32 with s = 1, l = 2: X_1 = 0, X_2 = 1: (1 - p) p / 2 + p^2 / 2.
    assert metrics.rank_biased_overlap(["x"], ["y", "x"], 0.5) == pytest.approx(0.125 + 0.125)
    # s = 1, l = 2, X_1 = X_2 = 1: the second of the longer list is taken to agree as the first did.
    assert metrics.rank_biased_overlap(["x"], ["x", "y"], 0.3) == pytest.approx(1.0)
    series = pl.Series(["b", "a"]), pd.Series(["b", "a"])
    assert metrics.rank_biased_overlap(*series) == pytest.approx(1.0)


labels = st.lists(st.integers(0, 12), min_size=1, max_size=9, unique=True)


@given(labels, labels, st.sampled_from([0.2, 0.5, 0.9]))
def test_rank_biased_overlap_is_a_sum_over_depths(
    first: list[int], second: list[int], p: float
) -> None:
    found = metrics.rank_biased_overlap(first, second, p)
    assert found == pytest.approx(rank_biased_sum(first, second, p, 400), abs=1e-12)
    assert found == metrics.rank_biased_overlap(second, first, p)
    assert 0.0 <= found <= 1.0
    names = [f"item {label}" for label in first], [f"item {label}" for label in second]
    assert found == metrics.rank_biased_overlap(*names, p)


# Properties --------------------------------------------------------------------------------------


@st.composite
def two_rankings(draw: Any) -> tuple[Real, Real, NDArray[np.int64]]:
    n = draw(st.integers(2, 8))
    numbers = st.lists(st.integers(0, draw(st.sampled_from([2, 5, 100]))), min_size=n, max_size=n)
    order = draw(st.permutations(range(n)))
    return np.array(draw(numbers), float), np.array(draw(numbers), float), np.array(order)


@given(two_rankings())
def test_properties(rankings: tuple[Real, Real, NDArray[np.int64]]) -> None:
    one, other, order = rankings
    constant = min(np.ptp(one), np.ptp(other)) == 0
    for measure in CORRELATIONS:
        value = measure(one, other)
        # Permuting the items and stretching the scores change nothing.
        np.testing.assert_equal(measure(np.exp(one[order] / 9.0), other[order] * 3.0), value)
        if measure is metrics.tau_ap or not constant:
            assert -1.0 <= value <= 1.0
        if measure in SYMMETRIC:
            np.testing.assert_equal(measure(other, one), value)
        if measure in (metrics.kendall, metrics.spearman, metrics.tau_ap):
            # A reversed reference gives the negative.
            np.testing.assert_allclose(measure(one, -other), -value, atol=1e-14)
        if measure is not metrics.tau_ap and np.ptp(one) > 0:
            assert measure(one, one) == 1.0
    for k in (1, len(one)):
        overlap = metrics.top_k_overlap(one, other, k)
        assert 0.0 <= overlap <= 1.0
        assert overlap == metrics.top_k_overlap(other[order], one[order], k)
    n = len(one)
    reverse = metrics.inversions(one[::-1])
    ties = sum(a == b for a, b in itertools.combinations(one.tolist(), 2))
    assert metrics.inversions(one) + reverse + ties == n * (n - 1) // 2
    if one.any():
        assert 0.0 <= metrics.ndcg(order, one) <= 1.0
        assert metrics.ndcg(np.argsort(-one), one) == 1.0


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", CORRELATIONS)
def test_refused_scores(measure: Measure) -> None:
    for scores, reference, message in (
        ([1, math.nan, 2], [1, 2, 3], r"scores must not be nan, but scores\[1\] is nan; leave out"),
        ([1, 2], [[1, 2], [3, math.nan]], r"reference must not be nan, but reference\[1, 1\] is"),
        ([1, None], [1, 2], r"scores must not be nan, but scores\[1\] is nan"),
        ([1, 2, 3], [1, 2], "scores has 3 items, but reference has 2"),
        ([1], [1], "scores must have at least 2 items, but has 1"),
        ([], [], "scores must have at least 2 items, but has 0"),
        (["x", "y"], [1, 2], r"scores must be numbers, but scores\[0\] is 'x'"),
        ([1, 2], "xy", "reference must be a column of values, but is 'xy'"),
        (3.0, [1, 2], "scores must be a column of values, but is 3.0"),
        ([[1, 2], [1]], [1, 2], "scores must have rows of one length"),
        ([["x", "y"]], [1, 2], r"scores must be numbers of shape \(items,\) or \(rankings, items"),
        (np.zeros((2, 2, 2)), [1, 2], r"but is float64 of shape \(2, 2, 2\)"),
        (np.ones((2, 3)), np.ones((4, 3)), "scores has 2 rankings, but reference has 4; pass as"),
        (np.ma.masked_greater([[1, 2], [3, 4]], 3), [1, 2], r"but scores\[1, 1\] is nan"),
        (np.array([1j, 2]), [1, 2], "scores must be numbers, but has dtype complex128"),
    ):
        with pytest.raises(InputError, match=message):
            measure(scores, reference)


def test_refused_arguments() -> None:
    order, grades = [0, 1, 2], [1, 0, 2]
    refused: list[tuple[Callable[[], Any], str]] = [
        (lambda: metrics.tau_ap(order, grades, symmetric=1), "symmetric must be True or False"),  # type: ignore[arg-type]
        (lambda: metrics.inversions([1, math.nan]), r"values must not be nan, but values\[1\]"),
        (lambda: metrics.inversions("ab"), "values must be a column of values"),
        (lambda: metrics.top_k_overlap(order, grades, 0), "k must be a whole number from 1 to 3"),
        (lambda: metrics.top_k_overlap(order, grades, 4), "k must be .* 3, the .* but is 4"),
        (lambda: metrics.top_k_overlap(order, grades, 1.0), "k must be .* but is 1.0"),  # type: ignore[arg-type]
        (lambda: metrics.ndcg(order, grades, 0), "k must be a positive whole number or None"),
        (lambda: metrics.ndcg(order, grades, gain="log"), "gain must be one of 'linear', 'exp"),  # type: ignore[arg-type]
        (lambda: metrics.ndcg([0, 3], grades), r"positions from 0 to 2, but order\[1\] is 3"),
        (lambda: metrics.ndcg([[0, 1], [0, -1]], grades), r"but order\[1, 1\] is -1"),
        (
            lambda: metrics.ndcg([0, 1, 0], grades),
            "order must name an item once, but holds 0 twice",
        ),
        (lambda: metrics.ndcg([[0, 1], [2, 2]], grades), r"order\[1\] must name an item once"),
        (lambda: metrics.ndcg([0.5, 1.0], grades), "but its dtype is float64; np.argsort"),
        (lambda: metrics.ndcg([], grades), "order is empty"),
        (lambda: metrics.ndcg([0], []), "grades is empty"),
        (
            lambda: metrics.ndcg(order, [1, -1, 0]),
            r"non-negative, but grades\[1\] is -1",
        ),
        (lambda: metrics.ndcg(order, [1, math.inf, 0]), r"non-negative, but grades\[1\] is inf"),
        (lambda: metrics.ndcg(order, [1, math.nan, 0]), r"grades must not be nan, but grades\[1\]"),
        (
            lambda: metrics.ndcg(order, [1, 2000, 0], gain="exponential"),
            r"at most 1,000 for the exponential gain, but grades\[1\] is 2000",
        ),
        (
            lambda: metrics.ndcg(np.zeros((2, 1), int), np.ones((3, 3))),
            "order has 2 rankings, but grades has 3",
        ),
        (lambda: metrics.rank_biased_overlap(["a"], ["b"], 1.0), "p must be a number between 0"),
        (lambda: metrics.rank_biased_overlap(["a"], ["b"], math.nan), "p must be a number"),
        (lambda: metrics.rank_biased_overlap([], ["b"]), "first is empty"),
        (lambda: metrics.rank_biased_overlap(["b"], []), "second is empty"),
        (lambda: metrics.rank_biased_overlap("ab", ["b"]), "first must be a column of values"),
        (
            lambda: metrics.rank_biased_overlap(["a"], ["b", "c", "b"]),
            r"second must name an item once, but 'b' is second\[0\] and second\[2\]",
        ),
        (lambda: metrics.rank_biased_overlap(["a", None], ["b"]), r"first\[1\] is null"),
        (
            lambda: metrics.rank_biased_overlap(["a"], [1]),
            "first names 'a' but second 1",
        ),
    ]
    for call, message in refused:
        with pytest.raises(InputError, match=message):
            call()
