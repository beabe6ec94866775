"""Scores of many comparisons of few kinds, and their order by clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference

import zermelo as zm
from zermelo.ratings import fit_covariance, joint_fit, row_scores


@pytest.mark.parametrize("ordered", [False, True])
def test_in_groups(ordered: bool) -> None:
    random = np.random.default_rng(1)
    group = random.integers(0, 50, 400).astype(np.int32)
    group[group == 7] = 8  # one is empty
    group = np.sort(group) if ordered else group
    values = random.integers(0, 9, 400).astype(np.int32)
    for column in (None, values):
        offsets, taken = row_scores.in_groups(group, 50, column)
        np.testing.assert_array_equal(offsets, np.searchsorted(np.sort(group), np.arange(51)))
        if ordered:
            assert taken is None
            continue
        order = np.argsort(group, kind="stable")
        np.testing.assert_array_equal(taken, order if column is None else column[order])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ties": "drop"},
        {"prior": 0.4},
        {"ties": "davidson", "position_effect": True},
        {"ties": "rao-kupper"},
        {"reweight": "pair", "min_count": 20},
        {"components": "largest"},
    ],
)
def test_kinds_of_comparisons(
    backend: str, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    rows = reference.random_rows(3, m=600, scores=(0.0, 0.5, 1.0))
    a, b, outcome = rows.a, rows.b, rows.score
    if "components" in options:  # two items apart from the others
        a, b = np.append(a, [6, 7]), np.append(b, [7, 6])
        outcome = np.append(outcome, [1.0, 1.0])
    judge = np.random.default_rng(3).integers(0, 40, len(a))
    c = zm.Comparisons(a, b, outcome, judge=judge)

    def errors() -> list[Any]:
        fit = zm.bradley_terry(c, backend=backend, **options)
        found: list[Any] = [fit.covariance("cluster")]
        for module in (fit_covariance, joint_fit):
            monkeypatch.setattr(module, "EXACT_BELOW", 5)
        again = zm.bradley_terry(c, backend=backend, **options)
        found.append(again.interval(kind="cluster", items=[0, 4], reference=2).standard_error)
        if isinstance(again, joint_fit.JointFit):
            found.append(again.effects(kind="cluster").standard_error)
        for module in (fit_covariance, joint_fit):
            monkeypatch.setattr(module, "EXACT_BELOW", 3000)
        return found

    coded = errors()
    assert row_scores._few_kinds(
        c, row_scores.Parameters(np.zeros(8), "half", 0.0, np.empty(0), False, np.empty(0))
    )
    monkeypatch.setattr(row_scores, "_few_kinds", lambda rows, at: False)
    for one, other in zip(coded, errors(), strict=True):
        np.testing.assert_array_equal(one, other)
