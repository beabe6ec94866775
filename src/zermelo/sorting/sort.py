"""`sort` and `sort_async`: a whole sort with one call."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import os
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, Unpack

from ..errors import InputError
from .progress import Progress
from .result import SortResult
from .running import Begun

Deadline = float | datetime.datetime | datetime.timedelta
Failures = type[Exception] | Sequence[type[Exception]]


def sort(
    items: Any,
    compare: Callable[[Any, Any], Any] | None = None,
    *,
    compare_batch: Callable[[list[tuple[Any, Any]]], Any] | None = None,
    choose: Callable[[list[Any]], Any] | None = None,
    rank: Callable[[list[Any]], Any] | None = None,
    method: Any = "auto",
    top_k: int | None = None,
    presentation: str | None = None,
    initial: Any = None,
    known: Any = None,
    ids: Any = None,
    budget: float | None = None,
    cost: Callable[..., float] | None = None,
    deadline: Deadline | None = None,
    max_rounds: int | None = None,
    on_budget: str = "return",
    concurrency: int = 1,
    rate: float | None = None,
    retries: int = 3,
    retry_on: Failures = (OSError,),
    timeout: float | None = None,
    max_failures: float = 0.05,
    log: str | os.PathLike[str] | None = None,
    log_tag: str | None = None,
    seed: int = 0,
    progress: bool | Callable[[Progress], object] = False,
) -> SortResult:
    """Sort items, best first, with a comparator that is expensive, slow or noisy.

    Parameters
    ----------
    items : sequence
        What to sort, in an order that may be worth something: of two that tie the earlier one
        stays before the other.
    compare : function of x and y, optional
        Returns the score of `x`: 1 or True where it is better, 0 or False where `y` is, 0.5 for a
        tie, anything between for how sure; or an outcome label such as "left" or "tie"; or None
        where it abstains, which counts as a tie. One of the comparators must be given, plain or
        async.
    compare_batch : function of a list of pairs, optional
        Returns a list of such scores. It gets all pairs that can be asked at once.
    choose : function of a list of items, optional
        Returns the index of the best, or None.
    rank : function of a list of items, optional
        Returns all indices, best first, or None.
    method : str or method, default "auto"
        A name such as "merge", or an instance from `zermelo.sorting` such as ``Sliding(passes=3)``.
        The result's `reason` says what "auto" chose, and why.
    top_k : int, optional
        How many places are wanted. None: all.
    presentation : {"both", "single", "random", "escalate"}, optional
        "both" asks each pair in both orders, and a win is what both orders say; "single" shows the
        item first that stood first initially; "random" draws the order by lot, from `seed`;
        "escalate" asks the second order only where the first is within 0.25 of a tie, and lets the
        mean decide. None: "both" for pairs; "single" for lists, which know "random" besides.
    initial : sequence of int or of float, optional
        The initial order, where it is not that of `items`: positions, best first, or scores,
        higher better.
    known : Comparisons or sequence of (x, y, score of x), optional
        Answers that cost nothing. Items go by their ids, or by themselves if they are different
        str or whole numbers, else by their positions.
    ids : sequence of str or int, optional
        Who the items are, for logs and comparisons, where they are dicts, say, or not all
        different.
    budget : int or float, optional
        The most calls, or with `cost` the most of what they cost. Calls are reserved before they
        are sent, and answers in the log count.
    cost : function of the items shown, optional
        What a call costs, in the unit of `budget`.
    deadline : float, timedelta or datetime, optional
        Seconds from now, or a moment, after which nothing is sent. Answers under way are waited
        for, since they are paid; `timeout` bounds that.
    max_rounds : int, optional
        The most calls in a row each of which needs the answer before it, for methods that trade
        calls for rounds: "quickselect", "adaptive" and "allpair"; others refuse it.
    on_budget : {"return", "raise"}, default "return"
        Where budget or deadline end the sort: return the order so far, with `complete` False, or
        raise `BudgetError`, which has it as `result`.
    concurrency : int, default 1
        Calls at the same time, in threads or as async tasks. There are no rounds to wait for: what
        an answer makes possible goes out at once.
    rate : float, optional
        The most calls a second, retries included; a batch is one call.
    retries : int, default 3
        How often a call that failed is tried again, after 0.5, 1, 2 ... 30 seconds.
    retry_on : tuple of exception classes, default (OSError,)
        What counts as a failure. Among the OSErrors are ConnectionError, TimeoutError and what
        urllib and requests raise; name those of openai or httpx. Others end the sort: nothing more
        is sent, and with `log` the answers under way are waited for and kept.
    timeout : float, optional
        Seconds after which a call has failed.
    max_failures : float, default 0.05
        The share of calls that may fail, for all retries; each counts as a tie in this run and is
        asked again by a run with the same log. More raise `ComparatorError`. Two are let pass
        before the share counts, unless it is 0.
    log : path, optional
        A file of JSON lines with every answer. A run that was killed takes up where it was, and
        pays for nothing twice. It is locked while the sort runs.
    log_tag : str, optional
        What the answers depend on besides: model and prompt, say. A log with another tag is
        refused, as one of other items, method, presentation or seed is.
    seed : int, default 0
        Of what is drawn by lot.
    progress : bool or function of a Progress, default False
        True: a line on the terminal.

    Returns
    -------
    SortResult

    Raises
    ------
    InputError
        An argument cannot be used, or a comparator returned what is no answer.
    ComparatorError
        Too many calls failed.
    BudgetError
        With ``on_budget="raise"``.

    Examples
    --------
    >>> import zermelo as zm
    >>> result = zm.sort(["pear", "fig", "banana"], lambda x, y: len(x) > len(y), method="merge")
    >>> result.ranked, result.n_calls
    (['banana', 'pear', 'fig'], 6)
    """
    begun = Begun(dict(locals()), can_cancel=False)
    if begun.comparator.is_async:
        _refuse_running_loop()
        return asyncio.run(begun.run_async())
    return begun.run()


class SortArguments(TypedDict, total=False):
    """The keyword arguments of `sort`, for those who check types."""

    compare_batch: Callable[[list[tuple[Any, Any]]], Any] | None
    choose: Callable[[list[Any]], Any] | None
    rank: Callable[[list[Any]], Any] | None
    method: Any
    top_k: int | None
    presentation: str | None
    initial: Any
    known: Any
    ids: Any
    budget: float | None
    cost: Callable[..., float] | None
    deadline: Deadline | None
    max_rounds: int | None
    on_budget: str
    concurrency: int
    rate: float | None
    retries: int
    retry_on: Failures
    timeout: float | None
    max_failures: float
    log: str | os.PathLike[str] | None
    log_tag: str | None
    seed: int
    progress: bool | Callable[[Progress], object]


async def sort_async(
    items: Any,
    compare: Callable[[Any, Any], Any] | None = None,
    **arguments: Unpack[SortArguments],
) -> SortResult:
    """As `sort`, in an event loop that runs already: notebooks and servers.

    Plain comparators run in threads, so that the loop goes on.

    Parameters
    ----------
    items, compare, **arguments
        As those of `sort`.

    Returns
    -------
    SortResult

    Examples
    --------
    >>> import asyncio
    >>> import zermelo as zm
    >>> async def longer(x, y):
    ...     return len(x) > len(y)
    >>> async def main():
    ...     return await zm.sort_async(["pear", "fig", "banana"], longer, method="merge")
    >>> asyncio.run(main()).ranked
    ['banana', 'pear', 'fig']
    """
    bound = inspect.signature(sort).bind(items, compare, **arguments)
    bound.apply_defaults()
    begun = Begun(bound.arguments, can_cancel=True)
    if begun.comparator.is_async:
        return await begun.run_async()
    try:
        return await asyncio.to_thread(begun.run)
    except asyncio.CancelledError:
        begun.cancel()
        raise


# What help() and editors show: the arguments are those of `sort`.
sort_async.__signature__ = inspect.signature(sort)  # type: ignore[attr-defined]


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise InputError(
        "zm.sort cannot await an async comparator here, where an event loop is running; use "
        "await zm.sort_async(...) with the same arguments"
    )
