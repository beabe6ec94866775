"""Keep counts instead of votes: save each day's, and add them up whenever the board is due."""

import tempfile
from pathlib import Path

import zermelo as zm

monday = zm.Comparisons(
    ["red", "green", "blue", "red"],
    ["green", "blue", "red", "blue"],
    ["left", "left", "left", "tie"],
)
tuesday = zm.Comparisons(
    ["green", "white", "blue", "white"],
    ["white", "blue", "white", "red"],
    ["left", "left", "tie", "right"],
)

with tempfile.TemporaryDirectory() as folder:
    monday.pair_counts().save(Path(folder, "monday.npz"))
    tuesday.pair_counts().save(Path(folder, "tuesday.npz"))

    # Counts of different days add up, over whatever items each of them has.
    days = [zm.PairCounts.load(path) for path in sorted(Path(folder).glob("*.npz"))]
    counts = days[0] + days[1]

print(counts)
fit = zm.bradley_terry(counts)
for place in fit.ability.argsort()[::-1]:
    print(f"{fit.items[place]:6} {fit.rating[place]:7.1f}")
