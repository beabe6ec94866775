"""Tune home advantage and K on games before a date, and foresee those after it.

Reads football_results.csv.gz (github.com/martj42/international_results, CC0) in the folder that
ZERMELO_DATA names, or in ../shared/data beside this repository; without it, simulates a league.
"""

import csv
import gzip
import os
from pathlib import Path

import numpy as np

import zermelo as zm

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
FILE = Path(os.environ.get("ZERMELO_DATA") or BESIDE) / "football_results.csv.gz"


def international_football():
    """Every men's international since 1872, and the day from which games are to be foreseen."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        # Games that are yet to be played have no goals.
        games = [row for row in csv.DictReader(file) if row["home_score"].isdigit()]
    home, away = (
        np.array([int(row[f"{side}_score"]) for row in games]) for side in ("home", "away")
    )
    data = zm.Comparisons(
        [row["home_team"] for row in games],
        [row["away_team"] for row in games],
        np.where(home == away, "draw", np.where(home > away, "win", "loss")),
        time=np.array([row["date"] for row in games], "datetime64[D]"),
        neutral=[row["neutral"] == "TRUE" for row in games],
    )
    return data, np.datetime64("2010-01-01")


def simulated_league():
    """Thirty seasons of twenty teams, whose strengths drift; 80 points of advantage at home."""
    random = np.random.default_rng(1929)
    strength = random.normal(0.0, 120.0, 20)
    columns = {name: [] for name in ("home", "away", "outcome", "season")}
    home, away = np.nonzero(~np.eye(20, dtype=bool))
    for season in range(30):
        fixtures = random.permutation(len(home))
        ahead = strength[home[fixtures]] - strength[away[fixtures]] + 80.0
        # A quarter of even games are draws.
        win, loss = (1.0 / (1.0 + 10.0 ** (-(side * ahead - 75.0) / 400.0)) for side in (1, -1))
        drawn = random.random(len(fixtures))
        outcome = np.where(drawn < win, 1.0, np.where(drawn < 1.0 - loss, 0.5, 0.0))
        for name, values in zip(
            columns,
            (home[fixtures], away[fixtures], outcome, np.full(len(fixtures), season)),
            strict=True,
        ):
            columns[name].append(values)
        strength = 0.9 * strength + random.normal(0.0, 50.0, 20)
    first, second, outcome, season = map(np.concatenate, columns.values())
    return zm.Comparisons(first, second, outcome, time=season), 20


data, begin = international_football() if FILE.exists() else simulated_league()
early = data.time < begin
print(f"{data}, {early.sum():,} of them before {begin}")

tuning = zm.tune_elo(data, k=(4, 100), position_effect=(0, 250), rows=early)
print(tuning)

print(f"\n{'log loss':24} {'before':>8} {'after':>8}")
rules = {
    "untuned": {},
    "K tuned": {"k": tuning.best["k"]},
    "home advantage tuned": {"position_effect": tuning.best["position_effect"]},
    "both tuned": tuning.best,
}
for name, chosen in rules.items():
    fit = zm.elo(data, **chosen)
    print(f"{name:24} {fit.log_loss(early):8.4f} {fit.log_loss(~early):8.4f}")

print("\nRated highest in the end:")
for place in np.argsort(-tuning.fit.rating)[:5]:
    print(f"{tuning.fit.items[place]!s:24} {tuning.fit.rating[place]:8.0f}")
