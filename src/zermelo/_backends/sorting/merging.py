"""Twins of the methods that insert and merge."""

from __future__ import annotations

from .knowledge import settled
from .machine import Asking, Run, Together, precedes
from .search import place_of


def merge(run: Run) -> Asking:
    """Top-down merge sort: halves sort side by side, and no merge goes beyond the best `top_k`."""
    yield from _sorted(run, 0, run.n)
    run.n_certain = settled(run.n, run.top_k)


def _sorted(run: Run, low: int, high: int) -> Asking:
    if high - low < 2:
        return
    middle = (low + high) // 2
    yield Together([_sorted(run, low, middle), _sorted(run, middle, high)])
    yield from _merged(run, low, middle, high)


def _merged(run: Run, low: int, middle: int, high: int) -> Asking:
    """Merge two neighbouring stretches in place, so that the order is whole at every question."""
    order = run.order
    whole = low == 0 and high == run.n
    end = min(high, low + run.top_k)
    while low < middle < high and low < end:
        left, right = order[low], order[middle]
        if (yield from precedes(right, left)):
            order[low + 1 : middle + 1] = order[low:middle]
            order[low] = right
            middle += 1
        low += 1
        if whole:
            run.n_certain = low


def insertion(run: Run) -> Asking:
    """Binary insertion in the initial order.

    Once the best `top_k` so far are full, an item has to beat the last of them first; most do not,
    and have cost one comparison.
    """
    order = run.order
    for place in range(1, run.n):
        item = order[place]
        high = place
        if place >= run.top_k:
            high = run.top_k - 1
            if not (yield from precedes(item, order[high])):
                continue
        target = yield from place_of(item, order, 0, high)
        order.insert(target, order.pop(place))
    run.n_certain = settled(run.n, run.top_k)
