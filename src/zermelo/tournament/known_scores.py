"""Points of a league as far as its games are known, and the order that they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from .program import BUCHHOLZ, HEAD_TO_HEAD, RATE, SONNEBORN_BERGER, WINS, Program

LOST, WON, DRAWN = 0, 1, 2
MIRRORED = {LOST: WON, WON: LOST, DRAWN: DRAWN}
# Half games won.
HALVES = {LOST: 0, DRAWN: 1, WON: 2}


@dataclass
class Scores:
    """Of an item, for games that are known; `open` where some are not."""

    points: int = 0
    wins: int = 0
    byes: int = 0
    open: bool = False
    games: list[tuple[int, int]] = field(default_factory=list)  # opponent, outcome


class Standings:
    """Scores of all items of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.scores = [Scores() for _ in range(program.n_items)]

    def add_game(self, a: int, b: int, outcome: int) -> None:
        """Outcome as `a` sees it."""
        for own, other, seen in ((a, b, outcome), (b, a, MIRRORED[outcome])):
            scores = self.scores[own]
            scores.points += self._worth(seen)
            scores.wins += seen == WON
            scores.games.append((other, seen))

    def add_bye(self, item: int) -> None:
        scores = self.scores[item]
        scores.points += self.program.win_points
        scores.wins, scores.byes = scores.wins + 1, scores.byes + 1

    def open(self, items: Sequence[int]) -> None:
        """These have played, and nobody knows how."""
        for item in items:
            self.scores[item].open = True

    def open_all(self) -> None:
        self.open(range(self.program.n_items))

    def are_known(self, items: Sequence[int]) -> bool:
        return not any(self.scores[item].open for item in items)

    def met(self, a: int, b: int) -> bool:
        return any(other == b for other, _ in self.scores[a].games)

    def had_bye(self, item: int) -> bool:
        return self.scores[item].byes > 0

    def ranked(self, items: list[int], breakers: Sequence[int]) -> list[list[int]]:
        """Items in groups that are equal by points and tie-breakers, the best first."""
        groups = _split([items], lambda item, _: self.scores[item].points)
        for breaker in breakers:
            groups = _split(groups, partial(self._breaker, breaker))
        return groups

    def _worth(self, outcome: int) -> int:
        points = {WON: self.program.win_points, DRAWN: self.program.draw_points, LOST: 0}
        return points[outcome]

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


def _split(groups: list[list[int]], key: Callable[[int, list[int]], int]) -> list[list[int]]:
    parts = []
    for group in groups:
        keys = {item: key(item, group) for item in group}
        for value in sorted(set(keys.values()), reverse=True):
            parts.append([item for item in group if keys[item] == value])
    return parts
