"""Games that have been played already, found in a design's program and fixed there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import FRACTIONAL, LOSS, TIE, WIN
from ..ratings.result import label_of
from .known_scores import DRAWN, LOST, MIRRORED, WON, Standings
from .program import (
    BYE,
    COPY,
    EXIT,
    GAME,
    MATCH,
    RANDOM_GAME,
    RANK,
    REMATCH,
    SHUFFLE,
    SORT,
    SWISS,
    WIDTH,
    Program,
    Series,
)


@dataclass(eq=False)
class _Played:
    """A game that was played; outcome is that of `a`, `number` its place in time."""

    row: int
    a: int
    b: int
    outcome: int
    round: Any
    number: int

    def seen_by(self, item: int) -> int:
        return self.outcome if item == self.a else MIRRORED[self.outcome]


# By the number of a RANK in the program: which items are in which of its places, though the lot
# had to decide. The results tell it.
Lots = dict[int, dict[int, int]]


@dataclass
class _Lot:
    """A register whose item was drawn by lot: a place of a RANK, and who were equal there."""

    rank: int
    place: int
    equal: list[int]


class _LotFound(Exception):
    """Results tell who was drawn: the walk begins anew, with one of these lots added."""

    def __init__(self, choices: list[list[tuple[_Lot, int]]]) -> None:
        super().__init__()
        self.choices = choices


def with_results(program: Program, results: Any, items: NDArray[Any]) -> Program:
    """The program with the results of games that were played already.

    Every game of `results` must be one that the design contains, given those before it: a pair
    meets where both have come by the results given. Results of a pair are taken in their order (by
    `time`, where they have one); in a series they are its games. Where a pair meets in several
    rounds of a league, a game whose time is one of these rounds is that round's. Where the lot
    decided who is which of a group, later games tell it (the first way in which they all can have
    happened), but for the best thirds. Rounds of Swiss are told whole,
    by their number as `time`, and are taken as they were paired.
    """
    if not isinstance(results, Comparisons):
        raise InputError(f"results must be Comparisons, but is {type(results).__name__}")
    games = _read(results, items, _most_games(program))
    return _told(program, games, items, {})


def _told(program: Program, games: list[_Played], items: NDArray[Any], lots: Lots) -> Program:
    """The program with the first choice of lots that has room for all games."""
    try:
        return _Walk(program, games, items, lots).run()
    except _LotFound as found:
        choices = found.choices
    refusal = None
    for choice in choices:
        known = {rank: dict(places) for rank, places in lots.items()}
        for lot, item in choice:
            known.setdefault(lot.rank, {})[lot.place] = item
        try:
            return _told(program, games, items, known)
        except InputError as error:
            refusal = refusal or error
    raise refusal or AssertionError("a lot has a choice")


def _most_games(program: Program) -> int:
    """Of two, if all their matches are as long as can be."""
    longest = max((series.best_of for series in program.series), default=1)
    return program.most_matches * longest


def _read(results: Comparisons, items: NDArray[Any], most: int) -> list[_Played]:
    place = {label: i for i, label in enumerate(items.tolist())}
    for label in results.items.tolist():
        if label not in place:
            raise InputError(f"results has {label!r}, which is not among the items of strengths")
    if (results.outcome == FRACTIONAL).any():
        row = int((results.outcome == FRACTIONAL).argmax())
        raise InputError(f"results must be won, lost or drawn, but row {row} has a score between")
    codes = np.array([place[label] for label in results.items.tolist()])
    count = np.ones(len(results), np.int64) if results.count is None else results.count
    if (count > most).any():
        row = int((count > most).argmax())
        raise InputError(
            f"results row {row} counts {count[row]:,} games, more than the {most:,} that the "
            "design has"
        )
    order = np.arange(len(results))
    if results.time is not None:
        order = np.argsort(results.time, kind="stable")
    outcome_of = {WIN: WON, LOSS: LOST, TIE: DRAWN}
    games: list[_Played] = []
    for row in order.tolist():
        a, b = int(codes[results.a[row]]), int(codes[results.b[row]])
        outcome = outcome_of[int(results.outcome[row])]
        when = None if results.time is None else results.time[row]
        for _ in range(int(count[row])):
            games.append(_Played(row, a, b, outcome, when, len(games)))
    return games


@dataclass
class _Walk:
    """Runs the program as far as the results tell what happened."""

    program: Program
    games: list[_Played]
    items: NDArray[Any]
    lots: Lots
    waiting: dict[frozenset[int], list[_Played]] = field(default_factory=dict)
    held: list[int | None] = field(default_factory=list)
    # Registers whose item the lot has decided, as long as nobody knows it.
    drawn: dict[int, _Lot] = field(default_factory=dict)
    rows: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for game in self.games:
            self.waiting.setdefault(frozenset((game.a, game.b)), []).append(game)
        self.held = [None] * self.program.n_registers
        self.held[: self.program.n_items] = range(self.program.n_items)
        self.standings = Standings(self.program)
        self.series = list(self.program.series)
        self.n_registers = self.program.n_registers
        self.rounds = _rounds_of_pairs(self.program)

    def run(self) -> Program:
        steps = {
            MATCH: self._match,
            REMATCH: self._match,
            GAME: self._game,
            RANDOM_GAME: self._unknown_game,
            SWISS: self._swiss,
            SHUFFLE: self._shuffle,
            SORT: self._sort,
            BYE: self._bye,
            COPY: self._copy,
            EXIT: self.rows.append,
        }
        for number, row in enumerate(self.program.code.tolist()):
            if row[0] == RANK:
                self._rank(number, row)
            else:
                steps[row[0]](row)
        self._refuse_unused()
        code = np.array(self.rows, np.int32).reshape(-1, WIDTH)
        return replace(
            self.program, code=code, series=tuple(self.series), n_registers=self.n_registers
        )

    def _refuse_unused(self) -> None:
        unused = [game for games in self.waiting.values() for game in games]
        if not unused:
            return
        game = min(unused, key=lambda game: game.row)
        operations = set(self.program.code[:, 0].tolist())
        helps = "give those that led to it, and no game twice"
        if SWISS in operations:
            helps = "give all games of its round, and the number of the round, from 1, as time="
        elif RANDOM_GAME in operations:
            helps = "who plays is drawn at random, so that no result can be given"
        elif SHUFFLE in operations:
            helps = "give the draw itself as a list, seeding="
        elif self.drawn:
            equal = next(iter(self.drawn.values())).equal
            names = " and ".join(repr(self._label(item)) for item in equal)
            helps = f"{names} are equal, so that the lot decided, and it is not told by results"
        raise InputError(
            f"results row {game.row}: {self._label(game.a)!r} against {self._label(game.b)!r} "
            f"cannot happen in this design after the other results; {helps}"
        )

    def _label(self, item: int) -> Any:
        return label_of(self.items[item])

    def _write(self, register: int, item: int | None, lot: _Lot | None = None) -> None:
        self.held[register] = item
        self.drawn.pop(register, None)
        if item is None and lot is not None:
            self.drawn[register] = lot

    def _match(self, row: list[int]) -> None:
        operation, a_at, b_at, win, lose, table = row[:6]
        a, b = self._entrants(a_at, b_at)
        if operation == REMATCH and (a is None or b is None or self.held[win] != b):
            # Played only where b has won the match before; that match stays as it is.
            self.rows.append(row)
            return
        self._write(win, None)
        self._write(lose, None)
        if a is not None and b is not None:
            won, lost = self._standing(a, b, self.series[table])
            needed = self.series[table].best_of // 2 + 1
            if won == needed or lost == needed:
                row = [*row[:7], WON if won == needed else LOST]
                winner, loser = (a, b) if won == needed else (b, a)
                self._write(win, winner)
                self._write(lose, loser)
            elif won or lost:
                standing = (won, lost) if a < b else (lost, won)
                kind = self._kind(replace(self.series[table], standing=standing))
                row = [*row[:5], kind, *row[6:]]
        self.rows.append(row)

    def _kind(self, series: Series) -> int:
        if series not in self.series:
            self.series.append(series)
        return self.series.index(series)

    def _entrants(self, a_at: int, b_at: int) -> tuple[int | None, int | None]:
        """Who meets, where it is known; a result of theirs tells what the lot has decided."""
        a, b = self.held[a_at], self.held[b_at]
        if (a is None) + (b is None) > (a_at in self.drawn) + (b_at in self.drawn):
            return a, b
        met = [pair for pair in self._pairs(a_at, b_at) if self.waiting.get(frozenset(pair))]
        if (a is None or b is None) and met:
            # Who meets several of those who were equal has met here the first of them.
            met.sort(key=lambda pair: self.waiting[frozenset(pair)][0].number)
            raise _LotFound([self._lots_of((a_at, b_at), pair) for pair in met])
        return a, b

    def _lots_of(
        self, registers: tuple[int, int], items: tuple[int, int]
    ) -> list[tuple[_Lot, int]]:
        """What the lot has decided where these registers hold these items."""
        return [
            (self.drawn[register], item)
            for register, item in zip(registers, items, strict=True)
            if register in self.drawn
        ]

    def _pairs(self, a_at: int, b_at: int) -> Iterator[tuple[int, int]]:
        """Everybody who may hold the one register, with everybody who may hold the other."""
        either, other = (
            self.drawn[at].equal if at in self.drawn else [self.held[at]] for at in (a_at, b_at)
        )
        for a in either:
            for b in other:
                if a is not None and b is not None and a != b:
                    yield a, b

    def _standing(self, a: int, b: int, series: Series) -> tuple[int, int]:
        """Games of the series that each has won."""
        needed = series.best_of // 2 + 1
        won = lost = 0
        games = self.waiting.get(frozenset((a, b)), [])
        while games and max(won, lost) < needed:
            game = games.pop(0)
            outcome = game.seen_by(a)
            if outcome == DRAWN:
                raise InputError(
                    f"results row {game.row}: {self._label(a)!r} against {self._label(b)!r} is a "
                    "knockout game, which somebody wins; say who went through"
                )
            won, lost = won + (outcome == WON), lost + (outcome == LOST)
        return won, lost

    def _game(self, row: list[int]) -> None:
        a, b = self.held[row[1]], self.held[row[2]]
        if a is None or b is None:
            self._unknown_game(row)
            return
        game = self._game_of_round(frozenset((a, b)), row[4])
        if game is None:
            self.standings.open((a, b))
            self.rows.append(row)
            return
        outcome = game.seen_by(a)
        self.standings.add_game(a, b, outcome)
        self.rows.append([*row[:5], outcome, *row[6:]])

    def _game_of_round(self, pair: frozenset[int], round: int) -> _Played | None:
        games = self.waiting.get(pair, [])
        rounds = self.rounds.get(pair, [])
        own = [game for game in games if game.round is not None and game.round == round]
        free = [game for game in games if game.round is None or game.round not in rounds]
        game = next(iter(own + free if len(rounds) > 1 else games), None)
        if game is not None:
            games.remove(game)
        return game

    def _unknown_game(self, row: list[int]) -> None:
        self.standings.open_all()
        self.rows.append(row)

    def _bye(self, row: list[int]) -> None:
        item = self.held[row[1]]
        if item is None:
            self._unknown_game(row)
            return
        self.standings.add_bye(item)
        self.rows.append(row)

    def _swiss(self, row: list[int]) -> None:
        """A round of which all results are there is played as its games."""
        _, first, count, table, number = row[:5]
        at = {self.held[place]: place for place in range(first, first + count)}
        games = [
            game
            for queue in self.waiting.values()
            for game in queue
            if game.round is not None and game.round == number
        ]
        if not games:
            self._unknown_game(row)
            return
        self._check_round(number, games, [item for item in at if item is not None], count)
        for game in sorted(games, key=lambda game: game.number):
            self.waiting[frozenset((game.a, game.b))].remove(game)
            self.standings.add_game(game.a, game.b, game.outcome)
            operands = [at[game.a], at[game.b], table, number, game.outcome]
            self.rows.append([GAME, *operands, 0, 0])
        for item in set(at) - {item for game in games for item in (game.a, game.b)}:
            self._bye([BYE, at[item], *([0] * (WIDTH - 2))])

    def _check_round(
        self, number: int, games: list[_Played], entrants: list[int], count: int
    ) -> None:
        players = [item for game in games for item in (game.a, game.b)]
        if (
            len(games) != count // 2
            or len(set(players)) != len(players)
            or set(players) - set(entrants)
        ):
            raise InputError(
                f"results of round {number} must be its {count // 2} games, each player once, but "
                f"there are {len(games)}; leave out a round that is not complete"
            )
        if not self.standings.are_known(entrants):
            raise InputError(
                f"results of round {number} need those of all rounds before it, of which some are "
                "missing; time= is the number of each game's round, from 1"
            )
        for game in games:
            if self.standings.met(game.a, game.b):
                raise InputError(
                    f"results row {game.row}: {self._label(game.a)!r} and {self._label(game.b)!r} "
                    f"cannot meet in round {number}, as they have met before"
                )
        rest = set(entrants) - set(players)
        again = [item for item in rest if self.standings.had_bye(item)]
        if again and not all(self.standings.had_bye(item) for item in entrants):
            raise InputError(
                f"results of round {number} leave a bye to {self._label(again[0])!r}, who has had "
                "one before; others have not"
            )

    def _copy(self, row: list[int]) -> None:
        self._write(row[2], self.held[row[1]], self.drawn.get(row[1]))
        self.rows.append(row)

    def _shuffle(self, row: list[int]) -> None:
        for place in range(row[1], row[1] + row[2]):
            self._write(place, None)
        self.rows.append(row)

    def _sort(self, row: list[int]) -> None:
        places = range(row[1], row[1] + row[2])
        entrants = [self.held[place] for place in places]
        known = sorted(item for item in entrants if item is not None)
        for k, place in enumerate(places):
            self._write(place, known[k] if len(known) == row[2] else None)
        self.rows.append(row)

    def _rank(self, number: int, row: list[int]) -> None:
        first, count, into, offset, n_breakers = row[1:6]
        for place in range(into, into + count):
            self._write(place, None)
        known = [item for item in self.held[first : first + count] if item is not None]
        if len(known) < count or not self.standings.are_known(known):
            self.rows.append(row)
            return
        source = dict(zip(known, range(first, first + count), strict=True))
        told = self.lots.get(number, {})
        rows: list[list[int]] = []
        place = 0
        breakers = self.program.breakers[offset : offset + n_breakers].tolist()
        for group in self.standings.ranked(known, breakers):
            places = range(place, place + len(group))
            rest = [item for item in group if item not in told.values()]
            open_places = [k for k in places if k not in told]
            for k in places:
                item = told.get(k, rest[0] if len(rest) == 1 else None)
                self._write(into + k, item, _Lot(number, k, rest))
                if item is not None:
                    rows.append(_instruction(COPY, source[item], into + k))
            if told and len(rest) > 1:
                rows += self._lot([source[item] for item in rest], [into + k for k in open_places])
            place += len(group)
        self.rows += rows if told else [row]

    def _lot(self, sources: list[int], targets: list[int]) -> list[list[int]]:
        """Instructions that bring the items of some registers into others in random order."""
        count = len(sources)
        first = self.n_registers
        self.n_registers += count
        own = range(first, first + count)
        return [
            *(_instruction(COPY, here, there) for here, there in zip(sources, own, strict=True)),
            _instruction(SHUFFLE, first, count),
            *(_instruction(COPY, here, there) for here, there in zip(own, targets, strict=True)),
        ]


def _instruction(operation: int, *operands: int) -> list[int]:
    return [operation, *operands] + [0] * (WIDTH - 1 - len(operands))


def _rounds_of_pairs(program: Program) -> dict[frozenset[int], list[int]]:
    """In which rounds items meet for points, where that is certain from the beginning."""
    rounds: dict[frozenset[int], list[int]] = defaultdict(list)
    for row in program.code.tolist():
        if row[0] == SHUFFLE:
            break
        if row[0] == GAME and max(row[1:3]) < program.n_items:
            rounds[frozenset(row[1:3])].append(row[4])
    return rounds
