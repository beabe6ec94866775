"""Twins of the sort kernels: plain generators, one file a family of methods."""

from __future__ import annotations

from collections.abc import Callable

from . import (
    adaptive,
    allpair,
    ford_johnson,
    heaps,
    inserting,
    knockout,
    merging,
    passes,
    selection,
    tourrank,
)
from .direct import sort_directly
from .machine import Asking, Run, SortMachine
from .simulation import simulate_sorts

__all__ = ["METHODS", "SortMachine", "simulate_sorts", "sort_directly"]

METHODS: dict[str, Callable[[Run], Asking]] = {
    "allpair": allpair.allpair,
    "heapsort": heaps.heapsort,
    "sliding": passes.sliding,
    "insert": inserting.insert,
    "merge": merging.merge,
    "insertion": merging.insertion,
    "ford-johnson": ford_johnson.ford_johnson,
    "quickselect": selection.quickselect,
    "knockout": knockout.knockout,
    "setwise-heap": heaps.setwise_heap,
    "setwise-bubble": passes.setwise_bubble,
    "listwise": passes.listwise,
    "tourrank": tourrank.tourrank,
    "adaptive": adaptive.adaptive,
}
