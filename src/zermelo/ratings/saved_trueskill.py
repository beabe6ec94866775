"""TrueSkill replays in files: the state that they go on from."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_arrays
from .result import SAVED
from .saved_elo import _single, _storable
from .scale import RatingScale
from .trueskill_result import TrueSkillResult, TrueSkillRules

FORMAT_KIND = "trueskill replay"


def write_trueskill(result: TrueSkillResult, path: str | os.PathLike[str]) -> None:
    scale = result.scale
    arrays: dict[str, NDArray[Any]] = {
        "items": result.items,
        "games": result.games,
        "rating": result.points,
        "deviation": result.own_deviation,
    }
    if result.last_time is not None:
        arrays["last_time"] = _storable("time", _single(result.last_time))
    meta = {
        "rules": asdict(result.rules),
        "scale": [scale.initial, scale.scale, scale.base, scale.shift],
        "n_replayed": result.n_replayed,
        "options": result.options | {"backend": None},
        "frame_backend": result.frame_backend,
    }
    write_arrays(path, FORMAT_KIND, SAVED[FORMAT_KIND][0], arrays, meta)


def from_arrays(arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> TrueSkillResult:
    """The result that `write_trueskill` wrote; KeyError and the like where the file is damaged."""
    items = arrays["items"]
    for name, dtype in (("rating", np.float64), ("deviation", np.float64), ("games", np.int64)):
        if arrays[name].dtype != dtype or arrays[name].shape != items.shape:
            raise ValueError(f"{name} is {arrays[name].dtype} of shape {arrays[name].shape}")
    rules = TrueSkillRules(**meta["rules"])
    time = arrays.get("last_time")
    return TrueSkillResult.from_points(
        items,
        arrays["rating"],
        rules.points,
        math.e,
        expected=np.empty(0),
        source=None,
        n_replayed=int(meta["n_replayed"]),
        last_time=None if time is None else time[0],
        options=dict(meta["options"]),
        frame_backend=meta["frame_backend"],
        own_deviation=arrays["deviation"],
        games_before=arrays["games"],
        rules=rules,
    ).on_scale(RatingScale(*meta["scale"]))
