#include <algorithm>
#include <numeric>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {

// Every pair at once; the score of an item is its wins and half its ties. While answers are out,
// their pairs count as the initial order has them.
Task<> allpair(Run& run) {
  const std::int32_t n = run.n;
  std::vector<std::int32_t> points(static_cast<std::size_t>(n));  // two a win, one a tie
  for (std::int32_t item = 0; item < n; ++item) {
    points[static_cast<std::size_t>(item)] = 2 * (n - 1 - item);
  }
  const View view(run, [&](std::span<std::int32_t> order) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t first, std::int32_t second) {
      return points[static_cast<std::size_t>(first)] > points[static_cast<std::size_t>(second)];
    });
  });
  Batch batch(run);
  batch.on_answer = [&](std::size_t place) {
    const double score = batch.score(place);
    if (score > kTie) return;
    const std::int32_t lost = score == kTie ? 1 : 2;
    points[static_cast<std::size_t>(batch.first(place))] -= lost;
    points[static_cast<std::size_t>(batch.second(place))] += lost;
  };
  for (std::int32_t apart = 1; apart <= n / 2; ++apart) {
    const std::int32_t count = 2 * apart < n ? n : apart;
    for (std::int32_t item = 0; item < count; ++item) {
      const std::int32_t other = (item + apart) % n;
      batch.add(std::min(item, other), std::max(item, other));
    }
  }
  co_await batch;
  view.write(run.order);
  run.n_certain = n;
}

}  // namespace zermelo::sorting
