"""A design repeated until its matches are used up, and the scores that rank its items then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from ..checks import choice
from ..errors import InputError
from ..judges.noisy import Noisy
from .leagues import Anchored
from .program import MATCH, REMATCH, SWISS, Program
from .simulation import NOT_PLAYED, Simulation, items_of
from .strengths import Strengths, read_strengths

Real = NDArray[np.float64]
Long = NDArray[np.int64]

# Every replicate has so many tournaments of its own among those of the seed.
RUNS_APART = 1 << 32
# Matches that one call of the kernel plays at most.
MATCHES_AT_ONCE = 1 << 20
FIT_TOL = 1e-8
MOST_NEWTON_STEPS = 200
# Items that a fit cannot tell apart differ by rounding; ranks must not depend on that.
DIGITS = 9
RULES = ("place", "rate", "bradley-terry", "elo")
# What the first of a game scores where it loses, wins and draws.
SCORES = np.array([0.0, 1.0, 0.5])


def own_rule(design: Any, program: Program) -> str:
    """How a design ranks items over several runs, unless it says `ranked_by` itself.

    By the share of games won where who plays whom does not depend on results, else by mean place.
    """
    said = getattr(design, "ranked_by", None)
    if said is not None:
        choice("ranked_by of a design", said, RULES)
        return str(said)
    by_results = np.isin(program.code[:, 0], (MATCH, REMATCH, SWISS)).any()
    return "place" if by_results else "rate"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What replicates came to at each limit of matches.

    `score` (limits, replicates, n), the higher the better; `games` as large: the matches of each
    item; `runs` and `used` (limits, replicates); `last_step`: of the fits, the largest.
    """

    score: Real
    games: Long
    runs: Long
    used: Long
    last_step: float


@dataclass(eq=False)
class _Tally:
    """What is kept of one replicate, over its runs so far."""

    n: int
    wanted: str  # the rule's name
    games: Long = field(init=False)
    value: Real = field(init=False)
    runs: int = 0
    used: int = 0
    played: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.games = np.zeros(self.n, np.int64)
        shape = (self.n, self.n) if self.wanted == "bradley-terry" else (self.n,)
        self.value = np.zeros(shape)

    def add(self, first: Any, second: Any, outcome: Any, place: Real, runs: int) -> None:
        """`place` is the sum of places over these runs."""
        n = self.n
        self.runs += runs
        self.used += len(outcome)
        self.games += np.bincount(first, minlength=n) + np.bincount(second, minlength=n)
        if self.wanted == "place":
            self.value -= place
        elif self.wanted == "rate":
            score = SCORES[outcome]
            self.value += np.bincount(first, score, n) + np.bincount(second, 1.0 - score, n)
        elif self.wanted == "bradley-terry":
            cell = (outcome * np.int64(n) + first) * n + second
            lost, won, drawn = np.bincount(cell, minlength=3 * n * n).reshape(3, n, n)
            self.value += won + lost.T + 0.5 * (drawn + drawn.T)
        else:
            self.played.append((first, second, outcome))


@dataclass(frozen=True, eq=False)
class Contest:
    """A design with the matches it may use and the rule that ranks; other processes can run it."""

    program: Program
    limits: tuple[int, ...]  # ascending
    rule: str  # "place", "rate", "bradley-terry" or "elo"
    anchor: int | None
    prior: float
    elo: tuple[Any, ...]  # the rules of its kernel, and where ratings begin
    judge: Noisy | None
    scale: float | None
    seed: int
    backend: str
    items: tuple[Any, ...] | None  # the labels of the seeds, where the design has any

    @classmethod
    def of(cls, design: Any, program: Program, rule: str, **rest: Any) -> Contest:
        chosen = own_rule(design, program) if rule == "own" else rule
        anchor = design.anchor if isinstance(design, Anchored) else None
        return cls(program=program, rule=chosen, anchor=anchor, items=items_of(design), **rest)

    def play(self, strengths: list[Any], first: int) -> Outcome:
        """Replicates from `first` on, each with its strengths, as `Truth` has them.

        What comes back is in the order of the strengths' items.
        """
        backend = resolve(self.backend)
        n = self.program.n_items
        shape = (len(self.limits), len(strengths))
        runs, used = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        games = np.zeros((*shape, n), np.int64)
        values: list[list[Real]] = [[] for _ in self.limits]
        played: list[list[tuple[NDArray[Any], ...]]] = [[] for _ in self.limits]
        known: Any = None
        arguments: tuple[Any, ...] = ()
        seats = np.arange(n)
        all_seats = np.empty((len(strengths), n), np.int64)
        for place, given in enumerate(strengths):
            if given is not known:
                seats = self._seats(given)
                known, arguments = given, self._arguments(given, seats)
            all_seats[place] = seats
            tally = _Tally(n, self.rule)
            for at, limit in enumerate(self.limits):
                self._fill(tally, limit, arguments, first + place, backend)
                runs[at, place], used[at, place] = tally.runs, tally.used
                games[at, place] = tally.games
                values[at].append(tally.value.copy())
                played[at] += [(a + place * n, b + place * n, won) for a, b, won in tally.played]
                tally.played.clear()
        score, last_step = self._scores(values, played, runs, games, backend)
        seat_of = np.argsort(all_seats, axis=1)[None]
        score = np.take_along_axis(score, seat_of, axis=2)
        games = np.take_along_axis(games, seat_of, axis=2)
        return Outcome(score, games, runs, used, last_step)

    def _seats(self, given: Any) -> NDArray[np.int64]:
        """Which of the strengths' items has each seed."""
        if self.items is None or not isinstance(given, Strengths):
            return np.arange(self.program.n_items)
        at = {label: place for place, label in enumerate(given.items.tolist())}
        for label in self.items:
            if label not in at:
                raise InputError(f"strengths says nothing of {label!r}, which a design has")
        return np.array([at[label] for label in self.items])

    def _arguments(self, given: Any, seats: NDArray[np.int64]) -> tuple[Any, ...]:
        read = given
        if not isinstance(given, Strengths):
            read = read_strengths(given, self.program.n_items, self.scale)
        square = np.ix_(seats, seats)
        read = replace(read, win=read.win[square], draw=read.draw[square], judge=self.judge)
        return Simulation(self.program, read, self.seed, self.backend, 1).arguments()

    def _fill(
        self,
        tally: _Tally,
        limit: int,
        arguments: tuple[Any, ...],
        replicate: int,
        backend: Backend,
    ) -> None:
        """Plays on until one more run could exceed the limit."""
        most = self.program.most_matches
        middle = np.array([(band.first + band.last) / 2 for band in self.program.bands])
        while tally.used + most <= limit:
            # So many fit for certain. Where a reset final is spared, there is room for more later.
            count = min((limit - tally.used) // most, max(MATCHES_AT_ONCE // most, 1))
            begin = replicate * RUNS_APART + tally.runs
            first, second, outcome, band = backend.play_program(*arguments, begin, count, 1)
            done = outcome != NOT_PLAYED
            first, second, outcome = (
                column.ravel() if done.all() else column[done]
                for column in (first, second, outcome)
            )
            tally.add(first, second, outcome, middle[band].sum(axis=0), count)

    def _scores(
        self,
        values: list[list[Real]],
        played: list[list[tuple[NDArray[Any], ...]]],
        runs: Long,
        games: Long,
        backend: Backend,
    ) -> tuple[Real, float]:
        if self.rule == "elo":
            return self._ratings(played, games.shape, backend), 0.0
        value = np.array(values)
        if self.rule == "place":
            return value / runs[:, :, None], 0.0
        if self.rule == "rate":
            # Who has not played counts as having won half; so does an anchor against itself.
            rate = np.where(games > 0, value / np.maximum(games, 1), 0.5)
            if self.anchor is not None:
                rate[:, :, self.anchor] = 0.5
            return rate, 0.0
        n = self.program.n_items
        tables = value.reshape(-1, n, n)
        ability, last_step = backend.small_fits(tables, self.prior, FIT_TOL, MOST_NEWTON_STEPS, 1)
        return np.round(ability.reshape(games.shape), DIGITS), float(last_step.max(initial=0.0))

    def _ratings(
        self,
        played: list[list[tuple[NDArray[Any], ...]]],
        shape: tuple[int, ...],
        backend: Backend,
    ) -> Real:
        """Of all replicates in one replay: their items are different ones."""
        rules, initial = self.elo
        n_limits, n_replicates, n = shape
        rating = np.full(n_replicates * n, initial)
        scores = np.empty(shape)
        none, nothing = np.empty(0, np.int64), np.empty(0)
        for at in range(n_limits):
            if played[at]:
                first, second, outcome = map(np.concatenate, zip(*played[at], strict=True))
                games = (
                    first.astype(np.int32),
                    second.astype(np.int32),
                    outcome,
                    nothing,
                    nothing,
                    np.empty(0, np.uint8),
                    nothing,
                    none,
                    np.empty(0, np.int32),
                    none,
                    nothing,
                )
                backend.elo_replay(
                    games, rules, 0, rating, none, nothing, none, np.empty(0, np.int32), False
                )
            scores[at] = rating.reshape(n_replicates, n)
        return np.round(scores, DIGITS)
