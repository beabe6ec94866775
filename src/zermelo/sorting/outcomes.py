"""What comparators return, read into scores, places and orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

import numpy as np

from ..checks import shortened
from ..errors import InputError
from ..outcomes import SHOWN, score_of

Answer = float | int | list[int] | None
"""The score of the first shown, the index of the best, all indices, or None: nothing was said."""


def read_answer(question: str, value: Any, size: int, found: Callable[[], str]) -> Answer:
    """A checked answer to a question about `size` items; `found` begins a message about it."""
    if value is None:
        return None
    if question == "compare":
        kind = type(value)
        if kind is bool or (kind is float and 0.0 <= value <= 1.0):
            return float(value)
        return read_score(value, found())
    if question == "choose":
        return _read_choice(value, size, found())
    return _read_order(value, size, found())


def read_score(value: Any, found: str) -> float:
    """The score of the first shown: 1 where it is better, 0 where the other is, 0.5 for a tie."""
    try:
        score = score_of(value, None)
    except (KeyError, TypeError, ValueError):
        score = None
    if score is None:
        raise InputError(f"{found} {shortened(value)}; {_what_helps(value)}")
    return score


def _what_helps(value: Any) -> str:
    rule = "it must be the score of the first item in [0, 1], a bool, an outcome label or None"
    if isinstance(value, str):
        return f"{rule}; known labels are {SHOWN}"
    try:
        if value < 0:
            return f"{rule}. A cmp function's -1, 0 or 1 is turned into a score by (1 - value) / 2"
        if value > 1:
            return f"{rule}. Divide by the largest score there is"
        if value != value:
            return f"{rule}. Return None where there is no answer"
    except (TypeError, ValueError):
        pass
    return rule


def _read_choice(value: Any, size: int, found: str) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not 0 <= value < size:
        raise InputError(
            f"{found} {shortened(value)}; it must be the index of the best of the {size} items "
            f"shown, from 0 to {size - 1}, or None"
        )
    return int(value)


def _read_order(value: Any, size: int, found: str) -> list[int]:
    rule = f"it must hold each index from 0 to {size - 1} once, best first, or be None"
    if isinstance(value, (str, bytes, Mapping, Set)) or not isinstance(value, Iterable):
        raise InputError(f"{found} {shortened(value)}; {rule}")
    order = list(value)
    for index in order:
        if isinstance(index, (bool, np.bool_)) or not isinstance(index, (int, np.integer)):
            raise InputError(f"{found} {shortened(value)}, which holds {shortened(index)}; {rule}")
    order = [int(index) for index in order]
    if sorted(order) != list(range(size)):
        raise InputError(f"{found} {shortened(order)}; {rule}")
    return order
