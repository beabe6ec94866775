"""What an adaptive sort believes of its items: a Bradley-Terry posterior with a prior on the order.

    ability_i = slope * place_i + deviation_i,   deviation_i ~ N(0, spread),   slope ~ N(1, 1)

`place_i` falls smoothly with the initial position. The slope says how much the initial order is
worth, and the answers decide it: a good order keeps it up, a random one brings it down to 0, a
reversed one below; so does the spread of what the initial order does not explain.

A judge errs now and then however clear a pair is, so that P(i beats j) never leaves [LAPSE, 1 -
LAPSE]: what is far from everything else that was heard is taken for a lapse and moves little.

All sums run in a fixed order with the plain operations of floating point, so that the C++ twin
comes to the same numbers, bit for bit, and hence to the same questions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

LAPSE = 0.05

SLOPE_MEAN = 1.0
SLOPE_VARIANCE = 1.0

# The variance of deviations, and how many items' worth of evidence stands behind it.
SPREAD = 4.0
SPREAD_WEIGHT = 10.0

SWEEPS = 3
LONGEST_STEP = 2.0

# Standardises the logistic quantiles: sqrt(3) / pi.
UNIT_VARIANCE = 0.5513288954217921


class Posterior:
    """Modes and approximate variances of the abilities, given the answers so far.

    A round costs a fixed number of sweeps over the answers; there is no covariance matrix.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.place = [UNIT_VARIANCE * math.log((n - i - 0.5) / (i + 0.5)) for i in range(n)]
        self.slope = SLOPE_MEAN
        self.slope_variance = SLOPE_VARIANCE
        self.spread = SPREAD
        self.deviation = [0.0] * n
        self.variance = [SPREAD] * n
        self.ability = [self.slope * place for place in self.place]
        self.first: list[int] = []
        self.second: list[int] = []
        self.score: list[float] = []
        self.answers_of: list[list[int]] = [[] for _ in range(n)]
        # Whom an item meets in pairs without an answer.
        self.awaited: list[list[int]] = [[] for _ in range(n)]

    def expect(self, first: int, second: int) -> None:
        """A pair that is asked: whatever the answer will be, it will tell of both."""
        self.awaited[first].append(second)
        self.awaited[second].append(first)

    def add(self, first: int, second: int, score: float) -> None:
        """The score of `first`, in the pair that has been expected the longest."""
        del self.awaited[first][0], self.awaited[second][0]
        number = len(self.score)
        self.first.append(first)
        self.second.append(second)
        self.score.append(score)
        self.answers_of[first].append(number)
        self.answers_of[second].append(number)

    def fit(self) -> None:
        """A few sweeps of Newton steps from where the last fit ended."""
        for _ in range(SWEEPS):
            self._step_slope()
            for item in range(self.n):
                self._step_item(item)
            self._divide()
            self._estimate_spread()
        for item in range(self.n):
            self.ability[item] = self.slope * self.place[item] + self.deviation[item]

    def order(self) -> list[int]:
        """Items by ability, best first; equal ones keep the initial order."""
        return sorted(range(self.n), key=lambda item: -self.ability[item])

    def opponents(self, item: int) -> Iterator[int]:
        """Whom an item was or will be compared with."""
        for number in self.answers_of[item]:
            first = self.first[number]
            yield self.second[number] if first == item else first
        yield from self.awaited[item]

    def information(self, first: int, second: int) -> float:
        """How much an answer would tell of the difference, relative to what is known of it."""
        _, information = _learned(self.ability[first] - self.ability[second], 0.5)
        apart = self.place[first] - self.place[second]
        return information * (
            self.variance[first] + self.variance[second] + self.slope_variance * apart * apart
        )

    def _step_slope(self) -> None:
        gradient = (SLOPE_MEAN - self.slope) / SLOPE_VARIANCE
        precision = 1.0 / SLOPE_VARIANCE
        for number, score in enumerate(self.score):
            first, second = self.first[number], self.second[number]
            apart = self.place[first] - self.place[second]
            difference = self.slope * apart + (self.deviation[first] - self.deviation[second])
            pull, information = _learned(difference, score)
            gradient += pull * apart
            precision += information * apart * apart
        self.slope += gradient / precision
        self.slope_variance = 1.0 / precision

    def _step_item(self, item: int) -> None:
        prior = 1.0 / self.spread
        gradient = -self.deviation[item] * prior
        curvature = prior
        precision = prior
        for number in self.answers_of[item]:
            score = self.score[number]
            other = self.second[number]
            if other == item:
                other = self.first[number]
                score = 1.0 - score
            difference = self.slope * (self.place[item] - self.place[other]) + (
                self.deviation[item] - self.deviation[other]
            )
            pull, information = _learned(difference, score)
            gradient += pull
            curvature += information
            # Against an opponent who is little known an answer says less.
            precision += information / (1.0 + information * self.variance[other])
        # An answer tells as much whatever it is: what is awaited makes an item known already, and
        # other items are asked next.
        for other in self.awaited[item]:
            difference = self.slope * (self.place[item] - self.place[other]) + (
                self.deviation[item] - self.deviation[other]
            )
            _, information = _learned(difference, 0.5)
            precision += information / (1.0 + information * self.variance[other])
        step = gradient / curvature
        self.deviation[item] += min(max(step, -LONGEST_STEP), LONGEST_STEP)
        self.variance[item] = 1.0 / precision

    def _divide(self) -> None:
        """Divide the abilities anew between slope and deviations.

        Without this the sweeps would take long to move what the initial order explains from the
        deviations to the slope.
        """
        numerator = SLOPE_MEAN / SLOPE_VARIANCE
        precision = 1.0 / SLOPE_VARIANCE
        for place, deviation in zip(self.place, self.deviation, strict=True):
            numerator += place * (self.slope * place + deviation) / self.spread
            precision += place * place / self.spread
        moved = self.slope - numerator / precision
        self.slope -= moved
        for item in range(self.n):
            self.deviation[item] += moved * self.place[item]

    def _estimate_spread(self) -> None:
        total = SPREAD_WEIGHT * SPREAD
        for deviation, variance in zip(self.deviation, self.variance, strict=True):
            total += deviation * deviation + variance
        self.spread = total / (SPREAD_WEIGHT + self.n)


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), with x held where exp cannot overflow."""
    return 1.0 / (1.0 + math.exp(-min(max(x, -40.0), 40.0)))


def _learned(difference: float, score: float) -> tuple[float, float]:
    """Gradient of the log-likelihood by the difference, and its expected information."""
    chance = logistic(difference)
    change = (1.0 - 2.0 * LAPSE) * chance * (1.0 - chance)
    chance = LAPSE + (1.0 - 2.0 * LAPSE) * chance
    variance = chance * (1.0 - chance)
    return (score - chance) * change / variance, change * change / variance
