"""Run as a script: sorts that are killed again and again, and whether they paid for anything twice.

The process forks, which it could not safely do beside the threads of a test run.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from zermelo.sorting import SortResult, sort

ITEMS = [i * 7919 % 41 for i in range(40)]
KILLS = 50


def compare(x: int, y: int) -> bool:
    time.sleep(0.0001)
    return x > y


def run(path: Path | None, concurrency: int) -> SortResult:
    return sort(ITEMS, compare, method="merge", log=path, concurrency=concurrency)


def kill_one(path: Path, concurrency: int, seconds: float) -> bool:
    """Whether the child was still at work when it was killed."""
    child = os.fork()
    if child == 0:
        try:
            run(path, concurrency)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(folder: Path) -> None:
    rng = random.Random(2)
    expected = run(None, 1)
    kills = 0
    while kills < KILLS:
        path = folder / f"{kills}.jsonl"
        concurrency = rng.choice([1, 4])
        kills += sum(kill_one(path, concurrency, rng.uniform(0.0, 0.03)) for _ in range(5))
        result = run(path, 1)
        assert result.order.tolist() == expected.order.tolist()
        asked = [json.loads(line)["id"] for line in path.read_text().splitlines()[1:]]
        assert len(asked) == len(set(asked)) == result.n_calls == expected.n_calls
    print(kills)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
