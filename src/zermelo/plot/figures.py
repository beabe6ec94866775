"""What all pictures share: plotly, found when it is needed, and colours."""

from __future__ import annotations

import importlib
from html import escape
from itertools import product
from typing import Any

# Okabe and Ito 2008, which people with any kind of colour vision can tell apart; without yellow,
# which is hard to see as a thin line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("solid", "dash", "dot", "dashdot")
STYLES = tuple({"color": colour, "dash": dash} for dash, colour in product(DASHES, COLOURS))


def graph_objects() -> Any:
    """The module plotly.graph_objects, or an error with the line that installs it."""
    try:
        return importlib.import_module("plotly.graph_objects")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "plotly":
            raise
        raise ImportError(
            "pictures need plotly, which is not installed: pip install 'zermelo[plot]'"
        ) from error


def line_style(place: int) -> dict[str, str]:
    """Colour and dash of the line at this place; they repeat after all have occurred."""
    return dict(STYLES[place % len(STYLES)])


def shown_name(item: Any) -> str:
    """An item's name, of which plotly would take parts for HTML."""
    return escape(str(item), quote=False)
