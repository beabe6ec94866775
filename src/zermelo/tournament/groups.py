"""Groups in which everybody meets, then a knock-out of their best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from ..checks import flag, shortened, whole
from ..errors import InputError
from .designs import (
    Design,
    breaker_codes,
    check_each_once,
    read_best_of,
    read_n,
    read_permutation,
    read_points,
    read_sequence,
    read_tie_breakers,
    series_of_rounds,
)
from .knockout import knock_out
from .leagues import circle, n_rounds_of_circle
from .program import COPY, Band, Builder, Program, Series
from .seeding import check_third_place, flattened, n_rounds_of
from .slots_of_groups import default_slots, group_name


@dataclass(frozen=True, repr=False)
class GroupsThenKnockout(Design):
    """Groups in which everybody meets, for points; then a knock-out of the best of each.

    Parameters
    ----------
    n : int
        How many items; item 0 is the first seed.
    groups : int, or list of lists of int
        How many groups: seeds go to groups A, B, C, ... and back again (a snake), so that group
        sizes differ by one at most. A list: the items of each group.
    advance : int, default 2
        How many of each group go on to the knock-out.
    best_thirds : int, default 0
        How many of those next in their groups (the thirds, where two advance) go on as well,
        ranked over the groups as within them; the groups must be of one size.
    slots : list, optional
        The bracket of the knock-out as of `SingleElimination.from_slots`, of names: "A1" is the
        winner of group A, "B2" the second of group B, "T1" the best third. None: winners of groups
        are the first seeds in the order of their groups, then come the seconds and so on, then
        the thirds, in a standard bracket with byes for the first; the groups of the seconds, and of
        all that follow, are then exchanged among themselves such that items of one group meet again
        as late as possible, and not in the first round (but thirds may, whose groups nobody knows
        beforehand).
    cycles : int, default 1
        How often each pair of a group meets.
    points : (win, draw, loss), default (3, 1, 0)
        Whole numbers, 0 for a loss.
    tie_breakers : list of str
        What decides between equal points, as of `RoundRobin`.
    best_of : odd int, or list of one a round of the knock-out, default 1
        Games of a series in the knock-out, where a drawn game is decided by win / (win + loss).
    third_place : bool, default False
        Whether the losers of the semi-finals play for the third place, in the last round.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    The matches of all groups, g (g - 1) / 2 a cycle in a group of g, and one less than go on to the
    knock-out, one more with a third place. All groups play their rounds at once.

    Examples
    --------
    >>> import zermelo as zm
    >>> cup = zm.GroupsThenKnockout(32, 8, third_place=True)
    >>> cup.n_rounds, cup.n_matches
    (7, 64)
    >>> zm.GroupsThenKnockout(8, 2).bracket
    ('A1', 'B2', 'B1', 'A2')
    >>> cup.members[0]
    (0, 15, 16, 31)
    """

    n: int
    groups: int | Sequence[Sequence[int]]
    _: KW_ONLY
    advance: int = 2
    best_thirds: int = 0
    slots: Sequence[Any] | None = None
    cycles: int = 1
    points: Sequence[int] = (3, 1, 0)
    tie_breakers: Sequence[str] = ("head-to-head", "wins", "random")
    best_of: int | Sequence[int] = 1
    third_place: bool = False

    def __post_init__(self) -> None:
        n = read_n(self.n)
        self._set(
            n=n,
            groups=_read_groups(self.groups, n),
            advance=whole("advance", self.advance, 1, "a whole number of at least 1"),
            best_thirds=whole("best_thirds", self.best_thirds, 0, "a whole number of at least 0"),
            cycles=whole("cycles", self.cycles, 1, "a whole number of at least 1"),
            points=read_points(self.points),
            tie_breakers=read_tie_breakers(self.tie_breakers),
            third_place=flag("third_place", self.third_place),
        )
        self._check_sizes()
        if self.slots is not None:
            self._set(slots=_frozen(self.slots))
            named = [name for name in flattened(self.slots) if name is not None]
            for name in named:
                if name not in self._qualifiers():
                    names = ", ".join(self._qualifiers())
                    raise InputError(f"slots names {name!r}, but who goes on are {names}")
            check_each_once("slots", named, self._qualifiers())
        self._set(best_of=read_best_of(self.best_of, n_rounds_of(len(self.bracket))))
        if self.third_place:
            check_third_place(self.bracket)

    def _check_sizes(self) -> None:
        sizes = [len(group) for group in self.members]
        smallest = min(sizes)
        name = group_name(sizes.index(smallest))
        if self.advance > smallest:
            raise InputError(
                f"advance is {self.advance}, but group {name} has {smallest} items; use fewer "
                "groups or a smaller advance"
            )
        if self.best_thirds > len(sizes):
            raise InputError(
                f"best_thirds is {self.best_thirds}, but there are {len(sizes)} groups with one "
                "each"
            )
        if self.best_thirds and smallest != max(sizes):
            raise InputError(
                f"best_thirds compares points over the groups, but group {name} has {smallest} "
                f"items and another {max(sizes)}; use groups of one size"
            )
        if self.best_thirds and self.advance == smallest:
            raise InputError(
                f"best_thirds is {self.best_thirds}, but all {smallest} of each group advance"
            )
        if len(self._qualifiers()) < 2:
            raise InputError("the knock-out needs at least 2 items; use more groups or advance")

    @property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """The items of each group, group A first."""
        if not isinstance(self.groups, int):
            return self.groups  # type: ignore[return-value]
        drawn: list[list[int]] = [[] for _ in range(self.groups)]
        for item in range(self.n):
            row, column = divmod(item, self.groups)
            drawn[self.groups - 1 - column if row % 2 else column].append(item)
        return tuple(map(tuple, drawn))

    @property
    def bracket(self) -> tuple[str | None, ...]:
        """Who begins where in the knock-out, slot by slot from top to bottom; None is a bye."""
        if self.slots is None:
            return default_slots(len(self.members), self.advance, self.best_thirds)
        return tuple(flattened(self.slots))

    def _qualifiers(self) -> list[str]:
        names = [
            f"{group_name(group)}{place}"
            for place in range(1, self.advance + 1)
            for group in range(len(self.members))
        ]
        return names + [f"T{rank}" for rank in range(1, self.best_thirds + 1)]

    @property
    def n_group_rounds(self) -> int:
        """Rounds of the groups: cycles (g - 1) for the largest, or cycles g where g is odd."""
        return self.cycles * max(n_rounds_of_circle(len(group)) for group in self.members)

    @property
    def n_rounds(self) -> int:
        """Rounds of the groups and of the knock-out."""
        return self.n_group_rounds + n_rounds_of(len(self.bracket))

    @property
    def n_matches(self) -> int:
        """Those of the groups and of the knock-out."""
        in_groups = sum(len(group) * (len(group) - 1) // 2 for group in self.members)
        return self.cycles * in_groups + len(self._qualifiers()) - 1 + self.third_place

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        self._play_groups(builder)
        registers = self._rank_groups(builder)
        bracket = self.bracket
        knock_out(
            builder,
            [None if name is None else registers[name] for name in bracket],
            series_of_rounds(n_rounds_of(len(bracket)), self.best_of),
            after=self.n_group_rounds,
            third_place=self.third_place,
        )
        win, draw, _ = self.points
        return builder.program(self.n_rounds, win_points=win, draw_points=draw)

    def _play_groups(self, builder: Builder) -> None:
        schedules = [(group, circle(len(group), self.cycles)) for group in self.members]
        for round in range(self.n_group_rounds):
            for group, schedule in schedules:
                for a, b in schedule[round] if round < len(schedule) else ():
                    builder.game(group[a], group[b], Series(decisive=False), round + 1)

    def _rank_groups(self, builder: Builder) -> dict[str, int]:
        """Ranks the groups, sends home who is out, and tells where the others are by name."""
        breakers = breaker_codes(self.tie_breakers)
        tables = []
        for group in self.members:
            first = _together(builder, group)
            ranked = builder.rank(first, len(group), breakers)
            tables.append(range(ranked, ranked + len(group)))
        registers = {
            f"{group_name(group)}{place + 1}": table[place]
            for group, table in enumerate(tables)
            for place in range(self.advance)
        }
        left = self.n
        for place in reversed(range(self.advance, max(map(len, tables)))):
            out = [table[place] for table in tables if place < len(table)]
            if place == self.advance and self.best_thirds:
                thirds = builder.rank(_together(builder, out), len(out), breakers)
                for rank in range(self.best_thirds):
                    registers[f"T{rank + 1}"] = thirds + rank
                out = list(range(thirds + self.best_thirds, thirds + len(out)))
            band = Band(left - len(out) + 1, left, self.n_group_rounds - 1)
            for register in out:
                builder.exit(register, band)
            left -= len(out)
        return registers


def _together(builder: Builder, registers: Sequence[int]) -> int:
    """The first of new registers side by side with the items of these."""
    first = builder.registers(len(registers))
    for place, register in enumerate(registers):
        builder.add(COPY, register, first + place)
    return first


def _read_groups(groups: Any, n: int) -> int | tuple[tuple[int, ...], ...]:
    if isinstance(groups, (int, np.integer)) or not hasattr(groups, "__len__"):
        count = whole("groups", groups, 2, "a whole number of at least 2, or a list of groups")
        if n < 2 * count:
            raise InputError(
                f"groups is {count}, but {n} items fill at most {n // 2} groups of at least 2"
            )
        return count
    given = [
        read_sequence(f"groups[{place}]", group, "a list of items")
        for place, group in enumerate(read_sequence("groups", groups, "a number or a list"))
    ]
    if len(given) < 2:
        raise InputError(f"groups must be at least 2, but are {len(given)}; see RoundRobin for one")
    for place, group in enumerate(given):
        if len(group) < 2:
            raise InputError(
                f"groups[{place}] must hold at least 2 items, but is {shortened(group)}"
            )
    order = read_permutation("groups", [item for group in given for item in group], n)
    ends = np.cumsum([len(group) for group in given]).tolist()
    return tuple(order[end - len(group) : end] for group, end in zip(given, ends, strict=True))


def _frozen(slots: Any) -> Any:
    """Lists as tuples, so that a design can be compared and hashed."""
    return tuple(map(_frozen, slots)) if isinstance(slots, (list, tuple)) else slots
