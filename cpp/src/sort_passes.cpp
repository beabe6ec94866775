#include <algorithm>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

struct Step {
  std::size_t pass;
  std::int32_t step;  // of the pass
};

// The steps that are made at once. Passes that overlap begin two steps behind each other: the place
// that a step can still change is then two ahead.
class Waves {
 public:
  Waves(std::vector<std::int32_t> lengths, bool overlap)
      : lengths_(std::move(lengths)), overlap_(overlap) {
    begin();
  }

  bool open() const { return !active_.empty() || begun_ < lengths_.size(); }
  const std::vector<Step>& active() const { return active_; }
  bool ends(const Step& step) const { return step.step + 1 == lengths_[step.pass]; }
  void advance() {
    std::erase_if(active_, [&](const Step& step) { return step.step + 1 >= lengths_[step.pass]; });
    for (Step& step : active_) ++step.step;
    ++time_;
    begin();
  }

 private:
  void begin() {
    if (begun_ < lengths_.size() && (overlap_ ? time_ == 2 * begun_ : active_.empty())) {
      active_.push_back({begun_, 0});
      ++begun_;
    }
  }

  std::vector<std::int32_t> lengths_;
  bool overlap_;
  std::vector<Step> active_;
  std::size_t begun_ = 0;
  std::size_t time_ = 0;
};

// Moves the best of a stretch to its front; the others keep their order.
Task<> best_moved(Run& run, std::int32_t begin, std::int32_t end) {
  const auto stretch = run.order.begin() + begin;
  std::vector<std::int32_t> shown(stretch, run.order.begin() + end);
  std::sort(shown.begin(), shown.end());
  const std::int32_t place = co_await run.choose(shown);
  const auto best = std::find(stretch, run.order.begin() + end, shown[std::size_t(place)]);
  std::rotate(stretch, best, best + 1);
}

}  // namespace

// Passes of neighbours that swap on a strict win.
Task<> sliding(Run& run) {
  const std::int32_t n = run.n;
  const bool whole = run.option("whole") != 0;
  const auto passes =
      static_cast<std::int32_t>(std::min<std::int64_t>(run.option("passes"), std::max(n - 1, 0)));
  std::vector<std::int32_t> lengths;
  for (std::int32_t pass = 0; pass < passes; ++pass) lengths.push_back(n - 1 - (whole ? 0 : pass));
  std::vector<bool> swapped(lengths.size());
  Batch batch(run);
  Waves waves(std::move(lengths), run.option("overlap") != 0);
  batch.on_answer = [&](std::size_t place) {
    if (batch.score(place) <= kTie) return;
    const Step& step = waves.active()[place];
    const auto at = static_cast<std::size_t>(n - 2 - step.step);
    std::swap(run.order[at], run.order[at + 1]);
    swapped[step.pass] = true;
  };
  for (; waves.open(); waves.advance()) {
    batch.clear();
    for (const Step& step : waves.active()) {
      const auto at = static_cast<std::size_t>(n - 2 - step.step);
      batch.add(run.order[at + 1], run.order[at]);
    }
    co_await batch;
    for (const Step& step : waves.active()) {
      if (!waves.ends(step)) continue;
      if (!swapped[step.pass]) {
        run.n_certain = n;  // a pass that follows would ask the same
      } else if (!whole) {
        run.n_certain =
            std::max(run.n_certain, settled(n, static_cast<std::int32_t>(step.pass) + 1));
      }
    }
  }
  run.n_certain = std::max(run.n_certain, settled(n, passes));
}

// As many passes as wanted places; the best of `size` items moves on to the next window.
Task<> setwise_bubble(Run& run) {
  const std::int32_t n = run.n;
  const auto size = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(run.option("size"), 2, std::int64_t{n} + 2));
  const std::int32_t advance = size - 1;
  const std::int32_t passes = std::min(run.top_k, std::max(n - 1, 0));
  std::vector<std::int32_t> lengths;
  for (std::int32_t pass = 0; pass < passes; ++pass) {
    lengths.push_back((n - 1 - pass + advance - 1) / advance);
  }
  Waves waves(std::move(lengths), run.option("overlap") != 0);
  for (; waves.open(); waves.advance()) {
    std::vector<Task<>> moves;
    for (const Step& step : waves.active()) {
      const std::int32_t end = n - step.step * advance;
      const std::int32_t begin = std::max(static_cast<std::int32_t>(step.pass), end - size);
      moves.push_back(best_moved(run, begin, end));
    }
    co_await together(moves);
    for (const Step& step : waves.active()) {
      if (waves.ends(step)) run.n_certain = settled(n, static_cast<std::int32_t>(step.pass) + 1);
    }
  }
  run.n_certain = std::max(run.n_certain, settled(n, passes));
}

// Windows are ranked from back to front and overlap.
Task<> listwise(Run& run) {
  const std::int64_t n = run.n, window = run.option("window"), step = run.option("step");
  const std::int64_t passes = run.option("passes");
  std::vector<std::int32_t> shown;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    std::int64_t begin = n, end = n + step;
    while (begin > 0 && n > 1) {
      end = std::max(end - step, std::min(window, n));
      begin = std::max<std::int64_t>(end - window, 0);
      shown.assign(run.order.begin() + begin, run.order.begin() + end);
      const std::span<const std::int32_t> places = co_await run.rank(shown);
      for (std::size_t at = 0; at < shown.size(); ++at) {
        run.order[static_cast<std::size_t>(begin) + at] =
            shown[static_cast<std::size_t>(places[at])];
      }
    }
  }
  const std::int64_t front = std::min(n, passes * (window - step));
  run.n_certain = n <= window ? run.n : settled(run.n, static_cast<std::int32_t>(front));
}

}  // namespace zermelo::sorting
