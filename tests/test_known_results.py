"""Results in the middle of a tournament: against all that can happen, given what has happened."""

from __future__ import annotations

from collections import defaultdict
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from tournament_oracle import Played, exact, outcomes

import zermelo as zm
from zermelo.errors import InputError
from zermelo.tournament.exact import tables_of
from zermelo.tournament.known_results import with_results
from zermelo.tournament.strengths import read_strengths

# A game: round, first, second, score of the first.
Game = tuple[int, int, int, float]
SCORES = (0.0, 1.0, 0.5)
FAMILY_WISE = 1e-6


def of_games(games: list[Game], *, time: bool = False) -> zm.Comparisons:
    rounds, first, second, score = zip(*games, strict=True)
    return zm.Comparisons(first, second, score, time=rounds if time else None)


def random_matrix(n: int, draws: bool = False, seed: int = 0) -> np.ndarray:
    upper = np.triu(np.random.default_rng([n, seed]).uniform(0.2, 0.8, (n, n)), 1)
    win = upper + np.tril(1.0 - upper.T, -1) + 0.5 * np.eye(n)
    if not draws:
        return win
    return np.stack([0.75 * win, np.full((n, n), 0.25), 0.75 * win.T], axis=2)


def by_pair(games: list[Game]) -> dict[frozenset[int], list[float]]:
    """Scores of the smaller number in the order of the games."""
    scores: dict[frozenset[int], list[float]] = defaultdict(list)
    for _, a, b, score in games:
        scores[frozenset((a, b))].append(score if a < b else 1.0 - score)
    return scores


def played_games(played: Played) -> list[Game]:
    return [(r, a, b, SCORES[fared]) for r, a, b, fared in (m for m in played.matches if m)]


def agrees(played: Played, games: list[Game], time: bool) -> bool:
    """Every pair has begun as it did in `games`; with time, in these rounds."""
    found = played_games(played)
    if time:
        rounds = {game[0] for game in games}
        return all(
            by_pair([game for game in games if game[0] == r]).items()
            <= by_pair([game for game in found if game[0] == r]).items()
            for r in rounds
        )
    here = by_pair(found)
    return all(here[pair][: len(scores)] == scores for pair, scores in by_pair(games).items())


def conditioned(
    design: Any, strengths: Any, games: list[Game], time: bool = False, n_fixed: int = 0
) -> np.ndarray:
    """Bands of all courses that agree with the games, by the probability of each.

    To go through fewer courses, the first `n_fixed` games are certain: games of a league are
    independent of each other, and these pairs meet once there.
    """
    program = design.program()
    tables = tables_of(program, read_strengths(strengths, design.n))
    for number, series in enumerate(program.series):
        for _, a, b, score in games[:n_fixed] if not series.decisive else ():
            for i, j, seen in ((a, b, score), (b, a, 1.0 - score)):
                tables[0][number, i, j] = seen == 1.0
                tables[1][number, i, j] = seen == 0.5
    band = np.zeros((design.n, len(program.bands)))
    for probability, played in outcomes(program, *tables):
        if agrees(played, games[n_fixed:], time or n_fixed > 0):
            band[np.arange(design.n), played.band] += float(probability)
    assert band.sum() > 0, "the games are possible"
    return band / band[0].sum()


def rewritten(design: Any, strengths: Any, results: zm.Comparisons) -> np.ndarray:
    """Bands of the design's program with the results in it, by the slow interpreter."""
    read = read_strengths(strengths, design.n)
    program = with_results(design.program(), results, read.items)
    assert program.most_matches == design.program().most_matches
    return np.array(exact(program, *tables_of(program, read)).band, float)


def check(
    design: Any,
    strengths: Any,
    games: list[Game],
    *,
    time: bool = False,
    states: bool = True,
    n_fixed: int = 0,
) -> None:
    expected = conditioned(design, strengths, games, time, n_fixed)
    results = of_games(games, time=time)
    np.testing.assert_allclose(rewritten(design, strengths, results), expected, atol=1e-12)
    if states:
        found = zm.win_probabilities(design, strengths, results=results)
        np.testing.assert_allclose(found.band_probability, expected, atol=1e-12)
    check_simulation(design, strengths, results, expected)


def check_simulation(
    design: Any, strengths: Any, results: zm.Comparisons, expected: np.ndarray
) -> None:
    replicates = 2_000
    found = zm.simulate(design, strengths, replicates, results=results, seed=5)
    counts = np.rint(found.band_probability * replicates).astype(int)
    for count, p in zip(counts.ravel(), expected.ravel(), strict=True):
        if p < 1e-12 or p > 1 - 1e-12:
            assert count == round(p * replicates)
        else:
            assert binomtest(int(count), replicates, p).pvalue > FAMILY_WISE / 1000


def a_course(design: Any, strengths: Any, number: int) -> list[Game]:
    """The games of a simulated tournament."""
    rows = zm.simulate(design, strengths, 1, seed=number, record=True).comparisons
    assert rows is not None
    columns = (rows.time, rows.items[rows.a], rows.items[rows.b])
    scores = np.array(SCORES)[rows.outcome]
    return list(zip(*(column.tolist() for column in (*columns, scores)), strict=True))


KNOCKOUTS = {
    "byes": zm.SingleElimination(6),
    "play-in": zm.SingleElimination.from_slots([0, None, (2, 3), 1]),
    "third place": zm.SingleElimination(5, third_place=True),
    "reseeded": zm.SingleElimination(7, reseed=True),
    "given": zm.SingleElimination(5, seeding=[3, 0, 4, 1, 2]),
    "double": zm.DoubleElimination(4),
    "double, no reset": zm.DoubleElimination(5, reset=False),
    "double, byes": zm.DoubleElimination(5),
}


@pytest.mark.parametrize("name", KNOCKOUTS)
def test_knockouts_begun(name: str, backend: str) -> None:
    """Each prefix of a course in the order of its games, and the games in any order."""
    design = KNOCKOUTS[name]
    strengths = random_matrix(design.n)
    for number in range(2):
        games = a_course(design, strengths, number)
        for size in range(1, len(games) + 1, 2):
            check(design, strengths, games[:size])
    shuffled = np.random.default_rng(1).permutation(len(games)).tolist()
    first = {frozenset(game[1:3]): game for game in reversed(games)}
    if len(first) == len(games):  # no pair met twice
        check(design, strengths, [games[k] for k in shuffled])


def test_the_reset_of_a_final() -> None:
    """The undefeated loses the final, and everything is decided by another one."""
    design = zm.DoubleElimination(2)
    p = np.array([[0.5, 0.7], [0.3, 0.5]])
    lost = [(1, 0, 1, 1.0), (2, 0, 1, 0.0)]
    check(design, p, lost)
    once = zm.win_probabilities(design, p, results=of_games(lost))
    assert once.champion.tolist() == [0.7, pytest.approx(0.3)]
    assert once.n_matches == 3
    check(design, p, [*lost, (2, 1, 0, 1.0)])
    won = of_games([(1, 0, 1, 1.0), (2, 0, 1, 1.0)])
    assert zm.win_probabilities(design, p, results=won).n_matches == 2
    over = of_games([(1, 0, 1, 1.0), (2, 0, 1, 1.0), (2, 0, 1, 0.0)])
    with pytest.raises(InputError, match="row 2: 0 against 1 cannot happen"):
        zm.win_probabilities(design, p, results=over)


@pytest.mark.parametrize("score", [(2, 1), (0, 3), (3, 3), (4, 2), (1, 4)])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_series_half_played(score: tuple[int, int], swapped: bool, backend: str) -> None:
    """The rest of a best of seven, where the home side wins by another chance in each game."""
    advantage = 0.8
    design = zm.SingleElimination(
        4, best_of=[7, 1], venue=["HHAAHAH", None], home_advantage=advantage
    )
    ability = np.array([0.3, 0.1, -0.2, 0.2])
    won, lost = score
    games = [(1, 0, 3, 1.0)] * won + [(1, 0, 3, 0.0)] * lost
    if won == 4:  # the last game decides
        games.reverse()
    if swapped:
        games = [(r, b, a, 1.0 - x) for r, a, b, x in games]
    chances = [
        1 / (1 + np.exp(-(0.1 + (advantage if place == "H" else -advantage))))
        for place in "HHAAHAH"[won + lost :]
    ]
    through = rest_of_series(chances, 4 - won, 4 - lost)
    result = zm.win_probabilities(design, ability, results=of_games(games))
    assert result.reach[0, 1] == pytest.approx(through)
    assert result.reach[3, 1] == pytest.approx(1 - through)
    expected = result.band_probability
    check_simulation(design, ability, of_games(games), expected)
    plain = zm.win_probabilities(design, ability)
    assert result.reach[1, 1] == pytest.approx(plain.reach[1, 1])


def rest_of_series(chances: list[float], needed: int, against: int) -> float:
    if needed == 0 or against == 0:
        return float(needed == 0)
    p, rest = chances[0], chances[1:]
    return p * rest_of_series(rest, needed - 1, against) + (1 - p) * rest_of_series(
        rest, needed, against - 1
    )


def test_counted_games_are_games_of_a_series() -> None:
    design = zm.SingleElimination(2, best_of=7)
    results = zm.Comparisons(["x", "x"], ["y", "y"], [1, 0], count=[2, 1])
    result = zm.win_probabilities(design, {"x": 0.0, "y": 0.0}, results=results)
    # Two of the four games left, of even ones.
    assert result.champion[0] == pytest.approx(sum(comb(4, k) for k in (2, 3, 4)) / 16)
    assert result.items.tolist() == ["x", "y"]


def test_the_second_meeting_of_a_double_elimination_is_another_series() -> None:
    design = zm.DoubleElimination(2, best_of=3, reset=False)
    first = [(1, 0, 1, 1.0), (1, 0, 1, 0.0), (1, 0, 1, 1.0)]
    even = np.full((2, 2), 0.5)
    for final, chance in (([], 0.5), ([0.0], 0.25), ([0.0, 1.0], 0.5), ([0.0, 0.0], 0.0)):
        games = [*first, *((2, 0, 1, score) for score in final)]
        result = zm.win_probabilities(design, even, results=of_games(games))
        assert result.champion[0] == chance


LEAGUES = {
    "round robin": zm.RoundRobin(4),
    "three points": zm.RoundRobin(4, points=(3, 1, 0), tie_breakers=("buchholz",)),
    "odd": zm.RoundRobin(3, tie_breakers=("sonneborn-berger", "wins")),
    "two cycles": zm.RoundRobin(3, cycles=2, home_advantage=0.5),
    "anchored": zm.Anchored(5, 2),
}


@pytest.mark.parametrize("name", LEAGUES)
def test_leagues_begun(name: str, backend: str) -> None:
    design = LEAGUES[name]
    strengths = random_matrix(design.n, draws=True)
    games = a_course(design, strengths, 3)
    for size in (1, 3, len(games)):
        check(design, strengths, games[:size], time=size == 3)


def test_time_tells_which_meeting_it_was() -> None:
    """Two cycles: the second meeting alone leaves the first, at home, to chance."""
    design = zm.RoundRobin(2, cycles=2, home_advantage=1.0, tie_breakers=())
    even = [0.0, 0.0]
    home = 1 / (1 + np.exp(-1.0))
    first, second = ((1, 0, 1, 1.0), (2, 0, 1, 1.0))
    (pair,) = design.program().code[:1, 1:3].tolist()
    at_home = home if pair == [0, 1] else 1 - home
    # Who has won one of them comes first if the other is won too, and by lot if it is lost.
    for game, chance in ((first, 1 - at_home), (second, at_home)):
        result = zm.win_probabilities(design, even, results=of_games([game], time=True))
        assert result.champion[0] == pytest.approx(chance + (1 - chance) / 2)
    dated = zm.Comparisons([0], [1], time=np.array(["2026-06-01"], "datetime64[D]"))
    result = zm.win_probabilities(design, even, results=dated)
    assert result.champion[0] == pytest.approx((1 - at_home) + at_home / 2)


CUP = zm.GroupsThenKnockout(6, 2)


def group_games(orders: list[list[int]], draws: set[frozenset[int]] = frozenset()) -> list[Game]:
    """Who stands before wins."""
    return [
        (1, a, b, 0.5 if frozenset((a, b)) in draws else 1.0)
        for order in orders
        for k, a in enumerate(order)
        for b in order[k + 1 :]
    ]


def test_groups_finished_and_a_knockout_begun(backend: str) -> None:
    strengths = random_matrix(6, draws=True)
    group_a, group_b = (list(group) for group in CUP.members)
    groups = group_games([group_a, group_b[::-1]])
    semi_final = (4, group_a[0], group_b[1], 0.0)
    for games in (groups[:5], groups, [*groups, semi_final]):
        check(CUP, strengths, games, n_fixed=len(groups))
    final = (5, group_b[1], group_b[2], 1.0)
    other = (4, group_a[1], group_b[2], 0.0)
    decided = zm.win_probabilities(
        CUP, strengths, results=of_games([*groups, semi_final, other, final])
    )
    assert decided.champion[group_b[1]] == 1
    with pytest.raises(InputError, match="is a knockout game, which somebody wins"):
        zm.simulate(CUP, strengths, 9, results=of_games([*groups, (*semi_final[:3], 0.5)]))


def test_a_knockout_tells_whom_the_lot_has_chosen(backend: str) -> None:
    """All games of group A are drawn: only the lot tells the first, second and third."""
    strengths = random_matrix(6, draws=True)
    a, b = (list(group) for group in CUP.members)
    drawn = {frozenset((i, j)) for i in a for j in a}
    groups = group_games([a, b], drawn)
    check(CUP, strengths, groups, n_fixed=6)
    for semi_final in ((4, a[2], b[1], 1.0), (4, b[0], a[1], 1.0)):
        check(CUP, strengths, [*groups, semi_final], n_fixed=6)
    both = [*groups, (4, a[2], b[1], 1.0), (4, a[0], b[0], 0.0)]
    check(CUP, strengths, both, n_fixed=6)
    check(CUP, strengths, [*both, (5, a[2], b[0], 1.0)], n_fixed=6)


def test_a_knockout_between_two_whom_the_lot_has_chosen() -> None:
    strengths = random_matrix(6, draws=True)
    a, b = (list(group) for group in CUP.members)
    drawn = {frozenset((i, j)) for group in (a, b) for i in group for j in group}
    groups = group_games([a, b], drawn)
    # A1 meets B2, and B1 meets A2: which of the two it was nobody can tell, so it is the first.
    results = of_games([*groups, (4, a[2], b[1], 1.0)])
    found = zm.win_probabilities(CUP, strengths, results=results)
    assert found.reach[a[2], 4] == 1
    assert found.reach[b[1], 3:].tolist() == [1, 0, 0]
    assert found.reach.sum(axis=0) == pytest.approx([6, 6, 6, 4, 2, 1])


def test_thirds_that_are_known() -> None:
    design = zm.GroupsThenKnockout(6, 2, advance=1, best_thirds=2, slots=["A1", "T2", "B1", "T1"])
    strengths = random_matrix(6, draws=True)
    a, b = (list(group) for group in design.members)
    one, other = [(1, b[0], b[2], 0.5), (1, b[2], b[1], 0.5)], [(1, b[0], b[1], 1.0)]
    # The second of A has three points, that of B two.
    groups = [*group_games([a]), *one, *other]
    for later in ([], [(4, b[0], a[1], 0.0)], [(4, b[0], a[1], 0.0), (4, a[0], b[2], 1.0)]):
        check(design, strengths, [*groups, *later], n_fixed=6)
    # Both have three: the lot decides which of them is the better third.
    groups = group_games([a, b])
    for later in ([], [(4, b[0], a[1], 0.0)], [(4, b[1], a[0], 0.0)]):
        check(design, strengths, [*groups, *later], n_fixed=6)
    # The lot decides who is second of B, and by that who is among the thirds: nothing tells it.
    groups = [*group_games([a]), (1, b[0], b[1], 1.0), (1, b[0], b[2], 1.0), (1, b[1], b[2], 0.5)]
    with pytest.raises(InputError, match="2 and 5 are equal, so that the lot decided"):
        zm.simulate(design, strengths, results=of_games([*groups, (4, b[0], a[1], 0.0)]))


SWISS = {
    "slide": (zm.Swiss(6, 3), False),
    "fold": (zm.Swiss(6, 2, pairing="fold"), True),
    "odd": (zm.Swiss(5, 2), True),
    "random": (zm.Swiss(4, 2, pairing="random"), False),
}


@pytest.mark.parametrize("name", SWISS)
def test_swiss_rounds_are_given_by_time(name: str, backend: str) -> None:
    design, draws = SWISS[name]
    strengths = random_matrix(design.n, draws)
    games = a_course(design, strengths, 4)
    for rounds in range(1, design.rounds + 1):
        done = [game for game in games if game[0] <= rounds]
        check(design, strengths, done[::-1], time=True, states=rounds == design.rounds)


def test_swiss_rounds_are_taken_as_they_were_paired() -> None:
    """An organiser may pair otherwise; who has met then is not paired again."""
    design = zm.Swiss(4, 2)
    games = [(1, 0, 1, 1.0), (1, 2, 3, 1.0)]
    result = zm.simulate(design, [0.0] * 4, 50, results=of_games(games, time=True), record=True)
    rows = result.comparisons
    assert rows is not None
    second = rows.time == 2
    pairs = {frozenset(pair) for pair in zip(rows.a[second], rows.b[second], strict=True)}
    assert pairs == {frozenset((0, 2)), frozenset((1, 3))}


FOUR = [0.3, 0.2, 0.1, 0.0]
SWISS_4, SWISS_5 = zm.Swiss(4, 2), zm.Swiss(5, 2)


@pytest.mark.parametrize(
    ("design", "games", "message"),
    [
        (zm.SingleElimination(4), [(1, 0, 1, 1)], "row 0: 0 against 1 cannot happen .* led to it"),
        (zm.SingleElimination(4), [(1, 0, 3, 1), (1, 3, 0, 1)], "row 1: 3 against 0 .* twice"),
        (zm.SingleElimination(4), [(1, 0, 3, 0.5)], "row 0: 0 against 3 is a knockout game"),
        (zm.SingleElimination(4), [(1, 0, 3, 1), (1, 1, 2, 1), (2, 3, 1, 1)], "row 2: 3 against 1"),
        (zm.SingleElimination(4, best_of=3), [(1, 0, 3, 1)] * 3, "row 2: 0 against 3 cannot"),
        (zm.SingleElimination(4, seeding="random"), [(1, 0, 3, 1)], "list, seeding="),
        (zm.DoubleElimination(4), [(1, 0, 3, 1), (1, 0, 3, 1)], "row 1: 0 against 3"),
        (zm.RoundRobin(4), [(1, 0, 3, 1), (1, 3, 0, 1)], "row 1: 3 against 0"),
        (zm.Anchored(4, 1), [(1, 0, 3, 1)], "row 0: 0 against 3"),
        (zm.RandomPairs(4, 2), [(1, 0, 3, 1)], "drawn at random"),
        (SWISS_4, [(1, 0, 2, 1)], "round 1 must be its 2 games, .* there are 1; leave out"),
        (SWISS_4, [(1, 0, 2, 1), (1, 0, 3, 1)], "round 1 must be its 2 games, each player once"),
        (SWISS_4, [(0, 0, 2, 1), (0, 1, 3, 1)], "number of the round, from 1, as time="),
        (SWISS_4, [(2, 0, 2, 1), (2, 1, 3, 1)], "round 2 need those of all rounds before"),
        (
            SWISS_4,
            [(1, 0, 2, 1), (1, 1, 3, 1), (2, 0, 2, 1), (2, 1, 3, 1)],
            "row 2: 0 and 2 cannot meet in round 2, as they have met before",
        ),
        (
            SWISS_5,
            [(1, 0, 2, 1), (1, 1, 3, 1), (2, 0, 1, 1), (2, 2, 3, 1)],
            "round 2 leave a bye to 4, who has had one before",
        ),
    ],
)
def test_results_that_a_design_cannot_contain(design: Any, games: list[Game], message: str) -> None:
    strengths = [0.3, 0.2, 0.1, 0.0, -0.1][: design.n]
    with pytest.raises(InputError, match=message):
        zm.simulate(design, strengths, 10, results=of_games(games, time=True))


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (zm.Comparisons(["0"], ["3"]), "results has '0', which is not among the items"),
        (zm.Comparisons([0, 9], [3, 3]), "results has 9, which is not among the items"),
        (zm.Comparisons([0], [3], [0.7], soft=True), "won, lost or drawn, but row 0"),
        (zm.Comparisons([0], [3], count=[10**12]), "row 0 counts 1,000,000,000,000 games"),
        ([(0, 3)], "results must be Comparisons, but is list"),
        (zm.Comparisons([0, 1], [2, 3]).pair_counts(), "results must be Comparisons"),
    ],
)
def test_results_that_cannot_be_used(results: Any, message: str) -> None:
    for run in (zm.simulate, zm.win_probabilities):
        with pytest.raises(InputError, match=message):
            run(zm.SingleElimination(4), FOUR, results=results)


def test_a_final_needs_its_semi_finals() -> None:
    final = zm.Comparisons([0], [1])
    with pytest.raises(InputError, match="0 against 1 cannot happen"):
        zm.win_probabilities(zm.SingleElimination(4), FOUR, results=final)
    one = zm.Comparisons([0, 0], [3, 1])
    with pytest.raises(InputError, match="row 1: 0 against 1 cannot happen"):
        zm.win_probabilities(zm.SingleElimination(4), FOUR, results=one)


def test_labels_name_the_items_of_results() -> None:
    design = zm.SingleElimination.from_slots(["ann", "dan", "bob", "cyd"])
    strengths = {"bob": 0.1, "ann": 0.2, "cyd": 0.4, "dan": 0.0}
    results = zm.Comparisons(["dan"], ["ann"])
    result = zm.win_probabilities(design, strengths, results=results)
    assert dict(zip(result.items.tolist(), result.reach[:, 1].tolist(), strict=True)) == (
        pytest.approx({"ann": 0, "dan": 1, "bob": 1 / (1 + np.exp(0.3)), "cyd": 0.5744425168})
    )


def test_what_was_played_is_recorded_as_it_was() -> None:
    design = zm.RoundRobin(4)
    strengths = random_matrix(4, draws=True)
    games = a_course(design, strengths, 8)[:4]
    judge = zm.judges.Noisy(0.7, 0.2, 0.3)
    rows = zm.simulate(
        design, strengths, 20, results=of_games(games), record=True, judge=judge
    ).comparisons
    assert rows is not None
    for replicate in range(20):
        inside = np.flatnonzero(rows.cluster == replicate)
        recorded = [
            (0, int(rows.a[k]), int(rows.b[k]), SCORES[rows.outcome[k]]) for k in inside.tolist()
        ]
        assert by_pair(games).items() <= by_pair(recorded).items()


def test_a_half_played_series_and_a_biased_judge(backend: str) -> None:
    """The lot decides anew in every game who is shown first, and who has won one keeps it."""
    biased = zm.judges.Noisy(position_bias=0.5)
    design = zm.SingleElimination(2, best_of=3)
    p = 1 / (1 + np.exp(-0.4))
    game = 0.5 * (0.5 + 0.5 * p) + 0.5 * 0.5 * p
    for a, b, chance in ((0, 1, 1 - (1 - game) ** 2), (1, 0, game**2)):
        results = zm.Comparisons([a], [b])
        exact_result = zm.win_probabilities(design, [0.4, 0.0], results=results, judge=biased)
        assert exact_result.champion[0] == pytest.approx(chance)
        found = zm.simulate(design, [0.4, 0.0], 20_000, results=results, judge=biased)
        count = round(found.champion[0] * 20_000)
        assert binomtest(count, 20_000, chance).pvalue > FAMILY_WISE


def test_world_cups_of_equals_are_read_again(backend: str) -> None:
    """Many lots: who plays whom in the knockout tells them, or leaves them open."""
    design = zm.GroupsThenKnockout(16, 4, third_place=True)
    even = np.full((16, 16, 3), 1 / 3)
    for number in range(40):
        course = of_games(a_course(design, even, number), time=True)
        found = zm.simulate(design, even, 20, results=course)
        assert found.champion.max() == 1
        assert found.n_matches == len(course)
