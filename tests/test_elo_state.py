"""Going on with later games, ratings at a time, ratings set by hand, and replays in files."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from elo_games import CROWD, History, histories, random_games, same_bits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError

ALL = frozenset({"count", "weight", "neutral", "offset", "margin", "period", "time"})


def in_order(history: History) -> History:
    """The same games sorted by time, in seasons that do not come back."""
    games = sorted(history.games, key=lambda game: game.time)
    seasons = sorted(game.period for game in games) if "period" in history.columns else []
    games = [
        replace(game, period=seasons[place] if seasons else None)
        for place, game in enumerate(games)
    ]
    arguments = {name: value for name, value in history.arguments.items() if name != "resets"}
    first_games: dict[Any, float] = {}
    for game in games:
        if game.count and game.weight and seasons:
            first_games.setdefault((game.a, game.period), 1333.0)
    if "resets" in history.arguments:
        arguments["resets"] = dict(list(first_games.items())[::3])
    return replace(history, games=games, arguments=arguments)


def in_parts(history: History, borders: list[int], way: Any, **more: Any) -> list[Any]:
    """The results of the parts between the borders; `way` is what happens to each in between."""
    fits: list[Any] = []
    resets = dict(history.arguments.get("resets", {}))
    initial = history.arguments.get("initial")
    known: set[str] = set()
    for begin, end in zip([0, *borders], [*borders, len(history.games)], strict=True):
        rows = slice(begin, end)
        here = {
            (item, game.period)
            for game in history.games[rows]
            for item in (game.a, game.b)
            if game.count and game.weight
        }
        options: dict[str, Any] = {"history": True}
        now = {name: resets.pop(name) for name in list(resets) if name in here}
        if now:
            options["resets"] = now
        if history.by_game:
            options["k"] = history.column("k", rows)
        items = set(history.column("a", rows) + history.column("b", rows))
        if isinstance(initial, dict):
            options["initial"] = {i: r for i, r in initial.items() if i in items - known}
        known |= items
        data = history.comparisons(rows)
        if fits:
            fits.append(way(fits[-1]).update(data, **options))
        else:
            arguments = {n: v for n, v in history.arguments.items() if n != "resets"} | options
            fits.append(zm.elo(data, **arguments, **more))
    return fits


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories(), data=st.data(), saved=st.booleans())
def test_parts_equal_the_whole(
    backend: str, tmp_path: Path, history: History, data: st.DataObject, saved: bool
) -> None:
    history = in_order(history)
    inner = st.integers(1, max(len(history.games) - 1, 1))
    borders = sorted(data.draw(st.lists(inner, unique=True, max_size=4)))
    borders = [border for border in borders if border < len(history.games)]
    k = history.arguments.get("k")
    by_function = isinstance(k, zm.KSchedule) and callable(k.by_games)

    def by_file(fit: Any) -> Any:
        fit.save(tmp_path / "part")
        return zm.load(tmp_path / "part")

    way = by_file if saved and not by_function else lambda fit: fit
    fits = in_parts(history, borders, way, backend=backend)
    whole = history.fit(history=True, backend=backend)
    same_bits(fits[-1], whole)
    for name in ("expected", "before", "after"):
        parts = np.concatenate([getattr(fit, name) for fit in fits])
        np.testing.assert_array_equal(parts, getattr(whole, name), name)
    if "time" in history.columns and not saved:
        last = history.games[-1].time
        np.testing.assert_array_equal(fits[-1].rating_at(last), whole.rating_at(last))


@settings(deadline=None, max_examples=60)
@given(history=histories())
def test_rating_at_replays_the_games_until_then(backend: str, history: History) -> None:
    history = replace(history, columns=history.columns | {"time"})
    history.arguments.pop("resets", None)
    fit = history.fit(backend=backend)
    for time in (-1, 2, 5, 1000):
        earlier = [game for game in history.games if game.time <= time]
        wanted = dict.fromkeys(CROWD, np.nan)
        if earlier:
            part = replace(history, games=earlier, arguments=history.arguments.copy())
            occur = {item for game in earlier for item in (game.a, game.b)}
            if isinstance(part.arguments.get("initial"), dict):
                given = part.arguments["initial"].items()
                part.arguments["initial"] = {item: r for item, r in given if item in occur}
            until = part.fit(backend=backend)
            for place, item in enumerate(until.items.tolist()):
                if until.games[place]:
                    wanted[item] = until.rating[place]
        found = fit.rating_at(time)
        np.testing.assert_array_equal(found, [wanted[item] for item in fit.items.tolist()])


def test_rating_at_kinds_of_times(backend: str) -> None:
    columns = (["x", "y", "x"], ["y", "z", "z"], [1, 0, 0.5])
    days = ["2020-01-01", "2020-02-01", "2020-03-01"]
    wanted = zm.elo(zm.Comparisons(*(column[:2] for column in columns)), backend=backend).rating
    dates = [datetime.date.fromisoformat(day) for day in days]
    stamps = pd.Series(pd.to_datetime(days))
    kinds: list[tuple[Any, list[Any]]] = [
        (days, ["2020-02-01", "2020-02-15"]),
        (dates, [dates[1], datetime.date(2020, 2, 2)]),
        (np.array(days, "datetime64[D]"), ["2020-02-01", dates[1], np.datetime64("2020-02-02")]),
        (stamps, ["2020-02-01", stamps[1], datetime.datetime(2020, 2, 3, 4)]),
        ([1.0, 2.0, 3.0], [2, 2.5, np.float32(2.0)]),
    ]
    for time, questions in kinds:
        fit = zm.elo(zm.Comparisons(*columns, time=time), backend=backend)
        for question in questions:
            np.testing.assert_array_equal(fit.rating_at(question), wanted)
        for question in (None, [1, 2], float("nan"), "once", pd.NaT, object()):
            if isinstance(question, str) and isinstance(time, list) and time[0] == days[0]:
                continue  # text compares with text
            with pytest.raises(InputError, match=r"time is .*, which does not compare"):
                fit.rating_at(question)


def test_rating_at_needs_times_and_the_games(backend: str, tmp_path: Path) -> None:
    fit = zm.elo(zm.Comparisons(["x"], ["y"]), backend=backend)
    with pytest.raises(InputError, match="the games have no time"):
        fit.rating_at(3)
    timed = zm.elo(zm.Comparisons(["x", "x"], ["y", "y"], time=[1, 5]), backend=backend)
    timed.save(tmp_path / "fit")
    with pytest.raises(InputError, match="needs the games, which a loaded result does not have"):
        zm.load(tmp_path / "fit").rating_at(3)
    later = timed.update(zm.Comparisons(["x"], ["z"], time=[8]))
    np.testing.assert_array_equal(later.rating_at(6), [*timed.rating, np.nan])
    with pytest.raises(InputError, match="time is 3, but these are the games from 5 on"):
        later.rating_at(3)


SEASONS = ([1, 1, 2, 2, 3], ["x", "y", "x", "x", "x"], ["y", "z", "z", "y", "z"])


def seasons(**more: Any) -> zm.Comparisons:
    period, a, b = SEASONS
    return zm.Comparisons(a, b, [1, 0.5, 0, 1, 1], period=period, **more)


def test_resets_hold_at_the_first_game_of_the_period(backend: str) -> None:
    resets = {("x", 2): 1700.0, ("y", 2): 1300.0, ("z", np.int64(1)): 1400}
    fit = zm.elo(seasons(), resets=resets, reversion=0.5, history=True, backend=backend)
    assert fit.before[1, 1] == 1400.0
    assert fit.before[2, 0] == 1700.0
    assert fit.before[2, 1] == pytest.approx(0.5 * fit.after[1, 1] + 750.0)
    assert fit.before[3].tolist() == [fit.after[2, 0], 1300.0]
    # In place of the reversion, which the other season still has.
    assert fit.before[4, 0] == pytest.approx(0.5 * fit.after[3, 0] + 750.0)


def test_reset_of_a_period_that_comes_back(backend: str) -> None:
    games = zm.Comparisons(["x"] * 4, ["y"] * 4, period=["cup", "league", "cup", "cup"])
    fit = zm.elo(games, resets={("x", "cup"): 1600.0}, history=True, backend=backend)
    assert (fit.before[:, 0] == 1600.0).tolist() == [True, False, True, False]
    begun = zm.elo(
        games.select(np.arange(1)), resets={("x", "cup"): 1600.0}, history=True, backend=backend
    )
    rest = games.select(np.arange(1, 4))
    fit_again = begun.update(rest, resets={("x", "cup"): 1600.0}, history=True)
    same_bits(fit_again, fit)


@pytest.mark.parametrize("unit", ["D", "s", "us", "ns"])
def test_resets_at_periods_that_are_dates(unit: str) -> None:
    days = np.array(["2020-01-01", "2021-01-01"], f"datetime64[{unit}]")
    games = zm.Comparisons(["x", "x"], ["y", "z"], [1, 1], period=days)
    wanted = zm.elo(games, initial={"x": 1484.0}).expected[0]
    stamp = pd.Timestamp("2021-01-01")
    for period in (days[1], stamp, stamp.date(), stamp.to_pydatetime(), "2021-01-01"):
        fit = zm.elo(games, resets={("x", period): 1484.0})
        assert fit.expected.tolist() == [0.5, wanted]
    for period in (stamp + pd.Timedelta(hours=1), "2022-01-01", "spring", 2021):
        with pytest.raises(InputError, match="but the data has no period"):
            zm.elo(games, resets={("x", period): 1484.0})


def test_a_time_with_a_zone_is_not_compared_with_times_without() -> None:
    days = pd.to_datetime(["2020-01-01", "2020-02-01"])
    fit = zm.elo(zm.Comparisons(["x", "x"], ["y", "z"], time=days))
    with pytest.raises(InputError, match=r"which does not compare .* it has a time zone"):
        fit.rating_at(pd.Timestamp("2020-01-15", tz="UTC"))


RESETS: dict[str, tuple[Any, str]] = {
    "no game": ({("y", 3): 1500.0}, r"resets names \('y', 3\), but it has no game in that period"),
    "item": ({("w", 1): 1500.0}, r"resets names \('w', 1\), but the data has no item 'w'"),
    "period": ({("x", 9): 1500.0}, r"resets names \('x', 9\), but the data has no period 9"),
    "key": ({"x": 1500.0}, r"resets has the key 'x'; keys must be \(item, period\)"),
    "long key": ({("x", 1, 2): 1.0}, r"resets has the key \('x', 1, 2\); keys must be"),
    "number": ({1: 1500.0}, r"resets has the key 1; keys must be"),
    "two letters": ({"x1": 1500.0}, r"resets has the key 'x1'; keys must be"),
    "value": ({("x", 1): np.nan}, r"resets\[\('x', 1\)\] must be a finite number, but is nan"),
    "text": ({("x", 1): "1500"}, r"resets\[\('x', 1\)\] must be a finite number, but is '1500'"),
    "list": ([("x", 1, 1500)], r"resets must be a dict of \(item, period\) to rating, but is \["),
    "empty list": ([], r"resets must be a dict"),
}


@pytest.mark.parametrize("case", RESETS)
def test_resets_that_mean_nothing(case: str) -> None:
    resets, message = RESETS[case]
    with pytest.raises(InputError, match=message):
        zm.elo(seasons(), resets=resets)


def test_resets_need_a_game_that_counts() -> None:
    with pytest.raises(InputError, match=r"\('x', 3\), but it has no game in that period"):
        zm.elo(seasons(weight=[1, 1, 1, 1, 0]), resets={("x", 3): 1500.0})
    with pytest.raises(InputError, match=r"make Comparisons with period="):
        zm.elo(zm.Comparisons(["x"], ["y"]), resets={("x", 3): 1500.0})
    assert zm.elo(zm.Comparisons(["x"], ["y"]), resets={}).n_items == 2


def test_resets_of_a_period_that_was_begun_earlier() -> None:
    fit = zm.elo(seasons(), reversion=0.5)
    more = zm.Comparisons(["x", "y"], ["w", "w"], period=[3, 3])
    with pytest.raises(InputError, match=r"\('x', 3\), but it played in that period before"):
        fit.update(more, resets={("x", 3): 1500.0})
    later = fit.update(more, resets={("y", 3): 1450.0}, history=True)
    assert later.before[1, 0] == 1450.0


def test_update_brings_in_new_items(backend: str) -> None:
    fit = zm.elo(zm.Comparisons(["m", "n"], ["n", "p"]), initial=1200, backend=backend)
    later = fit.update(zm.Comparisons(["a", "z"], ["n", "a"]), history=True)
    assert later.items.tolist() == ["a", "m", "n", "p", "z"]
    assert later.before[:, 0].tolist() == [1200.0, 1200.0]
    assert later.rating[[1, 3]].tolist() == fit.rating[[0, 2]].tolist()
    assert later.games.tolist() == [2, 1, 3, 1, 1]
    assert (later.n_replayed, fit.n_replayed) == (4, 2)
    other = fit.update(zm.Comparisons(["a", "z"], ["n", "a"]), initial={"z": 900}, history=True)
    assert other.before[:, 0].tolist() == [1500.0, 900.0]
    third = fit.update(zm.Comparisons(["q"], ["n"]), initial=800, history=True)
    assert third.before[0, 0] == 800.0


def timed(*time: Any, items: Any = ("x", "y")) -> zm.Comparisons:
    given = {"time": list(time)} if time else {}
    return zm.Comparisons([items[0]], [items[1]], [1], **given)


UPDATES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], str]] = {
    "earlier": (timed(4), {}, {}, r"time\[0\] is 4, but games up to 5 were replayed already"),
    "text": (timed("4"), {}, {}, r"time\[0\] is '4', which does not compare with"),
    "no time": (timed(), {}, {}, "data has no times, but the games replayed so far have times"),
    "labels": (timed(6, items=(1, 2)), {}, {}, "data has items such as 1, but those replayed"),
    "k": (timed(6), {}, {"k": [3]}, r"k is 32.0 for all comparisons; leave it out"),
    "no k": (timed(6), {"k": [3.0]}, {}, "k of these comparisons is needed"),
    "one k": (timed(6), {"k": [3.0]}, {"k": 3}, "k must be a column of one a comparison"),
    "long k": (timed(6), {"k": [3]}, {"k": [3, 4]}, r"Length of k \(2\) must match"),
    "initial": (timed(6), {}, {"initial": {"x": 1}}, "'x', which has a rating already"),
    "unknown": (timed(6), {}, {"initial": {"w": 1}}, "initial names 'w', which is no item"),
    "history": (timed(6), {}, {"history": 1}, "history must be True or False"),
    "resets": (timed(6), {}, {"resets": {("x", 1): 1}}, "make Comparisons with period="),
    "counts": (timed(6).pair_counts(), {}, {}, "replays games in their order, which PairCounts"),
    "nothing": (None, {}, {}, "data must be Comparisons, but is NoneType"),
    "side": (
        zm.Comparisons(["x"], ["y"], time=[6]),
        {"position_effect": 30},
        {},
        "position_effect needs to know who was first",
    ),
    "season": (
        zm.Comparisons(["x"], ["y"], time=[6], period=["a"]),
        {"reversion": 0.5},
        {},
        "data has periods such as 'a', but those replayed are such as 1",
    ),
    "margin": (timed(6), {"margin": "power"}, {}, r"make Comparisons with margin="),
}


@pytest.mark.parametrize("case", UPDATES)
def test_bad_updates(case: str) -> None:
    data, options, update, message = UPDATES[case]
    begun = zm.Comparisons(["x"], ["y"], [1], time=[5], period=[1], margin=[3])
    fit = zm.elo(begun, **options)
    with pytest.raises(InputError, match=message):
        fit.update(data, **update)


def test_games_without_times_do_not_continue_with_times() -> None:
    with pytest.raises(InputError, match="data has times, but the games replayed so far have none"):
        zm.elo(timed()).update(timed(3))
    days = np.array(["2020-01-02"], "datetime64[D]")
    fit = zm.elo(zm.Comparisons(["x"], ["y"], time=days))
    with pytest.raises(InputError, match="does not compare"):
        fit.update(timed("soon"))
    assert fit.update(zm.Comparisons(["x"], ["y"], time=days)).n_replayed == 2


@pytest.mark.parametrize("kind", ["number", "column", "schedule"])
def test_save_and_load(backend: str, tmp_path: Path, kind: str) -> None:
    history = History(random_games(21, 60, ALL), ALL, kind == "column")
    k: dict[str, Any] = {"number": {"k": 24.5}, "column": {}}.get(kind) or {}
    if kind == "schedule":
        k = {"k": zm.KSchedule([50, 40], {np.int64(1500): 20, 1520: 10}, lasting=True)}
    history.arguments = k | {
        "scale": 350.0,
        "position_effect": 41.0,
        "margin": zm.PowerMargin(0.6),
        "reversion": 1.0 / 3.0,
        "initial": 1480,
    }
    fit = history.fit(backend=backend).rescale(initial=1000.0, anchor=("cy", 1100.0))
    fit.save(tmp_path / "elo.npz")
    loaded = zm.load(tmp_path / "elo.npz")
    same_bits(loaded, fit)
    np.testing.assert_array_equal(loaded.rating, fit.rating)
    np.testing.assert_array_equal(loaded.win_matrix(), fit.win_matrix())
    pd.testing.assert_frame_equal(loaded.to_frame("pandas"), fit.to_frame("pandas"))
    assert repr(loaded) == repr(fit)
    if kind != "column":
        assert loaded.rules == fit.rules
    assert loaded.predict("ann", "bob", position="first") == fit.predict(
        "ann", "bob", position="first"
    )
    again = {"k": [20.0] * 30} if kind == "column" else {}
    games = random_games(22, 30, ALL)
    later = History([replace(game, time=game.time + 99) for game in games], ALL).comparisons()
    same_bits(loaded.update(later, **again), fit.update(later, **again))
    for question in (loaded.log_loss, loaded.brier, loaded.accuracy, loaded.calibration):
        with pytest.raises(InputError, match="which a loaded result does not have"):
            question()
    with pytest.raises(InputError, match="the history needs the games"):
        loaded.history_to_frame()
    loaded.save(tmp_path / "again")
    same_bits(zm.load(tmp_path / "again"), fit)


def test_times_and_periods_in_files(tmp_path: Path) -> None:
    days = np.array(["2020-01-02", "2021-01-02"], "datetime64[s]")
    for time in (["a", "b"], [1.5, 2.5], days, days - days[0]):
        for period in (["a", "b"], [1.5, 2.5], [2020, 2021], days):
            games = zm.Comparisons(["x", "x"], ["y", "y"], time=time, period=period)
            fit = zm.elo(games, reversion=0.5)
            fit.save(tmp_path / "fit")
            last = games.select([1])
            same_bits(zm.load(tmp_path / "fit").update(last), fit.update(last))
    dates = [datetime.date(2020, 1, 2), datetime.date(2020, 1, 3)]
    fit = zm.elo(zm.Comparisons(["x", "x"], ["y", "y"], time=dates))
    with pytest.raises(InputError, match="time holds date, which no file keeps"):
        fit.save(tmp_path / "fit")
    fit = zm.elo(zm.Comparisons(["x"], ["y"]), k=zm.KSchedule(lambda games: 9.0 + games))
    with pytest.raises(InputError, match="by_games is a function, which no file can hold"):
        fit.save(tmp_path / "fit")


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    zm.elo(seasons(), reversion=0.5, margin=None).save(path)
    with np.load(path) as archive:
        good = dict(archive)
    header = json.loads(good["zermelo"].tobytes())

    def load(change: dict[str, Any], meta: dict[str, Any]) -> None:
        told = header | {"meta": header["meta"] | meta}
        arrays = good | change
        arrays["zermelo"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
        np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
        zm.load(path)

    load({}, {})
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"rating": good["rating"][:2]}, {}),
        ({"rating": np.array([1500.0, np.nan, 1500.0])}, {}),
        ({"n_games": np.array([1.0, 2.0, 3.0])}, {}),
        ({"n_games": np.array([1, -2, 3])}, {}),
        ({"last_period": np.array([0, 1, 7], np.int32)}, {}),
        ({"peak": None}, {}),
        ({}, {"k": -3.0}),
        ({}, {"schedule": [None, None, False]}),
        ({}, {"margin": ["cubic", {}]}),
        ({}, {"rules": {}}),
        ({}, {"scale": [1, -2]}),
        ({}, {"initial": "much"}),
    ]
    for change, meta in changes:
        with pytest.raises(InputError, match="is damaged"):
            load(change, meta)


def test_newcomers_begin_at_the_value_for_none(backend: str) -> None:
    first = zm.elo(zm.Comparisons(["x"], ["y"]), k=0, initial={"x": 1700, None: 1200})
    assert first.rating.tolist() == [1700, 1200]
    assert first.update(zm.Comparisons(["z"], ["x"])).rating.tolist() == [1700, 1200, 1200]


def test_notebooks_show_a_table() -> None:
    games = zm.Comparisons(["<x>", "y"], ["y", "z"])
    assert "&lt;x&gt;" in zm.elo(games)._repr_html_()
    assert "deviation" in zm.glicko(games)._repr_html_()


def test_repeats_do_not_change_with_the_stretches(backend: str) -> None:
    """Games are replayed in stretches, which repeats make shorter."""
    counts = [3, 900_000, 0, 1, 200_000]
    a, b = ["x", "y", "z", "x", "y"], ["y", "z", "x", "z", "x"]
    fit = zm.elo(zm.Comparisons(a, b, [1, 0, 1, 0.5, 0], count=counts), k=0.01)
    slow = zm.elo(zm.Comparisons(np.repeat(a, counts), np.repeat(b, counts),
                                 np.repeat([1, 0, 1, 0.5, 0], counts)), k=0.01)  # fmt: skip
    assert fit.rating == pytest.approx(slow.rating, abs=1e-9)
