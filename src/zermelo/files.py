"""Arrays in one .npz file, without pickle, that knows its kind and format version."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

HEADER = "zermelo"
# A column of str is kept as its UTF-8 bytes and where each label ends.
TEXT, ENDS = "/text", "/ends"


def _pack_text(labels: NDArray[np.object_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    encoded = [label.encode("utf-8", "surrogatepass") for label in labels]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def _unpack_text(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.object_]:
    data = text.tobytes()
    labels = np.empty(len(ends), object)
    begin = 0
    for index, end in enumerate(ends.tolist()):
        labels[index] = data[begin:end].decode("utf-8", "surrogatepass")
        begin = end
    return labels


def _checked(path: object) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"path must be a str or a path, but is {path!r}")
    shown = os.fsdecode(path)
    if not shown or "\0" in shown:
        raise InputError(f"path must name a file, but is {shown!r}")
    return shown


def write_arrays(
    path: str | os.PathLike[str],
    kind: str,
    version: int,
    arrays: Mapping[str, NDArray[Any]],
    meta: Mapping[str, Any],
) -> None:
    """Write arrays (numbers, or object arrays of str) and JSON-ready `meta` to one file.

    The file appears whole or not at all: it is written beside `path` and then moved there.
    """
    shown = _checked(path)
    header = json.dumps({"kind": kind, "version": version, "meta": dict(meta)})
    packed: dict[str, NDArray[Any]] = {HEADER: np.frombuffer(header.encode(), np.uint8)}
    for name, array in arrays.items():
        if array.dtype == object:
            packed[name + TEXT], packed[name + ENDS] = _pack_text(array)
        else:
            packed[name] = array
    if os.path.isdir(shown):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), shown)
    target = Path(shown)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as file:
            np.savez(file, allow_pickle=False, **packed)
        os.replace(partial, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError) and error.errno is not None:
            # Of the file that was asked for; the other name would mean nothing to anybody.
            raise OSError(error.errno, error.strerror, shown) from None
        raise


def read_arrays(
    path: str | os.PathLike[str], versions: Mapping[str, int]
) -> tuple[str, dict[str, NDArray[Any]], dict[str, Any]]:
    """The kind, the arrays and the meta that `write_arrays` wrote.

    `versions` has the kinds that can be read, each with the newest version of its format.

    Raises
    ------
    InputError
        The file cannot be read, is truncated or damaged, is not one of zermelo's, holds another
        kind, or was written by a newer version of the format.
    """
    shown = _checked(path)
    try:
        with open(shown, "rb") as file:
            if file.read(4) != b"PK\x03\x04":
                raise InputError(f"{shown!r} is not a file that zermelo saved")
            file.seek(0)
            header, packed = _read_archive(shown, file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{shown!r} cannot be read: {reason}") from error
    kind, found = header.get("kind"), header.get("version")
    if not isinstance(kind, str) or kind not in versions:
        expected = " or ".join(repr(known) for known in versions)
        raise InputError(f"{shown!r} holds {kind!r}, but {expected} was expected")
    if not isinstance(found, int) or found > versions[kind]:
        raise InputError(
            f"{shown!r} has format version {found}, but this zermelo reads up to "
            f"{versions[kind]}; upgrade zermelo to read it"
        )
    arrays: dict[str, NDArray[Any]] = {}
    try:
        for name, array in packed.items():
            if name.endswith(TEXT):
                label = name.removesuffix(TEXT)
                arrays[label] = _unpack_text(array, packed[label + ENDS])
            elif not name.endswith(ENDS):
                arrays[name] = array
    except (KeyError, ValueError) as error:
        raise InputError(f"{shown!r} is damaged: {error}") from error
    return kind, arrays, header["meta"]


def _read_archive(shown: str, file: Any) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            if HEADER not in archive.files:
                raise InputError(f"{shown!r} is not a file that zermelo saved")
            header = json.loads(archive[HEADER].tobytes())
            if not isinstance(header, dict) or not isinstance(header.get("meta"), dict):
                raise InputError(f"{shown!r} is not a file that zermelo saved")
            names = [name for name in archive.files if name != HEADER]
            return header, {name: archive[name] for name in names}
    except InputError:
        raise
    except (ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        # RuntimeError: a damaged flag says that a member is encrypted or oddly compressed.
        raise InputError(f"{shown!r} is truncated or damaged: {error}") from error
