"""Pictures of brackets and of designs, by the data they draw."""

import re

import numpy as np
import pytest

import zermelo as zm

pytest.importorskip("plotly", reason="pictures need plotly")

TEAMS = ["Uruguay", "Peru", "Chile", "Brazil", "Bolivia", "Ecuador"]
RATINGS = dict(zip(TEAMS, [1800.0, 1600, 1650, 1850, 1500, 1620], strict=True))


def cup():
    return zm.SingleElimination.from_slots([*TEAMS[:4], "Bolivia", None, "Ecuador", None])


def places(figure):
    """The items and probabilities that stand in each round, from top to bottom."""
    bars = figure.data[2]
    found = {}
    for left, text in zip(bars.base, bars.hovertext, strict=True):
        name, chance = re.fullmatch(r"<b>(.*)</b><br>[^:]*: ([0-9.]+)%.*", text).groups()
        found.setdefault(int(left), []).append((name, float(chance)))
    return found


def test_who_stands_where():
    design = cup()
    result = zm.win_probabilities(design, RATINGS, scale=400)
    figure = zm.plot.bracket(design, result, shown=2, title="Cup")
    found = places(figure)
    # Those with a bye begin where they enter.
    assert found[0] == [(team, 100.0) for team in TEAMS[:4]]
    assert [name for name, _ in found[1]][-2:] == ["Bolivia", "Ecuador"]
    items = result.items.tolist()
    for round in (1, 2, 3):
        for name, chance in found[round]:
            assert chance == pytest.approx(100 * result.reach[items.index(name), round], abs=0.006)
    # Two items a place, the likeliest first.
    assert [name for name, _ in found[1]][:2] == ["Uruguay", "Peru"]
    assert [name for name, _ in found[2]] == ["Brazil", "Uruguay", "Ecuador", "Bolivia"]
    assert [name for name, _ in found[3]] == ["Brazil", "Uruguay"]
    assert figure.layout.title.text == "Cup"
    headings = [note.text for note in figure.layout.annotations]
    assert headings == [f"<b>{n}</b>" for n in ("round 1", "semi-final", "final", "champion")]
    bars = figure.data[2]
    for length, text in zip(bars.x, bars.hovertext, strict=True):
        chance = float(re.search(r"([0-9.]+)%", text).group(1))
        assert length == pytest.approx(0.84 * chance / 100, abs=1e-4)


def test_strengths_results_and_standard_errors():
    design = cup()
    by_strength = zm.plot.bracket(design, RATINGS, scale=400)
    exact = zm.plot.bracket(design, zm.win_probabilities(design, RATINGS, scale=400))
    assert by_strength == exact
    simulated = zm.simulate(design, RATINGS, 1000, scale=400)
    texts = zm.plot.bracket(design, simulated).data[2].hovertext
    error = simulated.standard_error.champion[simulated.items.tolist().index("Brazil")]
    assert any(text.startswith("<b>Brazil</b><br>champion") for text in texts)
    assert any(text.endswith(f"± {error:.2%}") for text in texts)
    assert not any("±" in text for text in exact.data[2].hovertext)


def test_a_tournament_that_is_going_on():
    design = cup()
    played = zm.Comparisons(["Peru", "Brazil"], ["Uruguay", "Chile"])
    result = zm.win_probabilities(design, RATINGS, scale=400, results=played)
    found = places(zm.plot.bracket(design, result))
    # Who is out stands nowhere any more, and what is certain needs no number.
    assert found[1] == [(team, 100.0) for team in ("Peru", "Brazil", "Bolivia", "Ecuador")]
    figure = zm.plot.bracket(design, result)
    assert len(figure.data[3].text) == len(found[2]) + len(found[3])


def test_lines_go_from_every_place_to_the_next():
    for n in (2, 5, 8, 13, 64):
        figure = zm.plot.bracket(zm.SingleElimination(n), np.linspace(1, -1, n))
        # A place an item, and one a match; all but the title lead on.
        assert list(figure.data[0].x).count(None) == n + (n - 1) - 1
        # No two lines of text of a column stand on each other.
        bars = figure.data[1]
        for round in set(bars.base):
            heights = sorted(y for y, at in zip(bars.y, bars.base, strict=True) if at == round)
            assert (np.diff(heights) >= 1 - 1e-9).all()


def test_play_ins_and_names_that_are_no_markup():
    design = zm.SingleElimination.from_slots(["<b>", ("x & y", "z")])
    figure = zm.plot.bracket(design, [1.0, 0.5, 0.0])
    assert [name for name, _ in places(figure)[0]] == ["x &amp; y", "z"]
    assert "&lt;b&gt;" in figure.data[-1].text


@pytest.mark.parametrize(
    ("design", "strengths", "message"),
    [
        (zm.DoubleElimination(4), [1.0, 0, 0, 0], "must be a SingleElimination, but is Double"),
        (zm.SingleElimination(4, seeding="random"), [1.0, 0, 0, 0], "has a random draw"),
        (zm.SingleElimination(4, reseed=True), [1.0, 0, 0, 0], "pairs anew after every round"),
        (zm.SingleElimination(4), [1.0, 0, 0], "strengths are of 3 items, but the design has 4"),
    ],
)
def test_what_cannot_be_drawn(design, strengths, message):
    with pytest.raises(zm.errors.InputError, match=message):
        zm.plot.bracket(design, strengths)


def test_results_of_another_design():
    result = zm.win_probabilities(zm.SingleElimination(8), np.zeros(8))
    with pytest.raises(zm.errors.InputError, match="a result of 8 items and 3 rounds"):
        zm.plot.bracket(zm.SingleElimination(4), result)
    with pytest.raises(zm.errors.InputError, match="scale is for ratings, but strengths is a"):
        zm.plot.bracket(zm.SingleElimination(8), result, scale=400)
    with pytest.raises(zm.errors.InputError, match="shown must be a positive whole number"):
        zm.plot.bracket(zm.SingleElimination(8), result, shown=0)


def compared(**options):
    return zm.compare_designs(
        {"<cup>": zm.SingleElimination(4, seeding="random"), "league": zm.RoundRobin(4)},
        draw=lambda generator: generator.normal(size=4),
        matches=[6, 24, 12],
        replicates=20,
        **options,
    )


@pytest.mark.parametrize("measure", ["best_wins", "winner_rank", "kendall_median", "recall"])
@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_accuracy_against_cost(library, measure):
    pytest.importorskip(library)
    frame = compared(library=library)
    figure = zm.plot.designs(frame, measure, title="Four items")
    assert [line.name for line in figure.data] == ["&lt;cup&gt;", "league"]
    table = compared(library="pandas") if library != "pandas" else frame
    for line, name in zip(figure.data, ("<cup>", "league"), strict=True):
        rows = table[table["design"] == name].sort_values("matches")
        assert line.x.tolist() == rows["matches_used"].tolist()
        assert line.y.tolist() == rows[measure].tolist()
        assert line.error_y.array.tolist() == (1.96 * rows[f"{measure}_error"]).tolist()
    assert figure.layout.xaxis.type == "log"
    assert zm.plot.designs(frame, measure, log=False).layout.xaxis.type == "linear"
    assert figure.layout.yaxis.autorange == ("reversed" if measure == "winner_rank" else None)


def test_frames_that_cannot_be_drawn():
    with pytest.raises(zm.errors.InputError, match="measure must be one of 'best_wins'"):
        zm.plot.designs(compared(), "accuracy")
    with pytest.raises(zm.errors.InputError, match="frame has no column 'matches_used'"):
        zm.plot.designs(compared(by="item"))
    with pytest.raises(zm.errors.InputError, match="frame must be a data frame"):
        zm.plot.designs([1, 2])
