"""Scores of predictions against sums written out, and of fits on held-out comparisons."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

import zermelo as zm
from zermelo import metrics
from zermelo.errors import InputError

FRACTIONS = (0.0, 0.3, 0.5, 1.0)
MEASURES = (metrics.log_loss, metrics.brier, metrics.accuracy)


def test_binary_scores_by_hand() -> None:
    expected, outcome = [0.8, 0.3, 0.6], [1, 0, 0]
    loss = -(math.log(0.8) + math.log(0.7) + math.log(0.4)) / 3
    assert metrics.log_loss(expected, outcome) == pytest.approx(loss)
    assert metrics.brier(expected, outcome) == pytest.approx((0.04 + 0.09 + 0.36) / 3)
    assert metrics.accuracy(expected, outcome) == pytest.approx(2 / 3)
    weight = [3, 1, 0]
    loss = -(3 * math.log(0.8) + math.log(0.7)) / 4
    assert metrics.log_loss(expected, outcome, weight) == pytest.approx(loss)
    assert metrics.accuracy(expected, outcome, weight) == 1.0


def test_three_way_scores_by_hand() -> None:
    expected = [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2]]
    outcome = [1.0, 0.5, 0.5]
    loss = -(math.log(0.5) + math.log(0.2) + math.log(0.4)) / 3
    assert metrics.log_loss(expected, outcome) == pytest.approx(loss)
    squares = (0.25 + 0.09 + 0.04) + (0.04 + 0.64 + 0.36) + (0.16 + 0.36 + 0.04)
    assert metrics.brier(expected, outcome) == pytest.approx(squares / 3)
    # Two outcomes are as likely as one another in the last row.
    assert metrics.accuracy(expected, outcome) == pytest.approx((1 + 0 + 0.5) / 3)
    curve = metrics.calibration(expected, outcome, bins=1)
    assert curve.predicted[0] == pytest.approx((0.65 + 0.3 + 0.6) / 3)
    assert curve.observed[0] == pytest.approx(2 / 3)


def test_certain_predictions() -> None:
    assert metrics.log_loss([1.0, 0.0], [1, 0]) == 0.0
    assert math.copysign(1.0, metrics.log_loss([1.0], [1])) == 1.0
    assert metrics.log_loss([1.0, 0.0], [1, 1]) == math.inf
    assert metrics.log_loss([1.0], [0.5]) == math.inf
    assert metrics.log_loss([1.0, 0.5], [0, 1], [0, 1]) == pytest.approx(math.log(2))
    assert metrics.log_loss([1.0], [0], clip=0.01) == pytest.approx(-math.log(0.01))
    assert metrics.log_loss([[1.0, 0.0, 0.0]], [1]) == 0.0
    assert metrics.log_loss([[1.0, 0.0, 0.0]], [0.5]) == math.inf
    assert metrics.brier([1.0, 0.0], [1, 0]) == 0.0


def test_outcomes_as_scores_codes_and_bools() -> None:
    expected = [0.7, 0.2, 0.6]
    scores = np.array([1.0, 0.0, 0.5])
    codes = zm.Comparisons(["x", "y", "z"], ["y", "z", "x"], scores).outcome
    assert codes.tolist() == [1, 0, 2]
    for measure in MEASURES:
        value = measure(expected, scores)
        assert measure(expected, codes) == value
        assert measure(expected, [1, 0, 2]) == value
        assert measure(pd.Series(expected), pl.Series(scores)) == value
        assert measure(np.array(expected), scores, pd.Series([2, 2, 2])) == pytest.approx(value)
    assert metrics.log_loss([0.7], [True]) == metrics.log_loss([0.7], [1.0])
    wide = pd.DataFrame({"win": [0.5], "tie": [0.3], "loss": [0.2]})
    assert metrics.log_loss(wide, [2]) == pytest.approx(-math.log(0.3))


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(FRACTIONS)), min_size=1, max_size=20))
def test_swapping_the_sides_changes_nothing(rows: list[tuple[float, float]]) -> None:
    expected, outcome = map(np.array, zip(*rows, strict=True))
    # Where 1 - e rounds to 1 the other side has lost what e knew.
    expected = np.round(expected, 6)
    for measure in MEASURES:
        one, other = measure(expected, outcome), measure(1.0 - expected, 1.0 - outcome)
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9)


def test_accuracy_at_coverage() -> None:
    expected = [0.9, 0.1, 0.6, 0.6, 0.55]
    outcome = [1, 0, 1, 0, 0]
    shares = [0.2, 0.4, 0.6, 0.8, 1.0]
    # The third and the fourth are equally confident, and one of the two is right.
    found = metrics.accuracy_at_coverage(expected, outcome, shares)
    np.testing.assert_allclose(found, [1.0, 1.0, 2.5 / 3, 0.75, 0.6])
    assert metrics.accuracy_at_coverage(expected, outcome, 1.0) == metrics.accuracy(
        expected, outcome
    )
    order = np.random.default_rng(0).permutation(5)
    again = metrics.accuracy_at_coverage(
        np.array(expected)[order], np.array(outcome)[order], shares
    )
    np.testing.assert_allclose(again, found)
    weighted = metrics.accuracy_at_coverage(expected, outcome, 0.5, [1, 1, 0, 0, 2])
    assert weighted == 1.0
    three = [[0.8, 0.1, 0.1], [0.4, 0.3, 0.3]]
    assert metrics.accuracy_at_coverage(three, [1, 0], [0.5, 1.0]).tolist() == [1.0, 0.5]


def test_calibration() -> None:
    expected = np.array([0.0, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0])
    outcome = np.array([0.0, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0])
    curve = metrics.calibration(expected, outcome, bins=4)
    np.testing.assert_allclose(curve.edges, [0.0, 0.25, 0.5, 0.75, 1.0])
    assert curve.count.tolist() == [2, 2, 1, 2]
    np.testing.assert_allclose(curve.predicted, [0.05, 0.275, 0.5, 0.95])
    np.testing.assert_allclose(curve.observed, [0.25, 0.5, 1.0, 1.0])
    gaps = np.array([0.2, 0.225, 0.5, 0.05])
    assert curve.expected_error == pytest.approx((gaps * [2, 2, 1, 2]).sum() / 7)
    assert curve.largest_error == pytest.approx(0.5)
    sparse = metrics.calibration([0.1, 0.9], [0, 1], bins=10)
    assert np.isnan(sparse.observed[5])
    assert sparse.count.sum() == 2
    assert sparse.expected_error == pytest.approx(0.1)
    frame = sparse.to_frame("polars")
    assert frame.columns == ["lower", "upper", "predicted", "observed", "count", "weight"]
    assert repr(sparse) == "Calibration(10 bins, 2 comparisons, expected error 0.1000)"
    with pytest.raises(ValueError, match="read-only"):
        sparse.count[0] = 1


def test_quantile_bins_have_equal_weight() -> None:
    random = np.random.default_rng(1)
    expected = random.beta(2, 5, 10_000)
    outcome = (random.random(10_000) < expected) * 1.0
    curve = metrics.calibration(expected, outcome, bins=8, strategy="quantile")
    assert curve.count.min() >= 1249
    assert curve.count.max() <= 1251
    # Eight gaps of about 0.01 each where predictions come true.
    assert curve.expected_error < 0.03
    assert len(metrics.calibration([0.5] * 9, [1] * 9, 5, strategy="quantile").count) <= 2


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("scores", [(0.0, 1.0), (0.0, 0.5, 1.0), FRACTIONS])
def test_evaluate_is_the_metrics_of_the_rows(
    backend: str, weighted: bool, scores: tuple[float, ...]
) -> None:
    rows = reference.random_rows(80, n=6, m=150, scores=scores, counted=True, weighted=weighted)
    early = np.arange(len(rows.a)) < 80
    fit = zm.bradley_terry(rows.only(early).comparisons(), backend=backend)
    late = rows.only(~early)
    held_out = late.comparisons()
    predicted = fit.predict(late.a, late.b)
    weight = late.weight * late.count
    for data in (held_out, held_out.pair_counts()):
        found = metrics.evaluate(fit, data)
        assert (found.n_comparisons, found.n_unknown) == (late.count.sum(), 0)
        for name in ("log_loss", "accuracy"):
            value = getattr(metrics, name)(predicted, late.score, weight)
            assert getattr(found, name) == pytest.approx(value, rel=1e-12)
        if weighted and 0.3 in scores and data is not held_out:
            assert np.isnan(found.brier)
        else:
            value = metrics.brier(predicted, late.score, weight)
            assert found.brier == pytest.approx(value, rel=1e-12)
        curve = metrics.calibration(predicted, late.score, weight=weight)
        np.testing.assert_allclose(found.calibration.observed, curve.observed, rtol=1e-12)
        np.testing.assert_allclose(found.calibration.predicted, curve.predicted, rtol=1e-12)
        assert found.calibration.count.sum() == late.count.sum()


def test_evaluate_leaves_out_what_the_fit_does_not_know() -> None:
    votes = zm.Comparisons(["x", "y", "z", "n"], ["y", "z", "x", "x"])
    fit = zm.bradley_terry(votes, components="largest")
    data = zm.Comparisons(["x", "x", "n", "y"], ["y", "new", "x", "z"], count=[2, 3, 4, 5])
    with pytest.warns(UserWarning, match="7 of 14 comparisons are of items that the fit does"):
        found = metrics.evaluate(fit, data)
    assert (found.n_comparisons, found.n_unknown) == (7, 7)
    assert found.log_loss == pytest.approx(math.log(2))
    assert repr(found).startswith("Evaluation(7 comparisons (7 unknown), log loss 0.6931")
    with pytest.raises(InputError, match="no comparison that the fit can predict: 1 are of items"):
        metrics.evaluate(fit, zm.Comparisons(["x"], ["new"]))
    # Between components of which one beats the other the prediction is certain.
    separate = zm.bradley_terry(votes, components="separate")
    assert metrics.evaluate(separate, zm.Comparisons(["n"], ["x"])).log_loss == 0.0
    assert metrics.evaluate(separate, zm.Comparisons(["x"], ["n"])).log_loss == math.inf


def test_evaluate_leaves_out_ties_where_the_fit_does() -> None:
    votes = zm.Comparisons(["x", "x", "y", "x"], ["y", "y", "x", "y"], [1, 1, 1, 0.5])
    fit = zm.bradley_terry(votes, ties="drop")
    assert metrics.evaluate(fit, votes).n_comparisons == 3
    half = zm.bradley_terry(votes)
    assert metrics.evaluate(half, votes).n_comparisons == 4
    assert -4 * metrics.evaluate(half, votes).log_loss == pytest.approx(half.log_likelihood)


@pytest.mark.data
def test_a_fit_to_half_of_the_votes_predicts_the_other_half(data_path: Any) -> None:
    votes = pd.read_csv(data_path("llmfao_crowd.csv.gz"))
    random = np.random.default_rng(3).random(len(votes)) < 0.5
    halves = [
        zm.Comparisons.from_frame(votes[part], "left", "right", "winner")
        for part in (random, ~random)
    ]
    found = metrics.evaluate(zm.bradley_terry(halves[0], prior=1.0), halves[1])
    assert found.n_unknown == 0
    assert found.log_loss < math.log(2)
    assert found.brier < 0.25
    assert found.calibration.expected_error < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.2], [1]), r"expected must be in \[0, 1\], but expected\[0\] is 1.2"),
        (([0.5, math.nan], [1, 0]), r"expected must be finite, but expected\[1\] is nan"),
        (([0.5], [1, 0]), r"Length of outcome \(2\) must match length of expected \(1\)"),
        (([], []), "expected is empty"),
        ((["high"], [1]), r"expected must be numbers, but expected\[0\] is 'high'"),
        (([0.5], [1.5]), r"outcome must be in \[0, 1\], but outcome\[0\] is 1.5"),
        (
            ([0.5], [4]),
            r"outcome must be 0 \(loss\), 1 \(win\) or 2 \(tie\), but outcome\[0\] is 4",
        ),
        (([0.5], [3]), "pass the scores"),
        (([0.5], ["model_a"]), r"outcome must be numbers, but outcome\[0\] is 'model_a'"),
        (([0.5], [1], [1, 2]), r"Length of weight \(2\) must match length of expected \(1\)"),
        (([0.5], [1], [-1]), r"weight must be finite and non-negative, but weight\[0\] is -1"),
        (([0.5, 0.5], [1, 0], [0, 0]), "weight is 0 in every row"),
        (([[0.5, 0.5]], [1]), r"probabilities of shape \(m, 3\), but is .* of shape \(1, 2\)"),
        (([[0.5, 0.2, 0.3], [1.0]], [1, 0]), "expected must have rows of one length"),
        (([[0.5, 0.2, 0.2]], [1]), r"must add up to 1, but expected\[0\] adds up to 0.9"),
        (([[0.5, 0.7, -0.2]], [1]), r"expected\[0, 2\] is -0.2"),
        (([[0.5, 0.3, 0.2]], [0.7]), r"outcome must be 1, 0.5 or 0, but outcome\[0\] is 0.7"),
    ],
)
def test_bad_predictions(arguments: tuple[Any, ...], message: str) -> None:
    for measure in MEASURES:
        with pytest.raises(InputError, match=message):
            measure(*arguments)


def test_bad_options() -> None:
    for wrong in (0.0, 0.5, True, math.nan):
        with pytest.raises(InputError, match=r"clip must be a number between 0 and 0.5"):
            metrics.log_loss([0.5], [1], clip=wrong)
    for wrong in (0, 1.5):
        with pytest.raises(InputError, match="bins must be a positive whole number"):
            metrics.calibration([0.5], [1], bins=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="strategy must be one of 'uniform', 'quantile'"):
        metrics.calibration([0.5], [1], strategy="equal")  # type: ignore[arg-type]
    for wrong in (0.0, 1.1, [0.5, -1.0], []):
        with pytest.raises(InputError, match=r"coverage must be in \(0, 1\]"):
            metrics.accuracy_at_coverage([0.5], [1], wrong)
    votes = zm.Comparisons(["x", "y"], ["y", "x"])
    fit = zm.bradley_terry(votes)
    with pytest.raises(InputError, match="fit must be a rating result, but is Comparisons"):
        metrics.evaluate(votes, votes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="data must be Comparisons or PairCounts, but is list"):
        metrics.evaluate(fit, [0.5])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="data has items such as 1, but those of the fit"):
        metrics.evaluate(fit, zm.Comparisons([1], [2]))


@pytest.mark.parametrize(
    "options",
    [
        {"position_effect": True},
        {"ties": "davidson"},
        {"ties": "rao-kupper", "position_effect": True},
        {"covariates": True, "ties": "drop"},
        {"covariates": ["length"], "position_effect": True, "ties": "davidson"},
    ],
)
@pytest.mark.parametrize("rows_differ", [False, True])
def test_evaluate_predicts_rows_as_they_were(options: dict[str, Any], rows_differ: bool) -> None:
    """The log loss of the fit's own data is its log-likelihood, whatever the fit took in."""
    random = np.random.default_rng(3)
    first = random.integers(0, 4, 300)
    second = (first + random.integers(1, 4, 300)) % 4
    outcome = random.choice([0.0, 0.5, 1.0], 300, p=[0.2, 0.3, 0.5])
    if "ties" not in options:
        outcome = np.round(outcome + 0.1)
    columns: dict[str, Any] = {}
    if rows_differ:
        columns = {"neutral": random.random(300) < 0.3, "offset": random.normal(size=300)}
    if "covariates" in options:
        columns["features"] = {
            "style": random.normal(size=300),
            "length": random.normal(size=300),
        }
    votes = zm.Comparisons(first, second, outcome, count=random.integers(1, 4, 300), **columns)
    fit = zm.bradley_terry(votes, **options)
    found = metrics.evaluate(fit, votes)
    assert found.n_unknown == 0
    assert -found.n_comparisons * found.log_loss == pytest.approx(fit.log_likelihood)
    if not columns:
        assert metrics.evaluate(fit, votes.pair_counts()).log_loss == pytest.approx(found.log_loss)


def test_evaluate_without_order_or_features_is_on_neutral_ground() -> None:
    votes = zm.Comparisons(
        list("xyyxzz"), list("yxzzxy"), [1, 0, 1, 1, 0, 1], features=[[1], [0], [2], [0], [1], [0]]
    )
    fit = zm.bradley_terry(votes, covariates=True, position_effect=True, prior=1.0)
    winners = zm.Comparisons(["x", "y"], ["y", "z"])
    expected = -np.log(fit.predict(["x", "y"], ["y", "z"])).mean()
    assert metrics.evaluate(fit, winners).log_loss == pytest.approx(expected)
    other = zm.Comparisons(["x"], ["y"], [1], features={"tone": [1.0]})
    with pytest.raises(InputError, match="the fit names 'feature 0', but the features are 'tone'"):
        metrics.evaluate(fit, other)
