"""The order to show while a method holds a forest of who beat whom."""

from __future__ import annotations

from collections.abc import Sequence

NOBODY = -1


def winners_first(front: Sequence[int], beaten_by: Sequence[int]) -> list[int]:
    """`front`, then the others in their initial order, but nobody before whom it lost to.

    An upset lifts the winner to just before the loser and moves nobody else far, so a good initial
    order stays good, and whoever beat many early items comes out on top of a poor one.

    Parameters
    ----------
    front : sequence of int
        Items whose places are known.
    beaten_by : sequence of int, one an item
        Who beat the item, or `NOBODY`. Of a circle the items follow each other somehow.
    """
    order = list(front)
    placed = [False] * len(beaten_by)
    for item in front:
        placed[item] = True
    for item in range(len(beaten_by)):
        chain = []
        while item != NOBODY and not placed[item]:
            placed[item] = True
            chain.append(item)
            item = beaten_by[item]
        order.extend(reversed(chain))
    return order


def settled(n: int, n_front: int) -> int:
    """How many places are final once so many at the front are: the last one follows."""
    return n if n_front >= n - 1 else n_front
