#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

// Where new items stand among the ranked ones.
struct Gaps {
  Gaps(std::int32_t ranked, std::int32_t n_new)
      : n_ranked(ranked), place(static_cast<std::size_t>(n_new), ranked) {}

  std::int32_t n_ranked;
  std::vector<std::int32_t> place;  // how many of the ranked stand before a new item, as it seems

  // How many new items fall into each gap; the last is behind all ranked ones.
  std::vector<std::int32_t> sizes() const {
    std::vector<std::int32_t> size(static_cast<std::size_t>(n_ranked) + 1);
    for (const std::int32_t gap : place) ++size[static_cast<std::size_t>(gap)];
    return size;
  }

  void write(std::span<std::int32_t> order) const {
    std::vector<std::int32_t> next = sizes();
    std::int32_t begin = 0;
    for (std::int32_t gap = 0; gap <= n_ranked; ++gap) {
      const std::int32_t size = std::exchange(next[static_cast<std::size_t>(gap)], begin);
      begin += size;
      if (gap < n_ranked) order[static_cast<std::size_t>(begin++)] = gap;
    }
    for (std::size_t item = 0; item < place.size(); ++item) {
      const std::int32_t at = next[static_cast<std::size_t>(place[item])]++;
      order[static_cast<std::size_t>(at)] = n_ranked + static_cast<std::int32_t>(item);
    }
  }
};

// Finds the gap of one new item; it seems to be in the middle of where it can be.
Task<> searched(Run& run, Gaps& gaps, std::int32_t item) {
  std::int32_t& place = gaps.place[static_cast<std::size_t>(item - gaps.n_ranked)];
  std::int32_t low = 0, high = gaps.n_ranked;
  if (run.top_k < gaps.n_ranked) {
    high = run.top_k - 1;
    const bool enters = co_await run.precedes(item, high);
    if (!enters) co_return;
    place = (low + high) / 2;
  }
  while (low < high) {
    const std::int32_t middle = low + (high - low) / 2;
    const bool before = co_await run.precedes(item, middle);
    if (before) {
      high = middle;
    } else {
      low = middle + 1;
    }
    place = low + (high - low) / 2;
  }
}

}  // namespace

// Binary insertion of all new items at once; those in one gap are merge-sorted there. Where only
// the first places count, a new item must first beat whoever holds the last of them.
Task<> insert(Run& run) {
  const auto n_ranked =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(run.option("n_ranked"), 0, run.n));
  Gaps gaps(n_ranked, run.n - n_ranked);
  {
    const View view(run, [&](std::span<std::int32_t> order) { gaps.write(order); });
    std::vector<Task<>> searches;
    searches.reserve(gaps.place.size());
    for (std::int32_t item = n_ranked; item < run.n; ++item) {
      searches.push_back(searched(run, gaps, item));
    }
    co_await together(searches);
  }
  gaps.write(run.order);
  std::vector<Task<>> stretches;
  std::int32_t begin = 0;
  run.n_certain = run.top_k;
  for (const std::int32_t size : gaps.sizes()) {
    if (size > 1 && begin < run.top_k) {
      if (stretches.empty()) run.n_certain = begin;
      stretches.push_back(merge_stretch(run, begin, begin + size));
    }
    begin += size + 1;
  }
  co_await together(stretches);
  run.n_certain = run.top_k;
}

}  // namespace zermelo::sorting
