// The meat of a cluster-robust covariance: the outer products of the clusters' scores, added up.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/parallel.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// Cells sorted by cluster; cluster g has those from offsets[g] to offsets[g + 1]. A cell's score is
// `residual` for its first item, less that for its second one, and `extra`, of shape (cells,
// n_extra), for the parameters that stand behind the items.
struct ClusterScores {
  std::span<const std::int64_t> offsets;
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
  std::span<const double> residual;
  std::span<const double> extra;
  std::int64_t n_items;
  std::int64_t n_extra;
};

// `meat`, row by row of n_items + n_extra, and in how many clusters each item occurs.
Result cluster_meat(const ClusterScores& scores, int threads, const Control& control,
                    std::span<double> meat, std::span<std::int64_t> occurs);

}  // namespace zermelo
