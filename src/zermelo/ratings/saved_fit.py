"""Bradley-Terry fits in files, with or without the counts that they were made of."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from ..files import write_arrays
from ..pair_counts import PairCounts
from .bradley_terry_fit import BradleyTerryFit
from .graph import TIE_SHARE, Graph
from .joint_fit import JointFit
from .model import Model
from .result import SAVED, label_of
from .saved_joint import extras_from_arrays, extras_to_arrays
from .scale import RatingScale

FORMAT_KIND = "bradley-terry fit"
COLUMN = "counts/column/"
DTYPES = {
    "ability": np.float64,
    "held": np.bool_,
    "component": np.int32,
    "floating": np.int32,
    "comparisons": np.int64,
    "beats": np.int32,
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "prior": (int, float),
    "solver": str,
    "converged": bool,
    "n_iter": int,
    "ability_error": (int, float),
    "score_norm": (int, float),
    "log_likelihood": (int, float),
    "frame_backend": (str, type(None)),
    "data": bool,
    "options": dict,
}


def write_fit(fit: BradleyTerryFit, path: str | os.PathLike[str], data: bool) -> None:
    model = fit.model
    arrays: dict[str, NDArray[Any]] = {
        "items": fit.items,
        "ability": model.ability,
        "held": model.held,
        "component": model.component,
        "floating": model.floating,
        "comparisons": fit.comparisons,
        "beats": fit.beats,
    }
    if data:
        counts, _ = fit.require_data("saving it with data=True")
        arrays |= {"counts/first": counts.first, "counts/second": counts.second}
        arrays |= {COLUMN + name: column for name, column in counts.columns.items()}
    places = {label: place for place, label in enumerate(fit.items.tolist())}
    meta: dict[str, Any] = {
        "ties": model.ties,
        "prior": model.prior,
        "scale": [fit.scale.initial, fit.scale.scale, fit.scale.base, fit.scale.shift],
        "unrated": [[places[label], reason] for label, reason in fit.unrated.items()],
        "solver": fit.solver,
        "converged": fit.converged,
        "n_iter": fit.n_iter,
        "ability_error": fit.ability_error,
        "score_norm": fit.score_norm,
        "log_likelihood": fit.log_likelihood,
        "frame_backend": fit.frame_backend,
        "ordered": None if fit.counts is None else fit.counts.ordered,
        "data": data,
        "joint": None,
        "options": {name: value for name, value in fit.options.items() if name != "fixed"},
        "fixed": [
            [places[label], ability] for label, ability in (fit.options["fixed"] or {}).items()
        ]
        if fit.options.get("fixed")
        else None,
    }
    if isinstance(fit, JointFit):
        own, meta["joint"] = extras_to_arrays(fit.extras, data)
        arrays |= own
    write_arrays(path, FORMAT_KIND, SAVED[FORMAT_KIND][0], arrays, meta)


def _check(arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
    """Shapes, types and ranges that a fit takes for granted; ValueError names what is wrong."""
    n_items = len(arrays["items"])
    shapes = {"beats": (len(arrays["beats"]), 2)}
    for name, dtype in DTYPES.items():
        array, shape = arrays[name], shapes.get(name, (n_items,))
        if array.dtype != dtype or array.shape != shape:
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}")
    n_components = int(arrays["component"].max(initial=-1)) + 1
    limits = {"component": (0, n_items), "floating": (-1, n_items), "beats": (0, n_components)}
    for name, (low, high) in limits.items():
        if ((arrays[name] < low) | (arrays[name] >= high)).any():
            raise ValueError(f"{name} is not between {low} and {high - 1}")
    if meta["ties"] not in TIE_SHARE:
        raise ValueError(f"ties is {meta['ties']!r}")
    for name, kind in KINDS.items():
        if not isinstance(meta[name], kind):
            raise TypeError(f"{name} is {meta[name]!r}")


def _options(items: NDArray[Any], meta: dict[str, Any]) -> dict[str, Any]:
    options = dict(meta["options"])
    fixed = meta["fixed"]
    if fixed is not None:
        fixed = {label_of(items[place]): float(ability) for place, ability in fixed}
    return options | ({"fixed": fixed} if options else {})


def from_arrays(arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> BradleyTerryFit:
    """The fit that `write_fit` wrote; KeyError and the like where the file is damaged."""
    backend = resolve(None)
    items = arrays["items"]
    _check(arrays, meta)
    model = Model(
        meta["ties"],
        meta["prior"],
        arrays["ability"],
        arrays["held"],
        arrays["component"],
        arrays["floating"],
        backend,
        1,
    )
    initial, scale, base, shift = meta["scale"]
    counts = graph = None
    if meta["data"]:
        columns = {
            name.removeprefix(COLUMN): array
            for name, array in arrays.items()
            if name.startswith(COLUMN)
        }
        first, second = arrays["counts/first"], arrays["counts/second"]
        counts = PairCounts(items, first, second, columns, meta["ordered"], meta["frame_backend"])
        graph = Graph.build(counts, meta["ties"], backend, 1)
        if model.component.max(initial=0) > 0:
            graph = graph.within(model.component)
    fields: dict[str, Any] = {
        "scale": RatingScale(initial, scale, base, shift),
        "frame_backend": meta["frame_backend"],
        "model": model,
        "counts": counts,
        "graph": graph,
        "unrated": {label_of(items[place]): reason for place, reason in meta["unrated"]},
        "solver": meta["solver"],
        "converged": meta["converged"],
        "n_iter": meta["n_iter"],
        "ability_error": meta["ability_error"],
        "score_norm": meta["score_norm"],
        "options": _options(items, meta),
    }
    fit: BradleyTerryFit
    if meta.get("joint") is not None:
        extras = extras_from_arrays(arrays, meta["joint"], len(items))
        fit = JointFit(items, model.reported(), extras=extras, **fields)
    else:
        fit = BradleyTerryFit(items, model.reported(), **fields)
    known = {name: arrays[name] for name in ("comparisons", "beats")}
    fit.remember(**known, log_likelihood=meta["log_likelihood"])
    return fit
