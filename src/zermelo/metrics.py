"""How good predictions are (log loss, Brier score, accuracy, calibration), and rankings.

A prediction is the expected score of the first, or its three probabilities of win, tie and loss. An
outcome is the score of the first: 1, 0.5 for a tie, 0, or any other in between.

Rankings are compared by the scores of their items, the higher the better, many rankings at once
where they are rows of a matrix; or by an order, best first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from .calibration import STRATEGIES, Calibration, reliability_curve
from .checks import choice, finite, whole
from .errors import InputError
from .evaluation import Evaluation, evaluate
from .predictions import read_predictions
from .rank_metrics import (
    inversions,
    kendall,
    ndcg,
    rank_biased_overlap,
    spearman,
    tau_ap,
    top_k_overlap,
)

__all__ = [
    "Calibration",
    "Evaluation",
    "accuracy",
    "accuracy_at_coverage",
    "brier",
    "calibration",
    "evaluate",
    "inversions",
    "kendall",
    "log_loss",
    "ndcg",
    "rank_biased_overlap",
    "spearman",
    "tau_ap",
    "top_k_overlap",
]


def log_loss(
    expected: Any, outcome: Any, weight: Any = None, *, clip: float | None = None
) -> float:
    """Mean negative log-likelihood of the outcomes, in nats; 0.693 is a coin toss.

    Parameters
    ----------
    expected : array, shape (m,) or (m, 3)
        Expected scores of the first, or its probabilities of win, tie and loss.
    outcome : column, shape (m,)
        Scores of the first in [0, 1] (0.5 is a tie), bools, or whole numbers as in
        `Comparisons.outcome`: 0 loss, 1 win, 2 tie. Against expected scores y the loss is the cross
        entropy -y log e - (1 - y) log(1 - e), also for ties.
    weight : column of non-negative numbers, optional
        How much each row counts.
    clip : float, optional
        Probabilities are moved into [clip, 1 - clip] first. None: as they are, so that what was
        called impossible and happened makes the loss infinite.

    Raises
    ------
    InputError
        A value is out of range or missing, or lengths differ.

    Examples
    --------
    >>> from zermelo import metrics
    >>> round(metrics.log_loss([0.9, 0.5, 0.2], [1, 0.5, 0]), 4)
    0.3406
    >>> metrics.log_loss([1.0, 1.0], [1, 0]), round(metrics.log_loss([1.0], [0], clip=1e-3), 4)
    (inf, 6.9078)
    """
    rows = read_predictions(expected, outcome, weight)
    if clip is not None:
        number = finite("clip", clip, rule := "a number between 0 and 0.5, or None")
        if not 0 < number < 0.5:
            raise InputError(f"clip must be {rule}, but is {clip!r}")
        rows = replace(rows, expected=np.clip(rows.expected, number, 1.0 - number))
    return rows.log_loss()


def brier(expected: Any, outcome: Any, weight: Any = None) -> float:
    """Mean squared difference of prediction and outcome (Brier 1950); 0.25 is a coin toss.

    With three probabilities it is the sum over win, tie and loss of the squared differences, as
    Brier defined it: twice the value that two outcomes have otherwise.

    Parameters
    ----------
    expected, outcome, weight
        As in `log_loss`.

    Raises
    ------
    InputError
        A value is out of range or missing, or lengths differ.

    Examples
    --------
    >>> from zermelo import metrics
    >>> round(metrics.brier([0.9, 0.5, 0.2], [1, 0.5, 0]), 4)
    0.0167
    """
    return read_predictions(expected, outcome, weight).brier()


def accuracy(expected: Any, outcome: Any, weight: Any = None) -> float:
    """Mean score of the side that was predicted to win; half the score where neither was.

    With three probabilities, the share of rows whose likeliest outcome happened.

    Parameters
    ----------
    expected, outcome, weight
        As in `log_loss`. Against expected scores a tie counts half, whoever was predicted.

    Raises
    ------
    InputError
        A value is out of range or missing, or lengths differ.

    Examples
    --------
    >>> from zermelo import metrics
    >>> metrics.accuracy([0.9, 0.6, 0.2, 0.7], [1, 0, 0, 0.5])
    0.625
    """
    rows = read_predictions(expected, outcome, weight)
    return rows.mean(rows.credit())


def accuracy_at_coverage(
    expected: Any, outcome: Any, coverage: Any = 0.5, weight: Any = None
) -> Any:
    """Accuracy over the most confident share of the predictions.

    Confidence is the distance of the expected score from one half, or the largest of three
    probabilities. Rows that are equally confident are taken in equal parts, so that the order of
    rows does not matter.

    Parameters
    ----------
    expected, outcome, weight
        As in `accuracy`.
    coverage : float or sequence of float, default 0.5
        Shares of the rows (of their weight), in (0, 1].

    Returns
    -------
    float or ndarray of float64
        One for each coverage.

    Raises
    ------
    InputError
        A value is out of range or missing, or lengths differ.

    Examples
    --------
    >>> from zermelo import metrics
    >>> metrics.accuracy_at_coverage([0.9, 0.6, 0.2, 0.7], [1, 0, 0, 0.5], [0.25, 0.5, 1]).tolist()
    [1.0, 1.0, 0.625]
    """
    rows = read_predictions(expected, outcome, weight)
    single = np.ndim(coverage) == 0
    shares = [coverage] if single else list(coverage)
    wanted = np.array([finite("coverage", share, "in (0, 1]") for share in shares])
    bad = ~((wanted > 0) & (wanted <= 1))
    if bad.any() or not shares:
        found = shares[int(bad.argmax())] if shares else "empty"
        raise InputError(f"coverage must be in (0, 1], but is {found}")
    group = np.unique(-rows.confidence(), return_inverse=True)[1]
    weights = np.concatenate([[0.0], np.cumsum(np.bincount(group, rows.weight))])
    credits = np.cumsum(np.bincount(group, rows.weight * rows.credit()))
    reached = np.interp(wanted * weights[-1], weights, np.concatenate([[0.0], credits]))
    values = reached / (wanted * weights[-1])
    return float(values[0]) if single else values


def calibration(
    expected: Any,
    outcome: Any,
    bins: int = 10,
    weight: Any = None,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> Calibration:
    """Whether expected scores come true, by bins of the prediction.

    Parameters
    ----------
    expected, outcome, weight
        As in `log_loss`; of three probabilities their expected score, win plus half the tie.
    bins : int, default 10
        How many.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins equally wide, or with about equal weight (fewer, where predictions repeat).

    Raises
    ------
    InputError
        A value is out of range or missing, or lengths differ.

    References
    ----------
    Murphy and Winkler 1977, Appl. Statist. 26:41. Naeini, Cooper and Hauskrecht 2015, AAAI.

    Examples
    --------
    >>> from zermelo import metrics
    >>> curve = metrics.calibration([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1], bins=2)
    >>> curve
    Calibration(2 bins, 4 comparisons, expected error 0.2500)
    >>> curve.observed.tolist()
    [0.5, 1.0]
    """
    bins = whole("bins", bins, 1, "a positive whole number")
    choice("strategy", strategy, STRATEGIES)
    rows = read_predictions(expected, outcome, weight)
    return reliability_curve(rows, np.ones(len(rows.score)), bins, strategy)
