#include <algorithm>
#include <array>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

// Two neighbouring stretches that become one. The left one stands aside in `scratch`; what is left
// of it belongs between what is merged and what is left of the right one.
class Merging final : public OrderView {
 public:
  Merging(Run& run, std::int32_t low, std::int32_t middle, std::int32_t high)
      : OrderView(run),
        order_(run.order.data()),
        aside_(run.scratch.data()),
        left_(low),
        left_end_(middle),
        right_(middle),
        right_end_(high),
        end_(std::min(high, low + std::min(run.top_k, high - low))) {
    std::copy(order_ + low, order_ + middle, aside_ + low);
  }

  bool open() const { return left_ < left_end_ && right_ < right_end_ && place() < end_; }
  std::int32_t left() const { return aside_[left_]; }
  std::int32_t right() const { return order_[right_]; }
  void take(bool from_right) {
    order_[place()] = from_right ? right() : left();
    if (from_right) {
      ++right_;
    } else {
      ++left_;
    }
  }
  void write(std::span<std::int32_t> order) const override {
    std::copy(aside_ + left_, aside_ + left_end_, order.data() + place());
  }
  // Where the next item goes.
  std::int32_t place() const { return right_ - (left_end_ - left_); }
  void close() { write({order_, static_cast<std::size_t>(right_end_)}); }

 private:
  std::int32_t* order_;
  std::int32_t* aside_;
  std::int32_t left_, left_end_, right_, right_end_;
  std::int32_t end_;  // what comes behind is of no interest
};

}  // namespace

Task<> merge_stretch(Run& run, std::int32_t low, std::int32_t high) {
  const std::int32_t middle = low + (high - low) / 2;
  if (high - low > 2) {
    std::array<Task<>, 2> halves;
    if (middle - low > 1) halves[0] = merge_stretch(run, low, middle);
    halves[1] = merge_stretch(run, middle, high);
    co_await together(halves);
  }
  const bool whole = high - low == run.n;
  Merging merging(run, low, middle, high);
  while (merging.open()) {
    merging.take(co_await run.precedes(merging.right(), merging.left()));
    if (whole) run.n_certain = merging.place();
  }
  merging.close();
}

// Top-down merge sort: halves sort side by side, and no merge goes beyond the best `top_k`.
Task<> merge(Run& run) {
  if (run.n > 1) {
    Task<> whole = merge_stretch(run, 0, run.n);
    co_await whole;
  }
  run.n_certain = settled(run.n, run.top_k);
}

// Binary insertion in the initial order. Once the best `top_k` so far are full, an item has to beat
// the last of them first.
Task<> insertion(Run& run) {
  std::vector<std::int32_t>& order = run.order;
  for (std::int32_t place = 1; place < run.n; ++place) {
    const std::int32_t item = order[static_cast<std::size_t>(place)];
    std::int32_t low = 0, high = place;
    if (place >= run.top_k) {
      high = run.top_k - 1;
      const bool enters = co_await run.precedes(item, order[static_cast<std::size_t>(high)]);
      if (!enters) continue;
    }
    while (low < high) {
      const std::int32_t middle = low + (high - low) / 2;
      const bool before = co_await run.precedes(item, order[static_cast<std::size_t>(middle)]);
      if (before) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    std::rotate(order.begin() + low, order.begin() + place, order.begin() + place + 1);
  }
  run.n_certain = settled(run.n, run.top_k);
}

}  // namespace zermelo::sorting
