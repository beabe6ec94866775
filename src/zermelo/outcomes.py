"""Outcomes, scores or labels, to codes: 0 loss, 1 win, 2 tie, 3 fractional (of the first)."""

from __future__ import annotations

import math
import numbers
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends import Backend
from .columns import Array, Coded, Column, Piece, found_at
from .errors import InputError

STEP = 1 << 16
LOSS, WIN, TIE, FRACTIONAL, DROPPED = 0, 1, 2, 3, 4
TIE_WORD, NO_ITEM = -1, -2

Outcomes = Mapping[Any, float | None]

# What people write, compared without case; the value is the score of the first shown.
KNOWN: dict[str, float] = {
    **dict.fromkeys(("model_a", "left", "a", "first", "home", "win", "won", "1-0"), 1.0),
    **dict.fromkeys(("model_b", "right", "b", "second", "away", "loss", "lost", "0-1"), 0.0),
    **dict.fromkeys(("tie", "draw", "both_bad", "bothbad", "tie (bothbad)"), 0.5),
    **dict.fromkeys(("tie (both_bad)", "tie (both bad)", "both bad", "1/2-1/2"), 0.5),
}
SHOWN = (
    "'model_a', 'model_b', 'tie', 'both_bad' (also left/right, a/b, first/second, home/away, "
    "win/loss, draw)"
)


@dataclass(frozen=True, slots=True)
class Scored:
    """A column of outcomes: codes, scores if some are fractional, rows kept if some are not."""

    code: NDArray[np.uint8]
    score: NDArray[np.float64] | None
    keep: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class Sides:
    """What was compared in each row, where an outcome may be the winner's own name."""

    items: Array
    first: NDArray[np.int32]
    second: NDArray[np.int32]


def check_outcomes(outcomes: Outcomes | None) -> None:
    if outcomes is None:
        return
    if not isinstance(outcomes, Mapping):
        raise InputError(f"outcomes must be a dict of label to score, but is {outcomes!r}")
    for label, score in outcomes.items():
        if score is not None and not _is_score(score):
            raise InputError(
                f"outcomes[{label!r}] must be a score in [0, 1] or None (drop), but is {score!r}"
            )


def _is_score(value: Any) -> bool:
    return isinstance(value, (numbers.Real, np.bool_, Decimal)) and 0.0 <= float(value) <= 1.0


def score_of(label: Any, outcomes: Outcomes | None) -> float | None:
    """The score that a label stands for, None to drop it; KeyError where it is not known."""
    if outcomes:
        if label in outcomes:
            score = outcomes[label]
            return None if score is None else float(score)
        if isinstance(label, str):
            folded = _fold(label)
            for known, score in outcomes.items():
                if isinstance(known, str) and _fold(known) == folded:
                    return None if score is None else float(score)
    if isinstance(label, str):
        return KNOWN[_fold(label)]
    if _is_score(label):
        return float(label)
    raise KeyError(label)


def _fold(label: str) -> str:
    return label.strip().casefold()


def unknown_outcome(found: str, label: Any, outcomes: Outcomes | None) -> InputError:
    """`found` is how the message begins, from `found_at`."""
    if isinstance(label, str):
        known = SHOWN
        if outcomes:
            known = ", ".join(repr(label) for label in list(outcomes)[:8]) + ", " + SHOWN
        return InputError(
            f"{found} {label!r}; known labels are {known}. Pass outcomes={{...}} to map others"
        )
    if (
        label is None
        or str(label) in ("<NA>", "NaT")
        or (isinstance(label, float) and math.isnan(label))
    ):
        return InputError(f"{found} null; remove the rows without an outcome first")
    return InputError(
        f"{found} {label!r}; an outcome must be a score in [0, 1] or a known label. "
        "Pass outcomes={...} to map others"
    )


def check_options(outcome: object, outcomes: Outcomes | None, soft: object) -> None:
    check_outcomes(outcomes)
    if outcomes is not None and outcome is None:
        raise InputError("outcomes is given without outcome: there are no labels for it to map")
    if not isinstance(soft, (bool, np.bool_)):
        raise InputError(f"soft must be True or False, but is {soft!r}")


def code_of(score: float | None, soft: bool) -> int:
    if score is None:
        return DROPPED
    if score == 1.0:
        return WIN
    if score == 0.0:
        return LOSS
    return TIE if score == 0.5 and not soft else FRACTIONAL


def read_outcomes(
    name: str,
    column: Column,
    outcomes: Outcomes | None,
    soft: bool,
    backend: Backend,
    threads: int,
    sides: Sides,
) -> Scored:
    """Codes of a column of scores, bools or labels."""
    if isinstance(column, Coded) or column.dtype == object or outcomes:
        return read_outcome_labels(name, column, outcomes, soft, backend, sides)
    if column.dtype == bool:
        return Scored(column.astype(np.uint8), None, None)
    if column.dtype.kind not in "iuf":
        raise unknown_outcome(found_at(name, 0), column[:1].tolist()[0], outcomes)
    score = np.ascontiguousarray(column, np.float64)
    code, n_fractional, bad_row = backend.classify_scores(score, threads)
    if bad_row >= 0:
        found = column[bad_row : bad_row + 1].tolist()[0]
        raise InputError(f"{name} must be in [0, 1], but {name}[{bad_row}] is {found!r}")
    if soft:
        ties = code == TIE
        n_fractional += int(np.count_nonzero(ties))
        code[ties] = FRACTIONAL
    return Scored(code, score if n_fractional else None, None)


def _distinct(name: str, column: Array, backend: Backend) -> Piece:
    if column.dtype != object:
        values, inverse = np.unique(column, return_inverse=True)
        return inverse, values.tolist()
    table: dict[Any, int] = {}
    try:
        codes = backend.encode_objects(np.ascontiguousarray(column), table)
    except TypeError as error:
        raise InputError(f"{name} must hold scores or labels: {error}") from error
    return codes, list(table)


def read_outcome_labels(
    name: str,
    column: Column,
    outcomes: Outcomes | None,
    soft: bool,
    backend: Backend,
    sides: Sides,
) -> Scored:
    """Codes of a column, each distinct value looked up once."""
    pieces = column.pieces if isinstance(column, Coded) else [_distinct(name, column, backend)]
    if not outcomes:
        by_name = _read_winners(name, pieces, soft, sides)
        if by_name is not None:
            return by_name
    rows = sum(len(codes) for codes, _ in pieces)
    code = np.empty(rows, np.uint8)
    tables = [_tables(name, begin, piece, outcomes, soft) for piece, begin in _begins(pieces)]
    fractional = any((codes == FRACTIONAL).any() for codes, _ in tables)
    score = np.empty(rows) if fractional else None
    for (piece, begin), (codes, scores) in zip(_begins(pieces), tables, strict=True):
        part = slice(begin, begin + len(piece[0]))
        _look_up(codes, piece[0], code[part])
        if score is not None:
            _look_up(scores, piece[0], score[part])
    if score is not None and not (code == FRACTIONAL).any():
        score = None
    keep = code != DROPPED if any((codes == DROPPED).any() for codes, _ in tables) else None
    return Scored(code, score, None if keep is None or keep.all() else keep)


def _read_winners(name: str, pieces: list[Piece], soft: bool, sides: Sides) -> Scored | None:
    """Codes where every outcome but ties is one of its row's two labels, else None."""
    if sides.items.dtype != object:
        return None
    tables = [_winner_table(labels, sides.items) for _, labels in pieces]
    if not any((table >= 0).any() for table in tables):
        return None  # the common case: words for sides that are no items
    winner = np.concatenate(
        [table[codes] for table, (codes, _) in zip(tables, pieces, strict=True)]
    )
    won, lost, tie = winner == sides.first, winner == sides.second, winner == TIE_WORD
    if not (won | lost | tie).all() or tie.all():
        return None
    words = {
        label: KNOWN.get(_fold(label))
        for (codes, labels), table in zip(pieces, tables, strict=True)
        for label in np.array(labels, object)[np.unique(codes)]
        if _fold(label) not in KNOWN or KNOWN[_fold(label)] != 0.5
    }
    if None not in words.values():
        _check_readings(name, pieces, words, won & ~lost, lost & ~won)
    code = np.where(tie, FRACTIONAL if soft else TIE, won).astype(np.uint8)
    if soft and tie.any():
        return Scored(code, np.where(tie, 0.5, won), None)
    return Scored(code, None, None)


def _winner_table(labels: list[Any], items: Array) -> NDArray[np.int64]:
    """Of each label: its place in the sorted items, or that it means a tie, or neither."""
    table = np.full(max(1, len(labels)), NO_ITEM, np.int64)
    for code, label in enumerate(labels):
        if not isinstance(label, str):
            continue
        if KNOWN.get(_fold(label)) == 0.5:
            table[code] = TIE_WORD
            continue
        place = bisect_left(items, label)
        if place < len(items) and items[place] == label:
            table[code] = place
    return table


def _check_readings(
    name: str,
    pieces: list[Piece],
    words: Mapping[str, float | None],
    won: NDArray[np.bool_],
    lost: NDArray[np.bool_],
) -> None:
    """Words for sides that are items too, each in its row: refused where the readings differ."""
    score = np.concatenate(
        [np.array([words.get(label, 0.5) for label in labels])[codes] for codes, labels in pieces]
    )
    differs = (won & (score != 1.0)) | (lost & (score != 0.0))
    if differs.any():
        row = int(differs.argmax())
        for codes, labels in pieces:
            if row < len(codes):
                label = labels[codes[row]]
                break
            row -= len(codes)
        mapping = ", ".join(f"{word!r}: {value:g}" for word, value in list(words.items())[:8])
        raise InputError(
            f"{found_at(name, int(differs.argmax()))} {label!r}, which is a word for a side and "
            "the name of the row's item on the other side. If outcomes are sides pass "
            f"outcomes={{{mapping}}}; if they name the winners pass scores, 1 where a won"
        )


def _look_up(table: Array, places: Array, out: Array) -> None:
    # Step by step: NumPy widens the places to 64 bits first, and that copy should stay in cache.
    for begin in range(0, len(places), STEP):
        part = slice(begin, begin + STEP)
        np.take(table, places[part], out=out[part], mode="clip")


def _begins(pieces: Sequence[Piece]) -> list[tuple[Piece, int]]:
    ends = np.cumsum([0, *(len(codes) for codes, _ in pieces)]).tolist()
    return list(zip(pieces, ends[:-1], strict=True))


def _tables(
    name: str, begin: int, piece: Piece, outcomes: Outcomes | None, soft: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    codes, labels = piece
    table = np.zeros(max(1, len(labels)), np.uint8)
    scores = np.zeros(max(1, len(labels)))
    for place, label in enumerate(labels):
        try:
            score = score_of(label, outcomes)
        except KeyError as error:
            rows = np.flatnonzero(codes == place)
            if not len(rows):
                continue  # a category that does not occur
            found = found_at(name, begin + int(rows[0]))
            raise unknown_outcome(found, label, outcomes) from error
        table[place] = code_of(score, soft)
        scores[place] = np.nan if score is None else score
    return table, scores
