"""The methods that show lists: the best of some items, or their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..checks import flag
from ..errors import InputError
from .method import Method, countable, optional_whole, settled


@dataclass(frozen=True)
class SetwiseHeap(Method):
    """A heap whose items sink by choosing the best of an item and its children.

    Items are shown in their initial order.

    Parameters
    ----------
    size : int, default 3
        Items shown in one call: an item and size - 1 children.

    Notes
    -----
    - Calls: for the best 10 of 100 140 with three items shown, 82 with four, 31 with ten. All 100
      in order: 514, 344 and 185.
    - Rounds: 71, 44 and 23: the heap is built side by side, places are taken one by one.
    - Promise: the best k in exact order.
    - Noise: one wrong choice can hide a good item for good. From a good start +.000 +.023 +.039
      +.054, from a random one +.000 +.161 +.499 +.589. Claims the anytime property.
    - Source: Zhuang et al. 2024, arXiv 2310.09497.
    """

    size: int = 3
    name: ClassVar[str] = "setwise-heap"
    question: ClassVar[str] = "choose"
    claims_anytime: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._set(size=countable("size", self.size, 3, "a whole number from 3 on"))

    def options(self, n: int, top_k: int) -> dict[str, int]:
        return {"size": self.size}


@dataclass(frozen=True)
class SetwiseBubble(Method):
    """A pass from back to front for each wanted place; the best of each window moves on.

    Items are shown in their initial order; of a window the others keep theirs.

    Parameters
    ----------
    size : int, default 3
        Items shown in one call.
    overlap : bool, default False
        Whether a pass begins two steps behind the one before it: the same calls and the same
        result in far fewer rounds.

    Notes
    -----
    - Calls: ceil((n - i) / (size - 1)) look-ups in pass i. For the best 10 of 100 436 calls with
      three items shown, 281 with four, 84 with ten; 54 with three where the initial order is right.
    - Rounds: as many as calls; with `overlap` 63, 48 and 28.
    - Promise: the best k in exact order.
    - Noise: as `Sliding`, it hardly ever harms a good start and brings little from far behind. From
      a good start +.000 +.026 +.035 +.054, from a random one +.000 +.089 +.124 +.159. Claims the
      anytime property.
    - Source: Zhuang et al. 2024, arXiv 2310.09497.
    """

    size: int = 3
    overlap: bool = False
    name: ClassVar[str] = "setwise-bubble"
    question: ClassVar[str] = "choose"
    claims_anytime: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._set(
            size=countable("size", self.size, 2, "a whole number from 2 on"),
            overlap=flag("overlap", self.overlap),
        )

    def options(self, n: int, top_k: int) -> dict[str, int]:
        return {"size": self.size, "overlap": int(self.overlap)}


@dataclass(frozen=True)
class Listwise(Method):
    """Windows are ranked from back to front, each overlapping the next (RankGPT).

    Items are shown in their present order, as in the paper.

    Parameters
    ----------
    window : int, default 20
        Items shown in one call.
    step : int, default 10
        How far the next window lies ahead; less than `window`.
    passes : int, optional
        None: as many as make the wanted places exact, ceil(k / (window - step)).

    Notes
    -----
    - Calls: 1 + ceil((n - window) / step) a pass, 9 for 100 items; what later passes show unchanged
      costs nothing. All 100 in order: 10 passes with 54 calls.
    - Rounds: as many as calls.
    - Promise: the best window - step a pass in exact order; everything if it fits into a window.
    - Noise: a window that is ranked badly can drop a good item, which a further pass may bring
      back. From a good start +.000 +.000 +.000 +.094, from a random one +.000 +.000 +.000 +.775.
      Claims the anytime property.
    - Source: Sun et al. 2023, arXiv 2304.09542; several passes: Pradeep et al. 2023, arXiv
      2312.02724.

    Examples
    --------
    >>> from zermelo.sorting.list_methods import Listwise
    >>> Listwise().promises(100, 10), Listwise(passes=3).promises(100, 10)
    (10, 30)
    """

    window: int = 20
    step: int = 10
    passes: int | None = None
    name: ClassVar[str] = "listwise"
    question: ClassVar[str] = "rank"
    claims_anytime: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._set(
            window=countable("window", self.window, 2, "a whole number from 2 on"),
            step=countable("step", self.step, 1, "a positive whole number"),
            passes=optional_whole("passes", self.passes, 1),
        )
        if self.step >= self.window:
            raise InputError(
                f"step must be less than window, but step is {self.step} and window is "
                f"{self.window}: windows hand the best on to the next where they overlap"
            )

    def options(self, n: int, top_k: int) -> dict[str, int]:
        return {"window": self.window, "step": self.step, "passes": self._passes(n, top_k)}

    def promises(self, n: int, top_k: int) -> int:
        if n <= self.window:
            return n
        return settled(n, self._passes(n, top_k) * (self.window - self.step))

    def _passes(self, n: int, top_k: int) -> int:
        if self.passes is not None:
            return self.passes
        return 1 if n <= self.window else -(-top_k // (self.window - self.step))


@dataclass(frozen=True)
class TourRank(Method):
    """Tournaments of groups that are ranked; an item has a point for every stage it survives.

    100 items go 50, 20, 10, 5, 2 in groups of at most 20, into which they are drawn from pots of
    the initial order. Items with equal points are ordered by their places in the groups that they
    did not survive.

    Parameters
    ----------
    tournaments : int, default 2
        Their points add up. The first draws no lots, the others by `seed`.

    Notes
    -----
    - Calls: 13 a tournament for 100 items; the last groups are often the same and cost nothing
      again: 24 for two, 113 for ten.
    - Rounds: 5, since tournaments are played side by side.
    - Promise: the best 4 of 100 in exact order, and everything up to 20 items: as many as go on
      from each of several groups.
    - Noise: more tournaments average it out. From a good start +.001 +.002 +.021 +.093, from a
      random one +.190 +.248 +.504 +.784. Claims the anytime property.
    - Source: Chen et al. 2024, arXiv 2406.11678, which has no order within equal points.
    """

    tournaments: int = 2
    name: ClassVar[str] = "tourrank"
    question: ClassVar[str] = "rank"
    claims_anytime: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._set(
            tournaments=countable("tournaments", self.tournaments, 1, "a positive whole number")
        )

    def options(self, n: int, top_k: int) -> dict[str, int]:
        return {"tournaments": self.tournaments}

    def promises(self, n: int, top_k: int) -> int:
        # Loaded where it is used: the twins cost time to import.
        from .._backends.sorting.tourrank import n_exact

        return n_exact(n)
