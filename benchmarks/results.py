"""RESULTS.md: one section a case, replaced as it is measured anew."""

from __future__ import annotations

import re
from pathlib import Path

from cases import CASES

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
The last section, on coverage, is by `python benchmarks/interval_coverage.py --write`.
"""


def write_sections(sections: dict[str, str]) -> None:
    """Replaces the sections given and keeps the others, in the order of the cases."""
    known: dict[str, str] = {}
    if RESULTS.exists():
        parts = re.split(r"^## (.+)\n\n", RESULTS.read_text(), flags=re.MULTILINE)
        known = dict(zip(parts[1::2], (part.rstrip() + "\n" for part in parts[2::2]), strict=True))
    known |= sections
    order = [name for name in (*CASES, "coverage") if name in known]
    body = "\n".join(f"## {name}\n\n{known[name]}" for name in order)
    RESULTS.write_text(f"{INTRODUCTION}\n{body}")
