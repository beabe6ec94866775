"""Twin of the method that asks every pair (Qin et al. 2023, arXiv 2306.17563: PRP-Allpair)."""

from __future__ import annotations

from .machine import TIE, Asking, Run, Together, compare


def allpair(run: Run) -> Asking:
    """Every pair at once; the score of an item is its wins and half its ties.

    While answers are out, their pairs count as the initial order has them, so that scores change
    only by what contradicts it.
    """
    n = run.n
    points = [2 * (n - 1 - item) for item in range(n)]  # two a win, one a tie
    run.view = lambda: sorted(range(n), key=lambda item: -points[item])
    yield Together(
        [
            _compared(points, min(item, (item + apart) % n), max(item, (item + apart) % n))
            for apart in range(1, n // 2 + 1)
            for item in range(n if 2 * apart < n else apart)
        ]
    )
    run.order[:] = run.view()
    run.view = None
    run.n_certain = n


def _compared(points: list[int], first: int, second: int) -> Asking:
    score = yield from compare(first, second)
    if score <= TIE:
        lost = 1 if score == TIE else 2
        points[first] -= lost
        points[second] += lost
