"""Elo's ratings: histories replayed game by game."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import flag, whole
from ..comparisons import Comparisons
from .elo_replicates import number_of_replicates, replicated
from .elo_result import EloResult, replayed
from .elo_rules import INITIAL, EloRules, KSchedule, Margin, initial_ratings, rating_of_others
from .elo_state import EloState, Replay
from .replay import Games


def elo(
    data: Comparisons,
    *,
    k: float | Any | KSchedule = 32.0,
    initial: float | Mapping[Any, float] = INITIAL,
    scale: float = 400.0,
    base: float = 10.0,
    position_effect: float = 0.0,
    margin: Margin | None = None,
    reversion: float = 0.0,
    reversion_to: float | None = None,
    resets: Mapping[Any, float] | None = None,
    history: bool = False,
    permutations: int | None = None,
    bootstrap: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    backend: str | None = None,
) -> EloResult:
    """Replay games in their order with Elo's ratings.

    Before a game `a` is expected to score E = 1 / (1 + base^(-D / scale)), D being how many points
    it is ahead of `b`; afterwards its rating moves by k (S - E), S being its score, and that of `b`
    by as much the other way. Games are played in the order of the rows, or by their `time` where
    the data has one (equal times as they stand). The ratings depend on that order: `permutations`
    shows how much. For ratings that do not, see `bradley_terry`.

    Parameters
    ----------
    data : Comparisons
        With `time`, sorted by it. `count` repeats a game on the spot; `weight` multiplies its shift
        (0 changes nothing, 2 is twice the shift); `offset` adds log-odds for `a`.
    k : float, column of shape (m,) or KSchedule, default 32
        Points a surprise of one whole score shifts; one for all, one a comparison, or by games
        played and rating.
    initial : float, or dict of item to float, default 1500
        Ratings before the first game; items that a dict does not name begin at its value for None,
        or at 1500 where it has none.
    scale, base : float, default 400 and 10
        `scale` points ahead mean odds of `base` to 1.
    position_effect : float, default 0
        Points that being first, or at home, is worth; not on `neutral` rows.
    margin : PowerMargin, LogMargin, "power" or "log", optional
        How the margins of the data make shifts larger. None: they do not.
    reversion : float, default 0
        The share of its way back to `reversion_to` that an item goes at its first game of another
        `period` than its last game's (a season, say).
    reversion_to : float, optional
        None: `initial`, or where that is a dict, where items begin that it does not name.
    resets : dict of (item, period) to float, optional
        Ratings set by hand at the item's first game of that period, in place of the reversion; once
        more where it comes back to the period after one of another.
    history : bool, default False
        Keep the ratings of both items before and after every game.
    permutations : int, optional
        Also replay the games in so many random orders: `EloResult.permutations` has the mean rating
        and intervals. Replays on all cores.
    bootstrap : int, optional
        Also replay so many samples of the games, drawn with replacement, in the order in which they
        are drawn: `EloResult.bootstrap`.
    seed : int, default 0
        Of `permutations` and `bootstrap`; replicate r is the same whatever their number.
    threads : int, optional
        Threads for replicates; None: what the machine allows. Results do not depend on it.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    EloResult

    Raises
    ------
    InputError
        An argument cannot be used: the message names it, the row or the item.

    References
    ----------
    Elo 1978, The Rating of Chessplayers, Past and Present. FiveThirtyEight 2014 and 2015 (margins,
    reversion, advantage at home): ``zm.presets``.

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["x", "x", "y"], ["y", "z", "z"], [1, 0.5, 0])
    >>> fit = zm.elo(games, k=20)
    >>> fit
    EloResult(3 items, 3 games, k=20)
    >>> fit.rating.round(2).tolist()
    [1509.71, 1480.3, 1509.99]
    >>> fit.expected.round(3).tolist()
    [0.5, 0.514, 0.485]
    """
    games = Games.of(data, "elo")
    start = initial_ratings(initial, games.data.items)
    if reversion_to is None:
        reversion_to = rating_of_others(initial)
    rules = EloRules.checked(
        k=k,
        scale=scale,
        base=base,
        position_effect=position_effect,
        margin=margin,
        reversion=reversion,
        reversion_to=reversion_to,
    )
    wanted = {
        name: number_of_replicates(name, number)
        for name, number in (("permutations", permutations), ("bootstrap", bootstrap))
        if number is not None
    }
    history = flag("history", history)
    seed = whole("seed", seed, 0, "a whole number of at least 0")
    resolve_threads(threads, 0)  # checks it, also where nothing uses it
    engine = resolve(backend)
    state = EloState.fresh(games.data.items, start)
    replay = Replay.of(games, rules, state, 0, resets, engine)
    replicates = {
        name: replicated(replay, engine, number, seed, name == "bootstrap", threads)
        for name, number in wanted.items()
    }
    options = {"initial": rating_of_others(initial), "backend": backend}
    return replayed(replay, engine, history, options, **replicates)
