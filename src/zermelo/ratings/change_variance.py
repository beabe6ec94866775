"""The variance of what changed between two fits.

The two fits know their abilities up to a constant, so both are centred on the items that they have
in common; with L that projection, the variance of the changes is L Var(new - old) L.

- Independent comparisons: Var(new - old) = Var(old) + Var(new).
- Nested ones, where the new fit has all comparisons of the old and more, estimate with shared
  noise. For maximum likelihood Cov(old, new) = Var(new), since the new estimate is efficient and
  therefore not correlated with its distance to any other (Hausman 1978, Econometrica 46:1251), and
  Var(new - old) = Var(old) - Var(new).
- For the sandwich that argument does not hold, but the covariance can be had from the scores s of
  the shared comparisons: Cov(old, new) = H_old⁺ (Σ s_old s_new') H_new⁺. Where pairs were
  reweighted, a comparison weighs less in the new fit, since its pair has more of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..pair_columns import OUTCOMES
from ..pair_counts import PairCounts
from .bradley_terry_fit import BradleyTerryFit
from .joint_change import at_parameters, check_same_model, joint_shared_covariance
from .joint_fit import JointFit
from .reweighting import original, weight_by_pair
from .uncertainty import Kind

# Sums of weights that were added up in another order.
ROUNDING = 1e-9

Real = NDArray[np.float64]


def comparisons_of(fit: BradleyTerryFit) -> PairCounts:
    """The counts of a fit's comparisons, with the weights that they were given."""
    counts = fit.require_data("compare_fits")[0]
    least = _least_count(fit)
    return counts if least is None else original(counts, least)


def _least_count(fit: BradleyTerryFit) -> int | None:
    """`min_count` of a fit that reweighted pairs; None: it did not."""
    return int(fit.options["min_count"]) if fit.options.get("reweight") is not None else None


def _weight_ratio(
    old: BradleyTerryFit,
    new: BradleyTerryFit,
    in_new: NDArray[np.int64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
) -> Real:
    """How much a comparison of these pairs of old items weighs in `new`, over that in `old`.

    All pairs must have been compared in both.
    """
    ratio = np.ones(len(first))
    if (least := _least_count(new)) is not None:
        counts = new.require_data("compare_fits")[0]
        one, other = (in_new[places].astype(np.int32) for places in (first, second))
        ratio *= weight_by_pair(counts, least)(one, other)
    if (least := _least_count(old)) is not None:
        counts = old.require_data("compare_fits")[0]
        ratio /= weight_by_pair(counts, least)(first, second)
    return ratio


def first_missing(few: PairCounts, many: PairCounts) -> tuple[Any, Any] | None:
    """The first ordered pair of which `few` counts more of some outcome than `many`, if any."""
    place = places_in(many.items, few.items)
    known = (place[few.first] >= 0) & (place[few.second] >= 0)
    keys = many.first.astype(np.int64) * many.n_items + many.second
    wanted = place[few.first] * many.n_items + place[few.second]
    row = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    known &= keys[row] == wanted if len(keys) else False
    enough = np.ones(len(few), bool)
    for name in OUTCOMES:
        if name not in few.columns:
            continue
        have, need = getattr(many, name), getattr(few, name)
        enough &= (need == 0) | (known & (have[row] >= need))
        if few.weighted or many.weighted:
            have, need = getattr(many, f"{name}_weight"), getattr(few, f"{name}_weight")
            enough &= (need == 0) | (known & (have[row] * (1.0 + ROUNDING) >= need))
    if enough.all():
        return None
    at = int(enough.argmin())
    pair = few.items[[few.first[at], few.second[at]]].tolist()
    return pair[0], pair[1]


def places_in(items: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """Place of each label in the sorted items, -1 where it is not among them."""
    place = np.minimum(np.searchsorted(items, labels), len(items) - 1)
    return np.where(items[place] == labels, place, -1).astype(np.int64)


def change_variance(
    old: BradleyTerryFit,
    new: BradleyTerryFit,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    relation: str,
    kind: Kind,
) -> Real:
    """L Var(new - old) L, shape (k, k)."""
    if relation == "nested":
        check_same_model(old, new)
        if kind == "fisher" and (_least_count(old) or _least_count(new)):
            raise InputError(
                "kind='fisher' compares nested fits by maximum likelihood, which fits with "
                "reweight='pair' are not; use kind='sandwich'"
            )
    after = centred(new.covariance(kind)[np.ix_(places[1], places[1])])
    if relation == "nested" and kind == "fisher":
        # Both at the new abilities, where more comparisons never say less: at the old ones the old
        # variance may come out below the new one. What is left to project is rounding, and what
        # priors or components that differ do.
        before = centred(_fisher_at(old, new)[np.ix_(places[0], places[0])])
        return positive_part(before - after)
    before = centred(old.covariance(kind)[np.ix_(places[0], places[0])])
    if relation == "independent":
        return before + after
    shared = centred(_shared_covariance(old, new, places))
    return np.asarray(before + after - shared - shared.T)


def centred(matrix: Real) -> Real:
    """L matrix L, where L takes off the mean."""
    matrix = matrix - matrix.mean(axis=0)
    return np.asarray(matrix - matrix.mean(axis=1, keepdims=True))


def positive_part(matrix: Real) -> Real:
    """The nearest positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _fisher_at(old: BradleyTerryFit, new: BradleyTerryFit) -> Real:
    """The inverse information of the old comparisons at the new abilities."""
    in_new = places_in(new.items, old.items)
    ability = np.where(in_new >= 0, new.model.ability[in_new], np.nan)
    # What the new fit does not rate keeps its place, and nothing moves in or out of the old fit.
    ability = np.where(np.isnan(ability) | ~old.rated, old.model.ability, ability)
    if isinstance(old, JointFit) and isinstance(new, JointFit):
        return at_parameters(old, new, ability).covariance("fisher")
    return replace(old._information("compare_fits"), ability=ability).covariance("fisher")


def _shared_covariance(
    old: BradleyTerryFit,
    new: BradleyTerryFit,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> Real:
    """Cov(old, new) of the common items, from the comparisons that both fits have."""
    if isinstance(old, JointFit) and isinstance(new, JointFit):
        in_new = places_in(new.items, old.items)

        def ratio(first: NDArray[np.int32], second: NDArray[np.int32]) -> Real:
            return _weight_ratio(old, new, in_new, first, second)

        return joint_shared_covariance(old, new, places, in_new, ratio)
    counts = old.require_data("compare_fits")[0]
    in_new = places_in(new.items, old.items)
    here = np.flatnonzero((in_new >= 0) & old.rated)
    here = here[new.rated[in_new[here]]]
    there = in_new[here]
    place = np.full(old.n_items, -1)
    place[here] = np.arange(len(here))
    used = (place[counts.first] >= 0) & (place[counts.second] >= 0)
    for component, at in ((old.model.component, None), (new.model.component, in_new)):
        code = component if at is None else component[at]
        used &= code[counts.first] == code[counts.second]
    used &= sum((getattr(counts, name) for name in OUTCOMES), np.zeros(len(counts), int)) > 0
    meat = _shared_meat(counts, old, new, in_new)[used]
    meat *= _weight_ratio(old, new, in_new, counts.first[used], counts.second[used])
    inner = np.zeros((len(here), len(here)))
    first, second = place[counts.first[used]], place[counts.second[used]]
    inner[first, second] -= meat  # ordered pairs are unique: nothing is overwritten
    inner += inner.T
    np.fill_diagonal(inner, -inner.sum(axis=1))
    # Every column of the meat adds up to zero, so that centred inverses do as well as others.
    bread_old = old.covariance("fisher")[np.ix_(places[0], here)]
    bread_new = new.covariance("fisher")[np.ix_(there, places[1])]
    return np.asarray(np.nan_to_num(bread_old) @ inner @ np.nan_to_num(bread_new))


def _shared_meat(
    counts: PairCounts, old: BradleyTerryFit, new: BradleyTerryFit, in_new: NDArray[np.int64]
) -> Real:
    """Σ w² (y - P_old)(y - P_new) of every ordered pair, in terms that do not cancel."""
    sides = []
    for ability in (old.model.ability, new.model.ability[in_new]):
        difference = ability[counts.first] - ability[counts.second]
        with np.errstate(over="ignore"):
            sides.append((1.0 / (1.0 + np.exp(-difference)), 1.0 / (1.0 + np.exp(difference))))
    (p, q), (p_new, q_new) = sides
    meat = counts.win_weight_squared * q * q_new + counts.loss_weight_squared * p * p_new
    if counts.has_ties and old.ties == "half":
        meat = meat + counts.tie_weight_squared * (0.5 - p) * (0.5 - p_new)
    if counts.has_fractional:
        meat = meat + (
            counts.fractional_score_squared_weight_squared
            - (p + p_new) * counts.fractional_score_weight_squared
            + p * p_new * counts.fractional_weight_squared
        )
    return np.asarray(meat)
