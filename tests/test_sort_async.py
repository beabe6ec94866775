"""Calls at the same time, their rate, time limits and retries."""

from __future__ import annotations

import asyncio
import functools
import math
import random
import threading
import time
from typing import Any

import pytest

from zermelo.errors import ComparatorError, InputError
from zermelo.sorting import limits as limits_module
from zermelo.sorting import sort, sort_async

N = 40


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "FIRST_WAIT", 0.0005)


def shuffled(n: int = N) -> list[int]:
    items = list(range(n))
    random.Random(3).shuffle(items)
    return items


class Judge:
    """Answers after a while, and counts how many it answers at the same time."""

    def __init__(self, seconds: float = 0.002) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.busy = self.most = self.n_calls = 0

    def enter(self) -> None:
        with self.lock:
            self.n_calls += 1
            self.busy += 1
            self.most = max(self.most, self.busy)

    def leave(self) -> None:
        with self.lock:
            self.busy -= 1

    def plain(self, x: int, y: int) -> bool:
        self.enter()
        time.sleep(self.seconds)
        self.leave()
        return x > y

    async def later(self, x: int, y: int) -> bool:
        self.enter()
        await asyncio.sleep(self.seconds)
        self.leave()
        return x > y


@pytest.mark.parametrize("kind", ["plain", "later"])
@pytest.mark.parametrize("method", ["merge", "allpair", "heapsort"])
def test_calls_at_the_same_time(kind: str, method: str) -> None:
    judge = Judge()
    result = sort(shuffled(), getattr(judge, kind), method=method, concurrency=8)
    assert result.ranked == list(range(N))[::-1]
    assert judge.n_calls == result.n_calls
    assert judge.most == 8 if method != "heapsort" else judge.most > 1
    one = sort(shuffled(), lambda x, y: x > y, method=method)
    assert (one.n_calls, one.n_rounds) == (result.n_calls, result.n_rounds)


def test_an_answer_makes_room_at_once() -> None:
    """One slow call of many holds up nothing but what needs it."""
    release = threading.Event()
    answered = 0

    def compare(x: int, y: int) -> bool:
        nonlocal answered
        if {x, y} == {0, 1}:
            assert release.wait(10)
        else:
            answered += 1
            if answered == 12:
                release.set()
        return x > y

    result = sort(list(range(16)), compare, method="merge", concurrency=2, presentation="single")
    assert result.complete
    # A round could not have had 12 answers beside the slow one: the first has 8 calls.


def test_lognormal_latencies() -> None:
    rng = random.Random(0)

    async def compare(x: int, y: int) -> bool:
        await asyncio.sleep(0.001 * rng.lognormvariate(0.0, 1.0))
        return x > y

    result = sort(shuffled(), compare, method="merge", concurrency=32)
    assert result.ranked == list(range(N))[::-1]
    assert result.n_rounds == sort(shuffled(), lambda x, y: x > y, method="merge").n_rounds


def test_in_a_running_loop() -> None:
    judge = Judge(0.0)

    async def main() -> None:
        with pytest.raises(InputError, match=r"await zm\.sort_async"):
            sort(shuffled(), judge.later)
        assert sort([1, 2], judge.plain).ranked == [2, 1]
        results = await asyncio.gather(
            sort_async(shuffled(), judge.later, method="merge", concurrency=3),
            sort_async(shuffled(), judge.plain, method="merge", concurrency=3),
        )
        assert [result.ranked for result in results] == [list(range(N))[::-1]] * 2

    asyncio.run(main())


def test_sort_async_takes_what_sort_takes() -> None:
    with pytest.raises(TypeError, match="colour"):
        asyncio.run(sort_async([1, 2], Judge().later, colour="red"))  # type: ignore[call-arg]
    with pytest.raises(InputError, match="top_k"):
        asyncio.run(sort_async([1, 2], Judge().later, top_k=3))


def test_cancelling_ends_the_calls() -> None:
    judge = Judge(0.001)

    async def main(compare: Any) -> None:
        task = asyncio.create_task(sort_async(shuffled(), compare, method="merge", concurrency=2))
        while judge.n_calls < 5:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main(judge.later))
    judge.n_calls = 0
    asyncio.run(main(judge.plain))
    called = judge.n_calls
    assert called < 30
    time.sleep(0.01)
    assert judge.n_calls == called


def test_async_comparators_of_every_kind() -> None:
    async def compare_batch(pairs: list[tuple[int, int]]) -> list[bool]:
        await asyncio.sleep(0)
        return [x > y for x, y in pairs]

    async def choose(items: list[int]) -> int:
        return items.index(max(items))

    async def rank(items: list[int]) -> list[int]:
        return sorted(range(len(items)), key=lambda index: -items[index])

    class Asynchronous:
        async def __call__(self, x: int, y: int) -> bool:
            return x > y

    expected = list(range(N))[::-1]
    assert sort(shuffled(), compare_batch=compare_batch, method="merge").ranked == expected
    assert sort(shuffled(), choose=choose, method="setwise-heap").ranked == expected
    assert sort(shuffled(10), rank=rank, method="listwise").ranked == expected[-10:]
    assert sort(shuffled(), Asynchronous(), method="merge").ranked == expected
    partial = functools.partial(Judge(0.0).later)
    assert sort(shuffled(), partial, method="merge").ranked == expected


@pytest.mark.parametrize("kind", ["plain", "later"])
def test_rate(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(0.0)
    begin = time.monotonic()
    result = sort(shuffled(8), getattr(judge, kind), method="merge", concurrency=4, rate=500.0)
    # A lower bound holds on any machine, however slow.
    assert time.monotonic() - begin >= (result.n_calls - 1) / 500.0


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_fails_is_tried_again(concurrency: int, asynchronous: bool) -> None:
    tries: dict[tuple[int, int], int] = {}
    lock = threading.Lock()

    def compare(x: int, y: int) -> bool:
        with lock:
            tries[x, y] = tries.get((x, y), 0) + 1
            if tries[x, y] <= (x + y) % 3:
                raise ConnectionError("away")
        return x > y

    async def later(x: int, y: int) -> bool:
        return compare(x, y)

    used = later if asynchronous else compare
    result = sort(shuffled(12), used, method="merge", retries=2, concurrency=concurrency)
    assert result.ranked == list(range(12))[::-1]
    assert result.failures == 0
    assert len(tries) == result.n_calls
    assert all(count == (x + y) % 3 + 1 for (x, y), count in tries.items())


def test_how_long_a_retry_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = limits_module.read_limits(
        concurrency=1,
        rate=None,
        retries=9,
        retry_on=OSError,
        timeout=None,
        max_failures=0.05,
        deadline=None,
    )
    assert [waits.wait_before(attempt) for attempt in range(1, 9)] == [
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        16.0,
        30.0,
        30.0,
    ]


@pytest.mark.usefixtures("quick_retries")
def test_only_what_is_named_is_tried_again() -> None:
    calls = 0

    class RateLimited(Exception):
        pass

    def compare(x: int, y: int) -> bool:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise RateLimited
        return x > y

    with pytest.raises(RateLimited):
        sort([1, 2], compare)
    calls = 0
    assert sort([1, 2], compare, retry_on=RateLimited).ranked == [2, 1]
    assert calls == 4


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("n", [2, 3, N])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_when_all_calls_fail_there_is_no_order(n: int, concurrency: int) -> None:
    calls = 0

    def compare(x: int, y: int) -> bool:
        nonlocal calls
        calls += 1
        raise PermissionError("the key was revoked")

    with pytest.raises(ComparatorError, match="the key was revoked") as caught:
        sort(shuffled(n), compare, method="allpair", retries=1, concurrency=concurrency)
    assert calls <= 2 * (3 + concurrency)
    assert isinstance(caught.value.__cause__, PermissionError)
    assert caught.value.result.n_calls == 0


def test_a_failure_counts_as_a_tie() -> None:
    def compare(x: int, y: int) -> bool:
        if {x, y} == {0, 1}:
            raise ConnectionError
        return x > y

    items = [0, 1, *range(2, 12)]
    result = sort(items, compare, method="allpair", retries=0)
    assert result.ranked == [*range(11, 1, -1), 0, 1]
    assert result.failures == 2
    assert result.complete
    assert result.n_calls == len(result.comparisons) == 12 * 11 - 2
    assert "2 failed" in repr(result)
    with pytest.raises(ComparatorError, match="1 of "):
        sort(items, compare, method="allpair", retries=0, max_failures=0)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_timeout(asynchronous: bool) -> None:
    hung = threading.Event()

    def compare(x: int, y: int) -> bool:
        if (x, y) == (0, 1):
            hung.wait(20)
        return x > y

    async def later(x: int, y: int) -> bool:
        if (x, y) == (0, 1):
            await asyncio.sleep(20)
        return x > y

    used = later if asynchronous else compare
    result = sort([0, 1, 2, 3], used, method="allpair", timeout=0.05, retries=0, retry_on=())
    hung.set()
    assert result.failures == 1
    assert result.ranked == [3, 2, 0, 1]


def test_a_timeout_error_of_the_comparator_is_its_own() -> None:
    async def compare(x: int, y: int) -> bool:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        sort([1, 2], compare, timeout=5.0, retry_on=())


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_error_among_many_calls(asynchronous: bool) -> None:
    def compare(x: int, y: int) -> bool:
        if x == 20:
            raise ZeroDivisionError("mine")
        return x > y

    async def later(x: int, y: int) -> bool:
        return compare(x, y)

    with pytest.raises(ZeroDivisionError, match="mine"):
        sort(shuffled(), later if asynchronous else compare, concurrency=8)


def test_batches_at_the_same_time() -> None:
    judge = Judge()

    def compare_batch(pairs: list[tuple[int, int]]) -> list[bool]:
        return [judge.plain(x, y) for x, y in pairs]

    result = sort(shuffled(), compare_batch=compare_batch, method="merge", concurrency=4)
    assert result.ranked == list(range(N))[::-1]
    assert judge.n_calls == result.n_calls
    assert math.isfinite(result.fit().log_likelihood)
