#include "zermelo/graph.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "zermelo/memory.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kPairsPerChunk = 1 << 18;
constexpr std::int64_t kPairsPerCheck = 1 << 20;

// One end of a pair as the second item sees it.
template <class Value>
struct Reverse {
  std::int32_t neighbour;
  Value win;
  Value loss;
};

// The pairs in which each item stood second, grouped by that item and sorted by the first.
template <class Value>
struct ReverseRows {
  Buffer<std::int64_t> offsets;
  Buffer<Reverse<Value>> rows;
};

template <class Value, class Credits>
ReverseRows<Value> reverse_rows(const OrderedPairs& pairs, const Credits& credits, std::int64_t n,
                                Team& team) {
  const auto n_pairs = static_cast<std::int64_t>(pairs.second.size());
  ReverseRows<Value> out{Buffer<std::int64_t>(static_cast<std::size_t>(n) + 1),
                         large_buffer<Reverse<Value>>(pairs.second.size())};
  std::int64_t* offsets = out.offsets.data();
  std::fill_n(offsets, n + 1, 0);
  // Each range of items reads every pair and writes its own: rereading in order costs less than
  // the scattered writes that it spreads over the threads.
  const std::int64_t n_ranges = n_pairs > kPairsPerChunk ? 4 : 1;
  const auto range = [&](std::int64_t chunk) {
    return Range{n * chunk / n_ranges, n * (chunk + 1) / n_ranges};
  };
  team.run(n_ranges, [&](std::int64_t chunk) {
    const auto [low, high] = range(chunk);
    for (std::int64_t k = 0; k < n_pairs; ++k) {
      if (k % kPairsPerCheck == 0) team.check();
      const std::int32_t item = pairs.second[static_cast<std::size_t>(k)];
      if (item >= low && item < high) ++offsets[item + 1];
    }
  });
  std::partial_sum(offsets, offsets + n + 1, offsets);
  Buffer<std::int64_t> cursor(static_cast<std::size_t>(n));
  std::copy_n(offsets, n, cursor.data());
  team.run(n_ranges, [&](std::int64_t chunk) {
    const auto [low, high] = range(chunk);
    for (std::int64_t k = 0; k < n_pairs; ++k) {
      if (k % kPairsPerCheck == 0) team.check();
      const auto pair = static_cast<std::size_t>(k);
      const std::int32_t item = pairs.second[pair];
      if (item < low || item >= high) continue;
      out.rows[static_cast<std::size_t>(cursor[static_cast<std::size_t>(item)]++)] = {
          pairs.first[pair], static_cast<Value>(credits.second(pair)),
          static_cast<Value>(credits.first(pair))};
    }
  });
  return out;
}

// Visits row i's union of forward and reverse pairs in ascending order of the neighbour.
template <class Value, class Credits, class Visit>
void merge_row(const OrderedPairs& pairs, const Credits& credits, std::int64_t begin,
               std::int64_t end, const Reverse<Value>* reverse, const Reverse<Value>* reverse_end,
               Visit&& visit) {
  std::int64_t k = begin;
  while (k < end || reverse != reverse_end) {
    const std::int32_t forward_item =
        k < end ? pairs.second[static_cast<std::size_t>(k)] : INT32_MAX;
    const std::int32_t reverse_item = reverse != reverse_end ? reverse->neighbour : INT32_MAX;
    if (forward_item < reverse_item) {
      const auto pair = static_cast<std::size_t>(k++);
      visit(forward_item, static_cast<Value>(credits.first(pair)),
            static_cast<Value>(credits.second(pair)));
    } else if (reverse_item < forward_item) {
      visit(reverse_item, reverse->win, reverse->loss);
      ++reverse;
    } else {
      const auto pair = static_cast<std::size_t>(k++);
      visit(forward_item, static_cast<Value>(credits.first(pair)) + reverse->win,
            static_cast<Value>(credits.second(pair)) + reverse->loss);
      ++reverse;
    }
  }
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

  PairGraphBuffers<Value> out;
  out.offsets = Buffer<std::int64_t>(static_cast<std::size_t>(n) + 1);
  std::int64_t* offsets = out.offsets.data();
  offsets[0] = 0;
  const auto row = [&](std::int64_t i, auto&& visit) {
    const auto at = static_cast<std::size_t>(i);
    merge_row<Value>(pairs, credits, forward[at], forward[at + 1],
                     reverse.rows.data() + reverse_offsets[i],
                     reverse.rows.data() + reverse_offsets[i + 1], visit);
  };
  const RowChunks rows(forward.span(), kPairsPerChunk);
  team.run(rows.count(), [&](std::int64_t chunk) {
    const auto [low, high] = rows[chunk];
    for (std::int64_t i = low; i < high; ++i) {
      std::int64_t length = 0;
      row(i, [&](std::int32_t, Value, Value) { ++length; });
      offsets[i + 1] = length;
    }
  });
  std::partial_sum(offsets, offsets + n + 1, offsets);

  const auto n_entries = static_cast<std::size_t>(offsets[n]);
  out.neighbour = large_buffer<std::int32_t>(n_entries);
  out.win = large_buffer<Value>(n_entries);
  out.loss = large_buffer<Value>(n_entries);
  team.run(rows.count(), [&](std::int64_t chunk) {
    const auto [low, high] = rows[chunk];
    for (std::int64_t i = low; i < high; ++i) {
      auto entry = static_cast<std::size_t>(offsets[i]);
      row(i, [&](std::int32_t neighbour, Value win, Value loss) {
        out.neighbour[entry] = neighbour;
        out.win[entry] = win;
        out.loss[entry] = loss;
        ++entry;
      });
    }
  });
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
