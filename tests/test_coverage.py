"""The coverage study of benchmarks/, smaller: intervals contain what they are for as often as they
say, and fail where their assumptions do."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def study() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location(
            "coverage_study", BENCHMARKS / "interval_coverage.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        vars(module)["REPLICATES"] = 200  # enough here, and five times faster
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


# Data sets are the same in every run, so that these bounds hold or fail for good. They are about
# three standard errors wide.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "Bradley-Terry",
            {
                "Fisher": (0.93, 0.97),
                "sandwich": (0.93, 0.97),
                "bootstrap of comparisons": (0.92, 0.97),
            },
        ),
        (
            "Davidson",
            {
                "Davidson with position, Fisher": (0.93, 0.97),
                "Davidson with position, sandwich": (0.93, 0.97),
                "its position effect and tie parameter": (0.89, 1.0),
            },
        ),
        (
            "half ties",
            {"ties as halves, Fisher": (0.975, 1.0), "ties as halves, sandwich": (0.93, 0.97)},
        ),
        (
            "judges",
            {
                "sandwich, as if votes were independent": (0.75, 0.87),
                "sandwich by judge, t": (0.92, 0.975),
                "bootstrap of judges": (0.91, 0.97),
            },
        ),
        (
            "few clusters",
            {
                "sandwich, as if votes were independent": (0.3, 0.5),
                "sandwich by prompt, normal quantile": (0.85, 0.94),
                "sandwich by prompt, t on 12 degrees": (0.92, 0.975),
                "bootstrap of prompts": (0.83, 0.93),
            },
        ),
        (
            "two ways",
            {
                "sandwich by judge, t": (0.85, 0.94),
                "sandwich by judge and prompt, t": (0.925, 0.98),
            },
        ),
        (
            "ranks",
            {"ranks of all items at once": (0.95, 1.0), "rank of each item by itself": (0.95, 1.0)},
        ),
        (
            "equal ranks",
            {
                "ranks of all items at once": (0.865, 1.0),
                "rank of each item by itself": (0.91, 0.98),
                "all differences at once, max-t": (0.865, 1.0),
            },
        ),
    ],
)
def test_intervals_cover(
    study: ModuleType, name: str, expected: dict[str, tuple[float, float]]
) -> None:
    rows = {row.interval: row.covered for row in study.run(name, 60)}
    for interval, (low, high) in expected.items():
        assert low <= rows[interval] <= high, (interval, rows)
    if name == "ranks":
        assert rows["width: all at once"] < rows["width: Bonferroni"]


def test_top_probability_is_calibrated(study: ModuleType) -> None:
    rows = study.reliability(60)
    assert sum(count for _, count, _, _ in rows) == 60 * study.ITEMS
    for what, count, said, came in rows:
        error = (said * (1 - said) / count) ** 0.5
        assert abs(came - said) <= 4 * error + 0.02, what
