"""The sorting methods by name."""

from __future__ import annotations

from typing import Any

from ..checks import shortened
from ..errors import InputError
from .list_methods import Listwise, SetwiseBubble, SetwiseHeap, TourRank
from .method import Method
from .pair_methods import (
    Adaptive,
    AllPair,
    FordJohnson,
    HeapSort,
    Insertion,
    Knockout,
    Merge,
    QuickSelect,
    Sliding,
)

__all__ = [
    "METHODS",
    "Adaptive",
    "AllPair",
    "FordJohnson",
    "HeapSort",
    "Insertion",
    "Knockout",
    "Listwise",
    "Merge",
    "Method",
    "QuickSelect",
    "SetwiseBubble",
    "SetwiseHeap",
    "Sliding",
    "TourRank",
    "method_of",
]

METHODS: dict[str, type[Method]] = {
    method.name: method
    for method in (
        AllPair,
        HeapSort,
        Sliding,
        Merge,
        Insertion,
        FordJohnson,
        QuickSelect,
        Knockout,
        Adaptive,
        SetwiseHeap,
        SetwiseBubble,
        Listwise,
        TourRank,
    )
}


def method_of(method: Any) -> Method:
    """A method by its name, with its defaults, or as it is.

    Raises
    ------
    InputError
        There is no such method.

    Examples
    --------
    >>> from zermelo.sorting.methods import Sliding, method_of
    >>> method_of("listwise")
    Listwise(window=20, step=10, passes=None)
    >>> method_of(Sliding(passes=3)).promises(100, 10)
    3
    """
    if isinstance(method, Method):
        return method
    if isinstance(method, str) and method in METHODS:
        return METHODS[method]()
    if isinstance(method, type) and issubclass(method, Method):
        found = f"the class {method.__name__} itself: call it"
    else:
        found = shortened(method)
    names = ", ".join(repr(name) for name in ("auto", *METHODS))
    raise InputError(
        f"method must be one of {names}, or an instance such as zm.sorting.Sliding(passes=3), but "
        f"is {found}"
    )
