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
    if (n != n_) {
      const std::int64_t cells = n * (n - 1) / 2;
      n_ = n;
      dense_ = cells <= kMostCells;
      numbers_.assign(static_cast<std::size_t>(dense_ ? cells : 0), 0);
      slots_.assign(dense_ ? 0 : kFirstSlots, Slot{});
      base_ = 0;
    } else if (base_ + used_ > kMostBase) {
      numbers_.assign(numbers_.size(), 0);
      slots_.assign(slots_.size(), Slot{});
      base_ = 0;
    } else {
      base_ += used_;
    }
    used_ = 0;
    n_taken_ = 0;
  }

  // The number of a pair, and whether it had one before; a new one gets `number`.
  std::pair<std::int64_t, bool> find_or_add(std::int32_t low_item, std::int32_t high_item,
                                            std::int64_t number) {
    const auto low = static_cast<std::uint32_t>(low_item);
    const auto high = static_cast<std::uint32_t>(high_item);
    std::uint32_t* cell = nullptr;
    if (dense_) {
      const std::size_t row = high;
      cell = &numbers_[row * (row - 1) / 2 + low];
    } else {
      if (3 * n_taken_ >= 2 * slots_.size()) grow();
      Slot& slot = slot_of(low, high);
      cell = &slot.number;
      if (*cell <= base_) {
        slot.low = low;
        slot.high = high;
        ++n_taken_;
      }
    }
    if (*cell > base_) return {std::int64_t{*cell} - base_ - 1, true};
    used_ = static_cast<std::uint32_t>(number) + 1;
    *cell = base_ + used_;
    return {number, false};
  }

 private:
  struct Slot {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t number = 0;
  };
  static constexpr std::size_t kFirstSlots = std::size_t{1} << 10;
  static constexpr std::uint32_t kMostBase = std::numeric_limits<std::uint32_t>::max() / 2;

  Slot& slot_of(std::uint32_t low, std::uint32_t high) {
    const std::size_t mask = slots_.size() - 1;
    const std::uint64_t hashed = (std::uint64_t{high} << 32 | low) * kGolden;
    std::size_t at = (hashed ^ hashed >> 32) & mask;
    while (slots_[at].number > base_ && (slots_[at].low != low || slots_[at].high != high)) {
      at = (at + 1) & mask;
    }
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> slots(2 * slots_.size());
    slots.swap(slots_);
    for (const Slot& slot : slots) {
      if (slot.number > base_) slot_of(slot.low, slot.high) = slot;
    }
  }

  std::int64_t n_ = -1;
  bool dense_ = true;
  std::uint32_t base_ = 0;
  std::uint32_t used_ = 0;
  std::size_t n_taken_ = 0;
  // base_ + number + 1 where a pair has a number.
  std::vector<std::uint32_t> numbers_;
  std::vector<Slot> slots_;
};

}  // namespace zermelo::sorting
