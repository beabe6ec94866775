"""Scores of comparisons: how each moves the log-likelihood with abilities and other parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..features import places_of
from ..outcomes import FRACTIONAL, LOSS, TIE, WIN
from ..pair_counts import PairCounts
from .cells import TieModel, outcome_scores
from .reweighting import weight_by_pair

Real = NDArray[np.float64]

# Rows a step, so that what a step computes stays in the cache.
STEP = 1 << 15
# Loss, win and tie, by their codes.
OUTCOMES = 3

Factor = Callable[[NDArray[np.int32], NDArray[np.int32]], Real]


@dataclass(frozen=True, eq=False)
class Scores:
    """A comparison's (or a cell's) score: `residual` for its first item, less that for its second,
    and `extra` of shape (m, k) for the other parameters."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    residual: Real
    extra: Real

    def take(self, order: NDArray[Any]) -> Scores:
        m = len(order)
        first, second = np.empty(m, np.int32), np.empty(m, np.int32)
        residual, extra = np.empty(m), np.empty((m, self.extra.shape[1]))
        columns: list[NDArray[Any]] = [self.first, self.second, self.residual, self.extra]
        taken: list[NDArray[Any]] = [first, second, residual, extra]
        for begin in range(0, len(order), STEP):
            step = slice(begin, begin + STEP)
            rows = order[step].astype(np.intp)
            for column, out in zip(columns, taken, strict=True):
                if out.size:
                    out[step] = column[rows]
        return Scores(first, second, residual, extra)

    def grouped(self, group: NDArray[np.int32], n: int) -> tuple[NDArray[np.int64], Scores]:
        """In the order of their groups, and where each of the n groups begins."""
        offsets, order = in_groups(group, n, None)
        return offsets, self if order is None else self.take(order)

    def whole(self) -> Scores:
        return self


@dataclass(frozen=True, eq=False)
class CodedScores:
    """Scores of comparisons that are mostly alike: those of all kinds, and each one's kind."""

    kinds: Scores
    code: NDArray[np.int32]

    @property
    def first(self) -> NDArray[np.int32]:
        return self.kinds.first[self.code]

    @property
    def second(self) -> NDArray[np.int32]:
        return self.kinds.second[self.code]

    def take(self, order: NDArray[Any]) -> CodedScores:
        return CodedScores(self.kinds, self.code[order])

    def grouped(self, group: NDArray[np.int32], n: int) -> tuple[NDArray[np.int64], Scores]:
        """In the order of their groups, and where each of the n groups begins."""
        # Codes are a column to move, and what they stand for is then looked up in the cache.
        offsets, code = in_groups(group, n, self.code)
        return offsets, self.kinds.take(self.code if code is None else code)

    def whole(self) -> Scores:
        return self.kinds.take(self.code)


def in_groups(
    group: NDArray[np.int32], n: int, values: NDArray[np.int32] | None
) -> tuple[NDArray[np.int64], NDArray[Any] | None]:
    """Where each group begins, and `values` (None: rows) in the groups' order, if not as before."""
    if (group[1:] >= group[:-1]).all():
        offsets = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=n))])
        return offsets.astype(np.int64), None
    from scipy.sparse import csr_array

    rows = np.arange(len(group) + 1, dtype=np.int32)
    values = rows[:-1] if values is None else values
    # A matrix with one entry a row, by columns: SciPy sorts it in two passes.
    matrix = csr_array((values, group, rows), shape=(len(group), n)).tocsc()
    return matrix.indptr.astype(np.int64), matrix.data


@dataclass(frozen=True, eq=False)
class Parameters:
    """At which scores are taken: abilities, and what a joint fit has beside them."""

    ability: Real  # on the solver's scale, no NaN
    ties: str  # "half", "drop", or a tie model
    log_tie: float
    coefficients: Real  # of the features as they were fitted, the position's first
    position: bool
    divisor: Real
    names: tuple[str, ...] = ()  # of the features, without the position's

    @property
    def tie_model(self) -> TieModel:
        return (
            "davidson"
            if self.ties == "davidson"
            else ("rao-kupper" if self.ties == "rao-kupper" else "none")
        )


def scores_of(
    rows: Comparisons | PairCounts, at: Parameters, reweighted: tuple[PairCounts, int] | None
) -> tuple[Scores | CodedScores, NDArray[np.bool_]]:
    """The scores of rows, or of the cells of grouped counts, and which have any weight.

    `reweighted` gives the counts and the least count of a fit whose pairs were weighed.
    """
    factor = weight_by_pair(*reweighted) if reweighted is not None else None
    if isinstance(rows, PairCounts):
        ones = np.ones((len(rows), int(at.position)))
        return _scores(rows, rows.first, rows.second, ones, None, at, factor)
    if factor is None and _few_kinds(rows, at):
        return _coded_scores(rows, at)
    n_extra = len(at.coefficients) + (at.tie_model != "none")
    residual, extra = np.empty(len(rows)), np.empty((len(rows), n_extra))
    weighs = np.empty(len(rows), bool)
    places = places_of(rows.feature_names or (), at.names, "covariates")
    for begin in range(0, len(rows), STEP):
        step = slice(begin, begin + STEP)
        part = _Rows(*(_cut(getattr(rows, field.name), step) for field in fields(_Rows)))
        features = _features(part, at, places)
        scores, weighs[step] = _scores(part, part.a, part.b, features, part.offset, at, factor)
        residual[step], extra[step] = scores.residual, scores.extra
    return Scores(rows.a, rows.b, residual, extra), weighs


def _few_kinds(rows: Comparisons, at: Parameters) -> bool:
    """Whether items and outcome say all of a comparison, and there are many of each kind."""
    own = (rows.score, rows.count, rows.weight, rows.offset)
    neutral = rows.neutral if at.position else None
    few = OUTCOMES * rows.n_items**2 <= len(rows)
    return few and not at.names and neutral is None and all(column is None for column in own)


def _coded_scores(rows: Comparisons, at: Parameters) -> tuple[CodedScores, NDArray[np.bool_]]:
    n = rows.n_items
    item = np.arange(n, dtype=np.int32)
    first, second = np.repeat(item, OUTCOMES * n), np.tile(np.repeat(item, OUTCOMES), n)
    outcome = np.tile(np.arange(OUTCOMES, dtype=np.uint8), n * n)
    kinds = _Rows(first, second, outcome, None, None, None, None, None, None)
    features = _features(kinds, at, [])
    scores, weighs = _scores(kinds, first, second, features, None, at, None)
    code = np.empty(len(rows), np.int32)
    for begin in range(0, len(rows), STEP):
        step = slice(begin, begin + STEP)
        code[step] = (rows.a[step] * np.int32(n) + rows.b[step]) * np.int32(OUTCOMES)
        code[step] += rows.outcome[step]
    return CodedScores(scores, code), np.ones(len(rows), bool) if weighs.all() else weighs[code]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Some rows of Comparisons: the columns of these names."""

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    outcome: NDArray[np.uint8]
    score: Real | None
    count: NDArray[np.int64] | None
    weight: Real | None
    neutral: NDArray[np.bool_] | None
    offset: Real | None
    features: Real | None

    def __len__(self) -> int:
        return len(self.a)


def _cut(column: Any, step: slice) -> Any:
    return None if column is None else column[step]


def _scores(
    rows: _Rows | PairCounts,
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    features: Real,
    offset: Real | None,
    at: Parameters,
    factor: Factor | None,
) -> tuple[Scores, NDArray[np.bool_]]:
    z = at.ability[first] - at.ability[second]
    if features.shape[1]:
        z += features @ at.coefficients
    if offset is not None:
        z += offset
    columns = _columns_of_counts if isinstance(rows, PairCounts) else _columns_of_rows
    by_z, by_tie = outcome_scores(at.tie_model, z, at.log_tie)
    residual, tie_score, weighs = columns(rows, at, by_z, by_tie)
    if factor is not None:
        weight = factor(first, second)
        residual = residual * weight
        tie_score = tie_score * weight if len(tie_score) else tie_score
    extra = residual[:, None] * features
    if at.tie_model != "none":
        extra = np.column_stack([extra, tie_score])
    return Scores(first, second, residual, extra), weighs


def _features(rows: _Rows, at: Parameters, places: list[int]) -> Real:
    """The features of every row as they were fitted, those at `places` among the rows'."""
    columns: list[Real] = []
    if at.position:
        neutral = rows.neutral
        columns.append(np.ones(len(rows)) if neutral is None else np.where(neutral, 0.0, 1.0))
    if rows.features is not None:
        columns.extend(rows.features[:, places].T)
    if not columns:
        return np.empty((len(rows), 0))
    return np.stack(columns, axis=1) / at.divisor


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
