"""The cases of simulated tournaments: brackets of 64 against peers, and other designs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Contestant, Measurement, Stopwatch, Unavailable, Workload
from inputs import Floats, draw_abilities
from scipy.special import expit

N_PLAYERS = 64
ONE = 2**31
KEY = 1
# Of the peer in NumPy: replicates side by side that stay in a core's cache.
BLOCK = 4096


def _probabilities(n: int) -> Floats:
    ability = np.sort(draw_abilities(n, np.random.default_rng(0)))[::-1]
    return np.asarray(expit(ability[:, None] - ability[None]))


def _slots(n: int) -> list[int]:
    """Standard seeding: the best two can meet in the final only."""
    order = [0]
    while len(order) < n:
        order = [seed for best in order for seed in (best, 2 * len(order) - 1 - best)]
    return order


def _exact_champion(p: Floats, slots: list[int]) -> Floats:
    """P(every player wins the bracket), round by round."""
    n = len(slots)
    p = p[np.ix_(slots, slots)]
    reach = np.ones(n)
    size = 1
    while size < n:
        opponents = (np.arange(n)[:, None] // size) == (np.arange(n)[None] // size ^ 1)
        reach = reach * ((p * opponents) @ reach)
        size *= 2
    champion = np.empty(n)
    champion[slots] = reach
    return champion


def _thresholds(p: Floats, ties: float = 0.0) -> tuple[Any, Any]:
    first = np.rint((1 - ties) * p * ONE).astype(np.uint32)[None]
    return first, first + np.uint32(round(ties * ONE))


def _tables(program: Any) -> tuple[Any, Any]:
    """A fifth of the games is drawn, where that is allowed."""
    p = _probabilities(program.n_items)
    each = [_thresholds(p, 0.0 if series.decisive else 0.2) for series in program.series]
    first, draw = (np.concatenate(tables) for tables in zip(*each, strict=True))
    return first, draw


def _simulated(
    program: Any, tables: tuple[Any, Any], replicates: int, threads: int, backend: str,
    champion: Floats | None = None,
) -> Callable[[], Measurement]:  # fmt: skip
    from zermelo._backends import resolve

    def measure() -> Measurement:
        watch = Stopwatch()
        counts, n_matches = resolve(backend).simulate_program(
            program.code, program.n_items, program.n_registers, program.breakers,
            program.win_points, program.draw_points, *tables, False, len(program.bands),
            program.most_games, KEY, 0, replicates, threads,
        )  # fmt: skip
        watch.lap("simulate_program")
        return _measured(watch, n_matches, counts[:, 0] / replicates, champion)

    return measure


def _measured(
    watch: Stopwatch, n_matches: int, found: Floats, champion: Floats | None
) -> Measurement:
    note = f"{n_matches / watch.total / 1e6:,.0f} million matches a second"
    if champion is not None:
        note += f", error of P(champion) {np.abs(found - champion).max():.0e}"
    return Measurement(watch.total, steps=watch.steps, note=note)


def _numpy_peer(p: Floats, slots: list[int], replicates: int, champion: Floats) -> Measurement:
    """All replicates of a block side by side, one round at a time."""
    n = len(p)
    rng = np.random.default_rng(KEY)
    chance = p.astype(np.float32)
    counts = np.zeros(n * (n.bit_length()), np.int64)
    watch = Stopwatch()
    for begin in range(0, replicates, BLOCK):
        size = min(BLOCK, replicates - begin)
        alive = np.broadcast_to(np.array(slots, np.int32), (size, n))
        left = 0
        while alive.shape[1] > 1:
            a, b = alive[:, ::2], alive[:, 1::2]
            won = rng.random(a.shape, np.float32) < chance[a, b]
            loser = np.where(won, b, a)
            counts += np.bincount(loser.ravel() + left * n, minlength=len(counts))
            alive = np.where(won, a, b)
            left += 1
        counts += np.bincount(alive.ravel() + left * n, minlength=len(counts))
    watch.lap("simulate")
    return _measured(watch, (n - 1) * replicates, counts[-n:] / replicates, champion)


def _numba_bracket() -> Any:
    """A bracket at a time, without anything that is not needed for it."""
    try:
        import numba
    except ImportError as error:
        raise Unavailable(f"numba cannot be imported ({error})") from error

    @numba.njit(error_model="numpy")
    def play(slots: Any, below: Any, state: Any, replicates: int, counts: Any) -> None:
        n = len(slots)
        alive = np.empty(n, np.int64)
        for _ in range(replicates):
            alive[:] = slots
            size, left = n, 0
            while size > 1:
                for k in range(size // 2):
                    state += np.uint64(0x9E3779B97F4A7C15)
                    z = state
                    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                    a, b = alive[2 * k], alive[2 * k + 1]
                    won = np.int64(z >> np.uint64(33)) < np.int64(below[a, b])
                    alive[k] = a if won else b
                    counts[b if won else a, left] += 1
                size //= 2
                left += 1
            counts[alive[0], left] += 1

    return play


def _numba_peer(p: Floats, slots: list[int], replicates: int, champion: Floats) -> Measurement:
    play = _numba_bracket()
    below = _thresholds(p)[0][0]
    counts = np.zeros((len(p), len(p).bit_length()), np.int64)
    play(np.array(slots), below, np.uint64(KEY), 1, counts)  # compiles
    counts[:] = 0
    watch = Stopwatch()
    play(np.array(slots), below, np.uint64(KEY), replicates, counts)
    watch.lap("simulate")
    return _measured(watch, (len(p) - 1) * replicates, counts[:, -1] / replicates, champion)


def bracket(small: bool) -> Workload:
    import zermelo as zm

    replicates = 2_000 if small else 1_000_000
    p, slots = _probabilities(N_PLAYERS), _slots(N_PLAYERS)
    champion = _exact_champion(p, slots)
    program, tables = zm.SingleElimination(N_PLAYERS).program(), _thresholds(p)

    def ours(threads: int, backend: str = "cpp") -> Callable[[], Measurement]:
        return _simulated(program, tables, replicates, threads, backend, champion)

    contestants = [
        Contestant("zermelo, 1 thread", ours(1)),
        Contestant("zermelo, 2 threads", ours(2)),
        Contestant("zermelo, numba backend, 1 thread", ours(1, "numba")),
        Contestant(
            "numba, one bracket at a time", lambda: _numba_peer(p, slots, replicates, champion)
        ),
        Contestant(
            "NumPy, replicates side by side", lambda: _numpy_peer(p, slots, replicates, champion)
        ),
    ]
    return Workload(
        f"{replicates:,} single eliminations of {N_PLAYERS} players, from thresholds to how often "
        "each player reached each round; peers use faster random bits of their own.",
        contestants,
        baseline=contestants[0].name,
        target="2 threads: 1.0 billion matches a second with 512-bit vectors, 0.8 with 256-bit, 15 "
        "times faster than NumPy; 1 thread: 4 and 2.5 times faster than numba",
    )


def bracket_designs(small: bool) -> Workload:
    import zermelo as zm

    replicates = 200 if small else 20_000
    designs = {
        "double elimination of 64": zm.DoubleElimination(64),
        "Swiss, 64 players and 9 rounds": zm.Swiss(64, 9),
        "round robin of 20": zm.RoundRobin(20),
        "8 groups of 4, then a knockout": zm.GroupsThenKnockout(32, 8),
    }
    contestants = []
    for name, design in designs.items():
        program = design.program()
        tables = _tables(program)
        contestants += [
            Contestant(f"{name}{suffix}", _simulated(program, tables, replicates, threads, backend))
            for suffix, threads, backend in (
                ("", 2, "cpp"),
                (", numba backend", 2, "numba"),
            )
        ]
    return Workload(
        f"{replicates:,} replicates of other designs, on 2 threads.",
        contestants,
        baseline=contestants[0].name,
    )


def designs_sweep(small: bool) -> Workload:
    """Varco Arena against one fixed model, over accuracies of the judge and numbers of prompts."""
    import zermelo as zm

    n, replicates = 20, 10 if small else 500
    prompts = (5, 10) if small else (25, 50, 100, 250, 500)
    designs = {"tournament": zm.varco_arena(n, 1), "anchored": zm.Anchored(n, n // 2)}

    def sweep(threads: int, **options: Any) -> Callable[[], Measurement]:
        def measure() -> Measurement:
            watch = Stopwatch()
            medians = []
            for accuracy in (0.6, 0.7, 0.8, 0.9, 1.0):
                frame = zm.compare_designs(
                    designs,
                    strengths=np.linspace(1300.0, 1000.0, n),
                    scale=400,
                    matches=[number * (n - 1) for number in prompts],
                    judge=zm.judges.Noisy(accuracy),
                    replicates=replicates,
                    threads=threads,
                    **options,
                )
                medians.append(np.reshape(frame["spearman_median"], (2, -1)))
            watch.lap("compare_designs")
            tournament, anchored = np.stack(medians, axis=1)
            ahead = int((tournament >= anchored).sum())
            note = f"tournament at or above anchored in {ahead} of {anchored.size} cells"
            return Measurement(watch.total, note=note)

        return measure

    contestants = [
        Contestant("zermelo, 1 thread", sweep(1)),
        Contestant("zermelo, 2 threads", sweep(2)),
        Contestant("zermelo, numba backend, 2 threads", sweep(2, backend="numba")),
    ]
    matches = 2 * 5 * replicates * prompts[-1] * (n - 1)
    return Workload(
        f"{n} models, 5 accuracies of the judge, {len(prompts)} numbers of prompts up to "
        f"{prompts[-1]}, {replicates} replicates, {matches / 1e6:.1f} million matches: the median "
        "Spearman correlation of Varco Arena and of one fixed model at equal matches.",
        contestants,
        baseline=contestants[0].name,
        target="under 60 s with 2 threads",
    )


def exact(small: bool) -> Workload:
    """Inside the kernel: so many runs in a row, since one takes microseconds."""
    import zermelo as zm
    from zermelo._backends import resolve

    def kernel(n: int, backend: str) -> Callable[[], Measurement]:
        program, win = zm.SingleElimination(n).program(), _probabilities(n)[None].copy()
        runs = 2 if small else max(20, 2_000_000 // n**2)
        call = resolve(backend).exact_bracket

        def measure() -> Measurement:
            watch = Stopwatch()
            for _ in range(runs):
                call(program.code, n, program.n_registers, len(program.bands), win)
            watch.lap("exact_bracket")
            return Measurement(watch.total / runs, note=f"mean of {runs:,} runs")

        return measure

    contestants = [
        Contestant(f"{n:,} players{suffix}", kernel(n, backend))
        for n in (N_PLAYERS, 1024)
        for suffix, backend in (("", "cpp"), (", numba backend", "numba"))
    ]
    return Workload(
        "Exact probabilities of a single elimination, inside the kernel.",
        contestants,
        baseline=contestants[0].name,
        target="64 players under 25 microseconds, 1,024 under 2 ms",
    )
