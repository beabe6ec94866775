"""Lots that depend on a key and numbers alone: SplitMix64, as in the C++ core's random.hpp."""

from __future__ import annotations

GOLDEN = 0x9E3779B97F4A7C15
ALL_BITS = (1 << 64) - 1


def mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & ALL_BITS
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & ALL_BITS
    return z ^ (z >> 31)


def stream(key: int, number: int) -> int:
    """64 bits for a number; they are a key in their turn."""
    return mixed((key + mixed((number + GOLDEN) & ALL_BITS)) & ALL_BITS)
