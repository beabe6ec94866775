"""Varco Arena as a design: its counts, its brackets, and the arena against one fixed model."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.tournament.simulation import Simulation
from zermelo.tournament.strengths import read_strengths


@pytest.mark.parametrize("n", [2, 3, 7, 8, 20])
@pytest.mark.parametrize("prompts", [1, 4])
def test_every_prompt_is_a_bracket(backend: str, n: int, prompts: int) -> None:
    arena = zm.varco_arena(n, prompts)
    program = arena.program()
    assert arena.n_matches == program.most_matches == prompts * (n - 1)
    assert arena.n_rounds == program.n_rounds == int(np.ceil(np.log2(n)))
    strengths = read_strengths(np.linspace(1, -1, n), n)
    played = Simulation(program, strengths, 3, backend, 1).play(0, 5)
    first, second, outcome = (column.reshape(5 * prompts, n - 1) for column in played[:3])
    shapes = set()
    for a, b, won in zip(first, second, outcome, strict=True):
        losers = np.where(won == 1, b, a)
        assert len(set(losers)) == n - 1, "everybody but the champion loses once"
        shapes.add(tuple(np.append(a, b)))
    assert n < 7 or len(shapes) == 5 * prompts, "every prompt has a draw of its own"
    # The places are those in the last bracket.
    champion = np.argmin(played[3], axis=1)
    final = np.where(outcome[:, -1] == 1, first[:, -1], second[:, -1])[prompts - 1 :: prompts]
    np.testing.assert_array_equal(champion, final)


def test_simulated_places_are_those_of_one_bracket() -> None:
    abilities = [0.8, 0.5, 0.1, -0.3, -1.1]
    arena = zm.simulate(zm.varco_arena(5, 3), abilities, 40_000, seed=1)
    cup = zm.simulate(zm.SingleElimination(5, seeding="random"), abilities, 40_000, seed=2)
    error = np.hypot(arena.standard_error.champion, cup.standard_error.champion)
    # Five comparisons at a family-wise error of 1e-6.
    assert (np.abs(arena.champion - cup.champion) < 5.2 * error).all()
    assert arena.n_matches == 12


def test_recorded_matches_are_rated_together() -> None:
    result = zm.simulate(zm.varco_arena(8, 50), np.linspace(1, -1, 8), 1, record=True)
    assert len(result.comparisons) == 50 * 7
    fit = zm.bradley_terry(result.comparisons, prior=1.0)
    assert fit.n_items == 8
    assert np.corrcoef(fit.ability, np.linspace(1, -1, 8))[0, 1] > 0.8


def test_strong_models_play_more() -> None:
    frame = zm.compare_designs(
        [zm.varco_arena(20, 10)],
        strengths=np.linspace(1, -1, 20),
        matches=190,
        replicates=100,
        by="item",
        library="pandas",
    )
    matches = frame["n_matches"].to_numpy()
    np.testing.assert_allclose(matches.sum(), 2 * 190)
    assert matches[:5].min() > matches[-5:].max()
    assert (frame["n_matches_error"] > 0).all()


@pytest.mark.parametrize("accuracy", [0.7, 1.0])
def test_arena_is_ahead_of_one_fixed_model_at_equal_matches(accuracy: float) -> None:
    """Son et al. 2024: medians of 200 replicates with a fixed seed, far apart."""
    frame = zm.compare_designs(
        {"arena": zm.varco_arena(20, 1), "anchored": zm.Anchored(20, 10)},
        strengths=np.linspace(1300, 1000, 20),
        scale=400,
        matches=[50 * 19, 200 * 19],
        judge=zm.judges.Noisy(accuracy),
        replicates=200,
        library="pandas",
    )
    arena, anchored = (
        frame[frame["design"] == name]["spearman_median"].to_numpy()
        for name in ("arena", "anchored")
    )
    assert (arena > anchored).all()
    assert (np.diff(arena) > 0).all()


def test_a_design_like_others() -> None:
    arena = zm.varco_arena(20, 100)
    assert repr(arena) == "varco_arena(20, 100)"
    assert arena == zm.varco_arena(20, 100)
    assert pickle.loads(pickle.dumps(arena)) == arena


@pytest.mark.parametrize(
    ("models", "prompts", "message"),
    [
        (1, 5, "models must be a whole number of at least 2, but is 1"),
        (2.0, 5, "models must be a whole number of at least 2, but is 2.0"),
        (20, 0, "prompts must be a whole number of at least 1, but is 0"),
        (20, True, "prompts must be a whole number of at least 1, but is True"),
    ],
)
def test_bad_input(models: int, prompts: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.varco_arena(models, prompts)
