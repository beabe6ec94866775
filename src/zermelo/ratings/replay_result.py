"""What the results of models share that learn game by game."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..calibration import STRATEGIES, Calibration, reliability_curve
from ..checks import choice, whole
from ..comparisons import Comparisons
from ..errors import InputError
from ..predictions import Predictions
from .replay import importance_of, scores_of
from .result import RatingResult, freeze, label_of
from .scale import RatingScale
from .table import make_frame

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class ReplayResult(RatingResult):
    """Ratings after a replay, and what was expected of every game before it was played.

    Everything that has one value a game stands in the order of the rows of the data. `before` and
    `after` are in the replay's own points, whatever the result was rescaled to.
    """

    points: Real = field(kw_only=True)
    expected: Real = field(kw_only=True)
    source: Comparisons | None = field(kw_only=True)
    before: Real | None = field(default=None, kw_only=True)
    after: Real | None = field(default=None, kw_only=True)
    n_replayed: int = field(kw_only=True)
    last_time: Any = field(default=None, kw_only=True)
    options: dict[str, Any] = field(default_factory=dict, kw_only=True)
    own_scale: RatingScale = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        freeze(self.points, self.expected, self.before, self.after)

    @classmethod
    def from_points(
        cls, items: NDArray[Any], points: Real, scale: float, base: float, **fields: Any
    ) -> Self:
        """A result whose ratings are exactly `points`; abilities are centred."""
        own = RatingScale(float(points.mean()), scale, base)
        ability = (points - own.initial) / own.points
        return cls(items, ability, points=points, scale=own, own_scale=own, **fields)

    @property
    def rating(self) -> Real:
        """Ratings in points: exactly those of the replay, unless rescaled."""
        return self._rescaled(self.points)

    def _rescaled(self, points: Real) -> Real:
        """What `rescale` makes of points of the replay."""
        if self.scale == self.own_scale:
            return points
        return self.scale.rating((points - self.own_scale.initial) / self.own_scale.points)

    def _repr_html_(self) -> str:
        from .notebook import ratings_html

        shown = {"rating": self.rating}
        if (deviation := getattr(self, "deviation", None)) is not None:
            shown["deviation"] = deviation
        return ratings_html(self, shown)

    def on_scale(self, scale: RatingScale) -> Self:
        """The same result with ratings on this scale."""
        return self if scale == self.own_scale else replace(self, scale=scale)

    def require_rows(self, purpose: str) -> Comparisons:
        """The comparisons, where the result still has them."""
        if self.source is None:
            raise InputError(f"{purpose} needs the games, which a loaded result does not have")
        return self.source

    def _predictions(self, rows: Any) -> Predictions:
        data = self.require_rows("measuring predictions")
        score, weight, expected = scores_of(data), importance_of(data), self.expected
        if rows is not None:
            index = np.asarray(rows)
            if index.shape != (len(data),) or index.dtype != bool:
                raise InputError(
                    f"rows must be bools of shape ({len(data)},), but is {index.dtype} of shape "
                    f"{index.shape}"
                )
            score, weight, expected = score[index], weight[index], expected[index]
        if not weight.any():
            raise InputError("no game counts: rows chooses none, or they all have weight 0")
        return Predictions(expected, score, weight)

    def log_loss(self, rows: Any = None) -> float:
        """Mean cross entropy of scores and what was expected before, in nats; 0.693 is a coin toss.

        Parameters
        ----------
        rows : array of bool, shape (m,), optional
            Which rows of the data to measure; None: all. Each counts as often as its count and
            weight say.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.elo(zm.Comparisons(["x", "x", "y"], ["y", "z", "z"], [1, 1, 0]))
        >>> round(fit.log_loss(), 4)
        0.6774
        """
        return self._predictions(rows).log_loss()

    def brier(self, rows: Any = None) -> float:
        """Mean squared difference of scores and what was expected before; 0.25 is a coin toss.

        Parameters
        ----------
        rows : array of bool, shape (m,), optional
            As in `log_loss`.
        """
        return self._predictions(rows).brier()

    def accuracy(self, rows: Any = None) -> float:
        """Mean score of the side that was expected to win; half where neither was.

        Parameters
        ----------
        rows : array of bool, shape (m,), optional
            As in `log_loss`.
        """
        predictions = self._predictions(rows)
        return predictions.mean(predictions.credit())

    def calibration(
        self,
        bins: int = 10,
        rows: Any = None,
        strategy: Literal["uniform", "quantile"] = "uniform",
    ) -> Calibration:
        """Whether what was expected came true, by bins of the expected score.

        Parameters
        ----------
        bins, strategy
            As in `zermelo.metrics.calibration`.
        rows : array of bool, shape (m,), optional
            As in `log_loss`.
        """
        bins = whole("bins", bins, 1, "a positive whole number")
        choice("strategy", strategy, STRATEGIES)
        predictions = self._predictions(rows)
        return reliability_curve(predictions, np.ones(len(predictions.score)), bins, strategy)

    def _history_columns(self, data: Comparisons) -> dict[str, Any]:
        before, after = self.before, self.after
        if before is None or after is None:
            raise InputError(
                "the ratings before and after every game were not kept; replay with history=True"
            )
        columns: dict[str, Any] = {"a": data.items[data.a], "b": data.items[data.b]}
        for name in ("time", "period"):
            if getattr(data, name) is not None:
                columns[name] = getattr(data, name)
        columns |= {"score": scores_of(data), "expected": self.expected}
        for side, name in enumerate("ab"):
            columns[f"before_{name}"] = before[:, side]
            columns[f"after_{name}"] = after[:, side]
        return columns

    def history_to_frame(self, library: str | None = None) -> Any:
        """A row a game with its expected score and the ratings before and after it.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.

        Raises
        ------
        InputError
            The replay was made without ``history=True``.
        """
        columns = self._history_columns(self.require_rows("the history"))
        return make_frame(columns, library or self.frame_backend, explicit=library is not None)


def by_label(argument: str, given: dict[Any, float], items: NDArray[Any], values: Real) -> Real:
    """`values` with those replaced that `given` names; unknown items are refused."""
    index = {label: place for place, label in enumerate(items.tolist())}
    values = values.copy()
    for label, value in given.items():
        if label_of(label) not in index:
            raise InputError(
                f"{argument} names {label!r}, which is no item of the data; leave it out"
            )
        values[index[label_of(label)]] = value
    return values
