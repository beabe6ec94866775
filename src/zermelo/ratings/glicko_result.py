"""The results of Glicko and Glicko-2, and how they go on with later periods."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from ..checks import finite, flag, non_negative, positive
from ..columns import Array
from ..comparisons import Comparisons
from ..errors import InputError
from ..labels import merge_items
from .deviation_result import (
    DeviationResult,
    check_bounded,
    check_newcomers,
    check_position_effect,
    starting,
)
from .rating_periods import check_number, read_periods
from .replay import Games, check_follows, importance_of
from .scale import RatingScale

Real = NDArray[np.float64]
Long = NDArray[np.int64]


@dataclass(frozen=True)
class GlickoRules:
    """What is the same for all items and periods."""

    scale: float
    base: float
    growth: float
    largest_deviation: float  # may be infinite
    tau: float
    position_effect: float
    rows_per_period: int | None

    @property
    def log_odds_per_point(self) -> float:
        return 1.0 / RatingScale(0.0, self.scale, self.base).points

    def check_deviation(self, argument: str, value: Any) -> float:
        number = non_negative(argument, value)
        if number > self.largest_deviation:
            raise InputError(
                f"{argument} must be at most largest_deviation, which is "
                f"{self.largest_deviation:g}, but is {value!r}"
            )
        return number


@dataclass(frozen=True, eq=False)
class GlickoState:
    """Where every item stood after its last period; deviations have grown since.

    `last_period` is -1 before an item's first game; `volatility` is empty for Glicko.
    """

    items: Array
    rating: Real
    deviation: Real
    volatility: Real
    last_period: Long
    n_periods: int
    periods: Array | None  # labels of all periods so far, where they have some

    def joined(self, newcomers: GlickoState) -> tuple[GlickoState, NDArray[np.int32]]:
        """This state with the items that are new among `newcomers`, and the places of theirs."""
        union, (ours, theirs) = merge_items(self.items, newcomers.items)
        columns: dict[str, Any] = {}
        for name in STATE_ARRAYS:
            own, other = getattr(self, name), getattr(newcomers, name)
            column = np.empty(len(union) if len(own) else 0, own.dtype)
            if len(own):
                column[theirs] = other
                column[ours] = own
            columns[name] = column
        return replace(self, items=union, **columns), theirs

    def deviations_now(self, rules: GlickoRules) -> Real:
        """Deviations as they have grown until the end of the last period."""
        idle = (self.n_periods - 1 - self.last_period).astype(np.float64)
        growth = np.asarray(rules.growth)
        if len(self.volatility):
            growth = self.volatility / rules.log_odds_per_point
        grown = np.sqrt(self.deviation * self.deviation + growth * growth * idle)
        grown = np.minimum(grown, rules.largest_deviation)
        return np.where((self.last_period < 0) | (idle == 0), self.deviation, grown)


STATE_ARRAYS = ("rating", "deviation", "volatility", "last_period")


@dataclass(frozen=True, eq=False, repr=False)
class GlickoResult(DeviationResult):
    """Glicko's ratings after rating periods. Made by `glicko`.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    rating, deviation : ndarray of float64, shape (n_items,)
        In points, at the end of the last period.
    expected : ndarray of float64, shape (m,)
        Expected score of `a` in every row of the data, as its period began, in view of both
        deviations.
    before, after, deviation_before, deviation_after : ndarray of float64, shape (m, 2), or None
        Of `a` and `b` when the row's period began and ended; with ``history=True``.
    ability : ndarray of float64, shape (n_items,)
        Log-strength: differences of ratings times ln(base) / scale, summing to zero.
    n_periods, n_replayed : int
        Periods and games (rows) so far, those of earlier parts included.
    """

    rules: GlickoRules = field(kw_only=True)
    state: GlickoState = field(kw_only=True)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.n_items:,} items, {self.n_replayed:,} games, "
            f"{self.n_periods:,} period{'' if self.n_periods == 1 else 's'})"
        )

    @property
    def n_periods(self) -> int:
        """How many rating periods were played."""
        return self.state.n_periods

    def _expected_at(self, first: NDArray[Any], second: NDArray[Any], ahead: float) -> Real:
        slope, points, deviation = self.rules.log_odds_per_point, self.points, self.own_deviation
        variance = slope * slope * (deviation[first] ** 2 + deviation[second] ** 2)
        g = 1.0 / np.sqrt(1.0 + 3.0 / math.pi**2 * variance)
        with np.errstate(over="ignore"):
            odds_against = np.exp(-g * slope * (points[first] - points[second] + ahead))
        return np.asarray(1.0 / (1.0 + odds_against))

    def update(
        self,
        data: Comparisons,
        *,
        initial: float | Mapping[Any, float] | None = None,
        deviation: float | Mapping[Any, float] | None = None,
        history: bool = False,
    ) -> GlickoResult:
        """Go on with later rating periods, by the same rules.

        The last period has ended: the games of `data` are in others. Replaying parts, cut where
        periods end, gives what replaying all at once gives, to the last bit.

        Parameters
        ----------
        data : Comparisons
            Later games; those with a time must not lie before the last one replayed. New items may
            occur.
        initial, deviation : float, or dict of item to float, optional
            Of items that are new. None: as told at first, the defaults where that was a dict.
        history : bool, default False
            Keep the ratings and deviations of both items of every game.

        Returns
        -------
        GlickoResult
            Of these games; `items`, `rating` and `games` are of all of them.

        Raises
        ------
        InputError
            A period was replayed already, or an argument cannot be used.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.glicko(zm.Comparisons(["x", "y"], ["y", "z"]))
        >>> fit.update(zm.Comparisons(["x", "w"], ["z", "x"]))
        GlickoResult(4 items, 4 games, 2 periods)
        """
        return self._continued(data, history, initial=initial, deviation=deviation)

    def _continued(self, data: Comparisons, history: bool, **given: Any) -> GlickoResult:
        games = Games.of(data, self.options["model"])
        history = flag("history", history)
        check_follows(self.last_time, games)
        if (self.state.periods is None) != (data.period is None):
            here, there = ("no periods", "some") if data.period is None else ("periods", "none")
            raise InputError(f"data has {here}, but the games replayed so far have {there}")
        check_newcomers(self.items, data, **given)
        given = {
            name: self.options[name] if values is None else values for name, values in given.items()
        }
        newcomers = starting_state(data.items, self.rules, **given)
        state, places = self.state.joined(newcomers)
        games_before = np.zeros(len(state.items), np.int64)
        games_before[merge_items(state.items, self.items)[1][1]] = self.games
        return replay_periods(
            type(self), games, self.rules, state, self.options, history, places=places,
            n_replayed=self.n_replayed, games_before=games_before,
        )  # fmt: skip

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the ratings and what is needed to go on to a file; `zermelo.load` reads it.

        The games, their expected scores and histories are not in it.

        Parameters
        ----------
        path : path-like

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import zermelo as zm
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "ratings.npz"
        >>> zm.glicko(zm.Comparisons(["x", "y"], ["y", "z"])).save(path)
        >>> zm.load(path).update(zm.Comparisons(["x"], ["z"]))
        GlickoResult(3 items, 3 games, 2 periods)
        """
        from .saved_glicko import write_glicko

        write_glicko(self, path)


@dataclass(frozen=True, eq=False, repr=False)
class Glicko2Result(GlickoResult):
    """Glicko-2's ratings after rating periods. Made by `glicko2`.

    Attributes are those of `GlickoResult`, and `volatility`.
    """

    @property
    def volatility(self) -> Real:
        """How erratic each item's results are, in log-odds a period, shape (n_items,)."""
        return self.state.volatility

    def _columns(self) -> dict[str, Any]:
        return super()._columns() | {"volatility": self.volatility}

    def update(
        self,
        data: Comparisons,
        *,
        initial: float | Mapping[Any, float] | None = None,
        deviation: float | Mapping[Any, float] | None = None,
        volatility: float | Mapping[Any, float] | None = None,
        history: bool = False,
    ) -> GlickoResult:
        """Go on with later rating periods, by the same rules: see `GlickoResult.update`.

        Parameters
        ----------
        data, initial, deviation, history
            As there.
        volatility : float, or dict of item to float, optional
            Of items that are new. None: as for the others.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.glicko2(zm.Comparisons(["x", "y"], ["y", "z"]))
        >>> fit.update(zm.Comparisons(["x", "w"], ["z", "x"]))
        Glicko2Result(4 items, 4 games, 2 periods)
        """
        return self._continued(
            data, history, initial=initial, deviation=deviation, volatility=volatility
        )


# Where items begin that nothing else is said of.
INITIAL, DEVIATION, VOLATILITY = 1500.0, 350.0, 0.06


def starting_state(
    items: Array, rules: GlickoRules, *, initial: Any, deviation: Any, volatility: Any = None
) -> GlickoState:
    """The items before their first game; no volatility is Glicko."""
    unsure = min(DEVIATION, rules.largest_deviation)
    volatilities = np.empty(0)
    if volatility is not None:
        volatilities = starting("volatility", volatility, items, VOLATILITY, positive)
    return GlickoState(
        items,
        starting("initial", initial, items, INITIAL, finite),
        starting("deviation", deviation, items, unsure, rules.check_deviation),
        volatilities,
        np.full(len(items), -1, np.int64),
        0,
        None,
    )


def replay_periods(
    kind: type[GlickoResult],
    games: Games,
    rules: GlickoRules,
    start: GlickoState,
    options: dict[str, Any],
    history: bool,
    *,
    places: NDArray[np.int32] | None = None,
    n_replayed: int = 0,
    games_before: Long | None = None,
) -> GlickoResult:
    """`places` are those of the data's items in the state; None: they are the state's own."""
    data = games.data
    check_position_effect(rules.position_effect, data)
    period_begin, periods = read_periods(games, rules.rows_per_period, start.periods)
    n_periods = start.n_periods + len(period_begin) - 1
    check_number(n_periods)
    first, second = (side if places is None else places[side] for side in (data.a, data.b))
    counted = data.count is not None or data.weight is not None
    engine: Backend = resolve(options["backend"])
    rating, deviation, volatility, last_period, expected, noted = engine.glicko_replay(
        games.column(first, np.int32),
        games.column(second, np.int32),
        games.column(data.outcome, np.uint8),
        games.column(data.score, np.float64),
        games.column(importance_of(data) if counted else None, np.float64),
        games.column(data.neutral if rules.position_effect else None, np.uint8),
        games.column(data.offset, np.float64),
        period_begin,
        rules.log_odds_per_point,
        rules.position_effect,
        rules.growth,
        rules.largest_deviation,
        rules.tau,
        start.n_periods,
        start.rating,
        start.deviation,
        start.volatility,
        start.last_period,
        history,
    )
    check_bounded(start.items, rating, deviation, volatility)
    state = GlickoState(start.items, rating, deviation, volatility, last_period, n_periods, periods)
    names = ("before", "after", "deviation_before", "deviation_after")
    past = {name: games.by_row(values) for name, values in zip(names, noted or (), strict=False)}
    if games_before is None:
        games_before = np.zeros(len(start.items), np.int64)
    return kind.from_points(
        state.items,
        rating,
        rules.scale,
        rules.base,
        expected=games.by_row(expected),
        source=data,
        n_replayed=n_replayed + len(data),
        last_time=games.last_time,
        options=options,
        frame_backend=data.frame_backend,
        own_deviation=state.deviations_now(rules),
        games_before=games_before,
        rules=rules,
        state=state,
        **past,
    )
