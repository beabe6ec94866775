"""One large fit in a fresh process: seconds, and peak memory on top of the input, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import engine
from inputs import draw_wins, score_norm


def resident(field: str) -> int:
    """Bytes of `VmRSS` (held now) or `VmHWM` (the most ever held). The kernel's resource usage
    would not do: a child inherits its parent's peak there."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def main() -> None:
    n_rows, n_items = int(sys.argv[1]), int(sys.argv[2])
    data = draw_wins(n_rows, n_items)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    before = resident("VmRSS")
    measurement = engine.wins(data)
    assert measurement.ability is not None
    peak = resident("VmHWM") - before
    print(
        json.dumps(
            {
                "seconds": measurement.seconds,
                "steps": dict(measurement.steps),
                "note": measurement.note,
                "input": data.winner.nbytes + data.loser.nbytes,
                "peak": peak,
                "score": score_norm(data, measurement.ability),
            }
        )
    )


if __name__ == "__main__":
    main()
