"""Times arena-rank in its own environment; peers.py starts this script and talks to it.

Reads the votes once, then, for every line on standard input, does the whole work from the pandas
frame to ratings with 95% intervals and answers with one line of JSON. Features named after the file
make it fit the contextual model.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time

import numpy as np
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.models.contextual_bradley_terry import ContextualBradleyTerry
from arena_rank.utils.data_utils import ContextualPairDataset, PairDataset


def main() -> None:
    frame = pd.read_parquet(sys.argv[1])
    features = sys.argv[2:]
    print(json.dumps({"version": importlib.metadata.version("arena-rank")}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        dataset = (
            ContextualPairDataset.from_pandas(frame, feature_cols=features, reweighted=False)
            if features
            else PairDataset.from_pandas(frame)
        )
        prepared = time.perf_counter()
        n = len(dataset.competitors)
        model = (
            ContextualBradleyTerry(n_competitors=n, n_features=len(features))
            if features
            else BradleyTerry(n_competitors=n)
        )
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
