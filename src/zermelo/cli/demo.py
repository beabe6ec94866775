"""Votes as a leaderboard gets them, made up: what the engine does with them, and how quickly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ..comparisons import Comparisons
from ..errors import InputError, SeparationError
from ..ratings.bradley_terry import bradley_terry
from .board import make_board, print_board
from .progress import stage

# fmt: off
FAMILIES = (
    "Amber", "Badger", "Cedar", "Dorado", "Ember", "Falcon", "Garnet", "Heron", "Indigo",
    "Juniper", "Kestrel", "Lynx", "Marble", "Nimbus", "Onyx", "Puffin", "Quartz", "Raven", "Sable",
    "Topaz", "Umber", "Violet", "Willow", "Xenon", "Yarrow", "Zephyr",
)
# fmt: on
SIZES = ("1B", "3B", "8B", "14B", "32B", "70B", "120B", "400B")
TIE_SHARE = 0.25
SHOWN = 10


@dataclass(frozen=True)
class MadeVotes:
    """Rows as a file of votes has them, and the abilities behind them."""

    model_a: NDArray[Any]
    model_b: NDArray[Any]
    winner: NDArray[Any]
    names: NDArray[Any]
    ability: NDArray[np.float64]


def make_votes(n_votes: int, n_items: int, seed: int) -> MadeVotes:
    """Votes between items of normal abilities, of which some are shown far more often.

    A tie is more likely the closer the two are, and takes as much from either side, so that the
    expected score is the Bradley-Terry probability and half ties estimate the truth.
    """
    generator = np.random.default_rng(seed)
    variants = [f"{family}-{size}" for size in SIZES for family in FAMILIES]
    if n_items > len(variants):
        variants += [
            f"{variants[i % len(variants)]}-v{i // len(variants) + 1}"
            for i in range(len(variants), n_items)
        ]
    names = generator.permutation(np.array(variants, dtype=object))[:n_items]
    ability = generator.normal(size=n_items)
    ability -= ability.mean()
    # Zipf's law with its head cut: the most popular item is shown about 20 times as often as the
    # median of 200.
    popularity = 1.0 / (generator.permutation(n_items) + 5.0)
    popularity /= popularity.sum()
    first = generator.choice(n_items, n_votes, p=popularity)
    second = generator.choice(n_items, n_votes, p=popularity)
    while (same := np.flatnonzero(first == second)).size:
        second[same] = generator.choice(n_items, same.size, p=popularity)
    chance = 1.0 / (1.0 + np.exp(ability[second] - ability[first]))
    closeness = 2.0 * np.minimum(chance, 1.0 - chance)
    tie = closeness * min(1.0, TIE_SHARE / closeness.mean())
    draw = generator.random(n_votes)
    code = np.where(draw < tie, 2, np.where(draw < chance + tie / 2.0, 0, 1))
    labels = np.array(["model_a", "model_b", "tie"], dtype=object)
    return MadeVotes(names[first], names[second], labels[code], names, ability)


def run_demo(console: Console, *, n_votes: int, n_items: int, seed: int) -> None:
    """Makes votes, ranks them and prints the steps' times, the best items and the errors made."""
    steps: list[tuple[str, float]] = []

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        with stage(step):
            started = time.perf_counter()
            yield
            steps.append((step, time.perf_counter() - started))

    with timed("making the votes"):
        made = make_votes(n_votes, n_items, seed)
    with timed("encoding and counting"):
        counts = Comparisons(made.model_a, made.model_b, made.winner).pair_counts()
    try:
        with timed("fitting"):
            fit = bradley_terry(counts)
    except SeparationError as error:
        raise InputError(
            f"{n_votes:,} votes are too few to rank {n_items:,} items: some never won or never "
            "lost; give more --votes or fewer --items"
        ) from error
    with timed("95% intervals"):
        board = make_board(fit, 0.95)

    console.print(
        f"{n_votes:,} made-up votes on {counts.n_items:,} items, "
        f"{100 * np.mean(made.winner == 'tie'):.1f}% ties (seed {seed})\n"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="cyan")
    for step, seconds in steps:
        table.add_row(step, f"{1000 * seconds:,.0f} ms")
    console.print(table)
    console.print()
    print_board(console, board, SHOWN)
    console.print()
    for line in recovery(made, board.item, board.ability, board.standard_error):
        console.print(line, soft_wrap=True)


def recovery(
    made: MadeVotes,
    items: NDArray[Any],
    ability: NDArray[np.float64],
    standard_error: NDArray[np.float64],
) -> list[str]:
    """How far the estimates are from the truth, in sentences."""
    truth_of = dict(zip(made.names.tolist(), made.ability.tolist(), strict=True))
    truth = np.array([truth_of[item] for item in items.tolist()])
    truth -= truth.mean()
    error = ability - truth
    covered = np.abs(error) <= 1.959963984540054 * standard_error
    best = int(np.argmax(truth))
    rms_error, rms_standard_error = np.sqrt(np.mean(error**2)), np.sqrt(np.mean(standard_error**2))
    return [
        f"The truth: correlation {np.corrcoef(ability, truth)[0, 1]:.4f}, typical error "
        f"{rms_error:.4f} (standard error {rms_standard_error:.4f}), where the abilities' standard "
        f"deviation is {truth.std():.2f}.",
        f"{100 * covered.mean():.1f}% of the 95% intervals hold the true ability; the truly best "
        f"item, {items[best]}, is ranked {best + 1}.",
    ]
