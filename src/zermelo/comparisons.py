"""Comparisons: validated rows, in their order, with labels as codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends import resolve
from ._backends.threads import resolve_threads
from .checks import choice
from .columns import Array, check_length, library_of, read_columns
from .dropping import drop_rows
from .errors import InputError
from .features import read_named_features
from .grouping import GROUPINGS, encode_groups
from .labels import encode_labels
from .outcomes import FRACTIONAL, WIN, Outcomes, Scored, Sides, check_options, read_outcomes
from .pair_counts import PairCounts
from .row_columns import (
    read_count,
    read_flags,
    read_groups,
    read_numbers,
    read_weight,
)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Comparisons:
    """Pairwise comparisons: votes, games or verdicts, one a row.

    Parameters
    ----------
    a, b : column of labels, shape (m,)
        The items compared: str or whole numbers, as a list, a NumPy array, or a pandas, polars or
        Arrow column (categorical and dictionary too). `a` was shown first, or played at home.
    outcome : column, shape (m,), optional
        Score of `a`: 1 win, 0 loss, 0.5 tie, or any probability in [0, 1]; or bool (`a` won); or
        labels without regard to case: model_a/model_b/tie/both_bad/"tie (bothbad)",
        left/right/tie, a/b/draw, first/second, home/away, win/loss/draw; or the winner's own
        label. None: `a` won every row, and no order is implied.
    outcomes : dict of label to score or None, optional
        More outcome labels, before the known ones; None as a score drops the rows.
    count : column of whole numbers, optional
        How many identical comparisons a row stands for (a frequency).
    weight : column of non-negative numbers, optional
        How much a comparison matters (an importance).
    judge, cluster : column of labels, optional
        Who judged, and what belongs together (a prompt, a user).
    time, period : column of numbers, times or labels, optional
        When it happened, and the rating period.
    category : column of labels, optional
        What was compared about (coding, a language): `boards` rates each by itself.
    margin : column of numbers, optional
        How clearly it was won (points, strength).
    neutral : column of bool, optional
        Rows without a first position (a neutral ground).
    offset : column of numbers, optional
        Known log-odds added for `a`.
    features : array of shape (m, f), frame, or dict of name to column, optional
        What `a` has more than `b`. The columns of a frame (pandas, polars, pyarrow) and of a dict
        keep their names, which fits show.
    soft : bool, default False
        Take 0.5 as a probability of one half and not as a tie.

    Attributes
    ----------
    items : ndarray of int64, or of object (str)
        The labels that occur, sorted.
    a, b : ndarray of int32, shape (m,)
        Codes: places in `items`.
    outcome : ndarray of uint8, shape (m,)
        0 `a` lost, 1 `a` won, 2 tie, 3 fractional.
    score : ndarray of float64, shape (m,), or None
        Scores of `a`; only kept where some row is fractional.
    ordered : bool
        False where no outcome was given: "`a` won" says nothing about who was shown first.
    n_self, n_dropped : int
        Rows left out: an item against itself (a warning says so), and outcomes mapped to None.
    feature_names : tuple of str, or None
        A name a feature: "feature 0" and so on where they had none.
    frame_backend : {"pandas", "polars", "pyarrow"} or None
        The frame library that the labels came from.

    Raises
    ------
    InputError
        A column cannot be used as given; the message names the argument, the row and the value.

    Examples
    --------
    >>> import zermelo as zm
    >>> c = zm.Comparisons(["x", "y", "x"], ["y", "z", "z"], ["left", "tie", "left"])
    >>> c
    Comparisons(3 rows, 3 items)
    >>> c.items.tolist(), c.outcome.tolist()
    (['x', 'y', 'z'], [1, 2, 1])
    """

    items: Array
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    outcome: NDArray[np.uint8]
    score: NDArray[np.float64] | None
    count: NDArray[np.int64] | None
    weight: NDArray[np.float64] | None
    judge: Array | None
    cluster: Array | None
    time: Array | None
    period: Array | None
    category: Array | None
    margin: NDArray[np.float64] | None
    neutral: NDArray[np.bool_] | None
    offset: NDArray[np.float64] | None
    features: NDArray[np.float64] | None
    feature_names: tuple[str, ...] | None
    ordered: bool
    n_self: int
    n_dropped: int
    frame_backend: str | None

    def __init__(
        self,
        a: Any,
        b: Any,
        outcome: Any = None,
        *,
        outcomes: Outcomes | None = None,
        count: Any = None,
        weight: Any = None,
        judge: Any = None,
        cluster: Any = None,
        time: Any = None,
        period: Any = None,
        category: Any = None,
        margin: Any = None,
        neutral: Any = None,
        offset: Any = None,
        features: Any = None,
        soft: bool = False,
    ) -> None:
        check_options(outcome, outcomes, soft)
        read = read_columns({"a": a, "b": b} | ({} if outcome is None else {"outcome": outcome}))
        rows = len(read["a"])
        check_length("b", len(read["b"]), "a", rows)
        if rows == 0:
            raise InputError("a is empty: there is nothing to compare")
        backend = resolve(None)
        threads = resolve_threads(None, rows)
        items, (first, second) = encode_labels({"a": read["a"], "b": read["b"]}, backend, threads)
        if outcome is None:
            scored = Scored(np.full(rows, WIN, np.uint8), None, None)
        else:
            check_length("outcome", len(read["outcome"]), "a", rows)
            sides = Sides(items, first, second)
            scored = read_outcomes(
                "outcome", read["outcome"], outcomes, soft, backend, threads, sides
            )
        optional = {
            "count": (read_count, count),
            "weight": (read_weight, weight),
            "judge": (read_groups, judge),
            "cluster": (read_groups, cluster),
            "time": (read_groups, time),
            "period": (read_groups, period),
            "category": (read_groups, category),
            "margin": (read_numbers, margin),
            "neutral": (read_flags, neutral),
            "offset": (read_numbers, offset),
        }
        columns: dict[str, Any] = {"a": first, "b": second, "outcome": scored.code}
        columns["score"] = scored.score
        for name, (reader, values) in optional.items():
            columns[name] = None if values is None else reader(name, values, rows)
        columns["features"], feature_names = read_named_features(features, rows)
        items, n_self, n_dropped = drop_rows(items, columns, scored.keep, backend, threads)
        if columns["score"] is not None and not (columns["outcome"] == FRACTIONAL).any():
            columns["score"] = None
        columns |= {
            "items": items,
            "feature_names": feature_names,
            "ordered": outcome is not None,
            "n_self": n_self,
            "n_dropped": n_dropped,
            "frame_backend": library_of(a),
        }
        self._set(columns)

    def _set(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value = value.view()
                value.flags.writeable = False
            object.__setattr__(self, name, value)

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
        judge: str | None = None,
        cluster: str | None = None,
        time: str | None = None,
        period: str | None = None,
        category: str | None = None,
        margin: str | None = None,
        neutral: str | None = None,
        offset: str | None = None,
        features: Sequence[str | tuple[str, str]] | None = None,
        soft: bool = False,
    ) -> Comparisons:
        """Comparisons from the columns of a frame.

        Parameters
        ----------
        frame : pandas, polars, pyarrow, DuckDB or other frame, eager or lazy
            Whatever narwhals accepts; of a lazy one only the columns that are needed are collected.
        a, b, outcome, count, weight, judge, cluster, time, period, category, margin : str
        neutral, offset : str
            Names of columns; their meanings are those of `Comparisons`.
        features : sequence of str or (str, str), optional
            Columns that say what `a` has more than `b`, or pairs of columns, one for `a` and one
            for `b`, whose difference says so. They are named after the columns.
        outcomes, soft
            As in `Comparisons`.

        Examples
        --------
        >>> import zermelo as zm
        >>> import pandas as pd
        >>> votes = pd.DataFrame({"left": ["x", "y"], "right": ["y", "z"], "won": ["left", "tie"]})
        >>> zm.Comparisons.from_frame(votes, "left", "right", "won")
        Comparisons(2 rows, 3 items)
        """
        from .frames import read_frame

        named = {
            "a": a,
            "b": b,
            "outcome": outcome,
            "count": count,
            "weight": weight,
            "judge": judge,
            "cluster": cluster,
            "time": time,
            "period": period,
            "category": category,
            "margin": margin,
            "neutral": neutral,
            "offset": offset,
        }
        columns, matrix = read_frame(frame, named, features)
        return cls(
            columns.pop("a"),
            columns.pop("b"),
            columns.pop("outcome", None),
            outcomes=outcomes,
            features=matrix,
            soft=soft,
            **columns,
        )

    @classmethod
    def of_codes(
        cls,
        items: Array,
        a: NDArray[np.int32],
        b: NDArray[np.int32],
        outcome: NDArray[np.uint8],
        **columns: Array,
    ) -> Comparisons:
        """Rows that are right by construction: codes are places in `items`, in any order.

        Parameters
        ----------
        items : ndarray, shape (n,)
            Different labels, of which not all need occur.
        a, b, outcome : ndarray, shape (m,)
            As the attributes of these names.
        **columns
            The others, as they are kept.
        """
        order = np.argsort(items, kind="stable")
        place = np.empty(len(items), np.int32)
        place[order] = np.arange(len(items), dtype=np.int32)
        rows = object.__new__(cls)
        values: dict[str, Any] = {field.name: None for field in fields(cls)}
        values |= {"items": items[order], "a": place[a], "b": place[b], "outcome": outcome}
        values |= {"ordered": True, "n_self": 0, "n_dropped": 0} | columns
        rows._set(values)
        return rows.select(np.arange(len(a)))

    @property
    def n_items(self) -> int:
        """How many items occur."""
        return len(self.items)

    def __len__(self) -> int:
        return len(self.a)

    def __repr__(self) -> str:
        carried = [name for name in _CARRIED if getattr(self, name) is not None]
        extra = f" with {', '.join(carried)}" if carried else ""
        return f"Comparisons({len(self):,} rows, {self.n_items:,} items{extra})"

    def pair_counts(
        self, by: Any = None, *, threads: int | None = None, backend: str | None = None
    ) -> PairCounts:
        """Counts and sums for every ordered pair, all that a Bradley-Terry fit needs.

        Parameters
        ----------
        by : {"cluster", "judge", "period", "category"} or column of labels, shape (m,), optional
            Count every group by itself: a row is then a pair of a group.
        threads : int, optional
            Threads to use; None: what the machine allows. The result does not depend on it.
        backend : {"cpp", "numba"}, optional
            Who counts; None: the fastest there is.

        Examples
        --------
        >>> import zermelo as zm
        >>> zm.Comparisons(["x", "y", "x"], ["y", "x", "y"]).pair_counts()
        PairCounts(2 items, 2 ordered pairs, 3 comparisons)
        >>> votes = zm.Comparisons(["x", "y", "x"], ["y", "x", "y"], judge=["u", "u", "v"])
        >>> counts = votes.pair_counts(by="judge")
        >>> counts.groups[counts.group].tolist(), counts.win.tolist()
        (['u', 'u', 'v'], [1, 1, 1])
        """
        engine, used_threads = resolve(backend), resolve_threads(threads, len(self))
        grouping = None
        if by is not None:
            name, column = self.grouping(by)
            grouping = (*encode_groups(name, column, engine, used_threads), name)
        return PairCounts._count(
            self.items,
            (self.a, self.b, self.outcome, self.score, self.count, self.weight),
            ordered=self.ordered,
            frame_backend=self.frame_backend,
            backend=engine,
            threads=used_threads,
            grouping=grouping,
        )

    def select(self, rows: Any) -> Comparisons:
        """The rows where a bool of shape (m,) is True, or at these places, and their items.

        Parameters
        ----------
        rows : ndarray of bool, shape (m,), or of int
            A mask, or places of rows.

        Examples
        --------
        >>> import numpy as np
        >>> import zermelo as zm
        >>> c = zm.Comparisons(["x", "y", "z"], ["y", "z", "x"])
        >>> c.select(np.array([True, False, False]))
        Comparisons(1 rows, 2 items)
        """
        index = np.asarray(rows)
        if index.ndim != 1 or index.dtype.kind not in "bi":
            raise InputError("rows must be one-dimensional, of bool or whole numbers")
        if index.dtype == bool:
            check_length("rows", len(index), "a", len(self))
        elif len(index) and (index.min() < 0 or index.max() >= len(self)):
            raise InputError(f"rows must hold places from 0 to {len(self) - 1}")
        chosen = object.__new__(Comparisons)
        values = {place.name: getattr(self, place.name) for place in fields(self)}
        for name in ("a", "b", "outcome", "score", *_CARRIED):
            if values[name] is not None:
                values[name] = values[name][index]
        occurs = np.zeros(self.n_items, bool)
        occurs[values["a"]] = occurs[values["b"]] = True
        place_of = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
        values["items"] = self.items[occurs]
        for name in ("a", "b"):
            values[name] = place_of[values[name]]
        if values["score"] is not None and not (values["outcome"] == FRACTIONAL).any():
            values["score"] = None
        chosen._set(values)
        return chosen

    def grouping(self, by: Any) -> tuple[str, Array]:
        """Name and values of what rows are grouped by: a column that is here, or one given."""
        if not isinstance(by, str):
            return "group", read_groups("by", by, len(self))
        choice("by", by, GROUPINGS)
        column: Array | None = getattr(self, by)
        if column is None:
            there = [repr(name) for name in GROUPINGS if getattr(self, name) is not None]
            has = f"; they have {', '.join(there)}" if there else ""
            raise InputError(
                f"by={by!r}, but the comparisons have no {by}; give it as Comparisons({by}=...)"
                f"{has}"
            )
        return by, column


_CARRIED = (
    "count",
    "weight",
    "judge",
    "cluster",
    "time",
    "period",
    "category",
    "margin",
    "neutral",
    "offset",
    "features",
)
