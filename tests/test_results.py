"""What a fit offers: predictions, ranks, scales, frames and how it prints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import reference
from five_items import LABELS, comparisons, frame_of, rows_of

import zermelo as zm
from zermelo.errors import InputError


@pytest.fixture
def fit(backend: str) -> Any:
    return zm.bradley_terry(comparisons(), backend=backend)


@pytest.fixture
def partly_rated(backend: str) -> Any:
    return zm.bradley_terry(
        zm.Comparisons(list("xyzxu"), list("yzxyx")), components="largest", backend=backend
    )


# Predictions and ranks --------------------------------------------------------------------------


def test_predict(fit: Any) -> None:
    ability = dict(zip(LABELS, fit.ability, strict=True))

    def p(a: str, b: str) -> float:
        return float(1 / (1 + np.exp(ability[b] - ability[a])))

    assert isinstance(fit.predict("ann", "bob"), float)
    assert fit.predict("ann", "bob") == pytest.approx(p("ann", "bob"), abs=1e-15)
    assert fit.predict("ann", "ann") == 0.5
    several = fit.predict(["ann", "cy"], ["bob", "eve"])
    np.testing.assert_allclose(several, [p("ann", "bob"), p("cy", "eve")], atol=1e-15)
    np.testing.assert_allclose(
        fit.predict("ann", ["bob", "cy"]), [p("ann", "bob"), p("ann", "cy")], atol=1e-15
    )
    np.testing.assert_allclose(
        fit.predict(np.array(["bob", "cy"]), "ann"), [p("bob", "ann"), p("cy", "ann")], atol=1e-15
    )
    assert fit.predict([], []).shape == (0,)
    matrix = fit.win_matrix()
    for i, a in enumerate(LABELS):
        np.testing.assert_allclose(matrix[i], fit.predict(a, LABELS), atol=1e-15)
    np.testing.assert_allclose(matrix + matrix.T, 1.0, atol=1e-15)


def test_predict_of_whole_number_labels(backend: str) -> None:
    fit = zm.bradley_terry(zm.Comparisons([10, 10, 20], [20, 20, 10]), backend=backend)
    assert fit.predict(10, 20) == pytest.approx(2 / 3, abs=1e-9)
    assert fit.predict(np.int64(10), np.array([20, 10])).round(6).tolist() == [0.666667, 0.5]


def test_predict_does_not_overflow(backend: str) -> None:
    games = zm.Comparisons([0, 1], [1, 0])
    fit = zm.bradley_terry(games, fixed={0: 0.0}, backend=backend)
    far = replace(fit, ability=np.array([2000.0, -2000.0]))
    assert far.predict(0, 1) == 1.0
    assert far.predict(1, 0) == 0.0
    assert far.worth.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("ann", "zed", "b: 'zed' is not an item of this fit"),
        (["ann", "zed"], ["bob", "bob"], "a: 'zed' is not an item of this fit"),
        (7, "bob", "a: 7 is not an item of this fit"),
        (["ann"], ["bob", "cy"], r"Length of b \(2\) must match length of a \(1\)"),
        ([["ann"]], ["bob"], r"a: \['ann'\] is not an item of this fit"),
        (None, "bob", "a"),
        (2.5, "bob", "a"),
    ],
)
def test_predict_refuses(a: Any, b: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(comparisons()).predict(a, b)


def test_rank_and_scales(fit: Any) -> None:
    order = np.argsort(-fit.ability)
    assert fit.rank()[order].tolist() == [1, 2, 3, 4, 5]
    assert fit.rank().dtype == np.int64
    np.testing.assert_allclose(fit.rating, 1000 + 400 / np.log(10) * fit.ability, rtol=1e-14)
    np.testing.assert_allclose(fit.worth, np.exp(fit.ability) / np.exp(fit.ability).sum())
    assert fit.ability.sum() == pytest.approx(0.0, abs=1e-12)
    assert fit.items.tolist() == LABELS
    assert fit.n_items == 5


def test_equal_abilities_share_a_rank(backend: str) -> None:
    # w and x are alike, y and z are alike.
    games = zm.Comparisons(list("wxwxyzyz"), list("yzzywxzy"), count=[3, 3, 3, 3, 1, 1, 2, 2])
    fit = zm.bradley_terry(games, fixed={"y": 0.0, "z": 0.0}, backend=backend)
    assert fit.rank().tolist() == [1, 1, 3, 3]


def test_rescale(fit: Any) -> None:
    other = fit.rescale(initial=1500, scale=173.7178, base=np.e)
    np.testing.assert_allclose(other.rating, 1500 + 173.7178 * fit.ability)
    np.testing.assert_array_equal(other.ability, fit.ability)
    assert type(other) is type(fit)
    anchored = fit.rescale(anchor=("bob", 1200.0))
    assert anchored.rating[1] == pytest.approx(1200.0, abs=1e-9)
    np.testing.assert_allclose(np.diff(anchored.rating), np.diff(fit.rating))
    assert fit.rescale().rating.tolist() == fit.rating.tolist()
    # The interval's frame and the board are on the new scale, too.
    board = anchored.to_frame("pandas").set_index("item")
    assert board.loc["bob", "rating"] == pytest.approx(1200.0, abs=1e-9)
    assert board.loc["bob", "lower"] < 1200.0 < board.loc["bob", "upper"]
    low = fit.to_frame("pandas").set_index("item").loc["bob", "lower"]
    assert board.loc["bob", "lower"] - low == pytest.approx(1200.0 - fit.rating[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0}, "scale must be positive, but is 0"),
        ({"base": 1.0}, "base must be greater than 1, but is 1.0"),
        ({"initial": float("nan")}, "initial must be a finite number, but is nan"),
        ({"initial": "1000"}, "initial must be a finite number, but is '1000'"),
        ({"anchor": "ann"}, r"anchor must be \(item, rating\), but is 'ann'"),
        ({"anchor": ("zed", 1.0)}, "anchor: 'zed' is not an item of this fit"),
        ({"anchor": ("u", 1.0)}, "anchor 'u' is not rated"),
        ({"anchor": ("x", "high")}, "anchor's rating must be a finite number, but is 'high'"),
        ({"anchor": ("x", float("nan"))}, "anchor's rating must be a finite number, but is nan"),
    ],
)
def test_rescale_refuses(options: dict[str, Any], message: str) -> None:
    games = zm.Comparisons(list("xyzxu"), list("yzxyx"))
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(games, components="largest").rescale(**options)


def test_results_are_frozen(fit: Any) -> None:
    with pytest.raises(AttributeError):
        fit.ability = np.zeros(5)


# Frames -----------------------------------------------------------------------------------------

COLUMNS = [
    "item",
    "rank",
    "rating",
    "lower",
    "upper",
    "ability",
    "standard_error",
    "comparisons",
]


@pytest.mark.parametrize(
    ("library", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table)]
)
def test_to_frame(fit: Any, library: str, kind: type) -> None:
    frame = fit.to_frame(library)
    assert isinstance(frame, kind)
    if library == "pyarrow":
        columns = frame.to_pydict()
    else:
        columns = {name: frame[name].to_list() for name in frame.columns}
    assert sorted(columns) == sorted(COLUMNS)
    order = np.argsort(-fit.ability)
    assert columns["item"] == [LABELS[i] for i in order]
    assert columns["rank"] == [1, 2, 3, 4, 5]
    interval = fit.interval()
    points = 400 / np.log(10)
    for name, expected in {
        "rating": fit.rating,
        "lower": 1000 + points * interval.lower,
        "upper": 1000 + points * interval.upper,
        "ability": fit.ability,
        "standard_error": interval.standard_error,
    }.items():
        np.testing.assert_allclose(columns[name], expected[order], rtol=1e-12)
    played = np.bincount(rows_of().a, minlength=5) + np.bincount(rows_of().b, minlength=5)
    assert columns["comparisons"] == played[order].tolist()


@pytest.mark.parametrize(
    ("make", "kind"),
    [(pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame), (pa.table, pa.Table)],
)
def test_to_frame_as_the_input_was(backend: str, make: Any, kind: type) -> None:
    c = zm.Comparisons.from_frame(make(frame_of(rows_of())), "left", "right", "score")
    for data in (c, c.pair_counts()):
        assert isinstance(zm.bradley_terry(data, backend=backend).to_frame(), kind)


def test_to_frame_of_unrated_items(partly_rated: Any) -> None:
    board = partly_rated.to_frame("pandas")
    assert board["item"].tolist()[-1] == "u"
    assert board["rank"].tolist()[-1] == 0
    assert np.isnan(board["rating"].iloc[-1])
    assert "never lost" in board["unrated"].iloc[-1]
    assert board["unrated"].tolist()[:-1] == [""] * 3


def test_to_frame_refuses(fit: Any) -> None:
    with pytest.raises(InputError, match="library must be one of pandas, polars, pyarrow"):
        fit.to_frame("numpy")


# Printing ---------------------------------------------------------------------------------------


def test_repr(fit: Any, partly_rated: Any) -> None:
    assert repr(fit).startswith("BradleyTerryFit(5 items, 45 comparisons, newton converged in ")
    assert "\n" not in repr(fit)
    assert repr(partly_rated).startswith("BradleyTerryFit(4 items (1 unrated), 5 comparisons, ")


def test_notebook_table(fit: Any) -> None:
    table = fit._repr_html_()
    assert table.count("<tr>") == 6
    assert table.count("<svg") == 5
    places = [table.index(f"<td>{LABELS[i]}</td>") for i in np.argsort(-fit.ability)]
    assert places == sorted(places)
    assert f"{fit.rating.max():,.1f}" in table
    assert "more items" not in table


def test_notebook_table_escapes_labels_and_stays_short(backend: str) -> None:
    rows = reference.random_rows(81, n=40, m=300)
    labels = np.array([f"<b>{i}&</b>" for i in range(40)], object)
    fit = zm.bradley_terry(
        zm.Comparisons(labels[rows.a], labels[rows.b], rows.score), backend=backend
    )
    table = fit._repr_html_()
    assert "<b>" not in table
    assert "&lt;b&gt;" in table
    assert "and 15 more items" in table
    assert table.count("<svg") == 25


def test_notebook_table_of_unrated_and_separate_items(partly_rated: Any, backend: str) -> None:
    assert "and 1 more items" in partly_rated._repr_html_()
    games = zm.Comparisons(list("xyzw"), list("yxwz"))
    apart = zm.bradley_terry(games, components="separate", backend=backend)
    assert apart._repr_html_().count("<svg") == 4


def test_results_cannot_be_changed(backend: str) -> None:
    fit = zm.bradley_terry(comparisons(), backend=backend)
    interval = fit.interval()
    for array in (fit.items, fit.ability, fit.comparisons, interval.lower, interval.relative_error):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(TypeError):
        fit.unrated["x"] = "why"  # type: ignore[index]


@pytest.mark.parametrize("label", [None, 1.5, b"x", {}])
def test_what_is_no_label_is_no_item(label: Any) -> None:
    fit = zm.bradley_terry(comparisons())
    for ask in (
        lambda: fit.predict(label, "a"),
        lambda: fit.interval(reference=label or 0.5),
        lambda: fit.rescale(anchor=(label, 1000.0)),
    ):
        with pytest.raises(InputError, match="is not an item of this fit"):
            ask()


def test_one_reference_and_one_anchor() -> None:
    fit = zm.bradley_terry(comparisons())
    with pytest.raises(InputError, match="reference must be one item"):
        fit.interval(reference=["a"])
    with pytest.raises(InputError, match="anchor must be one item"):
        fit.rescale(anchor=(["a"], 1000.0))
