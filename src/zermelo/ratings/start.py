"""Abilities that are given: where a solver starts, and which are held."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..checks import finite
from ..errors import InputError
from .bradley_terry_fit import BradleyTerryFit
from .graph import Graph
from .result import RatingResult

# A start may lie this far from an item's own log-odds.
FARTHEST_START = 20.0


def start_abilities(
    start: object,
    items: NDArray[Any],
    graph: Graph,
    level: float,
    backend: Backend,
    threads: int,
) -> NDArray[np.float64]:
    """Abilities to start from; `level` is where the fixed items are."""
    default: NDArray[np.float64] = backend.bt_start(graph.offsets, graph.win, graph.loss, threads)
    default += level
    if start is None:
        return default
    if isinstance(start, RatingResult):
        ability = start.model.ability if isinstance(start, BradleyTerryFit) else start.ability
        pairs = zip(start.items.tolist(), ability.tolist(), strict=True)
        start = {item: ability for item, ability in pairs if not math.isnan(ability)}
        start = {item: start[item] for item in items.tolist() if item in start}
    if not isinstance(start, Mapping):
        raise InputError(
            f"start must be a fit or a dict of item to ability, but is {type(start).__name__}"
        )
    given, values = given_abilities("start", start, items)
    # Far out, where every probability is 0 or 1, a solver sees nothing to go by.
    values = np.clip(values, default - FARTHEST_START, default + FARTHEST_START)
    return np.where(given, values, default)


def given_abilities(
    argument: str, abilities: Mapping[Any, float] | None, items: NDArray[Any]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which items are given, and their abilities in the order of the items."""
    given, values = np.zeros(len(items), bool), np.zeros(len(items))
    if abilities is None:
        return given, values
    if not isinstance(abilities, Mapping):
        raise InputError(
            f"{argument} must be a dict of item to ability, but is {type(abilities).__name__}"
        )
    index = {label: place for place, label in enumerate(items.tolist())}
    for label, ability in abilities.items():
        if label not in index:
            raise InputError(f"{argument} names {label!r}, which is not an item of the data")
        given[index[label]] = True
        values[index[label]] = finite(f"{argument}[{label!r}]", ability)
    if argument == "fixed" and given.all():
        raise InputError("fixed holds every item, so that there is nothing to estimate")
    return given, values
