"""Who begins where in a bracket.

A bracket is written as slots from its top to its bottom, a power of two of them: an item's number,
or None for a bye. Neighbours meet in the first round, the winners of neighbouring matches in the
next. An item that enters later stands above as many byes as it needs.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import shortened
from ..errors import InputError
from .designs import check_each_once, read_permutation, read_sequence

# Play-ins may be nested, but each level doubles the slots.
MOST_SLOTS = 1 << 20
DEEPEST = MOST_SLOTS.bit_length() - 1

Slots = tuple[int | None, ...]


@dataclass(frozen=True, repr=False)
class Placement:
    """A bracket as given slot by slot, with labels where it names items by labels."""

    slots: Slots
    labels: tuple[Any, ...] | None = None

    @property
    def n(self) -> int:
        return sum(slot is not None for slot in self.slots)

    @property
    def n_rounds(self) -> int:
        return n_rounds_of(len(self.slots))

    def __repr__(self) -> str:
        return f"Placement({self.n} items, {self.n_rounds} rounds)"


def n_rounds_of(n: int) -> int:
    """How many rounds a bracket of `n` items has."""
    return (n - 1).bit_length()


def standard_slots(n: int) -> Slots:
    """The first seed meets the last, and the best seeds meet as late as they can.

    Where `n` is no power of two the best seeds have byes.
    """
    order = [0]
    while len(order) < n:
        order = [seed for best in order for seed in (best, 2 * len(order) - 1 - best)]
    return tuple(seed if seed < n else None for seed in order)


def halved_slots(order: Sequence[int]) -> Slots:
    """`order` from top to bottom, halved again and again; the smaller half is the upper one."""

    def fill(part: Sequence[int], n_rounds: int) -> list[int | None]:
        if len(part) == 1:
            return [part[0], *[None] * (2**n_rounds - 1)]
        half = len(part) // 2
        return fill(part[:half], n_rounds - 1) + fill(part[half:], n_rounds - 1)

    return tuple(fill(order, n_rounds_of(len(order))))


def read_seeding(seeding: Any, n: int) -> str | tuple[int, ...]:
    """The name of a seeding, or the items from the top of the bracket to its bottom."""
    if isinstance(seeding, str):
        if seeding in ("standard", "random"):
            return seeding
        raise InputError(
            f"seeding must be 'standard', 'random' or a list of the items from the top of the "
            f"bracket to its bottom, but is {shortened(seeding)}"
        )
    order = read_sequence("seeding", seeding, "'standard', 'random' or a list of the items")
    if len(order) != n:
        raise InputError(f"seeding must name each of the {n} items once, but has {len(order)}")
    return read_permutation("seeding", order, n)


def seeded_slots(seeding: str | tuple[int, ...], n: int) -> Slots:
    """The slots; of a random seeding those that the shuffled items go to in their order."""
    if seeding == "standard":
        return standard_slots(n)
    return halved_slots(range(n) if isinstance(seeding, str) else seeding)


def flattened(slots: Any) -> list[Any]:
    """What stands in the slots, with a power of two of slots; play-ins double their number."""
    values = read_sequence("slots", slots, "a list of items and None")
    if len(values) < 2 or len(values) & (len(values) - 1):
        raise InputError(
            f"slots must be a power of two, but there are {len(values)}; a bye is None, a play-in "
            "a pair in one slot"
        )
    depth = max(_depth(f"slots[{place}]", value) for place, value in enumerate(values))
    if len(values) << depth > MOST_SLOTS:
        raise InputError(
            f"slots has play-ins {depth} deep, which makes {len(values) << depth} slots; at most "
            f"{MOST_SLOTS} are possible"
        )
    return [entrant for value in values for entrant in _spread(value, depth)]


def read_slots(slots: Any, items: Any = None) -> Placement:
    """A bracket from items' numbers, or from labels; `items` numbers those."""
    values = flattened(slots)
    given = [value for value in values if value is not None]
    if len(given) < 2:
        raise InputError(f"slots must hold at least 2 items, but hold {len(given)}")
    if items is None and all(_is_number(value) for value in given):
        order = iter(read_permutation("slots", given, len(given)))
        return Placement(tuple(None if value is None else next(order) for value in values))
    for value in given:
        if not isinstance(value, Hashable):
            raise InputError(f"slots must hold items' numbers or labels, but {value!r} is neither")
        if items is None and _is_number(value):
            raise InputError(f"slots must hold either items' numbers or labels, but mix {value!r}")
    labels = given if items is None else read_sequence("items", items, "a list of labels")
    check_each_once("items", labels, labels)
    number = {label: place for place, label in enumerate(labels)}
    unknown = next((value for value in given if value not in number), None)
    if unknown is not None:
        raise InputError(f"slots names {unknown!r}, which is not among items")
    check_each_once("slots", given, labels)
    return Placement(
        tuple(None if value is None else number[value] for value in values), tuple(labels)
    )


def check_third_place(slots: Sequence[Any]) -> None:
    """There are two losers of semi-finals where every quarter of the bracket has somebody."""
    quarter = len(slots) // 4
    quarters = [slots[k * quarter : (k + 1) * quarter] for k in range(4)]
    if not all(any(slot is not None for slot in part) for part in quarters):
        raise InputError(
            "third_place needs two semi-finals: at least 4 items, and none of them past its "
            "semi-final by byes"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _depth(place: str, value: Any, above: int = 0) -> int:
    """How many rounds of play-ins a slot has."""
    if not isinstance(value, (tuple, list)):
        return 0
    if above == DEEPEST:
        raise InputError(f"{place} has play-ins more than {DEEPEST} deep")
    if len(value) != 2:
        raise InputError(f"{place} is a play-in of {len(value)}; one is between two")
    if any(side is None for side in value):
        raise InputError(f"{place} is a play-in with a bye; put the item into the slot itself")
    return 1 + max(_depth(place, side, above + 1) for side in value)


def _spread(value: Any, depth: int) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [entrant for side in value for entrant in _spread(side, depth - 1)]
    return [value, *[None] * (2**depth - 1)]
