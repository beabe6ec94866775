"""What a fit estimates: the items rated, the pairs used, and the groups without a fixed scale."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .existence import (
    ComponentRule,
    Components,
    largest_component,
    raise_for,
    raise_for_single_items,
    reasons,
)
from .graph import Graph
from .model import alone_in


@dataclass(frozen=True, eq=False)
class Plan:
    """Each group of `floating` has a scale of its own (-1: the scale is fixed, or none)."""

    graph: Graph
    rated: NDArray[np.bool_]
    component: NDArray[np.int32]
    floating: NDArray[np.int32]
    unrated: dict[Any, str]


def make_plan(
    items: NDArray[Any],
    graph: Graph,
    held: NDArray[np.bool_],
    prior: float,
    rule: ComponentRule,
    note: str,
    backend: Backend,
    *,
    bias_reduced: bool,
) -> Plan:
    n = graph.n_items
    everyone, nobody = np.ones(n, bool), np.full(n, -1, np.int32)
    together = np.zeros(n, np.int32)
    found = Components.find(graph, held, backend)
    if bias_reduced:
        # The penalty keeps abilities finite wherever items met, whoever won.
        found = Components(found.weak, found.weak, found.n_weak, found.n_weak)
    if prior > 0:
        if found.n_weak > 1:
            warnings.warn(
                f"The comparison graph is not connected ({found.n_weak} components); differences "
                "between them rest on the prior alone",
                UserWarning,
                stacklevel=3,
            )
        return Plan(graph, everyone, together, nobody, {})
    if found.n_strong == 1:
        return Plan(graph, everyone, together, nobody if held.any() else together, {})
    if rule == "error":
        raise_for(items, graph, found, note)
    if rule == "largest":
        rated = largest_component(found, held)
        floating = np.where(rated & (rated.sum() > 1), 0, -1).astype(np.int32)
        if int(rated.sum()) == 1 and not held.any():
            raise_for_single_items(found)
        # Each unrated item is a component by itself: none of its pairs is used.
        component = np.cumsum(~rated, dtype=np.int32)
        component[rated] = 0
        inside = graph.within(component)
        unrated = reasons(items, graph, found, rated)
        return Plan(inside, rated, component, nobody if held.any() else floating, unrated)
    anchored = alone_in(found.strong)
    if held.any():
        anchored |= found.strong == found.strong[int(np.flatnonzero(held)[0])]
    floating = np.full(n, -1, np.int32)
    floating[~anchored] = np.unique(found.strong[~anchored], return_inverse=True)[1]
    return Plan(graph.within(found.strong), everyone, found.strong, floating, {})
