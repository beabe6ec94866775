#include <algorithm>
#include <bit>
#include <limits>
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

// The scores' bit patterns, compared as integers: comparisons of doubles may trap, and compilers
// then turn this loop into neither vectors nor moves without branches.
constexpr auto kOne = std::bit_cast<std::int64_t>(1.0);
constexpr auto kHalf = std::bit_cast<std::int64_t>(0.5);
constexpr std::int64_t kAllButSign = std::numeric_limits<std::int64_t>::max();

// A loop without branches, which compilers turn into vectors. Patterns of positive doubles are
// ordered as the doubles are; infinity and NaN come after one.
ZERMELO_CLONES void classify_range(const double* score, Range rows, std::uint8_t* codes,
                                   std::int64_t* n_fractional, std::int64_t* n_bad) {
  std::int64_t fractional = 0;
  std::int64_t bad = 0;
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const auto bits = std::bit_cast<std::int64_t>(score[i]);
    std::int64_t code = 3;
    code = bits == kOne ? 1 : code;
    code = bits == kHalf ? 2 : code;
    code = (bits & kAllButSign) == 0 ? 0 : code;
    codes[i] = static_cast<std::uint8_t>(code);
    fractional += code == 3 ? 1 : 0;
    bad += (code == 3 && (bits < 0 || bits > kOne)) ? 1 : 0;
  }
  *n_fractional = fractional;
  *n_bad = bad;
}

Tally tally_range(const double* score, Range rows, std::uint8_t* codes) {
  std::int64_t n_fractional = 0;
  std::int64_t n_bad = 0;
  classify_range(score, rows, codes, &n_fractional, &n_bad);
  if (n_bad == 0) return {n_fractional, -1};
  // Written so that NaN is bad too.
  const auto is_bad = [](double y) { return !(y >= 0.0 && y <= 1.0); };
  const double* bad = std::find_if(score + rows.begin, score + rows.end, is_bad);
  return {n_fractional, bad - score};
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
          tally_range(score.data(), chunks[chunk], codes.data());
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
