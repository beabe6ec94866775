"""Rows that say nothing, an item against itself and outcomes mapped to None, are taken out."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends import Backend
from .columns import Array
from .errors import InputError


def drop_rows(
    items: Array,
    columns: dict[str, Any],
    keep: NDArray[np.bool_] | None,
    backend: Backend,
    threads: int,
    rows_each: NDArray[np.int64] | None = None,
) -> tuple[Array, int, int]:
    """Take rows out of all columns in place, and the items that only these rows had.

    `keep` is False where the outcome is dropped; `rows_each` says how many rows an entry stands
    for where they were grouped. Returns the items and the number of rows of each kind.
    """
    first, second = columns["a"], columns["b"]
    itself = first == second
    n_dropped = 0
    if keep is not None:
        n_dropped = _rows(~keep, rows_each)
        itself &= keep
    n_self = _rows(itself, rows_each)
    if n_self + n_dropped == 0:
        return items, 0, 0
    kept = ~itself if keep is None else keep & ~itself
    if not kept.any():
        if len(items) == 1:
            only = items.tolist()[0]
            raise InputError(f"at least two items are needed, but {only!r} is the only one")
        raise InputError(
            f"no comparisons are left: {n_self} of an item with itself and {n_dropped} with an "
            "outcome that outcomes= drops"
        )
    if n_self:
        row = int(itself.argmax())
        item = items[first[row] :][:1].tolist()[0]
        where = f"row {row} compares" if rows_each is None else "for instance"
        _warn_of_self(n_self, f"{where} {item!r} with itself")
    for name, column in columns.items():
        if column is not None:
            columns[name] = column[kept]
    occurs, _ = backend.mark_integers(columns["a"], columns["b"], 0, len(items), threads)
    if not occurs.all():
        table = np.cumsum(occurs, dtype=np.int32)
        table -= 1
        for name in ("a", "b"):
            codes = np.empty_like(columns[name])
            backend.recode_integers(columns[name], 0, table, codes, threads)
            columns[name] = codes
        items = items[occurs == 1]
    return items, n_self, n_dropped


def _rows(which: NDArray[np.bool_], rows_each: NDArray[np.int64] | None) -> int:
    return int(np.count_nonzero(which) if rows_each is None else rows_each[which].sum())


def _warn_of_self(n_self: int, where: str) -> None:
    comparisons = "1 comparison" if n_self == 1 else f"{n_self:,} comparisons"
    warnings.warn(
        f"{comparisons} of an item with itself dropped ({where})",
        UserWarning,
        stacklevel=_frames_of_ours(),
    )


def _frames_of_ours() -> int:
    """The stack level of the caller outside the package, whom the warning is for."""
    home = str(Path(__file__).parent)
    frame: FrameType | None = sys._getframe()
    level = 0
    while frame is not None and frame.f_code.co_filename.startswith(home):
        frame = frame.f_back
        level += 1
    return level
