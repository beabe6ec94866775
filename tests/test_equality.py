"""The Wald test that items are equally able."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference
import scipy.stats

import zermelo as zm
from zermelo.errors import InputError


def board(seed: int = 4) -> Any:
    rows = reference.random_rows(seed, n=6, m=300)
    random = np.random.default_rng(seed)
    judge, period = (random.integers(0, number, len(rows.a)) for number in (13, 4))
    return zm.bradley_terry(rows.comparisons(judge=judge, period=period))


@pytest.mark.parametrize("kind", ["fisher", "sandwich", "cluster"])
@pytest.mark.parametrize("items", [None, [0, 2], [5, 1, 3]])
def test_against_the_formula(backend: str, kind: Any, items: Any) -> None:
    fit = board()
    places = list(range(6)) if items is None else items
    contrast = (np.eye(6)[places] - np.eye(6)[places[0]])[1:]
    d, v = contrast @ fit.ability, contrast @ fit.covariance(kind) @ contrast.T
    statistic = d @ np.linalg.solve(v, d)
    test = fit.equality_test(items, kind=kind)
    assert test.statistic == pytest.approx(statistic)
    q = len(places) - 1
    if kind == "cluster":
        expected = scipy.stats.f.sf(statistic * (13 - q) / (12 * q), q, 13 - q)
        assert test.degrees_of_freedom == 12
    else:
        expected = scipy.stats.chi2.sf(statistic, q)
    assert test.p_value == pytest.approx(expected)
    assert (test.contrasts, test.kind) == (q, kind)
    if q == 1:
        one = fit.compare(places[1], places[0], kind=kind)
        assert test.p_value == pytest.approx(float(one.p_value[0]))


def test_beyond_the_rank(backend: str) -> None:
    fit = board()
    for cluster in ("period", ("judge", "period")):
        with pytest.raises(InputError, match="5 differences cannot be tested together on 3 degree"):
            fit.equality_test(kind="cluster", cluster=cluster)
    assert fit.equality_test([0, 1, 2, 3], kind="cluster", cluster="period").contrasts == 3


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["x"], "at least two rated items"),
        (["x", "u"], "items: 'u' is not rated"),
        (["x", "y", "x"], "names an item twice"),
        (["x", "nobody"], "items: 'nobody' is not an item"),
    ],
)
def test_refuses(items: Any, message: str) -> None:
    fit = zm.bradley_terry(zm.Comparisons(list("xyzu"), list("yzxx")), components="largest")
    with pytest.raises(InputError, match=message):
        fit.equality_test(items)


def test_equal_by_decree() -> None:
    fit = zm.bradley_terry(zm.Comparisons(list("xyz"), list("yzx")), fixed={"x": 0.0, "y": 0.0})
    with pytest.raises(InputError, match="singular"):
        fit.equality_test(["x", "y"])
