"""Measures zermelo and its peers in one run, in turn on the same inputs.

    python benchmarks/run.py [--case NAME ...] [--smoke] [--repeats N] [--write]

Prints the tables; `--write` puts them into RESULTS.md, replacing the sections of the same cases.
arena-rank takes part where ARENA_RANK_PYTHON names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
from pathlib import Path

from cases import CASES, REPEATS
from harness import alternate, machine, report

RESULTS = Path(__file__).with_name("RESULTS.md")
INTRODUCTION = """# Results

As last measured; `python benchmarks/run.py --write` (with `ARENA_RANK_PYTHON` naming an
interpreter that has arena-rank 0.1.1) measures anew. All contestants of a case run in turn on the
same input. One uncounted round comes first, except in the case `large`. Ratios are medians over
zermelo's median: 10 means that zermelo is ten times faster. The error of abilities (log-strengths
that sum to zero) is the largest distance from a solution by Newton's method, written apart in
SciPy, whose last step was below 1e-10. Widths of intervals are means over the items; arena-rank's
are a little narrower, since it adds 1e-5 times the number of votes to the diagonal of the Hessian.
The load is the machine's average over the minute before a case: above 0.5 the cores were shared.
"""


def measure(name: str, smoke: bool, repeats: int | None) -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    workload = CASES[name](smoke)
    count = repeats or (1 if smoke else REPEATS.get(name, 3))
    try:
        rows = alternate(workload, count, warm_up=not smoke and name != "large")
    finally:
        workload.close()
    day = datetime.datetime.now(datetime.UTC).date()
    runs = f"{count} run{'s' * (count > 1)}"
    stamp = f"{day}, {runs} each, `python benchmarks/run.py --case {name}`, on {machine()}{load}."
    return f"{report(workload, rows)}\n{stamp}\n"


def write(sections: dict[str, str]) -> None:
    """Replaces the sections measured, keeps the others, all in the order of the cases."""
    known: dict[str, str] = {}
    if RESULTS.exists():
        parts = re.split(r"^## (.+)\n\n", RESULTS.read_text(), flags=re.MULTILINE)
        known = dict(zip(parts[1::2], (part.rstrip() + "\n" for part in parts[2::2]), strict=True))
    known |= sections
    body = "\n".join(f"## {name}\n\n{known[name]}" for name in CASES if name in known)
    RESULTS.write_text(f"{INTRODUCTION}\n{body}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--case", action="append", choices=list(CASES), help="only these cases")
    parser.add_argument("--smoke", action="store_true", help="tiny inputs: does everything run?")
    parser.add_argument("--repeats", type=int, help="counted rounds a case")
    parser.add_argument("--write", action="store_true", help="update RESULTS.md")
    arguments = parser.parse_args()
    if arguments.smoke and arguments.write:
        parser.error("--write records measurements, which --smoke does not make")
    sections: dict[str, str] = {}
    for name in arguments.case or CASES:
        sections[name] = measure(name, arguments.smoke, arguments.repeats)
        print(f"## {name}\n\n{sections[name]}", flush=True)
        if arguments.write:
            write(sections)
    if not os.environ.get("ARENA_RANK_PYTHON"):
        print("arena-rank was left out: ARENA_RANK_PYTHON is not set", file=sys.stderr)


if __name__ == "__main__":
    main()
