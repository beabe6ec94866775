"""Which rules an Elo system is tuned over, and how their best is searched in batches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, non_negative, positive, shortened
from ..errors import InputError
from .elo_rules import KSchedule, read_margin

Real = NDArray[np.float64]
Rules = dict[str, Any]

# Points an axis of the grid that a search begins with, by how many ranges there are.
POINTS = (33, 13, 7, 5, 4, 3)
MOST_RULES = 100_000
# A search ends at steps of this share of each range's width.
TOLERANCE = 1e-4
SHRINK = 0.25
# So many steps from where a parabola was fitted it is still asked for its minimum.
REACH = 2.0
# Parts of the way to that minimum that are tried; the parabola may err.
PARTS = np.arange(1, 9) / 8.0
# Each round lowers the loss or makes the steps smaller; rounds beyond this gain next to nothing.
MOST_ROUNDS = 100


def _share(argument: str, value: Any) -> float:
    number = finite(argument, value, rule := "a number from 0 to 1")
    if not 0 <= number <= 1:
        raise InputError(f"{argument} must be {rule}, but is {shortened(value)}")
    return number


# What a value of each argument may be; those that are tuned as numbers.
NUMBERS: dict[str, Callable[[str, Any], float]] = {
    "k": non_negative,
    "initial": finite,
    "scale": positive,
    "position_effect": finite,
    "reversion": _share,
    "reversion_to": finite,
}
# Ends that no value can lie beyond, so that a best value there is none that a wider range betters.
NATURAL_ENDS: dict[str, tuple[float, ...]] = {"k": (0.0,), "reversion": (0.0, 1.0)}


@dataclass(frozen=True)
class Space:
    """What is fixed, what comes from a list, and what from a range."""

    fixed: Rules
    grids: dict[str, list[Any]]
    ranges: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, given: Rules) -> Space:
        fixed, grids, ranges = {}, {}, {}
        for name, value in given.items():
            if isinstance(value, tuple):
                ranges[name] = _range(name, value)
            elif (values := _listed(value)) is not None:
                grids[name] = _grid(name, values)
            else:
                by_item = name == "initial" and isinstance(value, Mapping)
                read = name == "base" or by_item
                fixed[name] = value if read else _value(name, name, value)
        if not grids and not ranges:
            raise InputError(
                "there is nothing to tune: give an argument as a list of values, k=[10, 20, 30], "
                "or as a range to search, k=(5, 60)"
            )
        space = cls(fixed, grids, ranges)
        if space.n_begin > MOST_RULES:
            raise InputError(
                f"the lists and ranges make {space.n_begin:,} sets of rules to begin with, but at "
                f"most {MOST_RULES:,} are tried; shorten a list, or tune fewer arguments at once"
            )
        return space

    @property
    def tuned(self) -> list[str]:
        return [*self.grids, *self.ranges]

    @property
    def n_begin(self) -> int:
        """How many sets of rules are tried before anything is known."""
        number = 1
        for values in self.grids.values():
            number *= len(values)
        dimensions = len(self.ranges)
        return number * (POINTS[dimensions - 1] ** dimensions if dimensions else 1)

    def choices(self) -> list[Rules]:
        """Every combination of the values that are listed."""
        return [dict(zip(self.grids, one, strict=True)) for one in product(*self.grids.values())]

    def all_values(self, name: str) -> list[Any]:
        """The values that are listed, the ends of the range, or the one that is fixed."""
        if name in self.grids:
            return self.grids[name]
        return list(self.ranges[name]) if name in self.ranges else [self.fixed.get(name)]

    def at_end(self, best: Rules) -> list[str]:
        """The arguments whose best value ends their list or range, where more could lie beyond."""
        ends = []
        for name in self.tuned:
            values = [v for v in self.all_values(name) if isinstance(v, float)]
            least = 2 if name in self.ranges else 3
            if len(set(values)) < least or not isinstance(best[name], float):
                continue
            low, high = min(values), max(values)
            near = TOLERANCE * (high - low) if name in self.ranges else 0.0
            natural = NATURAL_ENDS.get(name, ())
            if any(abs(best[name] - end) <= near and end not in natural for end in (low, high)):
                ends.append(name)
        return ends


def search(space: Space, losses_of: Callable[[list[Rules]], Real]) -> tuple[list[Rules], Real]:
    """All rules that were tried, in order, and their losses.

    A search for each combination of what is listed, side by side, so that batches are large.
    """
    low, high = (np.array([ends[i] for ends in space.ranges.values()]) for i in range(2))
    tried: list[Rules] = []
    losses: list[Real] = []
    running = []
    for choice in space.choices():
        steps = minimum(len(space.ranges))
        running.append((choice, steps, next(steps)))
    while running:
        batch: list[Rules] = []
        for choice, _, points in running:
            # Exact at both ends.
            rows = (low * (1.0 - points) + high * points).tolist()
            batch += [choice | dict(zip(space.ranges, row, strict=True)) for row in rows]
        found = losses_of(batch)
        tried += batch
        losses.append(found)
        following = []
        begin = 0
        for choice, steps, points in running:
            end = begin + len(points)
            with suppress(StopIteration):
                following.append((choice, steps, steps.send(found[begin:end])))
            begin = end
        running = following
    return tried, np.concatenate(losses)


def minimum(dimensions: int) -> Generator[Real, Real, None]:
    """Looks for the minimum over the unit cube: yields points, and is sent their losses.

    A grid over the whole cube; then, around the best point so far, a parabola through points one
    step away from it along one axis or two, whose minimum is tried; and smaller steps wherever that
    leads less than a step away.
    """
    if dimensions == 0:
        yield np.empty((1, 0))
        return
    axis = np.linspace(0.0, 1.0, POINTS[dimensions - 1])
    points = np.stack(np.meshgrid(*[axis] * dimensions, indexing="ij"), -1).reshape(-1, dimensions)
    losses = yield points
    best, lowest = points[losses.argmin()], losses.min()
    longest = step = float(axis[1])
    around = _around(dimensions)
    for _ in range(MOST_ROUNDS):
        if step <= TOLERANCE:
            return
        centre = np.clip(best, step, 1.0 - step)
        points = np.clip(centre + step * around, 0.0, 1.0)
        losses = yield points
        begin, begun = best, best
        if losses.min() < lowest:
            best, lowest = points[losses.argmin()], losses.min()
            begin = best
        slope, curvature = _parabola(around, losses)
        ends = [(end - centre) / step for end in (0.0, 1.0)]
        box = np.clip(ends, -REACH, REACH)
        target = centre + step * _lowest(slope, curvature, *box)
        points = np.clip(begin + PARTS[:, np.newaxis] * (target - begin), 0.0, 1.0)
        losses = yield points
        if losses.min() < lowest:
            best, lowest = points[losses.argmin()], losses.min()
        moved = float(np.abs(best - begun).max())
        step = step * SHRINK if moved < step else min(2.0 * step, longest)


def _around(dimensions: int) -> Real:
    """The centre and its neighbours along every axis and along every two."""
    unit = np.eye(dimensions)
    points = [np.zeros(dimensions)]
    for i in range(dimensions):
        points += [unit[i], -unit[i]]
        for j in range(i):
            points += [s * unit[i] + t * unit[j] for s in (1.0, -1.0) for t in (1.0, -1.0)]
    return np.array(points)


def _parabola(points: Real, losses: Real) -> tuple[Real, Real]:
    """Slope and second derivatives at 0 of the parabola through losses, by least squares."""
    dimensions = points.shape[1]
    first, second = np.triu_indices(dimensions)
    products = points[:, first] * points[:, second]
    known = np.isfinite(losses)
    design = np.column_stack([np.ones(len(points)), points, products])[known]
    slope, curvature = np.zeros(dimensions), np.zeros((dimensions, dimensions))
    if len(design) < design.shape[1]:
        return slope, curvature
    found = np.linalg.lstsq(design, losses[known] - losses[known].min(), rcond=None)[0]
    slope = found[1 : 1 + dimensions]
    curvature[first, second] = found[1 + dimensions :]
    return slope, curvature + curvature.T


def _lowest(slope: Real, curvature: Real, low: Real, high: Real) -> Real:
    """The minimum of a parabola in a box around 0, one coordinate after the other.

    Curvatures that are negative count as small ones, so that the way leads down.
    """
    values, vectors = np.linalg.eigh(curvature)
    least = max(1e-6 * float(np.abs(values).max()), 1e-300)
    convex = (vectors * np.maximum(values, least)) @ vectors.T
    place = np.zeros(len(slope))
    for _ in range(200):
        for i in range(len(place)):
            rest = slope[i] + convex[i] @ place - convex[i, i] * place[i]
            place[i] = min(max(-rest / convex[i, i], low[i]), high[i])
    return place


def _listed(value: Any) -> list[Any] | None:
    """The values of a list, an array or a column; None for a single value."""
    if isinstance(value, (list, range)):
        return list(value)
    array = value.to_numpy() if hasattr(value, "to_numpy") else value
    return array.tolist() if isinstance(array, np.ndarray) and array.ndim else None


def _value(name: str, label: str, value: Any) -> Any:
    if name == "margin":
        return read_margin(value)
    if name == "k" and isinstance(value, KSchedule):
        return value
    return NUMBERS[name](label, value)


def _tunable(name: str, found: str) -> None:
    if name != "margin" and name not in NUMBERS:
        what = "scale" if name == "base" else "k"
        raise InputError(f"{name} is not tuned, but is {found}; tune {what} instead")


def _grid(name: str, values: list[Any]) -> list[Any]:
    _tunable(name, "a list")
    if not values:
        raise InputError(f"{name} is empty; list at least one value")
    return [_value(name, f"{name}[{place}]", value) for place, value in enumerate(values)]


def _range(name: str, ends: tuple[Any, ...]) -> tuple[float, float]:
    _tunable(name, "a range")
    if name == "margin":
        raise InputError("margin has no range (low, high); list the rules: margin=[None, 'log']")
    if len(ends) != 2:
        raise InputError(
            f"{name} must be a range (low, high) or a list of values, but is {shortened(ends)}"
        )
    low, high = (NUMBERS[name](f"{name}[{place}]", end) for place, end in enumerate(ends))
    if not low < high:
        raise InputError(
            f"{name} must be a range (low, high) with low < high, but is {shortened(ends)}"
        )
    return low, high
