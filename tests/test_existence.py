"""Where the maximum does not exist: what is said, and what is rated instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zermelo as zm
from zermelo.errors import DisconnectedError, InputError, SeparationError
from zermelo.ratings.existence import NEVER_COMPARED, NEVER_LOST, NEVER_WON

# The fixture of the backends lasts for the module, so that examples can share it.
examples = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

CHAIN = ("abc", "bcd")
# x and y beat each other, and so do z and w; nobody of one pair met the other.
ISLANDS = ("xyzw", "yxwz")
# A circle a, b, c; `n` beat a, `m` lost to c and to n, and p and q met only each other.
BOARD = ("abcncnpq", "bcaammqp")


def games(winners: str, losers: str) -> zm.Comparisons:
    return zm.Comparisons(list(winners), list(losers))


def test_errors_are_input_errors() -> None:
    assert issubclass(DisconnectedError, SeparationError)
    assert issubclass(SeparationError, InputError)
    assert issubclass(InputError, ValueError)


def test_chain(backend: str) -> None:
    with pytest.raises(SeparationError) as caught:
        zm.bradley_terry(games(*CHAIN), backend=backend)
    assert caught.type is SeparationError
    message = str(caught.value)
    assert "not strongly connected (4 components: 'a' never lost to 'b', 'c', 'd')" in message
    for help in ("prior > 0", 'components="largest"', 'components="separate"'):
        assert help in message


def test_islands(backend: str) -> None:
    with pytest.raises(DisconnectedError) as caught:
        zm.bradley_terry(games(*ISLANDS), backend=backend)
    message = str(caught.value)
    assert "not connected (2 components: 'w', 'z' and 'x', 'y' were never compared" in message
    assert "prior > 0" in message


def test_many_items_are_named_by_the_first(backend: str) -> None:
    winners = np.arange(1000)
    with pytest.raises(
        SeparationError, match=r"\(1000 components: 0 never lost to 1, 2, 3 and 996 m"
    ):
        zm.bradley_terry(zm.Comparisons(winners[:-1], winners[1:]), backend=backend)


def test_half_ties_connect_and_dropped_ties_do_not(backend: str) -> None:
    # {a beats b, a ties b} is strongly connected with ties half.
    c = zm.Comparisons(["a", "a"], ["b", "b"], [1, 0.5])
    fit = zm.bradley_terry(c, backend=backend)
    np.testing.assert_allclose(fit.ability, [0.5 * np.log(3), -0.5 * np.log(3)], atol=1e-9)
    with pytest.raises(SeparationError, match="'a' never lost to 'b'"):
        zm.bradley_terry(c, ties="drop", backend=backend)
    only_ties = zm.Comparisons(["a"], ["b"], [0.5])
    with pytest.raises(DisconnectedError):
        zm.bradley_terry(only_ties, ties="drop", backend=backend)


def test_fractional_outcomes_connect(backend: str) -> None:
    fit = zm.bradley_terry(zm.Comparisons(["a"], ["b"], [0.9]), backend=backend)
    assert fit.predict("a", "b") == pytest.approx(0.9, abs=1e-9)
    with pytest.raises(SeparationError):
        zm.bradley_terry(zm.Comparisons(["a"], ["b"], [1.0]), backend=backend)


def test_a_weight_of_zero_is_no_comparison(backend: str) -> None:
    c = zm.Comparisons(["a", "b"], ["b", "a"], weight=[1.0, 0.0])
    with pytest.raises(SeparationError, match="'a' never lost to 'b'"):
        zm.bradley_terry(c, backend=backend)


def test_largest(backend: str) -> None:
    fit = zm.bradley_terry(games(*BOARD), components="largest", backend=backend)
    assert fit.items.tolist() == list("abcmnpq")
    assert fit.rated.tolist() == [True] * 3 + [False] * 4
    assert fit.unrated == {
        "m": NEVER_WON,
        "n": NEVER_LOST,
        "p": NEVER_COMPARED,
        "q": NEVER_COMPARED,
    }
    # The rated part is as if the others had never played.
    np.testing.assert_allclose(fit.ability[:3], 0.0, atol=1e-12)
    assert np.isnan(fit.ability[3:]).all()
    assert fit.rank().tolist() == [1, 1, 1, 0, 0, 0, 0]
    assert np.isnan(fit.worth[3:]).all()
    assert np.nansum(fit.worth) == pytest.approx(1.0)
    assert np.isnan(fit.predict("a", "n"))
    assert "7 items (4 unrated)" in repr(fit)
    assert fit.log_likelihood == pytest.approx(-3 * np.log(2))
    board = fit.to_frame("pandas")
    assert board["item"].tolist()[:3] == ["a", "b", "c"]
    assert board["unrated"].tolist()[3:] == [NEVER_WON, NEVER_LOST, NEVER_COMPARED, NEVER_COMPARED]
    covariance = fit.covariance("fisher")
    inside = zm.bradley_terry(games("abc", "bca"), backend=backend).covariance("fisher")
    np.testing.assert_allclose(covariance[:3, :3], inside, atol=1e-9)
    assert np.isnan(covariance[3:]).all()
    assert np.isnan(covariance[:, 3:]).all()


def test_reasons_go_through_others(backend: str) -> None:
    # e beat d, d beat a: e too never lost to the rated ones; g met only e, and lost.
    fit = zm.bradley_terry(games("abcdee", "bcaadg"), components="largest", backend=backend)
    assert fit.unrated == {"d": NEVER_LOST, "e": NEVER_LOST, "g": NEVER_COMPARED}


def test_largest_with_fixed_takes_their_component(backend: str) -> None:
    fit = zm.bradley_terry(games(*BOARD), components="largest", fixed={"p": 2.0}, backend=backend)
    assert sorted(fit.unrated) == ["a", "b", "c", "m", "n"]
    np.testing.assert_allclose(fit.ability[[5, 6]], [2.0, 2.0], atol=1e-9)


def test_separate(backend: str) -> None:
    fit = zm.bradley_terry(
        games(BOARD[0] + "pp", BOARD[1] + "qq"), components="separate", backend=backend
    )
    a, m, n, p, q = (fit.items.tolist().index(item) for item in "amnpq")
    assert not fit.unrated
    np.testing.assert_allclose(fit.ability[:3], 0.0, atol=1e-12)
    np.testing.assert_allclose(fit.ability[[p, q]], [np.log(3) / 2, -np.log(3) / 2], atol=1e-9)
    assert fit.predict("n", "a") == 1.0
    assert fit.predict("m", ["a", "n", "m"]).tolist() == [0.0, 0.0, 0.5]
    assert np.isnan(fit.predict("p", "a"))
    assert fit.predict("p", "q") == pytest.approx(0.75, abs=1e-9)
    matrix = fit.win_matrix()
    np.testing.assert_allclose(matrix + matrix.T, np.where(np.isnan(matrix), np.nan, 1.0))
    # A rank counts the items that are known to be better.
    ranks = fit.rank()
    assert [ranks[n], ranks[a], ranks[m], ranks[p], ranks[q]] == [1, 2, 5, 1, 2]
    covariance = fit.covariance("sandwich")
    assert np.isnan(covariance[a, p])
    assert np.isnan(covariance[a, n])
    assert np.isfinite(covariance[np.ix_([0, 1, 2], [0, 1, 2])]).all()
    interval = fit.interval(reference="p")
    assert np.isnan(interval.standard_error[[a, m, n]]).all()
    assert np.isnan(interval.estimate[[a, m, n]]).all()
    assert np.isfinite(interval.standard_error[[p, q]]).all()
    with pytest.raises(InputError, match="on one scale"):
        fit.quasi_variance()


def test_separate_agrees_with_fits_of_the_parts(backend: str) -> None:
    one, two = reference.random_rows(1, 5, 30), reference.random_rows(2, 7, 30)
    a = np.concatenate([one.a, two.a + 5, [0, 1]])
    b = np.concatenate([one.b, two.b + 5, [6, 8]])
    score = np.concatenate([one.score, two.score, [1.0, 1.0]])
    fit = zm.bradley_terry(
        zm.Comparisons(a, b, score), components="separate", tol=1e-11, backend=backend
    )
    for rows, places in ((one, slice(0, 5)), (two, slice(5, 12))):
        alone = zm.bradley_terry(rows.comparisons(), tol=1e-11, backend=backend)
        np.testing.assert_allclose(fit.ability[places], alone.ability, rtol=0, atol=1e-9)
        for kind in ("fisher", "sandwich"):
            np.testing.assert_allclose(
                fit.covariance(kind)[places, places], alone.covariance(kind), rtol=0, atol=1e-9
            )
    assert fit.predict(0, 6) == 1.0
    assert fit.predict(9, 3) == 0.0


def test_separate_with_fixed(backend: str) -> None:
    fit = zm.bradley_terry(
        games(*ISLANDS), components="separate", fixed={"z": 3.0}, backend=backend
    )
    ability = dict(zip(fit.items.tolist(), fit.ability, strict=True))
    assert ability == pytest.approx({"w": 3.0, "x": 0.0, "y": 0.0, "z": 3.0}, abs=1e-9)


def test_fixed_items_connect(backend: str) -> None:
    # Both islands have an item of known ability: all four are on one scale.
    fit = zm.bradley_terry(games(*ISLANDS), fixed={"x": 1.0, "z": 2.0}, backend=backend)
    ability = dict(zip(fit.items.tolist(), fit.ability, strict=True))
    assert ability == pytest.approx({"w": 2.0, "x": 1.0, "y": 1.0, "z": 2.0}, abs=1e-9)
    assert fit.predict("x", "w") == pytest.approx(1 / (1 + np.e), abs=1e-9)
    with pytest.raises(SeparationError):
        zm.bradley_terry(games(*CHAIN), fixed={"a": 1.0, "b": 0.0}, backend=backend)
    # A chain between two known abilities has a maximum: who is in the middle lost and won.
    fit = zm.bradley_terry(games("ab", "bc"), fixed={"a": 1.0, "c": -1.0}, backend=backend)
    assert fit.ability[1] == pytest.approx(0.0, abs=1e-9)


def test_prior_makes_the_maximum_exist(backend: str) -> None:
    fit = zm.bradley_terry(games(*CHAIN), prior=1.0, backend=backend)
    assert fit.converged
    assert (np.diff(fit.ability) < 0).all()


def test_prior_alone_joining_components_warns(backend: str) -> None:
    with pytest.warns(
        UserWarning, match=r"not connected \(2 components\).*the prior alone"
    ) as seen:
        fit = zm.bradley_terry(games(*ISLANDS), prior=1.0, backend=backend)
    assert fit.converged
    assert [str(warning.filename) for warning in seen] == [__file__]


@examples
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 25))
def test_rules_on_random_graphs(backend: str, seed: int, n: int, m: int) -> None:
    random = np.random.default_rng(seed)
    winner = random.integers(0, n, m)
    loser = (winner + random.integers(1, n, m)) % n
    c = zm.Comparisons(winner, loser)
    k = len(c.items)
    beats = np.zeros((k, k), bool)
    beats[c.a, c.b] = True
    strong, weak = (np.array(labels) for labels in reference.components(beats))
    reach = reference.reachable(beats)

    def fit(rule: Any) -> Any:
        return zm.bradley_terry(c, components=rule, backend=backend)

    if strong.max() > 0:
        expected = DisconnectedError if weak.max() > 0 else SeparationError
        with pytest.raises(SeparationError) as caught:
            fit("error")
        assert caught.type is expected
    apart = fit("separate")
    sizes = np.bincount(strong)
    if sizes.max() == 1:
        with pytest.raises(SeparationError, match="is a single item"):
            fit("largest")
    else:
        largest = fit("largest")
        rated = strong == np.argmax(sizes)
        assert largest.rated.tolist() == rated.tolist()
        chosen = int(np.flatnonzero(rated)[0])
        for item in np.flatnonzero(~rated):
            why = largest.unrated[int(c.items[item])]
            if reach[item, chosen]:
                assert why == NEVER_LOST
            elif reach[chosen, item]:
                assert why == NEVER_WON
            else:
                assert why == NEVER_COMPARED
        np.testing.assert_allclose(apart.ability[rated], largest.ability[rated], atol=1e-7)
    score = apart.win_matrix()
    across = strong[:, None] != strong[None, :]
    known = np.where(reach, 1.0, np.where(reach.T, 0.0, np.nan))
    np.testing.assert_array_equal(score[across], known[across])
    assert ((score[~across] > 0) & (score[~across] < 1)).all()
    sums = np.bincount(strong, apart.ability)
    np.testing.assert_allclose(sums, 0.0, atol=1e-9)
    better = np.where(across, score == 0.0, apart.ability[:, None] < apart.ability)
    np.testing.assert_array_equal(apart.rank(), 1 + better.sum(axis=1))


def test_single_items_are_not_a_board(backend: str) -> None:
    games = zm.Comparisons(list("abc"), list("bcd"))
    with pytest.raises(SeparationError, match=r"largest of the 4 .* is a single item"):
        zm.bradley_terry(games, components="largest", backend=backend)


def test_ranks_of_a_long_chain(backend: str) -> None:
    # A cycle of three on top, in the middle and at the end of a chain longer than a block.
    n = 5000
    winner = [*range(n - 1), 2, 2502, n - 1]
    loser = [*range(1, n), 0, 2500, n - 3]
    fit = zm.bradley_terry(zm.Comparisons(winner, loser), components="separate", backend=backend)
    expected = np.arange(1, n + 1)
    for first in (0, 2500, n - 3):
        expected[first : first + 3] = first + 1
    np.testing.assert_array_equal(fit.rank(), expected)
