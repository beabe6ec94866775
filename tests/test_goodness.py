"""Deviance and residuals against sums written out row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings.goodness import deviance, residuals, worst_pairs

SCORES = (0.0, 0.5, 1.0)


def by_pair(fit: Any, rows: reference.Rows) -> dict[tuple[int, int], tuple[float, ...]]:
    """n, score of the first, expected score, Σw² P Q of every unordered pair, from the rows."""
    sums: dict[tuple[int, int], list[float]] = {}
    p = reference.win_probability(fit.ability, rows)
    for a, b, score, count, weight, chance in zip(
        rows.a, rows.b, rows.score, rows.count, rows.weight, p, strict=True
    ):
        if a > b:
            a, b, score, chance = b, a, 1.0 - score, 1.0 - chance
        n, w = count * weight, count * weight**2
        cell = sums.setdefault((int(a), int(b)), [0.0] * 4)
        for place, value in enumerate((n, n * score, n * chance, w * chance * (1.0 - chance))):
            cell[place] += value
    return {pair: tuple(sums[pair]) for pair in sorted(sums)}


def signed_root(n: float, score: float, expected: float) -> float:
    part = sum(
        o * np.log(o / e) for o, e in ((score, expected), (n - score, n - expected)) if o > 1e-12
    )
    return float(np.sign(score - expected) * np.sqrt(max(2.0 * part, 0.0)))


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ({}, {}),
        ({"counted": True, "scores": SCORES}, {}),
        ({"scores": SCORES}, {"ties": "drop"}),
        ({"weighted": True, "counted": True, "scores": (0.0, 0.3, 0.5, 1.0)}, {}),
        ({"counted": True}, {"prior": 1.5}),
        ({"counted": True}, {"fixed": {1: 0.2, 3: -0.4}}),
    ],
)
def test_residuals_are_those_of_the_rows(
    backend: str, data: dict[str, Any], options: dict[str, Any]
) -> None:
    rows = reference.random_rows(60, n=7, m=50, **data)
    fit = zm.bradley_terry(rows.comparisons(), backend=backend, **options)
    if options.get("ties") == "drop":
        rows = rows.without_ties()
    expected = by_pair(fit, rows)
    found = residuals(fit)
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == list(expected)
    n, score, mean, variance = np.array(list(expected.values())).T
    np.testing.assert_allclose(found.n, n, rtol=1e-12)
    np.testing.assert_allclose(found.score, score, atol=1e-12)
    np.testing.assert_allclose(found.expected, mean, rtol=1e-12)
    np.testing.assert_allclose(found.pearson, (score - mean) / np.sqrt(variance), rtol=1e-9)
    roots = [signed_root(*values) for values in zip(n, score, mean, strict=True)]
    np.testing.assert_allclose(found.deviance, roots, rtol=1e-7, atol=1e-7)

    total = deviance(fit)
    assert total.n_pairs == len(expected)
    held = len(options.get("fixed", {}))
    anchored = held > 0 or fit.prior > 0
    assert total.n_parameters == 7 - held - (0 if anchored else 1)
    assert total.deviance == pytest.approx(sum(root**2 for root in roots))
    assert total.pearson == pytest.approx(((score - mean) ** 2 / variance).sum())
    # The saturated log-likelihood less the fit's.
    saturated = sum(
        o * np.log(o / m) for m, s in zip(n, score, strict=True) for o in (s, m - s) if o > 1e-12
    )
    assert total.deviance == pytest.approx(2.0 * (saturated - fit.log_likelihood), abs=1e-8)


def test_baseball() -> None:
    """The American League East of 1987 (Agresti 2002), home and away together."""
    wins = {
        "MIL": "4-3 4-2 4-3 6-1 4-2 6-0",
        "DET": "3-3 4-2 4-3 6-0 6-1 4-3",
        "TOR": "2-5 4-3 2-4 4-3 4-2 6-0",
        "NYY": "3-3 5-1 2-5 4-3 4-2 6-1",
        "BOS": "5-1 2-5 3-3 4-2 5-2 6-0",
        "CLE": "2-5 3-3 3-4 4-3 4-2 2-4",
        "BAL": "2-5 1-5 1-6 2-4 1-6 3-4",
    }
    first, second, score, count = [], [], [], []
    for home, results in wins.items():
        for away, result in zip([t for t in wins if t != home], results.split(), strict=True):
            for value, games in zip((1.0, 0.0), result.split("-"), strict=True):
                first.append(home)
                second.append(away)
                score.append(value)
                count.append(int(games))
    fit = zm.bradley_terry(zm.Comparisons(first, second, score, count=count))
    assert fit.log_likelihood == pytest.approx(-172.24818, abs=1e-5)
    total = deviance(fit)
    assert (total.n_pairs, total.degrees_of_freedom, total.note) == (21, 15, "")
    # Agresti (2002, section 10.6.3): G2 = 15.7 on 15 degrees of freedom.
    assert total.deviance == pytest.approx(15.7, abs=0.05)
    assert 0.35 < total.p_value < 0.45
    assert repr(total).startswith("Deviance(deviance 15.7 on 15 degrees of freedom")


def test_where_the_model_holds_the_residuals_have_variance_one() -> None:
    random = np.random.default_rng(5)
    ability = random.normal(0.0, 0.7, 60)
    first, second = np.triu_indices(60, 1)
    p = 1.0 / (1.0 + np.exp(-(ability[first] - ability[second])))
    won = random.binomial(40, p)
    a, b = np.concatenate([first, second]), np.concatenate([second, first])
    fit = zm.bradley_terry(zm.Comparisons(a, b, count=np.concatenate([won, 40 - won])))
    total = deviance(fit)
    # 1,711 degrees of freedom: the standard error of both is about 0.034.
    assert total.dispersion == pytest.approx(1.0, abs=0.15)
    assert total.deviance / total.degrees_of_freedom == pytest.approx(1.0, abs=0.17)
    assert 1e-6 < total.p_value < 1.0 - 1e-6


def test_a_quasi_deviance_has_no_p_value() -> None:
    rows = reference.random_rows(61, scores=SCORES, m=200)
    tied = zm.bradley_terry(rows.comparisons())
    assert deviance(tied).note == "a quasi-deviance, not chi-squared: ties count as half wins"
    assert np.isnan(deviance(tied).p_value)
    assert "quasi-deviance" in repr(deviance(tied))
    assert deviance(zm.bradley_terry(rows.comparisons(), ties="drop")).note == ""
    weighted = reference.random_rows(61, weighted=True, scores=(0.0, 0.3, 1.0))
    note = deviance(zm.bradley_terry(weighted.comparisons())).note
    assert note.endswith("scores are fractional, comparisons have weights")


def test_worst_pairs() -> None:
    rows = reference.random_rows(62, n=12, m=400)
    fit = zm.bradley_terry(rows.comparisons())
    everything = residuals(fit)
    for by in ("deviance", "pearson"):
        size = np.abs(getattr(everything, by))
        worst = worst_pairs(fit, 5, by)  # type: ignore[arg-type]
        np.testing.assert_array_equal(np.abs(getattr(worst, by)), np.sort(size)[::-1][:5])
        assert len(worst_pairs(fit, 10_000, by)) == len(everything)  # type: ignore[arg-type]
    assert len(worst_pairs(fit)) == 10
    frame = worst_pairs(fit, 3).to_frame("pandas")
    names = ["first", "second", "n", "score", "expected", "pearson", "deviance"]
    assert list(frame.columns) == names
    assert len(frame) == 3
    assert repr(everything).startswith(f"PairResiduals({len(everything)} pairs, largest")
    with pytest.raises(ValueError, match="read-only"):
        everything.n[0] = 0.0


def test_pairs_that_the_fit_does_not_use() -> None:
    votes = zm.Comparisons(["x", "y", "z", "n", "p", "q", "p"], ["y", "z", "x", "x", "q", "p", "x"])
    largest = residuals(zm.bradley_terry(votes, components="largest"))
    assert len(largest) == 3
    separate = zm.bradley_terry(votes, components="separate")
    assert len(residuals(separate)) == 4
    total = deviance(separate)
    # x, y, z with two differences, and p, q with one; n is alone.
    assert (total.n_pairs, total.n_parameters, total.degrees_of_freedom) == (4, 3, 1)
    pair = zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"]))
    assert deviance(pair).degrees_of_freedom == 0
    assert np.isnan(deviance(pair).p_value)
    assert np.isnan(deviance(pair).dispersion)


def test_bad_arguments(tmp_path: Any) -> None:
    fit = zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"]))
    for wrong in (0, 2.0, True):
        with pytest.raises(InputError, match="k must be a positive whole number"):
            worst_pairs(fit, wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="by must be one of 'deviance', 'pearson'"):
        worst_pairs(fit, 1, "n")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="fit must be a BradleyTerryFit, but is dict"):
        residuals({})  # type: ignore[arg-type]
    fit.save(tmp_path / "board.npz", data=False)
    with pytest.raises(InputError, match="without its data, which residuals needs"):
        deviance(zm.load(tmp_path / "board.npz"))
