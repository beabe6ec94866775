"""Comparators from what is known already: a matrix, grades, and a simulated judge who errs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends.sorting.random_bits import ALL_BITS, GOLDEN, mixed, stream
from ..checks import finite, shortened, whole
from ..errors import InputError
from .judges import PairJudge, close_gap

__all__ = ["Comparator", "grades", "matrix", "noisy"]

Real = NDArray[np.float64]


class Comparator(ABC):
    """Answers questions about items; made by `matrix`, `grades` and `noisy`.

    Called with two items it gives the score of the first, as ``compare=`` of `zm.sort` wants it.
    `choose` and `rank` are for ``choose=`` and ``rank=``.
    """

    def __init__(self, place: Mapping[Any, int] | None, n: int, key: Any) -> None:
        if key is not None and not callable(key):
            raise InputError(f"key must be a function of an item, but is {shortened(key)}")
        self._place = place
        self._n = n
        self._key: Callable[[Any], Any] | None = key

    def __call__(self, x: Any, y: Any) -> float | None:
        """The score of `x` against `y`, `x` being shown first; None where nothing is known."""
        return self._score(self._find(x), self._find(y))

    def choose(self, items: Sequence[Any]) -> int:
        """The index of the best of several items, the first of `rank`."""
        return self.rank(items)[0]

    def rank(self, items: Sequence[Any]) -> list[int]:
        """The indices of the items, best first.

        Every pair is compared once, who stands first in the list being shown first; wins count, and
        ties half. Of equals, who stands first in the list is first.
        """
        places = [self._find(item) for item in items]
        won = [0.0] * len(places)
        for second, other in enumerate(places):
            for first in range(second):
                score = self._score(places[first], other)
                score = 0.5 if score is None else score
                won[first] += score
                won[second] += 1.0 - score
        return sorted(range(len(won)), key=lambda index: -won[index])

    @abstractmethod
    def _score(self, first: int, second: int) -> float | None:
        """Of the item numbered `first`, which is shown first, against `second`."""

    def _find(self, item: Any) -> int:
        identity = item if self._key is None else self._key(item)
        if self._place is None:
            if isinstance(identity, (int, np.integer)) and not isinstance(identity, bool):
                if 0 <= identity < self._n:
                    return int(identity)
                raise InputError(
                    f"the comparator was asked about item {identity}, but knows items 0 to "
                    f"{self._n - 1}"
                )
            raise InputError(
                f"the comparator knows items by their position, 0 to {self._n - 1}, but was asked "
                f"about {shortened(item)}; pass items= or key=, or a dict"
            )
        try:
            return self._place[identity]
        except KeyError:
            return self._unknown(identity)
        except TypeError:
            raise InputError(
                f"the comparator was asked about {shortened(item)}, which cannot be looked up "
                f"({type(identity).__name__} is not hashable); pass key= to say what identifies it"
            ) from None

    def _unknown(self, identity: Any) -> int:
        raise InputError(f"the comparator knows no item {shortened(identity)}")


def matrix(
    scores: Any,
    items: Sequence[Any] | None = None,
    *,
    key: Callable[[Any], Any] | None = None,
) -> Comparator:
    """A comparator that looks answers up in a matrix.

    Parameters
    ----------
    scores : array of numbers, shape (n, n)
        `scores[i, j]` in [0, 1] is the score of item i, shown first, against item j; NaN abstains.
        The diagonal is not looked at, and `scores[j, i]` need not be 1 - `scores[i, j]`. A fit's
        ``win_matrix()`` does.
    items : sequence of n labels, optional
        None: the items to sort are positions, 0 to n - 1.
    key : callable, optional
        What identifies an item: its position, or its label in `items`. None: the item itself.

    Returns
    -------
    Comparator

    Raises
    ------
    InputError
        The shape is not square, a score is out of range, or a label occurs twice. When asked: an
        item is not known.

    Examples
    --------
    >>> from zermelo.sorting import comparators
    >>> compare = comparators.matrix([[0.5, 0.9], [0.2, 0.5]], items=["a", "b"])
    >>> compare("a", "b"), compare("b", "a")
    (0.9, 0.2)
    """
    try:
        table = np.array(scores, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"scores must be a matrix of numbers: {error}") from error
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise InputError(f"scores must be of shape (n, n), but is of shape {table.shape}")
    np.fill_diagonal(table, 0.5)
    bad = (table < 0) | (table > 1)
    if bad.any():
        first, second = np.argwhere(bad)[0].tolist()
        raise InputError(
            f"scores[{first}, {second}] must be a number from 0 to 1, or NaN, but is "
            f"{table[first, second]}"
        )
    return _Matrix(table, None if items is None else _places("items", items, len(table)), key)


def grades(
    values: Mapping[Any, Any] | Sequence[Any],
    *,
    missing: float | None = None,
    key: Callable[[Any], Any] | None = None,
) -> Comparator:
    """A comparator that never errs: of two items the one with the higher grade wins.

    Parameters
    ----------
    values : dict of item to number, or sequence of numbers
        The grades, such as relevance from qrels: the higher the better, and equal ones tie. Of a
        sequence the items to sort are positions, 0 to n - 1.
    missing : float, optional
        The grade of items that are not in the dict, as documents that nobody judged count 0 by
        custom. None: asking about one is an error.
    key : callable, optional
        What identifies an item, such as ``lambda document: document["id"]``. None: the item itself.

    Returns
    -------
    Comparator

    Raises
    ------
    InputError
        A grade is no finite number. When asked: an item is not known.

    Examples
    --------
    >>> from zermelo.sorting import comparators
    >>> compare = comparators.grades({"d1": 3, "d2": 0, "d3": 0}, missing=0)
    >>> compare("d1", "d2"), compare("d2", "d3"), compare("d9", "d1")
    (1.0, 0.5, 0.0)
    >>> compare.rank(["d2", "d9", "d1"]), compare.choose(["d2", "d1"])
    ([2, 0, 1], 1)
    """
    place, quality = _read_values(values)
    unknown = None
    if missing is not None:
        if place is None:
            raise InputError("missing is for a dict of grades, but values is a sequence")
        unknown = finite("missing", missing)
    return _Grades(quality, place, key, unknown)


def noisy(
    values: Mapping[Any, Any] | Sequence[Any],
    judge: Any = None,
    *,
    seed: int = 0,
    key: Callable[[Any], Any] | None = None,
) -> Comparator:
    """A simulated judge who errs, and who contradicts itself when the order of a pair is turned.

    Asked again in the same order it says the same, whatever was asked in between, in every process;
    another seed is another judge.

    Parameters
    ----------
    values : dict of item to number, or sequence of numbers
        The true qualities, the higher the better. Of a sequence the items to sort are positions, 0
        to n - 1.
    judge : PairJudge or zm.judges.Noisy, optional
        How often it errs. None: ``PairJudge()``, whose figures are those of a language model.
    seed : int, default 0
    key : callable, optional
        What identifies an item. None: the item itself.

    Returns
    -------
    Comparator

    Raises
    ------
    InputError
        A value is no finite number, or an argument cannot be used. When asked: an item is not
        known.

    Examples
    --------
    >>> from zermelo.sorting import comparators
    >>> from zermelo.sorting.judges import PairJudge
    >>> compare = comparators.noisy(range(100), PairJudge(wrong=0.1, split=0.2), seed=7)
    >>> answers = [compare(x, y) for x in range(100) for y in range(x)]
    >>> round(sum(answers) / len(answers), 2)
    0.78
    """
    place, quality = _read_values(values)
    seed = whole("seed", seed, 0, "a whole number from 0 to 2^64 - 1")
    if seed > ALL_BITS:
        raise InputError(f"seed must be a whole number from 0 to 2^64 - 1, but is {seed}")
    return _Noisy(quality, place, key, PairJudge.of(judge), seed)


class _Matrix(Comparator):
    def __init__(self, table: Real, place: Mapping[Any, int] | None, key: Any) -> None:
        super().__init__(place, len(table), key)
        self._table = table

    def _score(self, first: int, second: int) -> float | None:
        score = float(self._table[first, second])
        return score if score == score else None


class _Grades(Comparator):
    def __init__(
        self, quality: list[float], place: Mapping[Any, int] | None, key: Any, missing: float | None
    ) -> None:
        super().__init__(place, len(quality), key)
        # Whoever is not known has the last place, beyond all that are.
        self._quality = quality if missing is None else [*quality, missing]
        self._missing = missing

    def _unknown(self, identity: Any) -> int:
        if self._missing is None:
            raise InputError(
                f"the comparator knows no grade of item {shortened(identity)}; pass missing= for "
                "items without one"
            )
        return self._n

    def _score(self, first: int, second: int) -> float:
        one, other = self._quality[first], self._quality[second]
        return 0.5 if one == other else float(one > other)


class _Noisy(Comparator):
    def __init__(
        self,
        quality: list[float],
        place: Mapping[Any, int] | None,
        key: Any,
        judge: PairJudge,
        seed: int,
    ) -> None:
        super().__init__(place, len(quality), key)
        self._quality = quality
        self._start = stream(seed, 0)
        self._gap = close_gap(np.array(quality), judge.close)
        self._thresholds = judge.thresholds()

    def _score(self, first: int, second: int) -> float:
        difference = self._quality[first] - self._quality[second]
        if difference == 0:
            return 0.5
        wrong, split = self._thresholds[2:] if abs(difference) < self._gap else self._thresholds[:2]
        low, high = min(first, second), max(first, second)
        bits = mixed((self._start + ((low << 32 | high) + 1) * GOLDEN) & ALL_BITS)
        draw = bits >> 33
        if draw >= wrong + split:
            return float(difference > 0)
        if draw < wrong:
            return float(difference < 0)
        # What the judge likes is a position. The bit says whether it is right when shown the lower
        # number first, as in the simulation of sorts.
        likes_first = bool(bits & 1) == (self._quality[low] > self._quality[high])
        return float(likes_first)


def _read_values(values: Any) -> tuple[dict[Any, int] | None, list[float]]:
    """The numbers of labels, None where items are positions, and their values."""
    if isinstance(values, Mapping):
        numbers = [finite(f"values[{label!r}]", value) for label, value in values.items()]
        return {label: place for place, label in enumerate(values)}, numbers
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise InputError(
            "values must be a dict of item to number, or a sequence of numbers, but is "
            f"{shortened(values)}"
        )
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return None, [finite(f"values[{place}]", value) for place, value in enumerate(listed)]


def _places(argument: str, items: Sequence[Any], n: int) -> dict[Any, int]:
    if len(items) != n:
        raise InputError(f"Length of {argument} ({len(items)}) must match scores ({n} rows)")
    place: dict[Any, int] = {}
    for at, item in enumerate(items):
        try:
            if place.setdefault(item, at) != at:
                raise InputError(
                    f"{argument} must name an item once, but {item!r} is {argument}[{place[item]}] "
                    f"and {argument}[{at}]"
                )
        except TypeError:
            raise InputError(
                f"{argument}[{at}] is {shortened(item)}, which is not hashable; give labels, and "
                "pass key= to say what identifies an item"
            ) from None
    return place
