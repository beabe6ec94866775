"""The bootstrap of a Bradley-Terry fit: abilities of resampled data."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from .._backends.covariance import dense_covariance
from .._backends.threads import available_threads, resolve_threads
from ..checks import choice, finite, whole
from ..errors import InputError
from .bread import OWN_DENSE_BELOW
from .graph import TIE_SHARE
from .model import Model
from .resampling import Cells, Sampler
from .result import label_of
from .scale import RatingScale
from .uncertainty import Interval, normal_quantile

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit
from .joint_fit import JointFit

Unit = Literal["comparison"]
UNITS = ("comparison",)
Method = Literal["percentile", "basic", "normal"]
METHODS = ("percentile", "basic", "normal")

# Up to this many items the information is inverted once for all replicates; beyond, each is fitted
# by Newton's method with conjugate gradients.
INVERSE_BELOW = 1500
MOST_NEWTON_STEPS = 100
MOST_REPLICATES = 10_000_000
# Blocks for an executor or for progress: enough to share out evenly and to show that it moves.
BLOCKS = 64

Real = NDArray[np.float64]
Progress = Callable[[int, int], object]


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """Abilities of resampled data. Made by `BradleyTerryFit.bootstrap`.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    estimate : ndarray of float64, shape (n_items,)
        The fit's own abilities.
    ability : ndarray of float64, shape (replicates, n_items)
        Abilities of every replicate, centred as the fit's are; NaN where an item is not rated, and
        in the whole row where a replicate has no maximum.
    n_failed : int
        Replicates without a maximum, or none that could be found. What is computed below leaves
        them out, so that it is about data for which the maximum exists: where there are many, a
        fit with a prior says more.
    seed : int
    unit : {"comparison"}
        What was resampled.
    """

    items: NDArray[Any]
    estimate: Real
    ability: Real
    n_failed: int
    seed: int
    unit: str
    _component: NDArray[np.int32]
    _alone: NDArray[np.bool_]
    _scale: RatingScale = field(default_factory=RatingScale)
    _frame_backend: str | None = None

    def __post_init__(self) -> None:
        self.ability.flags.writeable = False

    def __repr__(self) -> str:
        failed = f", {self.n_failed:,} failed" if self.n_failed else ""
        return (
            f"Bootstrap({len(self.ability):,} replicates{failed}, {len(self.items):,} items, "
            f"by {self.unit}, seed {self.seed})"
        )

    @property
    def n_replicates(self) -> int:
        """How many replicates were drawn, the failed ones included."""
        return len(self.ability)

    def _usable(self) -> Real:
        """The replicates that have a maximum."""
        rated = ~np.isnan(self.estimate)
        kept = self.ability[~np.isnan(self.ability[:, rated]).any(axis=1)]
        if len(kept) < 2:
            raise InputError(
                f"only {len(kept)} of {self.n_replicates:,} replicates have a maximum; fit with a "
                "prior, or use interval(kind='sandwich')"
            )
        return kept

    def covariance(self) -> Real:
        """Covariance matrix of the replicates' abilities, shape (n_items, n_items).

        NaN for unrated items and between components rated separately.
        """
        kept = self._usable()
        off = kept - kept.mean(axis=0)
        matrix: Real = off.T @ off / (len(kept) - 1)
        matrix[self._component[:, None] != self._component[None, :]] = np.nan
        return matrix

    @property
    def standard_error(self) -> Real:
        """Standard deviation of the replicates' abilities, shape (n_items,)."""
        error: Real = np.where(self._alone, np.nan, self._usable().std(axis=0, ddof=1))
        return error

    def interval(
        self, level: float = 0.95, method: Method = "percentile", reference: Any = None
    ) -> Interval:
        """Confidence intervals of abilities, or of their differences to a reference item.

        Parameters
        ----------
        level : float, default 0.95
            Of each interval by itself.
        method : {"percentile", "basic", "normal"}, default "percentile"
            The replicates' quantiles; those mirrored at the estimate (Davison and Hinkley 1997,
            section 5.2); or the estimate and the replicates' standard deviation.
        reference : label, optional
            Report differences to this item.

        Returns
        -------
        Interval
            In ability units; its `relative_error` is that of a standard deviation of so many
            replicates.

        Raises
        ------
        InputError
            Fewer than two replicates have a maximum, or the reference is not rated.

        References
        ----------
        Efron 1979, Ann. Statist. 7:1. Davison and Hinkley 1997, Bootstrap Methods and their
        Application.
        """
        choice("method", method, METHODS)
        quantile = normal_quantile(level)
        estimate, kept = self.estimate, self._usable()
        unknown = self._alone | np.isnan(estimate)
        if reference is not None:
            base = self._place(reference)
            estimate, kept = estimate - estimate[base], kept - kept[:, base : base + 1]
            unknown |= self._component != self._component[base]
        error = kept.std(axis=0, ddof=1)
        if method == "normal":
            lower, upper = estimate - quantile * error, estimate + quantile * error
        else:
            tail = 0.5 - 0.5 * float(level)
            lower, upper = np.quantile(kept, [tail, 1.0 - tail], axis=0)
            if method == "basic":
                lower, upper = 2.0 * estimate - upper, 2.0 * estimate - lower
        relative = np.full(len(estimate), 1.0 / np.sqrt(2.0 * (len(kept) - 1)))
        return Interval(
            self.items,
            np.where(unknown, np.nan, estimate),
            np.where(unknown, np.nan, lower),
            np.where(unknown, np.nan, upper),
            np.where(unknown, np.nan, error),
            np.where(error > 0, relative, 0.0),
            float(level),
            f"{method} bootstrap",
            None if reference is None else label_of(self.items[base]),
            self._scale,
            self._frame_backend,
        )

    def _place(self, reference: Any) -> int:
        places = np.flatnonzero(self.items == reference)
        if len(places) != 1:
            raise InputError(f"reference names {reference!r}, which is not an item of the fit")
        if np.isnan(self.estimate[places[0]]):
            raise InputError(f"reference {reference!r} is not rated")
        return int(places[0])


@dataclass(frozen=True, eq=False)
class _Problem:
    """All that a replicate depends on, in arrays, so that other processes can draw it too."""

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
        inside = self.centre >= 0
        if inside.any():
            group = self.centre[inside]
            size = np.bincount(group)
            for row in ability:
                row[inside] -= (np.bincount(group, row[inside]) / size)[group]
        ability[:, ~self.rated] = np.nan
        return ability


def bootstrap(
    fit: BradleyTerryFit,
    replicates: int = 1000,
    *,
    unit: Unit = "comparison",
    seed: int = 0,
    executor: concurrent.futures.Executor | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    tol: float = 1e-6,
) -> Bootstrap:
    """Abilities of resampled data: each replicate draws as many comparisons with replacement.

    Parameters
    ----------
    fit : BradleyTerryFit
        With its data.
    replicates : int, default 1000
    unit : {"comparison"}, default "comparison"
        What is resampled.
    seed : int, default 0
        The same seed gives the same replicates, whatever the threads, executor and number of
        replicates.
    executor : concurrent.futures.Executor, optional
        Runs blocks of replicates, each on one thread unless `threads` says more.
    threads : int, optional
        Threads; None: what affinity and the control group's quota allow.
    progress : callable, optional
        Called with the number of replicates done and of all, on the calling thread.
    tol : float, default 1e-6
        A replicate's last step is at most this, in ability units.

    Returns
    -------
    Bootstrap

    Raises
    ------
    InputError
        The data has fractional outcomes, or weights that differ within a pair and outcome; the fit
        was loaded without its data; or an argument cannot be used.

    References
    ----------
    Efron 1979, Ann. Statist. 7:1.

    Examples
    --------
    >>> import zermelo as zm
    >>> winner, loser = ["x", "y", "x", "z", "y", "z"], ["y", "x", "z", "x", "z", "y"]
    >>> votes = zm.Comparisons(winner, loser, count=[60, 40, 70, 30, 55, 45])
    >>> zm.bradley_terry(votes).bootstrap(200, seed=1)
    Bootstrap(200 replicates, 3 items, by comparison, seed 1)
    """
    if isinstance(fit, JointFit):
        raise InputError(
            "bootstrap resamples fits of abilities alone, but this one has a tie model, a position "
            "effect, covariates or offsets"
        )
    if fit.options.get("bias_reduced"):
        raise InputError(
            "bootstrap refits by maximum likelihood, but this fit is bias-reduced; use "
            "interval(), or fit with prior= instead"
        )
    replicates = whole("replicates", replicates, 1, rule := f"from 1 to {MOST_REPLICATES:,}")
    if replicates > MOST_REPLICATES:
        raise InputError(f"replicates must be {rule}, but is {replicates:,}")
    choice("unit", unit, UNITS)
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
    problem = _problem(fit, seed, float(tol), used_threads)
    if executor is not None and threads is None:
        used_threads = 1
    ability = np.empty((replicates, fit.n_items))
    done = 0
    if progress is None and executor is None:
        ability[:] = problem.draw(0, replicates, used_threads)
    else:
        for begin, end, block in _blocks(problem, replicates, executor, used_threads):
            ability[begin:end] = block
            done += end - begin
            if progress is not None:
                progress(done, replicates)
    failed = np.isnan(ability[:, problem.rated]).any(axis=1)
    return Bootstrap(
        fit.items,
        fit.ability,
        ability,
        int(failed.sum()),
        seed,
        unit,
        fit.model.component,
        fit.model.alone,
        fit.scale,
        fit.frame_backend,
    )


def _blocks(
    problem: _Problem, replicates: int, executor: concurrent.futures.Executor | None, threads: int
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


def _problem(fit: BradleyTerryFit, seed: int, tol: float, threads: int) -> _Problem:
    counts, _ = fit.require_data("bootstrap")
    model, backend = fit.model, fit.model.backend
    rated = fit.rated
    used = model.component[counts.first] == model.component[counts.second]
    used &= rated[counts.first] & rated[counts.second]
    cells = Cells.of(counts, used, TIE_SHARE[model.ties])
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
            *(cells.pair, cells.credit_low, cells.credit_high, cells.low, cells.high),
            *(offsets, neighbour, entry_pair, ability, inverse),
            *(held.astype(np.uint8), model.floating, n_centres, root.astype(np.uint8)),
            *(model.prior == 0.0, model.prior, tol, MOST_NEWTON_STEPS, INVERSE_BELOW),
        ),
        model.centre,
        rated,
        backend.name,
    )


def _inverse(
    cells: Cells,
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
    inside = cells.pair >= 0
    credit = (cells.count * (cells.credit_low + cells.credit_high))[inside]
    weight = np.bincount(cells.pair[inside], credit, len(cells.low)) * p * (1.0 - p)
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
