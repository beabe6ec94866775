"""The clusters of a fit's comparisons, and what each says about every pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .._backends.threads import resolve_threads
from ..columns import Array
from ..comparisons import Comparisons
from ..errors import InputError
from ..labels import encode_labels
from ..outcomes import LOSS, WIN
from ..pair_columns import sum_columns
from ..pair_counts import PairCounts
from ..row_columns import read_groups
from .reweighting import weight_by_pair

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]
Codes = NDArray[np.int32]

# Columns of Comparisons that may say what belongs together; the first that is there is taken.
COLUMNS = ("cluster", "judge", "period", "category")
DEFAULTS = ("cluster", "judge")
HINT = (
    "the bootstrap by cluster needs to know which comparisons belong together: fit Comparisons "
    'with cluster= (or judge=), or their pair_counts(by="cluster")'
)


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which cluster every row of `rows` belongs to; rows are comparisons, or counts of a pair."""

    rows: Comparisons | PairCounts
    code: Codes
    n: int

    @classmethod
    def of(cls, fit: BradleyTerryFit, cluster: Any) -> Clusters:
        """The clusters that `cluster` names, or gives row by row; None: those that are known."""
        source = fit.source
        group = getattr(source, "group", None)
        if isinstance(source, PairCounts) and group is not None:
            by, labels = getattr(source, "by", ""), getattr(source, "groups", ())
            if cluster is not None and not (isinstance(cluster, str) and cluster == by):
                raise InputError(
                    f"cluster must be None or {by!r}, by which the data was counted, but is "
                    f"{cluster!r}; to draw other clusters, fit Comparisons"
                )
            return cls(source, group, _at_least_two(by, labels, len(labels)))
        if not isinstance(source, Comparisons):
            raise InputError(HINT)
        name, column = _column(source, cluster)
        code, labels = _encode(name, column, fit.model.backend, 1)
        return cls(source, code, _at_least_two(name, labels, len(labels)))

    def sums(self, place: Codes, swapped: NDArray[np.bool_], fit: BradleyTerryFit) -> ClusterSums:
        """Sums of weights by outcome, of every place and cluster.

        `place` is where each row belongs, -1: nowhere; outcomes of rows that are `swapped` are
        those of the other item.
        """
        inside = np.flatnonzero(place >= 0)
        everything = len(inside) == len(place)

        def pick(column: Any) -> Any:
            return column if everything or column is None else column[inside]

        place, code, swapped = pick(place), pick(self.code), pick(swapped)
        rows, backend = self.rows, fit.model.backend
        if isinstance(rows, PairCounts):
            win, loss, tie = (
                pick(getattr(rows, f"{name}_weight")) for name in ("win", "loss", "tie")
            )
            score = pick(rows.fractional_score)
            rest = pick(rows.fractional_weight) - score
            win, loss = np.where(swapped, loss, win), np.where(swapped, win, loss)
            score, rest = np.where(swapped, rest, score), np.where(swapped, score, rest)
            return ClusterSums(place, code, win, loss, tie, score, rest)
        outcome, score = pick(rows.outcome), pick(rows.score)
        decided = (outcome == WIN) | (outcome == LOSS)
        outcome = np.where(swapped & decided, WIN + LOSS - outcome, outcome).astype(np.uint8)
        if score is not None:
            score = np.where(swapped, 1.0 - score, score)
        count, weight = pick(rows.count), pick(rows.weight)
        threads = resolve_threads(fit.options.get("threads"), len(rows))
        side = max(int(place.max(initial=0)) + 1, self.n)
        place, code = np.ascontiguousarray(place, np.int32), np.ascontiguousarray(code, np.int32)
        if score is None and weight is None:
            place, code, win, loss, tie = backend.count_pairs(
                place, code, outcome, count, side, threads
            )
            columns: dict[str, Any] = {"win": win, "loss": loss, "tie": tie}
        else:
            place, code, n, totals = backend.sum_pairs(
                place, code, outcome, score, count, weight, side, threads
            )
            columns = sum_columns(n, totals, weight is not None)
        nothing = np.zeros(len(place))

        def total(name: str) -> Real:
            column = columns.get(f"{name}_weight")
            column = columns.get(name) if column is None else column
            return nothing if column is None else column.astype(np.float64)

        score = columns.get("fractional_score", nothing)
        rest = total("fractional") - score
        return ClusterSums(place, code, total("win"), total("loss"), total("tie"), score, rest)


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """What clusters say about places: sums of weights by outcome; a place may occur repeatedly."""

    place: Codes
    code: Codes
    win: Real
    loss: Real
    tie: Real
    score: Real  # of fractional outcomes: what the first item gets, and
    rest: Real  # what the other one does

    def credits(self, tie_share: float) -> tuple[Real, Real]:
        """What the first and the second item are credited with."""
        half = tie_share * self.tie
        return self.win + self.score + half, self.loss + self.rest + half

    def take(self, chosen: NDArray[np.bool_]) -> ClusterSums:
        """Those that are `chosen`."""
        place, code = self.place[chosen], self.code[chosen]
        columns = (self.win, self.loss, self.tie, self.score, self.rest)
        return ClusterSums(place, code, *(column[chosen] for column in columns))


def _column(rows: Comparisons, cluster: Any) -> tuple[str, Array]:
    there = [name for name in COLUMNS if getattr(rows, name, None) is not None]
    if cluster is None:
        cluster = next((name for name in DEFAULTS if name in there), None)
        if cluster is None:
            raise InputError(HINT)
    if isinstance(cluster, str):
        if cluster not in there:
            known = ", ".join(map(repr, there)) if there else "none of those that may"
            raise InputError(
                f"cluster must name a column of the Comparisons that groups them ({known}), or "
                f"hold a label a row, but is {cluster!r}"
            )
        column: Array = getattr(rows, cluster)
        return cluster, column
    if isinstance(cluster, tuple) and all(isinstance(way, str) for way in cluster):
        raise InputError(
            f"the bootstrap draws clusters of one way, but cluster is {cluster!r}; draw by one of "
            "them, or use interval(kind='cluster', cluster=...), which takes two"
        )
    left_out = rows.n_self + rows.n_dropped
    try:
        return "cluster", read_groups("cluster", cluster, len(rows))
    except InputError as error:
        if left_out and "ength" in str(error):
            raise InputError(
                f"{error}, without the {left_out:,} rows that Comparisons left out; "
                "Comparisons(cluster=...) leaves out theirs"
            ) from error
        raise


def _encode(name: str, column: Array, backend: Backend, threads: int) -> tuple[Codes, Array]:
    if column.dtype.kind in "iuO":
        labels, (code,) = encode_labels({name: column}, backend, threads)
        return code, labels
    labels, places = np.unique(column, return_inverse=True)
    return places.astype(np.int32), labels


def _at_least_two(name: str, labels: Any, n: int) -> int:
    if n < 2:
        only = labels[0].item() if isinstance(labels[0], np.generic) else labels[0]
        raise InputError(
            f"{name} must tell at least two clusters apart, but is {only!r} in every row"
        )
    return n


def places_of(rows: Comparisons | PairCounts, n_items: int, keys: Any, ordered: bool) -> Codes:
    """Each row's place among the pairs with these sorted keys first * n_items + second, or -1.

    Where pairs are not `ordered` their lower item stands first.
    """
    first, second = _sides(rows)
    if not ordered:
        first, second = np.minimum(first, second), np.maximum(first, second)
    own = first.astype(np.int64)
    own *= n_items
    own += second
    if n_items * n_items <= max(1 << 20, len(own)):
        table = np.full(n_items * n_items, -1, np.int32)
        table[keys] = np.arange(len(keys), dtype=np.int32)
        return table[own]
    if not len(keys):
        return np.full(len(own), -1, np.int32)
    place = np.minimum(np.searchsorted(keys, own), len(keys) - 1).astype(np.int32)
    place[keys[place] != own] = -1
    return place


def _sides(rows: Comparisons | PairCounts) -> tuple[Codes, Codes]:
    return (rows.a, rows.b) if isinstance(rows, Comparisons) else (rows.first, rows.second)


def swapped_rows(rows: Comparisons | PairCounts) -> NDArray[np.bool_]:
    """Rows whose first item is the higher one."""
    first, second = _sides(rows)
    return np.asarray(first > second)


def pair_weights(fit: BradleyTerryFit, first: Codes, second: Codes) -> Real | None:
    """By how much reweighting multiplied the comparisons of these pairs; None: it did not."""
    if fit.options.get("reweight") is None:
        return None
    counts, _ = fit.require_data("bootstrap")
    return weight_by_pair(counts, int(fit.options["min_count"]))(first, second)
