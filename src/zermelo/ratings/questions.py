"""What is asked of a fit once it is there; each answer is in a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from ..comparisons import Comparisons
from ..pair_counts import PairCounts
from .result import RatingResult

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit
    from .goodness import Deviance, PairResiduals


class Questions(RatingResult):
    """Methods of `BradleyTerryFit`. The modules that answer load when they are asked."""

    @property
    def _fit(self) -> BradleyTerryFit:
        return cast("BradleyTerryFit", self)

    def deviance(self) -> Deviance:
        """Deviance against the model in which every unordered pair has its own probability.

        Returns
        -------
        Deviance
            With degrees of freedom, dispersion and p-value; a quasi-deviance with half ties.

        Raises
        ------
        InputError
            The fit was loaded without its data, or has more parameters than abilities.

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
            The fit was loaded without its data, or has more parameters than abilities.

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
