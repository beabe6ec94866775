"""Twins of the sort kernels: plain generators, one file a family of methods."""

from __future__ import annotations

from collections.abc import Callable

from . import merging
from .machine import Asking, Run, SortMachine

__all__ = ["METHODS", "SortMachine"]

METHODS: dict[str, Callable[[Run], Asking]] = {
    "merge": merging.merge,
}
