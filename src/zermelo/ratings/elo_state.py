"""What an Elo replay knows of every item, and how it goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..checks import finite, shortened
from ..columns import Array, read_column
from ..comparisons import Comparisons
from ..errors import InputError
from ..grouping import encode_groups, merge_groups
from ..labels import merge_items
from ..row_columns import read_weight
from .elo_rules import EloRules, KSchedule
from .rating_periods import shown_period
from .replay import Games
from .result import freeze, label_of

Real = NDArray[np.float64]
Long = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EloState:
    """One value an item each; `last_period` are places in `periods`, -1 before the first game."""

    items: Array
    rating: Real
    n_games: Long
    peak: Real
    peak_game: Long
    last_period: NDArray[np.int32]
    periods: Array | None

    @classmethod
    def fresh(cls, items: Array, rating: Real) -> EloState:
        size = len(items)
        return cls(
            items,
            rating,
            np.zeros(size, np.int64),
            rating.copy(),
            np.full(size, -1, np.int64),
            np.full(size, -1, np.int32),
            None,
        )

    def joined(self, items: Array, newcomers: Real) -> tuple[EloState, NDArray[np.int32]]:
        """This state with the other items of later games, and the places of `items` in it.

        `newcomers` are the ratings of `items`, of which those that are new here count.
        """
        union, (ours, theirs) = merge_items(self.items, items)
        rating = np.empty(len(union))
        rating[theirs] = newcomers
        rating[ours] = self.rating
        new = EloState.fresh(union, rating)
        for name in STATE_ARRAYS[1:]:
            getattr(new, name)[ours] = getattr(self, name)
        return replace(new, periods=self.periods), theirs

    def copy(self) -> EloState:
        return replace(self, **{name: getattr(self, name).copy() for name in STATE_ARRAYS})


# Ratings that are farther from 0 are a mistake, and sums of them may overflow.
LARGEST_RATING = 1e100
STATE_ARRAYS = ("rating", "n_games", "peak", "peak_game", "last_period")


@dataclass(frozen=True, eq=False)
class Replay:
    """Games to be replayed from a state, in the kernel's arrays."""

    games: Games
    rules: EloRules
    arrays: tuple[Any, ...]
    start: EloState
    n_replayed: int  # games before these
    last_time: Any  # of the last game before these; None where there is none, or no time

    @classmethod
    def of(
        cls,
        games: Games,
        rules: EloRules,
        start: EloState,
        n_replayed: int,
        resets: Mapping[Any, Any] | None,
        backend: Backend,
        places: NDArray[np.int32] | None = None,
        last_time: Any = None,
    ) -> Replay:
        """`places` are those of the data's items in the state; None: they are the state's own."""
        data = games.data
        if resets is not None and not isinstance(resets, Mapping):
            raise InputError(
                f"resets must be a dict of (item, period) to rating, but is {shortened(resets)}"
            )
        if rules.position_effect != 0 and not data.ordered:
            raise InputError(
                "position_effect needs to know who was first, which comparisons without an "
                "outcome do not say; give the outcome"
            )
        if not isinstance(rules.k, (float, KSchedule)):
            rules = replace(rules, k=_column_of_k(rules.k, data))
        first, second = (side if places is None else places[side] for side in (data.a, data.b))
        codes, start = _periods(games, rules, start, bool(resets), backend)
        first, second = (games.column(side, np.int32) for side in (first, second))
        times = games.column(games.times_played(), np.int64)
        played_codes = games.column(codes, np.int32)
        arrays = (
            first,
            second,
            games.column(data.outcome, np.uint8),
            games.column(data.score, np.float64),
            games.column(_factors(games, rules), np.float64),
            games.column(data.neutral if rules.position_effect else None, np.uint8),
            games.column(data.offset, np.float64),
            times,
            played_codes,
            *_resets(resets or {}, start, first, second, played_codes, times),
        )
        return cls(games, rules, arrays, start, n_replayed, last_time)

    def run(self, backend: Backend, *, history: bool) -> tuple[Real, Real, Real, EloState]:
        """Of every row the expected score, ratings before and after (empty without history); and
        the new state, of which only the ratings are brought up to date where the rules look at
        nothing else, which is faster.
        """
        *noted, state = self._play(backend, tracked=False, history=history)
        expected, before, after = map(self.games.by_row, noted)
        return expected, before, after, state

    def tracked(self, backend: Backend) -> EloState:
        """The state after the games, with everything in it."""
        return self._play(backend, tracked=True, history=False)[3]

    def _play(
        self, backend: Backend, *, tracked: bool, history: bool
    ) -> tuple[Real, Real, Real, EloState]:
        state = self.start.copy()
        kept = [getattr(state, name) for name in STATE_ARRAYS]
        if not (tracked or self.looks_at_state):
            kept = [kept[0], *(column[:0] for column in kept[1:])]
        expected, before, after, bad = backend.elo_replay(
            self.arrays, self.rule_values(), self.n_replayed, *kept, history
        )
        check_divisor(bad, self.games)
        check_bounds(state.items, state.rating)
        freeze(*(getattr(state, name) for name in STATE_ARRAYS))
        return expected, before, after, state

    @property
    def looks_at_state(self) -> bool:
        """Whether the rules look at games played, peaks or periods."""
        return isinstance(self.rules.k, KSchedule) or len(self.arrays[8]) > 0

    def rule_values(self, most_games: int | None = None) -> tuple[Any, ...]:
        """For items that play at most so often; None: as often as these games have them play."""
        if most_games is None:
            most_games = 0
            if isinstance(self.rules.k, KSchedule):
                most_games = int((self.start.n_games + self.games_played()).max())
        return self.rules.values(most_games)

    def games_played(self) -> Long:
        """How often each item of the state plays in these games."""
        first, second, times = self.arrays[0], self.arrays[1], self.arrays[7]
        weight = times.astype(np.float64) if len(times) else None
        size = len(self.start.items)
        total = np.bincount(first, weight, size) + np.bincount(second, weight, size)
        return np.asarray(total).astype(np.int64)

    def until(self, row_mask: NDArray[np.bool_]) -> Replay:
        """The replay of the games up to the last of these rows, which come before all others."""
        n_games = int(np.count_nonzero(row_mask))
        columns = [column[:n_games] for column in self.arrays[:9]]
        return replace(self, arrays=(*columns, *self.arrays[9:]))


def check_divisor(bad: int, games: Games) -> None:
    if bad >= 0:
        raise InputError(
            f"row {games.row(bad)}: the loser was rated so far above the winner that the margin's "
            "divisor, intercept + slope * D, is not positive; use a smaller slope or k"
        )


def check_bounds(items: Array, rating: Real) -> None:
    wild = ~(np.abs(rating) <= LARGEST_RATING)
    if wild.any():
        item = label_of(items[int(wild.argmax())])
        raise InputError(
            f"the rating of {item!r} went beyond {LARGEST_RATING:g}; use a smaller k, or initial "
            "ratings that are smaller"
        )


def _column_of_k(k: Any, data: Comparisons) -> Real:
    column = k if isinstance(k, np.ndarray) else read_column("k", k)
    left_out = data.n_self + data.n_dropped
    if len(column) == len(data) + left_out > len(data):
        raise InputError(
            f"k has {len(column)} values for {len(data)} comparisons: {left_out} were left out "
            "when Comparisons was made; leave out their k too"
        )
    # A copy, as what is not yet known of the items may be replayed later.
    return read_weight("k", column, len(data)).copy()


def _periods(
    games: Games, rules: EloRules, start: EloState, has_resets: bool, backend: Backend
) -> tuple[NDArray[np.int32] | None, EloState]:
    """Each row's period as a place among those of the state, which has the new ones too."""
    needed = rules.reversion > 0 or has_resets
    # Resets may come with later games again, which have to know the periods of all in between.
    if not needed and (start.periods is None or games.data.period is None):
        return None, start
    if games.data.period is None:
        raise InputError(
            "reversion and resets happen at the first game of a period; make Comparisons with "
            "period="
        )
    codes, labels = encode_groups("period", games.data.period, backend, 1)
    last_period = start.last_period
    if start.periods is not None:
        if start.periods.dtype.kind != labels.dtype.kind:
            raise InputError(
                f"data has periods such as {shown_period(labels[0])}, but those replayed are such "
                f"as {shown_period(start.periods[0])}"
            )
        labels, (ours, theirs) = merge_groups(start.periods, labels)
        last_period = np.append(ours, np.int32(-1))[last_period].astype(np.int32)
        codes = theirs[codes]
    return codes, replace(start, periods=labels, last_period=last_period)


def _factors(games: Games, rules: EloRules) -> Real | None:
    """What each row's shift is multiplied by: its own K, its weight and its margin's growth."""
    data = games.data
    parts: list[Real] = []
    if not isinstance(rules.k, (float, KSchedule)):
        parts.append(rules.k)
    if data.weight is not None:
        parts.append(data.weight)
    if rules.margin is not None:
        if data.margin is None:
            raise InputError(
                f"margin={type(rules.margin).__name__} needs to know how clearly each game was "
                "won: make Comparisons with margin="
            )
        with np.errstate(over="ignore"):
            parts.append(rules.margin.growth(np.abs(data.margin)))
    if not parts:
        return None
    product = parts[0]
    with np.errstate(over="ignore", invalid="ignore"):
        for part in parts[1:]:
            product = product * part
    wild = ~np.isfinite(product)
    if wild.any():
        row = int(wild.argmax())
        raise InputError(
            f"row {row}: what its shift is multiplied by (k, weight and margin together) is too "
            "large for a number"
        )
    return product


def _resets(
    resets: Mapping[Any, Any],
    state: EloState,
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    codes: NDArray[np.int32],
    times: Long,
) -> tuple[Long, Real]:
    """Keys period * items + item, ascending, and the ratings that are set there."""
    if not resets:
        return _unwritable(np.empty(0, np.int64), np.empty(0))
    items, periods = state.items, state.periods
    if periods is None:
        raise AssertionError("resets were checked to come with periods")
    item_at = {label: place for place, label in enumerate(items.tolist())}
    period_at = {label: place for place, label in enumerate(periods.tolist())}
    n_items = len(items)
    keys: dict[int, float] = {}
    for name, rating in resets.items():
        if not isinstance(name, tuple) or len(name) != 2:
            raise InputError(f"resets has the key {name!r}; keys must be (item, period)")
        item, period = label_of(name[0]), _period_label(name[1], periods)
        value = finite(f"resets[{name!r}]", rating)
        if item not in item_at or period not in period_at:
            what, part = ("item", item) if item not in item_at else ("period", period)
            raise InputError(
                f"resets names {name!r}, but the data has no {what} {part!r}; leave it out"
            )
        keys[period_at[period] * n_items + item_at[item]] = value
    wanted = np.array(sorted(keys), np.int64)
    if len(times):
        first, second, codes = (column[times > 0] for column in (first, second, codes))
    wide = codes.astype(np.int64) * n_items
    played = np.isin(wanted, wide + first) | np.isin(wanted, wide + second)
    been_there = state.last_period[wanted % n_items] == wanted // n_items
    for place in np.flatnonzero(been_there).tolist():
        period, item = divmod(int(wanted[place]), n_items)
        own = codes[(first == item) | (second == item)]
        elsewhere = np.flatnonzero(own != period)
        been_there[place] = not (len(elsewhere) and (own[elsewhere[0] :] == period).any())
    for unusable, reason in (
        (~played, "has no game in that period"),
        (been_there, "played in that period before these games"),
    ):
        if unusable.any():
            period, item = divmod(int(wanted[int(unusable.argmax())]), n_items)
            name = (label_of(items[item]), label_of(periods[period]))
            raise InputError(f"resets names {name!r}, but it {reason}; leave it out")
    return _unwritable(wanted, np.array([keys[key] for key in wanted.tolist()]))


def _period_label(label: Any, periods: Array) -> Any:
    """The label as the periods' list has it: dates of all kinds, or their texts, name dates."""
    if periods.dtype.kind == "M":
        with suppress(TypeError, ValueError):
            given = np.datetime64(label)
            if (same := given.astype(periods.dtype)) == given:
                return same.item()
    return label_of(label)


def _unwritable(keys: Long, ratings: Real) -> tuple[Long, Real]:
    freeze(keys, ratings)
    return keys, ratings
