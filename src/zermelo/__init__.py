"""zermelo: ratings with honest uncertainty from pairwise comparisons."""

from __future__ import annotations

from . import errors, metrics
from ._backends import backend_info
from .comparisons import Comparisons
from .pair_counts import PairCounts
from .ratings.boards import boards
from .ratings.bradley_terry import bradley_terry
from .ratings.compare_fits import compare_fits
from .ratings.result import load

__version__ = "0.1.0"

__all__ = [
    "Comparisons",
    "PairCounts",
    "__version__",
    "backend_info",
    "boards",
    "bradley_terry",
    "compare_fits",
    "errors",
    "load",
    "metrics",
]
