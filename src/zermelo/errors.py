"""Errors and warnings that zermelo raises; a message names the place and says what helps."""

from __future__ import annotations

from typing import Any

__all__ = [
    "BudgetError",
    "ComparatorError",
    "ConvergenceWarning",
    "DisconnectedError",
    "InputError",
    "SeparationError",
]


class InputError(ValueError):
    """The data or an argument cannot be used as given."""


class SeparationError(InputError):
    """The maximum-likelihood estimate does not exist: some items never lost to the others."""


class DisconnectedError(SeparationError):
    """Some items were never compared with the others, not even through a chain of items."""


class BudgetError(RuntimeError):
    """A sort came to the end of its budget or deadline before it had its order.

    Attributes
    ----------
    result : SortResult
        The order as far as the budget went.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class ComparatorError(RuntimeError):
    """Too many calls of a comparator failed; the last failure is the cause.

    Attributes
    ----------
    result : SortResult or None
        The order as far as it is known; answers in a log are not lost.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class ConvergenceWarning(UserWarning):
    """A solver stopped before the abilities were as accurate as `tol` asks."""
