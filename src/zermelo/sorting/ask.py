"""What a sort wants to know, as it is handed to whoever answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Ask:
    """One call that a sort wants to be made.

    Attributes
    ----------
    id : str
        The same in every run of the same sort: at most 64 letters, digits, "-" and "_", so that it
        can be a provider's `custom_id`.
    items : tuple
        What is shown, in the order in which it is to be shown.
    positions : tuple of int
        Where these items stand in the input.
    question : {"compare", "choose", "rank"}
        Whether the answer is the score of the first of two items, the index in `items` of the best
        of them, or all their indices, best first.
    """

    id: str
    items: tuple[Any, ...]
    positions: tuple[int, ...]
    question: str = "compare"

    @property
    def x(self) -> Any:
        """The item shown first, whose score is wanted."""
        return self.items[0]

    @property
    def y(self) -> Any:
        """The item shown second."""
        return self.items[1]

    def __repr__(self) -> str:
        shown = ", ".join(str(position) for position in self.positions)
        return f"Ask({self.id!r}, {self.question} items {shown})"
