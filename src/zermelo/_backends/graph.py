"""Twins of the graph kernels, in NumPy and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Credits below this are exact in float32 even when a pair's two orders are added up.
FLOAT_LIMIT = 1 << 21


def build_graph(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    win: Array,
    loss: Array,
    tie: Array | None,
    tie_share: float,
    n_items: int,
    threads: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], Array, Array]:
    columns = [win, loss] if tie is None else [win, loss, tie]
    exact = tie_share in (0.0, 0.5, 1.0)
    exact = exact and max(int(column.max(initial=0)) for column in columns) < FLOAT_LIMIT
    shared = 0.0 if tie is None else tie_share * tie.astype(np.float64)
    return _symmetric(
        first, second, win + shared, loss + shared, n_items, np.float32 if exact else np.float64
    )


def build_graph_from_credits(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    first_credit: NDArray[np.float64],
    second_credit: NDArray[np.float64],
    n_items: int,
    threads: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], Array, Array]:
    return _symmetric(first, second, first_credit, second_credit, n_items, np.float64)


def _symmetric(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    first_credit: Array,
    second_credit: Array,
    n_items: int,
    dtype: type[np.floating[Any]],
) -> tuple[NDArray[np.int64], NDArray[np.int32], Array, Array]:
    row = np.concatenate([first, second]).astype(np.int64)
    key = row * n_items + np.concatenate([second, first])
    order = np.argsort(key, kind="stable")
    key = key[order]
    begin = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, np.intp)
    win = np.concatenate([first_credit, second_credit]).astype(np.float64)[order]
    loss = np.concatenate([second_credit, first_credit]).astype(np.float64)[order]
    if len(key):
        win, loss = np.add.reduceat(win, begin), np.add.reduceat(loss, begin)
    pair = key[begin]
    offsets = np.searchsorted(pair, np.arange(n_items + 1, dtype=np.int64) * n_items)
    neighbour = (pair % n_items).astype(np.int32)
    return offsets.astype(np.int64), neighbour, win.astype(dtype), loss.astype(dtype)


def components(
    offsets: NDArray[np.int64],
    neighbour: NDArray[np.int32],
    win: Array,
    loss: Array,
    linked: NDArray[np.uint8],
) -> tuple[NDArray[np.int32], NDArray[np.int32], int, int]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(offsets) - 1
    row = np.repeat(np.arange(n), np.diff(offsets))
    beats = win > 0
    winner, loser = row[beats], neighbour[beats].astype(np.intp)
    # Items with known abilities hang on one more node that beats them and is beaten by them.
    known = np.flatnonzero(linked)
    hub = np.full(len(known), n)
    winner = np.concatenate([winner, hub, known])
    loser = np.concatenate([loser, known, hub])
    edges = coo_array((np.ones(len(winner), np.int8), (winner, loser)), shape=(n + 1, n + 1))
    labels = []
    for connection in ("strong", "weak"):
        found = connected_components(edges.tocsr(), directed=True, connection=connection)[1][:n]
        first_seen, place = np.unique(found, return_index=True, return_inverse=True)[1:]
        renumbered = np.argsort(np.argsort(first_seen))
        labels.append(renumbered[place].astype(np.int32))
    strong, weak = labels
    return strong, weak, int(strong.max(initial=-1)) + 1, int(weak.max(initial=-1)) + 1
