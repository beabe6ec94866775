"""Rules of an Elo system chosen by their one-step-ahead log loss."""

import csv
import gzip
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import scipy.optimize

import zermelo as zm
from zermelo.errors import InputError
from zermelo.ratings.elo_search import minimum

TENNIS = zm.KSchedule(lambda games: 250.0 / (games + 5.0) ** 0.4)
FIDE = zm.presets.fide()["k"]
# Where a test is not about where the best lies.
quiet = pytest.mark.filterwarnings("ignore:the best")


def league(n_games=2000, n_items=12, home=70.0, seed=0, **columns):
    """Games with draws between items of fixed strengths, `home` points better at home."""
    random = np.random.default_rng(seed)
    strength = np.linspace(-200.0, 200.0, n_items)
    first = random.integers(0, n_items, n_games)
    second = (first + random.integers(1, n_items, n_games)) % n_items
    neutral = random.random(n_games) < 0.2
    ahead = strength[first] - strength[second] + np.where(neutral, 0.0, home)
    goals = random.normal(ahead / 100.0, 1.5)
    margin = np.rint(np.abs(goals))
    outcome = np.where(margin == 0, 0.5, goals > 0)
    period = np.arange(n_games) * 6 // n_games
    columns = {"neutral": neutral, "margin": margin, "period": period} | columns
    return zm.Comparisons(first, second, outcome, **columns)


def unordered(n_games=200, seed=0):
    """A league whose rows do not stand in their order, with counts and weights, some of them 0."""
    random = np.random.default_rng(seed)
    columns = {"time": random.integers(0, 50, n_games)}
    columns |= {"count": random.integers(0, 3, n_games), "weight": random.integers(0, 3, n_games)}
    return league(n_games, seed=seed, offset=random.normal(0.0, 0.2, n_games), **columns)


GRIDS = {
    "one number": {"k": [5, 10, 20, 40, 80]},
    "two numbers": {"k": np.array([10.0, 30.0, 90.0]), "position_effect": range(0, 200, 40)},
    "schedules": {"k": [20.0, TENNIS, FIDE, 25], "position_effect": [0, 60]},
    "margins": {"k": [10, 20], "margin": [None, "log", zm.PowerMargin(), zm.LogMargin(slope=0.01)]},
    "seasons": {"reversion": [0, 0.2, 0.5], "reversion_to": [1400.0, 1500.0, 1600.0]},
    "starts": {"initial": [1300, 1500, 1600], "reversion": [0.1, 0.3], "reversion_to": 1505.0},
    "follows": {"initial": [1300, 1600], "reversion": [0.1, 0.3], "k": FIDE},
    "scale": {"scale": [200, 400, 900], "base": np.e, "k": 25, "position_effect": 50.0},
    "resets": {"initial": [1400, 1500], "resets": {(0, 2): 1600.0}, "reversion": 0.1},
    "by item": {"initial": {0: 1200.0}, "reversion": [0.0, 0.5], "position_effect": 40.0},
}


@quiet
@pytest.mark.parametrize("rules", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("data", [league(200), unordered()], ids=["ordered", "unordered"])
def test_a_grid_is_the_minimum_over_its_replays(backend, rules, data):
    rows = np.arange(len(data)) % 3 > 0
    tuning = zm.tune_elo(data, **rules, rows=rows)
    expected = [zm.elo(data, **(rules | one)).log_loss(rows) for one in tuning.tried]
    assert len({tuple(map(repr, one.values())) for one in tuning.tried}) == tuning.n_tried
    np.testing.assert_allclose(tuning.losses, expected, rtol=0, atol=1e-12)
    assert tuning.log_loss == tuning.losses.min()
    np.testing.assert_array_equal(tuning.rows, rows)
    assert tuning.fit.log_loss(tuning.rows) == pytest.approx(tuning.log_loss, abs=1e-12)
    again = zm.elo(data, **tuning.best)
    np.testing.assert_array_equal(again.rating, tuning.fit.rating)


@quiet
def test_all_combinations_are_tried():
    tuning = zm.tune_elo(league(200), k=[10, 20, 30], scale=[300, 400, 500, 600], base=9.0)
    tried = {(one["k"], one["scale"]) for one in tuning.tried}
    assert tried == {(k, scale) for k in (10, 20, 30) for scale in (300, 400, 500, 600)}
    assert tuning.n_tried == 12
    assert tuning.tuned == ("k", "scale")
    assert list(tuning.best) == ["k", "scale", "base"]


@quiet
@pytest.mark.parametrize("rules", [{"k": (1, 200)}, {"k": [10, 20], "position_effect": (0, 200)}])
def test_threads_change_nothing(backend, rules):
    data = league(400)
    one, three = (zm.tune_elo(data, **rules, threads=threads) for threads in (1, 3))
    assert one.best == three.best
    np.testing.assert_array_equal(one.losses, three.losses)


def test_how_rules_are_batched_changes_nothing(kernels):
    """A set of rules has the same loss to the last bit among any others."""
    from zermelo.ratings.elo_rules import EloRules
    from zermelo.ratings.elo_state import EloState, Replay
    from zermelo.ratings.replay import Games

    games = Games.of(league(150), "elo")
    rules = [
        EloRules.checked(
            k=float(k),
            scale=400.0,
            base=10.0,
            position_effect=2.0 * k,
            margin=None,
            reversion=0.01 * k,
            reversion_to=1500.0,
        )
        for k in range(1, 23)
    ]
    start = np.full(games.data.n_items, 1500.0)
    state = EloState.fresh(games.data.items, start)
    replay = Replay.of(games, rules[-1], state, 0, None, kernels)
    weight = np.ones(len(games))
    values = [one.values(0) for one in rules]
    for schedule in (TENNIS.arrays(150), FIDE.arrays(150)):
        values.insert(11, (*values[5][:8], *schedule, False))
    single = [
        kernels.elo_log_loss(replay.arrays, [one], start[None].copy(), weight, 1)[0]
        for one in values
    ]
    for size in range(1, len(values) + 1):
        starts = np.tile(start, (size, 1))
        together = kernels.elo_log_loss(replay.arrays, values[:size], starts, weight, 2)
        np.testing.assert_array_equal(together, single[:size])


@quiet
def test_backends_agree():
    if not all(zm.backend_info()[name]["available"] for name in ("cpp", "numba")):
        pytest.skip("only one backend is available")
    rules = {"k": (1, 200), "position_effect": [0.0, 50.0, 100.0], "margin": [None, "log"]}
    cpp, numba = (zm.tune_elo(league(400), **rules, backend=name) for name in ("cpp", "numba"))
    assert cpp.log_loss == pytest.approx(numba.log_loss, abs=1e-10)
    assert cpp.best["k"] == pytest.approx(numba.best["k"], rel=1e-5)
    assert [cpp.best[name] for name in ("position_effect", "margin")] == [
        numba.best[name] for name in ("position_effect", "margin")
    ]


@quiet
@pytest.mark.parametrize(
    "ranges",
    [
        {"k": (1.0, 150.0)},
        {"k": (1.0, 150.0), "position_effect": (-100.0, 300.0)},
        {"k": (1.0, 150.0), "position_effect": (0.0, 150.0), "reversion": (0.0, 0.5)},
        # Nearly the same predictions all along a valley.
        {"k": (1.0, 300.0), "scale": (50.0, 1500.0)},
    ],
    ids=["one", "two", "three", "valley"],
)
def test_ranges_are_searched_as_well_as_simplices_do(backend, ranges):
    data = league(1000, seed=3)
    tuning = zm.tune_elo(data, **ranges)

    def loss(values):
        return zm.elo(data, **dict(zip(ranges, values.tolist(), strict=True))).log_loss()

    peer = scipy.optimize.minimize(
        loss,
        [sum(ends) / 2 for ends in ranges.values()],
        method="Nelder-Mead",
        bounds=list(ranges.values()),
        options={"xatol": 1e-6, "fatol": 1e-12, "maxfev": 400},
    )
    assert tuning.log_loss <= peer.fun + 1e-8
    for name, (low, high) in ranges.items():
        assert low <= tuning.best[name] <= high


@quiet
def test_a_range_next_to_a_list():
    data = league(1000)
    both = zm.tune_elo(data, k=(1, 200), position_effect=[0, 130, 260])
    alone = zm.tune_elo(data, k=(1, 200), position_effect=130)
    assert both.best == alone.best
    assert alone.best["position_effect"] == 130
    assert both.log_loss == alone.log_loss


def test_the_advantage_at_home_is_found():
    """No bound on it is exact; over seeds the estimate has a standard deviation below 10."""
    games = league(20_000, home=70.0, seed=5)
    tuning = zm.tune_elo(games, k=(1, 60), position_effect=(-50, 250))
    odds = zm.bradley_terry(games, position_effect=True).position_effect
    assert tuning.best["position_effect"] == pytest.approx(400 / np.log(10) * odds, abs=10)
    assert tuning.log_loss < zm.elo(games, k=tuning.best["k"]).log_loss()


def quadratic(dimensions, seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(dimensions, dimensions))
    return root @ root.T + 0.05 * np.eye(dimensions), random.uniform(-0.3, 1.3, dimensions)


@pytest.mark.parametrize("dimensions", range(1, 7))
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bent", [0.0, 0.3])
def test_minimum_over_the_cube(dimensions, seed, bent):
    """Against SciPy, minima inside and on the faces, of parabolas and of what is none."""
    matrix, place = quadratic(dimensions, seed)

    def loss(points):
        away = points - place
        value = 0.5 * ((away @ matrix) * away).sum(axis=-1)
        return value + bent * np.sqrt(1.0 + 20.0 * (away**2).sum(axis=-1))

    peer = scipy.optimize.minimize(
        loss, np.full(dimensions, 0.5), bounds=[(0, 1)] * dimensions, tol=1e-14
    )
    steps = minimum(dimensions)
    points, lowest, n_tried = next(steps), np.inf, 0
    while True:
        assert points.min() >= 0.0
        assert points.max() <= 1.0
        losses = loss(points)
        lowest, n_tried = min(lowest, losses.min()), n_tried + len(points)
        try:
            points = steps.send(losses)
        except StopIteration:
            break
    assert lowest <= peer.fun + 1e-6
    assert n_tried < 5000


def test_minimum_beside_where_nothing_is_known():
    def loss(points):
        away = (points - [0.62, 0.31]) @ [[1.0, 0.8], [0.8, 1.0]]
        return np.where(points[:, 0] > 0.65, np.inf, (away**2).sum(axis=1))

    steps = minimum(2)
    points, lowest = next(steps), np.inf
    while True:
        losses = loss(points)
        lowest = min(lowest, losses.min())
        try:
            points = steps.send(losses)
        except StopIteration:
            break
    assert lowest < 1e-6


@quiet
def test_rows_that_do_not_count_are_replayed(backend):
    data = league(600)
    late = np.arange(600) >= 300
    tuning = zm.tune_elo(data, k=[10, 20, 40, 80], rows=late)
    skipped = zm.tune_elo(data, k=[10, 20, 40, 80], skip=300)
    assert skipped.losses.tolist() == tuning.losses.tolist()
    np.testing.assert_array_equal(skipped.rows, late)
    # Games after the last that counts change nothing.
    early = zm.tune_elo(data, k=[10, 20, 40, 80], rows=~late)
    first = zm.tune_elo(data.select(~late), k=[10, 20, 40, 80])
    assert early.losses.tolist() == first.losses.tolist()


def test_skip_counts_games_in_the_order_of_their_time():
    data = unordered()
    tuning = zm.tune_elo(data, k=[10, 20], skip=60)
    assert data.time[~tuning.rows].max() <= data.time[tuning.rows].min()
    assert np.count_nonzero(~tuning.rows) == 60


@quiet
def test_rules_that_cannot_replay_the_games(backend):
    """Fixed steep margins fail with large K only."""
    games = zm.Comparisons([0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1], margin=[30, 30, 30, 30])
    steep = zm.LogMargin(slope=0.02)
    tuning = zm.tune_elo(games, k=[1.0, 10.0, 1000.0], margin=[None, steep])
    failed = [place for place, loss in enumerate(tuning.losses) if np.isinf(loss)]
    assert [tuning.tried[place] for place in failed] == [{"k": 1000.0, "margin": steep}]
    with pytest.raises(InputError, match="no rules of those tried can replay the games"):
        zm.tune_elo(games, k=[1000.0, 2000.0], margin=steep)


def test_a_best_at_the_end_is_said():
    data = league(500)
    with pytest.warns(UserWarning, match=r"the best k, 1, is at the end of what was tried"):
        low = zm.tune_elo(data, k=[1, 0.5, 0.2])
    assert low.best == {"k": 1.0}
    with pytest.warns(UserWarning, match=r"the best position_effect, 10, is at the end"):
        zm.tune_elo(data, position_effect=(-10, 10))
    # Two values are a choice, and nothing lies beyond no reversion at all.
    zm.tune_elo(data, k=[1, 2])
    assert zm.tune_elo(data, reversion=(0, 0.5)).best["reversion"] <= 0.5e-4


@quiet
def test_what_it_looks_like():
    data = league(300)
    tuning = zm.tune_elo(data, k=[10, 20, FIDE], margin=["log", None], position_effect=(0, 200))
    assert repr(tuning).startswith("EloTuning(k=")
    assert repr(tuning).endswith(f", log loss {tuning.log_loss:.6f}, {tuning.n_tried:,} tried)")
    with pytest.raises(FrozenInstanceError):
        tuning.log_loss = 0.0
    with pytest.raises(ValueError, match="read-only"):
        tuning.losses[0] = 0.0
    pd = pytest.importorskip("pandas")
    frame = tuning.to_frame("pandas")
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == ["k", "position_effect", "margin", "log_loss"]
    assert len(frame) == tuning.n_tried
    assert set(frame["margin"]) == {repr(zm.LogMargin()), "None"}
    assert frame["position_effect"].dtype == np.float64


def test_columns_of_frames_are_grids():
    pd = pytest.importorskip("pandas")
    tuning = zm.tune_elo(league(200), k=pd.Series([10, 20]))
    assert [one["k"] for one in tuning.tried] == [10.0, 20.0]


BAD = [
    ({}, "there is nothing to tune"),
    ({"k": 20, "scale": 300.0}, "there is nothing to tune"),
    ({"k": []}, "k is empty"),
    ({"k": [10, -1]}, r"k\[1\] must be finite and non-negative, but is -1"),
    ({"k": [10, np.nan]}, r"k\[1\] must be finite and non-negative, but is nan"),
    ({"k": [True]}, r"k\[0\] must be finite and non-negative, but is True"),
    ({"k": [[10], [20]]}, r"k\[0\] must be finite"),
    ({"k": (-5, 10)}, r"k\[0\] must be finite and non-negative, but is -5"),
    ({"k": (30, 10)}, r"k must be a range \(low, high\) with low < high, but is \(30, 10\)"),
    ({"k": (10, 10)}, "with low < high"),
    ({"k": (10, np.inf)}, r"k\[1\] must be finite"),
    ({"k": (10, 20, 30)}, r"k must be a range \(low, high\) or a list of values"),
    ({"k": (FIDE, 20)}, r"k\[0\] must be finite and non-negative"),
    ({"k": "20"}, "k must be finite and non-negative, but is '20'"),
    ({"k": {0: 1.0}}, "k must be"),
    ({"k": iter([1, 2])}, "k must be finite and non-negative"),
    ({"k": -3, "scale": [300, 400]}, "k must be finite and non-negative, but is -3"),
    ({"scale": [0, 400]}, r"scale\[0\] must be positive, but is 0"),
    ({"scale": (-1, 400)}, r"scale\[0\] must be positive, but is -1"),
    ({"reversion": [0.5, 1.5]}, r"reversion\[1\] must be a number from 0 to 1, but is 1.5"),
    ({"reversion": (0, 2)}, r"reversion\[1\] must be a number from 0 to 1, but is 2"),
    ({"position_effect": [0, "x"]}, r"position_effect\[1\] must be a finite number, but is 'x'"),
    ({"base": [2, 10]}, "base is not tuned, but is a list; tune scale instead"),
    ({"base": (2, 10)}, "base is not tuned, but is a range; tune scale instead"),
    ({"base": 1.0, "k": [10, 20]}, "base must be greater than 1, but is 1.0"),
    ({"margin": ["log", "square"]}, "margin must be None, 'power', 'log'"),
    ({"margin": ("log", "power")}, r"margin has no range \(low, high\); list the rules"),
    ({"margin": "square", "k": [10, 20]}, "margin must be None, 'power', 'log'"),
    ({"initial": {99: 1400.0}, "k": [10, 20]}, "initial names 99, which is no item"),
    ({"initial": [1400, 1600]}, "initial is tuned, but moves all ratings alike"),
    ({"initial": [1400, 1600], "reversion": 0.1}, "initial is tuned, but moves all"),
    ({"reversion_to": (1400, 1600)}, "reversion_to is tuned, but reversion is 0"),
    ({"k": range(1, 100_002)}, "make 100,001 sets of rules to begin with, but at most 100,000"),
    ({"k": [10, 20], "rows": [True, False]}, r"rows must be bools of shape \(60,\)"),
    ({"k": [10, 20], "rows": np.arange(60)}, "rows must be bools of shape"),
    ({"k": [10, 20], "rows": np.zeros(60, bool)}, "no game counts: rows and skip leave none"),
    ({"k": [10, 20], "skip": 60}, "no game counts"),
    ({"k": [10, 20], "skip": -1}, "skip must be a whole number of at least 0, but is -1"),
    ({"k": [10, 20], "skip": 1.5}, "skip must be a whole number"),
    ({"k": [10, 20], "threads": 0}, "threads must be a positive whole number or None"),
    ({"k": [10, 20], "backend": "c"}, "backend must be 'cpp' or 'numba', but is 'c'"),
    ({"k": [10, 20], "resets": {(0, 77): 1.0}}, r"resets names \(0, 77\)"),
    ({"k": [10, 20], "resets": [1]}, "resets must be a dict"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        zm.tune_elo(league(60), **arguments)


@pytest.mark.parametrize(
    ("columns", "arguments", "message"),
    [
        ({"outcome": None}, {"position_effect": [0, 50]}, "position_effect needs to know who was"),
        ({}, {"reversion": [0, 0.2]}, "make Comparisons with period="),
        ({}, {"margin": [None, "log"]}, "make Comparisons with margin="),
        ({"neutral": [1, 1]}, {"position_effect": (0, 50)}, "but every row is neutral"),
        ({"weight": [0, 0]}, {"k": [10, 20]}, "no game counts"),
    ],
)
def test_data_without_what_is_tuned(columns, arguments, message):
    data = zm.Comparisons(["x", "y"], ["y", "x"], **({"outcome": [1, 0]} | columns))
    with pytest.raises(InputError, match=message):
        zm.tune_elo(data, **arguments)


def test_only_comparisons_have_an_order():
    with pytest.raises(InputError, match="tune_elo replays games in their order"):
        zm.tune_elo(league(60).pair_counts(), k=[10, 20])
    with pytest.raises(InputError, match="data must be Comparisons, but is list"):
        zm.tune_elo([1, 2], k=[10, 20])


@pytest.fixture(scope="module")
def football(data_path):
    """Men's international football, 1872 to 2026 (martj42/international_results, CC0)."""
    with gzip.open(data_path("football_results.csv.gz"), "rt", encoding="utf-8") as file:
        games = [row for row in csv.DictReader(file) if row["home_score"].isdigit()]
    goals = np.array([[int(row[f"{side}_score"]) for side in ("home", "away")] for row in games])
    return zm.Comparisons(
        [row["home_team"] for row in games],
        [row["away_team"] for row in games],
        np.sign(goals[:, 0] - goals[:, 1]) / 2.0 + 0.5,
        time=np.array([row["date"] for row in games], "datetime64[D]"),
        neutral=[row["neutral"] == "TRUE" for row in games],
        margin=goals[:, 0] - goals[:, 1],
    )


@pytest.mark.data
def test_rules_tuned_on_early_football_foresee_later_games_better(backend, football):
    early = football.time < np.datetime64("2010-01-01")
    tuning = zm.tune_elo(football, k=(5, 100), position_effect=(0, 200), rows=early)
    untuned = zm.elo(football)
    assert tuning.log_loss < untuned.log_loss(early)
    later = tuning.fit.log_loss(~early)
    assert later < untuned.log_loss(~early) - 0.01
    # Each of the two matters.
    for name in ("k", "position_effect"):
        fewer = {other: value for other, value in tuning.best.items() if other != name}
        assert later < zm.elo(football, **fewer).log_loss(~early)


@pytest.mark.data
def test_margins_foresee_football_better(football):
    early = football.time < np.datetime64("2010-01-01")
    rules = {"k": (5, 100), "position_effect": (0, 200), "rows": early}
    margins = zm.tune_elo(football, **rules, margin=[None, "log"])
    assert margins.best["margin"] == zm.LogMargin()
    plain = zm.tune_elo(football, **rules)
    assert margins.fit.log_loss(~early) < plain.fit.log_loss(~early)
