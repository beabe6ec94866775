"""Exact probabilities of tournaments: published numbers, the slow interpreter, and invariants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tournament_oracle import exact

import zermelo as zm
from zermelo._backends import Backend
from zermelo.tournament import joints
from zermelo.tournament.exact import tables_of
from zermelo.tournament.exact_states import run_states
from zermelo.tournament.program import (
    BYE,
    COPY,
    RATE,
    SHUFFLE,
    WINS,
    Band,
    Builder,
    Program,
    Series,
)
from zermelo.tournament.strengths import read_strengths

CLOSE = {"rtol": 1e-12, "atol": 1e-14}


def of_seeds(n: int) -> np.ndarray:
    """P(i beats j) = j / (i + j) for seeds i and j."""
    seed = np.arange(1.0, n + 1)
    return seed / (seed[:, None] + seed)


def random_matrix(n: int, seed: int) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).random((n, n)), 1)
    return upper + np.tril(1.0 - upper.T, -1) + 0.5 * np.eye(n)


def with_draws(n: int, seed: int) -> np.ndarray:
    """Probabilities of win, draw and loss."""
    win = random_matrix(n, seed)
    draw = np.full((n, n), 0.25)
    return np.stack([0.75 * win, draw, 0.75 * win.T], axis=2)


def one_better(n: int, p: float) -> np.ndarray:
    win = np.full((n, n), 0.5)
    win[0, 1:], win[1:, 0] = p, 1 - p
    return win


def check_against_oracle(design, strengths) -> None:
    result = zm.win_probabilities(design, strengths)
    program = design.program()
    slow = exact(program, *tables_of(program, read_strengths(strengths, design.n)))
    np.testing.assert_allclose(result.band_probability, np.array(slow.band, float), **CLOSE)
    np.testing.assert_allclose(result.reach, np.array(slow.reach, float), **CLOSE)
    assert result.n_matches == pytest.approx(float(slow.n_matches), rel=1e-12)
    check_sums(result)


def check_sums(result) -> None:
    np.testing.assert_allclose(result.champion.sum(), 1.0, **CLOSE)
    np.testing.assert_allclose(result.place.sum(axis=0), 1.0, rtol=1e-11)
    np.testing.assert_allclose(result.place.sum(axis=1), 1.0, rtol=1e-11)
    assert (result.reach[:, 0] == 1.0).all()
    assert (np.diff(result.reach, axis=1) <= 1e-15).all()
    np.testing.assert_allclose(
        result.mean_rank.sum(), result.items.size * (result.items.size + 1) / 2
    )


# The reference numbers: see "Brackets" there, P(i beats j) = j / (i + j).


def test_four_players(backend: str) -> None:
    result = zm.win_probabilities(zm.SingleElimination(4), of_seeds(4))
    np.testing.assert_allclose(result.champion, [14 / 25, 6 / 25, 22 / 175, 13 / 175], **CLOSE)
    np.testing.assert_allclose(result.reach[:, 1], [4 / 5, 3 / 5, 2 / 5, 1 / 5], **CLOSE)
    assert result.n_matches == 3


def test_sixteen_seeds(backend: str) -> None:
    champion = zm.win_probabilities(zm.SingleElimination(16), of_seeds(16)).champion
    expected = [0.5192183551, 0.2160396878, 0.0009035622]
    np.testing.assert_allclose(champion[[0, 1, 15]], expected, atol=5e-11)


def test_four_players_drawn_at_random() -> None:
    result = zm.win_probabilities(zm.SingleElimination(4, seeding="random"), of_seeds(4))
    expected = [844 / 1575, 376 / 1575, 24 / 175, 139 / 1575]
    np.testing.assert_allclose(result.champion, expected, **CLOSE)


@pytest.mark.parametrize("rounds", [1, 2, 3, 6])
def test_a_player_who_beats_everyone(backend: str, rounds: int) -> None:
    result = zm.win_probabilities(zm.SingleElimination(2**rounds), one_better(2**rounds, 0.7))
    np.testing.assert_allclose(result.reach[0], 0.7 ** np.arange(rounds + 1), **CLOSE)


@pytest.mark.parametrize(("reset", "expected"), [(True, 0.58996), (False, 0.5488)])
def test_double_elimination_of_four(reset: bool, expected: float) -> None:
    result = zm.win_probabilities(zm.DoubleElimination(4, reset=reset), one_better(4, 0.7))
    assert result.champion[0] == pytest.approx(expected, abs=1e-12)


# The slow interpreter goes through everything that can happen.

SMALL = [
    zm.SingleElimination(5),
    zm.SingleElimination(8, third_place=True, best_of=[1, 3, 5]),
    zm.SingleElimination(6, best_of=3, venue="HAH", home_advantage=0.7),
    zm.SingleElimination(6, reseed=True),
    zm.SingleElimination(8, reseed=True, third_place=True),
    zm.SingleElimination(5, seeding="random"),
    zm.SingleElimination(4, seeding="random", third_place=True, best_of=[1, 3]),
    zm.SingleElimination(6, seeding=[3, 0, 5, 4, 2, 1]),
    zm.SingleElimination.from_slots([(2, 1), None, 4, (3, 0)]),
    zm.DoubleElimination(4),
    zm.DoubleElimination(5, best_of=3),
    zm.DoubleElimination(6, reset=False),
    zm.DoubleElimination(4, seeding="random"),
    zm.RoundRobin(4),
    zm.RoundRobin(3, cycles=2, home_advantage=0.4),
    zm.RoundRobin(4, tie_breakers=("buchholz", "wins", "random")),
    zm.Anchored(6, 2),
    zm.GroupsThenKnockout(6, 2, advance=1),
    zm.GroupsThenKnockout(6, 2, third_place=True),
    zm.GroupsThenKnockout(6, 2, advance=1, best_thirds=2),
]


@pytest.mark.parametrize("design", SMALL, ids=repr)
def test_agrees_with_the_slow_interpreter(design) -> None:
    check_against_oracle(design, random_matrix(design.n, 1))


@pytest.mark.parametrize(
    "design",
    [
        zm.RoundRobin(4, points=(3, 1, 0)),
        zm.RoundRobin(4, tie_breakers=("sonneborn-berger", "head-to-head")),
        zm.Anchored(5, 0),
        zm.GroupsThenKnockout(6, [[0, 1, 2], [3, 4, 5]], advance=1),
    ],
    ids=repr,
)
def test_agrees_with_the_slow_interpreter_on_draws(design) -> None:
    check_against_oracle(design, with_draws(design.n, 2))


@pytest.mark.parametrize("n", range(2, 20))
def test_states_agree_with_the_bracket(n: int) -> None:
    """The general runner takes any program, also those that the kernel is made for."""
    design = zm.SingleElimination(n, third_place=n >= 4)
    result = zm.win_probabilities(design, random_matrix(n, n))
    program = design.program()
    win, draw = tables_of(program, read_strengths(random_matrix(n, n), n))
    band, n_matches = run_states(program, win, draw)
    np.testing.assert_allclose(band, result.band_probability, **CLOSE)
    assert n_matches == pytest.approx(result.n_matches)


def test_random_draws_agree_with_shuffled_states() -> None:
    design = zm.SingleElimination(7, seeding="random", third_place=True)
    result = zm.win_probabilities(design, random_matrix(7, 3))
    program = design.program()
    band, _ = run_states(program, *tables_of(program, read_strengths(random_matrix(7, 3), 7)))
    np.testing.assert_allclose(band, result.band_probability, **CLOSE)


def test_a_world_cup_is_exact() -> None:
    """Groups are independent until their teams meet; so 32 teams are few enough states."""
    design = zm.GroupsThenKnockout(32, 8, third_place=True)
    strengths = with_draws(32, 4)
    result = zm.win_probabilities(design, strengths)
    check_sums(result)
    assert result.n_matches == 64


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 33), st.integers(0, 1000), st.booleans())
def test_each_round_has_its_size(n: int, seed: int, best_of_three: bool) -> None:
    design = zm.SingleElimination(n, best_of=3 if best_of_three else 1)
    result = zm.win_probabilities(design, random_matrix(n, seed))
    check_sums(result)
    size = 2**design.n_rounds
    sizes = [min(n, size >> r) for r in range(design.n_rounds + 1)]
    np.testing.assert_allclose(result.reach.sum(axis=0), sizes, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 9), st.integers(0, 1000), st.sampled_from(["given", "random", "league"]))
def test_permuting_items_permutes_the_result(n: int, seed: int, kind: str) -> None:
    order = np.random.default_rng(seed).permutation(n)
    win = random_matrix(n, seed)
    if kind == "given":
        design = zm.SingleElimination(n, seeding=list(range(n)))
        other = zm.SingleElimination(n, seeding=np.argsort(order).tolist())
    elif kind == "random":
        design = other = zm.SingleElimination(n, seeding="random")
    else:
        n = min(n, 5)
        order, win = np.argsort(order[:n]), win[:n, :n]
        design = other = zm.RoundRobin(n)
    result = zm.win_probabilities(design, win)
    permuted = zm.win_probabilities(other, win[np.ix_(order, order)])
    np.testing.assert_allclose(permuted.place, result.place[order], rtol=1e-10, atol=1e-14)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 10_000))
def test_kernels_agree_on_random_trees(n_more: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    builder = Builder(n_more + 1)
    left = list(range(builder.n_items))
    random.shuffle(left)
    out = 0
    while len(left) > 1:
        a, b = left.pop(int(random.integers(len(left)))), left.pop(int(random.integers(len(left))))
        win, lose = builder.match(a, b, Series(2 * int(random.integers(2)) + 1), 1)
        builder.rows[-1][7] = int(random.choice([-1, -1, -1, 0, 1]))
        builder.exit(lose, Band(builder.n_items - out, builder.n_items - out, 0))
        out += 1
        left.append(win)
    builder.exit(left[0], Band(1, 1, 1))
    program = builder.program(1)
    win = random.random((len(program.series), builder.n_items, builder.n_items))
    arguments = (program.code, program.n_items, program.n_registers, len(program.bands), win)
    slow = exact(program, win, np.zeros_like(win))
    for name in ("cpp", "numba"):
        if zm.backend_info()[name]["available"] or name == "numba":
            band, beyond = Backend(name).exact_bracket(*arguments)
            assert beyond == -1
            np.testing.assert_allclose(band, np.array(slow.band, float), **CLOSE)


def test_kernels_say_what_they_cannot_do(kernels: Backend) -> None:
    program = zm.DoubleElimination(4).program()
    win = np.full((1, 4, 4), 0.5)
    size = (program.n_items, program.n_registers, len(program.bands))
    # Two matches, the final of the winners, a match of the losers and who leaves it; then who has
    # lost the final may meet again whom it has met before.
    assert kernels.exact_bracket(program.code, *size, win)[1] == 5
    shuffled = np.array([[SHUFFLE, 0, 4, 0, 0, 0, 0, 0]], np.int32)
    assert kernels.exact_bracket(shuffled, *size, win)[1] == 0


def test_results_in_the_middle() -> None:
    played = zm.Comparisons([1, 3], [2, 0])
    result = zm.win_probabilities(zm.SingleElimination(4), of_seeds(4), results=played)
    np.testing.assert_allclose(result.champion, [0, 4 / 6, 0, 2 / 6], **CLOSE)
    played = zm.Comparisons([0, 0], [1, 1])
    final = zm.win_probabilities(zm.SingleElimination(2, best_of=5), of_seeds(2), results=played)
    assert final.champion[0] == pytest.approx(1 - (1 / 3) ** 3)
    games = zm.Comparisons([0, 0, 0], [1, 2, 3])
    league = zm.win_probabilities(zm.RoundRobin(4), of_seeds(4), results=games)
    assert league.champion[0] == 1.0


def test_items_by_their_labels() -> None:
    design = zm.SingleElimination.from_slots(["ann", "dee", "bob", "cyd"])
    strengths = {"cyd": 0.2, "ann": 0.9, "bob": 0.5, "dee": 0.1}
    result = zm.win_probabilities(design, strengths)
    assert result.items.tolist() == ["ann", "dee", "bob", "cyd"]
    same = zm.win_probabilities(zm.SingleElimination(4, seeding=range(4)), [0.9, 0.1, 0.5, 0.2])
    np.testing.assert_allclose(result.place, same.place)


def test_judges() -> None:
    design, strengths = zm.SingleElimination(4), of_seeds(4)
    judged = zm.win_probabilities(design, strengths, judge=zm.judges.Noisy(0.8))
    noisy = 0.8 * strengths + 0.2 * strengths.T
    np.testing.assert_allclose(
        judged.champion, zm.win_probabilities(design, noisy).champion, **CLOSE
    )
    biased = zm.win_probabilities(design, strengths, judge=zm.judges.Noisy(position_bias=0.5))
    half = 0.5 * strengths + 0.25
    np.testing.assert_allclose(
        biased.champion, zm.win_probabilities(design, half).champion, **CLOSE
    )


def test_result_and_frame() -> None:
    pytest.importorskip("pandas")
    strengths = {"ann": 1.0, "bob": 0.5, "cyd": 0.0}
    result = zm.win_probabilities(zm.SingleElimination(3), strengths)
    assert repr(result).startswith("TournamentResult(3 items, 'ann' wins with probability 0.6")
    frame = result.to_frame("pandas")
    assert list(frame.columns) == ["item", "champion", "mean_rank", "reach_1", "reach_2"]
    assert frame["item"].tolist() == ["ann", "bob", "cyd"]
    assert result.replicates is None
    for name in ("champion", "reach", "place", "mean_rank"):
        assert not getattr(result.standard_error, name).any()
    with pytest.raises(ValueError, match="read-only"):
        result.champion[0] = 1.0
    with pytest.raises(AttributeError):
        result.n_rounds = 3


def test_errors_of_simulated_results() -> None:
    """One band an item and replicate: variances of indicators and of ranks."""
    exact_one = zm.win_probabilities(zm.SingleElimination(8), of_seeds(8))
    simulated = replace(exact_one, replicates=400)
    p, place = exact_one.champion, exact_one.place
    error = simulated.standard_error
    np.testing.assert_allclose(error.champion, np.sqrt(p * (1 - p) / 400))
    middle = np.array([1.0, 2.0, 3.5, 6.5])
    share = np.stack([place[:, 0], place[:, 1], 2 * place[:, 2], 4 * place[:, 4]], axis=1)
    variance = share @ middle**2 - (share @ middle) ** 2
    np.testing.assert_allclose(error.mean_rank, np.sqrt(variance / 400))
    shares = exact_one.band_probability
    batches = np.stack([0.9 * shares, 1.1 * shares])
    spread = replace(simulated, batches=batches).standard_error
    np.testing.assert_allclose(spread.champion, 0.1 * p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zm.win_probabilities("cup", [0.0]), "design must be a tournament design"),
        (lambda: zm.win_probabilities(zm.SingleElimination(4), [0.0, 1.0]), "strengths are of 2"),
        (
            lambda: zm.win_probabilities(zm.SingleElimination(2), [0.0, 1.0], judge=0.8),
            "judge must be a zm.judges.Noisy, but is float",
        ),
        (
            lambda: zm.win_probabilities(zm.Swiss(6, 3), np.zeros(6)),
            "Swiss rounds have no exact probabilities here; use zm.simulate",
        ),
        (
            lambda: zm.win_probabilities(zm.RandomPairs(4, 9), np.zeros(4)),
            "random games have no exact probabilities here; use zm.simulate",
        ),
        (
            lambda: zm.win_probabilities(zm.SingleElimination(24, seeding="random"), np.zeros(24)),
            "the average over all draws of 24 items would take .* use zm.simulate, or name the",
        ),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(zm.errors.InputError, match=message):
        call()


def test_too_many_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joints, "MOST_STATES", 100)
    message = "would need .* states at once, more than 100; use zm.simulate"
    with pytest.raises(zm.errors.InputError, match=message):
        zm.win_probabilities(zm.RoundRobin(5), np.zeros(5))
    with pytest.raises(zm.errors.InputError, match=message):
        zm.win_probabilities(zm.DoubleElimination(5, seeding="random"), np.zeros(5))


def test_many_columns_are_told_apart() -> None:
    """States whose digits do not fit into one number are numbered anew on the way."""
    random = np.random.default_rng(0)
    columns = [random.integers(0, 1 << 20, 50).astype(np.int32) for _ in range(5)]
    columns = [np.concatenate([column, column[:10]]) for column in columns]
    which, kind = joints.distinct(columns, 60)
    assert len(which) == 50
    assert (kind[:10] == kind[50:]).all()


def test_programs_of_ones_own() -> None:
    """Copies, byes and lots: a league of one game whose winner meets who had the bye."""

    class Own:
        n = 3

        def program(self) -> Program:
            builder = Builder(3)
            builder.game(0, 1, Series(decisive=False), 1)
            builder.add(BYE, 2)
            ranked = builder.rank(0, 3, [])
            first = builder.registers(1)
            builder.add(COPY, ranked, first)
            win, lose = builder.match(first, ranked + 1, Series(), 2)
            for place, register in enumerate((win, lose, ranked + 2), 1):
                builder.exit(register, Band(place, place, 2 if place == 1 else 1))
            return builder.program(2)

    strengths = np.full((3, 3, 3), 1 / 3)
    result = zm.win_probabilities(Own(), strengths)
    # Item 2 has two points; who wins the game has as many, who draws has one.
    np.testing.assert_allclose(result.champion, [0.25, 0.25, 0.5], **CLOSE)
    np.testing.assert_allclose(result.place[:, 2], [0.5, 0.5, 0.0], **CLOSE)


def test_byes_count_as_games_won_in_shares() -> None:
    """With matches before and after, so that who has the bye is not certain."""
    builder = Builder(4)
    win, lose = builder.match(0, 1, Series(), 1)
    builder.add(BYE, win)
    builder.game(lose, 2, Series(decisive=False), 2)
    builder.game(2, 3, Series(decisive=False), 3)
    ranked = builder.rank(0, 4, [RATE, WINS])
    for place in range(4):
        builder.exit(ranked + place, Band(place + 1, place + 1, 3 if place == 0 else 2))
    program = builder.program(3, win_points=0, draw_points=0)
    tables = tables_of(program, read_strengths(with_draws(4, 6), 4))
    band, n_matches = run_states(program, *tables)
    slow = exact(program, *tables)
    np.testing.assert_allclose(band, np.array(slow.band, float), **CLOSE)
    assert n_matches == pytest.approx(float(slow.n_matches))
