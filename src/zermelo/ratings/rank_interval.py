"""Intervals of ranks: how high and how low an item may truly stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .._backends.threads import resolve_threads
from ..errors import InputError
from .estimates import (
    Estimates,
    check_draws,
    check_level,
    check_one_scale,
    spread,
    upper_quantile,
)
from .max_t import (
    Differences,
    Draws,
    GivenDraws,
    critical_value_within,
    critical_values,
    gaussian_draws,
    largest_each,
    largest_of_all,
)
from .result import freeze, ranks_of
from .table import make_frame
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class RankInterval:
    """Confidence intervals of ranks, in the order of the fit's items.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    rank, lower, upper : ndarray of int64, shape (n_items,)
        The estimated rank, and the best and the worst that the data allow; 0 where unrated.
    mean_width : float
        Mean of upper - lower over the rated items, in ranks.
    bonferroni_mean_width : float
        The same with Bonferroni's critical value, which knows nothing of correlations.
    critical_value : ndarray of float64
        By how many standard errors two items must differ; one number, of shape (), for
        simultaneous intervals, else one an item, shape (n_items,).
    level : float
    simultaneous : bool
        Whether all intervals hold at once with this level, or each by itself.
    kind : str
        Of the covariance.
    degrees_of_freedom : float
        One less than the number of clusters, for kind="cluster"; else infinite.
    """

    items: NDArray[Any]
    rank: Whole
    lower: Whole
    upper: Whole
    mean_width: float
    bonferroni_mean_width: float
    critical_value: Real
    level: float
    simultaneous: bool
    kind: str
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        freeze(self.items, self.rank, self.lower, self.upper, self.critical_value)

    def __repr__(self) -> str:
        how = "simultaneous" if self.simultaneous else "one by one"
        return (
            f"RankInterval({len(self.items):,} items, {100 * self.level:g}% {how}, {self.kind}, "
            f"mean width {self.mean_width:.1f})"
        )

    def to_frame(self, library: str | None = None) -> Any:
        """Item, rank, lower and upper as a data frame, best first, unrated items last."""
        order = np.lexsort((self.rank, self.rank == 0))
        columns = {
            "item": self.items[order],
            "rank": self.rank[order],
            "lower": self.lower[order],
            "upper": self.upper[order],
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def rank_interval(
    fit: BradleyTerryFit,
    level: float = 0.95,
    *,
    kind: Kind = "sandwich",
    simultaneous: bool = True,
    draws: int = 10_000,
    seed: int = 0,
    bootstrap: Any = None,
) -> RankInterval:
    """See `BradleyTerryFit.rank_interval`."""
    level = check_level(level)
    n_draws, seed = check_draws(draws, seed)
    if not isinstance(simultaneous, (bool, np.bool_)):
        raise InputError(f"simultaneous must be True or False, but is {simultaneous!r}")
    estimates = Estimates.of(fit, kind, "rank_interval")
    n = estimates.n_items
    source = (
        gaussian_draws(estimates.covariance, n_draws, seed, estimates.degrees_of_freedom)
        if bootstrap is None
        else GivenDraws.of(bootstrap, fit.ability, estimates.places)
    )
    better = estimates.studentised()
    threads = resolve_threads(fit.options.get("threads"), n * n * source.n_draws)
    run = fit.model.backend, threads
    if simultaneous:
        settled, critical = _settled_at_once(better, estimates.inverse, source, level, run)
        family = n * (n - 1) // 2
    else:
        settled, critical = _settled_each(better, estimates.inverse, source, level, run)
        critical = spread(fit, estimates.places, critical, np.nan)
        family = n - 1
    lower, upper = _ends(settled)
    tail = 0.5 * (1.0 - level) / max(family, 1)
    bonferroni = upper_quantile(tail, estimates.degrees_of_freedom)
    widths = np.subtract(*_ends(np.abs(better) > bonferroni)[::-1])

    def place(values: Whole) -> Whole:
        return spread(fit, estimates.places, values, 0)

    return RankInterval(
        fit.items,
        place(ranks_of(estimates.ability)),
        place(lower),
        place(upper),
        float((upper - lower).mean()),
        float(widths.mean()),
        critical,
        level,
        bool(simultaneous),
        str(kind),
        fit.frame_backend,
        estimates.degrees_of_freedom,
    )


def _ends(settled: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Best and worst ranks from who differs from each row's item, the items being best first."""
    lower = 1 + np.tril(settled).sum(axis=1, dtype=np.int64)
    upper = len(settled) - np.triu(settled).sum(axis=1, dtype=np.int64)
    return lower, upper


def _open_direction(settled: NDArray[np.bool_], rows: NDArray[np.intp]) -> NDArray[np.int_]:
    """Which sign of column's minus row's error can still mislead: 0 for both."""
    # Items are best first: columns right of a row's item are settled to be below it.
    side = np.where(np.arange(settled.shape[1]) >= rows[:, None], 1, -1)
    return np.where(settled, side, 0)


def _settled_at_once(
    better: Real, inverse: Real, draws: Draws, level: float, run: tuple[Backend, int]
) -> tuple[NDArray[np.bool_], Real]:
    """Pairs whose order is settled, all with one level, and the critical value."""
    size = np.abs(better)
    settled = np.isinf(size)
    rows = np.arange(len(size))

    def family() -> Differences:
        # Every pair once.
        return Differences.of(rows, rows + 1, inverse, _open_direction(settled, rows), *run)

    largest = largest_of_all(draws, family())
    critical = float(critical_values(largest, level))
    while not ((after := settled | (size > critical)) == settled).all():
        settled = after
        critical = critical_value_within(draws, family(), level, largest)
    return settled, np.asarray(critical)


def _settled_each(
    better: Real, inverse: Real, draws: Draws, level: float, run: tuple[Backend, int]
) -> tuple[NDArray[np.bool_], Real]:
    """The items that are settled to differ from each row's, a level a row, and critical values."""
    size = np.abs(better)
    settled = np.isinf(size)
    critical = np.zeros(len(size))
    todo = np.arange(len(size))
    while len(todo):
        direction = _open_direction(settled[todo], todo)
        family = Differences.of(todo, np.zeros(len(todo)), inverse, direction, *run)
        critical[todo] = critical_values(largest_each(draws, family), level)
        after = settled | (size > critical[:, None])
        todo = np.flatnonzero((after != settled).any(axis=1))
        settled = after
    return settled, critical


def lmarena_rank(
    fit: BradleyTerryFit, level: float = 0.95, *, kind: Kind = "sandwich"
) -> NDArray[np.int64]:
    """See `BradleyTerryFit.lmarena_rank`."""
    check_level(level)
    check_one_scale(fit, "lmarena_rank")
    interval = fit.interval(level, kind)
    rated = fit.rated
    lower = np.sort(interval.lower[rated])
    above = len(lower) - np.searchsorted(lower, interval.upper[rated], side="right")
    return spread(fit, np.flatnonzero(rated), 1 + above.astype(np.int64), 0)
