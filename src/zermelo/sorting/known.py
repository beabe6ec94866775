"""Comparisons that were made before: answers to pairs that cost nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..checks import shortened
from ..comparisons import Comparisons
from ..errors import InputError
from .identity import Identity
from .outcomes import read_score

# Of each pair of positions, the lower first: the score of the lower.
Known = dict[tuple[int, int], float]

# The score of `a` by its code in `Comparisons`.
_SCORES = np.array([0.0, 1.0, 0.5])


def read_known(known: Any, identity: Identity) -> Known:
    """The mean score of every pair that was compared before, whoever was shown first."""
    if known is None:
        return {}
    sums: dict[tuple[int, int], list[float]] = {}
    rows = _rows(known, identity) if isinstance(known, Comparisons) else _triples(known, identity)
    for x, y, score, weight in rows:
        total = sums.setdefault((min(x, y), max(x, y)), [0.0, 0.0])
        total[0] += weight * (score if x < y else 1.0 - score)
        total[1] += weight
    return {pair: score / weight for pair, (score, weight) in sums.items() if weight > 0}


def _rows(known: Comparisons, identity: Identity) -> Iterable[tuple[int, int, float, float]]:
    """Rows between two of the items; others may have been compared too."""
    place = identity.place
    where = np.array([place.get(label, -1) for label in known.items.tolist()], np.int64)
    first, second = where[known.a], where[known.b]
    ours = (first >= 0) & (second >= 0)
    if len(known) and not ours.any():
        raise InputError(
            f"known compares {shortened(known.items.tolist()[0])} and others, but no two of the "
            f"items, which are known by {_names(identity)}"
        )
    scores = _SCORES[np.minimum(known.outcome, 2)]
    if known.score is not None:
        scores = np.where(known.outcome == 3, known.score, scores)
    weight = np.ones(len(known))
    for column in (known.count, known.weight):
        if column is not None:
            weight = weight * column
    columns = (first[ours], second[ours], scores[ours], weight[ours])
    return zip(*(column.tolist() for column in columns), strict=True)


def _triples(known: Any, identity: Identity) -> Iterable[tuple[int, int, float, float]]:
    if isinstance(known, (str, bytes)) or not isinstance(known, Iterable):
        raise InputError(
            f"known must be Comparisons or triples (x, y, score of x), but is {shortened(known)}"
        )
    for row, triple in enumerate(known):
        if isinstance(triple, str) or not isinstance(triple, Iterable):
            raise InputError(f"known[{row}] is {shortened(triple)}; it must be (x, y, score of x)")
        values = tuple(triple)
        if len(values) != 3:
            raise InputError(f"known[{row}] is {shortened(values)}; it must be (x, y, score of x)")
        x, y = (_position(label, row, identity) for label in values[:2])
        if x == y:
            raise InputError(f"known[{row}] compares {values[0]!r} with itself")
        yield x, y, read_score(values[2], f"The score of known[{row}] is"), 1.0


def _position(label: Any, row: int, identity: Identity) -> int:
    try:
        return identity.place[label]
    except (KeyError, TypeError):
        raise InputError(
            f"known[{row}] names {shortened(label)}, which is none of the items; they are known by "
            f"{_names(identity)}"
        ) from None


def _names(identity: Identity) -> str:
    if identity.origin == "positions":
        return "their positions, from 0, unless ids= names them"
    shown = ", ".join(repr(label) for label in identity.labels[:3])
    return f"{'their ids' if identity.origin == 'ids' else 'themselves'}: {shown} ..."
