"""zermelo's own runs, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from harness import Measurement, Stopwatch, centred
from inputs import Votes, Wins

if TYPE_CHECKING:
    import pandas as pd


def votes(frame: pd.DataFrame, intervals: bool = True, **options: Any) -> Measurement:
    """From the frame to ratings, with 95% sandwich intervals unless they are not wanted."""
    import zermelo as zm

    watch = Stopwatch()
    data = zm.Comparisons.from_frame(frame, "model_a", "model_b", "winner")
    watch.lap("from_frame")
    counts = data.pair_counts()
    watch.lap("pair_counts")
    fit = zm.bradley_terry(counts, **options)
    rating = fit.rating
    watch.lap("bradley_terry")
    width = None
    if intervals:
        interval = fit.interval(level=0.95, kind="sandwich")
        watch.lap("interval")
        width = float(np.mean(interval.upper - interval.lower))
    assert len(rating) == len(fit.items)
    return Measurement(
        watch.total,
        centred(fit.ability[np.argsort(fit.items)]),
        width=width,
        steps=watch.steps,
        note=_note(fit),
    )


def wins(
    data: Wins, threads: int | None = None, backend: str | None = None, **options: Any
) -> Measurement:
    """From two arrays, of winners and losers, to abilities."""
    import zermelo as zm

    watch = Stopwatch()
    comparisons = zm.Comparisons(data.winner, data.loser)
    watch.lap("Comparisons")
    counts = comparisons.pair_counts(threads=threads, backend=backend)
    watch.lap("pair_counts")
    fit = zm.bradley_terry(counts, threads=threads, backend=backend, **options)
    watch.lap("bradley_terry")
    ability = np.empty(data.n_items)
    ability[np.asarray(fit.items)] = fit.ability
    return Measurement(watch.total, centred(ability), steps=watch.steps, note=_note(fit))


def counted(counts: Any, **options: Any) -> Measurement:
    """A fit to counts that are there."""
    import zermelo as zm

    watch = Stopwatch()
    fit = zm.bradley_terry(counts, **options)
    watch.lap("bradley_terry")
    return Measurement(watch.total, steps=watch.steps, note=_note(fit))


def covariates(data: Any, **options: Any) -> Measurement:
    """From Comparisons to coefficients with sandwich standard errors."""
    import zermelo as zm

    watch = Stopwatch()
    fit = zm.bradley_terry(data, covariates=True, **options)
    watch.lap("bradley_terry")
    fit.effects()
    watch.lap("effects")
    return Measurement(watch.total, steps=watch.steps, note=_note(fit))


def contextual(frame: Any, features: list[str]) -> Measurement:
    """From a frame to ratings with sandwich intervals, by arena-rank's objective: the mean loss
    plus half the sum of squared coefficients, of features that have mean 0 and variance 1."""
    import zermelo as zm

    watch = Stopwatch()
    columns = frame[features]
    standard = (columns - columns.mean()) / columns.std(ddof=0)
    data = zm.Comparisons(frame["model_a"], frame["model_b"], frame["winner"], features=standard)
    watch.lap("Comparisons")
    fit = zm.bradley_terry(data, covariates=True, ridge=1.0 * len(data))
    watch.lap("bradley_terry")
    interval = fit.interval()
    watch.lap("interval")
    return Measurement(
        watch.total,
        fit.ability,
        width=float((interval.upper - interval.lower).mean()),
        steps=watch.steps,
        note=_note(fit),
    )


def bootstrap(data: Votes, replicates: int) -> Callable[[], Measurement]:
    """From a fit, made here and not timed, to standard errors by the bootstrap."""
    import zermelo as zm

    fit = zm.bradley_terry(zm.Comparisons(data.a, data.b, data.score))

    def measure() -> Measurement:
        watch = Stopwatch()
        found = fit.bootstrap(replicates)
        watch.lap("bootstrap")
        error = found.standard_error
        watch.lap("standard_error")
        return Measurement(
            watch.total,
            width=float(2 * 1.959964 * error.mean()),
            steps=watch.steps,
            note=f"{1e3 * watch.total / replicates:.2f} ms a replicate, {found.n_failed} failed",
        )

    return measure


def _note(fit: Any) -> str:
    return (
        f"{fit.solver}, {fit.n_iter} iterations, backend {fit.backend}, "
        f"ability_error {fit.ability_error:.1e}, score {fit.score_norm:.1e}"
    )
