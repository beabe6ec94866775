"""What the results of models share that say how sure they are of every rating."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import choice, finite
from ..columns import Array
from ..comparisons import Comparisons
from ..errors import InputError
from .rating_interval import RatingInterval
from .replay import Games
from .replay_result import ReplayResult, by_label
from .result import freeze
from .uncertainty import normal_quantile

Real = NDArray[np.float64]
Long = NDArray[np.int64]
Position = Literal["first", "second"]


@dataclass(frozen=True, eq=False, repr=False)
class DeviationResult(ReplayResult, ABC):
    """Ratings after a replay, each with a deviation, and what was expected of every game."""

    own_deviation: Real = field(kw_only=True)
    deviation_before: Real | None = field(default=None, kw_only=True)
    deviation_after: Real | None = field(default=None, kw_only=True)
    games_before: Long = field(kw_only=True)  # of earlier parts

    def __post_init__(self) -> None:
        super().__post_init__()
        freeze(self.own_deviation, self.deviation_before, self.deviation_after, self.games_before)

    @property
    def deviation(self) -> Real:
        """The standard deviation of what is known of each rating, in its points."""
        if self.scale.points == self.own_scale.points:
            return self.own_deviation
        return self.own_deviation * (self.scale.points / self.own_scale.points)

    @property
    def games(self) -> Long:
        """How many games every item has played, shape (n_items,); repeats count."""

        def count() -> Long:
            total = self.games_before.copy()
            if self.source is not None:
                data = self.source
                times = Games(data, None).times_played()
                places = self._places(data.items, "data")
                for side in (data.a, data.b):
                    played = np.bincount(side, times, data.n_items)
                    total[places] += np.rint(played).astype(np.int64)
            return total

        value: Long = self._remember("games", count)
        return value

    def interval(self, level: float = 0.95) -> RatingInterval:
        """Intervals of the ratings, as if what is known of them were normal.

        Parameters
        ----------
        level : float, default 0.95

        Returns
        -------
        RatingInterval
            `lower`, `upper` and `standard_error`, which is the deviation, in points.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.glicko(zm.Comparisons(["x"], ["y"], [1]))
        >>> interval = fit.interval(level=0.9)
        >>> interval.lower.round().tolist(), interval.upper.round().tolist()
        ([1185.0, 860.0], [2140.0, 1815.0])
        """
        half = normal_quantile(level) * self.deviation
        return RatingInterval(
            self.items,
            np.array(self.rating),
            self.rating - half,
            self.rating + half,
            self.deviation.copy(),
            float(level),
            self.frame_backend,
        )

    def predict(self, a: Any, b: Any, *, position: Position | None = None) -> Any:
        """Expected score of `a` against `b`, which takes both deviations into account.

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
        >>> fit = zm.glicko2(zm.Comparisons(["x"], ["y"], [1]))
        >>> round(fit.predict("x", "y"), 3)
        0.757
        """
        score = self._expected_at(*self._two_places(a, b), self._ahead(position))
        return score if score.ndim else float(score)

    def _ahead(self, position: Position | None) -> float:
        """Points that the position is worth."""
        if position is None:
            return 0.0
        choice("position", position, ("first", "second"))
        effect = float(self.options["position_effect"])
        if effect == 0:
            raise InputError(f"position={position!r}, but the replay has no position_effect")
        return effect if position == "first" else -effect

    def _expected(self, first: NDArray[Any], second: NDArray[Any]) -> Real:
        return self._expected_at(first, second, 0.0)

    @abstractmethod
    def _expected_at(self, first: NDArray[Any], second: NDArray[Any], ahead: float) -> Real:
        """Expected scores where the first has so many points of advantage."""

    def _columns(self) -> dict[str, Any]:
        return super()._columns() | {"deviation": self.deviation, "games": self.games}

    def _history_columns(self, data: Comparisons) -> dict[str, Any]:
        columns = super()._history_columns(data)
        for name, values in (("before", self.deviation_before), ("after", self.deviation_after)):
            if values is not None:
                for side, item in enumerate("ab"):
                    columns[f"deviation_{name}_{item}"] = values[:, side]
        return columns


def starting(argument: str, given: Any, items: Array, default: float, check: Any) -> Real:
    """Values of items before their first game, from one for all or a dict."""
    if not isinstance(given, Mapping):
        return np.full(len(items), check(argument, given))
    checked = {item: check(f"{argument}[{item!r}]", value) for item, value in given.items()}
    return by_label(argument, checked, items, np.full(len(items), default))


def default_of(given: Any, default: float) -> float:
    """Where items begin that come with later games."""
    return default if isinstance(given, Mapping) else float(given)


def check_position_effect(value: Any, data: Comparisons) -> float:
    effect = finite("position_effect", value)
    if effect != 0 and not data.ordered:
        raise InputError(
            "position_effect needs to know who was first, which comparisons without an outcome do "
            "not say; give the outcome"
        )
    return effect


def check_newcomers(known: Array, data: Comparisons, **given: Any) -> None:
    """That later games have labels of the same kind, and start no item that has a rating."""
    if known.dtype != data.items.dtype:
        raise InputError(
            f"data has items such as {data.items.tolist()[0]!r}, but those replayed are such as "
            f"{known.tolist()[0]!r}"
        )
    labels = set(known.tolist())
    for argument, values in given.items():
        for item in values if isinstance(values, Mapping) else ():
            if item in labels:
                raise InputError(f"{argument} names {item!r}, which has a rating already")


def check_bounded(items: Array, *values: Real) -> None:
    """That no rating or deviation has left the range of numbers."""
    for column in values:
        wild = ~np.isfinite(column)
        if wild.any():
            item = items.tolist()[int(wild.argmax())]
            raise InputError(
                f"the rating of {item!r} grew beyond all bounds; use smaller deviations or weights"
            )
