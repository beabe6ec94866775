"""What a Bradley-Terry fit says of the covariance of its abilities: its methods about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import whole
from ..errors import InputError
from .quasi_variance import QuasiVariance, quasi_variances
from .questions import Questions
from .result import label_of
from .uncertainty import (
    EXACT_BELOW,
    PROBES,
    SOLVE_TOL,
    Information,
    Interval,
    Kind,
    check_kind,
    normal_quantile,
)

Real = NDArray[np.float64]


class FitCovariance(Questions):
    """Methods of `BradleyTerryFit`."""

    def covariance(self, kind: Kind = "sandwich") -> Real:
        """Covariance matrix of the abilities, in the order of the items.

        Parameters
        ----------
        kind : {"sandwich", "fisher"}, default "sandwich"
            The sandwich (Huber 1967; White 1982) holds where the model only approximates the
            truth, as with ties that count as half a win; Fisher's is the inverse information.

        Returns
        -------
        ndarray of float64, shape (n_items, n_items)
            In ability units squared, of the abilities as they are reported (centred, unless some
            are fixed). NaN for unrated items and between components rated separately.

        Raises
        ------
        InputError
            The fit was loaded without its data, or has more than 3,000 items: ask `interval` for
            the items, or differences, of interest.
        """
        check_kind(kind)
        self._fit.require_data("covariance")
        if self.n_items > EXACT_BELOW:
            raise InputError(
                f"the covariance of {self.n_items:,} items is too large to compute whole (at most "
                f"{EXACT_BELOW:,}); interval(items=[...], reference=...) solves for single "
                "differences exactly, and interval() estimates all standard errors"
            )
        return self._covariance(kind, "covariance").copy()

    def _covariance(self, kind: Kind, what: str) -> Real:
        information = self._information(what)
        matrix: Real = self._remember(("covariance", kind), lambda: information.covariance(kind))
        return matrix

    def interval(
        self,
        level: float = 0.95,
        kind: Kind = "sandwich",
        reference: Any = None,
        *,
        items: Any = None,
        seed: int = 0,
        probes: int = PROBES,
    ) -> Interval:
        """Confidence intervals of abilities, or of their differences to a reference item.

        Up to 3,000 items they are exact. Beyond, those of chosen `items` are exact (a sparse solve
        for each), and those of all items are estimated by random probes, with the error of each
        standard error in `relative_error`.

        Parameters
        ----------
        level : float, default 0.95
            Of each interval by itself.
        kind : {"sandwich", "fisher"}, default "sandwich"
            See `covariance`.
        reference : label, optional
            Report differences to this item.
        items : label or sequence of labels, optional
            The items wanted; None: all.
        seed, probes : int
            Of the estimate for more than 3,000 items.

        Returns
        -------
        Interval
            With `lower`, `upper` and `standard_error` in ability units.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(["x", "x", "x", "y", "y", "z"], ["y", "y", "z", "z", "x", "x"])
        >>> fit = zm.bradley_terry(votes)
        >>> fit.interval(reference="z").upper.round(2).tolist()
        [3.4, 3.18, 0.0]
        """
        check_kind(kind)
        quantile = normal_quantile(level)
        self._fit.require_data("interval")
        seed = whole("seed", seed, 0, "a whole number of at least 0")
        probes = whole("probes", probes, 8, "a whole number of at least 8")
        base = None if reference is None else self._place(reference, "reference")
        if base is not None and np.isnan(self.ability[base]):
            raise InputError(f"reference {reference!r} is not rated")
        places = np.arange(self.n_items) if items is None else self._places(items, "items")
        places = np.atleast_1d(places)
        variance, relative = self._variances(kind, base, places, items, seed, probes)
        variance = np.where(self._fit.model.alone[places], np.nan, variance)
        error = np.sqrt(variance)
        estimate = self.ability[places]
        if base is not None:
            estimate = estimate - self.ability[base]
            other = self._fit.model.component[places] != self._fit.model.component[base]
            estimate = np.where(other, np.nan, estimate)
        half = quantile * error
        return Interval(
            self.items[places],
            estimate,
            estimate - half,
            estimate + half,
            error,
            relative,
            float(level),
            kind,
            label_of(self.items[base]) if base is not None else None,
            self.scale,
            self.frame_backend,
        )

    def _variances(
        self,
        kind: Kind,
        base: int | None,
        places: NDArray[np.intp],
        items: Any,
        seed: int,
        probes: int,
    ) -> tuple[Real, Real]:
        exact = np.zeros(len(places))
        if self.n_items <= EXACT_BELOW:
            matrix = self._covariance(kind, "interval")
            variance = np.diag(matrix)[places]
            if base is not None:
                variance = variance + matrix[base, base] - 2.0 * matrix[places, base]
                variance = np.where(places == base, 0.0, variance)
            return np.maximum(variance, 0.0), exact
        information = self._information("interval")
        if items is not None:
            wanted = ~np.isnan(self.ability[places])
            if base is not None:
                wanted &= self._fit.model.component[places] == self._fit.model.component[base]
            variance = np.full(len(places), np.nan)
            variance[wanted] = information.contrast_variances(kind, places[wanted], base)
            return variance, exact
        estimated: tuple[Real, Real] = self._remember(
            ("probes", kind, base, seed, probes),
            lambda: information.estimated_variances(kind, base, seed, probes),
        )
        return estimated

    def quasi_variance(self, kind: Kind = "sandwich") -> QuasiVariance:
        """Variances for plots: any two items' add up to the variance of their difference, nearly.

        Parameters
        ----------
        kind : {"sandwich", "fisher"}, default "sandwich"
            See `covariance`.

        Raises
        ------
        InputError
            Fewer than three items are rated, some are fixed, components were rated separately, or
            as for `covariance`.

        References
        ----------
        Firth and de Menezes 2004, Biometrika 91:65.
        """
        matrix = self.covariance(kind)
        rated = self.rated
        if rated.sum() < 3:
            raise InputError("quasi-variances need at least three rated items")
        if self._fit.model.held.any() or np.isnan(matrix[np.ix_(rated, rated)]).any():
            raise InputError("quasi-variances need all abilities estimated on one scale")
        variance = np.full(self.n_items, np.nan)
        variance[rated], worst = quasi_variances(matrix[np.ix_(rated, rated)])
        return QuasiVariance(self.items, variance, worst)

    def _information(self, what: str) -> Information:
        counts, graph = self._fit.require_data(what)
        model = self._fit.model
        rated = self.rated
        held = (model.held | model.alone | ~rated).astype(np.uint8)
        ability = np.nan_to_num(model.ability)
        n_centres = int(model.floating.max(initial=-1)) + 1

        def solve(right: Real) -> Real:
            solution, iterations = model.backend.laplacian_solve(
                *graph.arrays,
                ability,
                held,
                model.floating,
                n_centres,
                model.prior,
                np.ascontiguousarray(right),
                SOLVE_TOL,
                limit := 10 * self.n_items + 100,
                model.threads,
            )
            if iterations > limit:
                raise InputError(
                    f"{what}: the information matrix is too ill-conditioned to solve; some "
                    "abilities are hardly determined by the data. A prior would help"
                )
            out: Real = solution
            return out

        return Information(
            counts,
            model.ability,
            model.ties,
            model.prior,
            rated & ~model.held & ~model.alone,
            model.component,
            model.centre,
            n_centres > 0,
            solve,
            model.backend,
            model.threads,
        )
