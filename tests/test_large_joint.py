"""Joint fits of more items than a whole covariance has, against that covariance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import reference

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings import fit_covariance, joint_fit, joint_information
from zermelo.ratings.joint_covariance import assemble

N = 80
ITEMS = [0, 3, 11, 40, 79, 11]
KINDS = ("fisher", "sandwich", "cluster")
CASES: dict[str, dict[str, Any]] = {
    "davidson": {"ties": "davidson"},
    "davidson, position": {"ties": "davidson", "position_effect": True},
    "rao-kupper, all": {"ties": "rao-kupper", "position_effect": True, "covariates": True},
    "standardize, ridge": {"covariates": "standardize", "ridge": 3.0},
    "offset": {},
    "prior": {"ties": "davidson", "covariates": True, "prior": 0.5, "ridge": 2.0},
    "fixed": {"ties": "rao-kupper", "position_effect": True, "fixed": {3: 0.1, 40: 0.4}},
    "weighted": {"ties": "davidson", "position_effect": True, "covariates": True},
    "sparse": {"ties": "davidson", "covariates": True},
}


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for thousands of items, at a size that can be checked."""
    for module in (fit_covariance, joint_fit):
        monkeypatch.setattr(module, "EXACT_BELOW", 10)
    monkeypatch.setattr(joint_information, "STEP", 100)


def votes(case: str, m: int = 1200) -> zm.Comparisons:
    rows = reference.random_rows(
        60,
        n=N,
        m=320 if case == "sparse" else m,
        scores=(0.0, 0.5, 1.0),
        weighted=case == "weighted",
        counted=case == "weighted",
    )
    random = np.random.default_rng(8)
    covariates = CASES[case].get("covariates") is not None
    level = random.normal(size=N)
    # A feature that goes with the items, nearly, and one that does not.
    features = np.stack(
        [level[rows.a] - level[rows.b] + 0.3 * random.normal(size=len(rows.a)),
         2.0 * random.normal(size=len(rows.a))],
        axis=1,
    )  # fmt: skip
    return rows.comparisons(
        judge=random.integers(0, 25, len(rows.a)),
        features=features if covariates else None,
        neutral=random.random(len(rows.a)) < 0.2 if covariates else None,
        offset=random.normal(size=len(rows.a)) if case == "offset" else None,
    )


def fit_of(case: str, backend: str, data: zm.Comparisons | None = None, **options: Any) -> Any:
    data = votes(case) if data is None else data
    return zm.bradley_terry(data, tol=1e-11, backend=backend, **CASES[case], **options)


def whole(fit: Any, kind: Any) -> tuple[Any, Any]:
    """The covariance, and the extra parameters' standard errors, by dense matrices."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (fit_covariance, joint_fit):
            patch.setattr(module, "EXACT_BELOW", 3000)
        return fit.covariance(kind), fit.effects(kind=kind).standard_error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_contrasts_and_effects_by_solves(
    backend: str, small_limit: None, kind: Any, case: str
) -> None:
    fit = fit_of(case, backend)
    solved = fit.interval(kind=kind, items=ITEMS)
    effects = fit.effects(kind=kind)
    differences = [fit.interval(kind=kind, items=ITEMS, reference=base) for base in (3, 20)]
    covariance, error = whole(fit_of(case, backend), kind)
    np.testing.assert_allclose(
        solved.standard_error, np.sqrt(np.diag(covariance)[ITEMS]), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(effects.standard_error, error, rtol=1e-7)
    freedom = 24 if kind == "cluster" else np.inf
    assert effects.degrees_of_freedom == solved.degrees_of_freedom == freedom
    for base, difference in zip((3, 20), differences, strict=True):
        variance = np.diag(covariance)[ITEMS] + covariance[base, base] - 2 * covariance[ITEMS, base]
        np.testing.assert_allclose(
            difference.standard_error, np.sqrt(np.maximum(variance, 0)), rtol=1e-6, atol=1e-6
        )
        assert not difference.relative_error.any()


@pytest.mark.parametrize("kind", ["fisher", "sandwich"])
@pytest.mark.parametrize("base", [None, 20])
@pytest.mark.parametrize("case", CASES)
def test_estimated_standard_errors(
    backend: str, small_limit: None, kind: Any, base: int | None, case: str
) -> None:
    fit = fit_of(case, backend)
    interval = fit.interval(kind=kind, reference=base, probes=256)
    covariance = whole(fit_of(case, backend), kind)[0]
    variance = np.diag(covariance)
    if base is not None:
        variance = variance + covariance[base, base] - 2 * covariance[base]
    exact = np.sqrt(np.maximum(variance, 0.0))
    sought = ~np.isin(np.arange(N), [base, *CASES[case].get("fixed", {})])
    assert (interval.relative_error[sought] > 0).all()
    assert interval.relative_error.max() < 0.1
    z = (interval.standard_error[sought] / exact[sought] - 1) / interval.relative_error[sought]
    # As for fits of abilities: all are within five of their errors, which are of the right size.
    assert np.abs(z).max() < 5
    assert 0.2 < (z**2).mean() < 2.5
    again = fit_of(case, backend).interval(kind=kind, reference=base, probes=256)
    np.testing.assert_array_equal(again.standard_error, interval.standard_error)
    other = fit.interval(kind=kind, reference=base, probes=256, seed=1)
    assert (other.standard_error != interval.standard_error)[sought].all()


@pytest.mark.parametrize("kind", ["fisher", "sandwich"])
@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_a_probe_has_the_covariance_of_all_scores(kind: Any, ties: Any) -> None:
    """Also of the extra parameters' part, which hardly matters to items as they are."""
    rows = reference.random_rows(62, n=5, m=26, scores=(0.0, 0.5, 0.5, 1.0, 1.0))
    random = np.random.default_rng(4)
    c = rows.comparisons(features=random.normal(size=(len(rows.a), 2)))
    options: dict[str, Any] = {"ties": ties, "covariates": True, "ridge": 2.0, "prior": 0.5}
    fit = zm.bradley_terry(c, **options)
    information = fit._information("this")
    moments, diagonal = information.cell_moments, np.zeros(8)
    if kind == "fisher":
        sums = moments.information, moments.cross, moments.tie_information
        diagonal[:5], diagonal[5:7] = information.prior_information(), 200.0
    else:
        sums = moments.meat, moments.cross_meat, moments.tie_meat
    scores = assemble(information.cells, 5, *sums, True) + np.diag(diagonal)
    items = assemble(
        information.cells, 5, moments.information, moments.cross, moments.tie_information, True
    )[:5, :5]
    inverse = np.linalg.inv(items + np.diag(information.prior_information()))
    # Less determined than they are, the extra parameters count.
    border, inverse_schur = 0.05 * random.normal(size=(5, 3)), np.diag([10.0, 10.0, 100.0])
    far = replace(information, border=border, inverse_schur=inverse_schur, ridge=200.0)
    back = border @ inverse_schur
    moves = np.hstack([inverse + back @ border.T, -back])
    probes = 3000
    solution = far._probe(kind, np.sqrt(sums[0]), probes, random)[1]
    expected = np.diag(moves @ scores @ moves.T)
    # Five errors of a mean of squares, whose kurtosis is at most that of the normal.
    np.testing.assert_allclose((solution**2).mean(axis=1), expected, rtol=5 * np.sqrt(2 / probes))


@pytest.mark.skipif(
    not all(zm.backend_info()[name]["available"] for name in ("cpp", "numba")),
    reason="needs both backends",
)
def test_threads_and_backends(small_limit: None) -> None:
    def errors(name: str, threads: int) -> Any:
        fit = fit_of("rao-kupper, all", name, threads=threads)
        some = fit.interval(items=ITEMS).standard_error
        return np.concatenate([some, fit.effects().standard_error, fit.interval().standard_error])

    one, two, twin = errors("cpp", 1), errors("cpp", 2), errors("numba", 1)
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(one, twin, rtol=1e-6)


def test_components_and_unrated_items(backend: str, small_limit: None) -> None:
    c = votes("davidson, position")
    inner = fit_of("davidson, position", backend)
    columns: dict[str, Any] = {
        "outcome": np.concatenate([np.array([0.0, 1.0, 0.5])[c.outcome], [1.0] * 2, [0.5] * 2])
    }
    more = zm.Comparisons(
        np.concatenate([c.a, [80, 81, 81, 82]]), np.concatenate([c.b, [0, 82, 82, 81]]), **columns
    )
    fit = fit_of("davidson, position", backend, more, components="largest")
    found = fit.interval(items=[0, 80, 5])
    expected = np.sqrt(np.diag(whole(inner, "sandwich")[0])[[0, 5]])
    np.testing.assert_allclose(found.standard_error[[0, 2]], expected, rtol=1e-6)
    assert np.isnan(found.standard_error[1])
    assert np.isnan(fit.interval().standard_error).tolist() == [False] * 80 + [True] * 3


def test_components_rated_separately(backend: str, small_limit: None) -> None:
    c = votes("davidson, position")
    outcome = np.array([0.0, 1.0, 0.5])[c.outcome]
    other = reference.random_rows(61, n=7, m=200, scores=(0.0, 0.5, 1.0))
    data = zm.Comparisons(
        np.concatenate([c.a, other.a + N]),
        np.concatenate([c.b, other.b + N]),
        np.concatenate([outcome, other.score]),
    )
    fit = fit_of("davidson, position", backend, data, components="separate")
    items = [0, 5, 80, 86]
    found = fit.interval(items=items).standard_error
    to_first = fit.interval(items=items, reference=0).standard_error
    everyone = fit.interval(probes=256)
    effects = fit.effects().standard_error
    again = fit_of("davidson, position", backend, data, components="separate")
    covariance, error = whole(again, "sandwich")
    exact = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found, exact[items], rtol=1e-6)
    np.testing.assert_allclose(effects, error, rtol=1e-7)
    difference = covariance[0, 0] + covariance[5, 5] - 2 * covariance[0, 5]
    assert to_first[1] == pytest.approx(np.sqrt(difference), rel=1e-6)
    assert np.isnan(to_first).tolist() == [False, False, True, True]
    z = (everyone.standard_error / exact - 1) / everyone.relative_error
    assert np.abs(z).max() < 5


def test_counts_saved_fits_and_frames(backend: str, small_limit: None, tmp_path: Any) -> None:
    c = votes("davidson, position")
    fit = fit_of("davidson, position", backend, c.pair_counts(by="judge"))
    by_rows = fit_of("davidson, position", backend, c)
    for kind in KINDS:
        np.testing.assert_allclose(
            fit.interval(kind=kind, items=ITEMS).standard_error,
            by_rows.interval(kind=kind, items=ITEMS).standard_error,
            rtol=1e-6,
        )
    by_rows.save(tmp_path / "fit")
    again = zm.load(tmp_path / "fit")
    np.testing.assert_array_equal(again.effects().standard_error, by_rows.effects().standard_error)
    frame = by_rows.to_frame("pandas").set_index("item")
    np.testing.assert_array_equal(
        frame.loc[range(N), "standard_error"], by_rows.interval().standard_error
    )


def test_singular_information(backend: str, small_limit: None) -> None:
    fit = fit_of("davidson, position", backend)
    cells = replace(fit.extras.cells, features=np.zeros_like(fit.extras.cells.features))
    blind = replace(fit, extras=replace(fit.extras, cells=cells))
    with pytest.raises(InputError, match="effects: the information matrix is singular"):
        blind.effects()


def test_refusals(backend: str, small_limit: None) -> None:
    fit = fit_of("davidson, position", backend)
    with pytest.raises(InputError, match="too large to compute whole"):
        fit.covariance()
    with pytest.raises(InputError, match=r"interval\(items=\[...\]\)"):
        fit.interval(kind="cluster")
    two = ("judge", np.arange(len(fit.source)) % 7)
    with pytest.raises(InputError, match="two-way clusters need the whole covariance"):
        fit.effects(kind="cluster", cluster=two)
    with pytest.raises(InputError, match="probes must be a whole number of at least 8"):
        fit.interval(probes=7)
    with pytest.raises(InputError, match="'nobody' is not an item"):
        fit.interval(items=["nobody"])
    with pytest.raises(InputError, match="at least two clusters"):
        fit.effects(kind="cluster", cluster=np.zeros(len(fit.source), int))
