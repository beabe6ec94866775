"""Every case under pytest-benchmark, each contestant's abilities checked against the reference.

A peer that is missing is skipped with the reason. pytest-benchmark's own column of times includes
what a contestant does off its clock; `seconds` among the extra information is the time by its own
clock, and the figures to quote are those of run.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import CASES, REPEATS
from harness import Measurement, Unavailable, Workload

VOTES = ("zermelo", "zermelo without intervals", "evalica")
PAIRS = ("zermelo", "SciPy L-BFGS-B")
CONTESTANTS = {
    "votes-str": (*VOTES, "arena-rank"),
    "votes-object-shared": VOTES,
    "votes-object-distinct": VOTES,
    "votes-integer": VOTES,
    "ties-position": (
        "zermelo, ties as half wins",
        "zermelo, Davidson and position",
        "zermelo, Rao-Kupper and position",
    ),
    "covariates": ("zermelo",),
    "contextual": ("zermelo", "arena-rank"),
    "random-pairs": PAIRS,
    "ring": PAIRS,
    "large": ("zermelo",),
    "threads": ("zermelo, 1 thread", "zermelo, 2 threads", "zermelo, numba backend, 2 threads"),
    "choix": ("zermelo", "choix.ilsr_pairwise", "choix.mm_pairwise"),
    "bootstrap": ("zermelo", "evalica, 1 replicate"),
    "elo": (
        "zermelo, replay",
        "zermelo, replay with history",
        "zermelo, from arrays",
        "zermelo, numba backend, replay",
        "evalica",
    ),
    "elo-kin": ("zermelo, elo", "zermelo, glicko", "zermelo, glicko2", "zermelo, trueskill"),
    "elo-tuning": ("zermelo, 1 thread", "zermelo, 2 threads", "zermelo, numba backend, 2 threads"),
    "elo-orders": ("zermelo, 1 thread", "zermelo, 2 threads", "zermelo, numba backend, 2 threads"),
    "bracket": (
        "zermelo, 1 thread",
        "zermelo, 2 threads",
        "zermelo, numba backend, 1 thread",
        "numba, one bracket at a time",
        "NumPy, replicates side by side",
    ),
    "bracket-exact": tuple(
        f"{n} players{suffix}" for n in ("64", "1,024") for suffix in ("", ", numba backend")
    ),
    "bracket-designs": tuple(
        f"{design}{backend}"
        for design in (
            "double elimination of 64",
            "Swiss, 64 players and 9 rounds",
            "round robin of 20",
            "8 groups of 4, then a knockout",
        )
        for backend in ("", ", numba backend")
    ),
    "designs-sweep": (
        "zermelo, 1 thread",
        "zermelo, 2 threads",
        "zermelo, numba backend, 2 threads",
    ),
    "sort-direct": (
        "zermelo",
        "sorted, y - x",
        "sorted, (x < y) - (x > y)",
        "zermelo, numba backend, a tenth of the items",
    ),
    "sort-simulated": (
        *(
            f"{sort}, {presentation}"
            for sort in (
                "merge, all of 100",
                "insertion, all of 100",
                "heapsort, best 10 of 100",
                "quickselect, best 10 of 100",
                "knockout, best 10 of 100",
                "adaptive, best 10 of 100",
                "merge, all of 10,000",
            )
            for presentation in ("single", "both")
        ),
        "merge, all of 100, single, numba backend",
        "knockout, best 10 of 100, single, numba backend",
        "sorted with errors",
    ),
    "sort-async": tuple(
        f"{latency}: {how}"
        for latency in ("constant", "lognormal")
        for how in (
            "async",
            "threads",
            "async, quickselect",
            "async, knockout",
            "one call after the other",
        )
    ),
    "sort-cost": (
        "knockout",
        "quickselect",
        "quickselect, max_rounds=4",
        "adaptive",
        "heapsort",
        "merge",
    ),
    "import": (
        "zermelo, after numpy and narwhals",
        "numpy and narwhals",
        "evalica, after pandas",
        "choix, after numpy",
    ),
}
# Peers stop by rules of their own: SciPy after 100 iterations at the latest, on the ring far from
# the solution; arena-rank on the relative change of the loss.
LARGEST_ERROR = {"SciPy L-BFGS-B": 10.0, "arena-rank": 0.1, "evalica": 1e-3}


@pytest.mark.parametrize(
    ("workload", "name"),
    [(case, name) for case, names in CONTESTANTS.items() for name in names],
    indirect=["workload"],
)
def test_contestant(
    benchmark: Any, workload: Workload, name: str, smoke: bool, request: pytest.FixtureRequest
) -> None:
    case = request.node.callspec.params["workload"]
    assert tuple(contestant.name for contestant in workload.contestants) == CONTESTANTS[case]
    contestant = next(c for c in workload.contestants if c.name == name)
    seconds: list[float] = []
    measurements: list[Measurement] = []

    def run(*inputs: Any) -> None:
        measurements.append(contestant.measure(*inputs))
        seconds.append(measurements[-1].seconds)

    benchmark.group = case
    try:
        benchmark.pedantic(
            run,
            setup=lambda: (contestant.prepare(), {}),
            rounds=1 if smoke else REPEATS.get(case, 3),
            iterations=1,
        )
    except Unavailable as reason:
        pytest.skip(str(reason))
    benchmark.extra_info["seconds"] = seconds
    benchmark.extra_info["note"] = measurements[-1].note
    ability = measurements[-1].ability
    if ability is not None and workload.reference is not None:
        assert np.isfinite(ability).all()
        error = float(np.abs(ability - workload.reference).max())
        benchmark.extra_info["max error of abilities"] = error
        assert error < LARGEST_ERROR.get(name.partition(",")[0], 2e-6)


def test_every_case_is_covered() -> None:
    assert set(CONTESTANTS) == set(CASES)
