"""Double elimination: who loses twice is out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from ..checks import flag, whole
from ..errors import InputError
from .designs import Design, read_best_of, read_n, series_of_rounds
from .knockout import Entrant, Places, play_round, present
from .program import FREE, REMATCH, SHUFFLE, Builder, Program
from .seeding import Slots, n_rounds_of, read_seeding, seeded_slots


@dataclass(frozen=True, repr=False)
class DoubleElimination(Design):
    """Double elimination: who loses drops into the losers' bracket, who loses there is out.

    Parameters
    ----------
    n : int
        How many items; item 0 is the first seed.
    reset : bool, default True
        Whether the final is played again where the winner of the losers' bracket wins it, so that
        nobody is out by one defeat.
    seeding : "standard", "random" or list of int, default "standard"
        As of `SingleElimination`.
    best_of : odd int, or list of one a round, default 1
        Games of a series.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    2 n - 2 matches, and at most one more with a reset.

    With 2^k slots the winners' bracket has k rounds, the losers' bracket 2 (k - 1). The losers of
    the winners' first round meet each other in the losers' first round, neighbours against
    neighbours. Those of winners' round r > 1 drop into losers' round 2 (r - 1), where each meets a
    winner of the losers' round before; in the other losers' rounds the bracket goes on among
    itself. In round r the loser of match t (from 0, from the top) drops to place `drops(r)[t]`,
    which is t with the bits exchanged that the number r - 1 has, read from its lowest bit on as
    bits of t from the highest on: losers of round 2 change halves, those of round 3 the quarters
    of their half, those of round 4 both, those of round 5 the eighths of their quarter, and so
    on. This keeps parts of the winners' bracket apart in the losers' bracket until there are more
    of them than places, so that two items that have met can meet again no earlier than any table
    of drops grants. Next to a missing loser (there was a bye) one passes free.

    Rounds are counted as they can be played: the winners' round 1 is 1, round r > 1 is played
    together with losers' round 2 r - 3 in round 2 r - 2, losers' round 2 r - 2 in round 2 r - 1,
    the final, reset included, in round 2 k.

    Examples
    --------
    >>> import zermelo as zm
    >>> design = zm.DoubleElimination(8)
    >>> design.n_rounds, design.n_matches
    (6, 15)
    >>> design.drops(2)
    [1, 0]
    """

    n: int
    _: KW_ONLY
    reset: bool = True
    seeding: str | Sequence[int] = "standard"
    best_of: int | Sequence[int] = 1

    def __post_init__(self) -> None:
        n = read_n(self.n)
        self._set(n=n, reset=flag("reset", self.reset), seeding=read_seeding(self.seeding, n))
        self._set(best_of=read_best_of(self.best_of, self.n_rounds))

    @property
    def slots(self) -> Slots:
        """Who begins where in the winners' bracket, as of `SingleElimination`."""
        return seeded_slots(self.seeding, self.n)  # type: ignore[arg-type]

    @property
    def n_rounds(self) -> int:
        """Twice the rounds of the winners' bracket."""
        return 2 * n_rounds_of(self.n)

    @property
    def n_matches(self) -> int:
        """2 n - 2, and at most one for the reset of the final."""
        return 2 * self.n - 2 + self.reset

    def drops(self, round: int) -> list[int]:
        """The places in the losers' bracket of the losers of a winners' round from 2 on."""
        last = n_rounds_of(self.n)
        rule = f"a winners' round from 2 to {last}"
        if whole("round", round, 2, rule) > last:
            raise InputError(f"round must be {rule}, but is {round}")
        width = last - round
        exchanged = sum(1 << (width - 1 - k) for k in range(width) if (round - 1) >> k & 1)
        return [match ^ exchanged for match in range(1 << width)]

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        if self.seeding == "random":
            builder.add(SHUFFLE, 0, self.n)
        kinds = series_of_rounds(self.n_rounds, self.best_of)
        places = Places(builder, self.n)

        def lose_twice(entrants: Sequence[Entrant], round: int) -> list[Entrant]:
            """A round of the losers' bracket."""
            winners, losers = play_round(builder, entrants, kinds[round - 1], round)
            places.leave(present(losers), round - 1)
            return winners

        winners, below = play_round(builder, self.slots, kinds[0], 1)
        for number in range(2, n_rounds_of(self.n) + 1):
            round = 2 * number - 2
            winners, losers = play_round(builder, winners, kinds[round - 1], round)
            below = lose_twice(below, round)
            dropped: list[Entrant] = [None] * len(losers)
            for match, place in enumerate(self.drops(number)):
                dropped[place] = losers[match]
            meeting = [entrant for pair in zip(below, dropped, strict=True) for entrant in pair]
            below = lose_twice(meeting, round + 1)
        self._final(builder, present(winners)[0], present(below)[0])
        return builder.program(self.n_rounds)

    def _final(self, builder: Builder, undefeated: int, challenger: int) -> None:
        kind = series_of_rounds(self.n_rounds, self.best_of)[-1]
        win, lose = builder.match(undefeated, challenger, kind, self.n_rounds)
        if self.reset:
            table = builder.table(kind)
            builder.add(REMATCH, undefeated, challenger, win, lose, table, self.n_rounds, FREE)
        places = Places(builder, 2)
        places.leave([lose], self.n_rounds - 1)
        places.leave([win], self.n_rounds)
