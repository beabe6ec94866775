"""Sorting with an expensive, noisy comparator."""

from __future__ import annotations

from .ask import Ask
from .progress import Progress
from .result import SortResult
from .sort import sort, sort_async
from .sorter import Sorter

__all__ = ["Ask", "Progress", "SortResult", "Sorter", "sort", "sort_async"]
