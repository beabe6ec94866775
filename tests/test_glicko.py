"""Glicko and Glicko-2 against published examples and a plain replay, on both backends."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import zermelo as zm

Q = math.log(10) / 400


def g(phi: float) -> float:
    return 1 / math.sqrt(1 + 3 * phi**2 / math.pi**2)


def expected(phi: float, ahead: float) -> float:
    return 1 / (1 + math.exp(-g(phi) * ahead))


def new_volatility(phi: float, v: float, delta: float, sigma: float, tau: float) -> float:
    """Glickman's equation as he writes it, by another method than his."""
    a = math.log(sigma**2)

    def f(x: float) -> float:
        total = phi**2 + v + math.exp(x)
        return math.exp(x) * (delta**2 - total) / (2 * total**2) - (x - a) / tau**2

    return math.exp(brentq(f, a - 30, a + 30, xtol=1e-14, rtol=1e-14) / 2)


def plain(rows: list[tuple[Any, ...]], **options: Any) -> dict[str, Any]:
    """Period by period, item by item: rows are (period, a, b, score, factor, ahead in points)."""
    rating: dict[Any, float] = {}
    phi: dict[Any, float] = {}
    sigma: dict[Any, float] = {}
    tau, growth = options.get("tau"), options.get("growth", 0.0) * Q
    most = options.get("most", math.inf) * Q
    noted = []
    for period in dict.fromkeys(row[0] for row in rows):
        here = [row for row in rows if row[0] == period]
        played = {side for row in here if row[4] > 0 for side in row[1:3]}
        for item in {side for row in here for side in row[1:3]} - rating.keys():
            rating[item], phi[item] = 0.0, options.get("deviation", 350.0) * Q
            sigma[item] = options.get("volatility", 0.06)
        begun = set(options.setdefault("begun", set()))
        if tau is None:
            for item in begun:
                phi[item] = min(math.sqrt(phi[item] ** 2 + growth**2), most)
        for _, a, b, _, _, ahead in here:
            both = math.hypot(phi[a], phi[b])
            noted.append(expected(both, rating[a] - rating[b] + ahead * Q))
        new: dict[Any, tuple[float, float, float]] = {}
        for item in played:
            total = information = 0.0
            for _, a, b, score, factor, ahead in here:
                if item in (a, b) and factor > 0:
                    other, sign = (b, 1) if item == a else (a, -1)
                    e = expected(phi[other], rating[item] - rating[other] + sign * ahead * Q)
                    own = score if item == a else 1 - score
                    total += factor * g(phi[other]) * (own - e)
                    information += factor * g(phi[other]) ** 2 * e * (1 - e)
            squared, volatile = phi[item] ** 2, sigma[item]
            if tau is not None:
                v = 1 / information
                volatile = new_volatility(phi[item], v, v * total, volatile, tau)
                squared = min(squared + volatile**2, most**2)
            squared = 1 / (1 / squared + information)
            new[item] = (rating[item] + squared * total, math.sqrt(squared), volatile)
        if tau is not None:
            for item in begun - played:
                phi[item] = min(math.hypot(phi[item], sigma[item]), most)
        for item, values in new.items():
            rating[item], phi[item], sigma[item] = values
        options["begun"] |= played
    items = sorted(rating)
    return {
        "rating": [1500 + rating[item] / Q for item in items],
        "deviation": [phi[item] / Q for item in items],
        "volatility": [sigma[item] for item in items],
        "expected": noted,
    }


def random_rows(seed: int, n: int = 12, m: int = 120, periods: int = 9) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    a = random.integers(0, n, m)
    return {
        "a": a,
        "b": (a + random.integers(1, n, m)) % n,
        "score": random.choice([0.0, 0.5, 1.0, 0.3], m),
        "period": np.sort(random.integers(0, periods, m)) * 10,
        "count": random.integers(0, 3, m),
        "weight": random.choice([0.0, 0.5, 1.0, 2.0], m),
        "neutral": random.random(m) < 0.3,
    }


def comparisons(rows: dict[str, np.ndarray], **more: Any) -> zm.Comparisons:
    columns = {name: rows[name] for name in ("period", "count", "weight", "neutral")}
    return zm.Comparisons(rows["a"], rows["b"], rows["score"], **(columns | more))


def as_tuples(rows: dict[str, np.ndarray], effect: float) -> list[tuple[Any, ...]]:
    ahead = np.where(rows["neutral"], 0.0, effect)
    factor = rows["count"] * rows["weight"]
    columns = (rows["period"], rows["a"], rows["b"], rows["score"], factor, ahead)
    return list(zip(*(column.tolist() for column in columns), strict=True))


EXAMPLE = zm.Comparisons(["x", "x", "x"], ["a", "b", "c"], [1, 0, 0])
INITIAL = {"x": 1500, "a": 1400, "b": 1550, "c": 1700}
DEVIATION = {"x": 200, "a": 30, "b": 100, "c": 300}


def test_example_of_glicko(backend: str) -> None:
    # Glickman 1999 and "The Glicko system": r' = 1464, RD' = 151.4.
    fit = zm.glicko(EXAMPLE, initial=INITIAL, deviation=DEVIATION)
    assert fit.rating[3] == pytest.approx(1464.1, abs=0.05)
    assert fit.deviation[3] == pytest.approx(151.4, abs=0.05)
    # Its last example: the expected score of 1400 with deviation 80 against 1500 with 150 is 0.376.
    one = zm.Comparisons(["x"], ["y"], [1])
    fit = zm.glicko(one, initial={"x": 1400, "y": 1500}, deviation={"x": 80, "y": 150})
    assert fit.expected[0] == pytest.approx(0.376, abs=5e-4)


def test_example_of_glicko2(backend: str) -> None:
    # Glickman 2013: mu' = -0.2069, phi' = 0.8722, sigma' = 0.05999, r' = 1464.06, RD' = 151.52.
    fit = zm.glicko2(EXAMPLE, initial=INITIAL, deviation=DEVIATION, volatility=0.06, tau=0.5)
    assert isinstance(fit, zm.ratings.glicko_result.Glicko2Result)
    assert (fit.rating[3] - 1500) * Q == pytest.approx(-0.2069, abs=5e-5)
    assert fit.deviation[3] * Q == pytest.approx(0.8722, abs=5e-5)
    assert fit.volatility[3] == pytest.approx(0.05999, abs=1e-5)
    assert fit.rating[3] == pytest.approx(1464.06, abs=0.01)
    assert fit.deviation[3] == pytest.approx(151.52, abs=0.005)


def test_published_steps() -> None:
    # Glickman 2013, table of the opponents: mu, phi, g(phi), E; then v = 1.7785, Delta = -0.4834.
    table = (
        (-0.5756, 0.1727, 0.9955, 0.639),
        (0.2878, 0.5756, 0.9531, 0.432),
        (1.1513, 1.7269, 0.7242, 0.303),
    )
    information = total = 0.0
    for (mu, phi, own_g, e), score in zip(table, (1, 0, 0), strict=True):
        assert g(phi) == pytest.approx(own_g, abs=6e-5)
        assert expected(phi, -mu) == pytest.approx(e, abs=6e-4)
        information += g(phi) ** 2 * expected(phi, -mu) * (1 - expected(phi, -mu))
        total += g(phi) * (score - expected(phi, -mu))
    # The paper multiplies what it has rounded.
    assert 1 / information == pytest.approx(1.7785, abs=1e-3)
    assert total / information == pytest.approx(-0.4834, abs=1e-3)
    assert new_volatility(1.1513, 1.7785, -0.4834, 0.06, 0.5) == pytest.approx(0.05999, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_plain_replay_of_glicko(backend: str, seed: int) -> None:
    rows = random_rows(seed)
    fit = zm.glicko(comparisons(rows), growth=60.0, position_effect=25.0, deviation=280.0)
    wanted = plain(as_tuples(rows, 25.0), growth=60.0, most=350.0, deviation=280.0)
    for name in ("rating", "deviation", "expected"):
        np.testing.assert_allclose(getattr(fit, name), wanted[name], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("most", [None, 340.0])
@pytest.mark.parametrize("seed", range(4))
def test_plain_replay_of_glicko2(backend: str, seed: int, most: float | None) -> None:
    rows = random_rows(seed)
    options: dict[str, Any] = {"tau": 0.9, "volatility": 0.5, "deviation": 300.0}
    fit = zm.glicko2(comparisons(rows), position_effect=-40.0, largest_deviation=most, **options)
    wanted = plain(as_tuples(rows, -40.0), most=most or math.inf, **options)
    for name in ("rating", "deviation", "volatility", "expected"):
        np.testing.assert_allclose(getattr(fit, name), wanted[name], rtol=1e-10, atol=1e-10)


def both(data: zm.Comparisons, **options: Any) -> list[Any]:
    return [model(data, **options) for model in (zm.glicko, zm.glicko2)]


def test_backends_agree() -> None:
    if not all(zm.backend_info()[name]["available"] for name in ("cpp", "numba")):
        pytest.skip("needs both backends")
    rows = random_rows(7, n=300, m=5000)
    data = comparisons(rows)
    for fit, twin in zip(
        both(data, backend="cpp", history=True),
        both(data, backend="numba", history=True),
        strict=True,
    ):
        for name in ("rating", "deviation", "expected", "before", "after", "deviation_after"):
            np.testing.assert_allclose(getattr(fit, name), getattr(twin, name), rtol=1e-10)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_properties(backend: str, seed: int) -> None:
    rows = random_rows(seed, m=40, periods=4)
    random = np.random.default_rng(seed)
    plain_fits = both(comparisons(rows), position_effect=20.0)

    # Who is called what does not matter.
    label = random.permutation(12)
    renamed = rows | {"a": label[rows["a"]], "b": label[rows["b"]]}
    for fit, other in zip(
        plain_fits, both(comparisons(renamed), position_effect=20.0), strict=True
    ):
        named = dict(zip(other.items, other.rating, strict=True))
        wanted = [named[label[item]] for item in fit.items]
        np.testing.assert_allclose(fit.rating, wanted, rtol=1e-12)
        np.testing.assert_array_equal(fit.expected, other.expected)

    # Nor does who is called first, when the scores and the effect are turned too.
    swapped = rows | {"a": rows["b"], "b": rows["a"], "score": 1 - rows["score"]}
    for fit, other in zip(
        plain_fits, both(comparisons(swapped), position_effect=-20.0), strict=True
    ):
        np.testing.assert_allclose(fit.rating, other.rating, rtol=1e-11)
        np.testing.assert_allclose(fit.deviation, other.deviation, rtol=1e-11)
        np.testing.assert_allclose(fit.expected, 1 - other.expected, atol=1e-12)

    # Nor does the order within a period.
    order = np.lexsort((random.random(len(rows["a"])), rows["period"]))
    shuffled = {name: column[order] for name, column in rows.items()}
    for fit, other in zip(
        plain_fits, both(comparisons(shuffled), position_effect=20.0), strict=True
    ):
        np.testing.assert_allclose(fit.rating, other.rating, rtol=1e-11)
        np.testing.assert_allclose(fit.expected[order], other.expected, rtol=1e-11)


def test_count_and_weight_repeat_games(backend: str) -> None:
    once = zm.Comparisons(["x", "x", "x", "y"], ["y", "y", "y", "z"], [1, 1, 1, 0])
    counted = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0], count=[3, 1])
    weighted = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0], weight=[3.0, 1.0])
    for fits in zip(both(once), both(counted), both(weighted), strict=True):
        for fit in fits[1:]:
            np.testing.assert_allclose(fit.rating, fits[0].rating, rtol=1e-13)
            np.testing.assert_allclose(fit.deviation, fits[0].deviation, rtol=1e-13)
        assert fits[1].games.tolist() == fits[0].games.tolist() == [3, 4, 1]


def test_games_of_no_weight_change_nothing(backend: str) -> None:
    data = zm.Comparisons(
        ["x", "w", "x"], ["y", "x", "z"], [1, 1, 0], weight=[1, 0, 1], period=[1, 1, 2]
    )
    kept = zm.Comparisons(["x", "x"], ["y", "z"], [1, 0], period=[1, 2])
    for fit, other in zip(both(data, history=True), both(kept), strict=True):
        assert fit.rating[1:].tolist() == other.rating.tolist()
        assert fit.rating[0] == 1500.0
        assert fit.deviation[0] == 350.0
        assert fit.after[1].tolist() == [1500.0, fit.after[0, 0]]
        assert fit.games.tolist() == [0, 2, 1, 1]
    np.testing.assert_allclose(fit.expected[1], 0.5, atol=1e-12)


def test_offsets_are_log_odds(backend: str) -> None:
    points = 50.0
    plain_data = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0])
    shifted = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0], offset=[points * Q] * 2)
    for fit, other in zip(both(plain_data, position_effect=points), both(shifted), strict=True):
        np.testing.assert_allclose(fit.rating, other.rating, rtol=1e-13)


def test_volatility_rises_where_results_surprise(backend: str) -> None:
    # A strong item that suddenly loses everything, and one that does what is expected.
    a, b = ["x"] * 20, [f"y{i}" for i in range(20)]
    initial = {"x": 2200.0}
    for score, rises in ((0, True), (1, False)):
        fit = zm.glicko2(
            zm.Comparisons(a, b, [score] * 20), initial=initial, deviation=50.0, tau=1.2
        )
        assert (fit.volatility[0] > 0.06) == rises
    still = zm.glicko2(zm.Comparisons(a, b, [0] * 20), initial=initial, deviation=50.0, tau=0)
    assert (still.volatility == 0.06).all()


def test_certain_ratings_do_not_move(backend: str) -> None:
    data = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0])
    fit = zm.glicko(data, deviation={"y": 0.0})
    assert fit.rating[1] == 1500.0
    assert fit.deviation[1] == 0.0
    assert fit.rating[0] > 1500.0


def test_far_apart(backend: str) -> None:
    data = zm.Comparisons(["x", "x"], ["y", "z"], [0, 1])
    for fit in both(data, initial={"x": 1e6}):
        assert np.isfinite(fit.rating).all()
        assert np.isfinite(fit.deviation).all()
    assert (fit.volatility > 0).all()
