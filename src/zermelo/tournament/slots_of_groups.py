"""The bracket that follows groups: who is placed where by default, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

from .seeding import standard_slots

# How much worse it is to meet a round earlier than to meet a round later.
EARLIER = 1 << 10


def group_name(group: int) -> str:
    """A to Z, then AA, AB and so on."""
    name = ""
    group += 1
    while group:
        group, letter = divmod(group - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


@cache
def default_slots(n_groups: int, advance: int, best_thirds: int) -> tuple[str | None, ...]:
    """A standard bracket of the groups' winners, then seconds and so on, then the best thirds.

    Within the seconds, thirds and so on the groups are exchanged as long as that lets items of one
    group meet later; exchanges that help most come first.
    """
    seeded = standard_slots(n_groups * advance + best_thirds)
    n_rounds = len(seeded).bit_length() - 1
    slot_of = {seed: slot for slot, seed in enumerate(seeded) if seed is not None}
    names: dict[int, str] = {}
    placed: list[list[int]] = [[] for _ in range(n_groups)]  # slots of each group so far
    for place in range(advance):
        slots = [slot_of[place * n_groups + k] for k in range(n_groups)]
        order = _apart(slots, placed, n_rounds) if place else list(range(n_groups))
        for slot, group in zip(slots, order, strict=True):
            placed[group].append(slot)
            names[slot] = f"{group_name(group)}{place + 1}"
    for rank in range(best_thirds):
        names[slot_of[n_groups * advance + rank]] = f"T{rank + 1}"
    return tuple(names.get(slot) for slot in range(len(seeded)))


def _apart(slots: Sequence[int], placed: Sequence[Sequence[int]], n_rounds: int) -> list[int]:
    """Which group gets each of these slots, so that groups' slots are far from each other."""

    def cost(slot: int, group: int) -> int:
        # Slots meet in the round in which the highest bit that they differ in has gone.
        return sum(EARLIER ** (n_rounds - (slot ^ mate).bit_length()) for mate in placed[group])

    costs = [[cost(slot, group) for group in range(len(placed))] for slot in slots]
    order = list(range(len(slots)))
    while True:
        gains = {
            (i, j): costs[i][order[i]]
            + costs[j][order[j]]
            - costs[i][order[j]]
            - costs[j][order[i]]
            for i, j in combinations(range(len(slots)), 2)
        }
        (i, j), gain = max(gains.items(), key=lambda found: found[1])
        if gain <= 0:
            return order
        order[i], order[j] = order[j], order[i]
