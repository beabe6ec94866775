"""Distinct draws of a knockout, and the search for the best one."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import zermelo as zm
from zermelo.tournament.brackets import Bracket

STRENGTHS = [1.3, 1.1, 0.9, 0.4, 0.2, 0.0, -0.3]


def abilities(n: int, seed: int = 0) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).normal(size=n))[::-1]


# Edwards's numbers: n! over 2 to the number of nodes whose halves have the same shape.
@pytest.mark.parametrize(("n", "expected"), [(3, 3), (4, 3), (5, 30), (6, 90), (7, 315), (8, 315)])
def test_number_of_distinct_draws(n: int, expected: int) -> None:
    bracket = Bracket.of(zm.SingleElimination(n).program())
    draws = list(bracket.draws())
    assert bracket.n_draws == len(draws) == len(set(draws)) == expected
    assert all(sorted(draw) == list(range(n)) for draw in draws)


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_distinct_draws_are_the_different_ones(n: int) -> None:
    """All n! orders have as many different results as there are distinct draws."""
    win = np.triu(np.random.default_rng(n).random((n, n)), 1)
    win += np.tril(1.0 - win.T, -1) + 0.5 * np.eye(n)
    results = {
        tuple(zm.win_probabilities(zm.SingleElimination(n, seeding=order), win).champion.round(9))
        for order in permutations(range(n))
    }
    assert len(results) == Bracket.of(zm.SingleElimination(n).program()).n_draws


def test_halves_with_different_series_are_not_alike() -> None:
    slots = zm.SingleElimination.from_slots([(0, 1), 2, 3, 4])
    # The play-in makes its quarter unlike the other; two pairs are alike within themselves.
    assert Bracket.of(slots.program()).n_draws == 120 // 2**2
    with_third = zm.SingleElimination(4, third_place=True)
    assert Bracket.of(with_third.program()).n_draws == 3


@pytest.mark.parametrize("objective", ["favourite", "final", "fairness"])
@pytest.mark.parametrize("n", [4, 5, 6])
def test_nothing_is_better_than_the_best(backend: str, objective: str, n: int) -> None:
    strengths = STRENGTHS[:n]
    draw = zm.best_draw(n, strengths, objective)
    assert draw.exhaustive
    values = []
    for order in permutations(range(n)):
        design = zm.SingleElimination(n, seeding=order)
        result = zm.win_probabilities(design, strengths)
        c = result.champion
        values.append(
            {
                "favourite": lambda c=c: c[0],
                "final": lambda d=design: meeting(d, strengths),
                "fairness": lambda c=c: (
                    -sum(max(0.0, c[j] - c[i]) for i in range(n) for j in range(i + 1, n))
                ),
            }[objective]()
        )
    assert draw.value == pytest.approx(max(values), abs=1e-12)
    again = zm.win_probabilities(draw.design, strengths)
    np.testing.assert_allclose(again.place, draw.result.place, rtol=1e-12)


def meeting(design: zm.SingleElimination, strengths: list[float]) -> float:
    """The chance that items 0 and 1 play the final: the winner of it has beaten the other."""
    result = zm.win_probabilities(design, strengths)
    slots = design.slots
    half = len(slots) // 2
    apart = (slots.index(0) < half) != (slots.index(1) < half)
    return float(result.reach[0, -2] * result.reach[1, -2]) if apart else 0.0


def test_annealing_finds_the_best_of_eight() -> None:
    strengths = abilities(8)
    best = zm.best_draw(8, strengths)
    annealed = zm.best_draw(8, strengths, evaluations=314)
    assert best.exhaustive
    assert not annealed.exhaustive
    assert annealed.value >= zm.win_probabilities(zm.SingleElimination(8), strengths).champion[0]
    found = [zm.best_draw(8, strengths, evaluations=300, seed=s).value for s in range(5)]
    assert max(found) == pytest.approx(best.value, rel=1e-3)


def test_annealing_is_deterministic_and_helps() -> None:
    strengths = abilities(16)
    one, two = (zm.best_draw(16, strengths, evaluations=2000, seed=3) for _ in range(2))
    assert one.slots == two.slots
    assert one.n_evaluated == 2000
    assert one.n_draws == 638_512_875
    standard = zm.win_probabilities(zm.SingleElimination(16), strengths)
    assert one.value > standard.champion[0] + 0.02
    again = zm.win_probabilities(one.design, strengths)
    assert again.champion[0] == pytest.approx(one.value, rel=1e-12)


def test_an_objective_of_ones_own() -> None:
    strengths = abilities(6)
    draw = zm.best_draw(6, strengths, lambda result: -float(result.mean_rank[2]))
    others = [
        zm.win_probabilities(zm.SingleElimination(6, seeding=order), strengths).mean_rank[2]
        for order in permutations(range(6))
    ]
    assert -draw.value == pytest.approx(min(others))


def test_equal_items_are_treated_alike_where_it_is_fair() -> None:
    draw = zm.best_draw(4, [0.0, 0.0, 0.0, 0.0], "fairness")
    assert draw.value == 0.0
    draw = zm.best_draw(3, [0.0, 0.0, 0.0], "fairness")
    # Whoever has the bye wins half, the others a quarter: two pairs differ by a quarter each.
    assert draw.value == pytest.approx(-0.5)


def test_series_byes_labels_and_random_seedings_are_kept() -> None:
    design = zm.SingleElimination.from_slots(
        ["ann", None, ("dee", "bob"), "cyd"], best_of=[3, 1, 3], venue=None
    )
    strengths = {"ann": 0.9, "dee": 0.1, "bob": 0.5, "cyd": 0.2}
    draw = zm.best_draw(design, strengths)
    assert draw.design.best_of == (3, 1, 3)
    assert sorted(name for name in draw.slots if name) == ["ann", "bob", "cyd", "dee"]
    assert [slot is None for slot in draw.slots] == [slot is None for slot in design.slots]
    same = zm.win_probabilities(draw.design, strengths)
    np.testing.assert_allclose(same.champion, draw.result.champion)
    random = zm.best_draw(zm.SingleElimination(5, seeding="random"), STRENGTHS[:5])
    fixed = zm.best_draw(5, STRENGTHS[:5])
    assert random.value == pytest.approx(fixed.value)


def test_repr() -> None:
    draw = zm.best_draw(4, [1.2, 0.6, 0.3, 0.0])
    assert repr(draw) == "Draw(4 items, value 0.5176, best of all 3 draws)"
    draw = zm.best_draw(32, np.linspace(1, -1, 32), evaluations=10)
    assert repr(draw).endswith("best of 10 of 1.2e+26 draws)")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zm.best_draw("cup", [0.0]), "design must be a SingleElimination, or a number"),
        (lambda: zm.best_draw(4, np.zeros(4), "fun"), "objective must be one of 'favourite'"),
        (lambda: zm.best_draw(4, np.zeros(4), evaluations=0), "evaluations must be a positive"),
        (lambda: zm.best_draw(4, np.zeros(4), seed=-1), "seed must be a whole number"),
        (lambda: zm.best_draw(4, np.zeros(3)), "strengths are of 3 items"),
        (
            lambda: zm.best_draw(4, np.zeros(4), lambda result: float("nan")),
            "objective's value must be a finite number, but is nan",
        ),
        (
            lambda: zm.best_draw(zm.SingleElimination(4, reseed=True), np.zeros(4)),
            "best_draw needs a bracket that stays, but design has reseed=True",
        ),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(zm.errors.InputError, match=message):
        call()
