"""Twins of the methods that insert and merge."""

from __future__ import annotations

from .machine import Asking, Run, Together, precedes


def merge(run: Run) -> Asking:
    """Top-down merge sort: halves sort side by side."""
    yield from _sorted(run, 0, run.n)
    run.n_certain = run.n


def _sorted(run: Run, low: int, high: int) -> Asking:
    if high - low < 2:
        return
    middle = (low + high) // 2
    yield Together([_sorted(run, low, middle), _sorted(run, middle, high)])
    yield from _merged(run, low, middle, high)


def _merged(run: Run, low: int, middle: int, high: int) -> Asking:
    """Merge two neighbouring stretches in place, so that the order is whole at every question."""
    order = run.order
    while low < middle < high:
        left, right = order[low], order[middle]
        if (yield from precedes(right, left)):
            order[low + 1 : middle + 1] = order[low:middle]
            order[low] = right
            middle += 1
        low += 1
