"""Which comparisons belong together, and how much of the covariance that decides.

The cluster-robust covariance (Liang and Zeger 1986) takes the comparisons of a cluster (a judge, a
user, a prompt) as one observation: its meat is G / (G - 1) times the sum of the outer products of
the clusters' scores. Two ways of clustering at once take V1 + V2 - V12, the last by both together
(Cameron, Gelbach and Miller 2011).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..comparisons import Comparisons
from ..errors import InputError
from ..grouping import GROUPINGS, encode_groups
from ..pair_counts import PairCounts
from ..row_columns import read_groups
from .row_scores import CodedScores, Scores

Real = NDArray[np.float64]

# The columns that are clusters unless others are named.
DEFAULTS = ("cluster", "judge")
NO_ROWS = (
    "needs to know which comparisons belong together, but this fit has only their counts (it was "
    "made from PairCounts or by boards(), updated, or loaded from a file); fit Comparisons with a "
    'cluster, or their pair_counts(by="cluster"); boards(keep_rows=True) keeps the comparisons'
)
# Which argument asks for clusters, as messages name it.
KIND, UNIT = "kind='cluster'", "unit='cluster'"
# Names of items in a warning.
SHOWN = 3


class ClusterKind(str):
    """The kind "cluster" of a covariance, and by what its clusters are told apart.

    It passes for its name, so that whoever takes a kind need not know of clusters.
    """

    cluster: Any

    def __new__(cls, cluster: Any) -> ClusterKind:
        kind = super().__new__(cls, "cluster")
        kind.cluster = cluster
        return kind

    @property
    def key(self) -> Any:
        """What equal clusters share; None where they were given as labels."""
        ways = self.cluster if isinstance(self.cluster, tuple) else (self.cluster,)
        named = all(way is None or isinstance(way, str) for way in ways)
        return ("cluster", *ways) if named else None

    def is_like(self, other: ClusterKind) -> bool:
        """Whether both tell clusters apart alike."""
        return self is other or (self.key is not None and self.key == other.key)


def with_clusters(kind: Any, cluster: Any) -> Any:
    """`kind` with the clusters that were asked for."""
    if cluster is None:
        return kind
    if kind != "cluster":
        raise InputError(f"cluster= belongs to kind='cluster', but kind is {kind!r}")
    return ClusterKind(cluster)


def cluster_kind(kind: str) -> ClusterKind:
    return kind if isinstance(kind, ClusterKind) else ClusterKind(None)


@dataclass(frozen=True, eq=False)
class Way:
    """One way of putting comparisons into clusters: a name for messages, and a code a row."""

    name: str
    code: NDArray[np.int32]
    n_clusters: int

    @property
    def factor(self) -> float:
        return self.n_clusters / (self.n_clusters - 1.0)

    def within(self, used: NDArray[np.bool_]) -> Way:
        """Of the used rows alone, its clusters numbered anew."""
        code = self.code if used.all() else self.code[used]
        met = np.bincount(code, minlength=self.n_clusters) > 0
        n_clusters = int(met.sum())
        if n_clusters < self.n_clusters:
            code = (np.cumsum(met) - 1).astype(np.int32)[code]
        return Way(self.name, code, n_clusters)

    def check(self) -> Way:
        if self.n_clusters < 2:
            raise InputError(
                f"kind='cluster' needs at least two clusters, but {self.name} has "
                f"{self.n_clusters} among the comparisons that the fit uses; cluster by another "
                "column, or use kind='sandwich'"
            )
        return self

    def together(self, other: Way) -> Way:
        key = self.code.astype(np.int64) * other.n_clusters + other.code
        _, code = np.unique(key, return_inverse=True)
        return Way(f"{self.name} and {other.name}", code.astype(np.int32), int(code.max()) + 1)


@dataclass(frozen=True, eq=False)
class ClusterMeat:
    """The meat of a covariance by clusters, of items and extra parameters, (n + k, n + k)."""

    matrix: Real
    degrees_of_freedom: float
    two_way: bool

    def sandwich(self, covariance: Real) -> Real:
        """The covariance that was made with it; of two-way clusters its positive part."""
        return clipped(covariance) if self.two_way else covariance


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of the comparisons that a fit uses, in one way or two, and their scores."""

    ways: tuple[Way, ...]
    scores: Scores | CodedScores

    @classmethod
    def of(cls, ways: list[Way], scores: Scores | CodedScores, used: NDArray[np.bool_]) -> Clusters:
        """Of all rows, of which some are `used`."""
        kept = scores if used.all() else scores.take(np.flatnonzero(used))
        return cls(tuple(way.within(used).check() for way in ways), kept)

    @property
    def degrees_of_freedom(self) -> float:
        """One less than the number of clusters, of the smaller of two."""
        return min(way.n_clusters for way in self.ways) - 1.0

    @property
    def parts(self) -> list[tuple[Way, float]]:
        """The ways whose meats add up, with their factors."""
        if len(self.ways) == 1:
            return [(self.ways[0], self.ways[0].factor)]
        one, other = self.ways
        both = one.together(other)
        return [(one, one.factor), (other, other.factor), (both, -both.factor)]

    def meat(
        self, items: NDArray[Any], free: NDArray[np.bool_], engine: Backend, threads: int
    ) -> ClusterMeat:
        """Of all items, of which those that are `free` were estimated."""
        total: Real | float = 0.0
        for place, (way, factor) in enumerate(self.parts):
            offsets, scores = self.scores.grouped(way.code, way.n_clusters)
            matrix, occurs = engine.cluster_meat(
                offsets,
                scores.first,
                scores.second,
                scores.residual,
                scores.extra,
                len(items),
                threads,
            )
            if place < len(self.ways):
                _warn_of_single(way, items[free & (occurs == 1)].tolist())
            total = total + factor * matrix
        return ClusterMeat(np.asarray(total), self.degrees_of_freedom, len(self.ways) == 2)

    def spread(self, solution: Real, extra: Real | None = None) -> Real:
        """xᵀ meat x for every column of the solution, by items and `extra` parameters."""
        if len(self.ways) == 2:
            raise InputError(
                "two-way clusters need the whole covariance, which is too large for so many items; "
                "cluster one way, or fit fewer items: counts.select(mask)"
            )
        way, scores = self.ways[0], self.scores.whole()
        values = []
        for place, column in enumerate(solution.T):
            each = scores.residual * (column[scores.first] - column[scores.second])
            if extra is not None:
                each += scores.extra @ extra[:, place]
            values.append(way.factor * (np.bincount(way.code, each) ** 2).sum())
        return np.array(values)


def _warn_of_single(way: Way, items: list[Any]) -> None:
    if items:
        shown = ", ".join(map(repr, items[:SHOWN]))
        more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
        warnings.warn(
            f"{shown}{more} occur in only one cluster ({way.name}), from which no variance can be "
            "estimated: theirs is too small",
            UserWarning,
            stacklevel=2,
        )


def read_ways(
    cluster: Any, rows: Comparisons | PairCounts | None, backend: Backend, threads: int
) -> list[Way]:
    """The one or two ways that the `cluster` of a covariance asks for."""
    if not isinstance(cluster, tuple) or not isinstance(rows, Comparisons):
        return [read_way(KIND, cluster, rows, backend, threads)]
    if len(cluster) != 2:
        raise InputError(
            f"cluster must be one column, or a tuple of two for two-way clusters, but is a tuple "
            f"of {len(cluster)}"
        )
    return [read_way(KIND, way, rows, backend, threads) for way in cluster]


def read_way(
    asked: str, cluster: Any, rows: Comparisons | PairCounts | None, backend: Backend, threads: int
) -> Way:
    """The clusters that `cluster` names, or gives row by row; None: those that are known.

    `asked` is the argument that needs them.
    """
    if rows is None:
        raise InputError(f"{asked} {NO_ROWS}")
    if isinstance(rows, PairCounts):
        return _way_of_counts(asked, cluster, rows)
    return _way_of_rows(asked, cluster, rows, backend, threads)


def _way_of_counts(asked: str, cluster: Any, counts: PairCounts) -> Way:
    if counts.group is None or counts.groups is None or counts.by is None:
        raise InputError(f"{asked} {NO_ROWS}")
    if cluster is not None and not (isinstance(cluster, str) and cluster == counts.by):
        raise InputError(
            f"this fit's counts are grouped by {counts.by!r} alone, so that they have no other "
            "clusters; fit Comparisons for those"
        )
    return Way(counts.by, counts.group, len(counts.groups))


def _way_of_rows(
    asked: str, cluster: Any, rows: Comparisons, backend: Backend, threads: int
) -> Way:
    known = [name for name in GROUPINGS if getattr(rows, name) is not None]
    if cluster is None:
        cluster = next((name for name in DEFAULTS if name in known), None)
        if cluster is None:
            raise InputError(
                f"{asked} needs clusters, but the comparisons have neither a cluster nor a judge; "
                "make Comparisons with one of them, or pass cluster= here"
            )
    if isinstance(cluster, str):
        if cluster not in known:
            there = ", ".join(map(repr, known)) or "none"
            raise InputError(
                f"cluster={cluster!r} is not a column of the comparisons; those that can be "
                f"clustered by: {there}"
            )
        name, column = cluster, getattr(rows, cluster)
    else:
        try:
            length = len(cluster)
        except TypeError:
            raise InputError(
                "cluster must be the name of a column, or labels (one a row)"
                + (", or a tuple of two of these" if asked == KIND else "")
                + f", but is {cluster!r}"
            ) from None
        if length != len(rows):
            left_out = rows.n_self + rows.n_dropped
            raise InputError(
                f"Length of cluster ({length}) must match the comparisons ({len(rows)})"
                + (f"; {left_out} rows were left out of them: " if left_out else "; ")
                + (
                    "two ways are a tuple: cluster=('judge', 'cluster')"
                    if length == 2 and asked == KIND
                    else "Comparisons(cluster=...) keeps labels and rows together"
                )
            )
        name, column = "cluster", read_groups("cluster", cluster, len(rows))
    code, labels = encode_groups(name, column, backend, threads)
    return Way(name, code, len(labels))


def clipped(matrix: Real) -> Real:
    """The nearest positive semi-definite matrix: negative eigenvalues become zero."""
    import scipy.linalg

    values, vectors = scipy.linalg.eigh(matrix)
    if values[0] >= -1e-12 * math.fabs(values[-1]):
        return matrix
    positive = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(positive @ positive.T)
