"""Plan a sort before paying for it: 100 passages, the best ten wanted, a language model as judge.

A call takes 0.8 s and costs a tenth of a cent, and sixteen can run at a time. The first retrieval
has nDCG@10 of about 0.5. Which method finds the best passages, and which can be afforded?

    python examples/plan_a_sort.py [REPLICATES]
"""

import sys

import zermelo as zm

# Without the compiled core a simulated sort takes a hundred times as long.
USUAL = 300 if zm.backend_info()["backend"] == "cpp" else 10
REPLICATES = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL

plan = zm.plan_sort(
    100,
    top_k=10,
    initial_ndcg=0.5,
    judge=zm.sorting.PairJudge(),
    concurrency=16,
    seconds_per_call=0.8,
    price_per_call=0.001,
    replicates=REPLICATES,
)
print(plan)
print(f"\nBest nDCG@10 for at most half a dollar: {plan.best(price=0.5)}")
print(f"Best nDCG@10 within twenty seconds: {plan.best(seconds=20)}")

# What a budget that stops a method early leaves: a sensible order, or none.
early = zm.plan_sort(
    100,
    top_k=10,
    initial_ndcg=0.7,
    methods=["auto", "sliding", "heapsort"],
    budgets=[100, 200, 400],
    replicates=REPLICATES,
)
print("\nStopped early, from a better initial order:")
print(early)
