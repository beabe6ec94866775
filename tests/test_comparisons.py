"""Comparisons from arrays, lists and series: outcomes, carried columns and bad input."""

from __future__ import annotations

import pickle
import warnings
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

pytestmark = pytest.mark.usefixtures("backend")

A = ["y", "x", "z", "y"]
B = ["x", "z", "x", "z"]


def test_lengths_and_emptiness() -> None:
    with pytest.raises(InputError, match=r"Length of b \(1\) must match length of a \(2\)"):
        zm.Comparisons(["x", "y"], ["y"])
    with pytest.raises(InputError, match="a is empty"):
        zm.Comparisons([], [])
    with pytest.raises(InputError, match="at least two items are needed, but 'x' is the only one"):
        zm.Comparisons(["x", "x"], ["x", "x"])


OUTCOME_KINDS = {
    "list": list,
    "object": lambda v: np.array(v, object),
    "str": lambda v: pd.Series(v, dtype="str"),
    "category": lambda v: pd.Series(v, dtype="category"),
    "polars": pl.Series,
    "arrow": pa.array,
}


@pytest.mark.parametrize("kind", OUTCOME_KINDS)
@pytest.mark.parametrize(
    "labels",
    [
        ("model_b", "model_a", "tie (bothbad)"),
        ("Right", "LEFT", "tie"),
        ("b", "a", "draw"),
        ("loss", "win", " Draw "),
        ("second", "first", "both_bad"),
        ("away", "home", "tie"),
        ("0-1", "1-0", "1/2-1/2"),
    ],
)
def test_outcome_labels(kind: str, labels: tuple[str, ...]) -> None:
    values = OUTCOME_KINDS[kind]([labels[0], labels[1], labels[2], labels[1]])
    c = zm.Comparisons(A, B, values)
    assert c.outcome.tolist() == [0, 1, 2, 1]
    assert c.outcome.dtype == np.uint8
    assert c.score is None
    assert c.ordered


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 0.5, 1],
        np.array([0, 1, 0.5, 1], np.float32),
        np.array([0, 1, 0.5, True], object),
        pd.Series([0, 1, 0.5, 1], dtype="Float64"),
        pl.Series([0.0, 1.0, 0.5, 1.0]),
        pa.array([0, 1, 0.5, 1]),
        [Decimal(0), Decimal("1.0"), Decimal("0.5"), Decimal(1)],
        pd.Series([0, 1, 0.5, 1], dtype="Sparse[float]"),
    ],
)
def test_outcome_scores(values: Any) -> None:
    assert zm.Comparisons(A, B, values).outcome.tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize("convert", [list, np.array, pd.Series, pl.Series, pa.array])
def test_outcome_bools(convert: Any) -> None:
    c = zm.Comparisons(A, B, convert([False, True, True, False]))
    assert c.outcome.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("kind", OUTCOME_KINDS)
@pytest.mark.parametrize("soft", [False, True])
def test_outcomes_that_name_the_winner(kind: str, soft: bool) -> None:
    c = zm.Comparisons(A, B, OUTCOME_KINDS[kind](["x", "x", "tie", "y"]), soft=soft)
    assert c.outcome.tolist() == [0, 1, 3 if soft else 2, 1]
    assert (c.score is None) == (not soft)
    # Words for sides that are items too: only what is in its row names a winner.
    c = zm.Comparisons(["left", "x"], ["x", "left"], ["x", "left"], soft=soft)
    assert c.outcome.tolist() == [0, 0]
    c = zm.Comparisons(["a", "x"], ["b", "y"], OUTCOME_KINDS[kind](["b", "a"]), soft=soft)
    assert c.outcome.tolist() == [0, 1]
    with pytest.raises(InputError, match=r"outcome\[1\] is 'x'; known labels"):
        zm.Comparisons(["y", "z", "x"], ["z", "y", "y"], ["win", "x", "x"])


@pytest.mark.parametrize("kind", OUTCOME_KINDS)
def test_outcomes_with_two_readings(kind: str) -> None:
    outcome = OUTCOME_KINDS[kind](["a", "b", "tie", "a"])
    a, b = ["a", "a", "a", "b"], ["b", "b", "b", "a"]
    message = r"outcome\[3\] is 'a', which is a word for a side and the name .* outcomes=\{'a': 1"
    with pytest.raises(InputError, match=message):
        zm.Comparisons(a, b, outcome)
    c = zm.Comparisons(a, b, outcome, outcomes={"a": 1, "b": 0})
    assert c.outcome.tolist() == [1, 0, 2, 1]
    # Both readings say the same here.
    assert zm.Comparisons(a[:3], b[:3], outcome[:3]).outcome.tolist() == [1, 0, 2]


def test_outcomes_without_outcome() -> None:
    with pytest.raises(InputError, match="outcomes is given without outcome"):
        zm.Comparisons(A, B, outcomes={"x": 1})


def test_no_outcome_means_that_a_won_in_no_order() -> None:
    c = zm.Comparisons(A, B)
    assert c.outcome.tolist() == [1, 1, 1, 1]
    assert not c.ordered
    assert not c.pair_counts().ordered


def test_fractional_outcomes_keep_their_scores() -> None:
    c = zm.Comparisons(A, B, [0.25, 1.0, 0.5, 0.0])
    assert c.outcome.tolist() == [3, 1, 2, 0]
    assert c.score is not None
    assert c.score.tolist() == [0.25, 1.0, 0.5, 0.0]


@pytest.mark.parametrize("outcome", [[1, 0.5, 0, 1], ["win", "tie", "loss", "win"]])
def test_soft_takes_half_as_a_probability(outcome: Any) -> None:
    c = zm.Comparisons(A, B, outcome, soft=True)
    assert c.outcome.tolist() == [1, 3, 0, 1]
    assert c.score is not None
    assert c.score.tolist() == [1, 0.5, 0, 1]


def test_outcomes_add_override_and_drop() -> None:
    outcomes = {"clearly A": 1, "LEAN A": 0.75, "tie": None}
    c = zm.Comparisons(A, B, ["clearly A", "lean a", "tie", "right"], outcomes=outcomes)
    assert c.outcome.tolist() == [1, 3, 0]
    assert c.score is not None
    assert c.score.tolist() == [1, 0.75, 0]
    assert c.n_dropped == 1
    assert c.a.tolist() == [1, 0, 1]
    assert len(c) == 3


def test_outcomes_of_numbers_are_labels_too() -> None:
    c = zm.Comparisons(A, B, [1, 2, 3, 1], outcomes={2: 0.0, 3: None})
    assert c.outcome.tolist() == [1, 0, 1]


def test_items_of_dropped_rows_alone_are_not_items() -> None:
    c = zm.Comparisons(
        ["x", "y", "q"], ["y", "z", "x"], ["a", "b", "skip"], outcomes={"skip": None}
    )
    assert c.items.tolist() == ["x", "y", "z"]
    assert c.b.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (
            ["tie", "tie", "tie", "modelA"],
            r"outcome\[3\] is 'modelA'; known labels are 'model_a', 'model_b', 'tie', 'both_bad'"
            r".*Pass outcomes=\{\.\.\.\} to map others",
        ),
        ([0, 1, 1.5, 1], r"outcome must be in \[0, 1\], but outcome\[2\] is 1.5"),
        ([0, 1, -1, 1], r"outcome must be in \[0, 1\], but outcome\[2\] is -1"),
        ([0, float("nan"), 1, 1], r"outcome\[1\] is nan"),
        (pl.Series([0, None, 1, 1]), r"outcome\[1\] is nan"),
        (["a", None, "b", "a"], r"outcome\[1\] is null; remove the rows"),
        (pd.Series(["a", None, "b", "a"], dtype="str"), r"outcome\[1\] is null"),
        ([1, 0, "x", 1], r"outcome\[2\] is 'x'; known labels"),
        (["a", ["b"], "a", "a"], r"outcome must hold scores or labels"),
        (["a", 3, "a", "a"], r"outcome\[1\] is 3; an outcome must be a score in \[0, 1\] or"),
        (np.zeros(4, "M8[s]"), r"outcome\[0\] is .* must be a score"),
        ([1, 0], r"Length of outcome \(2\) must match length of a \(4\)"),
    ],
)
def test_bad_outcomes(outcome: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.Comparisons(A, B, outcome)


def test_unknown_outcome_names_the_labels_passed() -> None:
    with pytest.raises(InputError, match=r"known labels are 'best', 'model_a'"):
        zm.Comparisons(A, B, ["best", "worst", "best", "best"], outcomes={"best": 1})


@pytest.mark.parametrize("outcomes", [{"x": 2}, {"x": float("nan")}, {"x": "win"}, ["x"]])
def test_bad_outcomes_mapping(outcomes: Any) -> None:
    with pytest.raises(InputError, match="outcomes"):
        zm.Comparisons(A, B, ["x"] * 4, outcomes=outcomes)


def test_self_comparisons_are_dropped_with_one_warning() -> None:
    a, b = ["x", "y", "q", "x"], ["y", "y", "q", "z"]
    message = r"^2 comparisons of an item with itself dropped \(row 1 compares 'y' with itself\)$"
    with pytest.warns(UserWarning, match=message) as caught:
        c = zm.Comparisons(a, b, [1, 1, 1, 0], weight=[1, 2, 3, 4])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert c.n_self == 2
    assert c.items.tolist() == ["x", "y", "z"]
    assert c.weight is not None
    assert c.weight.tolist() == [1, 4]
    with pytest.warns(UserWarning, match="1 comparison of an item with itself"):
        zm.Comparisons([1, 2], [1, 3])


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(InputError, match="no comparisons are left: 1 of an item with itself and 1"):
        zm.Comparisons(["x", "y"], ["x", "z"], ["a", "bad"], outcomes={"bad": None})


def test_carried_columns_lose_the_dropped_rows() -> None:
    times = np.array(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], "M8[D]")
    c = zm.Comparisons(
        A,
        B,
        ["a", "skip", "b", "tie"],
        outcomes={"skip": None},
        count=[1.0, 2.0, 3.0, 4.0],
        weight=pl.Series([1, 2, 3, 4]),
        judge=pd.Series(["j", "k", "j", "l"], dtype="category"),
        cluster=[7, 8, 9, 9],
        time=times,
        period=["p", "p", "q", "q"],
        margin=[1, 2, 3, 4],
        neutral=[0, 1, 1, 0],
        offset=pa.array([0.5, 0, 0, -0.5]),
        features=[[1, 2], [3, 4], [5, 6], [7, 8]],
    )
    assert c.count.tolist() == [1, 3, 4]
    assert c.count.dtype == np.int64
    assert c.weight.tolist() == [1, 3, 4]
    assert c.judge.tolist() == ["j", "j", "l"]
    assert c.cluster.tolist() == [7, 9, 9]
    assert c.time.tolist() == times[[0, 2, 3]].tolist()
    assert c.period.tolist() == ["p", "q", "q"]
    assert c.margin.tolist() == [1, 3, 4]
    assert c.neutral.tolist() == [False, True, False]
    assert c.offset.tolist() == [0.5, 0, -0.5]
    assert c.features.tolist() == [[1, 2], [5, 6], [7, 8]]
    assert "with count, weight, judge" in repr(c)


NAN = float("nan")


@pytest.mark.parametrize(
    ("argument", "values", "message"),
    [
        (
            "weight",
            [1, 1, 1, NAN],
            r"weight must be finite and non-negative, but weight\[3\] is nan",
        ),
        ("weight", [1, 1, -1, 1], r"weight must be finite and non-negative, but weight\[2\] is -1"),
        ("weight", [np.inf, 1, 1, 1], r"weight must be finite .*, but weight\[0\] is inf"),
        ("weight", pl.Series([1, None, 1, 1]), r"weight\[1\] is nan"),
        ("weight", ["1", "2", "3", "4"], r"weight must be numbers, but weight\[0\] is '1'"),
        (
            "weight",
            pa.array(["u", "v", "w", "x"]),
            r"weight must be numbers, but weight\[0\] is 'u'",
        ),
        ("weight", np.zeros(4, "M8[s]"), r"weight must be numbers, but has dtype datetime64"),
        ("weight", [1, 2], r"Length of weight \(2\) must match length of a \(4\)"),
        ("weight", np.ones((4, 1)), r"weight must be one-dimensional"),
        ("count", [1, 1, 2.5, 1], r"count must be whole and non-negative, but count\[2\] is 2.5"),
        ("count", [1, -1, 2, 1], r"count must be whole and non-negative, but count\[1\] is -1"),
        ("count", [1, NAN, 2, 1], r"count must be whole and non-negative, but count\[1\] is nan"),
        (
            "count",
            [1, np.inf, 2, 1],
            r"count must be whole and non-negative, but count\[1\] is inf",
        ),
        ("count", np.array([1, 2**63, 1, 1], np.uint64), r"count\[1\] is 9223372036854775808"),
        ("count", [2**62] * 4, r"the sum of count must fit into 64 bits"),
        ("count", [1, 2], r"Length of count \(2\) must match length of a \(4\)"),
        ("margin", [1, NAN, 2, 1], r"margin must be finite, but margin\[1\] is nan"),
        ("offset", [1, np.inf, 2, 1], r"offset must be finite, but offset\[1\] is inf"),
        ("neutral", [0, 1, 2, 0], r"neutral must be true or false, but neutral\[2\] is 2"),
        ("neutral", [True], r"Length of neutral \(1\)"),
        ("features", [[1.0], [2.0]], r"Length of features \(2\) must match length of a \(4\)"),
        (
            "features",
            [[1], [2], [NAN], [3]],
            r"features must be finite, but features\[2, 0\] is nan",
        ),
        ("features", np.ones((4, 1), complex), "features must be .*: their dtype is complex128"),
        ("features", np.zeros((4, 1), "M8[s]"), "features must be .*: their dtype is datetime64"),
        ("features", pd.DataFrame({"f": ["u"] * 4}), r"features\['f'\] must be numbers, but"),
        ("features", pl.DataFrame({"f": ["u"] * 4}), r"features\['f'\] must be numbers, but"),
        ("soft", 1, "soft must be True or False, but is 1"),
        ("count", {1, 2, 3, 4}, "count must be a column of values, but is {"),
        ("features", [["u"]] * 4, r"features must be numbers of shape"),
        ("features", np.zeros((4, 1, 1)), r"features must have shape"),
        ("judge", ["j", None, "k", "l"], r"judge\[1\] is null"),
        ("judge", ["j"], r"Length of judge \(1\) must match length of a \(4\)"),
        ("cluster", [1, NAN, 2, 3], r"cluster must be finite, but cluster\[1\] is nan"),
        ("time", [1, NAN, 2, 3], r"time must be finite, but time\[1\] is nan"),
        ("time", np.array(["2024", "NaT", "2024", "2024"], "M8[Y]"), r"time\[1\] is null"),
        ("period", np.array([1, NAN, 2, 3], object), r"period\[1\] is null"),
    ],
)
def test_bad_carried_columns(argument: str, values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.Comparisons(A, B, [1, 0, 1, 0], **{argument: values})


def test_frozen_small_and_picklable() -> None:
    c = zm.Comparisons(A, B, [1, 0, 0.5, 1])
    assert repr(c) == "Comparisons(4 rows, 3 items)"
    assert (len(c), c.n_items) == (4, 3)
    with pytest.raises(AttributeError):
        c.items = np.array(["q"])  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        c.a[0] = 1
    again = pickle.loads(pickle.dumps(c))
    assert again.items.tolist() == c.items.tolist()
    assert again.outcome.tolist() == c.outcome.tolist()


@pytest.mark.parametrize(
    ("convert", "library"),
    [(pd.Series, "pandas"), (pl.Series, "polars"), (pa.array, "pyarrow"), (list, None)],
)
def test_remembers_the_library(convert: Any, library: str | None) -> None:
    c = zm.Comparisons(convert(A), convert(B))
    assert c.frame_backend == library
    assert c.pair_counts().frame_backend == library


def test_arguments_are_not_changed() -> None:
    a, outcome = np.array(A, object), np.array([0.0, 1.0, 0.5, 0.25])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        zm.Comparisons(a, B, outcome, soft=True)
    assert a.tolist() == A
    assert a.flags.writeable
    assert outcome.tolist() == [0.0, 1.0, 0.5, 0.25]
    assert outcome.flags.writeable


def test_weights_whose_squares_overflow() -> None:
    with pytest.raises(InputError, match=r"weight must be at most 1e\+100, but weight\[1\] is"):
        zm.Comparisons(["x", "y"], ["y", "x"], weight=[1.0, 1e200])
