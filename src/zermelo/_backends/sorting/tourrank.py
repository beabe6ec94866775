"""Twin of TourRank (Chen et al. 2024, arXiv 2406.11678)."""

from __future__ import annotations

from .machine import RANK, Asking, Question, Run, Together
from .random_bits import stream

GROUP = 20  # items in a list, at most


def stages_of(n: int) -> list[tuple[int, int]]:
    """The groups of every stage and how many of a group go on; the last stage has one group.

    100 items go 50, 20, 10, 5, 2 as in the paper; others join that ladder of 1, 2 and 5 where it
    leaves two thirds or less.
    """
    stages = []
    while n > 1:
        target, power = 1, 1
        while 3 * power <= 2 * n:
            target = max(step for step in (1, 2, 5) if 3 * step * power <= 2 * n) * power
            power *= 10
        # Of one size where that takes few more groups; none from which a single item goes on.
        fitting = [
            groups
            for groups in range(1, max(target // 2, 1) + 1)
            if target % groups == 0 and groups * GROUP >= n
        ]
        fewest = fitting[0]
        equal = [groups for groups in fitting if n % groups == 0 and groups < 2 * fewest]
        groups = equal[0] if equal else fewest
        stages.append((groups, target // groups))
        if target <= 2:
            break
        n = target
    return stages


def n_exact(n: int) -> int:
    """How many places a consistent ranking makes exact."""
    return min([advance for groups, advance in stages_of(n) if groups > 1], default=n)


class _Points:
    """Stages survived, and the places where the item went out, summed over tournaments."""

    def __init__(self, n: int) -> None:
        self.survived = [0] * n
        self.place = [0] * n

    def order(self) -> list[int]:
        return sorted(
            range(len(self.place)), key=lambda item: (-self.survived[item], self.place[item])
        )


def tourrank(run: Run) -> Asking:
    """Tournaments in stages of groups; an item has a point for every stage that it survived.

    Options: `tournaments`. Equal points are ordered by the places in the groups that the items
    did not survive.
    """
    points = _Points(run.n)
    run.view = points.order
    yield Together(
        [_tournament(run, points, number) for number in range(run.options["tournaments"])]
    )
    run.order[:] = points.order()
    run.view = None
    run.n_certain = n_exact(run.n) if run.options["tournaments"] else 0


def _tournament(run: Run, points: _Points, number: int) -> Asking:
    left = list(range(run.n))
    for stage, (n_groups, advance) in enumerate(stages_of(run.n)):
        key = stream(stream(run.seed, number), stage)
        groups = _groups(left, n_groups, key if number else None)
        rankings: list[list[int]] = yield Together([_ranked(group) for group in groups])
        last = stage + 1 == len(stages_of(run.n))
        for ranking in rankings:
            for place, item in enumerate(ranking):
                if place < advance:
                    points.survived[item] += 1
                if place >= advance or last:
                    points.place[item] += place
        left = sorted(item for ranking in rankings for item in ranking[:advance])


def _groups(left: list[int], n_groups: int, key: int | None) -> list[tuple[int, ...]]:
    """Share out pots of the initial order, one item of a pot a group; with a key by lot."""
    groups: list[list[int]] = [[] for _ in range(n_groups)]
    for begin in range(0, len(left), n_groups):
        pot = left[begin : begin + n_groups]
        if key is not None:
            pot.sort(key=lambda item: stream(key, item))
        for group, item in zip(groups, pot, strict=False):
            group.append(item)
    return [tuple(group) for group in groups]


def _ranked(group: tuple[int, ...]) -> Asking:
    places = yield Question(RANK, group)
    return [group[place] for place in places]
