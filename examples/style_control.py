"""A board with and without style control: what is left once length and markup are accounted for."""

import numpy as np
import pandas as pd

import zermelo as zm

random = np.random.default_rng(7)
models = np.array(["plain", "brisk", "wordy", "showy", "solid"])
ability = np.array([0.1, 0.4, 0.0, -0.2, 0.3])
# How many hundred words, and how many headings and lists, each model likes to write.
words, markup = np.array([2.0, 1.5, 5.0, 3.0, 2.5]), np.array([1.0, 0.5, 2.0, 6.0, 1.5])

n_votes = 20_000
a = random.integers(0, len(models), n_votes)
b = (a + random.integers(1, len(models), n_votes)) % len(models)
length_a, length_b = (random.gamma(4.0, words[side] / 4.0) for side in (a, b))
markup_a, markup_b = (random.poisson(markup[side]) for side in (a, b))
# Readers like the better answer, and also the longer one with more markup.
log_odds = ability[a] - ability[b] + 0.15 * (length_a - length_b) + 0.08 * (markup_a - markup_b)
won = random.random(n_votes) < 1.0 / (1.0 + np.exp(-log_odds))

frame = pd.DataFrame(
    {
        "model_a": models[a],
        "model_b": models[b],
        "winner": np.where(won, "model_a", "model_b"),
        "length_a": length_a,
        "length_b": length_b,
        "markup_a": markup_a,
        "markup_b": markup_b,
    }
)
votes = zm.Comparisons.from_frame(
    frame,
    "model_a",
    "model_b",
    "winner",
    features=[("length_a", "length_b"), ("markup_a", "markup_b")],
)

raw = zm.bradley_terry(votes)
controlled = zm.bradley_terry(votes, covariates=True)

print(controlled)
print("Log-odds that a unit more of a feature gains, with 95% intervals:")
print(controlled.effects().to_frame("pandas").round(3).to_string(index=False))
print("\nmodel    raw rating (rank)   style-controlled (rank)   true ability, centred")
rows = zip(
    raw.items,
    raw.rating,
    raw.rank(),
    controlled.rating,
    controlled.rank(),
    (ability - ability.mean())[np.argsort(models)],
    strict=True,
)
for name, before, place, after, placed, truth in rows:
    print(f"{name:8} {before:10.0f} ({place}) {after:19.0f} ({placed}) {truth:24.2f}")
