"""Random Elo histories with any of the options, for the fast code and for the oracle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import reference
from hypothesis import strategies as st
from numpy.typing import NDArray
from reference import Game

import zermelo as zm

ITEMS = ["ann", "bob", "cy", "dee", "eve"]
# With so many, games in a row often share none and are played at once.
CROWD = [*ITEMS, *(f"guest {number:02d}" for number in range(55))]
# Each of these columns is there or not; without it every game has the default.
COLUMNS = ("count", "weight", "neutral", "offset", "margin", "period", "time")
BANDS = {1450.0: 30.0, 1500.0: 20.0, 1530.0: 11.0}
SCHEDULES: dict[str, tuple[Any, Any, bool]] = {
    "games": ([60.0, 40.0, 25.0], None, False),
    "games, then rating": ([60.0, 40.0], BANDS, False),
    "highest rating": (None, BANDS, True),
    "function": (lambda games: 250.0 / (games + 5.0) ** 0.4, None, False),
}
MARGINS: dict[str, tuple[Any, Any]] = {
    "power": ("power", reference.power_divided()),
    "log": ("log", reference.log_divided()),
    "own power": (
        zm.PowerMargin(exponent=0.5, added=1.0, intercept=3.0, slope=0.0),
        reference.power_divided(0.5, 1.0, 3.0, 0.0),
    ),
    "own log": (
        zm.LogMargin(intercept=3.0, slope=0.002, tie_divisor=2.5),
        reference.log_divided(3.0, 0.002, 2.5),
    ),
}


@dataclass
class History:
    """Games, the columns that are told of them, and the arguments of both sides."""

    games: list[Game]
    columns: frozenset[str] = frozenset()
    by_game: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    oracle: dict[str, Any] = field(default_factory=dict)

    def column(self, name: str, rows: slice = slice(None)) -> list[Any]:
        return [getattr(game, name) for game in self.games[rows]]

    def comparisons(self, rows: slice = slice(None)) -> zm.Comparisons:
        told = {name: self.column(name, rows) for name in COLUMNS if name in self.columns}
        return zm.Comparisons(*(self.column(name, rows) for name in ("a", "b", "score")), **told)

    def fit(self, **more: Any) -> Any:
        given = {"k": self.column("k")} if self.by_game else {}
        return zm.elo(self.comparisons(), **given, **(self.arguments | more))

    def expect(self) -> tuple[Any, ...]:
        return reference.elo(self.games, **self.oracle)


def random_games(seed: int, m: int, columns: Any = COLUMNS, n: int = len(ITEMS)) -> list[Game]:
    random = np.random.default_rng(seed)

    def choose(name: str, values: Any, default: Any) -> list[Any]:
        drawn = random.choice(values, m).tolist()
        return drawn if name in columns else [default] * m

    a = random.integers(0, n, m)
    b = (a + random.integers(1, n, m)) % n
    score = random.choice([0.0, 1.0, 0.5, 0.3], m, p=[0.4, 0.4, 0.15, 0.05]).tolist()
    time = choose("time", np.arange(m // 2 + 1), 0)
    season = random.integers(1, 4, m)
    rows = zip(
        [CROWD[i] for i in a],
        [CROWD[i] for i in b],
        score,
        choose("count", [0, 1, 1, 3], 1),
        choose("weight", [0.0, 1.0, 1.0, 2.5], 1.0),
        choose("k", [0.0, 10.0, 32.0, 45.5], 32.0),
        choose("neutral", [False, True], False),
        choose("offset", [-0.5, 0.0, 0.75], 0.0),
        choose("margin", [-7.0, 0.0, 0.5, 1.0, 12.0, 30.0], 0.0),
        # Seasons in order, but for some games that were made up for later.
        np.where(random.random(m) < 0.9, np.sort(season), season).tolist()
        if "period" in columns
        else [None] * m,
        time,
        strict=True,
    )
    return [Game(*row) for row in rows]


@st.composite
def histories(draw: Any, most: int = 30) -> History:
    """Anything that `zm.elo` can be told, in any combination."""
    columns = draw(st.frozensets(st.sampled_from(COLUMNS)))
    kind = draw(st.sampled_from(["number", "column", *SCHEDULES]))
    told = columns | ({"k"} if kind == "column" else set())
    seed, m = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, most))
    games = random_games(seed, m, told, draw(st.sampled_from([len(ITEMS), len(CROWD)])))
    scale, base = draw(st.sampled_from([(400.0, 10.0), (173.7, 2.718281828459045), (200.0, 2.0)]))
    effect = draw(st.sampled_from([0.0, 65.0, -20.0]))
    arguments: dict[str, Any] = {"scale": scale, "base": base, "position_effect": effect}
    oracle = arguments.copy()
    if kind == "number":
        k = draw(st.sampled_from([0.0, 4.0, 20.0, 40.0]))
        arguments["k"] = k
        for game in games:
            game.k = k
    elif kind in SCHEDULES:
        arguments["k"] = zm.KSchedule(*SCHEDULES[kind])
        oracle["schedule"] = reference.scheduled(*SCHEDULES[kind])
    occurring = sorted({item for game in games for item in (game.a, game.b)})
    oracle["reversion_to"] = 1500.0
    how = draw(st.sampled_from(["default", "number", "by item"]))
    if how == "number":
        arguments["initial"] = 1480.0
        oracle["initial"] = dict.fromkeys(occurring, 1480.0)
        oracle["reversion_to"] = 1480.0
    elif how == "by item":
        some = occurring[:: draw(st.integers(1, 2))]
        given = {item: 1400.0 + 40.0 * (place % 5) for place, item in enumerate(some)}
        arguments["initial"] = oracle["initial"] = given
    if "margin" in columns and draw(st.booleans()):
        arguments["margin"], oracle["multiplier"] = MARGINS[draw(st.sampled_from([*MARGINS]))]
    if "period" in columns:
        if draw(st.booleans()):
            arguments["reversion"] = oracle["reversion"] = draw(st.sampled_from([0.25, 1.0]))
            if draw(st.booleans()):
                arguments["reversion_to"] = oracle["reversion_to"] = 1505.0
        possible = sorted(
            {
                (item, game.period)
                for game in games
                for item in (game.a, game.b)
                if game.count and game.weight
            }
        )
        if possible and draw(st.booleans()):
            chosen = draw(st.lists(st.sampled_from(possible), unique=True, min_size=1, max_size=3))
            resets = {name: 1390.0 + 50.0 * place for place, name in enumerate(chosen)}
            arguments["resets"] = oracle["resets"] = resets
    return History(games, columns, kind == "column", arguments, oracle)


def rating_of(players: Any, items: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([players[item].rating for item in items.tolist()])


def same_bits(one: Any, other: Any) -> None:
    """That two results know the same of every item, to the last bit."""
    assert one.items.tolist() == other.items.tolist()
    for name in ("points", "games", "peak", "peak_game"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert one.n_replayed == other.n_replayed
