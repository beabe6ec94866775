"""The clusters of a fit's comparisons, and what each says about every pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._backends.threads import resolve_threads
from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import LOSS, WIN
from ..pair_columns import sum_columns
from ..pair_counts import PairCounts
from .clusters import UNIT, read_way
from .reweighting import weight_by_pair

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]
Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which cluster every row of `rows` belongs to; rows are comparisons, or counts of a pair."""

    rows: Comparisons | PairCounts
    code: Codes
    n: int

    @classmethod
    def of(cls, fit: BradleyTerryFit, cluster: Any) -> Clusters:
        """The clusters that `cluster` names, or gives row by row; None: those that are known."""
        if isinstance(cluster, tuple):
            raise InputError(
                "cluster must be one column for a bootstrap, which draws clusters of one kind, but "
                f"is a tuple of {len(cluster)}; covariances by two ways: kind='cluster'"
            )
        way = read_way(UNIT, cluster, fit.source, fit.model.backend, 1)
        if way.n_clusters < 2:
            raise InputError(
                f"unit='cluster' needs at least two clusters, but {way.name} has "
                f"{way.n_clusters}; cluster by another column"
            )
        assert fit.source is not None
        return cls(fit.source, way.code, way.n_clusters)

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
