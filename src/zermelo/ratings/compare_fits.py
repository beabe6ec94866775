"""What moved between two fits: which items changed by more than chance explains."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import choice
from ..errors import InputError
from .bradley_terry_fit import BradleyTerryFit
from .change_variance import change_variance, comparisons_of, first_missing
from .compare import holm
from .table import make_frame
from .uncertainty import Kind, normal_quantile

Relation = Literal["nested", "independent", "auto"]
KINDS = ("fisher", "sandwich")
RELATIONS = ("nested", "independent", "auto")
ADJUSTMENTS = ("holm", "none")

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class FitComparison:
    """Changes of the items that two fits have in common. Made by `compare_fits`.

    Attributes
    ----------
    items : ndarray, shape (k,)
        Rated by both fits.
    old, new : ndarray of float64, shape (k,)
        Abilities, both centred on these items.
    change, standard_error, z : ndarray of float64, shape (k,)
        new - old, in ability units, its standard error, and their ratio. 0 where a change is
        within the error of the solvers.
    p_value : ndarray of float64, shape (k,)
        Two-sided, adjusted for the number of items where `adjust` says so.
    significant : ndarray of bool, shape (k,)
        Whether the p-value is below 1 - level.
    new_items, gone_items : ndarray
        Items that only the new, or only the old fit rates.
    relation, kind, adjust, level
        How the comparison was made; `relation` is "nested" or "independent".
    """

    items: NDArray[Any]
    old: Real
    new: Real
    change: Real
    standard_error: Real
    z: Real
    p_value: Real
    significant: NDArray[np.bool_]
    new_items: NDArray[Any]
    gone_items: NDArray[Any]
    relation: str
    kind: str
    adjust: str
    level: float
    _frame_backend: str | None = None

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def n_new_items(self) -> int:
        """How many items only the new fit rates."""
        return len(self.new_items)

    @property
    def n_gone_items(self) -> int:
        """How many items only the old fit rates."""
        return len(self.gone_items)

    def __repr__(self) -> str:
        return (
            f"FitComparison({int(self.significant.sum()):,} of {len(self.items):,} items changed "
            f"at {100 * self.level:g}%, {self.n_new_items:,} new, {self.n_gone_items:,} gone, "
            f"{self.relation}, {self.kind})"
        )

    def to_frame(self, library: str | None = None) -> Any:
        """One row a common item, the largest absolute z first.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.
        """
        order = np.argsort(-np.abs(self.z), kind="stable")
        columns = {
            "item": self.items[order],
            "old": self.old[order],
            "new": self.new[order],
            "change": self.change[order],
            "standard_error": self.standard_error[order],
            "z": self.z[order],
            "p_value": self.p_value[order],
            "significant": self.significant[order],
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def compare_fits(
    old: BradleyTerryFit,
    new: BradleyTerryFit,
    *,
    level: float = 0.95,
    relation: Relation = "auto",
    kind: Kind = "sandwich",
    adjust: Literal["holm", "none"] = "holm",
) -> FitComparison:
    """Which items changed significantly from one fit to the next.

    A change is relative to the common items: where one item gains, the others lose a little.

    Parameters
    ----------
    old, new : BradleyTerryFit
        With their data, and with ties counted alike.
    level : float, default 0.95
        One minus the probability that anything is called a change where nothing changed (with
        `adjust="none"`, of each item by itself).
    relation : {"auto", "nested", "independent"}, default "auto"
        "nested": the new fit has all comparisons of the old one, and more. "independent": it has
        none of them. "auto": nested where no count of the old fit is above the new one's, which is
        what counts can tell; else independent, with a warning.
    kind : {"sandwich", "fisher"}, default "sandwich"
        See `BradleyTerryFit.covariance`. Fisher's needs the model to hold, without half ties.
    adjust : {"holm", "none"}, default "holm"
        Adjustment of the p-values for the number of items (Holm 1979).

    Returns
    -------
    FitComparison

    Raises
    ------
    InputError
        An argument cannot be used, a fit has no data or more than 3,000 items, or the fits have
        fewer than two items in common, or not on one scale.

    Warns
    -----
    UserWarning
        With `relation="auto"`, the new fit does not have all comparisons of the old one.

    References
    ----------
    Hausman 1978, Econometrica 46:1251. White 1982, Econometrica 50:1. Holm 1979, Scand. J. Statist.
    6:65.

    Examples
    --------
    >>> import zermelo as zm
    >>> monday = zm.Comparisons(["x", "y", "z"], ["y", "z", "x"], count=[30, 30, 20]).pair_counts()
    >>> tuesday = zm.Comparisons(["z", "w"], ["x", "z"], count=[60, 9]).pair_counts()
    >>> old = zm.bradley_terry(monday)
    >>> new = zm.bradley_terry(monday + tuesday, prior=0.1)
    >>> changes = compare_fits(old, new)
    >>> changes
    FitComparison(2 of 3 items changed at 95%, 1 new, 0 gone, nested, sandwich)
    >>> changes.change.round(2).tolist()
    [-0.87, 0.0, 0.87]
    """
    choice("relation", relation, RELATIONS)
    choice("adjust", adjust, ADJUSTMENTS)
    if kind == "cluster":
        raise InputError(
            "kind='cluster' is not known for changes: a cluster may have comparisons in both fits; "
            "use kind='sandwich', which takes comparisons as independent"
        )
    choice("kind", kind, KINDS)
    normal_quantile(level)  # refuses what is no level
    for name, fit in (("old", old), ("new", new)):
        if not isinstance(fit, BradleyTerryFit):
            raise InputError(f"{name} must be a BradleyTerryFit, but is {type(fit).__name__}")
    _check_alike(old, new)
    items, places = _common(old, new)
    relation = _relation(old, new, relation)
    variance = np.maximum(np.diag(change_variance(old, new, places, relation, kind)), 0.0)
    before, after = (
        fit.ability[place] - fit.ability[place].mean()
        for fit, place in zip((old, new), places, strict=True)
    )
    error, change = np.sqrt(variance), after - before
    # The same comparisons fitted twice differ by what the solvers leave, which is no change.
    still = np.abs(change) <= 2.0 * (old.ability_error + new.ability_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(still, 0.0, change / error)
    p_value = np.array([math.erfc(value) for value in (np.abs(z) / math.sqrt(2.0)).tolist()])
    if adjust == "holm":
        p_value = holm(p_value)
    return FitComparison(
        items,
        before,
        after,
        change,
        error,
        z,
        p_value,
        p_value < 1.0 - level,
        np.setdiff1d(new.items[_usable(new)], items),
        np.setdiff1d(old.items[_usable(old)], items),
        relation,
        kind,
        adjust,
        float(level),
        new.frame_backend,
    )


def _check_alike(old: BradleyTerryFit, new: BradleyTerryFit) -> None:
    if old.ties != new.ties:
        raise InputError(
            f"old has ties={old.ties!r} and new has ties={new.ties!r}: their abilities are not on "
            "one scale"
        )
    if old.items.dtype != new.items.dtype:
        raise InputError(
            f"old has items such as {old.items.tolist()[0]!r}, but those of new are such as "
            f"{new.items.tolist()[0]!r}"
        )


def _usable(fit: BradleyTerryFit) -> NDArray[np.bool_]:
    return fit.rated & ~fit.model.alone


def _common(
    old: BradleyTerryFit, new: BradleyTerryFit
) -> tuple[NDArray[Any], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The items that both fits rate, and their places in either."""
    rated = [np.flatnonzero(_usable(fit)) for fit in (old, new)]
    items, *at = np.intersect1d(
        old.items[rated[0]], new.items[rated[1]], assume_unique=True, return_indices=True
    )
    if len(items) < 2:
        raise InputError(
            f"old and new have {len(items)} rated items in common, but a change is relative to "
            "the others: at least two are needed"
        )
    places = (rated[0][at[0]], rated[1][at[1]])
    for name, fit, place in zip(("old", "new"), (old, new), places, strict=True):
        component = fit.model.component[place]
        if (component != component[0]).any():
            other = int((component != component[0]).argmax())
            one, two = items[[0, other]].tolist()
            raise InputError(
                f"{name} rates {one!r} and {two!r} on separate scales; fit with "
                "components='largest' or a prior"
            )
    return items, places


def _relation(
    old: BradleyTerryFit, new: BradleyTerryFit, relation: Relation
) -> Literal["nested", "independent"]:
    if relation == "independent":
        return relation
    missing = first_missing(comparisons_of(old), comparisons_of(new))
    if missing is None:
        return "nested"
    if relation == "nested":
        raise InputError(
            "relation='nested' needs all comparisons of old in new, but new has fewer of "
            f"{missing[0]!r} and {missing[1]!r}; use relation='independent' where it has none"
        )
    warnings.warn(
        f"new does not have all comparisons of old (it has fewer of {missing[0]!r} and "
        f"{missing[1]!r}), so they are taken as independent; relation='independent' says so",
        UserWarning,
        stacklevel=3,
    )
    return "independent"
