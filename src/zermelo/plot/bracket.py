"""A knockout's bracket: who may stand where, and how likely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..checks import whole
from ..errors import InputError
from ..ratings.result import label_of
from ..tournament.exact import win_probabilities
from ..tournament.result import TournamentResult
from ..tournament.round_names import round_name
from ..tournament.seeding import Slots
from ..tournament.single_elimination import SingleElimination
from .figures import COLOURS, graph_objects, shown_name

# Of a column's width, that of the boxes; connecting lines have the rest.
BOX = 0.84
# Lines of text that an item of the first column has, so that boxes of several lines stand apart.
SPACING = 1.25
# Pixels of a line of text, of a letter, of what stands beside the names in a box, before them, and
# of the narrowest box.
LINE, LETTER, PERCENT, INDENT, NARROWEST = 21, 7.0, 62, 5, 120
GREY, FRAME = "#F3F5F7", "#9AA5B1"
# A bar this long is a certainty; nobody needs to be told its number.
CERTAIN = 1.0 - 1e-12


@dataclass(frozen=True)
class Box:
    """A place in the bracket: `round` so many rounds won, and the items that can come there."""

    round: int
    items: tuple[int, ...]
    middle: float
    entries: tuple[tuple[int, float], ...] = field(default=())


def bracket(
    design: SingleElimination,
    strengths: Any,
    *,
    scale: float | None = None,
    shown: int = 4,
    title: str | None = None,
) -> Any:
    """Draw a single elimination with the likeliest entrants of every round.

    Rounds are columns, from the first to the title. In each place of the bracket stand the items
    that come there most probably, each with its probability as a number and as a bar. Items with a
    bye begin where they enter.

    Parameters
    ----------
    design : SingleElimination
        With a draw that is known: not ``seeding="random"``, and without `reseed`.
    strengths : TournamentResult, or strengths
        What `win_probabilities` or `simulate` gave for this design (with `results=` for a
        tournament that is going on), or what `win_probabilities` takes.
    scale : float, optional
        Points that mean odds of 10 to 1, where strengths are ratings: 400 for Elo's.
    shown : int, default 4
        How many items a place shows, at most.
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
        The design has no bracket that can be drawn, or the result is that of another design.

    Examples
    --------
    >>> import zermelo as zm
    >>> cup = zm.SingleElimination.from_slots(["Uruguay", "Peru", "Chile", "Brazil"])
    >>> figure = zm.plot.bracket(cup, [0.4, -0.4, 0.0, 0.8])
    >>> [text for text in figure.data[-1].text][-4:]
    ['Brazil', 'Uruguay', 'Chile', 'Peru']
    """
    plotly = graph_objects()
    _check_design(design)
    most = whole("shown", shown, 1, "a positive whole number")
    result = _result(design, strengths, scale)
    boxes = [_filled(box, result, most) for box in _boxes(design.slots, design.n)]
    names = [shown_name(label_of(item)) for item in result.items]
    longest = max(len(str(label_of(item))) for item in result.items)
    column = max(longest * LETTER + PERCENT, NARROWEST)
    figure = plotly.Figure()
    figure.add_trace(_connections(plotly, boxes))
    for trace in _bars(plotly, boxes, names, result):
        figure.add_trace(trace)
    for trace in _texts(plotly, boxes, names, BOX * INDENT / column):
        figure.add_trace(trace)
    first = min(box.round for box in boxes)
    for round in range(first, design.n_rounds + 1):
        figure.add_annotation(
            x=round + BOX / 2,
            y=-0.5,
            text=f"<b>{_heading(design, round)}</b>",
            showarrow=False,
            yanchor="bottom",
        )
    figure.update_layout(
        title=title,
        template="plotly_white",
        barmode="overlay",
        showlegend=False,
        hovermode="closest",
        font={"size": 12},
        width=_pixels((design.n_rounds + 1 - first) * column / BOX + 60),
        height=_pixels((SPACING * design.n + 1.5) * LINE + (90 if title else 50)),
        margin={"l": 20, "r": 20, "t": 60 if title else 20, "b": 20},
        xaxis={"visible": False, "range": [first - 0.05, design.n_rounds + 1]},
        yaxis={"visible": False, "range": [SPACING * design.n, -1.5]},
    )
    return figure


def _pixels(length: float) -> int:
    return int(np.ceil(length))


def _check_design(design: Any) -> None:
    if not isinstance(design, SingleElimination):
        raise InputError(
            f"design must be a SingleElimination, but is {type(design).__name__}; the table of "
            "zermelo.simulate(...).to_frame() shows any design"
        )
    if design.seeding == "random":
        raise InputError(
            "design has a random draw, in which nobody has a place of his own; draw it by "
            "seeding=, or let zermelo.best_draw do so"
        )
    if design.reseed:
        raise InputError("design pairs anew after every round (reseed): it has no fixed bracket")


def _result(design: SingleElimination, strengths: Any, scale: float | None) -> TournamentResult:
    if not isinstance(strengths, TournamentResult):
        return win_probabilities(design, strengths, scale=scale)
    if scale is not None:
        raise InputError("scale is for ratings, but strengths is a result")
    if len(strengths.items) != design.n or strengths.n_rounds != design.n_rounds:
        raise InputError(
            f"strengths is a result of {len(strengths.items)} items and {strengths.n_rounds} "
            f"rounds, but design has {design.n} and {design.n_rounds}"
        )
    return strengths


def _boxes(slots: Slots, n: int) -> Iterator[Box]:
    """The places that are drawn; who passes free stands only where it enters."""
    order = [slot for slot in slots if slot is not None]
    line = {item: place + 0.5 for place, item in enumerate(order)}
    subtrees: list[tuple[int, ...]] = [() if slot is None else (slot,) for slot in slots]
    for round in range(len(slots).bit_length()):
        following = [a + b for a, b in zip(subtrees[::2], subtrees[1::2], strict=False)]
        for place, items in enumerate(subtrees):
            passes = bool(following) and len(items) == 1 and len(following[place // 2]) == 1
            if items and not passes:
                yield Box(round, items, SPACING * float(np.mean([line[item] for item in items])))
        subtrees = following


def _filled(box: Box, result: TournamentResult, most: int) -> Box:
    """With the items that come there most probably, and their probabilities."""
    chance = result.reach[list(box.items), box.round]
    best = np.argsort(-chance, kind="stable")[:most]
    entries = tuple((box.items[k], float(chance[k])) for k in best if chance[k] > 0)
    return Box(box.round, box.items, box.middle, entries)


def _lines(box: Box) -> Iterator[tuple[int, float, float]]:
    """Item, probability and height of each line of a box."""
    top = box.middle - (len(box.entries) - 1) / 2
    for place, (item, chance) in enumerate(box.entries):
        yield item, chance, top + place


def _connections(plotly: Any, boxes: list[Box]) -> Any:
    """From each place to that of its winner."""
    x: list[float | None] = []
    y: list[float | None] = []
    at = {(box.round, item): box for box in boxes for item in box.items}
    for box in boxes:
        after = at.get((box.round + 1, box.items[0]))
        if after is not None:
            begin, bend, end = box.round + BOX, box.round + (1 + BOX) / 2, box.round + 1.0
            x += [begin, bend, bend, end, None]
            y += [box.middle, box.middle, after.middle, after.middle, None]
    line = {"color": FRAME, "width": 1.2}
    return plotly.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")


def _bars(plotly: Any, boxes: list[Box], names: list[str], result: TournamentResult) -> list[Any]:
    """Behind every name its probability, on the whole width of the box."""
    rows = [(box, *line) for box in boxes for line in _lines(box)]
    error = result.standard_error.reach
    texts = []
    for box, item, chance, _ in rows:
        unsure = f" ± {error[item, box.round]:.2%}" if result.replicates is not None else ""
        reached = round_name(result.n_rounds - box.round)
        texts.append(f"<b>{names[item]}</b><br>{reached}: {chance:.2%}{unsure}")
    shared = {
        "orientation": "h",
        "y": [height for *_, height in rows],
        "base": [float(box.round) for box, *_ in rows],
        "width": 0.86,
    }
    colour = [COLOURS[2] if box.round == result.n_rounds else COLOURS[0] for box, *_ in rows]
    return [
        plotly.Bar(x=[BOX] * len(rows), marker={"color": GREY}, hoverinfo="skip", **shared),
        plotly.Bar(
            x=[BOX * chance for _, _, chance, _ in rows],
            marker={"color": colour, "opacity": 0.28},
            hovertext=texts,
            hoverinfo="text",
            **shared,
        ),
    ]


def _texts(plotly: Any, boxes: list[Box], names: list[str], indent: float) -> list[Any]:
    """Probabilities to the right of the boxes, names to the left."""
    rows = [(box.round, *line) for box in boxes for line in _lines(box)]
    unsure = [row for row in rows if row[2] < CERTAIN]
    return [
        plotly.Scatter(
            x=[round + BOX for round, *_ in unsure],
            y=[height for *_, height in unsure],
            text=[_percent(chance) for _, _, chance, _ in unsure],
            textposition="middle left",
            mode="text",
            hoverinfo="skip",
        ),
        plotly.Scatter(
            x=[round + indent for round, *_ in rows],
            y=[height for *_, height in rows],
            text=[names[item] for _, item, *_ in rows],
            textposition="middle right",
            mode="text",
            hoverinfo="skip",
        ),
    ]


def _percent(chance: float) -> str:
    return f"{chance:.1%}" if chance >= 0.0005 else "<0.1%"


def _heading(design: SingleElimination, round: int) -> str:
    left = design.n_rounds - round
    return round_name(left) if 2**left <= design.n else f"round {round + 1}"
