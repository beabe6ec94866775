"""Where an item belongs among others that are in order."""

from __future__ import annotations

from collections.abc import Sequence

from .machine import Asking, precedes


def place_of(item: int, order: Sequence[int], low: int, high: int) -> Asking:
    """The place between `low` and `high` at which the item goes in, by binary search."""
    while low < high:
        middle = (low + high) // 2
        if (yield from precedes(item, order[middle])):
            high = middle
        else:
            low = middle + 1
    return low
