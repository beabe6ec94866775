"""Rating periods, histories, parts, files and refusals of Glicko and Glicko-2."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings.glicko_result import Glicko2Result, GlickoResult

MODELS = (zm.glicko, zm.glicko2)
model_of = pytest.mark.parametrize("model", MODELS)
STATE = ("rating", "deviation", "games")


def league(seed: int, n: int = 30, m: int = 600, periods: int = 12) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    a = random.integers(0, n, m)
    return {
        "a": a,
        "b": (a + random.integers(1, n, m)) % n,
        "outcome": random.choice([0.0, 0.5, 1.0], m),
        "period": np.sort(random.integers(0, periods, m)),
    }


def comparisons(rows: dict[str, np.ndarray], part: Any = slice(None), **more: Any) -> Any:
    return zm.Comparisons(**{name: column[part] for name, column in rows.items()}, **more)


@model_of
def test_periods_of_rows(backend: str, model: Any) -> None:
    rows = league(1)
    del rows["period"]
    data = comparisons(rows)
    assert model(data).n_periods == 1
    assert model(data, rows_per_period=1).n_periods == 600
    by_rows = model(data, rows_per_period=250)
    labelled = model(comparisons(rows, period=np.arange(600) // 250))
    assert by_rows.n_periods == labelled.n_periods == 3
    assert by_rows.rating.tolist() == labelled.rating.tolist()


@model_of
def test_time_sorts_rows(backend: str, model: Any) -> None:
    rows = league(2)
    wanted = model(comparisons(rows), history=True)
    shuffled = np.random.default_rng(0).permutation(600)
    fit = model(comparisons(rows, shuffled, time=shuffled), history=True)
    for name in STATE:
        np.testing.assert_array_equal(getattr(fit, name), getattr(wanted, name))
    for name in ("expected", "before", "after", "deviation_before", "deviation_after"):
        np.testing.assert_array_equal(getattr(fit, name), getattr(wanted, name)[shuffled])


@model_of
def test_history(backend: str, model: Any) -> None:
    rows = league(3)
    data = comparisons(rows)
    fit = model(data, history=True)
    assert fit.expected.tolist() == model(data).expected.tolist()
    known: dict[int, tuple[int, float, float]] = {}
    for period in range(12):
        here = np.flatnonzero(rows["period"] == period)
        now: dict[int, tuple[int, float, float]] = {}
        for row in here:
            for side, item in enumerate((data.a[row], data.b[row])):
                before = fit.before[row, side], fit.deviation_before[row, side]
                after = fit.after[row, side], fit.deviation_after[row, side]
                last, rating, deviation = known.get(item, (-1, 1500.0, 350.0))
                assert before[0] == rating
                if model is zm.glicko and last >= 0:
                    c2 = (350**2 - 50**2) / 100
                    deviation = min(math.sqrt(deviation**2 + c2 * (period - last)), 350.0)
                    assert before[1] == pytest.approx(deviation, rel=1e-13)
                elif last in (-1, period - 1):
                    assert before[1] == deviation
                else:
                    assert before[1] > deviation
                assert now.setdefault(item, (period, *after)) == (period, *after)
        known |= now
    for item, (last, rating, deviation) in known.items():
        assert fit.rating[item] == rating
        assert fit.deviation[item] >= deviation
        assert (fit.deviation[item] == deviation) == (last == 11)


def test_deviations_grow_to_the_end(backend: str) -> None:
    data = zm.Comparisons(["x", "a", "a"], ["y", "b", "b"], [1, 1, 1], period=[1, 2, 3])
    fit = zm.glicko(data, deviation=50.0, growth=100.0, history=True)
    grown = math.sqrt(fit.deviation_after[0, 0] ** 2 + 2 * 100.0**2)
    assert fit.deviation[2] == pytest.approx(grown, rel=1e-14)
    assert zm.glicko(data, deviation=50.0, growth=1000.0).deviation[2] == 350.0
    fit = zm.glicko2(data, volatility=0.4, tau=0.0, history=True)
    grown = math.sqrt(fit.deviation_after[0, 0] ** 2 + 2 * (0.4 * 400 / math.log(10)) ** 2)
    assert fit.deviation[2] == pytest.approx(grown, rel=1e-14)


@model_of
@pytest.mark.parametrize("labels", ["numbers", "text", "times"])
def test_parts_end_where_the_whole_ends(
    backend: str, model: Any, labels: str, tmp_path: Path
) -> None:
    rows = league(4)
    rows["b"][rows["period"] < 6] %= 20  # some items come later
    rows["b"] = np.where(rows["a"] == rows["b"], (rows["b"] + 1) % 20, rows["b"])
    cut = int(np.searchsorted(rows["period"], 5))
    if labels == "text":
        rows["period"] = np.array([f"week {p}" for p in rows["period"]], object)
    if labels == "times":
        rows["period"] = np.datetime64("2020-01") + rows["period"].astype("m8[M]")
    options = {"initial": 1400.0, "deviation": 200.0, "position_effect": 15.0}
    whole = model(comparisons(rows), history=True, **options)
    first = model(comparisons(rows, slice(cut)), **options)
    path = tmp_path / "ratings.npz"
    first.save(path)
    loaded = zm.load(path)
    assert type(loaded) is type(first)
    assert repr(loaded) == repr(first)
    np.testing.assert_array_equal(loaded.deviation, first.deviation)
    for start in (first, loaded):
        parts = start.update(comparisons(rows, slice(cut, None)), history=True)
        assert repr(parts) == repr(whole)
        names = ["expected", "before", "after", "deviation_before", "deviation_after"]
        for name in names:
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name)[cut:])
        for name in (*STATE, *(["volatility"] if model is zm.glicko2 else [])):
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
        with pytest.raises(InputError, match="has been replayed already"):
            parts.update(comparisons(rows, slice(-3, None)))


@model_of
def test_parts_of_rows(backend: str, model: Any) -> None:
    rows = league(5)
    del rows["period"]
    whole = model(comparisons(rows), rows_per_period=50)
    parts = model(comparisons(rows, slice(100)), rows_per_period=50)
    for begin in (100, 350):
        end = {100: 350, 350: 600}[begin]
        parts = parts.update(comparisons(rows, slice(begin, end)))
    assert parts.n_periods == whole.n_periods == 12
    for name in STATE:
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


@model_of
def test_what_a_result_offers(backend: str, model: Any, tmp_path: Path) -> None:
    rows = league(6)
    fit = model(comparisons(rows), position_effect=40.0, history=True)
    wanted = zm.metrics.log_loss(fit.expected, rows["outcome"])
    assert fit.log_loss() == pytest.approx(wanted, rel=1e-12)
    assert 0 < fit.brier() < 0.5
    assert 0 < fit.accuracy() < 1
    assert fit.calibration(bins=5).count.sum() == 600
    assert fit.ability.sum() == pytest.approx(0, abs=1e-10)
    np.testing.assert_allclose(
        fit.ability - fit.ability[0], (fit.rating - fit.rating[0]) * math.log(10) / 400
    )
    interval = fit.interval()
    np.testing.assert_allclose(interval.upper - fit.rating, 1.959963984540054 * fit.deviation)
    frame = fit.to_frame("pandas")
    assert {"item", "rank", "rating", "deviation", "games"} <= set(frame)
    assert ("volatility" in frame) == (model is zm.glicko2)
    past = fit.history_to_frame("pandas")
    assert len(past) == 600
    assert {"period", "expected", "before_a", "deviation_after_b"} <= set(past)
    with pytest.raises(InputError, match="history=True"):
        model(comparisons(rows)).history_to_frame()

    # The prediction is the paper's, with both deviations.
    q = math.log(10) / 400
    phi = q * math.hypot(fit.deviation[0], fit.deviation[1])
    ahead = q * (fit.rating[0] - fit.rating[1])
    score = 1 / (1 + math.exp(-ahead / math.sqrt(1 + 3 * phi**2 / math.pi**2)))
    assert fit.predict(0, 1) == pytest.approx(score, rel=1e-12)
    assert fit.predict(0, [1, 2]).shape == (2,)
    assert fit.predict(0, 1) + fit.predict(1, 0) == pytest.approx(1)
    assert fit.predict(0, 1, position="first") > fit.predict(0, 1)
    assert fit.predict(0, 1, position="second") < fit.predict(0, 1)
    matrix = fit.win_matrix()
    assert matrix[0, 1] == fit.predict(0, 1)
    np.testing.assert_allclose(matrix + matrix.T, 1.0)

    moved = fit.rescale(initial=0.0, scale=800.0)
    np.testing.assert_allclose(moved.deviation, 2 * fit.deviation)
    assert moved.predict(0, 1) == fit.predict(0, 1)
    path = tmp_path / "moved.npz"
    moved.save(path)
    loaded = zm.load(path)
    np.testing.assert_array_equal(loaded.rating, moved.rating)
    np.testing.assert_array_equal(loaded.games, fit.games)
    with pytest.raises(InputError, match="does not have"):
        loaded.log_loss()


def test_kinds_and_names(backend: str) -> None:
    data = zm.Comparisons(["x"], ["y"], [1])
    assert type(zm.glicko(data)) is GlickoResult
    assert type(zm.glicko2(data)) is Glicko2Result
    assert repr(zm.glicko2(data)) == "Glicko2Result(2 items, 1 games, 1 period)"
    assert {"glicko", "glicko2"} <= set(dir(zm))


PERIODS = zm.Comparisons(["x", "y", "x"], ["y", "z", "z"], [1, 0, 1], period=["p", "q", "p"])


@model_of
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial": math.nan}, "initial must be a finite number"),
        ({"initial": {"x": "a"}}, "initial['x'] must be a finite number"),
        ({"initial": {"w": 1500}}, "initial names 'w', which is no item"),
        ({"deviation": -1}, "deviation must be finite and non-negative"),
        ({"deviation": {"x": math.inf}}, "deviation['x'] must be finite and non-negative"),
        ({"deviation": {"w": 30}}, "deviation names 'w', which is no item"),
        ({"deviation": 300, "largest_deviation": 200}, "must be at most largest_deviation"),
        ({"largest_deviation": 0}, "largest_deviation must be positive"),
        ({"scale": -400}, "scale must be positive"),
        ({"base": 1}, "base must be greater than 1"),
        ({"position_effect": math.nan}, "position_effect must be a finite number"),
        ({"rows_per_period": 0}, "rows_per_period must be a positive whole number"),
        ({"rows_per_period": 1.5}, "rows_per_period must be a positive whole number"),
        ({"history": 1}, "history must be True or False"),
        ({"backend": "java"}, "backend must be 'cpp' or 'numba'"),
    ],
)
def test_refused(model: Any, options: dict[str, Any], message: str) -> None:
    data = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0])
    with pytest.raises(InputError) as refusal:
        model(data, **options)
    assert message in str(refusal.value)


def test_refused_by_one(backend: str) -> None:
    data = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0])
    for model, options, message in (
        (zm.glicko, {"growth": -1}, "growth must be finite and non-negative"),
        (zm.glicko2, {"tau": -0.5}, "tau must be finite and non-negative"),
        (zm.glicko2, {"volatility": 0}, "volatility must be positive"),
        (zm.glicko2, {"volatility": {"x": -1}}, "volatility['x'] must be positive"),
        (zm.glicko2, {"volatility": {"w": 1}}, "volatility names 'w', which is no item"),
    ):
        with pytest.raises(InputError) as refusal:
            model(data, **options)  # type: ignore[operator]
        assert message in str(refusal.value)


@model_of
def test_refused_data(model: Any) -> None:
    with pytest.raises(InputError, match=r"period\[2\] is 'p', a period that had ended"):
        model(PERIODS)
    with pytest.raises(InputError, match="the data has periods of its own"):
        model(PERIODS, rows_per_period=2)
    with pytest.raises(InputError, match="PairCounts do not keep"):
        model(PERIODS.pair_counts())
    with pytest.raises(InputError, match="must be Comparisons"):
        model([1, 2])
    with pytest.raises(InputError, match="needs to know who was first"):
        model(zm.Comparisons(["x"], ["y"]), position_effect=10.0)
    fit = model(zm.Comparisons(["x"], ["y"], [1], period=[3]))
    with pytest.raises(InputError, match="data has no periods"):
        fit.update(zm.Comparisons(["x"], ["y"], [1]))
    with pytest.raises(InputError, match="data has periods such as 'p'"):
        fit.update(zm.Comparisons(["x"], ["y"], [1], period=["p"]))
    with pytest.raises(InputError, match=r"period\[0\] is 3, a period that has been replayed"):
        fit.update(zm.Comparisons(["x"], ["y"], [1], period=[3]))
    with pytest.raises(InputError, match="initial names 'x', which has a rating already"):
        fit.update(zm.Comparisons(["x"], ["y"], [1], period=[4]), initial={"x": 1})
    with pytest.raises(InputError, match="data has items such as 1"):
        fit.update(zm.Comparisons([1], [2], [1], period=[4]))
    with pytest.raises(InputError, match="no position_effect"):
        fit.predict("x", "y", position="first")
    with pytest.raises(InputError, match="'w' is not an item"):
        fit.predict("x", "w")
    assert (
        fit.update(zm.Comparisons(["w"], ["y"], [1], period=[4]), initial={"w": 1800.0}).rating[0]
        > 1800
    )
