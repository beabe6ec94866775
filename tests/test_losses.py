"""Losses that use margins, against SciPy on the same loss, and soft outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

import zermelo as zm
from zermelo.errors import InputError, SeparationError

Real = NDArray[np.float64]


class Preferences:
    """Rows with strengths 1 to 3 of preference and some ties, and their loss written out."""

    def __init__(self, seed: int, loss: str, n: int = 6, m: int = 500, grades: int = 3) -> None:
        random = np.random.default_rng(seed)
        self.n, self.loss = n, loss
        self.a = random.integers(0, n, m)
        self.b = (self.a + random.integers(1, n, m)) % n
        self.y = random.choice([0.0, 0.5, 1.0], m, p=[0.4, 0.15, 0.45])
        self.margin = random.integers(1, grades + 1, m).astype(float)
        self.weight = random.uniform(0.5, 2.0, m)
        self.count = random.integers(1, 4, m)

    def comparisons(self, **columns: Any) -> zm.Comparisons:
        given = {"margin": self.margin, "weight": self.weight, "count": self.count}
        return zm.Comparisons(self.a, self.b, self.y, **(given | columns))

    def fit(self, **options: Any) -> Any:
        return zm.bradley_terry(self.comparisons(), loss=self.loss, **options)

    def rows(self, x: Real) -> Real:
        """Loss of every row, without its count, at abilities and (if there) a position effect."""
        values = []
        for a, b, y, m, w in zip(self.a, self.b, self.y, self.margin, self.weight, strict=True):
            d = x[a] - x[b] + (x[self.n] if len(x) > self.n else 0.0)
            win, loss = np.log1p(np.exp(-d)), np.log1p(np.exp(d))
            if self.loss == "scaled":
                value = m * (y * win + (1.0 - y) * loss)
            elif y == 1.0:
                value = np.log1p(np.exp(-(d - m)))
            elif y == 0.0:
                value = np.log1p(np.exp(-(-d - m)))
            else:
                value = 0.5 * win + 0.5 * loss
            values.append(w * value)
        return np.array(values)

    def total(self, x: Real) -> float:
        return float((self.count * self.rows(x)).sum())

    def solve(self, extra: int = 0) -> Real:
        x = minimize(self.total, np.zeros(self.n + extra), method="BFGS", options={"gtol": 1e-5}).x
        x[: self.n] -= x[: self.n].mean()
        return np.asarray(x)

    def gradients(self, x: Real) -> Real:
        """Of every row's loss, shape (m, k)."""
        units = 1e-5 * np.eye(len(x))
        return np.stack([(self.rows(x + u) - self.rows(x - u)) / 2e-5 for u in units], axis=1)

    def covariance(self, x: Real, kind: str) -> Real:
        """By numerical differences and single rows' scores."""
        size, step = len(x), 1e-4
        units = step * np.eye(size)
        upper = [self.count @ self.gradients(x + u) for u in units]
        lower = [self.count @ self.gradients(x - u) for u in units]
        hessian = (np.array(upper) - np.array(lower)) / (2.0 * step)
        hessian[: self.n, : self.n] += 1.0
        inverse = np.linalg.inv(hessian)
        if kind == "sandwich":
            scores = self.gradients(x)
            inverse = inverse @ (scores.T * self.count) @ scores @ inverse
        project = np.eye(size)
        project[: self.n, : self.n] -= 1.0 / self.n
        return np.asarray(project @ inverse @ project)


@pytest.mark.parametrize("loss", ["margin", "scaled"])
def test_scipy_finds_the_same(backend: str, loss: str) -> None:
    data = Preferences(1, loss)
    fit = data.fit(backend=backend)
    assert fit.converged
    np.testing.assert_allclose(fit.ability, data.solve(), atol=2e-5)
    gradient = data.count @ data.gradients(fit.ability)
    assert np.abs(gradient).max() < 1e-5
    assert fit.log_likelihood == pytest.approx(-data.total(fit.ability), rel=1e-12)


@pytest.mark.parametrize("loss", ["margin", "scaled"])
@pytest.mark.parametrize("kind", ["fisher", "sandwich"])
def test_covariance_from_single_rows(loss: str, kind: Any) -> None:
    data = Preferences(2, loss)
    fit = data.fit(tol=1e-11)
    expected = data.covariance(fit.ability, kind)
    np.testing.assert_allclose(fit.covariance(kind), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("loss", ["margin", "scaled"])
def test_with_a_position_effect(backend: str, loss: str) -> None:
    data = Preferences(3, loss)
    fit = data.fit(position_effect=True, backend=backend)
    x = np.append(fit.ability, fit.position_effect)
    np.testing.assert_allclose(x, data.solve(1), atol=2e-5)
    error = np.sqrt(np.diag(data.covariance(x, "sandwich")))
    np.testing.assert_allclose(fit.effects().standard_error[0], error[-1], rtol=1e-4)


@pytest.mark.parametrize("loss", ["margin", "scaled"])
def test_the_winner_has_the_margin_and_not_the_first(backend: str, loss: str) -> None:
    data = Preferences(4, loss)
    turned = zm.Comparisons(
        data.b, data.a, 1.0 - data.y, margin=data.margin, weight=data.weight, count=data.count
    )
    fit = data.fit(backend=backend)
    other = zm.bradley_terry(turned, loss=loss, backend=backend)
    np.testing.assert_allclose(other.ability, fit.ability, atol=1e-9)


def test_margins_of_a_few_grades_are_added_up(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Preferences(5, "margin", n=4, m=2_000)
    fit = data.fit(position_effect=True, backend=backend)
    assert len(fit.extras.cells) == 12 * 7  # ordered pairs; three grades won and lost, and ties
    monkeypatch.setattr("zermelo.ratings.cells.MOST_OFFSETS", 0)
    rows = data.fit(position_effect=True, backend=backend)
    assert len(rows.extras.cells) == 2_000
    np.testing.assert_allclose(fit.ability, rows.ability, atol=1e-10)
    for kind in ("fisher", "sandwich"):
        np.testing.assert_allclose(fit.covariance(kind), rows.covariance(kind), rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(rows.log_likelihood, rel=1e-12)


def test_neutral_rows_and_offsets_stay_apart(backend: str) -> None:
    data = Preferences(6, "margin", n=4, m=1_000)
    random = np.random.default_rng(0)
    neutral, offset = random.random(1_000) < 0.4, random.choice([-0.5, 0.0, 0.25], 1_000)
    given = data.comparisons(neutral=neutral, offset=offset)
    fit = zm.bradley_terry(given, loss="margin", position_effect=True, backend=backend)
    # The same offsets by hand, with a feature where the position counts: nothing is added up.
    shift = np.where(data.y == 1, -data.margin, np.where(data.y == 0, data.margin, 0.0))
    by_hand = data.comparisons(offset=offset + shift, features=1.0 - neutral)
    rows = zm.bradley_terry(by_hand, covariates=True, backend=backend)
    np.testing.assert_allclose(fit.ability, rows.ability, atol=1e-9)
    assert fit.position_effect == pytest.approx(rows.coefficients[0], abs=1e-9)
    np.testing.assert_allclose(fit.covariance(), rows.covariance(), rtol=1e-7, atol=1e-12)


def test_scaled_is_a_weight(backend: str) -> None:
    data = Preferences(7, "scaled")
    by_hand = zm.bradley_terry(
        data.comparisons(weight=data.weight * data.margin, margin=None), backend=backend
    )
    fit = data.fit(backend=backend)
    np.testing.assert_array_equal(fit.ability, by_hand.ability)
    np.testing.assert_array_equal(fit.covariance(), by_hand.covariance())
    tied = data.fit(ties="davidson", backend=backend)
    assert tied.converged


def test_margins_of_zero_and_the_plain_loss_change_nothing(backend: str) -> None:
    data = Preferences(8, "margin")
    plain = zm.bradley_terry(data.comparisons(), backend=backend)
    zero = data.comparisons(margin=np.zeros(len(data.a)))
    fit = zm.bradley_terry(zero, loss="margin", backend=backend)
    np.testing.assert_allclose(fit.ability, plain.ability, atol=1e-9)
    bare = zm.bradley_terry(data.comparisons(margin=None), backend=backend)
    np.testing.assert_array_equal(bare.ability, plain.ability)


def test_predictions_leave_the_margin_out() -> None:
    fit = Preferences(9, "margin").fit()
    expected = 1.0 / (1.0 + np.exp(fit.ability[1] - fit.ability[0]))
    assert fit.predict(0, 1) == pytest.approx(expected)
    assert repr(fit).endswith("with margin loss)")


@pytest.mark.parametrize("loss", ["margin", "scaled"])
def test_separated_as_without_margins(backend: str, loss: Any) -> None:
    games = zm.Comparisons(list("xxy"), list("yzz"), [1, 1, 0.5], margin=[1.0, 2.0, 1.0])
    with pytest.raises(SeparationError, match="'x' never lost"):
        zm.bradley_terry(games, loss=loss, backend=backend)
    held = zm.bradley_terry(games, loss=loss, prior=1.0, backend=backend)
    assert np.isfinite(held.ability).all()
    best = zm.bradley_terry(games, loss=loss, components="largest", backend=backend)
    assert list(best.unrated) == ["x"]


@pytest.mark.parametrize("loss", ["margin", "scaled"])
def test_saved_with_its_loss(tmp_path: Path, loss: str) -> None:
    fit = Preferences(10, loss).fit()
    assert fit.options["loss"] == loss
    fit.save(tmp_path / "fit")
    again = zm.load(tmp_path / "fit")
    assert again.options == fit.options
    assert repr(again) == repr(fit)
    np.testing.assert_array_equal(again.covariance(), fit.covariance())
    with pytest.raises(InputError, match=f"update merges counts.*this fit's loss is '{loss}'"):
        again.update(zm.Comparisons([0], [1]))


def games(**columns: Any) -> zm.Comparisons:
    return zm.Comparisons(list("xyzx"), list("yzxy"), [1, 1, 1, 0.5], **columns)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (games(), {"loss": "hinge"}, "loss must be one of 'plain', 'margin', 'scaled'"),
        (games(), {"loss": "margin"}, "make Comparisons with margin="),
        (games(), {"loss": "scaled"}, "make Comparisons with margin="),
        (
            games(margin=[1, 2, 3, 1]).pair_counts(),
            {"loss": "scaled"},
            "which PairCounts do not carry; give the Comparisons",
        ),
        (
            games(margin=[1, 2, -3.5, 1]),
            {"loss": "margin"},
            r"at least 0.*margin\[2\] is -3.5; take their absolute values",
        ),
        (
            games(margin=[1, 2, 3, 1]),
            {"loss": "margin", "ties": "davidson"},
            "no place for the outcome that ties='davidson' models",
        ),
        (
            zm.Comparisons(list("xyz"), list("yzx"), [1, 1, 0.3], margin=[1, 2, 3]),
            {"loss": "margin"},
            "the outcome of row 2 is fractional and names no winner; use loss='scaled'",
        ),
        (
            games(margin=[1, 2, 1e101, 1]),
            {"loss": "scaled"},
            r"1e\+101 in row 2 and may be at most 1e\+100",
        ),
        (
            games(margin=[1, 2, 3, 1]),
            {"loss": "margin", "reweight": "pair"},
            "give each row its weight instead",
        ),
        (
            games(margin=[1, 2, 3, 1]),
            {"loss": "margin", "solver": "mm"},
            "solver='mm' fits abilities alone",
        ),
    ],
)
def test_bad_input(data: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(data, **options)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_margins_must_be_finite(value: float) -> None:
    with pytest.raises(InputError, match=r"margin must be finite, but margin\[1\] is"):
        games(margin=[1, value, 1, 1])


# Soft outcomes ------------------------------------------------------------------------------------


def soft_rows() -> tuple[Real, Real, Real]:
    random = np.random.default_rng(11)
    a = random.integers(0, 5, 300)
    b = (a + random.integers(1, 5, 300)) % 5
    return a, b, random.choice([0.0, 0.25, 0.5, 0.9, 1.0], 300)


def test_soft_halves_are_not_dropped(backend: str) -> None:
    a, b, y = soft_rows()
    soft = zm.Comparisons(a, b, y, soft=True)
    half = zm.bradley_terry(soft, ties="half", backend=backend)
    dropped = zm.bradley_terry(soft, ties="drop", backend=backend)
    np.testing.assert_array_equal(dropped.ability, half.ability)
    np.testing.assert_array_equal(dropped.covariance(), half.covariance())
    hard = zm.Comparisons(a, b, y)
    as_ties = zm.bradley_terry(hard, ties="half", backend=backend)
    np.testing.assert_allclose(as_ties.ability, half.ability, atol=1e-9)
    without = zm.bradley_terry(hard, ties="drop", backend=backend)
    assert np.abs(without.ability - half.ability).max() > 1e-3


@pytest.mark.parametrize("ties", ["half", "drop"])
@pytest.mark.parametrize("columns", [{}, {"features": None}])
def test_soft_outcomes_of_joint_fits(backend: str, ties: Any, columns: dict[str, Any]) -> None:
    """By pair (position alone) and by row (covariates); the meat is Σ w² (y - P)² x x'."""
    a, b, y = soft_rows()
    random = np.random.default_rng(12)
    weight, feature = random.uniform(0.5, 2.0, 300), random.normal(size=300)
    by_row = "features" in columns
    given = {"features": feature} if by_row else {}
    soft = zm.Comparisons(a, b, y, soft=True, weight=weight, **given)
    fit = zm.bradley_terry(
        soft, ties=ties, position_effect=True, covariates=by_row, backend=backend
    )
    design = np.zeros((300, 5))
    design[np.arange(300), a] += 1.0
    design[np.arange(300), b] -= 1.0
    design = np.column_stack([design, np.ones(300), *([feature] if by_row else [])])
    x = np.concatenate([fit.ability, [fit.position_effect], fit.coefficients])
    p = 1.0 / (1.0 + np.exp(-design @ x))
    np.testing.assert_allclose(design.T @ (weight * (y - p)), 0.0, atol=1e-7)
    information = design.T @ ((weight * p * (1.0 - p))[:, None] * design)
    scores = (weight * (y - p))[:, None] * design
    bread = np.linalg.pinv(information, rcond=1e-10, hermitian=True)
    project = np.eye(len(x))
    project[:5, :5] -= 0.2
    whole = project @ bread @ scores.T @ scores @ bread @ project
    np.testing.assert_allclose(fit.covariance(), whole[:5, :5], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fit.effects().standard_error, np.sqrt(np.diag(whole)[5:]), rtol=1e-6)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_tie_models_refuse_soft_halves(ties: Any) -> None:
    data = zm.Comparisons(
        list("xyzx"), list("yzxy"), [1, 1, 0.5, 0.0], soft=True, features=[1.0, 2.0, 0.0, 1.0]
    )
    with pytest.raises(InputError, match=r"1 fractional outcomes \(soft=True.*use ties='half'"):
        zm.bradley_terry(data, ties=ties)
    with pytest.raises(InputError, match=r"outcome of row 2 is fractional \(soft=True"):
        zm.bradley_terry(data, ties=ties, covariates=True)
