"""What all designs of tournaments share: their protocol, and the checks of their options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from ..checks import choice, finite, shortened, whole
from ..errors import InputError
from .program import (
    BUCHHOLZ,
    HEAD_TO_HEAD,
    SONNEBORN_BERGER,
    WINS,
    Band,
    Builder,
    Program,
    Series,
)

TIE_BREAKERS = {
    "wins": WINS,
    "buchholz": BUCHHOLZ,
    "sonneborn-berger": SONNEBORN_BERGER,
    "head-to-head": HEAD_TO_HEAD,
}
# Sums of points of opponents' opponents stay far below what 32 bits hold.
MOST_POINTS = 1000
LONGEST_SERIES = 999


class Design(ABC):
    """Who plays whom, and who ends where: a new design is one frozen dataclass with these.

    Items are numbered from 0, in the order of their seeds: item 0 is the first seed. A design
    never reads abilities.
    """

    n: int

    @property
    @abstractmethod
    def n_rounds(self) -> int:
        """How many rounds are played; the results have a column of `reach` more."""

    @property
    @abstractmethod
    def n_matches(self) -> int:
        """How many matches are played, at most where it varies; a series counts once."""

    @abstractmethod
    def program(self) -> Program:
        """What the simulation runs."""

    @property
    def items(self) -> tuple[Any, ...] | None:
        """The items' labels, the first seed first, where the design was given any."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._options())})"

    def _options(self) -> list[str]:
        """The fields that are not as they are by default."""
        given = []
        for option in fields(self):  # type: ignore[arg-type]
            value = getattr(self, option.name)
            if option.default is MISSING or value != option.default:
                given.append(f"{option.name}={value!r}" if option.kw_only else repr(value))
        return given

    def _set(self, **checked: Any) -> None:
        """Replaces fields by what the checks made of them."""
        for name, value in checked.items():
            object.__setattr__(self, name, value)


def read_n(n: Any) -> int:
    return whole("n", n, 2, "a whole number of at least 2")


def read_sequence(argument: str, values: Any, what: str) -> list[Any]:
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return list(values.tolist())
    if isinstance(values, (list, tuple, range)):
        return list(values)
    raise InputError(f"{argument} must be {what}, but is {shortened(values)}")


def read_permutation(argument: str, values: Sequence[Any], n: int) -> tuple[int, ...]:
    """The numbers 0 to n - 1, each once, in any order."""
    order = []
    for place, value in enumerate(values):
        item = whole(f"{argument}[{place}]", value, 0, f"an item's number from 0 to {n - 1}")
        if item >= n:
            raise InputError(
                f"{argument}[{place}] is {item}, but the items are numbered from 0 to {n - 1}"
            )
        order.append(item)
    check_each_once(argument, order, range(n))
    return tuple(order)


def check_each_once(argument: str, values: Sequence[Any], expected: Sequence[Any]) -> None:
    """Names what `values` repeats or lacks of `expected`."""
    seen = set()
    for value in values:
        if value in seen:
            raise InputError(f"{argument} must name everybody once, but has {value!r} twice")
        seen.add(value)
    missing = next((value for value in expected if value not in seen), None)
    if missing is not None:
        raise InputError(f"{argument} must name everybody once, but {missing!r} is missing")


def read_best_of(best_of: Any, n_rounds: int) -> int | tuple[int, ...]:
    if isinstance(best_of, (int, np.integer)) or not hasattr(best_of, "__len__"):
        return _odd("best_of", best_of)
    games = read_sequence("best_of", best_of, "an odd number, or one for each round")
    _check_rounds("best_of", games, n_rounds)
    return tuple(_odd(f"best_of[{place}]", value) for place, value in enumerate(games))


def read_venue(
    venue: Any, best_of: int | tuple[int, ...], n_rounds: int
) -> str | tuple[str | None, ...] | None:
    """Where games are played, all rounds alike or one a round; lengths are those of the series."""
    lengths = (best_of,) * n_rounds if isinstance(best_of, int) else best_of
    if venue is None:
        return None
    if isinstance(venue, str):
        for round, length in enumerate(lengths):
            _check_venue("venue", venue, length, round)
        return venue
    rounds = read_sequence("venue", venue, "letters such as 'HHAAHAH', or a list of one a round")
    _check_rounds("venue", rounds, n_rounds)
    for round, (letters, length) in enumerate(zip(rounds, lengths, strict=True)):
        if letters is not None:
            _check_venue(f"venue[{round}]", letters, length, round)
    return tuple(rounds)


def read_home_advantage(home_advantage: Any, venue: Any = ()) -> float:
    advantage = finite("home_advantage", home_advantage)
    if advantage != 0 and venue is None:
        raise InputError(
            "home_advantage needs venue, which says where each game is played, such as "
            "venue='HHAAHAH' for the best of seven"
        )
    return advantage


def series_of_rounds(
    n_rounds: int,
    best_of: int | Sequence[int],
    venue: str | Sequence[str | None] | None = None,
    home_advantage: float = 0.0,
) -> list[Series]:
    """What a match of each round consists of."""
    games = [best_of] * n_rounds if isinstance(best_of, int) else best_of
    places = [venue] * n_rounds if venue is None or isinstance(venue, str) else venue
    return [
        Series(count, letters, home_advantage=0.0 if letters is None else home_advantage)
        for count, letters in zip(games, places, strict=True)
    ]


def read_points(points: Any) -> tuple[int, int, int]:
    rule = "whole numbers for a win, a draw and a loss, such as (3, 1, 0)"
    values = read_sequence("points", points, rule)
    if len(values) != 3:
        raise InputError(f"points must be {rule}, but are {shortened(points)}")
    win, draw, loss = (
        whole(f"points[{place}]", value, 0, f"a whole number from 0 to {MOST_POINTS}")
        for place, value in enumerate(values)
    )
    if loss != 0:
        raise InputError(f"points[2], those of a loss, must be 0, but are {loss}")
    if not 0 < win <= MOST_POINTS or draw > win:
        raise InputError(
            f"points must be at least 1 and at most {MOST_POINTS} for a win and not more for a "
            f"draw, but are {shortened(points)}"
        )
    return win, draw, loss


def read_tie_breakers(tie_breakers: Any) -> tuple[str, ...]:
    known = (*TIE_BREAKERS, "random")
    names = read_sequence("tie_breakers", tie_breakers, f"a list of {', '.join(known)}")
    for place, name in enumerate(names):
        choice(f"tie_breakers[{place}]", name, known)
        if name in names[:place]:
            raise InputError(f"tie_breakers has {name!r} twice")
        if name == "random" and place < len(names) - 1:
            raise InputError(
                f"'random' decides everything, so that tie_breakers[{place + 1}], "
                f"{names[place + 1]!r}, would decide nothing; put 'random' last or leave it out"
            )
    return tuple(names)


def breaker_codes(tie_breakers: Sequence[str]) -> list[int]:
    """The programs' numbers; the lot always decides in the end."""
    return [TIE_BREAKERS[name] for name in tie_breakers if name != "random"]


def exit_in_order(builder: Builder, first: int, n_rounds: int) -> None:
    """Gives every item a place of its own: registers from `first` on are ranked."""
    for place in range(builder.n_items):
        survived = n_rounds if place == 0 else n_rounds - 1
        builder.exit(first + place, Band(place + 1, place + 1, survived))


def _odd(argument: str, value: Any) -> int:
    rule = f"an odd whole number from 1 to {LONGEST_SERIES}"
    games = whole(argument, value, 1, rule)
    if games % 2 == 0:
        raise InputError(f"{argument} must be odd, so that somebody wins, but is {games}")
    if games > LONGEST_SERIES:
        raise InputError(f"{argument} must be {rule}, but is {games}")
    return games


def _check_rounds(argument: str, values: list[Any], n_rounds: int) -> None:
    if len(values) != n_rounds:
        raise InputError(
            f"{argument} must be one for all rounds, or one for each of {n_rounds} rounds, but has "
            f"{len(values)}"
        )


def _check_venue(argument: str, letters: Any, length: int, round: int) -> None:
    rule = "letters H (at home with the better seed), A (with the other) and N (neutral)"
    if not isinstance(letters, str) or set(letters) - set("HAN"):
        raise InputError(f"{argument} must consist of {rule}, but is {shortened(letters)}")
    if len(letters) != length:
        raise InputError(
            f"{argument} must have a letter for each of the {length} games of round {round + 1}, "
            f"but {letters!r} has {len(letters)}"
        )
