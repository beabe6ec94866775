"""What a design tells the simulation: a short program over registers that hold items.

A replicate runs the program once. Registers 0 to n - 1 begin with the items of the same number,
which are also their seeds; the others are written before they are read. Instructions are rows of
eight whole numbers; the first is the operation, the rest its operands, 0 where there are fewer:

MATCH a b win lose table round forced
    The items in registers a and b play, and one of them wins. The winner goes into register `win`,
    the loser into `lose`.
REMATCH a b win lose table round forced
    The same, but only where register `win` holds the item of register b: the reset of a final that
    the side from the losers' bracket has won. Else it is not played, and nothing is written.
GAME a b table round forced
    The items in a and b play for points; a draw is possible.
RANDOM_GAME table round
    Two random items play for points.
SWISS first count table round pairing
    The items in registers first to first + count - 1, the order of seeds, are paired by their
    points and play for points. Nobody meets the same opponent twice; where the count is odd, the
    last of those without one has a bye, which scores like a win and is no match.
RANK first count into breakers n_breakers
    Writes the items of registers first to first + count - 1, the best first, into as many registers
    from `into` on: by points, then by the tie-breakers Program.breakers[breakers:][:n_breakers].
    What is still equal is decided by lot, then by the order of the registers.
SHUFFLE first count
    Puts the items of these registers into a random order.
SORT first count
    Sorts the items of these registers, the best seed first.
EXIT register band
    The item of the register ends in this band of places.
COPY register into
    Writes the item of the register into another one too: RANK and SORT want neighbours.
BYE register
    The item of the register has a bye in a league: it scores like a win and is no match.

`forced` is FREE, or the result of the game where it is already known: 0 b won, 1 a won, 2 a draw.
`table` is the number of a table of probabilities: for every game of the program
Program.series says what it consists of. `round` numbers the rounds from 1.

Random bits. Every replicate has a generator of its own, xoshiro128++ (Blackman and Vigna 2021),
whose four words of state are the halves, low half first, of SplitMix64's first two outputs for the
replicate's stream; a draw u is the upper 31 bits of its output. The draws of an instruction are

MATCH, REMATCH, GAME: where the program flips, one draw: u < 2^30 puts b first; then one draw for
    the result: the first wins where u < T1, it is a draw where T1 <= u < T2, T1 and T2 being the
    thresholds of (first, second) in the table (T1 = T2 in matches, which know no draw). They are
    drawn where the result is forced, or the game not played, too.
RANDOM_GAME: item i = (u n) >> 31, then item j = (u (n - 1)) >> 31, one more where j >= i; then as
    GAME with i as a and j as b.
SWISS: with RANDOM pairing, one draw for every entrant in the order of the registers, by which
    equal points are sorted (higher first); then as GAME for every pair, in the order of pairing.
RANK: one draw for every entrant in the order of the registers: the lot, the higher the better.
SHUFFLE: for k = count - 1 down to 1, registers k and (u (k + 1)) >> 31 are exchanged.

Pairing in SWISS: entrants are sorted by points, the higher first, then (with RANDOM by lot, then)
by the order of their registers. With an odd count the last who had no bye has it (the last of all
where everybody had one). Then the first who is not paired yet takes, of the others that are free
and not met before, in whatever game for points, the first in this order: with g free entrants of
his points, himself included and numbered 0 to g - 1 in order, SLIDE tries numbers g // 2, g // 2 +
1, ..., g - 1 (without himself, where g is 1), then g // 2 - 1, ..., 1; FOLD g - 1, g - 2, ..., 1;
RANDOM 1, 2, ..., g - 1; then come the free entrants with fewer points in order. Where somebody is
left without an opponent, the search goes back to the last choice that has another (depth first). A
choice is an opponent taken; where it would make one more than MOST_CHOICES in a round, the search
gives up. The pairs are then those of a Hamiltonian cycle of the pairs that have not met, which is
found by Palmer (1997) from the circle c of the entrants in order, and exists where nobody has met
half of them: while there are neighbours c[k], c[k + 1] that have met, the first such k from 0 on,
the first j from k + 2 on, counted round the circle, is taken for which neither c[k] and c[j] nor
c[k + 1] and c[j + 1] have met, and c[k + 1], ..., c[j] are reversed. Paired are c[0] and c[1], c[2]
and c[3], and so on. Pairs play in the order in which they are found; of a pair the one that comes
first in the order is a. A round that has no pairing without a rematch is an error.

Points, in whole numbers: Program.win_points and Program.draw_points. Tie-breakers, each the higher
the better: WINS the games won; BUCHHOLZ the sum of the opponents' points; SONNEBORN_BERGER twice
the sum of the points of the opponents beaten, plus once that of those drawn with; HEAD_TO_HEAD the
points won against those that are equal in all before it; RATE the share of the games won, a draw
being half a win: (2 wins + draws) 2^30 // (2 games), 2^29 for who has not played. A bye counts as a
game won where wins are counted, but has no opponent. Where win_points and draw_points are 0,
tie-breakers alone rank.

References
----------
Blackman and Vigna 2021, ACM Trans. Math. Softw. 47:36. Palmer 1997, Comput. J. 40:381.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MATCH, REMATCH, GAME, RANDOM_GAME, SWISS, RANK, SHUFFLE, SORT, EXIT, COPY, BYE = range(11)
SLIDE, FOLD, RANDOM = range(3)
WINS, BUCHHOLZ, SONNEBORN_BERGER, HEAD_TO_HEAD, RATE = range(5)
FREE = -1
WIDTH = 8
MOST_CHOICES = 10_000

Code = NDArray[np.int32]


@dataclass(frozen=True)
class Series:
    """What a match consists of: the best of `best_of` games; `venue` says where each is played.

    "H" is at home with the better seed, "A" with the other; None: all on neutral ground, or, for
    `at_first`, at home with the first of the match. A draw of a `decisive` game is decided by
    win / (win + loss); where it is not, there is one game, which may be drawn. `home_advantage` is
    in the unit of the strengths: abilities, or points where they are ratings. `standing`: games
    that the better seed and the other have won already.
    """

    best_of: int = 1
    venue: str | None = None
    decisive: bool = True
    at_first: bool = False
    home_advantage: float = 0.0
    standing: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Band:
    """Places that are shared: from the `first` best to the `last`, from 1.

    `round` is how many rounds those who end there have survived: 0 for who goes out in the first
    round, the program's n_rounds for the champion. Who has survived r rounds reaches round r + 1.
    """

    first: int
    last: int
    round: int


@dataclass(frozen=True, eq=False)
class Program:
    """A design's program. `code` has shape (instructions, 8)."""

    n_items: int
    n_registers: int
    code: Code
    series: tuple[Series, ...]
    bands: tuple[Band, ...]
    n_rounds: int
    breakers: Code = field(default_factory=lambda: np.empty(0, np.int32))
    win_points: int = 2
    draw_points: int = 1

    @property
    def most_matches(self) -> int:
        """How many matches are played at most: only a reset final may be left out."""
        return sum(self._matches(row) for row in self.code.tolist())

    @property
    def most_games(self) -> int:
        """How many games for points one item plays at most."""
        games = np.zeros(self.n_items, np.int64)
        for row in self.code.tolist():
            if row[0] in (RANDOM_GAME, SWISS):
                games += 1
            elif row[0] == GAME:
                # Before anything is shuffled a register below n holds its own item.
                played = [place for place in row[1:3] if place < self.n_items]
                games[played if len(played) == 2 else slice(None)] += 1
        return int(games.max(initial=0))

    @staticmethod
    def _matches(row: list[int]) -> int:
        if row[0] == SWISS:
            return row[2] // 2
        return int(row[0] in (MATCH, REMATCH, GAME, RANDOM_GAME))


def match_rounds(program: Program) -> NDArray[np.int32]:
    """The round of every match that the program may play, in their order."""
    column = {MATCH: 6, REMATCH: 6, GAME: 4, RANDOM_GAME: 2, SWISS: 4}
    rounds = [
        row[column[row[0]]]
        for row in program.code.tolist()
        if row[0] in column
        for _ in range(row[2] // 2 if row[0] == SWISS else 1)
    ]
    return np.array(rounds, np.int32)


@dataclass
class Builder:
    """Writes a program, register by register."""

    n_items: int
    rows: list[list[int]] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    breakers: list[int] = field(default_factory=list)
    n_registers: int = 0

    def __post_init__(self) -> None:
        self.n_registers = self.n_items

    def registers(self, count: int) -> int:
        """The first of so many new registers."""
        self.n_registers += count
        return self.n_registers - count

    def table(self, series: Series) -> int:
        """The number of the table for this kind of match."""
        if series not in self.series:
            self.series.append(series)
        return self.series.index(series)

    def add(self, operation: int, *operands: int) -> None:
        row = [operation, *operands]
        self.rows.append(row + [0] * (WIDTH - len(row)))

    def match(
        self, a: int, b: int, series: Series, round: int, win: int | None = None
    ) -> tuple[int, int]:
        """The registers of the winner, a new one unless given, and of the loser."""
        if win is None:
            win = self.registers(1)
        lose = self.registers(1)
        self.add(MATCH, a, b, win, lose, self.table(series), round, FREE)
        return win, lose

    def game(self, a: int, b: int, series: Series, round: int) -> None:
        self.add(GAME, a, b, self.table(series), round, FREE)

    def exit(self, register: int, band: Band) -> None:
        if band not in self.bands:
            self.bands.append(band)
        self.add(EXIT, register, self.bands.index(band))

    def rank(self, first: int, count: int, breakers: list[int]) -> int:
        """The first of the registers that the ranked items go to."""
        into = self.registers(count)
        self.add(RANK, first, count, into, len(self.breakers), len(breakers))
        self.breakers += breakers
        return into

    def program(self, n_rounds: int, **points: Any) -> Program:
        """The program; bands are numbered from the best."""
        order = sorted(range(len(self.bands)), key=lambda i: self.bands[i].first)
        rank = {old: new for new, old in enumerate(order)}
        rows = [
            [EXIT, row[1], rank[row[2]], *row[3:]] if row[0] == EXIT else row for row in self.rows
        ]
        return Program(
            self.n_items,
            self.n_registers,
            np.array(rows, np.int32).reshape(-1, WIDTH),
            tuple(self.series),
            tuple(self.bands[i] for i in order),
            n_rounds,
            np.array(self.breakers, np.int32),
            **points,
        )
