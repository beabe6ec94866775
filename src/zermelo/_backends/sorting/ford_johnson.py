"""Twin of merge insertion (Ford and Johnson 1959)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .knowledge import NOBODY, winners_first
from .machine import Asking, Run, Together, precedes
from .search import place_of


class _Pairings:
    """What is known: a chain, and who lost to whom."""

    def __init__(self, n: int) -> None:
        self.chain = list(range(n))
        self.chain_is_sorted = False
        self.lost_to: list[list[int]] = [[] for _ in range(n)]  # the loser of the last pairing last

    def order(self) -> list[int]:
        beaten_by = [NOBODY] * len(self.lost_to)
        for winner, losers in enumerate(self.lost_to):
            for loser in losers:
                beaten_by[loser] = winner
        if self.chain_is_sorted:
            for winner, loser in pairwise(self.chain):
                beaten_by[loser] = winner
        return winners_first([], beaten_by)


def ford_johnson(run: Run) -> Asking:
    """Merge insertion: the fewest pairs in the worst case up to n = 11, and few beyond."""
    pairings = _Pairings(run.n)
    run.view = pairings.order
    yield from _sorted(pairings)
    run.order[:] = pairings.chain
    run.view = None
    run.n_certain = run.n


def _sorted(pairings: _Pairings) -> Asking:
    """Sort the chain: pair its items, sort the winners, insert the losers."""
    chain, lost_to = pairings.chain, pairings.lost_to
    if len(chain) < 2:
        pairings.chain_is_sorted = True
        return
    strays = [chain.pop()] if len(chain) % 2 else []
    upper, lower = chain[::2], chain[1::2]
    stays: Sequence[bool] = yield Together(
        [precedes(first, second) for first, second in zip(upper, lower, strict=True)]
    )
    chain.clear()
    for first, second, first_won in zip(upper, lower, stays, strict=True):
        winner, loser = (first, second) if first_won else (second, first)
        chain.append(winner)
        lost_to[winner].append(loser)
    yield from _sorted(pairings)
    # From here on counted from the worst winner, whose loser needs no comparison.
    winners = chain[::-1]
    losers = [lost_to[winner][-1] for winner in winners] + strays
    begin, end = 0, 1
    while begin < len(losers):
        for number in reversed(range(begin, min(end, len(losers)))):
            low = 0
            if number < len(winners):
                low = chain.index(winners[number]) + 1
            place = yield from place_of(losers[number], chain, low, len(chain))
            if number < len(winners):
                lost_to[winners[number]].pop()
            chain.insert(place, losers[number])
        # 1, 3, 5, 11, 21, ... (Jacobsthal): a loser is then sought among 2^k - 1 items at most.
        begin, end = end, end + 2 * begin if begin else 3
