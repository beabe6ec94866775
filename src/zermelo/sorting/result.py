"""What a sort returns: the order, what it cost, and the comparisons for the rating models."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from ..comparisons import Comparisons
from ..outcomes import FRACTIONAL, LOSS, TIE, WIN
from ..ratings.table import make_frame
from .calls import Calls
from .settings import Settings

if TYPE_CHECKING:
    from ..ratings.bradley_terry_fit import BradleyTerryFit

ROWS = 25


@dataclass(frozen=True, eq=False, repr=False)
class SortResult:
    """Items in order, best first.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        Positions in the input, best first; always all of them. Of a complete sort the first
        `top_k` are what was asked for, and the rest is the method's best guess.
    n_certain : int
        So many places at the front are final.
    n_pairs : int
        Different questions that calls answered: pairs, or lists with ``choose=`` and ``rank=``.
    n_lookups : int
        Questions of the method, those included whose answer it had before.
    n_calls : int
        Answers bought, those that a log had before this run included. An abstention is an answer;
        a failure is none, and neither is a retry.
    n_paid : int
        The answers that this run has bought.
    n_rounds : int
        The longest chain of calls each of which needed the answer before it.
    complete : bool
        False where a budget, a deadline or an unfinished sorter left questions open.
    failures : int
        Calls that failed in this run, for all retries, and counted as ties.
    method : str
    reason : str
        Why this method: what "auto" chose, and why.
    """

    order: NDArray[np.int64]
    n_certain: int
    n_pairs: int
    n_lookups: int
    n_calls: int
    n_paid: int
    n_rounds: int
    complete: bool
    failures: int
    method: str
    reason: str
    _settings: Settings
    _make_calls: Callable[[], Calls]
    _memo: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.order.flags.writeable = False

    @property
    def ranked(self) -> list[Any]:
        """The items, best first."""
        items = self._settings.identity.items
        return [items[position] for position in self.order.tolist()]

    @property
    def _calls(self) -> Calls:
        if "calls" not in self._memo:
            self._memo["calls"] = self._make_calls()
        calls: Calls = self._memo["calls"]
        return calls

    @property
    def comparisons(self) -> Comparisons:
        """The answered calls, a row each: `a` was shown first, and an abstention is a tie.

        Items are the ids, or the items themselves where they are different str or whole numbers,
        or else positions in the input. ``cluster`` numbers the pairs, so that the two orders of
        one pair belong together; ``time`` numbers the calls as they were answered. A choice among
        several items makes a row for each that was not chosen, a ranking one for each pair, and
        ``cluster`` is then the call.
        """
        if "comparisons" not in self._memo:
            calls = self._calls
            code = np.select(
                [calls.score == 1.0, calls.score == 0.0, calls.score == 0.5],
                [np.uint8(WIN), np.uint8(LOSS), np.uint8(TIE)],
                np.uint8(FRACTIONAL),
            ).astype(np.uint8)
            extra = {"score": calls.score} if (code == FRACTIONAL).any() else {}
            self._memo["comparisons"] = Comparisons.of_codes(
                self._settings.identity.array,
                calls.first.astype(np.int32),
                calls.second.astype(np.int32),
                code,
                cluster=calls.cluster,
                time=calls.time,
                **extra,
            )
        comparisons: Comparisons = self._memo["comparisons"]
        return comparisons

    def fit(self, prior: float = 1.0, **options: Any) -> BradleyTerryFit:
        """Bradley-Terry abilities from the comparisons.

        Parameters
        ----------
        prior : float, default 1
            Games against a virtual item, as in `bradley_terry`. A sort that met no contradiction
            has no maximum of the likelihood without it: its best item never lost.
        **options
            Further arguments of `bradley_terry`.
        """
        from ..ratings.bradley_terry import bradley_terry

        return bradley_terry(self.comparisons, prior=prior, **options)

    @property
    def cycles(self) -> list[tuple[int, ...]]:
        """Items that beat each other in a circle, as positions, each group in the order found.

        They are the strongly connected components of what beat what; with a consistent comparator
        there are none.
        """
        if "cycles" not in self._memo:
            winner, loser = self._calls.wins()
            n = len(self.order)
            engine = resolve(None)
            ones = np.ones(len(winner))
            graph = engine.build_graph_from_credits(
                winner.astype(np.int32), loser.astype(np.int32), ones, np.zeros(len(winner)), n, 1
            )
            component = np.asarray(engine.components(*graph, np.zeros(n, np.uint8))[0])
            groups: dict[int, list[int]] = {}
            large = np.bincount(component, minlength=1) > 1
            for position in self.order[large[component[self.order]]].tolist():
                groups.setdefault(int(component[position]), []).append(position)
            self._memo["cycles"] = [tuple(group) for group in groups.values()]
        cycles: list[tuple[int, ...]] = self._memo["cycles"]
        return cycles

    def to_frame(self, library: str | None = None) -> Any:
        """A row an item, best first.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"}, optional
            None: the first of these that is installed.

        Returns
        -------
        A frame with the columns rank, item (its id, the item itself if it is str or a whole
        number, or its position), position and certain.
        """
        n = len(self.order)
        columns: dict[str, NDArray[Any]] = {
            "rank": np.arange(1, n + 1),
            "item": self._settings.identity.array[self.order],
            "position": self.order,
            "certain": np.arange(n) < self.n_certain,
        }
        return make_frame(columns, library, explicit=library is not None)

    def __repr__(self) -> str:
        parts = [f"{len(self.order):,} items", self.method, f"{self.n_calls:,} calls"]
        parts.append(f"{self.n_rounds:,} rounds")
        if self.failures:
            parts.append(f"{self.failures:,} failed")
        if not self.complete:
            parts.append("incomplete")
        return f"SortResult({', '.join(parts)})"

    def _repr_html_(self) -> str:
        labels = self._settings.identity.labels
        positions = self._settings.identity.origin == "positions"
        body = []
        for rank, position in enumerate(self.order[:ROWS].tolist(), 1):
            shown = self._settings.identity.items[position] if positions else labels[position]
            text = " ".join(str(shown).split())
            text = text if len(text) <= 80 else f"{text[:77]}..."
            body.append(
                f"<tr><td>{rank}</td><td>{html.escape(text)}</td><td>{position}</td>"
                f"<td>{'yes' if rank <= self.n_certain else ''}</td></tr>"
            )
        more = len(self.order) - len(body)
        note = f"<p>and {more:,} more items; <code>to_frame()</code> has all</p>" if more else ""
        return (
            f"<p>{html.escape(repr(self))}</p><table><thead><tr><th>rank</th><th>item</th>"
            "<th>position</th><th>certain</th></tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table>{note}"
        )
