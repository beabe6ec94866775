"""Pictures, by the data they draw."""

import subprocess
import sys

import numpy as np
import pytest

import zermelo as zm
from zermelo.plot.figures import COLOURS, line_style
from zermelo.plot.thinning import shape_points

pytest.importorskip("plotly", reason="pictures need plotly")

A, B = ["x", "y", "x", "z"], ["y", "z", "z", "x"]
SCORES = [1, 0.5, 0, 1]


def replayed(**columns):
    return zm.elo(zm.Comparisons(A, B, SCORES, **columns), history=True)


def lines(figure):
    """x and y of each line by its name, in their order."""
    return {line.name: (line.x.tolist(), line.y.tolist()) for line in figure.data}


def test_numbers_of_games(backend):
    fit = replayed()
    found = lines(zm.plot.history(fit))
    # The best in the end come first.
    assert list(found) == fit.items[np.argsort(-fit.rating)].tolist()
    for item, (x, y) in found.items():
        rows = [row for row in range(4) if item in (A[row], B[row])]
        sides = [int(B[row] == item) for row in rows]
        assert x == [rows[0], *(row + 1 for row in rows)]
        assert y == [fit.before[rows[0], sides[0]], *fit.after[rows, sides]]
        assert y[-1] == fit.rating[fit.items.tolist().index(item)]


@pytest.mark.parametrize(
    "time",
    [
        np.array(["2021-01-04", "2021-01-01", "2021-01-03", "2021-01-02"], "M8[D]"),
        [4.0, 1.0, 3.0, 2.0],
        ["d", "a", "c", "b"],
    ],
)
def test_times(time):
    fit = replayed(time=time)
    x, y = lines(zm.plot.history(fit, ["x"]))["x"]
    rows = [3, 2, 0]
    kept = [np.asarray(time)[row].item() for row in [3, *rows]]
    assert x == kept
    assert y == [1500.0, *(fit.after[row, int(B[row] == "x")] for row in rows)]


def test_times_that_are_texts_stand_in_their_order():
    rounds = ["round 1", "round 2", "round 3", "round 4"]
    figure = zm.plot.history(replayed(time=rounds))
    # Lines bring them in another order: x plays in the first, the third and the fourth.
    assert figure.layout.xaxis.categoryorder == "category ascending"
    assert zm.plot.history(replayed(time=[1, 2, 3, 4])).layout.xaxis.categoryorder is None


def test_items_and_top():
    fit = replayed()
    assert list(lines(zm.plot.history(fit, ["z", "x"]))) == ["z", "x"]
    assert list(lines(zm.plot.history(fit, top=1))) == ["z"]
    assert list(lines(zm.plot.history(fit, np.array(["y"])))) == ["y"]


def test_reading_aids():
    figure = zm.plot.history(replayed(), title="Three")
    assert figure.layout.title.text == "Three"
    assert figure.layout.showlegend
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("game", "rating")
    line = next(line for line in figure.data if line.name == "x")
    assert line.line.shape == "hv"
    assert line.text[0] == "before the first game"
    assert line.text[1] == "game 1: 1 against y, 0.50 expected"
    assert line.text[2].startswith("game 3: 0 against z, 0.52 expected")
    timed = zm.plot.history(replayed(time=[1, 2, 3, 4]))
    assert timed.layout.xaxis.title.text == "time"


def test_names_are_no_markup():
    fit = zm.elo(zm.Comparisons(["<b>", "a & b"], ["a & b", "<b>"]), history=True)
    figure = zm.plot.history(fit, ["<b>", "a & b"])
    assert list(lines(figure)) == ["&lt;b&gt;", "a &amp; b"]
    assert "against a &amp; b" in figure.data[0].text[1]


def test_rescaled_ratings():
    fit = replayed()
    scaled = fit.rescale(initial=0.0, scale=100.0)
    x, y = lines(zm.plot.history(scaled, ["x"]))["x"]
    assert x == [0, 1, 3, 4]
    assert y[-1] == pytest.approx(scaled.rating[0], abs=1e-9)
    assert y[0] == pytest.approx(0.0, abs=1e-9)


def test_a_replay_that_went_on():
    first = zm.elo(zm.Comparisons(["x", "v"], ["y", "x"]))
    fit = first.update(zm.Comparisons(["y"], ["w"]), history=True)
    assert set(lines(zm.plot.history(fit))) == {"w", "y"}
    assert lines(zm.plot.history(fit, ["y"]))["y"][1][0] == first.rating[2]
    with pytest.raises(zm.errors.InputError, match="'v' has no game among those replayed last"):
        zm.plot.history(fit, ["v"])


def test_many_games_are_thinned_and_look_the_same():
    generator = np.random.default_rng(0)
    games = 50_000
    a = generator.integers(0, 3, games)
    data = zm.Comparisons(a, (a + generator.integers(1, 3, games)) % 3, generator.random(games))
    fit = zm.elo(data, history=True)
    x, y = lines(zm.plot.history(fit, [0], points=400))["0"]
    full_x, full_y = map(np.array, lines(zm.plot.history(fit, [0], points=10**6))["0"])
    assert len(full_x) > 20_000
    assert 300 < len(x) <= 400
    assert (x[0], y[0], x[-1], y[-1]) == (full_x[0], full_y[0], full_x[-1], full_y[-1])
    # In each of 100 stretches the line is as high and as low as all of it is.
    borders = np.linspace(full_x[0], full_x[-1], 101)
    whole, thin = (np.clip(np.searchsorted(borders, at, "right"), 1, 100) for at in (full_x, x))
    for stretch in range(1, 101):
        every, few = full_y[whole == stretch], np.array(y)[thin == stretch]
        assert (every.min(), every.max()) == (few.min(), few.max())


def test_thinning_keeps_what_is_short_and_what_does_not_move():
    assert shape_points(np.arange(5), np.arange(5.0), 8).tolist() == [0, 1, 2, 3, 4]
    same = np.full(100, 7)
    y = np.arange(100.0)
    assert shape_points(same, y, 8).tolist() == [0, 99]
    times = np.array(["2020-01-01"], "M8[D]") + np.arange(100)
    assert shape_points(times, y, 8).tolist() == [0, 49, 50, 99]
    texts = np.array([f"{n:03}" for n in range(100)], object)
    assert shape_points(texts, y, 8).tolist() == [0, 49, 50, 99]


def test_styles_differ():
    styles = [tuple(sorted(line_style(place).items())) for place in range(4 * len(COLOURS))]
    assert len(set(styles)) == len(styles)
    assert line_style(len(styles)) == line_style(0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"items": ["w"]}, "items: 'w' is not an item"),
        ({"items": []}, "items is empty"),
        ({"items": "x"}, "items must be a sequence of labels, but is 'x'"),
        ({"items": 3}, "items must be a sequence of labels, but is 3"),
        ({"top": 0}, "top must be a positive whole number"),
        ({"points": 4}, "points must be a whole number of at least 8"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(zm.errors.InputError, match=message):
        zm.plot.history(replayed(), **arguments)


def test_without_a_history(tmp_path):
    fit = zm.elo(zm.Comparisons(A, B, SCORES))
    with pytest.raises(zm.errors.InputError, match="replay with history=True"):
        zm.plot.history(fit)
    fit.save(tmp_path / "fit.npz")
    with pytest.raises(zm.errors.InputError, match="drawing the history needs the games"):
        zm.plot.history(zm.load(tmp_path / "fit.npz"))
    with pytest.raises(zm.errors.InputError, match="fit must be a replay's result"):
        zm.plot.history(zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"])))


def test_without_plotly():
    code = (
        "import sys; sys.modules['plotly'] = None\n"
        "import zermelo as zm\n"
        "fit = zm.elo(zm.Comparisons(['x'], ['y']), history=True)\n"
        "try:\n    zm.plot.history(fit)\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "pip install 'zermelo[plot]'" in done.stdout
