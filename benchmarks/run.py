"""Measures zermelo and its peers in one run, in turn on the same inputs.

    python benchmarks/run.py [--case NAME ...] [--smoke] [--repeats N] [--write]

Prints the tables; `--write` puts them into RESULTS.md, replacing the sections of the same cases.
arena-rank takes part where ARENA_RANK_PYTHON names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys

from cases import CASES, REPEATS
from harness import alternate, machine, report
from results import write_sections


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
            write_sections(sections)
    if not os.environ.get("ARENA_RANK_PYTHON"):
        print("arena-rank was left out: ARENA_RANK_PYTHON is not set", file=sys.stderr)


if __name__ == "__main__":
    main()
