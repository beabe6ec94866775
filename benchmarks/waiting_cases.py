"""The case of a sort that waits for its comparator: many calls at a time, and one by one."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness import Contestant, Measurement, Stopwatch, Workload
from sorting_cases import SEED, check, shuffled

# Where the seconds of a call vary: the spread of their logarithms.
SPREAD = 0.5
CONCURRENCY = 32

Latency = Callable[[int, int], float]


def _constant(mean: float) -> Latency:
    return lambda x, y: mean


def _lognormal(mean: float) -> Latency:
    """Seconds of a call, the same in every run."""
    mean_logarithm = math.log(mean) - SPREAD**2 / 2

    def seconds(x: int, y: int) -> float:
        return random.Random(f"{SEED} {x} {y}").lognormvariate(mean_logarithm, SPREAD)

    return seconds


def _blocking(latency: Latency) -> Callable[[int, int], Any]:
    def compare(x: int, y: int) -> bool:
        time.sleep(latency(x, y))
        return x > y

    return compare


def _awaiting(latency: Latency) -> Callable[[int, int], Any]:
    async def compare(x: int, y: int) -> bool:
        await asyncio.sleep(latency(x, y))
        return x > y

    return compare


@dataclass(frozen=True)
class _Waiting:
    """A sort whose comparator takes `mean` seconds a call, more or less by `latency`."""

    items: list[int]
    top_k: int
    mean: float
    latency: Latency

    def concurrent(
        self, method: str, kind: Callable[[Latency], Callable[[int, int], Any]]
    ) -> Callable[[], Measurement]:
        import zermelo as zm

        alone = self._latencies_alone(method)

        def measure() -> Measurement:
            compare = kind(self.latency)
            watch = Stopwatch()
            result = zm.sort(
                self.items, compare, method=method, top_k=self.top_k, concurrency=CONCURRENCY
            )
            watch.lap("sort")
            check(result.ranked[: self.top_k], len(self.items))
            least = max(result.n_rounds, math.ceil(result.n_calls / CONCURRENCY)) * self.mean
            bound = 1.5 * least + 0.1
            note = (
                f"{result.method}, {result.n_calls:,} calls, {result.n_rounds} rounds; "
                f"{'within' if watch.total <= bound else 'above'} the target of {bound:.2f} s; "
                f"the latencies alone {alone:.2f} s"
            )
            return Measurement(watch.total, note=note)

        return measure

    def _latencies_alone(self, method: str) -> float:
        """Seconds if nothing but calls took time, by a clock that jumps from answer to answer."""
        import zermelo as zm
        from zermelo.sorting.auto import choose_method

        chosen: Any = method
        if method == "auto":
            chosen, _ = choose_method(
                len(self.items), self.top_k, concurrency=CONCURRENCY, presentation="both",
                question="compare", max_rounds=None,
            )  # fmt: skip
        sorter = zm.Sorter(self.items, method=chosen, top_k=self.top_k)
        now = 0.0
        sent: set[str] = set()
        ends: list[tuple[float, str, bool]] = []
        while not sorter.done:
            for ask in sorter.pending():
                if ask.id not in sent and len(ends) < CONCURRENCY:
                    sent.add(ask.id)
                    end = now + self.latency(ask.x, ask.y)
                    heapq.heappush(ends, (end, ask.id, ask.x > ask.y))
            now, answered, outcome = heapq.heappop(ends)
            sorter.tell(answered, outcome)
        return now

    def one_by_one(self) -> Callable[[], Measurement]:
        """The sort runs without waiting, and what the calls would have taken is added up."""
        import zermelo as zm

        def measure() -> Measurement:
            seconds = 0.0

            def compare(x: int, y: int) -> bool:
                nonlocal seconds
                seconds += self.latency(x, y)
                return x > y

            result = zm.sort(self.items, compare, top_k=self.top_k)
            check(result.ranked[: self.top_k], len(self.items))
            note = f"{result.method}, {result.n_calls:,} calls; computed, not run"
            return Measurement(seconds, note=note)

        return measure


def slow_comparator(small: bool) -> Workload:
    n, top_k, mean = (10, 2, 0.001) if small else (100, 10, 0.05)
    contestants = []
    for kind, latency in (("constant", _constant(mean)), ("lognormal", _lognormal(mean))):
        sort = _Waiting(shuffled(n), top_k, mean, latency)
        contestants += [
            Contestant(f"{kind}: async", sort.concurrent("auto", _awaiting)),
            Contestant(f"{kind}: threads", sort.concurrent("auto", _blocking)),
            Contestant(f"{kind}: async, quickselect", sort.concurrent("quickselect", _awaiting)),
            Contestant(f"{kind}: async, knockout", sort.concurrent("knockout", _awaiting)),
            Contestant(f"{kind}: one call after the other", sort.one_by_one()),
        ]
    return Workload(
        f"The best {top_k} of {n} items in random order with a comparator of {mean * 1e3:.0f} ms, "
        f"always or on average (lognormal, sigma {SPREAD}), at most {CONCURRENCY} calls at a time; "
        'the method is "auto" where none is named. Calls one after the other are not waited for: '
        "their time is the sum of the latencies.",
        contestants,
        baseline=contestants[0].name,
        target=f"1.5 x max(rounds, calls / {CONCURRENCY}) x {mean * 1e3:.0f} ms + 0.1 s",
    )
