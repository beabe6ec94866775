"""Differences between items, and how many more votes they need."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import reference
from boards import random_fit, two_items
from hypothesis import given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings import estimates, fit_covariance
from zermelo.ratings.compare import compare, holm
from zermelo.ratings.votes_needed import votes_needed

normal = NormalDist()
examples = settings(max_examples=15, deadline=None)


def test_one_pair_by_hand() -> None:
    """log(60/40), standard error sqrt(1/60 + 1/40)."""
    found = compare(two_items(), "x", "y")
    error = math.sqrt(1 / 60 + 1 / 40)
    assert len(found) == 1
    assert found.difference[0] == pytest.approx(math.log(1.5))
    assert found.standard_error[0] == pytest.approx(error)
    assert found.lower[0] == pytest.approx(math.log(1.5) - normal.inv_cdf(0.975) * error)
    assert found.upper[0] == pytest.approx(math.log(1.5) + normal.inv_cdf(0.975) * error)
    assert found.p_value[0] == pytest.approx(2 * normal.cdf(-math.log(1.5) / error))
    assert compare(two_items(), "y", "x").difference[0] == -found.difference[0]


def test_holm_by_hand() -> None:
    """The example of Holm's procedure in Wikipedia: 0.01, 0.04, 0.03, 0.005 at 0.05."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1.0, 1.0])


def test_all_pairs() -> None:
    fit = random_fit(4)
    found = {name: compare(fit, adjust=name) for name in ("none", "max-t", "holm")}  # type: ignore[arg-type]
    for table in found.values():
        assert len(table) == 15
        assert (table.difference >= 0).all()
        for a, b, difference, error in zip(
            table.a.tolist(),
            table.b.tolist(),
            table.difference,
            table.standard_error,
            strict=True,
        ):
            interval = fit.interval(reference=b, items=[a])
            assert interval.estimate[0] == pytest.approx(difference)
            assert interval.standard_error[0] == pytest.approx(error)
    critical = [found[name].critical_value for name in ("none", "max-t", "holm")]
    assert critical == sorted(critical)
    assert critical[2] == pytest.approx(normal.inv_cdf(1 - 0.025 / 15))
    assert (found["none"].p_value <= found["max-t"].p_value + 0.02).all()
    assert (found["none"].p_value <= found["holm"].p_value).all()


@examples
@given(st.integers(0, 10**6), st.sampled_from([0.5, 0.9, 0.95]))
def test_intervals_and_p_values_agree(seed: int, level: float) -> None:
    fit = random_fit(seed)
    for adjust in ("none", "max-t"):
        found = compare(fit, level=level, adjust=adjust, draws=999)  # type: ignore[arg-type]
        apart = (found.lower > 0) | (found.upper < 0)
        assert np.array_equal(apart, found.significant)
    found = compare(fit, level=level, adjust="holm")
    apart = (found.lower > 0) | (found.upper < 0)
    assert found.significant[apart].all()
    wider = compare(fit, level=0.99, adjust="max-t", draws=999)
    assert wider.critical_value >= compare(fit, level=0.9, draws=999).critical_value


def test_p_values_beyond_all_draws() -> None:
    found = compare(two_items(), draws=100)
    assert found.p_value[0] == pytest.approx(0.0455, abs=1e-2)  # one pair takes no draws
    games = zm.Comparisons(["x", "y", "y", "z"], ["y", "x", "z", "y"], count=[90, 10, 90, 10])
    found = compare(zm.bradley_terry(games), draws=100)
    single = compare(zm.bradley_terry(games), adjust="none")
    assert found.p_value == pytest.approx(3 * single.p_value)


def test_against() -> None:
    fit = random_fit(4)
    best = fit.items[fit.rank() == 1].tolist()[0]
    found = compare(fit, against="best")
    assert found.b.tolist() == [best] * 5
    assert best not in found.a.tolist()
    assert (found.difference <= 0).all()
    named = compare(fit, against=best)
    assert np.array_equal(named.p_value, found.p_value)
    assert found.critical_value < compare(fit).critical_value
    pairs = compare(fit, found.a.tolist(), best)
    assert np.array_equal(pairs.p_value, found.p_value)
    turned = compare(fit, best, found.a.tolist())
    assert turned.lower == pytest.approx(-found.upper)


def test_an_item_called_best() -> None:
    fit = zm.bradley_terry(zm.Comparisons(["x", "best", "x"], ["best", "x", "best"]))
    with pytest.raises(InputError, match="may mean the item 'best' or the best item, 'x'"):
        compare(fit, against="best")
    turned = zm.bradley_terry(zm.Comparisons(["x", "best", "best"], ["best", "x", "x"]))
    assert compare(turned, against="best").a.tolist() == ["x"]


def test_known_differences() -> None:
    """Between two fixed items there is nothing to doubt."""
    games = zm.Comparisons(["x", "y", "z"], ["y", "z", "x"], count=[5, 5, 5])
    fit = zm.bradley_terry(games, fixed={"x": 1.0, "y": 0.0})
    found = compare(fit)
    where = [set(pair) for pair in zip(found.a.tolist(), found.b.tolist(), strict=True)]
    known = where.index({"x", "y"})
    assert found.p_value[known] == 0.0
    assert found.lower[known] == found.upper[known] == 1.0
    assert (found.p_value[[place for place in range(3) if place != known]] > 0).all()


def test_one_pair_of_many_items(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = random_fit(4)
    exact = compare(fit, 0, 3)
    monkeypatch.setattr(fit_covariance, "EXACT_BELOW", 5)
    monkeypatch.setattr(estimates, "EXACT_BELOW", 5)
    solved = compare(random_fit(4), 0, 3)
    assert solved.standard_error == pytest.approx(exact.standard_error)
    with pytest.raises(InputError, match="too many"):
        compare(fit)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0,), {}, "a was given without b; against=0"),
        ((None, 0), {}, "b was given without a"),
        ((0, 99), {}, "b: 99 is not an item of this fit"),
        ((0, 0), {}, "a and b are both 0"),
        (([0, 1, 2], [1, 0]), {}, r"Length of b \(2\) must match length of a \(3\)"),
        (([], []), {}, "a and b are empty"),
        ((0, 1), {"against": 2}, "pass either a and b, or against"),
        ((), {"against": [0, 1]}, "against must be one item or 'best'"),
        ((), {"against": "nobody"}, "against: 'nobody' is not an item"),
        ((), {"adjust": "tukey"}, "adjust must be one of 'max-t', 'holm', 'none'"),
        ((), {"level": 0}, "level must be between 0 and 1, but is 0"),
        ((), {"draws": 10}, "10 draws are too few"),
        ((), {"kind": "both"}, "kind must be one of"),
    ],
)
def test_refused_comparisons(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(random_fit(4), *arguments, **options)


def test_refused_items() -> None:
    games = zm.Comparisons(["x", "y", "new"], ["y", "x", "x"], count=[9, 9, 9])
    fit = zm.bradley_terry(games, components="largest")
    with pytest.raises(InputError, match="a: 'new' is not rated"):
        compare(fit, "new", "x")
    with pytest.raises(InputError, match="against: 'new' is not rated"):
        compare(fit, against="new")
    with pytest.raises(InputError, match="b: 'new' is not rated"):
        votes_needed(fit, "x", "new")
    assert len(compare(fit)) == 1
    separate = zm.bradley_terry(games, components="separate")
    for ask in (compare, votes_needed):
        with pytest.raises(InputError, match="needs all items on one scale"):
            ask(separate, "x", "new")


# ---- how many more votes


def test_direct_votes_of_two_items() -> None:
    """(1.95996 + 0.84162)² / difference² is the information wanted; a vote gives p q."""
    fit = two_items(55, 45)
    difference = math.log(55 / 45)
    wanted = ((normal.inv_cdf(0.975) + normal.inv_cdf(0.8)) / difference) ** 2
    expected = math.ceil((wanted - 100 * 0.55 * 0.45) / (0.55 * 0.45))
    assert votes_needed(fit, "x", "y", allocation="direct") == expected
    assert votes_needed(fit, "y", "x") == expected  # two items have one pair
    assert votes_needed(fit, "x", "y", difference, allocation="direct") == expected


def test_enough_votes() -> None:
    assert votes_needed(two_items(600, 400), "x", "y") == 0
    assert votes_needed(two_items(600, 400), "x", "y", allocation="direct") == 0


@pytest.mark.parametrize("allocation", ["direct", "equal"])
@pytest.mark.parametrize("options", [{}, {"prior": 2.0}, {"fixed": {2: 0.1}}, {"fixed": {0: 0.5}}])
def test_votes_bring_the_variance_down(allocation: Any, options: Any) -> None:
    """Add the votes to the information, written out as a matrix, and look at the variance."""
    fit = random_fit(5, **options)
    wanted, level, power = 0.3, 0.9, 0.7
    more = votes_needed(
        fit, 0, 1, wanted, level=level, power=power, allocation=allocation, kind="fisher"
    )
    ability = fit.model.ability
    information = reference.information(
        ability, reference.random_rows(5, 6, 120), options.get("prior", 0.0)
    )
    p = 1.0 / (1.0 + np.exp(-np.subtract.outer(ability, ability)))
    p[0, 1] = 1.0 / (1.0 + math.exp(-wanted))
    free = [item for item in range(6) if item not in options.get("fixed", {})]

    def variance(votes: float) -> float:
        extra = np.zeros((6, 6))
        pairs = [(i, j) for i in range(6) for j in range(i)]
        for i, j in pairs if allocation == "equal" else [(1, 0)]:
            share = votes / (15 if allocation == "equal" else 1)
            e = np.eye(6)[i] - np.eye(6)[j]
            extra += share * p[j, i] * (1 - p[j, i]) * np.outer(e, e)
        inner = np.linalg.pinv((information + extra)[np.ix_(free, free)], hermitian=True)
        e = (np.eye(6)[0] - np.eye(6)[1])[free]
        return float(e @ inner @ e)

    target = (wanted / (normal.inv_cdf(0.95) + normal.inv_cdf(0.7))) ** 2
    assert more > 0
    assert variance(more) <= target * (1 + 1e-6)
    assert variance(more - 1) > target * (1 - 1e-6)


def test_votes_inflate_by_the_sandwich() -> None:
    fit = random_fit(6, m=60)
    fisher, sandwich = (
        votes_needed(fit, 0, 1, 0.2, kind=kind, allocation="direct")
        for kind in ("fisher", "sandwich")
    )
    errors = [
        fit.interval(kind=kind, reference=1, items=[0]).standard_error[0]
        for kind in ("fisher", "sandwich")
    ]
    assert (fisher < sandwich) == (errors[0] < errors[1])


def test_dropped_ties_cost_votes() -> None:
    """With a third of the votes dropped as ties it takes half as many again."""
    games = zm.Comparisons(["x", "y", "x"], ["y", "x", "y"], [1.0, 1.0, 0.5], count=[30, 20, 25])
    without = zm.Comparisons(["x", "y"], ["y", "x"], count=[30, 20])
    options: Any = {"allocation": "direct"}
    dropped = votes_needed(zm.bradley_terry(games, ties="drop"), "x", "y", **options)
    plain = votes_needed(zm.bradley_terry(without), "x", "y", **options)
    assert dropped == pytest.approx(1.5 * plain, abs=2)


def test_refused_votes() -> None:
    even = two_items(50, 50)
    with pytest.raises(InputError, match="difference between 'x' and 'y' is 0, which no number"):
        votes_needed(even, "x", "y")
    assert votes_needed(even, "x", "y", 0.1) > 0
    for arguments, options, message in [
        (("x", "y", 0), {}, "difference must not be 0"),
        (("x", "y", math.nan), {}, "difference must be a finite number"),
        (("x", "x"), {}, "a and b are both 'x'"),
        (("x", "w"), {}, "b: 'w' is not an item"),
        (("x", ["y"]), {}, "b must be one item"),
        (("x", "y"), {"power": 1.0}, "power must be between 0 and 1, but is 1.0"),
        (("x", "y"), {"level": "high"}, "level must be between 0 and 1, but is 'high'"),
        (("x", "y"), {"allocation": "best"}, "allocation must be one of 'equal', 'direct'"),
    ]:
        with pytest.raises(InputError, match=message):
            votes_needed(two_items(), *arguments, **options)
