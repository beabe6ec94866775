"""Forty comparisons of five items, which the tests of results and of saved fits share."""

from __future__ import annotations

from typing import Any

import reference

import zermelo as zm

LABELS = ["ann", "bob", "cy", "dee", "eve"]


def rows_of(seed: int = 80) -> reference.Rows:
    return reference.random_rows(seed, n=5, m=40, scores=(0.0, 0.5, 1.0))


def frame_of(rows: reference.Rows) -> dict[str, Any]:
    return {
        "left": [LABELS[i] for i in rows.a],
        "right": [LABELS[i] for i in rows.b],
        "score": rows.score.tolist(),
    }


def comparisons() -> zm.Comparisons:
    columns = frame_of(rows_of())
    return zm.Comparisons(columns["left"], columns["right"], columns["score"])
