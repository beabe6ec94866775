"""Small boards that several tests rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import reference

import zermelo as zm


def random_fit(seed: int, n: int = 6, m: int = 120, **options: Any) -> Any:
    return zm.bradley_terry(reference.random_rows(seed, n, m).comparisons(), **options)


def wide_fit(seed: int = 3, n: int = 12, m: int = 3000) -> Any:
    """A board with clear differences and doubtful ones, and items compared more or less often."""
    generator = np.random.default_rng(seed)
    ability = np.linspace(1.0, -1.0, n)
    often = np.linspace(1.0, 5.0, n)
    a, b = (generator.choice(n, m, p=often / often.sum()) for _ in range(2))
    a, b = a[a != b], b[a != b]
    won = generator.random(len(a)) < 1.0 / (1.0 + np.exp(ability[b] - ability[a]))
    return zm.bradley_terry(zm.Comparisons(a, b, won.astype(float)))


def two_items(wins: int = 60, losses: int = 40) -> Any:
    return zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"], count=[wins, losses]))
