"""The methods that compare pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..checks import flag
from .method import Method, countable, optional_whole, settled


@dataclass(frozen=True)
class AllPair(Method):
    """Every pair; the score of an item is its wins and half its ties (PRP-Allpair).

    Scores above 0.5 are wins and 0.5 is a tie; equal items keep the initial order. Cut short,
    pairs without an answer count as the initial order has them.

    Notes
    -----
    - Pairs: n (n - 1) / 2, 4,950 for 100 items, all in one round.
    - Promise: the exact order.
    - Noise: the most robust method, since one wrong answer moves an item by one place or so, and
      the result does not depend on the initial order but for ties. From a good start +.079 +.081
      +.075 +.069, from a random one +.303 +.485 +.596 +.777. Claims the anytime property.
    - Source: Qin et al. 2023, arXiv 2306.17563.
    """

    name: ClassVar[str] = "allpair"
    claims_anytime: ClassVar[bool] = True

    def promises(self, n: int, top_k: int) -> int:
        return n


@dataclass(frozen=True)
class HeapSort(Method):
    """Heap sort that stops after the best k (PRP-Sorting).

    An item sinks along the better children to a leaf and climbs from there, which takes about half
    the comparisons of sinking step by step.

    Notes
    -----
    - Pairs: about 1.6 n for the heap and log2(n) a place from then on: 202 for the best 10 of 100,
      177 where the initial order is right; 633 for all. At most 2 n + 2 k log2(n).
    - Rounds: 85, or 516 for all: the heap is built side by side, places are taken one by one.
    - Promise: the best k in exact order.
    - Noise: one wrong answer can hide a good item for good. It can harm a good start, more so a
      better one (nDCG@10 .94: -.038 at 75 %). From a good start +.000 +.000 -.020 +.042, from a
      random one +.000 +.006 +.385 +.595. Does not claim the anytime property.
    - Source: Qin et al. 2023, arXiv 2306.17563; Wegener 1993 (bottom-up heap sort).
    """

    name: ClassVar[str] = "heapsort"


@dataclass(frozen=True)
class Sliding(Method):
    """Passes from back to front in which neighbours swap on a strict win (PRP-Sliding-K).

    Parameters
    ----------
    passes : int, optional
        None: as many as places are wanted. More than n - 1 change nothing.
    whole : bool, default True
        Whether every pass goes the whole way; else pass i stops at place i.
    overlap : bool, default False
        Whether a pass begins two steps behind the one before it. The pairs and the result are the
        same, in far fewer rounds; but an early end finds no item yet at its place.

    Notes
    -----
    - Pairs: K (n - 1) look-ups for K whole passes, else (n - 1) + ... + (n - K). For 10 passes over
      100 items these are 990 or 945, of which 827 are pairs to ask, and 99 where the initial order
      is right.
    - Rounds: as many as pairs; with `overlap` n - 1 + 2 (K - 1) at most: 108.
    - Promise: the best K in exact order.
    - Noise: the result depends on the initial order: a good item far behind has to win against all
      before it, and stays where one answer is a tie. It hardly ever harms a good start. From a good
      start +.000 +.014 +.025 +.033, from a random one +.000 +.060 +.075 +.084. Claims the anytime
      property.
    - Source: Qin et al. 2023, arXiv 2306.17563.

    Examples
    --------
    >>> from zermelo.sorting.pair_methods import Sliding
    >>> Sliding(passes=10).options(100, 10)
    {'passes': 10, 'whole': 1, 'overlap': 0}
    """

    passes: int | None = None
    whole: bool = True
    overlap: bool = False
    name: ClassVar[str] = "sliding"
    claims_anytime: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._set(
            passes=optional_whole("passes", self.passes, 1),
            whole=flag("whole", self.whole),
            overlap=flag("overlap", self.overlap),
        )

    def options(self, n: int, top_k: int) -> dict[str, int]:
        return {
            "passes": top_k if self.passes is None else self.passes,
            "whole": int(self.whole),
            "overlap": int(self.overlap),
        }

    def promises(self, n: int, top_k: int) -> int:
        return settled(n, top_k if self.passes is None else self.passes)


@dataclass(frozen=True)
class Merge(Method):
    """Top-down merge sort; with `top_k` no merge goes beyond the best k.

    Notes
    -----
    - Pairs: at most n ceil(log2 n) - 2^ceil(log2 n) + 1, 573 for 100 items, and 542 on average;
      316 where the initial order is right. For the best 10: 318.
    - Rounds: 2 (n - 1) at most, 192 for 100 items, since the halves sort side by side; 50 for the
      best 10.
    - Promise: the best k in exact order.
    - Noise: a wrong answer about two good items shifts one of them by a place or two, but one in an
      early merge can hold an item back for good. It can harm a very good start (nDCG@10 .94: -.030
      at the end). From a good start +.015 +.027 +.033 +.015, from a random one +.037 +.078 +.126
      +.579. Does not claim the anytime property.
    - Source: Knuth, The Art of Computer Programming 3, 5.2.4.
    """

    name: ClassVar[str] = "merge"


@dataclass(frozen=True)
class Insertion(Method):
    """Binary insertion in the initial order; with `top_k` into the best k so far.

    Once k items are in order, the next one has to beat the last of them first. Most do not, and
    have cost one pair.

    Notes
    -----
    - Pairs: ceil(log2 i) for item i at most: 573 for 100 items, 531 on average. For the best 10:
      189, 109 where the initial order is right, 475 where it is reversed.
    - Rounds: as many as pairs; nothing can be asked at once.
    - Promise: the best k in exact order.
    - Noise: an item meets few others, so that a wrong answer can shut it out; and whoever is in the
      list is challenged by all that follow. It harms a good start in the end. From a good start
      +.051 +.042 +.008 -.017, from a random one +.179 +.360 +.484 +.561. Does not claim the anytime
      property.
    - Source: Knuth, The Art of Computer Programming 3, 5.2.1.
    """

    name: ClassVar[str] = "insertion"


@dataclass(frozen=True)
class FordJohnson(Method):
    """Merge insertion: the whole order in nearly as few pairs as there can be.

    Notes
    -----
    - Pairs: sum of ceil(log2(3 i / 4)) over i = 1 to n at most, 534 for 100 items, and 527 on
      average, where log2(n!) is 525: the fewest of all methods. `top_k` saves nothing.
    - Rounds: 436 for 100 items.
    - Promise: the exact order.
    - Noise: as binary insertion; the winners of early pairs decide where the others are sought. It
      can harm a very good start (nDCG@10 .94: -.021 halfway). From a good start +.010 -.001 +.002
      +.009, from a random one +.436 +.600 +.611 +.632. Does not claim the anytime property.
    - Source: Ford and Johnson 1959; Knuth, The Art of Computer Programming 3, 5.3.1.
    """

    name: ClassVar[str] = "ford-johnson"

    def promises(self, n: int, top_k: int) -> int:
        return n


@dataclass(frozen=True)
class QuickSelect(Method):
    """The best k by pivots from sorted samples, in few rounds that ask much at once.

    With `max_rounds` it keeps to so many rounds, with as few pairs as they allow; one round is
    every pair.

    Notes
    -----
    - Pairs: 185 for the best 10 of 100, in 9.5 rounds; about 320 with ``max_rounds=4``, where an
      unlucky pivot can cost far more. All 100 in order: 649, in 11 rounds.
    - Promise: the best k in exact order.
    - Noise: a wrong answer of a pivot puts an item into the wrong group for good. From a good start
      +.001 -.002 +.011 +.026, from a random one +.217 +.227 +.422 +.549. It claims the anytime
      property for pairs shown in both orders; shown once, it harms a good start (-.021 -.027 -.040
      -.072).
    - Source: Hoare 1961 (algorithm 65); Floyd and Rivest 1975; Braverman, Mao and Weinberg 2016.
    """

    name: ClassVar[str] = "quickselect"
    claims_anytime: ClassVar[bool] = True


@dataclass(frozen=True)
class Knockout(Method):
    """A knockout finds the best; for each next place only its last winner's path is replayed.

    Neighbours in the initial order meet first.

    Notes
    -----
    - Pairs: at most n - 1 + (k - 1) (ceil(log2 n) - 1), 153 for the best 10 of 100, and 150 on
      average; 135 where the initial order is right. It is the cheapest for a few places, and 547
      for all 100.
    - Rounds: ceil(log2 n) for the first place, then up to as many less one for each next: 58.
    - Promise: the best k in exact order.
    - Noise: who loses by a wrong answer comes back only when the winner has taken a place. It can
      harm a very good start (nDCG@10 .94: -.006 in the end). From a good start +.000 +.006 +.002
      +.018, from a random one +.000 +.030 +.375 +.611. Does not claim the anytime property.
    - Source: Kislitsyn 1964; Knuth, The Art of Computer Programming 3, 5.3.3.
    """

    name: ClassVar[str] = "knockout"


@dataclass(frozen=True)
class Adaptive(Method):
    """The most informative pairs by a Bradley-Terry posterior, in batches without repeats.

    The prior follows the initial order as far as the answers bear it out. As long as the answers
    may come from a consistent comparator, the last batches prove the places at the front.

    Parameters
    ----------
    pairs : int, optional
        The most pairs. None: until the front is proved, or where answers contradict each other
        2.5 n + k log2(n).
    batch : int, optional
        Pairs asked at once. None: (n + 2 k) / 12, at least 2. More where `max_rounds` wants it.
    ahead : int, default 0
        How many batches may still lack answers when the next one is asked: a slow call then holds
        up only what comes later than that. With `max_rounds` none. The method "auto" chooses
        `batch` and `ahead` by how many calls may run at once.

    Notes
    -----
    - Pairs: 206 for the best 10 of 100, in 22 rounds, and 166 where the initial order is right; 686
      for all, in 31 rounds. With batches of 8 and 4 of them ahead, of which five count as one
      round, 255 in 8 rounds, 171 in 5 and 758 in 20.
    - Promise: the best k in exact order, unless `pairs` or `max_rounds` end it before.
    - Noise: made for it; contradictions are weighed and not followed. With 317 pairs from a good
      start +.075 +.088 +.090 +.090, from a random one +.450 +.664 +.749 +.777; with 4 batches of 8
      ahead +.035 +.070 +.087 +.090 and +.238 +.550 +.713 +.766. Claims the anytime property.
    - Source: Bradley and Terry 1952; MacKay 1992 (information-based choice of data).
    """

    pairs: int | None = None
    batch: int | None = None
    ahead: int = 0
    name: ClassVar[str] = "adaptive"
    claims_anytime: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._set(
            pairs=optional_whole("pairs", self.pairs, 1),
            batch=optional_whole("batch", self.batch, 1),
            ahead=countable("ahead", self.ahead, 0, "a whole number of at least 0"),
        )

    def options(self, n: int, top_k: int) -> dict[str, int]:
        return {"pairs": self.pairs or 0, "batch": self.batch or 0, "ahead": self.ahead}

    def promises(self, n: int, top_k: int) -> int:
        return settled(n, top_k if self.pairs is None else 0)
