#include <algorithm>
#include <numeric>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"
#include "zermelo/random.hpp"

namespace zermelo::sorting {
namespace {

using Items = std::vector<std::int32_t>;

constexpr std::int64_t kGroup = 20;  // items in a list, at most

struct Stage {
  std::int64_t groups;
  std::int64_t advance;  // of each group
};

// How many go on from a stage: the largest of 1, 2, 5, 10, ... that leaves two thirds or less.
std::int64_t target_of(std::int64_t n) {
  std::int64_t target = 1;
  for (std::int64_t power = 1; 3 * power <= 2 * n; power *= 10) {
    for (const std::int64_t step : {1, 2, 5}) {
      if (3 * step * power <= 2 * n) target = step * power;
    }
  }
  return target;
}

// Groups of one size where that takes few more; none from which a single item goes on.
std::int64_t groups_of(std::int64_t n, std::int64_t target) {
  std::int64_t fewest = 0;
  for (std::int64_t groups = 1; groups <= std::max<std::int64_t>(target / 2, 1); ++groups) {
    if (target % groups != 0 || groups * kGroup < n) continue;
    if (fewest == 0) fewest = groups;
    if (n % groups == 0 && groups < 2 * fewest) return groups;
  }
  return fewest;
}

std::vector<Stage> stages_of(std::int64_t n) {
  std::vector<Stage> stages;
  while (n > 1) {
    const std::int64_t target = target_of(n), groups = groups_of(n, target);
    stages.push_back({groups, target / groups});
    if (target <= 2) break;
    n = target;
  }
  return stages;
}

// Stages survived, and the places where the item went out, summed over tournaments.
struct Points {
  explicit Points(std::int32_t n)
      : survived(static_cast<std::size_t>(n)), place(static_cast<std::size_t>(n)) {}

  void write(std::span<std::int32_t> order) const {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [this](std::int32_t one, std::int32_t other) {
      const auto first = static_cast<std::size_t>(one), second = static_cast<std::size_t>(other);
      if (survived[first] != survived[second]) return survived[first] > survived[second];
      return place[first] < place[second];
    });
  }

  std::vector<std::int64_t> survived, place;
};

// Shares out pots of the initial order, one item of a pot a group, by lot where that is wanted.
std::vector<Items> groups_by_pots(const Items& left, std::int64_t n_groups, bool by_lot,
                                  std::uint64_t key) {
  const auto count = static_cast<std::size_t>(n_groups);
  std::vector<Items> groups(count);
  Items pot;
  for (std::size_t begin = 0; begin < left.size(); begin += count) {
    const std::size_t end = std::min(begin + count, left.size());
    pot.assign(left.begin() + static_cast<std::ptrdiff_t>(begin),
               left.begin() + static_cast<std::ptrdiff_t>(end));
    if (by_lot) {
      std::stable_sort(pot.begin(), pot.end(), [key](std::int32_t first, std::int32_t second) {
        return stream(key, first) < stream(key, second);
      });
    }
    for (std::size_t group = 0; group < pot.size(); ++group) groups[group].push_back(pot[group]);
  }
  return groups;
}

// Puts the items of a group in order.
Task<> ranked(Run& run, Items& group) {
  const std::span<const std::int32_t> places = co_await run.rank(group);
  Items ranking;
  for (const std::int32_t place : places) {
    ranking.push_back(group[static_cast<std::size_t>(place)]);
  }
  group = std::move(ranking);
}

Task<> tournament(Run& run, Points& points, std::int64_t number) {
  const std::vector<Stage> stages = stages_of(run.n);
  Items left(static_cast<std::size_t>(run.n));
  std::iota(left.begin(), left.end(), 0);
  for (std::size_t at = 0; at < stages.size(); ++at) {
    const std::uint64_t key = stream(stream(run.seed, number), static_cast<std::int64_t>(at));
    std::vector<Items> groups = groups_by_pots(left, stages[at].groups, number > 0, key);
    {
      std::vector<Task<>> rankings;
      for (Items& group : groups) rankings.push_back(ranked(run, group));
      co_await together(rankings);
    }
    const bool last = at + 1 == stages.size();
    const auto advance = static_cast<std::size_t>(stages[at].advance);
    left.clear();
    for (const Items& ranking : groups) {
      for (std::size_t place = 0; place < ranking.size(); ++place) {
        const auto item = static_cast<std::size_t>(ranking[place]);
        if (place < advance) {
          ++points.survived[item];
          left.push_back(ranking[place]);
        }
        if (place >= advance || last) points.place[item] += static_cast<std::int64_t>(place);
      }
    }
    std::sort(left.begin(), left.end());
  }
}

// How many places a consistent ranking makes exact.
std::int32_t n_exact(std::int32_t n) {
  std::int64_t least = n;
  for (const Stage& stage : stages_of(n)) {
    if (stage.groups > 1) least = std::min(least, stage.advance);
  }
  return static_cast<std::int32_t>(least);
}

}  // namespace

// Tournaments in stages of groups; an item has a point for every stage that it survived.
Task<> tourrank(Run& run) {
  const std::int64_t tournaments = run.option("tournaments");
  Points points(run.n);
  const View view(run, [&](std::span<std::int32_t> order) { points.write(order); });
  {
    std::vector<Task<>> branches;
    for (std::int64_t number = 0; number < tournaments; ++number) {
      branches.push_back(tournament(run, points, number));
    }
    co_await together(branches);
  }
  view.write(run.order);
  run.n_certain = tournaments > 0 ? n_exact(run.n) : 0;
}

}  // namespace zermelo::sorting
