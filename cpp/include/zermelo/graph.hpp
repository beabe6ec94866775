// The comparison graph: an undirected graph of pairs in compressed rows, and its components.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "zermelo/memory.hpp"
#include "zermelo/parallel.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// Row i lists the items that i met, in ascending order, with what i won against each (`win`) and
// what it lost (`loss`). Every pair stands twice, once in each item's row. Value is std::uint8_t
// where credits are few half games, float where every credit is exact in it (whole and half games
// below 2^23), else double: reading them is what the solvers spend their time on.
template <class Value>
struct PairGraph {
  std::span<const std::int64_t> offsets;  // n + 1
  std::span<const std::int32_t> neighbour;
  std::span<const Value> win;
  std::span<const Value> loss;

  std::int64_t n_items() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  std::int64_t n_entries() const { return static_cast<std::int64_t>(neighbour.size()); }
};

// A credit in games; std::uint8_t counts half games.
inline double games(std::uint8_t credit) { return 0.5 * static_cast<double>(credit); }
inline double games(float credit) { return static_cast<double>(credit); }
inline double games(double credit) { return credit; }

template <class Value>
struct PairGraphBuffers {
  Buffer<std::int64_t> offsets;
  Buffer<std::int32_t> neighbour;
  Buffer<Value> win;
  Buffer<Value> loss;
};

using AnyGraphBuffers =
    std::variant<PairGraphBuffers<std::uint8_t>, PairGraphBuffers<float>, PairGraphBuffers<double>>;

// Ordered pairs as PairCounts holds them: unique and sorted by (first, second), first != second.
struct OrderedPairs {
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
};

// What the first and the second item of each pair won, `tie_share` of every tie going to both.
template <class Count>
struct CountCredits {
  std::span<const Count> win;
  std::span<const Count> loss;
  std::span<const Count> tie;  // empty where nothing was tied
  double tie_share;
  double first(std::size_t k) const {
    return static_cast<double>(win[k]) +
           (tie.empty() ? 0.0 : tie_share * static_cast<double>(tie[k]));
  }
  double second(std::size_t k) const {
    return static_cast<double>(loss[k]) +
           (tie.empty() ? 0.0 : tie_share * static_cast<double>(tie[k]));
  }
};

struct WeightCredits {
  std::span<const double> first_credit;
  std::span<const double> second_credit;
  double first(std::size_t k) const { return first_credit[k]; }
  double second(std::size_t k) const { return second_credit[k]; }
};

Result build_graph(const OrderedPairs& pairs, const CountCredits<std::uint32_t>& credits,
                   std::int64_t n_items, int threads, const Control& control, AnyGraphBuffers& out);
Result build_graph(const OrderedPairs& pairs, const CountCredits<std::uint64_t>& credits,
                   std::int64_t n_items, int threads, const Control& control, AnyGraphBuffers& out);
Result build_graph(const OrderedPairs& pairs, const WeightCredits& credits, std::int64_t n_items,
                   int threads, const Control& control, AnyGraphBuffers& out);

struct Components {
  Buffer<std::int32_t> strong;  // label of each item's strongly connected component
  Buffer<std::int32_t> weak;    // label of each item's connected component
  std::int32_t n_strong = 0;
  std::int32_t n_weak = 0;
};

// Components of the "beats" graph (an edge from i to j where i won anything against j). Items with
// `linked` set count as beating one another: their abilities are known. Labels are numbered in the
// order of each component's first item.
template <class Value>
Result find_components(const PairGraph<Value>& graph, std::span<const std::uint8_t> linked,
                       const Control& control, Components& out);

// Rows cut into chunks of about equal numbers of entries.
class RowChunks {
 public:
  RowChunks(std::span<const std::int64_t> offsets, std::int64_t entries_per_chunk)
      : offsets_(offsets), count_(std::max<std::int64_t>(1, offsets.back() / entries_per_chunk)) {}
  std::int64_t count() const { return count_; }
  Range operator[](std::int64_t chunk) const { return {border(chunk), border(chunk + 1)}; }

 private:
  std::int64_t border(std::int64_t chunk) const {
    const std::int64_t n = static_cast<std::int64_t>(offsets_.size()) - 1;
    if (chunk <= 0) return 0;
    if (chunk >= count_) return n;
    // Entries and rows both count, so that a long tail of empty rows is shared out as well.
    const std::int64_t total = offsets_.back() + n;
    const std::int64_t target = total / count_ * chunk;
    std::int64_t low = 0;
    std::int64_t high = n;
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      if (offsets_[static_cast<std::size_t>(middle)] + middle < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  std::span<const std::int64_t> offsets_;
  std::int64_t count_;
};

}  // namespace zermelo
