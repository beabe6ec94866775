"""How well a fit predicts comparisons that it has not seen."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .calibration import STRATEGIES, Calibration, reliability_curve
from .checks import choice, whole
from .comparisons import Comparisons
from .errors import InputError
from .outcomes import FRACTIONAL, TIE, WIN
from .pair_counts import PairCounts
from .predictions import Predictions
from .ratings.result import RatingResult

if TYPE_CHECKING:
    from .ratings.conditions import Conditions
    from .ratings.elo_conditions import EloConditions

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """How well a fit predicts comparisons that it has not seen. Made by `evaluate`.

    Attributes
    ----------
    n_comparisons : int
        Comparisons that were predicted.
    n_unknown : int
        Comparisons left out, because the fit does not know an item or rates the two on scales
        that nothing ties together.
    log_loss, brier, accuracy : float
        As the functions of these names; `brier` is NaN where only counts with both weights and
        fractional scores are given, which do not determine it.
    calibration : Calibration
    """

    n_comparisons: int
    n_unknown: int
    log_loss: float
    brier: float
    accuracy: float
    calibration: Calibration

    def __repr__(self) -> str:
        unknown = f" ({self.n_unknown:,} unknown)" if self.n_unknown else ""
        return (
            f"Evaluation({self.n_comparisons:,} comparisons{unknown}, log loss "
            f"{self.log_loss:.4f}, Brier {self.brier:.4f}, accuracy {self.accuracy:.4f})"
        )


def evaluate(
    fit: RatingResult,
    data: Comparisons | PairCounts,
    *,
    bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> Evaluation:
    """Log loss, Brier score, accuracy and calibration of a fit on held-out comparisons.

    Parameters
    ----------
    fit : a rating result
        Whoever has `items` and `predict`. Ties are left out where the fit left them out. A
        position effect counts where the data has an order, and features and offsets where it has
        those that the fit has: else items meet on neutral ground, with equal features.
    data : Comparisons or PairCounts
        What the fit has not seen; both give the same numbers, but for neutral rows, features and
        offsets, which only Comparisons have.
    bins, strategy
        As in `calibration`.

    Raises
    ------
    InputError
        An argument cannot be used, or the fit can predict none of the comparisons.

    Warns
    -----
    UserWarning
        Some comparisons cannot be predicted and were left out.

    Examples
    --------
    >>> import zermelo as zm
    >>> from zermelo import metrics
    >>> fit = zm.bradley_terry(zm.Comparisons(["x", "x", "y", "z"], ["y", "y", "z", "x"]))
    >>> metrics.evaluate(fit, zm.Comparisons(["x", "y"], ["y", "z"], [1, 0.5]))
    Evaluation(2 comparisons, log loss 0.5370, Brier 0.0509, accuracy 0.7500)
    """
    if not isinstance(fit, RatingResult):
        raise InputError(f"fit must be a rating result, but is {type(fit).__name__}")
    if not isinstance(data, (Comparisons, PairCounts)):
        raise InputError(f"data must be Comparisons or PairCounts, but is {type(data).__name__}")
    bins = whole("bins", bins, 1, "a positive whole number")
    choice("strategy", strategy, STRATEGIES)
    fractional = data.has_fractional if isinstance(data, PairCounts) else data.score is not None
    ties = getattr(fit, "ties", "half") != "drop"
    conditions = _conditions(fit, data)
    cells = _cells(data, ties, conditions)
    if data.items.dtype != fit.items.dtype:
        raise InputError(
            f"data has items such as {data.items.tolist()[0]!r}, but those of the fit are such as "
            f"{fit.items.tolist()[0]!r}"
        )
    known = np.isin(data.items, fit.items)
    at = np.flatnonzero(known[cells.first] & known[cells.second])
    predicted = np.full(len(cells.first), np.nan)
    if len(at):
        # As lists, of which each label is plain Python already.
        first, second = (data.items[side[at]].tolist() for side in (cells.first, cells.second))
        values = (
            np.asarray(fit.predict(first, second))
            if conditions is None
            else conditions.predict(first, second, cells.row[at])
        )
        predicted = np.full((len(cells.first), *values.shape[1:]), np.nan)
        predicted[at] = values
    if predicted.ndim == 2 and fractional:
        raise InputError("data has fractional scores, but the fit predicts wins, ties and losses")
    usable = ~np.isnan(predicted.reshape(len(predicted), -1)).any(axis=1)
    n_known, n_unknown = int(cells.count[usable].sum()), int(cells.count[~usable].sum())
    rows = Predictions(predicted[usable], cells.score[usable], cells.weight[usable])
    if not (rows.weight > 0).any():
        raise InputError(
            "data has no comparison that the fit can predict: "
            f"{n_unknown:,} are of items that it does not rate"
        )
    if n_unknown:
        warnings.warn(
            f"{n_unknown:,} of {n_known + n_unknown:,} comparisons are of items that the fit does "
            "not rate, or not on one scale, and were left out",
            UserWarning,
            stacklevel=2,
        )
    # Two-point rows have the mean of fractional scores, and a larger mean square.
    spread = float(cells.spread[usable].sum() / rows.weight.sum())
    return Evaluation(
        n_known,
        n_unknown,
        rows.log_loss(),
        rows.brier() - spread,
        rows.mean(rows.credit()),
        reliability_curve(rows, cells.count[usable].astype(np.float64), bins, strategy),
    )


@dataclass(frozen=True, eq=False)
class _Cells:
    """Comparisons of the same items and score; `spread` is Σ w y (1 - y) where y is not stated.

    `row` is where they stand in the data.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    score: Real
    count: NDArray[np.int64]
    weight: Real
    spread: Real
    row: NDArray[np.intp]


def _conditions(
    fit: RatingResult, data: Comparisons | PairCounts
) -> Conditions | EloConditions | None:
    """What bears on the comparisons beside the abilities; None: nothing."""
    from .ratings.conditions import Conditions
    from .ratings.elo_conditions import EloConditions
    from .ratings.elo_result import EloResult
    from .ratings.joint_fit import JointFit

    if isinstance(fit, EloResult):
        return EloConditions.of(fit, data)
    return Conditions.of(fit, data) if isinstance(fit, JointFit) else None


def _cells(
    data: Comparisons | PairCounts, ties: bool, conditions: Conditions | EloConditions | None
) -> _Cells:
    if isinstance(data, Comparisons):
        by_row = conditions is not None and conditions.by_row
        if by_row or (data.score is not None and data.weight is not None):
            return _cells_of_rows(data, ties)
        data = data.pair_counts()
    # Of each outcome: the score, how many comparisons, their weight and their spread.
    none, nothing = np.zeros(len(data), np.int64), np.zeros(len(data))
    parts = [(1.0, data.win, data.win_weight, nothing), (0.0, data.loss, data.loss_weight, nothing)]
    if data.has_ties and ties:
        parts.append((0.5, data.tie, data.tie_weight, nothing))
    if data.has_fractional:
        # Log loss, accuracy and calibration are linear in the score: two points stand for it.
        score, weight = data.fractional_score, data.fractional_weight
        squares = data.fractional_score_squared_weight_squared
        spread = np.where(data.fractional > 0, np.nan, 0.0) if data.weighted else score - squares
        parts.append((1.0, data.fractional, score, spread))
        parts.append((0.0, none, np.maximum(weight - score, 0.0), nothing))
    occurring = [
        np.flatnonzero((count > 0) | (weight > 0) | (spread != 0))
        for _, count, weight, spread in parts
    ]

    def gather(columns: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([column[at] for column, at in zip(columns, occurring, strict=True)])

    return _Cells(
        gather([data.first for _ in parts]),
        gather([data.second for _ in parts]),
        gather([np.full(len(data), score) for score, _, _, _ in parts]),
        gather([count.astype(np.int64) for _, count, _, _ in parts]),
        gather([weight for _, _, weight, _ in parts]),
        gather([spread for _, _, _, spread in parts]),
        np.concatenate(occurring),
    )


def _cells_of_rows(data: Comparisons, ties: bool) -> _Cells:
    score = np.where(data.outcome == WIN, 1.0, np.where(data.outcome == TIE, 0.5, 0.0))
    if data.score is not None:
        score = np.where(data.outcome == FRACTIONAL, data.score, score)
    weight = np.ones(len(data)) if data.weight is None else data.weight
    count = np.ones(len(data), np.int64) if data.count is None else data.count
    keep = np.flatnonzero((data.outcome != TIE) | ties)
    return _Cells(
        data.a[keep],
        data.b[keep],
        score[keep],
        count[keep],
        (weight * count)[keep],
        np.zeros(len(keep)),
        keep,
    )
