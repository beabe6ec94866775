"""From a method's question to the calls that answer it: who is shown first, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from .._backends.sorting.random_bits import ALL_BITS, GOLDEN, mixed, stream
from ..checks import choice
from ..errors import InputError
from .outcomes import Answer

PRESENTATIONS = ("both", "single", "random", "escalate")
LIST_PRESENTATIONS = ("single", "random")

# A score this close to a tie is asked again in the other order by "escalate".
NEAR_A_TIE = 0.25

Shown = tuple[int, ...]
"""Items in the order in which a call shows them, by their numbers in the initial order."""


class Settled(NamedTuple):
    """The answer to a question, and how many calls, one after the other, it took."""

    answer: float | list[int]
    steps: int


def read_presentation(presentation: str | None, question: str) -> str:
    """None means "both" for pairs and "single" for lists, which have more orders than two."""
    if presentation is None:
        return "both" if question == "compare" else "single"
    choice("presentation", presentation, PRESENTATIONS)
    if question != "compare" and presentation not in LIST_PRESENTATIONS:
        raise InputError(
            f"presentation is {presentation!r}, which is for pairs; with {question}= lists are "
            "shown once: use 'single' or 'random'"
        )
    return presentation


def settle_pair(
    presentation: str, seed: int, low: int, high: int, answers: Mapping[Shown, Answer]
) -> Settled | list[Shown]:
    """The score of `low`, or the calls that are still to be made, all of them at once.

    Of two items `low` stood first in the initial order. None as an answer counts as a tie.
    """
    forth: Shown = (low, high)
    back: Shown = (high, low)
    if presentation == "both":
        missing = [shown for shown in (forth, back) if shown not in answers]
        if missing:
            return missing
        ours, theirs = _score(answers[forth]), 1.0 - _score(answers[back])
        agree = (ours > 0.5 and theirs > 0.5) or (ours < 0.5 and theirs < 0.5)
        return Settled(float(ours > 0.5) if agree else 0.5, 1)
    if presentation == "random" and lot(seed, low, high) & 1:
        forth, back = back, forth
    if forth not in answers:
        return [forth]
    score = _score(answers[forth])
    if presentation == "escalate" and abs(score - 0.5) <= NEAR_A_TIE:
        if back not in answers:
            return [back]
        return Settled((score + 1.0 - _score(answers[back])) / 2, 2)
    return Settled(score if forth[0] == low else 1.0 - score, 1)


def settle_list(
    presentation: str, seed: int, kind: str, items: Shown, answers: Mapping[Shown, Answer]
) -> Settled | list[Shown]:
    """Places in `items` of the best ("choose") or of all, best first, or the call to be made.

    Where nothing was said a choice falls on the item that stood first initially, and a ranking
    leaves the items as they are.
    """
    places = list(range(len(items)))
    if presentation == "random":
        key = seed
        for item in items:
            key = stream(key, item)
        places.sort(key=lambda place: (lot(key, place, 0), place))
    shown = tuple(items[place] for place in places)
    if shown not in answers:
        return [shown]
    answer = answers[shown]
    if kind == "choose":
        if answer is None:
            return Settled([min(range(len(items)), key=items.__getitem__)], 1)
        return Settled([places[cast(int, answer)]], 1)
    if answer is None:
        return Settled(list(range(len(items))), 1)
    return Settled([places[index] for index in cast(list[int], answer)], 1)


def lot(seed: int, low: int, high: int) -> int:
    """64 random bits that depend on the seed and the pair alone (SplitMix64)."""
    return mixed((stream(seed, low) + (high + 1) * GOLDEN) & ALL_BITS)


def _score(answer: Answer) -> float:
    return 0.5 if answer is None else cast(float, answer)
