"""Accuracy against cost: how well designs rank with so many matches."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from ..checks import choice, flag
from ..errors import InputError
from ..frames import open_frame
from .figures import graph_objects, line_style, shown_name

MEASURES = {
    "best_wins": "the best is ranked first",
    "winner_rank": "true rank of who is ranked first",
    "kendall": "Kendall's correlation with the truth",
    "kendall_median": "Kendall's correlation with the truth, median",
    "spearman": "Spearman's correlation with the truth",
    "spearman_median": "Spearman's correlation with the truth, median",
    "recall": "share of the truly best found",
}
SHARES = ("best_wins", "recall")
# So many limits of matches are written below the axis, in place of round numbers.
MOST_TICKS = 10
# Of a standard error, for 95%.
NORMAL_95 = 1.96


def designs(
    frame: Any,
    measure: str = "spearman",
    *,
    log: bool = True,
    title: str | None = None,
) -> Any:
    """Draw what designs cost and how well they rank, a line a design.

    Parameters
    ----------
    frame : data frame
        From `compare_designs`, best with several `matches`.
    measure : str, default "spearman"
        The column to draw: "best_wins", "winner_rank", "kendall", "spearman", "recall",
        "kendall_median" or "spearman_median". Whiskers are its 95% Monte-Carlo interval.
    log : bool, default True
        Whether the axis of matches is logarithmic.
    title : str, optional

    Returns
    -------
    plotly.graph_objects.Figure
        Its `show()` draws it in a notebook or browser, `write_html(path)` writes it.

    Raises
    ------
    ImportError
        plotly is not installed.
    InputError
        The frame is not one of `compare_designs`.

    Examples
    --------
    >>> import zermelo as zm
    >>> frame = zm.compare_designs(
    ...     {"cup": zm.SingleElimination(8, seeding="random"), "league": zm.RoundRobin(8)},
    ...     draw=lambda rng: rng.normal(size=8),
    ...     matches=[28, 56, 112],
    ...     replicates=50,
    ... )
    >>> figure = zm.plot.designs(frame)
    >>> [(line.name, line.x.tolist()) for line in figure.data]
    [('cup', [28.0, 56.0, 112.0]), ('league', [28.0, 56.0, 112.0])]
    """
    plotly = graph_objects()
    choice("measure", measure, tuple(MEASURES))
    logarithmic = flag("log", log)
    opened = open_frame(frame)
    table = opened.collect() if isinstance(opened, nw.LazyFrame) else opened
    wanted = ("design", "matches", "matches_used", measure, f"{measure}_error")
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise InputError(
            f"frame has no column {missing[0]!r}; it must be one of zermelo.compare_designs with "
            "by='design'"
        )
    columns = {name: table[name].to_numpy() for name in wanted}
    figure = plotly.Figure()
    names = list(dict.fromkeys(columns["design"].tolist()))
    for place, name in enumerate(names):
        rows = np.flatnonzero(columns["design"] == name)
        rows = rows[np.argsort(columns["matches_used"][rows], kind="stable")]
        style = line_style(place)
        figure.add_trace(
            plotly.Scatter(
                name=shown_name(name),
                x=columns["matches_used"][rows].astype(np.float64),
                y=columns[measure][rows].astype(np.float64),
                error_y={
                    "type": "data",
                    "array": NORMAL_95 * columns[f"{measure}_error"][rows].astype(np.float64),
                    "thickness": 1,
                    "width": 3,
                },
                mode="lines+markers",
                line={**style, "width": 1.8},
                marker={"size": 6},
                hovertemplate="<b>%{fullData.name}</b><br>%{x:,.0f} matches: %{y:.3g}"
                "<extra></extra>",
            )
        )
    axis: dict[str, Any] = {"title": "matches", "type": "log" if logarithmic else "linear"}
    limits = np.unique(columns["matches"])
    if len(limits) <= MOST_TICKS:
        axis["tickvals"] = limits.tolist()
    figure.update_layout(
        title=title,
        xaxis=axis,
        yaxis={"title": MEASURES[measure], "tickformat": ".0%" if measure in SHARES else None},
        template="plotly_white",
        hovermode="closest",
        showlegend=True,
    )
    if measure == "winner_rank":  # the first is the best
        figure.update_yaxes(autorange="reversed")
    return figure
