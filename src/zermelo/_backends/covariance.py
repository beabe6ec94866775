"""Twin of the dense covariance, in NumPy; also what both backends use for large matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]


def dense_covariance(information: Real, meat: Real | None, threads: int) -> Real | None:
    try:
        np.linalg.cholesky(information)  # refuses what is not positive definite; inv would not
        inverse = np.asarray(np.linalg.inv(information), np.float64)
    except np.linalg.LinAlgError:
        return None
    return inverse if meat is None else np.asarray(inverse @ meat @ inverse, np.float64)
