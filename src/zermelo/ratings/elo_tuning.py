"""Rules of an Elo system chosen by how well they foresee the next game."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from .._backends.threads import resolve_threads
from ..checks import whole
from ..comparisons import Comparisons
from ..errors import InputError
from .elo import elo
from .elo_result import EloResult
from .elo_rules import INITIAL, EloRules, KSchedule, Margin, initial_ratings, rating_of_others
from .elo_search import Rules, Space, search
from .elo_state import EloState, Replay
from .replay import Games, importance_of
from .table import make_frame

Real = NDArray[np.float64]
Flags = NDArray[np.bool_]
# One, a list of them, or the ends of a range.
Numbers = float | Sequence[float] | NDArray[Any]
# Ratings that a batch of rules begins with; more would only fill memory.
MOST_RATINGS = 1 << 22


@dataclass(frozen=True, eq=False, repr=False)
class EloTuning:
    """The best rules found, and all that were tried. Made by `tune_elo`.

    Attributes
    ----------
    best : dict
        Keyword arguments of `elo`: those that were tuned at their best, and those that were given.
    log_loss : float
        Of the best rules: mean cross entropy, in nats, over the rows that counted.
    fit : EloResult
        ``elo(data, **best)``.
    rows : ndarray of bool, shape (m,)
        The rows that counted: ``fit.log_loss(rows)`` is `log_loss`.
    tuned : tuple of str
        The arguments that were tuned.
    tried : list of dict
        Their values, in the order in which they were tried.
    losses : ndarray of float64, shape (n_tried,)
        The log loss of each; infinite where the rules cannot replay the games.
    """

    best: Rules
    log_loss: float
    fit: EloResult
    rows: Flags
    tuned: tuple[str, ...]
    tried: list[Rules]
    losses: Real
    _frame_backend: str | None = field(default=None)

    def __post_init__(self) -> None:
        for array in (self.rows, self.losses):
            array.flags.writeable = False

    @property
    def n_tried(self) -> int:
        """How many sets of rules were tried."""
        return len(self.losses)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={_shown(self.best[name])}" for name in self.tuned)
        return f"EloTuning({values}, log loss {self.log_loss:.6f}, {self.n_tried:,} tried)"

    def to_frame(self, library: str | None = None) -> Any:
        """A row for everything that was tried, in order: the tuned arguments and `log_loss`.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.

        Examples
        --------
        >>> import zermelo as zm
        >>> games = zm.Comparisons(["x"] * 6, ["y"] * 6, [1, 1, 1, 1, 1, 0])
        >>> zm.tune_elo(games, k=[16, 32, 64, 128, 256]).to_frame("pandas").round(4)
               k  log_loss
        0   16.0    0.6633
        1   32.0    0.6461
        2   64.0    0.6327
        3  128.0    0.6383
        4  256.0    0.6769
        """
        columns: dict[str, NDArray[Any]] = {}
        for name in self.tuned:
            values = [rules[name] for rules in self.tried]
            if all(isinstance(value, float) for value in values):
                columns[name] = np.array(values)
            else:
                columns[name] = np.array([_shown(value) for value in values], object)
        columns["log_loss"] = self.losses
        chosen = library or self._frame_backend
        return make_frame(columns, chosen, explicit=library is not None)


def tune_elo(
    data: Comparisons,
    *,
    k: Numbers | KSchedule | Sequence[float | KSchedule] | None = None,
    initial: Numbers | Mapping[Any, float] | None = None,
    scale: Numbers | None = None,
    base: float | None = None,
    position_effect: Numbers | None = None,
    margin: Margin | Sequence[Margin | None] | None = None,
    reversion: Numbers | None = None,
    reversion_to: Numbers | None = None,
    resets: Mapping[Any, float] | None = None,
    rows: Any = None,
    skip: int = 0,
    threads: int | None = None,
    backend: str | None = None,
) -> EloTuning:
    """Choose the rules of `elo` whose expected scores foresee the games best.

    Every game is foreseen from those before it alone. The rules are chosen on the rows that count,
    though, so that their log loss flatters them a little; what they are worth is seen on rows that
    did not count (`rows`).

    An argument that is a list or an array is a grid, and all combinations of grids are tried. A
    tuple (low, high) is a range that is searched to 1e-4 of its width: by a grid over all ranges,
    then by parabolas around the best, one search for each combination of what is listed. What is
    not given is as in `elo`.

    Parameters
    ----------
    data : Comparisons
        As in `elo`.
    k : float, KSchedule, list of them, or (low, high), optional
        A column of one K a comparison cannot be tuned: an array is a grid here.
    initial, scale, position_effect, reversion, reversion_to : float, list or (low, high), optional
        As in `elo`; `initial` may also be a dict of item to float, which is not tuned.
    margin : PowerMargin, LogMargin, "power", "log", or list of them and None, optional
        As in `elo`.
    base : float, optional
        Not tuned, as `scale` says the same.
    resets : dict of (item, period) to float, optional
        As in `elo`; not tuned.
    rows : array of bool, shape (m,), optional
        Which rows count in the log loss; None: all. Those before them are replayed all the same.
    skip : int, default 0
        So many games, the first to be played, do not count: ratings have to settle first.
    threads : int, optional
        Rules are replayed side by side; None: what the machine allows. Results do not depend on it.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    EloTuning

    Raises
    ------
    InputError
        An argument cannot be used, nothing is tuned, or what is tuned changes no expected score:
        the message names it.

    Warns
    -----
    UserWarning
        A best value ends its range, or its grid of at least three: a better one may lie beyond.

    Examples
    --------
    >>> import numpy as np
    >>> import zermelo as zm
    >>> random = np.random.default_rng(1)
    >>> strength = np.linspace(-1, 1, 10)
    >>> home, away = random.integers(0, 10, 2000), random.integers(1, 10, 2000)
    >>> away = (home + away) % 10
    >>> odds = np.exp(strength[home] - strength[away] + 0.4)  # 0.4 is 69 points
    >>> games = zm.Comparisons(home, away, (random.random(2000) < odds / (1 + odds)).astype(float))
    >>> tuning = zm.tune_elo(games, k=[5, 10, 20, 40], position_effect=(0, 200))
    >>> tuning.best["k"], round(tuning.best["position_effect"])
    (10.0, 73)
    >>> zm.elo(games, **tuning.best).log_loss() < zm.elo(games).log_loss()
    True
    """
    games = Games.of(data, "tune_elo")
    given = {
        "k": k,
        "initial": initial,
        "scale": scale,
        "base": base,
        "position_effect": position_effect,
        "margin": margin,
        "reversion": reversion,
        "reversion_to": reversion_to,
    }
    space = Space.of({name: value for name, value in given.items() if value is not None})
    _check_effects(space, data, resets)
    counted = _counted(games, rows, skip)
    losses_of = _Losses(games, space, resets, counted, resolve(backend), threads)
    tried, losses = search(space, losses_of)
    place = int(losses.argmin())
    if not np.isfinite(losses[place]):
        raise InputError(
            "no rules of those tried can replay the games: ratings grow beyond all bounds, or the "
            "divisor of a margin is not positive; try a smaller k, or a margin with less slope"
        )
    best = space.fixed | tried[place]
    for name in space.at_end(tried[place]):
        warnings.warn(
            f"the best {name}, {best[name]:g}, is at the end of what was tried; a better one may "
            "lie beyond it",
            UserWarning,
            stacklevel=2,
        )
    best = {name: best[name] for name in given if name in best}
    if resets is not None:
        best["resets"] = resets
    return EloTuning(
        best,
        float(losses[place]),
        elo(data, **best, backend=backend),
        counted,
        tuple(name for name in given if name in space.tuned),
        tried,
        losses,
        data.frame_backend,
    )


class _Losses:
    """Log losses of rules, many at a time."""

    def __init__(
        self,
        games: Games,
        space: Space,
        resets: Mapping[Any, Any] | None,
        counted: Flags,
        engine: Backend,
        threads: int | None,
    ) -> None:
        self.engine, self.threads = engine, threads
        items = games.data.items
        # Defaults live in elo.
        self.rules = {name: value for name, value in _defaults().items() if name != "resets"}
        self.rules |= space.fixed
        self.initial = initial_ratings(
            INITIAL if "initial" in space.tuned else self.rules["initial"], items
        )
        weight = games.column(np.where(counted, importance_of(games.data), 0.0), np.float64)
        # Nothing depends on games after the last one that counts.
        n_games = int(np.flatnonzero(weight)[-1]) + 1
        self.weight = weight[:n_games]
        self.total = float(self.weight.sum())
        played = np.arange(len(games)) < n_games
        widest = {name: _widest(space.all_values(name)) for name in _WIDENED if name in space.tuned}
        state = EloState.fresh(items, self.initial)
        # Margins are part of the games' factors, so that each has games of its own.
        self.replays: dict[Any, Replay] = {}
        for margin in space.all_values("margin"):
            rules = self._rules(widest | {"margin": margin, **self._any_k(space)})
            replay = Replay.of(games, rules, state, 0, resets, engine).until(played)
            self.replays[rules.margin] = replay
        self.most_games = int(replay.games_played().max())

    def _any_k(self, space: Space) -> Rules:
        return {"k": 1.0} if "k" in space.tuned else {}

    def _rules(self, changes: Rules) -> EloRules:
        values = self.rules | changes
        initial = values.pop("initial")
        if values["reversion_to"] is None:
            values["reversion_to"] = rating_of_others(initial)
        return EloRules.checked(**values)

    def __call__(self, batch: list[Rules]) -> Real:
        losses = np.empty(len(batch))
        rules = [self._rules(changes) for changes in batch]
        at_once = max(MOST_RATINGS // len(self.initial), 64)
        for margin, replay in self.replays.items():
            chosen = [place for place, one in enumerate(rules) if one.margin == margin]
            for begin in range(0, len(chosen), at_once):
                places = chosen[begin : begin + at_once]
                start = np.tile(self.initial, (len(places), 1))
                if "initial" in batch[0]:
                    start[:] = np.array([[batch[place]["initial"]] for place in places])
                losses[places] = self.engine.elo_log_loss(
                    replay.arrays,
                    [rules[place].values(self.most_games) for place in places],
                    start,
                    self.weight,
                    resolve_threads(self.threads, len(places) * len(self.weight)),
                )
        losses /= self.total
        return np.where(np.isnan(losses), np.inf, losses)


# Rules that cost the replay nothing where no value that is tried needs them.
_WIDENED = ("position_effect", "reversion")


def _widest(values: list[float]) -> float:
    return max(values, key=abs)


def _defaults() -> Rules:
    names = ("k", "initial", "scale", "base", "position_effect", "margin", "reversion")
    defaults = elo.__kwdefaults__ or {}
    return {name: defaults[name] for name in (*names, "reversion_to")}


def _counted(games: Games, rows: Any, skip: Any) -> Flags:
    """The rows that count in the loss."""
    size = len(games)
    counted = np.ones(size, bool)
    if rows is not None:
        index = np.asarray(rows)
        if index.shape != (size,) or index.dtype != bool:
            raise InputError(
                f"rows must be bools of shape ({size},), but is {index.dtype} of shape "
                f"{index.shape}"
            )
        counted = index.copy()
    skip = whole("skip", skip, 0, "a whole number of at least 0")
    counted[slice(skip) if games.order is None else games.order[:skip]] = False
    if not importance_of(games.data)[counted].any():
        raise InputError(
            "no game counts: rows and skip leave none, or those they leave have weight 0"
        )
    return counted


def _check_effects(space: Space, data: Comparisons, resets: Mapping[Any, Any] | None) -> None:
    """Refuses to tune what no expected score depends on."""
    values = _defaults() | space.fixed
    all_of = {
        name: space.all_values(name) if name in space.tuned else [values[name]] for name in values
    }
    if "reversion_to" in space.tuned and not any(all_of["reversion"]):
        raise InputError("reversion_to is tuned, but reversion is 0, so that nothing goes there")
    if "position_effect" in space.tuned and data.neutral is not None and data.neutral.all():
        raise InputError("position_effect is tuned, but every row is neutral")
    if "initial" in space.tuned:
        by_rating = any(isinstance(k, KSchedule) and k.by_rating for k in all_of["k"])
        towards = any(all_of["reversion"]) and all_of["reversion_to"] != [None]
        if not (by_rating or towards or resets):
            raise InputError(
                "initial is tuned, but moves all ratings alike: it matters with reversion and "
                "reversion_to, with resets, or where K depends on the rating"
            )


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
