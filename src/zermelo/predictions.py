"""Predictions and what came of them: read, checked and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import check_length, read_column
from .errors import InputError
from .outcomes import FRACTIONAL, TIE
from .row_columns import read_numbers, read_weight

Real = NDArray[np.float64]
# Probabilities of one row may add up to 1 with the rounding of single precision.
SUM_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Predictions:
    """Expected scores (m,), or probabilities of win, tie and loss (m, 3), and what happened."""

    expected: Real
    score: Real
    weight: Real

    @property
    def three_way(self) -> bool:
        return self.expected.ndim == 2

    def mean(self, values: Real) -> float:
        # A row of weight 0 says nothing, even where its loss is infinite.
        counts = self.weight > 0
        return float(np.average(values[counts], weights=self.weight[counts]))

    def expected_score(self) -> Real:
        if not self.three_way:
            return self.expected
        return np.asarray(np.minimum(self.expected[:, 0] + 0.5 * self.expected[:, 1], 1.0))

    def came_true(self) -> NDArray[np.intp]:
        """0 win, 1 tie, 2 loss: the column of `expected` that happened."""
        return np.rint(2.0 - 2.0 * self.score).astype(np.intp)

    def log_loss(self) -> float:
        from scipy.special import xlog1py, xlogy  # slow to import, and not needed by a fit

        e, y = self.expected, self.score
        if self.three_way:
            with np.errstate(divide="ignore"):
                loss = -np.log(e[np.arange(len(e)), self.came_true()])
        else:
            loss = -xlogy(y, e) - xlog1py(1.0 - y, -e)
        return self.mean(loss) + 0.0  # not -0

    def brier(self) -> float:
        if not self.three_way:
            return self.mean((self.expected - self.score) ** 2)
        happened = np.eye(3)[self.came_true()]
        return self.mean(((self.expected - happened) ** 2).sum(axis=1))

    def credit(self) -> Real:
        """What following each prediction scored."""
        e, y = self.expected, self.score
        if self.three_way:
            likeliest = e == e.max(axis=1, keepdims=True)
            hit = likeliest[np.arange(len(e)), self.came_true()]
            return np.asarray(hit / likeliest.sum(axis=1))
        return np.where(e > 0.5, y, np.where(e < 0.5, 1.0 - y, 0.5))

    def confidence(self) -> Real:
        if self.three_way:
            return np.asarray(self.expected.max(axis=1))
        return np.asarray(np.abs(self.expected - 0.5))


def read_predictions(expected: Any, outcome: Any, weight: Any) -> Predictions:
    values = _read_expected(expected)
    rows = len(values)
    score = _read_outcome(outcome, rows)
    if values.ndim == 2:
        bad = ~np.isin(score, (0.0, 0.5, 1.0))
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                "with three probabilities outcome must be 1, 0.5 or 0, but "
                f"outcome[{row}] is {score[row]}"
            )
    if weight is None:
        return Predictions(values, score, np.ones(rows))
    column = read_column("weight", weight)
    check_length("weight", len(column), "expected", rows)
    weights = read_weight("weight", column, rows)
    if not weights.any():
        raise InputError("weight is 0 in every row, so that nothing counts")
    return Predictions(values, score, weights)


def _read_expected(expected: Any) -> Real:
    to_numpy = getattr(expected, "to_numpy", None)
    given = expected if to_numpy is None else to_numpy()
    # A list of rows, as people type them, is a matrix too.
    nested = isinstance(given, (list, tuple)) and any(
        isinstance(row, (list, tuple, np.ndarray)) for row in given
    )
    try:
        matrix = np.asarray(given) if nested or getattr(given, "ndim", 1) == 2 else None
    except ValueError as error:
        raise InputError(f"expected must have rows of one length: {error}") from error
    if matrix is None:
        column = read_column("expected", expected)
        values = read_numbers("expected", column, len(column))
    elif matrix.ndim != 2 or matrix.shape[1] != 3 or matrix.dtype.kind not in "iuf":
        raise InputError(
            "expected must be scores of shape (m,) or win, tie and loss probabilities of shape "
            f"(m, 3), but is {matrix.dtype} of shape {matrix.shape}"
        )
    else:
        values = np.ascontiguousarray(matrix, np.float64)
    if not len(values):
        raise InputError("expected is empty: there is nothing to measure")
    bad = ~((values >= 0) & (values <= 1))
    if bad.any():
        place = tuple(np.argwhere(bad)[0].tolist())
        found = f"expected[{', '.join(map(str, place))}] is {values[place]}"
        raise InputError(f"expected must be in [0, 1], but {found}")
    if values.ndim == 2:
        total = values.sum(axis=1)
        wrong = np.abs(total - 1.0) > SUM_TOLERANCE
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(
                f"each row of expected must add up to 1, but expected[{row}] adds up to "
                f"{total[row]:g}"
            )
    return values


def _read_outcome(outcome: Any, rows: int) -> Real:
    column = read_column("outcome", outcome)
    check_length("outcome", len(column), "expected", rows)
    whole_numbers = isinstance(column, np.ndarray) and column.dtype.kind in "iu"
    score = read_numbers("outcome", column, rows)
    if whole_numbers:
        score = np.where(score == TIE, 0.5, score)
    bad = ~((score >= 0) & (score <= 1))
    if bad.any():
        row = int(bad.argmax())
        rule = "0 (loss), 1 (win) or 2 (tie)" if whole_numbers else "in [0, 1]"
        helps = "; pass the scores" if whole_numbers and score[row] == FRACTIONAL else ""
        raise InputError(f"outcome must be {rule}, but outcome[{row}] is {score[row]:g}{helps}")
    return score
