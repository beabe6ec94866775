"""Replay a season of baseball with Elo's ratings and draw how they went, as a page of its own."""

import tempfile
from pathlib import Path

import numpy as np

import zermelo as zm

# Results of the American League East of 1987, one row a result and how often it occurred. Who
# played when is not in the file, so the games are shuffled; real histories come in their order.
rows = (Path(__file__).parent / "baseball.csv").read_text().splitlines()[1:]
games = [row.split(",") for row in rows for _ in range(int(row.split(",")[3]))]
np.random.default_rng(1987).shuffle(games)
home, away, winner, _ = zip(*games, strict=True)

season = zm.Comparisons(home, away, winner)
fit = zm.elo(season, k=8, position_effect=50, history=True, permutations=200)

interval = fit.permutations.interval()
for place in np.argsort(-fit.rating):
    print(
        f"{fit.items[place]}  {fit.rating[place]:6.1f}   in other orders "
        f"{interval.lower[place]:6.1f} to {interval.upper[place]:6.1f}"
    )
print(f"log loss of what was expected before each game: {fit.log_loss():.4f}")

try:
    figure = zm.plot.history(fit, title="American League East, 1987")
except ImportError as error:
    print(error)
else:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "history.html"
        figure.write_html(page)  # it needs nothing else; figure.show() opens a browser
        print(f"{len(figure.data)} lines on a page of {page.stat().st_size / 1e6:.1f} MB")
