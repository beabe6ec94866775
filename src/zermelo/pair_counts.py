"""PairCounts: what comparisons say about every ordered pair, mergeable and small."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ._backends import Backend
from .columns import Array
from .errors import InputError
from .labels import merge_items
from .outcomes import Outcomes
from .pair_columns import (
    COUNTS,
    OUTCOMES,
    canonical_columns,
    check_pair_counts,
    stored_columns,
    sum_columns,
)

FORMAT_KIND, FORMAT_VERSION = "pair counts", 1
LIBRARIES = ("pandas", "polars", "pyarrow")


class _Column:
    """A column that is stored, or follows from another one (None: it is zero) where it is not."""

    def __init__(self, follows: str | None, meaning: str) -> None:
        self.follows = follows
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, counts: None, owner: type) -> _Column: ...
    @overload
    def __get__(self, counts: PairCounts, owner: type) -> Array: ...
    def __get__(self, counts: PairCounts | None, owner: type) -> _Column | Array:
        if counts is None:
            return self  # asked of the class: help() shows its meaning
        stored = counts.columns.get(self.name)
        if stored is not None:
            return stored
        if self.follows is not None:
            column: Array = getattr(counts, self.follows)
            return column if self.name in COUNTS else column.astype(np.float64)
        dtype = counts.columns["win"].dtype if self.name in COUNTS else np.float64
        return np.zeros(len(counts), dtype)


@dataclass(frozen=True, eq=False, repr=False)
class PairCounts:
    """One row for every ordered pair (first shown, second shown): the sufficient statistics.

    Made by `Comparisons.pair_counts`, `PairCounts.from_frame` and `PairCounts.load`; `p + q`
    merges two, over different items too. The same comparisons give the same counts, in whatever
    parts and order they were counted; sums of weights and scores agree up to their last bits.

    The constructor takes the arrays below, where they come from elsewhere, and checks them.

    Attributes
    ----------
    items : ndarray of int64, or of object (str)
        Labels, sorted.
    first, second : ndarray of int32, shape (p,)
        Places in `items`; rows are sorted by (first, second).
    win, loss, tie : ndarray of uint32 or uint64, shape (p,)
        Comparisons that the first won, lost and tied.
    win_weight, loss_weight, tie_weight : ndarray of float64
        Sums of their weights w.
    win_weight_squared, loss_weight_squared, tie_weight_squared : ndarray of float64
        Sums of w².
    fractional, fractional_weight, fractional_weight_squared : ndarray
        The same of comparisons with a fractional score y of the first.
    fractional_score, fractional_score_weight_squared, fractional_score_squared_weight_squared
        Sums of w y, w² y and w² y².
    columns : mapping of str to ndarray
        The columns that are stored; the others follow from them (all weights 1, no ties ...).
    ordered : bool
        False where no outcome was given, so that nobody was shown first.

    Raises
    ------
    InputError
        Arrays given to the constructor have another type or length, codes that are no places in
        `items`, or rows out of order.

    Examples
    --------
    >>> import zermelo as zm
    >>> monday = zm.Comparisons(["x", "y"], ["y", "z"], [1, 0.5]).pair_counts()
    >>> tuesday = zm.Comparisons(["x", "w"], ["y", "z"], [1, 0]).pair_counts()
    >>> week = monday + tuesday
    >>> week
    PairCounts(4 items, 3 ordered pairs, 4 comparisons)
    >>> week.items[week.first].tolist(), week.win.tolist()
    (['w', 'x', 'y'], [0, 2, 0])
    """

    items: Array
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    columns: Mapping[str, Array]
    ordered: bool = True
    frame_backend: str | None = field(default=None)

    win = _Column(None, "Comparisons that the first won.")
    loss = _Column(None, "Comparisons that the first lost.")
    tie = _Column(None, "Ties.")
    win_weight = _Column("win", "Sum of the weights of wins.")
    loss_weight = _Column("loss", "Sum of the weights of losses.")
    tie_weight = _Column("tie", "Sum of the weights of ties.")
    win_weight_squared = _Column("win_weight", "Sum of the squared weights of wins.")
    loss_weight_squared = _Column("loss_weight", "Sum of the squared weights of losses.")
    tie_weight_squared = _Column("tie_weight", "Sum of the squared weights of ties.")
    fractional = _Column(None, "Comparisons with a fractional score.")
    fractional_weight = _Column("fractional", "Sum of their weights w.")
    fractional_weight_squared = _Column("fractional_weight", "Sum of w².")
    fractional_score = _Column(None, "Sum of w times the score y of the first.")
    fractional_score_weight_squared = _Column("fractional_score", "Sum of w² y.")
    fractional_score_squared_weight_squared = _Column(None, "Sum of w² y².")

    def __post_init__(self) -> None:
        check_pair_counts(self.items, self.first, self.second, self.columns)
        if self.frame_backend not in (None, *LIBRARIES):
            raise InputError(
                f"frame_backend must be None, {' or '.join(map(repr, LIBRARIES))}, but is "
                f"{self.frame_backend!r}"
            )
        object.__setattr__(self, "columns", canonical_columns(self.columns))
        self._freeze()

    @classmethod
    def _trusted(
        cls,
        items: Array,
        first: Array,
        second: Array,
        columns: Mapping[str, Array],
        ordered: bool,
        frame_backend: str | None,
    ) -> PairCounts:
        """Without the passes of the constructor, of arrays that the package made itself."""
        counts = object.__new__(cls)
        values = (items, first, second, columns, ordered, frame_backend)
        for place, value in zip(fields(cls), values, strict=True):
            object.__setattr__(counts, place.name, value)
        counts._freeze()
        return counts

    def _freeze(self) -> None:
        for name in ("items", "first", "second"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        columns = {name: _read_only(column) for name, column in self.columns.items()}
        object.__setattr__(self, "columns", MappingProxyType(columns))

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.items, self.first, self.second, dict(self.columns))
        return PairCounts._trusted, (*parts, self.ordered, self.frame_backend)

    @classmethod
    def _count(
        cls,
        items: Array,
        rows: tuple[Any, ...],
        *,
        ordered: bool,
        frame_backend: str | None,
        backend: Backend,
        threads: int,
    ) -> PairCounts:
        """Aggregate rows: codes a, b, outcome codes, and score, count and weight where given."""
        a, b, outcome, score, count, weight = rows
        n_items = len(items)
        if weight is not None and (weight == 1.0).all():
            weight = None
        columns: dict[str, Array] = {}
        if score is None and weight is None:
            first, second, win, loss, tie = backend.count_pairs(
                a, b, outcome, count, n_items, threads
            )
            columns = {"win": win, "loss": loss}
            if tie is not None and tie.any():
                columns["tie"] = tie
        else:
            first, second, n, sums = backend.sum_pairs(
                a, b, outcome, score, count, weight, n_items, threads
            )
            columns = sum_columns(n, sums, weight is not None)
        return cls._trusted(items, first, second, columns, ordered, frame_backend)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        a: str,
        b: str,
        outcome: str | None = None,
        *,
        outcomes: Outcomes | None = None,
        count: str | None = None,
        weight: str | None = None,
        soft: bool = False,
    ) -> PairCounts:
        """Counts aggregated by the frame's own engine, so that rows need not fit into memory.

        Parameters
        ----------
        frame : DuckDB relation, polars, pandas, pyarrow or other frame, eager or lazy
            Whatever narwhals accepts. Only one row a pair and outcome leaves the engine.
        a, b, outcome, count, weight : str
            Names of columns; their meanings are those of `Comparisons`.
        outcomes, soft
            As in `Comparisons`.

        Examples
        --------
        >>> import zermelo as zm
        >>> import pandas as pd
        >>> votes = pd.DataFrame({"left": ["x", "y"], "right": ["y", "z"], "won": ["left", "tie"]})
        >>> zm.PairCounts.from_frame(votes, "left", "right", "won")
        PairCounts(3 items, 2 ordered pairs, 2 comparisons)
        """
        from .aggregation import aggregate_frame

        return aggregate_frame(frame, a, b, outcome, outcomes, count, weight, soft)

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.items)

    @property
    def n_comparisons(self) -> int:
        """How many comparisons were counted."""
        return sum(int(self.columns[name].sum(dtype=np.uint64)) for name in self._counted)

    @property
    def has_ties(self) -> bool:
        """Whether any comparison was a tie."""
        return "tie" in self.columns

    @property
    def has_fractional(self) -> bool:
        """Whether any comparison has a fractional score."""
        return "fractional" in self.columns

    @property
    def weighted(self) -> bool:
        """Whether some weight is not 1."""
        return "win_weight" in self.columns

    @property
    def _counted(self) -> list[str]:
        return [name for name in OUTCOMES if name in self.columns]

    def comparisons_per_item(self) -> NDArray[np.int64]:
        """In how many comparisons each item took part, shape (n_items,)."""
        per_item = np.zeros(self.n_items, np.int64)
        total = sum(
            (self.columns[name].astype(np.int64) for name in self._counted),
            np.zeros(len(self), np.int64),
        )
        if int(total.sum()) < 1 << 53:  # exact in the float64 that bincount adds
            for side in (self.first, self.second):
                per_item += np.bincount(side, total, minlength=self.n_items).astype(np.int64)
        else:
            for side in (self.first, self.second):
                np.add.at(per_item, side, total)
        return per_item

    def select(self, mask: Any) -> PairCounts:
        """The pairs between the items where `mask`, bool of shape (n_items,), is True."""
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != (self.n_items,):
            raise InputError(
                f"mask must be bool of shape ({self.n_items},), but is {mask.dtype} of shape "
                f"{mask.shape}"
            )
        keep = mask[self.first] & mask[self.second]
        place = np.cumsum(mask, dtype=np.int32) - np.int32(1)
        columns = {name: column[keep] for name, column in self.columns.items()}
        return PairCounts._trusted(
            self.items[mask],
            place[self.first[keep]],
            place[self.second[keep]],
            canonical_columns(columns),
            self.ordered,
            self.frame_backend,
        )

    def __radd__(self, other: object) -> PairCounts:
        # sum() begins with 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __add__(self, other: object) -> PairCounts:
        if not isinstance(other, PairCounts):
            return NotImplemented
        items, places = merge_items(self.items, other.items)
        n_items = len(items)
        # Places keep the order of the items, so both lists of keys stay sorted.
        keys = [
            place[counts.first].astype(np.int64) * n_items + place[counts.second]
            for place, counts in zip(places, (self, other), strict=True)
        ]
        merged = np.concatenate(keys)
        merged.sort(kind="stable")  # merges two sorted runs in one pass
        merged = merged[np.concatenate([[True], merged[1:] != merged[:-1]])[: len(merged)]]
        rows = [np.searchsorted(merged, key) for key in keys]
        columns: dict[str, Array] = {}
        outcomes = [name for name in OUTCOMES if name in self.columns or name in other.columns]
        for name in stored_columns(outcomes, self.weighted or other.weighted):
            total = np.zeros(len(merged), np.uint64 if name in COUNTS else np.float64)
            for row, counts in zip(rows, (self, other), strict=True):
                total[row] += getattr(counts, name)
            columns[name] = total
        return PairCounts._trusted(
            items,
            (merged // n_items).astype(np.int32),
            (merged % n_items).astype(np.int32),
            canonical_columns(columns),
            self.ordered and other.ordered,
            self.frame_backend or other.frame_backend,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one .npz file, without pickle."""
        from .files import write_arrays  # with zipfile and json, only when used

        arrays = {"items": self.items, "first": self.first, "second": self.second}
        meta = {"ordered": self.ordered}
        write_arrays(path, FORMAT_KIND, FORMAT_VERSION, arrays | dict(self.columns), meta)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PairCounts:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            The file cannot be read, is truncated, is something else or is of a newer format.
        """
        from .files import read_arrays

        arrays, meta = read_arrays(path, FORMAT_KIND, FORMAT_VERSION)
        try:
            items, first, second = (arrays.pop(name) for name in ("items", "first", "second"))
            return cls(items, first, second, arrays, bool(meta.get("ordered", True)))
        except (KeyError, InputError) as error:
            missing = "it has no " if isinstance(error, KeyError) else ""
            raise InputError(f"{os.fspath(path)!r} is damaged: {missing}{error}") from error

    def __len__(self) -> int:
        return len(self.first)

    def __repr__(self) -> str:
        return (
            f"PairCounts({self.n_items:,} items, {len(self):,} ordered pairs, "
            f"{self.n_comparisons:,} comparisons)"
        )

    def _repr_html_(self) -> str:
        import html

        rows = range(min(10, len(self)))
        names = [name for name in ("win", "loss", "tie", "fractional") if name in self.columns]
        head = "".join(f"<th>{name}</th>" for name in ("first", "second", *names))
        body = ""
        for row in rows:
            labels = (self.items[self.first[row]], self.items[self.second[row]])
            cells = [html.escape(str(label)) for label in labels]
            cells += [f"{int(self.columns[name][row]):,}" for name in names]
            body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        caption = html.escape(repr(self)) + (", the first 10:" if len(self) > 10 else "")
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


def _read_only(array: Array) -> Array:
    # A view, so that the arrays of a caller stay writable; kernels need them contiguous.
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
