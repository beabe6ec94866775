"""What every rating result offers: ratings, ranks, predictions, frames and files."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..checks import finite
from ..errors import InputError
from ..files import read_arrays
from .scale import RatingScale
from .table import make_frame

# The kinds of files that `load` reads: the newest version of each, and the module that knows it.
SAVED = {
    "bradley-terry fit": (1, "saved_fit"),
    "elo replay": (1, "saved_elo"),
    "glicko replay": (1, "saved_glicko"),
    "trueskill replay": (1, "saved_trueskill"),
}


def label_of(value: Any) -> Any:
    """A label as plain Python shows it."""
    scalar = isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0)
    return value.item() if scalar else value


def ranks_of(ability: NDArray[np.float64]) -> NDArray[np.int64]:
    """1 for the best; equal abilities share a rank."""
    ascending = np.sort(ability)
    return 1 + len(ability) - np.searchsorted(ascending, ability, side="right")


@dataclass(frozen=True, eq=False, repr=False)
class RatingResult:
    """Items with abilities on a scale; the base of the results of every rating model."""

    items: NDArray[Any]
    ability: NDArray[np.float64]
    scale: RatingScale = field(default_factory=RatingScale, kw_only=True)
    frame_backend: str | None = field(default=None, kw_only=True)
    _memo: dict[Any, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        freeze(self.items, self.ability)

    def _remember(self, key: Any, compute: Callable[[], Any]) -> Any:
        """Results are frozen; what is expensive is computed once, when it is first asked for."""
        if key not in self._memo:
            value = compute()
            freeze(*(value if isinstance(value, tuple) else (value,)))
            self._memo[key] = value
        return self._memo[key]

    def remember(self, **known: Any) -> None:
        """Fills in what was computed before, by a fit that this one was loaded from."""
        self._memo.update(known)

    @property
    def n_items(self) -> int:
        """How many items there are, rated or not."""
        return len(self.items)

    @property
    def rated(self) -> NDArray[np.bool_]:
        """Which items have an ability, shape (n_items,)."""
        return ~np.isnan(self.ability)

    @property
    def worth(self) -> NDArray[np.float64]:
        """exp(ability), summing to 1 over the rated items; NaN where unrated."""
        shifted = np.exp(self.ability - np.nanmax(self.ability))
        return np.asarray(shifted / np.nansum(shifted))

    @property
    def rating(self) -> NDArray[np.float64]:
        """Ratings in points of the scale, 1000 + 400 / ln(10) * ability unless rescaled."""
        return self.scale.rating(self.ability)

    def rescale(
        self,
        *,
        initial: float = 1000.0,
        scale: float = 400.0,
        base: float = 10.0,
        anchor: tuple[Any, float] | None = None,
    ) -> Self:
        """The same result with ratings on another scale; abilities stay as they are.

        Parameters
        ----------
        initial : float, default 1000
            Rating of ability 0.
        scale, base : float, default 400 and 10
            `scale` points more mean odds of `base` to 1.
        anchor : (item, rating), optional
            Shifts all ratings so that this item gets this rating.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.bradley_terry(zm.Comparisons(["x", "x", "y"], ["y", "y", "x"]))
        >>> fit.rescale(anchor=("y", 1500)).rating.round().tolist()
        [1620.0, 1500.0]
        """
        new = RatingScale(initial, scale, base)
        if anchor is not None:
            try:
                item, rating = anchor
            except (TypeError, ValueError):
                raise InputError(f"anchor must be (item, rating), but is {anchor!r}") from None
            place = self._place(item, "anchor")
            if np.isnan(self.ability[place]):
                raise InputError(f"anchor {item!r} is not rated")
            shift = finite("anchor's rating", rating) - float(new.rating(self.ability[place]))
            new = RatingScale(initial, scale, base, shift)
        rescaled = replace(self, scale=new)
        rescaled._memo.update(self._memo)  # nothing in it depends on the scale
        return rescaled

    def rank(self) -> NDArray[np.int64]:
        """Ranks, 1 is the best, equal abilities share one; 0 where unrated, shape (n_items,)."""
        rated = self.rated
        ranks = np.zeros(self.n_items, np.int64)
        ranks[rated] = ranks_of(self.ability[rated])
        return ranks

    def predict(self, a: Any, b: Any) -> Any:
        """Expected score of `a` against `b`, their probability of a win where there are no ties.

        Parameters
        ----------
        a, b : label, or sequence of labels
            Sequences are taken pair by pair; a single label meets every one of the other.

        Returns
        -------
        float or ndarray
            NaN where an item is not rated.

        Raises
        ------
        InputError
            An item is not in the fit.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.bradley_terry(zm.Comparisons(["x", "x", "y"], ["y", "y", "x"]))
        >>> round(fit.predict("x", "y"), 6)
        0.666667
        """
        score = self._expected(*self._two_places(a, b))
        return score if score.ndim else float(score)

    def _two_places(self, a: Any, b: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        first, second = self._places(a, "a"), self._places(b, "b")
        if first.ndim and second.ndim and first.shape != second.shape:
            raise InputError(f"Length of b ({second.size}) must match length of a ({first.size})")
        one, other = np.broadcast_arrays(first, second)
        return one, other

    def win_matrix(self) -> NDArray[np.float64]:
        """Expected score of each row's item against each column's, shape (n_items, n_items)."""
        places = np.arange(self.n_items)
        return self._expected(places[:, None], places[None, :])

    def _expected(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
        difference = self.ability[first] - self.ability[second]
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-difference)))

    def _places(self, labels: Any, argument: str) -> NDArray[np.intp]:
        """Places of labels in `items`; a scalar array for a single label."""
        single = _is_single(labels)
        values: Sequence[Any] = [labels] if single else list(labels)
        index = self._remember(
            "index", lambda: {label: place for place, label in enumerate(self.items.tolist())}
        )
        try:
            places = np.array([index[label_of(value)] for value in values], np.intp)
        except (KeyError, TypeError):
            unknown = next(value for value in values if not _contains(index, label_of(value)))
            raise InputError(f"{argument}: {unknown!r} is not an item of this fit") from None
        return places[0] if single else places

    def _place(self, label: Any, argument: str) -> int:
        if not _is_single(label):
            raise InputError(f"{argument} must be one item, but is {label!r}")
        return int(self._places(label, argument))

    def _columns(self) -> dict[str, Any]:
        """Columns of `to_frame`, in the order of the items."""
        return {
            "item": self.items,
            "rank": self.rank(),
            "rating": self.rating,
            "ability": self.ability,
        }

    def to_frame(self, library: str | None = None) -> Any:
        """The leaderboard as a data frame, best first, unrated items last.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.
        """
        columns = self._columns()
        order = np.lexsort((columns["rank"], ~self.rated))
        columns = {name: np.asarray(column)[order] for name, column in columns.items()}
        return make_frame(columns, library or self.frame_backend, explicit=library is not None)


def freeze(*values: Any) -> None:
    """Makes arrays among `values` read-only, as everything is that a result shows."""
    for value in values:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


def _is_single(labels: Any) -> bool:
    """Whether this is one label and not a sequence of them (a list, an array, a column)."""
    if isinstance(labels, (list, tuple, range)):
        return False
    if isinstance(labels, np.ndarray):
        return labels.ndim == 0
    return not any(hasattr(labels, name) for name in ("to_list", "to_pylist", "to_numpy"))


def _contains(index: dict[Any, int], value: Any) -> bool:
    try:
        return value in index
    except TypeError:
        return False


def load(path: str | os.PathLike[str]) -> Any:
    """A fit that `save` wrote.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    The result, of the class that saved it. Without its data (a fit's ``save(path, data=False)``, a
    replay always) it still rates, ranks and predicts, and says so when asked for what needs them.

    Raises
    ------
    InputError
        The file cannot be read, is truncated, is not a saved fit, or is of a newer format.
    """
    kind, arrays, meta = read_arrays(path, {kind: version for kind, (version, _) in SAVED.items()})
    reader = importlib.import_module(f".{SAVED[kind][1]}", __package__)
    try:
        return reader.from_arrays(arrays, meta)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        missing = "it has no " if isinstance(error, KeyError) else ""
        raise InputError(f"{os.fspath(path)!r} is damaged: {missing}{error}") from error
