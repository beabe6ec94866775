"""Pictures of results, as plotly figures; needs the extra `plot`."""

from __future__ import annotations

from .history import history

__all__ = ["history"]
