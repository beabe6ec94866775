"""The bootstrap of a fit with ties, a position effect or covariates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import run_chunks
from ..comparisons import Comparisons
from ..errors import InputError
from .cells import TIE_MODELS, Cells
from .drawn_clusters import Clusters, pair_weights, places_of
from .joint_fit import JointFit
from .resampling import Sampler, check_number, countable

Real = NDArray[np.float64]
Long = NDArray[np.int64]

MOST_NEWTON_STEPS = 100
# Newton's equations of at most this many items are factored, as in the fit.
DENSE_BELOW = 512
# Replicates handed to the pool at a time, so that few are in the way of Ctrl-C.
SUBMITTED = 64
# A count that follows from sums of weights is whole but for their rounding.
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class _Parts:
    """What one draw adds to a cell of the fit; sorted by cell."""

    count: Long  # of everything that is drawn from, as in Drawable
    cell: NDArray[np.int64]
    drawn: NDArray[np.int64]
    win: Real
    loss: Real
    tie: Real | None


@dataclass(frozen=True, eq=False)
class JointProblem:
    """All that a replicate depends on, in arrays, so that other processes can draw it too."""

    sampler: Sampler
    part_offsets: Long
    part_drawn: NDArray[np.int64]
    part_credits: tuple[Real, Real, Real | None]
    cells: Cells
    tie_model: int
    arguments: tuple[Any, ...]  # of the kernel, after the cells
    centre: NDArray[np.int32]
    rated: NDArray[np.bool_]
    divisor: Real
    backend: str

    def draw(self, begin: int, end: int, threads: int) -> Real:
        """Abilities and extra parameters of the replicates [begin, end), as they are reported."""
        from scipy.sparse import csr_array

        backend = resolve(self.backend)
        n, k = len(self.centre), len(self.divisor) + (self.cells.tie is not None)
        out = np.full((end - begin, n + k), np.nan)
        shape = (len(self.cells), self.sampler.n_cells)
        matrices = [
            None
            if credit is None
            else csr_array((credit, self.part_drawn, self.part_offsets), shape=shape)
            for credit in self.part_credits
        ]

        def work(first: int, last: int) -> None:
            for place in range(first, last):
                drawn = backend.multinomial_draws(*self.sampler.arguments, begin + place, 1, 1)[0]
                times = drawn.astype(np.float64)
                sums = [None if matrix is None else matrix @ times for matrix in matrices]
                if sums[2] is not None and not sums[2].any():
                    continue  # no tie at all: the tie parameter is on its boundary
                cells = self.cells
                ability, extra, _, _, _, converged = backend.joint_newton(
                    cells.first, cells.second, *sums, cells.offset, cells.features,
                    self.tie_model, *self.arguments, 1,
                )  # fmt: skip
                if converged:
                    out[place, :n], out[place, n:] = ability, extra

        with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
            for at in range(0, end - begin, SUBMITTED):
                last = min(at + SUBMITTED, end - begin)
                run_chunks(work, [(i, i + 1) for i in range(at, last)], pool)
        out[:, n : n + len(self.divisor)] /= self.divisor
        return out


def joint_problem(fit: JointFit, clusters: Clusters | None, seed: int, tol: float) -> JointProblem:
    """The replicates of a joint fit; each starts from the estimate."""
    extras, model = fit.extras, fit.model
    if extras.cells is None:
        fit.require_data("bootstrap")
        raise AssertionError("a fit with its counts has its cells")
    _, graph = fit.require_data("bootstrap")
    cells, backend = extras.cells, model.backend
    if clusters is not None:
        parts = _by_cluster(fit, cells, clusters)
    elif extras.by_pair:
        parts = _by_outcome(fit, cells)
    else:
        parts = _by_row(fit, cells)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(parts.cell, minlength=len(cells)))])
    held = model.held | model.alone | ~fit.rated
    with_tie = [] if extras.ties == "none" else [extras.log_tie]
    return JointProblem(
        Sampler.build(parts.count, seed, backend),
        offsets,
        parts.drawn,
        (parts.win, parts.loss, parts.tie),
        cells,
        TIE_MODELS.index(extras.ties),
        (
            *(graph.offsets, graph.neighbour, np.nan_to_num(model.ability)),
            np.append(extras.coefficients, with_tie),
            *(held.astype(np.uint8), model.floating, int(model.floating.max(initial=-1)) + 1),
            *(model.prior, extras.ridge, tol, MOST_NEWTON_STEPS, DENSE_BELOW),
        ),
        model.centre,
        fit.rated,
        extras.divisor,
        backend.name,
    )


def _inside(fit: JointFit, first: Any, second: Any) -> NDArray[np.bool_]:
    """The pairs that the fit reads, as `bradley_terry` chose them."""
    component, idle = fit.model.component, ~fit.rated | fit.model.alone
    inside: NDArray[np.bool_] = component[first] == component[second]
    inside &= ~(idle[first] | idle[second])
    return inside


def _with_silent(count: Long, total: int) -> Long:
    """The counts, and one more for the comparisons that say nothing to the fit."""
    silent = total - int(count.sum())
    return np.append(count, silent) if silent > 0 else count


def _by_outcome(fit: JointFit, cells: Cells) -> _Parts:
    """Comparisons of an ordered pair and outcome."""
    counts, _ = fit.require_data("bootstrap")
    outcome, weight = countable(counts)
    inside = _inside(fit, counts.first, counts.second)
    own = outcome[inside]
    each = np.ones(own.shape) if weight is None else weight[inside]
    if fit.ties == "drop":
        own[:, 2] = 0
    cell, which = np.nonzero(own)
    each = each[cell, which]
    win, loss, tie = (np.where(which == code, each, 0.0) for code in range(3))
    count = _with_silent(own[cell, which], int(outcome.sum()))
    return _parts(count, cell, np.arange(len(cell)), win, loss, tie, cells)


def _parts(
    count: Long, cell: Any, drawn: Any, win: Real, loss: Real, tie: Real, cells: Cells
) -> _Parts:
    """Without a tie model a tie is half a win for both."""
    if cells.tie is None:
        win, loss = win + 0.5 * tie, loss + 0.5 * tie
    return _Parts(count, cell, drawn, win, loss, None if cells.tie is None else tie)


def _by_row(fit: JointFit, cells: Cells) -> _Parts:
    """Rows, each as many comparisons as its count says.

    A row of c comparisons of weight w brings c w and c w² to its cell.
    """
    counts, _ = fit.require_data("bootstrap")
    check_number(counts.n_comparisons)
    total = cells.win + cells.loss + (0.0 if cells.tie is None else cells.tie)
    squares = cells.squares[0] if cells.tie is None else np.sum(cells.squares, axis=0)
    kept = np.flatnonzero(squares > 0)
    exact = total[kept] ** 2 / squares[kept]
    count = np.rint(exact).astype(np.int64)
    if (np.abs(exact - count) > ROUNDING * count).any():
        raise InputError(
            "the bootstrap by comparison needs one weight for all comparisons of a row; use "
            "interval(kind='sandwich')"
        )
    tie = None if cells.tie is None else cells.tie[kept] / count
    return _Parts(
        _with_silent(count, counts.n_comparisons),
        kept,
        np.arange(len(kept)),
        cells.win[kept] / count,
        cells.loss[kept] / count,
        tie,
    )


def _by_cluster(fit: JointFit, cells: Cells, clusters: Clusters) -> _Parts:
    once = np.ones(clusters.n, np.int64)
    rows = clusters.rows
    if not fit.extras.by_pair:
        if not isinstance(rows, Comparisons):
            raise InputError("the bootstrap by cluster of this fit needs its Comparisons")
        # The order in which the fit read the rows.
        order = np.argsort(rows.a.astype(np.int64) * rows.n_items + rows.b, kind="stable")
        order = order[_inside(fit, rows.a[order], rows.b[order])]
        if len(order) != len(cells):
            raise InputError(
                "the bootstrap by cluster does not know which rows this fit put together; use "
                "interval(kind='sandwich')"
            )
        drawn = clusters.code[order].astype(np.int64)
        return _Parts(once, np.arange(len(cells)), drawn, cells.win, cells.loss, cells.tie)
    n = fit.n_items
    keys = cells.first.astype(np.int64) * n + cells.second
    place = places_of(rows, n, keys, ordered=True)
    sums = clusters.sums(place, np.zeros(len(place), bool), fit)
    columns = [sums.win + sums.score, sums.loss + sums.rest, sums.tie]
    weight = pair_weights(fit, cells.first, cells.second)
    if weight is not None:
        columns = [column * weight[sums.place] for column in columns]
    if fit.ties == "drop":
        columns[2] = np.zeros(len(columns[2]))
    order = np.argsort(sums.place, kind="stable")
    win, loss, tie = (column[order] for column in columns)
    return _parts(once, sums.place[order], sums.code[order].astype(np.int64), win, loss, tie, cells)
