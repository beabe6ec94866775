"""The play-offs of the NBA in 2015: series of best of seven, exactly, simulated, and half-way.

Rates the teams by FiveThirtyEight's rules on all games before (nba_games_1946_2015.csv.gz, CC BY
4.0, in the folder that ZERMELO_DATA names, or in ../shared/data beside this repository); without
the file, takes typed ratings.
"""

import csv
import gzip
import os
from pathlib import Path

import zermelo as zm

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
FILE = Path(os.environ.get("ZERMELO_DATA") or BESIDE) / "nba_games_1946_2015.csv.gz"

# Ratings without the file, rounded. The better record in the season comes first, and has the first
# game of a series at home: it is the better seed.
TYPED = {
    "Warriors": 1772,
    "Hawks": 1594,
    "Rockets": 1639,
    "Clippers": 1705,
    "Grizzlies": 1587,
    "Spurs": 1733,
    "Cavaliers": 1631,
    "Trailblazers": 1580,
    "Bulls": 1583,
    "Mavericks": 1564,
    "Raptors": 1548,
    "Wizards": 1509,
    "Pelicans": 1540,
    "Bucks": 1472,
    "Celtics": 1552,
    "Nets": 1468,
}
# As it was drawn, from top to bottom: the East, then the West.
BRACKET = """Hawks Nets Raptors Wizards Bulls Bucks Cavaliers Celtics
Warriors Pelicans Trailblazers Grizzlies Clippers Spurs Rockets Mavericks"""
# Winners and losers of what was played until the third game of the final.
SERIES = """Hawks 4 Nets 2, Wizards 4 Raptors 0, Bulls 4 Bucks 2, Cavaliers 4 Celtics 0,
Warriors 4 Pelicans 0, Grizzlies 4 Trailblazers 1, Clippers 4 Spurs 3, Rockets 4 Mavericks 1,
Hawks 4 Wizards 2, Cavaliers 4 Bulls 2, Warriors 4 Grizzlies 2, Rockets 4 Clippers 3,
Cavaliers 4 Hawks 0, Warriors 4 Rockets 1, Cavaliers 2 Warriors 1"""


def rated():
    """Elo's ratings before the first game of the play-offs, by team."""
    with gzip.open(FILE, "rt") as file:
        games = [
            row
            for row in csv.DictReader(file)
            if not (row["year_id"] == "2015" and row["is_playoffs"] == "1")
        ]
    first = {}
    for row in games:
        first.setdefault(row["fran_id"], float(row["elo_i"]))
        first.setdefault(row["opp_fran"], float(row["opp_elo_i"]))
    ahead = [int(row["pts"]) - int(row["opp_pts"]) for row in games]
    data = zm.Comparisons(
        [row["fran_id"] for row in games],
        [row["opp_fran"] for row in games],
        [margin > 0 for margin in ahead],
        margin=ahead,
        period=[int(row["year_id"]) for row in games],
        neutral=[row["neutral"] == "1" for row in games],
    )
    fit = zm.elo(data, **zm.presets.fivethirtyeight_nba(initial=first))
    rating = dict(zip(fit.items.tolist(), fit.rating.tolist(), strict=True))
    print(f"Elo's ratings after {len(games):,} games")
    return {team: rating[team] for team in TYPED}


ratings = rated() if FILE.exists() else TYPED
playoffs = zm.SingleElimination.from_slots(
    BRACKET.split(), items=list(TYPED), best_of=7, venue="HHAAHAH", home_advantage=100.0
)
exact = zm.win_probabilities(playoffs, ratings, scale=400)
simulated = zm.simulate(playoffs, ratings, scale=400, seed=2015)

# A series that is going on counts game by game, so who lost it comes first here.
winners, losers = [], []
for line in SERIES.split(","):
    better, wins, worse, defeats = line.split()
    winners += [worse] * int(defeats) + [better] * int(wins)
    losers += [better] * int(defeats) + [worse] * int(wins)
played = zm.Comparisons(winners, losers)
later = zm.win_probabilities(playoffs, ratings, scale=400, results=played)

print(f"{'':13} rating  semi-final  final  champion  simulated         at 2:1 in the final")
error = simulated.standard_error.champion
for place in exact.champion.argsort()[::-1]:
    team = exact.items[place]
    semi, final = exact.reach[place, 2:4]
    print(
        f"{team:13} {ratings[team]:6.0f} {semi:11.1%} {final:6.1%} {exact.champion[place]:9.2%}"
        f"  {simulated.champion[place]:9.2%} ± {error[place]:.2%} {later.champion[place]:13.1%}"
    )
