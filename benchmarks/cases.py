"""The cases: what is compared with what, on which input, and what is asked of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine
import inputs
import peers
import replay_cases
import sorting_cases
import tournament_cases
import waiting_cases
from harness import Contestant, Measurement, Workload

ENGINE = "zermelo"
HERE = Path(__file__).parent

# A case is built when it runs. `small` asks for a size that shows that it works, not how fast.
Case = Callable[[bool], Workload]


def _votes(
    columns: inputs.Columns, small: bool, target: str, with_arena_rank: bool = False
) -> Workload:
    n_votes, n_items = (5_000, 20) if small else (5_000_000, 200)
    votes = inputs.draw_votes(n_votes, n_items)
    folder = tempfile.TemporaryDirectory(prefix="zermelo-benchmark-")
    path = Path(folder.name) / "votes.parquet"
    inputs.write_votes(votes, path)
    if columns == "object-distinct":
        # A string remembers its hash: only new objects are hashed as they would be at first use.
        def prepare() -> tuple[Any, ...]:
            return (inputs.vote_frame(votes, columns, path),)
    else:
        frame = inputs.vote_frame(votes, columns, path)

        def prepare() -> tuple[Any, ...]:
            return (frame,)

    arena_rank = peers.ArenaRank(path)
    contestants = [
        Contestant(ENGINE, engine.votes, prepare),
        Contestant("zermelo without intervals", lambda frame: engine.votes(frame, False), prepare),
        Contestant("evalica", peers.evalica_votes, prepare),
    ]
    if with_arena_rank:
        contestants.append(Contestant("arena-rank", arena_rank.measure))

    def close() -> None:
        arena_rank.close()
        folder.cleanup()

    return Workload(
        f"{n_votes:,} votes (25% ties) between {n_items:,} items, from a pandas frame to ratings "
        "with 95% sandwich intervals (evalica: without intervals).",
        contestants,
        reference=inputs.solve_votes(votes),
        baseline=ENGINE,
        target=target,
        close=close,
    )


def votes_str(small: bool) -> Workload:
    target = "8 times faster than evalica, 40 times faster than arena-rank"
    return _votes("str", small, target, with_arena_rank=True)


def votes_object_shared(small: bool) -> Workload:
    return _votes("object-shared", small, "2.5 times faster than evalica")


def votes_object_distinct(small: bool) -> Workload:
    return _votes("object-distinct", small, "2.5 times faster than evalica")


def votes_integer(small: bool) -> Workload:
    return _votes("integer", small, "40 times faster than evalica")


def _wins(data: inputs.Wins, how: str, target: str) -> Workload:
    return Workload(
        f"{len(data.winner):,} comparisons between {data.n_items:,} items, {how}, from int32 "
        "arrays to an ability error of 1e-6; SciPy: until the score is 1e-3, at most 100 "
        "iterations.",
        [
            Contestant(ENGINE, lambda: engine.wins(data, tol=1e-6)),
            Contestant("SciPy L-BFGS-B", lambda: peers.scipy_lbfgs(data)),
        ],
        reference=inputs.solve_wins(data),
        baseline=ENGINE,
        target=target,
    )


def ties_position(small: bool) -> Workload:
    import zermelo as zm

    n_votes, n_items = (5_000, 20) if small else (5_000_000, 200)
    votes = inputs.draw_votes(n_votes, n_items)
    counts = zm.Comparisons(votes.a, votes.b, votes.score).pair_counts()
    joint = {"position_effect": True}
    contestants = [
        Contestant("zermelo, ties as half wins", lambda: engine.counted(counts)),
        Contestant(
            "zermelo, Davidson and position",
            lambda: engine.counted(counts, ties="davidson", **joint),
        ),
        Contestant(
            "zermelo, Rao-Kupper and position",
            lambda: engine.counted(counts, ties="rao-kupper", **joint),
        ),
    ]
    return Workload(
        f"{n_votes:,} votes (25% ties) between {n_items:,} items, already counted: ties and "
        "position fitted jointly, against the plain fit.",
        contestants,
        baseline=contestants[0].name,
        target="at most 3 times the plain fit's time",
    )


def covariates(small: bool) -> Workload:
    import zermelo as zm

    n_rows, n_items, n_features = (5_000, 20, 3) if small else (1_000_000, 200, 10)
    data = inputs.draw_styled_votes(n_rows, n_items, n_features)
    rows = zm.Comparisons(data.a, data.b, data.score, features=data.features)
    return Workload(
        f"{n_rows:,} rows between {n_items:,} items with {n_features} covariates, from Comparisons "
        "to coefficients with standard errors.",
        [Contestant(ENGINE, lambda: engine.covariates(rows))],
        baseline=ENGINE,
        target="under 3 s",
    )


def contextual(small: bool) -> Workload:
    n_rows, n_items, n_features = (5_000, 20, 3) if small else (200_000, 100, 5)
    folder = tempfile.TemporaryDirectory(prefix="zermelo-benchmark-")
    path = Path(folder.name) / "votes.parquet"
    frame, names = inputs.styled_frame(inputs.draw_styled_votes(n_rows, n_items, n_features), path)
    arena_rank = peers.ArenaRank(path, names)

    def close() -> None:
        arena_rank.close()
        folder.cleanup()

    return Workload(
        f"{n_rows:,} votes between {n_items:,} items with {n_features} covariates, by arena-rank's "
        "objective (ridge 1.0 on the mean loss), from a pandas frame to ratings with 95% sandwich "
        "intervals.",
        [
            Contestant(ENGINE, lambda: engine.contextual(frame, names)),
            Contestant("arena-rank", arena_rank.measure),
        ],
        reference=engine.contextual(frame, names).ability,
        baseline=ENGINE,
        target="the same abilities as arena-rank",
        close=close,
    )


def random_pairs(small: bool) -> Workload:
    data = inputs.draw_wins(*((20_000, 200) if small else (10_000_000, 100_000)))
    return _wins(data, "random pairs", "20 times faster than SciPy, and under 1.7 s")


def ring(small: bool) -> Workload:
    data = (
        inputs.draw_wins(20_000, 200, reach=50)
        if small
        else inputs.draw_wins(10_000_000, 100_000, reach=500)
    )
    return _wins(data, "each item compared only with its nearest on a ring", "under 6 s")


def large(small: bool) -> Workload:
    """In a process of its own, whose memory is measured."""
    sizes = (100_000, 1_000) if small else (100_000_000, 1_000_000)

    def probe() -> Measurement:
        command = [sys.executable, str(HERE / "memory_probe.py"), *map(str, sizes)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        answer = json.loads(output)
        return Measurement(
            answer["seconds"],
            steps=answer["steps"],
            note=f"peak memory {answer['peak'] / 1e9:.2f} GB on top of the input's "
            f"{answer['input'] / 1e9:.2f} GB; {answer['note']}",
        )

    return Workload(
        f"{sizes[0]:,} comparisons between {sizes[1]:,} items, random pairs, from int32 arrays.",
        [Contestant(ENGINE, probe)],
        baseline=ENGINE,
        target="completes, with a peak under 8 GB on top of the input",
    )


def threads(small: bool) -> Workload:
    """Abilities are held against those of one thread, to the last bit."""
    data = inputs.draw_wins(*((20_000, 200) if small else (10_000_000, 100_000)))
    contestants = [
        Contestant(
            f"zermelo, {count} thread{'s' * (count > 1)}",
            lambda count=count: engine.wins(data, tol=1e-6, threads=count),
        )
        for count in (1, 2)
    ]
    contestants.append(
        Contestant(
            "zermelo, numba backend, 2 threads",
            lambda: engine.wins(data, tol=1e-6, threads=2, backend="numba"),
        )
    )
    return Workload(
        f"{len(data.winner):,} comparisons between {data.n_items:,} items, random pairs: threads "
        "and backends. The error is the distance from one thread's abilities.",
        contestants,
        reference=engine.wins(data, tol=1e-6, threads=1).ability,
        baseline=contestants[0].name,
        target="the same abilities to the last bit for any number of threads",
    )


def choix(small: bool) -> Workload:
    data = inputs.draw_wins(*((2_000, 20) if small else (100_000, 200)))
    return Workload(
        f"{len(data.winner):,} comparisons between {data.n_items:,} items, without ties: choix "
        "from its list of tuples, zermelo from arrays.",
        [
            Contestant(ENGINE, lambda: engine.wins(data)),
            Contestant("choix.ilsr_pairwise", lambda: peers.choix_wins(data, "ilsr_pairwise")),
            Contestant("choix.mm_pairwise", lambda: peers.choix_wins(data, "mm_pairwise")),
        ],
        reference=inputs.solve_wins(data),
        baseline=ENGINE,
    )


def bootstrap(small: bool) -> Workload:
    """Peers have no bootstrap of their own: theirs is a fit of resampled rows, here of one."""
    n_votes, n_items, replicates = (5_000, 20, 50) if small else (5_000_000, 200, 1000)
    votes = inputs.draw_votes(n_votes, n_items)
    contestants = [
        Contestant(ENGINE, engine.bootstrap(votes, replicates)),
        Contestant("evalica, 1 replicate", lambda: peers.evalica_replicate(votes)),
    ]
    return Workload(
        f"{n_votes:,} votes (25% ties) between {n_items:,} items: {replicates:,} bootstrap "
        "replicates by comparison, from a fit to their standard errors; evalica: one fit of "
        "resampled rows of codes.",
        contestants,
        baseline=ENGINE,
        target="under 3 s, and each replicate at least 50 times faster than evalica's",
    )


def import_time(small: bool) -> Workload:
    # An installed package has its bytecode cached; the uncounted round caches a checkout's.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def importing(first: str, then: str) -> Measurement:
        code = f"import time{first}; t = time.perf_counter(); import {then}; " + (
            "print(time.perf_counter() - t)"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=environment
        )
        return Measurement(float(done.stdout))

    return Workload(
        "Import, each time in a fresh interpreter.",
        [
            Contestant(
                "zermelo, after numpy and narwhals",
                lambda: importing(", numpy, narwhals", "zermelo"),
            ),
            Contestant("numpy and narwhals", lambda: importing("", "numpy, narwhals")),
            Contestant("evalica, after pandas", lambda: importing(", pandas", "evalica")),
            Contestant("choix, after numpy", lambda: importing(", numpy", "choix")),
        ],
        target="at most 0.060 s on top of numpy and narwhals",
    )


CASES: dict[str, Case] = {
    "votes-str": votes_str,
    "votes-object-shared": votes_object_shared,
    "votes-object-distinct": votes_object_distinct,
    "votes-integer": votes_integer,
    "ties-position": ties_position,
    "covariates": covariates,
    "contextual": contextual,
    "random-pairs": random_pairs,
    "ring": ring,
    "large": large,
    "threads": threads,
    "choix": choix,
    "bootstrap": bootstrap,
    "elo": replay_cases.elo,
    "elo-orders": replay_cases.elo_orders,
    "elo-kin": replay_cases.kin,
    "elo-tuning": replay_cases.tuning,
    "bracket": tournament_cases.bracket,
    "bracket-designs": tournament_cases.bracket_designs,
    "bracket-exact": tournament_cases.exact,
    "designs-sweep": tournament_cases.designs_sweep,
    "sort-direct": sorting_cases.direct,
    "sort-simulated": sorting_cases.simulated,
    "sort-async": waiting_cases.slow_comparator,
    "sort-cost": sorting_cases.cost,
    "import": import_time,
}
REPEATS = {
    "large": 1,
    "ring": 2,
    "random-pairs": 3,
    "import": 9,
    "choix": 5,
    "threads": 3,
    "bootstrap": 3,
    "sort-direct": 5,
}
