"""Strengths as people give them, and the tables of matches that they make."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.judges import Noisy
from zermelo.tournament.program import Series
from zermelo.tournament.strengths import CERTAIN, Strengths, read_strengths


def test_abilities_and_ratings() -> None:
    read = read_strengths([1.0, 0.0], 2)
    assert read.win[0, 1] == pytest.approx(1 / (1 + math.exp(-1)))
    assert read.win[0, 1] + read.win[1, 0] == 1
    ratings = read_strengths({"x": 1900, "y": 1500}, 2, scale=400)
    assert ratings.items.tolist() == ["x", "y"]
    assert ratings.win[0, 1] == pytest.approx(10 / 11)


def test_fits_of_every_kind() -> None:
    votes = zm.Comparisons(["x", "x", "y", "y", "z"], ["y", "y", "z", "x", "x"], [1, 0.5, 1, 1, 0])
    plain = zm.bradley_terry(votes, prior=1.0)
    read = read_strengths(plain, 3)
    assert read.win == pytest.approx(plain.win_matrix())
    ties = zm.Comparisons(list("xyzxyzxy"), list("yzxzxyyz"), [1, 1, 1, 0.5, 0.5, 1, 1, 0])
    davidson = zm.bradley_terry(ties, ties="davidson")
    read = read_strengths(davidson, 3)
    assert read.has_draws
    assert read.draw == pytest.approx(davidson.win_matrix()[..., 1] * ~np.eye(3, dtype=bool))
    elo = zm.elo(votes)
    assert read_strengths(elo, 3).win[0, 2] == pytest.approx(elo.predict("x", "z"))


def test_items_of_the_design_order_strengths_that_name_theirs() -> None:
    read = read_strengths({"a": 2.0, "b": 0.0}, 2, items=["b", "a"])
    assert read.items.tolist() == ["b", "a"]
    assert read.win[1, 0] > 0.8
    assert read_strengths([2.0, 0.0], 2, items=["b", "a"]).items.tolist() == ["b", "a"]
    with pytest.raises(InputError, match="strengths says nothing of 'c'"):
        read_strengths({"a": 2.0, "b": 0.0}, 2, items=["c", "a"])


def by_enumeration(chances: list[float], needed: int) -> float:
    """The chance to win `needed` games, over all ways in which the games may go."""
    total = 0.0
    for won in product((True, False), repeat=len(chances)):
        ways = zip(won, chances, strict=True)
        total += math.prod(p if w else 1 - p for w, p in ways) * (sum(won) >= needed)
    return total


@pytest.mark.parametrize("venue", [None, "HHAAHAH", "HHHAAAN"])
def test_series_by_enumeration(venue: str | None) -> None:
    series = Series(best_of=7, venue=venue, home_advantage=0.7)
    win, draw = read_strengths([0.4, 0.0], 2).table(series)
    home, away, neutral = (1 / (1 + math.exp(-(0.4 + h))) for h in (0.7, -0.7, 0.0))
    games = [{"H": home, "A": away, "N": neutral}[place] for place in venue or "N" * 7]
    assert win[0, 1] == pytest.approx(by_enumeration(games, 4), abs=1e-12)
    assert win[0, 1] + win[1, 0] == pytest.approx(1, abs=1e-15)
    assert not draw.any()


def test_series_that_have_begun() -> None:
    series = Series(best_of=7, standing=(3, 1))
    win, _ = read_strengths([0.4, 0.0], 2).table(series)
    p = 1 / (1 + math.exp(-0.4))
    assert win[0, 1] == pytest.approx(1 - (1 - p) ** 3)
    # Of the better seed, which is the second of this match.
    assert win[1, 0] == pytest.approx((1 - p) ** 3)


def test_draws_are_decided_where_somebody_must_win() -> None:
    matrix = np.full((2, 2, 3), 1 / 3)
    matrix[0, 1], matrix[1, 0] = [0.6, 0.2, 0.2], [0.2, 0.2, 0.6]
    read = read_strengths(matrix, 2)
    win, draw = read.table(Series())
    assert win[0, 1] == pytest.approx(0.75)
    assert not draw.any()
    win, draw = read.table(Series(decisive=False))
    assert (win[0, 1], draw[0, 1]) == pytest.approx((0.6, 0.2))
    home, drawn = read.table(Series(decisive=False, at_first=True, home_advantage=1.0))
    odds = 3 * math.e
    assert (home[0, 1], drawn[0, 1]) == pytest.approx((0.8 * odds / (1 + odds), 0.2))


def test_thresholds_hold_certain_outcomes() -> None:
    read = read_strengths(np.array([[0.5, 1.0], [0.0, 0.5]]), 2)
    first, both = read.thresholds((Series(), Series(decisive=False)))
    assert first.dtype == np.uint32
    assert first[:, 0, 1].tolist() == [CERTAIN, CERTAIN]
    assert first[:, 1, 0].tolist() == [0, 0]
    assert (both == first).all()


def test_judges_err_in_every_game() -> None:
    read = Strengths(np.arange(2), np.array([[0.5, 0.9], [0.1, 0.5]]), np.zeros((2, 2)))
    judged = Strengths(read.items, read.win, read.draw, judge=zm.judges.Noisy(0.8))
    assert judged.table(Series())[0][0, 1] == pytest.approx(0.9 * 0.8 + 0.1 * 0.2)
    biased = Strengths(read.items, read.win, read.draw, judge=zm.judges.Noisy(1.0, -0.5))
    assert biased.table(Series())[0][0, 1] == pytest.approx(0.45)
    ties = Strengths(read.items, read.win, read.draw, judge=zm.judges.Noisy(1.0, 0.0, 0.2))
    win, draw = ties.table(Series(decisive=False))
    assert (win[0, 1], draw[0, 1]) == pytest.approx((0.72, 0.2))


@pytest.mark.parametrize(("win", "draw"), [(0.7, 0.0), (0.5, 0.3), (np.array([0.2]), 0.1)])
def test_judges_say_something(win: float, draw: float) -> None:
    judge = zm.judges.Noisy(0.7, 0.1, 0.05)
    judged_win, judged_draw = judge.probabilities(win, draw)
    other_win, other_draw = zm.judges.Noisy(0.7, -0.1, 0.05).probabilities(1 - win - draw, draw)
    assert judged_win + judged_draw + other_win == pytest.approx(1)
    assert judged_draw == pytest.approx(other_draw)


def three(one: list[float], other: list[float]) -> list[list[list[float]]]:
    return [[[0, 1, 0], one], [other, [0, 1, 0]]]


BAD = {
    "nan": ([1.0, np.nan], None, r"strengths\[1\] is nan"),
    "elo points": ([1600.0, 1400.0], None, "are they Elo points"),
    "text": (["x", "y"], None, "strengths must be numbers"),
    "count": ([1.0, 2.0, 3.0], None, "of 3 items, but the design has 2"),
    "one side": ([[0.5, 0.7], [0.2, 0.5]], None, r"P\(j, i\) must be 1, but strengths\[0, 1\]"),
    "range": ([[0.5, 1.7], [-0.7, 0.5]], None, r"strengths\[0, 1\] is 1.7"),
    "sum of three": (three([0.5, 0.2, 0.2], [0.3, 0.2, 0.5]), None, "adds up to 0.9"),
    "three sides": (three([0.5, 0.2, 0.3], [0.5, 0.2, 0.3]), None, "both sides must agree"),
    "shape": (np.zeros((2, 3)), None, "square matrix"),
    "dimensions": (np.zeros((2, 2, 2)), None, r"shape \(n,\), \(n, n\) or \(n, n, 3\)"),
    "scale of a matrix": ([[0.5, 0.5], [0.5, 0.5]], 400, "scale is for ratings"),
    "scale": ([1.0, 2.0], -400, "scale must be positive"),
    "dict": ({"x": 1.0, "y": "high"}, None, r"strengths\['y'\]"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_strengths(case: str) -> None:
    strengths, scale, message = BAD[case]
    with pytest.raises(InputError, match=message):
        read_strengths(strengths, 2, scale)


def test_fits_that_cannot_say_everything() -> None:
    votes = zm.Comparisons(["x", "y", "z"], ["y", "x", "w"])
    fit = zm.bradley_terry(votes, components="largest")
    with pytest.raises(InputError, match="does not rate"):
        read_strengths(fit, 4)
    with pytest.raises(InputError, match="a fit knows its own"):
        read_strengths(zm.elo(votes), 4, 400)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accuracy": 1.1}, "accuracy must be a number from 0 to 1, but is 1.1"),
        ({"accuracy": float("nan")}, "accuracy must be"),
        ({"position_bias": -2}, "position_bias must be a number from -1 to 1, but is -2"),
        ({"tie_rate": "often"}, "tie_rate must be"),
    ],
)
def test_bad_judges(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.judges.Noisy(**options)  # type: ignore[arg-type]


def test_a_biased_judge_is_shown_every_game_of_a_series_anew() -> None:
    judge = Noisy(0.9, 0.4, 0.2)
    strengths = replace(read_strengths([1.0, 0.0, -0.5], 3), judge=judge)
    first, _ = strengths.table(Series())
    game = 0.5 * (first + 1.0 - first.T)
    three, _ = strengths.table(Series(best_of=3))
    np.testing.assert_allclose(three, game**2 * (3 - 2 * game), atol=1e-15)
    # So that it does not matter who is named first, but for what has been won already.
    apart = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose((three + three.T)[apart], 1.0)
    begun, _ = strengths.table(Series(best_of=3, standing=(1, 0)))
    np.testing.assert_allclose((begun + begun.T)[apart], 1.0)
    assert begun[0, 2] == pytest.approx(1 - (1 - game[0, 2]) ** 2)


@pytest.mark.parametrize("given", [(2.0,), ("x",), (0.7, 0.7), (-0.1,), (math.nan,), (None,)])
def test_a_judge_is_given_probabilities(given: tuple[object, ...]) -> None:
    with pytest.raises(InputError, match="win and draw must be probabilities"):
        Noisy(0.8).probabilities(*given)  # type: ignore[arg-type]
