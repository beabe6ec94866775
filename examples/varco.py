"""Varco Arena: brackets against comparisons with one fixed model, at equal matches.

A judge compares the answers of two models to a prompt. Either the models meet in a random bracket
for every prompt, and all matches are rated together; or all are compared with one model of middling
strength, and ranked by their win rates. Which ranking is closer to the true one? (Son et al. 2024,
arXiv:2411.01281.) Then a new model enters a board that stays as it is.

    python examples/varco.py [REPLICATES]
"""

import sys
import time

import numpy as np

import zermelo as zm

MODELS = 20
REPLICATES = int(sys.argv[1]) if len(sys.argv) > 1 else 500
ACCURACIES = (0.6, 0.7, 0.8, 0.9, 1.0)
PROMPTS = (25, 50, 100, 250, 500)
# True ratings, evenly spread over 300 Elo points, the best first; the anchor is in the middle.
RATINGS = np.linspace(1300.0, 1000.0, MODELS)
DESIGNS = {"tournament": zm.varco_arena(MODELS, 1), "anchored": zm.Anchored(MODELS, MODELS // 2)}


def sweep():
    """Rows of accuracy, prompts, and median Spearman and its error, of both designs."""
    rows = []
    for accuracy in ACCURACIES:
        frame = zm.compare_designs(
            DESIGNS,
            strengths=RATINGS,
            scale=400,
            matches=[prompts * (MODELS - 1) for prompts in PROMPTS],
            judge=zm.judges.Noisy(accuracy),
            replicates=REPLICATES,
        )
        columns = {name: np.asarray(frame[name]) for name in ("spearman_median", "design")}
        columns["error"] = np.asarray(frame["spearman_median_error"])
        for place, prompts in enumerate(PROMPTS):
            cell = []
            for design in DESIGNS:
                row = np.flatnonzero(columns["design"] == design)[place]
                cell += [columns["spearman_median"][row], columns["error"][row]]
            rows.append((accuracy, prompts, *cell))
    return rows


begin = time.perf_counter()
rows = sweep()
seconds = time.perf_counter() - begin
print(f"Median Spearman correlation with the true ranking, {REPLICATES} replicates (and its error)")
print(f"{'accuracy':>8} {'prompts':>8} {'matches':>8} {'tournament':>16} {'anchored':>16}")
for accuracy, prompts, found, error, other, other_error in rows:
    print(
        f"{accuracy:8.1f} {prompts:8} {prompts * (MODELS - 1):8,} {found:8.3f} ({error:.3f})"
        f" {other:8.3f} ({other_error:.3f})"
    )
ahead = sum(row[2] >= row[4] for row in rows)
print(f"The tournament is at or above the anchored design in {ahead} of {len(rows)} cells.")
print(f"The sweep took {seconds:.1f} s.")

# Strong models play more matches than weak ones, and are surer to be in their place.
frame = zm.compare_designs(
    {"tournament": DESIGNS["tournament"]},
    strengths=RATINGS,
    scale=400,
    matches=100 * (MODELS - 1),
    judge=zm.judges.Noisy(0.8),
    by="item",
)
columns = {
    name: np.asarray(frame[name])
    for name in ("true_rank", "n_matches", "n_matches_error", "rank", "rank_spread")
}
print("\nMatches and rank of some models, 100 prompts, accuracy 0.8")
print(f"{'true rank':>9} {'matches':>16} {'rank':>16}")
for place in (0, 4, 9, 14, 19):
    true_rank, matches, error, rank, spread = (column[place] for column in columns.values())
    print(f"{true_rank:9} {matches:8.1f} ({error:.2f}) {rank:8.2f} +- {spread:.2f}")

# A board of all models but the fifth, from 500 prompts, which is not to change any more.
NEWCOMER = 4
old = np.delete(np.arange(MODELS), NEWCOMER)
judge = zm.judges.Noisy(0.8)
arena = zm.simulate(
    zm.varco_arena(len(old), 500),
    dict(zip(old.tolist(), RATINGS[old], strict=True)),
    1,
    scale=400,
    judge=judge,
    record=True,
)
board = zm.bradley_terry(arena.comparisons, prior=1.0)

# The newcomer meets everybody on it ten times; the others keep their abilities.
random = np.random.default_rng(0)
opponents = np.repeat(old, 10)
true_win = 1.0 / (1.0 + 10.0 ** ((RATINGS[opponents] - RATINGS[NEWCOMER]) / 400.0))
won = random.random(len(opponents)) < judge.probabilities(true_win)[0]
games = zm.Comparisons(np.full(len(opponents), NEWCOMER), opponents, won)
held = dict(zip(board.items.tolist(), board.ability.tolist(), strict=True))
longer = zm.bradley_terry(games, fixed=held)
place = longer.items.tolist().index(NEWCOMER)
interval = longer.interval()
width = 0.5 * 400.0 / np.log(10.0) * (interval.upper[place] - interval.lower[place])
print(
    f"\nModel {NEWCOMER}, truly ranked {NEWCOMER + 1}, enters the board at rank "
    f"{longer.rank()[place]} with {longer.rating[place]:.0f} +- {width:.0f} points, "
    f"from {len(games)} matches."
)
