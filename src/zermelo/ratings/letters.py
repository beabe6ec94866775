"""The compact letter display: items that share a letter do not differ significantly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .compare import Adjust, compare
from .result import freeze
from .table import make_frame
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

# Groups can be exponentially many in theory; a display of so many letters helps nobody.
MOST_GROUPS = 5000


@dataclass(frozen=True, eq=False, repr=False)
class Letters:
    """A compact letter display, in the order of the fit's items.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
    letters : ndarray of object (str), shape (n_items,)
        Two items share a letter exactly where they do not differ significantly; a is the best
        group. After z come a1, b1 ...; empty where unrated.
    groups : ndarray of bool, shape (n_items, n_letters)
        Who has which letter.
    level : float
    adjust, kind : str
    """

    items: NDArray[Any]
    letters: NDArray[Any]
    groups: NDArray[np.bool_]
    level: float
    adjust: str
    kind: str
    _rank: NDArray[np.int64]
    _frame_backend: str | None = None
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        freeze(self.items, self.letters, self.groups, self._rank)

    def __repr__(self) -> str:
        return (
            f"Letters({len(self.items):,} items, {self.groups.shape[1]:,} letters, "
            f"{100 * self.level:g}%, {self.adjust}, {self.kind})"
        )

    def to_frame(self, library: str | None = None) -> Any:
        """Item, rank and letters as a data frame, best first, unrated items last."""
        order = np.lexsort((self._rank, self._rank == 0))
        columns = {
            "item": self.items[order],
            "rank": self._rank[order],
            "letters": self.letters[order],
        }
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


def letters(
    fit: BradleyTerryFit,
    level: float = 0.95,
    *,
    adjust: Adjust = "max-t",
    kind: Kind = "sandwich",
    draws: int = 10_000,
    seed: int = 0,
) -> Letters:
    """`BradleyTerryFit.letters`."""
    pairs = compare(fit, level=level, adjust=adjust, kind=kind, draws=draws, seed=seed)
    places = np.argsort(-fit.ability, kind="stable")[: int(fit.rated.sum())]
    n = len(places)
    differs = np.zeros((n, n), bool)
    differs[np.triu_indices(n, 1)] = pairs.significant
    columns = letter_groups(differs | differs.T)
    groups = np.zeros((fit.n_items, len(columns)), bool)
    for letter, members in enumerate(columns):
        groups[places[members], letter] = True
    names = np.array([_letter(letter) for letter in range(len(columns))], object)
    text = np.array(["".join(names[row]) for row in groups], object)
    return Letters(
        fit.items,
        text,
        groups,
        pairs.level,
        adjust,
        pairs.kind,
        fit.rank(),
        fit.frame_backend,
        pairs.degrees_of_freedom,
    )


def letter_groups(differs: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of items such that two share one exactly where they do not differ.

    Insert and absorb (Piepho 2004): begin with everybody in one group; for each item, a group that
    has it together with items that differ from it is split into one without it and one without
    them; groups inside others are absorbed. At last, groups of which nothing is new are dropped.
    Groups are in the order of their first members, then of their last.
    """
    n = len(differs)
    # Sets of items as the bits of whole numbers.
    apart = [sum(1 << other for other in np.flatnonzero(row).tolist()) for row in differs]
    groups = {(1 << n) - 1} if n else set()
    for item in range(n):
        own = 1 << item
        split = [group for group in groups if group & own and group & apart[item]]
        if not split:
            continue
        groups.difference_update(split)
        _absorb(groups, [group & ~apart[item] for group in split])
        _absorb(groups, [group & ~own for group in split])
        if len(groups) > MOST_GROUPS:
            raise InputError(
                f"the letter display needs more than {MOST_GROUPS:,} letters, because standard "
                "errors differ widely; use tiers, or leave out items with few comparisons"
            )
    kept = _sweep(sorted(groups, key=lambda group: _ends(group)), n)
    return [[item for item in range(n) if group >> item & 1] for group in kept]


def _ends(group: int) -> tuple[int, int]:
    return (group & -group).bit_length(), group.bit_length()


def _absorb(groups: set[int], new: list[int]) -> None:
    """Adds groups that are not inside another."""
    for candidate in sorted(set(new), key=int.bit_count, reverse=True):
        if not any(candidate & group == candidate for group in groups):
            groups.add(candidate)


def _sweep(groups: list[int], n: int) -> list[int]:
    """Drops groups all of whose pairs, and members, other groups have as well."""
    members = np.zeros((len(groups), n), np.int64)
    for place, group in enumerate(groups):
        members[place] = [group >> item & 1 for item in range(n)]
    together = members.T @ members
    kept = []
    for place in np.argsort(members.sum(axis=1), kind="stable").tolist():
        inside = np.flatnonzero(members[place])
        if (together[np.ix_(inside, inside)] > 1).all():
            together[np.ix_(inside, inside)] -= 1
        else:
            kept.append(place)
    return [groups[place] for place in sorted(kept)]


def _letter(place: int) -> str:
    round_, letter = divmod(place, len(ascii_lowercase))
    return ascii_lowercase[letter] + (str(round_) if round_ else "")
