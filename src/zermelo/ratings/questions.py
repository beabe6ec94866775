"""What is asked of a fit once it is there; each answer is in a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..pair_counts import PairCounts
from .clusters import with_clusters
from .result import RatingResult

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .bootstrap import Progress, Unit
    from .bootstrap_result import Bootstrap
    from .bradley_terry_fit import BradleyTerryFit
    from .compare import Adjust, Differences
    from .goodness import Deviance, PairResiduals
    from .letters import Letters
    from .rank_interval import RankInterval
    from .tiers import Tiers
    from .top import TopProbability
    from .uncertainty import Kind
    from .votes_needed import Allocation


class Questions(RatingResult):
    """Methods of `BradleyTerryFit`. The modules that answer load when they are asked."""

    @property
    def _fit(self) -> BradleyTerryFit:
        return cast("BradleyTerryFit", self)

    def bootstrap(
        self,
        replicates: int = 1000,
        *,
        unit: Unit = "comparison",
        cluster: Any = None,
        seed: int = 0,
        executor: Executor | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        tol: float = 1e-6,
    ) -> Bootstrap:
        """Abilities of resampled data: each replicate draws as much with replacement, and refits.

        Parameters
        ----------
        replicates : int, default 1000
            How many data sets to draw.
        unit : {"comparison", "cluster"}, default "comparison"
            What is drawn: as many comparisons as there are, or as many whole clusters, which holds
            where the comparisons of a judge, a user or a prompt resemble one another.
        cluster : str, or column of labels, shape (m,), optional
            The column of the Comparisons that tells clusters apart, or the labels themselves;
            None: "cluster", else "judge". A fit of counts needs `pair_counts(by="cluster")`.
        seed : int, default 0
            The same seed gives the same replicates, whatever the threads, the executor and the
            number of replicates.
        executor : concurrent.futures.Executor, optional
            Runs blocks of replicates, each on one thread unless `threads` says more.
        threads : int, optional
            None: what affinity and the control group's quota allow.
        progress : callable(done, total), optional
            Called as replicates are finished, on the calling thread.
        tol : float, default 1e-6
            A replicate's last step is at most this, in ability units.

        Returns
        -------
        Bootstrap
            With `ability`, shape (replicates, n_items), `covariance`, `standard_error` and
            `interval`. A replicate without a maximum is counted in `n_failed`. Of a fit with ties,
            a position effect or covariates a `JointBootstrap`, which has `effects` too.

        Raises
        ------
        InputError
            The fit was loaded without its data; by comparison: fractional outcomes, or weights that
            differ within a pair's outcome; by cluster: clusters are not known, or fewer than two;
            or an argument cannot be used.

        References
        ----------
        Efron 1979, Ann. Statist. 7:1. Field and Welsh 2007, J. R. Statist. Soc. B 69:369, of
        clusters.

        Examples
        --------
        >>> import zermelo as zm
        >>> winner, loser = ["x", "y", "x", "z", "y", "z"], ["y", "x", "z", "x", "z", "y"]
        >>> votes = zm.Comparisons(winner, loser, count=[60, 40, 70, 30, 55, 45])
        >>> zm.bradley_terry(votes).bootstrap(200, seed=1)
        Bootstrap(200 replicates, 3 items, by comparison, seed 1)
        """
        from .bootstrap import bootstrap

        return bootstrap(
            self._fit,
            replicates,
            unit=unit,
            cluster=cluster,
            seed=seed,
            executor=executor,
            threads=threads,
            progress=progress,
            tol=tol,
        )

    def rank_interval(
        self,
        level: float = 0.95,
        *,
        kind: Kind = "sandwich",
        cluster: Any = None,
        simultaneous: bool = True,
        draws: int = 10_000,
        seed: int = 0,
        bootstrap: Any = None,
    ) -> RankInterval:
        """Confidence intervals of ranks, from which items differ significantly.

        An item's best rank is one more than the number of items significantly better, its worst
        the number of items less those significantly worse. Differences are significant where they
        exceed the `level` quantile of the largest studentised difference, found by draws. Pairs
        whose order is settled then count in the open direction only, which lowers the quantile and
        may settle more (the step-down of Romano and Wolf 2005, over all statements "i is not
        better than j": the rank intervals are right where no true one of them is rejected).

        Parameters
        ----------
        level : float, default 0.95
            Of all intervals at once, or of each by itself.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            The covariance; see `covariance`.
        cluster : str, labels or tuple of two, optional
            With kind="cluster": see `covariance`.
        simultaneous : bool, default True
            Whether all intervals hold together; False: each by itself, for whoever looks at one
            item that was chosen beforehand.
        draws, seed : int
            Gaussian draws with the covariance.
        bootstrap : Bootstrap, or array of shape (replicates, n_items), optional
            Replicates to take instead; the covariance then only studentises.

        Raises
        ------
        InputError
            An argument cannot be used, the fit has more than 3,000 items or was loaded without its
            data, or its components were rated separately.

        References
        ----------
        Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91:476. Romano and
        Wolf 2005, JASA 100:94.

        Examples
        --------
        >>> import zermelo as zm
        >>> winner, loser = ["x", "y", "y", "z", "x", "z"], ["y", "x", "z", "y", "z", "x"]
        >>> votes = zm.Comparisons(winner, loser, count=[90, 10, 80, 20, 95, 5])
        >>> zm.bradley_terry(votes).rank_interval().upper.tolist()
        [1, 2, 3]
        """
        from .rank_interval import rank_interval

        return rank_interval(
            self._fit,
            level,
            kind=with_clusters(kind, cluster),
            simultaneous=simultaneous,
            draws=draws,
            seed=seed,
            bootstrap=bootstrap,
        )

    def lmarena_rank(
        self, level: float = 0.95, *, kind: Kind = "sandwich", cluster: Any = None
    ) -> NDArray[np.int64]:
        """LMArena's rank: one more than the number of items whose interval lies above this item's.

        Shape (n_items,), 0 where unrated. The intervals are each item's own and hold one by one.
        That they do not overlap is more than a single difference needs, and less than all at once
        do: on a board of many items some are ranked below others that are no better.
        `rank_interval` bounds that.
        """
        from .rank_interval import lmarena_rank

        return lmarena_rank(self._fit, level, kind=with_clusters(kind, cluster))

    def top_probability(
        self,
        k: int = 1,
        *,
        kind: Kind = "sandwich",
        cluster: Any = None,
        draws: int = 100_000,
        seed: int = 0,
    ) -> TopProbability:
        """Probability that each item is among the best `k`.

        The share of draws from N(ability, covariance) in which it is: approximately its posterior
        probability under a flat prior on the abilities. Equal draws share a place evenly.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "y"], ["y", "x"], count=[90, 10])
        >>> zm.bradley_terry(votes).top_probability().probability.round(3).tolist()
        [1.0, 0.0]
        """
        from .top import top_probability

        return top_probability(
            self._fit, k, kind=with_clusters(kind, cluster), draws=draws, seed=seed
        )

    def tiers(
        self,
        level: float = 0.95,
        *,
        kind: Kind = "sandwich",
        cluster: Any = None,
        draws: int = 10_000,
        seed: int = 0,
    ) -> Tiers:
        """Tiers of items, as a step-down from the best.

        The first tier is every item that may be the best (Hsu 1984, Annals of Statistics 12:1136);
        the next is found in the same way among the rest.
        """
        from .tiers import tiers

        return tiers(self._fit, level, kind=with_clusters(kind, cluster), draws=draws, seed=seed)

    def letters(
        self,
        level: float = 0.95,
        *,
        adjust: Adjust = "max-t",
        kind: Kind = "sandwich",
        cluster: Any = None,
        draws: int = 10_000,
        seed: int = 0,
    ) -> Letters:
        """A compact letter display: two items share a letter unless they differ significantly.

        References
        ----------
        Piepho 2004, Journal of Computational and Graphical Statistics 13:456.
        """
        from .letters import letters

        return letters(
            self._fit,
            level,
            adjust=adjust,
            kind=with_clusters(kind, cluster),
            draws=draws,
            seed=seed,
        )

    def compare(
        self,
        a: Any = None,
        b: Any = None,
        *,
        against: Any = None,
        level: float = 0.95,
        adjust: Adjust = "max-t",
        kind: Kind = "sandwich",
        cluster: Any = None,
        draws: int = 10_000,
        seed: int = 0,
    ) -> Differences:
        """Differences between items, with intervals and p-values.

        Parameters
        ----------
        a, b : label, optional
            One pair; neither: all pairs, or all against `against`.
        against : label or "best", optional
            Compare every item with this one.
        level : float, default 0.95
        adjust : {"max-t", "holm", "none"}, default "max-t"
            How p-values and intervals take in that several pairs are looked at.
        kind, cluster, draws, seed
            As in `rank_interval`.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "y"], ["y", "x"], count=[60, 40])
        >>> zm.bradley_terry(votes).compare("x", "y").difference.round(3).tolist()
        [0.405]
        """
        from .compare import compare

        return compare(
            self._fit,
            a,
            b,
            against=against,
            level=level,
            adjust=adjust,
            kind=with_clusters(kind, cluster),
            draws=draws,
            seed=seed,
        )

    def votes_needed(
        self,
        a: Any,
        b: Any,
        difference: float | None = None,
        *,
        power: float = 0.8,
        level: float = 0.95,
        allocation: Allocation = "equal",
        kind: Kind = "sandwich",
        cluster: Any = None,
    ) -> int:
        """How many more comparisons until the difference between two items is significant.

        Parameters
        ----------
        a, b : label
            The items.
        difference : float, optional
            In ability units; None: the one that was estimated.
        power : float, default 0.8
            Probability that the difference is then found significant.
        level : float, default 0.95
        allocation : {"equal", "direct"}, default "equal"
            Over all pairs alike, or between these two.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
        cluster : str, labels or tuple of two, optional
            With kind="cluster": see `covariance`.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "y"], ["y", "x"], count=[60, 40])
        >>> zm.bradley_terry(votes).votes_needed("x", "y", allocation="direct")
        99
        """
        from .votes_needed import votes_needed

        return votes_needed(
            self._fit,
            a,
            b,
            difference,
            power=power,
            level=level,
            allocation=allocation,
            kind=with_clusters(kind, cluster),
        )

    def deviance(self) -> Deviance:
        """Deviance against the model in which every unordered pair has its own probability.

        Returns
        -------
        Deviance
            With degrees of freedom, dispersion and p-value; a quasi-deviance with half ties.

        Raises
        ------
        InputError
            The fit was loaded without its data.

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x", "y", "z"] * 2, ["y", "z", "x"] * 2, [1, 1, 0, 1, 0, 1])
        >>> zm.bradley_terry(games).deviance()
        Deviance(deviance 1.4 on 1 degree of freedom, dispersion 1.040)
        """
        from .goodness import deviance

        return deviance(self._fit)

    def residuals(self) -> PairResiduals:
        """Observed and expected score of every unordered pair, sorted by the items.

        Returns
        -------
        PairResiduals
            Pairs that the fit does not use (unrated, across components) are not among them.

        Raises
        ------
        InputError
            The fit was loaded without its data.

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x", "y", "z"] * 2, ["y", "z", "x"] * 2, [1, 1, 0, 1, 0, 1])
        >>> zm.bradley_terry(games).residuals()
        PairResiduals(3 pairs, largest deviance residual 0.89)
        """
        from .goodness import residuals

        return residuals(self._fit)

    def worst_pairs(
        self, k: int = 10, by: Literal["deviance", "pearson"] = "deviance"
    ) -> PairResiduals:
        """The `k` pairs that the fit describes worst, by absolute residual, the largest first.

        Parameters
        ----------
        k : int, default 10
            How many pairs.
        by : {"deviance", "pearson"}, default "deviance"
            The residual that counts.

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x", "y", "z"] * 2, ["y", "z", "x"] * 2, [1, 1, 0, 1, 0, 1])
        >>> len(zm.bradley_terry(games).worst_pairs(2))
        2
        """
        from .goodness import worst_pairs

        return worst_pairs(self._fit, k, by)

    def update(self, more: Comparisons | PairCounts, **changes: Any) -> BradleyTerryFit:
        """The fit to its own and to more comparisons, started from the present abilities.

        Parameters
        ----------
        more : Comparisons or PairCounts
            What came in since, over old items and new ones.
        **changes
            Arguments of `bradley_terry` that differ from those of this fit.

        Raises
        ------
        InputError
            The fit was loaded without its data, or read rows (covariates, offsets, neutral rows)
            or reweighted pairs, which do not merge.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.bradley_terry(zm.Comparisons(["x", "y", "z"], ["y", "z", "x"]))
        >>> fit.update(zm.Comparisons(["w", "x"], ["x", "w"]))
        BradleyTerryFit(4 items, 5 comparisons, newton converged in 1 iterations)
        """
        from .update import update

        return update(self._fit, more, **changes)
