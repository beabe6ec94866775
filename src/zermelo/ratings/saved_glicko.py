"""Replays by Glicko and Glicko-2 in files: the state that they go on from."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_arrays
from .glicko_result import STATE_ARRAYS, Glicko2Result, GlickoResult, GlickoRules, GlickoState
from .result import SAVED
from .saved_elo import _single, _storable
from .scale import RatingScale

FORMAT_KIND = "glicko replay"
KINDS: dict[str, type[GlickoResult]] = {"glicko": GlickoResult, "glicko2": Glicko2Result}


def write_glicko(result: GlickoResult, path: str | os.PathLike[str]) -> None:
    state, scale = result.state, result.scale
    arrays: dict[str, NDArray[Any]] = {"items": state.items, "games": result.games}
    arrays |= {name: getattr(state, name) for name in STATE_ARRAYS}
    if state.periods is not None:
        arrays["periods"] = _storable("period", state.periods)
    if result.last_time is not None:
        arrays["last_time"] = _storable("time", _single(result.last_time))
    rules = asdict(result.rules)
    if math.isinf(result.rules.largest_deviation):  # which JSON does not know
        rules["largest_deviation"] = None
    meta = {
        "rules": rules,
        "scale": [scale.initial, scale.scale, scale.base, scale.shift],
        "n_periods": state.n_periods,
        "n_replayed": result.n_replayed,
        "options": result.options | {"backend": None},
        "frame_backend": result.frame_backend,
    }
    write_arrays(path, FORMAT_KIND, SAVED[FORMAT_KIND][0], arrays, meta)


def from_arrays(arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> GlickoResult:
    """The result that `write_glicko` wrote; KeyError and the like where the file is damaged."""
    items, options = arrays["items"], dict(meta["options"])
    kind = KINDS[options["model"]]
    for name in ("rating", "deviation", "volatility", "last_period", "games"):
        column = arrays[name]
        dtype = np.dtype(np.int64 if name in ("last_period", "games") else np.float64)
        size = 0 if name == "volatility" and kind is GlickoResult else len(items)
        if column.dtype != dtype or column.shape != (size,):
            raise ValueError(f"{name} is {column.dtype} of shape {column.shape}")
    n_periods = int(meta["n_periods"])
    last = arrays["last_period"]
    if ((last < -1) | (last >= n_periods)).any():
        raise ValueError("last_period is out of range")
    values = dict(meta["rules"])
    if values["largest_deviation"] is None:
        values["largest_deviation"] = math.inf
    rules = GlickoRules(**values)
    columns = {name: arrays[name] for name in STATE_ARRAYS}
    state = GlickoState(items, **columns, n_periods=n_periods, periods=arrays.get("periods"))
    time = arrays.get("last_time")
    return kind.from_points(
        items,
        state.rating,
        rules.scale,
        rules.base,
        expected=np.empty(0),
        source=None,
        n_replayed=int(meta["n_replayed"]),
        last_time=None if time is None else time[0],
        options=options,
        frame_backend=meta["frame_backend"],
        own_deviation=state.deviations_now(rules),
        games_before=arrays["games"],
        rules=rules,
        state=state,
    ).on_scale(RatingScale(*meta["scale"]))
