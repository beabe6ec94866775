"""Writes src/zermelo/_core.pyi from the compiled extension; with --check only compares.

The extension that is described is the installed one, so install the package first.
"""

import argparse
import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "src" / "zermelo" / "_core.pyi"


def generate() -> str:
    """The stub as pybind11-stubgen writes it, in the project's format."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pybind11_stubgen",
                "zermelo._core",
                "-o",
                folder,
                "--exit-code",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        text = Path(folder, "zermelo", "_core.pyi").read_text()
    # The values of these differ with the compiler and the release; the stub says their types.
    lines = [
        "__version__: str"
        if line.startswith("__version__")
        else "compiler: str"
        if line.startswith("compiler")
        else line
        for line in text.splitlines()
    ]
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(STUB), "-"],
        input="\n".join(lines) + "\n",
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    )
    return formatted.stdout


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
