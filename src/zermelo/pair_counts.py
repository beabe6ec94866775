"""PairCounts: what comparisons say about every ordered pair, mergeable and small."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends import Backend
from .checks import whole
from .columns import Array
from .errors import InputError
from .grouping import check_groups, count_rows, find_label, single_labels
from .labels import Codes
from .outcomes import Outcomes
from .pair_columns import OUTCOMES, StoredColumn, canonical_columns, check_pair_counts

FORMAT_KIND, FORMAT_VERSION = "pair counts", 1
LIBRARIES = ("pandas", "polars", "pyarrow")


@dataclass(frozen=True, eq=False, repr=False)
class PairCounts:
    """One row for every ordered pair (first shown, second shown): the sufficient statistics.

    Counted by a column (`Comparisons.pair_counts(by="cluster")`, say) there is one row for every
    pair of a group.

    Made by `Comparisons.pair_counts`, `PairCounts.from_frame` and `PairCounts.load`; `p + q`
    merges two, over different items too. The same comparisons give the same counts, in whatever
    parts and order they were counted; sums of weights and scores agree up to their last bits.

    The constructor takes the arrays below, where they come from elsewhere, and checks them.

    Attributes
    ----------
    items : ndarray of int64, or of object (str)
        Labels, sorted.
    first, second : ndarray of int32, shape (p,)
        Places in `items`; rows are sorted by (first, second), within each group.
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
    group : ndarray of int32, shape (p,), or None
        Places in `groups`, where the comparisons were counted by a column; rows are sorted by it.
    groups : ndarray, or None
        Labels of the groups, sorted.
    by : str or None
        The column's name.

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
    group: NDArray[np.int32] | None = field(default=None)
    groups: Array | None = field(default=None)
    by: str | None = field(default=None)

    win = StoredColumn(None, "Comparisons that the first won.")
    loss = StoredColumn(None, "Comparisons that the first lost.")
    tie = StoredColumn(None, "Ties.")
    win_weight = StoredColumn("win", "Sum of the weights of wins.")
    loss_weight = StoredColumn("loss", "Sum of the weights of losses.")
    tie_weight = StoredColumn("tie", "Sum of the weights of ties.")
    win_weight_squared = StoredColumn("win_weight", "Sum of the squared weights of wins.")
    loss_weight_squared = StoredColumn("loss_weight", "Sum of the squared weights of losses.")
    tie_weight_squared = StoredColumn("tie_weight", "Sum of the squared weights of ties.")
    fractional = StoredColumn(None, "Comparisons with a fractional score.")
    fractional_weight = StoredColumn("fractional", "Sum of their weights w.")
    fractional_weight_squared = StoredColumn("fractional_weight", "Sum of w².")
    fractional_score = StoredColumn(None, "Sum of w times the score y of the first.")
    fractional_score_weight_squared = StoredColumn("fractional_score", "Sum of w² y.")
    fractional_score_squared_weight_squared = StoredColumn(None, "Sum of w² y².")

    def __post_init__(self) -> None:
        if any(part is not None for part in (self.group, self.groups, self.by)):
            check_groups(self.group, self.groups, self.by)
        check_pair_counts(self.items, self.first, self.second, self.columns, self.group)
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
        *grouping: Any,
    ) -> PairCounts:
        """Without the passes of the constructor, of arrays that the package made itself.

        `grouping` is group, groups and by, or nothing.
        """
        counts = object.__new__(cls)
        values = (items, first, second, columns, ordered, frame_backend)
        values += grouping or (None, None, None)
        for place, value in zip(fields(cls), values, strict=True):
            object.__setattr__(counts, place.name, value)
        counts._freeze()
        return counts

    def _freeze(self) -> None:
        for name in ("items", "first", "second", "group", "groups"):
            if (array := getattr(self, name)) is not None:
                object.__setattr__(self, name, _read_only(array))
        columns = {name: _read_only(column) for name, column in self.columns.items()}
        object.__setattr__(self, "columns", MappingProxyType(columns))

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.items, self.first, self.second, dict(self.columns))
        grouping = (self.group, self.groups, self.by)
        return PairCounts._trusted, (*parts, self.ordered, self.frame_backend, *grouping)

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
        grouping: tuple[Codes, Array, str] | None = None,
    ) -> PairCounts:
        """Aggregate rows: codes a, b, outcome codes, and score, count and weight where given."""
        codes, labels, by = grouping or (None, None, None)
        n_groups = 1 if labels is None else len(labels)
        group, first, second, columns = count_rows(
            rows, codes, n_groups, len(items), backend, threads
        )
        return cls._trusted(
            items, first, second, columns, ordered, frame_backend, group, labels, by
        )

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
        by: str | None = None,
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
        by : str, optional
            Name of a column of labels: count every group by itself.

        Examples
        --------
        >>> import zermelo as zm
        >>> import pandas as pd
        >>> votes = pd.DataFrame({"left": ["x", "y"], "right": ["y", "z"], "won": ["left", "tie"]})
        >>> zm.PairCounts.from_frame(votes, "left", "right", "won")
        PairCounts(3 items, 2 ordered pairs, 2 comparisons)
        """
        from .aggregation import aggregate_frame

        return aggregate_frame(frame, a, b, outcome, outcomes, count, weight, soft, by)

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
        return self._rows(keep, self.items[mask], place)

    def _rows(self, keep: Any, items: Array, place: Codes, grouped: bool = True) -> PairCounts:
        """The rows of `keep` under other items, of which `place` has the codes."""
        columns = {name: column[keep] for name, column in self.columns.items()}
        group = self.group[keep] if grouped and self.group is not None else None
        return PairCounts._trusted(
            items,
            place[self.first[keep]],
            place[self.second[keep]],
            canonical_columns(columns),
            self.ordered,
            self.frame_backend,
            group,
            *((None, None) if group is None else (self.groups, self.by)),
        )

    def without(self, labels: Any) -> PairCounts:
        """The pairs between all items but these.

        Parameters
        ----------
        labels : sequence of labels
            Items to leave out; one that is not there is refused, with those that are close.

        Examples
        --------
        >>> import zermelo as zm
        >>> counts = zm.Comparisons(["x", "y", "z"], ["y", "z", "x"]).pair_counts()
        >>> counts.without(["z"])
        PairCounts(2 items, 1 ordered pairs, 1 comparisons)
        """
        mask = np.ones(self.n_items, bool)
        for label in single_labels("labels", labels):
            mask[find_label("labels", label, self.items, "item")] = False
        return self.select(mask)

    def with_at_least(self, min_comparisons: int) -> PairCounts:
        """The pairs between the items that took part in at least so many comparisons.

        All items are judged at once, by the counts as they are, which is how leaderboards do it:
        without the items that go, others may keep fewer. Only those that keep none go too.

        Parameters
        ----------
        min_comparisons : int
            0 and 1 leave out the items that were never compared.

        Examples
        --------
        >>> import zermelo as zm
        >>> counts = zm.Comparisons(["x", "y", "z"], ["y", "x", "x"]).pair_counts()
        >>> counts.with_at_least(2).items.tolist()
        ['x', 'y']
        """
        least = whole("min_comparisons", min_comparisons, 0, "a whole number of at least 0")
        n = self.comparisons_per_item()
        kept = self.select(n >= max(least, 1))
        if not ((n > 0) & (n < least)).any():
            return kept  # nobody lost an opponent
        idle = kept.comparisons_per_item() == 0
        return kept.select(~idle) if idle.any() else kept

    def of(self, label: Any) -> PairCounts:
        """The counts of one group, over the same `items` (some of which it may not compare).

        Parameters
        ----------
        label
            One of `groups`.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "y", "x"], ["y", "x", "z"], category=["a", "a", "b"])
        >>> counts = votes.pair_counts(by="category")
        >>> counts
        PairCounts(3 items, 3 ordered pairs, 3 comparisons, 2 groups by category)
        >>> counts.of("b")
        PairCounts(3 items, 1 ordered pairs, 1 comparisons)
        """
        if self.group is None or self.groups is None:
            raise InputError("the counts are not grouped; count with pair_counts(by=...)")
        code = find_label("label", label, self.groups, str(self.by))
        # In the codes' own type: any other would be a copy of all of them.
        begin, end = np.searchsorted(self.group, np.array([code, code + 1], np.int32))
        identity = np.arange(self.n_items, dtype=np.int32)
        return self._rows(slice(begin, end), self.items, identity, grouped=False)

    def merged(self) -> PairCounts:
        """The counts of all groups together; the same object where there are none.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "x"], ["y", "y"], cluster=[1, 2])
        >>> votes.pair_counts(by="cluster").merged()
        PairCounts(2 items, 1 ordered pairs, 2 comparisons)
        """
        if self.group is None:
            return self
        from .pair_merging import merge_groups_of

        return merge_groups_of(self)

    def __radd__(self, other: object) -> PairCounts:
        # sum() begins with 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __add__(self, other: object) -> PairCounts:
        if not isinstance(other, PairCounts):
            return NotImplemented
        from .pair_merging import merge

        return merge(self, other)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one .npz file, without pickle."""
        from .files import write_arrays  # with zipfile and json, only when used

        arrays = {"items": self.items, "first": self.first, "second": self.second}
        meta: dict[str, Any] = {"ordered": self.ordered}
        if self.group is not None and self.groups is not None:
            arrays |= {"group": self.group, "groups": self.groups}
            meta["by"] = self.by
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

        _, arrays, meta = read_arrays(path, {FORMAT_KIND: FORMAT_VERSION})
        try:
            items, first, second = (arrays.pop(name) for name in ("items", "first", "second"))
            group, groups = arrays.pop("group", None), arrays.pop("groups", None)
            ordered = bool(meta.get("ordered", True))
            return cls(items, first, second, arrays, ordered, None, group, groups, meta.get("by"))
        except (KeyError, InputError) as error:
            missing = "it has no " if isinstance(error, KeyError) else ""
            raise InputError(f"{os.fspath(path)!r} is damaged: {missing}{error}") from error

    def __len__(self) -> int:
        return len(self.first)

    def __repr__(self) -> str:
        return (
            f"PairCounts({self.n_items:,} items, {len(self):,} ordered pairs, "
            f"{self.n_comparisons:,} comparisons"
            + (f", {len(self.groups):,} groups by {self.by})" if self.groups is not None else ")")
        )

    def _repr_html_(self) -> str:
        import html

        rows = range(min(10, len(self)))
        names = [name for name in ("win", "loss", "tie", "fractional") if name in self.columns]
        by = [] if self.by is None else [html.escape(self.by)]
        head = "".join(f"<th>{name}</th>" for name in (*by, "first", "second", *names))
        body = ""
        for row in rows:
            labels = [self.items[self.first[row]], self.items[self.second[row]]]
            if self.group is not None and self.groups is not None:
                labels.insert(0, self.groups[self.group[row]])
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
