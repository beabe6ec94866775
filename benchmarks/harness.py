"""What every benchmark shares: measurements, alternating repeats, tables of medians and ratios."""

from __future__ import annotations

import gc
import importlib.metadata
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Unavailable(Exception):
    """A peer cannot take part here; the message is the reason, which the report repeats."""


class Stopwatch:
    """Wall-clock seconds of consecutive steps; their sum is the time of the whole work."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.steps[step] = self.steps.get(step, 0.0) + now - self._last
        self._last = now

    @property
    def total(self) -> float:
        return sum(self.steps.values())


@dataclass(frozen=True)
class Measurement:
    """One timed run. `ability` has an entry an item and sums to zero; `width` is the mean width of
    the 95% intervals, in the same unit, where the contestant gives intervals."""

    seconds: float
    ability: Floats | None = None
    width: float | None = None
    steps: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Contestant:
    """`prepare` is not timed and runs before every `measure`, which times itself: some of them
    work in another process, whose clock is the one that counts."""

    name: str
    measure: Callable[..., Measurement]
    prepare: Callable[[], tuple[Any, ...]] = tuple


@dataclass(frozen=True)
class Workload:
    """One input, the contestants that take it, and the solution to hold their abilities against."""

    title: str
    contestants: Sequence[Contestant]
    reference: Floats | None = None
    baseline: str | None = None  # whose time the ratios are relative to
    target: str = ""
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Row:
    """What the repeats of one contestant came to."""

    name: str
    seconds: Sequence[float] = ()
    error: float | None = None
    last: Measurement | None = None
    steps: Mapping[str, float] = field(default_factory=dict)
    skipped: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def centred(ability: npt.ArrayLike) -> Floats:
    values: Floats = np.asarray(ability, dtype=np.float64)
    return values - np.mean(values)


def measure_once(contestant: Contestant) -> Measurement:
    inputs = contestant.prepare()
    gc.collect()
    return contestant.measure(*inputs)


def alternate(workload: Workload, repeats: int, warm_up: bool = True) -> list[Row]:
    """Runs the contestants in turn, round after round, so that a slow spell of the machine hits
    all of them. A round that is not counted comes first: it compiles, and fills caches."""
    rows: dict[str, list[Measurement]] = {c.name: [] for c in workload.contestants}
    skipped: dict[str, str] = {}
    for turn in range(repeats + warm_up):
        for contestant in workload.contestants:
            if contestant.name in skipped:
                continue
            try:
                measurement = measure_once(contestant)
            except Unavailable as reason:
                skipped[contestant.name] = str(reason)
                continue
            if turn >= warm_up:
                rows[contestant.name].append(measurement)
    return [
        Row(name, skipped=skipped[name]) if name in skipped else _row(name, runs, workload)
        for name, runs in rows.items()
    ]


def _row(name: str, runs: Sequence[Measurement], workload: Workload) -> Row:
    last = runs[-1]
    error = None
    if last.ability is not None and workload.reference is not None:
        error = float(np.abs(last.ability - workload.reference).max())
    steps = {step: statistics.median(run.steps[step] for run in runs) for step in last.steps}
    return Row(name, [run.seconds for run in runs], error, last, steps)


def report(workload: Workload, rows: Sequence[Row]) -> str:
    """The workload's section of RESULTS.md: a table of the contestants and one of their steps."""
    base = next((row for row in rows if row.name == workload.baseline and row.seconds), None)
    lines = [f"{workload.title}", ""]
    if workload.target:
        lines += [f"Target: {workload.target}.", ""]
    lines += [
        "| | median s | fastest s | slowest s | time ratio | max error of abilities | "
        "mean width of 95% intervals | remarks |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row.skipped or row.last is None:
            lines.append(f"| {row.name} | skipped | | | | | | {row.skipped} |")
            continue
        ratio = f"{row.median / base.median:.2f}" if base else ""
        error = "" if row.error is None else f"{row.error:.1e}"
        width = "" if row.last.width is None else f"{row.last.width:.6f}"
        lines.append(
            f"| {row.name} | {_seconds(row.median)} | {_seconds(min(row.seconds))} | "
            f"{_seconds(max(row.seconds))} | {ratio} | {error} | {width} | {row.last.note} |"
        )
    stepped = [row for row in rows if len(row.steps) > 1]
    if stepped:
        lines += ["", "Where the time goes (medians, in seconds):", ""]
        for row in stepped:
            steps = ", ".join(f"{step} {_seconds(value)}" for step, value in row.steps.items())
            lines.append(f"- {row.name}: {steps}")
    return "\n".join(lines) + "\n"


def _seconds(value: float) -> str:
    """Of less than a second four decimals, and more where three digits need them."""
    if value >= 1:
        return f"{value:.2f}"
    decimals = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{value:.{max(decimals, 4)}f}"


def machine() -> str:
    """Processor, memory, and the versions that took part."""
    processor = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ("numpy", "scipy", "pandas", "pyarrow", "narwhals", "numba", "evalica", "choix")
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    return (
        f"{processor}, {cores} cores, {platform.system()}; "
        f"Python {platform.python_version()}, {versions}"
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(missing)"
