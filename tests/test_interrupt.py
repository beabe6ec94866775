"""Ctrl-C ends a long fit: in a process of its own, so that the signal is a real one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# A ring of neighbours on which a fixed point crawls: without the signal it runs for hours. What
# counting and compiling take is done before the timer starts, which so fires inside the kernel.
LONG_FIT = """
import os
import signal
import sys
import threading

import numpy as np
import zermelo as zm

n = {n}
item = np.arange(n)
other = (item + 1) % n
games = zm.Comparisons(
    np.concatenate([item, other]), np.concatenate([other, item]), count=np.repeat([20, 1], n)
)
counts = games.pair_counts()
zm.bradley_terry(zm.Comparisons([0, 1], [1, 0]), solver="{solver}", backend="{backend}")
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    zm.bradley_terry(
        counts, solver="{solver}", tol=1e-300, max_iter=10**9, threads={threads},
        start={{int(i): float(20.0 * np.sin(i)) for i in range(0, n, 7)}}, backend="{backend}",
    )
except KeyboardInterrupt:
    print("interrupted")
    # Whatever was stopped left nothing behind: the next fit is right.
    fit = zm.bradley_terry(zm.Comparisons([0, 0, 1], [1, 1, 0]), backend="{backend}")
    assert abs(fit.predict(0, 1) - 2 / 3) < 1e-9
    sys.exit(0)
sys.exit("the fit ended by itself")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process of its own")
@pytest.mark.parametrize(("solver", "threads"), [("mm", 2), ("newman", 1)])
def test_control_c_ends_a_long_fit(backend: str, solver: str, threads: int) -> None:
    script = LONG_FIT.format(n=30_000, solver=solver, threads=threads, backend=backend)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "interrupted\n"
