#include "zermelo/graph.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/radix.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kPairsPerChunk = 1 << 18;

// A pair on its way to its second item's row. Credits are added up as `Credit` and stored as Value.
template <class Stored>
struct Reverse {
  using Value = Stored;
  using Credit = Stored;
  std::int32_t item_;
  std::int32_t neighbour_;
  Credit win_;
  Credit loss_;

  template <class Credits>
  static Credit first(const Credits& credits, std::size_t pair) {
    return static_cast<Credit>(credits.first(pair));
  }
  template <class Credits>
  static Credit second(const Credits& credits, std::size_t pair) {
    return static_cast<Credit>(credits.second(pair));
  }
  static Reverse make(std::int32_t item, std::int32_t neighbour, Credit win, Credit loss) {
    return {item, neighbour, win, loss};
  }
  std::int64_t item() const { return item_; }
  std::int32_t neighbour() const { return neighbour_; }
  Credit win() const { return win_; }
  Credit loss() const { return loss_; }
  static Value value(Credit credit) { return credit; }
};

// The same in half the space, with credits in half games: most pairs are compared a few times.
class PackedReverse {
 public:
  using Value = float;
  using Credit = std::int32_t;
  static constexpr std::int64_t kMostItems = std::int64_t{1} << 20;
  static constexpr std::uint64_t kLargestCount = 1023;  // a credit may be the sum of two counts

  template <class Credits>
  static Credit first(const Credits& credits, std::size_t pair) {
    return static_cast<Credit>(2 * credits.win[pair]) + of_ties(credits, pair);
  }
  template <class Credits>
  static Credit second(const Credits& credits, std::size_t pair) {
    return static_cast<Credit>(2 * credits.loss[pair]) + of_ties(credits, pair);
  }
  static PackedReverse make(std::int32_t item, std::int32_t neighbour, Credit win, Credit loss) {
    PackedReverse record;
    record.bits_ = static_cast<std::uint64_t>(item) << 44 |
                   static_cast<std::uint64_t>(neighbour) << 24 |
                   static_cast<std::uint64_t>(win) << 12 | static_cast<std::uint64_t>(loss);
    return record;
  }
  std::int64_t item() const { return static_cast<std::int64_t>(bits_ >> 44); }
  std::int32_t neighbour() const { return static_cast<std::int32_t>(bits_ >> 24 & 0xfffff); }
  Credit win() const { return static_cast<Credit>(bits_ >> 12 & 0xfff); }
  Credit loss() const { return static_cast<Credit>(bits_ & 0xfff); }
  static Value value(Credit half_games) { return 0.5F * static_cast<float>(half_games); }

 private:
  template <class Credits>
  static Credit of_ties(const Credits& credits, std::size_t pair) {
    if (credits.tie.empty()) return 0;
    return static_cast<Credit>(2.0 * credits.tie_share) * static_cast<Credit>(credits.tie[pair]);
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

// Where a row's entries go.
template <class Value>
struct RowPlace {
  std::int32_t* neighbour;
  Value* win;
  Value* loss;
};

// Merges a row's forward pairs [k, end) with its reverse ones, in ascending order of the neighbour;
// returns the number of entries. Which side comes next is a coin toss on random pairs, so nothing
// branches on it.
template <class Record, class Credits>
std::int64_t merge_row(const OrderedPairs& pairs, const Credits& credits, std::int64_t k,
                       std::int64_t end, const Record* reverse, const Record* reverse_end,
                       const RowPlace<typename Record::Value>& row) {
  using Credit = typename Record::Credit;
  std::int64_t entry = 0;
  const auto put = [&](std::int32_t neighbour, Credit win, Credit loss) {
    row.neighbour[entry] = neighbour;
    row.win[entry] = Record::value(win);
    row.loss[entry] = Record::value(loss);
    ++entry;
  };
  while (k < end && reverse != reverse_end) {
    const auto pair = static_cast<std::size_t>(k);
    const std::int32_t forward_item = pairs.second[pair];
    const std::int32_t reverse_item = reverse->neighbour();
    const bool from_forward = forward_item <= reverse_item;
    const bool from_reverse = reverse_item <= forward_item;
    const auto of_forward = static_cast<Credit>(from_forward);
    const auto of_reverse = static_cast<Credit>(from_reverse);
    put(std::min(forward_item, reverse_item),
        of_forward * Record::first(credits, pair) + of_reverse * reverse->win(),
        of_forward * Record::second(credits, pair) + of_reverse * reverse->loss());
    k += from_forward;
    reverse += from_reverse;
  }
  for (; k < end; ++k) {
    const auto pair = static_cast<std::size_t>(k);
    put(pairs.second[pair], Record::first(credits, pair), Record::second(credits, pair));
  }
  for (; reverse != reverse_end; ++reverse) {
    put(reverse->neighbour(), reverse->win(), reverse->loss());
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
template <class Record, class Credits>
PairGraphBuffers<typename Record::Value> build(const OrderedPairs& pairs, const Credits& credits,
                                               std::int64_t n, Team& team) {
  const auto n_pairs = static_cast<std::int64_t>(pairs.second.size());
  const int item_bits = radix::bits_of(static_cast<std::uint64_t>(n));
  const int range_bits = radix::partition_bits(n_pairs, item_bits);
  const int shift = item_bits - range_bits;
  const std::int64_t n_ranges = std::int64_t{1} << range_bits;
  Buffer<Record> records = Buffer<Record>(pairs.second.size());
  const std::vector<std::int64_t> borders = radix::distribute(
      team, n_pairs, shift, range_bits,
      [&](std::int64_t k) {
        const auto pair = static_cast<std::size_t>(k);
        return Record::make(pairs.second[pair], pairs.first[pair], Record::second(credits, pair),
                            Record::first(credits, pair));
      },
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
          merge_row(pairs, credits, row, k, reverse, reverse_end,
                    RowPlace<Value>{out.neighbour.data() + entry, out.win.data() + entry,
                                    out.loss.data() + entry});
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
    if (!whole_or_half || largest >= Count{1} << 21) {
      out = build<Reverse<double>>(pairs, credits, n_items, team);
    } else if (largest > PackedReverse::kLargestCount || n_items > PackedReverse::kMostItems) {
      out = build<Reverse<float>>(pairs, credits, n_items, team);
    } else {
      out = build<PackedReverse>(pairs, credits, n_items, team);
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
    out = build<Reverse<double>>(pairs, credits, n_items, team);
    return {};
  });
}

}  // namespace zermelo
