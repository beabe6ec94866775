"""The counting kernels of both backends against slow dictionaries."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zermelo._backends import Backend, backend_info, resolve

THREADS = (1, 2, 3)
SUMS = 11

# The fixture of the backends lasts for the module, so that examples can share it.
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def comparisons(draw: st.DrawFn, outcomes: int = 3) -> dict[str, Any]:
    """Columns of a few comparisons; `n_items` may be far larger than the codes that occur."""
    n_used = draw(st.integers(2, 8))
    n_items = draw(st.sampled_from([n_used, n_used + 3, 300, 70_000, 2**31 - 1]))
    stretch = draw(st.sampled_from([1, (n_items - 1) // (n_used - 1)]))
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, n_used - 1),
                st.integers(1, n_used - 1),
                st.integers(0, outcomes - 1),
                st.integers(0, 5),
                st.floats(0, 4),
                st.floats(0, 1),
            ),
            max_size=60,
        )
    )
    first = np.array([row[0] for row in rows], dtype=np.int32)
    step = np.array([row[1] for row in rows], dtype=np.int32)
    return {
        "first": first * np.int32(stretch),
        "second": (first + step) % np.int32(n_used) * np.int32(stretch),
        "outcome": np.array([row[2] for row in rows], dtype=np.uint8),
        "count": np.array([row[3] for row in rows], dtype=np.int64),
        "weight": np.array([row[4] for row in rows], dtype=np.float64),
        "score": np.array([row[5] for row in rows], dtype=np.float64),
        "n_items": n_items,
    }


def many_comparisons(rows: int, n_items: int, outcomes: int, *, crowded: bool) -> dict[str, Any]:
    """Enough comparisons for several chunks; `crowded`: most of them between few items."""
    random = np.random.default_rng(rows + n_items)
    power = 12.0 if crowded else 1.0
    first = (random.random(rows) ** power * n_items).astype(np.int32)
    second = (random.random(rows) ** power * n_items).astype(np.int32)
    second = np.where(second == first, (first + 1) % n_items, second).astype(np.int32)
    return {
        "first": first,
        "second": second,
        "outcome": random.integers(0, outcomes, rows, dtype=np.uint8),
        "count": random.integers(0, 4, rows),
        "weight": random.random(rows),
        "score": random.random(rows),
        "n_items": n_items,
    }


def counted_slowly(data: dict[str, Any], count: Any) -> dict[tuple[int, int], list[int]]:
    pairs: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    counts = [1] * len(data["first"]) if count is None else count.tolist()
    columns = (data[name].tolist() for name in ("first", "second", "outcome"))
    for first, second, outcome, c in zip(*columns, counts, strict=True):
        pairs[first, second][outcome] += c
    return pairs


def check_counts(kernels: Backend, data: dict[str, Any], count: Any) -> None:
    expected = counted_slowly(data, count)
    keys = sorted(expected)
    total = len(data["first"]) if count is None else sum(count.tolist())
    width = np.uint32 if total < 2**32 else np.uint64
    for threads in THREADS:
        first, second, win, loss, tie = kernels.count_pairs(
            data["first"], data["second"], data["outcome"], count, data["n_items"], threads
        )
        assert first.dtype == second.dtype == np.int32
        assert win.dtype == loss.dtype == width
        assert list(zip(first.tolist(), second.tolist(), strict=True)) == keys
        assert loss.tolist() == [expected[key][0] for key in keys]
        assert win.tolist() == [expected[key][1] for key in keys]
        if tie is None:
            assert not any(expected[key][2] for key in keys)
        else:
            assert tie.dtype == width
            assert tie.tolist() == [expected[key][2] for key in keys]


def summed_slowly(data: dict[str, Any]) -> dict[tuple[int, int], tuple[list[int], list[float]]]:
    """n and sums by pair, added in the order of the rows."""
    pairs: dict[tuple[int, int], tuple[list[int], list[float]]] = defaultdict(
        lambda: ([0] * 4, [0.0] * SUMS)
    )
    for row in range(len(data["first"])):
        n, sums = pairs[int(data["first"][row]), int(data["second"][row])]
        outcome = int(data["outcome"][row])
        c = 1 if data["count"] is None else int(data["count"][row])
        w = 1.0 if data["weight"] is None else float(data["weight"][row])
        n[outcome] += c
        if outcome < 3:
            sums[outcome] += c * w
            sums[3 + outcome] += c * w * w
        else:
            y = float(data["score"][row])
            terms = (c * w, c * w * y, c * w * w, c * w * w * y, c * w * w * y * y)
            for k, term in enumerate(terms):
                sums[6 + k] += term
    return pairs


def check_sums(kernels: Backend, data: dict[str, Any]) -> None:
    expected = summed_slowly(data)
    keys = sorted(expected)
    before = None
    for threads in THREADS:
        first, second, n, sums = kernels.sum_pairs(
            *(data[name] for name in ("first", "second", "outcome", "score", "count", "weight")),
            data["n_items"],
            threads,
        )
        assert first.dtype == second.dtype == np.int32
        assert n.dtype == np.uint64
        assert n.shape == (4, len(keys))
        assert sums.dtype == np.float64
        assert sums.shape == (SUMS, len(keys))
        assert list(zip(first.tolist(), second.tolist(), strict=True)) == keys
        assert n.T.tolist() == [expected[key][0] for key in keys]
        wanted = np.array([expected[key][1] for key in keys]).reshape(-1, SUMS).T
        np.testing.assert_allclose(sums, wanted, rtol=1e-12, atol=1e-300)
        if before is not None:
            assert sums.tobytes() == before
        before = sums.tobytes()


@examples
@given(data=comparisons())
def test_count_pairs_equals_counting_in_a_dictionary(
    kernels: Backend, data: dict[str, Any]
) -> None:
    check_counts(kernels, data, None)
    check_counts(kernels, data, data["count"])


@examples
@given(data=comparisons(outcomes=4), with_count=st.booleans(), with_weight=st.booleans())
def test_sum_pairs_equals_adding_in_a_dictionary(
    kernels: Backend, data: dict[str, Any], with_count: bool, with_weight: bool
) -> None:
    if not with_count:
        data["count"] = None
    if not with_weight:
        data["weight"] = None
    check_sums(kernels, data)


@examples
@given(data=comparisons(outcomes=3))
def test_sum_pairs_needs_no_scores_without_fractional_outcomes(
    kernels: Backend, data: dict[str, Any]
) -> None:
    check_sums(kernels, data | {"score": None})


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("n_items", [2, 120, 900, 50_000])
def test_many_comparisons(kernels: Backend, n_items: int, crowded: bool) -> None:
    data = many_comparisons(120_000, n_items, 3, crowded=crowded)
    check_counts(kernels, data, None)
    check_counts(kernels, data, data["count"])


@pytest.mark.parametrize("n_items", [120, 50_000])
def test_many_weighted_comparisons(kernels: Backend, n_items: int) -> None:
    check_sums(kernels, many_comparisons(60_000, n_items, 4, crowded=True))


def test_counts_past_32_bits_are_kept(kernels: Backend) -> None:
    data = many_comparisons(500, 12, 3, crowded=False)
    for n_items in (12, 100_000):
        data["n_items"] = n_items
        check_counts(kernels, data, np.full(500, 2**30))
        just_below = np.zeros(500, dtype=np.int64)
        just_below[7] = 2**32 - 1
        check_counts(kernels, data, just_below)
        just_below[8] = 1
        check_counts(kernels, data, just_below)


@pytest.mark.parametrize("n_items", [2, 1_000_000])
def test_pairs_without_a_count_are_listed(kernels: Backend, n_items: int) -> None:
    first = np.array([1, 0], dtype=np.int32)
    second = np.array([0, 1], dtype=np.int32)
    outcome = np.array([1, 0], dtype=np.uint8)
    rows = kernels.count_pairs(first, second, outcome, np.zeros(2, dtype=np.int64), n_items, 1)
    assert [None if column is None else column.tolist() for column in rows] == [
        [0, 1],
        [1, 0],
        [0, 0],
        [0, 0],
        None,
    ]


def test_no_comparisons(kernels: Backend) -> None:
    codes = np.empty(0, dtype=np.int32)
    outcome = np.empty(0, dtype=np.uint8)
    first, second, win, loss, tie = kernels.count_pairs(codes, codes, outcome, None, 5, 2)
    assert tie is None
    assert [len(column) for column in (first, second, win, loss)] == [0, 0, 0, 0]
    first, second, n, sums = kernels.sum_pairs(codes, codes, outcome, None, None, None, 5, 2)
    assert n.shape == (4, 0)
    assert sums.shape == (SUMS, 0)


@examples
@given(
    scores=st.lists(
        st.one_of(
            st.sampled_from([0.0, -0.0, 1.0, 0.5, np.nextafter(0.5, 1), np.nextafter(1, 0)]),
            st.floats(0, 1),
        )
    )
)
def test_scores_are_classified(kernels: Backend, scores: list[float]) -> None:
    expected = [{0.0: 0, 1.0: 1, 0.5: 2}.get(score, 3) for score in scores]
    for threads in THREADS:
        codes, n_fractional, bad_row = kernels.classify_scores(np.array(scores, float), threads)
        assert codes.dtype == np.uint8
        assert codes.tolist() == expected
        assert n_fractional == expected.count(3)
        assert bad_row == -1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e-300, np.nextafter(1, 2)])
def test_first_bad_score_is_found(kernels: Backend, bad: float) -> None:
    scores = np.full(700_000, 0.3)
    scores[[650_000, 300_001, 699_999]] = bad
    for threads in THREADS:
        assert kernels.classify_scores(scores, threads)[2] == 300_001


def test_both_backends_agree_to_the_last_bit() -> None:
    for name in ("cpp", "numba"):
        if not backend_info()[name]["available"]:
            pytest.skip(backend_info()[name]["reason"])
    data = many_comparisons(200_000, 400, 3, crowded=True)
    columns = (data["first"], data["second"], data["outcome"], data["count"], data["n_items"], 2)
    ours, twin = (resolve(name).count_pairs(*columns) for name in ("cpp", "numba"))
    for one, other in zip(ours, twin, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


def test_length_that_does_not_match_is_refused_by_the_extension() -> None:
    if not backend_info()["cpp"]["available"]:
        pytest.skip(backend_info()["cpp"]["reason"])
    codes = np.zeros(3, dtype=np.int32)
    outcome = np.zeros(2, dtype=np.uint8)
    with pytest.raises(ValueError, match=r"Length of outcome \(2\) must match length of first"):
        resolve("cpp").count_pairs(codes, codes, outcome, None, 2, 1)


OUT_OF_MEMORY = """
import resource
import numpy as np
from zermelo._backends import resolve

count_pairs = resolve("cpp").count_pairs
rows = 20_000_000
first = np.zeros(rows, dtype=np.int32)
second = np.ones(rows, dtype=np.int32)
outcome = np.zeros(rows, dtype=np.uint8)
with open("/proc/self/statm") as statm:
    used = int(statm.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
try:
    count_pairs(first, second, outcome, None, 1_000_000, 1)
except MemoryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space through /proc")
def test_too_little_memory_is_said_with_the_sizes() -> None:
    if not backend_info()["cpp"]["available"]:
        pytest.skip(backend_info()["cpp"]["reason"])
    run = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY], capture_output=True, text=True, check=True
    )
    wanted = "not enough memory for counting 20000000 comparisons between 1000000 items"
    assert run.stdout.strip() == wanted
