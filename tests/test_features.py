"""Features with names, from frames and dicts to coefficients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import zermelo as zm
from zermelo.errors import InputError

ROWS = 300
RANDOM = np.random.default_rng(0)
A = RANDOM.integers(0, 4, ROWS)
B = (A + RANDOM.integers(1, 4, ROWS)) % 4
X = {"length": RANDOM.normal(size=ROWS), "bold": RANDOM.normal(size=ROWS)}
SCORE = (RANDOM.random(ROWS) < 1.0 / (1.0 + np.exp(-X["length"] - 0.2 * A))).astype(float)


def made(features: Any) -> zm.Comparisons:
    return zm.Comparisons(A, B, SCORE, features=features)


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_names_are_kept(make: Any) -> None:
    data = made(make(X))
    assert data.feature_names == ("length", "bold")
    np.testing.assert_array_equal(data.features, np.stack(list(X.values()), axis=1))
    fit = zm.bradley_terry(data, covariates=True)
    assert fit.coefficient_names == ("length", "bold")
    assert repr(fit).endswith("with length, bold)")
    assert fit.effects().names == ("length", "bold")


def test_arrays_have_numbers() -> None:
    data = made(np.stack(list(X.values()), axis=1))
    assert data.feature_names == ("feature 0", "feature 1")
    assert zm.Comparisons(A, B, SCORE).feature_names is None
    fit = zm.bradley_terry(data, covariates=True)
    assert repr(fit).endswith("with 2 covariates)")
    assert zm.bradley_terry(data).coefficient_names == ()
    assert made(pd.Series(X["length"])).feature_names == ("feature 0",)


def test_names_of_a_frame_and_of_pairs_of_its_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": A, "b": B, "won": SCORE, "bold": X["bold"]})
    frame["len_a"], frame["len_b"] = X["length"] + 1.0, 1.0
    data = zm.Comparisons.from_frame(frame, "a", "b", "won", features=[("len_a", "len_b"), "bold"])
    assert data.feature_names == ("len_a - len_b", "bold")
    fit = zm.bradley_terry(data, covariates=True, position_effect=True)
    expected = zm.bradley_terry(made(X), covariates=True, position_effect=True)
    np.testing.assert_allclose(fit.coefficients, expected.coefficients, rtol=1e-9)
    fit.save(tmp_path / "fit.npz")
    loaded: Any = zm.load(tmp_path / "fit.npz")
    assert loaded.coefficient_names == ("len_a - len_b", "bold")
    assert repr(loaded) == repr(fit)
    with pytest.raises(InputError, match="features has 'bold' twice"):
        zm.Comparisons.from_frame(frame, "a", "b", "won", features=["bold", "bold"])


def test_some_are_selected_by_name(tmp_path: Path) -> None:
    fit = zm.bradley_terry(made(X), covariates=["bold"])
    alone = zm.bradley_terry(made({"bold": X["bold"]}), covariates=True)
    np.testing.assert_array_equal(fit.ability, alone.ability)
    assert fit.coefficient_names == ("bold",)
    turned = zm.bradley_terry(made(X), covariates=("bold", "length"))
    straight = zm.bradley_terry(made(X), covariates=True)
    np.testing.assert_allclose(turned.coefficients, straight.coefficients[::-1], rtol=1e-8)
    fit.save(tmp_path / "fit.npz")
    assert zm.load(tmp_path / "fit.npz").coefficient_names == ("bold",)  # type: ignore[attr-defined]


def test_dropped_rows_keep_the_names() -> None:
    with pytest.warns(UserWarning, match="itself"):
        data = zm.Comparisons([0, 1, 1], [1, 0, 1], [1, 0, 1], features={"x": [1.0, 2.0, 3.0]})
    assert data.feature_names == ("x",)
    assert data.features is not None
    assert data.features.ravel().tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({}, "features has no columns"),
        ({0: X["bold"]}, "the names of features must be str, but one is 0"),
        ({"bold": X["bold"][1:]}, r"Length of features\['bold'\] \(299\) must match length of a"),
        ({"bold": np.full(ROWS, np.nan)}, r"features\['bold'\] must be finite"),
        (pl.LazyFrame(X), "features is a lazy frame"),
        (pd.DataFrame(np.ones((ROWS, 2)), columns=["x", "x"]), "different names"),
    ],
)
def test_bad_features(features: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(features)


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        (["long"], "covariates names 'long', but the features are 'length', 'bold'"),
        (["bold", "bold"], "covariates names 'bold' twice"),
        ([], "or a list of features' names"),
        (["bold", 1], "or a list of features' names"),
        ("bold", "or a list of features' names"),
    ],
)
def test_bad_selections(covariates: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        zm.bradley_terry(made(X), covariates=covariates)
