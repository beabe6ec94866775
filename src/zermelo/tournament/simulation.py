"""Simulated tournaments: what a design makes of strengths, in many replicates."""

from __future__ import annotations

import concurrent.futures
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import flag, whole
from ..comparisons import Comparisons
from ..errors import InputError
from ..judges.noisy import Noisy
from ..ratings.result import RatingResult
from .known_results import with_results
from .program import Program, match_rounds
from .result import TournamentResult
from .strengths import Strengths, read_strengths

Real = NDArray[np.float64]
Long = NDArray[np.int64]

MOST_REPLICATES = 1 << 40
# So many draws of abilities from a fit's covariance, unless there are fewer replicates.
DRAWS = 1_000
# Blocks for an executor: enough to share out evenly.
BLOCKS = 64
# Instead of an outcome, which is 0, 1 or 2 as in `Comparisons`.
NOT_PLAYED = 255


def simulate(
    design: Any,
    strengths: Any,
    replicates: int = 100_000,
    *,
    scale: float | None = None,
    judge: Noisy | None = None,
    results: Comparisons | None = None,
    record: bool = False,
    uncertain: bool | int = False,
    seed: int = 0,
    threads: int | None = None,
    executor: concurrent.futures.Executor | None = None,
    backend: str | None = None,
) -> TournamentResult:
    """Simulate a tournament many times.

    Parameters
    ----------
    design : a design
        `SingleElimination`, `DoubleElimination`, `RoundRobin`, `Swiss`, `GroupsThenKnockout`,
        `Anchored`, `RandomPairs`, or a class of your own with `n` and `program()`.
    strengths : sequence, dict of item to number, matrix or rating result
        Of the items in the order of their seeds: abilities (natural log), or with `scale` ratings;
        probabilities that the row beats the column, shape (n, n), or of win, draw and loss, shape
        (n, n, 3); or a fit, whose items are the seeds in their order.
    replicates : int, default 100,000
        How many tournaments. Memory does not depend on it, but for `record`.
    scale : float, optional
        Points that mean odds of 10 to 1, where strengths are ratings: 400 for Elo's.
    judge : Noisy, optional
        Who stands between the true outcome of every game and the one that counts.
    results : Comparisons, optional
        Games that were played already. A game must be one that the design contains, given those
        before it; rows stand in the order of play, or have it as `time`, which for a Swiss is the
        round. A Swiss wants all games of a round, a series its games one by one. Where a lot has
        decided, later results tell how it fell; a draw by lot itself is given as ``seeding=``.
    record : bool, default False
        Keep every match as a row of `comparisons`: cluster = replicate, time = round. A series is
        one row. A judge's tie in a knockout is recorded as a win of whoever goes through.
    uncertain : bool or int, default False
        With a fit: draw abilities from its covariance, so that the uncertainty of the ratings
        reaches the forecast; so many different draws, 1,000 for True, each for as many replicates.
        Games in `results` do not change what is drawn: they belong into the fit's data.
    seed : int, default 0
        Replicate r is the same whatever the number of replicates or threads.
    threads : int, optional
        None: what the machine allows.
    executor : concurrent.futures.Executor, optional
        Runs blocks of replicates in its workers.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is. Both give the same, to the last bit.

    Returns
    -------
    TournamentResult

    Raises
    ------
    InputError
        An argument cannot be used, or results that the design cannot contain.

    Examples
    --------
    >>> import zermelo as zm
    >>> cup = zm.SingleElimination(8)
    >>> result = zm.simulate(cup, [1.0, 0.8, 0.6, 0.4, 0.2, 0.0, -0.2, -0.4], seed=1)
    >>> result
    TournamentResult(8 items, 0 wins with probability 0.326, 100,000 replicates)
    """
    replicates = whole("replicates", replicates, 1, "a positive whole number")
    if replicates > MOST_REPLICATES:
        raise InputError(f"replicates must be at most 2^40, but is {replicates:,}")
    seed = whole("seed", seed, 0, "a whole number from 0 to 2^64 - 1")
    if seed >= 1 << 64:
        raise InputError(f"seed must be a whole number from 0 to 2^64 - 1, but is {seed}")
    record = flag("record", record)
    if judge is not None and not isinstance(judge, Noisy):
        raise InputError(f"judge must be a zm.judges.Noisy, but is {type(judge).__name__}")
    if executor is not None and not isinstance(executor, concurrent.futures.Executor):
        raise InputError(
            f"executor must be a concurrent.futures.Executor, but is {type(executor).__name__}"
        )
    check_design(design)
    read = replace(read_strengths(strengths, design.n, scale, items_of(design)), judge=judge)
    program = program_of(design)
    if results is not None:
        program = with_results(program, results, read.items)
    engine = resolve(backend)
    drawn = _drawn(strengths, read, uncertain, replicates, seed)
    work = replicates * program.most_matches
    used_threads = resolve_threads(1 if executor and threads is None else threads, work)
    simulation = Simulation(program, read, seed, engine.name, used_threads)
    if record:
        return simulation.recorded(replicates, drawn)
    return simulation.counted(replicates, drawn, executor)


def check_design(design: Any) -> None:
    """A design is ours, or has `n` and `program()`; a class of designs is none."""
    if not callable(getattr(design, "program", None)) or isinstance(design, type):
        found = design.__name__ if isinstance(design, type) else type(design).__name__
        raise InputError(
            f"design must be a tournament design, such as SingleElimination(16), but is {found}"
            + (" itself, without its arguments" if isinstance(design, type) else "")
        )


def program_of(design: Any) -> Program:
    """The program of a design, ours or somebody's own."""
    check_design(design)
    program = design.program()
    if not isinstance(program, Program):
        raise InputError(
            f"design must be a tournament design, but the program() of {type(design).__name__} "
            f"gives {type(program).__name__}"
        )
    return program


def items_of(design: Any) -> Any:
    """The labels that a design has for its items; None where it has none."""
    return getattr(design, "items", None)


@dataclass(frozen=True, eq=False)
class Simulation:
    """A program with strengths, ready to be run; other processes can run it too."""

    program: Program
    strengths: Strengths
    seed: int
    backend: str
    threads: int

    def arguments(self) -> tuple[Any, ...]:
        """Of the kernels, up to the replicates."""
        program, judge = self.program, self.strengths.judge
        flips = judge is not None and judge.position_bias != 0
        return (
            program.code,
            program.n_items,
            program.n_registers,
            program.breakers,
            program.win_points,
            program.draw_points,
            *self.strengths.thresholds(program.series),
            flips,
            len(program.bands),
            program.most_games,
            self.seed,
        )

    def count(self, begin: int, end: int) -> tuple[Long, int]:
        """How often each item ends in each band, and all matches, of replicates [begin, end)."""
        kernel = resolve(self.backend).simulate_program
        counts, n_matches = kernel(*self.arguments(), begin, end - begin, self.threads)
        return counts, int(n_matches)

    def counted(
        self,
        replicates: int,
        drawn: list[Strengths],
        executor: concurrent.futures.Executor | None,
    ) -> TournamentResult:
        parts = list(self._parts(replicates, drawn, executor))
        counts = sum(part for part, _ in parts)
        n_matches = sum(matches for _, matches in parts)
        batches = None
        if len(drawn) > 1:
            sizes = [end - begin for begin, end in borders(replicates, len(drawn))]
            batches = np.array([part / size for (part, _), size in zip(parts, sizes, strict=True)])
        return self.result(np.asarray(counts), n_matches, replicates, batches=batches)

    def _parts(
        self,
        replicates: int,
        drawn: list[Strengths],
        executor: concurrent.futures.Executor | None,
    ) -> Iterator[tuple[Long, int]]:
        if len(drawn) > 1:
            runs = [replace(self, strengths=strengths) for strengths in drawn]
        else:
            runs = [self] * (min(BLOCKS, replicates) if executor else 1)
        edges = borders(replicates, len(runs))
        if executor is None:
            for run, (begin, end) in zip(runs, edges, strict=True):
                yield run.count(begin, end)
            return
        futures = [
            executor.submit(run.count, begin, end)
            for run, (begin, end) in zip(runs, edges, strict=True)
        ]
        for future in futures:
            yield future.result()

    def play(self, begin: int, end: int) -> tuple[NDArray[Any], ...]:
        """Who met whom, with what outcome, and where each item ended, a row a replicate."""
        kernel = resolve(self.backend).play_program
        played: tuple[NDArray[Any], ...] = kernel(
            *self.arguments(), begin, end - begin, self.threads
        )
        return played

    def recorded(self, replicates: int, drawn: list[Strengths]) -> TournamentResult:
        runs = [replace(self, strengths=strengths) for strengths in drawn]
        edges = borders(replicates, len(runs))
        parts = [run.play(*edge) for run, edge in zip(runs, edges, strict=True)]
        first, second, outcome, band = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        n_bands = len(self.program.bands)
        keys = np.arange(self.program.n_items) * n_bands + band
        counts = np.bincount(keys.ravel(), minlength=self.program.n_items * n_bands)
        counts = counts.reshape(self.program.n_items, n_bands)
        played = outcome != NOT_PLAYED
        replicate, match = np.nonzero(played)
        comparisons = Comparisons.of_codes(
            self.strengths.items,
            first[played],
            second[played],
            outcome[played],
            cluster=replicate,
            time=match_rounds(self.program)[match],
        )
        return self.result(counts, int(played.sum()), replicates, comparisons)

    def result(
        self,
        counts: Long,
        n_matches: int,
        replicates: int,
        comparisons: Comparisons | None = None,
        batches: Real | None = None,
    ) -> TournamentResult:
        # No design leaves more than one match to chance, the second game of a double final.
        spared = self.program.most_matches - n_matches / replicates
        error = math.sqrt(max(spared * (1.0 - spared), 0.0) / replicates)
        return TournamentResult(
            self.strengths.items,
            self.program.bands,
            counts / replicates,
            self.program.n_rounds,
            n_matches / replicates,
            replicates,
            comparisons,
            batches,
            error,
            self.strengths.frame_backend,
        )


def borders(size: int, parts: int) -> list[tuple[int, int]]:
    return [(size * i // parts, size * (i + 1) // parts) for i in range(parts)]


def _drawn(
    strengths: Any, read: Strengths, uncertain: bool | int, replicates: int, seed: int
) -> list[Strengths]:
    """The strengths of each batch of replicates: drawn from a fit's covariance, or always the same.

    Items of a fit with ties, a position effect or covariates keep those parameters: only abilities
    are drawn.
    """
    if uncertain is False:
        return [read]
    wanted = DRAWS if uncertain is True else whole("uncertain", uncertain, 2, "True, False or >= 2")
    if not isinstance(strengths, RatingResult) or not hasattr(strengths, "covariance"):
        raise InputError(
            "uncertain draws abilities from the covariance of a fit; give a Bradley-Terry fit as "
            "strengths"
        )
    place = {label: i for i, label in enumerate(strengths.items.tolist())}
    order = [place[label] for label in read.items.tolist()]
    covariance = np.asarray(strengths.covariance())[np.ix_(order, order)]
    # The covariance of abilities that sum to zero has no inverse, but a square root it has.
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng = np.random.default_rng([seed, 0x5EED])
    shifts = rng.standard_normal((min(wanted, replicates), len(values))) @ root.T
    return [read.moved(shift) for shift in shifts]
