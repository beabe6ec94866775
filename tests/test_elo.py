"""Elo replays against the written-out oracle, and what must hold of every replay."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from elo_games import CROWD, ITEMS, History, histories, random_games, rating_of, same_bits
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError
from zermelo.metrics import evaluate

# Examples without a deadline: the first one on the twins compiles them.
slow = settings(deadline=None, max_examples=100)


def close(found: Any, wanted: Any, what: str = "") -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-10, err_msg=what)


@slow
@given(history=histories())
def test_oracle(backend: str, history: History) -> None:
    fit = history.fit(history=True, backend=backend)
    players, expected, before, after = history.expect()
    close(fit.rating, rating_of(players, fit.items), "rating")
    close(fit.expected, expected, "expected")
    close(fit.before, before, "before")
    close(fit.after, after, "after")
    known = [players[item] for item in fit.items.tolist()]
    assert fit.games.tolist() == [player.games for player in known]
    close(fit.peak, [player.peak for player in known], "peak")
    assert (fit.peak_game < 0).tolist() == [player.peak_game < 0 for player in known]
    # Without history the same numbers, to the last bit.
    plain = history.fit(backend=backend)
    assert plain.before is None
    assert plain.after is None
    same_bits(fit, plain)
    np.testing.assert_array_equal(fit.expected, plain.expected)


@slow
@given(history=histories())
def test_history_hangs_together(backend: str, history: History) -> None:
    fit = history.fit(history=True, backend=backend)
    games = history.games
    order = sorted(range(len(games)), key=lambda row: games[row].time)
    rating = dict(zip(fit.items.tolist(), fit.state.rating.tolist(), strict=True))
    begin = history.arguments.get("initial", 1500.0)
    start = {item: begin.get(item, 1500.0) if isinstance(begin, dict) else begin for item in rating}
    last: dict[str, tuple[float, Any]] = {item: (start[item], None) for item in rating}
    reached: dict[str, list[float]] = {item: [start[item]] for item in rating}
    for number, row in enumerate(order):
        game = games[row]
        counts = game.count > 0 and game.weight > 0
        for side, item in enumerate((game.a, game.b)):
            value, period = last[item]
            if period == game.period or not counts or "period" not in history.columns:
                assert fit.before[row, side] == value
            if counts:
                last[item] = (float(fit.after[row, side]), game.period)
                reached[item].append(float(fit.after[row, side]))
            else:
                assert fit.after[row, side] == fit.before[row, side]
            place = fit.items.tolist().index(item)
            if fit.peak_game[place] == number and game.count == 1:
                assert fit.after[row, side] == fit.peak[place]
    assert {item: value for item, (value, _) in last.items()} == rating
    if "count" not in history.columns:  # repeats of a game are not noted one by one
        assert fit.peak.tolist() == [max(reached[item]) for item in fit.items.tolist()]


@slow
@given(history=histories(), seed=st.integers(0, 1000))
def test_names_mean_nothing(backend: str, history: History, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(len(CROWD))
    name = dict(zip(CROWD, [f"item {place}" for place in shuffled], strict=True))
    arguments = history.arguments.copy()
    if isinstance(arguments.get("initial"), dict):
        arguments["initial"] = {name[item]: r for item, r in arguments["initial"].items()}
    if "resets" in arguments:
        arguments["resets"] = {(name[i], p): r for (i, p), r in arguments["resets"].items()}
    games = [replace(game, a=name[game.a], b=name[game.b]) for game in history.games]
    one = history.fit(backend=backend)
    other = replace(history, games=games, arguments=arguments).fit(backend=backend)
    np.testing.assert_array_equal(one.expected, other.expected)
    renamed = dict(zip(other.items.tolist(), other.points.tolist(), strict=True))
    assert [renamed[name[item]] for item in one.items.tolist()] == one.points.tolist()


@slow
@given(history=histories())
def test_swapping_sides(backend: str, history: History) -> None:
    games = [
        replace(game, a=game.b, b=game.a, score=1.0 - game.score, offset=-game.offset)
        for game in history.games
    ]
    effect = history.arguments["position_effect"]
    one = history.fit(backend=backend)
    other = replace(history, games=games).fit(backend=backend, position_effect=-effect)
    close(one.rating, other.rating)
    close(one.expected, 1.0 - other.expected)


@slow
@given(history=histories())
def test_weights_and_counts(backend: str, history: History) -> None:
    columns = history.columns
    # A weight of 2 is twice the k of the game.
    heavy = [replace(game, weight=2.0 * game.weight) for game in history.games]
    try:
        one = replace(history, games=heavy, columns=columns | {"weight"}).fit(backend=backend)
    except InputError as error:
        # Ratings can drift so far apart that a margin means nothing any more.
        assume("divisor" not in str(error))
        raise
    k = history.arguments.get("k")
    if not isinstance(k, zm.KSchedule):
        fast = [replace(game, k=2.0 * game.k) for game in history.games]
        double = replace(history, games=fast, by_game=True)
        double.arguments = {name: v for name, v in history.arguments.items() if name != "k"}
        close(one.rating, double.fit(backend=backend).rating)
    # A count is the game repeated on the spot.
    repeated = [replace(game, count=1) for game in history.games for _ in range(game.count)]
    items = {item for game in history.games for item in (game.a, game.b)}
    if items == {item for game in repeated for item in (game.a, game.b)}:
        counted = history.fit(backend=backend)
        apart = replace(history, games=repeated, columns=columns - {"count"}).fit(backend=backend)
        np.testing.assert_array_equal(counted.points, apart.points)
        np.testing.assert_array_equal(counted.games, apart.games)
        np.testing.assert_array_equal(counted.peak, apart.peak)


@slow
@given(history=histories())
def test_points_are_only_passed_on(backend: str, history: History) -> None:
    arguments = {
        name: value
        for name, value in history.arguments.items()
        if name not in ("reversion", "resets")
    }
    if isinstance(arguments.get("k"), zm.KSchedule):
        arguments["k"] = 24.0
    fit = replace(history, arguments=arguments).fit(backend=backend)
    begin = arguments.get("initial", 1500.0)
    total = sum(begin.get(item, 1500.0) if isinstance(begin, dict) else begin for item in fit.items)
    assert math.isclose(fit.rating.sum(), total, rel_tol=1e-12)


def test_time_sorts_and_equal_times_stay(backend: str) -> None:
    columns = (["x", "y", "x", "z"], ["y", "z", "z", "x"], [1, 0.5, 0, 1])
    at = [3, 1, 2, 1]
    order = [1, 3, 2, 0]
    sorted_first = zm.Comparisons(*([column[row] for row in order] for column in columns))
    straight = zm.elo(sorted_first, history=True, backend=backend)
    days = np.array(["2020-01-01"], "datetime64[D]") + np.array(at)
    for time in (at, [float(t) for t in at], days, [f"day {t}" for t in at], days.tolist()):
        fit = zm.elo(zm.Comparisons(*columns, time=time), history=True, backend=backend)
        same_bits(fit, straight)
        for name in ("expected", "before", "after"):
            found, wanted = getattr(fit, name), getattr(straight, name)
            np.testing.assert_array_equal(found[order], wanted, name)
        frame = fit.history_to_frame("pandas")
        assert frame["a"].tolist() == columns[0]
        assert frame["after_b"].tolist() == fit.after[:, 1].tolist()


def test_one_game(backend: str) -> None:
    fit = zm.elo(zm.Comparisons([7], [3], [1]), k=10, history=True, backend=backend)
    assert fit.items.tolist() == [3, 7]
    assert fit.rating.tolist() == [1495.0, 1505.0]
    assert fit.expected.tolist() == [0.5]
    assert fit.before.tolist() == [[1500.0, 1500.0]]
    assert fit.after.tolist() == [[1505.0, 1495.0]]
    assert fit.games.tolist() == [1, 1]
    assert fit.peak.tolist() == [1500.0, 1505.0]
    assert fit.peak_game.tolist() == [-1, 0]
    assert fit.rank().tolist() == [2, 1]
    assert repr(fit) == "EloResult(2 items, 1 games, k=10)"


@pytest.mark.parametrize("columns", [{"weight": [0, 0]}, {"count": [0, 0]}])
def test_nothing_counts(backend: str, columns: dict[str, Any]) -> None:
    games = zm.Comparisons(["x", "y"], ["y", "z"], period=[1, 2], **columns)
    initial = {"x": 1600.0}
    fit = zm.elo(games, initial=initial, reversion=0.5, history=True, backend=backend)
    assert fit.rating.tolist() == [1600.0, 1500.0, 1500.0]
    assert fit.games.tolist() == [0, 0, 0]
    assert fit.expected[0] == pytest.approx(1.0 / (1.0 + 10.0**-0.25))
    np.testing.assert_array_equal(fit.before, fit.after)
    with pytest.raises(zm.errors.InputError, match="no game counts"):
        fit.log_loss()
    with pytest.raises(zm.errors.InputError, match="permutations= has no games to shuffle"):
        zm.elo(games, permutations=2, backend=backend)


def test_certain_games(backend: str) -> None:
    """Expected scores of 0 and 1 overflow nowhere, and a miracle is counted as one."""
    games = zm.Comparisons(["x", "x"], ["y", "y"], [1, 0])
    fit = zm.elo(games, initial={"x": 1e7, "y": 0.0}, backend=backend)
    assert fit.expected.tolist() == [1.0, 1.0]
    assert fit.rating.tolist() == [1e7 - 32.0, 32.0]
    assert fit.log_loss() == math.inf
    assert fit.brier() == 0.5


def test_metrics(backend: str) -> None:
    history = History(random_games(3, 60, ("count", "weight")), frozenset({"count", "weight"}))
    fit = history.fit(backend=backend)
    score, weight = (np.array(history.column(name)) for name in ("score", "weight"))
    weight = weight * history.column("count")
    e = fit.expected
    loss = -(score * np.log(e) + (1.0 - score) * np.log(1.0 - e))
    rows = np.arange(len(score)) >= 20
    for chosen in (None, rows, rows.tolist()):
        at = slice(None) if chosen is None else rows
        assert fit.log_loss(chosen) == pytest.approx(np.average(loss[at], weights=weight[at]))
        brier = np.average((e - score)[at] ** 2, weights=weight[at])
        assert fit.brier(chosen) == pytest.approx(brier)
    favoured = np.where(e > 0.5, score, np.where(e < 0.5, 1.0 - score, 0.5))
    assert fit.accuracy() == pytest.approx(np.average(favoured, weights=weight))
    curve = fit.calibration(5, rows, "quantile")
    assert curve.count.sum() == rows.sum()


def test_evaluation_meets_at_home_and_on_neutral_ground(backend: str) -> None:
    columns = frozenset({"neutral", "offset"})
    history = History(random_games(4, 80, columns), columns, arguments={"position_effect": 60.0})
    fit = history.fit(backend=backend)
    points = dict(zip(fit.items.tolist(), fit.rating.tolist(), strict=True))
    later = replace(history, games=random_games(5, 40, columns))
    expected, score = [], later.column("score")
    for game in later.games:
        ahead = points[game.a] - points[game.b] + (0.0 if game.neutral else 60.0)
        expected.append(1.0 / (1.0 + 10.0 ** (-ahead / 400.0) * math.exp(-game.offset)))
    found = evaluate(fit, later.comparisons())
    assert found.log_loss == pytest.approx(zm.metrics.log_loss(expected, np.array(score)))
    # Counts know who was first, and nothing of neutral ground.
    ordered = replace(later, columns=frozenset())
    counted = evaluate(fit, ordered.comparisons().pair_counts())
    assert counted.log_loss == pytest.approx(evaluate(fit, ordered.comparisons()).log_loss)
    assert counted.log_loss != pytest.approx(found.log_loss)


def test_predictions(backend: str) -> None:
    history = History(random_games(8, 50), arguments={"position_effect": 70.0, "scale": 300.0})
    fit = history.fit(backend=backend)
    points = fit.rating
    for position, effect in ((None, 0.0), ("first", 70.0), ("second", -70.0)):
        wanted = 1.0 / (1.0 + 10.0 ** (-(points[0] - points[1:] + effect) / 300.0))
        close(fit.predict("ann", ITEMS[1:], position=position), wanted)
    assert fit.predict("ann", "bob") == pytest.approx(fit.win_matrix()[0, 1])
    np.testing.assert_allclose(fit.worth.sum(), 1.0)
    next_game = History([*history.games, random_games(1, 1)[0]], arguments=history.arguments)
    game = next_game.games[-1]
    later = next_game.fit(backend=backend)
    close(later.expected[-1], fit.predict(game.a, game.b, position="first"))


def test_rescaled(backend: str) -> None:
    history = History(random_games(9, 50), columns=frozenset({"time"}))
    fit = history.fit(permutations=20, bootstrap=20, backend=backend)
    other = fit.rescale(initial=0, scale=200, anchor=("bob", 100.0))
    close(other.rating - other.rating[1], (fit.rating - fit.rating[1]) / 2.0)
    assert other.rating[1] == pytest.approx(100.0)
    close(other.peak - other.rating, (fit.peak - fit.rating) / 2.0)
    close(other.rating_at(1e9), other.rating)
    one, two = (result.to_frame("pandas").set_index("item") for result in (fit, other))
    assert one.columns.tolist() == [
        *("rank", "rating", "ability", "games", "peak"),
        *(f"{kind}_{what}" for kind in ("permutations", "bootstrap") for what in WHAT),
    ]
    for name in one.columns[3:].drop("games"):
        close(two[name] - two["rating"], (one[name] - one["rating"]) / 2.0, name)
    back = other.rescale(initial=fit.own_scale.initial)
    np.testing.assert_array_equal(back.rating, fit.rating)
    assert other.predict("ann", "bob") == fit.predict("ann", "bob")


WHAT = ("mean", "lower", "upper")


def test_frames_in_and_out(backend: str) -> None:
    history = History(random_games(10, 30))
    columns = {name: history.column(name) for name in ("a", "b", "score", "margin", "time", "k")}
    wanted = history.fit(backend=backend)
    for library, frame in (("pandas", pd.DataFrame(columns)), ("polars", pl.DataFrame(columns))):
        games = zm.Comparisons.from_frame(frame, "a", "b", "score")
        fit = zm.elo(games, k=frame["k"], history=True, backend=backend)
        by_game = replace(history, by_game=True).fit(backend=backend)
        np.testing.assert_array_equal(fit.rating, by_game.rating)
        for out in (fit.to_frame(), fit.history_to_frame()):
            assert type(out).__module__.split(".")[0] == library
        board = fit.to_frame()
        assert list(board["rating"]) == sorted(fit.rating, reverse=True)
        assert list(board["rank"]) == sorted(fit.rank())
    assert wanted.frame_backend is None


def test_numbers_as_items(backend: str) -> None:
    history = History(random_games(11, 40))
    number = {item: place * 10 for place, item in enumerate(ITEMS)}
    games = [replace(game, a=number[game.a], b=number[game.b]) for game in history.games]
    initial = {np.int64(10): 1600.0, 40: 1450.0}
    fit = replace(history, games=games).fit(initial=initial, backend=backend)
    named = history.fit(initial={"bob": 1600.0, "eve": 1450.0}, backend=backend)
    assert fit.items.dtype == np.int64
    np.testing.assert_array_equal(fit.rating, named.rating)
    assert fit.predict(10, 40) == named.predict("bob", "eve")


def test_results_are_frozen(backend: str) -> None:
    fit = History(random_games(12, 20)).fit(history=True, permutations=3, backend=backend)
    arrays = (fit.rating, fit.expected, fit.before, fit.after, fit.games, fit.peak, fit.peak_game)
    for array in (*arrays, fit.permutations.ratings):
        assert not array.flags.writeable
    with pytest.raises(AttributeError):
        fit.points = None


@pytest.mark.parametrize(
    ("k", "shown"),
    [
        (20, "k=20"),
        (12.5, "k=12.5"),
        ([20.0] * 5, "k=by comparison"),
        (zm.KSchedule([20]), "k=KSchedule"),
    ],
)
def test_shown(k: Any, shown: str) -> None:
    assert repr(History(random_games(13, 5)).fit(k=k)).endswith(f"5 games, {shown})")
