"""from_frame of Comparisons and PairCounts over every kind of frame, and bad frames."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError

duckdb = pytest.importorskip("duckdb")
nw = pytest.importorskip("narwhals")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

pytestmark = pytest.mark.usefixtures("backend")

DATA: dict[str, list[Any]] = {
    "one": ["x", "y", "x", "z", "x", "w"],
    "two": ["y", "z", "z", "x", "y", "w2"],
    "winner": ["left", "tie", "left", "both_bad", "Right", "tie"],
    "same": ["tie", "tie", "tie", "tie", "tie", "tie"],
    "score": [1.0, 0.5, 0.25, 0.0, 0.75, 0.5],
    "won": [True, False, True, True, False, False],
    "times": [1, 2, 3, 4, 5, 6],
    "matter": [1.0, 2.0, 0.5, 0.25, 4.0, 1.0],
    "id_one": [4, 5, 4, 6, 4, -1],
    "id_two": [5, 6, 6, 4, 5, 99],
    "length_one": [10, 20, 30, 40, 50, 60],
    "length_two": [1, 2, 3, 4, 5, 6],
}


def pandas_frame(data: dict[str, list[Any]]) -> Any:
    return pd.DataFrame(data)


def categories(data: dict[str, list[Any]]) -> Any:
    text = [name for name in ("one", "two", "winner") if name in data]
    return pd.DataFrame(data).astype(dict.fromkeys(text, "category"))


def relation(data: dict[str, list[Any]]) -> Any:
    frame = pd.DataFrame(data)
    # A connection of its own: relations of the shared one see each other's views.
    return duckdb.connect().from_df(frame)


FRAMES: dict[str, tuple[Callable[[dict[str, list[Any]]], Any], str | None]] = {
    "pandas": (pandas_frame, "pandas"),
    "pandas object": (lambda data: pd.DataFrame(data).astype(object).infer_objects(), "pandas"),
    "pandas category": (categories, "pandas"),
    "pandas pyarrow": (
        lambda data: pa.table(data).to_pandas(types_mapper=pd.ArrowDtype),
        "pandas",
    ),
    "pandas nullable": (lambda data: pd.DataFrame(data).convert_dtypes(), "pandas"),
    "polars": (pl.DataFrame, "polars"),
    "polars lazy": (pl.LazyFrame, "polars"),
    "polars categorical": (
        lambda data: pl.DataFrame(data).with_columns(pl.col(pl.String).cast(pl.Categorical)),
        "polars",
    ),
    "pyarrow": (pa.table, "pyarrow"),
    "narwhals": (lambda data: nw.from_native(pl.DataFrame(data)), "polars"),
    "duckdb": (relation, "pyarrow"),
}


@pytest.fixture(params=FRAMES)
def frame(request: pytest.FixtureRequest) -> Any:
    return FRAMES[request.param][0](DATA)


@pytest.mark.parametrize("kind", FRAMES)
def test_comparisons_of_every_frame(kind: str) -> None:
    make, library = FRAMES[kind]
    c = zm.Comparisons.from_frame(
        make(DATA),
        "one",
        "two",
        "winner",
        outcomes={"both_bad": None},
        count="times",
        weight="matter",
        judge="same",
        neutral="won",
        features=["times", ("length_one", "length_two")],
    )
    assert c.items.tolist() == ["w", "w2", "x", "y", "z"]
    assert c.items[c.a].tolist() == ["x", "y", "x", "x", "w"]
    assert c.items[c.b].tolist() == ["y", "z", "z", "y", "w2"]
    assert c.outcome.tolist() == [1, 2, 1, 0, 2]
    assert c.count.tolist() == [1, 2, 3, 5, 6]
    assert c.weight.tolist() == [1, 2, 0.5, 4, 1]
    assert c.judge.tolist() == ["tie"] * 5
    assert c.neutral.tolist() == [True, False, True, False, False]
    assert c.features.tolist() == [[1, 9], [2, 18], [3, 27], [5, 45], [6, 54]]
    assert c.n_dropped == 1
    assert c.frame_backend == library


QUESTIONS: dict[str, dict[str, Any]] = {
    "won by the first": {},
    "labels": {"outcome": "winner"},
    "labels dropped": {"outcome": "winner", "outcomes": {"both_bad": None, "right": 0.75}},
    "labels weighted": {"outcome": "winner", "weight": "matter", "count": "times"},
    "soft labels": {"outcome": "winner", "soft": True},
    "only ties": {"outcome": "same"},
    "scores": {"outcome": "score"},
    "scores weighted": {"outcome": "score", "weight": "matter"},
    "scores soft": {"outcome": "score", "soft": True, "count": "times"},
    "bools": {"outcome": "won"},
    "numbers as labels": {"outcome": "times", "outcomes": {1: 1, 2: 0, 3: 0.5, 4: 1, 5: 0, 6: 1}},
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("sides", [("one", "two"), ("id_one", "id_two")])
def test_aggregating_equals_reading(frame: Any, sides: tuple[str, str], question: str) -> None:
    options = QUESTIONS[question]
    p = zm.PairCounts.from_frame(frame, *sides, **options)
    q = zm.Comparisons.from_frame(frame, *sides, **options).pair_counts()
    assert p.items.tolist() == q.items.tolist()
    assert p.items.dtype == q.items.dtype
    assert p.ordered == q.ordered
    assert p.columns.keys() == q.columns.keys()
    for name in ("first", "second"):
        np.testing.assert_array_equal(getattr(p, name), getattr(q, name))
    for name, column in p.columns.items():
        assert column.dtype == q.columns[name].dtype
        np.testing.assert_array_equal(column, q.columns[name])


def test_aggregation_drops_self_comparisons_by_rows(frame: Any) -> None:
    data = {
        "one": ["x", "x", "y", "x"],
        "two": ["x", "x", "y", "y"],
        "times": [10, 10, 10, 7],
        "winner": ["left", "tie", "left", "left"],
    }
    for make in (pandas_frame, pl.LazyFrame, relation):
        with pytest.warns(UserWarning, match="3 comparisons of an item with itself dropped"):
            p = zm.PairCounts.from_frame(make(data), "one", "two", "winner", count="times")
        assert p.items.tolist() == ["x", "y"]
        assert p.n_comparisons == 7


def test_duckdb_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    expected = zm.PairCounts.from_frame(pl.DataFrame(DATA), "one", "two", "winner", count="times")
    p = zm.PairCounts.from_frame(relation(DATA), "one", "two", "winner", count="times")
    np.testing.assert_array_equal(p.win, expected.win)
    assert p.items.tolist() == expected.items.tolist()
    c = zm.Comparisons.from_frame(relation(DATA), "one", "two", "winner")
    assert c.items.tolist() == expected.items.tolist()
    missing = duckdb.connect().sql("select * from (values ('x', 'y'), ('x', null)) t(one, two)")
    with pytest.raises(InputError, match="b='two' has 1 rows without a value"):
        zm.PairCounts.from_frame(missing, "one", "two")


ENGINES = {"pandas": pandas_frame, "polars lazy": pl.LazyFrame, "pyarrow": pa.table}
ENGINES["duckdb"] = lambda data: duckdb.connect().from_arrow(pa.table(data))
BASE: dict[str, list[Any]] = {"one": ["x", "y", "z"], "two": ["y", "z", "x"]}
NAN = float("nan")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("extra", "options", "message"),
    [
        ({"w": [1.0, -2.0, 1.0]}, {"weight": "w"}, r"weight must be finite .* holds -2.0 \(1 such"),
        (
            {"w": [1.0, NAN, NAN]},
            {"weight": "w"},
            r"weight must be finite .* holds .*\(2 such rows",
        ),
        ({"w": [1.0, np.inf, 1]}, {"weight": "w"}, r"weight must be finite .* holds inf"),
        ({"w": [1.0, None, 1.0]}, {"weight": "w"}, r"weight must be finite .*\(1 such rows"),
        ({"w": ["u", "v", "w"]}, {"weight": "w"}, r"weight must be numbers, but weight='w' is a"),
        ({"n": [1, -1, 1]}, {"count": "n"}, r"count must be whole .* holds -1 \(1 such rows"),
        ({"n": [1.0, 2.5, 1]}, {"count": "n"}, r"count must be whole .* holds 2.5"),
        ({"n": [1.0, NAN, 1]}, {"count": "n"}, r"count must be whole .*\(1 such rows"),
        ({"n": [1, None, 1]}, {"count": "n"}, r"count must be whole .*\(1 such rows"),
        ({"y": [0.0, 1.5, 1]}, {"outcome": "y"}, r"outcome must be in \[0, 1\].* holds 1.5"),
        ({"y": [0.0, NAN, 1]}, {"outcome": "y"}, r"outcome must be in \[0, 1\].*\(1 such rows"),
        ({"y": [0.0, None, 1]}, {"outcome": "y"}, r"outcome must be in \[0, 1\].*\(1 such rows"),
        (
            {"o": ["a", "modelA", "b"]},
            {"outcome": "o"},
            r"^outcome='o' holds 'modelA'; known labels are",
        ),
        ({"n": [2**62] * 3}, {"count": "n"}, "the sum of count must fit into 64 bits"),
        ({"o": [["a"], ["b"], []]}, {"outcome": "o"}, "outcome='o'|could not be computed"),
        ({"one": [["a"], ["b"], []]}, {}, "labels must be str|could not be computed"),
        ({"o": ["a", None, "b"]}, {"outcome": "o"}, r"outcome='o' has 1 rows without a value"),
        ({"one": ["x", None, None]}, {}, r"a='one' has 2 rows without a value"),
        ({"two": [1.5, 2.0, 3.0]}, {}, r"b='two' is a column of Float64; labels must be"),
        ({"two": [1, 2, 3]}, {}, r"^a='one' holds '[xyz]' but b='two' holds [123]; labels must"),
        ({}, {"outcomes": {"x": 1}}, "outcomes is given without outcome"),
        ({}, {"soft": "yes"}, "soft must be True or False, but is 'yes'"),
        ({"two": ["x", "y", "z"], "one": ["x", "x", "x"]}, {"outcomes": {"x": 3}}, "outcomes"),
    ],
)
def test_bad_values_in_the_engine(
    engine: str, extra: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        zm.PairCounts.from_frame(ENGINES[engine](BASE | extra), "one", "two", **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_empty_and_single(engine: str) -> None:
    make = ENGINES[engine]
    empty = (
        make({"one": pa.array([], pa.string()), "two": pa.array([], pa.string())})
        if (engine in ("pyarrow", "duckdb"))
        else make({"one": np.array([], str), "two": np.array([], str)})
    )
    with pytest.raises(InputError, match="empty"):
        zm.PairCounts.from_frame(empty, "one", "two")
    with pytest.raises(InputError, match="empty"):
        zm.Comparisons.from_frame(empty, "one", "two")
    single = make({"one": ["x", "x"], "two": ["x", "x"]})
    for kind in (zm.PairCounts, zm.Comparisons):
        with pytest.raises(InputError, match="at least two items are needed"):
            kind.from_frame(single, "one", "two")


@pytest.mark.parametrize("kind", [zm.PairCounts, zm.Comparisons])
def test_missing_columns_list_those_there_are(kind: Any, frame: Any) -> None:
    with pytest.raises(InputError, match=r"b='tow' .* did you mean 'two'\? Its columns are 'one'"):
        kind.from_frame(frame, "one", "tow")
    with pytest.raises(InputError, match=r"weight='###' is not a column of the frame\. Its"):
        kind.from_frame(frame, "one", "two", weight="###")
    with pytest.raises(InputError, match="a must be the name of a column, but is 3"):
        kind.from_frame(frame, 3, "two")
    with pytest.raises(InputError, match="a must be the name of a column, but is None"):
        kind.from_frame(frame, None, "two")
    with pytest.raises(InputError, match="b must be the name of a column, but is None"):
        kind.from_frame(frame, "one", None)
    with pytest.raises(InputError, match="no comparisons are left"):
        kind.from_frame(frame, "one", "one")


def test_bad_frames_and_features() -> None:
    with pytest.raises(InputError, match="frame must be a data frame that narwhals knows, but is"):
        zm.Comparisons.from_frame(DATA, "one", "two")
    frame = pd.DataFrame(DATA)
    for features, message in (
        ("times", r"features must be a list of columns, but is 'times'"),
        (3, r"features must be a list of columns, but is 3"),
        ([("times",)], r"features\[0\] must be a column or a pair"),
        (["nothing"], r"features\[0\]='nothing' is not a column"),
        ([("times", "nothing")], r"features\[0\]\[1\]='nothing' is not a column"),
        (["winner"], r"features\['winner'\] must be numbers"),
    ):
        with pytest.raises(InputError, match=message):
            zm.Comparisons.from_frame(frame, "one", "two", features=features)


def test_a_lazy_frame_is_asked_only_for_what_is_needed() -> None:
    lazy = pl.LazyFrame(DATA).with_columns(
        trap=pl.col("times").map_elements(_explode, return_dtype=pl.Int64)
    )
    assert len(zm.Comparisons.from_frame(lazy, "one", "two")) == 6
    assert len(zm.PairCounts.from_frame(lazy, "one", "two")) == 5


def _explode(value: int) -> int:
    raise AssertionError("a column that nobody asked for was computed")


@pytest.mark.parametrize("kind", [zm.PairCounts, zm.Comparisons])
def test_frames_that_cannot_be_computed(kind: Any) -> None:
    trap = pl.LazyFrame(DATA).with_columns(
        one=pl.col("one").map_elements(_explode, return_dtype=pl.String)
    )
    with pytest.raises(InputError, match=r"^the frame could not be computed: .*nobody asked"):
        kind.from_frame(trap, "one", "two")
    text = duckdb.connect().sql("select 'x' as one, error('broken') as two")
    with pytest.raises(InputError, match=r"^the frame could not be computed: .*broken"):
        kind.from_frame(text, "one", "two")
    twice = pd.DataFrame([["x", "y", "z"]], columns=["one", "two", "two"])
    arrow = pa.Table.from_arrays([pa.array(["x"])] * 3, names=["one", "two", "two"])
    for frame in (twice, arrow):
        with pytest.raises(InputError, match=r"frame must have different names: .*'two'"):
            kind.from_frame(frame, "one", "two")


WINNERS = {"one": ["ann", "bob", "ann"], "two": ["bob", "cy", "cy"], "won": ["bob", "bob", "tie"]}


@pytest.mark.parametrize("engine", ENGINES)
def test_large_counts(engine: str) -> None:
    data = {"one": ["x", "x"], "two": ["y", "y"], "n": [2**62, 2**61 + 1]}
    p = zm.PairCounts.from_frame(ENGINES[engine](data), "one", "two", count="n")
    assert p.win.tolist() == [2**62 + 2**61 + 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_outcomes_that_name_the_winner(engine: str) -> None:
    frame = ENGINES[engine](WINNERS)
    for soft in (False, True):
        p = zm.PairCounts.from_frame(frame, "one", "two", "won", soft=soft)
        assert p.items.tolist() == ["ann", "bob", "cy"]
        assert (p.win.tolist(), p.loss.tolist()) == ([0, 0, 1], [1, 0, 0])
        assert (p.fractional if soft else p.tie).tolist() == [0, 1, 0]
        if soft:
            assert p.fractional_score.tolist() == [0, 0.5, 0]
    sides = {"one": ["left", "right"], "two": ["right", "left"], "won": ["left", "left"]}
    with pytest.raises(InputError, match=r"outcome='won' holds 'left', which is a word for a side"):
        zm.PairCounts.from_frame(ENGINES[engine](sides), "one", "two", "won")
    p = zm.PairCounts.from_frame(
        ENGINES[engine](sides), "one", "two", "won", outcomes={"left": 1, "right": 0}
    )
    assert p.win.tolist() == [1, 1]


def test_duckdb_enum_and_null_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    connection = duckdb.connect()
    connection.execute("create type name as enum ('x', 'y', 'z')")
    rows = "select a::name as one, b::name as two, o from (values {}) t(a, b, o)"
    monkeypatch.setitem(sys.modules, "pandas", None)
    frame = connection.sql(rows.format("('x', 'y', 'left'), ('y', 'z', 'tie')"))
    for counts in (
        zm.PairCounts.from_frame(frame, "one", "two", "o"),
        zm.Comparisons.from_frame(frame, "one", "two", "o").pair_counts(),
    ):
        assert counts.items.tolist() == ["x", "y", "z"]
        assert counts.win.tolist() == [1, 0]
    frame = connection.sql(rows.format("('x', 'y', 'left'), ('y', 'z', null)"))
    with pytest.raises(InputError, match="outcome='o' has 1 rows without a value"):
        zm.PairCounts.from_frame(frame, "one", "two", "o")
    with pytest.raises(InputError, match=r"outcome\[1\] is null"):
        zm.Comparisons.from_frame(frame, "one", "two", "o")


@pytest.mark.data
def test_real_votes(data_path: Callable[[str], Path]) -> None:
    path = data_path("llmfao_crowd.csv.gz")
    relation = duckdb.connect().read_csv(str(path))
    p = zm.PairCounts.from_frame(relation, "left", "right", "winner")
    q = zm.Comparisons.from_frame(pl.read_csv(path), "left", "right", "winner").pair_counts()
    assert p.n_items == 59
    assert p.n_comparisons == 8931
    for name in ("first", "second", "win", "loss", "tie"):
        np.testing.assert_array_equal(getattr(p, name), getattr(q, name))


def test_importing_loads_no_frame_library() -> None:
    code = (
        "import sys, zermelo; "
        "print([m for m in ('pandas','polars','pyarrow','duckdb','scipy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
