"""Goodness of fit, votes needed and changes of fits with ties, position and covariates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings.cells import probabilities
from zermelo.ratings.compare_fits import compare_fits
from zermelo.ratings.goodness import OutcomeResiduals

TRUTH = np.array([0.6, 0.2, -0.1, -0.7])
LOG_TIE = {"davidson": 0.1, "rao-kupper": 0.5, "half": 0.0}
TIES = ("davidson", "rao-kupper")


def draw(
    random: np.random.Generator, ties: str, m: int, position: float = 0.0, f: int = 0
) -> tuple[Any, ...]:
    a = random.integers(0, len(TRUTH), m)
    b = (a + random.integers(1, len(TRUTH), m)) % len(TRUTH)
    x = random.normal(size=(m, f))
    z = TRUTH[a] - TRUTH[b] + position + x.sum(axis=1) * 0.4
    model: Any = "davidson" if ties == "half" else ties
    win, _, tie = probabilities(model, z, LOG_TIE[ties])
    u = random.random(m)
    return a, b, np.where(u < win, 1.0, np.where(u < win + tie, 0.5, 0.0)), x


def comparisons(rows: tuple[Any, ...]) -> zm.Comparisons:
    a, b, score, x = rows
    return zm.Comparisons(a, b, score, features=x if x.shape[1] else None)


@pytest.mark.parametrize("position", [False, True])
@pytest.mark.parametrize("ties", TIES)
def test_outcomes_are_those_of_the_rows(backend: str, ties: Any, position: bool) -> None:
    rows = draw(np.random.default_rng(1), ties, 400, 0.5)
    data = comparisons(rows)
    fit = zm.bradley_terry(data, ties=ties, position_effect=position, backend=backend)
    found = fit.residuals()
    assert isinstance(found, OutcomeResiduals)
    sums: dict[tuple[int, int, str], list[float]] = {}
    for a, b, score in zip(*rows[:3], strict=True):
        if a > b and not position:
            a, b, score = b, a, 1.0 - score
        chance = fit.predict(a, b, position="first" if position else None)
        for place, name in enumerate(("win", "tie", "loss")):
            cell = sums.setdefault((int(a), int(b), name), [0.0, 0.0])
            cell[0] += score == (1.0, 0.5, 0.0)[place]
            cell[1] += chance[place]
    keys = zip(found.first.tolist(), found.second.tolist(), found.outcome.tolist(), strict=True)
    observed, expected = np.array([sums[key] for key in keys]).T
    assert len(found) == len(sums) == (36 if position else 18)
    np.testing.assert_allclose(found.score, observed)
    np.testing.assert_allclose(found.expected, expected, rtol=1e-9)
    np.testing.assert_allclose(found.pearson, (observed - expected) / np.sqrt(expected))

    total = fit.deviance()
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(observed > 0, observed * np.log(observed / found.n), 0.0).sum()
    assert total.deviance == pytest.approx(2.0 * (own - fit.log_likelihood), abs=1e-7)
    assert total.degrees_of_freedom == len(found) // 3 * 2 - (3 + 1 + position)
    assert total.note == ""
    assert 1e-4 < total.p_value < 1
    assert "outcome" in found.to_frame("pandas")
    worst = fit.worst_pairs(3)
    assert np.abs(worst.deviance).min() >= np.sort(np.abs(found.deviance))[-3]
    assert repr(worst).startswith("OutcomeResiduals(3 outcomes of pairs")


def test_position_alone_has_ordered_pairs(backend: str) -> None:
    a, b, score, x = draw(np.random.default_rng(2), "half", 500, 0.4)
    keep = score != 0.5
    data = comparisons((a[keep], b[keep], score[keep], x[keep]))
    fit = zm.bradley_terry(data, position_effect=True, backend=backend)
    found = fit.residuals()
    assert len(found) == 12
    assert not isinstance(found, OutcomeResiduals)
    chance = fit.predict(found.items[found.first], found.items[found.second], position="first")
    np.testing.assert_allclose(found.expected, found.n * chance, rtol=1e-9)
    spread = np.sqrt(found.n * chance * (1.0 - chance))
    np.testing.assert_allclose(found.pearson, (found.score - found.expected) / spread)
    total = fit.deviance()
    assert total.degrees_of_freedom == 12 - 4
    assert total.pearson == pytest.approx((found.pearson**2).sum())
    # Without the position effect that is there, the same pairs fit worse.
    assert zm.bradley_terry(data, backend=backend).log_likelihood < fit.log_likelihood


@pytest.mark.parametrize("ties", TIES)
def test_the_deviance_is_chi_squared_where_the_model_holds(ties: Any) -> None:
    random = np.random.default_rng(3)
    values = [
        zm.bradley_terry(
            comparisons(draw(random, ties, 2000, 0.3)), ties=ties, position_effect=True
        )
        .deviance()
        .p_value
        for _ in range(200)
    ]
    small = int((np.array(values) < 0.1).sum())
    assert binom.cdf(small, 200, 0.1) > 5e-7
    assert binom.sf(small - 1, 200, 0.1) > 5e-7


@pytest.mark.parametrize("ties", TIES)
def test_rows_with_features(ties: Any) -> None:
    rows = draw(np.random.default_rng(4), ties, 300, f=2)
    fit = zm.bradley_terry(comparisons(rows), ties=ties, covariates=True)
    total = fit.deviance()
    assert total.n_pairs == 300
    assert total.deviance == pytest.approx(-2.0 * fit.log_likelihood)  # a row alone is certain
    assert "a probability for every row" in total.note
    assert np.isnan(total.p_value)
    found = fit.residuals()
    np.testing.assert_allclose(found.n.sum(), 3 * 300)
    # The score by the tie parameter is 0: as many ties are expected as there are.
    tied = found.outcome == "tie"
    if ties == "davidson":
        assert found.expected[tied].sum() == pytest.approx(found.score[tied].sum(), rel=1e-6)


def test_loaded_without_data(tmp_path: Any) -> None:
    fit = zm.bradley_terry(
        comparisons(draw(np.random.default_rng(5), "davidson", 200)), ties="davidson"
    )
    fit.save(tmp_path / "fit.npz", data=False)
    loaded: Any = zm.load(tmp_path / "fit.npz")
    for ask in (loaded.deviance, loaded.residuals):
        with pytest.raises(InputError, match="without its data"):
            ask()


@pytest.mark.parametrize("allocation", ["equal", "direct"])
@pytest.mark.parametrize("ties", TIES)
def test_votes_needed_find_the_difference(ties: Any, allocation: Any) -> None:
    """Further votes, half in each order, make the true difference significant in 80%."""
    random = np.random.default_rng(6)
    options: Any = {"ties": ties, "position_effect": True}
    found, replicates = 0, 250
    for _ in range(replicates):
        begin = comparisons(draw(random, ties, 300, 0.4)).pair_counts()
        fit = zm.bradley_terry(begin, **options)
        more = fit.votes_needed(0, 1, 0.4, allocation=allocation, kind="fisher")
        rows = draw(random, ties, more, 0.4)
        if allocation == "direct":
            swapped = random.random(more) < 0.5
            a, b = swapped.astype(int), 1 - swapped.astype(int)
            z = TRUTH[a] - TRUTH[b] + 0.4
            win, _, tie = probabilities(ties, z, LOG_TIE[ties])
            u = random.random(more)
            rows = (a, b, np.where(u < win, 1.0, np.where(u < win + tie, 0.5, 0.0)), rows[3])
        final = zm.bradley_terry(begin + comparisons(rows).pair_counts(), **options)
        difference = final.compare(0, 1, adjust="none", kind="fisher")
        found += bool(difference.p_value[0] < 0.05)
    assert binom.cdf(found, replicates, 0.8) > 5e-7
    assert binom.sf(found - 1, replicates, 0.8) > 5e-7


def test_votes_needed_of_ties_and_halves() -> None:
    data = comparisons(draw(np.random.default_rng(7), "davidson", 2000))
    davidson, kupper, half = (
        zm.bradley_terry(data, ties=ties).votes_needed(0, 1, power=0.99, level=0.999)
        for ties in ("davidson", "rao-kupper", "half")
    )
    # Scales differ, but the question is the same: whether 0 is better than 1.
    assert davidson == pytest.approx(half, rel=0.05)
    assert kupper == pytest.approx(half, rel=0.1)


def scores_of_rows(fit: Any, rows: tuple[Any, ...], ties: str) -> Any:
    """Derivatives of every row's log-likelihood by (abilities, position, features, tie)."""
    a, b, score, x = rows
    m = len(a)
    own = np.concatenate([fit.model.ability, fit.extras.coefficients, [fit.extras.log_tie]])

    def terms(parameters: Any) -> Any:
        n = fit.n_items
        z = parameters[a] - parameters[b] + np.column_stack([np.ones(m), x]) @ parameters[n:-1]
        chances = probabilities("none" if ties == "half" else ties, z, parameters[-1])  # type: ignore[arg-type]
        if ties == "half":
            return score * np.log(chances[0]) + (1.0 - score) * np.log(chances[1])
        return np.log(np.choose((2 * score).astype(int), [chances[1], chances[2], chances[0]]))

    step = 1e-5
    size = len(own) - (ties == "half")
    units = np.eye(len(own))[:size] * step
    return np.stack([(terms(own + u) - terms(own - u)) / (2 * step) for u in units], axis=1)


@pytest.mark.parametrize("ties", [*TIES, "half"])
def test_the_nested_sandwich_is_the_one_of_the_rows(backend: str, ties: Any) -> None:
    rows = draw(np.random.default_rng(8), ties, 500, 0.3, f=1)
    early = tuple(column[:300] for column in rows)
    options: Any = {"ties": ties, "position_effect": True, "covariates": True, "backend": backend}
    one = zm.bradley_terry(comparisons(early), **options)
    other = zm.bradley_terry(comparisons(rows), **options)
    influence = []
    for fit, used in ((one, early), (other, rows)):
        matrix = fit._whole_covariance("fisher", "test")[: fit.n_items]
        influence.append(scores_of_rows(fit, used, ties) @ matrix.T)
    change = influence[1]
    change[:300] -= influence[0]
    expected = np.sqrt((change**2).sum(axis=0))
    found = compare_fits(one, other, kind="sandwich", relation="nested")
    np.testing.assert_allclose(found.standard_error, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["fisher", "sandwich"])
@pytest.mark.parametrize("ties", TIES)
def test_changes_spread_as_they_say(ties: Any, kind: Any) -> None:
    random = np.random.default_rng(9)
    changes, errors = [], []
    for _ in range(150):
        old, more = (comparisons(draw(random, ties, 500, 0.3)).pair_counts() for _ in range(2))
        fits = [
            zm.bradley_terry(counts, ties=ties, position_effect=True)
            for counts in (old, old + more)
        ]
        found = compare_fits(*fits, kind=kind)
        changes.append(found.change)
        errors.append(found.standard_error)
    spread, said = np.mean(np.square(changes)), np.mean(np.square(errors))
    assert np.sqrt(said / spread) == pytest.approx(1.0, abs=0.12)


def test_standardised_features_may_change_their_divisor() -> None:
    rows = draw(np.random.default_rng(10), "half", 600, f=2)
    early = tuple(column[:300] for column in rows)
    plain, divided = (
        compare_fits(
            *(zm.bradley_terry(comparisons(r), covariates=choice) for r in (early, rows)),
            relation="nested",
        )
        for choice in (True, "standardize")
    )
    np.testing.assert_allclose(plain.standard_error, divided.standard_error, rtol=1e-7)


def test_nested_fits_of_different_models() -> None:
    old, more = (
        comparisons(draw(np.random.default_rng(s), "half", 200)).pair_counts() for s in (11, 12)
    )
    one = zm.bradley_terry(old)
    other = zm.bradley_terry(old + more, position_effect=True)
    with pytest.raises(InputError, match="old has abilities alone and new has none, position"):
        compare_fits(one, other)
    assert compare_fits(one, other, relation="independent").items.tolist() == [0, 1, 2, 3]
