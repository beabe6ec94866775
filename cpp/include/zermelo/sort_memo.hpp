// Which pairs have been asked for: a table of all pairs where there are few, a hash table else.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "zermelo/random.hpp"

namespace zermelo::sorting {

// Maps a pair to its number. Entries of earlier runs lie below `base_`, so that forgetting them
// costs nothing.
class PairMemo {
 public:
  static constexpr std::int64_t kMostCells = std::int64_t{1} << 20;

  void reset(std::int64_t n) {
    const std::int64_t cells = n * (n - 1) / 2;
    const bool dense = cells <= kMostCells;
    if (n != n_) {
      n_ = n;
      dense_ = dense;
      numbers_.assign(static_cast<std::size_t>(dense ? cells : kFirstSlots), 0);
      keys_.assign(dense ? 0 : kFirstSlots, 0);
      base_ = 0;
    } else if (base_ + used_ > kMostBase) {
      numbers_.assign(numbers_.size(), 0);
      base_ = 0;
    } else {
      base_ += used_;
    }
    used_ = 0;
    n_taken_ = 0;
  }

  // The number of a pair, and whether it had one before; a new one gets `number`.
  std::pair<std::uint32_t, bool> find_or_add(std::int32_t low, std::int32_t high,
                                             std::uint32_t number) {
    std::uint32_t* cell = nullptr;
    if (dense_) {
      const std::int64_t row = high;
      cell = &numbers_[static_cast<std::size_t>(row * (row - 1) / 2 + low)];
    } else {
      if (2 * n_taken_ >= keys_.size()) grow();
      const std::uint64_t key = static_cast<std::uint64_t>(low) << 32 | std::uint32_t(high);
      const std::size_t slot = slot_of(key);
      cell = &numbers_[slot];
      if (*cell <= base_) {
        keys_[slot] = key;
        ++n_taken_;
      }
    }
    if (*cell > base_) return {*cell - base_ - 1, true};
    used_ = number + 1;
    *cell = base_ + used_;
    return {number, false};
  }

 private:
  static constexpr std::size_t kFirstSlots = std::size_t{1} << 10;
  static constexpr std::uint32_t kMostBase = std::numeric_limits<std::uint32_t>::max() / 2;

  std::size_t slot_of(std::uint64_t key) const {
    const std::size_t mask = keys_.size() - 1;
    std::size_t slot = mixed(key) & mask;
    while (numbers_[slot] > base_ && keys_[slot] != key) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<std::uint64_t> keys(2 * keys_.size());
    std::vector<std::uint32_t> numbers(2 * keys_.size());
    keys.swap(keys_);
    numbers.swap(numbers_);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (numbers[i] <= base_) continue;
      const std::size_t slot = slot_of(keys[i]);
      keys_[slot] = keys[i];
      numbers_[slot] = numbers[i];
    }
  }

  std::int64_t n_ = -1;
  bool dense_ = true;
  std::uint32_t base_ = 0;
  std::uint32_t used_ = 0;
  std::size_t n_taken_ = 0;
  std::vector<std::uint32_t> numbers_;  // base + number + 1 where the pair has one
  std::vector<std::uint64_t> keys_;
};

}  // namespace zermelo::sorting
