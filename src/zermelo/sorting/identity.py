"""Who the items are: labels for logs and comparisons, and a fingerprint of them all."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..checks import shortened
from ..errors import InputError

MOST, LEAST = (1 << 63) - 1, -(1 << 63)


@dataclass(frozen=True, eq=False)
class Identity:
    """Labels of the items in the order of the input.

    Attributes
    ----------
    items : list
    ids : list of str, or of int, or None
    """

    items: list[Any]
    ids: list[Any] | None

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def _named(self) -> tuple[list[Any], str]:
        if self.ids is not None:
            return self.ids, "ids"
        labels = _as_labels(self.items)
        if labels is not None and len(set(labels)) == len(labels):
            return labels, "items"
        return list(range(len(self.items))), "positions"

    @property
    def labels(self) -> list[Any]:
        """The ids; without them the items where they can be labels; else their positions."""
        return self._named[0]

    @property
    def origin(self) -> str:
        """What the labels are: "ids", "items" or "positions"."""
        return self._named[1]

    @cached_property
    def place(self) -> dict[Any, int]:
        """The position of each label."""
        return {label: position for position, label in enumerate(self.labels)}

    @cached_property
    def fingerprint(self) -> str:
        """The same in every run with the same items in the same order, else another."""
        digest = hashlib.sha256()
        if self.origin == "positions":
            for position, item in enumerate(self.items):
                digest.update(hashlib.sha256(_content(item, position)).digest())
        else:
            for label in self.labels:
                digest.update(json.dumps(label).encode() + b"\n")
        return digest.hexdigest()

    @cached_property
    def array(self) -> np.ndarray[Any, Any]:
        """The labels as `Comparisons` keeps them."""
        kind = object if any(isinstance(label, str) for label in self.labels[:1]) else np.int64
        return np.array(self.labels, kind)


def read_items(items: Any, ids: Any = None) -> Identity:
    """Items and who they are; `ids` names them where they cannot do so themselves."""
    listed = list_items("items", items)
    return Identity(listed, None if ids is None else _read_ids(ids, len(listed)))


def list_items(argument: str, items: Any) -> list[Any]:
    """What was given in an order that means something, one by one."""
    found = f"{argument} must be a list of items, but is {_a(type(items).__name__)}"
    if isinstance(items, (str, bytes, Mapping, Set)) or not isinstance(items, Iterable):
        helps = (
            "; pass list(d.values()), and ids= for the keys" if isinstance(items, Mapping) else ""
        )
        raise InputError(f"{found}{helps}")
    if hasattr(items, "columns"):
        raise InputError(f"{found} with columns; pass one of them, or a list with a dict a row")
    return list(items)


def _read_ids(ids: Any, n: int) -> list[Any]:
    if isinstance(ids, (str, bytes, Mapping, Set)) or not isinstance(ids, Iterable):
        raise InputError(f"ids must be a list with an id an item, but is {shortened(ids)}")
    listed = list(ids)
    if len(listed) != n:
        raise InputError(f"Length of ids ({len(listed)}) must match length of items ({n})")
    labels = _as_labels(listed)
    if labels is None:
        for position, label in enumerate(listed):
            if _as_labels([label]) is None:
                raise InputError(
                    f"ids[{position}] is {shortened(label)}; ids must be str or whole numbers"
                )
        raise InputError("ids must be all str or all whole numbers, but are of both kinds")
    first: dict[Any, int] = {}
    for position, label in enumerate(labels):
        before = first.setdefault(label, position)
        if before != position:
            raise InputError(
                f"ids[{position}] is {label!r}, which ids[{before}] is too; ids must be different"
            )
    return labels


def _as_labels(values: Sequence[Any]) -> list[Any] | None:
    """The values as plain str, or plain int of 64 bits, or None where they are neither."""
    if all(isinstance(value, str) for value in values):
        return [str(value) for value in values]
    for value in values:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            return None
        if not LEAST <= value <= MOST:
            return None
    return [int(value) for value in values]


def _content(item: Any, position: int) -> bytes:
    """Bytes that another run with an equal item makes too."""
    try:
        return json.dumps(item, sort_keys=True).encode()
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        # An address in a repr, or an object's default pickle, would pass for content: only what
        # has a value is hashed, and pickle keeps values bit by bit.
        if isinstance(item, (bytes, np.ndarray, np.generic)) or _has_value(type(item)):
            return pickle.dumps(item, protocol=4)
    except Exception as error:
        raise _unknown(item, position) from error
    raise _unknown(item, position)


def _has_value(kind: type) -> bool:
    """Whether equal contents make equal objects: the class says what equality is."""
    return any("__eq__" in parent.__dict__ for parent in kind.__mro__[:-1])


def _unknown(item: Any, position: int) -> InputError:
    return InputError(
        f"items[{position}] is {_a(type(item).__name__)}, which another run cannot recognise by "
        "its content: pass ids=, a str or whole number an item"
    )


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
