"""Tiers and letters: who cannot be told apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from boards import wide_fit
from hypothesis import given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings import compare as compare_module
from zermelo.ratings import estimates, letters, max_t, tiers

examples = settings(max_examples=15, deadline=None)


def test_tiers_by_hand() -> None:
    """Three pairs of items, far apart from one another and alike within."""
    truth = np.repeat([3.0, 0.0, -3.0], 2)
    first, second = np.triu_indices(6, 1)
    p = 1.0 / (1.0 + np.exp(truth[second] - truth[first]))
    games = zm.Comparisons(first, second, p, count=[400] * 15, soft=True)
    fit = zm.bradley_terry(games)
    found = tiers.tiers(fit, kind="fisher")  # residuals are 0, and so is the sandwich
    assert found.tier.tolist() == [1, 1, 2, 2, 3, 3]
    assert found.n_tiers == 3
    shown = letters.letters(fit, kind="fisher").letters
    assert shown.tolist() == ["a", "a", "b", "b", "c", "c"]


def test_tiers_follow_their_rule() -> None:
    """Each tier by Hsu's rule, with the critical values of a slow loop."""
    fit = wide_fit()
    found = tiers.tiers(fit, draws=4000, seed=2)
    data = estimates.Estimates.of(fit, "sandwich", "test")
    draws = max_t.gaussian_draws(data.covariance, 4000, 2)
    errors = np.concatenate(list(draws.blocks()), axis=1)
    better = data.studentised()
    rest, number, tier = list(range(12)), 0, np.zeros(12, int)
    while rest:
        number += 1
        stay = []
        for j in rest:
            others = [k for k in rest if k != j]
            value = max((better[k, j] for k in others), default=0.0)
            each = [(errors[k] - errors[j]) * data.inverse[k, j] for k in others]
            largest = np.maximum(np.max(each, axis=0), 0.0) if each else np.zeros(4000)
            if value <= np.sort(largest)[3800]:
                stay.append(j)
        tier[stay] = number
        rest = [j for j in rest if j not in stay]
    assert found.tier[data.places].tolist() == tier.tolist()
    assert number > 2


def test_letters_of_a_chain() -> None:
    """Only neighbours do not differ."""
    differs = np.abs(np.subtract.outer(np.arange(5), np.arange(5))) >= 2
    assert letters.letter_groups(differs) == [[0, 1], [1, 2], [2, 3], [3, 4]]


def test_letters_by_hand() -> None:
    """By hand: 4 to 8 do not differ from one another, nor 1, 3, 4, 5, 6, nor 1, 2, 3."""
    differs = np.zeros((8, 8), bool)
    for i, j in [(1, 7), (1, 8), (2, 4), (2, 5), (2, 6), (2, 7), (2, 8), (3, 7), (3, 8)]:
        differs[i - 1, j - 1] = differs[j - 1, i - 1] = True
    groups = [[item + 1 for item in group] for group in letters.letter_groups(differs)]
    assert groups == [[1, 2, 3], [1, 3, 4, 5, 6], [4, 5, 6, 7, 8]]


@examples
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_letters_say_just_what_differs(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    differs = np.triu(generator.random((n, n)) < generator.random(), 1)
    differs |= differs.T
    groups = letters.letter_groups(differs)
    shared = np.eye(n, dtype=bool)
    for group in groups:
        shared[np.ix_(group, group)] = True
    assert np.array_equal(shared, ~differs)
    assert set(itertools.chain.from_iterable(groups)) == set(range(n))


def test_letters_of_a_fit() -> None:
    fit = wide_fit()
    found = letters.letters(fit, adjust="holm")
    pairs = compare_module.compare(fit, adjust="holm")
    text = dict(zip(found.items.tolist(), found.letters.tolist(), strict=True))
    for a, b, apart in zip(pairs.a.tolist(), pairs.b.tolist(), pairs.significant, strict=True):
        assert (not set(text[a]) & set(text[b])) == apart
    assert "a" in text[pairs.a.tolist()[0]]


def test_letter_names_and_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [letters._letter(place) for place in (0, 25, 26, 53)] == ["a", "z", "a1", "b2"]
    # Disjoint pairs that differ: every choice of one of each pair is a group.
    differs = np.kron(np.eye(5, dtype=int), [[0, 1], [1, 0]]).astype(bool)
    monkeypatch.setattr(letters, "MOST_GROUPS", 31)
    with pytest.raises(InputError, match="more than 31 letters"):
        letters.letter_groups(differs)
