"""More comparisons for a fit: counts are merged, and the solver starts from where it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..comparisons import Comparisons
from ..errors import InputError
from ..pair_counts import PairCounts
from .bradley_terry_fit import BradleyTerryFit
from .joint_fit import JointFit


def update(fit: BradleyTerryFit, more: Comparisons | PairCounts, **changes: Any) -> BradleyTerryFit:
    """The fit to its own and to more comparisons, from the present abilities.

    Nothing is approximated: the result is the fit to all the counts, to the same `tol`.

    Parameters
    ----------
    fit : BradleyTerryFit
        With its data.
    more : Comparisons or PairCounts
        What came in since, over old items and new ones.
    **changes
        Arguments of `bradley_terry` that differ from those of the fit.

    Returns
    -------
    BradleyTerryFit
        On the scale of `fit`; an anchored item keeps its rating only until it is anchored again.

    Raises
    ------
    InputError
        The fit was loaded without its data, or an argument cannot be used.
    SeparationError, DisconnectedError
        As in `bradley_terry`.

    Examples
    --------
    >>> import zermelo as zm
    >>> fit = zm.bradley_terry(zm.Comparisons(["x", "y", "z"], ["y", "z", "x"]))
    >>> update(fit, zm.Comparisons(["w", "x"], ["x", "w"]))
    BradleyTerryFit(4 items, 5 comparisons, newton converged in 1 iterations)
    """
    from .bradley_terry import bradley_terry

    if not isinstance(fit, BradleyTerryFit):
        raise InputError(f"fit must be a BradleyTerryFit, but is {type(fit).__name__}")
    if isinstance(more, Comparisons):
        more = more.pair_counts()
    elif not isinstance(more, PairCounts):
        raise InputError(f"more must be Comparisons or PairCounts, but is {type(more).__name__}")
    more = more.merged()
    counts, _ = fit.require_data("update")
    if fit.options.get("reweight") is not None:
        raise InputError(
            "update merges counts, but this fit reweighted them; merge the data, and fit again"
        )
    if fit.options.get("loss", "plain") != "plain":
        raise InputError(
            "update merges counts, which have no margins, but this fit's loss is "
            f"{fit.options['loss']!r}; merge the rows, and fit again"
        )
    if isinstance(fit, JointFit) and not fit.extras.by_pair:
        raise InputError(
            "update merges counts by pair, but this fit read rows (covariates, offsets or neutral "
            "rows); merge the rows, and fit again"
        )
    options = {"start": fit, **fit.options, **changes}
    return replace(bradley_terry(counts + more, **options), scale=fit.scale)
