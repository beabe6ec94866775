"""New items put into an order that stands already."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from ..checks import whole
from ..errors import InputError
from .identity import list_items
from .methods import Method
from .progress import Progress
from .result import SortResult
from .sort import Deadline, Failures, sort


@dataclass(frozen=True)
class Insert(Method):
    """Binary insertion of new items into an order that stands already, all of them at once.

    What `insert` uses; in `sort` and `Sorter` it is for those who have the items in one list.

    Parameters
    ----------
    n_ranked : int
        So many items at the front of the initial order are in order, and not compared with each
        other; the others are new.

    Notes
    -----
    Each of m new items is compared with about log2(n_ranked + 1) of the ranked ones; the searches
    run side by side, in as many rounds. New items that fall into one gap are then merge-sorted
    there. Where fewer than `n_ranked` places are wanted, a new item must first beat the holder of
    the last of them: most do not, and have cost one pair.

    For a consistent comparator and a right order of the ranked items the first `top_k` places are
    exact. Under noise an item may fall into a wrong gap, from which later answers do not bring it
    back; the ranked items keep their order whatever is said. Stopped early, new items stand in the
    middle of where they can be, and those that were not compared yet at the end.

    Examples
    --------
    >>> import zermelo as zm
    >>> method = zm.sorting.Insert(3)
    >>> zm.sort(["a", "c", "e", "d", "b"], lambda x, y: x < y, method=method).ranked
    ['a', 'b', 'c', 'd', 'e']
    """

    n_ranked: int
    name: ClassVar[str] = "insert"

    def __post_init__(self) -> None:
        whole("n_ranked", self.n_ranked, 0, "a whole number of at least 0")

    def options(self, n: int, top_k: int) -> dict[str, int]:
        if self.n_ranked > n:
            raise InputError(
                f"n_ranked must be at most {n:,}, the number of items, but is {self.n_ranked:,}"
            )
        return {"n_ranked": int(self.n_ranked)}

    def promises(self, n: int, top_k: int) -> int:
        return top_k


def insert(
    new: Any,
    ranked: Any,
    compare: Callable[[Any, Any], Any] | None = None,
    *,
    compare_batch: Callable[[list[tuple[Any, Any]]], Any] | None = None,
    top_k: int | None = None,
    presentation: str | None = None,
    known: Any = None,
    ids: Any = None,
    budget: float | None = None,
    cost: Callable[..., float] | None = None,
    deadline: Deadline | None = None,
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
    """Put new items into a list that is sorted already, without sorting it again.

    Each new item is compared with about log2(n) of the ranked ones, all new ones side by side; only
    those that fall into the same gap are compared with each other.

    Parameters
    ----------
    new : sequence
        In an order that may be worth something: of two that tie the earlier one stays before the
        other.
    ranked : sequence
        In order, best first. They keep this order; of a new item and a ranked one that tie, the
        ranked one stands first.
    compare : function of x and y
        As for `sort`, as are all other arguments.
    top_k : int, optional
        How many places are wanted. Fewer than there are ranked items make most new ones cheap: who
        does not beat the holder of the last wanted place is not compared any further, and stays at
        the end.
    ids : sequence of str or int, optional
        Of the ranked items, then of the new ones.

    Returns
    -------
    SortResult
        Positions in its `order` count the ranked items first, then the new ones.

    Raises
    ------
    InputError, ComparatorError, BudgetError
        As in `sort`.

    Notes
    -----
    In a running event loop use ``await zm.sort_async([*ranked, *new], compare,
    method=zm.sorting.Insert(len(ranked)))``, which is the same.

    Examples
    --------
    >>> import zermelo as zm
    >>> result = zm.insert(["d", "b"], ["a", "c", "e"], lambda x, y: x < y)
    >>> result.ranked, result.n_pairs
    (['a', 'b', 'c', 'd', 'e'], 4)
    """
    old, added = list_items("ranked", ranked), list_items("new", new)
    return sort(
        [*old, *added],
        compare,
        compare_batch=compare_batch,
        method=Insert(len(old)),
        top_k=top_k,
        presentation=presentation,
        known=known,
        ids=ids,
        budget=budget,
        cost=cost,
        deadline=deadline,
        on_budget=on_budget,
        concurrency=concurrency,
        rate=rate,
        retries=retries,
        retry_on=retry_on,
        timeout=timeout,
        max_failures=max_failures,
        log=log,
        log_tag=log_tag,
        seed=seed,
        progress=progress,
    )
