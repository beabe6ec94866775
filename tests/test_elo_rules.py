"""The rules of Elo systems: K, margins, periods; and every argument that cannot be used."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import zermelo as zm
from zermelo.errors import InputError


def games(**columns: Any) -> zm.Comparisons:
    return zm.Comparisons(["x", "y", "x"], ["y", "z", "z"], [1, 0.5, 0], **columns)


def test_k_of_each_comparison(backend: str) -> None:
    wanted = zm.elo(games(weight=[1.0, 0.5, 2.0]), k=20, backend=backend)
    column = [20, 10, 40]
    for k in (column, tuple(column), np.array(column), pd.Series(column), map(float, column)):
        k = list(k) if isinstance(k, map) else k
        fit = zm.elo(games(), k=k, backend=backend)
        np.testing.assert_allclose(fit.rating, wanted.rating, rtol=1e-14)
    for k in (20, np.float32(20), np.int64(20), np.array(20.0)):
        assert zm.elo(games(), k=k, backend=backend).rules.k == 20.0
    own = np.array([20.0, 10.0, 40.0])
    fit = zm.elo(games(), k=own, backend=backend)
    own[:] = 0.0
    np.testing.assert_array_equal(fit.state.rating, fit.rating)
    still = zm.elo(games(), k=0, backend=backend)
    assert still.rating.tolist() == [1500.0] * 3


def test_schedule_by_games_counts_both_sides_apart(backend: str) -> None:
    data = zm.Comparisons(["x", "x", "y"], ["y", "z", "z"], count=[2, 1, 1])
    k = zm.KSchedule([100, 50, 10])
    fit = zm.elo(data, k=k, scale=1e12, initial=0, history=True, backend=backend)
    # Every surprise is one half; repeats are games, and the last value holds for ever.
    np.testing.assert_allclose(fit.after[0], [75.0, -75.0])
    np.testing.assert_allclose(fit.after[1], [80.0, -50.0])
    np.testing.assert_allclose(fit.after[2], [-70.0, -75.0])
    assert fit.games.tolist() == [3, 3, 2]


@pytest.mark.parametrize("lasting", [False, True])
def test_schedule_by_rating(backend: str, lasting: bool) -> None:
    k = zm.KSchedule(by_rating={1509: 10, 1490: 20, 1519: 5}, lasting=lasting)
    data = zm.Comparisons(["x"] * 5, ["y", "z", "v", "w", "u"], [1, 1, 0, 0, 1])
    initial = {"x": 1500, "y": 1400, "z": 1509, "v": 1519, "w": 1600, "u": 1490}
    # On so wide a scale every surprise is one half.
    fit = zm.elo(data, k=k, scale=1e12, initial=initial, history=True, backend=backend)
    # After a fall below 1509 K is 20 again, unless it lasts.
    last = 1510 if lasting else 1515
    np.testing.assert_allclose(fit.after[:, 0], [1510, 1515, 1510, 1505, last])
    # Bands hold from where they begin, the lowest below that too.
    np.testing.assert_allclose(fit.after[:, 1], [1390, 1504, 1521.5, 1602.5, 1480])


def test_schedules_agree(backend: str) -> None:
    data = zm.Comparisons(["x", "y", "x", "z"] * 3, ["y", "z", "z", "x"] * 3)
    one = zm.KSchedule(lambda n: np.where(n < 3, 40.0, 20.0))
    other = zm.KSchedule([40, 40, 40, 20])
    banded = zm.KSchedule(np.full(3, 40.0), {0: 20.0})
    fits = [zm.elo(data, k=k, backend=backend) for k in (one, other, banded)]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.rating, fits[0].rating)
    constant = zm.elo(data, k=zm.KSchedule(lambda n: 32), backend=backend)
    np.testing.assert_array_equal(constant.rating, zm.elo(data, backend=backend).rating)


def test_a_function_of_games_holds_in_samples_too(backend: str) -> None:
    """An item may be drawn more often than it played."""
    data = zm.Comparisons(["x", "y", "z"], ["y", "z", "w"])
    by_games = [100.0, 50.0, 7.0, 3.0, 2.0]
    listed = zm.elo(data, k=zm.KSchedule(by_games), bootstrap=50, backend=backend)
    k = zm.KSchedule(lambda n: np.array(by_games)[n])
    told = zm.elo(data, k=k, bootstrap=50, backend=backend)
    np.testing.assert_array_equal(told.bootstrap.ratings, listed.bootstrap.ratings)


def test_margins_by_hand(backend: str) -> None:
    data = games(margin=[-10, 0, 3])
    plain = zm.elo(data, k=20, initial={"x": 1600}, history=True, backend=backend)
    for name, rule in (("power", zm.PowerMargin()), ("log", zm.LogMargin())):
        fit = zm.elo(data, k=20, initial={"x": 1600}, margin=rule, history=True, backend=backend)
        named = zm.elo(data, k=20, initial={"x": 1600}, margin=name, backend=backend)
        np.testing.assert_array_equal(fit.rating, named.rating)
        ahead = 100.0
        first = (
            13.0**0.8 / (7.5 + 0.006 * ahead)
            if name == "power"
            else math.log(11.0) * 2.2 / (2.2 + 0.001 * ahead)
        )
        shift = (plain.after[0, 0] - 1600.0) * first
        np.testing.assert_allclose(fit.after[0], [1600.0 + shift, 1500.0 - shift])
        tie = 3.0**0.8 / 7.5 if name == "power" else math.log(2.0) * 2.2
        expected = 1.0 / (1.0 + 10.0 ** (shift / 400.0))
        np.testing.assert_allclose(fit.after[1, 1], 1500.0 - 20.0 * tie * (0.5 - expected))


def test_expected_scores_by_hand(backend: str) -> None:
    data = zm.Comparisons(
        ["x"] * 3, ["y"] * 3, neutral=[False, True, False], offset=[0, 0, math.log(2.0)],
        outcome=[1, 1, 1],
    )  # fmt: skip
    fit = zm.elo(data, k=0, scale=200, base=2, position_effect=50, backend=backend)
    odds = np.array([2.0**0.25, 1.0, 2.0 * 2.0**0.25])
    np.testing.assert_allclose(fit.expected, odds / (1.0 + odds), rtol=1e-14)
    np.testing.assert_allclose(fit.ability, 0.0)


def test_ability_is_log_strength(backend: str) -> None:
    fit = zm.elo(games(), initial={"x": 1700, "y": 1400}, scale=250, base=3, backend=backend)
    expected = (fit.rating - fit.rating.mean()) * math.log(3.0) / 250.0
    np.testing.assert_allclose(fit.ability, expected, atol=1e-14)
    np.testing.assert_allclose(fit.win_matrix()[0, 1], fit.predict("x", "y"))


def test_reversion(backend: str) -> None:
    data = zm.Comparisons(["x"] * 4, ["y", "y", "z", "y"], period=["a", "a", "b", "c"])
    told: dict[str, Any] = {"reversion": 0.25, "history": True, "backend": backend}
    fit = zm.elo(data, initial=1300, **told)
    assert fit.before[1].tolist() == fit.after[0].tolist()
    assert fit.before[2, 0] == pytest.approx(0.75 * fit.after[1, 0] + 0.25 * 1300)
    assert fit.before[2, 1] == 1300.0  # z had not played yet: nothing to revert
    assert fit.before[3, 1] == pytest.approx(0.75 * fit.after[1, 1] + 0.25 * 1300)
    by_item = zm.elo(data, initial={"x": 1800}, **told)
    assert by_item.before[2, 0] == pytest.approx(0.75 * by_item.after[1, 0] + 0.25 * 1500)
    whole = zm.elo(data, reversion_to=1111, **told | {"reversion": 1})
    assert whole.before[2, 0] == 1111.0
    none = zm.elo(data, **told | {"reversion": 0})
    np.testing.assert_array_equal(none.before[1:, 0], none.after[:-1, 0])


NAN, INF = float("nan"), float("inf")
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "k negative": ({"k": -1}, "k must be finite and non-negative, but is -1"),
    "k nan": ({"k": NAN}, "k must be finite and non-negative, but is nan"),
    "k inf": ({"k": INF}, "k must be finite and non-negative, but is inf"),
    "k none": ({"k": None}, "k must be finite and non-negative, but is None"),
    "k bool": ({"k": True}, "k must be finite and non-negative, but is True"),
    "k text": ({"k": "32"}, "k must be a number, a column of one a comparison or a KSchedule"),
    "k dict": ({"k": {"x": 3}}, "k must be a number, a column of one a comparison or a KSch"),
    "k function": (
        {"k": lambda n: 32.0},
        r"k must be a number, .*; KSchedule\(by_games=function\)",
    ),
    "k short": ({"k": [1, 2]}, r"Length of k \(2\) must match length of a \(3\)"),
    "k row": ({"k": [1, -2, 3]}, r"k must be finite and non-negative, but k\[1\] is -2"),
    "k gap": ({"k": [1, None, 3]}, r"k"),
    "k matrix": ({"k": np.ones((3, 2))}, r"k must be one-dimensional"),
    "k words": ({"k": ["a", "b", "c"]}, r"k must be numbers, but k\[0\] is 'a'"),
    "scale": ({"scale": 0}, "scale must be positive, but is 0"),
    "scale negative": ({"scale": -400}, "scale must be positive, but is -400"),
    "scale nan": ({"scale": NAN}, "scale must be positive and finite, but is nan"),
    "scale text": ({"scale": "400"}, "scale must be positive and finite, but is '400'"),
    "base": ({"base": 1}, "base must be greater than 1, but is 1"),
    "base small": ({"base": 0.5}, "base must be greater than 1, but is 0.5"),
    "base inf": ({"base": INF}, "base must be a finite number, but is inf"),
    "effect": ({"position_effect": NAN}, "position_effect must be a finite number, but is nan"),
    "effect text": ({"position_effect": "home"}, "position_effect must be a finite number"),
    "initial": ({"initial": NAN}, "initial must be a finite number or a dict, but is nan"),
    "initial list": ({"initial": [1500] * 3}, "initial must be a finite number or a dict"),
    "initial none": ({"initial": None}, "initial must be a finite number or a dict"),
    "initial item": ({"initial": {"w": 1}}, "initial names 'w', which is no item of the data"),
    "initial kind": ({"initial": {1: 1}}, "initial names 1, which is no item of the data"),
    "initial value": ({"initial": {"x": NAN}}, r"initial\['x'\] must be a finite number, but is n"),
    "margin": ({"margin": "cubic"}, "margin must be None, 'power', 'log', a PowerMargin or a Log"),
    "margin column": ({"margin": [1, 2, 3]}, r"themselves belong to Comparisons\(margin=...\)"),
    "no margins": ({"margin": "log"}, r"margin=LogMargin needs .* make Comparisons with margin="),
    "reversion": ({"reversion": 1.5}, "reversion must be a number from 0 to 1, but is 1.5"),
    "reversion low": ({"reversion": -0.1}, "reversion must be a number from 0 to 1, but is -0.1"),
    "reversion nan": ({"reversion": NAN}, "reversion must be a number from 0 to 1, but is nan"),
    "no period": ({"reversion": 0.5}, "make Comparisons with period="),
    "target": ({"reversion_to": INF}, "reversion_to must be a finite number, but is inf"),
    "history": ({"history": "yes"}, "history must be True or False, but is 'yes'"),
    "backend": ({"backend": "rust"}, "backend must be 'cpp' or 'numba', but is 'rust'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case: str) -> None:
    options, message = BAD[case]
    with pytest.raises(InputError, match=message):
        zm.elo(games(), **options)


RULES: dict[str, tuple[Any, str]] = {
    "exponent": (lambda: zm.PowerMargin(exponent=-1), "exponent must be finite and non-negative"),
    "added": (lambda: zm.PowerMargin(added=NAN), "added must be finite and non-negative"),
    "intercept": (lambda: zm.PowerMargin(intercept=0), "intercept must be positive, but is 0"),
    "slope": (lambda: zm.PowerMargin(slope="x"), "slope must be finite and non-negative"),
    "log slope": (lambda: zm.LogMargin(slope=-0.1), "slope must be finite and non-negative"),
    "log intercept": (lambda: zm.LogMargin(intercept=-2), "intercept must be positive, but is -2"),
    "tie": (lambda: zm.LogMargin(tie_divisor=0), "tie_divisor must be positive, but is 0"),
    "nothing": (lambda: zm.KSchedule(), "KSchedule needs by_games or by_rating"),
    "empty bands": (lambda: zm.KSchedule(by_rating={}), "KSchedule needs by_games or by_rating"),
    "empty": (lambda: zm.KSchedule([]), "by_games is empty"),
    "text": (lambda: zm.KSchedule("fide"), "by_games must be a sequence of numbers or a function"),
    "one": (lambda: zm.KSchedule(40), "by_games must be a sequence of numbers or a function"),
    "negative": (lambda: zm.KSchedule([40, -20]), r"by_games\[1\] must be finite and non-negative"),
    "word": (lambda: zm.KSchedule([40, "x"]), r"by_games\[1\] must be finite and non-negative"),
    "bands": (lambda: zm.KSchedule(by_rating=[20]), "by_rating must be a dict of rating to K"),
    "band": (lambda: zm.KSchedule(by_rating={-INF: 20}), "by_rating must begin at finite ratings"),
    "band word": (lambda: zm.KSchedule(by_rating={"x": 2}), "a rating of by_rating must be a fin"),
    "band k": (lambda: zm.KSchedule(by_rating={0: -2}), r"by_rating\[0\] must be finite and non-n"),
    "lasting": (lambda: zm.KSchedule([20], lasting=1), "lasting must be True or False, but is 1"),
}


@pytest.mark.parametrize("case", RULES)
def test_bad_rules(case: str) -> None:
    make, message = RULES[case]
    with pytest.raises(InputError, match=message):
        make()


FUNCTIONS: dict[str, tuple[Any, str]] = {
    "shape": (lambda n: [1.0, 2.0], r"a K for each of 3 numbers of games, but gave shape \(2,\)"),
    "negative": (lambda n: 1.0 - n, r"but by_games\(2\) is -1.0"),
    "nan": (lambda n: np.where(n == 1, np.nan, 2.0), r"but by_games\(1\) is nan"),
    "text": (lambda n: "much", r"by_games must give numbers, but gave 'much'"),
    "one number": (
        lambda n: 40 if n < 30 else 20,
        r"by_games must be a function of an array .* gave ValueError: .*; numpy.where chooses",
    ),
    "nothing": (lambda n: None, r"but by_games\(0\) is nan"),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_functions_of_games_that_give_no_k(case: str) -> None:
    function, message = FUNCTIONS[case]
    with pytest.raises(InputError, match=message):
        zm.elo(games(), k=zm.KSchedule(function))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (games().pair_counts(), "elo replays games in their order, which PairCounts do not keep"),
        ([("x", "y")], "data must be Comparisons, but is list"),
        (pd.DataFrame({"a": ["x"]}), "data must be Comparisons, but is DataFrame"),
    ],
)
def test_bad_data(data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.elo(data)


@pytest.mark.parametrize(
    "time", [[1.0, NAN, 2.0], [1, None, 2], pd.to_datetime(["2020", None, "2021"])]
)
def test_times_that_are_missing(time: Any) -> None:
    with pytest.raises(InputError, match=r"time.*\[?1\]? is (nan|null)"):
        games(time=time)


def test_times_that_do_not_compare() -> None:
    with pytest.raises(InputError, match="time must hold values of one kind, which compare"):
        zm.elo(games(time=np.array([1, "a", 2], object)))
    with pytest.raises(InputError, match="time must hold values of one kind, which compare"):
        zm.elo(games(time=[Decimal(1), {"a"}, Decimal(2)]))


def test_nobody_was_first() -> None:
    unordered = zm.Comparisons(["x", "y"], ["y", "z"])
    with pytest.raises(InputError, match="position_effect needs to know who was first"):
        zm.elo(unordered, position_effect=30)
    fit = zm.elo(unordered)
    with pytest.raises(InputError, match="the replay has no position_effect"):
        fit.predict("x", "y", position="first")
    with pytest.raises(InputError, match="position must be one of 'first', 'second', but is 'up'"):
        fit.predict("x", "y", position="up")
    with pytest.raises(InputError, match="a: 'w' is not an item of this fit"):
        fit.predict("w", "y")
    with pytest.raises(InputError, match="replay with history=True"):
        fit.history_to_frame()
    for rows in ([0, 1], [True], "all"):
        with pytest.raises(InputError, match=r"rows must be bools of shape \(2,\), but is"):
            fit.log_loss(rows)
    with pytest.raises(InputError, match="no game counts: rows chooses none"):
        fit.brier([False, False])


def test_k_of_rows_that_were_left_out() -> None:
    data = zm.Comparisons(
        ["x", "y", "x"], ["y", "z", "z"], ["left", "right", "?"], outcomes={"?": None}
    )
    with pytest.raises(InputError, match=r"k has 3 values for 2 comparisons: 1 were left out"):
        zm.elo(data, k=[1, 2, 3])
    assert zm.elo(data, k=[1, 2]).n_replayed == 2


def test_divisors_that_are_not_positive(backend: str) -> None:
    rule = zm.PowerMargin(intercept=1.0, slope=0.01)
    data = zm.Comparisons(["x", "y", "x"], ["y", "z", "z"], [1, 1, 0], margin=[5, 5, 5])
    initial = {"x": 1700.0, "y": 1500.0}
    with pytest.raises(InputError, match=r"row 2: the loser was rated so far above the winner"):
        zm.elo(data, k=1, margin=rule, initial=initial, backend=backend)
    late_first = zm.Comparisons(
        ["x", "y", "x"], ["y", "z", "z"], [1, 1, 0], margin=[5, 5, 5], time=[2, 3, 1]
    )
    with pytest.raises(InputError, match=r"row 2: .* use a smaller slope or k"):
        zm.elo(late_first, k=1, margin=rule, initial=initial, backend=backend)


def test_wild_ratings(backend: str) -> None:
    for options in ({"k": 1e308}, {"k": 1e150}, {"initial": 1e200}, {"initial": {"x": -1e101}}):
        with pytest.raises(InputError, match=r"the rating of 'x' went beyond 1e\+100"):
            zm.elo(games(), backend=backend, **options)
    big = zm.elo(games(), k=1e90, backend=backend)
    assert np.isfinite(big.rating).all()
    assert big.expected.tolist()[0] == 0.5
    with pytest.raises(InputError, match="row 1: what its shift is multiplied by"):
        zm.elo(games(weight=[1, 1e100, 1], margin=[1, 1e300, 1]), margin="power", backend=backend)
    with pytest.raises(InputError, match="row 0: what its shift is multiplied by"):
        zm.elo(games(margin=[1e200, 0, 0]), margin=zm.PowerMargin(exponent=2), backend=backend)


def test_rules_compare_and_print() -> None:
    assert zm.PowerMargin() == zm.PowerMargin(0.8, 3, 7.5, 0.006)
    assert zm.KSchedule([40], {2400: 10}) == zm.KSchedule((40.0,), {np.int64(2400): 10.0})
    assert "by_rating={2400.0: 10.0}" in repr(zm.KSchedule([40], {2400: 10}))
