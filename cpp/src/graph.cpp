#include "zermelo/graph.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/radix.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kPairsPerChunk = 1 << 18;

// One end of a pair as the second item sees it.
template <class Value>
struct Reverse {
  std::int32_t neighbour;
  Value win;
  Value loss;
};

// The same on its way to the second item's row.
template <class Value>
struct Addressed {
  std::int32_t item;
  Reverse<Value> reverse;
};

// What radix::distribute orders by.
template <class Value>
std::uint64_t key_of(const Addressed<Value>& record) {
  return static_cast<std::uint64_t>(record.item);
}

// The pairs in which each item stood second, grouped by that item and sorted by the first.
template <class Value>
struct ReverseRows {
  Buffer<std::int64_t> offsets;
  Buffer<Reverse<Value>> rows;
};

// A transposition in two steps, both within the cache: by ranges of items, then by item. Both keep
// the order of the pairs.
template <class Value, class Credits>
ReverseRows<Value> reverse_rows(const OrderedPairs& pairs, const Credits& credits, std::int64_t n,
                                Team& team) {
  const auto n_pairs = static_cast<std::int64_t>(pairs.second.size());
  ReverseRows<Value> out{Buffer<std::int64_t>(static_cast<std::size_t>(n) + 1),
                         large_buffer<Reverse<Value>>(pairs.second.size())};
  const int item_bits = radix::bits_of(static_cast<std::uint64_t>(n));
  const int range_bits = radix::partition_bits(n_pairs, item_bits);
  const int shift = item_bits - range_bits;
  Buffer<Addressed<Value>> records = large_buffer<Addressed<Value>>(pairs.second.size());
  const auto read = [&](std::int64_t k) {
    const auto pair = static_cast<std::size_t>(k);
    return Addressed<Value>{pairs.second[pair],
                            {pairs.first[pair], static_cast<Value>(credits.second(pair)),
                             static_cast<Value>(credits.first(pair))}};
  };
  const std::vector<std::int64_t> borders =
      radix::distribute(team, n_pairs, shift, range_bits, read, records.data());
  team.run(std::int64_t{1} << range_bits, [&](std::int64_t range) {
    const std::int64_t low = std::min(range << shift, n);
    const std::int64_t high = std::min((range + 1) << shift, n);
    const auto at = static_cast<std::size_t>(range);
    std::vector<std::int64_t> next(static_cast<std::size_t>(high - low) + 1, 0);
    for (std::int64_t k = borders[at]; k < borders[at + 1]; ++k) {
      ++next[static_cast<std::size_t>(records[static_cast<std::size_t>(k)].item - low + 1)];
    }
    next[0] = borders[at];
    std::partial_sum(next.begin(), next.end(), next.begin());
    std::copy(next.begin(), next.end() - 1, out.offsets.data() + low);
    for (std::int64_t k = borders[at]; k < borders[at + 1]; ++k) {
      const Addressed<Value>& record = records[static_cast<std::size_t>(k)];
      const auto place = next[static_cast<std::size_t>(record.item - low)]++;
      out.rows[static_cast<std::size_t>(place)] = record.reverse;
    }
  });
  out.offsets[static_cast<std::size_t>(n)] = n_pairs;
  return out;
}

// Merges a row's forward pairs [k, end) with its reverse ones, in ascending order of the neighbour;
// returns the number of entries. Which side comes next is a coin toss on random pairs, so nothing
// branches on it.
template <class Value, class Credits>
std::int64_t merge_row(const OrderedPairs& pairs, const Credits& credits, std::int64_t k,
                       std::int64_t end, const Reverse<Value>* reverse,
                       const Reverse<Value>* reverse_end, std::int32_t* neighbour, Value* win,
                       Value* loss) {
  std::int64_t entry = 0;
  while (k < end && reverse != reverse_end) {
    const auto pair = static_cast<std::size_t>(k);
    const std::int32_t forward_item = pairs.second[pair];
    const bool from_forward = forward_item <= reverse->neighbour;
    const bool from_reverse = reverse->neighbour <= forward_item;
    const auto of_forward = static_cast<Value>(from_forward);
    const auto of_reverse = static_cast<Value>(from_reverse);
    neighbour[entry] = std::min(forward_item, reverse->neighbour);
    win[entry] = of_forward * static_cast<Value>(credits.first(pair)) + of_reverse * reverse->win;
    loss[entry] =
        of_forward * static_cast<Value>(credits.second(pair)) + of_reverse * reverse->loss;
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
    neighbour[entry] = reverse->neighbour;
    win[entry] = reverse->win;
    loss[entry] = reverse->loss;
  }
  return entry;
}

template <class Value, class Credits>
PairGraphBuffers<Value> build(const OrderedPairs& pairs, const Credits& credits, std::int64_t n,
                              Team& team) {
  const ReverseRows<Value> reverse = reverse_rows<Value>(pairs, credits, n, team);
  const std::int64_t* reverse_offsets = reverse.offsets.data();

  Buffer<std::int64_t> forward(static_cast<std::size_t>(n) + 1);
  const Chunks items(n, 1 << 14);
  team.run(items.count(), [&](std::int64_t chunk) {
    const auto [low, high] = items[chunk];
    for (std::int64_t i = low; i < high; ++i) {
      forward[static_cast<std::size_t>(i)] =
          std::lower_bound(pairs.first.begin(), pairs.first.end(), i) - pairs.first.begin();
    }
  });
  forward[static_cast<std::size_t>(n)] = static_cast<std::int64_t>(pairs.first.size());

  // Every row gets room for all its pairs. Those that were counted in both orders become one
  // entry; where there are any, the rows then move together.
  const std::size_t room = 2 * pairs.first.size();
  PairGraphBuffers<Value> out;
  out.offsets = Buffer<std::int64_t>(static_cast<std::size_t>(n) + 1);
  out.neighbour = large_buffer<std::int32_t>(room);
  out.win = large_buffer<Value>(room);
  out.loss = large_buffer<Value>(room);
  std::int64_t* offsets = out.offsets.data();
  const auto begin = [&](std::int64_t i) {
    return forward[static_cast<std::size_t>(i)] + reverse_offsets[i];
  };
  const RowChunks rows(forward.span(), kPairsPerChunk);
  team.run(rows.count(), [&](std::int64_t chunk) {
    const auto [low, high] = rows[chunk];
    for (std::int64_t i = low; i < high; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::int64_t entry = begin(i);
      offsets[i + 1] = merge_row(
          pairs, credits, forward[at], forward[at + 1], reverse.rows.data() + reverse_offsets[i],
          reverse.rows.data() + reverse_offsets[i + 1], out.neighbour.data() + entry,
          out.win.data() + entry, out.loss.data() + entry);
    }
  });
  offsets[0] = 0;
  std::partial_sum(offsets, offsets + n + 1, offsets);
  if (static_cast<std::size_t>(offsets[n]) == room) return out;
  for (std::int64_t i = 0; i < n; ++i) {
    if ((i & 0xffff) == 0) team.check();
    const std::int64_t length = offsets[i + 1] - offsets[i];
    const auto move = [&](auto* column) {
      std::copy_n(column + begin(i), length, column + offsets[i]);
    };
    move(out.neighbour.data());
    move(out.win.data());
    move(out.loss.data());
  }
  const auto n_entries = static_cast<std::size_t>(offsets[n]);
  out.neighbour.shrink(n_entries);
  out.win.shrink(n_entries);
  out.loss.shrink(n_entries);
  return out;
}

template <class Count>
bool exact_in_float(const CountCredits<Count>& credits) {
  if (credits.tie_share != 0.0 && credits.tie_share != 0.5 && credits.tie_share != 1.0)
    return false;
  // A pair's two orders are added up, and half games need one bit more: 2^21 each stays exact.
  constexpr Count limit = Count{1} << 21;
  Count largest = 0;
  for (const auto column : {credits.win, credits.loss, credits.tie}) {
    for (const Count count : column) largest = std::max(largest, count);
  }
  return largest < limit;
}

template <class Count>
Result build_from_counts(const OrderedPairs& pairs, const CountCredits<Count>& credits,
                         std::int64_t n_items, int threads, const Control& control,
                         AnyGraphBuffers& out) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    if (exact_in_float(credits)) {
      out = build<float>(pairs, credits, n_items, team);
    } else {
      out = build<double>(pairs, credits, n_items, team);
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
    out = build<double>(pairs, credits, n_items, team);
    return {};
  });
}

}  // namespace zermelo
