"""What `method="auto"` chooses."""

from __future__ import annotations

from typing import Any

import pytest

from zermelo.sorting.auto import choose_method
from zermelo.sorting.methods import Method

USUAL: dict[str, Any] = {
    "concurrency": 1,
    "presentation": "both",
    "question": "compare",
    "max_rounds": None,
}


def choose(n: int, top_k: int, **given: Any) -> Method:
    method, reason = choose_method(n, top_k, **{**USUAL, **given})
    assert reason.startswith(method.name)
    return method


@pytest.mark.parametrize(
    ("n", "top_k", "given", "name"),
    [
        (100, 10, {}, "adaptive"),
        (100, 100, {}, "adaptive"),
        (10_000, 10, {}, "adaptive"),
        (100, 10, {"presentation": "single"}, "adaptive"),
        (100, 10, {"presentation": "escalate", "concurrency": 32}, "adaptive"),
        (100, 100, {"presentation": "single"}, "ford-johnson"),
        (100, 100, {"presentation": "single", "concurrency": 8}, "merge"),
        (100, 99, {"presentation": "single", "concurrency": 8}, "merge"),
        (100_000, 100_000, {"presentation": "single"}, "merge"),
        (100_000, 100_000, {}, "merge"),
        (100_000, 10, {}, "quickselect"),
        (100, 10, {"max_rounds": 4}, "quickselect"),
        (100, 10, {"max_rounds": 1}, "quickselect"),
        (100, 10, {"max_rounds": 10}, "adaptive"),
        (100, 10, {"max_rounds": 10, "presentation": "single"}, "quickselect"),
        (5, 2, {}, "allpair"),
        (0, 0, {}, "allpair"),
        (1, 1, {"presentation": "single"}, "ford-johnson"),
        (100, 10, {"question": "choose"}, "setwise-heap"),
        (100, 10, {"question": "rank"}, "listwise"),
    ],
)
def test_choice(n: int, top_k: int, given: dict[str, Any], name: str) -> None:
    assert choose(n, top_k, **given).name == name


@pytest.mark.parametrize(
    ("n", "top_k", "given", "batch", "ahead"),
    [
        (100, 10, {}, 0, 0),
        (100, 10, {"concurrency": 3}, 0, 0),
        (100, 10, {"concurrency": 8}, 2, 4),
        (100, 10, {"concurrency": 32}, 8, 4),
        (100, 10, {"concurrency": 32, "presentation": "single"}, 13, 4),
        (100, 10, {"concurrency": 1000}, 13, 4),
        (100, 10, {"concurrency": 32, "max_rounds": 10}, 16, 0),
        (100, 10, {"concurrency": 8, "max_rounds": 10}, 0, 0),
        (1000, 10, {"concurrency": 32}, 0, 0),
        (10, 10, {"concurrency": 8}, 1, 4),
    ],
)
def test_batches_keep_all_calls_busy(
    n: int, top_k: int, given: dict[str, Any], batch: int, ahead: int
) -> None:
    """A pair of both orders is two calls; a batch that is large anyway waits little."""
    chosen = choose(n, top_k, **given).options(n, top_k)
    assert chosen == {"pairs": 0, "batch": batch, "ahead": ahead}
