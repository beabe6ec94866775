"""How many threads to use, and the pool that drives the twins' chunks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..checks import whole

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")

# No machine gains from more, and asking the system for a million threads would hurt it.
MOST_THREADS = 256
# Below this many elements of work a team of threads costs more than it saves.
SERIAL_BELOW = 50_000


def available_threads() -> int:
    """Threads that affinity and the control group's quota allow this process."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            count = min(count, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no control group of version 2: nothing to obey
    return count


def resolve_threads(threads: int | None, work: int) -> int:
    """`threads` as asked, checked; for None what the machine allows, one where `work` is small."""
    if threads is None:
        return 1 if work < SERIAL_BELOW else available_threads()
    return min(whole("threads", threads, 1, "a positive whole number or None"), MOST_THREADS)


def chunk_borders(size: int, chunk_size: int) -> list[tuple[int, int]]:
    """Borders that depend on the size alone, as in the C++ core."""
    count = max(1, -(-size // chunk_size))
    return [(size * i // count, size * (i + 1) // count) for i in range(count)]


def run_chunks(
    work: Callable[[int, int], T], borders: list[tuple[int, int]], pool: ThreadPoolExecutor | None
) -> list[T]:
    """Results of `work(begin, end)` for every chunk, in the order of the chunks."""
    if pool is None or len(borders) == 1:
        return [work(begin, end) for begin, end in borders]
    return list(pool.map(lambda border: work(*border), borders))
