"""The dense covariance on both backends, against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from zermelo._backends import Backend


def matrices(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    root, other = rng.normal(size=(2, n, n))
    return root @ root.T + n * np.eye(n), other @ other.T


@pytest.mark.parametrize("n", [1, 2, 7, 31, 32, 33, 48, 49, 97, 200])
def test_inverse_and_sandwich(kernels: Backend, n: int) -> None:
    information, meat = matrices(n)
    inverse = kernels.dense_covariance(information, None, 1)
    np.testing.assert_allclose(inverse @ information, np.eye(n), atol=1e-12)
    sandwich = kernels.dense_covariance(information, meat, 1)
    np.testing.assert_allclose(information @ sandwich @ information, meat, rtol=1e-9, atol=1e-9)
    for threads in (2, 3):
        again = kernels.dense_covariance(information, meat, threads)
        np.testing.assert_array_equal(again, sandwich)


def test_not_positive_definite(kernels: Backend) -> None:
    matrix = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert kernels.dense_covariance(matrix, None, 1) is None
