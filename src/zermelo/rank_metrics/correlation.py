"""Rank correlation over all items: Kendall, Spearman and AP correlation, and inversions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import flag
from ..columns import Array
from ..errors import InputError
from .rows import Real, read_pairs, read_rows, run_bounds, run_starts, tied_pairs

Longs = NDArray[np.int64]
INT32 = np.iinfo(np.int32)
INT64 = np.iinfo(np.int64)


def kendall(scores: Any, reference: Any) -> Any:
    """Kendall's tau-b of two rankings: 1 the same order, -1 the reverse.

    Tau-b is the number of pairs of items in the same order, less those in opposite orders, over the
    geometric mean of the numbers of pairs that are not tied in either ranking. Its values are those
    of `scipy.stats.kendalltau`, here for many rankings at once.

    Parameters
    ----------
    scores, reference : array of numbers, shape (n,) or (r, n)
        Scores of the same n items, the higher the better; ranks do as well, if both are. Rows are
        rankings: r of them are compared with r others, row by row, or with a single one. Only the
        order counts, so that infinite scores are welcome.

    Returns
    -------
    float or ndarray of float64, shape (r,)
        A float where both are of shape (n,). NaN where all items of a ranking are tied: no order
        is there to agree with.

    Raises
    ------
    InputError
        A value is NaN or no number, shapes differ, or there are fewer than 2 items.

    References
    ----------
    Kendall 1945, The treatment of ties in ranking problems. Biometrika 33:239. Knight 1966, J. Am.
    Stat. Assoc. 61:436 (the count in O(n log n)).

    Examples
    --------
    >>> from zermelo import metrics
    >>> round(metrics.kendall([9, 7, 7, 2], [8, 9, 5, 1]), 4)
    0.5477
    >>> metrics.kendall([[1, 2, 3], [3, 2, 1]], [1, 2, 3]).tolist()
    [1.0, -1.0]
    """
    return read_pairs(scores, reference).measure(_kendall)


def _kendall(first: Array, second: Array) -> Real:
    one, other = _ranked(first), _ranked(second)
    n = first.shape[1]
    # In the order of the first, and where it ties in that of the second, so that ties of the first
    # are no inversions of the second.
    pairs = np.sort(one.code * n + other.code, axis=1)
    discordant = _count_inversions(_codes(pairs % n))
    total = n * (n - 1) // 2
    untied, other_untied = total - one.tied, total - other.tied
    agreed = untied - other.tied + tied_pairs(run_starts(pairs)) - 2 * discordant
    return _ratio(agreed, untied, other_untied)


def spearman(scores: Any, reference: Any) -> Any:
    """Spearman's rank correlation of two rankings: 1 the same order, -1 the reverse.

    Pearson's correlation of the ranks, of which tied items share the mean. Its values are those of
    `scipy.stats.spearmanr`, here for many rankings at once.

    Parameters
    ----------
    scores, reference
        As in `kendall`.

    Returns
    -------
    float or ndarray of float64, shape (r,)
        As in `kendall`.

    Raises
    ------
    InputError
        A value is NaN or no number, shapes differ, or there are fewer than 2 items.

    References
    ----------
    Spearman 1904, Am. J. Psychol. 15:72.

    Examples
    --------
    >>> from zermelo import metrics
    >>> round(metrics.spearman([9, 7, 7, 2], [8, 9, 5, 1]), 4)
    0.6325
    """
    return read_pairs(scores, reference).measure(_spearman)


def _spearman(first: Array, second: Array) -> Real:
    one, other = _deviations(first), _deviations(second)
    product = np.einsum("ij,ij->i", *np.broadcast_arrays(one, other))
    return _ratio(product, np.einsum("ij,ij->i", one, one), np.einsum("ij,ij->i", other, other))


def _deviations(values: Array) -> Real:
    """Twice how far each rank is from the mean rank: whole numbers, whose sums are exact."""
    order = np.argsort(values, axis=1)
    begin, end = run_bounds(run_starts(np.take_along_axis(values, order, axis=1)))
    out = np.empty(values.shape)
    np.put_along_axis(out, order, begin + end - (values.shape[1] - 1), axis=1)
    return out


def tau_ap(scores: Any, reference: Any, *, symmetric: bool = False) -> Any:
    """AP correlation: Kendall's tau with errors at the top weighing more than errors at the bottom.

    Of the items above each item (but the first) in `scores`, the share that the reference puts
    above it too; the mean of these shares, from -1 to 1. An error between the items ranked first
    and second weighs as much as all that an item far down can be wrong about. It is not symmetric:
    the places are those of `scores`.

    Parameters
    ----------
    scores : array of numbers, shape (n,) or (r, n)
        The ranking that is judged, as in `kendall`: the higher the better. Tied items stand for all
        their orders: the value is the mean over them (Urbano and Marrero's tau_AP,a).
    reference : array of numbers, shape (n,) or (r, n)
        What it is judged by; of tied items, too, every order is as likely.
    symmetric : bool, default False
        The mean of both directions, for two rankings of which neither is the truth. Ties are then
        ties: the items above are those strictly above, and only those in the same strict order in
        both count (Urbano and Marrero's tau_AP,b).

    Returns
    -------
    float or ndarray of float64, shape (r,)
        As in `kendall`; with `symmetric`, NaN where all items of a ranking are tied.

    Raises
    ------
    InputError
        A value is NaN or no number, shapes differ, or there are fewer than 2 items.

    References
    ----------
    Yilmaz, Aslam and Robertson 2008, A new rank correlation coefficient for information retrieval,
    SIGIR. Urbano and Marrero 2017, The treatment of ties in AP correlation, ICTIR.

    Examples
    --------
    >>> from zermelo import metrics
    >>> truth = [4, 3, 2, 1]
    >>> round(metrics.tau_ap([3, 4, 2, 1], truth), 4), round(metrics.tau_ap([4, 3, 1, 2], truth), 4)
    (0.3333, 0.7778)
    >>> metrics.kendall([3, 4, 2, 1], truth) == metrics.kendall([4, 3, 1, 2], truth)
    True
    """
    pairs = read_pairs(scores, reference)
    return pairs.measure(_tau_ap_symmetric if flag("symmetric", symmetric) else _tau_ap)


def _tau_ap(first: Array, second: Array) -> Real:
    above = _above(_ranked(first), _ranked(second))
    n = above.place.shape[1]
    # Tied items take each place of theirs equally often: 1 / t of the sum over s to s + t - 1.
    sums = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, n))])
    place, last, ties = above.place, above.last, above.last - above.place + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_share = np.where(
            ties == 1,
            above.expected / place,
            above.expected * (sums[last] - sums[place - 1]) / ties,
        )
    # At each of their places k of them are above, half of which are in the order of the reference.
    among = (last - place - place * (sums[last] - sums[place])) / (2 * ties)
    shares = np.where(place > 0, mean_share, 0.0) + among
    return np.asarray(2.0 * shares.sum(axis=1) / (n - 1) - 1.0)


def _tau_ap_symmetric(first: Array, second: Array) -> Real:
    one, other = _ranked(first), _ranked(second)
    return (_strict_tau_ap(one, other) + _strict_tau_ap(other, one)) / 2.0


def _strict_tau_ap(one: _Ranked, other: _Ranked) -> Real:
    above = _above(one, other)
    below_top = above.place > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(below_top, above.strictly / above.place, 0.0)
        return np.asarray(2.0 * shares.sum(axis=1) / below_top.sum(axis=1) - 1.0)


def inversions(values: Any) -> Any:
    """How many pairs of a sequence stand in the wrong order, a larger value before a smaller.

    The number of exchanges of neighbours that would sort it, and Kendall's distance: for the true
    ranks of items in the order in which they were found, the pairs that were found in the wrong
    order. Counted in O(n log n).

    Parameters
    ----------
    values : array of numbers, shape (n,) or (r, n)
        What would ascend if it were in order. Equal values are in order either way.

    Returns
    -------
    int or ndarray of int64, shape (r,)
        From 0 to n(n - 1)/2.

    Raises
    ------
    InputError
        A value is NaN or no number.

    Examples
    --------
    >>> import numpy as np
    >>> from zermelo import metrics
    >>> metrics.inversions([0, 2, 1, 3])
    1
    >>> true_rank, order = np.array([1, 2, 3, 4]), np.array([3, 0, 1, 2])
    >>> metrics.inversions(true_rank[order])
    3
    """
    rows = read_rows("values", values)
    count = _count_inversions(_integers(np.atleast_2d(rows)))
    return int(count[0]) if rows.ndim == 1 else count


def _count_inversions(values: Array) -> Longs:
    count: Longs = resolve(None).count_inversions(values, resolve_threads(None, values.size))
    return count


def _integers(values: Array) -> Array:
    """The values, or integers that are in the same order, of 32 or 64 bits."""
    if values.dtype.kind == "f":
        # Read as integers, floats of one sign are in order; those of negative ones is reversed.
        bits = np.ascontiguousarray(values + 0.0, np.float64).view(np.int64)
        return np.ascontiguousarray(bits ^ ((bits >> 63) & INT64.max))
    if values.dtype.itemsize == 8:
        if values.dtype.kind == "u":
            shifted = np.ascontiguousarray(values) ^ np.uint64(1 << 63)
            return shifted.view(np.int64)
        if values.size and (values.min() < INT32.min or values.max() > INT32.max):
            return np.ascontiguousarray(values)
    return np.ascontiguousarray(values, np.int64 if values.dtype == np.uint32 else np.int32)


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Rankings as codes of their values, 0 the lowest, shape (r, n), and their tied pairs, (r,)."""

    code: Longs
    tied: Longs


def _ranked(values: Array) -> _Ranked:
    order = np.argsort(values, axis=1)
    starts = run_starts(np.take_along_axis(values, order, axis=1))
    code = np.empty(values.shape, np.int64)
    np.put_along_axis(code, order, np.cumsum(starts, axis=1) - 1, axis=1)
    return _Ranked(code, tied_pairs(starts))


@dataclass(frozen=True, eq=False)
class _Above:
    """Of each item in the order of one ranking, best first, all of shape (r, n).

    `place` is how many items are strictly above it and `last` the last place of those it ties with.
    Of the items strictly above it, those the other ranking has `strictly` above it too, and those
    `expected` to be where of tied ones half are.
    """

    place: Longs
    last: Longs
    strictly: Longs
    expected: Real


def _above(one: _Ranked, other: _Ranked) -> _Above:
    n = one.code.shape[1]
    from_top, other_from_top = n - 1 - one.code, n - 1 - other.code
    # Items that tie in the one ranking follow each other from the worst in the other, so that none
    # of them counts as above.
    ordered = np.sort(from_top * n + other.code, axis=1)
    place, last = run_bounds(run_starts(ordered // n))
    strictly = _count_smaller_before(n - 1 - ordered % n)
    below = place - strictly
    if other.tied.any():
        # Within a tie the counts are in another order, which no sum over the tie sees.
        ordered = np.sort(from_top * n + other_from_top, axis=1)
        below = _count_smaller_before(n - 1 - ordered % n)
    return _Above(place, last, strictly, (place + strictly - below) / 2.0)


def _count_smaller_before(codes: Longs) -> Longs:
    count = resolve(None).count_smaller_before(_codes(codes), resolve_threads(None, codes.size))
    return np.asarray(count, np.int64)


def _codes(codes: Longs) -> NDArray[np.int32]:
    if codes.shape[1] > INT32.max:
        raise InputError(f"rankings of {codes.shape[1]:,} items are too long: {INT32.max:,} fit")
    return np.ascontiguousarray(codes, np.int32)


def _ratio(product: Array, one: Array, other: Array) -> Real:
    """product / √(one · other), NaN where one of them is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = product / np.sqrt(np.multiply(one, other, dtype=np.float64))
    return np.asarray(np.clip(value, -1.0, 1.0))
