"""Glicko: ratings with deviations, updated once a rating period."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .._backends import resolve
from ..checks import flag, non_negative, positive
from ..comparisons import Comparisons
from .deviation_result import check_position_effect, default_of
from .glicko_result import (
    DEVIATION,
    INITIAL,
    GlickoResult,
    GlickoRules,
    replay_periods,
    starting_state,
)
from .rating_periods import check_rows_per_period
from .replay import Games
from .scale import RatingScale

# In 100 periods without a game a deviation of 50 grows to 350.
GROWTH = math.sqrt((350.0**2 - 50.0**2) / 100.0)


def glicko(
    data: Comparisons,
    *,
    initial: float | Mapping[Any, float] = INITIAL,
    deviation: float | Mapping[Any, float] = DEVIATION,
    growth: float = GROWTH,
    largest_deviation: float | None = 350.0,
    scale: float = 400.0,
    base: float = 10.0,
    position_effect: float = 0.0,
    rows_per_period: int | None = None,
    history: bool = False,
    backend: str | None = None,
) -> GlickoResult:
    """Replay rating periods with Glickman's ratings and deviations.

    All games of a period are judged by the ratings with which it began, so that their order within
    it does not matter. The less is known of an item, the further its rating moves, and the less it
    moves those of others.

    Parameters
    ----------
    data : Comparisons
        Its `period` says which games belong together, in the order of the rows, or by `time`.
        Without it all games are one period, unless `rows_per_period` is given. A game counts as
        often as its `count` and `weight` say (0 changes nothing); `offset` adds log-odds for `a`.
    initial, deviation : float, or dict of item to float, default 1500 and 350
        Ratings and their deviations, in points, as an item's first period begins; items that a dict
        does not name begin at the default.
    growth : float, default 34.64
        Glickman's c, in points: with every period after an item's first one its deviation RD grows
        to sqrt(RD^2 + growth^2). By default it grows from 50 to 350 in 100 periods.
    largest_deviation : float, optional, default 350
        Deviations grow no further. None: without limit.
    scale, base : float, default 400 and 10
        `scale` points ahead mean odds of `base` to 1.
    position_effect : float, default 0
        Points that being first, or at home, is worth; not on `neutral` rows.
    rows_per_period : int, optional
        So many games, in their order, are a period; 1: every game.
    history : bool, default False
        Keep the ratings and deviations of both items when every game's period began and ended.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    GlickoResult

    Raises
    ------
    InputError
        An argument cannot be used, or a period comes back after another one began: the message
        names it, the row or the item.

    References
    ----------
    Glickman 1999, Appl. Statist. 48:377.

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["x", "x", "x"], ["a", "b", "c"], [1, 0, 0])
    >>> fit = zm.glicko(
    ...     games,
    ...     initial={"x": 1500, "a": 1400, "b": 1550, "c": 1700},
    ...     deviation={"x": 200, "a": 30, "b": 100, "c": 300},
    ... )
    >>> fit
    GlickoResult(4 items, 3 games, 1 period)
    >>> fit.rating[3].round(1).item(), fit.deviation[3].round(1).item()
    (1464.1, 151.4)
    >>> fit.expected.round(3).tolist()
    [0.619, 0.442, 0.319]
    """
    games = Games.of(data, "glicko")
    rules = checked_rules(
        games,
        growth=non_negative("growth", growth),
        largest_deviation=largest_deviation,
        tau=0.0,
        scale=scale,
        base=base,
        position_effect=position_effect,
        rows_per_period=rows_per_period,
    )
    state = starting_state(data.items, rules, initial=initial, deviation=deviation)
    resolve(backend)
    options = {
        "model": "glicko",
        "backend": backend,
        "position_effect": rules.position_effect,
        "initial": default_of(initial, INITIAL),
        "deviation": default_of(deviation, min(DEVIATION, rules.largest_deviation)),
    }
    return replay_periods(GlickoResult, games, rules, state, options, flag("history", history))


def checked_rules(
    games: Games,
    *,
    growth: float,
    largest_deviation: float | None,
    tau: float,
    scale: float,
    base: float,
    position_effect: float,
    rows_per_period: int | None,
) -> GlickoRules:
    on = RatingScale(0.0, scale, base)
    return GlickoRules(
        on.scale,
        on.base,
        growth,
        math.inf if largest_deviation is None else positive("largest_deviation", largest_deviation),
        tau,
        check_position_effect(position_effect, games.data),
        check_rows_per_period(rows_per_period),
    )
