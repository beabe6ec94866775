"""Elo replays in files: the state that they go on from."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Array
from ..errors import InputError
from ..files import write_arrays
from .elo_result import EloResult
from .elo_rules import EloRules, KSchedule, LogMargin, PowerMargin
from .elo_state import STATE_ARRAYS, EloState
from .result import SAVED, freeze
from .scale import RatingScale

FORMAT_KIND = "elo replay"
MARGINS = {"power": PowerMargin, "log": LogMargin}
DTYPES = {
    "rating": np.float64,
    "n_games": np.int64,
    "peak": np.float64,
    "peak_game": np.int64,
    "last_period": np.int32,
}


def write_elo(result: EloResult, path: str | os.PathLike[str]) -> None:
    rules, state = result.rules, result.state
    arrays: dict[str, NDArray[Any]] = {"items": state.items}
    arrays |= {name: getattr(state, name) for name in STATE_ARRAYS}
    if state.periods is not None:
        arrays["periods"] = _storable("period", state.periods)
    if result.last_time is not None:
        arrays["last_time"] = _storable("time", _single(result.last_time))
    schedule = None
    if isinstance(rules.k, KSchedule):
        if callable(rules.k.by_games):
            raise InputError(
                "by_games is a function, which no file can hold; give KSchedule the sequence of "
                "its values"
            )
        bands = None if rules.k.by_rating is None else list(rules.k.by_rating.items())
        schedule = [rules.k.by_games, bands, rules.k.lasting]
    margin = None
    if rules.margin is not None:
        name = next(name for name, kind in MARGINS.items() if isinstance(rules.margin, kind))
        margin = [name, asdict(rules.margin)]
    scale = result.scale
    meta = {
        "k": rules.k if isinstance(rules.k, float) else None,
        "schedule": schedule,
        "margin": margin,
        "rules": {
            name: getattr(rules, name)
            for name in ("scale", "base", "position_effect", "reversion", "reversion_to")
        },
        "scale": [scale.initial, scale.scale, scale.base, scale.shift],
        "n_replayed": result.n_replayed,
        "initial": result.options["initial"],
        "frame_backend": result.frame_backend,
    }
    write_arrays(path, FORMAT_KIND, SAVED[FORMAT_KIND][0], arrays, meta)


def from_arrays(arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> EloResult:
    """The result that `write_elo` wrote; KeyError and the like where the file is damaged."""
    items = arrays["items"]
    for name, dtype in DTYPES.items():
        if arrays[name].dtype != dtype or arrays[name].shape != items.shape:
            raise ValueError(f"{name} is {arrays[name].dtype} of shape {arrays[name].shape}")
    for name in ("rating", "peak"):
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} is not finite")
    if (arrays["n_games"] < 0).any():
        raise ValueError("n_games is negative")
    periods = arrays.get("periods")
    last = arrays["last_period"]
    if ((last < -1) | (last >= (0 if periods is None else len(periods)))).any():
        raise ValueError("last_period is out of range")
    k: Any = np.empty(0) if meta["k"] is None else meta["k"]
    if meta["schedule"] is not None:
        by_games, bands, lasting = meta["schedule"]
        k = KSchedule(by_games, None if bands is None else dict(bands), lasting)
    margin = None
    if meta["margin"] is not None:
        name, values = meta["margin"]
        margin = MARGINS[name](**values)
    rules = EloRules.checked(k=k, margin=margin, **meta["rules"])
    state = EloState(items, **{name: arrays[name] for name in STATE_ARRAYS}, periods=periods)
    time = arrays.get("last_time")
    result = EloResult.from_points(
        items,
        state.rating,
        rules.scale,
        rules.base,
        expected=np.empty(0),
        source=None,
        n_replayed=int(meta["n_replayed"]),
        last_time=None if time is None else time[0],
        options={"initial": float(meta["initial"]), "backend": None},
        frame_backend=meta["frame_backend"],
        rules=rules,
        replay=None,
    ).on_scale(RatingScale(*meta["scale"]))
    freeze(*(getattr(state, name) for name in STATE_ARRAYS))
    result.remember(state=state)
    return result


def _single(value: Any) -> Array:
    column = np.empty(1, object)
    column[0] = value
    return column if isinstance(value, str) else np.asarray([value])


def _storable(name: str, labels: Array) -> Array:
    if labels.dtype == object and not all(isinstance(label, str) for label in labels):
        raise InputError(
            f"{name} holds {type(labels[0]).__name__}, which no file keeps; use numbers, text or "
            "NumPy's datetime64"
        )
    return labels
