"""Saving and loading: round trips, damage, foreign files and newer formats."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zermelo as zm
from zermelo.errors import InputError
from zermelo.files import read_arrays, write_arrays
from zermelo.pair_counts import FORMAT_KIND, FORMAT_VERSION
from zermelo.ratings import saved_fit
from zermelo.ratings.result import SAVED

FIT = (saved_fit.FORMAT_KIND, SAVED[saved_fit.FORMAT_KIND][0])


def small() -> zm.PairCounts:
    return zm.Comparisons(["x", "y", "z", "x"], ["y", "z", "x", "y"], [1, 0.5, 0, 1]).pair_counts()


def assert_identical(p: zm.PairCounts, q: zm.PairCounts) -> None:
    assert p.items.tolist() == q.items.tolist()
    assert p.ordered == q.ordered
    assert p.columns.keys() == q.columns.keys()
    for name in ("first", "second", *p.columns):
        ours, theirs = getattr(p, name), getattr(q, name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("labels", [["x", "ä\0\n", ""], [-5, 2**62, 0], ["\ud800", "y", "z"]])
def test_save_and_load(tmp_path: Path, labels: list[Any]) -> None:
    x, y, z = labels
    p = zm.Comparisons([x, y, z], [y, z, x], [1, 0.5, 0.25], weight=[1, 2, 3]).pair_counts()
    path = tmp_path / "counts of today"
    p.save(path)
    assert_identical(zm.PairCounts.load(path), p)
    assert [file.name for file in tmp_path.iterdir()] == ["counts of today"]
    zm.Comparisons([x], [y]).pair_counts().save(str(path))
    assert not zm.PairCounts.load(str(path)).ordered


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    small().save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"p\.npz"):
            zm.PairCounts.load(path)


def test_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    small().save(path)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"first.npy") + 100
    whole[at] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(InputError, match="truncated or damaged"):
        zm.PairCounts.load(path)


def test_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(InputError, match="cannot be read: No such file"):
        zm.PairCounts.load(path)
    with pytest.raises(InputError, match="cannot be read"):
        zm.PairCounts.load(tmp_path)
    path.write_text("a,b\nx,y\n")
    with pytest.raises(InputError, match="is not a file that zermelo saved"):
        zm.PairCounts.load(path)
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))
    with pytest.raises(InputError, match="is not a file that zermelo saved"):
        zm.PairCounts.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(InputError, match="is not a file that zermelo saved"):
        zm.PairCounts.load(path)
    write_arrays(path, "something else", 1, {}, {})
    with pytest.raises(InputError, match="holds 'something else', but 'pair counts' was expected"):
        zm.PairCounts.load(path)
    write_arrays(path, FORMAT_KIND, FORMAT_VERSION + 1, {}, {})
    with pytest.raises(InputError, match="format version 2, but this zermelo reads up to 1"):
        zm.PairCounts.load(path)


def test_files_whose_columns_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    p = small()
    good = {"items": p.items, "first": p.first, "second": p.second, **p.columns}
    for change in (
        {"first": p.first + np.int32(2)},
        {"first": p.first.astype(np.int64)},
        {"win": p.win[:1]},
        {"unknown": p.win},
        {"first": p.first[::-1].copy(), "second": p.second[::-1].copy()},
        {"items": p.items[::-1].copy()},
    ):
        write_arrays(path, FORMAT_KIND, FORMAT_VERSION, good | change, {"ordered": True})
        with pytest.raises(InputError, match="is damaged"):
            zm.PairCounts.load(path)
    del good["win"]
    write_arrays(path, FORMAT_KIND, FORMAT_VERSION, good, {"ordered": True})
    with pytest.raises(InputError, match="is damaged"):
        zm.PairCounts.load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    small().save(path)
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        write_arrays(path, "x", 1, {"items": np.array([1, 2], object)}, {})
    with pytest.raises(FileNotFoundError):
        small().save(tmp_path / "missing" / "p.npz")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["p.npz"]


@pytest.mark.parametrize("path", ["", None, 3, "a\0b", b"bytes"])
def test_paths_that_name_no_file(path: Any) -> None:
    for use in (
        small().save,
        zm.PairCounts.load,
        zm.load,
        zm.bradley_terry(small(), prior=1.0).save,
    ):
        with pytest.raises(
            InputError, match=r"^path must (name a file|be a str or a path), but is"
        ):
            use(path)


def test_errors_of_saving_name_the_path_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, kind in (("missing/p.npz", FileNotFoundError), (".", IsADirectoryError)):
        with pytest.raises(kind) as caught:
            small().save(path)
        assert caught.value.filename == path
        assert "partial" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_arrays_of_text_go_round(tmp_path: Path) -> None:
    path = tmp_path / "file"
    arrays = {"text": np.array(["a", "", "β"], object), "none": np.array([], object)}
    write_arrays(path, "test", 3, arrays, {"k": [1, None]})
    _, again, meta = read_arrays(path, {"test": 3})
    assert meta == {"k": [1, None]}
    assert {name: array.tolist() for name, array in again.items()} == {
        "text": ["a", "", "β"],
        "none": [],
    }


@pytest.mark.parametrize("data", [True, False])
def test_damaged_fits(tmp_path: Path, data: bool) -> None:
    path = tmp_path / "fit"
    zm.bradley_terry(small(), prior=1.0).save(path, data=data)
    _, arrays, meta = read_arrays(path, dict([FIT]))
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"ability": arrays["ability"][:1]}, {}),
        ({"held": arrays["held"].astype(np.int8)}, {}),
        ({"component": arrays["component"] + np.int32(3)}, {}),
        ({"floating": arrays["floating"] - np.int32(2)}, {}),
        ({"beats": np.array([[0, 5]], np.int32)}, {}),
        ({"beats": np.zeros(2, np.int32)}, {}),
        ({}, {"ties": "all"}),
        ({}, {"ties": []}),
        ({}, {"unrated": [[7, "why"]]}),
        ({}, {"unrated": 5}),
        ({}, {"scale": [1, 2]}),
        ({}, {"scale": [1000, -400, 10, 0]}),
        ({}, {"converged": "yes"}),
        ({}, {"prior": None}),
    ]
    if data:
        changes.append(({"counts/second": arrays["counts/second"] + np.int32(9)}, {}))
    for wrong_arrays, wrong_meta in changes:
        write_arrays(path, *FIT, arrays | wrong_arrays, meta | wrong_meta)
        with pytest.raises(InputError, match="is damaged: "):
            zm.load(path)
    for name in ("ability", "items"):
        write_arrays(path, *FIT, {k: v for k, v in arrays.items() if k != name}, meta)
        with pytest.raises(InputError, match="is damaged: it has no"):
            zm.load(path)
