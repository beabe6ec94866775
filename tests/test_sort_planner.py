"""Sorts planned by simulation."""

import math

import numpy as np
import pytest

from zermelo._backends import backend_info, resolve
from zermelo.errors import InputError
from zermelo.judges import Noisy
from zermelo.sorting import comparators, initial_orders, planner, sort
from zermelo.sorting.judges import PairJudge
from zermelo.sorting.planner import plan_sort

pd = pytest.importorskip("pandas")

EXACT = PairJudge(wrong=0, split=0, close=0)
# Five and a half standard errors: beyond them by chance once in 26 million.
FAR = 5.5


@pytest.fixture(params=["cpp", "numba"])
def backend(request):
    """Each backend's name in turn; calls that name none use the usual one."""
    state = backend_info()[request.param]
    if not state["available"]:
        pytest.skip(state["reason"])
    return request.param


def row(plan, place=0):
    return {name: column[place] for name, column in plan.columns.items()}


def test_an_exact_judge_sorts_exactly(backend):
    plan = plan_sort(
        12,
        methods=["merge", "heapsort", "allpair", "insertion"],
        judge=EXACT,
        replicates=30,
        backend=backend,
    )
    for name in ("kendall", "tau_ap", "ndcg", "recall"):
        assert plan.columns[name].tolist() == [1.0] * 4
        assert plan.columns[f"{name}_error"].tolist() == [0.0] * 4
    every = row(plan, 2)
    assert (every["pairs"], every["calls"], every["rounds"]) == (66, 132, 1)


def test_both_backends_plan_the_same(backend):
    def plan(name):
        methods = ["merge", "sliding"]
        return plan_sort(
            9, top_k=3, methods=methods, replicates=12, budgets=[6, 20], backend=name
        ).columns

    # Without an extension or numba it is compared with itself.
    usual = plan(None)
    for name, column in plan(backend).items():
        np.testing.assert_array_equal(column, usual[name], err_msg=name)


def test_pairs_are_those_of_all_orders():
    """The exact mean over all orders of five items is 43/6 (merge) and 106/15 (insertion)."""
    plan = plan_sort(5, methods=["merge", "insertion"], judge=EXACT, replicates=4_000)
    for place, mean in enumerate((43 / 6, 106 / 15)):
        found = row(plan, place)
        assert abs(found["pairs"] - mean) < FAR * found["pairs_error"]


@pytest.mark.parametrize(
    ("presentation", "judge", "expected"),
    [
        # Right less wrong, for far and close pairs; a split pair ties and keeps a random order.
        ("both", PairJudge(), 0.9 * (0.77 - 0.05) + 0.1 * (0.45 - 0.05)),
        # In one order a split pair goes either way.
        ("single", PairJudge(), 0.9 * (0.77 - 0.05) + 0.1 * (0.45 - 0.05)),
        ("both", Noisy(0.8), 0.8**2 - 0.2**2),
        ("single", Noisy(0.8), 0.8 - 0.2),
    ],
)
def test_the_judge_errs_as_often_as_it_should(presentation, judge, expected):
    plan = plan_sort(2, methods=["merge"], judge=judge, presentation=presentation, replicates=4_000)
    found = row(plan)
    assert abs(found["kendall"] - expected) < FAR * found["kendall_error"]
    assert found["calls"] == (2 if presentation == "both" else 1)


def test_initial_orders():
    def initial(**options):
        return plan_sort(40, methods=["merge"], judge=EXACT, replicates=150, **options).initial

    assert initial(initial="reversed")["kendall"] == -1.0
    assert initial(initial=1.0)["ndcg"] == 1.0
    assert abs(initial()["kendall"]) < 0.05
    assert initial(initial=0.4)["kendall"] == pytest.approx(0.4, abs=0.04)
    for wanted in (0.3, 0.7, 0.9, 1.0):
        assert initial(initial_ndcg=wanted)["ndcg"] == pytest.approx(wanted, abs=0.05)
    assert initial(initial_ndcg=0.7, ndcg_at=3, top_k=5)["ndcg"] == pytest.approx(0.7, abs=0.06)


def test_a_good_initial_order_helps_sliding_but_not_all_pairs():
    found = {}
    for initial in (0.5, -0.5):
        plan = plan_sort(
            40, top_k=5, methods=["sliding", "allpair"], initial=initial, replicates=100
        )
        found[initial] = plan.columns["ndcg"]
        error = plan.columns["ndcg_error"]
    assert found[0.5][0] > found[-0.5][0] + FAR * error[0]
    assert abs(found[0.5][1] - found[-0.5][1]) < 2 * FAR * error[1]


def test_an_opinion_of_the_judge_does_not_average_out():
    options = {"methods": ["allpair"], "judge": EXACT, "replicates": 300}
    found = row(plan_sort(20, validity=0.8, **options))
    # Of two normal variables: 2 / pi * arcsin(r).
    expected = 2 / math.pi * math.asin(0.8)
    assert abs(found["kendall"] - expected) < FAR * found["kendall_error"]


def test_budgets_are_kept_and_the_last_row_has_none():
    methods = ["merge", "heapsort"]
    free = plan_sort(20, methods=methods, replicates=50)
    plan = plan_sort(20, methods=methods, replicates=50, budgets=[400, 31, 400])
    assert plan.columns["method"].tolist() == ["merge"] * 3 + ["heapsort"] * 3
    assert plan.columns["budget"].tolist() == [31, 400, math.inf] * 2
    assert plan.columns["calls"][[0, 3]].tolist() == [30, 30]
    assert plan.columns["pairs"][[0, 3]].tolist() == [15, 15]
    assert np.isnan(plan.columns["rounds"][[0, 3]]).all()
    for name, column in free.columns.items():
        for last in (1, 2):  # nothing costs 400 calls
            same = plan.columns[name][last::3] if name != "budget" else column
            np.testing.assert_array_equal(same, column, err_msg=name)
    cut, whole = row(plan, 0), row(plan, 2)
    assert cut["kendall"] < whole["kendall"]


def test_costs():
    plan = plan_sort(
        30,
        methods=["merge", "allpair"],
        replicates=20,
        budgets=40,
        concurrency=8,
        seconds_per_call=0.5,
        price_per_call=0.01,
    )
    columns = plan.columns
    np.testing.assert_allclose(columns["price"], 0.01 * columns["calls"])
    done = columns["budget"] == math.inf
    waits = np.maximum(columns["rounds"], columns["calls"] / 8)[done]
    np.testing.assert_allclose(columns["seconds"][done], 0.5 * waits)
    assert np.isnan(columns["seconds"][~done]).all()
    alone = plan_sort(30, methods=["merge"], replicates=20, budgets=40, seconds_per_call=0.5)
    np.testing.assert_allclose(alone.columns["seconds"], 0.5 * alone.columns["calls"])
    assert "price" not in alone.columns


def test_blocks_do_not_change_anything(monkeypatch):
    options = {"methods": ["merge"], "replicates": 25, "budgets": [20], "seed": 4}
    plan = plan_sort(15, **options)
    monkeypatch.setattr(planner, "BLOCK_SIZE", 15 * 2 * 4)
    parts = plan_sort(15, **options)
    for name, column in plan.columns.items():
        np.testing.assert_array_equal(column, parts.columns[name], err_msg=name)
    assert parts.initial == plan.initial


def test_the_simulation_is_what_a_sort_does(backend):
    n, seed = 25, 11
    judge = PairJudge(close=0)
    [(quality, _)] = initial_orders.draw_qualities(n, 1, 1, 0.3, 1.0, seed)
    wrong, split, wrong_close, split_close = judge.thresholds()
    for presentation in ("both", "single"):
        compare = comparators.noisy(quality[0].tolist(), judge, seed=seed)
        result = sort(range(n), compare, method="merge", presentation=presentation, seed=seed)
        orders, pairs, calls, lookups, rounds, _ = resolve(backend).simulate_sorts(
            "merge",
            n,
            n,
            0,
            {},
            quality,
            wrong,
            split,
            0.0,
            wrong_close,
            split_close,
            presentation,
            np.array([], np.int64),
            seed,
            0,
            1,
        )
        assert orders[0, 0].tolist() == result.order.tolist()
        assert [pairs[0], calls[0], lookups[0], rounds[0]] == [
            result.n_pairs,
            result.n_calls,
            result.n_lookups,
            result.n_rounds,
        ]


def test_grades_decide_what_ndcg_counts():
    # Only the best is worth anything: nDCG@1 is how often it comes out first.
    grades = [0] * 9 + [1]
    plan = plan_sort(10, methods=["allpair"], grades=grades, ndcg_at=1, top_k=1, replicates=400)
    assert plan.columns["ndcg"][0] == plan.columns["recall"][0]
    assert 0.5 < plan.columns["ndcg"][0] < 1
    assert (
        initial_orders.read_grades(None, 100).tolist() == [3] * 5 + [2] * 10 + [1] * 15 + [0] * 70
    )
    assert initial_orders.read_grades(None, 2)[0] == 3
    assert initial_orders.read_grades([1, 3, 2], 3).tolist() == [3, 2, 1]


def test_names_of_methods():
    plan = plan_sort(8, methods={"first": "merge", "second": "heapsort"}, judge=EXACT, replicates=5)
    assert plan.columns["method"].tolist() == ["first", "second"]
    plan = plan_sort(8, methods=["auto", "merge"], judge=EXACT, replicates=5)
    assert plan.columns["method"].tolist() == ["auto", "merge"]
    assert plan.notes[0].startswith("auto: ")


def test_the_usual_methods():
    plan = plan_sort(20, top_k=5, replicates=5)
    names = plan.columns["method"].tolist()
    assert {"auto", "merge", "sliding", "allpair"} <= set(names)
    assert len(set(plan.columns["ndcg"])) > 3
    # What auto has chosen has no second row.
    assert plan.notes[0].removeprefix("auto: ").split()[0] not in names
    assert (plan.ndcg_at, plan.n, plan.top_k) == (5, 20, 5)
    assert planner._usual_replicates(100, 7) == 500
    assert planner._usual_replicates(100_000, 7) == 50


def test_best():
    plan = plan_sort(30, methods=["allpair", "merge"], replicates=40, price_per_call=2.0)
    assert plan.best() == plan.best("kendall") == "allpair"
    assert plan.best(calls=400) == plan.best("tau_ap", price=800) == "merge"
    assert plan.best(rounds=1) == "allpair"
    with pytest.raises(InputError, match=r"no method stays within calls=10; the least are 1?\d\d"):
        plan.best(calls=10)
    with pytest.raises(InputError, match="seconds was not planned; pass seconds_per_call"):
        plan.best(seconds=3)
    with pytest.raises(InputError, match="by must be one of 'ndcg'"):
        plan.best("speed")


def test_how_it_prints():
    plan = plan_sort(
        30, top_k=5, methods=["merge", "allpair"], replicates=40, budgets=[50], price_per_call=0.1
    )
    assert repr(plan) == "SortPlan(30 items, the best 5, 2 methods, 40 replicates)"
    lines = str(plan).splitlines()
    assert lines[0].split() == [
        *("method", "budget", "nDCG@5", "Kendall", "tau_AP", "top", "5"),
        *("pairs", "calls", "rounds", "price"),
    ]
    assert lines[1].startswith("(initial order)")
    assert [line.split()[0] for line in lines[2:]] == ["merge", "merge", "allpair", "allpair"]
    assert "nan" not in str(plan)
    page = plan._repr_html_()
    assert page.count("<tr>") == 6
    frame = plan.to_frame("pandas")
    assert isinstance(frame, pd.DataFrame)
    assert frame["method"].tolist() == ["merge", "merge", "allpair", "allpair"]
    with pytest.raises(ValueError, match="read-only"):
        plan.columns["calls"][0] = 1
    assert repr(plan_sort(4, methods=["merge"], replicates=2)) == (
        "SortPlan(4 items, all in order, 1 method, 2 replicates)"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 1}, "n must be a whole number of at least 2, but is 1"),
        ({"top_k": 11}, "top_k must be at most 10, the number of items, but is 11"),
        ({"top_k": 0}, "top_k must be a whole number from 1 to 10, but is 0"),
        ({"methods": []}, "methods is empty"),
        ({"methods": "merge"}, "methods must be a list of names or methods"),
        ({"methods": ["merge", "merge"]}, "methods has merge twice"),
        ({"methods": {1: "merge"}}, "the names of methods must be text, but one is 1"),
        ({"judge": 0.9}, "judge must be a zm.sorting.PairJudge"),
        ({"validity": 0}, "validity must be a number above 0 and up to 1, but is 0"),
        ({"initial": "good"}, "initial must be 'random', 'reversed' or Kendall's"),
        ({"initial": 1.5}, "initial must be 'random', 'reversed' or Kendall's .* but is 1.5"),
        ({"initial": 0.5, "initial_ndcg": 0.5}, "pass one"),
        ({"initial_ndcg": 1.5}, "initial_ndcg must be a number above 0 and up to 1, but is 1.5"),
        ({"initial_ndcg": 1e-6, "grades": range(1, 11)}, "initial_ndcg must be at least 0"),
        ({"grades": [1, 2]}, r"Length of grades \(2\) must match n \(10\)"),
        ({"grades": [-1] * 10}, r"grades\[0\] must not be negative, but is -1"),
        ({"grades": [0] * 10}, "grades must not all be 0"),
        ({"grades": 3}, "grades must be a sequence of n numbers, but is 3"),
        ({"ndcg_at": 0}, "ndcg_at must be a positive whole number, but is 0"),
        ({"presentation": "twice"}, "presentation must be one of 'both'"),
        ({"budgets": 0}, "budgets must be a positive whole number of calls"),
        ({"budgets": [3, -1]}, r"budgets\[1\] must be a positive whole number of calls"),
        ({"concurrency": 0}, "concurrency must be a positive whole number, but is 0"),
        ({"seconds_per_call": 0}, "seconds_per_call must be positive, but is 0"),
        ({"price_per_call": -1}, "price_per_call must be positive, but is -1"),
        ({"budgets": [3, 10**30]}, r"budgets\[1\] must be .*, at most 2\^53"),
        ({"max_rounds": 0}, "max_rounds must be"),
        ({"replicates": 1}, "replicates must be a whole number of at least 2, but is 1"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"threads": 0}, "threads"),
        ({"backend": "gpu"}, "backend must be 'cpp' or 'numba', but is 'gpu'"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        plan_sort(**{"n": 10, "methods": ["merge"], "replicates": 2, **options})


def test_methods_that_keep_no_rounds_are_named():
    plan = plan_sort(
        20, top_k=3, methods=["quickselect", "merge", "sliding"], max_rounds=3, replicates=5
    )
    assert plan.notes == ("max_rounds does not bind merge, sliding, which `sort` would refuse",)
    assert row(plan)["rounds"] <= 3 < row(plan, 1)["rounds"]
    assert plan_sort(20, methods=["allpair"], max_rounds=1, replicates=5).notes == ()
