"""The options of `zermelo bracket` that make a design: which go together, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..tournament.designs import Design
from ..tournament.double_elimination import DoubleElimination
from ..tournament.draws import best_draw
from ..tournament.groups import GroupsThenKnockout
from ..tournament.leagues import RoundRobin
from ..tournament.single_elimination import SingleElimination
from ..tournament.swiss import Swiss
from .entrants import Entrants
from .options import in_options
from .progress import stage

MOST_SEED = 2**64 - 1


class Kind(StrEnum):
    single = "single"
    double = "double"
    round_robin = "round-robin"
    swiss = "swiss"
    groups = "groups"


class Draw(StrEnum):
    standard = "standard"
    random = "random"
    listed = "listed"
    best = "best"


class Pairing(StrEnum):
    slide = "slide"
    fold = "fold"
    random = "random"


class Objective(StrEnum):
    favourite = "favourite"
    final = "final"
    fairness = "fairness"


# Which designs an option is for.
USED_BY: Mapping[str, tuple[Kind, ...]] = {
    "draw": (Kind.single, Kind.double),
    "objective": (Kind.single,),
    "best_of": (Kind.single, Kind.double, Kind.groups),
    "venue": (Kind.single,),
    "home": (Kind.single, Kind.round_robin),
    "third_place": (Kind.single, Kind.groups),
    "reseed": (Kind.single,),
    "rounds": (Kind.swiss,),
    "pairing": (Kind.swiss,),
    "groups": (Kind.groups,),
    "advance": (Kind.groups,),
    "best_thirds": (Kind.groups,),
    "cycles": (Kind.round_robin, Kind.groups),
}


def check_options(
    kind: Kind, options: Mapping[str, Any], results: Path | None, seed_by_rating: bool
) -> None:
    """Raises for options that do not go together."""
    for name in options:
        if kind not in USED_BY[name]:
            known = " or ".join(USED_BY[name])
            raise InputError(f"--{name.replace('_', '-')} is for --design {known}, not for {kind}")
    draw = options.get("draw")
    if draw is Draw.best and kind is not Kind.single:
        raise InputError("--draw best is for --design single")
    if "objective" in options and draw is not Draw.best:
        raise InputError("--objective is for --draw best")
    if draw is Draw.listed and seed_by_rating:
        raise InputError(
            "--draw listed has the rows from the bracket's top to its bottom, which "
            "--seed-by-rating would sort; give one of them"
        )
    if results is not None and draw in (Draw.random, Draw.best):
        raise InputError(
            f"--results belong to a draw that was made: --draw {draw} does not have it; list the "
            "items from the bracket's top to its bottom and use --draw listed"
        )


def make_design(kind: Kind, entrants: Entrants, options: Mapping[str, Any], seed: int) -> Design:
    n = len(entrants)
    given = {
        name: value
        for name, value in options.items()
        if name not in ("draw", "objective", "best_of", "home", "rounds", "groups")
    }
    if "best_of" in options:
        given["best_of"] = read_best_of(options["best_of"])
    if "home" in options:
        given["home_advantage"] = options["home"]
    draw = options.get("draw", Draw.standard)
    if draw is Draw.random:
        given["seeding"] = "random"
    elif draw is Draw.listed:
        given["seeding"] = list(range(n))
    try:
        if kind is Kind.single:
            design = SingleElimination(n, **given)
            if draw is Draw.best:
                return draw_best(design, entrants, options.get("objective"), seed)
            return design
        if kind is Kind.double:
            return DoubleElimination(n, **given)
        if kind is Kind.round_robin:
            return RoundRobin(n, **given)
        if kind is Kind.swiss:
            return Swiss(n, options.get("rounds", usual_rounds(n)), **given)
        return GroupsThenKnockout(n, options.get("groups", usual_groups(n)), **given)
    except InputError as error:
        raise InputError(named_by_option(str(error))) from error


def usual_rounds(n: int) -> int:
    """So many rounds of Swiss leave one item at most that won all its games."""
    return max(1, min((n - 1).bit_length(), n // 2))


def usual_groups(n: int) -> int:
    """So many groups have about four items each."""
    return max(2, n // 4)


def draw_best(
    design: SingleElimination, entrants: Entrants, objective: Objective | None, seed: int
) -> SingleElimination:
    with stage("searching the best draw"):
        found = best_draw(
            design,
            entrants.strength,
            (objective or Objective.favourite).value,
            scale=entrants.scale,
            seed=seed,
        )
    return found.design


def read_best_of(text: str) -> int | list[int]:
    try:
        games = [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"--best-of must be a number of games, or one a round such as 1,1,3,5, but is {text!r}"
        ) from None
    return games[0] if len(games) == 1 else games


def named_by_option(message: str) -> str:
    """A message about an argument of a design, about the option instead."""
    for name in sorted({*USED_BY, "home_advantage"}, key=len, reverse=True):
        if message.startswith((f"{name} ", f"{name}[")):
            option = "home" if name == "home_advantage" else name.replace("_", "-")
            return f"--{option}{message[len(name) :]}"
    return in_options(message)
