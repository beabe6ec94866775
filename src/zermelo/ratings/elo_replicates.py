"""Elo's ratings after the games in random orders, or of random samples of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .._backends.threads import resolve_threads
from ..checks import whole
from ..errors import InputError
from .elo_state import Replay, check_bounds, check_divisor
from .rating_interval import RatingInterval
from .result import freeze
from .uncertainty import normal_quantile

Real = NDArray[np.float64]
MOST_GAMES = 2**31 - 1
MOST_REPLICATES = 10_000_000


@dataclass(frozen=True, eq=False, repr=False)
class EloReplicates:
    """Ratings of replicates, a row each. Made by `elo`, with `permutations` or `bootstrap`.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    ratings : ndarray of float64, shape (replicates, n_items)
        In points.
    kind : {"permutations", "bootstrap"}
        Random orders of all games, or samples with replacement in the order of drawing.
    seed : int
    """

    items: NDArray[Any]
    ratings: Real
    kind: str
    seed: int
    _frame_backend: str | None = None

    def __post_init__(self) -> None:
        self.ratings.flags.writeable = False

    def __repr__(self) -> str:
        return (
            f"EloReplicates({len(self.ratings):,} {self.kind}, {len(self.items):,} items, "
            f"seed {self.seed})"
        )

    @property
    def mean(self) -> Real:
        """Mean rating of every item, shape (n_items,)."""
        return np.asarray(self.ratings.mean(axis=0))

    @property
    def standard_deviation(self) -> Real:
        """How much every item's rating differs between replicates, in points, shape (n_items,)."""
        return np.asarray(self.ratings.std(axis=0, ddof=1))

    def interval(self, level: float = 0.95) -> RatingInterval:
        """Mean ratings with the quantiles between which this share of the replicates lies.

        Of permutations these show what the order of the games does to the ratings, and not how
        uncertain the items' strengths are.

        Parameters
        ----------
        level : float, default 0.95

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x", "y", "x", "x"], ["y", "x", "y", "y"])
        >>> fit = zm.elo(games, permutations=1000)
        >>> fit.permutations.interval().to_frame("pandas").round(1)
          item  rating   lower   upper  standard_error
        0    x  1527.9  1523.8  1531.7             3.0
        1    y  1472.1  1468.3  1476.2             3.0
        """
        normal_quantile(level)  # checks it
        tail = 0.5 - 0.5 * float(level)
        lower, upper = np.quantile(self.ratings, [tail, 1.0 - tail], axis=0)
        return RatingInterval(
            self.items,
            self.mean,
            lower,
            upper,
            self.standard_deviation,
            float(level),
            self._frame_backend,
        )


def number_of_replicates(name: str, number: Any) -> int:
    rule = f"a whole number from 2 to {MOST_REPLICATES:,}, or None"
    if whole(name, number, 2, rule) > MOST_REPLICATES:
        raise InputError(f"{name} must be {rule}, but is {number!r}")
    return int(number)


def replicated(
    replay: Replay,
    backend: Backend,
    n_replicates: int,
    seed: int,
    replace: bool,
    threads: int | None,
) -> EloReplicates:
    """Ratings after the games in random orders, or with `replace` after samples of them."""
    kind = "bootstrap" if replace else "permutations"
    if len(replay.arrays[8]):
        raise InputError(
            f"{kind}= replays the games in random orders, in which reversion and resets, which "
            "happen between periods, have no meaning; leave out one of them"
        )
    arrays = _single_games(replay, kind)
    total = len(arrays[0])
    work = n_replicates * total
    ratings, bad = backend.elo_orders(
        arrays,
        # A sample may have an item play in every one of its games.
        replay.rule_values(total if replace else None),
        replay.start.rating,
        int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]),
        replace,
        0,
        n_replicates,
        resolve_threads(threads, work),
    )
    if bad >= 0 and len(replay.arrays[7]):
        bad = int(np.searchsorted(np.cumsum(replay.arrays[7]), bad, side="right"))
    check_divisor(bad, replay.games)
    data = replay.games.data
    check_bounds(data.items, np.maximum(ratings.max(axis=0), -ratings.min(axis=0)))
    return EloReplicates(data.items, ratings, kind, seed, data.frame_backend)


def _single_games(replay: Replay, kind: str) -> tuple[Any, ...]:
    """The kernel's arrays with a row for every repeat of a game, so that repeats can part."""
    times = replay.arrays[7]
    total = int(times.sum()) if len(times) else len(replay.arrays[0])
    if total > MOST_GAMES:
        raise InputError(f"{kind}= shuffles at most {MOST_GAMES:,} games, but there are {total:,}")
    if total == 0:
        raise InputError(f"{kind}= has no games to shuffle: every count or weight is 0")
    if not len(times):
        return replay.arrays
    columns = [np.repeat(column, times) if len(column) else column for column in replay.arrays[:7]]
    freeze(*columns)
    return (*columns, times[:0], *replay.arrays[8:])
