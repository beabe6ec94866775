"""Exact probabilities of tournaments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from ..comparisons import Comparisons
from ..errors import InputError
from ..judges.noisy import Noisy
from .exact_draws import average_over_draws, is_random_draw
from .exact_states import run_states
from .known_results import with_results
from .program import EXIT, MATCH, Program
from .result import TournamentResult
from .simulation import check_design, items_of, program_of
from .strengths import Strengths, read_strengths

Real = NDArray[np.float64]


def win_probabilities(
    design: Any,
    strengths: Any,
    *,
    scale: float | None = None,
    judge: Noisy | None = None,
    results: Comparisons | None = None,
    backend: str | None = None,
) -> TournamentResult:
    """Who wins a tournament and how far each item comes: exact probabilities, no simulation.

    A knockout of n items takes one pass over the n^2 probabilities. Averages over random draws
    (``seeding="random"``) go over all subsets, up to 16 items or so. Other designs, such as double
    elimination, small leagues, and groups with a knockout, are run on all their states, as long as
    there are few enough; else, and for Swiss rounds and random games, there is `simulate`.

    Parameters
    ----------
    design : a design
        `SingleElimination`, `DoubleElimination`, `RoundRobin`, `GroupsThenKnockout`, `Anchored`, or
        a class of your own with `n` and `program()`.
    strengths : sequence, dict of item to number, matrix or rating result
        Of the items in the order of their seeds: abilities (natural log), or with `scale` ratings;
        probabilities that the row beats the column, shape (n, n), or of win, draw and loss, shape
        (n, n, 3); or a fit, whose items are the seeds in their order.
    scale : float, optional
        Points that mean odds of 10 to 1, where strengths are ratings: 400 for Elo's.
    judge : Noisy, optional
        Who stands between the true outcome of every game and the one that counts.
    results : Comparisons, optional
        Games that were played already. A game must be one that the design contains, given those
        before it; rows stand in the order of play, or have it as `time`, which for a Swiss is the
        round. A Swiss wants all games of a round, a series its games one by one. Where a lot has
        decided, later results tell how it fell; a draw by lot itself is given as ``seeding=``.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    TournamentResult
        `champion`, `reach`, `place`, `mean_rank`, `n_matches` and `to_frame()`.

    Raises
    ------
    InputError
        An argument cannot be used, results that the design cannot contain, or a design with more
        states than can be gone through.

    References
    ----------
    David 1959, Biometrika 46:139 (knockouts). Edwards 1991, Combinatorial Theory of Single
    Elimination Tournaments (random draws).

    Examples
    --------
    >>> import zermelo as zm
    >>> even = [[0.5, 0.7, 0.7, 0.7], [0.3, 0.5, 0.5, 0.5]] + 2 * [[0.3, 0.5, 0.5, 0.5]]
    >>> result = zm.win_probabilities(zm.SingleElimination(4), even)
    >>> result
    TournamentResult(4 items, 0 wins with probability 0.490, exact)
    >>> result.reach.round(3).tolist()[0]
    [1.0, 0.7, 0.49]
    >>> zm.win_probabilities(zm.DoubleElimination(4), even).champion.round(5)[0].item()
    0.58996
    """
    if judge is not None and not isinstance(judge, Noisy):
        raise InputError(f"judge must be a zm.judges.Noisy, but is {type(judge).__name__}")
    check_design(design)
    read = replace(read_strengths(strengths, design.n, scale, items_of(design)), judge=judge)
    program = program_of(design)
    if results is not None:
        program = with_results(program, results, read.items)
    return exact_result(program, read, *tables_of(program, read), resolve(backend))


def tables_of(program: Program, strengths: Strengths) -> tuple[Real, Real]:
    """Win and draw of the first of a game, for every kind of match, shape (kinds, n, n)."""
    shape = (len(program.series), strengths.n, strengths.n)
    pairs = [strengths.table(kind) for kind in program.series]
    win = np.array([pair[0] for pair in pairs]).reshape(shape)
    draw = np.array([pair[1] for pair in pairs]).reshape(shape)
    judge = strengths.judge
    if judge is not None and judge.position_bias != 0:
        # Who is shown first is drawn by lot: the mean of both ways.
        loss = np.maximum(1.0 - win - draw, 0.0)
        win = 0.5 * (win + loss.swapaxes(1, 2))
        draw = 0.5 * (draw + draw.swapaxes(1, 2))
    return np.ascontiguousarray(win), np.ascontiguousarray(draw)


def exact_result(
    program: Program, strengths: Strengths, win: Real, draw: Real, engine: Backend
) -> TournamentResult:
    band, n_matches = exact_bands(program, win, draw, engine)
    return TournamentResult(
        strengths.items,
        program.bands,
        band,
        program.n_rounds,
        n_matches,
        frame_backend=strengths.frame_backend,
    )


def exact_bands(program: Program, win: Real, draw: Real, engine: Backend) -> tuple[Real, float]:
    """Where each item ends, shape (n, bands), and the expected number of matches."""
    if np.isin(program.code[:, 0], (MATCH, EXIT)).all():
        band, beyond = engine.exact_bracket(
            program.code, program.n_items, program.n_registers, len(program.bands), win
        )
        if beyond < 0:
            return band, float(program.most_matches)
    if is_random_draw(program):
        return average_over_draws(program, win), float(program.most_matches)
    return run_states(program, win, draw)
