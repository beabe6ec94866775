"""Joint distributions of whole numbers, such as who holds a register or has how many points."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Real = NDArray[np.float64]
Column = NDArray[np.int32]

# A few hundred megabytes, and some seconds.
MOST_STATES = 1 << 20


def check_states(count: int) -> None:
    if count > MOST_STATES:
        raise InputError(
            f"exact probabilities of this design would need {count:,} or more states at once, "
            f"more than {MOST_STATES:,}; use zm.simulate"
        )


@dataclass(frozen=True, eq=False)
class Joint:
    """States, all different, with the probability of each; every column is one variable."""

    columns: dict[Hashable, Column]
    probability: Real

    def __len__(self) -> int:
        return len(self.probability)

    def times(self, other: Joint) -> Joint:
        """Both together; they are independent."""
        check_states(len(self) * len(other))
        columns = {key: np.repeat(column, len(other)) for key, column in self.columns.items()}
        columns |= {key: np.tile(column, len(self)) for key, column in other.columns.items()}
        return Joint(columns, np.outer(self.probability, other.probability).ravel())

    def with_columns(self, columns: Mapping[Hashable, Column]) -> Joint:
        return Joint({**self.columns, **columns}, self.probability)

    def rows(self, which: NDArray[np.intp], share: Real | float = 1.0) -> Joint:
        """These states, in this order, each with such a share of its probability."""
        columns = {key: column[which] for key, column in self.columns.items()}
        return Joint(columns, self.probability[which] * share)

    def only(self, keep: Callable[[Hashable], bool]) -> Joint:
        """Without the other columns; states that are then equal become one."""
        columns = {key: column for key, column in self.columns.items() if keep(key)}
        which, state = distinct(columns.values(), len(self))
        probability = np.bincount(state, self.probability, len(which)).astype(np.float64)
        return Joint({key: column[which] for key, column in columns.items()}, probability)


def together(joints: Collection[Joint]) -> Joint:
    """All of them as one distribution."""
    product = Joint({}, np.ones(1))
    for joint in sorted(joints, key=len):
        product = product.times(joint)
    return product


def concatenated(parts: list[Joint]) -> Joint:
    """Parts with the same columns, one after the other."""
    columns = {
        key: np.concatenate([part.columns[key] for part in parts]) for key in parts[0].columns
    }
    return Joint(columns, np.concatenate([part.probability for part in parts]))


def distinct(
    columns: Collection[Column], n_states: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A state of each kind, and of which kind each state is."""
    number = np.zeros(n_states, np.int64)
    bound = 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if low == high:
            continue
        if bound * (high - low + 1) >= 1 << 62:
            # Numbers of the kinds so far take up less room than their digits.
            number = np.unique(number, return_inverse=True)[1]
            bound = int(number.max()) + 1
        number = number * (high - low + 1) + (column - low)
        bound *= high - low + 1
    _, which, kind = np.unique(number, return_index=True, return_inverse=True)
    return which, kind.ravel()
