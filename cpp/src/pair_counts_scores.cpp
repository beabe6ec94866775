#include <algorithm>
#include <vector>

#include "zermelo/pair_counts.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kRowsPerChunk = 1 << 18;

struct Tally {
  std::int64_t n_fractional = 0;
  std::int64_t bad_row = -1;
};

// Written so that NaN is no score either.
bool is_score(double y) { return y >= 0.0 && y <= 1.0; }

Tally classify_range(const double* score, Range rows, std::uint8_t* codes) {
  std::int64_t n_fractional = 0;
  bool all_scores = true;
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const double y = score[i];
    const int win = y == 1.0;
    const int tie = y == 0.5;
    const int fractional = !((y == 0.0) | win | tie);
    codes[i] = static_cast<std::uint8_t>(win + 2 * tie + 3 * fractional);
    n_fractional += fractional;
    all_scores &= is_score(y);
  }
  if (all_scores) return {n_fractional, -1};
  return {n_fractional, std::find_if_not(score + rows.begin, score + rows.end, is_score) - score};
}

}  // namespace

Result classify_scores(std::span<const double> score, int threads, const Control& control,
                       std::span<std::uint8_t> codes, std::int64_t& n_fractional) noexcept {
  return guarded([&]() -> Result {
    const Chunks chunks(std::ssize(score), kRowsPerChunk);
    std::vector<Tally> tallies(static_cast<std::size_t>(chunks.count()));
    Team team(threads, control);
    team.run(chunks.count(), [&](std::int64_t chunk) {
      tallies[static_cast<std::size_t>(chunk)] =
          classify_range(score.data(), chunks[chunk], codes.data());
    });
    n_fractional = 0;
    std::int64_t bad_row = -1;
    for (const Tally& tally : tallies) {
      n_fractional += tally.n_fractional;
      if (bad_row < 0) bad_row = tally.bad_row;
    }
    if (bad_row >= 0) return {Status::invalid_value, bad_row};
    return {};
  });
}

}  // namespace zermelo
