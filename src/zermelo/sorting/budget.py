"""What a sort may spend: calls, or units of a cost function. Calls are reserved before they go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..checks import finite, positive, shortened, whole
from ..errors import InputError

# Three calls of 0.1 are within 0.3, although their sum in floating point is not.
ROUNDING = 1e-9


class Budget:
    """Keeps what has been spent and reserved below a limit.

    Parameters
    ----------
    limit : int, float or None
        Calls, or with `cost` its units; None: no limit.
    cost : function, optional
        Of the items of a call, in the order shown: what the call costs.
    """

    def __init__(self, limit: Any, cost: Callable[..., Any] | None = None) -> None:
        if cost is not None and not callable(cost):
            raise InputError(
                f"cost must be a function of the items shown, but is {shortened(cost)}"
            )
        if cost is not None and limit is None:
            raise InputError("cost is given without budget, which says how much may be spent")
        if limit is not None:
            limit = (
                positive("budget", limit)
                if cost is not None
                else whole(
                    "budget", limit, 1, "a positive whole number of calls, or None for no limit"
                )
            )
        self.limit = limit
        self._most = limit if cost is None else limit * (1.0 + ROUNDING)
        self.spent: float = 0
        self._cost = cost

    @property
    def by_calls(self) -> bool:
        """Whether its unit is a call."""
        return self._cost is None

    def cost(self, items: Iterable[Any]) -> float:
        """What showing these items costs."""
        if self._cost is None:
            return 1
        shown = tuple(items)
        price = finite("cost(...)", self._cost(*shown), "a finite number of at least 0")
        if price < 0:
            raise InputError(f"cost(...) must be a finite number of at least 0, but is {price!r}")
        return price

    def reserve(self, price: float) -> bool:
        """Set so much aside; False where less than that is left."""
        if self.limit is not None and self.spent + price > self._most:
            return False
        self.spent += price
        return True
