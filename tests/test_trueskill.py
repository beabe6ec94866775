"""TrueSkill against published and other packages' numbers and a plain replay, on both backends."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import zermelo as zm
from zermelo.errors import InputError


def plain(rows: list[tuple[Any, ...]], n: int, **options: Any) -> dict[str, Any]:
    """Game by game: rows are (a, b, score, count, ahead); v and w as in the paper."""
    beta, tau = options.get("beta", 25 / 6), options.get("tau", 25 / 300)
    margin = norm.ppf((1 + options.get("draw_probability", 0.1)) / 2) * math.sqrt(2) * beta
    mu, sigma = [25.0] * n, [options.get("deviation", 25 / 3)] * n
    noted = []
    for a, b, score, count, ahead in rows:
        for play in range(max(count, 1)):
            of_a, of_b = sigma[a] ** 2 + tau**2, sigma[b] ** 2 + tau**2
            c = math.sqrt(2 * beta**2 + of_a + of_b)
            t, e = (mu[a] - mu[b] + ahead) / c, margin / c
            if play == 0:
                noted.append((norm.cdf(t - e) + norm.cdf(t + e)) / 2)
            if count == 0:
                continue
            if score == 0.5:
                within = norm.cdf(e - t) - norm.cdf(-e - t)
                v = (norm.pdf(-e - t) - norm.pdf(e - t)) / within
                w = v**2 + ((e - t) * norm.pdf(e - t) + (e + t) * norm.pdf(e + t)) / within
            else:
                sign = 2 * score - 1
                v = norm.pdf(sign * t - e) / norm.cdf(sign * t - e)
                w = v * (v + sign * t - e)
                v *= sign
            mu[a], mu[b] = mu[a] + of_a / c * v, mu[b] - of_b / c * v
            sigma[a] = math.sqrt(of_a * (1 - of_a / c**2 * w))
            sigma[b] = math.sqrt(of_b * (1 - of_b / c**2 * w))
    return {"rating": mu, "deviation": sigma, "expected": noted}


def random_rows(seed: int, n: int = 10, m: int = 150) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    a = random.integers(0, n, m)
    return {
        "a": a,
        "b": (a + random.integers(1, n, m)) % n,
        "score": random.choice([0.0, 0.5, 1.0], m),
        "count": random.integers(0, 3, m),
        "neutral": random.random(m) < 0.3,
    }


def comparisons(rows: dict[str, np.ndarray], part: Any = slice(None), **more: Any) -> Any:
    columns = {name: rows[name][part] for name in ("count", "neutral")}
    a, b, score = (rows[name][part] for name in ("a", "b", "score"))
    return zm.Comparisons(a, b, score, **(columns | more))


def test_one_on_one(backend: str) -> None:
    # Herbrich, Minka and Graepel's defaults; moserware.com "Computing Your Skill".
    won = zm.trueskill(zm.Comparisons(["x"], ["y"], [1]))
    np.testing.assert_allclose(won.rating, [29.396, 20.604], atol=5e-4)
    np.testing.assert_allclose(won.deviation, [7.171, 7.171], atol=5e-4)
    drawn = zm.trueskill(zm.Comparisons(["x"], ["y"], [0.5]))
    np.testing.assert_allclose(drawn.rating, [25.0, 25.0])
    np.testing.assert_allclose(drawn.deviation, [6.458, 6.458], atol=5e-4)
    assert won.expected.tolist() == [0.5]
    np.testing.assert_array_equal(won.conservative, won.rating - 3 * won.deviation)


def recurrent_games() -> list[tuple[int, int, float]]:
    """Sixty games of five players by the linear congruential generator of ISO C's example."""
    state, numbers = 12345, []
    for _ in range(180):
        state = (1103515245 * state + 12345) % 2**31
        numbers.append(state >> 16)
    games = []
    for k in range(0, 180, 3):
        a, b, outcome = numbers[k] % 5, numbers[k + 1] % 4, numbers[k + 2] % 5
        games.append((a, (a + 1 + b) % 5, 0.5 if outcome == 4 else float(outcome % 2)))
    return games


# The package trueskill 0.4.5 with backend="scipy", rate_1vs1 game by game.
@pytest.mark.parametrize(
    ("options", "mu", "sigma"),
    [
        (
            {},
            [24.88779642581769, 25.72933568446729, 24.99511904310679, 25.740701125734677,
             24.64053199426427],
            [1.6023936641518022, 1.4667159085258306, 1.555787319130118, 1.780656532909105,
             1.629327921291246],
        ),
        (
            {"draw_probability": 0.3, "beta": 8.0, "tau": 0.5},
            [24.750162771349974, 26.28619051433781, 24.55043191606632, 25.494724352443363,
             23.912942321412],
            [3.078896951776626, 2.8952697080813055, 3.0062175324214824, 3.222353022765344,
             3.0868466070069274],
        ),
    ],
)  # fmt: skip
def test_package_trueskill(
    backend: str, options: dict[str, float], mu: list[float], sigma: list[float]
) -> None:
    a, b, score = zip(*recurrent_games(), strict=True)
    fit = zm.trueskill(zm.Comparisons(a, b, score), **options)
    np.testing.assert_allclose(fit.rating, mu, rtol=1e-9)
    np.testing.assert_allclose(fit.deviation, sigma, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_plain_replay(backend: str, seed: int) -> None:
    rows = random_rows(seed)
    options = {"beta": 3.0, "tau": 0.3, "draw_probability": 0.25, "deviation": 6.0}
    fit = zm.trueskill(comparisons(rows), position_effect=1.5, **options)
    ahead = np.where(rows["neutral"], 0.0, 1.5)
    columns = (rows["a"], rows["b"], rows["score"], rows["count"], ahead)
    wanted = plain(list(zip(*(c.tolist() for c in columns), strict=True)), 10, **options)
    for name, values in wanted.items():
        np.testing.assert_allclose(getattr(fit, name), values, rtol=1e-11)


def test_backends_agree() -> None:
    if not all(zm.backend_info()[name]["available"] for name in ("cpp", "numba")):
        pytest.skip("needs both backends")
    data = comparisons(random_rows(7, n=300, m=5000))
    fit = zm.trueskill(data, backend="cpp", history=True)
    twin = zm.trueskill(data, backend="numba", history=True)
    for name in ("rating", "deviation", "expected", "before", "after", "deviation_after"):
        np.testing.assert_allclose(getattr(fit, name), getattr(twin, name), rtol=1e-10)


# Mean and one less the variance of a truncated normal number, by mpmath with 60 digits: v and w
# for games of items whose performances have deviation 1 together.
@pytest.mark.parametrize(
    ("outcome", "t", "margin", "v", "w"),
    [
        (1, -1000.0, 0.1, 1000.1009998980106, 0.9999990002059675),
        (1, -50.0, 0.0, 50.019984031905636, 0.999600956813196),
        (1, -4.5, 0.5, 5.186503967125842, 0.9673035653828878),
        (1, 3.0, 0.1, 0.00596365949498055, 0.017330177770015668),
        (0.5, 0.0, 0.1, 0.0, 0.9966711089933002),
        (0.5, 2.0, 1e-9, -2.0, 1.0),
        (0.5, 5.0, 0.1, -4.983625851936704, 0.9968307899177852),
        (0.5, 8.0, 2.5, -5.671410313897305, 0.9721382221455538),
        (0.5, 20.0, 3.0, -17.058423314513, 0.9966096303996731),
        (0.5, 1000.0, 1e-6, -999.9999999996667, 0.9999999999996667),
        (0.5, 1000.0, 0.01, -999.9910000079589, 0.9999989999868243),
    ],
)
def test_far_tails(
    backend: str, outcome: float, t: float, margin: float, v: float, w: float
) -> None:
    sigma = 0.6
    beta = math.sqrt((1 - 2 * sigma**2) / 2)
    drawn = 2 * norm.cdf(margin / (math.sqrt(2) * beta)) - 1
    options = {"beta": beta, "tau": 0.0, "draw_probability": drawn, "deviation": sigma}
    fit = zm.trueskill(zm.Comparisons(["x"], ["y"], [outcome]), initial={"x": 25 + t}, **options)
    gain = (fit.rating - [25 + t, 25]) / sigma**2
    # The draw probability carries small margins with few digits; ratings are near 1000.
    tolerance = 1e-6 if margin < 1e-3 else 1e-9
    np.testing.assert_allclose(gain, [v, -v], rtol=tolerance, atol=1e-11)
    shrunk = (1 - (fit.deviation / sigma) ** 2) / sigma**2
    np.testing.assert_allclose(shrunk, [w, w], rtol=1e-9)
    assert 0 <= fit.expected[0] <= 1


def test_small_expectations_keep_their_digits(backend: str) -> None:
    data = zm.Comparisons(["x", "y"], ["y", "x"], [1, 0])
    fit = zm.trueskill(data, initial={"x": 0.0, "y": 200.0}, deviation=0.1, tau=0.0)
    assert 0 < fit.expected[0] < 1e-100
    assert math.isfinite(fit.log_loss(np.array([True, False])))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_properties(backend: str, seed: int) -> None:
    rows = random_rows(seed, m=50)
    fit = zm.trueskill(comparisons(rows), position_effect=2.0)

    label = np.random.default_rng(seed).permutation(10)
    renamed = rows | {"a": label[rows["a"]], "b": label[rows["b"]]}
    other = zm.trueskill(comparisons(renamed), position_effect=2.0)
    place = np.searchsorted(other.items, label[fit.items])
    assert other.rating[place].tolist() == fit.rating.tolist()
    assert other.expected.tolist() == fit.expected.tolist()

    swapped = rows | {"a": rows["b"], "b": rows["a"], "score": 1 - rows["score"]}
    other = zm.trueskill(comparisons(swapped), position_effect=-2.0)
    np.testing.assert_allclose(other.rating, fit.rating, rtol=1e-12)
    np.testing.assert_allclose(other.deviation, fit.deviation, rtol=1e-12)
    np.testing.assert_allclose(other.expected, 1 - fit.expected, atol=1e-13)


def test_history_and_time(backend: str) -> None:
    rows = random_rows(3)
    data = comparisons(rows)
    fit = zm.trueskill(data, history=True)
    now = dict.fromkeys(range(10), (25.0, 25 / 3))
    for row in range(len(data)):
        for side, item in enumerate((data.a[row], data.b[row])):
            assert (fit.before[row, side], fit.deviation_before[row, side]) == now[item]
            now[item] = fit.after[row, side], fit.deviation_after[row, side]
    assert [(r, d) for r, d in zip(fit.rating, fit.deviation, strict=True)] == list(now.values())
    shuffled = np.random.default_rng(0).permutation(150)
    other = zm.trueskill(comparisons(rows, shuffled, time=shuffled), history=True)
    np.testing.assert_array_equal(other.rating, fit.rating)
    for name in ("expected", "before", "after", "deviation_before", "deviation_after"):
        np.testing.assert_array_equal(getattr(other, name), getattr(fit, name)[shuffled])


def test_parts_end_where_the_whole_ends(backend: str, tmp_path: Path) -> None:
    rows = random_rows(4)
    rows["a"][:60] %= 5  # some items come later
    rows["b"][:60] = (rows["a"][:60] + 1 + rows["b"][:60] % 4) % 5
    options = {"initial": 20.0, "deviation": {int(rows["a"][0]): 3.0}, "position_effect": 1.0}
    whole = zm.trueskill(comparisons(rows), history=True, **options)
    for cut in (1, 60, 149):
        part = zm.trueskill(comparisons(rows, slice(cut)), **options)
        path = tmp_path / f"{cut}.npz"
        part.save(path)
        for start in (part, zm.load(path)):
            later = start.update(comparisons(rows, slice(cut, None)), history=True)
            for name in ("rating", "deviation", "games", "conservative"):
                np.testing.assert_array_equal(getattr(later, name), getattr(whole, name))
            for name in ("expected", "before", "deviation_after"):
                np.testing.assert_array_equal(getattr(later, name), getattr(whole, name)[cut:])
            assert later.n_replayed == 150


def test_what_a_result_offers(backend: str, tmp_path: Path) -> None:
    rows = random_rows(5)
    data = comparisons(rows)
    fit = zm.trueskill(data, position_effect=1.0, history=True)
    weight = rows["count"].astype(float)
    wanted = zm.metrics.log_loss(fit.expected, rows["score"], weight)
    assert fit.log_loss() == pytest.approx(wanted, rel=1e-12)
    assert fit.ability.sum() == pytest.approx(0, abs=1e-12)
    slope = 1.702 / (math.sqrt(2) * 25 / 6)
    np.testing.assert_allclose(fit.ability, slope * (fit.rating - fit.rating.mean()), atol=1e-12)
    win, draw, loss = fit.outcome_probabilities(0, 1)
    assert win + draw + loss == pytest.approx(1)
    assert fit.predict(0, 1) == pytest.approx(win + draw / 2)
    assert fit.outcome_probabilities(0, [1, 2, 3]).shape == (3, 3)
    assert fit.outcome_probabilities(0, 1, position="first")[0] > win
    # What is predicted is what will be expected of the next game.
    again = zm.Comparisons([0, 3], [1, 2], [1, 0], neutral=[True, False])
    later = fit.update(again)
    assert later.expected[0] == pytest.approx(fit.predict(0, 1), rel=1e-13)
    assert later.expected[1] == pytest.approx(fit.predict(3, 2, position="first"), rel=1e-13)
    assert {"deviation", "conservative", "games"} <= set(fit.to_frame("pandas"))
    assert {"deviation_before_a", "expected"} <= set(fit.history_to_frame("pandas"))
    np.testing.assert_allclose(
        fit.interval(0.5).upper - fit.rating, norm.ppf(0.75) * fit.deviation, rtol=1e-12
    )
    moved = fit.rescale(initial=1000)
    assert moved.predict(0, 1) == fit.predict(0, 1)
    moved.save(tmp_path / "moved.npz")
    np.testing.assert_array_equal(zm.load(tmp_path / "moved.npz").rating, moved.rating)
    assert repr(fit) == "TrueSkillResult(10 items, 150 games)"


def test_no_draws(backend: str) -> None:
    fit = zm.trueskill(zm.Comparisons(["x", "y"], ["y", "z"], [1, 0]), draw_probability=0)
    assert fit.outcome_probabilities("x", "y")[1] == 0
    counted = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0.5], weight=[1, 0])
    with pytest.raises(InputError, match=r"outcome\[1\] is a tie, but draw_probability is 0"):
        zm.trueskill(counted, draw_probability=0)


def test_weights_of_zero_leave_games_out(backend: str) -> None:
    data = zm.Comparisons(["x", "x", "z"], ["y", "z", "y"], [1, 0, 1], weight=[1, 0, 1])
    kept = zm.Comparisons(["x", "z"], ["y", "y"], [1, 1])
    fit = zm.trueskill(data)
    assert fit.rating.tolist() == zm.trueskill(kept).rating.tolist()
    assert fit.games.tolist() == [1, 2, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial": math.inf}, "initial must be a finite number"),
        ({"initial": {"w": 25}}, "initial names 'w', which is no item"),
        ({"deviation": -1}, "deviation must be finite and non-negative"),
        ({"deviation": {"x": math.nan}}, "deviation['x'] must be finite and non-negative"),
        ({"beta": 0}, "beta must be positive"),
        ({"tau": -1}, "tau must be finite and non-negative"),
        ({"draw_probability": 1}, "draw_probability must be at least 0 and less than 1"),
        ({"draw_probability": None}, "draw_probability must be at least 0 and less than 1"),
        ({"position_effect": "a"}, "position_effect must be a finite number"),
        ({"history": "yes"}, "history must be True or False"),
        ({"backend": "java"}, "backend must be 'cpp' or 'numba'"),
    ],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        zm.trueskill(zm.Comparisons(["x", "y"], ["y", "z"], [1, 0]), **options)
    assert message in str(refusal.value)


def test_refused_data() -> None:
    sides = ["x", "y"], ["y", "z"]
    with pytest.raises(InputError, match=r"outcome\[1\] is 0.3, but trueskill knows only wins"):
        zm.trueskill(zm.Comparisons(*sides, [1, 0.3]))
    with pytest.raises(InputError, match=r"weight\[1\] is 0.5, but trueskill plays a game or"):
        zm.trueskill(zm.Comparisons(*sides, [1, 0], weight=[1, 0.5]))
    with pytest.raises(InputError, match="trueskill takes no offset"):
        zm.trueskill(zm.Comparisons(*sides, [1, 0], offset=[1, 0.5]))
    with pytest.raises(InputError, match="needs to know who was first"):
        zm.trueskill(zm.Comparisons(*sides), position_effect=1.0)
    with pytest.raises(InputError, match="PairCounts do not keep"):
        zm.trueskill(zm.Comparisons(*sides).pair_counts())
    fit = zm.trueskill(zm.Comparisons(*sides, [1, 0], time=[3, 4]))
    with pytest.raises(InputError, match=r"time\[0\] is 2, but games up to 4"):
        fit.update(zm.Comparisons(["x"], ["y"], [1], time=[2]))
    with pytest.raises(InputError, match="deviation names 'x', which has a rating already"):
        fit.update(zm.Comparisons(["x"], ["y"], [1], time=[5]), deviation={"x": 1})
    with pytest.raises(InputError, match="no position_effect"):
        fit.outcome_probabilities("x", "y", position="first")
