"""The scale on which abilities are reported as ratings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import finite
from ..errors import InputError


@dataclass(frozen=True)
class RatingScale:
    """rating = initial + scale / ln(base) * ability + shift; the shift seats an anchor."""

    initial: float = 1000.0
    scale: float = 400.0
    base: float = 10.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        for name in ("initial", "scale", "base", "shift"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if self.scale <= 0:
            raise InputError(f"scale must be positive, but is {self.scale!r}")
        if self.base <= 1:
            raise InputError(f"base must be greater than 1, but is {self.base!r}")

    @property
    def points(self) -> float:
        """Rating points in one unit of ability."""
        return self.scale / math.log(self.base)

    def rating(self, ability: Any) -> NDArray[np.float64]:
        values = self.initial + self.shift + self.points * np.asarray(ability, np.float64)
        return np.asarray(values, np.float64)
