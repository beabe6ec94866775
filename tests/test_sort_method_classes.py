"""The public classes of sorting methods: parameters, options and promises."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sorting_methods import Judge, drive, expected_order

from zermelo._backends import sorting
from zermelo.errors import InputError
from zermelo.sorting import methods as sm

INSTANCES = [
    sm.AllPair(),
    sm.HeapSort(),
    sm.Sliding(),
    sm.Sliding(passes=3, whole=False),
    sm.Sliding(passes=1000, overlap=True),
    sm.Merge(),
    sm.Insertion(),
    sm.FordJohnson(),
    sm.QuickSelect(),
    sm.Knockout(),
    sm.Adaptive(),
    sm.SetwiseHeap(),
    sm.SetwiseHeap(size=7),
    sm.SetwiseBubble(size=2),
    sm.SetwiseBubble(size=5, overlap=True),
    sm.Listwise(),
    sm.Listwise(window=7, step=4, passes=2),
    sm.Listwise(window=5, step=4),
    sm.TourRank(),
    sm.TourRank(tournaments=1),
]


@pytest.mark.parametrize("method", INSTANCES, ids=repr)
def test_promises_are_kept(method: sm.Method) -> None:
    for n, top_k in ((0, 0), (1, 1), (2, 1), (2, 2), (9, 3), (21, 20), (30, 7), (30, 30)):
        quality = [(7 * item + 3) % 11 for item in range(n)]
        machine = sorting.SortMachine(method.name, n, top_k, 0, 1, method.options(n, top_k))
        drive(machine, Judge(quality))
        exact = method.promises(n, top_k)
        assert 0 <= exact <= n
        # Some know more in the end than they promise.
        assert machine.n_certain >= min(exact, top_k)
        known = max(exact, machine.n_certain)
        assert machine.order()[:known] == expected_order(quality)[:known]
        kinds = {("compare", "choose", "rank")[kind] for kind, _ in machine.questions(0)}
        assert kinds <= {method.question}


def test_every_twin_has_a_class() -> None:
    # Inserting into a sorted list is a function of its own, `zm.insert`.
    assert set(sorting.METHODS) - {"insert"} <= set(sm.METHODS)
    assert all(sm.METHODS[name].name == name for name in sm.METHODS)
    assert set(sm.__all__) >= {kind.__name__ for kind in sm.METHODS.values()}


@pytest.mark.parametrize("name", sm.METHODS)
def test_methods_by_name(name: str) -> None:
    method = sm.method_of(name)
    assert type(method) is sm.METHODS[name]
    assert method == sm.METHODS[name]()
    assert hash(method) == hash(sm.METHODS[name]())
    assert sm.method_of(method) is method
    assert all(type(value) is int for value in method.options(50, 5).values())
    assert all(line in (type(method).__doc__ or "") for line in ("Promise:", "Noise:", "Source:"))
    for field in dataclasses.fields(method):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(method, field.name, 1)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (sm.Sliding, {"passes": 0}, "passes must be None or a whole number from 1 on, but is 0"),
        (sm.Sliding, {"passes": 2.5}, "passes must be None or a whole number from 1 on"),
        (sm.Sliding, {"whole": 1}, "whole must be True or False, but is 1"),
        (sm.Sliding, {"overlap": None}, "overlap must be True or False, but is None"),
        (sm.Adaptive, {"pairs": -1}, "pairs must be None or a whole number from 1 on, but is -1"),
        (sm.Adaptive, {"batch": True}, "batch must be None or a whole number from 1 on"),
        (sm.Adaptive, {"ahead": -1}, "ahead must be a whole number of at least 0"),
        (sm.Adaptive, {"ahead": None}, "ahead must be a whole number of at least 0"),
        (sm.Adaptive, {"ahead": 1 << 31}, "ahead must be at most 2,147,483,647, but is 2147483648"),
        (sm.SetwiseHeap, {"size": 2}, "size must be a whole number from 3 on, but is 2"),
        (sm.SetwiseBubble, {"size": 1}, "size must be a whole number from 2 on, but is 1"),
        (sm.SetwiseBubble, {"overlap": 2}, "overlap must be True or False, but is 2"),
        (sm.Listwise, {"window": 1}, "window must be a whole number from 2 on, but is 1"),
        (sm.Listwise, {"step": 0}, "step must be a positive whole number, but is 0"),
        (sm.Listwise, {"step": 20}, "step must be less than window, but step is 20"),
        (sm.Listwise, {"passes": "2"}, "passes must be None or a whole number from 1 on"),
        (sm.TourRank, {"tournaments": 0}, "tournaments must be a positive whole number"),
        (sm.Sliding, {"passes": 10**30}, "passes must be at most 2,147,483,647, but is 1000"),
        (sm.Adaptive, {"batch": 1 << 31}, "batch must be at most 2,147,483,647, but is 2147483648"),
        (sm.SetwiseHeap, {"size": 1 << 62}, "size must be at most 2,147,483,647"),
        (sm.Listwise, {"window": 1 << 62}, "window must be at most 2,147,483,647"),
    ],
)
def test_bad_parameters(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kind(**values)


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("quicksort", "but is 'quicksort'"),
        (None, "but is None"),
        (["merge"], r"but is \['merge'\]"),
        (sm.Merge, "but is the class Merge itself: call it"),
        (sm.Method, "but is the class Method itself"),
    ],
)
def test_unknown_methods(method: Any, found: str) -> None:
    with pytest.raises(InputError, match=f"method must be one of 'auto', 'allpair'.*{found}"):
        sm.method_of(method)
