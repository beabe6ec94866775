"""Sorting with an expensive, noisy comparator: methods, and what asks and answers are."""

from __future__ import annotations

from .ask import Ask
from .method import Method
from .methods import (
    Adaptive,
    AllPair,
    FordJohnson,
    HeapSort,
    Insertion,
    Knockout,
    Listwise,
    Merge,
    QuickSelect,
    SetwiseBubble,
    SetwiseHeap,
    Sliding,
    TourRank,
)
from .progress import Progress
from .result import SortResult
from .sort import sort, sort_async
from .sorter import Sorter

__all__ = [
    "Adaptive",
    "AllPair",
    "Ask",
    "FordJohnson",
    "HeapSort",
    "Insertion",
    "Knockout",
    "Listwise",
    "Merge",
    "Method",
    "Progress",
    "QuickSelect",
    "SetwiseBubble",
    "SetwiseHeap",
    "Sliding",
    "SortResult",
    "Sorter",
    "TourRank",
    "sort",
    "sort_async",
]
