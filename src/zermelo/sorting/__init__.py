"""Sorting with an expensive, noisy comparator: methods, comparators, plans and results."""

from __future__ import annotations

from . import comparators
from .ask import Ask
from .insertion import Insert, insert
from .judges import PairJudge
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
from .plan import SortPlan
from .planner import plan_sort
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
    "Insert",
    "Insertion",
    "Knockout",
    "Listwise",
    "Merge",
    "Method",
    "PairJudge",
    "Progress",
    "QuickSelect",
    "SetwiseBubble",
    "SetwiseHeap",
    "Sliding",
    "SortPlan",
    "SortResult",
    "Sorter",
    "TourRank",
    "comparators",
    "insert",
    "plan_sort",
    "sort",
    "sort_async",
]
