"""A user's comparator, whatever its kind: one at a time or in batches, plain or async."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from ..checks import shortened
from ..errors import InputError
from .presentation import Shown
from .settings import Settings

SHAPES = {
    "compare": "compare(x, y)",
    "compare_batch": "compare_batch(pairs)",
    "choose": "choose(items)",
    "rank": "rank(items)",
}


@dataclass(frozen=True)
class Comparator:
    """A function and how it is called.

    Attributes
    ----------
    name : {"compare", "compare_batch", "choose", "rank"}
    function : callable
    is_async : bool
    """

    name: str
    function: Callable[..., Any]
    is_async: bool

    @property
    def question(self) -> str:
        return "compare" if self.name == "compare_batch" else self.name

    @property
    def in_batches(self) -> bool:
        return self.name == "compare_batch"

    def call(self, shown: Sequence[tuple[Any, ...]]) -> Any:
        """What the function returns for these calls: one, unless it takes batches."""
        if self.in_batches:
            return self.function(list(shown))
        (items,) = shown
        return self.function(*items) if self.name == "compare" else self.function(list(items))

    def split(self, value: Any, size: int) -> list[Any]:
        """The answers to the calls, one each."""
        if not self.in_batches:
            return [value]
        if isinstance(value, (str, bytes, Mapping, Set)) or not isinstance(value, Iterable):
            raise InputError(
                f"compare_batch(pairs) returned {shortened(value)}; it must return a list with "
                "the score of the first item of each pair"
            )
        values = value.tolist() if hasattr(value, "tolist") else list(value)
        if len(values) != size:
            raise InputError(
                f"compare_batch(pairs) returned {len(values)} scores for {size} pairs; it must "
                "return one for each, None where there is no answer"
            )
        return values

    def found(self, settings: Settings, shown: Shown) -> str:
        """How a message about an answer begins."""
        return f"{SHAPES[self.name]} for {settings.named(shown)} returned"


def read_comparator(compare: Any, compare_batch: Any, choose: Any, rank: Any) -> Comparator:
    """The one that was given."""
    named = {"compare": compare, "compare_batch": compare_batch, "choose": choose, "rank": rank}
    given = {name: function for name, function in named.items() if function is not None}
    if len(given) != 1:
        found = " and ".join(given) if given else "none of them"
        raise InputError(
            f"give one of compare, compare_batch, choose and rank, but {found} "
            f"{'are' if given else 'is'} given"
        )
    ((name, function),) = given.items()
    if not callable(function):
        raise InputError(f"{name} must be a function, but is {shortened(function)}")
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004
    )
    return Comparator(name, function, is_async)


def refuse_awaitable(value: Any) -> None:
    """A plain function should return an answer, not the promise of one."""
    if not inspect.isawaitable(value):
        return
    if inspect.iscoroutine(value):
        value.close()
    raise InputError(
        "the comparator returned something to await, but is no async function itself; define it "
        "with async def"
    )
