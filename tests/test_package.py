"""The package as a whole: its version, its names, what importing it costs, and its backends."""

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zermelo as zm

EXTENSION = importlib.util.find_spec("zermelo._core") is not None
ROOT = Path(__file__).parent.parent
# Only loaded where they are used: each would cost more than all the rest of the import.
HEAVY = ("scipy", "pandas", "polars", "pyarrow", "numba", "duckdb", "typer", "rich", "plotly")


def python(code, **environment):
    """Runs code in a fresh interpreter, as choices made at import need."""
    variables = {k: v for k, v in os.environ.items() if k != "ZERMELO_BACKEND"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=variables
    )


def test_version_is_the_installed_one():
    try:
        installed = importlib.metadata.version("zermelo")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("zermelo is imported from its source tree, not installed")
    assert zm.__version__ == installed


@pytest.mark.skipif(not EXTENSION, reason="the compiled extension is not installed")
def test_version_of_the_extension():
    from zermelo import _core

    assert _core.__version__ == zm.__version__
    assert zm.backend_info()["cpp"]["version"] == zm.__version__


def test_public_names():
    names = {"Comparisons", "PairCounts", "bradley_terry", "load", "backend_info", "errors"}
    assert names <= set(zm.__all__)
    for name in zm.__all__:
        assert name == "__version__" or getattr(zm, name).__doc__


def test_import_is_light():
    code = (
        f"import sys, json, zermelo; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_default_backend():
    done = python("import zermelo as zm; print(zm.backend_info()['backend'])")
    assert done.stdout.strip() == ("cpp" if EXTENSION else "numba")


def test_backend_from_the_environment():
    code = "import zermelo as zm; i = zm.backend_info(); print(i['backend'], i['requested'])"
    assert python(code, ZERMELO_BACKEND="numba").stdout.split() == ["numba", "numba"]
    assert python(code, ZERMELO_BACKEND="").stdout.split()[1] == "None"


@pytest.mark.parametrize(
    "use",
    [
        "zm.backend_info()",
        "zm.bradley_terry(zm.Comparisons(['x', 'y'], ['y', 'x']))",
    ],
)
def test_unknown_backend_from_the_environment(use):
    code = f"""
import zermelo as zm
try:
    {use}
except zm.errors.InputError as error:
    print(error)
"""
    done = python(code, ZERMELO_BACKEND="C++")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ZERMELO_BACKEND must be 'cpp' or 'numba', but is 'C++'"


def test_unknown_backend_from_an_argument():
    comparisons = zm.Comparisons(["x", "y"], ["y", "x"])
    with pytest.raises(zm.errors.InputError, match="backend must be 'cpp' or 'numba', but is 'c'"):
        zm.bradley_terry(comparisons, backend="c")


@pytest.mark.parametrize(
    "backend",
    ["numba", pytest.param("cpp", marks=pytest.mark.skipif(not EXTENSION, reason="no extension"))],
)
def test_a_fit_records_its_backend(backend):
    fit = zm.bradley_terry(zm.Comparisons(["x", "y", "x"], ["y", "x", "y"]), backend=backend)
    assert fit.backend == backend


def test_without_numba_and_without_the_extension():
    code = """
import sys
sys.modules["numba"] = None
sys.modules["zermelo._core"] = None
import zermelo as zm
info = zm.backend_info()
assert not info["cpp"]["available"] and not info["numba"]["available"]
try:
    zm.bradley_terry(zm.Comparisons(["x", "y"], ["y", "x"]))
except ImportError as error:
    print(error)
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "pip install 'zermelo[numba]'" in done.stdout
    assert "the compiled extension is not installed" in done.stdout


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of what a reader of the README has; scripts may write into it."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_readme_runs_as_written(checkout):
    pytest.importorskip("pandas")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        exec(block, names)
    assert names["fit"].items.tolist() == ["ann", "bob", "cyd", "dee"]


# Whole simulations take half a minute and more where there is no extension.
FEWER_REPLICATES = {
    "plan_a_sort.py": ["4"],
    "prp_order_sensitivity.py": ["4"],
    "varco.py": ["20"],
}


@pytest.mark.parametrize("name", [path.name for path in (ROOT / "examples").glob("*.py")])
def test_examples_run(checkout, name):
    if name == "polars_frame.py":
        pytest.importorskip("polars")
    done = subprocess.run(
        [sys.executable, "-W", "error", f"examples/{name}", *FEWER_REPLICATES.get(name, [])],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_an_example_without_its_library(checkout):
    code = (
        "import sys, runpy; sys.modules['polars'] = None; "
        "runpy.run_path('examples/polars_frame.py')"
    )
    done = python(code)
    assert done.returncode == 1
    assert done.stderr == "This example needs polars: pip install polars\n"
