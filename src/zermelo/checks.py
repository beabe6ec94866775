"""Checks of scalar arguments, each with a message that names the argument and what was found."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .errors import InputError


def finite(argument: str, value: Any, rule: str = "a finite number") -> float:
    """`value` as a float; bools, text, NaN, infinities and what no float can hold are refused."""
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise InputError(f"{argument} must be {rule}, but is {shortened(value)}")
        number = float(value)
    except (OverflowError, TypeError):
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{argument} must be {rule}, but is {shortened(value)}")
    return number


def non_negative(argument: str, value: Any) -> float:
    number = finite(argument, value, rule := "finite and non-negative")
    if number < 0:
        raise InputError(f"{argument} must be {rule}, but is {value!r}")
    return number


def positive(argument: str, value: Any) -> float:
    number = finite(argument, value, "positive and finite")
    if number <= 0:
        raise InputError(f"{argument} must be positive, but is {value!r}")
    return number


def whole(argument: str, value: Any, least: int, rule: str) -> int:
    """`value` as an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{argument} must be {rule}, but is {shortened(value)}")
    return int(value)


def flag(argument: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{argument} must be True or False, but is {shortened(value)}")
    return bool(value)


def choice(argument: str, value: Any, known: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in known:
        names = ", ".join(repr(name) for name in known)
        raise InputError(f"{argument} must be one of {names}, but is {shortened(value)}")


def shortened(value: Any) -> str:
    """How a message shows `value`: on one line, and no longer than 60 characters."""
    try:
        text = repr(value)
    except ValueError:  # a whole number too long to print
        text = "a number of too many digits"
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= 60 else f"{text[:57]}..."
