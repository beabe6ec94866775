"""Designs of tournaments: programs that are well formed, counts of matches, bad input."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tournament_chance import drawn
from tournament_oracle import check_played, check_program, exact, play

import zermelo as zm
from zermelo.errors import InputError
from zermelo.tournament.designs import Design


@st.composite
def designs(draw: Any) -> Design:
    n = draw(st.integers(2, 24))
    seeding = draw(st.sampled_from(["standard", "random"]) | st.permutations(range(n)))
    kind = draw(st.sampled_from(["single", "double", "robin", "swiss", "groups", "one", "pairs"]))
    third = draw(st.booleans())
    if kind == "single":
        reseed = seeding == "standard" and draw(st.booleans())
        return zm.SingleElimination(n, seeding=seeding, third_place=third and n > 3, reseed=reseed)
    if kind == "double":
        return zm.DoubleElimination(n, reset=third, seeding=seeding)
    breakers = draw(st.permutations(["wins", "buchholz", "sonneborn-berger", "head-to-head"]))
    breakers = [*breakers[: draw(st.integers(0, 4))], *draw(st.sampled_from([[], ["random"]]))]
    if kind == "robin":
        return zm.RoundRobin(n, cycles=1 + third, tie_breakers=breakers)
    if kind == "swiss":
        pairing = draw(st.sampled_from(["slide", "fold", "random"]))
        rounds = draw(st.integers(1, n // 2))
        return zm.Swiss(n, rounds, pairing=pairing, tie_breakers=breakers)
    if kind == "one":
        return zm.Anchored(n, draw(st.integers(0, n - 1)))
    if kind == "pairs":
        return zm.RandomPairs(n, draw(st.integers(1, 40)))
    n = max(n, 4)
    groups = draw(st.integers(2, n // 2))
    advance = draw(st.integers(1, n // groups))
    room = n % groups == 0 and advance < n // groups
    thirds = draw(st.integers(0, groups)) if room else 0
    return zm.GroupsThenKnockout(
        n,
        groups,
        advance=advance,
        best_thirds=thirds,
        third_place=third and groups * advance + thirds > 3,
        tie_breakers=breakers,
    )


@settings(max_examples=150, deadline=None)
@given(designs(), st.integers(0, 2**32), st.booleans())
def test_programs_are_well_formed_and_play_as_many_matches_as_they_say(
    design: Design, seed: int, flips: bool
) -> None:
    program = design.program()
    check_program(program)
    assert (program.n_items, program.n_rounds) == (design.n, design.n_rounds)
    assert program.most_matches == design.n_matches
    for replicate in range(3):
        played = play(program, drawn(program, replicate, seed, flips=flips))
        check_played(program, played)
        if not getattr(design, "reset", False):
            assert played.n_matches == design.n_matches


@settings(max_examples=50, deadline=None)
@given(designs())
def test_designs_are_values(design: Design) -> None:
    assert pickle.loads(pickle.dumps(design)) == design
    assert hash(dataclasses.replace(design)) == hash(design)
    name = type(design).__name__
    assert eval(repr(design), {name: type(design)}) == design
    assert (design.program().code == design.program().code).all()


@pytest.mark.parametrize(
    ("design", "matches", "rounds"),
    [
        (zm.SingleElimination(64), 63, 6),
        (zm.SingleElimination(65, third_place=True), 65, 7),
        (zm.DoubleElimination(64), 127, 12),
        (zm.DoubleElimination(2, reset=False), 2, 2),
        (zm.RoundRobin(20), 190, 19),
        (zm.RoundRobin(5, cycles=2), 20, 10),
        (zm.Swiss(64, 9), 288, 9),
        (zm.Swiss(7, 3), 9, 3),
        (zm.GroupsThenKnockout(32, 8, third_place=True), 64, 7),
        (zm.GroupsThenKnockout(24, 6, best_thirds=4), 51, 7),
        (zm.GroupsThenKnockout(48, 12, best_thirds=8, third_place=True), 104, 8),
        (zm.Anchored(20, 3), 19, 1),
        (zm.RandomPairs(20, 300), 300, 1),
    ],
)
def test_counts_of_well_known_designs(design: Design, matches: int, rounds: int) -> None:
    assert (design.n_matches, design.n_rounds) == (matches, rounds)


def test_items_that_always_win_end_where_they_belong() -> None:
    # The better seed always wins: the exact probabilities are certainties.
    certain = [[float(i < j) for j in range(6)] for i in range(6)]
    for design in (
        zm.SingleElimination(6),
        zm.SingleElimination(6, reseed=True),
        zm.DoubleElimination(6),
        zm.RoundRobin(6),
        zm.GroupsThenKnockout(6, 2),
        zm.Swiss(6, 3, tie_breakers=["wins"]),
    ):
        program = design.program()
        found = exact(program, [certain] * len(program.series))
        assert found.champion == pytest.approx([1, 0, 0, 0, 0, 0])
        assert [row[0] for row in found.reach] == [1] * 6
        assert [row[-1] for row in found.reach] == found.champion


def test_reprs_show_what_differs_from_the_defaults() -> None:
    assert repr(zm.SingleElimination(8)) == "SingleElimination(8)"
    assert repr(zm.Swiss(8, 3, pairing="fold")) == "Swiss(8, 3, pairing='fold')"
    series = zm.SingleElimination(4, best_of=[1, 3], venue=[None, "HAN"], home_advantage=0.5)
    assert repr(series) == (
        "SingleElimination(4, best_of=(1, 3), venue=(None, 'HAN'), home_advantage=0.5)"
    )
    assert repr(zm.SingleElimination.from_slots([0, 1])) == (
        "SingleElimination(2, seeding=Placement(2 items, 1 rounds))"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: zm.SingleElimination(1), "n must be a whole number of at least 2, but is 1"),
        (lambda: zm.SingleElimination(2.0), "n must be a whole number"),
        (lambda: zm.SingleElimination(True), "n must be a whole number"),
        (lambda: zm.SingleElimination(4, seeding="best"), "seeding must be 'standard', 'random'"),
        (lambda: zm.SingleElimination(4, seeding=5), "seeding must be 'standard', 'random'"),
        (lambda: zm.SingleElimination(4, seeding=[0, 1, 2]), "each of the 4 items once, but has 3"),
        (lambda: zm.SingleElimination(3, seeding=[0, 1, 1]), "seeding .* but has 1 twice"),
        (lambda: zm.SingleElimination(3, seeding=[0, 1, 3]), r"seeding\[2\] is 3"),
        (lambda: zm.SingleElimination(3, seeding=[0, 1, -1]), r"seeding\[2\] must be an item's"),
        (lambda: zm.SingleElimination(3, seeding=[0, 1, "x"]), r"seeding\[2\] must be an item's"),
        (lambda: zm.SingleElimination(4, best_of=4), "best_of must be odd.* but is 4"),
        (lambda: zm.SingleElimination(4, best_of=0), "best_of must be an odd whole number"),
        (lambda: zm.SingleElimination(4, best_of=1001), "from 1 to 999, but is 1001"),
        (lambda: zm.SingleElimination(4, best_of=[1, 2]), r"best_of\[1\] must be odd"),
        (lambda: zm.SingleElimination(8, best_of=[1, 3]), "each of 3 rounds, but has 2"),
        (lambda: zm.SingleElimination(4, best_of="7"), "best_of must be an odd number"),
        (lambda: zm.SingleElimination(4, venue="HA"), "each of the 1 games of round 1, but 'HA'"),
        (lambda: zm.SingleElimination(4, venue="X"), "letters H .* but is 'X'"),
        (lambda: zm.SingleElimination(4, venue=3), "venue must be letters"),
        (lambda: zm.SingleElimination(4, venue=["H"]), "each of 2 rounds, but has 1"),
        (lambda: zm.SingleElimination(4, venue=["H", "HH"]), r"venue\[1\] must have a letter"),
        (lambda: zm.SingleElimination(4, venue=["H", 1]), r"venue\[1\] must consist of"),
        (lambda: zm.SingleElimination(4, best_of=[1, 3], venue="H"), "of the 3 games of round 2"),
        (lambda: zm.SingleElimination(4, home_advantage=1), "home_advantage needs venue"),
        (lambda: zm.SingleElimination(4, home_advantage=np.nan), "home_advantage must be a finite"),
        (lambda: zm.SingleElimination(3, third_place=True), "third_place needs two semi-finals"),
        (lambda: zm.SingleElimination(4, third_place=1), "third_place must be True or False"),
        (lambda: zm.SingleElimination(4, reseed=True, seeding="random"), "reseed pairs the best"),
        (lambda: zm.DoubleElimination(1), "n must be"),
        (lambda: zm.DoubleElimination(4, reset="yes"), "reset must be True or False"),
        (lambda: zm.DoubleElimination(4, best_of=[1, 1]), "each of 4 rounds"),
        (lambda: zm.RoundRobin(4, cycles=0), "cycles must be"),
        (lambda: zm.RoundRobin(4, points=(2, 1)), "points must be whole numbers for a win"),
        (lambda: zm.RoundRobin(4, points=3), "points must be whole numbers for a win"),
        (lambda: zm.RoundRobin(4, points=(1, 0.5, 0)), r"points\[1\] must be a whole number"),
        (lambda: zm.RoundRobin(4, points=(3, 1, 1)), r"points\[2\], those of a loss, must be 0"),
        (lambda: zm.RoundRobin(4, points=(0, 0, 0)), "at least 1 and at most 1000 for a win"),
        (lambda: zm.RoundRobin(4, points=(1, 2, 0)), "not more for a draw"),
        (lambda: zm.RoundRobin(4, tie_breakers=["goals"]), r"tie_breakers\[0\] must be one of"),
        (lambda: zm.RoundRobin(4, tie_breakers="wins"), "tie_breakers must be a list of"),
        (lambda: zm.RoundRobin(4, tie_breakers=["wins", "wins"]), "tie_breakers has 'wins' twice"),
        (lambda: zm.RoundRobin(4, tie_breakers=["random", "wins"]), "put 'random' last"),
        (lambda: zm.RoundRobin(4, home_advantage=np.inf), "home_advantage must be a finite"),
        (lambda: zm.Swiss(8, 5), "rounds is 5, but 8 items can play at most 4"),
        (lambda: zm.Swiss(9, 5), "at most 4"),
        (lambda: zm.Swiss(8, 0), "rounds must be"),
        (lambda: zm.Swiss(8, 3, pairing="monrad"), "pairing must be one of 'slide', 'fold'"),
        (lambda: zm.Anchored(4, 4), "anchor is 4, but the items are numbered from 0 to 3"),
        (lambda: zm.Anchored(4, -1), "anchor must be an item's number"),
        (lambda: zm.RandomPairs(4, 0), "matches must be"),
        (lambda: zm.GroupsThenKnockout(4, 5), "groups is 5, but 4 items fill at most 2"),
        (lambda: zm.GroupsThenKnockout(4, 1), "groups must be a whole number of at least 2"),
        (lambda: zm.GroupsThenKnockout(4, "AB"), r"groups must be a number or a list"),
        (lambda: zm.GroupsThenKnockout(4, [[0, 1, 2, 3]]), "groups must be at least 2"),
        (lambda: zm.GroupsThenKnockout(4, [[0, 1, 2], [3]]), r"groups\[1\] must hold at least 2"),
        (lambda: zm.GroupsThenKnockout(4, [[0, 1], [1, 2]]), "but has 1 twice"),
        (lambda: zm.GroupsThenKnockout(5, [[0, 1], [3, 2]]), "but 4 is missing"),
        (lambda: zm.GroupsThenKnockout(4, [[0, 1], 2]), r"groups\[1\] must be a list of items"),
        (lambda: zm.GroupsThenKnockout(9, 4, advance=3), "advance is 3, but group B has 2 items"),
        (lambda: zm.GroupsThenKnockout(8, 2, best_thirds=3), "but there are 2 groups"),
        (lambda: zm.GroupsThenKnockout(9, 2, best_thirds=1), "use groups of one size"),
        (lambda: zm.GroupsThenKnockout(4, 2, best_thirds=1), "all 2 of each group advance"),
        (lambda: zm.GroupsThenKnockout(8, 2, slots=["A1", "B1"]), "but 'A2' is missing"),
        (lambda: zm.GroupsThenKnockout(8, 2, slots=["A1", "C1"]), "slots names 'C1', but who goes"),
        (lambda: zm.GroupsThenKnockout(8, 2, slots=["A1", "B2", "A1", "B1"]), "has 'A1' twice"),
        (lambda: zm.GroupsThenKnockout(8, 2, slots=["A1", "B2", "A2"]), "a power of two"),
        (lambda: zm.GroupsThenKnockout(8, 2, best_of=[1, 1, 1]), "each of 2 rounds"),
        (
            lambda: zm.GroupsThenKnockout(4, 2, advance=1, third_place=True),
            "third_place needs two semi-finals",
        ),
    ],
)
def test_bad_input_is_refused_by_name(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
