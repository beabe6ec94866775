"""What a planned sort gives: a row a method, with its quality and its cost."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import choice, positive
from ..errors import InputError
from ..ratings.result import freeze
from ..ratings.table import make_frame
from .judges import PairJudge

QUALITIES = ("ndcg", "kendall", "tau_ap", "recall")
COSTS = ("pairs", "calls", "rounds", "seconds", "price")
DIGITS = {"rounds": 1, "seconds": 1, "price": 2}


@dataclass(frozen=True, eq=False, repr=False)
class SortPlan:
    """How well each method sorts, and what it costs. Made by `plan_sort`.

    Attributes
    ----------
    columns : dict of str to ndarray
        A row a method (and budget): method, budget (infinite where there is none), kendall, tau_ap,
        ndcg and recall of the order, pairs, calls, rounds, and seconds and price where it is known
        what a call takes. A column NAME_error is the Monte-Carlo standard error of the column NAME.
    initial : dict of str to float
        The same measures of the initial order.
    n, top_k, ndcg_at, replicates : int
    presentation : str
    judge : PairJudge
    notes : tuple of str
        What "auto" chose and why, and what was left out.
    """

    columns: Mapping[str, NDArray[Any]]
    initial: Mapping[str, float]
    n: int
    top_k: int
    ndcg_at: int
    replicates: int
    presentation: str
    judge: PairJudge
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(*self.columns.values())

    def __len__(self) -> int:
        return len(self.columns["method"])

    def __repr__(self) -> str:
        wanted = "all in order" if self.top_k == self.n else f"the best {self.top_k:,}"
        methods = len(set(self.columns["method"].tolist()))
        return (
            f"SortPlan({self.n:,} items, {wanted}, {methods} "
            f"{'method' if methods == 1 else 'methods'}, {self.replicates:,} replicates)"
        )

    def __str__(self) -> str:
        columns = self._shown()
        lines = []
        for place, (name, cells) in enumerate(columns.items()):
            width = max(map(len, (name, *cells)))
            align = str.ljust if place == 0 else str.rjust
            lines.append([align(cell, width) for cell in (name, *cells)])
        rows = ("  ".join(cells).rstrip() for cells in zip(*lines, strict=True))
        return "\n".join([*rows, *self.notes])

    def _repr_html_(self) -> str:
        columns = self._shown()
        head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in zip(*columns.values(), strict=True)
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return (
            f"<p>{html.escape(repr(self))}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>{notes}"
        )

    def to_frame(self, library: str | None = None) -> Any:
        """All columns as a frame.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the first that is installed.
        """
        return make_frame(self.columns, library, explicit=library is not None)

    def best(
        self,
        by: str = "ndcg",
        *,
        calls: float | None = None,
        rounds: float | None = None,
        seconds: float | None = None,
        price: float | None = None,
    ) -> str:
        """The method of the highest expected quality within limits on its expected cost.

        Parameters
        ----------
        by : {"ndcg", "kendall", "tau_ap", "recall"}, default "ndcg"
            Of equals, that of the fewest calls.
        calls, rounds, seconds, price : float, optional
            Limits. What is not known of a row, such as the rounds of a method that a budget stops,
            exceeds any.

        Returns
        -------
        str

        Raises
        ------
        InputError
            Nothing stays within the limits, or a limit is on something that was not planned.

        Examples
        --------
        >>> import zermelo as zm
        >>> plan = zm.plan_sort(30, methods=["merge", "allpair"], replicates=50)
        >>> plan.best("kendall"), plan.best("kendall", calls=300)
        ('allpair', 'merge')
        """
        choice("by", by, QUALITIES)
        limits = {"calls": calls, "rounds": rounds, "seconds": seconds, "price": price}
        allowed = np.ones(len(self), bool)
        for name, limit in limits.items():
            if limit is None:
                continue
            most = positive(name, limit)
            if name not in self.columns:
                raise InputError(
                    f"{name} was not planned; pass {name}_per_call to plan_sort to have it"
                )
            with np.errstate(invalid="ignore"):
                allowed &= self.columns[name] <= most
        if not allowed.any():
            given = ", ".join(f"{name}={limit:g}" for name, limit in limits.items() if limit)
            least = " and ".join(
                f"{np.nanmin(self.columns[name]):,.6g} {name}" for name in limits if limits[name]
            )
            raise InputError(f"no method stays within {given}; the least are {least}")
        score = np.where(allowed, self.columns[by], -np.inf)
        place = np.lexsort((self.columns["calls"], -score))[0]
        return str(self.columns["method"][place])

    def _shown(self) -> dict[str, list[str]]:
        """The table as text, the initial order in its first row."""
        budgets = self.columns["budget"].tolist()
        limited = any(map(math.isfinite, budgets))
        shown = {"method": ["(initial order)", *self.columns["method"].tolist()]}
        if limited:
            shown["budget"] = ["", *("" if b == math.inf else f"{b:,.0f}" for b in budgets)]
        names = {"ndcg": f"nDCG@{self.ndcg_at}", "kendall": "Kendall", "tau_ap": "tau_AP"}
        for name in QUALITIES:
            title = names.get(name, f"top {self.top_k:,}")
            if name == "recall" and self.top_k == self.n:
                continue
            first = f"{self.initial[name]:.3f}"
            shown[title] = [first, *self._cells(name, 3)]
        for name in COSTS:
            if name in self.columns:
                shown[name] = ["", *self._cells(name, DIGITS.get(name, 0))]
        return shown

    def _cells(self, name: str, digits: int) -> Sequence[str]:
        values = self.columns[name].tolist()
        errors = self.columns[f"{name}_error"].tolist()
        # Figures that the simulation does not know are not shown.
        return [
            "" if value != value else f"{value:,.{digits}f}" + _error(error, digits)
            for value, error in zip(values, errors, strict=True)
        ]


def _error(error: float, digits: int) -> str:
    rounded = f"{error:,.{digits}f}"
    return f" ± {rounded}" if float(rounded.replace(",", "")) > 0 else ""
