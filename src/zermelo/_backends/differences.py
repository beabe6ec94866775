"""NumPy twin of the largest studentised differences."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from .threads import run_chunks

Single = NDArray[np.float32]

# Values that are differenced at once, so that they stay in a core's cache.
CACHED_VALUES = 1 << 17
NARROWEST = 64


def largest_differences(
    errors: Single, item: NDArray[np.int32], first: NDArray[np.int32], up: Single, down: Single,
    threads: int,
) -> Single:  # fmt: skip
    n_items, n_draws = errors.shape
    out = np.empty((len(item), n_draws), np.float32)

    def work(begin: int, end: int) -> None:
        strip = np.ascontiguousarray(errors[:, begin:end])
        above, below = np.empty_like(strip), np.empty_like(strip)
        for k, (own, others) in enumerate(zip(item.tolist(), first.tolist(), strict=True)):
            higher, lower = above[others:], below[others:]
            np.subtract(strip[others:], strip[own], out=lower)
            np.multiply(lower, up[k, others:, None], out=higher)
            lower *= -down[k, others:, None]
            np.maximum(higher, lower, out=higher).max(axis=0, initial=0.0, out=out[k, begin:end])

    width = max(CACHED_VALUES // max(n_items, 1), NARROWEST)
    borders = [(at, min(at + width, n_draws)) for at in range(0, n_draws, width)]
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        run_chunks(work, borders, pool)
    return out
