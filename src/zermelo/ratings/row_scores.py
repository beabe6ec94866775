"""Scores of comparisons: how each moves the log-likelihood with abilities and other parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..outcomes import FRACTIONAL, LOSS, TIE, WIN
from ..pair_counts import PairCounts
from .cells import TieModel, outcome_scores
from .reweighting import weight_by_pair

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """A comparison's (or a cell's) score: `residual` for its first item, less that for its second,
    and `extra` of shape (m, k) for the other parameters."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    residual: Real
    extra: Real

    def take(self, order: NDArray[Any]) -> Scores:
        return Scores(
            self.first[order],
            self.second[order],
            self.residual[order],
            np.ascontiguousarray(self.extra[order]),
        )


@dataclass(frozen=True, eq=False)
class Parameters:
    """At which scores are taken: abilities, and what a joint fit has beside them."""

    ability: Real  # on the solver's scale, no NaN
    ties: str  # "half", "drop", or a tie model
    log_tie: float
    coefficients: Real  # of the features as they were fitted, the position's first
    position: bool
    divisor: Real

    @property
    def tie_model(self) -> TieModel:
        return (
            "davidson"
            if self.ties == "davidson"
            else ("rao-kupper" if self.ties == "rao-kupper" else "none")
        )


def scores_of(
    rows: Comparisons | PairCounts, at: Parameters, reweighted: tuple[PairCounts, int] | None
) -> tuple[Scores, NDArray[np.bool_]]:
    """The scores of rows, or of the cells of grouped counts, and which have any weight.

    `reweighted` gives the counts and the least count of a fit whose pairs were weighed.
    """
    columns = _columns_of_rows if isinstance(rows, Comparisons) else _columns_of_counts
    if isinstance(rows, Comparisons):
        first, second = rows.a, rows.b
        features, offset = _features(rows, at)
    else:
        first, second = rows.first, rows.second
        features, offset = np.ones((len(first), int(at.position))), None
    z = at.ability[first] - at.ability[second]
    if features.shape[1]:
        z += features @ at.coefficients
    if offset is not None:
        z += offset
    by_z, by_tie = outcome_scores(at.tie_model, z, at.log_tie)
    residual, tie_score, weighs = columns(rows, at, by_z, by_tie)
    if reweighted is not None:
        factor = weight_by_pair(*reweighted)(first, second)
        residual = residual * factor
        tie_score = tie_score * factor if len(tie_score) else tie_score
    extra = residual[:, None] * features
    if at.tie_model != "none":
        extra = np.column_stack([extra, tie_score])
    return Scores(first, second, residual, extra), weighs


def _features(rows: Comparisons, at: Parameters) -> tuple[Real, Real | None]:
    """The features of every row as they were fitted, and its offset."""
    columns: list[Real] = []
    if at.position:
        neutral = rows.neutral
        columns.append(np.ones(len(rows)) if neutral is None else np.where(neutral, 0.0, 1.0))
    if len(at.coefficients) > len(columns) and rows.features is not None:
        columns.extend(rows.features.T)
    if not columns:
        return np.empty((len(rows), 0)), rows.offset
    return np.stack(columns, axis=1) / at.divisor, rows.offset


Columns = tuple[Real, Real, NDArray[np.bool_]]
ByOutcome = tuple[Real, Real, Real]  # win, loss, tie


def _columns_of_rows(rows: Any, at: Parameters, by_z: ByOutcome, by_tie: ByOutcome) -> Columns:
    outcome = rows.outcome
    residual = np.where(outcome == WIN, by_z[0], by_z[1])
    ties = outcome == TIE
    residual[ties] = by_z[2][ties]
    if rows.score is not None:
        part = outcome == FRACTIONAL
        y = rows.score[part]
        residual[part] = y * by_z[0][part] + (1.0 - y) * by_z[1][part]
    weighs = ~ties if at.ties == "drop" else np.ones(len(rows), bool)
    total = weighs.astype(np.float64)
    for column in (rows.count, rows.weight):
        if column is not None:
            weighs = weighs & (column > 0)
            total *= column
    tie_score = np.zeros(0)
    if at.tie_model != "none":
        tie_score = total * np.select([outcome == WIN, outcome == LOSS], by_tie[:2], by_tie[2])
    residual *= total
    return residual, tie_score, weighs


def _columns_of_counts(counts: Any, at: Parameters, by_z: ByOutcome, by_tie: ByOutcome) -> Columns:
    weights = [counts.win_weight, counts.loss_weight, counts.tie_weight]
    if at.ties == "drop":
        weights[2] = np.zeros(len(counts))
    residual = sum((w * z for w, z in zip(weights, by_z, strict=True)), np.zeros(len(counts)))
    if counts.has_fractional:
        y, w = counts.fractional_score, counts.fractional_weight
        residual = residual + y * by_z[0] + (w - y) * by_z[1]
        weights.append(w)
    tie_score = np.zeros(0)
    if at.tie_model != "none":
        tie_score = sum(
            (w * t for w, t in zip(weights, by_tie, strict=True)), np.zeros(len(counts))
        )
    return residual, tie_score, sum(weights, np.zeros(len(counts))) > 0
