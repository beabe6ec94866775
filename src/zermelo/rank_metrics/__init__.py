"""How alike two rankings are: correlation, agreement at the top and gain."""

from .correlation import inversions, kendall, spearman, tau_ap
from .top import ndcg, rank_biased_overlap, top_k_overlap

__all__ = [
    "inversions",
    "kendall",
    "ndcg",
    "rank_biased_overlap",
    "spearman",
    "tau_ap",
    "top_k_overlap",
]
