"""How many more comparisons a difference needs to become significant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import choice, finite
from ..errors import InputError
from .estimates import Estimates, check_level, check_one_scale, check_share, upper_quantile
from .result import label_of
from .uncertainty import Kind

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit

Real = NDArray[np.float64]
Allocation = Literal["equal", "direct"]
ALLOCATIONS = ("equal", "direct")


def votes_needed(
    fit: BradleyTerryFit,
    a: Any,
    b: Any,
    difference: float | None = None,
    *,
    power: float = 0.8,
    level: float = 0.95,
    allocation: Allocation = "equal",
    kind: Kind = "sandwich",
) -> int:
    """How many more comparisons until the difference between two items is significant.

    The variance of the difference must fall to (difference / (z_level + z_power))², z_level being
    the two-sided quantile of the level. A comparison between i and j adds p_ij (1 - p_ij) to the
    Fisher information, times the mean weight that comparisons had so far. The variance that
    follows is inflated by the ratio of the present variance of the chosen kind to Fisher's, as if
    further comparisons were as over- or underdispersed as those at hand.

    Parameters
    ----------
    fit : BradleyTerryFit
    a, b : label
    difference : float, optional
        The true difference that is to be found, in ability units; None: the estimated one.
    power : float, default 0.8
        Probability of finding it.
    level : float, default 0.95
        Of the two-sided test.
    allocation : {"equal", "direct"}, default "equal"
        Spread new comparisons evenly over all pairs of rated items, as by random pairing, or spend
        all on `a` against `b`.
    kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
        See `BradleyTerryFit.covariance`.

    Returns
    -------
    int
        In comparisons, over all pairs; 0 where there are enough already.

    Raises
    ------
    InputError
        An argument cannot be used, an item is unknown or not rated, the difference is 0, or as for
        `rank_interval` with the allocation "equal".

    Examples
    --------
    >>> import zermelo as zm
    >>> from zermelo.ratings.votes_needed import votes_needed
    >>> games = zm.Comparisons(["x", "y", "y", "z"], ["y", "x", "z", "y"], count=[60, 40, 12, 9])
    >>> fit = zm.bradley_terry(games)
    >>> votes_needed(fit, "x", "y", allocation="direct"), votes_needed(fit, "x", "y")
    (99, 192)
    """
    share, level = check_share("power", power), check_level(level)
    choice("allocation", allocation, ALLOCATIONS)
    check_one_scale(fit, "votes_needed")
    if fit.ties not in ("half", "drop"):
        raise InputError(
            f"votes_needed knows ties='half' and 'drop', but the fit's are {fit.ties!r}"
        )
    first, second = (_rated_place(fit, item, name) for item, name in ((a, "a"), (b, "b")))
    if first == second:
        raise InputError(f"a and b are both {a!r}")
    wanted = _wanted(fit, first, second, difference)
    quantile = upper_quantile(0.5 * (1.0 - level)) + upper_quantile(1.0 - share)
    if quantile <= 0:
        return 0  # a test of such a level finds anything with such a power
    target = (wanted / quantile) ** 2
    fisher, present = (_variance(fit, first, second, which) for which in ("fisher", kind))
    if present <= target:
        return 0
    # What Fisher's variance may be, where the kind's stays in proportion to it.
    allowed = target * fisher / present
    weight = _mean_weight(fit)
    own = float(_information(wanted))  # the pair is taken to differ as is assumed
    if allocation == "direct":
        # 1 / v grows by the information of the pair: Sherman and Morrison.
        return math.ceil((1.0 / allowed - 1.0 / fisher) / (weight * own) - 1e-9)
    estimates = Estimates.of(fit, "fisher", "votes_needed")
    place = {int(where): index for index, where in enumerate(estimates.places)}
    pair = (place[first], place[second])
    information = _information(estimates.ability[:, None] - estimates.ability[None, :])
    information[pair] = information[pair[::-1]] = own
    n = estimates.n_items
    each = weight * information / (n * (n - 1) / 2)
    return math.ceil(_spread_evenly(estimates.covariance, each, pair, allowed) - 1e-6)


def _rated_place(fit: BradleyTerryFit, item: Any, argument: str) -> int:
    place = fit._place(item, argument)
    if not fit.rated[place]:
        raise InputError(f"{argument}: {label_of(fit.items[place])!r} is not rated")
    return place


def _wanted(fit: BradleyTerryFit, first: int, second: int, difference: Any) -> float:
    """The size of the difference to find."""
    if difference is None:
        wanted = abs(float(fit.ability[first] - fit.ability[second]))
        # Abilities that should be equal differ by what the solver left.
        if wanted <= 2.0 * fit.ability_error:
            raise InputError(
                f"the estimated difference between {label_of(fit.items[first])!r} and "
                f"{label_of(fit.items[second])!r} is 0, which no number of comparisons finds; "
                "pass the difference that matters, difference=0.1 say"
            )
        return wanted
    wanted = abs(finite("difference", difference))
    if wanted == 0:
        raise InputError("difference must not be 0: no number of comparisons finds it")
    return wanted


def _variance(fit: BradleyTerryFit, first: int, second: int, kind: Kind) -> float:
    """Of the difference."""
    item, reference = fit.items[[first, second]].tolist()
    return float(fit.interval(0.95, kind, reference, items=[item]).standard_error[0]) ** 2


def _information(difference: Any) -> Real:
    """p (1 - p)."""
    p = 1.0 / (1.0 + np.exp(-np.abs(difference)))
    return np.asarray(p * (1.0 - p))


def _mean_weight(fit: BradleyTerryFit) -> float:
    """Mean weight with which a comparison entered the fit; dropped ties have none."""
    counts, _ = fit.require_data("votes_needed")
    total = counts.win_weight.sum() + counts.loss_weight.sum() + counts.fractional_weight.sum()
    if fit.ties == "half":
        total += counts.tie_weight.sum()
    return float(total) / counts.n_comparisons


def _spread_evenly(
    covariance: Real, information: Real, pair: tuple[int, int], allowed: float
) -> float:
    """How many comparisons, each adding `information` to every pair, bring a difference's variance
    down to `allowed`.

    With H the information so far, L = R Rᵀ that of one more comparison and d the difference,
    Woodbury gives dᵀ (H + m L)⁻¹ d = dᵀCd - dᵀCR (1/m + RᵀCR)⁻¹ RᵀCd with C = H⁻¹. In the
    eigenvectors of RᵀCR that is a sum over eigenvalues, and falls with m.
    """
    import scipy.linalg

    n = len(covariance)
    # Differences do not see the level: C without it, and L with it, so that L is regular.
    centred = covariance - covariance.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    laplacian = -information
    np.fill_diagonal(laplacian, 0.0)
    np.fill_diagonal(laplacian, -laplacian.sum(axis=1))
    root = np.linalg.cholesky(laplacian + np.trace(laplacian) / n**2)
    direction = centred[:, pair[0]] - centred[:, pair[1]]
    values, vectors = scipy.linalg.eigh(root.T @ centred @ root)
    values = np.maximum(values, 0.0)
    loads = (vectors.T @ (root.T @ direction)) ** 2
    present = direction[pair[0]] - direction[pair[1]]

    def variance(m: float) -> float:
        return float(present - (loads * m / (1.0 + m * values)).sum())

    high = 1.0
    while variance(high) > allowed:
        high *= 2.0
        if high > 1e18:
            raise InputError(
                "no number of comparisons makes the difference significant: it is too small, or "
                "nearly all others are one-sided"
            )
    low = 0.0
    while high - low > 1e-9 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if variance(middle) > allowed else (low, middle)
    return high
