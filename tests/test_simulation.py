"""`simulate`: against exact probabilities, its records, judges, drawn abilities and refusals."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

import zermelo as zm
from zermelo.errors import InputError

CASES = 200
# Of all tests of the 200 cases together.
FAMILY_WISE = 1e-6


def random_case(number: int) -> tuple[Any, np.ndarray]:
    """Size 2 to 65, seeding and series at random; abilities of a random spread."""
    rng = np.random.default_rng([20261122, number])
    n = int(rng.integers(2, 66))
    ability = rng.normal(0, rng.uniform(0.1, 2), n)
    best_of = int(rng.choice([1, 1, 3, 7]))
    order = rng.permutation(n).tolist() if rng.random() < 0.5 else "standard"
    venue = "HHAAHAH"[:best_of] if best_of > 1 and rng.random() < 0.5 else None
    advantage = 0.4 if venue else 0.0
    design = zm.SingleElimination(
        n, seeding=order, best_of=best_of, venue=venue, home_advantage=advantage
    )
    return design, ability


def test_simulation_agrees_with_exact_probabilities(backend: str) -> None:
    """Binomial tests of every item's title and first round, Bonferroni over all of them."""
    replicates = 4_000 if backend == "numba" else 20_000
    smallest, n_tests = 1.0, 0
    for number in range(CASES):
        design, ability = random_case(number)
        exact = zm.win_probabilities(design, ability)
        simulated = zm.simulate(design, ability, replicates, seed=number)
        for chance, share in (
            (exact.champion, simulated.champion),
            (exact.reach[:, 1], simulated.reach[:, 1]),
        ):
            counts = np.rint(share * replicates).astype(int)
            certain = (chance < 1e-12) | (chance > 1 - 1e-12)
            assert (counts[certain] == np.rint(chance[certain] * replicates)).all()
            for count, p in zip(counts[~certain], chance[~certain], strict=True):
                # A z-score this small needs no exact test.
                spread = np.sqrt(replicates * p * (1 - p))
                if abs(count - replicates * p) > 2.5 * spread:
                    smallest = min(smallest, binomtest(int(count), replicates, p).pvalue)
                n_tests += 1
    assert n_tests > CASES * 10
    assert smallest > FAMILY_WISE / n_tests


DESIGNS = {
    "single": zm.SingleElimination(11),
    "random draw": zm.SingleElimination(7, seeding="random"),
    "reseeded": zm.SingleElimination(13, reseed=True),
    "third place": zm.SingleElimination(8, third_place=True),
    "double": zm.DoubleElimination(9),
    "round robin": zm.RoundRobin(6),
    "swiss": zm.Swiss(9, 4),
    "random swiss": zm.Swiss(8, 3, pairing="random"),
    "groups": zm.GroupsThenKnockout(12, 4),
    "thirds": zm.GroupsThenKnockout(16, 4, advance=2, best_thirds=0),
    "anchored": zm.Anchored(6, 2),
    "random pairs": zm.RandomPairs(6, 20),
}


def drawish(n: int) -> np.ndarray:
    """Win, draw and loss where the lower number is better, a quarter being drawn."""
    ability = np.linspace(1, -1, n)
    win = 0.75 / (1 + np.exp(ability[None, :] - ability[:, None]))
    return np.stack([win, np.full((n, n), 0.25), 0.75 - win], axis=2)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_is_simulated(name: str, backend: str) -> None:
    design = DESIGNS[name]
    strengths = drawish(design.n)
    result = zm.simulate(design, strengths, 600, seed=3)
    assert result.champion.sum() == pytest.approx(1)
    assert result.place.sum(axis=0) == pytest.approx(np.ones(design.n))
    assert result.place.sum(axis=1) == pytest.approx(np.ones(design.n))
    assert (np.diff(result.reach, axis=1) <= 1e-12).all()
    assert result.n_matches <= design.n_matches
    # The better an item, the better it fares.
    assert np.corrcoef(result.mean_rank, np.arange(design.n))[0, 1] > 0.5
    again = zm.simulate(design, strengths, 600, seed=3, threads=3)
    assert (again.band_probability == result.band_probability).all()
    assert not (
        zm.simulate(design, strengths, 600, seed=4).band_probability == result.band_probability
    ).all()


@pytest.mark.parametrize("name", DESIGNS)
def test_backends_give_the_same(name: str) -> None:
    for side in ("cpp", "numba"):
        if not zm.backend_info()[side]["available"]:
            pytest.skip(zm.backend_info()[side]["reason"])
    design = DESIGNS[name]
    judge = zm.judges.Noisy(0.8, 0.1, 0.1)
    options: dict[str, Any] = {"replicates": 300, "judge": judge, "seed": 9, "record": True}
    one, other = (
        zm.simulate(design, drawish(design.n), backend=side, **options) for side in ("cpp", "numba")
    )
    assert (one.band_probability == other.band_probability).all()
    for column in ("a", "b", "outcome", "cluster", "time"):
        assert (getattr(one.comparisons, column) == getattr(other.comparisons, column)).all()
    counted = zm.simulate(design, drawish(design.n), **(options | {"record": False}))
    assert (counted.band_probability == one.band_probability).all()
    assert counted.n_matches == one.n_matches


@given(n=st.integers(2, 20), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_recorded_matches_replay_to_the_champion(n: int, seed: int) -> None:
    design = zm.SingleElimination(n)
    result = zm.simulate(design, np.linspace(1, -1, n), 5, seed=seed, record=True)
    rows = result.comparisons
    assert rows is not None
    assert len(rows) == 5 * (n - 1)
    titles = np.zeros(n)
    for replicate in range(5):
        inside = np.flatnonzero(rows.cluster == replicate)
        assert (np.diff(rows.time[inside]) >= 0).all()
        losers = np.where(rows.outcome[inside] == 1, rows.b[inside], rows.a[inside])
        out: set[int] = set()
        for row, loser in zip(inside, losers, strict=True):
            assert not {int(rows.a[row]), int(rows.b[row])} & out
            out.add(int(loser))
        (champion,) = set(range(n)) - out
        titles[champion] += 1
    assert result.champion * 5 == pytest.approx(titles)


def test_records_can_be_rated() -> None:
    result = zm.simulate(zm.RoundRobin(6), {x: float(i) for i, x in enumerate("abcdef")}, 200,
                         record=True)  # fmt: skip
    assert zm.bradley_terry(result.comparisons).rank().tolist() == [6, 5, 4, 3, 2, 1]
    assert zm.elo(result.comparisons).rank()[0] == 6


def test_a_perfect_judge_changes_nothing_and_a_useless_one_all() -> None:
    design, ability = zm.SingleElimination(8), np.linspace(2, -2, 8)
    plain = zm.simulate(design, ability, 20_000)
    assert (zm.simulate(design, ability, 20_000, judge=zm.judges.Noisy()).champion
            == plain.champion).all()  # fmt: skip
    useless = zm.simulate(design, ability, 50_000, judge=zm.judges.Noisy(0.5))
    errors = useless.standard_error.champion
    assert (np.abs(useless.champion - 1 / 8) < 5.5 * errors).all()


def test_bias_for_a_position_is_fair_but_noisy() -> None:
    design = zm.SingleElimination(2)
    result = zm.simulate(design, [9.0, 0.0], 20_000, judge=zm.judges.Noisy(1.0, 0.5), record=True)
    rows = result.comparisons
    assert rows is not None
    # Who is shown first is drawn by lot, and wins three quarters of the matches.
    assert np.mean(rows.a == 0) == pytest.approx(0.5, abs=0.02)
    assert np.mean(rows.outcome == 1) == pytest.approx(0.75, abs=0.02)
    assert result.champion[0] == pytest.approx(0.75, abs=0.02)


def test_abilities_are_drawn_from_a_fit() -> None:
    """With few votes the favourite is less sure than its estimate says."""
    votes = zm.Comparisons(["x"] * 10, ["y"] * 10, [1] * 8 + [0] * 2)
    fit = zm.bradley_terry(votes)
    design = zm.SingleElimination(2)
    sure = zm.simulate(design, fit, 40_000)
    unsure = zm.simulate(design, fit, 40_000, uncertain=400, seed=5)
    assert sure.champion[0] == pytest.approx(0.8, abs=0.02)
    assert unsure.champion[0] < sure.champion[0]
    # Replicates that share a draw are no independent ones.
    assert unsure.standard_error.champion[0] > 1.5 * sure.standard_error.champion[0]


def test_executors_share_the_work() -> None:
    design, ability = zm.SingleElimination(8), np.linspace(1, -1, 8)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        shared = zm.simulate(design, ability, 5_000, executor=pool)
    assert (shared.champion == zm.simulate(design, ability, 5_000).champion).all()


def test_labels_come_back() -> None:
    strengths = {"ann": 1.0, "bob": 0.0, "cyd": -1.0}
    result = zm.simulate(zm.SingleElimination(3), strengths, 100, record=True)
    assert result.items.tolist() == ["ann", "bob", "cyd"]
    assert result.comparisons is not None
    assert set(result.comparisons.items.tolist()) == {"ann", "bob", "cyd"}
    assert "ann" in result.to_frame("pandas")["item"].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": 8}, "design must be a tournament design"),
        ({"design": zm.Swiss}, "is Swiss itself, without its arguments"),
        # Too large to be built; what is wrong is found before.
        ({"design": zm.SingleElimination(1 << 60)}, "the design has 1152921504606846976"),
        ({"strengths": [1.0, 2.0]}, "strengths are of 2 items, but the design has 4"),
        ({"replicates": 0}, "replicates must be a positive whole number"),
        ({"replicates": 1 << 50}, r"replicates must be at most 2\^40"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 1 << 64}, r"seed must be a whole number from 0 to 2\^64"),
        ({"judge": 0.8}, "judge must be a zm.judges.Noisy"),
        ({"record": "yes"}, "record must be True or False"),
        ({"uncertain": True}, "give a Bradley-Terry fit"),
        ({"uncertain": 1}, "uncertain must be"),
        ({"executor": 2}, "executor must be a concurrent.futures.Executor"),
        ({"results": "none"}, "results must be Comparisons"),
        ({"threads": 0}, "threads must be"),
        ({"backend": "fortran"}, "backend must be"),
        ({"scale": 0}, "scale must be positive"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    given = {"design": zm.SingleElimination(4), "strengths": [1.0, 0.5, 0.0, -0.5]} | options
    with pytest.raises(InputError, match=message):
        zm.simulate(given.pop("design"), given.pop("strengths"), **({"replicates": 10} | given))
