"""Twins of the methods that pass over the order from back to front, as bubble sort does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .knowledge import settled
from .machine import CHOOSE, RANK, TIE, Asking, Question, Run, Together, compare


def _waves(lengths: Sequence[int], overlap: bool) -> Iterator[list[tuple[int, int]]]:
    """The steps (pass, step of the pass) that are made at once.

    Passes that overlap begin two steps behind each other: the place that a step can still change
    is then two ahead.
    """
    active: list[tuple[int, int]] = []
    begun = 0
    time = 0
    while active or begun < len(lengths):
        if begun < len(lengths) and (time == 2 * begun if overlap else not active):
            active.append((begun, 0))
            begun += 1
        yield active
        active = [(number, step + 1) for number, step in active if step + 1 < lengths[number]]
        time += 1


def _at_once(branches: Sequence[Asking]) -> Asking:
    if len(branches) == 1:
        return [(yield from branches[0])]
    return (yield Together(branches))


def sliding(run: Run) -> Asking:
    """Passes of neighbours that swap on a strict win (Qin et al. 2023: PRP-Sliding-K).

    Options: `passes`, `whole` (else a pass stops where the one before it ended), `overlap`.
    """
    n = run.n
    whole = bool(run.options["whole"])
    passes = min(run.options["passes"], max(n - 1, 0))
    lengths = [n - 1 - (0 if whole else number) for number in range(passes)]
    swapped = [False] * passes
    for wave in _waves(lengths, bool(run.options["overlap"])):
        swaps = yield from _at_once([_bubbled(run, n - 2 - step) for _, step in wave])
        for (number, step), swap in zip(wave, swaps, strict=True):
            swapped[number] |= swap
            if step + 1 == lengths[number]:
                if not swapped[number]:
                    run.n_certain = n  # a pass that follows would ask the same
                elif not whole:
                    run.n_certain = max(run.n_certain, settled(n, number + 1))
    run.n_certain = max(run.n_certain, settled(n, passes))


def _bubbled(run: Run, place: int) -> Asking:
    order = run.order
    score = yield from compare(order[place + 1], order[place])
    if score > TIE:
        order[place], order[place + 1] = order[place + 1], order[place]
    return score > TIE


def setwise_bubble(run: Run) -> Asking:
    """As many passes as wanted places; the best of `size` items moves on to the next window.

    Zhuang et al. 2024 (arXiv 2310.09497). Options: `size`, `overlap`.
    """
    n, step_size = run.n, run.options["size"] - 1
    passes = min(run.top_k, max(n - 1, 0))
    lengths = [-(-(n - 1 - number) // step_size) for number in range(passes)]
    for wave in _waves(lengths, bool(run.options["overlap"])):
        ends = [n - step * step_size for _, step in wave]
        yield from _at_once(
            [
                _best_moved(run, max(number, end - step_size - 1), end)
                for (number, _), end in zip(wave, ends, strict=True)
            ]
        )
        for number, step in wave:
            if step + 1 == lengths[number]:
                run.n_certain = settled(n, number + 1)
    run.n_certain = max(run.n_certain, settled(n, passes))


def _best_moved(run: Run, begin: int, end: int) -> Asking:
    """Move the best of a stretch to its front; the others keep their order."""
    order = run.order
    shown = tuple(sorted(order[begin:end]))
    [chosen] = yield Question(CHOOSE, shown)
    place = order.index(shown[chosen], begin, end)
    order.insert(begin, order.pop(place))


def listwise(run: Run) -> Asking:
    """Windows are ranked from back to front and overlap (Sun et al. 2023, arXiv 2304.09542).

    Options: `window`, `step` (less than the window), `passes`. The window at the front is whole
    too, so that it overlaps more where n does not fit.
    """
    n, window, step = run.n, run.options["window"], run.options["step"]
    for _ in range(run.options["passes"]):
        begin = n
        end = n + step
        while begin > 0 and n > 1:
            end = max(end - step, min(window, n))
            begin = max(end - window, 0)
            shown = tuple(run.order[begin:end])
            places = yield Question(RANK, shown)
            run.order[begin:end] = [shown[place] for place in places]
    run.n_certain = n if n <= window else settled(n, run.options["passes"] * (window - step))
    run.n_certain = min(run.n_certain, n)
