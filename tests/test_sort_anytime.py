"""Cut short by any budget, a sort leaves an order no worse than the one it began with."""

from __future__ import annotations

import noisy_sorts
import numpy as np
import pytest

from zermelo._backends import backend_info
from zermelo.sorting.auto import choose_method
from zermelo.sorting.methods import METHODS, Method

pytestmark = pytest.mark.skipif(
    not backend_info()["cpp"]["available"],
    reason="takes long without C++, and the twins ask the same",
)


def course(method: Method, start: str, presentation: str, replicates: int) -> noisy_sorts.Course:
    return noisy_sorts.course(
        method.name,
        method.options(noisy_sorts.N, noisy_sorts.TOP_K),
        start,
        presentation=presentation,
        replicates=replicates,
        backend="cpp",
    )


def chosen(presentation: str, concurrency: int = 1) -> Method:
    method, _ = choose_method(
        noisy_sorts.N,
        noisy_sorts.TOP_K,
        concurrency=concurrency,
        presentation=presentation,
        question="compare",
        max_rounds=None,
    )
    return method


@pytest.mark.parametrize("start", noisy_sorts.STARTS)
@pytest.mark.parametrize("presentation", ["both", "single"])
def test_auto_never_leaves_a_worse_order(presentation: str, start: str) -> None:
    method = chosen(presentation)
    assert method.claims_anytime
    went = course(method, start, presentation, 60)
    assert went.lower_bound().min() > -0.01
    if start == "random":
        gain = went.gain()
        assert gain[1] >= gain[3] / 2
        assert gain[3] > 0.6


def test_auto_chooses_alike_where_answers_are() -> None:
    """Once shown, in whichever order: a judge that says 0 or 1 is never asked a second time."""
    assert chosen("random") == chosen("escalate") == chosen("single") == chosen("both")


@pytest.mark.parametrize("start", noisy_sorts.STARTS)
def test_many_calls_at_once_do_no_harm(start: str) -> None:
    method = chosen("both", concurrency=64)
    options = method.options(noisy_sorts.N, noisy_sorts.TOP_K)
    assert options["batch"] * (options["ahead"] + 1) > 60
    went = course(method, start, "both", 60)
    assert went.lower_bound().min() > -0.01
    if start == "random":
        gain = went.gain()
        assert gain[1] >= gain[3] / 2
        assert gain[3] > 0.6


@pytest.mark.parametrize("start", noisy_sorts.STARTS)
@pytest.mark.parametrize(
    "name",
    [
        name
        for name, method in METHODS.items()
        if method.claims_anytime and method.question == "compare" and name != "adaptive"
    ],
)
def test_methods_that_claim_it(name: str, start: str) -> None:
    went = course(METHODS[name](), start, "both", 8 if name == "allpair" else 60)
    assert went.lower_bound().min() > -0.01


def test_better_than_the_others_for_less() -> None:
    """After half of its pairs it is better than they are in the end, after as many or more."""
    adaptive = course(METHODS["adaptive"](), "random", "both", 60)
    for name in ("heapsort", "knockout", "sliding", "merge"):
        other = course(METHODS[name](), "random", "both", 60)
        assert adaptive.pairs / 2 < 1.1 * other.pairs
        assert np.mean(adaptive.at[:, 1]) > np.mean(other.at[:, 3])
