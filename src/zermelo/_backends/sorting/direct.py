"""The twin of the sort that calls a comparator directly, one call after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .machine import COMPARE, TIE, SortMachine
from .random_bits import ALL_BITS, GOLDEN, mixed, stream


class _Calls:
    """The calls that were made: who was shown first and second, and the first's score."""

    def __init__(
        self,
        items: tuple[Any, ...],
        compare: Callable[[Any, Any], Any],
        read: Callable[[Any, int, int], float],
        failed: Callable[[Exception, int, int], float],
    ) -> None:
        self._items = items
        self._compare = compare
        self._read = read
        self._failed = failed
        self.first: list[int] = []
        self.second: list[int] = []
        self.scores: list[float] = []

    def score(self, first: int, second: int) -> float:
        """NaN as an answer counts as a tie."""
        try:
            value = self._compare(self._items[first], self._items[second])
        except Exception as error:
            score = float(self._failed(error, first, second))
        else:
            plain = type(value) is bool or (type(value) is float and 0.0 <= value <= 1.0)
            score = float(value) if plain else float(self._read(value, first, second))
        self.first.append(first)
        self.second.append(second)
        self.scores.append(score)
        return TIE if math.isnan(score) else score


def sort_directly(
    method: str,
    top_k: int,
    max_rounds: int,
    seed: int,
    options: Mapping[str, int],
    presentation: str,
    items: tuple[Any, ...],
    compare: Callable[[Any, Any], Any],
    read: Callable[[Any, int, int], float],
    failed: Callable[[Exception, int, int], float],
) -> tuple[Any, ...]:
    """Sort with `compare(x, y)` -> True, False or a score of x.

    Parameters
    ----------
    presentation : {"both", "single", "random"}
    items : tuple
        In their initial order.
    read : callable (value, first, second) -> float
        Reads what else `compare` returns, NaN where it abstains; `first` and `second` are numbers
        of items.
    failed : callable (error, first, second) -> float
        The score after `compare` has raised an `Exception`; or raises in its turn.

    Returns
    -------
    order, n_certain, n_asked, n_lookups, n_rounds
    first, second, score : arrays, one value a call
        Who was shown first and second, and what the first scored; NaN where `compare` abstained.
    error : BaseException or None
        What ended the sort before its time.
    """
    if presentation not in ("both", "single", "random"):
        raise (ValueError if presentation == "escalate" else KeyError)(presentation)
    calls = _Calls(items, compare, read, failed)
    machine = SortMachine(method, len(items), top_k, max_rounds, seed, options)
    error: BaseException | None = None
    try:
        number = 0
        while number < machine.n_asked:
            kind, pair = machine.question(number)
            if kind != COMPARE:
                raise ValueError(f"{method} asks for more than pairs")
            machine.tell(number, _pair_score(calls, presentation, seed, *pair), 1)
            number += 1
    except BaseException as raised:  # whatever it is, the calls before it are not lost
        error = raised
    return (
        np.array(machine.order(), np.int32),
        machine.n_certain,
        machine.n_asked,
        machine.n_lookups,
        machine.n_rounds,
        np.array(calls.first, np.int32),
        np.array(calls.second, np.int32),
        np.array(calls.scores, np.float64),
        error,
    )


def _pair_score(calls: _Calls, presentation: str, seed: int, low: int, high: int) -> float:
    if presentation == "both":
        forth = calls.score(low, high)
        back = 1.0 - calls.score(high, low)
        if (forth > TIE and back > TIE) or (forth < TIE and back < TIE):
            return float(forth > TIE)
        return TIE
    if presentation == "random" and mixed((stream(seed, low) + (high + 1) * GOLDEN) & ALL_BITS) & 1:
        return 1.0 - calls.score(high, low)
    return calls.score(low, high)
