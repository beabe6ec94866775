"""Glicko-2: Glicko with a volatility for every item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._backends import resolve
from ..checks import flag, non_negative
from ..comparisons import Comparisons
from .deviation_result import default_of
from .glicko import checked_rules
from .glicko_result import (
    DEVIATION,
    INITIAL,
    VOLATILITY,
    Glicko2Result,
    GlickoResult,
    replay_periods,
    starting_state,
)
from .replay import Games


def glicko2(
    data: Comparisons,
    *,
    initial: float | Mapping[Any, float] = INITIAL,
    deviation: float | Mapping[Any, float] = DEVIATION,
    volatility: float | Mapping[Any, float] = VOLATILITY,
    tau: float = 0.5,
    largest_deviation: float | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    position_effect: float = 0.0,
    rows_per_period: int | None = None,
    history: bool = False,
    backend: str | None = None,
) -> GlickoResult:
    """Replay rating periods with Glickman's ratings, deviations and volatilities.

    As in `glicko`, but how fast a deviation grows is the item's own volatility, which its results
    change: it rises where they surprise more often than its deviation tells.

    Parameters
    ----------
    data : Comparisons
        As in `glicko`.
    initial, deviation : float, or dict of item to float, default 1500 and 350
        As in `glicko`.
    volatility : float, or dict of item to float, default 0.06
        In log-odds a period, as in Glickman's paper: a deviation phi on that scale grows in a
        period to sqrt(phi^2 + volatility^2).
    tau : float, default 0.5
        How much volatilities change from period to period; Glickman advises 0.3 to 1.2. 0: they
        stay.
    largest_deviation : float, optional
        Deviations, in points, grow no further. None: without limit, as in the paper.
    scale, base, position_effect, rows_per_period, history, backend
        As in `glicko`.

    Returns
    -------
    Glicko2Result

    Raises
    ------
    InputError
        As in `glicko`.

    Notes
    -----
    The volatility is found to 13 digits; the paper's iteration stops at 1e-6 of its logarithm.

    References
    ----------
    Glickman 2001, J. Appl. Statist. 28:673. Glickman 2013, Example of the Glicko-2 system
    (the iteration).

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["x", "x", "x"], ["a", "b", "c"], [1, 0, 0])
    >>> fit = zm.glicko2(
    ...     games,
    ...     initial={"x": 1500, "a": 1400, "b": 1550, "c": 1700},
    ...     deviation={"x": 200, "a": 30, "b": 100, "c": 300},
    ... )
    >>> fit.rating[3].round(2).item(), fit.deviation[3].round(2).item()
    (1464.05, 151.52)
    >>> fit.volatility[3].round(5).item()
    0.06
    """
    games = Games.of(data, "glicko2")
    rules = checked_rules(
        games,
        growth=0.0,
        largest_deviation=largest_deviation,
        tau=non_negative("tau", tau),
        scale=scale,
        base=base,
        position_effect=position_effect,
        rows_per_period=rows_per_period,
    )
    state = starting_state(
        data.items, rules, initial=initial, deviation=deviation, volatility=volatility
    )
    resolve(backend)
    options = {
        "model": "glicko2",
        "backend": backend,
        "position_effect": rules.position_effect,
        "initial": default_of(initial, INITIAL),
        "deviation": default_of(deviation, min(DEVIATION, rules.largest_deviation)),
        "volatility": default_of(volatility, VOLATILITY),
    }
    return replay_periods(Glicko2Result, games, rules, state, options, flag("history", history))
