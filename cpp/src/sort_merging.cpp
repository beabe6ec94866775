#include <algorithm>
#include <array>

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
        right_end_(high) {
    std::copy(order_ + low, order_ + middle, aside_ + low);
  }

  bool open() const { return left_ < left_end_ && right_ < right_end_; }
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
  void close() { write({order_, static_cast<std::size_t>(right_end_)}); }

 private:
  std::int32_t place() const { return right_ - (left_end_ - left_); }

  std::int32_t* order_;
  std::int32_t* aside_;
  std::int32_t left_, left_end_, right_, right_end_;
};

Task<> sorted(Run& run, std::int32_t low, std::int32_t high) {
  const std::int32_t middle = low + (high - low) / 2;
  if (high - low > 2) {
    std::array<Task<>, 2> halves;
    if (middle - low > 1) halves[0] = sorted(run, low, middle);
    halves[1] = sorted(run, middle, high);
    co_await together(halves);
  }
  Merging merging(run, low, middle, high);
  while (merging.open()) merging.take(co_await run.precedes(merging.right(), merging.left()));
  merging.close();
}

}  // namespace

// Top-down merge sort: halves sort side by side.
Task<> merge(Run& run) {
  if (run.n > 1) {
    Task<> whole = sorted(run, 0, run.n);
    co_await whole;
  }
  run.n_certain = run.n;
}

}  // namespace zermelo::sorting
