"""Fits in files: what is saved and loaded again, and what cannot be."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from five_items import comparisons

import zermelo as zm
from zermelo.errors import ConvergenceWarning, InputError


@pytest.fixture
def fit(backend: str) -> Any:
    return zm.bradley_terry(comparisons(), backend=backend)


def same(one: Any, other: Any) -> None:
    for name in ("ability", "comparisons", "rating"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.items.tolist() == other.items.tolist()
    assert one.items.dtype == other.items.dtype
    for name in ("unrated", "solver", "converged", "n_iter", "ability_error", "score_norm"):
        assert getattr(one, name) == getattr(other, name)
    assert (one.ties, one.prior, one.scale) == (other.ties, other.prior, other.scale)
    np.testing.assert_array_equal(one.win_matrix(), other.win_matrix())
    np.testing.assert_array_equal(one.rank(), other.rank())
    assert repr(one) == repr(other)


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "drop": {"ties": "drop"},
    "prior": {"prior": 0.5},
    "fixed": {"fixed": {"bob": 0.25}},
}


@pytest.mark.parametrize("case", CASES)
def test_save_and_load(backend: str, tmp_path: Path, case: str) -> None:
    fit = zm.bradley_terry(comparisons(), backend=backend, **CASES[case]).rescale(initial=1500)
    fit.save(tmp_path / "fit.zermelo")
    loaded = zm.load(tmp_path / "fit.zermelo")
    same(fit, loaded)
    for kind in ("fisher", "sandwich"):
        np.testing.assert_array_equal(fit.covariance(kind), loaded.covariance(kind))
    assert fit.log_likelihood == loaded.log_likelihood
    pd.testing.assert_frame_equal(fit.to_frame("pandas"), loaded.to_frame("pandas"))
    # A loaded fit can be saved again, and be where another starts.
    loaded.save(tmp_path / "again")
    same(fit, zm.load(tmp_path / "again"))
    again = zm.bradley_terry(comparisons(), start=loaded, backend=backend, **CASES[case])
    # The solver's own scale is kept: a prior's virtual item is not at the reported mean.
    assert again.n_iter == 1 < fit.n_iter


@pytest.mark.parametrize("rule", ["largest", "separate"])
def test_save_and_load_components(backend: str, tmp_path: Path, rule: Any) -> None:
    # n and m, which are not rated with a, b and c, also met one another.
    games = zm.Comparisons(list("abcncnpqp"), list("bcaammqpq"))
    fit = zm.bradley_terry(games, components=rule, backend=backend)
    fit.save(tmp_path / "fit")
    loaded = zm.load(tmp_path / "fit")
    same(fit, loaded)
    np.testing.assert_array_equal(fit.covariance(), loaded.covariance())
    assert loaded.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)


def test_without_data(fit: Any, tmp_path: Path) -> None:
    fit.save(tmp_path / "small", data=False)
    loaded = zm.load(tmp_path / "small")
    same(fit, loaded)
    board = loaded.to_frame("pandas")
    assert sorted(board.columns) == sorted(["item", "rank", "rating", "ability", "comparisons"])
    assert loaded.log_likelihood == fit.log_likelihood
    assert "ann" in loaded._repr_html_()
    assert "<svg" not in loaded._repr_html_()
    for what in (
        lambda: loaded.interval(),
        lambda: loaded.covariance(),
        lambda: loaded.quasi_variance(),
        lambda: loaded.save(tmp_path / "more"),
    ):
        with pytest.raises(InputError, match=r"without its data.*save it with data=True"):
            what()
    loaded.save(tmp_path / "less", data=False)
    same(fit, zm.load(tmp_path / "less"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["less", "small"]


def test_separate_components_without_data(backend: str, tmp_path: Path) -> None:
    games = zm.Comparisons(list("xyxzwn"), list("yxywzx"))
    fit = zm.bradley_terry(games, components="separate", backend=backend)
    fit.save(tmp_path / "small", data=False)
    loaded = zm.load(tmp_path / "small")
    # Inside a component nothing else is needed; it still rates, ranks and predicts.
    assert loaded.predict("x", "y") == fit.predict("x", "y")
    assert loaded.rank().tolist() == fit.rank().tolist()
    assert loaded.predict("n", "x") == 1.0
    assert "BradleyTerryFit" in loaded._repr_html_()


def test_scale_of_numpy_numbers_is_saved(fit: Any, tmp_path: Path) -> None:
    other = fit.rescale(initial=np.int64(1500), scale=np.float32(400), anchor=("ann", np.int64(9)))
    other.save(tmp_path / "fit")
    np.testing.assert_allclose(zm.load(tmp_path / "fit").rating, other.rating)


def test_whole_number_labels_are_saved(backend: str, tmp_path: Path) -> None:
    fit = zm.bradley_terry(zm.Comparisons([3, 7, 3], [7, 3, 7]), backend=backend)
    fit.save(str(tmp_path / "fit"))
    same(fit, zm.load(str(tmp_path / "fit")))


def rewrite_header(path: Path, change: Any) -> None:
    with np.load(path, allow_pickle=False) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["zermelo"].tobytes())
    change(header)
    arrays["zermelo"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def test_files_that_cannot_be_loaded(fit: Any, tmp_path: Path) -> None:
    path = tmp_path / "fit"
    fit.save(path)
    whole = path.read_bytes()
    for length in (0, 3, 4, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"'.*fit' is (truncated or damaged|not a file that)"):
            zm.load(path)
    path.write_bytes(whole)
    rewrite_header(path, lambda header: header.update(version=2))
    with pytest.raises(
        InputError, match="format version 2, but this zermelo reads up to 1; upgrade"
    ):
        zm.load(path)
    path.write_bytes(whole)
    rewrite_header(path, lambda header: header["meta"].pop("solver"))
    with pytest.raises(InputError, match="is damaged: it has no 'solver'"):
        zm.load(path)
    comparisons().pair_counts().save(path)
    with pytest.raises(
        InputError, match="holds 'pair counts', but 'bradley-terry fit' or 'elo replay' or"
    ):
        zm.load(path)
    with pytest.raises(InputError, match="No such file"):
        zm.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="cannot be read"):
        zm.load(tmp_path)
    path.write_bytes(pickle.dumps(fit.ability))
    with pytest.raises(InputError, match="is not a file that zermelo saved"):
        zm.load(path)


def test_a_save_that_fails_leaves_the_old_file(fit: Any, tmp_path: Path) -> None:
    path = tmp_path / "fit"
    fit.save(path)
    before = path.read_bytes()
    broken = fit.rescale()
    object.__setattr__(broken, "solver", object())
    with pytest.raises(TypeError):
        broken.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["fit"]


def test_a_fit_that_did_not_converge_says_so_when_loaded(backend: str, tmp_path: Path) -> None:
    with pytest.warns(ConvergenceWarning):
        fit = zm.bradley_terry(comparisons(), max_iter=1, solver="mm", backend=backend)
    fit.save(tmp_path / "fit")
    assert "mm did not converge in 1 iterations" in repr(zm.load(tmp_path / "fit"))


def test_numpy_labels_and_abilities_that_are_fixed_are_saved(backend: str, tmp_path: Path) -> None:
    games = zm.Comparisons([3, 7, 3, 9, 7], [7, 3, 9, 3, 9])
    fit = zm.bradley_terry(games, fixed={np.int64(7): np.float64(0.5)}, backend=backend)
    fit.save(tmp_path / "fit")
    loaded = zm.load(tmp_path / "fit")
    same(fit, loaded)
    assert loaded.options == fit.options
    assert loaded.options["fixed"] == {7: 0.5}
    assert [type(value) for pair in loaded.options["fixed"].items() for value in pair] == [
        int,
        float,
    ]
