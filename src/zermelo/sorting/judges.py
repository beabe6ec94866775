"""Judges of pairs: how often both orders of showing a pair agree, and how often both are wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import finite
from ..errors import InputError
from ..judges.noisy import ROUNDING, Noisy

Real = NDArray[np.float64]

# Draws have 31 bits, so that a threshold of 2^31 is certain.
CERTAIN = 1 << 31
# Gaps between pairs are taken of so many items, evenly spread, where there are more.
MOST_IN_GAPS = 2_000


@dataclass(frozen=True)
class PairJudge:
    """A judge who is asked about a pair in both orders, and contradicts itself at times.

    Of each pair, once and for all (asking again gives the same answer), independently of others,

    1. both orders name the worse item with probability `wrong`;
    2. the two orders disagree with probability `split`: the judge names whichever item is shown
       first, or whichever is shown second, with equal chances;
    3. else both name the better one.

    Pairs that are nearly equal, the share `close` of all pairs whose qualities differ least, have
    probabilities of their own. Items of equal quality tie.

    Parameters
    ----------
    wrong : float, default 0.05
        In [0, 1].
    split : float, default 0.18
        In [0, 1]; at most 1 together with `wrong`.
    close : float, default 0.1
        Which share of the pairs is close, in [0, 1].
    wrong_close : float, optional
        Instead of `wrong`, for close pairs. None: the same, or as much as `split_close` leaves.
    split_close : float, default 0.5
        Instead of `split`, for close pairs.

    Raises
    ------
    InputError
        A parameter is out of range.

    Notes
    -----
    The defaults are those of a language model that compared passages (flan-t5-xl, 1.2 million
    pairs): its two orders disagree in about 21% of pairs, 18% of the easy ones and half of those
    that are nearly equal. A single question is wrong with probability `wrong` + `split` / 2.

    References
    ----------
    Qin et al. 2023, arXiv:2306.17563 (pairwise ranking prompting, and its sensitivity to order).

    Examples
    --------
    >>> from zermelo.sorting.judges import PairJudge
    >>> PairJudge(split=0.3)
    PairJudge(wrong=0.05, split=0.3, close=0.1, wrong_close=0.05, split_close=0.5)
    >>> PairJudge(wrong=0, split=0, close=0).is_exact
    True
    """

    wrong: float = 0.05
    split: float = 0.18
    close: float = 0.1
    wrong_close: float | None = None
    split_close: float = 0.5

    def __post_init__(self) -> None:
        for name in ("wrong", "split", "close", "split_close"):
            self._set(name, _share(name, getattr(self, name)))
        if self.wrong_close is None:
            self._set("wrong_close", min(self.wrong, 1.0 - self.split_close))
        else:
            self._set("wrong_close", _share("wrong_close", self.wrong_close))
        for first, second in (("wrong", "split"), ("wrong_close", "split_close")):
            one, other = getattr(self, first), getattr(self, second)
            if one + other > 1.0 + ROUNDING:
                raise InputError(
                    f"{first} and {second} must add up to at most 1, but are {one:g} and {other:g}"
                )

    def _set(self, name: str, value: float) -> None:
        object.__setattr__(self, name, value)

    @property
    def is_exact(self) -> bool:
        """Whether every answer is right."""
        far = self.close == 1.0 or self.wrong == self.split == 0.0
        return far and (self.close == 0.0 or self.wrong_close == self.split_close == 0.0)

    @classmethod
    def of(cls, judge: Any) -> PairJudge:
        """This kind of judge, from any: None is the usual one.

        A `zm.judges.Noisy` answers every question independently, so that its two orders agree by
        chance. One tie among its answers to a pair makes the pair a split one.

        Examples
        --------
        >>> import zermelo as zm
        >>> from zermelo.sorting.judges import PairJudge
        >>> judge = PairJudge.of(zm.judges.Noisy(0.9))
        >>> round(judge.wrong, 4), round(judge.split, 4)
        (0.01, 0.18)
        """
        if judge is None:
            return cls()
        if isinstance(judge, PairJudge):
            return judge
        if not isinstance(judge, Noisy):
            raise InputError(
                "judge must be a zm.sorting.PairJudge or a zm.judges.Noisy, but is "
                f"{type(judge).__name__}"
            )
        # Who is better is shown first once, and once is shown second.
        right_first, tie = judge.probabilities(1.0)
        wrong_second, _ = judge.probabilities(0.0)
        wrong = (1.0 - right_first - tie) * wrong_second
        right = right_first * (1.0 - wrong_second - tie)
        wrong = min(max(float(wrong), 0.0), 1.0)
        split = min(max(1.0 - wrong - float(right), 0.0), 1.0)
        return cls(wrong=wrong, split=split, close=0.0, wrong_close=wrong, split_close=split)

    def thresholds(self) -> tuple[int, int, int, int]:
        """Of 31-bit draws: wrong, split, and both for close pairs."""
        wrong_close = self.wrong if self.wrong_close is None else self.wrong_close
        return (
            *_two_thresholds(self.wrong, self.split),
            *_two_thresholds(wrong_close, self.split_close),
        )


def _two_thresholds(wrong: float, split: float) -> tuple[int, int]:
    first = round(wrong * CERTAIN)
    # Rounding must not make more than what is certain.
    return first, min(round(split * CERTAIN), CERTAIN - first)


def _share(name: str, value: Any) -> float:
    number = finite(name, value, rule := "a number from 0 to 1")
    if not 0 <= number <= 1:
        raise InputError(f"{name} must be {rule}, but is {value!r}")
    return number


def close_gap(quality: Real, close: float) -> float:
    """The difference of quality below which the share `close` of all unequal pairs lies.

    No more than this share: where many pairs differ by the same, as grades do, none of these is
    close unless all are.
    """
    ordered = np.sort(quality)
    if len(ordered) > MOST_IN_GAPS:
        ordered = ordered[np.linspace(0, len(ordered) - 1, MOST_IN_GAPS).astype(np.int64)]
    first, second = np.triu_indices(len(ordered), 1)
    gaps = ordered[second] - ordered[first]
    gaps = gaps[gaps > 0]
    place = int(close * len(gaps))
    if place >= len(gaps):
        return math.inf if close > 0 else 0.0
    return float(np.partition(gaps, place)[place])
