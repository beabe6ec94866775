"""Errors and warnings that zermelo raises; a message names the place and says what helps."""

from __future__ import annotations

__all__ = ["ConvergenceWarning", "DisconnectedError", "InputError", "SeparationError"]


class InputError(ValueError):
    """The data or an argument cannot be used as given."""


class SeparationError(InputError):
    """The maximum-likelihood estimate does not exist: some items never lost to the others."""


class DisconnectedError(SeparationError):
    """Some items were never compared with the others, not even through a chain of items."""


class ConvergenceWarning(UserWarning):
    """A solver stopped before the abilities were as accurate as `tol` asks."""
