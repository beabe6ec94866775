"""Goodness of fit of a Bradley-Terry fit: its deviance, and what it says of every pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import choice, whole
from ..errors import InputError
from .bradley_terry_fit import BradleyTerryFit
from .graph import TIE_SHARE
from .joint_fit import JointFit
from .joint_goodness import pool, row_deviance
from .table import make_frame

Real = NDArray[np.float64]
ORDERS = ("deviance", "pearson")


@dataclass(frozen=True)
class Deviance:
    """How far a fit is from the model in which every pair has a probability of its own.

    Attributes
    ----------
    deviance : float
        Twice what the log-likelihood falls short of that model's.
    pearson : float
        Sum of the squared Pearson residuals.
    n_pairs, n_parameters : int
        Pairs that were compared, and parameters that were estimated. Pairs are unordered, but
        ordered with a position effect, and rows where rows have features or offsets.
    note : str
        Why the statistics do not have a chi-squared distribution; empty where they have one, which
        still takes several comparisons a pair.
    n_outcomes : int
        3 with a tie model, else 2.
    """

    deviance: float
    pearson: float
    n_pairs: int
    n_parameters: int
    note: str
    n_outcomes: int = 2

    @property
    def degrees_of_freedom(self) -> int:
        """Pairs less parameters; with a tie model two for every pair, win and tie."""
        return self.n_pairs * (self.n_outcomes - 1) - self.n_parameters

    @property
    def dispersion(self) -> float:
        """Pearson's statistic a degree of freedom: about 1 where the model holds; NaN if none."""
        free = self.degrees_of_freedom
        return self.pearson / free if free > 0 else float("nan")

    @property
    def p_value(self) -> float:
        """Of the deviance, by chi-squared; NaN where `note` says that it has another distribution.

        Also NaN without degrees of freedom.
        """
        from scipy.special import chdtrc

        free = self.degrees_of_freedom
        return float("nan") if self.note or free <= 0 else float(chdtrc(free, self.deviance))

    def __repr__(self) -> str:
        name = "quasi-deviance" if self.note else "deviance"
        free = self.degrees_of_freedom
        degrees = "1 degree" if free == 1 else f"{free:,} degrees"
        return (
            f"Deviance({name} {self.deviance:,.1f} on {degrees} of freedom, dispersion "
            f"{self.dispersion:.3f})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class PairResiduals:
    """What was observed and what was expected of every pair.

    Attributes
    ----------
    items : ndarray
        The labels of the fit.
    first, second : ndarray of int32, shape (p,)
        Places in `items`, first < second; both orders of showing are added up, but with a position
        effect each order is a pair of its own, and the first was shown first.
    n : ndarray of float64, shape (p,)
        Comparisons that count (the sum of their weights).
    score, expected : ndarray of float64, shape (p,)
        What the first scored, and the score that the fit expects, in comparisons.
    pearson : ndarray of float64, shape (p,)
        (score - expected) / sqrt(n P (1 - P)), with Σw² for n where comparisons have weights. It
        has variance 1 where the model holds and many abilities rest on many comparisons; with half
        ties the variance is smaller.
    deviance : ndarray of float64, shape (p,)
        Signed roots of the pairs' parts of the deviance.
    """

    items: NDArray[Any]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    n: Real
    score: Real
    expected: Real
    pearson: Real
    deviance: Real
    _frame_backend: str | None = None

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "first",
        "second",
        "n",
        "score",
        "expected",
        "pearson",
        "deviance",
    )

    def __post_init__(self) -> None:
        for name in self.COLUMNS:
            getattr(self, name).flags.writeable = False

    def __len__(self) -> int:
        return len(self.first)

    def __repr__(self) -> str:
        worst = float(np.abs(self.deviance).max(initial=0.0))
        return f"PairResiduals({len(self):,} pairs, largest deviance residual {worst:.2f})"

    def worst(self, k: int = 10, by: Literal["deviance", "pearson"] = "deviance") -> PairResiduals:
        """The `k` pairs with the largest absolute residual, the largest first."""
        k = whole("k", k, 1, "a positive whole number")
        choice("by", by, ORDERS)
        size = -np.abs(getattr(self, by))
        if k < len(self):
            # No sort of a million pairs for ten; equal ones come in the order of the pairs.
            within = np.flatnonzero(size <= np.partition(size, k - 1)[k - 1])
            chosen = within[np.argsort(size[within], kind="stable")][:k]
        else:
            chosen = np.argsort(size, kind="stable")
        columns = {name: getattr(self, name)[chosen] for name in self.COLUMNS}
        return replace(self, **columns)

    def to_frame(self, library: str | None = None) -> Any:
        """One row a pair: the two items, n, score, expected and both residuals.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.
        """
        columns = {name: getattr(self, name) for name in self.COLUMNS}
        columns["first"], columns["second"] = self.items[self.first], self.items[self.second]
        return make_frame(columns, library or self._frame_backend, explicit=library is not None)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OutcomeResiduals(PairResiduals):
    """What was observed and expected of every pair and outcome, in a fit with a tie model.

    As `PairResiduals`, with a row for each of win, tie and loss of the first.

    Attributes
    ----------
    outcome : ndarray of str, shape (3p,)
        "win", "tie" or "loss" of the first.
    score, expected : ndarray of float64, shape (3p,)
        How many of the pair's comparisons ended so, and how many the fit expects.
    pearson : ndarray of float64, shape (3p,)
        (score - expected) / sqrt(expected), with expected Σw² / Σw for expected where comparisons
        have weights. The squares add up to Pearson's statistic.
    deviance : ndarray of float64, shape (3p,)
        Signed roots of 2 (o log(o / e) - (o - e)), which add up to the deviance of the pair.
    """

    outcome: NDArray[Any]

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "first",
        "second",
        "outcome",
        "n",
        "score",
        "expected",
        "pearson",
        "deviance",
    )

    def __repr__(self) -> str:
        worst = float(np.abs(self.deviance).max(initial=0.0))
        return (
            f"OutcomeResiduals({len(self):,} outcomes of pairs, largest deviance residual "
            f"{worst:.2f})"
        )


def deviance(fit: BradleyTerryFit) -> Deviance:
    """`BradleyTerryFit.deviance`."""
    _check(fit)
    counts, model = fit.require_data("residuals")[0], fit.model
    free = fit.rated & ~model.held & ~model.alone
    n_levels = int(model.floating.max(initial=-1)) + 1
    because = [
        (counts.has_ties and model.ties == "half", "ties count as half wins"),
        (counts.has_fractional, "scores are fractional"),
        (counts.weighted, "comparisons have weights"),
    ]
    extras = fit.extras if isinstance(fit, JointFit) else None
    if extras is not None:
        because[0] = (counts.has_ties and fit.ties == "half", because[0][1])
        because.append((not extras.by_pair, "the other model has a probability for every row"))
    reasons = [reason for applies, reason in because if applies]
    note = f"a quasi-deviance, not chi-squared: {', '.join(reasons)}" if reasons else ""
    n_parameters = int(free.sum()) - n_levels
    if extras is None:
        rows = residuals(fit)
        size, pearson = float((rows.deviance**2).sum()), float((rows.pearson**2).sum())
        return Deviance(size, pearson, len(rows), n_parameters, note)
    n_parameters += len(extras.coefficients) + (extras.ties != "none")
    n_outcomes = 2 if extras.ties == "none" else 3
    assert isinstance(fit, JointFit)
    if extras.by_pair:
        rows = residuals(fit)
        size, pearson = float((rows.deviance**2).sum()), float((rows.pearson**2).sum())
        n_pairs = len(rows) if n_outcomes == 2 else len(rows) // n_outcomes
    else:
        size, pearson, n_pairs = row_deviance(fit)
    return Deviance(size, pearson, n_pairs, n_parameters, note, n_outcomes)


def residuals(fit: BradleyTerryFit) -> PairResiduals:
    """`BradleyTerryFit.residuals`."""
    from scipy.special import xlogy

    _check(fit)
    counts, _ = fit.require_data("residuals")
    if isinstance(fit, JointFit):
        return _joint_residuals(fit)
    share = TIE_SHARE[fit.model.ties]
    score, n = counts.win_weight, counts.win_weight + counts.loss_weight
    squares = counts.win_weight_squared + counts.loss_weight_squared
    if counts.has_ties and share > 0:
        score = score + share * counts.tie_weight
        n = n + counts.tie_weight
        squares = squares + counts.tie_weight_squared
    if counts.has_fractional:
        score = score + counts.fractional_score
        n = n + counts.fractional_weight
        squares = squares + counts.fractional_weight_squared
    first, second, component = counts.first, counts.second, fit.model.component
    used = (component[first] == component[second]) & (n > 0)
    used &= fit.rated[first] & fit.rated[second]
    swapped = first > second
    score = np.where(swapped, n - score, score)
    low, high = np.minimum(first, second)[used], np.maximum(first, second)[used]
    key = low.astype(np.int64) * counts.n_items + high
    # The rows are two sorted runs, one of either order; a stable sort merges them.
    order = np.argsort(key, kind="stable")
    key = key[order]
    begin = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
    n, score, squares = (
        np.add.reduceat(column[used][order], begin) if len(begin) else np.zeros(0)
        for column in (n, score, squares)
    )
    low, high = low[order][begin], high[order][begin]
    difference = fit.model.ability[low] - fit.model.ability[high]
    with np.errstate(over="ignore"):
        p, q = 1.0 / (1.0 + np.exp(-difference)), 1.0 / (1.0 + np.exp(difference))
    # n - score may miss zero by rounding where weights are added up in another order.
    lost = np.maximum(n - score, 0.0)
    missed = score * q - lost * p  # score - n p, without the cancellation where p is near 0 or 1
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = np.where(missed == 0.0, 0.0, missed / np.sqrt(squares * p * q))
        part = xlogy(score, score / (n * p)) + xlogy(lost, lost / (n * q))
    signed = np.sign(missed) * np.sqrt(2.0 * np.maximum(part, 0.0))
    return PairResiduals(fit.items, low, high, n, score, n * p, pearson, signed, fit.frame_backend)


def _joint_residuals(fit: JointFit) -> PairResiduals:
    from scipy.special import xlogy

    sums = pool(fit)
    observed, expected = sums.observed, sums.expected
    missed = observed - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        part = xlogy(observed, observed / expected) - missed
    if fit.extras.ties == "none":
        signed = np.sign(missed[:, 0]) * np.sqrt(2.0 * np.maximum(part.sum(axis=1), 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            pearson = np.where(missed[:, 0] == 0.0, 0.0, missed[:, 0] / np.sqrt(sums.variance))
        return PairResiduals(
            fit.items, sums.first, sums.second, sums.n, observed[:, 0], expected[:, 0], pearson,
            signed, fit.frame_backend,
        )  # fmt: skip
    k = observed.shape[1]
    spread = expected * (sums.squares / sums.n)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = np.where(missed == 0.0, 0.0, missed / np.sqrt(spread))
    return OutcomeResiduals(
        items=fit.items,
        first=np.repeat(sums.first, k),
        second=np.repeat(sums.second, k),
        outcome=np.tile(np.array(["win", "tie", "loss"], object), len(sums.n)),
        n=np.repeat(sums.n, k),
        score=observed.ravel(),
        expected=expected.ravel(),
        pearson=pearson.ravel(),
        deviance=(np.sign(missed) * np.sqrt(2.0 * np.maximum(part, 0.0))).ravel(),
        _frame_backend=fit.frame_backend,
    )


def worst_pairs(
    fit: BradleyTerryFit, k: int = 10, by: Literal["deviance", "pearson"] = "deviance"
) -> PairResiduals:
    """The pairs that the fit describes worst.

    Parameters
    ----------
    fit : BradleyTerryFit
    k : int, default 10
        How many pairs.
    by : {"deviance", "pearson"}, default "deviance"
        The residual that counts. Pearson's gives more weight to a single great upset.

    Returns
    -------
    PairResiduals
        The largest absolute residual first.

    Raises
    ------
    InputError
        The fit was loaded without its data.
    """
    return residuals(fit).worst(k, by)


def _check(fit: object) -> None:
    if not isinstance(fit, BradleyTerryFit):
        raise InputError(f"fit must be a BradleyTerryFit, but is {type(fit).__name__}")
