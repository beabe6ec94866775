"""What is true in the replicates of a comparison: given strengths, or drawn ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import shortened
from ..errors import InputError
from ..ratings.result import RatingResult
from .strengths import Strengths, read_strengths

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Truth:
    """`given` has the strengths of each replicate, or those of all in one entry.

    They are read where they name their items, which is `Strengths`; numbers stay what they are,
    those of the seeds, and are read where they are used: they are smaller to keep and to send.
    `ability`, shape (replicates, n), says who is truly better in a replicate.
    """

    given: list[Any]
    ability: Real
    items: NDArray[Any] | None = None
    frame_backend: str | None = None

    @classmethod
    def of(
        cls, strengths: Any, draw: Any, n: int, scale: float | None, replicates: int, seed: int
    ) -> Truth:
        if (strengths is None) == (draw is None):
            raise InputError("give either strengths, or draw, which makes them in every replicate")
        if draw is not None:
            return cls._drawn(draw, n, scale, replicates, seed)
        read = read_strengths(strengths, n, scale)
        ability = np.tile(_abilities(strengths, read), (replicates, 1))
        return cls([_kept(strengths, read)], ability, read.items, read.frame_backend)

    @classmethod
    def _drawn(cls, draw: Any, n: int, scale: float | None, replicates: int, seed: int) -> Truth:
        if not callable(draw):
            raise InputError(
                f"draw must be a function of a random generator, but is {shortened(draw)}"
            )
        given, rows = [], []
        for replicate in range(replicates):
            strengths = draw(np.random.default_rng([seed, replicate]))
            try:
                read = read_strengths(strengths, n, scale)
            except InputError as error:
                raise InputError(f"draw, in replicate {replicate}: {error}") from None
            given.append(_kept(strengths, read))
            rows.append(_abilities(strengths, read))
        return cls(given, np.array(rows))

    def part(self, begin: int, end: int) -> list[Any]:
        """Strengths of the replicates [begin, end)."""
        return self.given * (end - begin) if len(self.given) == 1 else self.given[begin:end]

    def order(self) -> NDArray[np.intp]:
        """The items of every replicate, the best first, equal ones as they stand."""
        return np.argsort(-self.ability, axis=1, kind="stable")


def _kept(strengths: Any, read: Strengths) -> Any:
    return read if isinstance(strengths, (Mapping, RatingResult)) else strengths


def _abilities(strengths: Any, read: Strengths) -> Real:
    """Of a matrix, the mean expected scores against all others."""
    if isinstance(strengths, RatingResult):
        return strengths.ability
    if isinstance(strengths, Mapping):
        return np.array(list(strengths.values()), np.float64)
    array = np.asarray(getattr(strengths, "to_numpy", lambda: strengths)(), np.float64)
    if array.ndim == 1:
        return array
    # Rounded, so that items that are equal stay so.
    return np.asarray(np.round((read.win + 0.5 * read.draw).mean(axis=1), 12))
