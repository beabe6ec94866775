"""Judges of comparisons."""

from __future__ import annotations

from .noisy import Noisy

__all__ = ["Noisy"]
