"""How much pairwise ranking prompting depends on the initial order (Qin et al. 2023).

A judge who errs compares 100 passages; sliding passes start from a retrieval's order (nDCG@10 about
0.5), from the same order turned round, and from a random one. Ten passes mend most of a bad order,
one pass does not, and comparing all pairs does not care. In the paper (Flan-UL2, TREC DL 2019,
arXiv:2306.17563), nDCG@10 in percent: all pairs 72.42 and turned round 72.40, ten passes 72.65 and
64.84, one pass 57.58 and 26.04.

    python examples/prp_order_sensitivity.py [REPLICATES]
"""

import sys

import zermelo as zm

REPLICATES = int(sys.argv[1]) if len(sys.argv) > 1 else 500
METHODS = {
    "all pairs": "allpair",
    "heapsort": "heapsort",
    "sliding, 10 passes": zm.sorting.Sliding(passes=10),
    "sliding, 1 pass": zm.sorting.Sliding(passes=1),
}
SAME = {"n": 100, "top_k": 10, "methods": METHODS, "replicates": REPLICATES}

retrieved = zm.plan_sort(**SAME, initial_ndcg=0.5)
plans = {
    "retrieved": retrieved,
    # As far from the truth as the retrieved order is near it.
    "turned round": zm.plan_sort(**SAME, initial=-retrieved.initial["kendall"]),
    "random": zm.plan_sort(**SAME, initial="random"),
}

print(f"nDCG@10 in percent (and its standard error), {REPLICATES} simulated queries")
print(f"{'':20}" + "".join(f"{name:>16}" for name in plans) + f"{'calls':>8}")
print(
    f"{'initial order':20}"
    + "".join(f"{100 * p.initial['ndcg']:10.1f}" + " " * 6 for p in plans.values())
)
for row, name in enumerate(METHODS):
    cells = (
        f"{100 * plan.columns['ndcg'][row]:10.1f} ({100 * plan.columns['ndcg_error'][row]:.1f})"
        for plan in plans.values()
    )
    print(f"{name:20}" + "".join(cells) + f"{retrieved.columns['calls'][row]:8,.0f}")

for row, name in enumerate(METHODS):
    ndcg = {start: plan.columns["ndcg"][row] for start, plan in plans.items()}
    lost = ndcg["retrieved"] - ndcg["turned round"]
    print(f"{name}: turning the order round costs {100 * lost:.1f} points of nDCG@10")
