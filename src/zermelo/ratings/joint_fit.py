"""The result of a Bradley-Terry fit with ties, a position effect or covariates."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import default_names
from .bradley_terry_fit import BradleyTerryFit
from .cells import CellMoments, Cells, TieModel, cell_moments, log_odds, probabilities
from .clusters import with_clusters
from .effects import Effects
from .joint_covariance import joint_covariance
from .joint_information import JointInformation, joint_information
from .row_scores import Parameters
from .uncertainty import EXACT_BELOW, Kind, check_kind, normal_quantile, quantile_of

Real = NDArray[np.float64]
POSITION_NAME, TIE_NAME = "position", "log tie parameter"


@dataclass(frozen=True, eq=False)
class Extras:
    """What a joint fit estimated beside the abilities, and the cells that it read."""

    ties: TieModel
    log_tie: float  # of the tie parameter; 0 without a tie model
    coefficients: Real  # of the features as they were fitted, the position's first
    names: tuple[str, ...]
    position: bool
    divisor: Real  # of each feature before it was fitted
    ridge: float
    by_pair: bool  # whether a cell is all that is known of an ordered pair
    cells: Cells | None


@dataclass(frozen=True, eq=False, repr=False)
class JointFit(BradleyTerryFit):
    """A `BradleyTerryFit` whose model has more parameters than abilities.

    Abilities, ratings, ranks and intervals are those of `BradleyTerryFit`. Elo points of different
    tie models do not compare: with 37% ties the abilities with half ties are about 0.6 of
    Davidson's.
    """

    extras: Extras = field(kw_only=True)

    def __repr__(self) -> str:
        parts: list[str] = [] if self.extras.ties == "none" else [self.extras.ties]
        parts += ["position"] if self.extras.position else []
        parts += ["margin loss"] if self.options.get("loss") == "margin" else []
        names = self.coefficient_names
        if 0 < len(names) <= 3 and names != default_names(len(names)):
            parts += names
        elif names:
            parts += [f"{len(names)} covariate{'s' * (len(names) > 1)}"]
        return super().__repr__()[:-1] + f", with {', '.join(parts) or 'offset'})"

    @property
    def ties(self) -> str:
        """How ties were counted."""
        return self.model.ties if self.extras.ties == "none" else self.extras.ties

    @property
    def tie_parameter(self) -> float | None:
        """Davidson's nu (1: equals tie a third of the time), Rao and Kupper's theta, or None."""
        return None if self.extras.ties == "none" else math.exp(self.extras.log_tie)

    @property
    def position_effect(self) -> float | None:
        """Log-odds that the item shown first gains, or None."""
        return float(self.extras.coefficients[0]) if self.extras.position else None

    @property
    def coefficients(self) -> Real:
        """Log-odds a unit of each feature, shape (f,)."""
        begin = int(self.extras.position)
        value: Real = self.extras.coefficients[begin:] / self.extras.divisor[begin:]
        return value

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """The names of the features, in the order of `coefficients`."""
        return self.extras.names[int(self.extras.position) :]

    @property
    def _cells(self) -> Cells:
        if self.extras.cells is None:
            self.require_data("this")
            raise AssertionError("a fit with its counts has its cells")
        return self.extras.cells

    def _moments(self) -> CellMoments:
        def compute() -> CellMoments:
            cells = self._cells
            z = log_odds(cells, np.nan_to_num(self.model.ability), self.extras.coefficients)
            return cell_moments(self.extras.ties, cells, z, self.extras.log_tie)

        moments: CellMoments = self._remember("moments", compute)
        return moments

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood of the comparisons, without prior and ridge; a quasi-likelihood with half
        ties."""
        self.require_data("log_likelihood")
        value: float = self._remember(
            "log_likelihood", lambda: float(self._moments().log_likelihood.sum())
        )
        return value

    def _whole_covariance(self, kind: Kind, what: str) -> Real:
        self.require_data(what)
        if self.n_items > EXACT_BELOW:
            raise InputError(
                f"{what} needs the covariance of all items, for at most {EXACT_BELOW:,}, but there "
                f"are {self.n_items:,}; interval() and effects() know those of interest"
            )

        def compute() -> Real:
            model = self.model
            ability = np.nan_to_num(model.ability)
            p = 1.0 / (1.0 + np.exp(-ability))
            return joint_covariance(
                self._cells,
                self._moments(),
                kind,
                diagonal=np.where(self.rated, model.prior * p * (1.0 - p), 0.0),
                ridge=self.extras.ridge,
                free=self.rated & ~model.held & ~model.alone,
                rated=self.rated,
                component=model.component,
                centre=model.centre,
                floating=int(model.floating.max(initial=-1)) >= 0,
                backend=model.backend,
                threads=model.threads,
                clusters=self._cluster_meat(kind) if kind == "cluster" else None,
            )

        return self._remember_by_kind("whole covariance", kind, compute)

    def _parameters(self) -> Parameters:
        extras = self.extras
        return Parameters(
            np.nan_to_num(self.model.ability),
            self.ties,
            extras.log_tie,
            extras.coefficients,
            extras.position,
            extras.divisor,
            self.coefficient_names,
        )

    def _covariance(self, kind: Kind, what: str) -> Real:
        return self._whole_covariance(kind, what)[: self.n_items, : self.n_items]

    def _information(self, what: str) -> JointInformation:
        counts = self.require_data(what)[0]

        def compute() -> JointInformation:
            model = self.model
            return joint_information(
                self._cells,
                self._moments(),
                counts,
                model.ability,
                prior=model.prior,
                ridge=self.extras.ridge,
                free=self.rated & ~model.held & ~model.alone,
                component=model.component,
                centre=model.centre,
                floating=model.floating,
                backend=model.backend,
                threads=model.threads,
                what=what,
            )

        information: JointInformation = self._remember("information", compute)
        return information

    def effects(
        self, level: float = 0.95, kind: Kind = "sandwich", *, cluster: Any = None
    ) -> Effects:
        """The position effect, the coefficients and the tie parameter, with intervals.

        They are exact for any number of items: beyond 3,000 by a sparse solve for each parameter.

        Parameters
        ----------
        level : float, default 0.95
            Of each interval by itself.
        kind : {"sandwich", "fisher", "cluster"}, default "sandwich"
            See `covariance`.
        cluster : str, labels or tuple of two, optional
            See `covariance`.

        Returns
        -------
        Effects
            The tie parameter as its logarithm, whose estimate is nearer to normal.

        Raises
        ------
        InputError
            As for `covariance`, but for the number of items; two-way clusters are for at most
            3,000.

        Examples
        --------
        >>> import zermelo as zm
        >>> votes = zm.Comparisons(list("xxyyzzxy"), list("yzxzxyzx"), [1, 1, 0.5, 1, 0, 0.5, 0, 1])
        >>> fit = zm.bradley_terry(votes, ties="davidson")
        >>> fit.effects().names
        ('log tie parameter',)
        """
        check_kind(kind)
        normal_quantile(level)  # refuses what is no level
        kind = with_clusters(kind, cluster)
        variance, degrees = self._effect_variances(kind)
        extras = self.extras
        estimate = extras.coefficients / extras.divisor
        error = np.sqrt(variance)
        error[: len(estimate)] /= extras.divisor
        names = extras.names
        if extras.ties != "none":
            estimate = np.append(estimate, extras.log_tie)
            names = (*names, TIE_NAME)
        half = quantile_of(level, degrees) * error
        return Effects(
            names,
            estimate,
            error,
            estimate - half,
            estimate + half,
            float(level),
            str(kind),
            self.frame_backend,
            degrees,
        )

    def _effect_variances(self, kind: Kind) -> tuple[Real, float]:
        """Variances of the extra parameters as they were fitted, and degrees of freedom."""
        if self.n_items <= EXACT_BELOW:
            whole = self._whole_covariance(kind, "effects")
            return np.diag(whole)[self.n_items :], self._degrees_of_freedom(kind)
        information = self._information("effects")
        clusters = self._clusters(kind) if kind == "cluster" else None
        degrees = math.inf if clusters is None else clusters.degrees_of_freedom
        return information.effect_variances(kind, clusters), degrees

    def _expected_at(self, first: NDArray[Any], second: NDArray[Any], sign: int) -> Real:
        extras = self.extras
        effect = sign * (self.position_effect or 0.0)
        z = self.ability[first] - self.ability[second] + effect
        win, loss, tie = probabilities(extras.ties, z, extras.log_tie)
        if self._separate:
            component = self.model.component
            one, other = np.broadcast_arrays(component[first], component[second])
            across = one != other
            score = np.array(self._expected(first, second))
            win = np.where(across, score, win)
            loss = np.where(across, 1.0 - score, loss)
            tie = np.where(across, 0.0 * score, tie)
        return win if extras.ties == "none" else np.stack([win, tie, loss], axis=-1)
