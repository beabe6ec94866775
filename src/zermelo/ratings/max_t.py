"""The distribution of the largest studentised difference, by draws.

A family of differences θ_i - θ_j is estimated with errors of known covariance; the largest of
their |errors| / standard error has no closed form, so that its quantiles are read off draws of
the errors, Gaussian ones or those of a bootstrap (Westfall and Young 1993; Mogstad, Romano, Shaikh
and Wilhelm 2024).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from ..errors import InputError

Real = NDArray[np.float64]

# Single precision halves the time, and its error of 1e-7 is far below that of any number of draws.
Single = NDArray[np.float32]

# Values in a block of draws, and in the part of it that is differenced at once: the latter stays
# in a core's cache.
BLOCK_VALUES = 1 << 20
CACHED_VALUES = 1 << 18
NARROWEST = 256
# Draws of so many values (128 MB) are kept from pass to pass; more are drawn again.
KEPT_VALUES = 1 << 25
# Draws of which all items' maxima are held at once.
COLUMNS_AT_ONCE = 2048
# Of the draws that a step may need, this many times those that lie above the quantile come first.
AHEAD = 4


class Draws(Protocol):
    """Draws of the errors of all abilities, block by block, the same in every pass."""

    @property
    def n_draws(self) -> int: ...
    def blocks(self) -> Iterator[Single]:
        """Arrays of shape (n, draws in this block)."""


@dataclass(frozen=True, eq=False)
class GaussianDraws:
    """Errors from N(0, covariance), up to a shift that all items share; with few degrees of
    freedom from the multivariate t, whose draws are normal ones over one chi."""

    root: Single
    n_draws: int
    seed: int
    degrees_of_freedom: float = math.inf

    @classmethod
    def of(
        cls, covariance: Real, n_draws: int, seed: int, degrees_of_freedom: float = math.inf
    ) -> GaussianDraws:
        return cls(_root(covariance).astype(np.float32), n_draws, seed, degrees_of_freedom)

    def blocks(self) -> Iterator[Single]:
        generator = np.random.default_rng(self.seed)
        n = self.root.shape[1]
        width = max(BLOCK_VALUES // max(n, 1), 64)
        for begin in range(0, self.n_draws, width):
            size = (min(width, self.n_draws - begin), n)
            normal = generator.standard_normal(size, np.float32)
            errors = self.root @ normal.T
            if math.isfinite(self.degrees_of_freedom):
                square = generator.chisquare(self.degrees_of_freedom, size[0])
                errors /= np.sqrt(square / self.degrees_of_freedom).astype(np.float32)
            yield errors


@dataclass(frozen=True, eq=False)
class GivenDraws:
    """Errors that were drawn elsewhere, shape (n, n_draws)."""

    errors: Single

    @classmethod
    def of(cls, replicates: Any, ability: Real, places: NDArray[np.intp]) -> GivenDraws:
        """Bootstrap replicates of all abilities, less the estimates, of the items at `places`.

        Replicates without an estimate of all these items are left out.
        """
        values = np.asarray(getattr(replicates, "ability", replicates))
        if values.ndim != 2 or values.shape[1] != len(ability) or values.dtype.kind != "f":
            raise InputError(
                "bootstrap must be the fit's bootstrap, or its replicates of the abilities, float "
                f"of shape (replicates, {len(ability)}), but is {values.dtype} of shape "
                f"{values.shape}"
            )
        values = values[:, places]
        values = values[np.isfinite(values).all(axis=1)]
        return cls(np.ascontiguousarray((values - ability[places]).T, np.float32))

    @property
    def n_draws(self) -> int:
        return int(self.errors.shape[1])

    def blocks(self) -> Iterator[Single]:
        yield self.errors


def gaussian_draws(
    covariance: Real, n_draws: int, seed: int, degrees_of_freedom: float = math.inf
) -> Draws:
    """Gaussian draws for several passes, or those of a t, kept where they are few."""
    draws = GaussianDraws.of(covariance, n_draws, seed, degrees_of_freedom)
    if n_draws * len(covariance) > KEPT_VALUES:
        return draws
    return GivenDraws(np.concatenate(list(draws.blocks()), axis=1))


def _root(covariance: Real) -> Real:
    """A matrix R such that R Rᵀ is the covariance, up to a shift that all items share."""
    variance = np.diag(covariance)
    free = variance > 0
    root = np.zeros_like(covariance)
    if not free.any():
        return root
    inner = covariance[np.ix_(free, free)]
    if free.all():
        # Abilities that sum to zero have a singular covariance. Differences do not see a shift,
        # so that one may be added, which makes it regular.
        inner = inner + variance.mean()
    try:
        factor = np.linalg.cholesky(inner)
    except np.linalg.LinAlgError:  # some difference is known exactly
        import scipy.linalg

        values, vectors = scipy.linalg.eigh(inner)
        factor = vectors * np.sqrt(np.maximum(values, 0.0))
    root[np.ix_(free, free)] = factor
    return root


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Errors of `others` minus that of `item`, times a weight: 1 / standard error, or less that.

    Of the first `two_sided` of them the absolute values count, of the rest the values.
    """

    item: int
    others: slice | NDArray[np.intp]
    weight: Single  # (number of others, 1)
    two_sided: int

    @classmethod
    def of(
        cls,
        item: int,
        others: NDArray[np.intp],
        inverse: Real,
        direction: NDArray[np.int_] | None = None,
    ) -> Contrasts:
        """Differences to `item`; those with an `inverse` standard error of 0 do not vary.

        `direction` is 0 where both signs count, 1 where only others above the item do, -1 where
        only the item above others does; None: 0 for all.
        """
        varies = inverse > 0
        others, weight = others[varies], inverse[varies]
        two_sided = len(others)
        if direction is not None:
            direction = direction[varies]
            order = np.argsort(direction != 0, kind="stable")
            others = others[order]
            weight = np.where(direction < 0, -weight, weight)[order]
            two_sided = int((direction == 0).sum())
        adjacent = len(others) > 0 and bool((np.diff(others) == 1).all())
        rows = slice(int(others[0]), int(others[-1]) + 1) if adjacent else others
        return cls(item, rows, weight[:, None].astype(np.float32), two_sided)

    def maximum(self, errors: Single, buffer: Single) -> Single:
        """The largest value a draw, at least 0, shape (draws,)."""
        values = buffer[: len(self.weight), : errors.shape[1]]
        np.subtract(errors[self.others], errors[self.item], out=values)
        values *= self.weight
        absolute = values[: self.two_sided]
        np.abs(absolute, out=absolute)
        largest: Single = values.max(axis=0, initial=0.0)
        return largest


def all_pairs(inverse: Real, direction: NDArray[np.int_] | None = None) -> list[Contrasts]:
    """Every pair once, from 1 / standard errors (n, n); directions are read above the diagonal."""
    n = len(inverse)
    return [
        Contrasts.of(
            item,
            np.arange(item + 1, n),
            inverse[item, item + 1 :],
            None if direction is None else direction[item, item + 1 :],
        )
        for item in range(n - 1)
    ]


def maxima(
    draws: Draws, family: Sequence[Contrasts], chosen: NDArray[np.bool_] | None = None
) -> Single:
    """The largest value of the whole family in every draw, shape (n_draws,).

    0 in the draws that are not `chosen`; None: all are.
    """
    out = np.zeros(draws.n_draws, np.float32)
    for columns, errors, buffer in _cached(draws, chosen):
        largest = np.zeros(errors.shape[1], np.float32)
        for contrasts in family:
            np.maximum(largest, contrasts.maximum(errors, buffer), out=largest)
        out[columns] = largest
    return out


def maxima_each(draws: Draws, families: Sequence[Contrasts]) -> Single:
    """The largest value of every family by itself in every draw, shape (families, n_draws)."""
    out = np.zeros((len(families), draws.n_draws), np.float32)
    for columns, errors, buffer in _cached(draws, None):
        for place, contrasts in enumerate(families):
            out[place, columns] = contrasts.maximum(errors, buffer)
    return out


@dataclass(frozen=True, eq=False)
class Differences:
    """Differences of all items, from `first` on, to each of `items`, for kernels.

    `up` and `down`, shape (items, n), are 1 / standard errors: of other items' errors above the
    item's, and below it; 0 where that sign does not count.
    """

    items: NDArray[np.int32]
    first: NDArray[np.int32]
    up: Single
    down: Single
    backend: Backend
    threads: int

    @classmethod
    def of(
        cls,
        items: NDArray[np.intp],
        first: NDArray[Any],
        inverse: Real,
        direction: NDArray[np.int_],
        backend: Backend,
        threads: int,
    ) -> Differences:
        """`direction`, shape (items, n), is 0 where both signs count, 1 where only others above."""
        weight = inverse[items].astype(np.float32)
        up, down = (np.where(sign * direction >= 0, weight, np.float32(0)) for sign in (1, -1))
        places = items.astype(np.int32), first.astype(np.int32)
        return cls(*places, up, down, backend, threads)

    def maxima(self, errors: Single) -> Single:
        """The largest of each item's differences in every draw, shape (items, draws)."""
        largest: Single = self.backend.largest_differences(
            np.ascontiguousarray(errors), self.items, self.first, self.up, self.down, self.threads
        )
        return largest


def largest_each(draws: Draws, family: Differences) -> Single:
    """The largest difference to each item by itself in every draw, shape (items, n_draws)."""
    return np.concatenate([family.maxima(block) for block in draws.blocks()], axis=1)


def largest_of_all(
    draws: Draws, family: Differences, chosen: NDArray[np.bool_] | None = None
) -> Single:
    """The largest difference of all in every draw, shape (n_draws,).

    0 in the draws that are not `chosen`; None: all are.
    """
    out = np.zeros(draws.n_draws, np.float32)
    begin = 0
    for block in draws.blocks():
        columns = np.arange(begin, begin + block.shape[1])
        begin += len(columns)
        if chosen is not None:
            block, columns = block[:, chosen[columns]], columns[chosen[columns]]
        for at in range(0, len(columns), COLUMNS_AT_ONCE):
            part = slice(at, at + COLUMNS_AT_ONCE)
            out[columns[part]] = family.maxima(block[:, part]).max(axis=0, initial=0.0)
    return out


def _cached(
    draws: Draws, chosen: NDArray[np.bool_] | None
) -> Iterator[tuple[NDArray[np.intp], Single, Single]]:
    """Which draws, their errors in pieces that fit into a core's cache, and room as large."""
    begin = 0
    room = np.empty((0, 0), np.float32)
    for block in draws.blocks():
        columns = np.arange(block.shape[1])
        if chosen is not None:
            columns = columns[chosen[begin : begin + len(columns)]]
        width = max(CACHED_VALUES // max(len(block), 1), NARROWEST)
        for first in range(0, len(columns), width):
            part = columns[first : first + width]
            errors = np.ascontiguousarray(block[:, part])
            if room.shape[1] < len(part):
                room = np.empty((len(block), len(part)), np.float32)
            yield begin + part, errors, room
        begin += block.shape[1]


def critical_values(maxima: Single, level: float) -> Real:
    """What a share `level` of all maxima stays below, over the last axis.

    The order statistic ceil((draws + 1) level): a further draw lies above it with a probability of
    at most 1 - level.
    """
    n_draws = maxima.shape[-1]
    place = math.ceil((n_draws + 1) * level - 1e-9)
    if place > n_draws:
        raise InputError(
            f"{n_draws:,} draws are too few for a level of {level:g}; it takes at least "
            f"{math.ceil(level / (1.0 - level) - 1e-9):,}"
        )
    ordered = np.partition(maxima, place - 1, axis=-1)[..., place - 1]
    return np.asarray(ordered, np.float64)


def critical_value_within(draws: Draws, family: Differences, level: float, bound: Single) -> float:
    """The critical value of a family whose maxima are at most `bound`, those of a larger one.

    Only the draws in which a maximum may lie above the quantile are looked at.
    """
    order = np.argsort(-bound, kind="stable")
    n_draws = draws.n_draws
    count = AHEAD * (n_draws - math.ceil((n_draws + 1) * level - 1e-9) + 1)
    while True:
        chosen = np.zeros(n_draws, bool)
        chosen[order[:count]] = True
        critical = float(critical_values(largest_of_all(draws, family, chosen), level))
        if count >= n_draws or critical >= bound[order[count]]:
            return critical
        count *= 2
