"""Single elimination: who loses is out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from ..checks import flag
from ..errors import InputError
from .designs import (
    Design,
    read_best_of,
    read_home_advantage,
    read_n,
    read_venue,
    series_of_rounds,
)
from .knockout import knock_out
from .program import SHUFFLE, Builder, Program
from .seeding import (
    Placement,
    Slots,
    check_third_place,
    n_rounds_of,
    read_seeding,
    read_slots,
    seeded_slots,
)


@dataclass(frozen=True, repr=False)
class SingleElimination(Design):
    """Single elimination, the knock-out: who loses is out, the last one standing is the champion.

    Parameters
    ----------
    n : int
        How many items; item 0 is the first seed.
    seeding : "standard", "random" or list of int, default "standard"
        "standard": the first seed meets the last, and the best seeds meet as late as they can (1
        against 16, 8 against 9, ...); where n is no power of two the best seeds have byes.
        "random": shuffled in every replicate, then halved again and again, so that the smaller
        half has the byes. A list: the items from the top of the bracket to its bottom, halved in
        the same way. For byes or play-ins of your own see `from_slots`.
    best_of : odd int, or list of one a round, default 1
        Games of a series; who wins most of them goes on.
    venue : str, or list of one a round, optional
        Where the games of a series are played: H at home with the better seed, A with the other, N
        on neutral ground, such as "HHAAHAH" for the best of seven. None: all on neutral ground.
    home_advantage : float, default 0
        How much stronger an item is at home, in the unit of the strengths.
    third_place : bool, default False
        Whether the losers of the semi-finals play for the third place, in the last round.
    reseed : bool, default False
        Whether after every round the best seed left meets the worst one left, the second best the
        second worst and so on; else the bracket is fixed. Only with the standard seeding.

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    Notes
    -----
    n - 1 matches, one more with a third place. Losers of a round share their places.

    Examples
    --------
    >>> import zermelo as zm
    >>> cup = zm.SingleElimination(12, best_of=[1, 1, 3, 3], third_place=True)
    >>> cup
    SingleElimination(12, best_of=(1, 1, 3, 3), third_place=True)
    >>> cup.n_rounds, cup.n_matches
    (4, 12)
    >>> zm.SingleElimination(6).slots
    (0, None, 3, 4, 1, None, 2, 5)
    """

    n: int
    _: KW_ONLY
    seeding: str | Sequence[int] | Placement = "standard"
    best_of: int | Sequence[int] = 1
    venue: str | Sequence[str | None] | None = None
    home_advantage: float = 0.0
    third_place: bool = False
    reseed: bool = False

    def __post_init__(self) -> None:
        n = read_n(self.n)
        seeding: Any = self.seeding
        if not isinstance(seeding, Placement):
            seeding = read_seeding(seeding, n)
        elif seeding.n != n:
            raise InputError(f"seeding places {seeding.n} items, but n is {n}")
        self._set(n=n, seeding=seeding)
        best_of = read_best_of(self.best_of, self.n_rounds)
        self._set(
            best_of=best_of,
            venue=read_venue(self.venue, best_of, self.n_rounds),
            home_advantage=read_home_advantage(self.home_advantage, self.venue),
            third_place=flag("third_place", self.third_place),
            reseed=flag("reseed", self.reseed),
        )
        if self.third_place:
            check_third_place(self.slots)
        if self.reseed and seeding != "standard":
            raise InputError(
                "reseed pairs the best seed with the worst in every round, the first included: it "
                "needs seeding='standard'"
            )

    @classmethod
    def from_slots(
        cls,
        slots: Sequence[Any],
        *,
        items: Sequence[Any] | None = None,
        best_of: int | Sequence[int] = 1,
        venue: str | Sequence[str | None] | None = None,
        home_advantage: float = 0.0,
        third_place: bool = False,
    ) -> SingleElimination:
        """A bracket as it is drawn, from its top to its bottom.

        Parameters
        ----------
        slots : list
            A power of two of slots: an item, None for a bye, or a pair (a tuple of two items, or
            of pairs again) that plays for the slot beforehand. Items are numbers from 0, or
            labels.
        items : list of labels, optional
            The labels from the first seed to the last. None: labels are numbered as they come.
        best_of, venue, home_advantage, third_place
            As for the class; play-ins are rounds too.

        Examples
        --------
        >>> import zermelo as zm
        >>> zm.SingleElimination.from_slots([0, None, (2, 3), 1]).n_matches
        3
        >>> zm.SingleElimination.from_slots(["Uruguay", "Peru", "Chile", "Brazil"]).items
        ('Uruguay', 'Peru', 'Chile', 'Brazil')
        """
        placement = read_slots(slots, items)
        return cls(
            placement.n,
            seeding=placement,
            best_of=best_of,
            venue=venue,
            home_advantage=home_advantage,
            third_place=third_place,
        )

    @property
    def slots(self) -> Slots:
        """Who begins where, 2 ** n_rounds slots from top to bottom: an item, or None for a bye.

        An item that enters later stands above as many byes as it needs. Of a random seeding: the
        places of the shuffled order.
        """
        if isinstance(self.seeding, Placement):
            return self.seeding.slots
        return seeded_slots(self.seeding, self.n)  # type: ignore[arg-type]

    @property
    def items(self) -> tuple[Any, ...] | None:
        """The labels that `from_slots` was given, the first seed first."""
        return self.seeding.labels if isinstance(self.seeding, Placement) else None

    @property
    def n_rounds(self) -> int:
        """Rounds, those of play-ins included: log2(n) rounded up where there are none."""
        seeding = self.seeding
        return seeding.n_rounds if isinstance(seeding, Placement) else n_rounds_of(self.n)

    @property
    def n_matches(self) -> int:
        """n - 1, and one for the third place."""
        return self.n - 1 + self.third_place

    def program(self) -> Program:
        """What the simulation runs."""
        builder = Builder(self.n)
        if self.seeding == "random":
            builder.add(SHUFFLE, 0, self.n)
        series = series_of_rounds(self.n_rounds, self.best_of, self.venue, self.home_advantage)
        knock_out(builder, self.slots, series, third_place=self.third_place, reseed=self.reseed)
        return builder.program(self.n_rounds)
