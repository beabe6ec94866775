"""Rerank passages with a comparator that costs money: a budget, a log, and ratings from the calls.

The comparator stands for a language model that is shown a query and two passages. It prefers the
one that has more words of the query, and of two that have as many whichever it is shown first. In
its place call your own model; the rest stays as it is.

    python examples/rerank.py
"""

import tempfile
from pathlib import Path

import zermelo as zm

QUERY = "how do penguins keep warm in winter"
# As a first retrieval may have ranked them.
PASSAGES = {
    "d1": "Winter sports draw visitors to the mountains from December on.",
    "d2": "Penguins are birds of the southern hemisphere that cannot fly.",
    "d3": "In winter emperor penguins huddle together to keep warm.",
    "d4": "How to keep houseplants alive while you are away.",
    "d5": "A layer of fat and dense feathers keep penguins warm, even in winter.",
    "d6": "Warm clothes are worn in layers.",
    "d7": "The zoo has opened a new enclosure for penguins.",
    "d8": "How do polar bears keep warm? Their fur and fat hold the heat.",
}
calls = 0


def score(passage):
    words = {word.strip(".,?").lower() for word in passage.split()}
    return len(words & set(QUERY.split()))


def prefer(x, y):
    """What the model answers: "a" for the first passage it is shown, "b" for the second."""
    global calls
    calls += 1
    return "a" if score(x) >= score(y) else "b"


with tempfile.TemporaryDirectory() as folder:
    settings = {
        "ids": list(PASSAGES),
        "top_k": 3,
        "method": "heapsort",
        "log": Path(folder, "calls.jsonl"),
        "log_tag": "mock model, prompt 1",
    }
    first = zm.sort(list(PASSAGES.values()), prefer, budget=12, **settings)
    print(f"Stopped by the budget after {calls} calls; complete: {first.complete}")

    calls = 0
    result = zm.sort(list(PASSAGES.values()), prefer, **settings)
    print(f"Went on from the log with {calls} more calls, {result.n_calls} in all")

print("\nThe best three:")
for place in result.order[:3]:
    print(f"  {list(PASSAGES)[place]}: {list(PASSAGES.values())[place]}")

# Every call is a comparison, which can be rated: two orders that disagree count as a draw.
fit = result.fit(prior=1.0)
print("\nAbilities from the same calls:")
for place in fit.ability.argsort()[::-1][:4]:
    print(f"  {fit.items[place]}: {fit.ability[place]:+.2f}")
