"""The twin of the kernel that simulates many sorts before a noisy judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .machine import CHOOSE, COMPARE, TIE, Answer, SortMachine
from .random_bits import ALL_BITS, GOLDEN, mixed, stream


class JudgeModel(NamedTuple):
    """How a judge errs, by thresholds for draws of 31 bits.

    Below `wrong` he names the worse item in both orders, in the next `split` draws whichever is
    shown in one of the places, otherwise the better one. Pairs whose qualities differ by less than
    `close_gap` have thresholds of their own.
    """

    wrong: int
    split: int
    close_gap: float
    wrong_close: int
    split_close: int
    both: bool


class _Judge:
    """Before whom one replicate is sorted; what he says of a pair depends on the pair alone."""

    def __init__(self, model: JudgeModel, quality: Sequence[float], start: int) -> None:
        self._model = model
        self._quality = quality
        self._start = start

    def answer(self, kind: int, items: tuple[int, ...]) -> Answer:
        if kind == COMPARE:
            low, high = items
            return self._score(low, high, self._model.both)
        points = [0.0] * len(items)
        for i, one in enumerate(items):
            for j, other in enumerate(items[:i]):
                low, high = (i, j) if one < other else (j, i)
                score = self._score(items[low], items[high], False)
                points[low] += score
                points[high] += 1.0 - score
        places = sorted(range(len(items)), key=lambda place: -points[place])
        return places[:1] if kind == CHOOSE else places

    def _score(self, low: int, high: int, both: bool) -> float:
        """Of `low`, which stood before `high` initially."""
        model = self._model
        difference = self._quality[low] - self._quality[high]
        if difference == 0.0:
            return TIE
        close = abs(difference) < model.close_gap
        wrong = model.wrong_close if close else model.wrong
        split = model.split_close if close else model.split
        bits = mixed((self._start + ((low << 32 | high) + 1) * GOLDEN) & ALL_BITS)
        draw = bits >> 33
        is_split = wrong <= draw < wrong + split
        if both and is_split:
            return TIE
        # Shown once, an item that is judged by its place wins or loses by a fair bit.
        right = bool(bits & 1) if is_split else draw >= wrong
        return float(right == (difference > 0.0))


def simulate_sorts(
    method: str,
    n: int,
    top_k: int,
    max_rounds: int,
    options: Mapping[str, int],
    quality: NDArray[np.float64],
    wrong: int,
    split: int,
    close_gap: float,
    wrong_close: int,
    split_close: int,
    presentation: str,
    budgets: NDArray[np.int64],
    seed: int,
    first_replicate: int,
    threads: int,
) -> tuple[NDArray[Any], ...]:
    """Sort n items in every replicate, answering in the order of asking.

    Parameters
    ----------
    quality : ndarray, shape (replicates, n)
        Of the items in their initial order; higher is better, equal ones tie.
    wrong, split, close_gap, wrong_close, split_close
        See `JudgeModel`; thresholds from 0 to 2^31.
    presentation : {"both", "single", "random", "escalate"}
        "both" are two calls a pair, the others one. A list is one call, answered as if every pair
        in it had been judged once.
    budgets : ndarray of int64, shape (budgets,)
        Calls, ascending.
    seed, first_replicate : int
        Draws depend on the seed, the replicate's number and the pair alone.

    Returns
    -------
    orders : ndarray of int32, shape (replicates, budgets + 1, n)
        When the next question would cost more than a budget leaves, and at last when it is done.
    pairs, calls, lookups, rounds, n_certain : ndarray of int64, shape (replicates,)
        `pairs` counts different questions.
    """
    if presentation not in ("both", "single", "random", "escalate"):
        raise KeyError(presentation)
    if quality.ndim != 2 or quality.shape[1] != n:
        raise ValueError("quality must have the shape (replicates, n)")
    if (np.diff(budgets) < 0).any():
        raise ValueError("budgets must ascend")
    both = presentation == "both"
    model = JudgeModel(wrong, split, close_gap, wrong_close, split_close, both)
    replicates = len(quality)
    orders = np.empty((replicates, len(budgets) + 1, n), np.int32)
    counts = np.empty((5, replicates), np.int64)
    for replicate in range(replicates):
        start = stream(seed, first_replicate + replicate)
        judge = _Judge(model, quality[replicate].tolist(), start)
        machine = SortMachine(method, n, top_k, max_rounds, seed, options)
        calls = _run(machine, judge.answer, both, budgets.tolist(), orders[replicate])
        counts[:, replicate] = (
            machine.n_asked,
            calls,
            machine.n_lookups,
            machine.n_rounds,
            machine.n_certain,
        )
    return orders, *counts


def _run(
    machine: SortMachine,
    answer: Callable[[int, tuple[int, ...]], Answer],
    both: bool,
    budgets: list[int],
    orders: NDArray[np.int32],
) -> int:
    """Answer until all is asked; the calls that took."""
    calls = number = reached = 0
    while number < machine.n_asked:
        kind, items = machine.question(number)
        calls += 2 if both and kind == COMPARE else 1
        while reached < len(budgets) and calls > budgets[reached]:
            orders[reached] = machine.order()
            reached += 1
        machine.tell(number, answer(kind, items), 1)
        number += 1
    orders[reached:] = machine.order()
    return calls
