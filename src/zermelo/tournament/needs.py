"""What the rest of a program still asks for, so that exact states forget all else."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

from ..errors import InputError
from .program import (
    BUCHHOLZ,
    BYE,
    COPY,
    EXIT,
    GAME,
    HEAD_TO_HEAD,
    MATCH,
    RANDOM_GAME,
    RANK,
    RATE,
    REMATCH,
    SHUFFLE,
    SONNEBORN_BERGER,
    SORT,
    SWISS,
    WINS,
    Program,
)

# What becomes of a register's item: it is read, or all that is left is to leave in a band.
READ = -1
Pair = tuple[int, int]


@dataclass(frozen=True)
class Scores:
    """What ranks to come ask of items and of pairs; pairs have the smaller number first."""

    points: frozenset[int] = frozenset()
    wins: frozenset[int] = frozenset()
    rate: frozenset[int] = frozenset()
    met: frozenset[Pair] = frozenset()
    result: frozenset[Pair] = frozenset()

    def __or__(self, other: Scores) -> Scores:
        return Scores(
            self.points | other.points,
            self.wins | other.wins,
            self.rate | other.rate,
            self.met | other.met,
            self.result | other.result,
        )


@dataclass
class Needs:
    """For every instruction: who may be in which register before it, and what is asked after it."""

    program: Program
    holders: list[dict[int, frozenset[int]]] = field(default_factory=list)
    # Registers that are read again (READ), or only left by EXIT (their band).
    fate: list[dict[int, int]] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    # What each RANK itself asks for.
    ranks: dict[int, Scores] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.program.code.tolist()
        self._walk_forwards(rows)
        pairs = self._pairs(rows)
        fate: dict[int, int] = {}
        asked = Scores()
        for number in range(len(rows) - 1, -1, -1):
            row = rows[number]
            self.fate.append(dict(fate))
            self.scores.append(asked)
            for register in writes(row):
                fate.pop(register, None)
            if row[0] == EXIT:
                fate[row[1]] = row[2] if row[1] not in fate else READ
            else:
                fate |= dict.fromkeys(reads(row), READ)
            if row[0] == RANK:
                self.ranks[number] = self._asked_by(number, row, pairs)
                asked = asked | self.ranks[number]
        self.fate.reverse()
        self.scores.reverse()

    def _walk_forwards(self, rows: list[list[int]]) -> None:
        held = {item: frozenset((item,)) for item in range(self.program.n_items)}
        for row in rows:
            if row[0] in (SWISS, RANDOM_GAME):
                kind = "Swiss rounds" if row[0] == SWISS else "random games"
                raise InputError(f"{kind} have no exact probabilities here; use zm.simulate")
            self.holders.append(held)
            inputs = [row[1]] if row[0] == COPY else reads(row)
            anyone = frozenset().union(*(held[register] for register in inputs))
            if written := writes(row):
                held = held | dict.fromkeys(written, anyone)

    def _pairs(self, rows: list[list[int]]) -> frozenset[Pair]:
        """Who may meet whom in games for points."""
        return frozenset(
            (min(a, b), max(a, b))
            for row, held in zip(rows, self.holders, strict=True)
            if row[0] == GAME
            for a, b in product(held[row[1]], held[row[2]])
            if a != b
        )

    def _asked_by(self, number: int, row: list[int], pairs: frozenset[Pair]) -> Scores:
        offset, count = row[4:6]
        breakers = set(self.program.breakers[offset : offset + count].tolist())
        items = frozenset().union(*(self.holders[number][register] for register in reads(row)))
        inside = frozenset(pair for pair in pairs if set(pair) <= items)
        touching = frozenset(pair for pair in pairs if set(pair) & items)
        met = touching if BUCHHOLZ in breakers else frozenset()
        result = touching if SONNEBORN_BERGER in breakers else frozenset()
        if HEAD_TO_HEAD in breakers:
            result = result | inside
        opponents = met | (touching if SONNEBORN_BERGER in breakers else frozenset())
        scored = self.program.win_points or self.program.draw_points
        return Scores(
            points=items.union(*opponents) if scored else frozenset(),
            wins=items if WINS in breakers else frozenset(),
            rate=items if RATE in breakers else frozenset(),
            met=met if scored else frozenset(),
            result=result if scored else frozenset(),
        )


def reads(row: list[int]) -> list[int]:
    operation = row[0]
    if operation in (MATCH, GAME):
        return row[1:3]
    if operation == REMATCH:
        return row[1:5]
    if operation in (RANK, SHUFFLE, SORT):
        return list(range(row[1], row[1] + row[2]))
    if operation in (EXIT, COPY, BYE):
        return row[1:2]
    raise AssertionError(f"no instruction has the number {operation}")


def writes(row: list[int]) -> list[int]:
    operation = row[0]
    if operation in (MATCH, REMATCH):
        return row[3:5]
    if operation == RANK:
        return list(range(row[3], row[3] + row[2]))
    if operation in (SHUFFLE, SORT):
        return list(range(row[1], row[1] + row[2]))
    return row[2:3] if operation == COPY else []
