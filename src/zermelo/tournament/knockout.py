"""Rounds of a bracket, written into a program."""

from __future__ import annotations

from collections.abc import Sequence

from .program import COPY, SORT, Band, Builder, Series

# A register, or None where nobody comes: next to a bye, or where a bye's loser would be.
Entrant = int | None


def play_round(
    builder: Builder, entrants: Sequence[Entrant], series: Series, round: int
) -> tuple[list[Entrant], list[Entrant]]:
    """Neighbours play; the winners and the losers, in order. Next to nobody one passes free."""
    winners: list[Entrant] = []
    losers: list[Entrant] = []
    for a, b in zip(entrants[::2], entrants[1::2], strict=True):
        if a is None or b is None:
            winners.append(b if a is None else a)
            losers.append(None)
        else:
            win, lose = builder.match(a, b, series, round)
            winners.append(win)
            losers.append(lose)
    return winners, losers


def present(entrants: Sequence[Entrant]) -> list[int]:
    return [entrant for entrant in entrants if entrant is not None]


class Places:
    """Hands out places from the last: who goes out in the same round shares a band."""

    def __init__(self, builder: Builder, n: int) -> None:
        self.builder = builder
        self.left = n

    def leave(self, registers: Sequence[int], survived: int) -> None:
        """These go out together, having survived so many rounds."""
        band = Band(self.left - len(registers) + 1, self.left, survived)
        for register in registers:
            self.builder.exit(register, band)
        self.left -= len(registers)


def knock_out(
    builder: Builder,
    entrants: Sequence[Entrant],
    series: Sequence[Series],
    *,
    after: int = 0,
    third_place: bool = False,
    reseed: bool = False,
) -> None:
    """Plays a bracket to its end, one kind of series a round, `after` so many earlier rounds."""
    places = Places(builder, len(present(entrants)))
    semi_finalists: list[int] = []
    for played, kind in enumerate(series, after):
        round = played + 1
        if semi_finalists:
            # Nobody is third or fourth before this match, but both got as far as the semi-finals.
            third, fourth = builder.match(semi_finalists[0], semi_finalists[1], kind, round)
            builder.exit(third, Band(3, 3, played - 1))
            builder.exit(fourth, Band(4, 4, played - 1))
        entrants, losers = play_round(builder, entrants, kind, round)
        if third_place and len(entrants) == 2:
            semi_finalists = present(losers)
            places.left -= 2
        else:
            places.leave(present(losers), played)
        if reseed and len(entrants) > 2:
            entrants = _best_against_worst(builder, present(entrants))
    places.leave(present(entrants), after + len(series))


def _best_against_worst(builder: Builder, registers: list[int]) -> list[Entrant]:
    """The items of these registers in the order of the next round: best seed against worst."""
    count = len(registers)
    first = builder.registers(count)
    for place, register in enumerate(registers):
        builder.add(COPY, register, first + place)
    builder.add(SORT, first, count)
    return [first + place for best in range(count // 2) for place in (best, count - 1 - best)]
