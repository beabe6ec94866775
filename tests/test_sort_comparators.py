"""Comparators from matrices, grades and simulated judges."""

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from zermelo.errors import InputError
from zermelo.judges import Noisy
from zermelo.sorting import comparators
from zermelo.sorting.judges import PairJudge, close_gap


def test_matrix_looks_up_the_order_that_was_shown():
    compare = comparators.matrix([[9, 0.7, math.nan], [0.4, 9, 1], [0, 0, 9]])
    assert compare(0, 1) == 0.7
    assert compare(1, 0) == 0.4
    assert compare(0, 2) is None
    assert compare(np.int64(1), 2) == 1.0
    # 0 has 0.7 + 0.5, 1 has 0.3 + 1, 2 has 0.5; the other way round 1.6, 1.4 and 0.
    assert compare.rank([0, 1, 2]) == [1, 0, 2]
    assert compare.rank([2, 1, 0]) == [2, 1, 0]


def test_matrix_with_labels():
    compare = comparators.matrix([[0, 1], [0, 0]], items=["x", "y"], key=str.lower)
    assert compare("X", "y") == 1.0
    assert compare("y", "x") == 0.0


def test_grades_tie_and_rank_in_the_order_given():
    compare = comparators.grades([1, 3, 3, 0])
    assert (compare(1, 2), compare(0, 1), compare(0, 3)) == (0.5, 0.0, 1.0)
    assert compare.rank([3, 2, 0, 1]) == [1, 3, 2, 0]
    assert compare.choose([0, 2, 1]) == 1


def test_grades_of_documents():
    compare = comparators.grades({"a": 2, "b": 1}, missing=1, key=lambda document: document["id"])
    assert compare({"id": "a"}, {"id": "zzz"}) == 1.0
    assert compare({"id": "b"}, {"id": "zzz"}) == 0.5
    assert compare({"id": "y"}, {"id": "zzz"}) == 0.5


@pytest.mark.parametrize("judge", [PairJudge(), PairJudge(0.1, 0.3, 0.2, 0.2, 0.6)])
def test_noisy_errs_as_often_as_it_says(judge):
    n = 400
    quality = np.random.default_rng(1).normal(size=n)
    compare = comparators.noisy(quality, judge, seed=3)
    gap = close_gap(quality, judge.close)
    # Wrong, split to the first, split to the second, right; of far and of close pairs.
    found = np.zeros((2, 4), np.int64)
    for x in range(n):
        for y in range(x):
            better, worse = (x, y) if quality[x] > quality[y] else (y, x)
            shown = compare(better, worse), 1.0 - compare(worse, better)
            close = abs(quality[x] - quality[y]) < gap
            found[int(close), int(2 * shown[0] + shown[1])] += 1
    pairs = n * (n - 1) / 2
    assert found[1].sum() == int(judge.close * pairs)
    for counts, wrong, split in (
        (found[0], judge.wrong, judge.split),
        (found[1], judge.wrong_close, judge.split_close),
    ):
        total = counts.sum()
        expected = np.array([wrong, split / 2, split / 2, 1 - wrong - split])
        # Five and a half standard errors, two sided, eight times: below 1e-6.
        assert np.all(abs(counts / total - expected) < 5.5 * np.sqrt(0.25 / total))


def test_noisy_says_the_same_in_every_process():
    program = (
        "from zermelo.sorting import comparators\n"
        "compare = comparators.noisy({f'item {i}': i for i in range(40)}, seed=5)\n"
        "names = [f'item {i}' for i in range(40)]\n"
        "print([compare(x, y) for x in names for y in names])\n"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    compare = comparators.noisy(range(40), seed=5)
    here = [compare(x, y) for x in range(40) for y in range(40)]
    assert answers[0].strip() == str(here)
    other = comparators.noisy(range(40), seed=6)
    assert [other(x, y) for x in range(40) for y in range(40)] != here


def test_noisy_of_equals_ties_and_an_exact_judge_is_right():
    compare = comparators.noisy([2, 2, 1], PairJudge(0, 0, 0, 0, 0))
    assert compare(0, 1) == compare(1, 0) == 0.5
    assert compare(0, 2) == 1.0
    assert compare(2, 1) == 0.0


def test_comparators_travel_to_other_processes():
    compare = comparators.noisy([3, 1, 2], seed=2)
    copy = pickle.loads(pickle.dumps(compare))
    assert [copy(x, y) for x in range(3) for y in range(3)] == [
        compare(x, y) for x in range(3) for y in range(3)
    ]


def test_close_gap_leaves_the_share_below():
    quality = np.random.default_rng(0).normal(size=50)
    gaps = abs(quality[:, None] - quality)[np.triu_indices(50, 1)]
    for share in (0.0, 0.1, 0.5):
        assert np.sum(gaps < close_gap(quality, share)) == int(share * len(gaps))
    assert close_gap(quality, 1.0) == math.inf
    assert close_gap(np.array([3.0, 3.0]), 0.1) == math.inf
    assert close_gap(np.array([3.0, 2.0, 1.0, 1.0]), 0.1) == 1.0
    many = np.random.default_rng(0).random(100_000)
    # The difference of two uniforms is below g with probability 2g - g^2.
    assert close_gap(many, 0.1) == pytest.approx(1 - math.sqrt(0.9), rel=0.02)


def test_judge_of_independent_questions():
    judge = PairJudge.of(Noisy(0.8, 0.2, 0.1))
    # Shown first, the better one is named unseen or seen right; shown second, only seen right.
    first, second = 0.9 * (0.2 + 0.8 * 0.8), 0.9 * 0.8 * 0.8
    assert judge.wrong == pytest.approx((0.9 - first) * (0.9 - second))
    assert 1 - judge.wrong - judge.split == pytest.approx(first * second)
    assert PairJudge.of(Noisy()).is_exact
    assert PairJudge.of(None) == PairJudge()
    assert not PairJudge().is_exact


def test_thresholds_never_exceed_what_is_certain():
    judge = PairJudge(1 / 3, 2 / 3, wrong_close=0.0, split_close=1.0)
    wrong, split, wrong_close, split_close = judge.thresholds()
    assert wrong + split == 1 << 31
    assert (wrong_close, split_close) == (0, 1 << 31)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PairJudge(wrong=1.2), "wrong must be a number from 0 to 1, but is 1.2"),
        (lambda: PairJudge(wrong=0.9), "wrong and split must add up to at most 1"),
        (lambda: PairJudge(close=math.nan), "close must be a number from 0 to 1, but is nan"),
        (lambda: PairJudge(wrong_close=0.6), "wrong_close and split_close must add up"),
        (lambda: PairJudge.of("good"), "judge must be a zm.sorting.PairJudge .* but is str"),
        (lambda: comparators.matrix([[1, 2, 3]]), r"shape \(n, n\), but is of shape \(1, 3\)"),
        (lambda: comparators.matrix([[0, 2], [0, 0]]), r"scores\[0, 1\] must .* but is 2.0"),
        (lambda: comparators.matrix([["a"]]), "scores must be a matrix of numbers"),
        (lambda: comparators.matrix([[0]], items="ab"), r"Length of items \(2\)"),
        (lambda: comparators.matrix(np.eye(2), items="aa"), r"'a' is items\[0\] and items\[1\]"),
        (lambda: comparators.matrix([[0]], items=[[]]), r"items\[0\] is \[\], which is not hash"),
        (lambda: comparators.matrix([[0]], key=3), "key must be a function of an item, but is 3"),
        (lambda: comparators.grades({"a": "x"}), r"values\['a'\] must be a finite number"),
        (lambda: comparators.grades([1, math.nan]), r"values\[1\] must be a finite number"),
        (lambda: comparators.grades("abc"), "values must be a dict of item to number"),
        (lambda: comparators.grades([1], missing=0), "missing is for a dict of grades"),
        (lambda: comparators.noisy([1], seed=-1), "seed must be a whole number"),
        (lambda: comparators.noisy([1], seed=1 << 64), "seed must be a whole number"),
        (lambda: comparators.noisy([1], 0.9), "judge must be a zm.sorting.PairJudge"),
    ],
)
def test_bad_arguments(build, message):
    with pytest.raises(InputError, match=message):
        build()


@pytest.mark.parametrize(
    ("compare", "item", "message"),
    [
        (comparators.grades([1, 2]), 2, "asked about item 2, but knows items 0 to 1"),
        (comparators.grades([1, 2]), True, "knows items by their position, 0 to 1, but was asked"),
        (comparators.grades([1, 2]), "a", "asked about 'a'; pass items= or key="),
        (comparators.grades({"a": 1}), "b", "knows no grade of item 'b'; pass missing="),
        (comparators.noisy({"a": 1}), "b", "knows no item 'b'"),
        (comparators.grades({"a": 1}), {"id": 1}, "dict is not hashable"),
    ],
)
def test_items_it_does_not_know(compare, item, message):
    with pytest.raises(InputError, match=message):
        compare(item, item)
