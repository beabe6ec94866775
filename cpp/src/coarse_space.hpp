// A coarse correction for conjugate gradients on badly connected graphs.
//
// Where only neighbours were compared (a ring, a path, divisions that rarely meet), what one end of
// the graph says about the other travels one pair an iteration. Solving the same equations exactly
// between a few hundred clusters of adjacent items carries it across at once (two-level additive
// preconditioner with aggregates, Vanek, Mandel and Brezina 1996, unsmoothed).
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "cholesky.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {

template <class Weight>
struct Laplacian;

// Clusters of adjacent items; held and unrated items are in none (-1).
struct Clusters {
  std::vector<std::int32_t> of;                    // cluster of each item
  std::vector<std::vector<std::int32_t>> members;  // items of each cluster
  std::vector<std::int32_t> centre;                // floating group of each cluster, or -1
};

// Grows clusters of about n / 256 items breadth first, each seeded where the last one ended, and
// joins what was left over between them to a neighbour.
template <class Weight>
Clusters grow_clusters(const Laplacian<Weight>& matrix, std::span<const std::int32_t> centre,
                       Team& team) {
  constexpr std::int64_t kWanted = 256;
  const std::int64_t n = matrix.n();
  const auto full = static_cast<std::size_t>((n + kWanted - 1) / kWanted);
  Clusters clusters;
  clusters.of.assign(static_cast<std::size_t>(n), -1);
  std::deque<std::int32_t> frontier;
  const auto open = [&](std::int32_t item) {
    return clusters.of[static_cast<std::size_t>(item)] < 0 && matrix.inverse_diagonal[item] > 0.0;
  };
  const auto neighbours = [&](std::int32_t item) {
    const auto at = static_cast<std::size_t>(item);
    return matrix.neighbour.subspan(
        static_cast<std::size_t>(matrix.offsets[at]),
        static_cast<std::size_t>(matrix.offsets[at + 1] - matrix.offsets[at]));
  };
  const auto grow = [&](std::int32_t seed) {
    const auto name = static_cast<std::int32_t>(clusters.members.size());
    std::vector<std::int32_t> members{seed};
    clusters.of[static_cast<std::size_t>(seed)] = name;
    for (std::size_t head = 0; head < members.size() && members.size() < full; ++head) {
      for (const std::int32_t item : neighbours(members[head])) {
        if (!open(item)) continue;
        if (members.size() == full) {
          frontier.push_back(item);
          break;
        }
        clusters.of[static_cast<std::size_t>(item)] = name;
        members.push_back(item);
      }
    }
    // A remnant enclosed by full clusters joins one of them.
    if (members.size() < full / 4) {
      for (const std::int32_t member : members) {
        for (const std::int32_t item : neighbours(member)) {
          const std::int32_t other = clusters.of[static_cast<std::size_t>(item)];
          if (other < 0 || other == name) continue;
          for (const std::int32_t moved : members) {
            clusters.of[static_cast<std::size_t>(moved)] = other;
          }
          auto& joined = clusters.members[static_cast<std::size_t>(other)];
          joined.insert(joined.end(), members.begin(), members.end());
          return;
        }
      }
    }
    clusters.members.push_back(std::move(members));
    clusters.centre.push_back(centre[static_cast<std::size_t>(seed)]);
  };
  for (std::int32_t item = 0; item < n; ++item) {
    while (!frontier.empty()) {
      const std::int32_t seed = frontier.front();
      frontier.pop_front();
      if (open(seed)) grow(seed);
    }
    if (open(item)) grow(item);
    if ((item & 0xffff) == 0) team.check();
  }
  return clusters;
}

template <class Weight>
class CoarseSpace {
 public:
  // Past this many clusters (a graph in very many pieces) the coarse system is not worth its cost.
  static constexpr std::size_t kMost = 1024;

  CoarseSpace(const Laplacian<Weight>& matrix, std::span<const std::int32_t> centre,
              std::int32_t n_centres, Team& team)
      : matrix_(matrix),
        n_centres_(n_centres),
        team_(team),
        clusters_(grow_clusters(matrix, centre, team)),
        system_(clusters_.members.size() <= kMost
                    ? static_cast<std::int64_t>(clusters_.members.size())
                    : 0) {}

  bool usable() const { return system_.size() > 1; }
  std::int64_t size() const { return system_.size(); }
  const std::vector<std::int32_t>& cluster_of() const { return clusters_.of; }
  const std::vector<std::int32_t>& members(std::int64_t cluster) const {
    return clusters_.members[static_cast<std::size_t>(cluster)];
  }

  // Sums the matrix over clusters and factors it; false where that fails.
  bool refresh() {
    system_.clear();
    team_.run(size(), [&](std::int64_t cluster) {
      double* row = system_.row(cluster);
      for (const std::int32_t item : members(cluster)) {
        const auto at = static_cast<std::size_t>(item);
        row[cluster] += matrix_.diagonal[item];
        for (auto k = matrix_.offsets[at]; k < matrix_.offsets[at + 1]; ++k) {
          const std::int32_t other =
              clusters_
                  .of[static_cast<std::size_t>(matrix_.neighbour[static_cast<std::size_t>(k)])];
          if (other >= 0 && other <= cluster) row[other] -= static_cast<double>(matrix_.weight[k]);
        }
      }
    });
    system_.add_centres(clusters_.centre, n_centres_);
    return system_.factor();
  }

  void solve(double* x) const { system_.solve(x); }

 private:
  Laplacian<Weight> matrix_;
  std::int32_t n_centres_;
  Team& team_;
  Clusters clusters_;
  Cholesky system_;
};

}  // namespace zermelo
