"""How much pairwise ranking prompting depends on the initial order (Qin et al. 2023).

A judge compares 100 passages; methods start from a retrieval's order (nDCG@10 about 0.5), from the
same order turned round, and from a random one. Comparing all pairs does not depend on the start;
ten sliding passes lose some of a bad start, and one pass loses most of it.

The paper measured with Flan-UL2 on TREC DL 2019 (arXiv:2306.17563), nDCG@10 in percent: all pairs
72.4 from the retrieval's order and 72.4 from that turned round, ten passes 72.7 and 64.8, one pass
57.6 and 26.0. Here the judge contradicts itself only where passages are nearly as good as each
other, and has an opinion of its own about what is good, which no number of comparisons mends. The
last rows are for a judge who contradicts itself about easy pairs too, and always in the same way:
each contradiction is a tie, at which a sliding pass drops what it carries.

    python examples/prp_order_sensitivity.py [REPLICATES]
"""

import sys

import zermelo as zm

# Without the compiled core a simulated sort takes a hundred times as long.
USUAL = 500 if zm.backend_info()["backend"] == "cpp" else 20
REPLICATES = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL
METHODS = {
    "all pairs": "allpair",
    "heapsort": "heapsort",
    "sliding, 10 passes": zm.sorting.Sliding(passes=10),
    "sliding, 1 pass": zm.sorting.Sliding(passes=1),
}
IN_DOUBT = zm.sorting.PairJudge(wrong=0, split=0, close=0.2, wrong_close=0.1, split_close=0.5)
CONTRADICTORY = zm.sorting.PairJudge()


def plans(judge):
    same = {
        "n": 100,
        "top_k": 10,
        "methods": METHODS,
        "judge": judge,
        "validity": 0.74,
        "replicates": REPLICATES,
    }
    retrieved = zm.plan_sort(**same, initial_ndcg=0.5)
    # As far from the truth as the retrieval's order is near it.
    turned = zm.plan_sort(**same, initial=-retrieved.initial["kendall"])
    return {
        "retrieved": retrieved,
        "turned round": turned,
        "random": zm.plan_sort(**same, initial="random"),
    }


def show(title, found):
    print(f"\n{title}")
    print(f"{'':20}" + "".join(f"{name:>16}" for name in found) + f"{'calls':>9}")
    starts = (f"{100 * plan.initial['ndcg']:9.1f}       " for plan in found.values())
    print(f"{'initial order':20}" + "".join(starts))
    for row, name in enumerate(METHODS):
        cells = (
            f"{100 * plan.columns['ndcg'][row]:9.1f} ± {100 * plan.columns['ndcg_error'][row]:.1f} "
            for plan in found.values()
        )
        calls = found["retrieved"].columns["calls"][row]
        print(f"{name:20}" + "".join(cells) + f"{calls:9,.0f}")


print(f"nDCG@10 in percent and its standard error, {REPLICATES} simulated queries")
found = plans(IN_DOUBT)
show("A judge in doubt about near-ties only", found)
for row, name in enumerate(METHODS):
    lost = found["retrieved"].columns["ndcg"][row] - found["turned round"].columns["ndcg"][row]
    print(f"{name}: turning the order round costs {100 * lost:.1f} points")
show("A judge who contradicts itself about easy pairs too", plans(CONTRADICTORY))
