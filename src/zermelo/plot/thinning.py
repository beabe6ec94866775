"""Fewer points of a line without a change of its shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def shape_points(x: NDArray[Any], y: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Places of at most `most` points that draw the same line as all of them.

    Of each of most/4 equal stretches of `x`, which ascends, the first, the last, the lowest and the
    highest point. A line drawn no wider than so many pixels looks the same (Jugel et al. 2014,
    M4: a visualization-oriented time series data aggregation, PVLDB 7:797).
    """
    if len(x) <= most:
        return np.arange(len(x))
    position = x.astype(np.float64) if x.dtype.kind in "iuf" else _as_numbers(x)
    n_stretches = max(1, most // 4)
    width = float(position[-1] - position[0])
    share = (position - position[0]) / width if width > 0 else np.zeros(len(x))
    stretch = np.minimum((share * n_stretches).astype(np.int64), n_stretches - 1)
    begins = np.flatnonzero(np.diff(stretch, prepend=-1))
    # Within a stretch the lowest comes first and the highest last.
    by_height = np.lexsort((y, stretch))
    ends = np.append(begins[1:], len(x)) - 1
    kept = np.concatenate([begins, ends, by_height[begins], by_height[ends]])
    return np.unique(kept)


def _as_numbers(x: NDArray[Any]) -> NDArray[np.float64]:
    if x.dtype.kind == "M":
        return np.asarray(x - x[0]).astype(np.float64)
    return np.arange(len(x), dtype=np.float64)  # texts have no distances
