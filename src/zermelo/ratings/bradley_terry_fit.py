"""The result of a Bradley-Terry fit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import choice
from ..comparisons import Comparisons
from ..errors import InputError
from ..pair_counts import PairCounts
from .effects import Effects
from .fit_covariance import FitCovariance
from .graph import Graph
from .model import Model
from .partial_order import PartialOrder, beats_between
from .uncertainty import Kind

Real = NDArray[np.float64]
POSITIONS = ("first", "second")


@dataclass(frozen=True, eq=False, repr=False)
class BradleyTerryFit(FitCovariance):
    """Abilities, and what is known about them. Made by `zermelo.bradley_terry` and `zermelo.load`.

    Attributes
    ----------
    items : ndarray, shape (n_items,)
        Labels, sorted.
    ability : ndarray of float64, shape (n_items,)
        Log-strengths, summing to zero over the rated items (over each component where they were
        rated separately; on the fixed items' scale where some were fixed); NaN where unrated.
    unrated : dict of label to str
        Items without an ability, and why.
    solver, converged, n_iter
        Who found the abilities, whether to `tol`, and in how many iterations.
    ability_error : float
        Bound on the error of the abilities: the infinity norm of the last Newton step, which the
        abilities include, plus an estimate of the error with which it was solved for.
    score_norm : float
        Infinity norm of the score at the result, in comparisons (on graphs too large for a dense
        factorisation: to first order in the last Newton step).
    options : dict of str
        The arguments of `bradley_terry` that made the fit, but for data and start.
    source : Comparisons or PairCounts or None
        The data as it was given; None in a fit that was loaded.
    """

    model: Model = field(kw_only=True)
    counts: PairCounts | None = field(kw_only=True)
    graph: Graph | None = field(kw_only=True)
    unrated: Mapping[Any, str] = field(kw_only=True)
    solver: str = field(kw_only=True)
    converged: bool = field(kw_only=True)
    n_iter: int = field(kw_only=True)
    ability_error: float = field(kw_only=True)
    score_norm: float = field(kw_only=True)
    options: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    source: Comparisons | PairCounts | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("unrated", "options"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __repr__(self) -> str:
        unrated = f" ({len(self.unrated):,} unrated)" if self.unrated else ""
        total = (
            int(self.comparisons.sum()) // 2 if self.counts is None else self.counts.n_comparisons
        )
        done = "converged" if self.converged else "did not converge"
        return (
            f"{type(self).__name__}({self.n_items:,} items{unrated}, {total:,} comparisons, "
            f"{self.solver} {done} in {self.n_iter} iterations)"
        )

    @property
    def comparisons(self) -> NDArray[np.int64]:
        """In how many comparisons each item took part, shape (n_items,)."""
        value: NDArray[np.int64] = self._remember(
            "comparisons", lambda: self.require_data("comparisons")[0].comparisons_per_item()
        )
        return value

    @property
    def backend(self) -> str:
        """The backend that ran the kernels."""
        return self.model.backend.name

    @property
    def ties(self) -> str:
        """How ties were counted."""
        return self.model.ties

    @property
    def prior(self) -> float:
        """Virtual games of each item against an item of ability 0."""
        return self.model.prior

    @property
    def tie_parameter(self) -> float | None:
        """What a tie model estimated; None where ties are half a win each, or dropped."""
        return None

    @property
    def position_effect(self) -> float | None:
        """Log-odds that the item shown first gains; None where it was not asked for."""
        return None

    @property
    def coefficients(self) -> Real:
        """Log-odds a unit of each feature, shape (f,)."""
        return np.empty(0)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """The names of the features, in the order of `coefficients`."""
        return ()

    def effects(
        self, level: float = 0.95, kind: Kind = "sandwich", *, cluster: Any = None
    ) -> Effects:
        """The position effect, the coefficients and the tie parameter; refused where there are
        none."""
        raise InputError(
            "effects are those of a position effect, covariates or a tie model, but this fit has "
            "abilities alone; fit with position_effect=True, covariates= or ties='davidson'"
        )

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood of the comparisons, without the prior; a quasi-likelihood with half ties.

        Where components were rated apart, of the comparisons inside them.
        """

        def compute() -> float:
            _, graph = self.require_data("log_likelihood")
            ability = np.nan_to_num(self.model.ability)
            value: float = self.model.backend.bt_log_likelihood(
                *graph.arrays, ability, self.model.threads
            )
            return value

        value: float = self._remember("log_likelihood", compute)
        return value

    def rank(self) -> NDArray[np.int64]:
        """Ranks, 1 is the best, equal abilities share one; 0 where unrated, shape (n_items,).

        Where components were rated separately the order is partial: an item's rank is then one
        more than the number of items that are known to be better.
        """
        if not self._separate:
            return super().rank()
        ranks: NDArray[np.int64] = self._remember(
            "rank", lambda: self._order.ranks(self.model.component, self.ability)
        )
        return ranks.copy()

    def predict(self, a: Any, b: Any, *, position: str | None = None) -> Any:
        """What `a` can expect against `b`.

        Parameters
        ----------
        a, b : label, or sequence of labels
            Sequences are taken pair by pair; a single label meets every one of the other.
        position : {"first", "second"}, optional
            Where `a` stands, in a fit with a position effect; None: on neutral ground. Features
            are taken to be equal.

        Returns
        -------
        float or ndarray
            Expected scores, the probability of a win where there are no ties; with a tie model
            probabilities of win, tie and loss, shape (..., 3). NaN where an item is not rated.

        Raises
        ------
        InputError
            An item is not in the fit, or the fit has no position effect.

        Examples
        --------
        >>> import zermelo as zm
        >>> fit = zm.bradley_terry(zm.Comparisons(["x", "x", "y"], ["y", "y", "x"]))
        >>> round(fit.predict("x", "y"), 6)
        0.666667
        """
        expected = self._expected_at(*self._two_places(a, b), self._sign(position))
        return expected if expected.ndim else float(expected)

    def win_matrix(self, position: str | None = None) -> Real:
        """What each row's item can expect against each column's, as `predict` says it.

        Parameters
        ----------
        position : {"first", "second"}, optional
            Where the row's item stands; None: on neutral ground.

        Returns
        -------
        ndarray, shape (n_items, n_items), or (n_items, n_items, 3) with a tie model
        """
        places = np.arange(self.n_items)
        return self._expected_at(places[:, None], places[None, :], self._sign(position))

    def _sign(self, position: str | None) -> int:
        """1 where an item is shown first, -1 second, 0 on neutral ground."""
        if position is None:
            return 0
        choice("position", position, POSITIONS)
        if self.position_effect is None:
            raise InputError(
                "position: this fit has no position effect; fit with position_effect=True"
            )
        return 1 if position == "first" else -1

    def _expected_at(self, first: NDArray[Any], second: NDArray[Any], sign: int) -> Real:
        return self._expected(first, second)

    def _expected(self, first: NDArray[Any], second: NDArray[Any]) -> Real:
        score = super()._expected(first, second)
        if not self._separate:
            return score
        component = self.model.component
        one, other = np.broadcast_arrays(component[first], component[second])
        across = one != other
        if not across.any():
            return score
        score = np.array(score, np.float64)
        score[across] = self._order.scores(one[across], other[across])
        return score

    @property
    def _separate(self) -> bool:
        return not self.unrated and bool(self.model.component.max(initial=0) > 0)

    @property
    def beats(self) -> NDArray[np.int32]:
        """Pairs (winner, loser) of separate components, shape (k, 2)."""

        def compute() -> NDArray[np.int32]:
            if not self._separate:
                return np.empty((0, 2), np.int32)
            counts, _ = self.require_data("beats")
            graph = Graph.build(counts, self.model.ties, self.model.backend, self.model.threads)
            return beats_between(graph, self.model.component)

        pairs: NDArray[np.int32] = self._remember("beats", compute)
        return pairs

    @property
    def _order(self) -> PartialOrder:
        order: PartialOrder = self._remember(
            "order", lambda: PartialOrder(self.beats, int(self.model.component.max()) + 1)
        )
        return order

    def require_data(self, what: str) -> tuple[PairCounts, Graph]:
        """The counts and the graph, or the error that says what cannot be done without them."""
        if self.counts is None or self.graph is None:
            raise InputError(
                f"this fit was loaded from a file without its data, which {what} needs; save it "
                "with data=True, or fit again"
            )
        return self.counts, self.graph

    def _columns(self) -> dict[str, Any]:
        columns = super()._columns()
        if self.counts is not None:
            interval = self.interval()
            columns["lower"] = self.scale.rating(interval.lower)
            columns["upper"] = self.scale.rating(interval.upper)
            columns["standard_error"] = interval.standard_error
        columns["comparisons"] = self.comparisons
        if self.unrated:
            reasons = [self.unrated.get(label, "") for label in self.items.tolist()]
            columns["unrated"] = np.array(reasons, object)
        return columns

    def to_frame(self, library: str | None = None) -> Any:
        """The leaderboard as a data frame, best first, unrated items last.

        Columns: item, rank (0 where unrated), rating with the lower and upper end of its 95%
        sandwich interval in rating points, ability and its standard error in ability units, and
        comparisons; `unrated` with the reason where some items are not rated. Without the data
        (a fit loaded from a small file) there are no intervals.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the library that the data came in, else the first of these that is installed.
        """
        return super().to_frame(library)

    def _repr_html_(self) -> str:
        from .notebook import board_html

        return board_html(self)

    def save(self, path: str | os.PathLike[str], *, data: bool = True) -> None:
        """Write the fit to one file, without pickle; `zermelo.load` reads it.

        Parameters
        ----------
        path : path-like
            Where to; the file appears whole or not at all.
        data : bool, default True
            Keep the counts, so that the loaded fit can do all that this one can. Without them the
            file is small, and the loaded fit rates, ranks and predicts.
        """
        from .saved_fit import write_fit

        write_fit(self, path, data)
