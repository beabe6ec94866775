"""The bootstrap of a Bradley-Terry fit: abilities of resampled data."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from .._backends.covariance import dense_covariance
from .._backends.threads import available_threads, resolve_threads
from ..checks import choice, finite, whole
from ..errors import InputError
from .bootstrap_result import Bootstrap, JointBootstrap
from .bread import OWN_DENSE_BELOW
from .drawn_clusters import Clusters, pair_weights, places_of, swapped_rows
from .graph import TIE_SHARE
from .joint_bootstrap import JointProblem, joint_problem
from .joint_fit import TIE_NAME, JointFit
from .model import Model
from .resampling import Drawable, Sampler, unordered_pairs

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Unit = Literal["comparison", "cluster"]
UNITS = ("comparison", "cluster")

# Up to this many items the information is inverted once for all replicates; beyond, each is fitted
# by Newton's method with conjugate gradients.
INVERSE_BELOW = 1500
MOST_NEWTON_STEPS = 100
MOST_REPLICATES = 10_000_000
# Blocks for an executor or for progress: enough to share out evenly and to show that it moves.
BLOCKS = 64

Real = NDArray[np.float64]
Progress = Callable[[int, int], object]


class _Drawing(Protocol):
    """All that a replicate depends on, in arrays, so that other processes can draw it too."""

    def draw(self, begin: int, end: int, threads: int) -> Real:
        """Parameters of the replicates [begin, end), a row each."""


@dataclass(frozen=True, eq=False)
class _Problem:
    """A fit of abilities alone."""

    sampler: Sampler
    arguments: tuple[Any, ...]  # of the kernel, after the sampler's
    centre: NDArray[np.int32]
    rated: NDArray[np.bool_]
    backend: str

    def draw(self, begin: int, end: int, threads: int) -> Real:
        """Abilities of the replicates [begin, end), as they are reported."""
        kernel = resolve(self.backend).bootstrap_abilities
        ability: Real = kernel(
            *self.sampler.arguments, *self.arguments, begin, end - begin, threads
        )
        return reported(ability, self.centre, self.rated)


def reported(ability: Real, centre: NDArray[np.int32], rated: NDArray[np.bool_]) -> Real:
    """Rows of abilities, centred as a fit's are, NaN for unrated items; in place."""
    inside = centre >= 0
    if inside.any():
        group = centre[inside]
        size = np.bincount(group)
        for row in ability:
            row[inside] -= (np.bincount(group, row[inside]) / size)[group]
    ability[:, ~rated] = np.nan
    return ability


def bootstrap(
    fit: BradleyTerryFit,
    replicates: int = 1000,
    *,
    unit: Unit = "comparison",
    cluster: Any = None,
    seed: int = 0,
    executor: concurrent.futures.Executor | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    tol: float = 1e-6,
) -> Bootstrap:
    """See `BradleyTerryFit.bootstrap`."""
    if fit.options.get("bias_reduced"):
        raise InputError(
            "bootstrap refits by maximum likelihood, but this fit is bias-reduced; use "
            "interval(), or fit with prior= instead"
        )
    replicates = whole("replicates", replicates, 1, rule := f"from 1 to {MOST_REPLICATES:,}")
    if replicates > MOST_REPLICATES:
        raise InputError(f"replicates must be {rule}, but is {replicates:,}")
    choice("unit", unit, UNITS)
    if unit == "comparison" and cluster is not None:
        raise InputError('cluster says what unit="cluster" draws, but unit is "comparison"')
    seed = whole("seed", seed, 0, "a whole number of at least 0")
    if not 1e-10 <= finite("tol", tol) <= 1e-2:
        raise InputError(f"tol must be between 1e-10 and 0.01, but is {tol!r}")
    if executor is not None and not isinstance(executor, concurrent.futures.Executor):
        raise InputError(
            "executor must be a concurrent.futures.Executor or None, but is "
            f"{type(executor).__name__}"
        )
    if progress is not None and not callable(progress):
        raise InputError(f"progress must be callable or None, but is {type(progress).__name__}")
    used_threads = available_threads() if threads is None else resolve_threads(threads, 0)
    fit.require_data("bootstrap")
    clusters = Clusters.of(fit, cluster) if unit == "cluster" else None
    problem: _Problem | JointProblem
    if isinstance(fit, JointFit):
        problem = joint_problem(fit, clusters, seed, float(tol))
    else:
        problem = _problem(fit, clusters, seed, float(tol), used_threads)
    if executor is not None and threads is None:
        used_threads = 1
    drawn = _draw_all(problem, replicates, executor, used_threads, progress)
    n = fit.n_items
    ability = drawn[:, :n]
    failed = np.isnan(ability[:, fit.rated]).any(axis=1)
    fields = (fit.items, fit.ability, ability, int(failed.sum()), seed, unit)
    rest = (fit.model.component, fit.model.alone, fit.scale, fit.frame_backend)
    if isinstance(fit, JointFit):
        extras = fit.extras
        names, estimate = extras.names, extras.coefficients / extras.divisor
        if extras.ties != "none":
            names, estimate = (*names, TIE_NAME), np.append(estimate, extras.log_tie)
        return JointBootstrap(
            *fields, *rest, names=names, effect_estimate=estimate, effect=drawn[:, n:]
        )
    return Bootstrap(*fields, *rest)


def _draw_all(
    problem: _Drawing,
    replicates: int,
    executor: concurrent.futures.Executor | None,
    threads: int,
    progress: Progress | None,
) -> Real:
    if progress is None and executor is None:
        return problem.draw(0, replicates, threads)
    out = np.empty((0, 0))
    done = 0
    for begin, end, block in _blocks(problem, replicates, executor, threads):
        if not done:
            out = np.empty((replicates, block.shape[1]))
        out[begin:end] = block
        done += end - begin
        if progress is not None:
            progress(done, replicates)
    return out


def _blocks(
    problem: _Drawing, replicates: int, executor: concurrent.futures.Executor | None, threads: int
) -> Iterator[tuple[int, int, Real]]:
    """Blocks of replicates as they are done."""
    size = -(-replicates // BLOCKS)
    borders = [(at, min(at + size, replicates)) for at in range(0, replicates, size)]
    if executor is None:
        for begin, end in borders:
            yield begin, end, problem.draw(begin, end, threads)
        return
    futures = {executor.submit(problem.draw, *border, threads): border for border in borders}
    try:
        for future in concurrent.futures.as_completed(futures):
            yield *futures.pop(future), future.result()
    finally:
        for future in futures:  # after an error or Ctrl-C nobody waits for the others
            future.cancel()


def _problem(
    fit: BradleyTerryFit, clusters: Clusters | None, seed: int, tol: float, threads: int
) -> _Problem:
    model, backend = fit.model, fit.model.backend
    rated = fit.rated
    cells = _drawable(fit, clusters)
    held = model.held | model.alone | ~rated
    n_centres = int(model.floating.max(initial=-1)) + 1
    ability = np.nan_to_num(model.ability)
    # Where the beats graph is searched from: the fixed items, or one item a floating group.
    root = model.held & rated
    root[[np.flatnonzero(model.floating == group)[0] for group in range(n_centres)]] = True
    offsets, neighbour, entry_pair = cells.rows(fit.n_items)
    inverse = None
    if int((~held).sum()) <= INVERSE_BELOW:
        inverse = _inverse(cells, model, ability, held, n_centres, backend, threads)
    return _Problem(
        Sampler.build(cells.count, seed, backend),
        (
            *(cells.part_offsets, cells.part_cell, cells.part_low, cells.part_high),
            *(cells.low, cells.high, offsets, neighbour, entry_pair, ability, inverse),
            *(held.astype(np.uint8), model.floating, n_centres, root.astype(np.uint8)),
            *(model.prior == 0.0, model.prior, tol, MOST_NEWTON_STEPS, INVERSE_BELOW),
        ),
        model.centre,
        rated,
        backend.name,
    )


def _drawable(fit: BradleyTerryFit, clusters: Clusters | None) -> Drawable:
    counts, _ = fit.require_data("bootstrap")
    model, rated = fit.model, fit.rated
    used = model.component[counts.first] == model.component[counts.second]
    used &= rated[counts.first] & rated[counts.second]
    tie_share = TIE_SHARE[model.ties]
    if clusters is None:
        return Drawable.comparisons(counts, used, tie_share)
    n = counts.n_items
    keys, _ = unordered_pairs(counts, used)
    place = places_of(clusters.rows, n, keys, ordered=False)
    sums = clusters.sums(place, swapped_rows(clusters.rows), fit)
    low, high = sums.credits(tie_share)
    weight = pair_weights(fit, (keys // n).astype(np.int32), (keys % n).astype(np.int32))
    if weight is not None:
        low, high = low * weight[sums.place], high * weight[sums.place]
    says = low + high > 0
    if not says.all():
        sums, low, high = sums.take(says), low[says], high[says]
    once = np.ones(clusters.n, np.int64)
    return Drawable.of_parts(once, keys, n, sums.place, sums.code, low, high)


def _inverse(
    cells: Drawable,
    model: Model,
    ability: Real,
    held: NDArray[np.bool_],
    n_centres: int,
    backend: Backend,
    threads: int,
) -> Real | None:
    """The inverse information at the estimate; None where it is singular in floating point."""
    n = len(ability)
    with np.errstate(over="ignore"):
        p = 1.0 / (1.0 + np.exp(ability[cells.high] - ability[cells.low]))
        own = 1.0 / (1.0 + np.exp(-ability))
    weight = cells.credits() * p * (1.0 - p)
    matrix = np.zeros((n, n))
    matrix[cells.low, cells.high] = matrix[cells.high, cells.low] = -weight
    np.fill_diagonal(matrix, model.prior * own * (1.0 - own) - matrix.sum(axis=1))
    for group in range(n_centres):
        members = np.flatnonzero((model.floating == group) & ~held)
        within = np.ix_(members, members)
        # Regular along the constant vector, to which every score is orthogonal.
        matrix[within] += np.trace(matrix[within]) / len(members) ** 2
    free = np.flatnonzero(~held)
    information = np.ascontiguousarray(matrix[np.ix_(free, free)])
    invert = backend.dense_covariance if len(free) <= OWN_DENSE_BELOW else dense_covariance
    found = invert(information, None, threads)
    if found is None:
        return None
    inverse = np.zeros((n, n))
    inverse[np.ix_(free, free)] = found
    return inverse
