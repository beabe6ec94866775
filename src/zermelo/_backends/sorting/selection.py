"""Twin of the method that selects the best with pivots, in few rounds.

Quickselect (Hoare 1961, algorithm 65) with pivots from samples (Floyd and Rivest 1975) and whole
rounds of pairs that are asked at once, as in parallel selection with few rounds (Bollobás and
Thomason 1983; Braverman, Mao and Weinberg 2016).
"""

from __future__ import annotations

from collections.abc import Sequence

from .machine import TIE, Asking, Run, Together, compare
from .selection_plan import choose_plan, comfortable_rounds, least_rounds


def quickselect(run: Run) -> Asking:
    """Split by pivots until the best are sorted; where rounds run out, all pairs of a group."""
    selection = _Selection(run)
    run.view = selection.view
    rounds = run.max_rounds or comfortable_rounds(run.n)
    yield from selection.settle(range(run.n), [], list(range(run.n)), run.top_k, rounds, True)
    run.view = None


class _Selection:
    """What all groups share: the rounds that wait for answers, and the places that are final."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.open: list[_Round] = []
        self.is_final = [False] * run.n + [False]

    def view(self) -> list[int]:
        order = list(self.run.order)
        for waiting in self.open:
            waiting.write(order)
        return order

    def settle(
        self,
        places: Sequence[int],
        chain: list[int],
        loose: list[int],
        wanted: int,
        rounds: int,
        is_final: bool,
    ) -> Asking:
        """Put the best `wanted` of a group in order within `rounds`.

        Parameters
        ----------
        places : sequence of int
            Where the items of the group stand in `run.order`.
        chain, loose : list of int
            Items whose order is known, and the others as they stand.
        is_final : bool
            Whether the places are those that the items keep: not so within a sample.
        """
        run = self.run
        if len(places) == 1 or not loose:
            if is_final:
                self.mark_final(places)
            return
        wanted = min(wanted, len(places))
        if wanted <= 0:
            return
        plan = choose_plan(len(chain), len(loose), wanted, rounds)
        if plan.pivots:
            pivots = [chain[rank - 1] for rank in plan.pivots]
            met = _Round(run, places, chain, pivots, loose)
        elif not plan.sample:
            pivots = [run.order[place] for place in places]
            met = _Round(run, places, chain, pivots, [])
        else:
            n_new = plan.sample - len(chain)
            new = [loose[(2 * i + 1) * len(loose) // (2 * n_new)] for i in range(n_new)]
            is_new = set(new)
            others = [item for item in loose if item not in is_new]
            if not plan.rank:
                met = _Round(run, places, [], new, others)
            else:
                sampled = is_new.union(chain)
                stand = [place for place in places if run.order[place] in sampled]
                yield from self.settle(stand, chain, new, plan.rank, plan.rounds, False)
                rounds -= plan.rounds
                ranked = [run.order[place] for place in stand]
                if plan.rounds <= 1:
                    yield from self.settle(places, ranked, others, wanted, rounds, is_final)
                    return
                chain = ranked[: plan.rank]
                met = _Round(run, places, chain, chain[-1:], others)
        self.open.append(met)
        yield Together([met.ask(number) for number in range(len(met.pairs))])
        self.open.remove(met)
        pivots, groups = met.split()
        met.write(run.order)
        branches = []
        start = 0
        for number, group in enumerate(groups):
            own = places[start : start + len(group)]
            of_chain = set(chain).intersection(group)
            part = [item for item in chain if item in of_chain]
            rest = [item for item in group if item not in of_chain]
            left = rounds - 1 if run.max_rounds else max(rounds - 1, least_rounds(len(group)))
            branches.append(self.settle(own, part, rest, wanted - start, left, is_final))
            start += len(group)
            if number < len(pivots):
                if is_final:
                    self.mark_final(places[start : start + 1])
                start += 1
        yield Together(branches)

    def mark_final(self, places: Sequence[int]) -> None:
        run = self.run
        for place in places:
            self.is_final[place] = True
        while self.is_final[run.n_certain]:
            run.n_certain += 1


class _Round:
    """Pairs of a group that are asked at once: pivots that meet each other, and all the others.

    What has not been answered counts as the order before the round has it, so that only answers
    to the contrary move anyone.
    """

    def __init__(
        self,
        run: Run,
        places: Sequence[int],
        chain: list[int],
        pivots: list[int],
        others: list[int],
    ) -> None:
        self.places = places
        self.items = [run.order[place] for place in places]
        self.chain = chain
        self.pivots = pivots
        known = set(chain)
        self.is_sorted = known.issuperset(pivots)
        self.others = others
        self.pairs = [
            (first, second)
            for number, first in enumerate(pivots)
            for second in pivots[number + 1 :]
            if not (first in known and second in known)
        ]
        self.n_between_pivots = len(self.pairs)
        self.pairs += [(item, pivot) for item in others for pivot in pivots]
        self.scores: list[float | None] = [None] * len(self.pairs)

    def ask(self, number: int) -> Asking:
        first, second = self.pairs[number]
        self.scores[number] = yield from compare(first, second)

    def split(self) -> tuple[list[int], list[list[int]]]:
        """The pivots, best first, and who belongs before, between and after them."""
        stands = {item: number for number, item in enumerate(self.items)}
        pivots = self.pivots if self.is_sorted else self._ranked_pivots(stands)
        # Who is not compared in this round lost to the last of the chain.
        n_before = dict.fromkeys(self.items, len(pivots))
        if self.is_sorted:
            n_passed = 0
            for item in self.chain:
                n_before[item] = n_passed
                n_passed += n_passed < len(pivots) and item == pivots[n_passed]
        number = self.n_between_pivots
        for item in self.others:
            n_lost = 0
            for pivot in self.pivots:
                score = self.scores[number]
                if score is None:
                    n_lost += stands[pivot] < stands[item]
                else:
                    n_lost += score < TIE or (score == TIE and pivot < item)
                number += 1
            n_before[item] = n_lost
        groups: list[list[int]] = [[] for _ in range(len(pivots) + 1)]
        is_pivot = set(pivots)
        for item in self.items:
            if item not in is_pivot:
                groups[n_before[item]].append(item)
        return pivots, groups

    def write(self, order: list[int]) -> None:
        pivots, groups = self.split()
        places = iter(self.places)
        for number, group in enumerate(groups):
            for item in group:
                order[next(places)] = item
            if number < len(pivots):
                order[next(places)] = pivots[number]

    def _ranked_pivots(self, stands: dict[int, int]) -> list[int]:
        """The pivots by points, two a win and one a tie; equal ones keep the initial order."""
        ranked = sorted(self.pivots, key=lambda pivot: stands[pivot])
        points = {pivot: 2 * (len(ranked) - 1 - rank) for rank, pivot in enumerate(ranked)}
        for number, (first, second) in enumerate(self.pairs[: self.n_between_pivots]):
            score = self.scores[number]
            if score is None:
                continue
            assumed = 2 if stands[first] < stands[second] else 0
            found = 2 if score > TIE else 1 if score == TIE else 0
            points[first] += found - assumed
            points[second] -= found - assumed
        return sorted(self.pivots, key=lambda pivot: (-points[pivot], pivot))
