"""The covariance of two nested joint fits: what the same comparisons say in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .cells import Cells, TieModel, log_odds, outcome_scores, probabilities
from .joint_fit import JointFit
from .joint_goodness import cells_of

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]


def check_same_model(old: BradleyTerryFit, new: BradleyTerryFit) -> None:
    """Nested fits must estimate the same parameters from the comparisons that they share."""
    models = [
        (fit.extras.ties, fit.extras.names) if isinstance(fit, JointFit) else None
        for fit in (old, new)
    ]
    if models[0] == models[1]:
        return
    shown = [
        "abilities alone" if model is None else ", ".join([model[0], *model[1]]) for model in models
    ]
    raise InputError(
        f"nested fits must have the same parameters, but old has {shown[0]} and new has "
        f"{shown[1]}; fit both alike (relation='independent' compares any)"
    )


def at_parameters(old: JointFit, new: JointFit, ability: Real) -> JointFit:
    """`old`, with its own comparisons, at the new fit's parameters."""
    # A feature may have been divided by something else; its units are the same.
    coefficients = new.extras.coefficients / new.extras.divisor * old.extras.divisor
    extras = replace(old.extras, coefficients=coefficients, log_tie=new.extras.log_tie)
    return replace(old, model=replace(old.model, ability=ability), extras=extras)


def joint_shared_covariance(
    old: JointFit,
    new: JointFit,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    in_new: NDArray[np.int64],
    weight_ratio: Callable[[NDArray[np.int32], NDArray[np.int32]], Real],
) -> Real:
    """Cov(old, new) of the common items: H_old⁺ (Σ s_old s_new') H_new⁺ over the old comparisons.

    A comparison's score by (abilities, coefficients, tie parameter) is (a (e_first - e_second),
    a x, b) with a and b its score by log-odds and tie parameter. Both fits' are taken in the units
    in which `new` was fitted. `weight_ratio` says how much more comparisons of pairs weigh in `new`
    than in `old`.
    """
    cells = cells_of(old)
    here = np.flatnonzero((in_new >= 0) & old.rated)
    here = here[new.rated[in_new[here]]]
    there = in_new[here]
    used = np.isin(cells.first, here) & np.isin(cells.second, here)
    for code in (old.model.component, new.model.component[in_new]):
        used &= code[cells.first] == code[cells.second]
    used &= np.sum(cells.squares, axis=0) > 0
    cells = cells.take(np.flatnonzero(used))
    moved = at_parameters(old, new, np.nan_to_num(new.model.ability[in_new]))
    sides = [
        (
            log_odds(cells, np.nan_to_num(fit.model.ability), fit.extras.coefficients),
            fit.extras.log_tie,
        )
        for fit in (old, moved)
    ]
    ratio = weight_ratio(cells.first, cells.second)
    products = _products(old.extras.ties, cells, sides)
    inner = _cross_meat(cells, old.n_items, [ratio * product for product in products])
    n_old, n_new = old.n_items, new.n_items
    n_extra = len(inner) - n_old
    rows = np.concatenate([here, np.arange(n_old, n_old + n_extra)])
    columns = np.concatenate([there, np.arange(n_new, n_new + n_extra)])
    # New coefficients are in units of the new divisor: scores by them are divided likewise.
    units = np.ones(len(rows))
    n_features = cells.features.shape[1]
    units[len(here) : len(here) + n_features] = old.extras.divisor / new.extras.divisor
    inner = inner[np.ix_(rows, rows)] * units
    bread_old = old._whole_covariance("fisher", "compare_fits")[np.ix_(places[0], rows)]
    bread_new = new._whole_covariance("fisher", "compare_fits")[np.ix_(columns, places[1])]
    return np.asarray(np.nan_to_num(bread_old) @ inner @ np.nan_to_num(bread_new))


def _products(
    ties: TieModel, cells: Cells, sides: list[tuple[Real, float]]
) -> tuple[Real, Real, Real, Real]:
    """Σ w² a a', Σ w² a b', Σ w² b a' and Σ w² b b' of every cell."""
    zero = np.zeros(len(cells))
    if cells.tie is None:
        (z, _), (z_new, _) = sides
        p, p_new = probabilities("none", z, 0.0)[0], probabilities("none", z_new, 0.0)[0]
        square, score, score_square = cells.squares
        return score_square - (p + p_new) * score + p * p_new * square, zero, zero, zero
    (a, b), (a_new, b_new) = (outcome_scores(ties, z, tau) for z, tau in sides)

    def added(one: Any, other: Any) -> Real:
        terms = zip(cells.squares, one, other, strict=True)
        return np.asarray(sum((square * u * v for square, u, v in terms), zero))

    return added(a, a_new), added(a, b_new), added(b, a_new), added(b, b_new)


def _cross_meat(cells: Cells, n: int, products: list[Real]) -> Real:
    """Σ s_old s_new' over (items, features, tie); only with a tie model it is not symmetric."""
    aa, ab, ba, bb = products
    x = cells.features
    n_features, with_ties = x.shape[1], cells.tie is not None
    matrix = np.zeros((n + n_features + with_ties, n + n_features + with_ties))
    np.add.at(matrix, (cells.first, cells.second), -aa)
    matrix += matrix.T
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    features = slice(n, n + n_features)
    if n_features:
        border = cells.by_item(aa[:, None] * x, n)
        matrix[:n, features], matrix[features, :n] = border, border.T
        matrix[features, features] = x.T @ (aa[:, None] * x)
    if with_ties:
        matrix[:n, -1], matrix[-1, :n] = cells.by_item(np.stack([ab, ba], axis=1), n).T
        matrix[features, -1], matrix[-1, features] = x.T @ ab, x.T @ ba
        matrix[-1, -1] = bb.sum()
    return matrix
