// How quickselect goes on with a group: the way that costs the fewest pairs by estimate.
// _backends/sorting/selection_plan.py, the twin, says how.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "zermelo/random.hpp"

namespace zermelo::sorting {

// Either `pivots`, ranks in the chain, or a `sample`, whose best `rank` are sorted within `rounds`
// (not at all where `rank` is 0), or neither: all pairs.
struct SelectionPlan {
  std::vector<std::int32_t> pivots;
  std::int32_t sample = 0;
  std::int32_t rank = 0;
  std::int32_t rounds = 0;
};

inline std::int32_t comfortable_rounds(std::int32_t n) {
  return 3 + static_cast<std::int32_t>(std::bit_width(static_cast<std::uint32_t>(n)));
}

inline std::int32_t least_rounds(std::int32_t n) {
  return static_cast<std::int32_t>(std::bit_width(static_cast<std::uint32_t>(n))) - 1;
}

SelectionPlan choose_plan(std::int32_t chain, std::int32_t loose, std::int32_t wanted,
                          std::int32_t rounds);

// Plans that were chosen before: many sorts of as many items come to the same groups.
class KnownPlans {
 public:
  const SelectionPlan& find(std::int32_t chain, std::int32_t loose, std::int32_t wanted,
                            std::int32_t rounds);

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 16;
  struct Key {
    std::uint64_t items;
    std::uint64_t aim;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return mixed(key.items + mixed(key.aim)); }
  };
  std::unordered_map<Key, SelectionPlan, Hash> plans_;
};

}  // namespace zermelo::sorting
