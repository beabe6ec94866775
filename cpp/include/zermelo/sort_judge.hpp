// A judge that is simulated: how it errs on a pair depends on the pair alone, not on when it is
// asked.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "zermelo/random.hpp"

namespace zermelo::sorting {

enum class Presentation : int { both, single, random, escalate };

// Of a draw of 31 bits: below `wrong` the judge names the worse item in both orders, in the next
// `split` draws it names whichever is shown in one of the places, otherwise the better one. Pairs
// whose qualities differ by less than `close_gap` have thresholds of their own.
struct JudgeModel {
  std::uint32_t wrong;
  std::uint32_t split;
  double close_gap;
  std::uint32_t wrong_close;
  std::uint32_t split_close;
  Presentation presentation;

  std::int64_t calls_per_pair() const { return presentation == Presentation::both ? 2 : 1; }
};

class Judge {
 public:
  Judge(const JudgeModel& model, std::uint64_t seed)
      : model_(model), seed_(seed), both_(model.presentation == Presentation::both) {}

  // Quality of the items, numbered in their initial order; higher is better.
  void take(std::span<const double> quality, std::int64_t replicate) {
    quality_ = quality.data();
    start_ = stream(seed_, replicate);
  }

  // Of the first of two items, low < high.
  double score(std::int32_t low, std::int32_t high) const {
    const double difference = quality_[low] - quality_[high];
    if (difference == 0.0) return 0.5;
    const bool better = difference > 0.0;
    return of_draw(better, std::abs(difference) < model_.close_gap, both_, low, high);
  }

  // Places in a list, best first, as if every pair had been judged once and wins were counted; of
  // equal counts the first.
  std::vector<std::int32_t> ranked(std::span<const std::int32_t> items) const;

  const JudgeModel& model() const { return model_; }

 private:
  double of_draw(bool better, bool close, bool both, std::int32_t low, std::int32_t high) const {
    const std::uint64_t pair = static_cast<std::uint64_t>(low) << 32 | std::uint32_t(high);
    const std::uint64_t bits = mixed(start_ + (pair + 1) * kGolden);
    const auto draw = static_cast<std::uint32_t>(bits >> 33);
    const std::uint32_t wrong = close ? model_.wrong_close : model_.wrong;
    const std::uint32_t split = close ? model_.split_close : model_.split;
    const bool is_split = draw - wrong < split;  // wraps around where the draw is below `wrong`
    if (both && is_split) return 0.5;
    // Shown once, an item that is judged by its place wins or loses by a fair bit.
    const bool right = is_split ? (bits & 1) != 0 : draw >= wrong;
    return right == better ? 1.0 : 0.0;
  }

  JudgeModel model_;
  std::uint64_t seed_;
  bool both_;
  const double* quality_ = nullptr;
  std::uint64_t start_ = 0;
};

}  // namespace zermelo::sorting
