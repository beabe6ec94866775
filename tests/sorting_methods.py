"""Drives sort machines, and says what the methods promise."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from zermelo._backends.sorting.tourrank import n_exact

COMPARE, CHOOSE, RANK = range(3)

COMPARING = (
    "allpair",
    "heapsort",
    "sliding",
    "merge",
    "insertion",
    "ford-johnson",
    "knockout",
)
LISTING = ("setwise-heap", "setwise-bubble", "listwise", "tourrank")
CLASSIC = COMPARING + LISTING


def options_of(method: str, top_k: int) -> dict[str, int]:
    """Options with which a method promises its best `top_k`, where it can."""
    return {
        "sliding": {"passes": top_k, "whole": 1, "overlap": 0},
        "setwise-heap": {"size": 4},
        "setwise-bubble": {"size": 4, "overlap": 0},
        "listwise": {"window": 20, "step": 10, "passes": -(-top_k // 10)},
        "tourrank": {"tournaments": 2},
    }.get(method, {})


def promised(method: str, n: int, top_k: int) -> int:
    """How many places consistent answers make exact with these options."""
    if method == "tourrank":
        return n_exact(n)
    return top_k


class Judge:
    """Answers by the items' qualities, higher better; equal ones tie."""

    def __init__(self, quality: Sequence[float]) -> None:
        self.quality = quality

    def __call__(self, kind: int, items: tuple[int, ...]) -> Any:
        values = [self.quality[item] for item in items]
        if kind == COMPARE:
            return 0.5 + 0.5 * ((values[0] > values[1]) - (values[0] < values[1]))
        places = sorted(range(len(items)), key=lambda place: -values[place])
        return places if kind == RANK else places[:1]


class Contrary:
    """Answers at random, though always the same to the same question."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, kind: int, items: tuple[int, ...]) -> Any:
        lots = random.Random(f"{self.seed} {kind} {items}")
        if kind == COMPARE:
            return lots.choice((0.0, 0.2, 0.5, 0.5, 0.9, 1.0))
        places = list(range(len(items)))
        lots.shuffle(places)
        return places if kind == RANK else places[:1]


def drive(
    machine: Any,
    judge: Callable[[int, tuple[int, ...]], Any],
    pick: Callable[[int], int] | None = None,
    watch: Callable[[Any], None] | None = None,
) -> Any:
    """Answer a machine's questions one by one.

    `pick` says which of so many pending ones is next, else the first; `watch` sees the machine
    before every answer and at the end.
    """
    pending: deque[tuple[int, Any]] = deque()
    n_seen = 0
    while True:
        if pick is not None or not pending:
            new = machine.questions(n_seen)
            pending.extend(enumerate(new, n_seen))
            n_seen += len(new)
        if watch is not None:
            watch(machine)
        if not pending:
            break
        place = pick(len(pending)) if pick is not None else 0
        pending.rotate(-place)
        number, question = pending.popleft()
        pending.rotate(place)
        machine.tell(number, judge(*question), 1)
    assert machine.done
    return machine


def expected_order(quality: Sequence[float]) -> list[int]:
    """Best first; equal items keep the initial order."""
    return sorted(range(len(quality)), key=lambda item: -quality[item])
