"""Boards: against filtering the rows of a category by hand and fitting them."""

from __future__ import annotations

import csv
import gzip
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import zermelo as zm
from zermelo.errors import ConvergenceWarning, InputError, SeparationError
from zermelo.ratings.joint_fit import JointFit

pytestmark = pytest.mark.usefixtures("backend")

NAMES = np.array(["code", "hard prompts", "talk"], object)


def columns(seed: int = 0, n: int = 8, m: int = 1500) -> dict[str, Any]:
    """Votes on n items in three categories in which the items differ by other amounts."""
    random = np.random.default_rng(seed)
    a = random.integers(0, n, m)
    b = (a + random.integers(1, n, m)) % n
    category = random.integers(0, 3, m)
    ability = np.linspace(1.0, -1.0, n)
    p = 1.0 / (1.0 + np.exp(category * (ability[b] - ability[a])))
    outcome = np.where(random.random(m) < 0.2, 0.5, (random.random(m) < p).astype(float))
    labels = np.array([f"m{i}" for i in range(n)], object)
    return {"a": labels[a], "b": labels[b], "outcome": outcome, "category": NAMES[category]}


def votes(data: dict[str, Any], keep: Any = slice(None), **more: Any) -> zm.Comparisons:
    chosen = {name: column[keep] for name, column in (data | more).items()}
    return zm.Comparisons(chosen.pop("a"), chosen.pop("b"), chosen.pop("outcome"), **chosen)


def assert_same_fit(ours: Any, theirs: Any) -> None:
    assert ours.items.tolist() == theirs.items.tolist()
    np.testing.assert_allclose(ours.ability, theirs.ability, atol=1e-9)
    np.testing.assert_allclose(
        ours.interval().standard_error, theirs.interval().standard_error, atol=1e-9
    )
    np.testing.assert_allclose(ours.rating, theirs.rating, atol=1e-6)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"ties": "davidson", "position_effect": True},
    {"prior": 2.0, "components": "largest", "threads": 1},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_a_board_is_the_fit_to_the_rows_of_its_category(options: dict[str, Any]) -> None:
    data = columns()
    boards = zm.boards(votes(data), **options)
    assert list(boards) == list(boards.categories) == NAMES.tolist()
    for name in NAMES:
        assert_same_fit(
            boards[name], zm.bradley_terry(votes(data, data["category"] == name), **options)
        )
    assert_same_fit(boards.overall, zm.bradley_terry(votes(data), **options))
    assert (dict(boards.failed), dict(boards.left_out), boards.unanchored) == ({}, {}, ())
    assert repr(boards) == "Boards(3 by category, 8 items)"
    assert "<td>hard prompts</td>" in boards._repr_html_()


def test_what_the_categories_come_from() -> None:
    data = columns(1)
    expected = zm.boards(votes(data))
    others = [
        zm.boards(votes(data), by=data["category"], overall=False),
        zm.boards(votes(data).pair_counts(by="category")),
        zm.boards(votes(data, judge=data["category"]), by="judge"),
        zm.boards(votes(data, period=data["category"]).pair_counts(by="period"), by="period"),
    ]
    for boards, name in zip(others, ("group", "category", "judge", "period"), strict=True):
        assert boards.by == name
        for category in NAMES:
            assert_same_fit(boards[category], expected[category])
    assert others[0].overall is None
    assert others[0].overall_failed is None
    numbered = zm.boards(
        votes(data, judge=np.unique(data["category"], return_inverse=True)[1]), by="judge"
    )
    assert list(numbered) == [0, 1, 2]
    assert numbered[np.int64(1)] is numbered[1]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_of_the_users_library(library: str) -> None:
    data = columns(2)
    make = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[library]
    frame = make({name: column.tolist() for name, column in data.items()})
    c = zm.Comparisons.from_frame(frame, "a", "b", "outcome", category="category")
    boards = zm.boards(c)
    table = boards.to_frame()
    assert type(table) is type(frame)
    rows = table.to_pylist() if library == "pyarrow" else pl.DataFrame(table).to_dicts()
    assert len(rows) == 24
    assert next(iter(rows[0])) == "category"
    assert [row["category"] for row in rows[::8]] == NAMES.tolist()
    expected = pl.DataFrame(boards["talk"].to_frame()).to_dicts()
    assert [{k: v for k, v in row.items() if k != "category"} for row in rows[16:]] == expected
    ranks = boards.ranks()
    assert type(ranks) is type(frame)
    ranked = ranks.to_pylist() if library == "pyarrow" else pl.DataFrame(ranks).to_dicts()
    assert [row["overall"] for row in ranked] == sorted(row["overall"] for row in ranked)
    for row in ranked:
        for name in NAMES:
            fit = boards[name]
            assert row[name] == fit.rank()[fit.items.tolist().index(row["item"])]


def test_ranks_of_categories_with_awkward_names() -> None:
    names = np.array(["item", "overall", "overall_"], object)
    data = columns(3)
    data["category"] = names[np.unique(data["category"], return_inverse=True)[1]]
    table = zm.boards(votes(data)).ranks("polars")
    assert table.columns == ["item", "overall", "item_", "overall_", "overall__"]


def test_a_board_that_fails_does_not_fail_the_others() -> None:
    data = columns(4)
    more = {"a": ["m0", "m2"], "b": ["m1", "m1"], "outcome": [1.0, 1.0], "category": ["tiny"] * 2}
    data = {name: np.array([*data[name], *more[name]], data[name].dtype) for name in data}
    with pytest.warns(
        UserWarning, match=r"category 'tiny' is not rated: The comparison graph"
    ) as w:
        boards = zm.boards(votes(data))
    assert len(w) == 1
    assert w[0].filename == __file__
    assert boards.categories == tuple(NAMES)
    assert "never lost to" in boards.failed["tiny"]
    assert repr(boards) == "Boards(3 by category, 8 items, 1 failed)"
    with pytest.raises(KeyError, match="could not be rated: The comparison graph"):
        boards["tiny"]
    with pytest.raises(KeyError):
        boards["none"]
    assert "tiny" not in boards
    # Regularised, it is a board like the others; its items are those that it compares.
    assert zm.boards(votes(data), prior=1.0)["tiny"].items.tolist() == ["m0", "m1", "m2"]


def test_overall_may_fail() -> None:
    a = ["x", "y", "v", "w"]
    c = zm.Comparisons(a, ["y", "x", "w", "v"], category=["one", "one", "two", "two"])
    with pytest.warns(UserWarning, match="overall is not rated: The comparison graph is not conn"):
        boards = zm.boards(c)
    assert boards.overall is None
    assert "not connected" in str(boards.overall_failed)
    assert len(boards) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = zm.boards(c, overall=False).ranks("polars")
    assert table.rows() == [("v", 0, 1), ("w", 0, 1), ("x", 1, 0), ("y", 1, 0)]


def test_warnings_of_fits_say_which_board() -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        zm.boards(votes(columns(5)), overall=False, solver="mm", max_iter=2)
    assert [note.category for note in found] == [ConvergenceWarning] * 3
    assert [str(note.message).split(":")[0] for note in found] == [f"category {n!r}" for n in NAMES]


def test_items_with_few_comparisons_and_dropped_ones() -> None:
    data = columns(6, m=600)
    rare = {"a": ["new", "m1", "new"], "b": ["m1", "new", "m2"], "outcome": [1.0, 1.0, 0.5]}
    rare["category"] = ["code", "code", "talk"]
    data = {name: np.array([*data[name], *rare[name]], data[name].dtype) for name in data}
    boards = zm.boards(votes(data), min_comparisons=2, drop=["m7"])
    assert boards.all_items.tolist() == [*(f"m{i}" for i in range(7)), "new"]
    without = (data["a"] != "m7") & (data["b"] != "m7")
    code = without & (data["category"] == "code")
    assert_same_fit(boards["code"], zm.bradley_terry(votes(data, code)))
    old = (data["a"] != "new") & (data["b"] != "new")
    talk = without & old & (data["category"] == "talk")
    assert_same_fit(boards["talk"], zm.bradley_terry(votes(data, talk)))
    assert {name: dict(items) for name, items in boards.left_out.items()} == {
        "talk": {"new": "1 comparison, fewer than 2"}
    }
    assert_same_fit(boards.overall, zm.bradley_terry(votes(data, without)))
    with pytest.raises(InputError, match=r"min_comparisons=100000 leaves no two items .*the most"):
        zm.boards(votes(data), min_comparisons=100_000, by=["all"] * len(data["a"]), overall=False)


def test_anchor() -> None:
    data = columns(7)
    boards = zm.boards(votes(data), anchor=("m3", 1500))
    for fit in (*boards.values(), boards.overall):
        assert fit is not None
        assert fit.rating[3] == pytest.approx(1500.0)
    keep = (data["category"] != "talk") | ((data["a"] != "m3") & (data["b"] != "m3"))
    with pytest.warns(UserWarning, match="category 'talk': the anchor 'm3' is not rated there"):
        boards = zm.boards(votes(data, keep), anchor=("m3", 1500))
    assert boards.unanchored == ("talk",)
    assert boards["talk"].rating.mean() == pytest.approx(1000.0)
    assert boards["code"].rating[3] == pytest.approx(1500.0)


def test_rows_that_do_not_aggregate() -> None:
    data = columns(8)
    random = np.random.default_rng(8)
    more: dict[str, Any] = {
        "features": random.normal(size=(len(data["a"]), 2)),
        "neutral": random.random(len(data["a"])) < 0.3,
        "offset": random.normal(size=len(data["a"])),
        "margin": random.integers(0, 3, len(data["a"])),
    }
    for used, options in (
        (["features"], {"covariates": True, "ridge": 0.5}),
        (["neutral"], {"position_effect": True, "ties": "rao-kupper"}),
        (["offset"], {}),
        (["margin"], {"loss": "margin"}),
        (["margin"], {"loss": "scaled"}),
    ):
        extra = {name: more[name] for name in used}
        kept = (data["a"] != "m7") & (data["b"] != "m7")
        boards = zm.boards(votes(data, **extra), drop=["m7"], min_comparisons=3, **options)
        for name in NAMES:
            rows = kept & (data["category"] == name)
            expected = zm.bradley_terry(votes(data, rows, **extra), **options)
            assert_same_fit(boards[name], expected)
            if isinstance(expected, JointFit):
                np.testing.assert_allclose(boards[name].coefficients, expected.coefficients)
        assert_same_fit(boards.overall, zm.bradley_terry(votes(data, kept, **extra), **options))


def test_rows_are_kept_for_their_clusters() -> None:
    data = columns(9)
    judge = np.random.default_rng(9).integers(0, 40, len(data["a"]))
    given = votes(data, judge=judge)
    boards = zm.boards(given, keep_rows=True, drop=["m7"])
    kept = (data["a"] != "m7") & (data["b"] != "m7") & (data["category"] == "talk")
    expected = zm.bradley_terry(votes(data, kept, judge=judge))
    assert_same_fit(boards["talk"], expected)
    np.testing.assert_allclose(
        boards["talk"].interval(kind="cluster").standard_error,
        expected.interval(kind="cluster").standard_error,
        atol=1e-9,
    )
    with pytest.raises(InputError, match=r"boards\(keep_rows=True\) keeps the comparisons"):
        zm.boards(given)["talk"].interval(kind="cluster")
    with pytest.raises(InputError, match="keep_rows=True needs the rows, which PairCounts lack"):
        zm.boards(given.pair_counts(by="category"), keep_rows=True)
    with pytest.raises(KeyError, match="there is no board 'tale'; the first of 3 are 'code'"):
        boards["tale"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "cluster"}, r"by='cluster', but the comparisons have no cluster.*have 'category'"),
        ({"by": "kategory"}, "by must be one of .*'category', but is 'kategory'"),
        ({"by": ["x"]}, r"Length of by \(1\) must match"),
        (
            {"min_comparisons": -1},
            "min_comparisons must be a whole number of at least 0, but is -1",
        ),
        ({"min_comparisons": 1.5}, "min_comparisons must be a whole number"),
        ({"drop": ["m11"]}, "drop: there is no item 'm11'; did you mean 'm1'"),
        ({"drop": "m1"}, "drop must be a list of labels, but is 'm1'"),
        ({"drop": [f"m{i}" for i in range(7)]}, "no board can be rated|there are no comparisons"),
        ({"overall": 1}, "overall must be True or False, but is 1"),
        ({"anchor": "m1"}, "anchor"),
        ({"anchor": 3}, r"anchor must be \(item, rating\), but is 3"),
        ({"anchor": ("m99", 1000)}, "anchor: there is no item 'm99'"),
        ({"anchor": ("m1", np.nan)}, "anchor's rating must be a finite number, but is nan"),
        ({"anchor": ("m1", 1), "drop": ["m1"]}, "anchor: there is no item 'm1'"),
        ({"ties": "thirds"}, "ties must be one of 'half', .* but is 'thirds'"),
        ({"prior": -1.0}, "prior must be finite and non-negative, but is -1.0"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.boards(votes(columns()), **options)


def test_bad_data() -> None:
    c = votes(columns())
    with pytest.raises(InputError, match=r"PairCounts without groups; count with pair_counts\(by"):
        zm.boards(c.pair_counts())
    with pytest.raises(InputError, match=r"by must be 'category', by which .* but is 'judge'"):
        zm.boards(c.pair_counts(by="category"), by="judge")
    with pytest.raises(InputError, match="data must be Comparisons or PairCounts, but is list"):
        zm.boards([])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tie"):
        zm.boards(c, tie="half")
    with pytest.raises(SeparationError, match="never lost to"):
        zm.boards(zm.Comparisons(["x"], ["y"], category=["only"]), overall=False)
    separated = zm.Comparisons(["x", "v"], ["y", "w"], category=["one", "two"])
    with pytest.raises(InputError, match="no board can be rated; category 'one', the first of"):
        zm.boards(separated, overall=False)


@pytest.mark.data
def test_prompts_of_real_votes(data_path: Callable[[str], Path]) -> None:
    with gzip.open(data_path("llmfao_crowd.csv.gz"), "rt") as file:
        rows = list(csv.DictReader(file))
    table = {name: np.array([row[name] for row in rows], object) for name in rows[0]}
    c = zm.Comparisons(table["left"], table["right"], table["winner"], category=table["prompt"])
    boards = zm.boards(c, prior=1.0)
    assert len(boards) == len(set(table["prompt"])) == 13
    for prompt in ("5", "11"):
        keep = table["prompt"] == prompt
        part = zm.Comparisons(table["left"][keep], table["right"][keep], table["winner"][keep])
        assert_same_fit(boards[prompt], zm.bradley_terry(part, prior=1.0))
