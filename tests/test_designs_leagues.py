"""Leagues, Swiss tournaments and groups: schedules, pairings, rankings, who meets whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tournament_chance import DRAW, MIRRORED, WIN, Drawn, Told, drawn
from tournament_oracle import Played, exact, outcomes, play

import zermelo as zm
from zermelo.tournament.leagues import circle
from zermelo.tournament.program import (
    FOLD,
    GAME,
    RANDOM,
    SLIDE,
    SONNEBORN_BERGER,
    SWISS,
    Builder,
    Series,
)

THIRD = Fraction(1, 3)


def even(n: int, tables: int = 1) -> tuple[Any, Any]:
    """Win, draw and loss are equally likely."""
    return ([[[THIRD] * n] * n] * tables,) * 2


def pairs_of(played: Played, round: int | None = None) -> list[tuple[int, ...]]:
    return [
        tuple(sorted(match[1:3]))
        for match in played.matches
        if match is not None and round in (None, match[0])
    ]


def test_the_generator_is_xoshiro128_plus_plus() -> None:
    # The test vector of the crate rand_xoshiro for the state 1, 2, 3, 4.
    chance = Drawn(0, 0, None, None)
    chance.state = [1, 2, 3, 4]
    outputs = [641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732]
    assert [chance.draw() for _ in outputs] == [output >> 1 for output in outputs]


def test_the_two_sorts_of_chance_agree() -> None:
    program = zm.GroupsThenKnockout(4, 2, advance=1).program()
    win = [[[0.5, 0.6, 0.7, 0.4]] * 4, [[0.5, 0.8, 0.3, 0.6]] * 4]
    draw = np.array([[[0.2] * 4] * 4, [[0.0] * 4] * 4])
    first_below = np.rint(np.array(win) * 2**31)
    draw_below = np.rint((np.array(win) + draw) * 2**31)
    n = 4000
    counts = np.zeros((4, len(program.bands)))
    for replicate in range(n):
        played = play(program, Drawn(7, replicate, first_below, draw_below))
        counts[range(4), played.band] += 1
    expected = np.array(exact(program, win, draw).band, float)
    assert (abs(counts / n - expected) <= 6 * np.sqrt(expected * (1 - expected) / n)).all()


@settings(deadline=None)
@given(st.integers(2, 41), st.integers(1, 3))
def test_everybody_meets_everybody_as_often_at_home_as_away(n: int, cycles: int) -> None:
    rounds = circle(n, cycles)
    assert len(rounds) == zm.RoundRobin(n, cycles=cycles).n_rounds
    for games in rounds:
        playing = [item for game in games for item in game]
        assert len(set(playing)) == len(playing) == n - n % 2
    games = [game for games in rounds for game in games]
    met = Counter(frozenset(game) for game in games)
    assert met == {frozenset(pair): cycles for pair in combinations(range(n), 2)}
    ordered = Counter(games)
    assert all(abs(ordered[i, j] - ordered[j, i]) <= 1 for i, j in combinations(range(n), 2))
    surplus = Counter(home for home, _ in games)
    surplus.subtract(away for _, away in games)
    assert max(map(abs, surplus.values())) <= (n % 2 == 0 and cycles % 2)


def test_home_alternates() -> None:
    # de Werra 1981: n - 2 times somebody is at home, or away, twice in a row, and no fewer.
    for n in (4, 8, 20):
        where = dict.fromkeys(range(n), "")
        for games in circle(n):
            for home, away in games:
                where[home] += "H"
                where[away] += "A"
        assert sum(places.count("HH") + places.count("AA") for places in where.values()) == n - 2


def test_home_advantage_of_leagues() -> None:
    assert zm.RoundRobin(4).program().series == (Series(decisive=False),)
    home = zm.RoundRobin(4, home_advantage=60).program().series
    assert home == (Series(decisive=False, at_first=True, home_advantage=60.0),)


def test_points_and_tie_breakers_of_leagues() -> None:
    def ranking(results: dict[tuple[int, int], int], **options: Any) -> list[list[int]]:
        program = zm.RoundRobin(4, **options).program()
        code = program.code.copy()
        for place in np.flatnonzero(code[:, 0] == GAME):
            a, b = code[place, 1:3].tolist()
            code[place, 5] = results[a, b] if (a, b) in results else MIRRORED[results[b, a]]
        program = replace(program, code=code)
        return [played.ranked[0] for _, played in outcomes(program, *even(4))]

    # 0 beats 1, 2 beats 3, the rest is drawn: 0 and 2 are equal in all, 1 and 3 too.
    alike = {(0, 1): 1, (2, 3): 1, (0, 2): 2, (0, 3): 2, (1, 2): 2, (1, 3): 2}
    found = ranking(alike)
    assert sorted(found) == [[0, 2, 1, 3], [0, 2, 3, 1], [2, 0, 1, 3], [2, 0, 3, 1]]
    # 0 beats 1 and 2, 1 beats 2 and 3, 3 beats 0 and 2: 0, 1 and 3 are equal in a circle.
    cyclic = {(0, 1): 1, (0, 2): 1, (1, 2): 1, (1, 3): 1, (0, 3): 0, (2, 3): 0}
    assert len(ranking(cyclic)) == 6
    # 2 loses to 0 and wins the rest; 0 wins but for two draws: head-to-head against wins.
    close = {(0, 1): 2, (0, 2): 1, (0, 3): 2, (1, 2): 0, (1, 3): 1, (2, 3): 1}
    assert ranking(close, tie_breakers=["head-to-head"]) == [[0, 2, 1, 3]]
    assert ranking(close, tie_breakers=["wins"]) == [[2, 0, 1, 3]]
    assert ranking(close, points=(3, 1, 0)) == [[2, 0, 1, 3]]
    # Who beat the better opponents: 0 has beaten 1 (4 points), 2 has beaten 3 (none).
    worth = {(0, 1): 1, (0, 2): 0, (0, 3): 1, (1, 2): 1, (1, 3): 1, (2, 3): 1}
    assert sorted(ranking(worth, tie_breakers=["sonneborn-berger"]))[0][-1] == 3


def test_sonneborn_berger_and_buchholz_by_hand() -> None:
    builder = Builder(4)
    table = builder.table(Series(decisive=False))
    for a, b, forced in ((0, 2, WIN), (1, 3, WIN), (2, 3, WIN)):
        builder.add(GAME, a, b, table, 1, forced)
    ranked = builder.rank(0, 4, [SONNEBORN_BERGER])
    for place in range(4):
        builder.exit(ranked + place, zm.RoundRobin(4).program().bands[place])
    # 0, 1 and 2 have 2 points each; the opponents that they beat have 2, 0 and 0.
    found = [played.ranked[0] for _, played in outcomes(builder.program(1), *even(4))]
    assert sorted(found) == [[0, 1, 2, 3], [0, 2, 1, 3]]


def test_the_anchor_stands_between_those_who_beat_it_and_the_others() -> None:
    program = zm.Anchored(4, 1).program()
    for _, played in outcomes(program, *even(4)):
        fared = {match[1]: match[3] for match in played.matches if match}
        assert set(fared) == {0, 2, 3}
        share = {WIN: 1.0, DRAW: 0.5}
        rate = {item: share.get(outcome, 0.0) for item, outcome in fared.items()}
        rate[1] = 1 - sum(rate.values()) / 3
        ranked = [rate[item] for item in played.ranked[0]]
        assert ranked == pytest.approx(sorted(ranked, reverse=True))


def test_random_pairs_rank_by_the_share_of_games_won() -> None:
    # One game: its winner, those who have not played, its loser.
    win = [[[Fraction(1, 2)] * 4] * 4]
    found = exact(zm.RandomPairs(4, 1).program(), win)
    assert found.champion == [Fraction(1, 4)] * 4
    for _, played in outcomes(zm.RandomPairs(4, 1).program(), win):
        _, first, second, outcome = played.matches[0]
        best, worst = (first, second) if outcome == WIN else (second, first)
        assert (played.ranked[0][0], played.ranked[0][-1]) == (best, worst)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.data())
def test_swiss_has_no_rematches_and_byes_do_not_repeat(n: int, data: Any) -> None:
    rounds = data.draw(st.integers(1, n // 2))
    pairing = data.draw(st.sampled_from(["slide", "fold", "random"]))
    program = zm.Swiss(n, rounds, pairing=pairing).program()
    # Few choices before Palmer's circle must do.
    most = data.draw(st.sampled_from([0, 1, n // 2, 10_000]))
    played = play(program, drawn(program, 0, data.draw(st.integers(0, 99))), most)
    pairs = pairs_of(played)
    assert len(set(pairs)) == len(pairs) == rounds * (n // 2)
    byes = [item for _, item in played.byes]
    assert len(set(byes)) == len(byes) == rounds * (n % 2)
    for round in range(1, rounds + 1):
        items = [item for pair in pairs_of(played, round) for item in pair]
        items += [item for at, item in played.byes if at == round]
        assert sorted(items) == list(range(n))


def test_pairings_of_the_first_rounds() -> None:
    for pairing, number, first in (
        ("slide", SLIDE, [(0, 4), (1, 5), (2, 6), (3, 7)]),
        ("fold", FOLD, [(0, 7), (1, 6), (2, 5), (3, 4)]),
    ):
        program = zm.Swiss(8, 3, pairing=pairing).program()
        assert (program.code[program.code[:, 0] == SWISS][:, 5] == number).all()
        # The better seed always wins.
        better = [[[float(i < j) for j in range(8)] for i in range(8)]]
        played = play(program, Told([], better, None))
        assert pairs_of(played, 1) == first
        second = pairs_of(played, 2)
        assert second[:2] == ([(0, 2), (1, 3)] if pairing == "slide" else [(0, 3), (1, 2)])
    random = zm.Swiss(4, 1, pairing="random").program()
    assert random.code[0, 5] == RANDOM
    found = Counter(
        frozenset(pairs_of(played)) for _, played in outcomes(random, [[[1.0] * 4] * 4])
    )
    assert len(found) == 3
    # The last has the bye, then the last of those without.
    played = play(zm.Swiss(7, 3).program(), Told([], [[[1.0] * 7] * 7], None))
    assert played.byes[0] == (1, 6)
    assert len(set(played.byes)) == 3


def test_a_bye_scores_like_a_win() -> None:
    played = play(zm.Swiss(3, 1).program(), Told([], [[[1.0] * 3] * 3], None))
    assert played.points == [2, 0, 2]
    assert played.wins == [1, 0, 1]
    assert played.n_matches == 1


def test_groups_are_a_snake_or_as_given() -> None:
    assert zm.GroupsThenKnockout(8, 2).members == ((0, 3, 4, 7), (1, 2, 5, 6))
    assert zm.GroupsThenKnockout(7, 3, advance=1).members == ((0, 5, 6), (1, 4), (2, 3))
    given = zm.GroupsThenKnockout(5, [[4, 1, 0], (2, 3)], advance=1)
    assert given.members == ((4, 1, 0), (2, 3))
    assert given.n_matches == 3 + 1 + 1
    played = play(given.program(), Told([], [[[1.0] * 5] * 5] * 2, None))
    in_groups = [pair for round in (1, 2, 3) for pair in pairs_of(played, round)]
    assert sorted(in_groups) == [(0, 1), (0, 4), (1, 4), (2, 3)]


@pytest.mark.parametrize("groups", range(2, 18))
@pytest.mark.parametrize("advance", [1, 2, 3, 4])
def test_group_mates_are_apart_in_the_first_round(groups: int, advance: int) -> None:
    design = zm.GroupsThenKnockout(groups * max(advance, 2), groups, advance=advance)
    bracket = design.bracket
    names = [name for name in bracket if name is not None]
    assert len(set(names)) == len(names) == groups * advance
    pairs = list(zip(bracket[::2], bracket[1::2], strict=True))
    for first, second in pairs:
        assert first is None or second is None or first[0] != second[0]
    # Byes are for those who are first by the order of places.
    with_bye = {name for pair in pairs if None in pair for name in pair}
    worst = max((int(name[1:]) for name in with_bye if name), default=1)
    best = min((int(n[1:]) for n in names if n not in with_bye), default=1)
    assert worst <= best
    if advance == 2:
        half = {name: slot < len(bracket) // 2 for slot, name in enumerate(bracket)}
        assert all(half[f"{name[0]}1"] != half[f"{name[0]}2"] for name in names)


def test_knock_outs_of_groups_follow_the_slots() -> None:
    slots = ["A1", None, "B1", ("A2", "B2")]
    design = zm.GroupsThenKnockout(6, 2, slots=slots)
    assert design.slots == tuple(slots)
    assert (design.n_rounds, design.n_matches) == (6, 9)
    better = [[[float(i < j) for j in range(6)] for i in range(6)]] * 2
    # A snake: groups 0, 3, 4 and 1, 2, 5, whose best are 0, 3 and 1, 2.
    played = play(design.program(), Told([], better, None))
    assert pairs_of(played)[6:] == [(2, 3), (1, 2), (0, 1)]
    assert [design.program().bands[band].first for band in played.band] == [1, 2, 3, 4, 5, 5]


def test_best_thirds_are_ranked_over_the_groups() -> None:
    slots = ["A1", "T1", "B1", "T2", "C1", "B2", "A2", "C2"]
    design = zm.GroupsThenKnockout(
        12, [range(4), range(4, 8), range(8, 12)], best_thirds=2, slots=slots
    )
    program = design.program()
    better = np.array([[float(i < j) for j in range(12)] for i in range(12)])
    # Group A is as even as can be, so that its third has fewer points than the others'.
    draws = np.zeros((12, 12))
    draws[2, 3] = draws[3, 2] = 1.0
    win = better * (1 - draws)
    for _, played in outcomes(program, [win, better], [draws, 0 * draws]):
        thirds = played.ranked[3]
        assert thirds[2] in (2, 3)
        assert set(thirds[:2]) == {6, 10}
        assert played.matches[18][1:3] == (0, thirds[0])
        assert played.matches[19][1:3] == (4, thirds[1])
    bands = [(band.first, band.last) for band in program.bands]
    assert bands == [(1, 1), (2, 2), (3, 4), (5, 8), (9, 9), (10, 12)]


def test_drawn_games_count_in_groups_and_not_in_knock_outs() -> None:
    program = zm.GroupsThenKnockout(8, 2, best_of=3, points=(4, 2, 0)).program()
    assert program.series == (Series(decisive=False), Series(3))
    assert (program.win_points, program.draw_points) == (4, 2)


def test_third_place_after_groups() -> None:
    program = zm.GroupsThenKnockout(8, 2, third_place=True).program()
    bands = [(band.first, band.last, band.round) for band in program.bands]
    assert bands == [(1, 1, 5), (2, 2, 4), (3, 3, 3), (4, 4, 3), (5, 6, 2), (7, 8, 2)]
