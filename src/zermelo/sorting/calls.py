"""The answered calls of a sort as columns, for comparisons and for cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .outcomes import Answer
from .presentation import Shown

Long = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calls:
    """A row a comparison that a call made, in the order of the answers.

    Attributes
    ----------
    first, second : ndarray of int64
        Positions in the input; `first` was shown first.
    score : ndarray of float64
        Of `first`; an abstention is a tie.
    cluster, time : ndarray of int64
        Of pairs: the pair's number and the call's. Of lists: the call's number for both.
    strict : bool
        The orders of a pair must agree for a win ("both"); else their mean decides.
    known : tuple of arrays
        First, second and score of known comparisons that were used; no calls.
    """

    first: Long
    second: Long
    score: Real
    cluster: Long
    time: Long
    strict: bool
    known: tuple[Long, Long, Real]

    def wins(self) -> tuple[Long, Long]:
        """Who beat whom, a row a pair that was decided, sorted by winner and then loser."""
        first = np.concatenate([self.first, self.known[0]])
        second = np.concatenate([self.second, self.known[1]])
        score = np.concatenate([self.score, self.known[2]])
        if not len(first):
            return first, second
        low, high = np.minimum(first, second), np.maximum(first, second)
        score = np.where(first == low, score, 1.0 - score)
        key = low * (int(high.max()) + 1) + high
        order = np.argsort(key, kind="stable")
        begin = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
        score = score[order]
        size = np.diff(np.r_[begin, len(key)])
        mean = np.add.reduceat(score, begin) / size
        won, lost = mean > 0.5, mean < 0.5
        if self.strict:
            won &= np.minimum.reduceat(score, begin) > 0.5
            lost &= np.maximum.reduceat(score, begin) < 0.5
        low, high = low[order][begin], high[order][begin]
        winner, loser = np.r_[low[won], high[lost]], np.r_[high[won], low[lost]]
        order = np.lexsort((loser, winner))
        return winner[order], loser[order]


def calls_of(
    question: str,
    strict: bool,
    start: Sequence[int],
    answers: Sequence[tuple[Shown, Answer]],
    known: Sequence[tuple[int, int, float]],
) -> Calls:
    """Columns from the answers of a state, whose items are numbers in the initial order."""
    place = np.array(start, np.int64)
    if question == "compare":
        pairs = np.array([shown for shown, _ in answers], np.int64).reshape(-1, 2)
        score = np.array([0.5 if answer is None else answer for _, answer in answers], np.float64)
        time = np.arange(len(pairs))
        cluster = number_pairs(pairs[:, 0], pairs[:, 1])
    else:
        rows = [
            (winner, loser, time)
            for time, (shown, answer) in enumerate(answers)
            for winner, loser in _decided(question, shown, answer)
        ]
        table = np.array(rows, np.int64).reshape(-1, 3)
        pairs, time = table[:, :2], table[:, 2]
        score, cluster = np.ones(len(pairs)), time
    return Calls(
        place[pairs[:, 0]],
        place[pairs[:, 1]],
        score,
        cluster,
        time,
        strict,
        (
            place[np.array([row[0] for row in known], np.int64)],
            place[np.array([row[1] for row in known], np.int64)],
            np.array([row[2] for row in known], np.float64),
        ),
    )


def number_pairs(first: NDArray[Any], second: NDArray[Any]) -> Long:
    """Of each row its pair's number, whoever is first; pairs are numbered as they come."""
    low = np.minimum(first, second).astype(np.int64)
    high = np.maximum(first, second).astype(np.int64)
    key = low * (int(high.max(initial=0)) + 1) + high
    _, seen, number = np.unique(key, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(seen))[number]


def _decided(question: str, shown: Shown, answer: Answer) -> list[tuple[int, int]]:
    """The pairs that a choice or a ranking decides, winner first."""
    if answer is None:
        return []
    if question == "choose":
        best = shown[cast(int, answer)]
        return [(best, item) for item in shown if item != best]
    return list(combinations([shown[index] for index in cast(list[int], answer)], 2))
