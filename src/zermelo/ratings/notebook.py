"""Leaderboards as a notebook shows them."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .bradley_terry_fit import BradleyTerryFit
    from .result import RatingResult

ROWS = 25
WIDTH, MARGIN = 160, 5


def board_html(fit: BradleyTerryFit) -> str:
    """The best items with their ratings and, where the data is at hand, 95% intervals."""
    order = np.argsort(-np.nan_to_num(fit.ability, nan=-np.inf), kind="stable")[:ROWS]
    order = order[fit.rated[order]]
    rating = fit.rating[order].tolist()
    columns: dict[str, list[str]] = {
        "rank": [str(rank) for rank in fit.rank()[order].tolist()],
        "item": [html.escape(str(item)) for item in fit.items[order].tolist()],
        "rating": [f"{value:,.1f}" for value in rating],
    }
    if fit.counts is not None and len(order):
        interval = fit.interval(items=fit.items[order].tolist())
        lower = fit.scale.rating(interval.lower).tolist()
        upper = fit.scale.rating(interval.upper).tolist()
        ends = np.array([lower, upper])
        axis = (
            float(np.nanmin(ends, initial=min(rating))),
            float(np.nanmax(ends, initial=max(rating))),
        )
        rows = list(zip(lower, rating, upper, strict=True))
        columns["95% interval"] = [
            "" if left != left else f"{left:,.1f} to {right:,.1f}" for left, _, right in rows
        ]
        columns[""] = [_whisker(*row, *axis) for row in rows]
    columns["comparisons"] = [f"{count:,}" for count in fit.comparisons[order].tolist()]
    return _page(fit, columns, fit.n_items - len(order))


def ratings_html(result: RatingResult, shown: dict[str, NDArray[Any]]) -> str:
    """The best items with these columns of numbers."""
    order = np.argsort(-result.rating, kind="stable")[:ROWS]
    columns = {
        "rank": [str(rank) for rank in result.rank()[order].tolist()],
        "item": [html.escape(str(item)) for item in result.items[order].tolist()],
    }
    for name, values in shown.items():
        digits = 0 if values.dtype.kind in "iu" else 1
        columns[name] = [f"{value:,.{digits}f}" for value in values[order].tolist()]
    return _page(result, columns, result.n_items - len(order))


def _page(result: RatingResult, columns: dict[str, list[str]], more: int) -> str:
    head = "".join(f"<th>{name}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    note = f"<p>and {more:,} more items; <code>to_frame()</code> has all</p>" if more else ""
    return (
        f"<p>{html.escape(repr(result))}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{note}"
    )


def _whisker(lower: float, rating: float, upper: float, low: float, high: float) -> str:
    """A small picture of an interval on the range from `low` to `high`."""
    if lower != lower:
        return ""
    scale = (WIDTH - 2 * MARGIN) / max(high - low, 1e-9)
    left, dot, right = (MARGIN + scale * (value - low) for value in (lower, rating, upper))
    return (
        f'<svg width="{WIDTH}" height="14" role="img">'
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="7" y2="7" stroke="#8aa4c8" '
        'stroke-width="2.5" stroke-linecap="round"/>'
        f'<circle cx="{dot:.1f}" cy="7" r="3.5" fill="#1f4e9c"/></svg>'
    )
