"""Pictures of results, as plotly figures; needs the extra `plot`."""

from __future__ import annotations

from .bracket import bracket
from .designs import designs
from .history import history

__all__ = ["bracket", "designs", "history"]
