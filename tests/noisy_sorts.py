"""Sorts before a noisy judge, cut short: how nDCG@10 goes from the initial order to the end.

The judge and the budgets are those of the language-model judge in pairwise reranking (Qin and
others 2023): its two orders disagree in 18% of pairs, in half of the closest tenth, and both are
wrong in 5%.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zermelo._backends import resolve

N, TOP_K = 100, 10
WRONG, SPLIT, CLOSE_SPLIT = 0.05, 0.18, 0.50
# Of two normal qualities a tenth of the pairs lies closer than this.
CLOSE = 0.1777
SHARES = (0.25, 0.50, 0.75, 1.0)
# The noise behind initial orders whose nDCG@10 is about .9 and .7.
STARTS = {"good": 0.45, "fair": 1.05, "random": math.inf, "reversed": -1.0}
STEP = 5
# Of the normal distribution: one-sided 99%.
QUANTILE = 2.3263

Real = NDArray[np.float64]


def qualities(start: str, replicates: int, seed: int) -> Real:
    """True qualities (replicates, N) of items numbered in their initial order."""
    random = np.random.default_rng([seed, list(STARTS).index(start)])
    quality = random.normal(size=(replicates, N))
    noise = STARTS[start]
    if noise == math.inf:
        return quality
    if noise < 0:
        return np.sort(quality, axis=1)
    score = quality + noise * random.normal(size=(replicates, N))
    return np.take_along_axis(quality, np.argsort(-score, axis=1), axis=1)


def gains(quality: Real) -> Real:
    """Grades 3 to 0, for the best twentieth, the next tenth, the next 15% and the rest."""
    place = np.argsort(np.argsort(-quality, axis=1), axis=1) / quality.shape[1]
    return (place < 0.05).astype(float) + (place < 0.15) + (place < 0.30)


def ndcg(orders: NDArray[np.int64], gain: Real) -> Real:
    """nDCG@10 of each row's order, with linear gain."""
    discount = 1.0 / np.log2(np.arange(2, TOP_K + 2))
    found = np.take_along_axis(gain, orders[:, :TOP_K], axis=1) @ discount
    best: Real = found / (-np.sort(-gain, axis=1)[:, :TOP_K] @ discount)
    return best


def answers(quality: Real, random: np.random.Generator, presentation: str) -> Real:
    """Scores (n, n) of the first of two items, the lower one; 0.5 where the orders disagree."""
    difference = quality[:, None] - quality[None, :]
    right = (difference > 0).astype(float)
    split = np.where(np.abs(difference) < CLOSE, CLOSE_SPLIT, SPLIT)
    lot = random.random(difference.shape)
    # Shown once, a pair whose orders disagree is as often right as wrong.
    tied = 0.5 if presentation == "both" else (random.random(difference.shape) < 0.5).astype(float)
    return np.where(lot < WRONG, 1.0 - right, np.where(lot < WRONG + split, tied, right))


@dataclass(frozen=True)
class Course:
    """How nDCG@10 went over the draws.

    Attributes
    ----------
    initial : (replicates,)
    at : (replicates, 4)
        At 25, 50, 75 and 100% of the mean full cost.
    pairs : float
        The mean full cost.
    """

    initial: Real
    at: Real
    pairs: float

    def gain(self) -> Real:
        """Mean change from the initial order at each budget."""
        return np.asarray((self.at - self.initial[:, None]).mean(axis=0))

    def lower_bound(self) -> Real:
        """The 99% lower bound of the mean change at each budget."""
        change = self.at - self.initial[:, None]
        error = change.std(axis=0, ddof=1) / math.sqrt(len(change))
        return np.asarray(change.mean(axis=0) - QUANTILE * error)


def course(
    method: str,
    options: Mapping[str, int],
    start: str,
    *,
    presentation: str = "both",
    replicates: int = 100,
    seed: int = 0,
    backend: str | None = None,
) -> Course:
    """Sorts of the same draws for every method."""
    quality = qualities(start, replicates, seed)
    gain = gains(quality)
    machine_type = resolve(backend).SortMachine
    snapshots: list[list[list[int]]] = []
    pairs: list[int] = []
    for replicate in range(replicates):
        random = np.random.default_rng([seed, replicate, 1])
        scores = answers(quality[replicate], random, presentation).tolist()
        machine = machine_type(method, N, TOP_K, 0, seed, dict(options))
        orders = []
        told = 0
        while not machine.done:
            for _, (first, second) in machine.questions(told):
                if told % STEP == 0:
                    orders.append(machine.order())
                machine.tell(told, scores[first][second], 1)
                told += 1
        orders.append(machine.order())
        snapshots.append(orders)
        pairs.append(told)
    full = float(np.mean(pairs))
    at = np.empty((replicates, len(SHARES)))
    for column, share in enumerate(SHARES):
        # A sort that is over shows its last order from then on.
        index = [
            len(orders) - 1 if share * full >= told else int(share * full) // STEP
            for orders, told in zip(snapshots, pairs, strict=True)
        ]
        chosen = [orders[place] for orders, place in zip(snapshots, index, strict=True)]
        at[:, column] = ndcg(np.array(chosen), gain)
    initial = ndcg(np.tile(np.arange(N), (replicates, 1)), gain)
    return Course(initial, at, full)
