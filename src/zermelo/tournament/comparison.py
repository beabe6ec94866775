"""Designs compared: how well each ranks items with as many matches as it may use."""

from __future__ import annotations

import concurrent.futures
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import choice, positive, shortened, whole
from ..errors import ConvergenceWarning, InputError
from ..judges.noisy import Noisy
from ..ratings.elo_rules import INITIAL, EloRules
from ..ratings.table import make_frame
from .program import Program
from .ranking_quality import QUANTILES, Quality, mean_and_error, quality, quantiles_and_errors
from .repeated import FIT_TOL, Contest, Outcome
from .simulation import program_of
from .truth import Truth

Real = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

RULES = ("own", "bradley-terry", "elo")
# Replicates take numbers of their own among the streams of random bits.
MOST_REPLICATES = 1 << 30
# Matches and cells of tables that a block of replicates holds in memory.
BLOCK_SIZE = 1 << 21
MOST_IN_A_BLOCK = 64


def compare_designs(
    designs: Mapping[str, Any] | Sequence[Any],
    *,
    strengths: Any = None,
    draw: Callable[[np.random.Generator], Any] | None = None,
    matches: int | Sequence[int],
    rank_by: str = "own",
    judge: Noisy | None = None,
    prior: float = 1.0,
    k: float = 32.0,
    top_k: int | None = None,
    by: str = "design",
    replicates: int = 500,
    seed: int = 0,
    scale: float | None = None,
    executor: concurrent.futures.Executor | None = None,
    threads: int | None = None,
    backend: str | None = None,
    library: str | None = None,
) -> Any:
    """Which design ranks best with so many matches.

    In every replicate each design is repeated until one more run could take more than `matches`;
    then its items are ranked, and the ranking is compared with the true one.

    Parameters
    ----------
    designs : dict of name to design, or list of designs
        All with as many items. In place of a design a function of the number of matches, such as
        ``lambda matches: zm.RandomPairs(20, matches)``, which makes one for each limit.
    strengths : sequence, dict of item to number, matrix or rating result
        As for `simulate`, the same in all replicates. Either this or `draw`. Names decide who is
        who in designs that name their items; else items are the seeds in their order.
    draw : callable
        Called with a ``numpy.random.Generator`` in every replicate, it gives the strengths there.
    matches : int or list of int
        The limit, or several: a row for each. A smaller one ends the same runs earlier.
    rank_by : {"own", "bradley-terry", "elo"}, default "own"
        "own": by the share of games won, a draw being half of one, where pairs do not depend on
        results (`RoundRobin`, `RandomPairs`, `Anchored`, whose anchor has one half); by pooled
        Bradley-Terry for `varco_arena`; else by the mean place over the runs. "bradley-terry":
        abilities from all matches. "elo": ratings in the order played.
    judge : Noisy, optional
        Who stands between the true outcome of every game and the one that counts.
    prior : float, default 1
        Of Bradley-Terry: games of each item against an average one, half won. It must be positive:
        few matches separate the items, and leave no maximum without it.
    k : float, default 32
        Of Elo.
    top_k : int, optional
        For the recall. None: 3, or n where there are fewer.
    by : {"design", "item"}, default "design"
        A row for each design and limit, or also for each place in the true ranking: how many
        matches its item played, and where it was ranked.
    replicates : int, default 500
        At least 2.
    seed : int, default 0
        Replicate r is the same whatever the number of replicates or threads. All designs meet the
        same strengths.
    scale : float, optional
        Points that mean odds of 10 to 1, where strengths are ratings: 400 for Elo's.
    executor : concurrent.futures.Executor, optional
        Runs blocks of replicates in its workers.
    threads : int, optional
        None: what the machine allows. Results do not depend on it.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.
    library : {"pandas", "polars", "pyarrow", "dict"}, optional
        Of the frame; "dict": the columns by name, as arrays, which needs no library. None: the one
        that a fit's data came in, else the first that is installed.

    Returns
    -------
    A frame, in which a column NAME_error is the Monte-Carlo standard error of the column NAME.
    With ``by="design"``: design, matches (the limit), runs, matches_used, best_wins (probability
    that the truly best is ranked first), winner_rank (expected true rank of who is ranked first),
    kendall and spearman (mean correlation of the ranking with the true one; with _5, _median and
    _95 its quantiles over the replicates), recall (the share of the true top_k among the first
    top_k), top_k. Ties in a ranking count as broken by lot, but correlations are tau-b and that of
    mid-ranks, 0 for a ranking that tells nothing apart.
    With ``by="item"``: design, matches, true_rank (1, 2, ..., equal strengths in the order of the
    items), item (only with `strengths`), n_matches, rank (mean), rank_spread (its standard
    deviation over the replicates).

    Raises
    ------
    InputError
        An argument cannot be used; or one run of a design may take more than `matches`.

    Warns
    -----
    ConvergenceWarning
        A Bradley-Terry fit has not converged.

    References
    ----------
    Son et al. 2024, arXiv:2411.01281 (designs compared by Spearman's correlation). Kendall 1945,
    Biometrika 33:239 (tau-b). Maritz and Jarrett 1978, JASA 73:194 (errors of quantiles).

    Examples
    --------
    >>> import zermelo as zm
    >>> designs = {"cup": zm.SingleElimination(8, seeding="random"), "league": zm.RoundRobin(8)}
    >>> frame = zm.compare_designs(
    ...     designs, draw=lambda rng: rng.normal(size=8), matches=56, replicates=100
    ... )
    >>> frame["runs"].tolist()
    [8.0, 2.0]
    """
    named = _named(designs)
    limits = _limits(matches)
    choice("rank_by", rank_by, RULES)
    choice("by", by, ("design", "item"))
    if judge is not None and not isinstance(judge, Noisy):
        raise InputError(f"judge must be a zm.judges.Noisy, but is {type(judge).__name__}")
    replicates = whole("replicates", replicates, 2, "a whole number of at least 2")
    if replicates > MOST_REPLICATES:
        raise InputError(f"replicates must be at most 2^30, but is {replicates:,}")
    seed = whole("seed", seed, 0, rule := "a whole number from 0 to 2^64 - 1")
    if seed >= 1 << 64:
        raise InputError(f"seed must be {rule}, but is {seed}")
    if executor is not None and not isinstance(executor, concurrent.futures.Executor):
        raise InputError(
            f"executor must be a concurrent.futures.Executor, but is {type(executor).__name__}"
        )
    options = {
        "rule": rank_by,
        "prior": positive("prior", prior),
        "elo": _elo_rules(k),
        "judge": judge,
        "scale": scale,
        "seed": seed,
        "backend": resolve(backend).name,
    }
    contests = [
        (name, contest)
        for name, design in named.items()
        for contest in _contests(name, design, limits, options)
    ]
    n = _common_size(contests)
    top_k = min(3, n) if top_k is None else whole("top_k", top_k, 1, f"from 1 to {n}")
    if top_k > n:
        raise InputError(f"top_k must be from 1 to {n}, the number of items, but is {top_k}")
    truth = Truth.of(strengths, draw, n, scale, replicates, seed)
    work = replicates * limits[-1] * len(named)
    team = _Team(executor, resolve_threads(1 if executor else threads, work))
    tables = []
    for name, contest in contests:
        outcome = _play(contest, truth, replicates, team)
        for at, limit in enumerate(contest.limits):
            found = quality(outcome.score[at], truth.ability, top_k)
            row = {"design": [name], "matches": [limit]}
            if by == "design":
                tables.append(row | _design_columns(outcome, at, found, top_k))
            else:
                tables.append(row | _item_columns(outcome, at, found, truth))
    columns = {
        name: np.concatenate([_spread(table[name], table) for table in tables])
        for name in tables[0]
    }
    columns["design"] = columns["design"].astype(object)
    if library == "dict":
        return columns
    return make_frame(columns, library or truth.frame_backend, explicit=library is not None)


def _spread(column: Any, table: Mapping[str, Any]) -> NDArray[Any]:
    rows = max(len(other) for other in table.values())
    values = np.asarray(column)
    return np.repeat(values, rows) if len(values) < rows else values


def _named(designs: Any) -> dict[str, Any]:
    if isinstance(designs, Mapping):
        for name in designs:
            if not isinstance(name, str):
                raise InputError(f"the names of designs must be text, but one is {name!r}")
        named = dict(designs)
    elif isinstance(designs, (list, tuple)):
        named = {}
        for place, design in enumerate(designs):
            name = repr(design)
            if _makes_designs(design):
                raise InputError(
                    f"designs[{place}] is a function, which has no name to show; give a dict of "
                    "name to design"
                )
            if name in named:
                raise InputError(
                    f"designs has {name} twice; give a dict of name to design to tell them apart"
                )
            named[name] = design
    else:
        raise InputError(
            f"designs must be a dict of name to design, or a list, but is {shortened(designs)}"
        )
    if not named:
        raise InputError("designs is empty")
    return named


def _limits(matches: Any) -> tuple[int, ...]:
    rule = "a positive whole number, or a list of them"
    if isinstance(matches, np.ndarray):
        matches = matches.tolist()
    if not isinstance(matches, (list, tuple, range)):
        return (whole("matches", matches, 1, rule),)
    if not len(matches):
        raise InputError("matches is empty")
    return tuple(
        sorted({whole(f"matches[{place}]", limit, 1, rule) for place, limit in enumerate(matches)})
    )


def _elo_rules(k: Any) -> tuple[Any, ...]:
    rules = EloRules.checked(
        k=positive("k", k),
        scale=400.0,
        base=10.0,
        position_effect=0.0,
        margin=None,
        reversion=0.0,
        reversion_to=INITIAL,
    )
    return rules.values(0), INITIAL


def _contests(
    name: str, design: Any, limits: tuple[int, ...], options: dict[str, Any]
) -> Iterator[Contest]:
    """One for all limits, or, of a function that makes designs, one for each."""
    made: list[tuple[Any, tuple[int, ...]]] = [(design, limits)]
    if _makes_designs(design):
        made = [(design(limit), (limit,)) for limit in limits]
    for own, its_limits in made:
        program = _program(name, own)
        if program.most_matches > its_limits[0]:
            raise InputError(
                f"one run of designs[{name!r}] takes up to {program.most_matches:,} matches, but "
                f"matches is {its_limits[0]:,}; allow more or leave it out"
            )
        yield Contest.of(own, program, limits=its_limits, **options)


def _makes_designs(design: Any) -> bool:
    return callable(design) and not hasattr(design, "program")


def _program(name: str, design: Any) -> Program:
    if isinstance(design, type):
        raise InputError(
            f"designs[{name!r}] is the class {design.__name__}; make a design of it, such as "
            f"{design.__name__}(16)"
        )
    try:
        program = program_of(design)
    except InputError as error:
        raise InputError(f"designs[{name!r}]: {error}") from None
    if program.most_matches == 0:
        raise InputError(f"designs[{name!r}] has no matches")
    return program


def _common_size(contests: list[tuple[str, Contest]]) -> int:
    first_name, first = contests[0]
    n = first.program.n_items
    for name, contest in contests:
        if contest.program.n_items != n:
            raise InputError(
                f"designs must have as many items each, but {name!r} has "
                f"{contest.program.n_items} and {first_name!r} {n}"
            )
    return n


@dataclass(frozen=True, eq=False)
class _Team:
    executor: concurrent.futures.Executor | None
    threads: int

    def results(self, jobs: list[tuple[Any, ...]]) -> Iterator[Any]:
        """Of function(*arguments), in their order."""
        if self.executor is not None:
            yield from _results(self.executor, jobs)
        elif self.threads == 1 or len(jobs) == 1:
            yield from (function(*arguments) for function, *arguments in jobs)
        else:
            with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
                yield from _results(pool, jobs)


def _results(pool: concurrent.futures.Executor, jobs: list[tuple[Any, ...]]) -> Iterator[Any]:
    futures = [pool.submit(*job) for job in jobs]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:  # after an error or Ctrl-C nobody waits for the others
            future.cancel()


def _play(contest: Contest, truth: Truth, replicates: int, team: _Team) -> Outcome:
    n = contest.program.n_items
    cells = n * n if contest.rule == "bradley-terry" else n
    size = contest.limits[-1] + len(contest.limits) * cells
    step = min(max(BLOCK_SIZE // size, 1), MOST_IN_A_BLOCK)
    borders = [(at, min(at + step, replicates)) for at in range(0, replicates, step)]
    jobs = [(contest.play, truth.part(*border), border[0]) for border in borders]
    parts = list(team.results(jobs))
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=1)
        for name in ("score", "games", "runs", "used")
    }
    last_step = max(part.last_step for part in parts)
    if not last_step <= FIT_TOL:
        warnings.warn(
            f"a Bradley-Terry fit did not converge (last step {last_step:.1e} > tol {FIT_TOL:g}); "
            "a larger prior helps",
            ConvergenceWarning,
            stacklevel=3,
        )
    return Outcome(**joined, last_step=last_step)


def _design_columns(outcome: Outcome, at: int, found: Quality, top_k: int) -> dict[str, Any]:
    means = {
        "runs": outcome.runs[at],
        "matches_used": outcome.used[at],
        "best_wins": found.best_wins,
        "winner_rank": found.winner_rank,
        "kendall": found.kendall,
        "spearman": found.spearman,
        "recall": found.recall,
    }
    columns: dict[str, Any] = {}
    for name, values in means.items():
        columns[name], columns[f"{name}_error"] = map(np.atleast_1d, mean_and_error(values))
        if name in ("kendall", "spearman"):
            quantiles = zip(*quantiles_and_errors(values), strict=True)
            for share, (value, error) in zip(QUANTILES, quantiles, strict=True):
                label = f"{name}_{'median' if share == 0.5 else f'{100 * share:.0f}'}"
                columns[label], columns[f"{label}_error"] = np.array([value]), np.array([error])
    return columns | {"top_k": np.array([top_k])}


def _item_columns(outcome: Outcome, at: int, found: Quality, truth: Truth) -> dict[str, Any]:
    order = truth.order()
    matches, matches_error = mean_and_error(np.take_along_axis(outcome.games[at], order, axis=1))
    ranks = np.take_along_axis(found.rank, order, axis=1)
    rank, rank_error = mean_and_error(ranks)
    columns: dict[str, Any] = {"true_rank": np.arange(1, len(rank) + 1)}
    if truth.items is not None:
        columns["item"] = truth.items[order[0]]
    return columns | {
        "n_matches": matches,
        "n_matches_error": matches_error,
        "rank": rank,
        "rank_error": rank_error,
        "rank_spread": ranks.std(axis=0, ddof=1),
    }
