"""Simulated items in an initial order that is as good as somebody says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, shortened
from ..errors import InputError
from ..rank_metrics.top import ndcg

Real = NDArray[np.float64]

# A search for how much an order is worth looks at so many places in all.
SEARCHED = 100_000
STEPS = 20
# The best twentieth of the items is worth 3, the next tenth 2, the next 15% 1.
USUAL_SHARES = ((0.05, 3.0), (0.10, 2.0), (0.15, 1.0))


def read_grades(grades: Any, n: int) -> Real:
    """What the truly best item is worth, the second best, and so on."""
    if grades is None:
        return _usual_grades(n)
    listed = grades.tolist() if isinstance(grades, np.ndarray) else grades
    if not isinstance(listed, Sequence) or isinstance(listed, (str, bytes)):
        raise InputError(f"grades must be a sequence of n numbers, but is {shortened(grades)}")
    if len(listed) != n:
        raise InputError(f"Length of grades ({len(listed)}) must match n ({n})")
    values = np.array([finite(f"grades[{at}]", grade) for at, grade in enumerate(listed)])
    if values.min() < 0:
        at = int(values.argmin())
        raise InputError(f"grades[{at}] must not be negative, but is {listed[at]!r}")
    if values.max() == 0:
        raise InputError("grades must not all be 0: nDCG then has nothing to measure")
    return np.sort(values)[::-1].copy()


def _usual_grades(n: int) -> Real:
    grades = np.zeros(n)
    begin = 0
    share = 0.0
    for part, grade in USUAL_SHARES:
        share += part
        end = max(round(share * n), begin + (grade == 3.0))
        grades[begin:end] = grade
        begin = end
    return grades


def read_initial(
    initial: Any, initial_ndcg: Any, n: int, grades: Real, ndcg_at: int, seed: int
) -> float:
    """Correlation of the score behind the initial order with the quality, from -1 to 1."""
    if initial is not None and initial_ndcg is not None:
        raise InputError(
            "initial and initial_ndcg both say how good the initial order is: pass one"
        )
    if initial_ndcg is not None:
        return _of_ndcg(initial_ndcg, n, grades, ndcg_at, seed)
    if initial is None or initial == "random":
        return 0.0
    if initial == "reversed":
        return -1.0
    rule = "'random', 'reversed' or Kendall's correlation with the truth, from -1 to 1"
    tau = finite("initial", initial, rule)
    if not -1 <= tau <= 1:
        raise InputError(f"initial must be {rule}, but is {initial!r}")
    # Of two normal variables (Greiner 1909): tau = 2 / pi * arcsin(r).
    return math.sin(math.pi / 2 * tau)


def _of_ndcg(wanted: Any, n: int, grades: Real, ndcg_at: int, seed: int) -> float:
    target = finite("initial_ndcg", wanted, rule := "a number above 0 and up to 1")
    if not 0 < target <= 1:
        raise InputError(f"initial_ndcg must be {rule}, but is {wanted!r}")
    if target == 1:
        return 1.0
    count = min(max(SEARCHED // n, 20), 1_000)
    quality, noise = next(_normals(n, count, count, seed))

    def mean_ndcg(correlation: float) -> float:
        ordered = in_initial_order(quality, noise, correlation)
        return float(np.mean(ndcg(identity(n), gains_of(ordered, grades), ndcg_at)))

    low, high = -1.0, 1.0
    if (least := mean_ndcg(low)) > target:
        raise InputError(
            f"initial_ndcg must be at least {least:.3f}, which the worst order has, but is "
            f"{target:g}"
        )
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_ndcg(middle) < target else (low, middle)
    return high


def identity(n: int) -> NDArray[np.int64]:
    return np.arange(n)


def _normals(n: int, replicates: int, block: int, seed: int) -> Iterator[tuple[Real, Real]]:
    """Qualities and noise of so many replicates, in blocks; a replicate is always the same."""
    qualities = np.random.default_rng([seed, 1])
    noises = np.random.default_rng([seed, 2])
    for begin in range(0, replicates, block):
        size = (min(block, replicates - begin), n)
        yield qualities.standard_normal(size), noises.standard_normal(size)


def draw_qualities(
    n: int, replicates: int, block: int, correlation: float, validity: float, seed: int
) -> Iterator[tuple[Real, Real]]:
    """True qualities of items numbered in the initial order, and those that the judge sees.

    In blocks, of shape (replicates, n).
    """
    opinions = np.random.default_rng([seed, 3])
    for drawn, noise in _normals(n, replicates, block, seed):
        quality = in_initial_order(drawn, noise, correlation)
        seen = quality
        if validity < 1.0:
            seen = mixed_with(quality, opinions.standard_normal(quality.shape), validity)
        yield quality, seen


def in_initial_order(quality: Real, noise: Real, correlation: float) -> Real:
    score = mixed_with(quality, noise, correlation)
    return np.take_along_axis(quality, np.argsort(-score, axis=1, kind="stable"), axis=1)


def mixed_with(quality: Real, noise: Real, correlation: float) -> Real:
    """Normal numbers that have this correlation with the quality, which is normal too."""
    return correlation * quality + math.sqrt(max(1.0 - correlation**2, 0.0)) * noise


def gains_of(quality: Real, grades: Real) -> Real:
    """The grade of each item: the truly best has the first of `grades`."""
    gains = np.empty(quality.shape)
    best_first = np.argsort(-quality, axis=1, kind="stable")
    np.put_along_axis(gains, best_first, np.broadcast_to(grades, quality.shape), axis=1)
    return gains


def usual_gap(close: float) -> float:
    """The difference below which the share `close` of pairs of normal qualities lies."""
    from scipy.special import ndtri

    if close >= 1:
        return math.inf
    # The difference of two has the variance 2.
    return float(math.sqrt(2.0) * ndtri((1.0 + close) / 2.0))
