"""The result of a TrueSkill replay, and how it goes on with later games."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from ..checks import finite, flag, non_negative
from ..columns import Array
from ..comparisons import Comparisons
from ..errors import InputError
from ..labels import merge_items
from ..outcomes import FRACTIONAL, TIE
from .deviation_result import (
    DeviationResult,
    Position,
    check_bounded,
    check_newcomers,
    check_position_effect,
    starting,
)
from .replay import Games, check_follows

Real = NDArray[np.float64]
Long = NDArray[np.int64]

# Where items begin that nothing else is said of.
INITIAL, DEVIATION = 25.0, 25.0 / 3.0
# The logistic distribution with 1.702 times the argument is the closest to the normal one.
LOGISTIC = 1.702


@dataclass(frozen=True)
class TrueSkillRules:
    """What is the same for all items and games."""

    beta: float
    tau: float
    draw_probability: float
    position_effect: float

    @property
    def draw_margin(self) -> float:
        """The difference of two performances below which a game is drawn."""
        from scipy.special import ndtri

        return float(ndtri(0.5 + 0.5 * self.draw_probability)) * math.sqrt(2.0) * self.beta

    @property
    def points(self) -> float:
        """Points in one unit of ability."""
        return math.sqrt(2.0) * self.beta / LOGISTIC


@dataclass(frozen=True, eq=False, repr=False)
class TrueSkillResult(DeviationResult):
    """TrueSkill's ratings after a replay. Made by `trueskill`.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    rating, deviation : ndarray of float64, shape (n_items,)
        Mean and standard deviation of what is known of each skill, mu and sigma, after the last
        game.
    expected : ndarray of float64, shape (m,)
        Expected score of `a` in every row of the data, before it was played: the probability of a
        win plus half that of a draw.
    before, after, deviation_before, deviation_after : ndarray of float64, shape (m, 2), or None
        Of `a` and `b` before and after every row; with ``history=True``.
    ability : ndarray of float64, shape (n_items,)
        Log-strength, summing to zero: differences of ratings times 1.702 / (sqrt(2) beta), at which
        the logistic curve is closest to the normal one that TrueSkill assumes.
    n_replayed : int
        Games (rows) so far, those of earlier parts included.
    """

    rules: TrueSkillRules = field(kw_only=True)

    def __repr__(self) -> str:
        return f"TrueSkillResult({self.n_items:,} items, {self.n_replayed:,} games)"

    @property
    def conservative(self) -> Real:
        """Rating less three deviations: what the skill very likely exceeds, shape (n_items,)."""
        return self.rating - 3.0 * self.deviation

    def _columns(self) -> dict[str, Any]:
        return super()._columns() | {"conservative": self.conservative}

    def _standardised(
        self, first: NDArray[Any], second: NDArray[Any], ahead: float
    ) -> tuple[Real, Real]:
        """How far the first is ahead, and the draw margin, in deviations of the performances."""
        rules, deviation = self.rules, self.own_deviation
        drift = 2.0 * rules.tau**2
        variance = 2.0 * rules.beta**2 + drift + deviation[first] ** 2 + deviation[second] ** 2
        c = np.sqrt(variance)
        return (self.points[first] - self.points[second] + ahead) / c, rules.draw_margin / c

    def _expected_at(self, first: NDArray[Any], second: NDArray[Any], ahead: float) -> Real:
        from scipy.special import ndtr

        t, margin = self._standardised(first, second, ahead)
        return np.asarray(0.5 * (ndtr(t - margin) + ndtr(t + margin)))

    def outcome_probabilities(self, a: Any, b: Any, *, position: Position | None = None) -> Real:
        """Probabilities that `a` wins against `b`, draws and loses.

        Parameters
        ----------
        a, b, position
            As in `predict`.

        Returns
        -------
        ndarray of float64, shape (..., 3)

        Raises
        ------
        InputError
            As in `predict`.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.trueskill(zm.Comparisons(["x"], ["y"], [1]))
        >>> fit.outcome_probabilities("x", "y").round(3).tolist()
        [0.754, 0.038, 0.208]
        """
        from scipy.special import ndtr

        t, margin = self._standardised(*self._two_places(a, b), self._ahead(position))
        win, loss = ndtr(t - margin), ndtr(-t - margin)
        # Differences of the tails on the side where they are small keep their digits.
        near, far = margin - np.abs(t), -margin - np.abs(t)
        return np.stack([win, ndtr(near) - ndtr(far), loss], axis=-1)

    def update(
        self,
        data: Comparisons,
        *,
        initial: float | Mapping[Any, float] | None = None,
        deviation: float | Mapping[Any, float] | None = None,
        history: bool = False,
    ) -> TrueSkillResult:
        """Go on with later games, by the same rules.

        Replaying a file in parts gives what replaying it at once gives, to the last bit.

        Parameters
        ----------
        data : Comparisons
            Later games; those with a time must not lie before the last one replayed. New items may
            occur.
        initial, deviation : float, or dict of item to float, optional
            Of items that are new. None: as told at first, the defaults where that was a dict.
        history : bool, default False
            Keep the ratings and deviations of both items before and after every game.

        Returns
        -------
        TrueSkillResult
            Of these games; `items`, `rating` and `games` are of all of them.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.trueskill(zm.Comparisons(["x", "y"], ["y", "z"]))
        >>> fit.update(zm.Comparisons(["x", "w"], ["z", "x"]))
        TrueSkillResult(4 items, 4 games)
        """
        games = Games.of(data, "trueskill")
        history = flag("history", history)
        check_follows(self.last_time, games)
        check_newcomers(self.items, data, initial=initial, deviation=deviation)
        begin = self.options["initial"] if initial is None else initial
        unsure = self.options["deviation"] if deviation is None else deviation
        new_rating, new_deviation = starting_skills(data.items, begin, unsure)
        union, (ours, theirs) = merge_items(self.items, data.items)
        skills = []
        for own, other in ((self.points, new_rating), (self.own_deviation, new_deviation)):
            column = np.empty(len(union))
            column[theirs] = other
            column[ours] = own
            skills.append(column)
        games_before = np.zeros(len(union), np.int64)
        games_before[ours] = self.games
        return replay_games(
            games, self.rules, union, skills[0], skills[1], self.options, history, places=theirs,
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
        >>> zm.trueskill(zm.Comparisons(["x", "y"], ["y", "z"])).save(path)
        >>> zm.load(path).update(zm.Comparisons(["x"], ["z"]))
        TrueSkillResult(3 items, 3 games)
        """
        from .saved_trueskill import write_trueskill

        write_trueskill(self, path)


def starting_skills(items: Array, initial: Any, deviation: Any) -> tuple[Real, Real]:
    """Means and deviations of items before their first game."""
    return (
        starting("initial", initial, items, INITIAL, finite),
        starting("deviation", deviation, items, DEVIATION, non_negative),
    )


def replay_games(
    games: Games,
    rules: TrueSkillRules,
    items: Array,
    rating: Real,
    deviation: Real,
    options: dict[str, Any],
    history: bool,
    *,
    places: NDArray[np.int32] | None = None,
    n_replayed: int = 0,
    games_before: Long | None = None,
) -> TrueSkillResult:
    """`places` are those of the data's items in `items`; None: they are the same."""
    data = games.data
    _check_games(data, rules)
    first, second = (side if places is None else places[side] for side in (data.a, data.b))
    rating, deviation, expected, noted = resolve(options["backend"]).trueskill_replay(
        games.column(first, np.int32),
        games.column(second, np.int32),
        games.column(data.outcome, np.uint8),
        games.column(data.neutral if rules.position_effect else None, np.uint8),
        games.column(games.times_played(), np.int64),
        rules.beta,
        rules.tau,
        rules.draw_margin,
        rules.position_effect,
        rating,
        deviation,
        history,
    )
    check_bounded(items, rating, deviation)
    names = ("before", "after", "deviation_before", "deviation_after")
    past = {name: games.by_row(values) for name, values in zip(names, noted or (), strict=False)}
    return TrueSkillResult.from_points(
        items,
        rating,
        rules.points,
        math.e,
        expected=games.by_row(expected),
        source=data,
        n_replayed=n_replayed + len(data),
        last_time=games.last_time,
        options=options,
        frame_backend=data.frame_backend,
        own_deviation=deviation,
        games_before=np.zeros(len(items), np.int64) if games_before is None else games_before,
        rules=rules,
        **past,
    )


def _check_games(data: Comparisons, rules: TrueSkillRules) -> None:
    """That the games are of a kind that the model knows."""
    check_position_effect(rules.position_effect, data)
    fractional = data.outcome == FRACTIONAL
    if fractional.any():
        row = int(fractional.argmax())
        score = "a probability" if data.score is None else f"{data.score[row]:g}"
        raise InputError(
            f"outcome[{row}] is {score}, but trueskill knows only wins, draws and losses; leave "
            "such rows out, or use glicko or elo, which take scores between 0 and 1"
        )
    if data.weight is not None:
        odd = (data.weight != 0) & (data.weight != 1)
        if odd.any():
            row = int(odd.argmax())
            raise InputError(
                f"weight[{row}] is {data.weight[row]:g}, but trueskill plays a game or does not: "
                "weights must be 1 or 0; to play it several times, use count"
            )
    if data.offset is not None:
        raise InputError(
            "trueskill takes no offset, which is log-odds of a logistic model; leave it out, or "
            "use position_effect or glicko"
        )
    if rules.draw_probability == 0:
        drawn = data.outcome == TIE
        if drawn.any():
            raise InputError(
                f"outcome[{int(drawn.argmax())}] is a tie, but draw_probability is 0; make it "
                "positive"
            )
