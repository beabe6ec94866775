"""Twin of the method that puts new items into an order that stands already."""

from __future__ import annotations

from .machine import Asking, Run, Together, precedes
from .merging import _sorted


def insert(run: Run) -> Asking:
    """Binary insertion of all new items at once; those in one gap are merge-sorted there.

    The first `n_ranked` items are in order. Where only the first places count, a new item must
    first beat whoever holds the last of them, and stays at the end if it does not.
    """
    n_ranked = min(run.options["n_ranked"], run.n)
    # How many of the ranked stand before each new item, as it seems.
    place = [n_ranked] * (run.n - n_ranked)
    run.view = lambda: _gaps_filled(n_ranked, place)[0]
    yield Together([_searched(run, item, n_ranked, place) for item in range(n_ranked, run.n)])
    run.view = None
    order, groups = _gaps_filled(n_ranked, place)
    run.order[:] = order
    unsorted = [(low, high) for low, high in groups if low < run.top_k]
    run.n_certain = unsorted[0][0] if unsorted else run.top_k
    yield Together([_sorted(run, low, high) for low, high in unsorted])
    run.n_certain = run.top_k


def _searched(run: Run, item: int, n_ranked: int, place: list[int]) -> Asking:
    """Find the gap of one new item; it seems to be in the middle of where it can be."""
    low, high = 0, n_ranked
    if run.top_k < n_ranked:
        high = run.top_k - 1
        if not (yield from precedes(item, high)):
            return
        place[item - n_ranked] = (low + high) // 2
    while low < high:
        middle = (low + high) // 2
        if (yield from precedes(item, middle)):
            high = middle
        else:
            low = middle + 1
        place[item - n_ranked] = (low + high) // 2


def _gaps_filled(n_ranked: int, place: list[int]) -> tuple[list[int], list[tuple[int, int]]]:
    """The order with every new item at its place, and the stretches of several in one gap."""
    gaps: list[list[int]] = [[] for _ in range(n_ranked + 1)]
    for item, gap in enumerate(place, n_ranked):
        gaps[gap].append(item)
    order: list[int] = []
    groups = []
    for gap, items in enumerate(gaps):
        if len(items) > 1:
            groups.append((len(order), len(order) + len(items)))
        order += items
        if gap < n_ranked:
            order.append(gap)
    return order, groups
