"""Boards: a leaderboard for every category of the same comparisons."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from ..checks import finite, flag, whole
from ..comparisons import Comparisons
from ..errors import InputError
from ..grouping import encode_groups, find_label, single_labels
from ..pair_counts import PairCounts
from .bradley_terry import bradley_terry
from .bradley_terry_fit import BradleyTerryFit
from .result import label_of
from .table import make_frame

# Categories in a message.
SHOWN = 8

Anchor = tuple[Any, float]
Reasons = Mapping[Any, str]


@dataclass(frozen=True, eq=False, repr=False)
class Boards(Mapping[Any, BradleyTerryFit]):
    """Category to fit, in the order of the categories' labels. Made by `boards`.

    Attributes
    ----------
    by : str
        The column that holds the categories.
    overall : BradleyTerryFit or None
        The fit to all comparisons, where it was asked for and exists.
    all_items : ndarray
        The items of all boards, sorted. (`items()` is the mapping's: categories and fits.)
    failed : mapping of category to str
        Categories that could not be rated, and why; a warning said so too.
    overall_failed : str or None
        Why there is no fit to all comparisons although it was asked for.
    left_out : mapping of category to mapping of item to str
        Items with too few comparisons in a category, and how many they had. Items that a fit
        itself leaves out are in its `unrated`.
    unanchored : tuple
        Categories in which the anchor is not rated: their ratings keep the mean of the scale and
        do not compare with those of the other boards; a warning said so too.
    """

    by: str
    all_items: NDArray[Any]
    overall: BradleyTerryFit | None
    failed: Reasons
    overall_failed: str | None
    left_out: Mapping[Any, Reasons]
    unanchored: tuple[Any, ...]
    _fits: Mapping[Any, BradleyTerryFit]
    _frame_backend: str | None

    def __getitem__(self, category: Any) -> BradleyTerryFit:
        label = label_of(category)
        if label not in self._fits and label in self.failed:
            raise KeyError(f"{label!r} could not be rated: {self.failed[label]}")
        if label not in self._fits:
            there = ", ".join(map(repr, list(self._fits)[:SHOWN]))
            raise KeyError(f"there is no board {label!r}; the first of {len(self)} are {there}")
        return self._fits[label]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._fits)

    def __len__(self) -> int:
        return len(self._fits)

    def __repr__(self) -> str:
        failed = f", {len(self.failed):,} failed" if self.failed else ""
        return f"Boards({len(self):,} by {self.by}, {len(self.all_items):,} items{failed})"

    def _repr_html_(self) -> str:
        import html

        head = "".join(
            f"<th>{html.escape(name)}</th>" for name in (self.by, "best", "items", "comparisons")
        )
        overall = [] if self.overall is None else [("overall", self.overall)]
        body = ""
        for label, fit in [*overall, *self._fits.items()]:
            best = fit.items[int(np.nanargmax(fit.ability))]
            cells = [html.escape(str(value)) for value in (label, best)]
            cells += [f"{int(fit.rated.sum()):,}", f"{int(fit.comparisons.sum()) // 2:,}"]
            body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        return (
            f"<p>{html.escape(repr(self))}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )

    @property
    def categories(self) -> tuple[Any, ...]:
        """The categories that were rated, sorted."""
        return tuple(self._fits)

    def to_frame(self, library: str | None = None) -> Any:
        """All boards under each other, with the category in the first column, best items first.

        Columns: `by`'s name, then those of `BradleyTerryFit.to_frame`. The overall board is not
        among them: `overall.to_frame()` has it.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "y", "x"], ["y", "x", "y"], category=["a", "a", "b"])
        >>> boards = zm.boards(votes, prior=1.0, overall=False)
        >>> boards.to_frame("pandas")[["category", "item", "rank"]].values.tolist()
        [['a', 'x', 1], ['a', 'y', 1], ['b', 'x', 1], ['b', 'y', 2]]
        """
        parts = [_ranked_columns(fit) for fit in self._fits.values()]
        names = list(dict.fromkeys(name for part in parts for name in part))
        sizes = [len(part["item"]) for part in parts]
        labels = np.array(list(self._fits))
        if labels.dtype.kind == "U":
            labels = labels.astype(object)
        columns = {self.by: np.repeat(labels, sizes)}
        for name in names:
            # Only `unrated` may be missing from a board: there nothing is unrated.
            columns[name] = np.concatenate(
                [
                    part[name] if name in part else np.full(size, "", object)
                    for part, size in zip(parts, sizes, strict=True)
                ]
            )
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)

    def ranks(self, library: str | None = None) -> Any:
        """Ranks as a table: a row an item, a column a category, 0 where the item is not rated.

        The overall ranks come first, where there are any, and order the rows. A category named as
        a column that is there already gets an underscore behind its name.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "y", "x"], ["y", "x", "y"], category=["a", "a", "b"])
        >>> zm.boards(votes, prior=1.0).ranks("pandas").values.tolist()
        [['x', 1, 1, 1], ['y', 2, 1, 2]]
        """
        columns: dict[str, NDArray[Any]] = {"item": self.all_items}
        boards = [] if self.overall is None else [("overall", self.overall)]
        for label, fit in [*boards, *self._fits.items()]:
            name = str(label)
            while name in columns:
                name += "_"
            ranks = np.zeros(len(self.all_items), np.int64)
            ranks[np.searchsorted(self.all_items, fit.items)] = fit.rank()
            columns[name] = ranks
        if self.overall is not None:
            first = columns["overall"]
            order = np.lexsort((first, first == 0))
            columns = {name: column[order] for name, column in columns.items()}
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def _ranked_columns(fit: BradleyTerryFit) -> dict[str, NDArray[Any]]:
    """The columns of a board's frame, best first."""
    columns = fit._columns()
    order = np.lexsort((columns["rank"], ~fit.rated))
    return {name: np.asarray(column)[order] for name, column in columns.items()}


def boards(
    data: Comparisons | PairCounts,
    by: Any = "category",
    *,
    min_comparisons: int = 0,
    drop: Any = (),
    overall: bool = True,
    anchor: Anchor | None = None,
    keep_rows: bool = False,
    **options: Any,
) -> Boards:
    """A board for every category: `bradley_terry` fitted to the comparisons of each.

    The comparisons are encoded and counted once, by category and pair, and then taken apart. A
    category that cannot be rated does not keep the others from being rated.

    Parameters
    ----------
    data : Comparisons or PairCounts
        PairCounts are grouped already (`Comparisons.pair_counts(by=...)`), by their own column.
    by : {"category", "cluster", "judge", "period"} or column of labels, shape (m,)
        What a board is made of.
    min_comparisons : int, default 0
        Items with fewer comparisons in a category are left out of its board. All items of a
        category are judged at once, by its counts as they are (`PairCounts.with_at_least`):
        without the items that go, others may keep fewer.
    drop : sequence of labels, optional
        Items to leave out of all boards, with their comparisons.
    overall : bool, default True
        Also fit all categories together, to `Boards.overall`.
    anchor : (item, rating), optional
        Shifts the ratings of each board so that this item gets this rating. A board in which it is
        not rated stays as it is, with a warning.
    keep_rows : bool, default False
        Fit each board to its rows and not to their counts, which takes more time and memory but
        knows their clusters: `boards["code"].interval(kind="cluster")`. Covariates, offsets,
        neutral rows and losses need rows anyway.
    **options
        Arguments of `bradley_terry`, the same for every board.

    Returns
    -------
    Boards
        A mapping from category to `BradleyTerryFit`.

    Raises
    ------
    InputError
        An argument cannot be used, or no category can be rated.

    Examples
    --------
    >>> import zermelo as zm
    >>> votes = zm.Comparisons(
    ...     ["x", "y", "x", "y", "x", "x"],
    ...     ["y", "x", "y", "x", "y", "y"],
    ...     category=["code", "code", "code", "talk", "talk", "talk"],
    ... )
    >>> boards = zm.boards(votes)
    >>> boards
    Boards(2 by category, 2 items)
    >>> round(boards["talk"].predict("x", "y"), 6), boards["code"].items[0]
    (0.666667, 'x')
    """
    least = whole("min_comparisons", min_comparisons, 0, "a whole number of at least 0")
    flag("overall", overall)
    name, everything, parts = _split(data, by, flag("keep_rows", keep_rows), options)
    items = everything.items
    dropped = np.zeros(len(items), bool)
    for label in single_labels("drop", drop):
        dropped[find_label("drop", label, items, "item")] = True
    rules = _Rules(items[dropped], least, _seat(anchor, items[~dropped]), options)

    whole_board = _rate("overall", everything, rules) if overall else _Rated()
    notes = list(whole_board.notes)
    rated: dict[Any, _Rated] = {}
    for label, part in parts:
        rated[label] = _rate(f"{name} {label!r}", part, rules)
        notes += rated[label].notes
    fits = {label: board.fit for label, board in rated.items() if board.fit is not None}
    failed = {label: board.error for label, board in rated.items() if board.error is not None}
    if not fits:
        label, error = next(iter(failed.items()))
        if len({str(other) for other in failed.values()}) == 1:
            raise error
        raise InputError(f"no board can be rated; {name} {label!r}, the first of them: {error}")
    for message, category in notes:
        warnings.warn(message, category, stacklevel=2)
    return Boards(
        name,
        items[~dropped],
        whole_board.fit,
        MappingProxyType({label: str(error) for label, error in failed.items()}),
        None if whole_board.error is None else str(whole_board.error),
        MappingProxyType(
            {label: board.left_out for label, board in rated.items() if board.left_out}
        ),
        tuple(label for label in fits if rated[label].unanchored),
        MappingProxyType(fits),
        data.frame_backend,
    )


@dataclass(frozen=True, eq=False)
class _Rules:
    """What holds for every board."""

    dropped: NDArray[Any]
    least: int
    seat: Anchor | None
    options: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class _Rated:
    """A board, or why there is none."""

    fit: BradleyTerryFit | None = None
    error: InputError | None = None
    left_out: Reasons = field(default_factory=dict)
    unanchored: bool = False
    notes: list[tuple[str, type[Warning]]] = field(default_factory=list)


def _rate(name: str, part: Comparisons | PairCounts, rules: _Rules) -> _Rated:
    """The fit of one board; what only this board's data is to blame for does not raise."""
    notes: list[tuple[str, type[Warning]]] = []
    left_out: dict[Any, str] = {}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            data, left_out = _enough(part, rules)
            fit = bradley_terry(data, **rules.options)
    except InputError as error:
        notes.append((f"{name} is not rated: {error}", UserWarning))
        return _Rated(None, error, left_out, False, notes)
    notes += [(f"{name}: {warning.message}", warning.category) for warning in caught]
    if rules.seat is None:
        return _Rated(fit, None, left_out, False, notes)
    item, _ = rules.seat
    place = np.flatnonzero(fit.items == item)
    if len(place) == 0 or np.isnan(fit.ability[place[0]]):
        notes.append(
            (
                f"{name}: the anchor {item!r} is not rated there, so that these ratings do not "
                "compare with those of other boards",
                UserWarning,
            )
        )
        return _Rated(fit, None, left_out, True, notes)
    return _Rated(fit.rescale(anchor=rules.seat), None, left_out, False, notes)


def _enough(
    part: Comparisons | PairCounts, rules: _Rules
) -> tuple[Comparisons | PairCounts, dict[Any, str]]:
    """The comparisons between items that are not dropped and have enough, and who has not."""
    counts = part.pair_counts() if isinstance(part, Comparisons) else part
    if len(rules.dropped):
        counts = counts.select(~np.isin(counts.items, rules.dropped))
    kept = counts.with_at_least(rules.least)
    n = counts.comparisons_per_item()
    gone = (n > 0) & ~np.isin(counts.items, kept.items)
    if kept.n_items < 2:
        raise InputError(
            "there are no comparisons"
            if not n.any()
            else f"min_comparisons={rules.least} leaves no two items that were compared (the most "
            f"comparisons any item has is {int(n.max()):,})"
        )
    left_out = {
        label: f"{many:,} comparison{'s' * (many > 1)}, fewer than {rules.least:,}"
        if many < rules.least
        else "compared only with items that are left out"
        for label, many in zip(counts.items[gone].tolist(), n[gone].tolist(), strict=True)
    }
    if isinstance(part, PairCounts):
        return kept, left_out
    inside = np.isin(part.items, kept.items)
    if inside.all():
        return part, left_out
    return part.select(inside[part.a] & inside[part.b]), left_out


def _split(
    data: object, by: Any, keep_rows: bool, options: Mapping[str, Any]
) -> tuple[str, Comparisons | PairCounts, Iterator[tuple[Any, Comparisons | PairCounts]]]:
    """The name of the grouping, everything, and every category's part of it."""
    if isinstance(data, Comparisons) and (keep_rows or _reads_rows(data, options)):
        name, column = data.grouping(by)
        codes, labels = encode_groups(name, column, resolve(None), 1)
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(labels)))
        pieces = zip(labels.tolist(), np.split(order, ends[:-1]), strict=True)
        return name, data, ((label, data.select(rows)) for label, rows in pieces)
    if isinstance(data, Comparisons):
        counting = {key: options[key] for key in ("threads", "backend") if key in options}
        data = data.pair_counts(by, **counting)
    elif not isinstance(data, PairCounts):
        raise InputError(f"data must be Comparisons or PairCounts, but is {type(data).__name__}")
    elif data.by is None:
        raise InputError(
            "data is PairCounts without groups; count with pair_counts(by=...), or give Comparisons"
        )
    elif keep_rows:
        raise InputError("keep_rows=True needs the rows, which PairCounts lack; give Comparisons")
    elif not isinstance(by, str) or by not in ("category", data.by):
        raise InputError(
            f"by must be {data.by!r}, by which the PairCounts are grouped, but is {by!r}"
        )
    grouped = data
    labels = [] if grouped.groups is None else grouped.groups.tolist()
    parts = ((label, grouped.of(label)) for label in labels)
    return str(grouped.by), grouped.merged(), parts


def _reads_rows(data: Comparisons, options: Mapping[str, Any]) -> bool:
    """Whether rows of one pair differ in more than their outcomes."""
    neutral = data.neutral is not None and bool(options.get("position_effect"))
    losses = options.get("loss", "plain") != "plain"
    return bool(options.get("covariates") or data.offset is not None or neutral or losses)


def _seat(anchor: Any, items: NDArray[Any]) -> Anchor | None:
    if anchor is None:
        return None
    try:
        item, rating = anchor
    except (TypeError, ValueError):
        raise InputError(f"anchor must be (item, rating), but is {anchor!r}") from None
    place = find_label("anchor", item, items, "item")
    return label_of(items[place]), finite("anchor's rating", rating)
