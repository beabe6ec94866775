"""Intervals of ratings, in points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import make_frame

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class RatingInterval:
    """Intervals of ratings, in points.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    rating, lower, upper, standard_error : ndarray of float64, shape (n_items,)
    level : float
    """

    items: NDArray[Any]
    rating: Real
    lower: Real
    upper: Real
    standard_error: Real
    level: float
    _frame_backend: str | None = None

    def __post_init__(self) -> None:
        for name in ("rating", "lower", "upper", "standard_error"):
            getattr(self, name).flags.writeable = False

    def __repr__(self) -> str:
        return f"RatingInterval({len(self.items):,} items, {100 * self.level:g}%)"

    def to_frame(self, library: str | None = None) -> Any:
        """A row an item, the highest rating first.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.
        """
        order = np.argsort(-self.rating, kind="stable")
        columns = {
            name: getattr(self, name)[order]
            for name in ("items", "rating", "lower", "upper", "standard_error")
        }
        columns = {"item": columns.pop("items")} | columns
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)
