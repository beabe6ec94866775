"""zermelo: ratings with honest uncertainty from pairwise comparisons."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import errors
from ._backends import backend_info
from .comparisons import Comparisons
from .pair_counts import PairCounts

if TYPE_CHECKING:
    from . import judges, metrics, plot, presets, sorting
    from .ratings.boards import boards
    from .ratings.bradley_terry import bradley_terry
    from .ratings.compare_fits import compare_fits
    from .ratings.elo import elo
    from .ratings.elo_rules import KSchedule, LogMargin, PowerMargin
    from .ratings.elo_tuning import tune_elo
    from .ratings.glicko import glicko
    from .ratings.glicko2 import glicko2
    from .ratings.result import load
    from .ratings.trueskill import trueskill
    from .sorting.insertion import insert
    from .sorting.planner import plan_sort
    from .sorting.sort import sort, sort_async
    from .sorting.sorter import Sorter
    from .tournament.comparison import compare_designs
    from .tournament.double_elimination import DoubleElimination
    from .tournament.draws import best_draw
    from .tournament.exact import win_probabilities
    from .tournament.groups import GroupsThenKnockout
    from .tournament.leagues import Anchored, RandomPairs, RoundRobin
    from .tournament.simulation import simulate
    from .tournament.single_elimination import SingleElimination
    from .tournament.swiss import Swiss
    from .tournament.varco import varco_arena

__version__ = "0.1.0"

__all__ = [
    "Anchored",
    "Comparisons",
    "DoubleElimination",
    "GroupsThenKnockout",
    "KSchedule",
    "LogMargin",
    "PairCounts",
    "PowerMargin",
    "RandomPairs",
    "RoundRobin",
    "SingleElimination",
    "Sorter",
    "Swiss",
    "__version__",
    "backend_info",
    "best_draw",
    "boards",
    "bradley_terry",
    "compare_designs",
    "compare_fits",
    "elo",
    "errors",
    "glicko",
    "glicko2",
    "insert",
    "judges",
    "load",
    "metrics",
    "plan_sort",
    "plot",
    "presets",
    "simulate",
    "sort",
    "sort_async",
    "sorting",
    "trueskill",
    "tune_elo",
    "varco_arena",
    "win_probabilities",
]

# These load when they are first used, so that importing zermelo costs little.
_LOADED_WHEN_USED = {
    "Anchored": "tournament.leagues",
    "DoubleElimination": "tournament.double_elimination",
    "GroupsThenKnockout": "tournament.groups",
    "KSchedule": "ratings.elo_rules",
    "LogMargin": "ratings.elo_rules",
    "PowerMargin": "ratings.elo_rules",
    "RandomPairs": "tournament.leagues",
    "RoundRobin": "tournament.leagues",
    "SingleElimination": "tournament.single_elimination",
    "Sorter": "sorting.sorter",
    "Swiss": "tournament.swiss",
    "best_draw": "tournament.draws",
    "boards": "ratings.boards",
    "bradley_terry": "ratings.bradley_terry",
    "compare_designs": "tournament.comparison",
    "compare_fits": "ratings.compare_fits",
    "elo": "ratings.elo",
    "glicko": "ratings.glicko",
    "glicko2": "ratings.glicko2",
    "insert": "sorting.insertion",
    "judges": "judges",
    "load": "ratings.result",
    "metrics": "metrics",
    "plan_sort": "sorting.planner",
    "plot": "plot",
    "presets": "presets",
    "trueskill": "ratings.trueskill",
    "simulate": "tournament.simulation",
    "sort": "sorting.sort",
    "sort_async": "sorting.sort",
    "sorting": "sorting",
    "tune_elo": "ratings.elo_tuning",
    "varco_arena": "tournament.varco",
    "win_probabilities": "tournament.exact",
}
_MODULES = frozenset({"judges", "metrics", "plot", "presets", "sorting"})


def __getattr__(name: str) -> Any:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_LOADED_WHEN_USED[name]}", __name__)
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
