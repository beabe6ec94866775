"""Rules of published Elo systems."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import zermelo as zm
from zermelo import presets


@pytest.mark.parametrize("name", ["fide", "fivethirtyeight_nba", "fivethirtyeight_nfl"])
def test_presets_are_arguments_of_elo(name: str) -> None:
    make = getattr(presets, name)
    rules = make()
    data = zm.Comparisons(["x"], ["y"], [1], margin=[3], period=[1])
    assert zm.elo(data, **rules).rules.scale == 400.0
    changed = make(scale=200, history=True)
    assert changed == rules | {"scale": 200, "history": True}
    assert make(k=7)["k"] == 7
    # Every call gives a dict of its own.
    rules["k"] = 3
    assert make()["k"] != 3
    assert name in presets.__all__


def test_the_numbers_of_fivethirtyeight() -> None:
    """ "How we calculate NBA Elo ratings" (2015) and the code of nfl-elo-game."""
    nba, nfl = presets.fivethirtyeight_nba(), presets.fivethirtyeight_nfl()
    assert nba["margin"] == zm.PowerMargin(0.8, 3, 7.5, 0.006)
    assert nfl["margin"] == zm.LogMargin(2.2, 0.001, 1)
    told: list[tuple[dict[str, Any], tuple[float, ...]]] = [
        (nba, (20, 100, 0.25, 1505, 1300)),
        (nfl, (20, 65, 1 / 3, 1505, 1300)),
    ]
    names = ("k", "position_effect", "reversion", "reversion_to", "initial")
    for rules, wanted in told:
        assert tuple(rules[name] for name in names) == wanted
    assert len(presets.FIVETHIRTYEIGHT_NFL_RESETS) == 11


def test_fide(backend: str) -> None:
    """K of 40 for thirty games, then 20, and 10 for good once 2400 was reached."""
    n = 40
    opponents = [f"opponent {game:02d}" for game in range(n)]
    data = zm.Comparisons(["x"] * n, opponents, [1] * 35 + [0] * 5)
    initial = {"x": 2000.0} | dict.fromkeys(opponents, 2000.0)
    told: dict[str, Any] = {"scale": 1e12, "history": True, "backend": backend}
    fit = zm.elo(data, **presets.fide(initial=initial, **told))
    # At even chances a game moves half of K.
    moved = np.abs(np.diff(fit.after[:, 0], prepend=2000.0))
    assert np.round(moved, 6).tolist() == [20.0] * 30 + [5.0] * 10
    slow = zm.elo(data, **presets.fide(initial=initial | {"x": 1700.0}, **told))
    moved = np.abs(np.diff(slow.after[:, 0], prepend=1700.0))
    assert np.round(moved, 6).tolist() == [20.0] * 30 + [10.0] * 10
    falls = zm.elo(data, **presets.fide(initial=initial | {"x": 1795.0}, **told))
    # 2395 after thirty games, 2405 after the next: from then on 10, also below 2400.
    moved = np.abs(np.diff(falls.after[:, 0], prepend=1795.0))
    assert np.round(moved, 6).tolist() == [20.0] * 30 + [10.0] + [5.0] * 9
    assert falls.rating[-1] < 2405.0
    assert falls.peak[-1] == pytest.approx(2425.0)


def test_teams_that_a_dict_does_not_name_begin_where_the_preset_has_them() -> None:
    data = zm.Comparisons(["x"], ["y"], [1], margin=[3], period=[1])
    assert zm.elo(data, **presets.fivethirtyeight_nba(), history=True).before.tolist() == [
        [1300.0, 1300.0]
    ]
    rules = presets.fivethirtyeight_nba(initial={"x": 1600.0}, history=True)
    assert zm.elo(data, **rules).before.tolist() == [[1600.0, 1300.0]]
