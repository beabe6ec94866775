"""What the bootstrap draws from, what it credits, and the tables to draw with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..errors import InputError
from ..pair_counts import PairCounts

Real = NDArray[np.float64]
Long = NDArray[np.int64]

# By how many standard deviations of their sum the Poisson draws aim below the number of
# comparisons: they overshoot, and are drawn again, in about 0.6% of replicates.
MARGIN = 2.5
# Thresholds have 31 bits, so that a slot can be certain.
SLOT = 1 << 31
# A table holds all values that are this many standard deviations (and a few) from its mean; what
# lies outside has a probability below 1e-12, which its most likely value takes.
REACH, EXTRA = 7.5, 15.0
# Larger counts are drawn in units of this many comparisons.
LARGEST_UNIT = 1 << 16
# With more slots than this, counts are split into digits that share their tables.
MOST_SLOTS = 1 << 20
DIGIT = 1 << 8
MOST_COMPARISONS = 1 << 40


@dataclass(frozen=True, eq=False)
class Drawable:
    """The cells that a replicate draws from, and what one draw of a cell credits to the pairs.

    A cell is the comparisons of one pair and outcome, drawn in proportion to their `count`, or a
    cluster, of count 1. A cell may say nothing to the fit: comparisons between components, or
    dropped ties. Parts are sorted by pair.
    """

    count: Long
    part_offsets: Long  # pairs + 1
    part_cell: NDArray[np.int32]
    part_low: Real
    part_high: Real
    low: NDArray[np.int32]  # unique pairs low < high
    high: NDArray[np.int32]

    @classmethod
    def of_parts(
        cls, count: Long, keys: Long, n_items: int, pair: Any, cell: Any, low: Any, high: Any
    ) -> Drawable:
        """From parts in any order; `keys` are the pairs' low * n_items + high, sorted."""
        order = np.argsort(pair, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(pair, minlength=len(keys)))])
        return cls(
            count,
            offsets.astype(np.int64),
            np.ascontiguousarray(cell[order], np.int32),
            np.ascontiguousarray(low[order], np.float64),
            np.ascontiguousarray(high[order], np.float64),
            (keys // n_items).astype(np.int32),
            (keys % n_items).astype(np.int32),
        )

    @classmethod
    def comparisons(cls, counts: PairCounts, used: NDArray[np.bool_], tie_share: float) -> Drawable:
        """Single comparisons, of the pairs that are `used`, shape (p,), by the fit."""
        outcome, weight = countable(counts)
        n = counts.n_items
        keys, row_pair = unordered_pairs(counts, used)
        outcome_used = outcome[used]
        # As the pair's lower item sees it.
        swapped = (counts.first > counts.second)[used]
        outcome_used[swapped] = outcome_used[swapped][:, [1, 0, 2]]
        if weight is None:
            # The two orders of a pair say the same: half the cells.
            merged = np.zeros((len(keys), 3), np.int64)
            np.add.at(merged, row_pair, outcome_used)
            count, pair, each = merged, np.arange(len(keys)), np.ones((len(keys), 3))
        else:
            count, pair, each = outcome_used, row_pair, weight[used]
            each[swapped] = each[swapped][:, [1, 0, 2]]
        share = np.array([1.0, 0.0, tie_share])
        credit_low, credit_high = each * share, each * share[[1, 0, 2]]
        keep = count > 0
        if tie_share == 0.0:
            keep[:, 2] = False
        silent = int(outcome.sum()) - int(count[keep].sum())
        pair = np.broadcast_to(pair[:, None], count.shape)[keep]
        # Equal counts share a table: in this order draws run along memory.
        order = np.argsort(np.append(count[keep], silent)[: None if silent else -1], kind="stable")
        cell = np.empty(len(order), np.int64)
        cell[order] = np.arange(len(order))
        own = np.append(count[keep], silent)[order].astype(np.int64)
        low, high = credit_low[keep], credit_high[keep]
        return cls.of_parts(own, keys, n, pair, cell[: len(pair)], low, high)

    def credits(self) -> Real:
        """What all comparisons credit to each pair, both items together."""
        times = self.count[self.part_cell] * (self.part_low + self.part_high)
        pair = np.repeat(np.arange(len(self.low)), np.diff(self.part_offsets))
        total: Real = np.bincount(pair, times, len(self.low)).astype(np.float64)
        return total

    def rows(self, n_items: int) -> tuple[Long, NDArray[np.int32], NDArray[np.int32]]:
        """Compressed rows of the pairs, each in both items' rows: offsets, neighbour, pair."""
        row = np.concatenate([self.low, self.high])
        neighbour = np.concatenate([self.high, self.low])
        order = np.lexsort((neighbour, row))
        offsets = np.searchsorted(row[order], np.arange(n_items + 1))
        pair = np.tile(np.arange(len(self.low), dtype=np.int32), 2)
        return offsets.astype(np.int64), neighbour[order], pair[order]


def unordered_pairs(counts: PairCounts, used: NDArray[np.bool_]) -> tuple[Long, Long]:
    """Keys low * n_items + high of the pairs, sorted, and the place of each row that is used."""
    low, high = np.minimum(counts.first, counts.second), np.maximum(counts.first, counts.second)
    keys, place = np.unique(
        low[used].astype(np.int64) * counts.n_items + high[used], return_inverse=True
    )
    return keys, place


def countable(counts: PairCounts) -> tuple[Long, Real | None]:
    """Wins, losses and ties, shape (p, 3), and what each weighs; None: 1.

    Refuses what the bootstrap by comparison cannot count.
    """
    if counts.has_fractional:
        raise InputError(
            "the bootstrap by comparison needs wins, losses and ties, but the data has "
            "fractional outcomes, which no count by outcome represents; use "
            "interval(kind='sandwich')"
        )
    check_number(counts.n_comparisons)
    outcome = np.stack([counts.win, counts.loss, counts.tie], axis=1).astype(np.int64)
    return outcome, _weights(counts, outcome)


def check_number(n_comparisons: int) -> None:
    if n_comparisons >= MOST_COMPARISONS:
        raise InputError(
            f"the bootstrap draws fewer than {MOST_COMPARISONS:,} comparisons, but the data "
            f"has {n_comparisons:,}; use interval(kind='sandwich')"
        )


def _weights(counts: PairCounts, outcome: Long) -> Real | None:
    """The weight of a comparison in each cell, shape (p, 3), or None where all are 1."""
    if not counts.weighted:
        return None
    names = ("win", "loss", "tie")
    total = np.stack([getattr(counts, f"{name}_weight") for name in names], axis=1)
    squared = np.stack([getattr(counts, f"{name}_weight_squared") for name in names], axis=1)
    unequal = np.abs(outcome * squared - total * total) > 1e-9 * total * total
    if unequal.any():
        row, column = (int(place) for place in np.argwhere(unequal)[0])
        labels = [counts.items[place] for place in (counts.first[row], counts.second[row])]
        raise InputError(
            "the bootstrap by comparison needs one weight for all comparisons of a pair and "
            f"outcome, but weight differs between the {names[column]} rows of "
            f"{_label(labels[0])} against {_label(labels[1])}; use interval(kind='sandwich')"
        )
    return total / np.maximum(outcome, 1)


def _label(label: Any) -> str:
    return repr(label.item() if isinstance(label, np.generic) else label)


@dataclass(frozen=True, eq=False)
class Sampler:
    """The arguments by which kernels draw the cells' counts; see bootstrap.hpp for the method."""

    threshold: NDArray[np.uint32]
    alias: NDArray[np.uint32]
    table_begin: Long
    least: Long
    unit_offsets: Long
    unit_cell: NDArray[np.int32]
    cell_threshold: NDArray[np.uint32]
    cell_alias: NDArray[np.uint32]
    n_cells: int
    n_comparisons: int
    key: int

    @classmethod
    def build(cls, count: Long, seed: int, backend: Backend) -> Sampler:
        """For cells with these counts, all positive."""
        total = int(count.sum())
        # What the Poisson draws leave over; nothing but leftovers where there is little to draw.
        scale = 1.0 - MARGIN / math.sqrt(total)
        size, cell = _units(count) if scale > 0 else (np.zeros(0, np.int64),) * 2
        order = np.argsort(size, kind="stable")  # a table's units together, so that it stays cached
        sizes, n_units = np.unique(size, return_counts=True)
        weight, begin, least = _poisson_tables(scale * sizes.astype(np.float64))
        threshold, alias = backend.alias_tables(weight, begin)
        cell_weight = _whole_weights(count / total, _power_of_two(len(count)))
        cell_begin = np.array([0, len(cell_weight)], np.int64)
        cell_threshold, cell_alias = backend.alias_tables(cell_weight, cell_begin)
        return cls(
            threshold,
            alias,
            begin,
            least,
            np.concatenate([[0], np.cumsum(n_units)]).astype(np.int64),
            cell[order].astype(np.int32),
            cell_threshold,
            cell_alias,
            len(count),
            total,
            int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]),
        )

    @property
    def arguments(self) -> tuple[Any, ...]:
        """In the kernels' order."""
        return (
            *(self.threshold, self.alias, self.table_begin, self.least),
            *(self.unit_offsets, self.unit_cell, self.cell_threshold, self.cell_alias),
            *(self.n_cells, self.n_comparisons, self.key),
        )


def _units(count: Long) -> tuple[Long, Long]:
    """Units of the cells: sizes that add up to each count, and the cell of each."""
    cells = np.arange(len(count))
    n_full, rest = count // LARGEST_UNIT, count % LARGEST_UNIT
    full_cell = np.repeat(cells, n_full)
    parts = [(np.full(len(full_cell), LARGEST_UNIT), full_cell)]
    distinct = np.unique(rest)
    if int(_slots(distinct.astype(np.float64)).sum()) <= MOST_SLOTS:
        parts.append((rest, cells))
    else:
        parts += [(rest % DIGIT, cells), (rest - rest % DIGIT, cells)]
    size = np.concatenate([part[0] for part in parts])
    cell = np.concatenate([part[1] for part in parts])
    return size[size > 0], cell[size > 0]


def _power_of_two(least: int) -> int:
    return 1 << max(least - 1, 0).bit_length()


def _first_value(mean: Real) -> Real:
    return np.maximum(np.floor(mean - REACH * np.sqrt(mean)), 0.0)


def _slots(mean: Real) -> Long:
    """Slots of the table of a Poisson variable: a power of two that holds all likely values."""
    width = np.ceil(mean + REACH * np.sqrt(mean) + EXTRA) - _first_value(mean) + 1.0
    return (2 ** np.ceil(np.log2(width))).astype(np.int64)


def _poisson_tables(mean: Real) -> tuple[Long, Long, Long]:
    """Weights of the Poisson variables' values, where each table begins, and its first value."""
    slots, least = _slots(mean), _first_value(mean)
    begin = np.concatenate([[0], np.cumsum(slots)]).astype(np.int64)
    value = np.arange(begin[-1]) - np.repeat(begin[:-1], slots) + np.repeat(least, slots)
    # log(k!) as a sum, to which SciPy's function, slow to import, would add no digit that counts.
    largest = int(value.max(initial=0.0))
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, largest + 1)))])
    own = np.repeat(mean, slots)
    chance = np.exp(value * np.log(own) - own - log_factorial[value.astype(np.int64)])
    weight = np.floor(chance * np.repeat(slots, slots) * SLOT).astype(np.int64)
    if len(mean):
        mode = begin[:-1] + (np.floor(mean) - least).astype(np.int64)
        weight[mode] += slots * SLOT - np.add.reduceat(weight, begin[:-1])
    return weight, begin, least.astype(np.int64)


def _whole_weights(chance: Real, slots: int) -> Long:
    """Weights in proportion to `chance` that add up to 2^31 a slot; the largest takes the rest."""
    weight = np.zeros(slots, np.int64)
    weight[: len(chance)] = np.floor(chance * (slots * SLOT))
    weight[int(np.argmax(chance))] += slots * SLOT - int(weight.sum())
    return weight
