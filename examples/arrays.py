"""Rate three players from arrays: who met, how it ended, and how sure the ratings are."""

import numpy as np

import zermelo as zm

first = np.array(["ann", "ann", "bob", "ann", "bob", "cyd", "bob", "cyd", "ann"])
second = np.array(["bob", "cyd", "cyd", "bob", "cyd", "ann", "ann", "bob", "cyd"])
# The score of the first: 1 for a win, 0 for a loss, 0.5 for a tie.
outcome = np.array([1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5])

fit = zm.bradley_terry(zm.Comparisons(first, second, outcome))
interval = fit.interval(level=0.95)

print(fit)
for item, rating, ability, error in zip(
    fit.items, fit.rating, fit.ability, interval.standard_error, strict=True
):
    print(f"{item:5} rating {rating:7.1f}   ability {ability:6.3f} ± {error:.3f}")
print(f"ann is expected to score {float(fit.predict('ann', 'cyd')):.2f} against cyd")
