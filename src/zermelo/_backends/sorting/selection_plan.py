"""How quickselect goes on from here: the way that costs the fewest pairs by estimate.

A group is a chain, items whose order is known, and loose items of which nothing is known; the
chain is taken for a random sample of the group. Only sums, products, quotients and square roots, in
a fixed order, so that the other backend comes to the same decisions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

# Estimates by rounds left, the last for all above; those for one and two rounds have formulas.
# Sorting n items takes about SORTING * n ** 1.375 pairs, up to some hundred items.
SORTING = (0.0, 0.0, 0.0, 1.25, 1.1, 1.03, 1.0, 0.98, 0.96, 0.95)
# The best of n items takes about n * (1 + SEARCHING * (sqrt(n) - 1)) pairs; for the best few there
# come, times FINISHING * (n / few) ** power, those that sort half as many more. The power falls
# from 1 where rounds are few to 1/2.
SEARCHING = (0.0, 0.0, 0.0, 0.11, 0.055, 0.025, 0.018, 0.012, 0.008, 0.006, 0.005, 0.004, 0.003)
FINISHING = (0.0, 0.0, 0.0, 0.48, 0.36, 0.5, 0.43, 0.4, 0.66, 0.64, 0.62, 0.6, 0.58)

FEW_ROUNDS = 6  # up to here several pivots at once may pay
MANY_ROUNDS = 8  # from here on a sample may be sorted in more than one round


class Plan(NamedTuple):
    """What to do with a group.

    Either `pivots` are ranks in the chain: all loose items are compared with these at once. Or
    the chain is joined by loose items until it counts `sample`, and its best `rank` are found
    and sorted within `rounds`; `rank` 0: the sample is not sorted first, all items are compared
    with it at once. Neither: all pairs.
    """

    pivots: tuple[int, ...] = ()
    sample: int = 0
    rank: int = 0
    rounds: int = 0


def comfortable_rounds(n: int) -> int:
    """Rounds to plan with where nobody asked for fewer."""
    return 3 + n.bit_length()


def least_rounds(n: int) -> int:
    """Below this, having planned badly so far would cost too much."""
    return n.bit_length() - 1


def choose_plan(chain: int, loose: int, wanted: int, rounds: int) -> Plan:
    """The cheapest way on for a group whose best `wanted` are to be found and sorted."""
    everything = _pairs_of(loose) + float(loose * chain)
    if rounds <= 1:
        return Plan()
    cost, plan = everything, Plan()
    if chain == 0:
        cost, plan = _without_sorting(loose, wanted, rounds, cost)
    if chain > 0:
        cost, plan = _with_pivots(chain, loose, wanted, rounds, cost)
    if rounds > 2:
        cost, plan = _with_sample(chain, loose, wanted, rounds, cost, plan)
    return plan


def _without_sorting(n: int, wanted: int, rounds: int, cost: float) -> tuple[float, Plan]:
    """A sample whose items are all pivots, in the same round in which they meet each other."""
    plan = Plan()
    for size in range(1 if rounds == 2 else 2, min(n - 1, 3 * math.isqrt(n) + 3) + 1):
        estimate = _pairs_of(size) + float(size * (n - size))
        if estimate >= cost:
            break
        gap = (n - size) / (size + 1.0)
        spread = size / (size + 2.0)
        # The gap in which the last of the wanted falls is longer than others.
        inside = min(gap, float(wanted))
        cut = inside + min(gap, float(n - wanted))
        estimate += max(wanted / gap - 1.0, 0.0) * _sorting_pairs(gap, rounds - 1, spread)
        estimate += _selecting_pairs(cut, inside, rounds - 1, spread / 2.0)
        if estimate < cost:
            cost, plan = estimate, Plan((), size, 0, 0)
    return cost, plan


def _with_pivots(
    chain: int, loose: int, wanted: int, rounds: int, cost: float
) -> tuple[float, Plan]:
    """One pivot of the chain, or several evenly spaced ones."""
    plan = Plan()
    n = chain + loose
    step = (n + 1.0) / (chain + 1.0)
    risks = _risks(n, chain, wanted)
    for rank, too_few in enumerate(risks, 1):
        estimate = loose + _rest(n, chain, rank, wanted, rounds - 1, too_few)
        if estimate < cost:
            cost, plan = estimate, Plan((rank,))
        if rounds > FEW_ROUNDS:
            continue
        for count in range(2, rank + 1):
            estimate = float(count * loose)
            if estimate >= cost:
                break
            ranks = tuple((place * rank + count - 1) // count for place in range(1, count + 1))
            previous = 0
            needed = 1.0  # P(the wanted reach beyond the pivot before)
            few = 0.0
            for pivot in ranks:
                size = (pivot - previous) * step - 1.0
                spread = 1.0 / (pivot - previous)
                within = min(size, wanted - few)
                estimate += needed * _selecting_pairs(size, within, rounds - 1, spread)
                few = min(pivot * step, wanted * pivot / (pivot + 1.0))
                needed = risks[pivot - 1]
                previous = pivot
            estimate += needed * _selecting_pairs(n - few, wanted - few, rounds - 1, 0.0)
            if estimate < cost:
                cost, plan = estimate, Plan(ranks)
    return cost, plan


def _with_sample(
    chain: int, loose: int, wanted: int, rounds: int, cost: float, plan: Plan
) -> tuple[float, Plan]:
    """A sample that is sorted, as far as its pivot, before the others meet the pivot."""
    n = chain + loose
    for size in range(chain + 1, min(n - 1, 3 * math.isqrt(n) + 3) + 1):
        for rank, too_few in enumerate(_risks(n, size, wanted), 1):
            for sample_rounds in _sample_rounds(size, rounds):
                estimate = float(n - size)
                if sample_rounds <= 1:
                    estimate += _pairs_of(size) - _pairs_of(chain)
                else:
                    known = _sorting_pairs(float(min(chain, rank)), sample_rounds, 0.0)
                    least = float(size - max(chain, 1))
                    pairs = _selecting_pairs(float(size), float(rank), sample_rounds, 0.0)
                    estimate += max(pairs - known, least)
                if estimate >= cost:
                    continue
                left = rounds - sample_rounds - 1
                estimate += _rest(n, size, rank, wanted, left, too_few)
                if estimate < cost:
                    cost, plan = estimate, Plan((), size, rank, sample_rounds)
            if too_few < 0.01:
                break
    return cost, plan


def _sample_rounds(size: int, rounds: int) -> tuple[int, ...]:
    if size == 1:
        return (0,)
    if rounds < MANY_ROUNDS:
        return (1,)
    return (1, min(rounds - 6, rounds // 2))


def _risks(n: int, size: int, wanted: int) -> list[float]:
    """For each rank in a sample: how probable it is that too few of n items precede that one."""
    others = n - wanted
    if size > others:
        return [1.0] * size
    exactly = 1.0  # P(so many of the sample are among the wanted), hypergeometric
    for drawn in range(size):
        exactly *= (others - drawn) / (n - drawn)
    risks = []
    risk = 1.0
    for rank in range(1, size + 1):
        risk = max(risk - exactly, 0.0)
        risks.append(risk)
        exactly *= float((size - rank + 1) * max(wanted - rank + 1, 0))
        exactly /= float(rank * (others - size + rank))
    return risks


def _rest(n: int, size: int, rank: int, wanted: int, rounds: int, too_few: float) -> float:
    """Pairs still to come once all have met the pivot of that rank in a sample."""
    before = rank * (n + 1.0) / (size + 1.0) - 1.0
    spread = (size + 1.0 - rank) / (rank * (size + 2.0))
    spread_after = rank / ((size + 1.0 - rank) * (size + 2.0))
    few = min(before, wanted * rank / (rank + 1.0))
    both = _sorting_pairs(few, rounds, spread)
    both += _selecting_pairs(n - few, wanted - few, rounds, spread_after)
    if too_few >= 1.0:
        return both
    enough = max((before - too_few * few) / (1.0 - too_few), float(wanted))
    one = _selecting_pairs(enough, float(wanted), rounds, spread)
    return (1.0 - too_few) * one + too_few * both


def _pairs_of(n: float) -> float:
    return n * (n - 1.0) / 2.0


def _sorting_pairs(n: float, rounds: int, spread: float) -> float:
    """Pairs that sort n items; `spread` is the squared coefficient of variation of n."""
    if n <= 1.0:
        return 0.0
    if rounds <= 1:
        return _pairs_of(n) + n * n * spread / 2.0
    root = math.sqrt(n)
    if rounds == 2:
        return min(1.05 * n * root * (1.0 + 0.375 * spread), _pairs_of(n))
    power = n * math.sqrt(root) * math.sqrt(math.sqrt(root))
    factor = SORTING[min(rounds, len(SORTING) - 1)]
    return min(factor * power * (1.0 + 0.258 * spread), _pairs_of(n))


def _selecting_pairs(n: float, wanted: float, rounds: int, spread: float) -> float:
    """Pairs that find and sort the best `wanted` of n items."""
    if wanted <= 0.0:
        return 0.0
    whole = _sorting_pairs(n, rounds, spread)
    if wanted >= 0.6 * n or rounds <= 1:
        return whole
    if rounds == 2:
        return min(whole, (0.75 * n + wanted) * math.sqrt(n))
    column = min(rounds, len(SEARCHING) - 1)
    best = n * (1.0 + SEARCHING[column] * (math.sqrt(n) - 1.0))
    if wanted <= 1.0:
        return min(whole, best)
    ratio = n / wanted
    if rounds > 4:
        root = math.sqrt(ratio)
        ratio = root * math.sqrt(root) if rounds <= 7 else root
    return min(whole, best + FINISHING[column] * ratio * _sorting_pairs(1.5 * wanted, rounds, 0.0))
