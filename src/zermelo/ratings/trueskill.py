"""TrueSkill for games of two, with draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._backends import resolve
from ..checks import finite, flag, non_negative, positive
from ..comparisons import Comparisons
from ..errors import InputError
from .deviation_result import check_position_effect, default_of
from .replay import Games
from .trueskill_result import (
    DEVIATION,
    INITIAL,
    TrueSkillResult,
    TrueSkillRules,
    replay_games,
    starting_skills,
)


def trueskill(
    data: Comparisons,
    *,
    initial: float | Mapping[Any, float] = INITIAL,
    deviation: float | Mapping[Any, float] = DEVIATION,
    beta: float = 25.0 / 6.0,
    tau: float = 25.0 / 300.0,
    draw_probability: float = 0.10,
    position_effect: float = 0.0,
    history: bool = False,
    backend: str | None = None,
) -> TrueSkillResult:
    """Replay games of two in their order with TrueSkill.

    A skill is a normal distribution. In a game both perform with the deviation `beta` around their
    skills; who performs better by more than a margin wins, otherwise it is a draw. After the game
    the skills are what is then known of them, taken as normal again.

    Parameters
    ----------
    data : Comparisons
        With `time`, sorted by it. `count` repeats a game on the spot; a `weight` of 0 leaves it out
        (others than 0 and 1 are refused, as are scores other than 1, 0.5 and 0).
    initial, deviation : float, or dict of item to float, default 25 and 25/3
        Mean mu and standard deviation sigma of skills before the first game; items that a dict does
        not name begin at the default.
    beta : float, default 25/6
        Deviation of a performance: at sqrt(2) times as much ahead, and no draws, an item whose
        skill is known wins 84% of its games.
    tau : float, default 25/300
        Skills change: before each game their variances grow by tau^2.
    draw_probability : float, default 0.1
        How often items of equal skill draw, in [0, 1). 0: never, and ties are refused.
    position_effect : float, default 0
        Points that being first, or at home, is worth; not on `neutral` rows.
    history : bool, default False
        Keep the ratings and deviations of both items before and after every game.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    TrueSkillResult

    Raises
    ------
    InputError
        An argument cannot be used: the message names it, the row or the item.

    Notes
    -----
    What is expected of a game, and `predict`, include the growth by tau before it.

    References
    ----------
    Herbrich, Minka and Graepel 2006, TrueSkill: A Bayesian Skill Rating System, NIPS.

    Examples
    --------
    >>> import zermelo as zm
    >>> fit = zm.trueskill(zm.Comparisons(["x"], ["y"], [1]))
    >>> fit
    TrueSkillResult(2 items, 1 games)
    >>> fit.rating.round(3).tolist(), fit.deviation.round(3).tolist()
    ([29.396, 20.604], [7.171, 7.171])
    >>> round(fit.predict("x", "y"), 3)
    0.773
    """
    games = Games.of(data, "trueskill")
    drawn = finite("draw_probability", draw_probability, rule := "at least 0 and less than 1")
    if not 0 <= drawn < 1:
        raise InputError(f"draw_probability must be {rule}, but is {draw_probability!r}")
    rules = TrueSkillRules(
        positive("beta", beta),
        non_negative("tau", tau),
        drawn,
        check_position_effect(position_effect, data),
    )
    rating, sigma = starting_skills(data.items, initial, deviation)
    resolve(backend)
    options = {
        "backend": backend,
        "position_effect": rules.position_effect,
        "initial": default_of(initial, INITIAL),
        "deviation": default_of(deviation, DEVIATION),
    }
    history = flag("history", history)
    return replay_games(games, rules, data.items, rating, sigma, options, history)
