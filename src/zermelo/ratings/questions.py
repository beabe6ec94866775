"""What readers ask of a board; each answer is in a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .clusters import with_clusters
from .data_questions import DataQuestions

if TYPE_CHECKING:
    from .compare import Adjust, Differences
    from .letters import Letters
    from .rank_interval import RankInterval
    from .tiers import Tiers
    from .top import TopProbability
    from .uncertainty import Kind
    from .votes_needed import Allocation


class Questions(DataQuestions):
    """Methods of `BradleyTerryFit`. The modules that answer load when they are asked."""

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

        Tier 1 has the items that are not significantly worse than the best: an item leaves it where
        some item is better by more than the `level` quantile of the largest studentised error among
        its own differences to all others (multiple comparisons with the best; Hsu 1981). Tier 2
        does the same among those that left, and so on.

        Tier 1 contains the truly best item with probability `level`. A further tier would contain
        the best of the rest with that probability if the rest had been chosen beforehand; the data
        choose it, so that there the level is nominal. Items of one tier may still differ from one
        another, and an item with few comparisons may stand in a higher tier than a better-known one
        that is rated above it.

        Parameters
        ----------
        level : float, default 0.95
            Of each tier by itself.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            See `covariance`.
        cluster : str, labels or tuple of two, optional
            With kind="cluster": see `covariance`.
        draws, seed : int
            Gaussian draws for the quantiles.

        Returns
        -------
        Tiers

        Raises
        ------
        InputError
            As for `rank_interval`.

        References
        ----------
        Hsu 1981, Annals of Statistics 9:1026.

        Examples
        --------
        >>> import zermelo as zm
        >>> winner, loser = ["x", "y", "y", "z"], ["y", "x", "z", "y"]
        >>> games = zm.Comparisons(winner, loser, count=[90, 10, 12, 9])
        >>> zm.bradley_terry(games).tiers().tier.tolist()
        [1, 2, 2]
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
        """A compact letter display of all pairwise comparisons.

        Parameters
        ----------
        level, adjust, kind, cluster, draws, seed
            As in `compare`, over all pairs.

        Returns
        -------
        Letters

        Raises
        ------
        InputError
            As for `compare`, or more than 5,000 letters would be needed.

        References
        ----------
        Piepho 2004, Journal of Computational and Graphical Statistics 13:456.

        Examples
        --------
        >>> import zermelo as zm
        >>> winner, loser = ["x", "y", "y", "z"], ["y", "x", "z", "y"]
        >>> games = zm.Comparisons(winner, loser, count=[90, 10, 12, 9])
        >>> zm.bradley_terry(games).letters().letters.tolist()
        ['a', 'b', 'b']
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
        a, b : label, or sequence of labels, optional
            One pair, or pairs one by one; a single label meets every one of the other. Neither: all
            pairs, the better first, or what `against` says.
        against : label, or "best", optional
            Compare every other item with this one, or with the one rated best. The latter is itself
            a result of the data: its interval with a close follower is a little too short (`tiers`
            asks which items may be the best, and allows for that).
        level : float, default 0.95
            Of all intervals at once, unless `adjust` is "none".
        adjust : {"max-t", "holm", "none"}, default "max-t"
            How p-values and intervals allow for the number of pairs. "max-t": by the distribution
            of the largest studentised difference among them, found by draws; the p-values' smallest
            step is 1 / (draws + 1), and Bonferroni's bound is taken beyond all draws. "holm":
            p-values by Holm (1979), intervals by Bonferroni. An interval of the latter that
            excludes 0 is significant by Holm, but not the other way round. "none": each pair by
            itself.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            See `covariance`.
        cluster : str, labels or tuple of two, optional
            With kind="cluster": see `covariance`.
        draws, seed : int
            Gaussian draws for "max-t".

        Returns
        -------
        Differences

        Raises
        ------
        InputError
            An argument cannot be used, an item is unknown or not rated, components were rated
            separately, or several pairs are asked for in a fit of more than 3,000 items.

        References
        ----------
        Holm 1979, Scandinavian Journal of Statistics 6:65. Hothorn, Bretz and Westfall 2008,
        Biometrical Journal 50:346.

        Examples
        --------
        >>> import zermelo as zm
        >>> winner, loser = ["x", "y", "y", "z"], ["y", "x", "z", "y"]
        >>> games = zm.Comparisons(winner, loser, count=[90, 10, 12, 9])
        >>> fit = zm.bradley_terry(games)
        >>> fit.compare("x", "y")
        Differences('x' - 'y': 2.197, 95% 1.544 to 2.851, p=4.3e-11, sandwich)
        >>> fit.compare(against="best").significant.tolist()
        [True, True]
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
