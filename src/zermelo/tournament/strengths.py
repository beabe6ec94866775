"""How likely items beat each other: abilities, ratings, matrices and fits made canonical."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, positive, shortened
from ..errors import InputError
from ..judges.noisy import Noisy
from ..ratings.result import RatingResult, label_of
from .program import Series

Real = NDArray[np.float64]

# Abilities further apart than this are Elo points whose scale was forgotten.
WIDEST_ABILITIES = 50.0
# How far probabilities of both sides may be from adding up to 1.
SUM_TOLERANCE = 1e-6
# Thresholds have 31 bits, so that probabilities of 0 and 1 are certain.
CERTAIN = 1 << 31


@dataclass(frozen=True, eq=False)
class Strengths:
    """Probabilities of every game between `items`, on neutral ground.

    `win` and `draw` have shape (n, n): those of the row's item against the column's. `per_unit` is
    how many log-odds one unit of the strengths is.
    """

    items: NDArray[Any]
    win: Real
    draw: Real
    per_unit: float = 1.0
    judge: Noisy | None = None
    frame_backend: str | None = None

    @property
    def n(self) -> int:
        return len(self.items)

    @property
    def has_draws(self) -> bool:
        return bool(self.draw.any())

    def shifted(self, units: float) -> tuple[Real, Real]:
        """Win and draw where the row's item has an advantage of so many units of strength.

        The odds of its wins to its losses change, draws stay as likely as they are.
        """
        if units == 0:
            return self.win, self.draw
        moved = logistic(self._log_odds() + units * self.per_unit)
        return moved * (1.0 - self.draw), self.draw

    def _log_odds(self) -> Real:
        """Of winning, where draws are decided."""
        decisive = decided(self.win, self.draw)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(decisive) - np.log1p(-decisive))

    def moved(self, shift: Real) -> Strengths:
        """Strengths of items whose abilities, in log-odds, are these much higher.

        The odds of wins to losses follow; draws stay as likely as they are.
        """
        moved = logistic(self._log_odds() + shift[:, None] - shift[None, :])
        return replace(self, win=moved * (1.0 - self.draw))

    def recorded(self, units: float) -> tuple[Real, Real]:
        """`shifted` as the judge, if there is one, records it; the row is shown first."""
        win, draw = self.shifted(units)
        if self.judge is None:
            return win, draw
        judged_win, judged_draw = self.judge.probabilities(win, draw)
        return np.asarray(judged_win), np.asarray(judged_draw)

    def table(self, series: Series) -> tuple[Real, Real]:
        """Win and draw of the first, the row, in a match that consists of these games."""
        if series.best_of == 1 and series.venue is None:
            win, draw = self.recorded(series.home_advantage if series.at_first else 0.0)
            if series.decisive:
                return decided(win, draw), np.zeros_like(draw)
            return win, draw
        at_home, away, neutral = (
            self._game_of_series(units)
            for units in (series.home_advantage, -series.home_advantage, 0.0)
        )
        # The better seed is the item with the smaller number.
        upper = np.triu(np.ones((self.n, self.n), bool), 1)
        games = {
            "H": np.where(upper, at_home, away),
            "A": np.where(upper, away, at_home),
            "N": neutral,
        }
        venue = series.venue or "N" * series.best_of
        left = [games[place] for place in venue][sum(series.standing) :]
        needed = series.best_of // 2 + 1
        win = series_win(left, needed - series.standing[0])
        if series.standing[0] != series.standing[1]:
            win = np.where(upper, win, series_win(left, needed - series.standing[1]))
        return win, np.zeros_like(self.draw)

    def _game_of_series(self, units: float) -> Real:
        """Who is shown first is drawn by lot for every game, where the judge minds."""
        first = decided(*self.recorded(units))
        if self.judge is None or self.judge.position_bias == 0:
            return first
        return 0.5 * (first + (1.0 - decided(*self.recorded(-units)).T))

    def thresholds(self, series: tuple[Series, ...]) -> tuple[NDArray[np.uint32], ...]:
        """T1 and T2 of every kind of match, shape (kinds, n, n): see `Program`."""
        tables = [self.table(kind) for kind in series]
        shape = (len(series), self.n, self.n)
        first = np.array([win for win, _ in tables]).reshape(shape)
        both = np.array([win + draw for win, draw in tables]).reshape(shape)
        return threshold(first), threshold(np.minimum(both, 1.0))


def threshold(probability: Real) -> NDArray[np.uint32]:
    """Whole numbers T such that a 31-bit draw is below T with this probability."""
    return np.rint(probability * CERTAIN).astype(np.uint32)


def decided(win: Real, draw: Real) -> Real:
    """The chance to win where draws are decided by win / (win + loss)."""
    loss = np.maximum(1.0 - win - draw, 0.0)
    total = win + loss
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, win / total, 0.5))


def logistic(log_odds: Real) -> Real:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def series_win(games: list[Real], needed: int) -> Real:
    """The chance to win at least `needed` of the games, each won with its own probability."""
    # chances[k]: k games won so far; who has won enough, wins on whatever the rest brings.
    chances = [np.ones_like(games[0])] + [np.zeros_like(games[0]) for _ in games]
    for played, game in enumerate(games):
        for won in range(played, -1, -1):
            chances[won + 1] += chances[won] * game
            chances[won] = chances[won] * (1.0 - game)
    total: Real = sum(chances[needed:])  # type: ignore[assignment]
    return np.clip(total, 0.0, 1.0)


def read_strengths(
    strengths: Any, n: int, scale: float | None = None, items: Sequence[Any] | None = None
) -> Strengths:
    """Strengths of the `n` items of a design, as people give them.

    Parameters
    ----------
    strengths : sequence, dict of item to number, matrix or rating result
        Abilities (natural log), or with `scale` ratings; probabilities (n, n) that the row beats
        the column, or (n, n, 3) of win, draw and loss; or a fit.
    n : int
        How many items the design has.
    scale : float, optional
        Points that mean odds of 10 to 1.
    items : sequence of labels, optional
        The items of the design in the order of their seeds, where it names them: strengths that
        name theirs, a dict or a fit, are put into this order.
    """
    per_unit = 1.0 if scale is None else math.log(10.0) / positive("scale", scale)
    if isinstance(strengths, RatingResult):
        read = _of_fit(strengths, scale)
    elif isinstance(strengths, Mapping):
        values = [finite(f"strengths[{item!r}]", value) for item, value in strengths.items()]
        read = _of_abilities(_labels(list(strengths)), np.array(values), per_unit, scale)
    else:
        try:
            array = np.array(getattr(strengths, "to_numpy", lambda: strengths)(), np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"strengths must be numbers, a matrix, a dict or a fit, but is "
                f"{shortened(strengths)}: {error}"
            ) from error
        if array.ndim == 1:
            bad = ~np.isfinite(array)
            if bad.any():
                place = int(bad.argmax())
                raise InputError(
                    f"strengths must be finite, but strengths[{place}] is {array[place]}"
                )
            read = _of_abilities(np.arange(len(array)), array, per_unit, scale)
        elif array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3):
            if scale is not None:
                raise InputError("scale is for ratings, but strengths are probabilities")
            read = _of_matrix(array)
        else:
            raise InputError(
                f"strengths must have shape (n,), (n, n) or (n, n, 3), but have shape {array.shape}"
            )
    if read.n != n:
        raise InputError(f"strengths are of {read.n} items, but the design has {n}")
    if items is None:
        return read
    if not isinstance(strengths, (RatingResult, Mapping)):
        return replace(read, items=_labels(list(items)))
    at = {label: i for i, label in enumerate(read.items.tolist())}
    for label in items:
        if label not in at:
            raise InputError(f"strengths says nothing of {label!r}, which the design has")
    order = np.array([at[label] for label in items])
    square = np.ix_(order, order)
    return replace(read, items=read.items[order], win=read.win[square], draw=read.draw[square])


def _labels(labels: list[Any]) -> NDArray[Any]:
    if all(isinstance(label, (int, np.integer)) for label in labels):
        return np.array(labels, np.int64)
    items = np.empty(len(labels), object)
    items[:] = labels
    return items


def _of_abilities(
    items: NDArray[Any], values: Real, per_unit: float, scale: float | None
) -> Strengths:
    ability = values * per_unit
    spread = float(np.ptp(ability)) if len(ability) else 0.0
    if scale is None and spread > WIDEST_ABILITIES:
        raise InputError(
            f"strengths spread over {spread:.0f} units of log-strength, which leaves nothing to "
            "chance: are they Elo points? Then pass scale=400"
        )
    win = logistic(ability[:, None] - ability[None, :])
    return Strengths(items, win, np.zeros_like(win), per_unit)


def _of_fit(fit: RatingResult, scale: float | None) -> Strengths:
    if scale is not None:
        raise InputError("scale is for ratings as numbers; a fit knows its own")
    if not fit.rated.all():
        item = label_of(fit.items[int((~fit.rated).argmax())])
        raise InputError(f"strengths: the fit does not rate {item!r}; leave it out of the data")
    matrix = np.asarray(fit.win_matrix())
    bad = np.isnan(matrix)
    if bad.any():
        i, j = (label_of(fit.items[place]) for place in np.argwhere(bad)[0][:2])
        raise InputError(f"strengths: the fit cannot tell {i!r} from {j!r}; use a prior")
    return replace(_of_matrix(matrix, fit.items), frame_backend=fit.frame_backend)


def _of_matrix(matrix: Real, items: NDArray[Any] | None = None) -> Strengths:
    n = len(matrix)
    if matrix.shape[1] != n:
        raise InputError(f"strengths must be a square matrix, but have shape {matrix.shape}")
    labels = np.arange(n) if items is None else items
    off = ~np.eye(n, dtype=bool)
    bad = off if matrix.ndim == 2 else np.repeat(off[:, :, None], 3, axis=2)
    bad = bad & ~((matrix >= 0) & (matrix <= 1))
    if bad.any():
        place = tuple(np.argwhere(bad)[0].tolist())
        raise InputError(
            f"strengths must be probabilities, but strengths{list(place)} is {matrix[place]}"
        )
    win, draw = (matrix, np.zeros((n, n))) if matrix.ndim == 2 else (matrix[..., 0], matrix[..., 1])
    if matrix.ndim == 3:
        total = matrix.sum(axis=2)
        wrong = off & (np.abs(total - 1.0) > SUM_TOLERANCE)
        if wrong.any():
            i, j = np.argwhere(wrong)[0].tolist()
            raise InputError(
                f"win, draw and loss must add up to 1, but strengths[{i}, {j}] adds up to "
                f"{total[i, j]:g}"
            )
        _check_both_sides(off & (np.abs(draw - draw.T) > SUM_TOLERANCE), matrix, 1)
    lost = 1.0 - win - draw
    _check_both_sides(off & (np.abs(win - lost.T) > SUM_TOLERANCE), matrix, 0)
    # Both sides to the last bit, so that it does not matter who is named first.
    draw = 0.5 * (draw + draw.T)
    win = 0.5 * (win + (1.0 - win - draw).T)
    even = np.eye(n, dtype=bool)
    return Strengths(labels, np.where(even, 0.5, np.maximum(win, 0.0)), np.where(even, 0.0, draw))


def _check_both_sides(wrong: NDArray[np.bool_], matrix: Real, outcome: int) -> None:
    if not wrong.any():
        return
    i, j = np.argwhere(wrong)[0].tolist()
    if matrix.ndim == 2:
        raise InputError(
            f"P(i, j) + P(j, i) must be 1, but strengths[{i}, {j}] is {matrix[i, j]:g} and "
            f"strengths[{j}, {i}] is {matrix[j, i]:g}"
        )
    mirrored = 2 - outcome
    raise InputError(
        f"both sides must agree, but strengths[{i}, {j}, {outcome}] is "
        f"{matrix[i, j, outcome]:g} and strengths[{j}, {i}, {mirrored}] is "
        f"{matrix[j, i, mirrored]:g}"
    )
