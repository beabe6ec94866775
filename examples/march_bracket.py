"""A bracket of 68 with play-ins: how far seeds come, and whether anybody guesses all of it."""

import tempfile
from math import log2
from pathlib import Path

import numpy as np

import zermelo as zm

REGIONS = ("East", "West", "South", "Midwest")
# A region's bracket from top to bottom, by seeds.
ORDER = (1, 16, 8, 9, 5, 12, 4, 13, 6, 11, 3, 14, 7, 10, 2, 15)
# Two teams play for each of these places.
PLAY_INS = {("East", 16), ("West", 16), ("South", 11), ("Midwest", 11)}


def slot(region, seed):
    team = f"{region} {seed}"
    return (f"{team}a", f"{team}b") if (region, seed) in PLAY_INS else team


slots = [slot(region, seed) for region in REGIONS for seed in ORDER]
bracket = zm.SingleElimination.from_slots(slots)
teams = np.array(bracket.items)
seeds = np.array([int(team.split()[1].rstrip("ab")) for team in teams])
# Twice the seed is 150 points of Elo less: first seeds then beat 16th ones in 97 of 100 games, and
# 5th seeds 12th ones in 75, about as they did in forty years.
ratings = {team: -150 * log2(seed) for team, seed in zip(teams, seeds, strict=True)}
result = zm.win_probabilities(bracket, ratings, scale=400)

print(f"{bracket.n} teams, {bracket.n_matches} games in {bracket.n_rounds} rounds")
names = ("last 32", "last 16", "last 8", "last 4", "final", "title")
print("seed" + "".join(f"{name:>9}" for name in names) + "   of a place of that seed")
for seed in range(1, 17):
    # Two teams may have had to play for the place.
    reach = result.reach[seeds == seed].sum(axis=0) / 4
    print(f"{seed:4}" + "".join(f"{chance:9.2%}" for chance in reach[2:]))

# The likeliest bracket: the favourite of every game, and the chance that all of them win.
matrix = 1 / (1 + 10 ** (np.subtract.outer(list(ratings.values()), list(ratings.values())) / -400))
position = {team: place for place, team in enumerate(teams)}


def play(part):
    """Who wins a part of the bracket where favourites do, and how likely that is."""
    if isinstance(part, str):
        return position[part], 1.0
    (a, sure_a), (b, sure_b) = map(play, part)
    winner, loser = (a, b) if matrix[a, b] >= 0.5 else (b, a)
    return winner, sure_a * sure_b * matrix[winner, loser]


part = slots
while len(part) > 2:
    part = list(zip(part[::2], part[1::2], strict=True))
winner, chance = play(part)
print(f"All {bracket.n_matches} favourites win in one of {1 / chance:,.0f} years.")

try:
    figure = zm.plot.bracket(bracket, result, title="March")
except ImportError as error:
    print(error)
else:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "march.html"
        figure.write_html(page)  # it needs nothing else; figure.show() opens a browser
        print(f"a picture of the bracket on a page of {page.stat().st_size / 1e6:.1f} MB")
