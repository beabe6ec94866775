"""How well scores rank items whose true strengths are known, in many replicates at once.

Items with equal scores share their place: what is said of a ranking is then the mean over all ways
to break the ties, but for the correlations, which are those of ties, and 0 where a ranking tells
nothing apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rank_metrics.correlation import kendall, spearman
from ..rank_metrics.rows import run_bounds, run_starts
from ..rank_metrics.top import top_k_overlap

Real = NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Quality:
    """A number a replicate; `rank` (replicates, n) is mid-ranks by score, 1 is the best."""

    best_wins: Real
    winner_rank: Real
    kendall: Real
    spearman: Real
    recall: Real
    rank: Real


def quality(score: Real, truth: Real, top_k: int) -> Quality:
    """Of scores (replicates, n) against true strengths of the same shape, the higher the better."""
    first = score == score.max(axis=1, keepdims=True)
    share = first / first.sum(axis=1, keepdims=True)
    best = truth == truth.max(axis=1, keepdims=True)
    return Quality(
        best_wins=np.asarray((share * best).sum(axis=1)),
        winner_rank=np.asarray((share * mid_ranks(truth)).sum(axis=1)),
        kendall=np.nan_to_num(kendall(score, truth)),
        spearman=np.nan_to_num(spearman(score, truth)),
        recall=np.asarray(top_k_overlap(score, truth, top_k)),
        rank=mid_ranks(score),
    )


def mid_ranks(values: Real) -> Real:
    """1 for the highest of a row; equal values share the mean of their ranks."""
    order = np.argsort(-values, axis=1)
    begin, end = run_bounds(run_starts(np.take_along_axis(values, order, axis=1)))
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, 1.0 + (begin + end) / 2.0, axis=1)
    return ranks


def mean_and_error(values: NDArray[Any]) -> tuple[Real, Real]:
    """Mean over the replicates, the first axis, and its standard error."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return np.asarray(values.mean(axis=0)), np.asarray(error)


def quantiles_and_errors(values: Real) -> tuple[Real, Real]:
    """QUANTILES of the replicates, and their standard errors by Maritz and Jarrett (1978).

    A quantile is estimated by an order statistic, whose moments follow from the sample: value i of
    n in ascending order is taken with the probability that a beta variable lies in (i - 1, i) / n.
    """
    from scipy.special import betainc

    n = len(values)
    ordered = np.sort(values)
    edges = np.arange(n + 1) / n
    errors = []
    for share in QUANTILES:
        place = min(max(int(share * n + 0.5), 1), n)
        weight = np.diff(betainc(place, n - place + 1, edges))
        mean = weight @ ordered
        errors.append(np.sqrt(weight @ (ordered - mean) ** 2))
    return np.quantile(ordered, QUANTILES), np.array(errors)
