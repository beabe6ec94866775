// Many sorts before a simulated judge. Questions are answered in the order in which they were
// asked, as a user with one call at a time does.
#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "zermelo/parallel.hpp"
#include "zermelo/sorting.hpp"

namespace zermelo::sorting {
namespace {

constexpr std::int64_t kChunks = 256;  // so that threads share evenly

class Simulator {
 public:
  Simulator(const Simulation& simulation, const SimulatedSorts& target, Team& team)
      : simulation_(simulation),
        target_(target),
        team_(team),
        run_(simulation.n, simulation.top_k, simulation.max_rounds, simulation.seed,
             *simulation.options),
        judge_(simulation.judge, simulation.seed) {}

  void sort(std::int64_t replicate) {
    const auto at = static_cast<std::size_t>(replicate);
    const auto n = static_cast<std::size_t>(simulation_.n);
    judge_.take(simulation_.quality.subspan(at * n, n), simulation_.first_replicate + replicate);
    const std::size_t n_budgets = simulation_.budgets.size();
    std::span<std::int32_t> orders = target_.orders.subspan(at * (n_budgets + 1) * n);
    const std::int64_t of_a_pair = simulation_.judge.calls_per_pair();
    std::int64_t calls = 0, allowed = 0;
    std::size_t budget = 0;
    const auto allow = [&] {
      const bool has_budget = budget < n_budgets;
      allowed = simulation_.pairs_a_poll;
      if (has_budget) {
        const std::int64_t left = simulation_.budgets[budget] - calls;
        allowed = std::clamp<std::int64_t>(left / of_a_pair, 0, allowed);
      }
      // Unless branches repeat each other's pairs, what is asked and how deep it lies is the same
      // in any order.
      run_.allow_pairs(allowed, !has_budget && simulation_.method->repeats != Repeats::anywhere);
    };
    const auto count = [&] { calls += (allowed - run_.pairs_left()) * of_a_pair; };
    allow();
    run_.start_in_order(*simulation_.method, &judge_);
    count();
    while (run_.waits()) {
      allow();
      run_.tell_pairs();
      count();
      team_.check();
      if (!run_.waits()) break;
      // Another kind of question, or more than the budget allows.
      const bool is_pair = run_.question(run_.next()).kind == Kind::compare;
      const std::int64_t cost = is_pair ? of_a_pair : 1;
      while (budget < n_budgets && calls + cost > simulation_.budgets[budget]) {
        run_.write_order(orders.subspan(budget++ * n, n));
      }
      run_.allow_pairs(0, false);
      run_.tell_next();
      calls += cost;
    }
    for (; budget <= n_budgets; ++budget) run_.write_order(orders.subspan(budget * n, n));
    target_.pairs[at] = run_.n_asked();
    target_.calls[at] = calls;
    target_.lookups[at] = run_.n_lookups();
    target_.rounds[at] = run_.n_rounds();
    target_.n_certain[at] = run_.n_certain;
  }

 private:
  const Simulation& simulation_;
  const SimulatedSorts& target_;
  Team& team_;
  Run run_;
  Judge judge_;
};

}  // namespace

std::vector<std::int32_t> Judge::ranked(std::span<const std::int32_t> items) const {
  std::vector<std::int32_t> points(items.size()), places(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = i + 1; j < items.size(); ++j) {
      const std::size_t low = items[i] < items[j] ? i : j, high = i + j - low;
      const double difference = quality_[items[low]] - quality_[items[high]];
      std::int32_t of_low = 1;
      if (difference != 0.0) {
        const bool close = std::abs(difference) < model_.close_gap;
        of_low = of_draw(difference > 0.0, close, false, items[low], items[high]) > 0.5 ? 2 : 0;
      }
      points[low] += of_low;
      points[high] += 2 - of_low;
    }
  }
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](std::int32_t first, std::int32_t second) {
    return points[static_cast<std::size_t>(first)] > points[static_cast<std::size_t>(second)];
  });
  return places;
}

// Simulators between two uses: their memory is as large as a sort's, and kept.
class Simulators {
 public:
  template <class... Arguments>
  std::unique_ptr<Simulator> take(Arguments&&... arguments) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Simulator> simulator = std::move(free_.back());
        free_.pop_back();
        return simulator;
      }
    }
    return std::make_unique<Simulator>(std::forward<Arguments>(arguments)...);
  }
  void give(std::unique_ptr<Simulator> simulator) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(simulator));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Simulator>> free_;
};

Result simulate_sorts(const Simulation& simulation, int threads, const Control& control,
                      const SimulatedSorts& target) {
  return guarded([&]() -> Result {
    const std::int64_t size = std::max<std::int64_t>(1, simulation.replicates / kChunks);
    const Chunks chunks(simulation.replicates, size);
    Team team(static_cast<int>(std::min<std::int64_t>(threads, chunks.count())), control);
    Simulators simulators;
    team.run(chunks.count(), [&](std::int64_t chunk) {
      std::unique_ptr<Simulator> simulator = simulators.take(simulation, target, team);
      for (std::int64_t i = chunks[chunk].begin; i < chunks[chunk].end; ++i) simulator->sort(i);
      simulators.give(std::move(simulator));
    });
    return {};
  });
}

}  // namespace zermelo::sorting
