"""Fitting abilities together with ties, a position effect and covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..comparisons import Comparisons
from ..errors import InputError, SeparationError
from ..pair_counts import PairCounts
from .cells import TIE_MODELS, Cells, TieModel, cells_of_counts, cells_of_rows, merged
from .graph import Graph
from .joint_fit import POSITION_NAME, Extras

Real = NDArray[np.float64]
Covariates = bool | Literal["standardize"] | None

FARTHEST = 15.0  # log-odds that nothing in real data tells apart from infinity
COLLINEAR = 1e-9  # share of a feature's sum of squares that other parameters leave
# A tie parameter to start from: equals tie a third of the time.
START = {"davidson": 0.0, "rao-kupper": np.log(2.0)}


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
        names += tuple(f"feature {k}" for k in range(features.shape[1]))
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


def check_features(cells: Cells, names: tuple[str, ...], position: bool, n: int) -> None:
    """Refuses features that the items, or other features, explain completely."""
    used = (cells.win + cells.loss + (0.0 if cells.tie is None else cells.tie)) > 0
    cells = cells if used.all() else cells.take(np.flatnonzero(used))
    x = cells.features
    if not x.shape[1]:
        return
    for k, name in enumerate(names):
        if k >= int(position) and len(x) and np.ptp(x[:, k]) == 0:
            raise InputError(
                f"covariates: {name} is {x[0, k]:g} in every row, so that it says nothing about a "
                "row"
                + ("; a constant is a position effect: position_effect=True" if x[0, k] else "")
            )
    own = np.einsum("mk,mk->k", x, x)
    gram = _residual_products(cells, n)
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


def _residual_products(cells: Cells, n: int) -> Real:
    """Products of the features' residuals, shape (k, k): what differences of item values leave."""
    from scipy.sparse import coo_array, csr_array, diags_array
    from scipy.sparse.linalg import cg

    pairs = (np.ones(len(cells)), (cells.first, cells.second))
    met = coo_array(pairs, shape=(n, n)).tocsr()
    together = csr_array(met + met.T)
    degree = np.asarray(together.sum(axis=1)).ravel()
    matrix = csr_array(diags_array(degree) - together)
    scale = diags_array(1.0 / np.maximum(degree, 1.0))
    sums = cells.by_item(cells.features, n)
    values = np.column_stack(
        [cg(matrix, column, rtol=1e-10, maxiter=10 * n + 100, M=scale)[0] for column in sums.T]
    )
    products: Real = cells.features.T @ cells.features - sums.T @ values
    return 0.5 * (products + products.T)


def fit_joint(
    cells: Cells,
    names: tuple[str, ...],
    divisor: Real,
    request: Request,
    *,
    by_pair: bool,
    graph: Graph,
    start: Real,
    held: NDArray[np.bool_],
    floating: NDArray[np.int32],
    prior: float,
    tol: float,
    max_iter: int,
    dense_below: int,
    engine: Backend,
    threads: int,
) -> tuple[Real, Extras, int, float, float, bool]:
    """Abilities and extra parameters, iterations, ability error, score norm, converged."""
    tie_model = request.tie_model
    n_features = cells.features.shape[1]
    begin = np.zeros(n_features + (tie_model != "none"))
    if tie_model != "none":
        begin[-1] = START[tie_model]
    ability, extra, n_iter, error, norm, converged = engine.joint_newton(
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
        start,
        begin,
        held.astype(np.uint8),
        floating,
        int(floating.max(initial=-1)) + 1,
        prior,
        request.ridge,
        tol,
        max_iter,
        dense_below,
        threads,
    )
    extras = make_extras(
        cells,
        names,
        divisor,
        request,
        by_pair=by_pair,
        coefficients=np.array(extra[:n_features]),
        log_tie=float(extra[-1]) if tie_model != "none" else 0.0,
    )
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


def raise_if_separated(extras: Extras, error: float) -> None:
    """The error that says why Newton's method, which does not diverge where a maximum exists,
    found none."""
    if np.isfinite(error):
        return
    far = [
        f"{name} ({value:.3g})"
        for name, value in zip(extras.names, extras.coefficients, strict=True)
        if abs(value) > FARTHEST
    ]
    what = ", ".join(far) if far else "abilities"
    raise SeparationError(
        f"The maximum does not exist: {what} can grow without end, since no comparison contradicts "
        "it (the outcomes are separated). prior= holds abilities, ridge= coefficients"
        + ("" if extras.ties == "none" else "; or the ties are too few, or too many, for ")
        + ("" if extras.ties == "none" else f"ties={extras.ties!r}: ties='half' always takes them")
    )
