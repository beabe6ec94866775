"""The comparison graph and its components against dense matrices and Warshall's closure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference
import scipy.sparse
import scipy.sparse.csgraph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import zermelo as zm
from zermelo._backends import Backend
from zermelo.ratings.graph import Graph

# The fixture of the backends lasts for the module, so that examples can share it.
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def games(credits: NDArray[Any]) -> NDArray[np.float64]:
    """What kernels mean by credits: bytes count half games."""
    return (0.5 if credits.dtype == np.uint8 else 1.0) * credits.astype(np.float64)


def dense(n: int, arrays: Any) -> tuple[Any, Any]:
    """Win and loss matrices of a compressed graph, after checking its form."""
    offsets, neighbour, win, loss = arrays
    assert [array.dtype for array in (offsets, neighbour)] == [np.int64, np.int32]
    assert win.dtype == loss.dtype
    win, loss = games(win), games(loss)
    assert offsets[0] == 0
    assert offsets[-1] == len(neighbour) == len(win) == len(loss)
    won, lost = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        row = slice(offsets[i], offsets[i + 1])
        assert (np.diff(neighbour[row]) > 0).all()
        won[i, neighbour[row]] = win[row]
        lost[i, neighbour[row]] = loss[row]
    return won, lost


def ordered_pairs(draw: Any, n: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    places = st.integers(0, n - 1)
    pairs = draw(st.sets(st.tuples(places, places).filter(lambda p: p[0] != p[1]), max_size=40))
    table = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


@examples
@given(st.data())
def test_counts_become_rows(kernels: Backend, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 12))
    first, second = ordered_pairs(data.draw, n)
    dtype = data.draw(st.sampled_from([np.uint32, np.uint64]))
    top = data.draw(st.sampled_from([3, 31, 32, 511, 512, 2**21 - 1, 2**21, 2**31]))
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    win, loss, tie = (random.integers(0, top + 1, len(first)).astype(dtype) for _ in range(3))
    share = data.draw(st.sampled_from([0.0, 0.5]))
    with_ties = data.draw(st.booleans())
    arrays = kernels.build_graph(
        first, second, win, loss, tie if with_ties else None, share, n, data.draw(st.integers(1, 3))
    )
    expected = np.zeros((n, n))
    ties = share * tie.astype(np.float64) * with_ties
    np.add.at(expected, (first, second), win + ties)
    np.add.at(expected, (second, first), loss + ties)
    won, lost = dense(n, arrays)
    np.testing.assert_array_equal(won, expected)
    np.testing.assert_array_equal(lost, expected.T)
    pairs = {frozenset(pair) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    assert len(arrays[1]) == 2 * len(pairs)
    if top == 3:
        # Halves of few games are exact in less than a double, which makes less memory to read.
        assert arrays[2].itemsize <= 4


@examples
@given(st.data())
def test_credits_become_rows(kernels: Backend, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 12))
    first, second = ordered_pairs(data.draw, n)
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    credit_first, credit_second = random.random((2, len(first)))
    arrays = kernels.build_graph_from_credits(first, second, credit_first, credit_second, n, 2)
    expected = np.zeros((n, n))
    np.add.at(expected, (first, second), credit_first)
    np.add.at(expected, (second, first), credit_second)
    won, lost = dense(n, arrays)
    np.testing.assert_array_equal(won, expected)
    np.testing.assert_array_equal(lost, expected.T)
    assert arrays[2].dtype == np.float64


def test_large_graph(kernels: Backend) -> None:
    """More pairs than a chunk holds, and one item that met nearly everyone."""
    random = np.random.default_rng(0)
    n, m = 50_000, 600_000
    one, other = random.integers(0, n, (2, m))
    one[:40_000] = 7
    keys = np.unique(one[one != other] * n + other[one != other])
    first, second = (keys // n).astype(np.int32), (keys % n).astype(np.int32)
    assert len(keys) > 2 * 2**18
    win, loss, tie = (random.integers(0, 5, len(keys)).astype(np.uint32) for _ in range(3))
    expected = scipy.sparse.coo_array(
        (
            np.concatenate([win + tie / 2, loss + tie / 2]),
            (np.concatenate([first, second]), np.concatenate([second, first])),
        ),
        shape=(n, n),
    ).tocsr()
    expected.sort_indices()
    for threads in (1, 3):
        offsets, neighbour, won, lost = kernels.build_graph(
            first, second, win, loss, tie, 0.5, n, threads
        )
        np.testing.assert_array_equal(offsets, expected.indptr)
        np.testing.assert_array_equal(neighbour, expected.indices)
        np.testing.assert_array_equal(games(won), expected.data)
        back = scipy.sparse.csr_array((games(lost), neighbour, offsets), shape=(n, n)).T.tocsr()
        back.sort_indices()
        np.testing.assert_array_equal(back.data, expected.data)


def random_graph(random: np.random.Generator, n: int, edges: int) -> tuple[Any, Any]:
    """Who beat whom at least once, as a dense matrix and as compressed rows."""
    one, other = random.integers(0, n, (2, edges))
    beats = np.zeros((n, n), bool)
    beats[one, other] = one != other
    return beats, compressed(beats)


def compressed(beats: Any) -> tuple[Any, ...]:
    rows, columns = np.nonzero(beats | beats.T)
    offsets = np.concatenate([[0], np.bincount(rows, minlength=len(beats)).cumsum()])
    win = beats[rows, columns].astype(np.float32)
    loss = beats[columns, rows].astype(np.float32)
    return offsets.astype(np.int64), columns.astype(np.int32), win, loss


@examples
@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(0, 30), st.integers(0, 3))
def test_components(kernels: Backend, seed: int, n: int, edges: int, links: int) -> None:
    random = np.random.default_rng(seed)
    beats, arrays = random_graph(random, n, edges)
    linked = np.zeros(n, np.uint8)
    linked[random.integers(0, n, links)] = 1
    # Items of known ability beat one another.
    both = linked.astype(bool)
    strong, weak, n_strong, n_weak = kernels.components(*arrays, linked)
    expected = reference.components(beats | (both[:, None] & both[None, :]))
    assert strong.tolist() == expected[0]
    assert weak.tolist() == expected[1]
    assert (n_strong, n_weak) == (max(expected[0]) + 1, max(expected[1]) + 1)
    assert strong.dtype == weak.dtype == np.int32


@pytest.mark.parametrize("edges", [1_500, 3_000, 6_000, 40_000])
def test_components_of_larger_graphs(kernels: Backend, edges: int) -> None:
    n = 2_000
    beats, arrays = random_graph(np.random.default_rng(edges), n, edges)
    strong, weak, n_strong, n_weak = kernels.components(*arrays, np.zeros(n, np.uint8))
    for labels, count, kind in ((strong, n_strong, "strong"), (weak, n_weak, "weak")):
        expected_count, expected = scipy.sparse.csgraph.connected_components(
            scipy.sparse.csr_array(beats), directed=True, connection=kind
        )
        assert count == expected_count
        # The same partition, numbered in the order of each component's first item.
        firsts = np.unique(labels, return_index=True)[1]
        assert (np.diff(firsts) > 0).all()
        np.testing.assert_array_equal(expected[firsts][labels], expected)


def test_components_of_a_long_path(kernels: Backend) -> None:
    """As deep as there are items: a search that calls itself would overflow."""
    n = 200_000
    item = np.arange(n)
    one = np.concatenate([item[:-1], item[1:]])
    other = np.concatenate([item[1:], item[:-1]])
    order = np.lexsort((other, one))
    down = (one < other)[order].astype(np.float32)
    offsets = np.searchsorted(one[order], np.arange(n + 1)).astype(np.int64)
    arrays = (offsets, other[order].astype(np.int32), down, 1 - down)
    strong, weak, n_strong, n_weak = kernels.components(*arrays, np.zeros(n, np.uint8))
    assert (n_strong, n_weak) == (n, 1)
    assert not weak.any()
    np.testing.assert_array_equal(strong, item)
    # The two ends held at known abilities close the circle.
    ends = np.zeros(n, np.uint8)
    ends[[0, -1]] = 1
    assert kernels.components(*arrays, ends)[2] == 1


def test_pairs_between_groups_count_nothing(kernels: Backend) -> None:
    rows = reference.random_rows(3, n=7, m=40, scores=(0.0, 0.5, 1.0))
    graph = Graph.build(rows.comparisons().pair_counts(), "half", kernels, 1)
    won = reference.credits(rows)
    np.testing.assert_array_equal(dense(7, graph.arrays)[0], won)
    group = np.array([0, 0, 1, 1, 0, 2, 2], np.int32)
    inside, lost = dense(7, graph.within(group).arrays)
    np.testing.assert_array_equal(inside, np.where(group[:, None] == group, won, 0))
    np.testing.assert_array_equal(lost, inside.T)
    assert graph.n_entries == len(graph.row_of_entry()) == graph.within(group).n_entries


@pytest.mark.parametrize("ties", ["half", "drop"])
@pytest.mark.parametrize("weighted", [False, True])
def test_graph_of_pair_counts(kernels: Backend, ties: Any, weighted: bool) -> None:
    rows = reference.random_rows(
        4, n=6, m=50, scores=(0.0, 0.5, 1.0, 0.3) if weighted else (0.0, 0.5, 1.0), counted=True
    )
    if weighted:
        rows = reference.Rows(
            rows.n, rows.a, rows.b, rows.score, rows.count, np.linspace(0.5, 2, len(rows.a))
        )
    counts = rows.comparisons().pair_counts()
    assert isinstance(counts, zm.PairCounts)
    won, lost = dense(6, Graph.build(counts, ties, kernels, 1).arrays)
    expected = reference.credits(rows, ties=ties)
    np.testing.assert_allclose(won, expected, rtol=1e-14)
    np.testing.assert_allclose(lost, expected.T, rtol=1e-14)
