"""The solvers on large and badly connected graphs: sparse against dense, threads, backends."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

import zermelo as zm
from zermelo._backends import Backend, backend_info, resolve
from zermelo.errors import ConvergenceWarning

SOLVERS = ("bt_newton", "bt_minorise", "bt_newman")
SPARSE, DENSE = 0, 10**9


def graph(kernels: Backend, first: Any, second: Any, win: Any, loss: Any, n: int) -> Any:
    """Compressed rows of pairs that may repeat."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    keys, inverse = np.unique(low.astype(np.int64) * n + high, return_inverse=True)
    up = np.bincount(inverse, np.where(first < second, win, loss))
    down = np.bincount(inverse, np.where(first < second, loss, win))
    arrays: Any = kernels.build_graph_from_credits(
        (keys // n).astype(np.int32), (keys % n).astype(np.int32), up, down, n, 1
    )
    return arrays


def solve(
    kernels: Backend,
    solver: str,
    arrays: Any,
    *,
    start: Any = None,
    held: Any = None,
    centre: Any = None,
    prior: float = 0.0,
    tol: float = 1e-10,
    max_iter: int = 200,
    dense_below: int = SPARSE,
    threads: int = 1,
) -> tuple[NDArray[np.float64], int, float, float, bool]:
    n = len(arrays[0]) - 1
    held = np.zeros(n, np.uint8) if held is None else held
    if centre is None:
        anchored = prior > 0 or held.any()
        centre = np.full(n, -1 if anchored else 0, np.int32)
    out: tuple[NDArray[np.float64], int, float, float, bool] = getattr(kernels, solver)(
        *arrays,
        kernels.bt_start(arrays[0], arrays[2], arrays[3], 1) if start is None else start,
        held,
        centre,
        int(centre.max()) + 1,
        prior,
        tol,
        max_iter,
        dense_below,
        threads,
    )
    return out


def played(random: np.random.Generator, ability: Any, first: Any, second: Any, games: int) -> Any:
    """Results of every pair, at least a win for both."""
    p = 1 / (1 + np.exp(ability[second] - ability[first]))
    return 1 + random.binomial(games, p), 1 + random.binomial(games, 1 - p)


def random_pairs(kernels: Backend, n: int, m: int, *, hub: bool = False) -> Any:
    random = np.random.default_rng(n)
    first = random.integers(0, n, m)
    second = (first + random.integers(1, n, m)) % n
    if hub:
        # One item met nearly everyone: its row alone is longer than a chunk.
        first = np.concatenate([first, np.zeros(n - 1, np.int64)])
        second = np.concatenate([second, np.arange(1, n)])
    win, loss = played(random, random.normal(size=n), first, second, 6)
    return graph(kernels, first, second, win, loss, n)


def ring(kernels: Backend, n: int, reach: int) -> Any:
    """Everybody met the `reach` nearest; abilities go up and down once around."""
    random = np.random.default_rng(n)
    item = np.arange(n)
    ability = np.sin(2 * np.pi * item / n)
    first = np.tile(item, reach)
    second = (first + np.repeat(np.arange(1, reach + 1), n)) % n
    win, loss = played(random, ability, first, second, 4)
    return graph(kernels, first, second, win, loss, n)


def path(kernels: Backend, n: int) -> Any:
    item = np.arange(n - 1)
    return graph(kernels, item, item + 1, np.full(n - 1, 2.0), np.ones(n - 1), n)


@pytest.mark.parametrize("shape", ["random", "ring", "wide ring"])
@pytest.mark.parametrize("anchor", ["mean", "prior", "held"])
def test_sparse_agrees_with_dense(kernels: Backend, shape: str, anchor: str) -> None:
    arrays = {
        "random": lambda: random_pairs(kernels, 400, 2_000),
        "ring": lambda: ring(kernels, 300, 1),
        "wide ring": lambda: ring(kernels, 300, 4),
    }[shape]()
    n = len(arrays[0]) - 1
    options: dict[str, Any] = {}
    if anchor == "prior":
        options = {"prior": 0.01}
    elif anchor == "held":
        held = np.zeros(n, np.uint8)
        held[[3, 9]] = 1
        start = np.zeros(n)
        start[3], start[9] = 0.4, -0.2
        options = {"held": held, "start": start}
    sparse = solve(kernels, "bt_newton", arrays, dense_below=SPARSE, **options)
    dense = solve(kernels, "bt_newton", arrays, dense_below=DENSE, **options)
    assert sparse[4]
    assert dense[4]
    np.testing.assert_allclose(sparse[0], dense[0], rtol=0, atol=1e-9)
    if anchor == "held":
        assert sparse[0][[3, 9]].tolist() == [0.4, -0.2]
    if anchor == "mean":
        assert abs(sparse[0].mean()) < 1e-12


@pytest.mark.parametrize("n", [2_000, 3_000])
def test_badly_connected_graphs(kernels: Backend, n: int) -> None:
    """So many items in a line that conjugate gradients need the coarse correction."""
    exact = np.log(2.0) * ((n - 1) / 2 - np.arange(n))
    ability, _, error, _, converged = solve(kernels, "bt_newton", path(kernels, n), tol=1e-8)
    assert np.abs(exact).max() > 300
    assert converged
    assert error <= 1e-8
    np.testing.assert_allclose(ability, exact, rtol=0, atol=1e-8)


def test_large_ring(kernels: Backend) -> None:
    n = 3_000
    arrays = ring(kernels, n, 2)
    sparse = solve(kernels, "bt_newton", arrays, tol=1e-9)
    assert sparse[4]
    # The Newton step from the result, solved exactly with the last item as origin.
    offsets, neighbour, win, loss = arrays
    ability = sparse[0]
    row = np.repeat(np.arange(n), np.diff(offsets))
    p = 1 / (1 + np.exp(ability[neighbour] - ability[row]))
    score = np.bincount(row, win * (1 - p) - loss * p, n)
    weight = (win + loss) * p * (1 - p)
    matrix = scipy.sparse.csc_array((-weight, (row, neighbour)), shape=(n, n))
    matrix.setdiag(np.bincount(row, weight, n))
    step = np.append(scipy.sparse.linalg.spsolve(matrix[:-1, :-1], score[:-1]), 0.0)
    assert np.abs(step - step.mean()).max() <= 1e-9


def test_two_floating_groups(kernels: Backend) -> None:
    """Components that are solved side by side, each at mean zero."""
    one, two = ring(kernels, 300, 2), random_pairs(kernels, 200, 1_000)
    both = (
        np.concatenate([one[0], one[0][-1] + two[0][1:]]),
        np.concatenate([one[1], two[1] + np.int32(300)]),
        np.concatenate([one[2], two[2]]),
        np.concatenate([one[3], two[3]]),
    )
    centre = np.repeat(np.array([0, 1], np.int32), [300, 200])
    for dense_below in (SPARSE, DENSE):
        ability = solve(kernels, "bt_newton", both, centre=centre, dense_below=dense_below)[0]
        for arrays, places in ((one, slice(0, 300)), (two, slice(300, 500))):
            alone = solve(kernels, "bt_newton", arrays, dense_below=DENSE)[0]
            np.testing.assert_allclose(ability[places], alone, rtol=0, atol=1e-9)


@pytest.mark.parametrize("solver", ["bt_minorise", "bt_newman"])
def test_fixed_points_agree_with_newton(kernels: Backend, solver: str) -> None:
    arrays = random_pairs(kernels, 600, 6_000)
    newton = solve(kernels, "bt_newton", arrays, tol=1e-11)
    for dense_below in (SPARSE, DENSE):
        other = solve(kernels, solver, arrays, tol=1e-10, max_iter=20_000, dense_below=dense_below)
        assert other[4]
        np.testing.assert_allclose(other[0], newton[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("hub", "prior"), [(False, 0.0), (True, 0.3)])
def test_threads_change_nothing(kernels: Backend, solver: str, hub: bool, prior: float) -> None:
    # Several chunks of entries (65,536) and of items (8,192).
    arrays = random_pairs(kernels, 80_000 if hub else 20_000, 120_000, hub=hub)
    assert arrays[0][-1] > 3 * 65_536
    assert (np.diff(arrays[0]).max() > 65_536) == hub
    fits = [
        solve(kernels, solver, arrays, prior=prior, tol=1e-9, max_iter=12, threads=threads)
        for threads in (1, 2, 3)
    ]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit[0], fits[0][0])
        assert fit[1:] == fits[0][1:]
    likelihoods = {kernels.bt_log_likelihood(*arrays, fits[0][0], threads) for threads in (1, 2, 3)}
    assert len(likelihoods) == 1
    starts = [kernels.bt_start(arrays[0], arrays[2], arrays[3], threads) for threads in (1, 3)]
    np.testing.assert_array_equal(starts[0], starts[1])


def test_threads_change_no_solve(kernels: Backend) -> None:
    arrays = random_pairs(kernels, 20_000, 120_000)
    ability = solve(kernels, "bt_newton", arrays)[0]
    right = np.random.default_rng(0).normal(size=(20_000, 9))
    right -= right.mean(axis=0)
    solutions = [laplacian_solve(kernels, arrays, ability, right, threads) for threads in (1, 2, 3)]
    for solution in solutions[1:]:
        np.testing.assert_array_equal(solution, solutions[0])


def laplacian_solve(
    kernels: Backend, arrays: Any, ability: Any, right: Any, threads: int = 1, tol: float = 1e-10
) -> Any:
    n = len(ability)
    solution, iterations = kernels.laplacian_solve(
        *arrays,
        ability,
        np.zeros(n, np.uint8),
        np.zeros(n, np.int32),
        1,
        0.0,
        right,
        tol,
        10_000,
        threads,
    )
    assert iterations <= 10_000
    return solution


@pytest.mark.parametrize("columns", [1, 3, 8, 9])
def test_solves_with_the_information(kernels: Backend, columns: int) -> None:
    arrays = ring(kernels, 200, 2)
    ability = np.sin(np.arange(200.0))
    matrix = np.zeros((200, 200))
    for i in range(200):
        for k in range(arrays[0][i], arrays[0][i + 1]):
            j = arrays[1][k]
            p = 1 / (1 + np.exp(ability[j] - ability[i]))
            information = (arrays[2][k] + arrays[3][k]) * p * (1 - p)
            matrix[i, j] -= information
            matrix[i, i] += information
    right = np.random.default_rng(columns).normal(size=(200, columns))
    right -= right.mean(axis=0)
    expected = np.linalg.pinv(matrix, hermitian=True) @ right
    solution = laplacian_solve(kernels, arrays, ability, right)
    np.testing.assert_allclose(solution, expected, rtol=0, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dense_below", [SPARSE, DENSE])
@pytest.mark.parametrize("shape", ["random", "ring"])
def test_backends_agree(solver: str, dense_below: int, shape: str) -> None:
    for name in ("cpp", "numba"):
        if not backend_info()[name]["available"]:
            pytest.skip(backend_info()[name]["reason"])
    both = []
    for kernels in (resolve("cpp"), resolve("numba")):
        arrays = random_pairs(kernels, 500, 4_000) if shape == "random" else ring(kernels, 60, 1)
        both.append(
            solve(kernels, solver, arrays, tol=1e-11, max_iter=50_000, dense_below=dense_below)
        )
    (one, other) = both
    assert one[4]
    assert other[4]
    np.testing.assert_allclose(one[0], other[0], rtol=1e-10, atol=1e-10)


# Far from zero -----------------------------------------------------------------------------------

CHAIN = {"a": [0, 1, 1, 2], "b": [1, 0, 2, 1], "count": [3, 1, 1, 2]}
CHAIN_ABILITY = -np.array([0.0, np.log(3), np.log(3) - np.log(2)])


@pytest.mark.parametrize("solver", ["newton", "mm", "newman"])
@pytest.mark.parametrize("level", [80.0, 500.0, 1500.0])
def test_fixed_far_from_zero(backend: str, solver: str, level: float) -> None:
    # Someone who passes Elo points as abilities gets what was asked for.
    fit = zm.bradley_terry(
        zm.Comparisons(**CHAIN), backend=backend, tol=1e-11, fixed={0: level}, solver=solver
    )
    np.testing.assert_allclose(fit.ability, level + CHAIN_ABILITY, rtol=1e-12)


@pytest.mark.parametrize("solver", ["newton", "mm", "newman"])
@pytest.mark.parametrize("start", [40.0, 90.0, 200.0, 1000.0])
def test_a_far_start_is_never_a_wrong_result(backend: str, solver: str, start: float) -> None:
    # So far out the information underflows; a fit may say that it got nowhere, but not lie.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = zm.bradley_terry(
            zm.Comparisons(**CHAIN), backend=backend, tol=1e-11, start={1: start}, solver=solver
        )
    assert np.isfinite(fit.ability).all()
    if fit.converged:
        expected = CHAIN_ABILITY - CHAIN_ABILITY.mean()
        np.testing.assert_allclose(fit.ability, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("solver", ["newton", "mm", "newman"])
@pytest.mark.parametrize("prior", [1e-6, 1e-30, 1e-100])
def test_a_tiny_prior_is_never_a_wrong_result(backend: str, solver: str, prior: float) -> None:
    # One game, won: the score is exp(-2 x) = prior / 2 * (1 - exp(-x)) to first order.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = zm.bradley_terry(
            zm.Comparisons([0], [1]), backend=backend, prior=prior, solver=solver, max_iter=500
        )
    assert np.isfinite(fit.ability).all()
    if fit.converged:
        x = fit.ability[0]
        assert np.exp(-2 * x) / (1 + np.exp(-2 * x)) == pytest.approx(
            0.5 * prior * np.tanh(0.5 * x), rel=1e-6
        )
