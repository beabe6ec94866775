"""Losses that use how clearly a comparison was won, written as rows whose plain loss they are.

With the winner's log-odds d and the margin m, plain: -log s(d); scaled: -m log s(d), a weight;
margin: -log s(d - m), an offset of -m for the winner, whichever side it stood on (Rao and Kupper's
term of a win with log theta = m). HelpSteer2-Preference, Wang et al. 2024, arXiv:2410.01257.
"""

from __future__ import annotations

import copy
from typing import Any, Literal

import numpy as np

from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import FRACTIONAL, LOSS, WIN
from ..row_columns import LARGEST_WEIGHT

Loss = Literal["plain", "margin", "scaled"]
LOSSES = ("plain", "margin", "scaled")


def with_loss(data: Any, loss: Loss, ties: str) -> Any:
    """Rows, without their margins, whose plain loss is `loss` of `data`."""
    if loss == "plain":
        return data
    if not isinstance(data, Comparisons):
        raise InputError(
            f"loss={loss!r} needs the margin of every row, which PairCounts do not carry; give "
            "the Comparisons"
        )
    margin = data.margin
    if margin is None:
        raise InputError(
            f"loss={loss!r} needs to know how clearly each comparison was won: make Comparisons "
            "with margin="
        )
    if (margin < 0).any():
        row = int((margin < 0).argmax())
        raise InputError(
            f"loss={loss!r} needs margins of at least 0, which say how clearly the winner won, but "
            f"margin[{row}] is {margin[row]:g}; take their absolute values"
        )
    if loss == "scaled":
        return _replaced(data, weight=_scaled(data))
    if ties not in ("half", "drop"):
        raise InputError(
            f"loss='margin' has no place for the outcome that ties={ties!r} models; use "
            "ties='half', loss='scaled', or margins as a feature"
        )
    fractional = data.outcome == FRACTIONAL
    if fractional.any():
        row = int(fractional.argmax())
        raise InputError(
            "loss='margin' subtracts the margin from the winner's log-odds, but the outcome of "
            f"row {row} is fractional and names no winner; use loss='scaled'"
        )
    # The log-odds are those of `a`.
    shift = np.where(data.outcome == WIN, -margin, np.where(data.outcome == LOSS, margin, 0.0))
    return _replaced(data, offset=shift if data.offset is None else data.offset + shift)


def _scaled(rows: Comparisons) -> np.ndarray[Any, np.dtype[np.float64]]:
    margin = rows.margin
    if margin is None:
        raise AssertionError("margins were checked")
    with np.errstate(over="ignore"):
        weight = margin if rows.weight is None else rows.weight * margin
    if weight.max(initial=0.0) > LARGEST_WEIGHT:
        row = int(weight.argmax())
        raise InputError(
            f"loss='scaled' weighs a comparison by its margin, but weight times margin is "
            f"{weight[row]:g} in row {row} and may be at most {LARGEST_WEIGHT:g}"
        )
    return weight


def _replaced(rows: Comparisons, **columns: Any) -> Comparisons:
    """A copy of `rows` with other columns, and without margins: they must not be used twice."""
    out = copy.copy(rows)
    for name, column in (columns | {"margin": None}).items():
        if column is not None:
            column = np.ascontiguousarray(column)
            column.flags.writeable = False
        object.__setattr__(out, name, column)
    return out
