"""What all tests share: the backends, numba's cache and the real data sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Before numba is first imported: one cache for all test processes.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "build" / "numba-cache"))

from zermelo._backends import Backend, backend_info, resolve  # noqa: E402

# Set for the whole run, it leaves out the other backend, which has a run of its own.
ONLY = os.environ.get("ZERMELO_BACKEND")


@pytest.fixture(scope="module", params=["cpp", "numba"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend's name in turn; it is also what calls without `backend=` use."""
    name: str = request.param
    if ONLY and name != ONLY:
        pytest.skip(f"ZERMELO_BACKEND is {ONLY}")
    state = backend_info()[name]
    if not state["available"]:
        pytest.skip(state["reason"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZERMELO_BACKEND", name)
        yield name


@pytest.fixture(scope="module")
def kernels(backend: str) -> Backend:
    """The kernels of each backend in turn."""
    return resolve(backend)


@pytest.fixture(scope="session")
def data_path() -> Callable[[str], Path]:
    """Where a real data set is; tests that use it are marked `data`."""
    folder = Path(os.environ.get("ZERMELO_DATA") or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"{name} is not in {folder}; ZERMELO_DATA names another folder")
        return path

    return find
