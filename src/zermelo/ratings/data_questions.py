"""What is asked of a fit and its data once they are there; each answer is in its own module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from ..comparisons import Comparisons
from ..pair_counts import PairCounts
from .result import RatingResult

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .bootstrap import Progress, Unit
    from .bootstrap_result import Bootstrap
    from .bradley_terry_fit import BradleyTerryFit
    from .goodness import Deviance, PairResiduals


class DataQuestions(RatingResult):
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

    def deviance(self) -> Deviance:
        """The deviance against the model in which every unordered pair has its own probability.

        With o the score of the first in n comparisons and P its expected score, it is the sum over
        pairs of 2 (o log(o / nP) + (n - o) log((n - o) / (n - nP))).

        With a tie model it is the sum over pairs and outcomes of 2 o log(o / e). With a position
        effect pairs are ordered. Where rows have features or offsets (or only some are neutral),
        the other model has a probability for every row: the difference of two such deviances
        compares nested models, but by itself one says nothing.

        Returns
        -------
        Deviance
            With half ties, fractional scores or weights it is a quasi-deviance: smaller or larger
            than chi-squared even where the abilities are right, so that it has no p-value. A
            `prior` takes up less than one degree of freedom an item, and a `ridge` a coefficient,
            of which nothing is made here.

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
        """Observed and expected score of every pair that the fit used.

        Returns
        -------
        PairResiduals
            Sorted by the items. Pairs with an unrated item, or of two components rated separately,
            are not among them. With a tie model `OutcomeResiduals`, which count wins, ties and
            losses; with a position effect of ordered pairs. Where rows have features or offsets,
            what is expected of a pair is added up over its rows, and the deviance residual compares
            the sums.

        Raises
        ------
        InputError
            The fit was loaded without its data.

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x", "y", "z"] * 2, ["y", "z", "x"] * 2, [1, 1, 0, 1, 0, 1])
        >>> rows = zm.bradley_terry(games).residuals()
        >>> rows
        PairResiduals(3 pairs, largest deviance residual 0.89)
        >>> rows.score.tolist(), rows.expected.round(2).tolist()
        ([2.0, 1.0, 1.0], [1.64, 1.36, 0.64])
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
