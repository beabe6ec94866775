"""Exact probabilities of any design that leaves few enough states.

A program is run once, on distributions in place of items. Registers and scores that depend on each
other are in one joint distribution; those of different groups, or of different parts of a bracket,
are independent until they meet. What no later instruction asks for is forgotten at once, and states
that are then equal become one: a group of four has 729 courses, but twelve outcomes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from .exact_ranks import Table, ranked
from .joints import Column, Joint, Real, check_states, concatenated, together
from .needs import READ, Needs
from .program import BYE, COPY, EXIT, GAME, MATCH, RANK, REMATCH, SHUFFLE, SORT, Program

LOST, WON, DRAWN = 0, 1, 2
OUTCOMES = (LOST, WON, DRAWN)
MIRRORED = {LOST: WON, WON: LOST, DRAWN: DRAWN}
# Half games won.
HALVES = {LOST: 0, WON: 2, DRAWN: 1}


def run_states(program: Program, win: Real, draw: Real) -> tuple[Real, float]:
    """Band probabilities, shape (n, bands), and the expected number of matches.

    `win` and `draw`, shape (tables, n, n), are those of the first of a game against the second.
    """
    return _Run(program, win, draw).bands()


@dataclass(eq=False)
class _Run:
    program: Program
    win: Real
    draw: Real
    needs: Needs = field(init=False)
    # The joint distribution that holds each variable: ("at", register), ("points", item) ...
    joints: dict[Hashable, Joint] = field(default_factory=dict)
    # Registers whose item is certain, as all are in the beginning.
    certain: dict[int, int] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)
    n_matches: float = 0.0

    def __post_init__(self) -> None:
        self.needs = Needs(self.program)
        self.certain = {item: item for item in range(self.program.n_items)}
        self.band = np.zeros((self.program.n_items, len(self.program.bands)))

    def bands(self) -> tuple[Real, float]:
        steps: dict[int, Callable[[int, list[int]], None]] = {
            MATCH: self._match,
            REMATCH: self._match,
            GAME: self._game,
            RANK: self._rank,
            SHUFFLE: self._shuffle,
            SORT: self._sort,
            COPY: self._copy,
            BYE: self._bye,
            EXIT: self._exit,
        }
        for number, row in enumerate(self.program.code.tolist()):
            steps[row[0]](number, row)
        return self.band, self.n_matches

    def _fetch(self, keys: Iterable[Hashable]) -> Joint:
        """One distribution with all of these that are not certain."""
        joint = together({id(j): j for key in keys if (j := self.joints.get(key))}.values())
        for key in joint.columns:
            del self.joints[key]
        return joint

    def _at(self, registers: Iterable[int]) -> Joint:
        return self._fetch(("at", register) for register in registers)

    def _holder(self, joint: Joint, register: int) -> Column:
        if register in self.certain:
            return np.full(len(joint), self.certain[register], np.int32)
        return joint.columns["at", register]

    def _leave(self, joint: Joint, holder: Column, band: int) -> None:
        n_items = self.program.n_items
        self.band[:, band] += np.bincount(holder, joint.probability, n_items)

    def _store(self, number: int, joint: Joint, written: Mapping[int, Column]) -> None:
        """Keeps what is asked for after this instruction; who is done leaves into its band."""
        fate = self.needs.fate[number]
        holders: dict[Hashable, Column] = {("at", r): column for r, column in written.items()}
        joint = joint.with_columns(holders)
        for register in written:
            self.certain.pop(register, None)
            self.left.discard(register)
            if fate.get(register, READ) != READ:
                self._leave(joint, joint.columns["at", register], fate[register])
                self.left.add(register)
        kept = joint.only(lambda key: self._is_asked(number, key))
        for key in kept.columns:
            self.joints[key] = kept

    def _is_asked(self, number: int, key: Hashable) -> bool:
        if not isinstance(key, tuple):
            raise AssertionError(f"no variable is called {key!r}")
        name, *who = key
        if name == "at":
            return who[0] in self.needs.fate[number] and who[0] not in self.left
        scores = self.needs.scores[number]
        if name in ("won", "drawn"):
            return (min(who), max(who)) in scores.result
        asked = {
            "points": scores.points,
            "wins": scores.wins,
            "halves": scores.rate,
            "games": scores.rate,
        }
        return tuple(who) in scores.met if name == "met" else who[0] in asked[name]

    def _match(self, number: int, row: list[int]) -> None:
        operation, a_at, b_at, win_at, lose_at, table, _, forced = row
        again = operation == REMATCH
        joint = self._at(row[1:5] if again else row[1:3])
        a, b = self._holder(joint, a_at), self._holder(joint, b_at)
        chance = self.win[table][a, b] if forced not in (LOST, WON) else np.full(len(a), forced)
        played = np.ones(len(a), bool)
        if again:
            played = self._holder(joint, win_at) == b
            # Who has won stands, where it is not played.
            chance = np.where(played, chance, 1.0)
        self.n_matches += float(joint.probability[played].sum())
        check_states(2 * len(joint))
        everyone = np.arange(len(joint))
        both = concatenated([joint.rows(everyone, chance), joint.rows(everyone, 1.0 - chance)])
        winner, loser = np.concatenate([a, b]), np.concatenate([b, a])
        some = np.flatnonzero(both.probability > 0)
        self._store(number, both.rows(some), {win_at: winner[some], lose_at: loser[some]})

    def _game(self, number: int, row: list[int]) -> None:
        _, a_at, b_at, table, _, forced, *_ = row
        self.n_matches += 1
        changed = [
            key
            for a in self.needs.holders[number][a_at]
            for b in self.needs.holders[number][b_at]
            for outcome in OUTCOMES
            for key in self._changes(number, a, b, outcome)
        ]
        if not changed:
            return
        joint = self._fetch([("at", a_at), ("at", b_at), *changed])
        joint = self._with_scores(joint, changed)
        a, b = self._holder(joint, a_at), self._holder(joint, b_at)
        win, draw = self.win[table][a, b], self.draw[table][a, b]
        chances = {WON: win, DRAWN: draw, LOST: np.maximum(1.0 - win - draw, 0.0)}
        parts: list[Joint] = []
        for outcome in OUTCOMES:
            chance = chances[outcome] if forced not in OUTCOMES else float(outcome == forced)
            possible = np.flatnonzero(joint.probability * chance > 0)
            check_states(len(possible) + sum(len(part) for part in parts))
            if len(possible):
                share = np.broadcast_to(chance, len(joint))[possible]
                part = joint.rows(possible, share)
                parts.append(self._scored(number, part, a[possible], b[possible], outcome))
        self._store(number, concatenated(parts), {})

    def _changes(self, number: int, a: int, b: int, outcome: int) -> dict[Hashable, int]:
        """What a game adds to the scores that are asked for."""
        program = self.program
        points = {WON: program.win_points, DRAWN: program.draw_points, LOST: 0}
        changes: dict[Hashable, int] = {("met", min(a, b), max(a, b)): 1}
        for item, seen in ((a, outcome), (b, MIRRORED[outcome])):
            changes["points", item] = points[seen]
            changes["wins", item] = int(seen == WON)
            changes["halves", item] = HALVES[seen]
            changes["games", item] = 1
        changes["won", a, b] = int(outcome == WON)
        changes["won", b, a] = int(outcome == LOST)
        changes["drawn", min(a, b), max(a, b)] = int(outcome == DRAWN)
        return {key: value for key, value in changes.items() if self._is_asked(number, key)}

    @staticmethod
    def _with_scores(joint: Joint, keys: Iterable[Hashable]) -> Joint:
        """Who has not played yet has no points."""
        new: dict[Hashable, Column] = {
            key: np.zeros(len(joint), np.int32) for key in keys if key not in joint.columns
        }
        return joint.with_columns(new)

    def _scored(self, number: int, joint: Joint, a: Column, b: Column, outcome: int) -> Joint:
        pairs, which = np.unique(np.stack([a, b]), axis=1, return_inverse=True)
        columns = {key: column.copy() for key, column in joint.columns.items()}
        for pair, (one, other) in enumerate(pairs.T.tolist()):
            rows = which.ravel() == pair
            for key, value in self._changes(number, one, other, outcome).items():
                columns[key][rows] += value
        return Joint(columns, joint.probability)

    def _bye(self, number: int, row: list[int]) -> None:
        gains = {"points": self.program.win_points, "wins": 1, "halves": 2, "games": 1}
        changed = [
            (name, item)
            for item in self.needs.holders[number][row[1]]
            for name in gains
            if self._is_asked(number, (name, item))
        ]
        joint = self._with_scores(self._fetch([("at", row[1]), *changed]), changed)
        holder = self._holder(joint, row[1])
        columns: dict[Hashable, Column] = {
            (name, item): joint.columns[name, item] + np.int32(gains[name]) * (holder == item)
            for name, item in changed
        }
        self._store(number, joint.with_columns(columns), {})

    def _rank(self, number: int, row: list[int]) -> None:
        _, first, count, into, offset, n_breakers = row[:6]
        asked = self.needs.ranks[number]
        registers = range(first, first + count)
        names: list[Hashable] = [("at", register) for register in registers]
        names += [
            (name, item)
            for item in asked.points | asked.wins | asked.rate
            for name in ("points", "wins", "halves", "games")
        ]
        names += [("met", *pair) for pair in asked.met]
        names += [
            key for a, b in asked.result for key in (("won", a, b), ("won", b, a), ("drawn", a, b))
        ]
        joint = self._fetch(names)
        holders = np.stack([self._holder(joint, register) for register in registers], axis=1)
        breakers = self.program.breakers[offset : offset + n_breakers].tolist()
        fate = self.needs.fate[number]
        wanted = [place for place in range(count) if fate.get(into + place) == READ]
        after, chosen, share = ranked(
            joint,
            holders,
            lambda states, entrants: Table(self.program, asked, states.columns, len(states)).order(
                entrants, breakers
            ),
            wanted,
        )
        for place in range(count):
            band = fate.get(into + place, READ)
            if band != READ:
                weights = joint.probability[:, None] * share[:, :, place]
                self.band[:, band] += np.bincount(
                    holders.ravel(), weights.ravel(), self.program.n_items
                )
                self.left.add(into + place)
                self.certain.pop(into + place, None)
        written = {into + place: chosen[:, at] for at, place in enumerate(wanted)}
        self._store(number, after, written)

    def _shuffle(self, number: int, row: list[int]) -> None:
        registers = range(row[1], row[1] + row[2])
        joint = self._at(registers)
        check_states(len(joint) * math.factorial(row[2]))
        holders = [self._holder(joint, register) for register in registers]
        orders = np.array(list(permutations(range(row[2]))))
        every = np.repeat(np.arange(len(joint)), len(orders))
        order = np.tile(orders, (len(joint), 1))
        shuffled = np.stack(holders, axis=1)[every[:, None], order]
        written = {register: shuffled[:, k] for k, register in enumerate(registers)}
        self._store(number, joint.rows(every, 1.0 / len(orders)), written)

    def _sort(self, number: int, row: list[int]) -> None:
        registers = range(row[1], row[1] + row[2])
        joint = self._at(registers)
        holders = np.stack([self._holder(joint, register) for register in registers], axis=1)
        ordered = np.sort(holders, axis=1)
        self._store(number, joint, {r: ordered[:, k] for k, r in enumerate(registers)})

    def _copy(self, number: int, row: list[int]) -> None:
        if row[1] in self.certain:
            self.certain[row[2]] = self.certain[row[1]]
            return
        joint = self._at([row[1]])
        self._store(number, joint, {row[2]: joint.columns["at", row[1]]})

    def _exit(self, number: int, row: list[int]) -> None:
        if row[1] in self.left:
            return
        joint = self._at([row[1]])
        self._leave(joint, self._holder(joint, row[1]), row[2])
        self._store(number, joint, {})
