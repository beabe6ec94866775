"""The rules of an Elo system: how large K is, and how margins of victory count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, flag, non_negative, positive, shortened
from ..columns import Array
from ..errors import InputError
from .replay_result import by_label

Real = NDArray[np.float64]

# Where items begin that nothing else is said of.
INITIAL = 1500.0


@dataclass(frozen=True)
class PowerMargin:
    """Shifts grow with a power of the margin, and less where the stronger side won.

    The shift of a game is multiplied by

        (abs(margin) + added) ** exponent / (intercept + slope * D),

    where D is how many points ahead the winner was before the game, its advantage at home
    included, and 0 in a tie. A winner that was far ahead wins by large margins anyway; without the
    divisor (`slope=0`) ratings would run away from each other.

    Parameters
    ----------
    exponent : float, default 0.8
    added : float, default 3
        Points added to the margin.
    intercept : float, default 7.5
    slope : float, default 0.006
        Per point of rating.

    References
    ----------
    FiveThirtyEight 2015, "How we calculate NBA Elo ratings", whose numbers are the defaults.

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["x", "x"], ["y", "y"], [1, 0], margin=[20, 2])
    >>> zm.elo(games, k=20, margin=zm.PowerMargin()).rating.round(2).tolist()
    [1510.95, 1489.05]
    """

    exponent: float = 0.8
    added: float = 3.0
    intercept: float = 7.5
    slope: float = 0.006

    def __post_init__(self) -> None:
        for name in ("exponent", "added", "slope"):
            object.__setattr__(self, name, non_negative(name, getattr(self, name)))
        object.__setattr__(self, "intercept", positive("intercept", self.intercept))

    @property
    def tie_divisor(self) -> float:
        """The divisor of ties, where nobody was ahead in the end."""
        return self.intercept

    def growth(self, margin: Real) -> Real:
        """The numerator for margins that are not negative."""
        return np.asarray((margin + self.added) ** self.exponent)


@dataclass(frozen=True)
class LogMargin:
    """Shifts grow with the logarithm of the margin, and less where the stronger side won.

    The shift of a game is multiplied by

        ln(max(abs(margin), 1) + 1) * intercept / (intercept + slope * D),

    where D is how many points ahead the winner was before the game, its advantage at home
    included. In a tie the divisor is `tie_divisor`.

    Parameters
    ----------
    intercept : float, default 2.2
    slope : float, default 0.001
        Per point of rating.
    tie_divisor : float, default 1
        1 is what FiveThirtyEight uses; `intercept` would be the divisor of equal sides.

    References
    ----------
    FiveThirtyEight 2014 to 2021, NFL Elo ratings, whose numbers are the defaults.

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["x", "x"], ["y", "y"], [1, 0], margin=[20, 2])
    >>> zm.elo(games, k=20, margin=zm.LogMargin()).rating.round(2).tolist()
    [1517.19, 1482.81]
    """

    intercept: float = 2.2
    slope: float = 0.001
    tie_divisor: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "slope", non_negative("slope", self.slope))
        for name in ("intercept", "tie_divisor"):
            object.__setattr__(self, name, positive(name, getattr(self, name)))

    def growth(self, margin: Real) -> Real:
        """The numerator for margins that are not negative."""
        return np.asarray(np.log(np.maximum(margin, 1.0) + 1.0) * self.intercept)


@dataclass(frozen=True)
class KSchedule:
    """K by how many games an item has played, then by its rating; each item has its own.

    Parameters
    ----------
    by_games : sequence of float, or function of an int array, optional
        K of an item that has played 0, 1, 2, ... games. After a sequence ends `by_rating` holds, or
        its last value where there is none; a function, which maps numbers of games to K, never
        ends.
    by_rating : dict of rating to float, optional
        K from this rating on; below the lowest, K of the lowest.
    lasting : bool, default False
        An item's K follows its highest rating so far and not its present one.

    References
    ----------
    FIDE Rating Regulations (2024), 8.3.3: ``zm.presets.fide()``. Kovalchik 2016, J. Quant. Anal.
    Sports 12:127 (K that falls with the games played).

    Examples
    --------
    K of tennis players, 250 / (games + 5)^0.4:

    >>> import zermelo as zm
    >>> tennis = zm.KSchedule(lambda games: 250 / (games + 5) ** 0.4)
    >>> zm.elo(zm.Comparisons(["x", "x"], ["y", "z"]), k=tennis).rating.round(1).tolist()
    [1615.3, 1434.3, 1446.6]
    """

    by_games: Sequence[float] | Callable[[NDArray[np.int64]], Any] | None = None
    by_rating: Mapping[float, float] | None = None
    lasting: bool = False
    _bands: tuple[tuple[float, float], ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        flag("lasting", self.lasting)
        if self.by_games is None and not self.by_rating:
            raise InputError("KSchedule needs by_games or by_rating")
        if self.by_games is not None and not callable(self.by_games):
            values = self.by_games
            if not isinstance(values, (list, tuple, range, np.ndarray)):
                raise InputError(
                    "by_games must be a sequence of numbers or a function, but is "
                    f"{shortened(values)}"
                )
            checked = [non_negative(f"by_games[{i}]", k) for i, k in enumerate(values)]
            if not checked:
                raise InputError("by_games is empty")
            object.__setattr__(self, "by_games", tuple(checked))
        if self.by_rating is not None:
            if not isinstance(self.by_rating, Mapping):
                raise InputError(
                    f"by_rating must be a dict of rating to K, but is {shortened(self.by_rating)}"
                )
            bands = sorted(
                (_band(begin), non_negative(f"by_rating[{begin!r}]", k))
                for begin, k in self.by_rating.items()
            )
            object.__setattr__(self, "by_rating", dict(bands))
            object.__setattr__(self, "_bands", tuple(bands))

    def arrays(self, most_games: int) -> tuple[Real, Real, Real]:
        """K by games played up to `most_games`, and where the bands begin and their K."""
        if callable(self.by_games):
            games = np.arange(most_games + 1)
            try:
                given = self.by_games(games)
            except (TypeError, ValueError) as error:
                raise InputError(
                    "by_games must be a function of an array of numbers of games, but of "
                    f"{shortened(games[:3])} and so on it gave {type(error).__name__}: {error}; "
                    "numpy.where chooses between values, and a sequence does without a function"
                ) from error
            try:
                table = np.asarray(given, np.float64)
            except (TypeError, ValueError):
                raise InputError(
                    f"by_games must give numbers, but gave {shortened(given)}"
                ) from None
            if table.ndim == 0:
                table = np.full(len(games), float(table))
            if table.shape != games.shape:
                raise InputError(
                    f"by_games must give a K for each of {len(games)} numbers of games, but gave "
                    f"shape {table.shape}"
                )
            bad = ~((table >= 0) & (table < np.inf))
            if bad.any():
                at = int(bad.argmax())
                raise InputError(
                    f"by_games must give finite K that are not negative, but by_games({at}) is "
                    f"{table[at]}"
                )
        else:
            table = np.array(self.by_games or (), np.float64)
        begins, ks = (np.array([band[i] for band in self._bands]) for i in range(2))
        if not self._bands:
            begins, ks = np.zeros(1), table[-1:].copy()
        return table, begins, ks


Margin = PowerMargin | LogMargin | Literal["power", "log"]
NO_MARGIN = (1.0, 0.0, 1.0)


def read_margin(margin: Any) -> PowerMargin | LogMargin | None:
    if margin is None or isinstance(margin, (PowerMargin, LogMargin)):
        return margin
    named: dict[str, type[PowerMargin] | type[LogMargin]] = {
        "power": PowerMargin,
        "log": LogMargin,
    }
    if isinstance(margin, str) and margin in named:
        return named[margin]()
    raise InputError(
        "margin must be None, 'power', 'log', a PowerMargin or a LogMargin, but is "
        f"{shortened(margin)}; the margins themselves belong to Comparisons(margin=...)"
    )


def read_k(k: Any) -> float | KSchedule | Any:
    """K as a number or a schedule; a column of K stays as it is."""
    if isinstance(k, KSchedule):
        return k
    if isinstance(k, np.ndarray) and k.ndim == 0:
        k = k.item()
    if callable(k):
        raise InputError(
            f"k must be a number, a column or a KSchedule, but is {shortened(k)}; "
            "KSchedule(by_games=function) has K by the number of games"
        )
    if isinstance(k, (str, bytes, Mapping)):
        raise InputError(
            f"k must be a number, a column of one a comparison or a KSchedule, but is "
            f"{shortened(k)}"
        )
    if np.ndim(k) == 0 and not hasattr(k, "__len__"):
        return non_negative("k", k)
    return k


@dataclass(frozen=True)
class EloRules:
    """What an Elo system is told, checked."""

    k: Any
    scale: float
    base: float
    position_effect: float
    margin: PowerMargin | LogMargin | None
    reversion: float
    reversion_to: float

    @classmethod
    def checked(cls, **values: Any) -> EloRules:
        base = finite("base", values["base"])
        if base <= 1:
            raise InputError(f"base must be greater than 1, but is {values['base']!r}")
        reversion = finite("reversion", values["reversion"], rule := "a number from 0 to 1")
        if not 0 <= reversion <= 1:
            raise InputError(f"reversion must be {rule}, but is {values['reversion']!r}")
        return cls(
            read_k(values["k"]),
            positive("scale", values["scale"]),
            base,
            finite("position_effect", values["position_effect"]),
            read_margin(values["margin"]),
            reversion,
            finite("reversion_to", values["reversion_to"]),
        )

    @property
    def log_odds_per_point(self) -> float:
        return float(np.log(self.base)) / self.scale

    def values(self, most_games: int) -> tuple[Any, ...]:
        """The kernel's rules; `most_games` is how many an item may have played in the end."""
        nothing = np.empty(0)
        by_games, begins, ks = nothing, nothing, nothing
        if isinstance(self.k, KSchedule):
            by_games, begins, ks = self.k.arrays(most_games)
        margin = self.margin
        divisor = NO_MARGIN
        if margin is not None:
            divisor = (margin.intercept, margin.slope, margin.tie_divisor)
        return (
            # A schedule has K of its own, a column of K is part of the games' factors.
            self.k if isinstance(self.k, float) else 1.0,
            self.log_odds_per_point,
            self.position_effect,
            1.0 - self.reversion,
            self.reversion * self.reversion_to,
            *divisor,
            by_games,
            begins,
            ks,
            isinstance(self.k, KSchedule) and self.k.lasting,
        )

    def with_k(self, k: Any) -> EloRules:
        return replace(self, k=read_k(k))


def initial_ratings(initial: Any, items: Array) -> Real:
    """Ratings of items before their first game."""
    others = rating_of_others(initial)
    if not isinstance(initial, Mapping):
        return np.full(len(items), others)
    given = {
        item: finite(f"initial[{item!r}]", value)
        for item, value in initial.items()
        if item is not None
    }
    return by_label("initial", given, items, np.full(len(items), others))


def rating_of_others(initial: Any) -> float:
    """Where items begin that have no rating of their own."""
    if isinstance(initial, Mapping):
        return finite("initial[None]", initial.get(None, INITIAL))
    return finite("initial", initial, "a finite number or a dict")


def _band(begin: Any) -> float:
    if begin in (-np.inf, None):
        raise InputError("by_rating must begin at finite ratings; the lowest holds below it too")
    return finite("a rating of by_rating", begin)
