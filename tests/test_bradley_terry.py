"""Bradley-Terry fits: published numbers, the slow oracle, invariances and bad arguments."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import ConvergenceWarning, InputError

SOLVERS = ("newton", "mm", "newman", "auto")
FRACTIONS = (0.0, 0.2, 0.5, 0.7, 1.0)

# The fixture of the backends lasts for the module, so that examples can share it.
examples = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fit_of(backend: str, data: Any, **options: Any) -> Any:
    return zm.bradley_terry(data, backend=backend, **{"tol": 1e-11, **options})


# Published numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_four_players(backend: str, solver: str) -> None:
    # The worked example of the Wikipedia article on the model.
    games = zm.Comparisons(list("ABADBCCD"), list("BADACBDC"), count=[2, 3, 1, 4, 5, 3, 1, 3])
    fit = fit_of(backend, games, solver=solver)
    assert fit.items.tolist() == ["A", "B", "C", "D"]
    worth = np.exp(fit.ability)
    assert worth.round(6).tolist() == [0.639835, 1.043314, 0.659810, 2.270377]
    assert worth.prod() == pytest.approx(1.0, abs=1e-12)
    assert round(fit.log_likelihood, 5) == -13.42845
    assert fit.converged
    assert fit.solver == ("newton" if solver == "auto" else solver)
    assert fit.backend == backend


BASEBALL_TEAMS = ("MIL", "DET", "TOR", "NYY", "BOS", "CLE", "BAL")
# Home wins and losses, American League East 1987; Agresti 2002, R BradleyTerry2.
BASEBALL = """
- 4-3 4-2 4-3 6-1 4-2 6-0
3-3 - 4-2 4-3 6-0 6-1 4-3
2-5 4-3 - 2-4 4-3 4-2 6-0
3-3 5-1 2-5 - 4-3 4-2 6-1
5-1 2-5 3-3 4-2 - 5-2 6-0
2-5 3-3 3-4 4-3 4-2 - 2-4
2-5 1-5 1-6 2-4 1-6 3-4 -
"""


def baseball() -> zm.Comparisons:
    home, away, score, count = [], [], [], []
    for team, row in zip(BASEBALL_TEAMS, BASEBALL.split("\n")[1:-1], strict=True):
        for other, cell in zip(BASEBALL_TEAMS, row.split(), strict=True):
            if cell == "-":
                continue
            for games, outcome in zip(cell.split("-"), (1, 0), strict=True):
                home.append(team)
                away.append(other)
                score.append(outcome)
                count.append(int(games))
    return zm.Comparisons(home, away, score, count=count)


@pytest.mark.parametrize("solver", SOLVERS)
def test_baseball(backend: str, solver: str) -> None:
    fit = fit_of(backend, baseball(), solver=solver)
    relative = dict(zip(fit.items.tolist(), fit.ability - fit.ability[0], strict=True))
    assert {team: round(value, 5) for team, value in relative.items()} == {
        "BAL": 0.0,
        "BOS": 1.10770,
        "CLE": 0.68385,
        "DET": 1.43641,
        "MIL": 1.58136,
        "NYY": 1.24762,
        "TOR": 1.29449,
    }
    assert round(fit.log_likelihood, 5) == -172.24818


@pytest.mark.parametrize("solver", SOLVERS)
def test_cycle_and_leaf(backend: str, solver: str) -> None:
    # [[0,1],[0,1],[1,2],[2,0]] as (winner, loser); the source cuts its digits off.
    fit = fit_of(backend, zm.Comparisons([0, 0, 1, 2], [1, 1, 2, 0]), solver=solver)
    np.testing.assert_allclose(fit.ability, [0.419617624, -0.419617624, 0.0], rtol=0, atol=1e-9)


@pytest.mark.data
@pytest.mark.parametrize("solver", SOLVERS)
def test_language_models(backend: str, solver: str, data_path: Callable[[str], Path]) -> None:
    votes = pd.read_csv(data_path("llmfao_crowd.csv.gz"))
    c = zm.Comparisons.from_frame(votes, "left", "right", "winner")
    fit = fit_of(backend, c, solver=solver, tol=1e-10)
    assert fit.n_items == 59
    top = fit.items.tolist().index("GPT 4")
    assert round(fit.worth[top], 10) == 0.0412178737
    assert fit.worth.sum() == pytest.approx(1.0, abs=1e-14)
    board = fit.to_frame("pandas")
    assert list(zip(board["item"][:4], board["rating"][:4].round(4), strict=True)) == [
        ("GPT 4", 1172.1326),
        ("Platypus-2 Instruct (70B)", 1112.4487),
        ("command", 1110.1690),
        ("ReMM SLERP L2 13B", 1099.6069),
    ]
    sandwich = fit.interval().standard_error[top]
    assert round(sandwich, 6) == 0.160364
    assert round(sandwich * fit.scale.points, 3) == 27.858
    assert round(fit.interval(kind="fisher").standard_error[top], 6) == 0.193127


def path_graph(n: int) -> zm.Comparisons:
    """Neighbours compared, 2 wins to 1: the exact abilities differ by log 2 a step."""
    low = np.arange(n - 1)
    return zm.Comparisons(
        np.concatenate([low, low]),
        np.concatenate([low + 1, low + 1]),
        np.repeat([1, 0], n - 1),
        count=np.repeat([2, 1], n - 1),
    )


@pytest.mark.parametrize("n", [300, 2000])
def test_path_at_defaults(backend: str, n: int) -> None:
    # 2,000 items reach abilities of 693, where exp() no longer helps, and take the sparse solver.
    fit = zm.bradley_terry(path_graph(n), backend=backend)
    exact = np.log(2.0) * ((n - 1) / 2 - np.arange(n))
    assert fit.converged
    assert fit.ability_error <= 1e-8
    np.testing.assert_allclose(fit.ability, exact, rtol=0, atol=1e-9)
    assert fit.log_likelihood == pytest.approx((n - 1) * np.log(4 / 27), rel=1e-12)


@pytest.mark.parametrize("solver", ["mm", "newman"])
def test_fixed_points_cut_short_say_so(backend: str, solver: str) -> None:
    with pytest.warns(ConvergenceWarning, match=r"after 200 iterations \(ability error .* > tol"):
        fit = zm.bradley_terry(path_graph(300), solver=solver, max_iter=200, backend=backend)
    assert not fit.converged
    assert fit.n_iter == 200
    exact = np.log(2.0) * (299 / 2 - np.arange(300))
    # What it says about the error is about right: Newton's step from there.
    assert np.abs(fit.ability - exact).max() > 1.0
    assert fit.ability_error > 1.0


# The oracle -------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["newton", "mm", "newman"])
@pytest.mark.parametrize(
    ("seed", "data", "options"),
    [
        (1, {}, {}),
        (2, {"scores": (0.0, 0.5, 1.0)}, {}),
        (3, {"scores": (0.0, 0.5, 1.0)}, {"ties": "drop"}),
        (4, {"counted": True}, {}),
        (5, {"weighted": True, "scores": (0.0, 0.5, 1.0)}, {}),
        (6, {"weighted": True, "counted": True, "scores": FRACTIONS}, {}),
        (7, {"scores": FRACTIONS}, {"ties": "drop"}),
        (8, {"counted": True}, {"prior": 0.7}),
        (9, {"weighted": True, "scores": FRACTIONS}, {"prior": 3.0}),
        (10, {"scores": (0.0, 0.5, 1.0)}, {"fixed": {2: 0.4}}),
        (11, {"counted": True, "scores": FRACTIONS}, {"fixed": {0: -1.0, 3: 2.5}, "prior": 0.3}),
        (12, {"n": 2, "m": 5}, {}),
        (13, {"n": 40, "m": 300, "counted": True}, {}),
    ],
)
def test_oracle(
    backend: str, solver: str, seed: int, data: dict[str, Any], options: dict[str, Any]
) -> None:
    rows = reference.random_rows(seed, **data)
    used = rows.without_ties() if options.get("ties") == "drop" else rows
    scale = {name: options[name] for name in ("prior", "fixed") if name in options}
    fit = fit_of(backend, rows.comparisons(), solver=solver, **options)
    expected = reference.fit(used, **scale)
    np.testing.assert_allclose(fit.ability, expected, rtol=0, atol=1e-9)
    assert fit.log_likelihood == pytest.approx(
        reference.log_likelihood(fit.model.ability, used), rel=1e-12
    )
    assert fit.comparisons.sum() == 2 * rows.count.sum()


def test_oracle_differentiates_its_likelihood() -> None:
    rows = reference.random_rows(5, scores=FRACTIONS, weighted=True, counted=True)
    ability = np.random.default_rng(5).normal(size=rows.n)
    hessian = reference.numerical_hessian(ability, rows, 0.8)
    np.testing.assert_allclose(-hessian, reference.information(ability, rows, 0.8), atol=1e-5)


@pytest.mark.parametrize("solver", ["newton", "mm", "newman"])
@pytest.mark.parametrize("tol", [1e-3, 1e-8])
@pytest.mark.parametrize("options", [{}, {"prior": 0.4}, {"fixed": {1: 0.3}}])
def test_tol_bounds_the_newton_step(
    backend: str, solver: str, tol: float, options: dict[str, Any]
) -> None:
    rows = reference.random_rows(21, n=12, m=60, scores=FRACTIONS)
    fit = zm.bradley_terry(rows.comparisons(), solver=solver, tol=tol, backend=backend, **options)
    held = options.get("fixed", {})
    step = reference.newton_step(fit.model.ability, rows, options.get("prior", 0.0), held)
    assert fit.converged
    assert fit.ability_error <= tol
    assert np.abs(step).max() <= tol
    # One more iteration was needed: without the last one the step was larger.
    with pytest.warns(ConvergenceWarning):
        short = zm.bradley_terry(
            rows.comparisons(),
            solver=solver,
            tol=tol,
            max_iter=max(fit.n_iter // 2, 1),
            backend=backend,
            **options,
        )
    step = reference.newton_step(short.model.ability, rows, options.get("prior", 0.0), held)
    assert np.abs(step).max() > tol


def test_score_norm_is_the_score_at_the_result(backend: str) -> None:
    rows = reference.random_rows(22, n=8, m=50)
    for solver in ("newton", "mm", "newman"):
        fit = zm.bradley_terry(rows.comparisons(), solver=solver, tol=1e-4, backend=backend)
        score = np.abs(reference.score_vector(fit.ability, rows)).max()
        assert fit.score_norm == pytest.approx(score, rel=1e-6, abs=1e-13)


def test_score_norm_of_a_graph_too_large_to_factor(backend: str) -> None:
    """Taken from what the last solve left over, not from one more evaluation."""
    rows = reference.random_rows(23, n=700, m=20_000)
    fit = zm.bradley_terry(rows.comparisons(), tol=1e-3, prior=0.1, backend=backend)
    score = np.abs(reference.score_vector(fit.model.ability, rows, 0.1)).max()
    assert fit.ability_error <= 1e-3
    assert fit.score_norm == pytest.approx(score, rel=1e-2)


# Invariances ------------------------------------------------------------------------------------


@examples
@given(st.integers(0, 10**6), st.integers(2, 9), st.sampled_from([(0.0, 1.0), FRACTIONS]))
def test_newton_and_fixed_points_agree(
    backend: str, seed: int, n: int, scores: tuple[float, ...]
) -> None:
    rows = reference.random_rows(seed, n, 4 * n, scores=scores, counted=True)
    newton = fit_of(backend, rows.comparisons())
    for solver in ("mm", "newman"):
        other = fit_of(backend, rows.comparisons(), solver=solver, max_iter=10**6)
        np.testing.assert_allclose(newton.ability, other.ability, rtol=0, atol=1e-9)


@examples
@given(st.integers(0, 10**6), st.integers(2, 9), st.booleans(), st.sampled_from([0.0, 0.5]))
def test_invariances(backend: str, seed: int, n: int, weighted: bool, prior: float) -> None:
    rows = reference.random_rows(seed, n, 4 * n, scores=FRACTIONS, counted=True, weighted=weighted)
    random = np.random.default_rng(seed)
    fit = fit_of(backend, rows.comparisons(), prior=prior)
    close = {"rtol": 0, "atol": 1e-10}

    order = random.permutation(len(rows.a))
    shuffled = rows.only(order)
    again = fit_of(backend, shuffled.comparisons(), prior=prior)
    np.testing.assert_allclose(again.ability, fit.ability, **close)

    names = random.permutation(n)
    renamed = reference.Rows(
        n, names[rows.a], names[rows.b], rows.score, rows.count, rows.weight
    ).comparisons()
    permuted = fit_of(backend, renamed, prior=prior)
    np.testing.assert_allclose(permuted.ability[names], fit.ability, **close)

    swap = random.integers(0, 2, len(rows.a)).astype(bool)
    swapped = reference.Rows(
        n,
        np.where(swap, rows.b, rows.a),
        np.where(swap, rows.a, rows.b),
        np.where(swap, 1.0 - rows.score, rows.score),
        rows.count,
        rows.weight,
    ).comparisons()
    np.testing.assert_allclose(fit_of(backend, swapped, prior=prior).ability, fit.ability, **close)

    doubled = reference.Rows(n, rows.a, rows.b, rows.score, 2 * rows.count, rows.weight)
    twice = fit_of(backend, doubled.comparisons(), prior=2 * prior)
    np.testing.assert_allclose(twice.ability, fit.ability, **close)

    half = len(rows.a) // 2
    parts = [rows.only(np.arange(len(rows.a)) < half), rows.only(np.arange(len(rows.a)) >= half)]
    merged = parts[0].comparisons().pair_counts() + parts[1].comparisons().pair_counts()
    np.testing.assert_allclose(fit_of(backend, merged, prior=prior).ability, fit.ability, **close)


def test_start_changes_only_the_way(backend: str) -> None:
    rows = reference.random_rows(30, n=10, m=60)
    c = rows.comparisons()
    fit = fit_of(backend, c)
    assert fit_of(backend, c, start=fit).n_iter == 1
    for start in ({3: 5.0, 4: -7.0}, dict.fromkeys(range(10), 2.0), {}):
        other = fit_of(backend, c, start=start)
        np.testing.assert_allclose(other.ability, fit.ability, rtol=0, atol=1e-10)
    # A start may rate items that this data does not have, and not rate some that it has.
    smaller = fit_of(backend, c, start=fit_of(backend, zm.Comparisons([3, 99], [99, 3])))
    np.testing.assert_allclose(smaller.ability, fit.ability, rtol=0, atol=1e-10)


def test_fixed_inserts_a_new_item_into_an_old_board(backend: str) -> None:
    rows = reference.random_rows(31, n=8, m=60)
    old = fit_of(backend, rows.comparisons())
    board = {item: float(old.ability[item]) + 5.0 for item in range(8)}
    games = zm.Comparisons([8, 8, 3], [0, 3, 8])
    new = fit_of(backend, games, fixed={item: board[item] for item in (0, 3)})
    assert [new.ability[0], new.ability[1]] == [board[0], board[3]]
    p = [new.predict(8, 0), new.predict(8, 3)]
    assert (1 - p[0]) + (1 - p[1]) - p[1] == pytest.approx(0.0, abs=1e-10)


def test_separated_data_with_a_prior(backend: str) -> None:
    rows = reference.Rows(
        4,
        np.array([0, 1, 2]),
        np.array([1, 2, 3]),
        np.ones(3),
        np.array([5, 1, 2]),
        np.ones(3),
    )
    for solver in ("newton", "mm", "newman"):
        fit = fit_of(backend, rows.comparisons(), prior=0.5, solver=solver)
        expected = reference.fit(rows, prior=0.5)
        np.testing.assert_allclose(fit.ability, expected, rtol=0, atol=1e-9)


def test_not_reaching_the_tolerance_warns_where_it_was_called(backend: str) -> None:
    games = zm.Comparisons([0, 0, 1], [1, 1, 0])
    with pytest.warns(ConvergenceWarning, match="raise max_iter$") as caught:
        fit = zm.bradley_terry(games, max_iter=1, backend=backend)
    assert caught[0].filename == __file__
    assert not fit.converged
    assert "did not converge in 1 iterations" in repr(fit)
    with pytest.warns(ConvergenceWarning, match="rounding allows no better; raise tol$"):
        fit = zm.bradley_terry(path_graph(50), tol=1e-300, backend=backend)
    assert fit.ability_error < 1e-9


def test_no_warning_where_it_converges(backend: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = zm.bradley_terry(reference.random_rows(40).comparisons(), backend=backend)
    assert fit.converged


# Bad arguments ----------------------------------------------------------------------------------

GAMES = {"a": ["x", "y", "z"], "b": ["y", "z", "x"]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"ties": "draw"},
            "ties must be one of 'half', 'davidson', 'rao-kupper', 'drop', but is 'draw'",
        ),
        ({"components": "all"}, "components must be one of 'error', 'largest', 'separate'"),
        ({"solver": "lbfgs"}, "solver must be one of 'auto', 'mm', 'newman', 'newton', but is"),
        ({"prior": -1.0}, "prior must be finite and non-negative, but is -1.0"),
        ({"prior": float("nan")}, "prior must be finite and non-negative, but is nan"),
        ({"prior": float("inf")}, "prior must be finite and non-negative, but is inf"),
        ({"prior": "1"}, "prior must be finite and non-negative, but is '1'"),
        ({"prior": True}, "prior must be finite and non-negative, but is True"),
        ({"tol": 0.0}, "tol must be positive, but is 0.0"),
        ({"tol": float("nan")}, "tol must be .*, but is nan"),
        ({"tol": -1e-3}, "tol must be .*, but is -0.001"),
        ({"max_iter": 0}, "max_iter must be a positive whole number, but is 0"),
        ({"max_iter": 10.0}, "max_iter must be a positive whole number, but is 10.0"),
        ({"max_iter": True}, "max_iter must be a positive whole number, but is True"),
        ({"threads": 0}, "threads must be a positive whole number or None, but is 0"),
        ({"backend": "cuda"}, "backend must be 'cpp' or 'numba', but is 'cuda'"),
        ({"fixed": {"w": 0.0}}, "fixed names 'w', which is not an item of the data"),
        ({"fixed": {"x": float("nan")}}, r"fixed\['x'\] must be a finite number, but is nan"),
        ({"fixed": {"x": "0"}}, r"fixed\['x'\] must be a finite number, but is '0'"),
        ({"fixed": ["x"]}, "fixed must be a dict of item to ability, but is list"),
        ({"fixed": dict.fromkeys("xyz", 0.0)}, "fixed holds every item"),
        ({"start": {"w": 0.0}}, "start names 'w', which is not an item of the data"),
        ({"start": {"x": float("inf")}}, r"start\['x'\] must be a finite number, but is inf"),
        ({"start": [0.0, 0.0, 0.0]}, "start must be a fit or a dict of item to ability"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(zm.Comparisons(GAMES["a"], GAMES["b"]), **options)


def test_bad_data() -> None:
    with pytest.raises(InputError, match="data must be Comparisons or PairCounts, but is dict"):
        zm.bradley_terry(GAMES)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least two items are needed"):
        zm.bradley_terry(zm.Comparisons(["x"], ["x"]))


@pytest.mark.parametrize("size", [1e39, 3e99, 1e-45])
def test_weights_that_no_solver_can_hold(size: float) -> None:
    weight = size * np.array([2.0, 1.0, 3.0, 1.0, 1.0, 1.0])
    games = zm.Comparisons(list("abcabc"), list("bcacab"), weight=weight)
    with pytest.raises(InputError, match="weight: the weights of a pair must add up to between"):
        zm.bradley_terry(games)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": 10**400}, "prior must be finite and non-negative"),
        ({"fixed": {"a": 10**400}}, r"fixed\['a'\] must be a finite number"),
        ({"components": np.array(["error"])}, "components must be one of"),
        ({"threads": 0}, "threads must be a positive whole number"),
    ],
)
def test_absurd_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(zm.Comparisons(list("ab"), list("ba")), **options)


def test_absurdly_many_threads_and_iterations_do_no_harm(backend: str) -> None:
    games = zm.Comparisons(list("ab"), list("ba"))
    fit = zm.bradley_terry(games, threads=2**40, max_iter=2**70, backend=backend)
    assert fit.converged
