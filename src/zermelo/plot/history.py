"""Rating histories: a line an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import whole
from ..comparisons import Comparisons
from ..errors import InputError
from ..ratings.replay import Games, scores_of
from ..ratings.replay_result import ReplayResult
from ..ratings.result import label_of
from .figures import graph_objects, line_style, shown_name
from .thinning import shape_points

Places = NDArray[np.intp]
Real = NDArray[np.float64]


def history(
    fit: ReplayResult,
    items: Sequence[Any] | None = None,
    *,
    top: int = 10,
    points: int = 2000,
    title: str | None = None,
) -> Any:
    """Draw how ratings went, a line an item.

    A line has the rating before the item's first game and then after each of its games; it keeps
    its height until the next. The horizontal axis is `time` where the games have it, and else the
    number of the game among all of them, from 1.

    Parameters
    ----------
    fit : EloResult or another replay's result
        Made with ``history=True``.
    items : sequence of labels, optional
        Which items to draw, in this order; None: the best.
    top : int, default 10
        How many items to draw without `items`: those rated best in the end.
    points : int, default 2000
        Of lines with more points only the first, last, lowest and highest of every stretch are
        drawn, at most so many, which looks the same.
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
        The replay kept no history, or has no such item.

    References
    ----------
    Okabe and Ito 2008, Color Universal Design (the colours).

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["x", "x", "y"], ["y", "z", "z"], time=[2019, 2020, 2021])
    >>> figure = zm.plot.history(zm.elo(games, history=True), ["x", "z"])
    >>> for line in figure.data:
    ...     print(line.name, line.x.tolist(), line.y.round(1).tolist())
    x [2019, 2019, 2020] [1500.0, 1516.0, 1531.3]
    z [2020, 2020, 2021] [1500.0, 1484.7, 1468.7]
    """
    plotly = graph_objects()
    if not isinstance(fit, ReplayResult):
        raise InputError(
            "fit must be a replay's result, such as that of zermelo.elo, but is "
            f"{type(fit).__name__}"
        )
    data = fit.require_rows("drawing the history")
    if fit.before is None or fit.after is None:
        raise InputError(
            "the ratings before and after every game were not kept; replay with history=True"
        )
    most = whole("points", points, 8, "a whole number of at least 8")
    labels, codes = _chosen(fit, data, items, whole("top", top, 1, "a positive whole number"))
    figure = plotly.Figure()
    played = _games_of(data, codes)
    for place, (label, code, games) in enumerate(zip(labels, codes, played, strict=True)):
        line = _line(fit, data, (fit.before, fit.after), code, games, most)
        figure.add_trace(
            # Scattergl would draw faster, but browsers allow few of its contexts on one page.
            plotly.Scatter(
                name=shown_name(label),
                mode="lines" if len(line["x"]) > 2 else "lines+markers",
                line={**line_style(place), "width": 1.8, "shape": "hv"},
                hovertemplate="<b>%{fullData.name}</b> %{y:.1f}<br>%{text}<extra></extra>",
                **line,
            )
        )
    figure.update_layout(
        title=title,
        xaxis_title="time" if data.time is not None else "game",
        yaxis_title="rating",
        template="plotly_white",
        hovermode="closest",
        showlegend=True,
    )
    if data.time is not None and data.time.dtype == object:
        # Texts that are no dates stand in the order in which lines bring them, unless told so.
        figure.update_xaxes(categoryorder="category ascending")
    return figure


def _chosen(
    fit: ReplayResult, data: Comparisons, items: Sequence[Any] | None, top: int
) -> tuple[list[Any], list[int]]:
    """Labels of the items to draw, and their places among those of the data."""
    code_of = {label: code for code, label in enumerate(data.items.tolist())}
    if items is None:
        best = np.argsort(-fit.rating, kind="stable")
        # After an update the result knows more items than these games.
        labels = [label for label in fit.items[best].tolist() if label in code_of][:top]
        return labels, [code_of[label] for label in labels]
    if isinstance(items, (str, bytes)) or not np.iterable(items):
        raise InputError(f"items must be a sequence of labels, but is {items!r}")
    labels = [label_of(item) for item in items]
    if not labels:
        raise InputError("items is empty: there is nothing to draw")
    fit._places(labels, "items")  # refuses what the result does not know
    for label in labels:
        if label not in code_of:
            raise InputError(f"items: {label!r} has no game among those replayed last")
    return labels, [code_of[label] for label in labels]


def _games_of(data: Comparisons, codes: Sequence[int]) -> list[Places]:
    """The games of each item: places in the order in which they were played."""
    order = Games.of(data, "plot.history").order
    wanted = np.zeros(data.n_items, bool)
    wanted[list(codes)] = True
    first, second = (side if order is None else side[order] for side in (data.a, data.b))
    games = np.flatnonzero(wanted[first] | wanted[second])
    first, second = first[games], second[games]
    return [games[(first == code) | (second == code)] for code in codes]


def _line(
    fit: ReplayResult,
    data: Comparisons,
    kept_ratings: tuple[Real, Real],
    code: int,
    games: Places,
    most: int,
) -> dict[str, Any]:
    """The points of an item's line, and what is shown of each when it is pointed at."""
    before, after = kept_ratings
    order = Games.of(data, "plot.history").order
    rows = games if order is None else order[games]
    side = (data.a[rows] != code).astype(np.intp)
    rating = np.concatenate([before[rows[:1], side[:1]], after[rows, side]])
    if fit.scale != fit.own_scale:
        rating = fit.scale.rating((rating - fit.own_scale.initial) / fit.own_scale.points)
    if data.time is None:
        x = np.concatenate([games[:1], games + 1])
    else:
        x = np.concatenate([data.time[rows[:1]], data.time[rows]])
    kept = shape_points(x, rating, most)
    score, expected = scores_of(data), fit.expected
    texts = []
    for place in kept.tolist():
        if place == 0:
            texts.append("before the first game")
            continue
        row, second = int(rows[place - 1]), bool(side[place - 1])
        scored, hoped = float(score[row]), float(expected[row])
        if second:
            scored, hoped = 1.0 - scored, 1.0 - hoped
        other = shown_name(data.items[data.a[row] if second else data.b[row]])
        when = x[place] if data.time is not None else f"game {x[place]}"
        texts.append(f"{when}: {scored:g} against {other}, {hoped:.2f} expected")
    return {"x": x[kept], "y": rating[kept], "text": texts}
