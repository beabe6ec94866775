#include "zermelo/graph.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/radix.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kPairsPerChunk = 1 << 18;

// A pair in the row of one of its items.
template <class Stored>
struct RowRecord {
  using Value = Stored;
  std::int32_t item_;
  std::int32_t neighbour_;
  Value win_;
  Value loss_;

  // As the first item sees pair k, and as the second does.
  template <class Credits>
  static RowRecord forward(const OrderedPairs& pairs, const Credits& credits, std::size_t k) {
    return {pairs.first[k], pairs.second[k], static_cast<Value>(credits.first(k)),
            static_cast<Value>(credits.second(k))};
  }
  template <class Credits>
  static RowRecord reverse(const OrderedPairs& pairs, const Credits& credits, std::size_t k) {
    return {pairs.second[k], pairs.first[k], static_cast<Value>(credits.second(k)),
            static_cast<Value>(credits.first(k))};
  }
  std::int64_t item() const { return item_; }
  std::int32_t neighbour() const { return neighbour_; }
  Value win() const { return win_; }
  Value loss() const { return loss_; }
  // The one with the lower neighbour, or both in one where they have the same.
  static RowRecord lower(const RowRecord& a, const RowRecord& b) {
    RowRecord record = a.neighbour_ <= b.neighbour_ ? a : b;
    if (a.neighbour_ == b.neighbour_) {
      record.win_ += b.win_;
      record.loss_ += b.loss_;
    }
    return record;
  }
};

// The same in half the space, with credits in half games: most pairs are compared a few times.
template <class Stored>
class PackedRecord {
 public:
  using Value = Stored;
  static constexpr std::int64_t kMostItems = std::int64_t{1} << 20;
  // A credit may be the sum of wins and ties, and both orders are added up: 8 half games a count.
  static constexpr std::uint64_t kLargestCount = (std::is_same_v<Value, float> ? 4095 : 255) / 8;

  template <class Credits>
  static PackedRecord forward(const OrderedPairs& pairs, const Credits& credits, std::size_t k) {
    const std::uint64_t ties = half_games_of_ties(credits, k);
    return pack(pairs.first[k], pairs.second[k], 2 * std::uint64_t{credits.win[k]} + ties,
                2 * std::uint64_t{credits.loss[k]} + ties);
  }
  template <class Credits>
  static PackedRecord reverse(const OrderedPairs& pairs, const Credits& credits, std::size_t k) {
    const std::uint64_t ties = half_games_of_ties(credits, k);
    return pack(pairs.second[k], pairs.first[k], 2 * std::uint64_t{credits.loss[k]} + ties,
                2 * std::uint64_t{credits.win[k]} + ties);
  }
  std::int64_t item() const { return static_cast<std::int64_t>(bits_ >> 44); }
  std::int32_t neighbour() const { return static_cast<std::int32_t>(bits_ >> 24 & 0xfffff); }
  Value win() const { return credit(bits_ >> 12); }
  Value loss() const { return credit(bits_); }
  static PackedRecord lower(const PackedRecord& a, const PackedRecord& b) {
    const std::uint64_t of_a = a.bits_ >> 24;
    const std::uint64_t of_b = b.bits_ >> 24;
    // Masks, since compilers branch on what else says the same.
    const std::uint64_t from_a = 0 - static_cast<std::uint64_t>(of_a <= of_b);
    const std::uint64_t also_b = 0xffffff & (0 - static_cast<std::uint64_t>(of_a == of_b));
    PackedRecord record;
    record.bits_ = ((a.bits_ & from_a) | (b.bits_ & ~from_a)) + (b.bits_ & also_b);
    return record;
  }

 private:
  static PackedRecord pack(std::int32_t item, std::int32_t neighbour, std::uint64_t win,
                           std::uint64_t loss) {
    PackedRecord record;
    record.bits_ = static_cast<std::uint64_t>(item) << 44 |
                   static_cast<std::uint64_t>(neighbour) << 24 | win << 12 | loss;
    return record;
  }
  static Value credit(std::uint64_t bits) {
    const auto half_games = static_cast<std::int32_t>(bits & 0xfff);
    if constexpr (std::is_same_v<Value, float>) return 0.5F * static_cast<float>(half_games);
    return static_cast<Value>(half_games);
  }
  template <class Credits>
  static std::uint64_t half_games_of_ties(const Credits& credits, std::size_t k) {
    if (credits.tie.empty()) return 0;
    return static_cast<std::uint64_t>(2.0 * credits.tie_share) * credits.tie[k];
  }
  std::uint64_t bits_;
};

// What radix::distribute orders by.
template <class Value>
std::uint64_t key_of(const RowRecord<Value>& record) {
  return static_cast<std::uint64_t>(record.item());
}
template <class Value>
std::uint64_t key_of(const PackedRecord<Value>& record) {
  return static_cast<std::uint64_t>(record.item());
}

// Merges two runs of one row's records, each ascending by the neighbour; returns the end of the
// output. Which side comes next is a coin toss on random pairs, so nothing branches on it.
template <class Record>
Record* merge(const Record* a, const Record* a_end, const Record* b, const Record* b_end,
              Record* out) {
  while (a != a_end && b != b_end) {
    *out++ = Record::lower(*a, *b);
    const bool from_a = a->neighbour() <= b->neighbour();
    const bool from_b = b->neighbour() <= a->neighbour();
    a += from_a;
    b += from_b;
  }
  out = std::copy(a, a_end, out);
  return std::copy(b, b_end, out);
}

// Scratch of one range of items: the records of their reverse pairs by item, where each item's
// begin, and one row's forward pairs and what comes of it.
template <class Record>
struct RangeScratch {
  std::vector<Record> reverse;
  std::vector<std::int64_t> next;
  std::vector<Record> forward;
  std::vector<Record> merged;
};

// The pairs are sorted by their first item. Those in which an item stood second come to it by a
// stable distribution over ranges of items; then each range, which fits the cache, is sorted by
// item and merged with the range's forward pairs.
template <class Record, class Credits>
PairGraphBuffers<typename Record::Value> build(const OrderedPairs& pairs, const Credits& credits,
                                               std::int64_t n, Team& team) {
  const auto n_pairs = static_cast<std::int64_t>(pairs.second.size());
  const int item_bits = radix::bits_of(static_cast<std::uint64_t>(n));
  const int range_bits = radix::partition_bits(n_pairs, item_bits);
  const int shift = item_bits - range_bits;
  const std::int64_t n_ranges = std::int64_t{1} << range_bits;
  Buffer<Record> records(pairs.second.size());
  const std::vector<std::int64_t> borders = radix::distribute(
      team, n_pairs, shift, range_bits,
      [&](std::int64_t k) { return Record::reverse(pairs, credits, static_cast<std::size_t>(k)); },
      records.data());

  // Every row gets room for all its pairs. Those that were counted in both orders become one
  // entry, and at the end the ranges close the gaps.
  const std::size_t room = 2 * pairs.first.size();
  using Value = typename Record::Value;
  PairGraphBuffers<Value> out;
  out.offsets = Buffer<std::int64_t>(static_cast<std::size_t>(n) + 1);
  out.neighbour = Buffer<std::int32_t>(room);
  out.win = Buffer<Value>(room);
  out.loss = Buffer<Value>(room);
  std::int64_t* offsets = out.offsets.data();
  Buffer<std::int64_t> starts(static_cast<std::size_t>(n_ranges));
  Buffer<std::int64_t> ends(static_cast<std::size_t>(n_ranges));
  Pool<RangeScratch<Record>> pool(team.threads());
  team.run(n_ranges, [&](std::int64_t range) {
    const auto at = static_cast<std::size_t>(range);
    const std::int64_t low = std::min(range << shift, n);
    const std::int64_t high = std::min((range + 1) << shift, n);
    const Record* begin = records.data() + borders[at];
    const Record* end = records.data() + borders[at + 1];
    auto scratch = pool.borrow();
    std::vector<Record>& sorted = scratch->reverse;
    std::vector<std::int64_t>& next = scratch->next;
    sorted.resize(std::max(sorted.size(), static_cast<std::size_t>(end - begin)));
    next.assign(static_cast<std::size_t>(high - low) + 1, 0);
    for (const Record* record = begin; record != end; ++record) {
      ++next[static_cast<std::size_t>(record->item() - low) + 1];
    }
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (const Record* record = begin; record != end; ++record) {
      sorted[static_cast<std::size_t>(next[static_cast<std::size_t>(record->item() - low)]++)] =
          *record;
    }
    auto k = std::lower_bound(pairs.first.begin(), pairs.first.end(), low) - pairs.first.begin();
    starts[at] = k + borders[at];
    std::int64_t entry = starts[at];
    const Record* reverse = sorted.data();
    for (std::int64_t i = low; i < high; ++i) {
      std::vector<Record>& forward = scratch->forward;
      std::vector<Record>& merged = scratch->merged;
      const std::int64_t row = k;
      while (k < n_pairs && pairs.first[static_cast<std::size_t>(k)] == i) ++k;
      // Each place has moved on to where the next item's records begin.
      const Record* reverse_end = sorted.data() + next[static_cast<std::size_t>(i - low)];
      const auto n_forward = static_cast<std::size_t>(k - row);
      const std::size_t most = n_forward + static_cast<std::size_t>(reverse_end - reverse);
      if (forward.size() < n_forward) forward.resize(n_forward);
      if (merged.size() < most) merged.resize(most);
      for (std::size_t t = 0; t < n_forward; ++t) {
        forward[t] = Record::forward(pairs, credits, static_cast<std::size_t>(row) + t);
      }
      const Record* merged_end = merge<Record>(forward.data(), forward.data() + n_forward, reverse,
                                               reverse_end, merged.data());
      const std::int64_t length = merged_end - merged.data();
      std::int32_t* neighbour = out.neighbour.data() + entry;
      Value* win = out.win.data() + entry;
      Value* loss = out.loss.data() + entry;
      // A loop each, and no pointer read in it: bytes that are written might be anything else's.
      const Record* record = merged.data();
      for (std::int64_t t = 0; t < length; ++t) neighbour[t] = record[t].neighbour();
      for (std::int64_t t = 0; t < length; ++t) win[t] = record[t].win();
      for (std::int64_t t = 0; t < length; ++t) loss[t] = record[t].loss();
      offsets[i + 1] = length;
      entry += length;
      reverse = reverse_end;
    }
    ends[at] = entry;
  });
  records.reset();
  offsets[0] = 0;
  std::partial_sum(offsets, offsets + n + 1, offsets);
  const auto n_entries = static_cast<std::size_t>(offsets[n]);
  if (n_entries == room) return out;
  std::int64_t place = 0;
  for (std::size_t range = 0; range < static_cast<std::size_t>(n_ranges); ++range) {
    team.check();
    const std::int64_t size = ends[range] - starts[range];
    const auto move = [&](auto* column) {
      if (starts[range] != place) std::copy_n(column + starts[range], size, column + place);
    };
    move(out.neighbour.data());
    move(out.win.data());
    move(out.loss.data());
    place += size;
  }
  out.neighbour.shrink(n_entries);
  out.win.shrink(n_entries);
  out.loss.shrink(n_entries);
  return out;
}

template <class Count>
Count largest_count(const CountCredits<Count>& credits, Team& team) {
  const Chunks chunks(std::ssize(credits.win), kPairsPerChunk);
  std::vector<Count> largest(static_cast<std::size_t>(chunks.count()), 0);
  team.run(chunks.count(), [&](std::int64_t chunk) {
    const auto [begin, end] = chunks[chunk];
    Count most = 0;
    for (const auto column : {credits.win, credits.loss, credits.tie}) {
      if (column.empty()) continue;
      for (auto k = begin; k < end; ++k) most = std::max(most, column[static_cast<std::size_t>(k)]);
    }
    largest[static_cast<std::size_t>(chunk)] = most;
  });
  return *std::max_element(largest.begin(), largest.end());
}

template <class Count>
Result build_from_counts(const OrderedPairs& pairs, const CountCredits<Count>& credits,
                         std::int64_t n_items, int threads, const Control& control,
                         AnyGraphBuffers& out) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    const Count largest = largest_count(credits, team);
    const bool whole_or_half =
        credits.tie_share == 0.0 || credits.tie_share == 0.5 || credits.tie_share == 1.0;
    // A pair's two orders are added up, and half games need one bit more: 2^21 each stays exact.
    using Few = PackedRecord<std::uint8_t>;
    using Some = PackedRecord<float>;
    if (!whole_or_half || largest >= Count{1} << 21) {
      out = build<RowRecord<double>>(pairs, credits, n_items, team);
    } else if (n_items > Few::kMostItems || largest > Some::kLargestCount) {
      out = build<RowRecord<float>>(pairs, credits, n_items, team);
    } else if (largest > Few::kLargestCount) {
      out = build<Some>(pairs, credits, n_items, team);
    } else {
      out = build<Few>(pairs, credits, n_items, team);
    }
    return {};
  });
}

}  // namespace

Result build_graph(const OrderedPairs& pairs, const CountCredits<std::uint32_t>& credits,
                   std::int64_t n_items, int threads, const Control& control,
                   AnyGraphBuffers& out) {
  return build_from_counts(pairs, credits, n_items, threads, control, out);
}

Result build_graph(const OrderedPairs& pairs, const CountCredits<std::uint64_t>& credits,
                   std::int64_t n_items, int threads, const Control& control,
                   AnyGraphBuffers& out) {
  return build_from_counts(pairs, credits, n_items, threads, control, out);
}

Result build_graph(const OrderedPairs& pairs, const WeightCredits& credits, std::int64_t n_items,
                   int threads, const Control& control, AnyGraphBuffers& out) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    out = build<RowRecord<double>>(pairs, credits, n_items, team);
    return {};
  });
}

}  // namespace zermelo
