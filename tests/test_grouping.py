"""PairCounts by group: against counting each group's rows by hand; merging, taking, saving."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import reference

import zermelo as zm
from zermelo.errors import InputError

pytestmark = pytest.mark.usefixtures("backend")

COLUMNS = [
    *("win", "loss", "tie", "win_weight", "loss_weight", "tie_weight"),
    *("win_weight_squared", "loss_weight_squared", "tie_weight_squared"),
    *("fractional", "fractional_weight", "fractional_weight_squared", "fractional_score"),
    *("fractional_score_weight_squared", "fractional_score_squared_weight_squared"),
]


def assert_equal(p: zm.PairCounts, q: zm.PairCounts) -> None:
    """The same counts between the same labels; items that are not compared do not matter."""
    p, q = p.with_at_least(1), q.with_at_least(1)
    assert p.items.tolist() == q.items.tolist()
    assert (p.ordered, p.by) == (q.ordered, q.by)
    if p.groups is not None and q.groups is not None:
        assert p.groups.tolist() == q.groups.tolist()
        assert p.group.tolist() == q.group.tolist()
    for name in ("first", "second", *COLUMNS):
        np.testing.assert_allclose(getattr(p, name), getattr(q, name), 1e-12, err_msg=name)


def grouped_rows(seed: int, m: int = 300, **kinds: Any) -> tuple[reference.Rows, Any]:
    rows = reference.random_rows(seed, 7, m, **kinds)
    return rows, np.random.default_rng(seed).integers(0, 5, len(rows.a))


KINDS: list[dict[str, Any]] = [
    {},
    {"scores": (0.0, 1.0, 0.5), "counted": True},
    {"scores": (0.0, 1.0, 0.5, 0.25), "counted": True, "weighted": True},
]


@pytest.mark.parametrize("kinds", KINDS)
def test_groups_are_counted_as_their_rows_by_themselves(kinds: dict[str, Any]) -> None:
    rows, group = grouped_rows(1, **kinds)
    counts = rows.comparisons(cluster=group).pair_counts(by="cluster")
    assert counts.by == "cluster"
    assert counts.groups.tolist() == [0, 1, 2, 3, 4]
    keys = list(zip(counts.group, counts.first, counts.second, strict=True))
    assert keys == sorted(set(keys))
    for code in range(5):
        part = rows.only(group == code).comparisons().pair_counts()
        assert_equal(counts.of(code), part)
        assert counts.of(code).items is not None
        assert counts.of(np.int64(code)).items.tolist() == counts.items.tolist()
    assert_equal(counts.merged(), rows.comparisons().pair_counts())
    assert counts.n_comparisons == rows.count.sum()
    plain = rows.comparisons().pair_counts()
    assert plain.merged() is plain
    assert (plain.group, plain.groups, plain.by) == (None, None, None)


def test_many_groups_and_items_take_the_sorting_path() -> None:
    generator = np.random.default_rng(5)
    a, step = generator.integers(0, 900, 30_000), generator.integers(1, 900, 30_000)
    group = generator.integers(0, 20_000, len(a)) * 7
    c = zm.Comparisons(a, (a + step) % 900, generator.choice([0.0, 1.0, 0.5], len(a)), judge=group)
    counts = c.pair_counts(by="judge", threads=2)
    assert_equal(counts, c.pair_counts(by="judge", threads=1, backend="numba"))
    assert counts.groups.tolist() == np.unique(group).tolist()
    key = np.stack([group, c.items[c.a], c.items[c.b]], axis=1)
    expected, each = np.unique(key, axis=0, return_counts=True)
    found = np.stack(
        [counts.groups[counts.group], counts.items[counts.first], counts.items[counts.second]], 1
    )
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(counts.win + counts.loss + counts.tie, each)
    assert_equal(counts.merged(), c.pair_counts())


LABELS: list[tuple[Any, list[Any]]] = [
    (["v", "u", "v"], ["u", "v"]),
    (pl.Series(["v", "u", "v"]), ["u", "v"]),
    (pd.Series(["v", "u", "v"], dtype="category"), ["u", "v"]),
    (pa.array(["v", "u", "v"]).dictionary_encode(), ["u", "v"]),
    ([3, -1, 3], [-1, 3]),
    ([2.5, 0.5, 2.5], [0.5, 2.5]),
    ([True, False, True], [False, True]),
    (np.array(["2024-02-01", "2024-01-01", "2024-02-01"], "M8[D]"), None),
]


@pytest.mark.parametrize(("column", "groups"), LABELS)
def test_labels_of_every_kind(column: Any, groups: Any, tmp_path: Path) -> None:
    c = zm.Comparisons(["x", "x", "y"], ["y", "y", "x"], period=column)
    counts = c.pair_counts(by="period")
    if groups is not None:
        assert counts.groups.tolist() == groups
    assert counts.group.tolist() == [0, 1, 1]
    assert repr(counts).endswith("3 comparisons, 2 groups by period)")
    assert "<th>period</th>" in counts._repr_html_()
    assert counts.of(counts.groups[1]).n_comparisons == 2
    counts.save(tmp_path / "counts.npz")
    loaded = zm.PairCounts.load(tmp_path / "counts.npz")
    assert loaded.groups.dtype == counts.groups.dtype
    assert_equal(loaded, counts)
    assert_equal(pickle.loads(pickle.dumps(counts)), counts)
    assert_equal(c.pair_counts(by=column).of(counts.groups[0]), counts.of(counts.groups[0]))
    doubled = counts + counts
    assert doubled.by == "period"
    assert doubled.group.tolist() == [0, 1, 1]
    assert doubled.win.tolist() == [2, 2, 2]


def test_merging_matches_groups_by_label() -> None:
    rows, group = grouped_rows(2, counted=True)
    names = np.array(["e", "a", "d", "c", "b"], object)[group]
    half = len(rows.a) // 2
    first, second = (np.arange(len(rows.a)) < half, np.arange(len(rows.a)) >= half)
    first &= group != 1
    parts = [
        rows.only(mask).comparisons(judge=names[mask]).pair_counts(by="judge")
        for mask in (first, second)
    ]
    whole = rows.only(first | second).comparisons(judge=names[first | second])
    assert_equal(parts[0] + parts[1], whole.pair_counts(by="judge"))
    assert_equal(sum(parts[::-1]), whole.pair_counts(by="judge"))


def test_merging_refuses_other_groupings() -> None:
    c = zm.Comparisons(["x", "y"], ["y", "x"], judge=[1, 2], cluster=[1, 2], period=[0.5, 1.5])
    with pytest.raises(InputError, match=r"grouped by 'judge' and not at all .* merged\(\)"):
        c.pair_counts(by="judge") + c.pair_counts()
    with pytest.raises(InputError, match="grouped by 'judge' and by 'cluster' do not merge"):
        c.pair_counts(by="judge") + c.pair_counts(by="cluster")
    days = zm.Comparisons(["x"], ["y"], period=np.array(["2024-01-01"], "M8[D]"))
    with pytest.raises(InputError, match="groups of float64 do not merge with groups of datetime"):
        c.pair_counts(by="period") + days.pair_counts(by="period")
    words = zm.Comparisons(["x"], ["y"], judge=["u"])
    with pytest.raises(InputError, match="labels must be all str or all whole numbers"):
        c.pair_counts(by="judge") + words.pair_counts(by="judge")


def test_select_keeps_groups() -> None:
    rows, group = grouped_rows(3)
    counts = rows.comparisons(cluster=group).pair_counts(by="cluster")
    mask = np.array([True, True, False, True, True, True, False])
    selected = counts.select(mask)
    assert_equal(selected.of(2), counts.of(2).select(mask))
    assert_equal(selected.merged(), counts.merged().select(mask))
    assert_equal(counts.without([2, 6]), selected)


def test_with_at_least_judges_all_items_at_once() -> None:
    a, b = ["x", "y", "z", "w", "w"], ["y", "z", "x", "x", "v"]
    counts = zm.Comparisons(a, b).pair_counts()
    # v goes; w, which had two comparisons, stays with one.
    assert counts.with_at_least(2).items.tolist() == ["w", "x", "y", "z"]
    assert counts.with_at_least(0).items.tolist() == counts.items.tolist()
    # u had two, both against items that go: nothing is left of it.
    lonely = zm.Comparisons([*a, "u", "u"], [*b, "s", "t"]).pair_counts()
    assert lonely.with_at_least(2).items.tolist() == ["w", "x", "y", "z"]
    for bad in (-1, 1.5, True, "2"):
        with pytest.raises(InputError, match="min_comparisons must be a whole number of at least"):
            counts.with_at_least(bad)  # type: ignore[arg-type]


def test_fits_rate_all_groups_together() -> None:
    rows, group = grouped_rows(4, scores=(0.0, 1.0, 0.5))
    c = rows.comparisons(cluster=group)
    expected = zm.bradley_terry(c)
    for options in ({}, {"position_effect": True}, {"reweight": "pair"}):
        expected = zm.bradley_terry(c.pair_counts(), **options)
        fit = zm.bradley_terry(c.pair_counts(by="cluster"), **options)
        np.testing.assert_allclose(fit.ability, expected.ability, atol=1e-12)
        np.testing.assert_allclose(
            fit.interval().standard_error, expected.interval().standard_error, atol=1e-12
        )
    fit = zm.bradley_terry(c)
    merged = fit.update(c.pair_counts(by="cluster"))
    np.testing.assert_allclose(merged.ability, fit.ability, atol=1e-7)


def test_bad_groupings() -> None:
    c = zm.Comparisons(["x", "y", "x"], ["y", "x", "y"], judge=["u", "v", "u"])
    with pytest.raises(InputError, match=r"by must be one of 'cluster', .* but is 'jduge'"):
        c.pair_counts(by="jduge")
    with pytest.raises(InputError, match=r"have no cluster; give it .*cluster=.*they have 'judge'"):
        c.pair_counts(by="cluster")
    with pytest.raises(InputError, match=r"Length of by \(2\) must match length of a \(3\)"):
        c.pair_counts(by=[1, 2])
    with pytest.raises(InputError, match=r"by\[1\] is null"):
        c.pair_counts(by=["u", None, "v"])
    with pytest.raises(InputError, match="by must be a column of values, but is 3"):
        c.pair_counts(by=3)
    counts = c.pair_counts(by="judge")
    with pytest.raises(InputError, match="label: there is no judge 'w'; there are 'u', 'v'"):
        counts.of("w")
    with pytest.raises(InputError, match="label: there is no judge 1"):
        counts.of(1)
    with pytest.raises(InputError, match=r"the counts are not grouped; count with pair_counts\(by"):
        c.pair_counts().of("u")
    models = zm.Comparisons(["claude", "gpt-4"], ["gpt-4", "claude"]).pair_counts()
    with pytest.raises(InputError, match=r"no item 'gpt4'; did you mean 'gpt-4'\?"):
        models.without(["gpt4"])
    with pytest.raises(InputError, match="labels must be a list of labels, but is 'gpt-4'"):
        models.without("gpt-4")
    with pytest.raises(InputError, match="labels: there is no item 4"):
        models.without([4])


GOOD: dict[str, Any] = {
    "first": np.array([0, 0, 1], np.int32),
    "second": np.array([1, 1, 0], np.int32),
    "group": np.array([0, 1, 1], np.int32),
    "groups": np.array(["u", "v"], object),
    "by": "judge",
}
BAD = [
    ({"by": None}, "group, groups and by belong together.* by is None"),
    ({"by": 3}, "group, groups and by belong together.* by is 3"),
    ({"group": None}, "group, groups and by belong together"),
    ({"group": np.array([0, 1, 1])}, "group must be a one-dimensional array of int32"),
    ({"group": np.array([0, 1], np.int32)}, r"Length of group \(2\) must match .* first \(3\)"),
    ({"group": np.array([0, 2, 2], np.int32)}, r"from 0 to 1, but group\[1\] is 2"),
    ({"group": np.array([1, 0, 0], np.int32)}, "each pair once, within each group, but row 1"),
    ({"group": np.array([0, 0, 1], np.int32)}, "each pair once, within each group, but row 1"),
    ({"groups": ["u", "v"]}, "groups must be a one-dimensional array of labels"),
    ({"groups": np.array(["u", 2], object)}, "groups that are objects must be str"),
    ({"groups": np.array(["v", "u"], object)}, "groups must be sorted and unique"),
]


@pytest.mark.parametrize(("changes", "message"), BAD)
def test_built_from_bad_arrays(changes: dict[str, Any], message: str) -> None:
    items = np.array(["x", "y"], object)
    columns = {name: np.ones(3, np.uint32) for name in ("win", "loss")}

    def built(first: Any, second: Any, **grouping: Any) -> zm.PairCounts:
        return zm.PairCounts(items, first, second, columns, **grouping)

    assert built(**GOOD).of("v").n_comparisons == 4
    with pytest.raises(InputError, match=message):
        built(**(GOOD | changes))


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "duckdb"])
@pytest.mark.parametrize("labels", [["u", "v", "w"], [3, 1, 2]])
def test_frames_are_aggregated_by_group(library: str, labels: list[Any]) -> None:
    rows, group = grouped_rows(6, scores=(0.0, 1.0, 0.5, 0.25), counted=True, weighted=True)
    names = np.array(labels)[group % 3]
    columns = {
        "a": [f"m{i}" for i in rows.a],
        "b": [f"m{i}" for i in rows.b],
        "y": rows.score,
        "count": rows.count,
        "weight": rows.weight,
        "judge": names.tolist(),
    }
    frame: Any = pl.DataFrame(columns)
    if library == "duckdb":
        frame = duckdb.sql("SELECT * FROM frame")
    elif library != "polars":
        frame = frame.to_pandas() if library == "pandas" else frame.to_arrow()
    counts = zm.PairCounts.from_frame(
        frame, "a", "b", "y", count="count", weight="weight", by="judge"
    )
    expected = zm.Comparisons(*list(columns.values())[:3], count=rows.count, weight=rows.weight)
    assert_equal(counts.merged(), expected.pair_counts())
    expected = rows.comparisons(judge=names.tolist()).pair_counts(by="judge")
    assert counts.by == "judge"
    assert counts.groups.tolist() == sorted(labels) == expected.groups.tolist()
    for name in ("group", "first", "second", *COLUMNS):
        np.testing.assert_allclose(getattr(counts, name), getattr(expected, name), 1e-12)


def test_groups_of_dropped_rows_only_do_not_occur() -> None:
    frame = pl.DataFrame({"a": ["x", "y"], "b": ["y", "x"], "won": ["a", "skip"], "day": [1, 2]})
    options: Any = {"outcomes": {"skip": None}}
    counts = zm.PairCounts.from_frame(frame, "a", "b", "won", by="day", **options)
    assert counts.groups.tolist() == [1]
    c = zm.Comparisons.from_frame(frame, "a", "b", "won", period="day", **options)
    assert c.pair_counts(by="period").groups.tolist() == [1]


def test_frames_with_bad_groups() -> None:
    frame = pl.DataFrame({"a": ["x", "y"], "b": ["y", "x"], "judge": ["u", None]})
    with pytest.raises(InputError, match="by='judge' has 1 rows without a value"):
        zm.PairCounts.from_frame(frame, "a", "b", by="judge")
    with pytest.raises(InputError, match="by='jugde' is not a column of the frame; did you mean"):
        zm.PairCounts.from_frame(frame, "a", "b", by="jugde")
    nested = frame.with_columns(judge=pl.Series([[1], [2]]))
    with pytest.raises(InputError, match="by='judge' is a column of List"):
        zm.PairCounts.from_frame(nested, "a", "b", by="judge")


def test_rows_can_be_selected() -> None:
    rows, group = grouped_rows(7, scores=(0.0, 1.0, 0.5, 0.25), counted=True, weighted=True)
    c = rows.comparisons(judge=group, features=rows.weight)
    mask = (group < 3) & (rows.a != 4) & (rows.b != 4)
    for chosen in (c.select(mask), c.select(np.flatnonzero(mask))):
        assert chosen.items.tolist() == [0, 1, 2, 3, 5, 6]
        assert_equal(chosen.pair_counts(), rows.only(mask).comparisons().pair_counts())
        np.testing.assert_array_equal(chosen.judge, group[mask])
        np.testing.assert_array_equal(chosen.features[:, 0], rows.weight[mask])
    assert c.select((rows.score == 1.0) | (rows.score == 0.0)).score is None
    for bad, message in (
        (mask[:-1], "Length of rows"),
        ([0.5], "rows must be one-dimensional, of bool or whole numbers"),
        ([len(c)], "rows must hold places from 0 to"),
        ([-1], "rows must hold places from 0 to"),
    ):
        with pytest.raises(InputError, match=message):
            c.select(bad)
