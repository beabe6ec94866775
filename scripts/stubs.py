"""Writes src/zermelo/_core.pyi from the compiled extension; with --check only compares.

The extension that is described is the installed one, so install the package first.
"""

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "src" / "zermelo" / "_core.pyi"
# The values of these differ with the compiler and the release, so the stub says their types; and
# mypy's strict mode wants to know what is in a tuple.
REWRITES = (
    (r"^(__version__|compiler)\b.*$", r"\1: str"),
    (r"\btuple\b(?!\[)", "tuple[typing.Any, ...]"),
    (r"\bdict\b(?!\[)", "dict[typing.Any, typing.Any]"),
)


def tool(*arguments: str, text: str | None = None) -> str:
    """What a Python tool of this environment prints."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        input=text,
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    )
    return done.stdout


def generate() -> str:
    """The stub as pybind11-stubgen writes it, in the project's format."""
    with tempfile.TemporaryDirectory() as folder:
        tool("pybind11_stubgen", "zermelo._core", "-o", folder, "--exit-code")
        text = Path(folder, "zermelo", "_core.pyi").read_text()
    for pattern, replacement in REWRITES:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    name = str(STUB)
    text = tool(
        *("ruff", "check", "--quiet", "--fix-only", "--select", "I", "--stdin-filename", name, "-"),
        text=text,
    )
    return tool("ruff", "format", "--quiet", "--stdin-filename", name, "-", text=text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    check = parser.parse_args().check
    text = generate()
    if not check:
        STUB.write_text(text)
        return 0
    known = STUB.read_text() if STUB.exists() else ""
    difference = difflib.unified_diff(
        known.splitlines(), text.splitlines(), str(STUB), "generated", lineterm=""
    )
    for line in difference:
        print(line)
    return int(known != text)


if __name__ == "__main__":
    sys.exit(main())
