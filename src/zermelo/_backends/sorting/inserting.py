"""Twin of the method that puts new items into an order that stands already."""

from __future__ import annotations

from .machine import Asking, Run, Together, precedes
from .merging import _sorted


def insert(run: Run) -> Asking:
    """Binary insertion of all new items at once; those in one gap are merge-sorted there.

    The first `n_ranked` items are in order. Where only the first places count, a new item must
    first beat whoever holds the last of them, and stays at the end if it does not.
    """
    n_ranked = run.options["n_ranked"]
    new = range(n_ranked, run.n)
    place = dict.fromkeys(new, n_ranked)  # how many of the ranked stand before, as it seems
    yield Together([_searched(run, item, place) for item in new])
    gaps: dict[int, list[int]] = {}
    for item in new:
        gaps.setdefault(place[item], []).append(item)
    order: list[int] = []
    unsorted: list[tuple[int, int]] = []
    for gap in range(n_ranked + 1):
        tied = gaps.get(gap, [])
        if len(tied) > 1 and len(order) < run.top_k:
            unsorted.append((len(order), len(order) + len(tied)))
        order += tied
        if gap < n_ranked:
            order.append(gap)
    run.order[:] = order
    run.n_certain = unsorted[0][0] if unsorted else run.top_k
    yield Together([_sorted(run, low, high) for low, high in unsorted])
    run.n_certain = run.top_k


def _searched(run: Run, item: int, place: dict[int, int]) -> Asking:
    """Find the gap of one new item; the order has it in the middle of where it can be."""
    n_ranked = run.options["n_ranked"]
    low, high = 0, n_ranked
    if run.top_k < n_ranked:
        high = run.top_k - 1
        if not (yield from precedes(item, high)):
            return
        _move(run, item, place, (low + high) // 2)
    while low < high:
        middle = (low + high) // 2
        if (yield from precedes(item, middle)):
            high = middle
        else:
            low = middle + 1
        _move(run, item, place, (low + high) // 2)


def _move(run: Run, item: int, place: dict[int, int], target: int) -> None:
    """Put a new item before a ranked one, after those new ones with a lower number there."""
    order, n_ranked = run.order, run.options["n_ranked"]
    # Nobody stands before its own place, so that the search for it is short.
    del order[order.index(item, place[item])]
    place[item] = target
    at = order.index(target, target) if target < n_ranked else run.n - 1
    while at and order[at - 1] > item and order[at - 1] >= n_ranked:
        at -= 1
    order.insert(at, item)
