"""What a tournament gives, computed exactly or simulated: who wins, how far each item comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparisons import Comparisons
from ..ratings.result import freeze
from ..ratings.table import make_frame
from .program import Band

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """Monte-Carlo standard errors of a result's numbers, in their shapes; zero where exact."""

    champion: Real
    reach: Real
    place: Real
    mean_rank: Real
    n_matches: float


@dataclass(frozen=True, eq=False, repr=False)
class TournamentResult:
    """Probabilities of a tournament's places. Made by `win_probabilities` and `simulate`.

    Attributes
    ----------
    items : ndarray, shape (n,)
        In the order of the seeds.
    champion : ndarray of float64, shape (n,)
        Probability of the first place.
    reach : ndarray of float64, shape (n, rounds + 1)
        Probability of reaching each round: column 0 is all ones, the last is the title.
    place : ndarray of float64, shape (n, n)
        Probability that each item (row) ends in each place (column 0 is the first). Places that
        several share (the losers of a round, say) are each of theirs equally.
    mean_rank : ndarray of float64, shape (n,)
        Expected place, from 1.
    standard_error : StandardErrors
        Of each of these; all zero where the result is exact.
    n_matches : float
        Expected number of matches.
    replicates : int or None
        How many tournaments were simulated; None: the probabilities are exact.
    comparisons : Comparisons or None
        Every match that was played, where `simulate` recorded them.
    bands : tuple of Band
        The groups of places that the design tells apart.
    band_probability : ndarray of float64, shape (n, bands)
        Probability that each item ends in each of them.
    """

    items: NDArray[Any]
    bands: tuple[Band, ...]
    band_probability: Real
    n_rounds: int
    n_matches: float
    replicates: int | None = None
    comparisons: Comparisons | None = None
    # Band probabilities of independent batches of replicates, shape (batches, n, bands): where
    # replicates share what was drawn for their batch, errors come from the spread between batches.
    batches: Real | None = None
    n_matches_error: float = 0.0
    frame_backend: str | None = None
    _memo: dict[str, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        freeze(self.items, self.band_probability, self.batches)

    def __repr__(self) -> str:
        best = int(np.argmax(self.champion))
        how = "exact" if self.replicates is None else f"{self.replicates:,} replicates"
        item = self.items[best].item() if hasattr(self.items[best], "item") else self.items[best]
        return (
            f"TournamentResult({len(self.items):,} items, {item!r} wins with probability "
            f"{self.champion[best]:.3f}, {how})"
        )

    @property
    def champion(self) -> Real:
        return self._linear("champion", self.band_probability)

    @property
    def reach(self) -> Real:
        return self._linear("reach", self.band_probability)

    @property
    def place(self) -> Real:
        return self._linear("place", self.band_probability)

    @property
    def mean_rank(self) -> Real:
        return self._linear("mean_rank", self.band_probability)

    @property
    def standard_error(self) -> StandardErrors:
        if "errors" not in self._memo:
            names = ("champion", "reach", "place", "mean_rank")
            errors = {name: self._error(name) for name in names}
            freeze(*errors.values())
            self._memo["errors"] = StandardErrors(**errors, n_matches=self.n_matches_error)
        known: StandardErrors = self._memo["errors"]
        return known

    def _weights(self, name: str) -> Real:
        """Everything a result shows is linear in the bands' probabilities: this is its matrix."""
        first = np.array([band.first for band in self.bands], np.float64)
        last = np.array([band.last for band in self.bands], np.float64)
        rounds = np.array([band.round for band in self.bands])
        if name == "reach":
            return np.asarray(rounds[:, None] >= np.arange(self.n_rounds + 1), np.float64)
        if name == "mean_rank":
            return (first + last) / 2
        number = np.arange(1, len(self.items) + 1)
        inside = (first[:, None] <= number) & (number <= last[:, None])
        place = np.where(inside, 1 / (last - first + 1)[:, None], 0.0)
        return place[:, 0] if name == "champion" else place

    def _linear(self, name: str, probability: Real) -> Real:
        if name not in self._memo:
            value = probability @ self._weights(name)
            if name == "reach":
                value[:, 0] = 1.0  # everybody is there, but a sum may be off in the last bit
            freeze(value)
            self._memo[name] = value
        shown: Real = self._memo[name]
        return shown

    def _error(self, name: str) -> Real:
        """Each replicate ends every item in one band: the variance of its weight there."""
        weights = self._weights(name)
        if self.batches is not None:
            means = self.batches @ weights
            return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))
        mean = self.band_probability @ weights
        if self.replicates is None:
            return np.zeros_like(mean)
        variance = np.maximum(self.band_probability @ weights**2 - mean**2, 0.0)
        return np.asarray(np.sqrt(variance / self.replicates))

    def to_frame(self, library: str | None = None) -> Any:
        """A row an item, the likeliest champion first.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the strengths came in, else the first of these that is installed.

        Returns
        -------
        A frame with the columns item, champion, mean_rank, `reach_1` and so on up to the last
        round; for simulations also champion_error and mean_rank_error, standard errors.
        """
        columns: dict[str, NDArray[Any]] = {"item": self.items, "champion": self.champion}
        if self.replicates is not None:
            columns["champion_error"] = self.standard_error.champion
        columns["mean_rank"] = self.mean_rank
        if self.replicates is not None:
            columns["mean_rank_error"] = self.standard_error.mean_rank
        columns |= {f"reach_{r}": self.reach[:, r] for r in range(1, self.n_rounds + 1)}
        order = np.lexsort((self.mean_rank, -self.champion))
        columns = {name: np.asarray(column)[order] for name, column in columns.items()}
        return make_frame(columns, library or self.frame_backend, explicit=library is not None)
