"""Whether the maximum-likelihood estimate exists, and what to rate where it does not.

Zermelo (1929) and Ford (1957): it exists exactly where no part of the items never lost to the
rest, that is, where the "beats" graph is strongly connected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..errors import DisconnectedError, SeparationError
from .graph import Graph
from .partial_order import PartialOrder, beats_between

ComponentRule = Literal["error", "largest", "separate"]

NEVER_COMPARED = "never compared with the rated items"
NEVER_LOST = "never lost to the rated items"
NEVER_WON = "never won against the rated items"


@dataclass(frozen=True, eq=False)
class Components:
    """Connected and strongly connected components, numbered by their first item."""

    strong: NDArray[np.int32]
    weak: NDArray[np.int32]
    n_strong: int
    n_weak: int

    @classmethod
    def find(cls, graph: Graph, linked: NDArray[np.bool_], backend: Backend) -> Components:
        """`linked` items have known abilities and count as one component."""
        return cls(*backend.components(*graph.arrays, linked.astype(np.uint8)))

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        return np.bincount(self.strong, minlength=self.n_strong)


def raise_for(items: NDArray[Any], graph: Graph, found: Components, note: str) -> None:
    """Raise the error that says why there is no maximum, and what helps.

    `note` says which comparisons do not count, where some do not.
    """
    helps = (
        'Use prior > 0, components="largest" (rate the largest component) or '
        'components="separate" (rate each on its own scale)'
    )
    if found.n_weak > 1:
        sizes = np.bincount(found.weak)
        first = int(np.argmax(sizes))
        other = int(np.argmax(np.where(np.arange(len(sizes)) == first, 0, sizes)))
        raise DisconnectedError(
            f"The comparison graph is not connected ({found.n_weak} components: "
            f"{named(items, found.weak == first)} and {named(items, found.weak == other)} were "
            f"never compared, not even through other items{note}): the maximum-likelihood estimate "
            f"does not exist. {helps}"
        )
    pairs = beats_between(graph, found.strong)
    beaten = np.zeros(found.n_strong, bool)
    beaten[pairs[:, 1]] = True
    # In a graph in one piece some component was never beaten; the rest stands below it.
    top = found.strong == int(np.flatnonzero(~beaten)[0])
    raise SeparationError(
        f"The comparison graph is not strongly connected ({found.n_strong} components: "
        f"{named(items, top)} never lost to {named(items, ~top)}): the maximum-likelihood "
        f"estimate does not exist. {helps}"
    )


def named(items: NDArray[Any], mask: NDArray[np.bool_]) -> str:
    """The first items of the mask, and how many more there are."""
    members = items[mask]
    shown = ", ".join(repr(label) for label in members[:3].tolist())
    more = len(members) - 3
    return f"{shown} and {more:,} more" if more > 0 else shown


def raise_for_single_items(found: Components) -> None:
    raise SeparationError(
        f"Even the largest of the {found.n_strong} strongly connected components is a single item, "
        'so that no two items can be rated together. Use prior > 0, or components="separate"'
    )


def largest_component(found: Components, linked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The items to rate: the largest component, or the one whose abilities are partly known."""
    if linked.any():
        chosen = int(found.strong[int(np.flatnonzero(linked)[0])])
    else:
        chosen = int(np.argmax(found.sizes))
    mask: NDArray[np.bool_] = found.strong == chosen
    return mask


def reasons(
    items: NDArray[Any], graph: Graph, found: Components, rated: NDArray[np.bool_]
) -> dict[Any, str]:
    """Why each item outside `rated` is not rated.

    An item above the rated ones in the partial order never lost to them, not even through others;
    one below never won. What lies neither above nor below was never compared with them.
    """
    if rated.all():
        return {}
    order = PartialOrder(beats_between(graph, found.strong), found.n_strong)
    chosen = int(found.strong[int(np.flatnonzero(rated)[0])])
    above = order.above(chosen)
    below = order.below(chosen)
    out = {}
    for place in np.flatnonzero(~rated).tolist():
        component = int(found.strong[place])
        label = items[place]
        label = label.item() if isinstance(label, np.generic) else label
        if component in above:
            out[label] = NEVER_LOST
        elif component in below:
            out[label] = NEVER_WON
        else:
            out[label] = NEVER_COMPARED
    return out
