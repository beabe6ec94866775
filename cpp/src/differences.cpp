#include "zermelo/differences.hpp"

#include <algorithm>
#include <vector>

namespace zermelo {
namespace {

// Draws in a strip: its errors, of some hundred items, stay in a core's cache.
constexpr std::size_t kStrip = 32;
// Families that a thread takes at a time.
constexpr std::size_t kFamilies = 64;

// `strip` is (n_items x kStrip).
ZERMELO_CLONES
void largest_in_strip(const float* strip, std::size_t begin, std::size_t end, std::size_t own,
                      const float* up, const float* down, float* largest) {
  float most[kStrip] = {};
  const float* base = strip + own * kStrip;
  for (std::size_t j = begin; j < end; ++j) {
    const float* other = strip + j * kStrip;
    const float above = up[j];
    const float below = -down[j];
    for (std::size_t at = 0; at < kStrip; ++at) {
      const float difference = other[at] - base[at];
      const float higher = difference * above;
      const float lower = difference * below;
      const float larger = higher > lower ? higher : lower;
      most[at] = larger > most[at] ? larger : most[at];
    }
  }
  for (std::size_t at = 0; at < kStrip; ++at) largest[at] = most[at];
}

}  // namespace

Result largest_differences(std::span<const float> errors, std::int64_t n_draws,
                           std::span<const std::int32_t> item, std::span<const std::int32_t> first,
                           std::span<const float> up, std::span<const float> down, int threads,
                           const Control& control, std::span<float> largest) {
  return guarded([&]() -> Result {
    const auto width = static_cast<std::size_t>(n_draws);
    if (width == 0 || item.empty()) return {};
    const std::size_t n_items = errors.size() / width;
    const std::size_t n_strips = (width + kStrip - 1) / kStrip;
    const std::size_t n_groups = (item.size() + kFamilies - 1) / kFamilies;
    Team team(threads, control);
    team.run(static_cast<std::int64_t>(n_strips * n_groups), [&](std::int64_t chunk) {
      const std::size_t group = static_cast<std::size_t>(chunk) % n_groups;
      const std::size_t begin = static_cast<std::size_t>(chunk) / n_groups * kStrip;
      const std::size_t size = std::min(kStrip, width - begin);
      std::vector<float> strip(n_items * kStrip, 0.0F);
      for (std::size_t j = 0; j < n_items; ++j) {
        std::copy_n(errors.data() + j * width + begin, size, strip.data() + j * kStrip);
      }
      float most[kStrip];
      const std::size_t end = std::min((group + 1) * kFamilies, item.size());
      for (std::size_t k = group * kFamilies; k < end; ++k) {
        largest_in_strip(strip.data(), static_cast<std::size_t>(first[k]), n_items,
                         static_cast<std::size_t>(item[k]), up.data() + k * n_items,
                         down.data() + k * n_items, most);
        std::copy_n(most, size, largest.data() + k * width + begin);
      }
    });
    return {};
  });
}

}  // namespace zermelo
