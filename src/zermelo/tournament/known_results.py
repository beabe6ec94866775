"""Games that have been played already, found in a design's program and fixed there."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..errors import InputError
from ..outcomes import FRACTIONAL, LOSS, TIE, WIN
from ..ratings.result import label_of
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
    WIDTH,
    WINS,
    Program,
    Series,
)

# `forced` of the program: as the first of the game sees it.
LOST, WON, DRAWN = 0, 1, 2
MIRRORED = {LOST: WON, WON: LOST, DRAWN: DRAWN}
# Half games won.
HALVES = {LOST: 0, DRAWN: 1, WON: 2}


@dataclass
class _Played:
    """A game that was played; outcome is that of `a`."""

    row: int
    a: int
    b: int
    outcome: int
    round: Any

    def seen_by(self, item: int) -> int:
        return self.outcome if item == self.a else MIRRORED[self.outcome]


@dataclass
class _Scores:
    """Points of an item for games that are known; `open` where some are not."""

    points: int = 0
    wins: int = 0
    byes: int = 0
    open: bool = False
    games: list[tuple[int, int]] = field(default_factory=list)  # opponent, outcome


def with_results(program: Program, results: Any, items: NDArray[Any]) -> Program:
    """The program with the results of games that were played already.

    Every game of `results` must be one that the design contains, given those before it: a pair
    meets where both have come by the results given. Results of a pair are taken in their order (by
    `time`, where they have one); in a series they are its games.
    """
    if not isinstance(results, Comparisons):
        raise InputError(f"results must be Comparisons, but is {type(results).__name__}")
    return _Walk(program, _read(results, items), items).run()


def _read(results: Comparisons, items: NDArray[Any]) -> list[_Played]:
    place = {label: i for i, label in enumerate(items.tolist())}
    for label in results.items.tolist():
        if label not in place:
            raise InputError(f"results has {label!r}, which is not among the items of strengths")
    if (results.outcome == FRACTIONAL).any():
        row = int((results.outcome == FRACTIONAL).argmax())
        raise InputError(f"results must be won, lost or drawn, but row {row} has a score between")
    codes = np.array([place[label] for label in results.items.tolist()])
    count = np.ones(len(results), np.int64) if results.count is None else results.count
    order = np.arange(len(results))
    if results.time is not None:
        order = np.argsort(results.time, kind="stable")
    outcome_of = {WIN: WON, LOSS: LOST, TIE: DRAWN}
    games = []
    for row in order.tolist():
        a, b = int(codes[results.a[row]]), int(codes[results.b[row]])
        outcome = outcome_of[int(results.outcome[row])]
        when = None if results.time is None else results.time[row]
        games += [_Played(row, a, b, outcome, when)] * int(count[row])
    return games


class _Walk:
    """Runs the program as far as the results tell what happened."""

    def __init__(self, program: Program, games: list[_Played], items: NDArray[Any]) -> None:
        self.program = program
        self.items = items
        self.waiting: dict[frozenset[int], deque[_Played]] = defaultdict(deque)
        for game in games:
            self.waiting[frozenset((game.a, game.b))].append(game)
        self.games = games
        self.used: set[int] = set()
        self.held: list[int | None] = [None] * program.n_registers
        self.held[: program.n_items] = range(program.n_items)
        self.scores = [_Scores() for _ in range(program.n_items)]
        self.series = list(program.series)
        self.rows: list[list[int]] = []

    def run(self) -> Program:
        steps = {
            MATCH: self._match,
            REMATCH: self._match,
            GAME: self._game,
            RANDOM_GAME: self._random_game,
            SWISS: self._swiss,
            RANK: self._rank,
            SHUFFLE: self._shuffle,
            SORT: self._sort,
            BYE: self._bye,
            COPY: self._copy,
            EXIT: self.rows.append,
        }
        for row in self.program.code.tolist():
            steps[row[0]](row)
        self._refuse_unused()
        code = np.array(self.rows, np.int32).reshape(-1, WIDTH)
        return replace(self.program, code=code, series=tuple(self.series))

    def _refuse_unused(self) -> None:
        taken = len(self.games) - sum(map(len, self.waiting.values()))
        if taken == len(self.games):
            return
        game = min((queue[0] for queue in self.waiting.values() if queue), key=lambda g: g.row)
        a, b = (label_of(self.items[item]) for item in (game.a, game.b))
        raise InputError(
            f"results row {game.row}: {a!r} against {b!r} cannot happen in this design after the "
            "other results; give those that led to it, and the draw itself as seeding="
        )

    def _label(self, item: int) -> Any:
        return label_of(self.items[item])

    def _take(self, a: int, b: int) -> _Played | None:
        queue = self.waiting[frozenset((a, b))]
        return queue.popleft() if queue else None

    def _match(self, row: list[int]) -> None:
        operation, a_at, b_at, win, lose, table = row[:6]
        a, b = self.held[a_at], self.held[b_at]
        if operation == REMATCH and (a is None or b is None or self.held[win] != b):
            # Played only where b has won the match before.
            if self.held[win] is None or b is None:
                self.held[win] = self.held[lose] = None
            self.rows.append(row)
            return
        self.held[win] = self.held[lose] = None
        if a is not None and b is not None:
            won, lost = self._standing(a, b, self.series[table])
            needed = self.series[table].best_of // 2 + 1
            if won == needed or lost == needed:
                row = [*row[:7], WON if won == needed else LOST]
                self.held[win], self.held[lose] = (a, b) if won == needed else (b, a)
            elif won or lost:
                kind = self._kind(replace(self.series[table], standing=(won, lost)))
                row = [*row[:5], kind, *row[6:]]
        self.rows.append(row)

    def _kind(self, series: Series) -> int:
        if series not in self.series:
            self.series.append(series)
        return self.series.index(series)

    def _standing(self, a: int, b: int, series: Series) -> tuple[int, int]:
        """Games of the series that each has won."""
        needed = series.best_of // 2 + 1
        won = lost = 0
        while max(won, lost) < needed and (game := self._take(a, b)) is not None:
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
        game = None if a is None or b is None else self._take(a, b)
        if a is None or b is None or game is None:
            for item in range(self.program.n_items) if a is None or b is None else (a, b):
                self.scores[item].open = True
            self.rows.append(row)
            return
        outcome = game.seen_by(a)
        self._score(a, b, outcome)
        self.rows.append([*row[:5], outcome, *row[6:]])

    def _score(self, a: int, b: int, outcome: int) -> None:
        for own, other, seen in ((a, b, outcome), (b, a, MIRRORED[outcome])):
            scores = self.scores[own]
            scores.points += self._worth(seen)
            scores.wins += seen == WON
            scores.games.append((other, seen))

    def _worth(self, outcome: int) -> int:
        points = {WON: self.program.win_points, DRAWN: self.program.draw_points, LOST: 0}
        return points[outcome]

    def _random_game(self, row: list[int]) -> None:
        for scores in self.scores:
            scores.open = True
        self.rows.append(row)

    def _bye(self, row: list[int]) -> None:
        item = self.held[row[1]]
        if item is None:
            self._random_game(row)
            return
        scores = self.scores[item]
        scores.points += self.program.win_points
        scores.wins, scores.byes = scores.wins + 1, scores.byes + 1
        self.rows.append(row)

    def _swiss(self, row: list[int]) -> None:
        """A round of which all results are there is played as its games."""
        _, first, count, table, number = row[:5]
        places = range(first, first + count)
        at = {self.held[place]: place for place in places}
        games = [
            game
            for queue in self.waiting.values()
            for game in queue
            if game.round is not None and game.round == number
        ]
        if not games:
            self._random_game(row)
            return
        players = [item for game in games for item in (game.a, game.b)]
        if len(games) != count // 2 or len(set(players)) != len(players) or set(players) - set(at):
            raise InputError(
                f"results of round {number} must be its {count // 2} games, each player once, but "
                f"there are {len(games)}; leave out a round that is not complete"
            )
        for game in sorted(games, key=lambda played: played.row):
            self.waiting[frozenset((game.a, game.b))].remove(game)
            self._score(game.a, game.b, game.outcome)
            operands = [at[game.a], at[game.b], table, number, game.outcome]
            self.rows.append([GAME, *operands, 0, 0])
        for item in set(at) - set(players):
            self._bye([BYE, at[item], *([0] * (WIDTH - 2))])

    def _copy(self, row: list[int]) -> None:
        self.held[row[2]] = self.held[row[1]]
        self.rows.append(row)

    def _shuffle(self, row: list[int]) -> None:
        for place in range(row[1], row[1] + row[2]):
            self.held[place] = None
        self.rows.append(row)

    def _sort(self, row: list[int]) -> None:
        places = slice(row[1], row[1] + row[2])
        entrants = self.held[places]
        known = [item for item in entrants if item is not None]
        self.held[places] = sorted(known) if len(known) == row[2] else [None] * row[2]
        self.rows.append(row)

    def _rank(self, row: list[int]) -> None:
        first, count, into, offset, n_breakers = row[1:6]
        entrants = self.held[first : first + count]
        self.held[into : into + count] = [None] * count
        known = [item for item in entrants if item is not None]
        if len(known) == count and not any(self.scores[item].open for item in known):
            breakers = self.program.breakers[offset : offset + n_breakers].tolist()
            at = into
            for group in self._ranked(known, breakers):
                if len(group) == 1:  # what is equal is decided by lot
                    self.held[at] = group[0]
                at += len(group)
        self.rows.append(row)

    def _ranked(self, items: list[int], breakers: list[int]) -> list[list[int]]:
        """Items in groups that are equal by points and tie-breakers, the best first."""
        groups = _split([items], lambda item, _: self.scores[item].points)
        for breaker in breakers:
            groups = _split(groups, lambda item, equal, by=breaker: self._breaker(by, item, equal))
        return groups

    def _breaker(self, breaker: int, item: int, equal: list[int]) -> int:
        scores = self.scores[item]
        if breaker == WINS:
            return scores.wins
        if breaker == BUCHHOLZ:
            return sum(self.scores[other].points for other, _ in scores.games)
        if breaker == SONNEBORN_BERGER:
            return sum(HALVES[seen] * self.scores[other].points for other, seen in scores.games)
        if breaker == HEAD_TO_HEAD:
            return sum(self._worth(seen) for other, seen in scores.games if other in equal)
        if breaker == RATE:
            games = len(scores.games) + scores.byes
            won = sum(HALVES[seen] for _, seen in scores.games) + 2 * scores.byes
            return won * (1 << 30) // (2 * games) if games else 1 << 29
        raise AssertionError(f"no tie-breaker has the number {breaker}")


def _split(groups: list[list[int]], key: Any) -> list[list[int]]:
    parts = []
    for group in groups:
        keys = {item: key(item, group) for item in group}
        for value in sorted(set(keys.values()), reverse=True):
            parts.append([item for item in group if keys[item] == value])
    return parts
