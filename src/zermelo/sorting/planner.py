"""Sorts planned by simulation: which method, how good, at what cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import choice, finite, positive, shortened, whole
from ..errors import InputError
from ..rank_metrics import kendall, ndcg, tau_ap, top_k_overlap
from ..tournament.ranking_quality import mean_and_error
from .auto import choose_method
from .initial_orders import draw_qualities, gains_of, read_grades, read_initial, usual_gap
from .judges import PairJudge
from .method import MOST
from .methods import Method, method_of
from .plan import QUALITIES, SortPlan
from .settings import KEEP_ROUNDS

Real = NDArray[np.float64]

PRESENTATIONS = ("both", "single", "random", "escalate")
MOST_SEED = (1 << 64) - 1
MOST_CALLS = 1 << 53  # whole as a float
# Items, times replicates and budgets, that are in memory at once.
BLOCK_SIZE = 1 << 23
USUAL = ("auto", "adaptive", "quickselect", "merge", "sliding", "heapsort", "allpair")
# All pairs are planned unasked only where there are no more items.
MOST_ALL_PAIRS = 300
# A usual simulation asks for so many pairs of all methods, as far as replicates go.
USUAL_WORK = 20_000_000
LEAST_REPLICATES, USUAL_REPLICATES = 50, 500


def plan_sort(
    n: int,
    *,
    top_k: int | None = None,
    methods: Sequence[str | Method] | Mapping[str, str | Method] | None = None,
    judge: Any = None,
    validity: float = 1.0,
    initial: str | float | None = None,
    initial_ndcg: float | None = None,
    grades: Sequence[float] | None = None,
    ndcg_at: int | None = None,
    presentation: str = "both",
    budgets: int | Sequence[int] | None = None,
    concurrency: int = 1,
    seconds_per_call: float | None = None,
    price_per_call: float | None = None,
    max_rounds: int | None = None,
    replicates: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    backend: str | None = None,
) -> SortPlan:
    """How well each method would sort, and what it would cost, by simulation.

    In every replicate items have true qualities, drawn from a normal distribution; they stand in an
    initial order that is related to them as said; a simulated judge is asked by each method. All
    methods meet the same items and the same judge, who answers the same about the same pair.

    Parameters
    ----------
    n : int
        How many items, at least 2.
    top_k : int, optional
        How many of the best are wanted in order. None: all.
    methods : list of names or methods, or dict of name to method, optional
        As for ``method=`` of `sort`, such as ``["merge", zm.sorting.Sliding(passes=3)]``. None: the
        usual ones. Those that ask for the best or the order of a list are simulated as a judge who
        compares all its pairs once.
    judge : PairJudge or zm.judges.Noisy, optional
        How often it errs, and contradicts itself when the order of a pair is turned. None:
        ``PairJudge()``, whose figures are those of a language model.
    validity : float, default 1
        Correlation of what the judge takes for the quality with the true one, above 0 and up to 1.
        Errors of the judge average out where more is asked; an opinion of its own does not.
    initial : "random", "reversed" or float, optional
        How good the initial order is: Kendall's correlation with the truth, from -1 to 1. None:
        random, unless there is an `initial_ndcg`.
    initial_ndcg : float, optional
        How good the initial order is: its mean nDCG@k, such as 0.5 of a first retrieval.
    grades : sequence of n numbers, optional
        What items are worth to nDCG, with linear gain; the truly best item has the highest. None:
        3 for the best 5%, 2 for the next 10%, 1 for the next 15%, else 0.
    ndcg_at : int, optional
        How many places nDCG counts. None: `top_k`, or 10 where all are wanted.
    presentation : {"both", "single", "random", "escalate"}, default "both"
        As for `sort`. A simulated judge is never in doubt, so that "escalate" is "single".
    budgets : int or list of int, optional
        Calls after which every method is stopped: further rows, for the order it has by then.
    concurrency : int, default 1
        How many calls are made at a time.
    seconds_per_call, price_per_call : float, optional
        What a call takes and costs, whatever is shown in it.
    max_rounds : int, optional
        As for `sort`. Methods that keep to no number of rounds are planned all the same, for
        comparison; `notes` names them.
    replicates : int, optional
        At least 2. None: up to 500, fewer where there are many pairs to ask.
    seed : int, default 0
        Replicate r is the same whatever the number of replicates or threads.
    threads : int, optional
        None: what the machine allows. Results do not depend on it.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is. Both give the same, to the last bit.

    Returns
    -------
    SortPlan
        `to_frame()` has all figures, `best` names a method, ``print(plan)`` shows a table.

    Raises
    ------
    InputError
        An argument cannot be used.

    Notes
    -----
    Of kendall, tau_ap and recall (the share of the truly best `top_k` that are among the first) the
    truth is the order of the qualities. A sort takes max(rounds, calls / concurrency) times the
    seconds of a call. Under "single" and "random" a judge who contradicts itself is right half of
    the time, whoever stood first: a liking for the first shown helps in a good initial order, and
    harms in a bad one, more than is said here.

    Examples
    --------
    >>> import zermelo as zm
    >>> plan = zm.plan_sort(
    ...     50, top_k=10, methods=["merge", "heapsort"], replicates=100, price_per_call=0.001
    ... )
    >>> plan
    SortPlan(50 items, the best 10, 2 methods, 100 replicates)
    >>> [name for name in plan.columns if not name.endswith("_error")]
    ['method', 'budget', 'ndcg', 'kendall', 'tau_ap', 'recall', 'pairs', 'calls', 'rounds', 'price']
    """
    n = whole("n", n, 2, "a whole number of at least 2")
    kept = n if top_k is None else whole("top_k", top_k, 1, f"a whole number from 1 to {n:,}")
    if kept > n:
        raise InputError(f"top_k must be at most {n:,}, the number of items, but is {top_k:,}")
    if ndcg_at is None:
        depth = min(10, n) if top_k is None else kept
    else:
        depth = min(whole("ndcg_at", ndcg_at, 1, "a positive whole number"), n)
    choice("presentation", presentation, PRESENTATIONS)
    seed = whole("seed", seed, 0, rule := "a whole number from 0 to 2^64 - 1")
    if seed > MOST_SEED:
        raise InputError(f"seed must be {rule}, but is {seed}")
    concurrency = whole("concurrency", concurrency, 1, "a positive whole number")
    if max_rounds is not None:
        max_rounds = whole("max_rounds", max_rounds, 1, "positive or None")
    rates = {}
    for name, rate in (("seconds", seconds_per_call), ("price", price_per_call)):
        if rate is not None:
            rates[name] = positive(f"{name}_per_call", rate)
    limits = _budgets(budgets)
    model = PairJudge.of(judge)
    valid = finite("validity", validity, rule := "a number above 0 and up to 1")
    if not 0 < valid <= 1:
        raise InputError(f"validity must be {rule}, but is {validity!r}")
    worth = read_grades(grades, n)
    correlation = read_initial(initial, initial_ndcg, n, worth, depth, seed)
    named, notes = _named(methods, n, kept, concurrency, presentation, max_rounds)
    if replicates is None:
        count = _usual_replicates(n, len(named))
    else:
        count = whole("replicates", replicates, 2, "a whole number of at least 2")
    setting = _Setting(
        n,
        kept,
        depth,
        min(max_rounds or 0, MOST),
        model,
        presentation,
        limits,
        concurrency,
        rates,
        seed,
        threads,
    )
    start, rows = setting.run(list(named.values()), worth, (correlation, valid), count, backend)
    methods_and_limits = [(name, limit) for name in named for limit in (*limits, math.inf)]
    columns: dict[str, NDArray[Any]] = {
        "method": np.array([name for name, _ in methods_and_limits], object),
        "budget": np.array([limit for _, limit in methods_and_limits], np.float64),
        **rows,
    }
    return SortPlan(columns, start, n, kept, depth, count, presentation, model, tuple(notes))


@dataclass(frozen=True)
class _Setting:
    """What is the same for all methods."""

    n: int
    top_k: int
    ndcg_at: int
    max_rounds: int
    judge: PairJudge
    presentation: str
    budgets: tuple[int, ...]
    concurrency: int
    rates: Mapping[str, float]
    seed: int
    threads: int | None

    def run(
        self,
        methods: Sequence[Method],
        grades: Real,
        correlations: tuple[float, float],
        replicates: int,
        backend: str | None,
    ) -> tuple[dict[str, float], dict[str, Real]]:
        """Measures of the initial order, and columns of means and errors, a row a method."""
        kernel = resolve(backend).simulate_sorts
        ends = len(self.budgets) + 1
        block = max(BLOCK_SIZE // (self.n * ends), 1)
        parts: list[dict[str, Real]] = []
        starts: list[dict[str, Real]] = []
        first = 0
        for quality, seen in draw_qualities(self.n, replicates, block, *correlations, self.seed):
            gains = gains_of(quality, grades)
            here = np.arange(self.n)[None, :].repeat(len(quality), axis=0)
            starts.append(self._qualities(here, quality, gains))
            found = [
                self._measured(kernel, method, quality, seen, gains, first) for method in methods
            ]
            parts.append({name: np.hstack([part[name] for part in found]) for name in found[0]})
            first += len(quality)
        start = {
            name: float(np.concatenate([part[name] for part in starts]).mean())
            for name in QUALITIES
        }
        columns: dict[str, Real] = {}
        for name in parts[0]:
            values = np.concatenate([part[name] for part in parts])
            columns[name], columns[f"{name}_error"] = mean_and_error(values)
        return start, columns

    def _qualities(self, orders: NDArray[Any], quality: Real, gains: Real) -> dict[str, Real]:
        scores = np.empty(orders.shape, np.int32)
        np.put_along_axis(scores, orders, np.arange(self.n, 0, -1, dtype=np.int32)[None, :], 1)
        return {
            "ndcg": ndcg(orders, gains, self.ndcg_at),
            "kendall": kendall(scores, quality),
            "tau_ap": tau_ap(scores, quality),
            "recall": top_k_overlap(scores, quality, self.top_k),
        }

    def _measured(
        self, kernel: Any, method: Method, quality: Real, seen: Real, gains: Real, first: int
    ) -> dict[str, Real]:
        """Every measure of one method, a row a replicate and a column a budget."""
        presentation = self.presentation if method.question == "compare" else "single"
        gap = usual_gap(self.judge.close)
        wrong, split, wrong_close, split_close = self.judge.thresholds()
        orders, pairs, calls, _, rounds, _ = kernel(
            method.name,
            self.n,
            self.top_k,
            self.max_rounds,
            method.options(self.n, self.top_k),
            seen,
            wrong,
            split,
            gap,
            wrong_close,
            split_close,
            presentation,
            np.array(self.budgets, np.int64),
            self.seed,
            first,
            resolve_threads(self.threads, len(quality) * self.n * 8),
        )
        by_end = [self._qualities(orders[:, end], quality, gains) for end in range(orders.shape[1])]
        found = {name: np.stack([part[name] for part in by_end], axis=1) for name in QUALITIES}
        each = 2 if presentation == "both" else 1
        whole_calls = calls[:, None].astype(np.float64)
        finished = whole_calls <= np.array([*self.budgets, np.inf])
        # A pair is only asked where the budget has room for all calls that it takes.
        room = np.array([limit // each * each for limit in self.budgets] + [0])
        used = np.where(finished, whole_calls, room)
        found["pairs"] = np.where(finished, pairs[:, None], used / each)
        found["calls"] = used
        # How deep a method was when a budget stopped it is not simulated.
        depth = np.where(finished, rounds[:, None], np.nan)
        found["rounds"] = depth
        if "seconds" in self.rates:
            busy = used / self.concurrency
            waits = busy if self.concurrency == 1 else np.maximum(depth, busy)
            found["seconds"] = waits * self.rates["seconds"]
        if "price" in self.rates:
            found["price"] = used * self.rates["price"]
        return found


def _budgets(budgets: Any) -> tuple[int, ...]:
    if budgets is None:
        return ()
    rule = "a positive whole number of calls, at most 2^53, or a list of them"
    listed = budgets.tolist() if isinstance(budgets, np.ndarray) else budgets
    if not isinstance(listed, (list, tuple, range)):
        named = {"budgets": listed}
    else:
        named = {f"budgets[{at}]": limit for at, limit in enumerate(listed)}
    limits = {name: whole(name, limit, 1, rule) for name, limit in named.items()}
    for name, limit in limits.items():
        if limit > MOST_CALLS:
            raise InputError(f"{name} must be {rule}, but is {shortened(limit)}")
    return tuple(sorted(set(limits.values())))


def _named(
    methods: Any,
    n: int,
    top_k: int,
    concurrency: int,
    presentation: str,
    max_rounds: int | None,
) -> tuple[dict[str, Method], list[str]]:
    """Methods by the names that their rows have, and what is to be said of them."""
    notes: list[str] = []
    if methods is None:
        usual = [name for name in USUAL if name != "allpair" or n <= MOST_ALL_PAIRS]
        pairs: Iterator[tuple[str | None, Any]] = ((None, name) for name in usual)
    elif isinstance(methods, Mapping):
        pairs = iter(methods.items())
    elif isinstance(methods, (list, tuple)):
        pairs = ((None, method) for method in methods)
    else:
        raise InputError(
            "methods must be a list of names or methods, or a dict of name to method, but is "
            f"{shortened(methods)}"
        )
    named: dict[str, Method] = {}
    for given, method in pairs:
        name = given if given is not None else method if isinstance(method, str) else repr(method)
        if not isinstance(name, str):
            raise InputError(f"the names of methods must be text, but one is {name!r}")
        if name in named:
            raise InputError(f"methods has {name} twice; give a dict of name to method")
        if isinstance(method, str) and method == "auto":
            named[name], reason = choose_method(
                n,
                top_k,
                concurrency=concurrency,
                presentation=presentation,
                question="compare",
                max_rounds=max_rounds,
            )
            notes.append(f"auto: {reason}")
        else:
            named[name] = method_of(method)
    if methods is None:
        # What auto chose needs no second row.
        named = {
            name: method
            for name, method in named.items()
            if name == "auto" or method != named["auto"]
        }
    if not named:
        raise InputError("methods is empty")
    if max_rounds is not None:
        free = [name for name, method in named.items() if method.name not in KEEP_ROUNDS]
        if free:
            notes.append(f"max_rounds does not bind {', '.join(free)}, which `sort` would refuse")
    return named, notes


def _usual_replicates(n: int, methods: int) -> int:
    pairs = 4 * n * max(math.log2(n), 1.0) * methods
    return int(min(max(USUAL_WORK / pairs, LEAST_REPLICATES), USUAL_REPLICATES))
