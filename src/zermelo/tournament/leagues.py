"""Leagues: everybody plays everybody, one of them, or whoever is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from ..checks import whole
from ..errors import InputError
from .designs import (
    Design,
    breaker_codes,
    exit_in_order,
    read_home_advantage,
    read_n,
    read_points,
    read_tie_breakers,
)
from .program import RANDOM_GAME, RATE, Builder, Program, Series

# Every random game is an instruction of the program.
MOST_MATCHES = 10_000_000


@dataclass(frozen=True, repr=False)
class RoundRobin(Design):
    """Everybody plays everybody else, for points.

    Parameters
    ----------
    n : int
        How many items.
    cycles : int, default 1
        How often each pair meets; the second time the other one is at home.
    points : (win, draw, loss), default (2, 1, 0)
        Whole numbers, 0 for a loss.
    tie_breakers : list of str
        What decides between equal points, in order: "head-to-head" (points against those that are
        equal), "wins", "sonneborn-berger" (points of those beaten, and half of those drawn with),
        "buchholz" (points of all opponents), "random"; in the end the lot does.
    home_advantage : float, default 0
        How much stronger the home side of each game is, in the unit of the strengths.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    cycles n (n - 1) / 2 matches in rounds by the circle method, in which everybody plays once (of
    an odd number one rests) and is at home as often as away, or once more or less (de Werra 1981).

    References
    ----------
    de Werra 1981, Scheduling in sports, in: Studies on Graphs and Discrete Programming.

    Examples
    --------
    >>> import zermelo as zm
    >>> league = zm.RoundRobin(20, cycles=2, points=(3, 1, 0))
    >>> league.n_rounds, league.n_matches
    (38, 380)
    """

    n: int
    _: KW_ONLY
    cycles: int = 1
    points: Sequence[int] = (2, 1, 0)
    tie_breakers: Sequence[str] = ("head-to-head", "wins", "sonneborn-berger", "random")
    home_advantage: float = 0.0

    def __post_init__(self) -> None:
        self._set(
            n=read_n(self.n),
            cycles=whole("cycles", self.cycles, 1, "a whole number of at least 1"),
            points=read_points(self.points),
            tie_breakers=read_tie_breakers(self.tie_breakers),
            home_advantage=read_home_advantage(self.home_advantage),
        )

    @property
    def n_rounds(self) -> int:
        """cycles (n - 1), or cycles n where n is odd."""
        return self.cycles * n_rounds_of_circle(self.n)

    @property
    def n_matches(self) -> int:
        """cycles n (n - 1) / 2."""
        return self.cycles * (self.n * (self.n - 1) // 2)

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        home = self.home_advantage
        series = Series(decisive=False, at_first=home != 0, home_advantage=home)
        for round, games in enumerate(circle(self.n, self.cycles), 1):
            for at_home, away in games:
                builder.game(at_home, away, series, round)
        ranked = builder.rank(0, self.n, breaker_codes(self.tie_breakers))
        exit_in_order(builder, ranked, self.n_rounds)
        win, draw, _ = self.points
        return builder.program(self.n_rounds, win_points=win, draw_points=draw)


@dataclass(frozen=True, repr=False)
class Anchored(Design):
    """Every other item plays one fixed item once; ranked by the share of games won.

    Parameters
    ----------
    n : int
        How many items.
    anchor : int
        The item that all others play.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    n - 1 matches, all in one round. Those who beat the anchor come before it, those who lost to
    it after it, in an order by lot; one run tells no more.

    Examples
    --------
    >>> import zermelo as zm
    >>> zm.Anchored(20, 10).n_matches
    19
    """

    n: int
    anchor: int

    def __post_init__(self) -> None:
        n = read_n(self.n)
        anchor = whole("anchor", self.anchor, 0, f"an item's number from 0 to {n - 1}")
        if anchor >= n:
            raise InputError(f"anchor is {anchor}, but the items are numbered from 0 to {n - 1}")
        self._set(n=n, anchor=anchor)

    @property
    def n_rounds(self) -> int:
        """One: no game waits for another."""
        return 1

    @property
    def n_matches(self) -> int:
        """n - 1."""
        return self.n - 1

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        for item in range(self.n):
            if item != self.anchor:
                builder.game(item, self.anchor, Series(decisive=False), 1)
        return _ranked_by_rate(builder)


@dataclass(frozen=True, repr=False)
class RandomPairs(Design):
    """So many games between two random items each; ranked by the share of games won.

    Parameters
    ----------
    n : int
        How many items.
    matches : int
        How many games. Every pair is drawn with the same probability, each time again.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    `matches` matches, all in one round. Who has played none counts as having won half of them.

    Examples
    --------
    >>> import zermelo as zm
    >>> zm.RandomPairs(20, 100)
    RandomPairs(20, 100)
    """

    n: int
    matches: int

    def __post_init__(self) -> None:
        self._set(
            n=read_n(self.n),
            matches=whole("matches", self.matches, 1, rule := f"from 1 to {MOST_MATCHES:,}"),
        )
        if self.matches > MOST_MATCHES:
            raise InputError(f"matches must be {rule}, but is {self.matches:,}")

    @property
    def n_rounds(self) -> int:
        """One: no game waits for another."""
        return 1

    @property
    def n_matches(self) -> int:
        """`matches`."""
        return self.matches

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        table = builder.table(Series(decisive=False))
        for _ in range(self.matches):
            builder.add(RANDOM_GAME, table, 1)
        return _ranked_by_rate(builder)


def n_rounds_of_circle(n: int) -> int:
    """In how many rounds everybody can meet everybody."""
    return n - 1 + n % 2


def circle(n: int, cycles: int = 1) -> list[list[tuple[int, int]]]:
    """Rounds of games (at home, away) in which everybody meets everybody once a cycle.

    In round r of an even number of items the last meets r, and r + k meets r - k around the circle
    of the others; with an odd number who would meet the last rests.
    """
    around = n_rounds_of_circle(n)
    rounds = []
    for round in range(around):
        games = []
        if n % 2 == 0:
            games.append((n - 1, round) if round % 2 else (round, n - 1))
        for k in range(1, (around + 1) // 2):
            pair = ((round + k) % around, (round - k) % around)
            games.append(pair if k % 2 else pair[::-1])
        rounds.append(games)
    turned = [[(away, home) for home, away in games] for games in rounds]
    return [games for cycle in range(cycles) for games in (turned if cycle % 2 else rounds)]


def _ranked_by_rate(builder: Builder) -> Program:
    """Games differ in number, so that points would rank who played most."""
    exit_in_order(builder, builder.rank(0, builder.n_items, [RATE]), n_rounds=1)
    return builder.program(1, win_points=0, draw_points=0)
