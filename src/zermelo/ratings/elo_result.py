"""The result of an Elo replay: ratings, histories, and how to go on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from ..checks import choice, flag, shortened
from ..comparisons import Comparisons
from ..errors import InputError
from .elo_replicates import EloReplicates
from .elo_rules import EloRules, KSchedule, initial_ratings
from .elo_state import EloState, Replay
from .replay import Games, check_follows
from .replay_result import ReplayResult

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class EloResult(ReplayResult):
    """Elo's ratings after a replay. Made by `elo`.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    rating : ndarray of float64, shape (n_items,)
        In points, after the last game.
    expected : ndarray of float64, shape (m,)
        Expected score of `a` in every row of the data, before it was played.
    before, after : ndarray of float64, shape (m, 2), or None
        Ratings of `a` and `b` before and after every row; with ``history=True``.
    ability : ndarray of float64, shape (n_items,)
        Log-strength: differences of ratings times ln(base) / scale, summing to zero.
    permutations, bootstrap : EloReplicates or None
        Ratings after random orders and samples of the games, where they were asked for.
    n_replayed : int
        Games (rows) so far, those of earlier parts included.
    """

    rules: EloRules = field(kw_only=True)
    replay: Replay | None = field(kw_only=True)
    permutations: EloReplicates | None = field(default=None, kw_only=True)
    bootstrap: EloReplicates | None = field(default=None, kw_only=True)

    def __repr__(self) -> str:
        k = self.rules.k
        shown = f"{k:g}" if isinstance(k, float) else type(k).__name__
        shown = shown if isinstance(k, (float, KSchedule)) else "by comparison"
        return f"EloResult({self.n_items:,} items, {self.n_replayed:,} games, k={shown})"

    @property
    def state(self) -> EloState:
        """Everything the replay knows of the items; another replay finds it where none kept it."""

        def track() -> EloState:
            if self.replay is None:
                raise AssertionError("a loaded result remembers its state")
            return self.replay.tracked(resolve(self.options["backend"]))

        state: EloState = self._remember("state", track)
        return state

    @property
    def games(self) -> NDArray[np.int64]:
        """How many games every item has played, shape (n_items,); repeats count."""
        return self.state.n_games

    @property
    def peak(self) -> Real:
        """The highest rating of every item after a game, or its first one, shape (n_items,)."""
        return self._rescaled(self.state.peak)

    @property
    def peak_game(self) -> NDArray[np.int64]:
        """The number of the game after which each peak was reached, from 0; -1: before any."""
        return self.state.peak_game

    def rating_at(self, time: Any) -> Real:
        """Ratings after all games up to a time.

        Parameters
        ----------
        time : number, str or datetime
            Compares with the `time` of the data; games at this time are included.

        Returns
        -------
        ndarray of float64, shape (n_items,)
            NaN for items that had not played yet.

        Raises
        ------
        InputError
            The games have no time, or none that compares with this one; or the time lies before the
            games that were replayed by an earlier result, which knows.

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x", "x"], ["y", "z"], time=[2020, 2021])
        >>> zm.elo(games).rating_at(2020).tolist()
        [1516.0, 1484.0, nan]
        """
        data = self.require_rows("ratings at a time")
        if data.time is None or self.replay is None:
            raise InputError("the games have no time; make Comparisons with time=")
        before = self.replay.last_time
        try:
            if data.time.dtype.kind == "M" and getattr(time, "tzinfo", None) is not None:
                raise TypeError("it has a time zone, and they have none")
            wanted = np.datetime64(time) if data.time.dtype.kind == "M" else time
            if np.ndim(wanted):
                raise TypeError("it is not a single value")
            if wanted != wanted:
                raise TypeError("it is no time")
            earlier = np.asarray(data.time <= wanted, bool)
            too_early = before is not None and bool(wanted < before)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"time is {shortened(time)}, which does not compare with the data's, such as "
                f"{data.time[0]!r}: {error}"
            ) from error
        if too_early:
            raise InputError(
                f"time is {shortened(time)}, but these are the games from {before} on; ask the "
                "result that was updated"
            )
        engine = resolve(self.options["backend"])
        state = self.replay.until(earlier).tracked(engine)
        return np.where(state.n_games > 0, self._rescaled(state.rating), np.nan)

    def update(
        self,
        data: Comparisons,
        *,
        k: Any = None,
        initial: float | Mapping[Any, float] | None = None,
        resets: Mapping[Any, float] | None = None,
        history: bool = False,
    ) -> EloResult:
        """Go on with later games, by the same rules.

        Replaying a file in parts gives what replaying it at once gives, to the last bit. Ratings
        are in the replay's own points again where this result was rescaled.

        Parameters
        ----------
        data : Comparisons
            Later games; those with a time must not lie before the last one replayed. New items may
            occur.
        k : column of shape (m,), optional
            K of these comparisons, where each has its own.
        initial : float, or dict of item to float, optional
            Where items begin that are new. None: where those begin that have no rating of their
            own in the `initial` of `elo`.
        resets : dict of (item, period) to float, optional
            As in `elo`.
        history : bool, default False
            As in `elo`.

        Returns
        -------
        EloResult
            Of these games; `items`, `rating`, `games` and `peak` are of all of them.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.elo(zm.Comparisons(["x", "y"], ["y", "z"]))
        >>> fit.update(zm.Comparisons(["x", "w"], ["z", "x"]))
        EloResult(4 items, 4 games, k=32)
        """
        games = Games.of(data, "elo")
        history = flag("history", history)
        check_follows(self.last_time, games)
        rules = self.rules
        own_k = not isinstance(rules.k, (float, KSchedule))
        if own_k != (k is not None):
            raise InputError(
                "k of these comparisons is needed, as every one before had its own"
                if own_k
                else f"k is {rules.k!r} for all comparisons; leave it out"
            )
        if own_k:
            rules = rules.with_k(k)
            if isinstance(rules.k, (float, KSchedule)):
                raise InputError(
                    f"k must be a column of one a comparison, as before, but is {shortened(k)}"
                )
        begin = self.options["initial"] if initial is None else initial
        if self.items.dtype != data.items.dtype:
            raise InputError(
                f"data has items such as {data.items.tolist()[0]!r}, but those replayed are such "
                f"as {self.items.tolist()[0]!r}"
            )
        newcomers = initial_ratings(begin, games.data.items)
        if isinstance(initial, Mapping):
            known = set(self.items.tolist())
            for item in initial:
                if item is not None and item in known:
                    raise InputError(f"initial names {item!r}, which has a rating already")
        start, places = self.state.joined(games.data.items, newcomers)
        engine = resolve(self.options["backend"])
        replay = Replay.of(
            games, rules, start, self.n_replayed, resets, engine, places, self.last_time
        )
        return replayed(replay, engine, history, self.options)

    def predict(self, a: Any, b: Any, *, position: str | None = None) -> Any:
        """Expected score of `a` against `b` in a next game.

        Parameters
        ----------
        a, b : label, or sequence of labels
            Sequences are taken pair by pair; a single label meets every one of the other.
        position : {"first", "second"}, optional
            Where `a` stands, or plays: at home is first. None: on neutral ground.

        Returns
        -------
        float or ndarray

        Raises
        ------
        InputError
            An item is not in the result, or there is no position effect.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.elo(zm.Comparisons(["x"], ["y"], [1]), position_effect=50)
        >>> round(fit.predict("x", "y"), 3), round(fit.predict("x", "y", position="first"), 3)
        (0.539, 0.61)
        """
        ahead = 0.0
        if position is not None:
            choice("position", position, ("first", "second"))
            if self.rules.position_effect == 0:
                raise InputError(f"position={position!r}, but the replay has no position_effect")
            ahead = self.rules.position_effect * (1.0 if position == "first" else -1.0)
        score = self.expected_scores(*self._two_places(a, b), ahead)
        return score if score.ndim else float(score)

    def expected_scores(self, first: NDArray[Any], second: NDArray[Any], ahead: Any) -> Real:
        """Of items at these places, the first of which are so many points ahead beside ratings."""
        difference = self.points[first] - self.points[second] + ahead
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-self.rules.log_odds_per_point * difference)))

    def _columns(self) -> dict[str, Any]:
        columns = super()._columns() | {"games": self.games, "peak": self.peak}
        for name in ("permutations", "bootstrap"):
            replicates: EloReplicates | None = getattr(self, name)
            if replicates is not None:
                interval = replicates.interval()
                columns |= {
                    f"{name}_mean": self._rescaled(interval.rating),
                    f"{name}_lower": self._rescaled(interval.lower),
                    f"{name}_upper": self._rescaled(interval.upper),
                }
        return columns

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
        >>> zm.elo(zm.Comparisons(["x", "y"], ["y", "z"])).save(path)
        >>> zm.load(path).update(zm.Comparisons(["x"], ["z"]))
        EloResult(3 items, 3 games, k=32)
        """
        from .saved_elo import write_elo

        write_elo(self, path)


def replayed(
    replay: Replay,
    backend: Backend,
    history: bool,
    options: dict[str, Any],
    **replicates: EloReplicates,
) -> EloResult:
    """The result of replaying games."""
    expected, before, after, state = replay.run(backend, history=history)
    data = replay.games.data
    result = EloResult.from_points(
        state.items,
        state.rating,
        replay.rules.scale,
        replay.rules.base,
        expected=expected,
        source=data,
        before=before if history else None,
        after=after if history else None,
        n_replayed=replay.n_replayed + len(data),
        last_time=replay.games.last_time,
        options=options,
        frame_backend=data.frame_backend,
        rules=replay.rules,
        replay=replay,
        **replicates,
    )
    if replay.looks_at_state:
        result.remember(state=state)
    return result
