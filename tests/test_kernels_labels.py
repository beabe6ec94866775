"""The label kernels of both backends against plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zermelo._backends import Backend

THREADS = (1, 2, 3)

# The fixture of the backends lasts for the module, so that examples can share it.
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def objects(labels: list[Any]) -> Any:
    """A one-dimensional object array, whatever the labels are (tuples too)."""
    array = np.empty(len(labels), dtype=object)
    for i, label in enumerate(labels):
        array[i] = label
    return array


def encoded_slowly(labels: list[Any], table: dict[Any, int]) -> list[int]:
    return [table.setdefault(label, len(table)) for label in labels]


@st.composite
def integer_columns(draw: st.DrawFn) -> tuple[Any, Any]:
    dtype = draw(st.sampled_from([np.int32, np.int64]))
    limits = np.iinfo(dtype)
    low = draw(st.sampled_from([int(limits.min), -3, 0, int(limits.max) - 40]))
    values = st.lists(st.integers(low, low + 40), max_size=50)
    return np.array(draw(values), dtype=dtype), np.array(draw(values), dtype=dtype)


@examples
@given(columns=integer_columns())
def test_integers_are_marked_and_recoded(kernels: Backend, columns: tuple[Any, Any]) -> None:
    first, second = columns
    occurring = set(first.tolist()) | set(second.tolist())
    low = min(occurring, default=0)
    span = max(occurring, default=0) - low + 1
    table = np.arange(100, 100 + span, dtype=np.int32)
    for threads in THREADS:
        mark, n_outside = kernels.mark_integers(first, second, low, span, threads)
        assert mark.dtype == np.uint8
        assert n_outside == 0
        assert mark.tolist() == [int(low + i in occurring) for i in range(span)]
        codes = np.full(len(first), -1, np.int32)
        kernels.recode_integers(first, low, table, codes, threads)
        assert codes.tolist() == [100 + value - low for value in first.tolist()]


@examples
@given(columns=integer_columns(), shift=st.integers(-30, 30), span=st.integers(1, 50))
def test_integers_outside_are_counted(
    kernels: Backend, columns: tuple[Any, Any], shift: int, span: int
) -> None:
    values = [*columns[0].tolist(), *columns[1].tolist()]
    low = min(max(min(values, default=0) + shift, -(2**63)), 2**63 - 1)
    inside = {value - low for value in values if low <= value < low + span}
    for threads in THREADS:
        mark, n_outside = kernels.mark_integers(*columns, low, span, threads)
        assert set(np.flatnonzero(mark).tolist()) == inside
        assert n_outside == sum(value - low not in inside for value in values)


def test_many_integers(kernels: Backend) -> None:
    random = np.random.default_rng(3)
    first = random.integers(-500, 500, 600_000) * 2
    second = random.integers(0, 700, 600_000) * 2
    expected = np.zeros(2500, dtype=np.uint8)
    expected[np.union1d(first, second) + 1000] = 1
    table = random.permutation(2500).astype(np.int32)
    for threads in THREADS:
        mark, n_outside = kernels.mark_integers(first, second, -1000, 2500, threads)
        assert np.array_equal(mark, expected)
        assert n_outside == 0
        codes = np.empty(len(first), np.int32)
        kernels.recode_integers(first, -1000, table, codes, threads)
        assert np.array_equal(codes, table[first + 1000])


class Text(str):
    """A subclass, as NumPy's own strings are."""


labels = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="ab", max_size=2),
    st.text(alphabet="ab", max_size=2).map(Text),
    st.integers(-3, 3),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False),
    st.tuples(st.integers(0, 2), st.text(alphabet="a", max_size=1)),
)


@examples
@given(first=st.lists(labels, max_size=80), second=st.lists(labels, max_size=80))
def test_objects_are_encoded_in_order_of_appearance(
    kernels: Backend, first: list[Any], second: list[Any]
) -> None:
    expected: dict[Any, int] = {}
    table: dict[Any, int] = {}
    for column in (first, second):
        codes = kernels.encode_objects(objects(column), table)
        assert codes.dtype == np.int32
        assert codes.tolist() == encoded_slowly(column, expected)
        assert list(table.items()) == list(expected.items())


def copies(column: list[str]) -> list[str]:
    """Equal strings, each an object of its own."""
    return [(label + "!")[:-1] for label in column]


@pytest.mark.parametrize("n_labels", [3, 700, 20_000])
@pytest.mark.parametrize(
    "template", ["m{}", "a-model-with-a-long-name-{:09d}-instruct", "modèle {}"]
)
def test_shared_and_separate_strings(kernels: Backend, n_labels: int, template: str) -> None:
    random = np.random.default_rng(n_labels)
    names = [template.format(i) for i in range(n_labels)]
    rows = [names[i] for i in random.integers(0, n_labels, 30_000)]
    half = len(rows) // 2
    table: dict[Any, int] = {}
    expected: dict[Any, int] = {}
    for column in (rows, copies(rows), rows[:half] + copies(rows[half:]), names, copies(names)):
        codes = kernels.encode_objects(objects(column), table)
        assert codes.tolist() == encoded_slowly(column, expected)
    assert table == expected


def test_mixed_types_change_the_way_of_looking_up(kernels: Backend) -> None:
    random = np.random.default_rng(11)
    numbers = random.integers(0, 50, 20_000).tolist()
    column: list[Any] = copies([f"x{i}" for i in numbers])
    column += [10**6 + i for i in numbers]
    column += copies([f"x{i}" for i in numbers])
    column += [(i, "pair") for i in numbers]
    table: dict[Any, int] = {}
    codes = kernels.encode_objects(objects(column), table)
    assert codes.tolist() == encoded_slowly(column, {})
    assert len(table) == len(set(column))


def test_every_row_its_own_label(kernels: Backend) -> None:
    column = [f"item {i}" for i in range(50_000)]
    table: dict[Any, int] = {}
    assert kernels.encode_objects(objects(column), table).tolist() == list(range(50_000))
    assert kernels.encode_objects(objects(column[::-1]), table)[0] == 49_999


def test_a_strided_column_is_read_as_it_is(kernels: Backend) -> None:
    frame = np.array([["a", "x"], ["b", "y"], ["a", "z"]], dtype=object)
    table: dict[Any, int] = {}
    assert kernels.encode_objects(frame[:, 0], table).tolist() == [0, 1, 0]
    assert table == {"a": 0, "b": 1}


def test_unhashable_label_is_a_type_error(kernels: Backend) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        kernels.encode_objects(objects(["a", ["b"], "c"]), {})


def test_errors_of_a_label_come_through(kernels: Backend) -> None:
    class Odd:
        def __hash__(self) -> int:
            raise RuntimeError("no hash today")

    with pytest.raises(RuntimeError, match="no hash today"):
        kernels.encode_objects(objects([Odd()]), {})


def test_no_labels(kernels: Backend) -> None:
    table: dict[Any, int] = {"known": 0}
    assert kernels.encode_objects(objects([]), table).shape == (0,)
    assert table == {"known": 0}


def arrow_chunks(columns: list[list[str]], offset: type) -> list[tuple[Any, Any]]:
    chunks = []
    for column in columns:
        rows = [label.encode() for label in column]
        offsets = np.cumsum([0, *map(len, rows)], dtype=offset)
        chunks.append((offsets, np.frombuffer(b"".join(rows), np.uint8)))
    return chunks


texts = st.one_of(
    st.text(max_size=70),
    st.text(alphabet="ab", max_size=2),
    st.sampled_from(["x" * length for length in (7, 8, 9, 31, 32, 33, 63, 64, 65)]),
    st.sampled_from(["", "\0", "a\0", "x" * 32 + "\0", "x" * 31 + "y", "y" + "x" * 40]),
)


@pytest.mark.parametrize("offset", [np.int32, np.int64])
@examples
@given(columns=st.lists(st.lists(texts, max_size=60), max_size=4))
def test_text_is_encoded_in_order_of_appearance(
    kernels: Backend, columns: list[list[str]], offset: type
) -> None:
    pytest.importorskip("pyarrow")
    table: dict[Any, int] = {}
    expected = encoded_slowly([label for column in columns for label in column], table)
    codes, labels = kernels.encode_text(arrow_chunks(columns, offset))
    assert codes.dtype == np.int32
    assert codes.tolist() == expected
    assert labels == list(table)


@pytest.mark.parametrize("n_labels", [3, 700, 40_000])
@pytest.mark.parametrize(
    "template", ["m{}", "a-model-with-a-long-name-{:09d}-instruct", "modèle {}"]
)
def test_many_texts(kernels: Backend, n_labels: int, template: str) -> None:
    pytest.importorskip("pyarrow")
    random = np.random.default_rng(n_labels)
    rows = [template.format(i) for i in random.integers(0, n_labels, 60_000)]
    table: dict[Any, int] = {}
    expected = encoded_slowly(rows, table)
    codes, labels = kernels.encode_text(arrow_chunks([rows[:25_000], rows[25_000:]], np.int64))
    assert codes.tolist() == expected
    assert labels == list(table)


@pytest.mark.parametrize("offsets", [[0, 3, 7], [1, 2, -1], [0, 3, 2]])
def test_offsets_beyond_the_bytes(kernels: Backend, offsets: list[int]) -> None:
    pytest.importorskip("pyarrow")
    good, text = np.array([0, 6], np.int64), np.frombuffer(b"abcdef", np.uint8)
    chunks = [(good, text), (np.array(offsets, np.int64), text)]
    with pytest.raises(ValueError, match="the offsets of row 2 are not within the bytes"):
        kernels.encode_text(chunks)


def test_text_that_is_not_utf8(kernels: Backend) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(UnicodeDecodeError):
        kernels.encode_text([(np.array([0, 1], np.int32), np.array([255], np.uint8))])
