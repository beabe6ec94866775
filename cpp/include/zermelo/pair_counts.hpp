// Sufficient statistics: rows of comparisons are added up by ordered pair.
//
// Outcomes are codes of `first`: 0 loss, 1 win, 2 tie, 3 fractional (a score strictly between 0 and
// 1 other than one half). Items are codes in [0, n_items), and first != second in every row.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "zermelo/memory.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// codes[i] is the outcome code of score[i]; a score that is NaN or outside [0, 1] gives
// Status::invalid_value with the first such row as the index.
Result classify_scores(std::span<const double> score, int threads, const Control& control,
                       std::span<std::uint8_t> codes, std::int64_t& n_fractional) noexcept;

// One row an ordered pair that occurs, sorted by (first, second). `tie` is empty where `has_tie`
// is false, that is, where no row was a tie.
template <class Count>
struct CountedPairs {
  Buffer<std::int32_t> first;
  Buffer<std::int32_t> second;
  Buffer<Count> win;
  Buffer<Count> loss;
  Buffer<Count> tie;
  bool has_tie = false;
};

// Counts are 32 bits wide where the total fits.
using PairCounts = std::variant<CountedPairs<std::uint32_t>, CountedPairs<std::uint64_t>>;

// Adds up wins, losses and ties of `first` by pair. `count` is empty (each row stands for one
// comparison) or non-negative. A pair whose counts are all zero is still listed.
Result count_pairs(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                   std::span<const std::uint8_t> outcome, std::span<const std::int64_t> count,
                   std::int32_t n_items, int threads, const Control& control,
                   PairCounts& result) noexcept;

// Rows of `sums` in SummedPairs; c is a row's count, w its weight, y its score.
enum PairSum : int {
  kSumLoss = 0,           // sum of c w over losses, then wins, then ties (by outcome code)
  kSumSquareLoss = 3,     // sum of c w^2 over losses, then wins, then ties
  kSumFractional = 6,     // over fractional outcomes: c w
  kSumScore,              // c w y
  kSumSquare,             // c w^2
  kSumSquareScore,        // c w^2 y
  kSumSquareScoreSquare,  // c w^2 y^2
  kPairSums
};
inline constexpr int kOutcomes = 4;

struct SummedPairs {
  Buffer<std::int32_t> first;
  Buffer<std::int32_t> second;
  Buffer<std::uint64_t> n;  // shape (kOutcomes, pairs): comparisons by outcome code
  Buffer<double> sums;      // shape (kPairSums, pairs)
};

// The general case, with weights and fractional outcomes. `score` may be empty where no outcome is
// fractional, `count` and `weight` where all are one. Sums run in the order of the rows within
// each pair, whatever the number of threads.
Result sum_pairs(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                 std::span<const std::uint8_t> outcome, std::span<const double> score,
                 std::span<const std::int64_t> count, std::span<const double> weight,
                 std::int32_t n_items, int threads, const Control& control,
                 SummedPairs& result) noexcept;

}  // namespace zermelo
