"""Twin of the knockout with replays (Kislitsyn 1964; Knuth, TAOCP 3, 5.3.3)."""

from __future__ import annotations

from .knowledge import NOBODY, settled, winners_first
from .machine import Asking, Run, Together, precedes

OPEN = -2


class _Bracket:
    """A balanced tree: node v has the children 2v and 2v + 1, and item i the leaf n + i.

    `winner[v]` is who won there, `NOBODY` where all below have left, `OPEN` where it is to be
    played.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.winner = [OPEN] * n + list(range(n))
        self.front: list[int] = []

    def order(self) -> list[int]:
        return winners_first(self.front, [self._beaten_by(item) for item in range(self.n)])

    def _beaten_by(self, item: int) -> int:
        node = (self.n + item) >> 1
        while node:
            if self.winner[node] != item:
                return NOBODY if self.winner[node] == OPEN else self.winner[node]
            node >>= 1
        return NOBODY


def knockout(run: Run) -> Asking:
    """A knockout finds the best; for each next place only the last winner's path is replayed."""
    if not run.n:
        return
    bracket = _Bracket(run.n)
    run.view = bracket.order
    yield from _played(bracket, 1)
    while True:
        best = bracket.winner[1]
        bracket.front.append(best)
        run.n_certain = settled(run.n, len(bracket.front))
        if len(bracket.front) == run.top_k:
            break
        node = run.n + best
        bracket.winner[node] = NOBODY
        path = []
        while node := node >> 1:
            bracket.winner[node] = OPEN
            path.append(node)
        for node in path:
            yield from _matched(bracket, node)
    run.order[:] = bracket.order()
    run.view = None


def _played(bracket: _Bracket, node: int) -> Asking:
    if node >= bracket.n:
        return
    yield Together([_played(bracket, 2 * node), _played(bracket, 2 * node + 1)])
    yield from _matched(bracket, node)


def _matched(bracket: _Bracket, node: int) -> Asking:
    first, second = bracket.winner[2 * node], bracket.winner[2 * node + 1]
    if first == NOBODY or second == NOBODY:
        bracket.winner[node] = max(first, second)
    else:
        first_won = yield from precedes(first, second)
        bracket.winner[node] = first if first_won else second
