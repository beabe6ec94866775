"""Covariances and intervals against the textbook's matrices, built from rows."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings import fit_covariance
from zermelo.ratings.quasi_variance import quasi_variances

KINDS = ("fisher", "sandwich")
FRACTIONS = (0.0, 0.2, 0.5, 0.7, 1.0)

# The fixture of the backends lasts for the module, so that examples can share it.
examples = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fit_of(rows: reference.Rows, backend: str, **options: Any) -> Any:
    return zm.bradley_terry(rows.comparisons(), tol=1e-11, backend=backend, **options)


def oracle(fit: Any, rows: reference.Rows, kind: str) -> Any:
    held = np.flatnonzero(fit.model.held).tolist()
    return reference.covariance(
        fit.model.ability, rows, kind, prior=fit.prior, held=held, centre=not held
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("data", "options"),
    [
        ({}, {}),
        ({"scores": (0.0, 0.5, 1.0)}, {}),
        ({"scores": (0.0, 0.5, 1.0)}, {"ties": "drop"}),
        ({"counted": True}, {}),
        ({"weighted": True, "scores": (0.0, 0.5, 1.0)}, {}),
        ({"weighted": True, "counted": True, "scores": FRACTIONS}, {}),
        ({"weighted": True, "scores": FRACTIONS}, {"ties": "drop"}),
        ({"counted": True}, {"prior": 0.7}),
        ({"scores": FRACTIONS}, {"prior": 2.0, "fixed": {4: 0.5}}),
        ({"counted": True, "scores": FRACTIONS}, {"fixed": {2: 0.4, 3: -0.1}}),
        ({"n": 2, "m": 9}, {}),
        ({"n": 30, "m": 200}, {}),
    ],
)
def test_covariance(backend: str, kind: Any, data: dict[str, Any], options: dict[str, Any]) -> None:
    rows = reference.random_rows(50, **data)
    fit = fit_of(rows, backend, **options)
    if options.get("ties") == "drop":
        rows = rows.without_ties()
    expected = oracle(fit, rows, kind)
    covariance = fit.covariance(kind)
    np.testing.assert_allclose(covariance, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_array_equal(covariance, covariance.T)
    if not options.get("fixed"):
        np.testing.assert_allclose(covariance.sum(axis=0), 0.0, atol=1e-9)
    for item in options.get("fixed", {}):
        assert not covariance[item].any()


def test_counts_are_repeated_rows_and_weights_are_not(backend: str) -> None:
    rows = reference.random_rows(51, counted=True)
    repeated = reference.Rows(
        rows.n,
        *(np.repeat(column, rows.count) for column in (rows.a, rows.b, rows.score)),
        np.ones(rows.count.sum(), np.int64),
        np.ones(rows.count.sum()),
    )
    weighted = reference.Rows(
        rows.n, rows.a, rows.b, rows.score, np.ones_like(rows.count), rows.count.astype(float)
    )
    for kind in KINDS:
        counted = fit_of(rows, backend).covariance(kind)
        np.testing.assert_allclose(
            counted, fit_of(repeated, backend).covariance(kind), rtol=0, atol=1e-10
        )
    # A weight enters the meat squared: fewer comparisons say less than many.
    sandwich = fit_of(weighted, backend).covariance("sandwich")
    assert (np.diag(sandwich) > 1.2 * np.diag(fit_of(rows, backend).covariance("sandwich"))).all()


def test_the_sandwich_does_not_change_with_the_scale_of_weights(backend: str) -> None:
    rows = reference.random_rows(52, weighted=True)
    twice = reference.Rows(rows.n, rows.a, rows.b, rows.score, rows.count, 2.0 * rows.weight)
    one, other = fit_of(rows, backend), fit_of(twice, backend)
    np.testing.assert_allclose(one.covariance(), other.covariance(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        one.covariance("fisher"), 2.0 * other.covariance("fisher"), rtol=0, atol=1e-10
    )


def test_default_kind_is_the_sandwich(backend: str) -> None:
    fit = fit_of(reference.random_rows(53), backend)
    np.testing.assert_array_equal(fit.covariance(), fit.covariance("sandwich"))
    np.testing.assert_array_equal(
        fit.interval().standard_error, fit.interval(kind="sandwich").standard_error
    )
    assert fit.interval().kind == "sandwich"


def test_the_covariance_given_is_a_copy(backend: str) -> None:
    fit = fit_of(reference.random_rows(53), backend)
    fit.covariance()[:] = 0.0
    assert fit.covariance()[0, 0] > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"fixed": {1: 0.2}}, {"prior": 0.5}])
def test_interval(backend: str, kind: Any, options: dict[str, Any]) -> None:
    rows = reference.random_rows(54, n=8, m=60)
    fit = fit_of(rows, backend, **options)
    covariance = oracle(fit, rows, kind)
    error = np.sqrt(np.diag(covariance))
    for level in (0.5, 0.95, 0.99):
        interval = fit.interval(level, kind)
        half = NormalDist().inv_cdf(0.5 + level / 2) * error
        np.testing.assert_allclose(interval.standard_error, error, rtol=0, atol=1e-9)
        np.testing.assert_allclose(interval.lower, fit.ability - half, rtol=0, atol=1e-8)
        np.testing.assert_allclose(interval.upper, fit.ability + half, rtol=0, atol=1e-8)
        np.testing.assert_array_equal(interval.estimate, fit.ability)
        assert not interval.relative_error.any()
        assert (interval.level, interval.kind, interval.reference) == (level, kind, None)

    for reference_item in (1, 5):
        difference = fit.interval(kind=kind, reference=reference_item)
        contrast = np.eye(8) - np.eye(8)[reference_item]
        expected = np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", contrast, covariance, contrast), 0))
        np.testing.assert_allclose(difference.standard_error, expected, rtol=0, atol=1e-8)
        np.testing.assert_allclose(
            difference.estimate, fit.ability - fit.ability[reference_item], rtol=0, atol=1e-12
        )
        assert difference.standard_error[reference_item] == 0.0
        assert difference.reference == reference_item

    some = fit.interval(kind=kind, items=[6, 0])
    assert some.items.tolist() == [6, 0]
    np.testing.assert_array_equal(
        some.standard_error, fit.interval(kind=kind).standard_error[[6, 0]]
    )
    one = fit.interval(kind=kind, items=3)
    assert one.items.tolist() == [3]


def test_interval_frame_and_repr(backend: str) -> None:
    fit = fit_of(reference.random_rows(54, n=8, m=60), backend)
    interval = fit.interval(reference=2)
    frame = interval.to_frame("pandas")
    assert {"item", "estimate", "lower", "upper", "standard_error"} <= set(frame.columns)
    by_item = frame.set_index("item")
    np.testing.assert_allclose(by_item.loc[range(8), "lower"], interval.lower)
    assert "8" in repr(interval)
    assert "95" in repr(interval)


# Larger fits ------------------------------------------------------------------------------------


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for thousands of items, at a size that can be checked."""
    monkeypatch.setattr(fit_covariance, "EXACT_BELOW", 10)


LARGE = {
    "plain": {},
    "prior": {"prior": 0.5},
    "fixed": {"fixed": {3: 0.1, 40: 0.4}},
    "weighted": {},
    "sparse": {},
}


def large(case: str) -> reference.Rows:
    return reference.random_rows(
        60,
        n=80,
        m=240 if case == "sparse" else 1200,
        scores=FRACTIONS if case == "weighted" else (0.0, 1.0),
        weighted=case == "weighted",
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", LARGE)
def test_contrasts_by_solves(backend: str, small_limit: None, kind: Any, case: str) -> None:
    fit = fit_of(large(case), backend, **LARGE[case])
    covariance = oracle(fit, large(case), kind)
    items = [0, 3, 11, 40, 79, 11]
    exact = fit.interval(kind=kind, items=items)
    np.testing.assert_allclose(
        exact.standard_error, np.sqrt(np.diag(covariance)[items]), rtol=1e-6, atol=1e-9
    )
    for base in (3, 20):
        difference = fit.interval(kind=kind, items=items, reference=base)
        variance = np.diag(covariance)[items] + covariance[base, base] - 2 * covariance[items, base]
        np.testing.assert_allclose(
            difference.standard_error, np.sqrt(np.maximum(variance, 0)), rtol=1e-6, atol=1e-7
        )
        assert not difference.relative_error.any()
    with pytest.raises(InputError, match="too large to compute whole"):
        fit.covariance(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("base", [None, 20])
@pytest.mark.parametrize("case", LARGE)
def test_estimated_standard_errors(
    backend: str, small_limit: None, kind: Any, base: int | None, case: str
) -> None:
    fit = fit_of(large(case), backend, **LARGE[case])
    covariance = oracle(fit, large(case), kind)
    variance = np.diag(covariance)
    if base is not None:
        variance = variance + covariance[base, base] - 2 * covariance[base]
    exact = np.sqrt(np.maximum(variance, 0.0))
    interval = fit.interval(kind=kind, reference=base, probes=256)
    known = np.isin(np.arange(80), [base, *LARGE[case].get("fixed", {})])
    if base is None or "fixed" not in LARGE[case]:
        assert not interval.standard_error[known].any()
    sought = ~known
    assert (interval.relative_error[sought] > 0).all()
    assert interval.relative_error.max() < 0.1
    z = (interval.standard_error / np.where(exact > 0, exact, 1) - 1)[sought]
    z /= interval.relative_error[sought]
    # The family of 80 standard errors exceeds five of its errors with probability 5e-5; their
    # squares are neither far too small nor far too large: errors are stated honestly.
    assert np.abs(z).max() < 5
    assert 0.2 < (z**2).mean() < 2.5
    again = fit.interval(kind=kind, reference=base, probes=256)
    np.testing.assert_array_equal(again.standard_error, interval.standard_error)
    other = fit.interval(kind=kind, reference=base, probes=256, seed=1)
    assert (other.standard_error != interval.standard_error)[sought].all()


def test_default_probes_are_accurate_enough(backend: str, small_limit: None) -> None:
    interval = fit_of(large("plain"), backend).interval()
    assert interval.relative_error.max() < 0.1


def test_probes_are_checked(backend: str, small_limit: None) -> None:
    fit = fit_of(large("plain"), backend)
    for probes in (7, 0, 64.0, True):
        with pytest.raises(InputError, match="probes must be a whole number of at least 8"):
            fit.interval(probes=probes)


def test_unrated_items_of_a_large_fit(backend: str, small_limit: None) -> None:
    rows = large("plain")
    c = zm.Comparisons(
        np.append(rows.a, [80, 81, 82]),
        np.append(rows.b, [0, 82, 81]),
        np.append(rows.score, [1.0] * 3),
    )
    alone = fit_of(rows, backend)
    fit = zm.bradley_terry(c, components="largest", tol=1e-11, backend=backend)
    covariance = oracle(alone, rows, "sandwich")
    error = fit.interval(items=[0, 80, 5]).standard_error
    np.testing.assert_allclose(error[[0, 2]], np.sqrt(np.diag(covariance)[[0, 5]]), rtol=1e-6)
    assert np.isnan(error[1])
    everyone = fit.interval()
    assert np.isnan(everyone.standard_error).tolist() == [False] * 80 + [True] * 3
    apart = zm.bradley_terry(c, components="separate", tol=1e-11, backend=backend)
    across = apart.interval(items=[0, 5, 80, 81], reference=0).standard_error
    variance = covariance[5, 5] + covariance[0, 0] - 2 * covariance[5, 0]
    assert across[0] == pytest.approx(0.0, abs=1e-7)
    assert across[1] == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert np.isnan(across[2:]).all()
    estimated = apart.interval(reference=0)
    assert np.isnan(estimated.standard_error[80:]).all()


# Quasi-variances --------------------------------------------------------------------------------


def test_quasi_variances_of_three_items_are_exact(backend: str) -> None:
    rows = reference.random_rows(70, n=3, m=30)
    fit = fit_of(rows, backend)
    covariance = oracle(fit, rows, "fisher")
    quasi = fit.quasi_variance("fisher")
    for i, j in ((0, 1), (0, 2), (1, 2)):
        difference = covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]
        assert quasi.variance[i] + quasi.variance[j] == pytest.approx(difference, rel=1e-9)
    assert quasi.worst_error < 1e-9
    np.testing.assert_allclose(quasi.standard_error**2, quasi.variance)


@pytest.mark.parametrize("kind", KINDS)
def test_quasi_variances_come_near(backend: str, kind: Any) -> None:
    rows = reference.random_rows(71, n=10, m=400)
    fit = fit_of(rows, backend)
    covariance = oracle(fit, rows, kind)
    diagonal = np.diag(covariance)
    v = diagonal[:, None] + diagonal - 2 * covariance
    quasi = fit.quasi_variance(kind)
    q = quasi.variance
    off = ~np.eye(10, dtype=bool)
    ratio = np.sqrt(((q[:, None] + q) / np.where(off, v, 1.0))[off])
    assert quasi.worst_error == pytest.approx(np.abs(ratio - 1).max(), rel=1e-6)
    assert quasi.worst_error < 0.1

    def misfit(q: Any) -> float:
        return float((np.log((q[:, None] + q)[off] / v[off]) ** 2).sum())

    # A minimum: whatever moves makes it worse.
    for i in range(10):
        for factor in (0.99, 1.01):
            moved = q.copy()
            moved[i] *= factor
            assert misfit(moved) > misfit(q)


@examples
@given(st.integers(0, 10**6), st.integers(3, 12))
def test_exact_quasi_variances_are_found(seed: int, n: int) -> None:
    q = np.random.default_rng(seed).uniform(0.1, 3.0, n)
    centre = np.eye(n) - 1.0 / n
    found, worst = quasi_variances(centre @ np.diag(q) @ centre)
    np.testing.assert_allclose(found, q, rtol=1e-7)
    assert worst < 1e-9


def test_quasi_variances_refuse(backend: str) -> None:
    fit = fit_of(reference.random_rows(72, n=2), backend)
    with pytest.raises(InputError, match="at least three rated items"):
        fit.quasi_variance()
    fit = fit_of(reference.random_rows(72, n=5), backend, fixed={0: 0.0})
    with pytest.raises(InputError, match="all abilities estimated on one scale"):
        fit.quasi_variance()


def test_quasi_variances_leave_unrated_items_out(backend: str) -> None:
    rows = reference.random_rows(73, n=5)
    c = zm.Comparisons(np.append(rows.a, 5), np.append(rows.b, 0), np.append(rows.score, 1.0))
    fit = zm.bradley_terry(c, components="largest", tol=1e-11, backend=backend)
    quasi = fit.quasi_variance()
    np.testing.assert_allclose(
        quasi.variance[:5], fit_of(rows, backend).quasi_variance().variance, rtol=1e-7
    )
    assert np.isnan(quasi.variance[5])


# Bad arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 0.0}, "level must be between 0 and 1, but is 0.0"),
        ({"level": 1}, "level must be between 0 and 1, but is 1"),
        ({"level": 95}, "level must be between 0 and 1, but is 95"),
        ({"level": float("nan")}, "level must be between 0 and 1, but is nan"),
        ({"level": "0.95"}, "level must be between 0 and 1, but is '0.95'"),
        (
            {"kind": "robust"},
            "kind must be one of .*'sandwich', 'cluster', but is 'robust'",
        ),
        ({"reference": "nobody"}, "reference: 'nobody' is not an item of this fit"),
        ({"reference": "u"}, "reference 'u' is not rated"),
        ({"items": ["x", "nobody"]}, "items: 'nobody' is not an item of this fit"),
        ({"items": 2.5}, "items"),
        ({"items": [["x"]]}, r"items: \['x'\] is not an item of this fit"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    fit = zm.bradley_terry(zm.Comparisons(list("xyzu"), list("yzxx")), components="largest")
    with pytest.raises(InputError, match=message):
        fit.interval(**options)


def test_bad_kind_of_covariance() -> None:
    fit = zm.bradley_terry(zm.Comparisons(list("xyz"), list("yzx")))
    with pytest.raises(
        InputError, match="kind must be one of 'fisher', 'sandwich', 'cluster', but is 'hessian'"
    ):
        fit.covariance("hessian")
    with pytest.raises(InputError, match="kind must be"):
        fit.quasi_variance("hessian")
