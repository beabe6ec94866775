"""Fitting abilities together with ties, a position effect and covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..comparisons import Comparisons
from ..errors import InputError
from ..features import default_names, places_of
from ..pair_counts import PairCounts
from .cells import TIE_MODELS, Cells, TieModel, cells_of_counts, cells_of_rows, merged
from .graph import Graph
from .joint_fit import POSITION_NAME, Extras
from .joint_start import joint_start
from .separation import Direction, Verdict, far_out, find_separation, raise_far, raise_separated

Real = NDArray[np.float64]
Covariates = bool | Literal["standardize"] | tuple[str, ...] | None

RESIDUAL_TOL = 1e-10
COLLINEAR = 1e-9  # share of a feature's sum of squares that other parameters leave


@dataclass(frozen=True, eq=False)
class Request:
    """What a joint fit was asked for."""

    ties: str
    position: bool
    covariates: Covariates
    ridge: float

    @property
    def tie_model(self) -> TieModel:
        return (
            "davidson"
            if self.ties == "davidson"
            else ("rao-kupper" if self.ties == "rao-kupper" else "none")
        )

    def is_joint(self, data: object) -> bool:
        offset = isinstance(data, Comparisons) and data.offset is not None
        return bool(self.tie_model != "none" or self.position or self.covariates or offset)

    def reads_rows(self, data: object) -> bool:
        """Whether rows of one pair differ in more than their outcomes."""
        if not isinstance(data, Comparisons):
            return False
        neutral = data.neutral is not None and bool(data.neutral.any())
        return bool(self.covariates or data.offset is not None or (self.position and neutral))


def read_cells(
    data: object, counts: PairCounts, request: Request, *, merge: bool
) -> tuple[Cells, tuple[str, ...], Real]:
    """The cells, the features' names, and what each feature was divided by.

    `merge` says that offsets recur, as margins of a few grades do.
    """
    rows = data if isinstance(data, Comparisons) else None
    if request.position and not counts.ordered:
        raise InputError(
            "position_effect needs to know who was shown first, but the data has no order: it was "
            "given without outcomes (`a` always won); give outcomes, with `a` shown first"
        )
    features = None
    names: tuple[str, ...] = (POSITION_NAME,) if request.position else ()
    if request.covariates:
        if rows is None or rows.features is None:
            raise InputError(
                "covariates need the features of every row: make Comparisons with features=, and "
                "give them rather than PairCounts"
            )
        features = rows.features
        chosen = rows.feature_names or default_names(features.shape[1])
        if isinstance(request.covariates, tuple):
            features = features[:, places_of(chosen, request.covariates, "covariates")]
            chosen = request.covariates
        names += chosen
    if rows is not None and request.reads_rows(rows):
        cells = cells_of_rows(rows, request.ties, request.position, features)
        if merge and features is None:
            cells = merged(cells)
    else:
        cells = cells_of_counts(counts, request.ties, request.position)
    if cells.tie is not None and not cells.tie.any():
        raise InputError(
            f"ties={request.ties!r} has a tie parameter to estimate, but the data has no tie: its "
            "estimate would be on the boundary; use ties='half'"
        )
    if request.position and not cells.features[:, 0].any():
        raise InputError("position_effect cannot be estimated: all rows are neutral")
    divisor = np.ones(cells.features.shape[1])
    if request.covariates == "standardize":
        weight = cells.win + cells.loss + (0.0 if cells.tie is None else cells.tie)
        begin = int(request.position)
        for k in range(begin, len(divisor)):
            spread = np.sqrt(np.average(cells.features[:, k] ** 2, weights=weight))
            divisor[k] = spread if spread > 0 else 1.0
        cells.features[:] /= divisor
    return cells, names, divisor


def check_features(
    cells: Cells,
    names: tuple[str, ...],
    position: bool,
    n: int,
    engine: Backend,
    threads: int,
) -> None:
    """Refuses features that the items, or other features, explain completely."""
    if not names:
        return
    used = (cells.win + cells.loss + (0.0 if cells.tie is None else cells.tie)) > 0
    cells = cells if used.all() else cells.take(np.flatnonzero(used))
    x = cells.features
    if position and len(names) == 1 and _swapped_soon(cells, n):
        return
    for k, name in enumerate(names):
        if k >= int(position) and len(x) and np.ptp(x[:, k]) == 0:
            raise InputError(
                f"covariates: {name} is {x[0, k]:g} in every row, so that it says nothing about a "
                "row"
                + ("; a constant is a position effect: position_effect=True" if x[0, k] else "")
            )
    own = np.einsum("mk,mk->k", x, x)
    gram = _residual_products(cells, n, engine, threads)
    for k, name in enumerate(names):
        if gram[k, k] <= COLLINEAR * own[k]:
            raise InputError(
                f"covariates: {name} is collinear with the items: it is the difference of "
                "something that each item always has, which abilities take in; leave it out"
            )
        left = gram[k, k]
        if k:
            solution = np.linalg.lstsq(gram[:k, :k], gram[:k, k], rcond=None)[0]
            left = left - gram[:k, k] @ solution
        if left <= COLLINEAR * own[k]:
            raise InputError(
                f"covariates: {name} is collinear with {', '.join(names[:k])} (and the items); "
                "leave one of them out, or set ridge"
            )


def _swapped_soon(cells: Cells, n: int) -> bool:
    """Whether one of a few pairs was shown in both orders, which tells items and position apart."""
    shown = cells.features[:, 0] == 1.0
    first, second = cells.first[shown].astype(np.int64), cells.second[shown]
    keys = first * n + second
    few = slice(0, 256)
    swapped = second[few].astype(np.int64) * n + first[few]
    place = np.minimum(np.searchsorted(keys, swapped), len(keys) - 1)
    return bool((keys[place] == swapped).any())


def _residual_products(cells: Cells, n: int, engine: Backend, threads: int) -> Real:
    """Products of the features' residuals, shape (k, k): what differences of item values leave."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = (np.ones(len(cells)), (cells.first, cells.second))
    met = coo_array(pairs, shape=(n, n)).tocsr()
    together = (met + met.T).tocsr()
    n_groups, group = connected_components(together, directed=False)
    sums = cells.by_item(cells.features, n)
    # At equal abilities a game's information is 1/4: four of them make a least-squares equation.
    values, _ = engine.laplacian_solve(
        together.indptr.astype(np.int64),
        together.indices.astype(np.int32),
        4.0 * together.data,
        np.zeros(together.nnz),
        np.zeros(n),
        np.zeros(n, np.uint8),
        group.astype(np.int32),
        n_groups,
        0.0,
        sums,
        RESIDUAL_TOL,
        10 * n + 100,
        threads,
    )
    products: Real = cells.features.T @ cells.features - sums.T @ values
    return 0.5 * (products + products.T)


def fit_joint(
    cells: Cells,
    names: tuple[str, ...],
    divisor: Real,
    request: Request,
    *,
    items: NDArray[Any],
    by_pair: bool,
    graph: Graph,
    start: Real,
    given: bool,
    held: NDArray[np.bool_],
    floating: NDArray[np.int32],
    prior: float,
    tol: float,
    max_iter: int,
    dense_below: int,
    engine: Backend,
    threads: int,
) -> tuple[Real, Extras, int, float, float, bool]:
    """Abilities and extra parameters, iterations, ability error, score norm, converged.

    `given`: `start` is somebody's guess, and not what ties as halves suggest.
    """
    tie_model = request.tie_model
    n_features = cells.features.shape[1]
    level, begin = joint_start(cells, tie_model, start, held, request.position)
    start = start if given else level

    def climb(ability: Real, extra: Real, most: int) -> tuple[Real, Real, int, float, float, bool]:
        result: tuple[Real, Real, int, float, float, bool] = engine.joint_newton(
            cells.first,
            cells.second,
            cells.win,
            cells.loss,
            cells.tie,
            cells.offset,
            cells.features,
            TIE_MODELS.index(tie_model),
            graph.offsets,
            graph.neighbour,
            ability,
            extra,
            held.astype(np.uint8),
            floating,
            int(floating.max(initial=-1)) + 1,
            prior,
            request.ridge,
            tol,
            most,
            dense_below,
            threads,
        )
        return result

    ability, extra, n_iter, error, norm, converged = climb(start, begin, max_iter)
    verdict: Verdict = None
    if not np.isfinite(error):
        # The kernel gives up far out, where steps shrink too slowly to tell a distant maximum from
        # none. Where there is one, it goes on from there.
        verdict = find_separation(cells, held, prior > 0, request.ridge > 0)
        exists = verdict is None
        while exists and not np.isfinite(error) and n_iter < max_iter:
            ability, extra, more, error, norm, converged = climb(ability, extra, max_iter - n_iter)
            n_iter += more
            exists = more > 1  # or not even one step could be made
    elif not converged or far_out(cells, ability, extra):
        verdict = find_separation(cells, held, prior > 0, request.ridge > 0)
    extras = make_extras(
        cells,
        names,
        divisor,
        request,
        by_pair=by_pair,
        coefficients=np.array(extra[:n_features]),
        log_tie=float(extra[-1]) if tie_model != "none" else 0.0,
    )
    if isinstance(verdict, Direction):
        raise_separated(items, extras, cells, verdict)
    if verdict is False and not np.isfinite(error):
        raise_far(extras)
    return ability, extras, int(n_iter), float(error), float(norm), bool(converged)


def make_extras(
    cells: Cells,
    names: tuple[str, ...],
    divisor: Real,
    request: Request,
    *,
    by_pair: bool,
    coefficients: Real,
    log_tie: float,
) -> Extras:
    return Extras(
        request.tie_model,
        log_tie,
        coefficients,
        names,
        request.position,
        divisor,
        request.ridge,
        by_pair,
        cells,
    )
