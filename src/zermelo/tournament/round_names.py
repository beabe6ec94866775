"""What the rounds of a knockout are called."""

from __future__ import annotations

ROUND_NAMES = ("champion", "final", "semi-final", "quarter-final")


def round_name(left: int) -> str:
    """What one has reached with so many rounds to play: 0 for the title, 1 for the final."""
    return ROUND_NAMES[left] if left < len(ROUND_NAMES) else f"last {2**left}"
