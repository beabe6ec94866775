"""More comparisons for a fit: counts are merged, and the solver starts from where it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..comparisons import Comparisons
from ..errors import InputError
from ..pair_counts import PairCounts
from .bradley_terry_fit import BradleyTerryFit
from .existence import ComponentRule


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
    counts, _ = fit.require_data("update")
    options = {"start": fit, **options_of(fit), **changes}
    return replace(bradley_terry(counts + more, **options), scale=fit.scale)


def options_of(fit: BradleyTerryFit) -> dict[str, Any]:
    """The arguments of `bradley_terry` that made a fit, as far as it shows them."""
    model = fit.model
    labels, abilities = fit.items[model.held].tolist(), model.ability[model.held].tolist()
    separate = not fit.unrated and bool(model.component.max(initial=0) > 0)
    components: ComponentRule = "separate" if separate else "largest" if fit.unrated else "error"
    return {
        "ties": model.ties,
        "prior": model.prior,
        "fixed": dict(zip(labels, abilities, strict=True)) or None,
        "components": components,
        "solver": fit.solver,
        "backend": fit.backend,
    }
