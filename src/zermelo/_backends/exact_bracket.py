"""Twin of the exact knockout, in NumPy; `zermelo/exact_bracket.hpp` says what it computes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..tournament.program import EXIT, MATCH

Real = NDArray[np.float64]
# The items that a register may hold, and the probability of each.
Holders = tuple[NDArray[np.intp], Real]


def exact_bracket(
    code: NDArray[np.int32], n_items: int, n_registers: int, n_bands: int, win: Real
) -> tuple[Real, int]:
    band = np.zeros((n_items, n_bands))
    held: dict[int, Holders] = {i: (np.array([i]), np.ones(1)) for i in range(n_items)}
    for row, (operation, *operands) in enumerate(code.tolist()):
        if operation == EXIT:
            items, probability = held[operands[0]]
            band[items, operands[1]] += probability
        elif operation == MATCH:
            a, b, into_win, into_lose, table, _, forced = operands
            both = np.concatenate([held[a][0], held[b][0]])
            if len(np.unique(both)) < len(both):
                return band, row
            wins, losses = _play(win[table], held[a], held[b], forced)
            held[into_win], held[into_lose] = (both, wins), (both, losses)
        else:
            return band, row
    return band, -1


def _play(table: Real, a: Holders, b: Holders, forced: int) -> tuple[Real, Real]:
    """Probabilities to win and to lose, those of a's items before those of b's."""
    (first, p), (second, q) = a, b
    chance = table[np.ix_(first, second)]
    if forced in (0, 1):
        chance = np.full_like(chance, forced)
    wins = np.concatenate([p * (chance @ q), q * (p @ (1.0 - chance))])
    losses = np.concatenate([p * ((1.0 - chance) @ q), q * (p @ chance)])
    return wins, losses
