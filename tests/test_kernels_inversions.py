"""The kernels of inversions on both backends: rows of several blocks, and codes."""

from __future__ import annotations

import numpy as np
import pytest

from zermelo._backends import Backend

# Values that are sorted at a time, and the codes that one call of the twin looks at.
BLOCK, STRETCH = 1 << 14, 1 << 18


@pytest.mark.parametrize("width", [BLOCK, BLOCK + 1, 3 * BLOCK + 7, 4 * BLOCK])
def test_long_rows_agree_with_codes(kernels: Backend, width: int) -> None:
    random = np.random.default_rng(width)
    codes = random.integers(0, width, (2, width)).astype(np.int32)
    smaller = kernels.count_smaller_before(codes, 1)
    np.testing.assert_array_equal(smaller, kernels.count_smaller_before(codes, 2))
    for threads in (1, 3):
        for values in (-codes, -codes.astype(np.int64)):
            found = kernels.count_inversions(values, threads)
            np.testing.assert_array_equal(found, smaller.sum(axis=1, dtype=np.int64))


def test_codes_before(kernels: Backend) -> None:
    codes = np.array([[2, 0, 1, 1, 2, 0], [0, 1, 2, 3, 4, 5]], np.int32)
    assert kernels.count_smaller_before(codes, 1).tolist() == [
        [0, 0, 1, 1, 3, 0],
        [0, 1, 2, 3, 4, 5],
    ]
    for width in (0, 3):
        assert kernels.count_smaller_before(np.empty((0, width), np.int32), 2).shape == (0, width)
        assert kernels.count_inversions(np.empty((0, width), np.int32), 2).shape == (0,)
    assert kernels.count_inversions(np.empty((3, 0), np.int64), 2).tolist() == [0, 0, 0]
    for bad in (-1, 6):
        with pytest.raises(ValueError, match="a code is out of range"):
            kernels.count_smaller_before(np.where(codes == 5, bad, codes).astype(np.int32), 1)


def test_a_row_of_several_stretches(kernels: Backend) -> None:
    width = STRETCH + 9
    falling = np.arange(width, dtype=np.int32)[::-1]
    rising = np.ascontiguousarray(falling[::-1])[None, :]
    np.testing.assert_array_equal(kernels.count_smaller_before(rising, 2), rising)
    found = kernels.count_inversions(np.ascontiguousarray(falling)[None, :], 2)
    assert found.tolist() == [width * (width - 1) // 2]
