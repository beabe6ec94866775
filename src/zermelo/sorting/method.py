"""What every sorting method says of itself."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar

from ..checks import shortened, whole
from ..errors import InputError

# What the kernels count to; no sort comes near.
MOST = (1 << 31) - 1


@dataclass(frozen=True)
class Method(ABC):
    """Which questions a sort asks; an instance of one of its classes is what `method=` takes.

    Attributes
    ----------
    name : str
        What `method=` takes instead, where the parameters are the defaults.
    question : {"compare", "choose", "rank"}
        Which comparator it needs: of pairs, the best of a list, or the order of a list.
    claims_anytime : bool
        Whether a sort that is cut short, wherever that is, leaves an order that on average is no
        worse than the initial one.

    Notes
    -----
    A pair is asked once, whatever the method looks up: a look-up of what is known costs nothing.
    With ``presentation="both"`` a pair is two calls, in one round; a list is one call.

    The classes say what they cost for n items and the best k of them. Figures are means over 100
    items in random order with consistent answers. Those on noise are the mean change of nDCG@10
    against the initial order, after 25, 50, 75 and 100 % of the method's own mean cost, where the
    two orders of a pair disagree for 18 % of the pairs (half of the closest tenth) and are both
    wrong for 5 %, the best 10 of 100 are wanted, and the initial order has an nDCG@10 of 0.9 ("a
    good start"), or is random with 0.2; means over 1,000 draws. A list is answered as such a judge
    would after comparing all its pairs.
    """

    name: ClassVar[str]
    question: ClassVar[str] = "compare"
    claims_anytime: ClassVar[bool] = False

    def options(self, n: int, top_k: int) -> dict[str, int]:
        """What the kernel is told, for n items of which the best `top_k` are wanted."""
        return {}

    def promises(self, n: int, top_k: int) -> int:
        """How many places at the front are exact if the answers contradict no order."""
        return settled(n, top_k)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


def settled(n: int, n_front: int) -> int:
    """How many places are known once so many at the front are: the last one follows."""
    return n if n_front >= n - 1 else n_front


def optional_whole(argument: str, value: Any, least: int) -> int | None:
    """None, or a whole number of at least `least`."""
    if value is None:
        return None
    return countable(argument, value, least, f"None or a whole number from {least} on")


def countable(argument: str, value: Any, least: int, rule: str) -> int:
    """A whole number of at least `least` that a kernel takes."""
    number = whole(argument, value, least, rule)
    if number > MOST:
        raise InputError(f"{argument} must be at most {MOST:,}, but is {shortened(number)}")
    return number
