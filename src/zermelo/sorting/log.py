"""The durable log of a sort: JSON lines, one an answered call, after a header that says whose.

    {"zermelo_sort": 1, "n": 100, "ids": "9f86...", "method": {"class": "Merge"}, "seed": 0, ...}
    {"id": "1c4f09ab-17-3", "x": "doc 17", "y": "doc 3", "score": 1.0}
    {"id": "1c4f09ab-3-17", "x": "doc 3", "y": "doc 17", "score": null}
    {"id": "1c4f09ab-3-20", "x": "doc 3", "y": "doc 20", "failure": "TimeoutError: ..."}

`x` was shown first, and null is an abstention. Choices have "items" and "best", rankings "items"
and "order". What failed is asked again by the next run; everything else is known for good.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from ..checks import shortened
from ..errors import InputError
from .locking import lock
from .settings import FORMAT, UNBOUND

_READ = 1 << 20
_NEWLINE = b"\n"
# Fields of the header that hold a hash: showing it would help nobody.
_HASHED = {"ids": "ids or items, or their order,", "initial": "positions in the initial order"}


class Log:
    """A log file that nobody else can open while this run has it.

    Every line is written by the system as a whole and outlives the process at once. A line that a
    crash or a full disk has torn is the last one, and is cut off when the log is opened again.

    Attributes
    ----------
    path : str
    header : dict or None
        None: the log is new.
    entries : list of (int, dict)
        Numbers of lines, and what they say.
    """

    _file = -1

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(f"log must be the path of a file, but is {shortened(path)}")
        self.path = os.fspath(path)
        binary = getattr(os, "O_BINARY", 0)  # on Windows, where text would grow carriage returns
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | binary, 0o666)
        except OSError as error:
            raise InputError(f"log {self.path!r} cannot be opened: {error.strerror}") from error
        try:
            if not lock(self._file):
                raise InputError(
                    f"log {self.path!r} is in use by another run; wait for it to end, or give "
                    "this one another path"
                )
            self.header: dict[str, Any] | None = None
            self.entries: list[tuple[int, dict[str, Any]]] = []
            self._read()
        except BaseException:
            self.close()
            raise

    def begin(self, header: dict[str, Any]) -> None:
        """Bind a new log to a sort, or check that an old one belongs to it."""
        if self.header is None:
            self._write(header)
            self.header = header
            return
        for name, ours in json.loads(json.dumps(header)).items():
            theirs = self.header.get(name)
            if theirs == ours or name in UNBOUND:
                continue
            if name in _HASHED:
                differs = f"its {_HASHED[name]} are others"
            else:
                differs = f"its {name} is {shortened(theirs)}, but here it is {shortened(ours)}"
            raise InputError(
                f"log {self.path!r} belongs to another sort: {differs}. Call with the same "
                "arguments, or give another path"
            )

    def append(self, entry: dict[str, Any]) -> None:
        """Write a line; it is safe from a crash of this process when this returns."""
        self._write(entry)

    def close(self) -> None:
        """Give the file back; harmless when done twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()

    def wrong(self, line: int, what: str) -> InputError:
        """An error about a line."""
        return InputError(
            f"log {self.path!r}, line {line}: {what}. Remove the line to ask for it again"
        )

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file < 0:
            raise InputError(f"log {self.path!r} is closed: nothing can be added to it")
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + _NEWLINE
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except BaseException:
            # A full disk: whoever goes on nevertheless must not write behind half a line.
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise

    def _read(self) -> None:
        content = b"".join(_chunks(self._file))
        if not content:
            return
        whole, newline, rest = content.rpartition(_NEWLINE)
        if not newline and not content.startswith(b'{"zermelo_sort"'[: len(content)]):
            raise InputError(f"log {self.path!r} is another kind of file: it is left as it is")
        lines = whole.split(_NEWLINE) if newline else []
        if lines:
            self.header = _parsed(lines[0])
            if self.header is None or "zermelo_sort" not in self.header:
                raise InputError(f"log {self.path!r} is another kind of file: it is left as it is")
            if self.header["zermelo_sort"] != FORMAT:
                raise InputError(
                    f"log {self.path!r} has format {self.header['zermelo_sort']!r}; this version "
                    f"of zermelo writes {FORMAT}"
                )
        for number, line in enumerate(lines[1:], 2):
            entry = _parsed(line)
            if entry is None:
                raise self.wrong(number, f"{shortened(line.decode(errors='replace'))} is no JSON")
            self.entries.append((number, entry))
        if rest:
            self._repair(len(content), rest, len(lines) + 1)

    def _repair(self, size: int, rest: bytes, number: int) -> None:
        """The last line has no end: keep it where only that is missing, else cut it off."""
        entry = _parsed(rest)
        if entry is not None and self.header is not None:
            os.write(self._file, _NEWLINE)
            self.entries.append((number, entry))
        else:
            os.ftruncate(self._file, size - len(rest))


def _chunks(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, _READ):
        yield chunk


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line.decode("utf-8", "surrogatepass"))
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
