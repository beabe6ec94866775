"""What a sort hands on where it has compared nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.sorting import SortResult, sort


def larger(x: int, y: int) -> bool:
    return x > y


NOTHING_ASKED = {
    "no item": sort([], larger),
    "one item": sort([1], larger),
    "all known": sort([1, 2], larger, known=[(1, 2, 0)]),
}


@pytest.mark.parametrize("result", NOTHING_ASKED.values(), ids=NOTHING_ASKED)
def test_nothing_was_compared(result: SortResult) -> None:
    assert result.ranked == list(range(len(result.order), 0, -1))
    assert result.complete
    assert result.n_certain == len(result.order)
    assert result.cycles == []
    assert len(result.comparisons) == result.n_calls == result.n_pairs == 0
    assert len(result.to_frame()) == len(result.order)


@pytest.mark.parametrize("result", NOTHING_ASKED.values(), ids=NOTHING_ASKED)
def test_no_rating_follows_from_nothing(result: SortResult) -> None:
    with pytest.raises(InputError, match="data has 0 items"):
        result.fit()
    rate: Callable[[Any], object]
    for rate in (zm.elo, zm.glicko2, zm.trueskill):
        with pytest.raises(InputError, match="data has no comparisons"):
            rate(result.comparisons)
