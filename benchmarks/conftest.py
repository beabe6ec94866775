"""With ZERMELO_BENCH_SMOKE=1 every input is tiny: the run shows that the benchmarks work."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from cases import CASES
from harness import Workload


@pytest.fixture(scope="session")
def smoke() -> bool:
    return os.environ.get("ZERMELO_BENCH_SMOKE") == "1"


@pytest.fixture(scope="module")
def workload(request: pytest.FixtureRequest, smoke: bool) -> Iterator[Workload]:
    built = CASES[request.param](smoke)
    yield built
    built.close()
