"""Labels of every kind of column to items and codes, and labels that are refused."""

from __future__ import annotations

import enum
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
IN_A = [3, -2, 70, 3]
IN_B = [-2, 70, -2, 70]


def unaligned(values: list[str]) -> Any:
    """Text whose offsets do not lie where integers of their size do."""
    _, offsets, text = pa.array(values).buffers()
    shifted = pa.py_buffer(b"-" + offsets.to_pybytes()).slice(1)
    return pa.StringArray.from_buffers(len(values), shifted, text)


TEXT_KINDS = {
    "list": list,
    "tuple": tuple,
    "object array": lambda v: np.array(v, object),
    "str array": np.array,
    "StringDType": lambda v: np.array(v, np.dtypes.StringDType()),
    "np.str_ objects": lambda v: np.array([np.str_(x) for x in v], object),
    "strided": lambda v: np.array([x for x in v for _ in (0, 1)], object)[::2],
    "pandas str": lambda v: pd.Series(v, dtype="str"),
    "pandas python str": lambda v: pd.Series(v, dtype=pd.StringDtype("python")),
    "pandas object": lambda v: pd.Series(v, dtype=object, index=range(5, 5 + len(v))),
    "pandas category": lambda v: pd.Series(pd.Categorical(v, categories=["q", "z", "y", "x", "p"])),
    "pandas arrow": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.string())),
    "polars": pl.Series,
    "polars categorical": lambda v: pl.Series(v, dtype=pl.Categorical),
    "polars enum": lambda v: pl.Series(v, dtype=pl.Enum(["q", "z", "y", "x"])),
    "arrow array": pa.array,
    "arrow large": lambda v: pa.array(v, pa.large_string()),
    "arrow view": lambda v: pa.array(v, pa.string_view()),
    "arrow chunks": lambda v: pa.chunked_array([v[:1], v[1:]]),
    "arrow slice": lambda v: pa.array(["é", *v, "q"]).slice(1, len(v)),
    "arrow large slices": lambda v: pa.chunked_array(
        [
            pa.array(["q", *v], pa.large_string())[1:3],
            pa.array(["q"], pa.large_string())[:0],
            pa.array([*v, "q"], pa.large_string())[2:-1],
        ]
    ),
    "arrow unaligned": unaligned,
    "arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
    "arrow dictionaries": lambda v: pa.chunked_array(
        [pa.array(v[:1]).dictionary_encode(), pa.array(v[1:]).dictionary_encode()]
    ),
}
WHOLE_KINDS = {
    "list": list,
    "int64": np.array,
    "int8": lambda v: np.array(v, np.int8),
    "big-endian": lambda v: np.array(v, ">i4"),
    "object array": lambda v: np.array(v, object),
    "np.int64 objects": lambda v: np.array([np.int64(x) for x in v], object),
    "pandas Int64": lambda v: pd.Series(v, dtype="Int64"),
    "pandas category": lambda v: pd.Series(v, dtype="category"),
    "pandas arrow": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.int32())),
    "polars": pl.Series,
    "polars 128": lambda v: pl.Series(v, dtype=pl.Int128),
    "pandas sparse": lambda v: pd.Series(v, dtype="Sparse[int]"),
    "arrow": pa.array,
    "arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
}


@pytest.mark.parametrize("second", ["list", "pandas category", "arrow chunks", "polars"])
@pytest.mark.parametrize("first", TEXT_KINDS)
def test_text_labels_of_every_kind(first: str, second: str) -> None:
    c = zm.Comparisons(TEXT_KINDS[first](A), TEXT_KINDS[second](B))
    assert c.items.dtype == object
    assert c.items.tolist() == ["x", "y", "z"]
    assert all(type(item) is str for item in c.items)
    assert c.a.tolist() == [1, 0, 2, 1]
    assert c.b.tolist() == [0, 2, 0, 2]
    assert c.a.dtype == c.b.dtype == np.int32


@pytest.mark.parametrize("second", ["list", "int8", "object array", "pandas category"])
@pytest.mark.parametrize("first", WHOLE_KINDS)
def test_whole_number_labels_of_every_kind(first: str, second: str) -> None:
    c = zm.Comparisons(WHOLE_KINDS[first](IN_A), WHOLE_KINDS[second](IN_B))
    assert c.items.dtype == np.int64
    assert c.items.tolist() == [-2, 3, 70]
    assert c.a.tolist() == [1, 0, 2, 1]
    assert c.b.tolist() == [0, 2, 0, 2]


def test_codes_that_are_complete_are_not_copied() -> None:
    a, b = np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32)
    c = zm.Comparisons(a, b)
    assert np.shares_memory(c.a, a)
    assert a.flags.writeable
    assert not c.a.flags.writeable


@pytest.mark.parametrize("far", [2**40, 2**63 - 1])
def test_whole_numbers_far_apart(far: int) -> None:
    c = zm.Comparisons([-(2**62), 5, far], [5, far, -(2**62)])
    assert c.items.tolist() == [-(2**62), 5, far]
    assert c.a.tolist() == [0, 1, 2]
    assert c.b.tolist() == [1, 2, 0]
    assert zm.Comparisons(np.array([0, far], np.uint64), [1, 1]).items.tolist() == [0, 1, far]


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("rare", [-7, 2_000, 10**6, 2**31 - 1])
def test_a_whole_number_that_is_rarely_seen(dtype: type, rare: int) -> None:
    a = np.tile(np.array([4, 9, 6], dtype), 20_000)
    b = np.tile(np.array([9, 6, 4], dtype), 20_000)
    b[31_457] = rare
    c = zm.Comparisons(a, b)
    assert c.items.tolist() == sorted([4, 6, 9, rare])
    np.testing.assert_array_equal(c.items[c.a], a)
    np.testing.assert_array_equal(c.items[c.b], b)


def test_large_columns_are_encoded_in_pieces() -> None:
    names = np.array([f"item {i}" for i in range(50)], object)
    generator = np.random.default_rng(0)
    a, b = generator.integers(0, 50, (2, 600_000))
    b = np.where(a == b, (b + 1) % 50, b)
    outcome = np.array(["left", "right", "tie"], object)[generator.integers(0, 3, len(a))]
    table = pa.table({"a": names[a], "b": names[b], "o": outcome})
    from_arrow = zm.Comparisons(table["a"], table["b"], table["o"])
    from_objects = zm.Comparisons(names[a], names[b], outcome)
    for name in ("items", "a", "b", "outcome"):
        np.testing.assert_array_equal(getattr(from_arrow, name), getattr(from_objects, name))


def test_empty_text_is_a_label() -> None:
    for kind in (pa.string(), pa.large_string()):
        c = zm.Comparisons(pa.array(["", ""], kind), pa.array(["x", "a longer label" * 4], kind))
        assert c.items.tolist() == ["", "a longer label" * 4, "x"]
        assert c.b.tolist() == [2, 1]


def test_str_enum_members_are_their_text() -> None:
    class Model(enum.StrEnum):
        SMALL = "small"
        LARGE = "large"

    c = zm.Comparisons([Model.SMALL, "large"], [Model.LARGE, "small"])
    assert c.items.tolist() == ["large", "small"]


@pytest.mark.parametrize(
    ("a", "message"),
    [
        (["x", None], r"a\[1\] is null"),
        (["x", float("nan")], r"a\[1\] is null"),
        (["x", pd.NA], r"a\[1\] is null"),
        (["x", pd.NaT], r"a\[1\] is null"),
        (pd.Series(["x", None], dtype="str"), r"a\[1\] is null"),
        (pd.Series(["x", None], dtype=object), r"a\[1\] is null"),
        (pd.Series(["x", None], dtype="category"), r"a\[1\] is null"),
        (pd.Series(["x", None], dtype=pd.StringDtype("python")), r"a\[1\] is null"),
        (pd.Series([1, None], dtype="Int64"), r"a\[1\] is null; remove"),
        (pl.Series(["x", None]), r"a\[1\] is null"),
        (pl.Series([None, None]), r"a\[0\] is null"),
        (pl.Series([1, None]), r"a\[1\] is null; remove"),
        (pa.array(["x", None]), r"a\[1\] is null"),
        (pa.array(["x", None]).dictionary_encode(), r"a\[1\] is null"),
        (pa.DictionaryArray.from_arrays([0, 1], ["x", None]), r"a\[1\] is null"),
        (pa.nulls(2), r"a\[0\] is null"),
        (np.ma.array(["x", "y"], mask=[False, True]), r"a\[1\] is null"),
        ([1.5, 2.0], r"a\[0\] is 1.5; labels must be"),
        ([1, 2.0], r"a\[0\] is 1.0; labels must be"),
        ([1, 2.5], r"a\[1\] is 2.5; labels must be"),
        (np.array([], "S1"), "a holds bytes; decode bytes to str first"),
        (pd.Series([1.5, 2.5], dtype="Sparse[float]"), r"a\[0\] is 1.5; labels must be"),
        (pl.Series([1, 2**90], dtype=pl.Int128), "a holds numbers that do not fit into 64 bits"),
        ({"x", "y"}, "a must be a column of values, but is {"),
        (np.array([1, 1.0], object), r"a\[1\] is 1.0; labels must be"),
        (np.array([1, True], object), r"a\[1\] is True; labels must be"),
        ([True, False], r"a\[0\] is True; labels must be"),
        ([b"x", b"y"], r"a\[0\] is b'x'; labels must be"),
        (np.array([b"x", b"y"]), r"a\[0\] is b'x'; decode"),
        (["x", ["y"]], r"a\[1\] is \['y'\]; labels must be"),
        (["x", 3], r"a\[0\] is 'x' but a\[1\] is 3; labels must be all str or all whole"),
        ([1, 2], r"b\[0\] is 'p' but a\[0\] is 1; labels must be all str or all whole"),
        ([1, 2**63], r"a\[1\] is 9223372036854775808, which does not fit into 64 bits"),
        (np.array([1, 2**63], np.uint64), r"a\[1\] is 9223372036854775808, which does not"),
        ([1, 2**90], r"a\[1\] is \d+, which does not fit"),
        (np.array(["2024-01-01", "2024-01-02"], "M8[D]"), r"a\[0\] is .*; labels must be"),
        (pd.Series([0.5, 1.5], dtype="category"), r"a\[0\] is 0.5; labels must be"),
        (np.array([["x", "y"]]), r"a must be one-dimensional, but has shape \(1, 2\)"),
        ("xy", r"a must be a column of values, but is 'xy'"),
        (5, r"a must be a column of values, but is 5"),
    ],
)
def test_bad_labels(a: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.Comparisons(a, ["p", "q"])
