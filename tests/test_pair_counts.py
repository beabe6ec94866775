"""PairCounts: counting against an obvious oracle, merging, selecting, saving; the kernels alone."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError

pytestmark = pytest.mark.usefixtures("backend")

COLUMNS = [
    *("win", "loss", "tie", "win_weight", "loss_weight", "tie_weight"),
    *("win_weight_squared", "loss_weight_squared", "tie_weight_squared"),
    *("fractional", "fractional_weight", "fractional_weight_squared", "fractional_score"),
    *("fractional_score_weight_squared", "fractional_score_squared_weight_squared"),
]


def oracle(
    rows: list[tuple[Any, Any, float, int, float]],
) -> dict[tuple[Any, Any], dict[str, float]]:
    """What each ordered pair's columns must be, one row at a time."""
    pairs: dict[tuple[Any, Any], dict[str, float]] = {}
    for a, b, y, count, weight in rows:
        cell = pairs.setdefault((a, b), dict.fromkeys(COLUMNS, 0.0))
        name = {1.0: "win", 0.0: "loss", 0.5: "tie"}.get(y, "fractional")
        cell[name] += count
        cell[f"{name}_weight"] += count * weight
        cell[f"{name}_weight_squared"] += count * weight**2
        if name == "fractional":
            cell["fractional_score"] += count * weight * y
            cell["fractional_score_weight_squared"] += count * weight**2 * y
            cell["fractional_score_squared_weight_squared"] += count * weight**2 * y**2
    return pairs


def counted(rows: list[tuple[Any, Any, float, int, float]], **options: Any) -> zm.PairCounts:
    a, b, y, count, weight = zip(*rows, strict=True)
    c = zm.Comparisons(list(a), list(b), list(y), count=list(count), weight=list(weight))
    return c.pair_counts(**options)


def assert_identical(p: zm.PairCounts, q: zm.PairCounts) -> None:
    assert p.items.tolist() == q.items.tolist()
    assert p.columns.keys() == q.columns.keys()
    assert p.ordered == q.ordered
    for name in ("first", "second", *COLUMNS):
        ours, theirs = getattr(p, name), getattr(q, name)
        assert ours.dtype == theirs.dtype, name
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


# Weights and scores in binary fractions, so that sums are exact in any order.
LABELS = st.sampled_from(["x", "y", "z", "ä", "long label", ""])
ROW = st.tuples(
    LABELS,
    LABELS,
    st.sampled_from([0.0, 1.0, 0.5, 0.25, 0.75]),
    st.integers(0, 5),
    st.sampled_from([1.0, 1.0, 0.5, 2.0, 0.0]),
).filter(lambda row: row[0] != row[1])
ROWS = st.lists(ROW, min_size=1, max_size=30)
SETTINGS = settings(max_examples=60, deadline=None)


@SETTINGS
@given(rows=ROWS)
def test_columns_are_the_oracles(rows: list[Any]) -> None:
    p = counted(rows)
    expected = oracle(rows)
    labels = p.items.tolist()
    pairs = [(labels[i], labels[j]) for i, j in zip(p.first, p.second, strict=True)]
    assert pairs == sorted(expected)
    for name in COLUMNS:
        assert getattr(p, name).tolist() == [expected[pair][name] for pair in pairs], name
    assert p.n_comparisons == sum(row[3] for row in rows)
    per_item = [sum(row[3] for row in rows if label in row[:2]) for label in labels]
    assert p.comparisons_per_item().tolist() == per_item


@SETTINGS
@given(parts=st.lists(ROWS, min_size=2, max_size=4))
def test_merging_equals_counting_all(parts: list[list[Any]]) -> None:
    merged = counted(parts[0])
    for part in parts[1:]:
        merged = merged + counted(part)
    assert_identical(merged, counted([row for part in parts for row in part]))


@SETTINGS
@given(rows=ROWS, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(rows: list[Any], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    assert_identical(counted(rows), counted([rows[i] for i in order]))


@SETTINGS
@given(rows=ROWS)
def test_swapping_sides_mirrors(rows: list[Any]) -> None:
    p, q = counted(rows), counted([(b, a, 1 - y, n, w) for a, b, y, n, w in rows])
    order = np.lexsort((p.first, p.second))
    np.testing.assert_array_equal(q.first, p.second[order])
    np.testing.assert_array_equal(q.second, p.first[order])
    for ours, theirs in (("win", "loss"), ("tie", "tie"), ("fractional", "fractional")):
        for suffix in ("", "_weight", "_weight_squared"):
            swapped = getattr(p, theirs + suffix)[order]
            np.testing.assert_array_equal(getattr(q, ours + suffix), swapped)
    mirrored = (p.fractional_weight - p.fractional_score)[order]
    np.testing.assert_array_equal(q.fractional_score, mirrored)


def small() -> zm.PairCounts:
    return zm.Comparisons(["x", "y", "z", "x"], ["y", "z", "x", "y"], [1, 0.5, 0, 1]).pair_counts()


def test_columns_that_follow_are_not_stored() -> None:
    p = small()
    assert set(p.columns) == {"win", "loss", "tie"}
    assert p.win_weight.dtype == np.float64
    assert p.win_weight.tolist() == p.win_weight_squared.tolist() == p.win.tolist()
    assert p.fractional.tolist() == [0, 0, 0]
    assert (p.has_ties, p.has_fractional, p.weighted) == (True, False, False)
    assert not zm.Comparisons(["x"], ["y"]).pair_counts().has_ties
    ones = zm.Comparisons(["x"], ["y"], weight=[1.0]).pair_counts()
    assert not ones.weighted
    halves = zm.Comparisons(["x"], ["y"], weight=[0.5]).pair_counts()
    assert halves.weighted
    assert halves.win_weight_squared.tolist() == [0.25]
    assert halves.tie_weight.tolist() == [0]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_backends_agree(threads: int) -> None:
    generator = np.random.default_rng(3)
    a, step = generator.integers(0, 50, 60_000), generator.integers(1, 50, 60_000)
    c = zm.Comparisons(a, (a + step) % 50, generator.choice([0.0, 1.0, 0.5], len(a)))
    assert_identical(c.pair_counts(threads=threads), c.pair_counts(threads=1, backend="numba"))


def test_bad_options() -> None:
    c = zm.Comparisons(["x"], ["y"])
    with pytest.raises(InputError, match="threads must be a positive whole number"):
        c.pair_counts(threads=0)
    with pytest.raises(InputError, match="backend must be 'cpp' or 'numba', but is 'c'"):
        c.pair_counts(backend="c")


def test_merging_other_items_types_and_order() -> None:
    p = small()
    q = zm.Comparisons(["w", "z"], ["x", "y"], [1, 1]).pair_counts()
    assert (p + q).items.tolist() == ["w", "x", "y", "z"]
    assert_identical(p + q, q + p)
    whole = zm.Comparisons([1, 2], [2, 5]).pair_counts()
    assert (whole + zm.Comparisons([3], [1]).pair_counts()).items.tolist() == [1, 2, 3, 5]
    assert not (p + zm.Comparisons(["x"], ["y"]).pair_counts()).ordered
    with pytest.raises(InputError, match="labels must be all str or all whole numbers"):
        p + whole
    with pytest.raises(TypeError):
        p + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        1 + p  # type: ignore[operator]
    assert_identical(sum([p, q], 0), p + q)  # type: ignore[arg-type]


def test_merging_widens_counts() -> None:
    p = zm.Comparisons(["x"], ["y"], [1], count=[2**32 - 1]).pair_counts()
    assert p.win.dtype == np.uint32
    assert (p + p).win.dtype == np.uint64
    assert (p + p).win.tolist() == [2**33 - 2]
    assert (p + p).n_comparisons == 2**33 - 2


def test_select() -> None:
    p = small()
    q = p.select(np.array([True, True, False]))
    assert q.items.tolist() == ["x", "y"]
    assert (q.first.tolist(), q.second.tolist(), q.win.tolist()) == ([0], [1], [2])
    assert not q.has_ties
    assert_identical(p.select(np.ones(3, bool)), p)
    assert len(p.select(np.zeros(3, bool))) == 0
    for mask in (np.ones(2, bool), np.ones(3)):
        with pytest.raises(InputError, match=r"mask must be bool of shape \(3,\)"):
            p.select(mask)


def test_select_drops_what_follows_then() -> None:
    p = zm.Comparisons(["x", "x"], ["y", "z"], weight=[1.0, 2.0]).pair_counts()
    assert p.weighted
    q = p.select(np.array([True, True, False]))
    assert_identical(q, zm.Comparisons(["x"], ["y"]).pair_counts())
    assert set(q.columns) == {"win", "loss"}


def test_sums_of_counts_that_do_not_fit() -> None:
    half = zm.Comparisons(["x"], ["y"], count=[2**62]).pair_counts()
    with pytest.raises(InputError, match="the sum of count must fit into 64 bits"):
        half + half
    other = zm.Comparisons(["z"], ["y"], count=[2**62]).pair_counts()
    with pytest.raises(InputError, match="the sum of count must fit into 64 bits"):
        half + other


GOOD: dict[str, Any] = {
    "items": np.array(["x", "y", "z"], object),
    "first": np.array([0, 1], np.int32),
    "second": np.array([1, 2], np.int32),
    "win": np.array([2, 1], np.uint32),
    "loss": np.array([0, 1], np.uint32),
}


def built(**changes: Any) -> zm.PairCounts:
    columns = {name: array for name, array in (GOOD | changes).items() if array is not None}
    sides = [columns.pop(name) for name in ("items", "first", "second")]
    return zm.PairCounts(*sides, columns)


def test_built_from_arrays() -> None:
    expected = zm.Comparisons(["x", "y"], ["y", "z"], [1, 1], count=[2, 1]).pair_counts()
    expected = expected + zm.Comparisons(["y"], ["z"], [0]).pair_counts()
    wide = {name: GOOD[name].astype(np.uint64) for name in ("win", "loss")}
    ones = {f"{name}_weight": GOOD[name].astype(float) for name in ("win", "loss")}
    ones |= {f"{name}_squared": array for name, array in ones.items()}
    for changes in ({}, wide, {"tie": np.zeros(2, np.uint32)}, ones):
        assert_identical(built(**changes), expected)
    strided = np.repeat(GOOD["first"], 2)[::2]
    assert_identical(built(first=strided), expected)
    assert strided.flags.writeable
    zm.bradley_terry(built(first=strided), prior=1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"second": np.array([1, 9], np.int32)}, r"second must hold .* but second\[1\] is 9"),
        ({"first": np.array([-1, 1], np.int32)}, r"first must hold .* but first\[0\] is -1"),
        ({"first": np.array([0, 2], np.int32)}, r"first\[1\] and second\[1\] are both 2"),
        ({"first": np.array([0, 1])}, r"first must be .* int32, but is int64 of shape \(2,\)"),
        ({"second": [1, 2]}, r"second must be .* int32, but is \[1, 2\]"),
        ({"first": np.array([[0, 1]], np.int32)}, r"first must be a one-dimensional"),
        ({"second": np.array([1], np.int32)}, r"Length of second \(1\) must match .* first \(2\)"),
        (
            {name: GOOD[name][::-1] for name in ("first", "second")},
            r"sorted by \(first, second\).* row 1 is \(0, 1\) after \(1, 2\)",
        ),
        ({name: GOOD[name][[0, 0]] for name in ("first", "second")}, r"each pair once, but row 1"),
        ({"items": ["x", "y", "z"]}, r"items must be a one-dimensional array of int64 or object"),
        ({"items": np.array([1.0, 2.0, 3.0])}, r"items must be .* but is float64"),
        (
            {"items": np.array(["x", 2, "z"], object)},
            r"items\[1\] is 2; items must be str",
        ),
        ({"items": np.array(["x", "z", "y"], object)}, r"items must be sorted .* 'y' after 'z'"),
        ({"items": np.array([1, 2, 2])}, r"unique, but items\[2\] is 2 after 2"),
        ({"win": np.array([1.0, 2.0])}, r"columns\['win'\] must be .* uint32 or uint64, but is fl"),
        ({"win": np.array([1], np.uint32)}, r"Length of columns\['win'\] \(1\)"),
        ({"win": None}, r"columns must be 'loss', 'win' .* but are 'loss'"),
        ({"wins": np.array([1], np.uint32)}, r"columns must be 'loss', 'win' .* but are .*'wins'"),
        ({"tie_weight": np.ones(2)}, r"columns must be 'loss', 'win' .*'tie_weight'"),
        ({"win_weight": np.ones(2)}, r"columns must be .*'win_weight', .*but are"),
        (
            {name: np.array([2**62, 0], np.uint64) for name in ("win", "loss")},
            "the sum of count must fit into 64 bits",
        ),
        (
            {"fractional": np.array([1, 1], np.uint32), "fractional_score": np.array([0.5, np.nan])}
            | {"fractional_score_squared_weight_squared": np.ones(2)},
            r"\['fractional_score'\] must be finite and non-negative, .*\[1\] is nan",
        ),
    ],
)
def test_built_from_bad_arrays(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        built(**changes)


def test_built_with_other_bad_arguments() -> None:
    sides = [GOOD[name] for name in ("items", "first", "second")]
    with pytest.raises(InputError, match=r"columns must be a dict of name to array, but is \[\]"):
        zm.PairCounts(*sides, [])
    columns = {name: GOOD[name] for name in ("win", "loss")}
    with pytest.raises(InputError, match=r"frame_backend must be None, .* but is 'spark'"):
        zm.PairCounts(*sides, columns, frame_backend="spark")


def test_frozen_and_printed() -> None:
    p = small()
    assert repr(p) == "PairCounts(3 items, 3 ordered pairs, 4 comparisons)"
    assert (len(p), p.n_items) == (3, 3)
    assert "<td>x</td><td>y</td><td>2</td>" in p._repr_html_()
    hostile = zm.Comparisons(["<b>"], ["y"]).pair_counts()
    assert "<b>" not in hostile._repr_html_()
    with pytest.raises(AttributeError):
        p.items = p.items  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        p.win[0] = 5
    assert_identical(pickle.loads(pickle.dumps(p)), p)
