"""Comparisons that share items and features: what a joint fit reads, and its likelihood.

A cell has a first and a second item, sums of weights by the first item's outcome, and the log-odds
z = ability[first] - ability[second] + features · coefficients + offset of its comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import FRACTIONAL, LOSS, TIE, WIN
from ..pair_counts import PairCounts

TieModel = Literal["none", "davidson", "rao-kupper"]
TIE_MODELS: tuple[TieModel, ...] = ("none", "davidson", "rao-kupper")  # by the kernels' numbers

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Sorted by (first, second); several cells may have the same items.

    Sums of weights are shape (m,), of squared weights (what the sandwich needs) too. `win` and
    `loss` take in fractional scores, and halves of ties, where `tie` is None; then the meat is
    given by `square`, `square_score` and `square_score_square`: Σw², Σw²y and Σw²y².
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    win: Real
    loss: Real
    tie: Real | None
    offset: Real | None
    features: Real
    squares: tuple[Real, Real, Real]  # of win, loss, tie; or Σw², Σw²y, Σw²y² without a tie model

    def __len__(self) -> int:
        return len(self.first)

    def by_item(self, columns: Real, n: int) -> Real:
        """Sums of each column over every item's cells, less those in which it stands second.

        Shapes (m, k) and (n, k).
        """
        from scipy.sparse import csr_array

        m = len(self)
        items = np.stack([self.first, self.second], axis=1).ravel()
        signs = np.tile([1.0, -1.0], m)
        incidence = csr_array((signs, items, np.arange(0, 2 * m + 1, 2)), shape=(m, n))
        sums: Real = np.asarray(incidence.T @ columns)
        return sums

    def take(self, rows: NDArray[Any]) -> Cells:
        """The cells at `rows`, which keeps their order."""

        def pick(column: Real | None) -> Real | None:
            return None if column is None else np.ascontiguousarray(column[rows])

        a, b, c = (np.ascontiguousarray(column[rows]) for column in self.squares)
        return Cells(
            np.ascontiguousarray(self.first[rows]),
            np.ascontiguousarray(self.second[rows]),
            np.ascontiguousarray(self.win[rows]),
            np.ascontiguousarray(self.loss[rows]),
            pick(self.tie),
            pick(self.offset),
            np.ascontiguousarray(self.features[rows]),
            (a, b, c),
        )


# With more distinct offsets than this, few rows would share one.
MOST_OFFSETS = 1024


def merged(cells: Cells) -> Cells:
    """Cells of the same items, offset, features and outcome added up, where offsets recur.

    What a cell adds to the likelihood, and to all that follows from it, is linear in its sums.
    """
    columns = [cells.first.astype(np.int64), cells.second.astype(np.int64)]
    values = [] if cells.offset is None else [cells.offset]
    for value in [*values, *cells.features.T]:
        distinct, code = np.unique(value, return_inverse=True)
        if len(distinct) > MOST_OFFSETS:
            return cells
        columns.append(code.astype(np.int64))
    # Outcomes stay apart, so that a cell is still so many comparisons of one kind.
    columns.append(2 * (cells.win > 0).astype(np.int64) + (cells.loss > 0))
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(cells), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    begin = np.flatnonzero(new)
    if len(begin) == len(cells):
        return cells

    def add(column: Real) -> Real:
        return np.asarray(np.add.reduceat(column[order], begin))

    rows = order[begin]
    a, b, c = (add(column) for column in cells.squares)
    return replace(
        cells.take(rows),
        win=add(cells.win),
        loss=add(cells.loss),
        tie=None if cells.tie is None else add(cells.tie),
        squares=(a, b, c),
    )


def cells_of_counts(counts: PairCounts, ties: str, position: bool) -> Cells:
    """One cell an ordered pair."""
    features = np.ones((len(counts), 1)) if position else np.empty((len(counts), 0))
    return _cells(counts.first, counts.second, counts, ties, None, np.ascontiguousarray(features))


def _cells(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    sums: PairCounts,
    ties: str,
    offset: Real | None,
    features: Real,
) -> Cells:
    if ties in TIE_MODELS:
        if sums.has_fractional:
            raise InputError(
                f"ties={ties!r} needs wins, losses and ties, but the data has "
                f"{int(sums.fractional.sum()):,} fractional outcomes (soft=True makes 0.5 "
                "one, too); use ties='half'"
            )
        return Cells(
            first, second, sums.win_weight, sums.loss_weight, sums.tie_weight, offset, features,
            (sums.win_weight_squared, sums.loss_weight_squared, sums.tie_weight_squared),
        )  # fmt: skip
    share = 0.5 if ties == "half" else 0.0
    tie, tie_squared = sums.tie_weight, sums.tie_weight_squared
    if ties == "drop":
        tie, tie_squared = np.zeros(len(first)), np.zeros(len(first))
    score = sums.fractional_score
    return Cells(
        first,
        second,
        sums.win_weight + share * tie + score,
        sums.loss_weight + share * tie + (sums.fractional_weight - score),
        None,
        offset,
        features,
        (
            sums.win_weight_squared
            + sums.loss_weight_squared
            + tie_squared
            + sums.fractional_weight_squared,
            sums.win_weight_squared + 0.5 * tie_squared + sums.fractional_score_weight_squared,
            sums.win_weight_squared
            + 0.25 * tie_squared
            + sums.fractional_score_squared_weight_squared,
        ),
    )


def cells_of_rows(rows: Comparisons, ties: str, position: bool, features: Real | None) -> Cells:
    """One cell a row, for features and offsets that differ from row to row."""
    order = np.argsort(rows.a.astype(np.int64) * rows.n_items + rows.b, kind="stable")
    n = len(order)
    weight = np.ones(n) if rows.weight is None else rows.weight[order]
    count = np.ones(n) if rows.count is None else rows.count[order].astype(np.float64)
    outcome = rows.outcome[order]
    columns: list[Real] = []
    if position:
        neutral = np.zeros(n) if rows.neutral is None else rows.neutral[order].astype(np.float64)
        columns.append(1.0 - neutral)
    if features is not None:
        columns.extend(features[order].T)
    matrix = np.ascontiguousarray(np.stack(columns, axis=1)) if columns else np.empty((n, 0))
    offset = None if rows.offset is None else np.ascontiguousarray(rows.offset[order])
    first, second = rows.a[order], rows.b[order]
    total, square = count * weight, count * weight**2
    if ties in TIE_MODELS:
        if (outcome == FRACTIONAL).any():
            row = int(order[np.flatnonzero(outcome == FRACTIONAL)[0]])
            raise InputError(
                f"ties={ties!r} needs wins, losses and ties, but the outcome of row {row} is "
                "fractional (soft=True makes 0.5 so, too); use ties='half'"
            )
        win, loss, tie = (np.where(outcome == code, total, 0.0) for code in (WIN, LOSS, TIE))
        squares = tuple(np.where(outcome == code, square, 0.0) for code in (WIN, LOSS, TIE))
        return Cells(
            first, second, win, loss, tie, offset, matrix, (squares[0], squares[1], squares[2])
        )
    score = np.where(outcome == WIN, 1.0, np.where(outcome == TIE, 0.5, 0.0))
    if rows.score is not None:
        score = np.where(outcome == FRACTIONAL, rows.score[order], score)
    if ties == "drop":
        total, square = (np.where(outcome == TIE, 0.0, sums) for sums in (total, square))
    return Cells(
        first,
        second,
        total * score,
        total * (1.0 - score),
        None,
        offset,
        matrix,
        (square, square * score, square * score**2),
    )


@dataclass(frozen=True, eq=False)
class CellMoments:
    """What each cell adds to log-likelihood, information and meat, shape (m,) each.

    `tie` stands for the tie parameter, `cross` for it and the log-odds; without a tie model both
    are zero.
    """

    log_likelihood: Real
    information: Real
    cross: Real
    tie_information: Real
    meat: Real
    cross_meat: Real
    tie_meat: Real


def probabilities(ties: TieModel, z: Real, tau: float) -> tuple[Real, Real, Real]:
    """P(win), P(loss) and P(tie) of the first item at log-odds z."""
    with np.errstate(over="ignore"):
        if ties == "davidson":
            most = np.maximum(0.5 * np.abs(z), tau)
            win, loss = np.exp(0.5 * z - most), np.exp(-0.5 * z - most)
            tie = np.exp(tau - most)
            total = win + loss + tie
            return win / total, loss / total, tie / total
        win, loss = 1.0 / (1.0 + np.exp(tau - z)), 1.0 / (1.0 + np.exp(tau + z))
        return win, loss, np.expm1(2.0 * tau) * win * loss


def log_odds(cells: Cells, ability: Real, coefficients: Real) -> Real:
    """z of every cell, shape (m,)."""
    z: Real = ability[cells.first] - ability[cells.second]
    if cells.features.shape[1]:
        z = z + cells.features @ coefficients
    return z if cells.offset is None else z + cells.offset


def _log(p: Real, weight: Real) -> Real:
    """weight * log(p), zero where nothing weighs."""
    with np.errstate(divide="ignore"):
        value: Real = np.where(weight > 0, weight * np.log(np.where(weight > 0, p, 1.0)), 0.0)
    return value


ByOutcome = tuple[Real, Real, Real]


def outcome_scores(ties: TieModel, z: Real, tau: float) -> tuple[ByOutcome, ByOutcome]:
    """Derivatives of the log-probabilities of win, loss and tie, by z and by tau.

    Without a tie model a tie is half a win, and nothing depends on tau.
    """
    if ties == "none":
        with np.errstate(over="ignore"):
            p, q = 1.0 / (1.0 + np.exp(-z)), 1.0 / (1.0 + np.exp(z))
        return (q, -p, 0.5 * (q - p)), (zero := np.zeros(0), zero, zero)
    win, loss, tie = probabilities(ties, z, tau)
    if ties == "davidson":
        return (
            (loss + 0.5 * tie, -(win + 0.5 * tie), -0.5 * (win - loss)),
            (-tie, -tie, win + loss),
        )
    with np.errstate(over="ignore"):
        not_win, not_loss = 1.0 / (1.0 + np.exp(z - tau)), 1.0 / (1.0 + np.exp(-z - tau))
    of_tie = -2.0 / np.expm1(-2.0 * tau) - not_win - not_loss
    return (not_win, -not_loss, not_win - not_loss), (-not_win, -not_loss, of_tie)


def cell_moments(ties: TieModel, cells: Cells, z: Real, tau: float) -> CellMoments:
    """Log-likelihood, observed information and meat of every cell at z."""
    zero = np.zeros(len(cells))
    if cells.tie is None:
        p, q, _ = probabilities("none", z, 0.0)
        square, square_score, square_score_square = cells.squares
        return CellMoments(
            -cells.win * np.logaddexp(0.0, -z) - cells.loss * np.logaddexp(0.0, z),
            (cells.win + cells.loss) * p * q,
            zero,
            zero,
            square_score_square - 2.0 * p * square_score + p * p * square,
            zero,
            zero,
        )
    win, loss, tie = probabilities(ties, z, tau)
    if ties == "davidson":
        n = cells.win + cells.loss + cells.tie
        mean = 0.5 * (win - loss)
        information = n * (win * loss + 0.25 * tie * (win + loss))
        cross = -n * tie * mean
        tie_information = n * tie * (win + loss)
    else:
        with np.errstate(over="ignore"):
            not_win, not_loss = 1.0 / (1.0 + np.exp(z - tau)), 1.0 / (1.0 + np.exp(-z - tau))
        wins, losses = cells.win + cells.tie, cells.loss + cells.tie
        of_win, of_loss = wins * win * not_win, losses * loss * not_loss
        width = -np.expm1(-2.0 * tau)
        information = of_win + of_loss
        cross = of_loss - of_win
        tie_information = of_win + of_loss + cells.tie * 4.0 * np.exp(-2.0 * tau) / width**2
    by_z, by_tau = outcome_scores(ties, z, tau)
    outcomes = list(zip(cells.squares, by_z, by_tau, strict=True))
    return CellMoments(
        _log(win, cells.win) + _log(loss, cells.loss) + _log(tie, cells.tie),
        information,
        cross,
        tie_information,
        sum((square * a * a for square, a, _ in outcomes), zero),
        sum((square * a * b for square, a, b in outcomes), zero),
        sum((square * b * b for square, _, b in outcomes), zero),
    )
