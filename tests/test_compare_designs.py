"""Comparison of designs against a slow reading of its own definition; determinism; bad input."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy import stats

import zermelo as zm
from zermelo.errors import ConvergenceWarning, InputError
from zermelo.tournament.ranking_quality import mid_ranks, quality, quantiles_and_errors
from zermelo.tournament.repeated import RUNS_APART, Contest
from zermelo.tournament.simulation import NOT_PLAYED, Simulation
from zermelo.tournament.strengths import read_strengths

N = 6
ABILITY = np.array([1.5, 1.0, 0.3, 0.0, -0.4, -1.2])
DESIGNS: dict[str, Any] = {
    "cup": zm.SingleElimination(N, seeding="random"),
    "double": zm.DoubleElimination(N),
    "league": zm.RoundRobin(N),
    "swiss": zm.Swiss(N, 3),
    "groups": zm.GroupsThenKnockout(N, 2),
    "anchored": zm.Anchored(N, 2),
    "pairs": zm.RandomPairs(N, 7),
    "arena": zm.varco_arena(N, 2),
}
OWN = {"league": "rate", "anchored": "rate", "pairs": "rate", "arena": "bradley-terry"}
LIMITS = (16, 31, 64)
JUDGE = zm.judges.Noisy(0.9, tie_rate=0.1)


def contest(name: str, rule: str, backend: str) -> Contest:
    from zermelo.tournament.comparison import _elo_rules

    return Contest.of(
        DESIGNS[name],
        DESIGNS[name].program(),
        limits=LIMITS,
        rule=rule,
        prior=1.0,
        elo=_elo_rules(20.0),
        judge=JUDGE,
        scale=None,
        seed=5,
        backend=backend,
    )


def slow(name: str, rule: str, limit: int, replicate: int, backend: str) -> tuple[Any, ...]:
    """Scores, matches of each item, runs and matches, one run after another."""
    program = DESIGNS[name].program()
    strengths = read_strengths(ABILITY, N)
    strengths = type(strengths)(strengths.items, strengths.win, strengths.draw, judge=JUDGE)
    simulation = Simulation(program, strengths, 5, backend, 1)
    rows: list[tuple[int, int, int]] = []
    places = np.zeros(N)
    runs = 0
    while len(rows) + program.most_matches <= limit:
        run = replicate * RUNS_APART + runs
        first, second, outcome, band = (column[0] for column in simulation.play(run, run + 1))
        rows += [
            (a, b, won)
            for a, b, won in zip(first.tolist(), second.tolist(), outcome.tolist(), strict=True)
            if won != NOT_PLAYED
        ]
        for item in range(N):
            ends = program.bands[band[item]]
            places[item] += (ends.first + ends.last) / 2
        runs += 1
    a, b, outcome = map(np.array, zip(*rows, strict=True))
    score = np.array([0.0, 1.0, 0.5])[outcome]
    played = np.array([((a == i) | (b == i)).sum() for i in range(N)])
    if rule == "own":
        rule = OWN.get(name, "place")
    # A weight of zero lets everybody be known.
    cycle = np.arange(N)
    games = zm.Comparisons(
        np.append(a, cycle),
        np.append(b, (cycle + 1) % N),
        np.append(score, np.ones(N)),
        weight=np.append(np.ones(len(a)), np.zeros(N)),
    )
    if rule == "place":
        value = -places / runs
    elif rule == "rate":
        won = np.array([score[a == i].sum() + (1 - score[b == i]).sum() for i in range(N)])
        value = np.array([w / g if g else 0.5 for w, g in zip(won, played, strict=True)])
        if name == "anchored":
            value[2] = 0.5
    elif rule == "elo":
        value = zm.elo(games, k=20.0, backend=backend).rating
    else:
        value = zm.bradley_terry(games, prior=1.0, tol=1e-12, backend=backend).ability
    return value, played, runs, len(rows)


@pytest.mark.parametrize("rule", ["own", "bradley-terry", "elo"])
@pytest.mark.parametrize("name", DESIGNS)
def test_scores_are_those_of_runs_one_after_another(backend: str, name: str, rule: str) -> None:
    strengths = [read_strengths(ABILITY, N)] * 3
    outcome = contest(name, rule, backend).play(strengths, 4)
    for at, limit in enumerate(LIMITS):
        for place in range(3):
            value, played, runs, used = slow(name, rule, limit, 4 + place, backend)
            assert (outcome.runs[at, place], outcome.used[at, place]) == (runs, used)
            np.testing.assert_array_equal(outcome.games[at, place], played)
            np.testing.assert_allclose(outcome.score[at, place], value, rtol=0, atol=1e-8)
    assert (outcome.used <= np.array(LIMITS)[:, None]).all()


def test_another_run_could_have_exceeded_the_limit(backend: str) -> None:
    outcome = contest("double", "own", backend).play([read_strengths(ABILITY, N)] * 40, 0)
    most = DESIGNS["double"].program().most_matches
    for at, limit in enumerate(LIMITS):
        assert (outcome.used[at] + most > limit).all()
    assert len(np.unique(outcome.used[-1])) > 1, "some finals have been reset, others not"


def brute(score: np.ndarray, truth: np.ndarray, k: int) -> list[float]:
    """Best wins, rank of the winner and recall, over all ways to break ties of either ranking."""
    n = len(score)
    orders = list(permutations(range(n)))
    by_score = [o for o in orders if all(score[o[i]] >= score[o[i + 1]] for i in range(n - 1))]
    by_truth = [o for o in orders if all(truth[o[i]] >= truth[o[i + 1]] for i in range(n - 1))]
    best = np.mean([truth[order[0]] == max(truth) for order in by_score])
    rank = np.mean([true.index(order[0]) + 1 for order in by_score for true in by_truth])
    recall = np.mean(
        [len({*order[:k]} & {*true[:k]}) / k for order in by_score for true in by_truth]
    )
    return [best, rank, recall]


def test_quality_against_all_orders_and_scipy() -> None:
    rng = np.random.default_rng(0)
    score, truth = rng.integers(0, 4, (2, 60, 5)).astype(float)
    truth[:30] = rng.normal(size=(30, 5))
    found = quality(score, truth, 2)
    for row in range(60):
        expected = brute(score[row], truth[row], 2)
        got = [found.best_wins[row], found.winner_rank[row], found.recall[row]]
        np.testing.assert_allclose(got, expected, atol=1e-12)
        flat = np.ptp(score[row]) == 0 or np.ptp(truth[row]) == 0
        kendall = 0.0 if flat else stats.kendalltau(score[row], truth[row]).statistic
        spearman = 0.0 if flat else stats.spearmanr(score[row], truth[row]).statistic
        np.testing.assert_allclose(found.kendall[row], kendall, atol=1e-12)
        np.testing.assert_allclose(found.spearman[row], spearman, atol=1e-12)
    np.testing.assert_allclose(mid_ranks(score), stats.rankdata(-score, axis=1))


def test_a_ranking_that_tells_nothing_apart_has_no_correlation() -> None:
    found = quality(np.zeros((1, 4)), np.arange(4.0)[None], 2)
    assert (found.kendall, found.spearman) == (0.0, 0.0)
    assert (found.best_wins, found.winner_rank, found.recall) == (0.25, 2.5, 0.5)


def test_errors_of_quantiles_are_those_of_samples() -> None:
    rng = np.random.default_rng(1)
    samples = [quantiles_and_errors(rng.normal(size=400)) for _ in range(300)]
    spread = np.std([values for values, _ in samples], axis=0)
    claimed = np.sqrt(np.mean([errors**2 for _, errors in samples], axis=0))
    # The spread of 300 has a relative error of about 4%.
    np.testing.assert_allclose(claimed, spread, rtol=0.25)


def compare(designs: Any = None, **options: Any) -> Any:
    given = {"strengths": ABILITY, "matches": 31, "replicates": 40, "library": "pandas"}
    if "draw" in options:
        del given["strengths"]
    return zm.compare_designs(DESIGNS if designs is None else designs, **(given | options))


def draw(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=N)


@pytest.mark.parametrize("rank_by", ["own", "elo"])
def test_does_not_depend_on_threads_executor_backend_or_other_limits(rank_by: str) -> None:
    options: dict[str, Any] = {"draw": draw, "matches": [31, 64], "rank_by": rank_by}
    alone = compare(threads=1, **options)
    assert compare(threads=3, **options).equals(alone)
    with ThreadPoolExecutor(2) as executor:
        assert compare(executor=executor, **options).equals(alone)
    one_limit = compare(**(options | {"matches": 64}))
    assert one_limit.equals(alone[alone["matches"] == 64].reset_index(drop=True))
    both = [compare(backend=name, **options) for name in ("cpp", "numba") if usable(name)]
    assert all(frame.equals(alone) for frame in both)


def usable(name: str) -> bool:
    return bool(zm.backend_info()[name]["available"])


def test_other_processes() -> None:
    designs = {"cup": DESIGNS["cup"], "arena": DESIGNS["arena"]}
    with ProcessPoolExecutor(1) as executor:
        frame = compare(designs, draw=draw, replicates=100, executor=executor)
    assert frame.equals(compare(designs, draw=draw, replicates=100))


def test_columns_and_rows() -> None:
    frame = compare(matches=[31, 16])
    assert frame["design"].tolist() == [name for name in DESIGNS for _ in range(2)]
    assert frame["matches"].tolist() == [16, 31] * len(DESIGNS)
    assert (frame["matches_used"] <= frame["matches"]).all()
    assert frame["top_k"].tolist() == [3] * 2 * len(DESIGNS)
    cup = frame[(frame["design"] == "cup") & (frame["matches"] == 31)]
    assert (cup["runs"].item(), cup["matches_used"].item()) == (6, 30)
    assert cup["matches_used_error"].item() == 0
    for name in ("best_wins", "winner_rank", "kendall", "kendall_5", "spearman_median", "recall"):
        assert (frame[f"{name}_error"] > 0).all()
    for name in ("kendall", "spearman"):
        assert (frame[f"{name}_5"] <= frame[f"{name}_median"]).all()
        assert (frame[f"{name}_median"] <= frame[f"{name}_95"]).all()


def test_by_item() -> None:
    frame = compare(by="item", strengths=dict(zip("fedcba", ABILITY[::-1], strict=True)))
    assert len(frame) == N * len(DESIGNS)
    assert frame["item"].tolist() == list("abcdef") * len(DESIGNS)
    assert frame["true_rank"].tolist() == list(range(1, N + 1)) * len(DESIGNS)
    total = frame.groupby("design", sort=False)["n_matches"].sum()
    used = compare(strengths=ABILITY[::-1]).set_index("design")["matches_used"]
    np.testing.assert_allclose(total, 2 * used.loc[total.index])
    np.testing.assert_allclose(frame.groupby("design")["rank"].mean(), (N + 1) / 2)
    assert "item" not in compare(by="item", draw=draw)


def test_rules_differ_where_they_should() -> None:
    own, fitted = compare(rank_by="own"), compare(rank_by="bradley-terry")
    arena = own["design"] == "arena"
    assert own[arena].equals(fitted[arena])
    assert not own[~arena].equals(fitted[~arena])


def test_functions_that_make_designs() -> None:
    frame = compare({"pairs": lambda matches: zm.RandomPairs(N, matches)}, matches=[9, 30])
    assert frame["runs"].tolist() == [1, 1]
    assert frame["matches_used"].tolist() == [9, 30]


def test_perfect_certainty() -> None:
    """A chain of certain wins: a league of certain results is always right."""
    win = np.triu(np.ones((N, N)), 1)
    frame = compare([zm.RoundRobin(N)], strengths=win, matches=15)
    assert frame["design"].tolist() == ["RoundRobin(6)"]
    for name in ("best_wins", "winner_rank", "kendall", "spearman", "recall"):
        assert (frame[name].item(), frame[f"{name}_error"].item()) == (1.0, 0.0)


def test_strengths_of_a_fit() -> None:
    games = zm.Comparisons([*"abcdef"], [*"bcdefa"], [1, 1, 0, 1, 1, 0.5])
    fit = zm.bradley_terry(games, prior=1.0)
    frame = compare(strengths=fit, by="item")
    best = fit.items[np.argsort(-fit.ability, kind="stable")]
    assert frame["item"].tolist()[:N] == best.tolist()


def test_a_fit_that_does_not_converge_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zermelo.tournament.repeated.MOST_NEWTON_STEPS", 1)
    with pytest.warns(ConvergenceWarning, match="a larger prior helps"):
        compare([DESIGNS["cup"]], rank_by="bradley-terry")


def test_designs_that_name_their_items(backend: str) -> None:
    """A bracket in an order of its own is that of the same items by number."""
    names = [*"abcdef"]
    slots = ["c", None, "f", "a", "b", None, "e", "d"]
    seeds = sorted(range(N), key=lambda i: slots.index(names[i]))
    strengths = dict(zip(names, ABILITY, strict=True))
    named = {"x": zm.SingleElimination.from_slots(slots)}
    options: dict[str, Any] = {"rank_by": "elo", "by": "item", "matches": 30}
    found = compare(named, strengths=strengths, **options)
    numbers = [None if name is None else seeds.index(names.index(name)) for name in slots]
    by_number = {"x": zm.SingleElimination.from_slots(numbers)}
    expected = compare(by_number, strengths=ABILITY[seeds], **options)
    assert found["item"].tolist() == names
    assert [names[seeds[i]] for i in expected["item"]] == names
    assert found.drop(columns="item").equals(expected.drop(columns="item"))
    with pytest.raises(InputError, match="strengths says nothing of 'f', which a design has"):
        compare(named, strengths=dict(zip("abcdeg", ABILITY, strict=True)))


class Silent:
    """A design of somebody's own, which says how it is ranked."""

    def __init__(self, ranked_by: str) -> None:
        self.n, self.ranked_by = N, ranked_by

    def program(self) -> Any:
        return DESIGNS["cup"].program()


def test_designs_of_ones_own() -> None:
    frame = compare({"own": Silent("bradley-terry"), "cup": DESIGNS["cup"]}, rank_by="own")
    fitted = compare({"own": Silent("elo"), "cup": DESIGNS["cup"]}, rank_by="bradley-terry")
    assert frame.drop(columns="design").iloc[0].equals(fitted.drop(columns="design").iloc[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"designs": {}}, "designs is empty"),
        ({"designs": zm.RoundRobin(N)}, "designs must be a dict of name to design, or a list"),
        ({"designs": {1: zm.RoundRobin(N)}}, "names of designs must be text, but one is 1"),
        ({"designs": [zm.RoundRobin(N)] * 2}, r"designs has RoundRobin\(6\) twice; give a dict"),
        ({"designs": [lambda matches: matches]}, r"designs\[0\] is a function"),
        ({"designs": {"x": 3}}, r"designs\['x'\]: design must be a tournament design"),
        ({"designs": {"x": zm.RoundRobin}}, r"designs\['x'\] is the class RoundRobin; make"),
        ({"designs": {"x": zm.RoundRobin(N), "y": zm.RoundRobin(5)}}, "'y' has 5 and 'x' 6"),
        ({"designs": {"x": Silent("luck")}}, "ranked_by of a design must be one of 'place'"),
        ({"matches": 14}, r"one run of designs\['league'\] takes up to 15 matches, but matches"),
        ({"matches": 0}, "matches must be a positive whole number, or a list of them, but is 0"),
        ({"matches": []}, "matches is empty"),
        ({"matches": [31, 2.5]}, r"matches\[1\] must be a positive whole number"),
        ({"rank_by": "wins"}, "rank_by must be one of 'own', 'bradley-terry', 'elo', but is"),
        ({"by": "round"}, "by must be one of 'design', 'item', but is 'round'"),
        ({"judge": 0.9}, "judge must be a zm.judges.Noisy, but is float"),
        ({"prior": 0}, "prior must be positive, but is 0"),
        ({"k": -1}, "k must be positive, but is -1"),
        ({"top_k": 0}, "top_k must be from 1 to 6"),
        ({"top_k": 7}, "top_k must be from 1 to 6, the number of items, but is 7"),
        ({"replicates": 1}, "replicates must be a whole number of at least 2, but is 1"),
        ({"replicates": 2**31}, r"replicates must be at most 2\^30"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 2**64}, "seed must be a whole number from 0"),
        ({"scale": 0}, "scale must be positive"),
        ({"executor": 2}, "executor must be a concurrent.futures.Executor, but is int"),
        ({"threads": 0}, "threads must be a positive whole number or None, but is 0"),
        ({"backend": "rust"}, "backend must be 'cpp' or 'numba', but is 'rust'"),
        ({"library": "dask"}, "library must be one of pandas, polars, pyarrow"),
        ({"strengths": None}, "give either strengths, or draw"),
        ({"strengths": ABILITY, "draw": draw}, "give either strengths, or draw"),
        ({"strengths": ABILITY[:5]}, "strengths are of 5 items, but the design has 6"),
        ({"draw": 3}, "draw must be a function of a random generator, but is 3"),
        ({"draw": lambda rng: [1, 2]}, "draw, in replicate 0: strengths are of 2 items"),
    ],
)
def test_bad_input(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(**options)
