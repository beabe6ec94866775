"""Twin of merge insertion (Ford and Johnson 1959)."""

from __future__ import annotations

from collections.abc import Sequence

from .machine import Asking, Run, Together, precedes


class _Blocks:
    """What is known: a chain, items that lost to one of the chain, and items left over.

    The order shown has each item followed by those that lost to it, so that the items move as
    blocks and a good initial order is little disturbed.
    """

    def __init__(self, n: int) -> None:
        self.chain = list(range(n))
        self.lost_to: list[list[int]] = [[] for _ in range(n)]  # the loser of the last pairing last
        self.left_over: list[int] = []

    def order(self) -> list[int]:
        order = []
        waiting = [*self.left_over, *reversed(self.chain)]
        while waiting:
            item = waiting.pop()
            order.append(item)
            waiting.extend(self.lost_to[item])
        return order


def ford_johnson(run: Run) -> Asking:
    """Merge insertion: the fewest pairs in the worst case up to n = 11, and few beyond."""
    blocks = _Blocks(run.n)
    run.view = blocks.order
    yield from _sorted(blocks)
    run.order[:] = blocks.chain
    run.view = None
    run.n_certain = run.n


def _sorted(blocks: _Blocks) -> Asking:
    """Sort the chain: pair its items, sort the winners, insert the losers."""
    chain, lost_to = blocks.chain, blocks.lost_to
    if len(chain) < 2:
        return
    stray = chain.pop() if len(chain) % 2 else None
    if stray is not None:
        blocks.left_over.append(stray)
    upper, lower = chain[::2], chain[1::2]
    stays: Sequence[bool] = yield Together(
        [precedes(first, second) for first, second in zip(upper, lower, strict=True)]
    )
    chain.clear()
    for first, second, first_won in zip(upper, lower, stays, strict=True):
        winner, loser = (first, second) if first_won else (second, first)
        chain.append(winner)
        lost_to[winner].append(loser)
    yield from _sorted(blocks)
    # From here on counted from the worst winner, whose loser needs no comparison.
    winners = chain[::-1]
    n_losers = len(winners) + (stray is not None)
    begin, end = 0, 1
    while begin < n_losers:
        for number in reversed(range(begin, min(end, n_losers))):
            if number < len(winners):
                holder = lost_to[winners[number]]
                low = chain.index(winners[number]) + 1
            else:
                holder = blocks.left_over
                low = 0
            loser = holder[-1]
            high = len(chain)
            while low < high:
                middle = (low + high) // 2
                if (yield from precedes(loser, chain[middle])):
                    high = middle
                else:
                    low = middle + 1
            holder.pop()
            chain.insert(low, loser)
        # 1, 3, 5, 11, 21, ... (Jacobsthal): a loser is then sought among 2^k - 1 items at most.
        begin, end = end, end + 2 * begin if begin else 3
