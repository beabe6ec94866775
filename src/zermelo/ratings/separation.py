"""Whether a joint fit has a maximum: separation, found by linear programming.

The log-likelihood is concave and bounded. It has no maximum exactly where some direction of the
parameters exists along which it never falls and is not constant (Rockafellar 1970, section 27;
for logistic models Albert and Anderson 1984, and by linear programming Konis 2007). With z the
change of a comparison's log-odds along the direction, and t that of the tie parameter, the slopes
at infinity of the terms are

- without a tie model: min(0, z) for a win, min(0, -z) for a loss;
- Davidson, log P(win) = v/2 - log(exp(v/2) + exp(-v/2) + exp(tau)), t = 2 tau':
  (z - max(|z|, t)) / 2 for a win, (t - max(|z|, t)) / 2 for a tie;
- Rao and Kupper, P(win) = s(v - tau), P(tie) = (exp(2 tau) - 1) s(v - tau) s(-v - tau), t = tau'
  and not negative, since tau > 0: min(0, z - t) for a win, 2t + min(0, z - t) + min(0, -z - t) for
  a tie.

None may be negative. So a win asks for z >= 0 and z >= t, a loss for -z >= 0 and -z >= t, a tie for
|z| <= t, in both tie models (whose data has a tie, so that t >= 0); without a tie model a cell with
wins and losses, or with fractions of them, asks for z = 0. The log-likelihood is constant along the
direction only where every z is 0, and t is. A prior pins abilities, a ridge coefficients: their own
slopes are negative in every direction. The linear program maximises what the conditions leave,
over directions in a box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import SeparationError
from .cells import Cells
from .existence import named
from .joint_fit import Extras

Real = NDArray[np.float64]

# Conditions that start the program; those that its solution breaks are added, round by round.
FIRST_ROWS, MORE_ROWS, ROUNDS = 2_000, 1_000, 100
SECONDS_A_ROUND = 10.0
SHOWN = 0.05  # of the largest component: what is smaller is not named
# Of a direction whose largest component is about 1.
TOLERANCE = 1e-7
FARTHEST = 15.0  # log-odds that nothing in real data tells apart from infinity


@dataclass(frozen=True, eq=False)
class Direction:
    """How parameters change where the log-likelihood rises without end."""

    ability: Real
    coefficients: Real
    tie: float


# None: the maximum exists; False: that could not be settled in time.
Verdict = Direction | Literal[False] | None


@dataclass(frozen=True, eq=False)
class _Conditions:
    """sign * z - slope * t >= 0, or = 0 where `equal`; a row a condition."""

    cell: NDArray[np.intp]
    sign: Real
    slope: Real
    equal: NDArray[np.bool_]


def _conditions(cells: Cells) -> _Conditions:
    parts: list[tuple[NDArray[np.intp], float, float, bool]] = []
    if cells.tie is None:
        both = (cells.win > 0) & (cells.loss > 0)
        parts = [
            (np.flatnonzero(both), 1.0, 0.0, True),
            (np.flatnonzero(~both & (cells.win > 0)), 1.0, 0.0, False),
            (np.flatnonzero(~both & (cells.loss > 0)), -1.0, 0.0, False),
        ]
    else:
        # z >= t says z >= 0 as well.
        parts = [
            (np.flatnonzero(cells.win > 0), 1.0, 1.0, False),
            (np.flatnonzero(cells.loss > 0), -1.0, 1.0, False),
            (np.flatnonzero(cells.tie > 0), 1.0, -1.0, False),
            (np.flatnonzero(cells.tie > 0), -1.0, -1.0, False),
        ]
    return _Conditions(
        np.concatenate([cell for cell, *_ in parts]),
        np.concatenate([np.full(len(cell), sign) for cell, sign, _, _ in parts]),
        np.concatenate([np.full(len(cell), slope) for cell, _, slope, _ in parts]),
        np.concatenate([np.full(len(cell), equal) for cell, _, _, equal in parts]),
    )


def find_separation(cells: Cells, held: NDArray[np.bool_], prior: bool, ridge: bool) -> Verdict:
    """A `Direction`, None where the maximum exists, or False where that was not settled in time.

    `held` items do not move; with a `prior` none does, and with a `ridge` no coefficient.
    """
    n, n_features = len(held), cells.features.shape[1]
    if cells.tie is not None and not cells.tie.any():
        return Direction(np.zeros(n), np.zeros(n_features), -1.0)
    reach = np.abs(cells.features).max(axis=0, initial=0.0)
    scaled = cells.features / np.where(reach > 0, reach, 1.0)
    rows = _conditions(cells)
    still = np.concatenate(
        [held | prior, np.full(n_features, ridge) | (reach == 0), [cells.tie is None]]
    )

    def unscale(solution: Real) -> Direction:
        divisor = np.where(reach > 0, reach, 1.0)
        return Direction(solution[:n], solution[n : n + n_features] / divisor, float(solution[-1]))

    # One parameter alone makes the clearest message, and takes no program.
    for place in np.flatnonzero(~still[n : n + n_features]).tolist():
        for way in (1.0, -1.0):
            alone = np.zeros(n + n_features + 1)
            alone[n + place] = way
            left = _slack(cells, scaled, rows, alone, n)
            if not _broken(rows, left).any():
                return unscale(alone)
    only_items = still.copy()
    only_items[n : n + n_features] = True
    settled = True
    # Without a tie model the graph was already found to be strongly connected.
    tries = [only_items, still] if cells.tie is not None and n_features else [still]
    for pinned in tries:
        if pinned.all():
            continue
        found = _solve(cells, scaled, rows, pinned, n)
        if isinstance(found, np.ndarray):
            return unscale(found)
        settled &= found is None
    return None if settled else False


def _slack(cells: Cells, scaled: Real, rows: _Conditions, solution: Real, n: int) -> Real:
    """What each condition leaves, shape (r,)."""
    z = solution[cells.first] - solution[cells.second] + scaled @ solution[n:-1]
    return np.asarray(rows.sign * z[rows.cell] - rows.slope * solution[-1])


def _broken(rows: _Conditions, left: Real) -> NDArray[np.bool_]:
    return np.asarray((left < -TOLERANCE) | (rows.equal & (left > TOLERANCE)))


def _matrix(cells: Cells, scaled: Real, rows: _Conditions, chosen: NDArray[Any], n: int) -> Any:
    from scipy.sparse import csr_array, hstack

    cell, sign, m = rows.cell[chosen], rows.sign[chosen], len(chosen)
    places = np.stack([cells.first[cell], cells.second[cell]], axis=1).ravel()
    values = np.stack([sign, -sign], axis=1).ravel()
    items = csr_array((values, places, np.arange(0, 2 * m + 1, 2)), shape=(m, n))
    features = csr_array(sign[:, None] * scaled[cell])
    return hstack([items, features, csr_array(-rows.slope[chosen][:, None])], format="csr")


def _solve(
    cells: Cells, scaled: Real, rows: _Conditions, still: NDArray[np.bool_], n: int
) -> Real | Literal[False] | None:
    """A separating direction, None where there is none, or False where time ran out.

    Of a million rows few decide. The program starts with some of the conditions, but with the
    objective of all: where even this has no solution above zero there is no separation, and where
    its solution breaks no condition there is one. Else the broken ones join.
    """
    from scipy.optimize import linprog

    m = len(rows.cell)
    moving = np.flatnonzero(~still)
    inequality = ~rows.equal
    signed = rows.sign * inequality
    by_cell = np.bincount(rows.cell, signed, len(cells))
    objective = np.concatenate(
        [
            np.bincount(cells.first, by_cell, n) - np.bincount(cells.second, by_cell, n),
            scaled.T @ by_cell,
            [-(rows.slope * inequality).sum()],
        ]
    )
    if not inequality.any():
        return None  # every z is 0
    objective = objective / max(float(np.abs(objective).max(initial=0.0)), 1.0)
    bounds = np.stack([np.full(len(moving), -1.0), np.ones(len(moving))], axis=1)
    if cells.tie is not None:
        bounds[-1, 0] = 0.0
    generator = np.random.default_rng(0)
    inside = np.zeros(m, bool)
    inside[generator.permutation(m)[:FIRST_ROWS]] = True
    for _ in range(ROUNDS):
        chosen = np.flatnonzero(inside)
        matrix = _matrix(cells, scaled, rows, chosen, n)[:, moving]
        equal = rows.equal[chosen]
        result = linprog(
            -objective[moving],
            A_ub=-matrix[~equal],
            b_ub=np.zeros(int((~equal).sum())),
            A_eq=matrix[equal] if equal.any() else None,
            b_eq=np.zeros(int(equal.sum())) if equal.any() else None,
            bounds=bounds,
            method="highs",
            options={"time_limit": SECONDS_A_ROUND},
        )
        if result.status != 0:
            return False
        solution = np.zeros(len(still))
        solution[moving] = result.x
        left = _slack(cells, scaled, rows, solution, n)
        broken = _broken(rows, left) & ~inside
        if -result.fun <= TOLERANCE:
            return None
        if not broken.any():
            # The solver's own tolerance, times many rows, is no direction.
            return solution if left[inequality].max() > 10.0 * TOLERANCE else None
        worst = np.flatnonzero(broken)
        if len(worst) > MORE_ROWS:
            worst = worst[np.argsort(-np.abs(left[worst]))[:MORE_ROWS]]
        inside[worst] = True
    return False


def far_out(cells: Cells, ability: Real, extra: Real) -> bool:
    """Whether a fit is in doubt although it converged.

    A small last Newton step at moderate parameters shows that the maximum exists: along a
    separating direction steps never become small.
    """
    n_features = cells.features.shape[1]
    reach = np.abs(cells.features).max(axis=0, initial=0.0)
    moves = np.abs(extra[:n_features]) * reach
    sizes = (np.ptp(ability), moves.max(initial=0.0), np.abs(extra[n_features:]).max(initial=0.0))
    return max(float(size) for size in sizes) > FARTHEST


def raise_separated(
    items: NDArray[Any], extras: Extras, cells: Cells, direction: Direction
) -> NoReturn:
    """The error that names what grows without end, and between whom."""
    raise _error(extras, _of_direction(items, extras, cells, direction))


def raise_far(extras: Extras) -> NoReturn:
    """The error where a fit ran away and the program was not solved in time."""
    parts = [
        f"{name} ({value:.3g})"
        for name, value in zip(extras.names, extras.coefficients.tolist(), strict=True)
        if abs(value) > FARTHEST
    ]
    raise _error(extras, ", ".join(parts) or "abilities that grow")


def _error(extras: Extras, what: str) -> SeparationError:
    tied = extras.ties != "none"
    return SeparationError(
        f"The maximum does not exist: nothing contradicts {what}, so that the likelihood rises "
        "without end (the outcomes are separated). prior= holds abilities, ridge= coefficients"
        + (f"; ties='half' takes ties that are too few, or too many, for {extras.ties!r}" * tied)
    )


def _of_direction(items: NDArray[Any], extras: Extras, cells: Cells, direction: Direction) -> str:
    """What grows, and between whom."""
    steps = direction.coefficients * np.abs(cells.features).max(axis=0, initial=0.0)
    largest = float(max(np.abs(steps).max(initial=0.0), np.ptp(direction.ability), direction.tie))
    order = np.argsort(-np.abs(steps), kind="stable")
    moving = [k for k in order.tolist() if abs(steps[k]) > SHOWN * largest]
    parts = [f"{extras.names[k]} ({'rising' if steps[k] > 0 else 'falling'})" for k in moving[:3]]
    if len(moving) > 3:
        parts[-1] += f" and {len(moving) - 3:,} more"
    if abs(direction.tie) > SHOWN * largest:
        parts.append(f"the tie parameter ({'rising' if direction.tie > 0 else 'falling'})")
    middle = 0.5 * (direction.ability.max() + direction.ability.min())
    if np.ptp(direction.ability) > SHOWN * largest:
        above = direction.ability > middle
        parts.append(f"abilities ({named(items, above)} above {named(items, ~above)})")
    return " with ".join(parts)
