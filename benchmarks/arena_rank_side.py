"""Times arena-rank in its own environment; peers.py starts this script and talks to it.

Reads the votes once, then, for every line on standard input, does the whole work from the pandas
frame to ratings with 95% intervals and answers with one line of JSON.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time

import numpy as np
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.utils.data_utils import PairDataset


def main() -> None:
    frame = pd.read_parquet(sys.argv[1])
    print(json.dumps({"version": importlib.metadata.version("arena-rank")}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        dataset = PairDataset.from_pandas(frame)
        prepared = time.perf_counter()
        model = BradleyTerry(n_competitors=len(dataset.competitors))
        result = model.compute_ratings_and_cis(dataset, significance_level=0.05)
        # JAX computes when asked: the arrays are part of the work.
        rating = np.asarray(result["ratings"])
        lower = np.asarray(result["rating_lower"])
        upper = np.asarray(result["rating_upper"])
        finished = time.perf_counter()
        answer = {
            "steps": {
                "frame to counts": prepared - start,
                "fit and intervals": finished - prepared,
            },
            "items": result["competitors"],
            "ability": (rating / model.alpha).tolist(),
            "width": float(((upper - lower) / model.alpha).mean()),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
