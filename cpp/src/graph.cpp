#include "zermelo/graph.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/radix.hpp"

namespace zermelo {
namespace {

// A pair on its way to its second item's row.
template <class Value>
struct Reverse {
  std::int32_t item_;
  std::int32_t neighbour_;
  Value win_;
  Value loss_;

  static Reverse make(std::int32_t item, std::int32_t neighbour, double win, double loss) {
    return {item, neighbour, static_cast<Value>(win), static_cast<Value>(loss)};
  }
  std::int64_t item() const { return item_; }
  std::int32_t neighbour() const { return neighbour_; }
  Value win() const { return win_; }
  Value loss() const { return loss_; }
};

// The same in half the space, which is half the time: most pairs are compared a few times.
class PackedReverse {
 public:
  static constexpr std::int64_t kMostItems = std::int64_t{1} << 20;
  // A credit is counted in half games, and may be the sum of two counts.
  static constexpr std::uint64_t kLargestCount = 1023;

  static PackedReverse make(std::int32_t item, std::int32_t neighbour, double win, double loss) {
    PackedReverse record;
    record.bits_ = static_cast<std::uint64_t>(item) << 44 |
                   static_cast<std::uint64_t>(neighbour) << 24 | half_games(win) << 12 |
                   half_games(loss);
    return record;
  }
  std::int64_t item() const { return static_cast<std::int64_t>(bits_ >> 44); }
  std::int32_t neighbour() const { return static_cast<std::int32_t>(bits_ >> 24 & 0xfffff); }
  float win() const { return 0.5F * static_cast<float>(bits_ >> 12 & 0xfff); }
  float loss() const { return 0.5F * static_cast<float>(bits_ & 0xfff); }

 private:
  static std::uint64_t half_games(double credit) {
    return static_cast<std::uint64_t>(static_cast<std::int32_t>(2.0 * credit));
  }
  std::uint64_t bits_;
};

// What radix::distribute orders by.
template <class Value>
std::uint64_t key_of(const Reverse<Value>& record) {
  return static_cast<std::uint64_t>(record.item());
}
std::uint64_t key_of(const PackedReverse& record) {
  return static_cast<std::uint64_t>(record.item());
}

// Merges a row's forward pairs [k, end) with its reverse ones, in ascending order of the neighbour;
// returns the number of entries. Which side comes next is a coin toss on random pairs, so nothing
// branches on it.
template <class Value, class Record, class Credits>
std::int64_t merge_row(const OrderedPairs& pairs, const Credits& credits, std::int64_t k,
                       std::int64_t end, const Record* reverse, const Record* reverse_end,
                       std::int32_t* neighbour, Value* win, Value* loss) {
  std::int64_t entry = 0;
  while (k < end && reverse != reverse_end) {
    const auto pair = static_cast<std::size_t>(k);
    const std::int32_t forward_item = pairs.second[pair];
    const std::int32_t reverse_item = reverse->neighbour();
    const bool from_forward = forward_item <= reverse_item;
    const bool from_reverse = reverse_item <= forward_item;
    const auto of_forward = static_cast<Value>(from_forward);
    const auto of_reverse = static_cast<Value>(from_reverse);
    neighbour[entry] = std::min(forward_item, reverse_item);
    win[entry] = of_forward * static_cast<Value>(credits.first(pair)) + of_reverse * reverse->win();
    loss[entry] =
        of_forward * static_cast<Value>(credits.second(pair)) + of_reverse * reverse->loss();
    k += from_forward;
    reverse += from_reverse;
    ++entry;
  }
  for (; k < end; ++k, ++entry) {
    const auto pair = static_cast<std::size_t>(k);
    neighbour[entry] = pairs.second[pair];
    win[entry] = static_cast<Value>(credits.first(pair));
    loss[entry] = static_cast<Value>(credits.second(pair));
  }
  for (; reverse != reverse_end; ++reverse, ++entry) {
    neighbour[entry] = reverse->neighbour();
    win[entry] = reverse->win();
    loss[entry] = reverse->loss();
  }
  return entry;
}

// Scratch of one range of items: its records by item, and where each item's begin.
template <class Record>
struct RangeScratch {
  std::vector<Record> records;
  std::vector<std::int64_t> next;
};

// The pairs are sorted by their first item. Those in which an item stood second come to it by a
// stable distribution over ranges of items; then each range, which fits the cache, is sorted by
// item and merged with the range's forward pairs.
template <class Value, class Record, class Credits>
PairGraphBuffers<Value> build(const OrderedPairs& pairs, const Credits& credits, std::int64_t n,
                              Team& team) {
  const auto n_pairs = static_cast<std::int64_t>(pairs.second.size());
  const int item_bits = radix::bits_of(static_cast<std::uint64_t>(n));
  const int range_bits = radix::partition_bits(n_pairs, item_bits);
  const int shift = item_bits - range_bits;
  const std::int64_t n_ranges = std::int64_t{1} << range_bits;
  Buffer<Record> records = large_buffer<Record>(pairs.second.size());
  const std::vector<std::int64_t> borders = radix::distribute(
      team, n_pairs, shift, range_bits,
      [&](std::int64_t k) {
        const auto pair = static_cast<std::size_t>(k);
        return Record::make(pairs.second[pair], pairs.first[pair], credits.second(pair),
                            credits.first(pair));
      },
      records.data());

  // Every row gets room for all its pairs. Those that were counted in both orders become one
  // entry, and at the end the ranges close the gaps.
  const std::size_t room = 2 * pairs.first.size();
  PairGraphBuffers<Value> out;
  out.offsets = Buffer<std::int64_t>(static_cast<std::size_t>(n) + 1);
  out.neighbour = large_buffer<std::int32_t>(room);
  out.win = large_buffer<Value>(room);
  out.loss = large_buffer<Value>(room);
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
    std::vector<Record>& sorted = scratch->records;
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
      const std::int64_t row = k;
      while (k < n_pairs && pairs.first[static_cast<std::size_t>(k)] == i) ++k;
      // Each place has moved on to where the next item's records begin.
      const Record* reverse_end = sorted.data() + next[static_cast<std::size_t>(i - low)];
      const std::int64_t length =
          merge_row(pairs, credits, row, k, reverse, reverse_end, out.neighbour.data() + entry,
                    out.win.data() + entry, out.loss.data() + entry);
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
Count largest_count(const CountCredits<Count>& credits) {
  Count largest = 0;
  for (const auto column : {credits.win, credits.loss, credits.tie}) {
    for (const Count count : column) largest = std::max(largest, count);
  }
  return largest;
}

template <class Count>
Result build_from_counts(const OrderedPairs& pairs, const CountCredits<Count>& credits,
                         std::int64_t n_items, int threads, const Control& control,
                         AnyGraphBuffers& out) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    const Count largest = largest_count(credits);
    const bool whole_or_half =
        credits.tie_share == 0.0 || credits.tie_share == 0.5 || credits.tie_share == 1.0;
    // A pair's two orders are added up, and half games need one bit more: 2^21 each stays exact.
    if (!whole_or_half || largest >= Count{1} << 21) {
      out = build<double, Reverse<double>>(pairs, credits, n_items, team);
    } else if (largest > PackedReverse::kLargestCount || n_items > PackedReverse::kMostItems) {
      out = build<float, Reverse<float>>(pairs, credits, n_items, team);
    } else {
      out = build<float, PackedReverse>(pairs, credits, n_items, team);
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
    out = build<double, Reverse<double>>(pairs, credits, n_items, team);
    return {};
  });
}

}  // namespace zermelo
