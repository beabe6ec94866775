"""What a Bradley-Terry fit says of the covariance of its abilities: its methods about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..checks import whole
from ..errors import InputError
from .clusters import ClusterMeat, Clusters, cluster_kind, read_ways, with_clusters
from .quasi_variance import QuasiVariance, quasi_variances
from .questions import Questions
from .result import label_of
from .row_scores import Parameters, scores_of
from .uncertainty import (
    EXACT_BELOW,
    PROBES,
    Information,
    Interval,
    Kind,
    check_kind,
    information_solver,
    normal_quantile,
    quantile_of,
)

if TYPE_CHECKING:
    from .equality import EqualityTest

Real = NDArray[np.float64]


class FitCovariance(Questions):
    """Methods of `BradleyTerryFit`."""

    def covariance(self, kind: Kind = "sandwich", *, cluster: Any = None) -> Real:
        """Covariance matrix of the abilities, in the order of the items.

        Parameters
        ----------
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            The sandwich (Huber 1967; White 1982) holds where the model only approximates the
            truth, as with ties that count as half a win; Fisher's is the inverse information.
            "cluster" holds where comparisons of one judge, user or prompt resemble one another,
            too (Liang and Zeger 1986): a cluster counts as one observation, with the factor
            G / (G - 1) for G clusters, and intervals use Student's t on G - 1 degrees. It needs
            a fit of `Comparisons`, or of their counts by cluster.
        cluster : str, labels or tuple of two, optional
            With kind="cluster": a column of the comparisons ("cluster", "judge", "period" or
            "category"), or labels, one a comparison; None: the cluster, else the judge. A tuple
            of two clusters two ways (Cameron, Gelbach and Miller 2011), V1 + V2 - V12, of which
            the nearest positive semi-definite matrix is taken, on the degrees of the fewer
            clusters.

        Returns
        -------
        ndarray of float64, shape (n_items, n_items)
            In ability units squared, of the abilities as they are reported (centred, unless some
            are fixed). NaN for unrated items and between components rated separately.

        Raises
        ------
        InputError
            The fit was loaded without its data, or has more than 3,000 items: ask `interval` for
            the items, or differences, of interest. For kind="cluster" also: there are fewer than
            two clusters, or none are known.

        Warns
        -----
        UserWarning
            An item occurs in a single cluster, which says nothing of how clusters differ.

        Examples
        --------
        >>> import zermelo as zm
        >>> winner, loser = list("xyxzyzxy"), list("yxzxzyyz")
        >>> votes = zm.Comparisons(winner, loser, judge=list("aabbccdd"))
        >>> zm.bradley_terry(votes).covariance("cluster").round(3).diagonal().tolist()
        [0.136, 0.011, 0.136]
        """
        check_kind(kind)
        kind = with_clusters(kind, cluster)
        self._fit.require_data("covariance")
        if self.n_items > EXACT_BELOW:
            raise InputError(
                f"the covariance of {self.n_items:,} items is too large to compute whole (at most "
                f"{EXACT_BELOW:,}); interval(items=[...], reference=...) solves for single "
                "differences exactly, and interval() estimates all standard errors"
            )
        return self._covariance(kind, "covariance").copy()

    def _covariance(self, kind: Kind, what: str) -> Real:
        information = self._information(what)
        meat = self._cluster_meat(kind) if kind == "cluster" else None
        return self._remember_by_kind(
            "covariance", kind, lambda: information.covariance(kind, meat)
        )

    def _remember_by_kind(self, what: str, kind: Kind, compute: Callable[[], Real]) -> Real:
        """Remembers what belongs to a kind; clusters that were given as labels have no name."""
        key = cluster_kind(kind).key if kind == "cluster" else kind
        matrix: Real = compute() if key is None else self._remember((what, key), compute)
        return matrix

    def _parameters(self) -> Parameters:
        ability = np.nan_to_num(self._fit.model.ability)
        return Parameters(ability, self._fit.ties, 0.0, np.empty(0), False, np.empty(0))

    def _clusters(self, kind: Kind) -> Clusters:
        """The clusters of the comparisons that the fit used, and their scores."""
        fit, model = self._fit, self._fit.model
        ways = read_ways(cluster_kind(kind).cluster, fit.source, model.backend, model.threads)
        assert fit.source is not None
        reweighted = None
        if fit.options.get("reweight") is not None and fit.counts is not None:
            reweighted = fit.counts, int(fit.options["min_count"])
        scores, used = scores_of(fit.source, self._parameters(), reweighted)
        if model.component.any():  # unrated items are components of their own
            used &= model.component[scores.first] == model.component[scores.second]
        return Clusters.of(ways, scores, used)

    def _cluster_meat(self, kind: Kind) -> ClusterMeat:
        fit, model = self._fit, self._fit.model
        wanted = cluster_kind(kind)
        if (known := self._memo.get("clusters")) is not None and known[0].is_like(wanted):
            meat: ClusterMeat = known[1]
            return meat
        free = fit.rated & ~model.held & ~model.alone
        meat = self._clusters(kind).meat(fit.items, free, model.backend, model.threads)
        self._memo["clusters"] = wanted, meat
        return meat

    def _degrees_of_freedom(self, kind: Kind) -> float:
        """Of quantiles: infinite where they are the normal's."""
        return self._cluster_meat(kind).degrees_of_freedom if kind == "cluster" else math.inf

    def interval(
        self,
        level: float = 0.95,
        kind: Kind = "sandwich",
        reference: Any = None,
        *,
        cluster: Any = None,
        items: Any = None,
        seed: int = 0,
        probes: int = PROBES,
    ) -> Interval:
        """Confidence intervals of abilities, or of their differences to a reference item.

        Up to 3,000 items they are exact. Beyond, those of chosen `items` are exact (a sparse solve
        for each), and those of all items are estimated by random probes, with the error of each
        standard error in `relative_error`.

        Parameters
        ----------
        level : float, default 0.95
            Of each interval by itself.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            See `covariance`; "cluster" is for all items of at most 3,000, or for chosen `items`.
        reference : label, optional
            Report differences to this item.
        cluster : str, labels or tuple of two, optional
            See `covariance`.
        items : label or sequence of labels, optional
            The items wanted; None: all.
        seed, probes : int
            Of the estimate for more than 3,000 items.

        Returns
        -------
        Interval
            With `lower`, `upper` and `standard_error` in ability units, and the
            `degrees_of_freedom` of their quantile.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "x", "x", "y", "y", "z"], ["y", "y", "z", "z", "x", "x"])
        >>> fit = zm.bradley_terry(votes)
        >>> fit.interval(reference="z").upper.round(2).tolist()
        [3.4, 3.18, 0.0]
        """
        check_kind(kind)
        normal_quantile(level)  # refuses what is no level
        kind = with_clusters(kind, cluster)
        self._fit.require_data("interval")
        seed = whole("seed", seed, 0, "a whole number of at least 0")
        probes = whole("probes", probes, 8, "a whole number of at least 8")
        base = None if reference is None else self._place(reference, "reference")
        if base is not None and np.isnan(self.ability[base]):
            raise InputError(f"reference {reference!r} is not rated")
        places = np.arange(self.n_items) if items is None else self._places(items, "items")
        places = np.atleast_1d(places)
        variance, relative, degrees = self._variances(kind, base, places, items, seed, probes)
        variance = np.where(self._fit.model.alone[places], np.nan, variance)
        error = np.sqrt(variance)
        estimate = self.ability[places]
        if base is not None:
            estimate = estimate - self.ability[base]
            other = self._fit.model.component[places] != self._fit.model.component[base]
            estimate = np.where(other, np.nan, estimate)
        half = quantile_of(level, degrees) * error
        return Interval(
            self.items[places],
            estimate,
            estimate - half,
            estimate + half,
            error,
            relative,
            float(level),
            str(kind),
            label_of(self.items[base]) if base is not None else None,
            self.scale,
            self.frame_backend,
            degrees,
        )

    def _variances(
        self,
        kind: Kind,
        base: int | None,
        places: NDArray[np.intp],
        items: Any,
        seed: int,
        probes: int,
    ) -> tuple[Real, Real, float]:
        """Variances, their relative errors, and degrees of freedom."""
        exact = np.zeros(len(places))
        if self.n_items <= EXACT_BELOW:
            matrix = self._covariance(kind, "interval")
            variance = np.diag(matrix)[places]
            if base is not None:
                variance = variance + matrix[base, base] - 2.0 * matrix[places, base]
                variance = np.where(places == base, 0.0, variance)
            return np.maximum(variance, 0.0), exact, self._degrees_of_freedom(kind)
        information = self._information("interval")
        if items is not None:
            wanted = ~np.isnan(self.ability[places])
            if base is not None:
                wanted &= self._fit.model.component[places] == self._fit.model.component[base]
            variance = np.full(len(places), np.nan)
            clusters = self._clusters(kind) if kind == "cluster" else None
            variance[wanted] = information.contrast_variances(kind, places[wanted], base, clusters)
            return variance, exact, math.inf if clusters is None else clusters.degrees_of_freedom
        if kind == "cluster":
            raise InputError(
                f"kind='cluster' for all of {self.n_items:,} items is too much to compute (at most "
                f"{EXACT_BELOW:,}); interval(items=[...]) solves for those of interest"
            )
        estimated: tuple[Real, Real] = self._remember(
            ("probes", kind, base, seed, probes),
            lambda: information.estimated_variances(kind, base, seed, probes),
        )
        return *estimated, math.inf

    def equality_test(
        self, items: Any = None, *, kind: Kind = "sandwich", cluster: Any = None
    ) -> EqualityTest:
        """Wald test that items are equally able: of all their differences together.

        Parameters
        ----------
        items : sequence of labels, optional
            At least two; None: all that are rated.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            See `covariance`.
        cluster : str, labels or tuple of two, optional
            See `covariance`.

        Returns
        -------
        EqualityTest
            With `statistic`, `p_value` and `degrees_of_freedom`.

        Raises
        ------
        InputError
            There are more differences than the clusters can tell apart (one less than the number
            of clusters, of the smaller of two), an item is not rated, or as for `covariance`.

        References
        ----------
        Hotelling 1931, Annals of Mathematical Statistics 2:360, for clusters.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(list("xyyzxz"), list("yxzyzx"), count=[60, 40, 55, 45, 70, 30])
        >>> zm.bradley_terry(votes).equality_test()
        EqualityTest(3 items, statistic 20.21 of 2 differences, p=4.1e-05, sandwich)
        """
        from .equality import equality_test

        check_kind(kind)
        self._fit.require_data("equality_test")
        return equality_test(self._fit, items, with_clusters(kind, cluster))

    def quasi_variance(self, kind: Kind = "sandwich", *, cluster: Any = None) -> QuasiVariance:
        """Variances for plots: any two items' add up to the variance of their difference, nearly.

        Parameters
        ----------
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            See `covariance`.
        cluster : str, labels or tuple of two, optional
            See `covariance`.

        Raises
        ------
        InputError
            Fewer than three items are rated, some are fixed, components were rated separately, or
            as for `covariance`.

        References
        ----------
        Firth and de Menezes 2004, Biometrika 91:65.
        """
        matrix = self.covariance(kind, cluster=cluster)
        rated = self.rated
        if rated.sum() < 3:
            raise InputError("quasi-variances need at least three rated items")
        if self._fit.model.held.any() or np.isnan(matrix[np.ix_(rated, rated)]).any():
            raise InputError("quasi-variances need all abilities estimated on one scale")
        variance = np.full(self.n_items, np.nan)
        variance[rated], worst = quasi_variances(matrix[np.ix_(rated, rated)])
        return QuasiVariance(self.items, variance, worst)

    def _information(self, what: str) -> Information:
        counts, graph = self._fit.require_data(what)
        model = self._fit.model
        rated = self.rated
        solve = information_solver(
            model.backend,
            graph.arrays,
            np.nan_to_num(model.ability),
            model.held | model.alone | ~rated,
            model.floating,
            model.prior,
            model.threads,
            what,
        )
        return Information(
            counts,
            model.ability,
            model.ties,
            model.prior,
            rated & ~model.held & ~model.alone,
            model.component,
            model.centre,
            int(model.floating.max(initial=-1)) >= 0,
            solve,
            model.backend,
            model.threads,
        )
