"""What a fit says about parameters other than abilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import make_frame

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Effects:
    """Parameters other than abilities, with intervals.

    Attributes
    ----------
    names : tuple of str
        "position", the features' names, and "log tie parameter".
    estimate, standard_error, lower, upper : ndarray of float64, shape (k,)
        In log-odds a unit of the feature.
    level : float
    kind : {"fisher", "sandwich", "cluster"}
    degrees_of_freedom : float
        Of the quantile: one less than the number of clusters; infinite for the other kinds.
    """

    names: tuple[str, ...]
    estimate: Real
    standard_error: Real
    lower: Real
    upper: Real
    level: float
    kind: str
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __repr__(self) -> str:
        parts = ", ".join(
            f"{name} {value:.4g} ± {error:.2g}"
            for name, value, error in zip(
                self.names, self.estimate, self.standard_error, strict=True
            )
        )
        return f"Effects({parts})"

    def to_frame(self, library: str | None = None) -> Any:
        """The parameters as a data frame."""
        columns = {
            "parameter": np.array(self.names, object),
            "estimate": self.estimate,
            "standard_error": self.standard_error,
            "lower": self.lower,
            "upper": self.upper,
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)
