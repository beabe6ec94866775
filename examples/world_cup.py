"""A World Cup: groups and a knockout, with draws, before it begins and after a surprise."""

import numpy as np

import zermelo as zm

# The groups of 2022, with ratings that are roughly those of the time on Elo's scale.
GROUPS = {
    "A": {"Qatar": 1680, "Ecuador": 1833, "Senegal": 1687, "Netherlands": 2040},
    "B": {"England": 1920, "Iran": 1797, "United States": 1798, "Wales": 1790},
    "C": {"Argentina": 2143, "Saudi Arabia": 1635, "Mexico": 1809, "Poland": 1814},
    "D": {"France": 2005, "Australia": 1719, "Denmark": 1971, "Tunisia": 1707},
    "E": {"Spain": 2048, "Costa Rica": 1743, "Germany": 1963, "Japan": 1787},
    "F": {"Belgium": 2007, "Canada": 1776, "Morocco": 1766, "Croatia": 1927},
    "G": {"Brazil": 2169, "Serbia": 1898, "Switzerland": 1902, "Cameroon": 1610},
    "H": {"Portugal": 2006, "Ghana": 1567, "Uruguay": 1936, "South Korea": 1786},
}
BRACKET = "A1 B2 C1 D2 E1 F2 G1 H2 B1 A2 D1 C2 F1 E2 H1 G2"

ratings = {team: rating for group in GROUPS.values() for team, rating in group.items()}
teams = list(ratings)

# Davidson's model: even teams draw a quarter of their games.
strength = 10 ** (np.array(list(ratings.values())) / 400)
tie = 2 / 3 * np.sqrt(np.outer(strength, strength))
total = strength[:, None] + strength[None, :] + tie
outcomes = np.stack([strength[:, None] / total, tie / total, strength[None, :] / total], axis=2)

cup = zm.GroupsThenKnockout(
    32,
    [[teams.index(team) for team in group] for group in GROUPS.values()],
    slots=BRACKET.split(),
    third_place=True,
)
before = zm.simulate(cup, outcomes, 200_000, seed=2022)
# A game that is over. Items are numbers here, as the outcomes are a matrix.
surprise = zm.Comparisons([teams.index("Saudi Arabia")], [teams.index("Argentina")])
after = zm.simulate(cup, outcomes, 200_000, results=surprise, seed=2022)

print(f"{cup.n_matches} matches in {cup.n_rounds} rounds, 200,000 simulated tournaments")
print(f"{'':14} out of group  semi-final   final  champion        after Saudi Arabia's win")
groups = cup.n_group_rounds
for place in before.champion.argsort()[::-1][:12]:
    advance, semi, final = before.reach[place, [groups, groups + 2, groups + 3]]
    error = before.standard_error.champion[place]
    print(
        f"{teams[place]:14} {advance:12.1%} {semi:11.1%} {final:7.1%} {before.champion[place]:9.2%}"
        f" ± {error:.2%} {after.champion[place]:12.2%}"
    )
argentina = teams.index("Argentina")
print(
    f"Argentina leaves its group with {before.reach[argentina, groups]:.1%} before that game, "
    f"and with {after.reach[argentina, groups]:.1%} after it."
)
