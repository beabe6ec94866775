"""Swiss tournaments: everybody plays on, against others with as many points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from ..checks import choice, whole
from ..errors import InputError
from .designs import Design, breaker_codes, exit_in_order, read_n, read_tie_breakers
from .program import FOLD, RANDOM, SLIDE, SWISS, Builder, Program, Series

PAIRINGS = {"slide": SLIDE, "fold": FOLD, "random": RANDOM}


@dataclass(frozen=True, repr=False)
class Swiss(Design):
    """A Swiss tournament: in every round items with as many points meet, and nobody twice.

    A win gives 2 points, a draw 1. Of an odd number the last of those who had no bye yet has one:
    it scores like a win and is no match.

    Parameters
    ----------
    n : int
        How many items; item 0 is the first seed.
    rounds : int
        At most n // 2, so that there is always somebody whom one has not met.
    pairing : "slide", "fold" or "random", default "slide"
        Among equal points, in the order of seeds: "slide" pairs the upper half with the lower one
        (1 against 5, 2 against 6, ... of eight), "fold" the first with the last (1 against 8),
        "random" draws.
    tie_breakers : list of str
        What decides between equal points, in order: "buchholz" (points of all opponents),
        "sonneborn-berger" (points of those beaten, and half of those drawn with), "wins",
        "head-to-head" (points against those that are equal), "random"; in the end the lot does.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    rounds (n // 2) matches.

    Examples
    --------
    >>> import zermelo as zm
    >>> zm.Swiss(64, 9).n_matches
    288
    >>> zm.Swiss(64, 9, pairing="fold")
    Swiss(64, 9, pairing='fold')
    """

    n: int
    rounds: int
    _: KW_ONLY
    pairing: str = "slide"
    tie_breakers: Sequence[str] = ("buchholz", "sonneborn-berger", "random")

    def __post_init__(self) -> None:
        n = read_n(self.n)
        rounds = whole("rounds", self.rounds, 1, "a whole number of at least 1")
        if rounds > n // 2:
            raise InputError(
                f"rounds is {rounds}, but {n} items can play at most {n // 2} (n // 2) rounds in "
                "which nobody has to meet the same opponent twice; RoundRobin has everybody meet"
            )
        choice("pairing", self.pairing, tuple(PAIRINGS))
        self._set(n=n, rounds=rounds, tie_breakers=read_tie_breakers(self.tie_breakers))

    @property
    def n_rounds(self) -> int:
        """`rounds`."""
        return self.rounds

    @property
    def n_matches(self) -> int:
        """rounds (n // 2)."""
        return self.rounds * (self.n // 2)

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        table = builder.table(Series(decisive=False))
        for round in range(1, self.rounds + 1):
            builder.add(SWISS, 0, self.n, table, round, PAIRINGS[self.pairing])
        ranked = builder.rank(0, self.n, breaker_codes(self.tie_breakers))
        exit_in_order(builder, ranked, self.n_rounds)
        return builder.program(self.n_rounds)
