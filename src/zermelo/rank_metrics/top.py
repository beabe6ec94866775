"""How alike rankings are at the top: top-k overlap, nDCG and rank-biased overlap."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import choice, finite, whole
from ..columns import Array, read_column
from ..errors import InputError
from ..labels import encode_labels
from .rows import Real, RowPairs, at, read_pairs, read_rows

GAINS = ("linear", "exponential")
# 2 to this power is a number with room for sums.
LARGEST_GRADE = 1000


def top_k_overlap(scores: Any, reference: Any, k: int) -> Any:
    """Share of the best k of the reference that are among the best k of `scores`.

    The recall of the top k, and its precision. Where items tie for the last places, each is in the
    top with the probability that a random order of them gives it, in either ranking independently:
    the value is the expected overlap.

    Parameters
    ----------
    scores, reference
        As in `kendall`.
    k : int
        How many are the top, from 1 to the number of items.

    Returns
    -------
    float or ndarray of float64, shape (r,)
        From 0 to 1; a float where both are of shape (n,).

    Raises
    ------
    InputError
        A value is NaN or no number, shapes differ, or k is out of range.

    Examples
    --------
    >>> from zermelo import metrics
    >>> metrics.top_k_overlap([9, 8, 7, 1], [9, 2, 7, 5], k=2)
    0.5
    >>> metrics.top_k_overlap([[9, 8, 8, 1], [1, 8, 8, 9]], [9, 8, 7, 1], k=2).tolist()
    [0.75, 0.25]
    """
    pairs = read_pairs(scores, reference)
    n = pairs.first.shape[1]
    k = whole("k", k, 1, rule := f"a whole number from 1 to {n:,}, the number of items")
    if k > n:
        raise InputError(f"k must be {rule}, but is {k}")

    def overlap(first: Array, second: Array) -> Real:
        return np.asarray((_in_top(first, k) * _in_top(second, k)).sum(axis=1) / k)

    return pairs.measure(overlap)


def _in_top(values: Array, k: int) -> Real:
    """The probability of each item to be among the best k, ties being broken at random."""
    n = values.shape[1]
    last = np.partition(values, n - k, axis=1)[:, n - k, None]
    above, tied = values > last, values == last
    left = k - above.sum(axis=1, keepdims=True)
    return np.where(tied, left / tied.sum(axis=1, keepdims=True), above)


def ndcg(
    order: Any,
    grades: Any,
    k: int | None = None,
    *,
    gain: Literal["linear", "exponential"] = "linear",
) -> Any:
    """Normalised discounted cumulative gain of an order, against the best there is.

    The sum of gain / log2(place + 1) over the first k places, over the same sum of the best order.

    Parameters
    ----------
    order : array of int, shape (m,) or (r, m)
        Positions of items in `grades`, best first, as a sort's `order` or ``np.argsort(-scores)``;
        each at most once. What is not in it gains nothing.
    grades : array of numbers, shape (n,) or (r, n)
        How good (relevant) each item is, at least 0. A single row serves all orders.
    k : int, optional
        How many places count, at least 1. None: all n; more than n are n.
    gain : {"linear", "exponential"}, default "linear"
        The grade itself, or 2**grade - 1, which is 1 for grade 1 and rewards high grades more.

    Returns
    -------
    float or ndarray of float64, shape (r,)
        From 0 to 1; a float where both are one row. NaN where no item has a gain: every order is
        as good as any other (trec_eval calls that 0).

    Raises
    ------
    InputError
        A grade is negative or not finite, a position is out of range or occurs twice, or k is no
        positive whole number.

    References
    ----------
    Järvelin and Kekäläinen 2002, ACM Trans. Inf. Syst. 20:422. Burges et al. 2005, Learning to rank
    using gradient descent, ICML (the exponential gain).

    Examples
    --------
    >>> from zermelo import metrics
    >>> grades = [3, 0, 2, 1]
    >>> round(metrics.ndcg([2, 0, 1, 3], grades, k=3), 4)
    0.8175
    >>> round(metrics.ndcg([2, 0, 1, 3], grades, k=3, gain="exponential"), 4)
    0.7896
    >>> metrics.ndcg([[0, 2, 3, 1], [1, 3, 2, 0]], grades, k=1).tolist()
    [1.0, 0.0]
    """
    choice("gain", gain, GAINS)
    gains = _read_gains(grades, gain)
    n = gains.shape[-1]
    if k is not None:
        k = whole("k", k, 1, "a positive whole number or None")
    depth = n if k is None else min(k, n)
    discount = 1.0 / np.log2(np.arange(2, depth + 2))

    def normalised(orders: Array, gains: Array) -> Real:
        places = orders[:, :depth]
        if len(gains) == 1:
            found = gains[0][places]
        else:
            found = np.take_along_axis(
                gains, np.broadcast_to(places, (len(gains), places.shape[1])), 1
            )
        best = -np.sort(-gains, axis=1)[:, :depth]
        with np.errstate(invalid="ignore"):
            return _discounted(found, discount) / _discounted(best, discount)

    return RowPairs.of(("order", "grades"), _read_order(order, n), gains).measure(normalised)


def _discounted(gains: Array, discount: Real) -> Real:
    return np.asarray((gains * discount[: gains.shape[1]]).sum(axis=1))


def _read_gains(grades: Any, gain: str) -> Real:
    values = read_rows("grades", grades).astype(np.float64)
    if values.shape[-1] == 0:
        raise InputError("grades is empty: there is nothing to measure")
    bad = ~((values >= 0) & (values < np.inf))
    if bad.any():
        found = f"{at('grades', bad)} is {values[bad][0]}"
        raise InputError(f"grades must be finite and non-negative, but {found}")
    if gain == "linear":
        return values
    bad = values > LARGEST_GRADE
    if bad.any():
        found = f"{at('grades', bad)} is {values[bad][0]}"
        raise InputError(
            f"grades must be at most {LARGEST_GRADE:,} for the exponential gain, but {found}"
        )
    return np.exp2(values) - 1.0


def _read_order(order: Any, n: int) -> Array:
    places = read_rows("order", order)
    if places.shape[-1] == 0:
        raise InputError("order is empty: there is nothing to measure")
    if places.dtype.kind not in "iu":
        raise InputError(
            f"order must hold positions of items, whole numbers from 0 to {n - 1:,}, but its dtype "
            f"is {places.dtype}; np.argsort(-scores) makes an order of scores"
        )
    bad = (places < 0) | (places >= n)
    if bad.any():
        found = f"{at('order', bad)} is {places[bad][0]}"
        raise InputError(f"order must hold positions from 0 to {n - 1:,}, but {found}")
    rows = np.sort(np.atleast_2d(places), axis=1)
    twice = rows[:, 1:] == rows[:, :-1]
    if twice.any():
        found = "order" if places.ndim == 1 else f"order[{int(twice.any(axis=1).argmax())}]"
        raise InputError(f"{found} must name an item once, but holds {rows[:, 1:][twice][0]} twice")
    return places.astype(np.intp)


def rank_biased_overlap(first: Any, second: Any, p: float = 0.9) -> float:
    """Rank-biased overlap of two lists, extrapolated: 1 the same, 0 nothing in common.

    The overlap of the first d of both, over d, averaged over all depths d with weights
    (1 - p) p**(d - 1): a reader who goes on to the next rank with probability p sees this agreement
    on average. The lists are taken as the beginnings of longer ones, whose agreement goes on as it
    was seen last (the paper's RBO_EXT, equation 32), so that they need not be of one length, nor
    hold the same items.

    Parameters
    ----------
    first, second : column of labels
        Items best first, str or whole numbers, each at most once in a list. Ties have no place in a
        list: put tied items in some order.
    p : float, default 0.9
        How far down agreement matters, strictly between 0 and 1: the first 1 / (1 - p) ranks hold
        most of the weight, 86% of it for 0.9.

    Returns
    -------
    float
        From 0 to 1, symmetric.

    Raises
    ------
    InputError
        A list is empty or names an item twice, labels are null or of different kinds, or p is out
        of range.

    References
    ----------
    Webber, Moffat and Zobel 2010, A similarity measure for indefinite rankings, ACM Trans. Inf.
    Syst. 28(4):20.

    Examples
    --------
    >>> from zermelo import metrics
    >>> round(metrics.rank_biased_overlap(list("abcdefg"), list("bacdefg")), 4)
    0.9
    >>> round(metrics.rank_biased_overlap(["x", "y", "z"], ["y", "x"], p=0.5), 4)
    0.5
    """
    number = finite("p", p, rule := "a number between 0 and 1")
    if not 0 < number < 1:
        raise InputError(f"p must be {rule}, but is {p!r}")
    items, depth_in_first = _depths("first", first)
    others, depth_in_second = _depths("second", second)
    if items.dtype != others.dtype:
        raise InputError(
            f"first names {items.tolist()[0]!r} but second {others.tolist()[0]!r}; labels must be "
            "all str or all whole numbers"
        )
    short, long = sorted((len(items), len(others)))
    place = np.minimum(np.searchsorted(others, items), len(others) - 1)
    shared = others[place] == items
    # An item is in the overlap from the depth on at which both lists have named it.
    met = np.maximum(depth_in_first[shared], depth_in_second[place[shared]])
    overlap = np.cumsum(np.bincount(met, minlength=long + 1))[1:]
    depth = np.arange(1, long + 1)
    # Beyond the shorter list, as many of its further items are expected to agree as did so far.
    agreement = overlap / depth
    agreement[short:] += overlap[short - 1] * (depth[short:] - short) / (short * depth[short:])
    seen = (1.0 - number) * (agreement * number ** (depth - 1.0)).sum()
    return float(min(seen + agreement[-1] * number**long, 1.0))


def _depths(name: str, values: Any) -> tuple[Array, NDArray[np.int64]]:
    """The items of a list, sorted, and the place of each, from 1."""
    column = read_column(name, values)
    if not len(column):
        raise InputError(f"{name} is empty: there is nothing to measure")
    threads = resolve_threads(None, len(column))
    items, (codes,) = encode_labels({name: column}, resolve(None), threads)
    place = np.arange(1, len(codes) + 1)
    depth = np.empty(len(items), np.int64)
    depth[codes] = place
    again = depth[codes] != place
    if again.any():
        repeat = int(again.argmax())
        item = items.tolist()[codes[repeat]]
        raise InputError(
            f"{name} must name an item once, but {item!r} is {name}[{repeat}] and "
            f"{name}[{int(depth[codes[repeat]]) - 1}]"
        )
    return items, depth
