// Which pairs have been asked for: a table of all pairs where there are few, a hash table else.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "zermelo/random.hpp"

namespace zermelo::sorting {

// Maps a pair to its number.
class PairMemo {
 public:
  void reset(std::int64_t n) {
    if (n != n_) {
      n_ = n;
      const std::int64_t cells = n * (n - 1) / 2;
      dense_ = cells <= kMostCells;
      numbers_.assign(static_cast<std::size_t>(dense_ ? cells : 0), 0);
      base_ = used_ = 0;
      set_slots(dense_ ? 0 : kFirstSlots);
    }
    if (dense_) {
      // Entries of earlier runs lie below the base, so that forgetting them costs nothing.
      base_ += used_;
      if (base_ > kMostBase) {
        std::fill(numbers_.begin(), numbers_.end(), 0);
        base_ = 0;
      }
      used_ = 0;
    } else {
      entries_.clear();
      set_slots(heads_.size());
    }
  }

  // The number of a pair, and whether it had one before; a new one gets `number`.
  std::pair<std::int64_t, bool> find_or_add(std::int32_t low, std::int32_t high,
                                            std::int64_t number) {
    if (!dense_) return find_or_add_entry(low, high, number);
    const auto row = static_cast<std::size_t>(high);
    std::uint32_t& cell = numbers_[row * (row - 1) / 2 + static_cast<std::size_t>(low)];
    if (cell > base_) return {std::int64_t{cell} - base_ - 1, true};
    used_ = static_cast<std::uint32_t>(number) + 1;
    cell = base_ + used_;
    return {number, false};
  }

 private:
  struct Entry {
    std::int32_t low;
    std::int32_t high;
    std::uint32_t number;
    std::uint32_t next;  // place of another entry with the same slot, from 1
  };
  static constexpr std::int64_t kMostCells = std::int64_t{1} << 16;  // what fits into a near cache
  static constexpr std::size_t kFirstSlots = std::size_t{1} << 10;
  static constexpr std::uint32_t kMostBase = std::numeric_limits<std::uint32_t>::max() / 2;

  // Most pairs are new, and their mark says so; then nothing waits for memory, for what is read
  // is only written elsewhere.
  std::pair<std::int64_t, bool> find_or_add_entry(std::int32_t low, std::int32_t high,
                                                  std::int64_t number) {
    if (entries_.size() == heads_.size()) {
      set_slots(2 * heads_.size());
      for (std::size_t place = 0; place < entries_.size(); ++place) {
        link(entries_[place], static_cast<std::uint32_t>(place) + 1);
      }
    }
    const Hash hash = hash_of(low, high);
    if ((marks_[hash.slot] & hash.mark) != 0) {
      for (std::uint32_t at = heads_[hash.slot]; at != 0; at = entries_[at - 1].next) {
        const Entry& entry = entries_[at - 1];
        if (entry.low == low && entry.high == high) return {entry.number, true};
      }
    }
    entries_.push_back({low, high, static_cast<std::uint32_t>(number), heads_[hash.slot]});
    heads_[hash.slot] = static_cast<std::uint32_t>(entries_.size());
    marks_[hash.slot] |= hash.mark;
    return {number, false};
  }

  struct Hash {
    std::size_t slot;
    std::uint8_t mark;
  };
  Hash hash_of(std::int32_t low, std::int32_t high) const {
    const auto first = static_cast<std::uint32_t>(low), second = static_cast<std::uint32_t>(high);
    const std::uint64_t pair = std::uint64_t{second} << 32 | first;
    const std::uint64_t bits = (pair * kGolden) ^ (pair * kGolden) >> 32;
    return {static_cast<std::size_t>(bits) & (heads_.size() - 1),
            static_cast<std::uint8_t>(1U << (bits >> 61))};
  }

  void set_slots(std::size_t count) {
    heads_.assign(count, 0);
    marks_.assign(count, 0);
    entries_.reserve(count);
  }

  void link(Entry& entry, std::uint32_t place) {
    const Hash hash = hash_of(entry.low, entry.high);
    entry.next = heads_[hash.slot];
    heads_[hash.slot] = place;
    marks_[hash.slot] |= hash.mark;
  }

  std::int64_t n_ = -1;
  bool dense_ = true;
  std::uint32_t base_ = 0;
  std::uint32_t used_ = 0;
  std::vector<std::uint32_t> numbers_;  // base + number + 1 where a pair has a number
  std::vector<std::uint32_t> heads_;    // place of an entry, from 1
  std::vector<std::uint8_t> marks_;     // a bit of eight for every entry of the slot
  std::vector<Entry> entries_;
};

}  // namespace zermelo::sorting
