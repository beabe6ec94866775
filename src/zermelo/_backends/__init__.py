"""The registry of backends: every kernel's name, its C++ implementation and its Python twin.

A kernel has one signature on both sides and no defaults of its own. `backend="numba"` names the
whole Python side; its twins for counting and graphs are NumPy and SciPy and run without numba.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from ..errors import InputError

BACKENDS = ("cpp", "numba")

# Kernel -> module of its twin in this package. The C++ side offers the same name in `_core`.
KERNELS = {
    "mark_integers": "labels",
    "recode_integers": "labels",
    "encode_objects": "labels",
    "encode_text": "labels",
    "classify_scores": "counting",
    "count_pairs": "counting",
    "sum_pairs": "counting",
    "build_graph": "graph",
    "build_graph_from_credits": "graph",
    "components": "graph",
    "bt_start": "bradley_terry",
    "bt_newton": "bradley_terry",
    "bt_minorise": "bradley_terry",
    "bt_newman": "bradley_terry",
    "bt_log_likelihood": "bradley_terry",
    "laplacian_solve": "bradley_terry",
    "joint_newton": "joint",
    "dense_covariance": "covariance",
    "cluster_meat": "cluster_meat",
    "alias_tables": "bootstrap",
    "multinomial_draws": "bootstrap",
    "bootstrap_abilities": "bootstrap",
    "largest_differences": "differences",
    "elo_replay": "elo",
    "elo_orders": "elo",
    "elo_log_loss": "elo",
    "small_fits": "small_fits",
    "glicko_replay": "glicko",
    "trueskill_replay": "trueskill",
    "count_inversions": "inversions",
    "count_smaller_before": "inversions",
    "simulate_program": "tournament",
    "play_program": "tournament",
    "exact_bracket": "exact_bracket",
    "SortMachine": "sorting",
    "sort_directly": "sorting",
    "simulate_sorts": "sorting",
}
NEEDS_NUMBA = frozenset(
    {
        "bradley_terry",
        "joint",
        "bootstrap",
        "cluster_meat",
        "elo",
        "small_fits",
        "glicko",
        "trueskill",
        "inversions",
        "tournament",
    }
)


@cache
def _extension() -> tuple[ModuleType | None, str | None]:
    """The compiled module, or None and the reason why it is not there."""
    try:
        return importlib.import_module("zermelo._core"), None
    except ImportError as error:
        return None, f"the compiled extension is not installed ({error})"


@cache
def _numba() -> tuple[str | None, str | None]:
    """numba's version, or None and the reason why it cannot be used."""
    try:
        return str(importlib.import_module("numba").__version__), None
    except ImportError as error:
        # numba also refuses, with an ImportError, a numpy that it does not know.
        return None, f"numba cannot be imported ({error}); pip install 'zermelo[numba]'"


class Backend:
    """One side of the registry; kernels are its attributes."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Backend({self.name!r})"

    def __getattr__(self, kernel: str) -> Callable[..., Any]:
        if kernel not in KERNELS:
            raise AttributeError(f"no kernel is called {kernel!r}")
        implementation = _load(self.name, kernel)
        setattr(self, kernel, implementation)
        return implementation


def _load(backend: str, kernel: str) -> Callable[..., Any]:
    if backend == "cpp":
        module, reason = _extension()
        if module is None:
            raise ImportError(f'backend "cpp" is not available: {reason}')
    else:
        twin = KERNELS[kernel]
        if twin in NEEDS_NUMBA and _numba()[0] is None:
            raise ImportError(
                f'backend "numba" cannot run {kernel}: {_numba()[1]}'
                + ("" if _extension()[0] else f"; the other backend: {_extension()[1]}")
            )
        module = importlib.import_module(f"{__name__}.{twin}")
    function: Callable[..., Any] = getattr(module, kernel)
    return function


_backend = cache(Backend)


def _checked(name: str, origin: str) -> str:
    if name not in BACKENDS:
        known = " or ".join(repr(backend) for backend in BACKENDS)
        raise InputError(f"{origin} must be {known}, but is {name!r}")
    return name


def resolve(backend: str | None) -> Backend:
    """The backend asked for by argument, else by ZERMELO_BACKEND, else the fastest there is."""
    if backend is not None:
        return _backend(_checked(backend, "backend"))
    requested = os.environ.get("ZERMELO_BACKEND")
    if requested:
        return _backend(_checked(requested, "ZERMELO_BACKEND"))
    return _backend("cpp" if _extension()[0] is not None else "numba")


def backend_info() -> dict[str, Any]:
    """What runs the kernels here, and why the other backend does not.

    Returns
    -------
    dict
        ``backend``: the one that is used unless a call names another; ``requested``: the value of
        ``ZERMELO_BACKEND`` or None; ``threads``: how many `threads=None` means; and for ``cpp`` and
        ``numba`` a dict with ``available``, ``version`` and the ``reason`` where it is not.

    Examples
    --------
    >>> import zermelo as zm
    >>> zm.backend_info()["backend"] in ("cpp", "numba")
    True
    """
    from .threads import available_threads

    module, reason = _extension()
    numba_version, numba_reason = _numba()
    return {
        "backend": resolve(None).name,
        "requested": os.environ.get("ZERMELO_BACKEND") or None,
        "threads": available_threads(),
        "cpp": {
            "available": module is not None,
            "version": getattr(module, "__version__", None),
            "compiler": getattr(module, "compiler", None),
            "reason": reason,
        },
        "numba": {
            "available": numba_version is not None,
            "version": numba_version,
            "reason": numba_reason,
        },
    }
