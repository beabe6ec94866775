// The order to show while a method holds a forest of who beat whom.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "zermelo/sort_run.hpp"

namespace zermelo::sorting {

inline constexpr std::int32_t kNobody = -1;

// `front`, then the others in their initial order, but nobody before whom it lost to.
inline void winners_first(std::span<const std::int32_t> front,
                          std::span<const std::int32_t> beaten_by, std::span<std::int32_t> order) {
  std::vector<std::uint8_t> placed(beaten_by.size());
  std::size_t end = 0;
  for (const std::int32_t item : front) {
    placed[static_cast<std::size_t>(item)] = 1;
    order[end++] = item;
  }
  for (std::size_t start = 0; start < beaten_by.size(); ++start) {
    const std::size_t begin = end;
    auto item = static_cast<std::int32_t>(start);
    while (item != kNobody && placed[static_cast<std::size_t>(item)] == 0) {
      placed[static_cast<std::size_t>(item)] = 1;
      order[end++] = item;
      item = beaten_by[static_cast<std::size_t>(item)];
    }
    std::reverse(order.begin() + static_cast<std::ptrdiff_t>(begin),
                 order.begin() + static_cast<std::ptrdiff_t>(end));
  }
}

// How many places are final once so many at the front are: the last one follows.
inline std::int32_t settled(std::int32_t n, std::int32_t n_front) {
  return n_front >= n - 1 ? n : n_front;
}

// Shows what a function writes.
template <class Write>
class View final : public OrderView {
 public:
  View(Run& run, Write write) : OrderView(run), write_(std::move(write)) {}
  void write(std::span<std::int32_t> order) const override { write_(order); }

 private:
  Write write_;
};

}  // namespace zermelo::sorting
