"""Twin of the adaptive method: the most informative pairs next, and at last a proof."""

from __future__ import annotations

import heapq
import math
from collections import deque
from typing import Any

from .machine import TIE, Asking, Begin, Finish, Run, compare
from .posterior import Posterior, logistic

# Added to a variance, so that an item that is well known is not certain to be above a place.
DOUBT = 0.05

# Pairs that a proof is checked with. A judge that errs in a tenth of them contradicts itself in 20
# with a chance of 88%; one that errs less has little to prove wrong.
MOST_CHECKS = 20


def adaptive(run: Run) -> Asking:
    """Rounds of pairs chosen from the posterior; then pairs that prove the front places.

    As long as the answers contain no circle they may come from a consistent comparator: after a
    while only such pairs are asked as its front places still want for a proof. Few pairs can
    contradict each other then, so that a noisy judge may come through; a few more whose answers
    follow from the proof are therefore asked as a check. Once there is a circle nothing can be
    proved any more, and informative pairs are asked up to a limit.
    """
    n = run.n
    if n < 2:
        run.n_certain = n
        return
    n_pairs = n * (n - 1) // 2
    limit = min(run.options["pairs"] or own_limit(n, run.top_k), n_pairs)
    batch = run.options["batch"] or max(2, (n + 2 * run.top_k) // 12)
    if run.max_rounds:
        batch = max(batch, -(-limit // run.max_rounds))
    # Batches are asked while the answers of so many before them are awaited; a round that is
    # counted waits for the one before it.
    ahead = 0 if run.max_rounds else run.options["ahead"]
    awaited: deque[tuple[list[tuple[int, int]], Any]] = deque()
    posterior = Posterior(n)
    n_to_check = min(MOST_CHECKS, n // 5)
    n_checks = 0
    consistent = True
    n_asked = n_rounds = 0
    while True:
        posterior.fit()
        run.order = posterior.order()
        proof = None
        # A proof begins when about as many pairs were answered as it needs at least.
        if consistent and 4 * len(posterior.score) >= 3 * n:
            proof = prove(posterior, run.top_k)
            consistent = proof is not None
        proved = proof is not None and proof.n_certain >= run.top_k
        # Whoever sets a limit means it; our own binds only where nothing can be proved.
        bound = n_pairs if proof is not None and not run.options["pairs"] else limit
        room = min(batch, bound - n_asked)
        if n_rounds == run.max_rounds > 0:
            room = 0
        pairs: list[tuple[int, int]] = []
        if proof is not None and not proved:
            wanted = proof.wanted + proof.likely if ahead else proof.wanted
            pairs = wanted[: max(room, 0)]
        n_wanted = len(pairs)
        checks = proved or (proof is not None and ahead > 0)
        # What a proof wants may be little: calls that would not be made are checks already, and a
        # round that is counted is to be filled.
        if checks:
            room = min(room, n_wanted + n_to_check - n_checks)
        elif proof is not None and not (pairs and run.max_rounds):
            room = n_wanted
        if room > n_wanted:
            spread = consistent and proof is None
            pairs = informative(posterior, run.order, run.top_k, room, spread, pairs)
        n_checks += len(pairs) - n_wanted if checks else 0
        if pairs:
            for pair in pairs:
                posterior.expect(*pair)
            awaited.append((pairs, (yield Begin([compare(*pair) for pair in pairs]))))
            n_asked += len(pairs)
            n_rounds += 1
            if len(awaited) <= ahead:
                continue
        if not awaited:
            break
        oldest, begun = awaited.popleft()
        scores = yield Finish(begun)
        for (first, second), score in zip(oldest, scores, strict=True):
            posterior.add(first, second, score)
    if proof is not None:
        run.n_certain = proof.n_certain
        if proved:
            run.order = proof.order
        else:
            # Behind what is certain the posterior knows better than an unfinished proof.
            front = proof.order[: proof.n_certain]
            certain = set(front)
            run.order = front + [item for item in run.order if item not in certain]
    elif not (run.options["pairs"] or run.max_rounds):
        run.n_certain = run.top_k


def own_limit(n: int, top_k: int) -> int:
    """The pairs after which an inconsistent comparator is asked no more."""
    return 5 * n // 2 + math.ceil(top_k * math.log2(n))


def offsets(n: int) -> list[int]:
    """How far apart in the order two items are that may be asked: all near, fewer farther."""
    chosen = []
    offset = 1
    while offset < n:
        chosen.append(offset)
        offset += max(1, offset // 4)
    return chosen


def informative(
    posterior: Posterior,
    order: list[int],
    top_k: int,
    room: int,
    spread: bool,
    chosen: list[tuple[int, int]],
) -> list[tuple[int, int]]:
    """The pairs to ask next, `chosen` first; no other item more often than so many pairs must.

    Where they are to be `spread` over the items, those whose answers are awaited count too.
    A pair is worth what it tells, times how much its items matter: the geometric mean of the
    chances of being among the first `top_k`.
    """
    n = posterior.n
    matters = [1.0] * n
    if top_k < n:
        border = (posterior.ability[order[top_k - 1]] + posterior.ability[order[top_k]]) / 2.0
        for item in range(n):
            deviation = math.sqrt(posterior.variance[item] + DOUBT)
            # The logistic function with 1.7 is close to the normal distribution.
            matters[item] = logistic(1.7 * (posterior.ability[item] - border) / deviation)
    candidates = []
    apart = offsets(n)
    met_by = [-1] * n
    for place, item in enumerate(order):
        for other in posterior.opponents(item):
            met_by[other] = item
        for offset in apart:
            if place + offset >= n:
                break
            other = order[place + offset]
            if met_by[other] != item:
                pair = _low_first(item, other)
                worth = posterior.information(*pair) * math.sqrt(matters[item] * matters[other])
                candidates.append((worth, pair))
    candidates.sort(key=lambda candidate: -candidate[0])
    times = [len(others) if spread else 0 for others in posterior.awaited]
    most = -(-(sum(times) + 2 * room) // n)
    for first, second in chosen:
        times[first] += 1
        times[second] += 1
    taken = set(chosen)
    for _, pair in candidates:
        if len(chosen) == room:
            break
        if pair in taken:
            continue
        if times[pair[0]] < most and times[pair[1]] < most:
            times[pair[0]] += 1
            times[pair[1]] += 1
            chosen.append(pair)
    return chosen


class Proof:
    """An order that contradicts no answer, and what is still to be asked of it.

    Attributes
    ----------
    order : list of int
    n_certain : int
        How many places at its front follow from the answers alone.
    wanted : list of pairs
        If they are answered as `order` has it, the first `top_k` places are certain.
    likely : list of pairs
        To be wanted next, should neighbours change places.
    """

    def __init__(
        self,
        order: list[int],
        n_certain: int,
        wanted: list[tuple[int, int]],
        likely: list[tuple[int, int]],
    ) -> None:
        self.order = order
        self.n_certain = n_certain
        self.wanted = wanted
        self.likely = likely


def prove(posterior: Posterior, top_k: int) -> Proof | None:
    """The order with the best ability first that contradicts no answer; None where none is."""
    n = posterior.n
    n_above = [0] * n
    below: list[list[int]] = [[] for _ in range(n)]
    for first, second, score in zip(
        posterior.first, posterior.second, posterior.score, strict=True
    ):
        winner, loser = (first, second) if score >= TIE else (second, first)
        below[winner].append(loser)
        n_above[loser] += 1
    free = [(-posterior.ability[item], item) for item in range(n) if not n_above[item]]
    heapq.heapify(free)
    order: list[int] = []
    n_certain = 0
    while free:
        # A place is certain where nobody else could take it.
        if len(free) == 1 and n_certain == len(order):
            n_certain += 1
        item = heapq.heappop(free)[1]
        order.append(item)
        for loser in below[item]:
            n_above[loser] -= 1
            if not n_above[loser]:
                heapq.heappush(free, (-posterior.ability[loser], loser))
    if len(order) < n:
        return None
    # Answers that are awaited will be as the order has it.
    behind = set(order)
    for item in order:
        behind.remove(item)
        below[item].extend(other for other in posterior.awaited[item] if other in behind)
    return Proof(order, n_certain, *_lacking(order, below, posterior.awaited, top_k))


def _lacking(
    order: list[int], below: list[list[int]], awaited: list[list[int]], top_k: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What is wanted, and what is likely to be wanted next.

    Neighbours in front, and the last of the front against whoever nobody behind it beats. A pair
    waits while answers of both its items are awaited: they may soon not be neighbours, or the last
    another one. Should neighbours change places, whoever stands next to them meets the other one.
    """
    n = len(order)
    last = min(top_k, n - 1) - 1
    settled = [False] * n  # by item
    for place, item in enumerate(order):
        if place < last:
            follower = order[place + 1]
            if follower in below[item]:
                settled[follower] = True
        else:
            for loser in below[item]:
                settled[loser] = True
    wanted = []
    for place in range(1, n):
        item = order[place]
        above = order[min(place - 1, last)]
        if not settled[item] and not (awaited[item] and awaited[above]):
            wanted.append(_low_first(item, above))
    likely = []
    for place in range(min(last, n - 2)):
        item, middle, other = order[place : place + 3]
        if not (settled[middle] and settled[other]) and other not in below[item]:
            likely.append(_low_first(item, other))
    return wanted, likely


def _low_first(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
