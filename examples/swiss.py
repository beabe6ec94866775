"""A Swiss tournament of nine rounds, recorded and rated by Bradley-Terry."""

import numpy as np

import zermelo as zm

PLAYERS, ROUNDS, REPLICATES = 64, 9, 200

# Ratings of a strong open, the first seed first; even players draw a third of their games.
rating = np.linspace(2650, 2050, PLAYERS)
strength = 10 ** (rating / 400)
tie = np.sqrt(np.outer(strength, strength))
total = strength[:, None] + strength[None, :] + tie
outcomes = np.stack([strength[:, None] / total, tie / total, strength[None, :] / total], axis=2)

swiss = zm.Swiss(PLAYERS, ROUNDS)
result = zm.simulate(swiss, outcomes, REPLICATES, record=True, seed=9)
games = result.comparisons
print(f"{games} of {REPLICATES} tournaments, {swiss.n_matches} games each")


def tournament(number):
    """The games of one of them."""
    rows = np.flatnonzero(games.cluster == number)
    score = np.array([0.0, 1.0, 0.5])[games.outcome[rows]]
    players = games.items
    return zm.Comparisons(players[games.a[rows]], players[games.b[rows]], score), score


def points(data, score):
    """A half for each draw."""
    return np.bincount(data.a, score, PLAYERS) + np.bincount(data.b, 1 - score, PLAYERS)


def with_buchholz(data, score):
    """Equal points are told apart by those of the opponents, as Swiss tournaments do."""
    own = points(data, score)
    opponents = np.bincount(data.a, own[data.b], PLAYERS) + np.bincount(
        data.b, own[data.a], PLAYERS
    )
    return own + opponents / 1000


data, score = tournament(0)
# A prior of two games against an average player: nine games a player are few.
fit = zm.bradley_terry(data, prior=2)
interval = fit.interval()
scored = points(data, score)
print("\nThe first tournament:")
print("player  points  rating  95% interval")
for place in np.lexsort((-fit.rating, -scored))[:8]:
    low, high = (fit.scale.rating(end[place]) for end in (interval.lower, interval.upper))
    print(
        f"{fit.items[place] + 1:6}  {scored[place]:6.1f}  {fit.rating[place]:6.0f}  "
        f"{low:4.0f} to {high:4.0f}"
    )

kendall = {"points": [], "points, then Buchholz": [], "Bradley-Terry": []}
for number in range(REPLICATES):
    data, score = tournament(number)
    ability = zm.bradley_terry(data, prior=2).ability
    rankings = (points(data, score), with_buchholz(data, score), ability)
    for values, ranking in zip(kendall.values(), rankings, strict=True):
        values.append(zm.metrics.kendall(ranking, rating))
print(f"\nKendall's correlation with the true order, mean of {REPLICATES} tournaments:")
for name, values in kendall.items():
    print(f"{name:21}  {np.mean(values):.3f} ± {np.std(values) / len(values) ** 0.5:.3f}")
