"""Brackets: seedings, byes, play-ins, drops, and exact values by going through all results."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tournament_chance import WIN, drawn
from tournament_oracle import Played, exact, outcomes, play

import zermelo as zm
from zermelo.errors import InputError
from zermelo.tournament.program import MATCH, REMATCH, Series
from zermelo.tournament.seeding import standard_slots


def by_seeds(n: int) -> list[list[Fraction]]:
    """P(seed i beats seed j) = j / (i + j), seeds from 1."""
    seeds = range(1, n + 1)
    return [[Fraction(j, i + j) for j in seeds] for i in seeds]


def one_strong(n: int, p: Any, strong: int = 0) -> list[list[Any]]:
    """One item beats everyone with probability p; other matches are even."""
    even = Fraction(1, 2)
    return [
        [p if i == strong else 1 - p if j == strong else even for j in range(n)] for i in range(n)
    ]


def first_round(played: Played) -> set[frozenset[int]]:
    return {frozenset(match[1:3]) for match in played.matches if match and match[0] == 1}


def test_standard_seeding() -> None:
    assert standard_slots(2) == (0, 1)
    assert standard_slots(4) == (0, 3, 1, 2)
    sixteen = np.array(standard_slots(16)) + 1
    assert sixteen.reshape(8, 2)[:2].tolist() == [[1, 16], [8, 9]]
    assert (sixteen.reshape(8, 2).sum(axis=1) == 17).all()
    assert (sixteen.reshape(4, 4).min(axis=1) == [1, 4, 2, 3]).all()


@settings(deadline=None)
@given(st.integers(2, 200))
def test_byes_go_to_the_best_seeds(n: int) -> None:
    design = zm.SingleElimination(n)
    slots = design.slots
    pairs = list(zip(slots[::2], slots[1::2], strict=True))
    with_bye = sorted(slot for pair in pairs if None in pair for slot in pair if slot is not None)
    assert with_bye == list(range(len(slots) - n))
    assert sorted(slot for slot in slots if slot is not None) == list(range(n))


def test_a_list_and_random_draws_are_halved() -> None:
    assert zm.SingleElimination(5, seeding=[4, 3, 2, 1, 0]).slots == (
        *(4, None, 3, None),
        *(2, None, 1, 0),
    )
    # Case 12 of the references gives the order of its bracket in this way.
    assert zm.SingleElimination(4, seeding=[0, 3, 1, 2]).slots == standard_slots(4)
    design = zm.SingleElimination(7, seeding="random")
    program = design.program()
    byes = Counter()
    for replicate in range(700):
        played = play(program, drawn(program, replicate))
        in_first = {item for pair in first_round(played) for item in pair}
        byes.update(set(range(7)) - in_first)
    # 7 items with 100 byes each on average; 6 standard deviations.
    assert all(abs(byes[item] - 100) < 6 * (700 * 6 / 49) ** 0.5 for item in range(7))


def test_champions_of_four_seeds() -> None:
    # REFERENCES 12: P(i beats j) = j / (i + j).
    four = exact(zm.SingleElimination(4).program(), [by_seeds(4)])
    assert four.champion == [
        Fraction(14, 25),
        Fraction(6, 25),
        Fraction(22, 175),
        Fraction(13, 175),
    ]
    assert four.n_matches == 3
    # All draws of case 13.
    random = exact(zm.SingleElimination(4, seeding="random").program(), [by_seeds(4)])
    assert random.champion == [
        Fraction(844, 1575),
        Fraction(376, 1575),
        Fraction(24, 175),
        Fraction(139, 1575),
    ]


def test_champions_of_sixteen_seeds() -> None:
    # Quarters of the bracket do not depend on each other, so that their champions are enough.
    win = [[float(p) for p in row] for row in by_seeds(16)]
    program = zm.SingleElimination(4).program()
    champion = np.zeros(16)
    for quarter in np.reshape(standard_slots(16), (4, 4)):
        order = quarter[[0, 2, 3, 1]]  # slots 0, 3, 1, 2 of the small bracket
        small = [[win[i][j] for j in order] for i in order]
        champion[order] = exact(program, [small]).champion
    reach = champion.copy()
    for size in (4, 8):
        for half in np.reshape(standard_slots(16), (-1, 2, size)):
            for own, other in (half, half[::-1]):
                reach[own] = champion[own] * [
                    sum(champion[j] * win[i][j] for j in other) for i in own
                ]
        champion = reach.copy()
    assert champion[[0, 1, 15]] == pytest.approx(
        [0.5192183551, 0.2160396878, 0.0009035622], abs=5e-11
    )


def test_a_strong_item_in_single_and_double_elimination() -> None:
    # REFERENCES 14, p = .7 and n = 4, wherever the strong item stands.
    p = Fraction(7, 10)
    for strong in range(4):
        win = [one_strong(4, p, strong)]
        champions = [
            exact(design.program(), win).champion[strong]
            for design in (
                zm.SingleElimination(4),
                zm.DoubleElimination(4),
                zm.DoubleElimination(4, reset=False),
            )
        ]
        assert champions == pytest.approx([0.49, 0.58996, 0.5488], abs=1e-12)
    eight = exact(zm.SingleElimination(8).program(), [one_strong(8, p)])
    assert eight.reach[0] == [1, p, p**2, p**3]


def test_double_elimination_of_two_is_a_best_of_three() -> None:
    p = Fraction(7, 10)
    win = [one_strong(2, p)]
    assert exact(zm.DoubleElimination(2).program(), win).champion[0] == p * p * (3 - 2 * p)


def test_reseeding_meets_the_worst_left() -> None:
    program = zm.SingleElimination(8, reseed=True).program()
    for _, played in outcomes(program, [by_seeds(8)]):
        left = list(range(8))
        matches = iter(played.matches)
        while len(left) > 1:
            pairs = []
            for _ in range(len(left) // 2):
                _, first, second, outcome = next(matches)
                pairs.append({first, second})
                left.remove(second if outcome == WIN else first)
            alive = sorted(left + [item for pair in pairs for item in pair if item not in left])
            assert all(
                {best, worst} in pairs for best, worst in zip(alive, alive[::-1], strict=True)
            )


@settings(deadline=None)
@given(st.integers(2, 70))
def test_reseeding_keeps_byes_for_the_best(n: int) -> None:
    program = zm.SingleElimination(n, reseed=True).program()
    n_slots = 2**program.n_rounds
    for replicate in range(2):
        played = play(program, drawn(program, replicate, n))
        in_first = {item for pair in first_round(played) for item in pair}
        assert in_first == set(range(n_slots - n, n))


def test_third_places() -> None:
    program = zm.SingleElimination(4, third_place=True).program()
    found = exact(program, [by_seeds(4)])
    assert [(band.first, band.last, band.round) for band in program.bands] == [
        (1, 1, 2),
        (2, 2, 1),
        (3, 3, 0),
        (4, 4, 0),
    ]
    assert [sum(row[k] for row in found.band) for k in range(4)] == [1, 1, 1, 1]
    for _, played in outcomes(program, [by_seeds(4)]):
        semi_finals, (_, first, second, outcome) = played.matches[:2], played.matches[2]
        losers = {match[2] if match[3] == WIN else match[1] for match in semi_finals}
        assert {first, second} == losers
        assert played.band[first if outcome == WIN else second] == 2


def test_play_ins_and_byes() -> None:
    design = zm.SingleElimination.from_slots([0, None, (3, 4), ((5, 1), 2)])
    assert design.slots == (
        *(0, None, None, None),
        *(None, None, None, None),
        *(3, None, 4, None),
        *(5, 1, 2, None),
    )
    assert (design.n, design.n_rounds, design.n_matches) == (6, 4, 5)
    even = [[Fraction(1, 2)] * 6] * 6
    found = exact(design.program(), [even])
    assert found.reach[0] == [1, 1, 1, 1, Fraction(1, 2)]
    assert found.reach[5] == [Fraction(1, 2**r) for r in range(5)]
    assert found.reach[3] == [1, 1, *(Fraction(1, 2**r) for r in (1, 2, 3))]
    assert sum(found.champion) == 1


def test_labels_are_numbered_as_they_come_or_as_told() -> None:
    slots = ["x", None, ("y", "z"), "w"]
    as_they_come = zm.SingleElimination.from_slots(slots)
    assert as_they_come.items == ("x", "y", "z", "w")
    told = zm.SingleElimination.from_slots(slots, items=["w", "x", "y", "z"])
    assert told.items == ("w", "x", "y", "z")
    assert told.slots == (1, None, None, None, 2, 3, 0, None)
    assert zm.SingleElimination.from_slots(np.array([1, 0, 3, 2])).slots == (1, 0, 3, 2)
    assert zm.SingleElimination(8).items is None


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)))
def test_permuting_items_of_slots_permutes_the_result(order: list[int]) -> None:
    slots = [0, 1, (2, 3), 4, None, 5, None, None]

    def renamed(slot: Any) -> Any:
        if isinstance(slot, tuple):
            return tuple(map(renamed, slot))
        return None if slot is None else order[slot]

    strengths = by_seeds(6)
    place = np.argsort(order)
    permuted = [[strengths[place[i]][place[j]] for j in range(6)] for i in range(6)]
    before = exact(zm.SingleElimination.from_slots(slots).program(), [strengths])
    after = exact(zm.SingleElimination.from_slots(list(map(renamed, slots))).program(), [permuted])
    assert [after.band[order[i]] for i in range(6)] == before.band
    labels = [chr(ord("a") + item) for item in order]
    labelled = zm.SingleElimination.from_slots(
        [labels[0], labels[1], (labels[2], labels[3]), labels[4], None, labels[5], None, None],
        items=list("abcdef"),
    )
    assert labelled.slots == zm.SingleElimination.from_slots(list(map(renamed, slots))).slots


@pytest.mark.parametrize(
    ("slots", "items", "message"),
    [
        ([0, 1, 2], None, "slots must be a power of two, but there are 3"),
        ([0], None, "slots must be a power of two, but there are 1"),
        ("ab", None, "slots must be a list of items and None"),
        ([0, None, None, None], None, "slots must hold at least 2 items, but hold 1"),
        ([0, 1, 3, None], None, r"slots\[2\] is 3"),
        ([0, 1, 1, None], None, "but has 1 twice"),
        ([0, "x"], None, "slots must hold either items' numbers or labels"),
        ([0, (1, 2, 3)], None, r"slots\[1\] is a play-in of 3"),
        ([0, (1, None)], None, r"slots\[1\] is a play-in with a bye"),
        (["x", "x"], None, "but has 'x' twice"),
        (["x", {}], None, "is neither"),
        (["x", "z"], ["x", "y"], "slots names 'z', which is not among items"),
        (["x", "y"], ["x", "y", "z"], "but 'z' is missing"),
        (["x", "y"], "xy", "items must be a list of labels"),
    ],
)
def test_bad_slots(slots: Any, items: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.SingleElimination.from_slots(slots, items=items)


@pytest.mark.parametrize(
    ("depth", "message"),
    [(5000, "more than 20 deep"), (20, "20 deep, which makes 2097152 slots; at most 1048576")],
)
def test_endless_play_ins_are_refused(depth: int, message: str) -> None:
    slot: Any = 0
    for item in range(1, depth + 1):
        slot = (slot, item)
    with pytest.raises(InputError, match=message):
        zm.SingleElimination.from_slots([slot, depth + 1])


def test_a_ladder_of_play_ins() -> None:
    # The worst two begin, the best comes last.
    slots = [0, (1, (2, (3, 4)))]
    design = zm.SingleElimination.from_slots(slots)
    found = exact(design.program(), [[[Fraction(1, 2)] * 5] * 5])
    assert found.champion == [Fraction(1, 2**k) for k in (1, 2, 3, 4, 4)]
    assert design.n_rounds == 4


def test_series_of_rounds() -> None:
    design = zm.SingleElimination(
        4, best_of=[1, 3], venue=[None, "HAN"], home_advantage=100, third_place=True
    )
    program = design.program()
    assert program.series == (Series(), Series(3, "HAN", home_advantage=100.0))
    assert program.code[program.code[:, 0] == MATCH][:, 5].tolist() == [0, 0, 1, 1]
    assert zm.SingleElimination(4, best_of=7).program().series == (Series(7),)


def test_losers_drop_where_the_table_says() -> None:
    # Where a loser of winners' round r meets the losers' bracket, with 16 slots.
    design = zm.DoubleElimination(16)
    assert design.drops(2) == [2, 3, 0, 1]
    assert design.drops(3) == [0, 1]
    assert zm.DoubleElimination(64).drops(3) == [2, 3, 0, 1, 6, 7, 4, 5]
    assert zm.DoubleElimination(64).drops(4) == [3, 2, 1, 0]
    for round in (1, 6, 2.5):
        with pytest.raises(InputError, match="round must be a winners' round from 2 to 4"):
            zm.DoubleElimination(16).drops(round)
    program = design.program()
    matches = program.code[np.isin(program.code[:, 0], (MATCH, REMATCH))]
    winners = {tuple(row[1:3]): row for row in matches.tolist()}
    assert len(winners) == len(matches) - 1  # the reset
    lose = {row[4]: row for row in matches.tolist() if row[0] == MATCH}
    # Round 3 is losers' round 2: losers of winners' round 2 (in round 2) meet survivors.
    second_winners = matches[matches[:, 6] == 2][:4].tolist()
    third = matches[matches[:, 6] == 3].tolist()
    for match, place in enumerate(design.drops(2)):
        assert third[place][2] == second_winners[match][4]
        assert lose[third[place][2]] == second_winners[match]


@pytest.mark.parametrize("n_slots", [4, 8, 16, 32, 64, 128])
def test_rematches_come_as_late_as_any_table_grants(n_slots: int) -> None:
    design = zm.DoubleElimination(n_slots)
    k = design.n_rounds // 2
    place = {item: slot for slot, item in enumerate(design.slots)}
    rows = design.program().code
    rows = rows[rows[:, 0] == MATCH].tolist()[:-1]  # without the final
    # Who may be in a register, and in which winners' round they have lost, 0 for none.
    inside = {item: [(item, 0)] for item in range(n_slots)}
    won = dict.fromkeys(range(n_slots), 1)  # the winners' round that a register goes into
    first = 2 * k
    for _, a, b, win, lose, _, round, _ in rows:
        if a in won and b in won:
            both = inside[a] + inside[b]
            inside[win], inside[lose] = both, [(item, won[a]) for item, _ in both]
            won[win] = won[a] + 1
            continue
        inside[win] = inside[a] + inside[b]
        for i, i_lost in inside[a]:
            for j, j_lost in inside[b]:
                # They would have met in this winners' round, which one of them has lost.
                meeting = (place[i] ^ place[j]).bit_length()
                if i_lost != j_lost and min(i_lost, j_lost) == meeting:
                    first = min(first, round)
    # Losers of r winners' rounds have come into the 2^(k - r) places of the losers' round in which
    # those of round r come, and into half as many in the next one: where there are at least r
    # places, the r parts of the winners' bracket that meet there can be different ones.
    expected = [2 * r - 1 for r in range(2, k + 1) if r > 2 ** (k - r)]
    expected += [2 * r for r in range(2, k) if r > 2 ** (k - r - 1)]
    assert first == min(expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.booleans(), st.integers(0, 2**32))
def test_two_defeats_are_needed(n: int, reset: bool, seed: int) -> None:
    program = zm.DoubleElimination(n, reset=reset).program()
    played = play(program, drawn(program, 0, seed))
    matches = [match for match in played.matches if match]
    losses = Counter(match[2] if match[3] == WIN else match[1] for match in matches)
    champion = played.band.index(0)
    runner_up = played.band.index(1)
    assert losses[champion] <= 1
    assert all(losses[item] == 2 for item in range(n) if item not in (champion, runner_up))
    assert losses[runner_up] == 2 or not reset
    if reset:
        assert len(matches) == 2 * n - 2 + losses[champion]
    for i, j in combinations(range(n), 2):
        assert sum({i, j} == set(match[1:3]) for match in matches) <= 3
