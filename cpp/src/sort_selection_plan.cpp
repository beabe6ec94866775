#include "sort_selection_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace zermelo::sorting {
namespace {

// By rounds left, the last for all above.
constexpr std::array kSorting{0.0, 0.0, 0.0, 1.25, 1.1, 1.03, 1.0, 0.98, 0.96, 0.95};
constexpr std::array kSearching{0.0,   0.0,   0.0,   0.11,  0.055, 0.025, 0.018,
                                0.012, 0.008, 0.006, 0.005, 0.004, 0.003};
constexpr std::array kFinishing{0.0, 0.0,  0.0,  0.48, 0.36, 0.5, 0.43,
                                0.4, 0.66, 0.64, 0.62, 0.6,  0.58};

constexpr std::int32_t kFewRounds = 6;
constexpr std::int32_t kManyRounds = 8;

template <std::size_t Size>
double of(const std::array<double, Size>& table, std::int32_t rounds) {
  return table[std::min(static_cast<std::size_t>(rounds), Size - 1)];
}

std::int32_t largest_sample(std::int32_t n) {
  const auto root = static_cast<std::int32_t>(std::sqrt(static_cast<double>(n)));
  return std::min(n - 1, 3 * root + 3);
}

double pairs_of(double n) { return n * (n - 1.0) / 2.0; }

double sorting_pairs(double n, std::int32_t rounds, double spread) {
  if (n <= 1.0) return 0.0;
  if (rounds <= 1) return pairs_of(n) + n * n * spread / 2.0;
  const double root = std::sqrt(n);
  if (rounds == 2) return std::min(1.05 * n * root * (1.0 + 0.375 * spread), pairs_of(n));
  const double power = n * std::sqrt(root) * std::sqrt(std::sqrt(root));
  return std::min(of(kSorting, rounds) * power * (1.0 + 0.258 * spread), pairs_of(n));
}

double selecting_pairs(double n, double wanted, std::int32_t rounds, double spread) {
  if (wanted <= 0.0) return 0.0;
  const double whole = sorting_pairs(n, rounds, spread);
  if (wanted >= 0.6 * n || rounds <= 1) return whole;
  if (rounds == 2) return std::min(whole, (0.75 * n + wanted) * std::sqrt(n));
  const double best = n * (1.0 + of(kSearching, rounds) * (std::sqrt(n) - 1.0));
  if (wanted <= 1.0) return std::min(whole, best);
  double ratio = n / wanted;
  if (rounds > 4) {
    const double root = std::sqrt(ratio);
    ratio = rounds <= 7 ? root * std::sqrt(root) : root;
  }
  const double few = of(kFinishing, rounds) * ratio * sorting_pairs(1.5 * wanted, rounds, 0.0);
  return std::min(whole, best + few);
}

class Planner {
 public:
  Planner(std::int32_t chain, std::int32_t loose, std::int32_t wanted, std::int32_t rounds)
      : chain_(chain),
        loose_(loose),
        n_(chain + loose),
        wanted_(wanted),
        rounds_(rounds),
        cost_(pairs_of(loose) + static_cast<double>(loose) * chain) {}

  SelectionPlan best() {
    if (rounds_ <= 1) return {};
    if (chain_ == 0) {
      without_sorting();
    } else {
      with_pivots();
    }
    if (rounds_ > 2) with_sample();
    return std::move(plan_);
  }

 private:
  void without_sorting() {
    const std::int32_t largest = largest_sample(n_);
    const double wanted = wanted_;
    for (std::int32_t size = rounds_ == 2 ? 1 : 2; size <= largest; ++size) {
      double estimate = pairs_of(size) + static_cast<double>(size) * (n_ - size);
      if (estimate >= cost_) break;
      const double gap = (n_ - size) / (size + 1.0);
      const double spread = size / (size + 2.0);
      const double inside = std::min(gap, wanted);
      const double cut = inside + std::min(gap, static_cast<double>(n_ - wanted_));
      estimate += std::max(wanted / gap - 1.0, 0.0) * sorting_pairs(gap, rounds_ - 1, spread);
      estimate += selecting_pairs(cut, inside, rounds_ - 1, spread / 2.0);
      if (estimate < cost_) take(estimate, {{}, size, 0, 0});
    }
  }

  void with_pivots() {
    const double step = (n_ + 1.0) / (chain_ + 1.0);
    find_risks(chain_);
    for (std::int32_t rank = 1; rank <= chain_; ++rank) {
      double estimate = loose_ + rest(chain_, rank, rounds_ - 1, risk(rank));
      if (estimate < cost_) take(estimate, {{rank}, 0, 0, 0});
      if (rounds_ > kFewRounds) continue;
      for (std::int32_t count = 2; count <= rank; ++count) {
        estimate = static_cast<double>(count) * loose_;
        if (estimate >= cost_) break;
        std::int32_t previous = 0;
        double needed = 1.0;
        double few = 0.0;
        ranks_.clear();
        for (std::int32_t place = 1; place <= count; ++place) {
          const std::int32_t pivot = (place * rank + count - 1) / count;
          const double size = (pivot - previous) * step - 1.0;
          const double spread = 1.0 / (pivot - previous);
          const double within = std::min(size, wanted_ - few);
          estimate += needed * selecting_pairs(size, within, rounds_ - 1, spread);
          few = std::min(pivot * step, static_cast<double>(wanted_) * pivot / (pivot + 1.0));
          needed = risk(pivot);
          previous = pivot;
          ranks_.push_back(pivot);
        }
        estimate += needed * selecting_pairs(n_ - few, wanted_ - few, rounds_ - 1, 0.0);
        if (estimate < cost_) take(estimate, {ranks_, 0, 0, 0});
      }
    }
  }

  void with_sample() {
    const std::int32_t largest = largest_sample(n_);
    for (std::int32_t size = chain_ + 1; size <= largest; ++size) {
      find_risks(size);
      // A sample may be sorted in one round, or in more where there are many.
      std::array<std::int32_t, 2> ways{size == 1 ? 0 : 1, std::min(rounds_ - 6, rounds_ / 2)};
      const std::size_t n_ways = size == 1 || rounds_ < kManyRounds ? 1 : 2;
      for (std::int32_t rank = 1; rank <= size; ++rank) {
        const double too_few = risk(rank);
        for (std::size_t way = 0; way < n_ways; ++way) {
          const std::int32_t sample_rounds = ways[way];
          double estimate = n_ - size;
          if (sample_rounds <= 1) {
            estimate += pairs_of(size) - pairs_of(chain_);
          } else {
            const double known = sorting_pairs(std::min(chain_, rank), sample_rounds, 0.0);
            const double least = size - std::max(chain_, 1);
            const double pairs = selecting_pairs(size, rank, sample_rounds, 0.0);
            estimate += std::max(pairs - known, least);
          }
          if (estimate >= cost_) continue;
          estimate += rest(size, rank, rounds_ - sample_rounds - 1, too_few);
          if (estimate < cost_) take(estimate, {{}, size, rank, sample_rounds});
        }
        if (too_few < 0.01) break;
      }
    }
  }

  void find_risks(std::int32_t size) {
    const std::int32_t others = n_ - wanted_;
    risks_.assign(static_cast<std::size_t>(size), 1.0);
    if (size > others) return;
    double exactly = 1.0;
    for (std::int32_t drawn = 0; drawn < size; ++drawn) {
      exactly *= static_cast<double>(others - drawn) / (n_ - drawn);
    }
    double left = 1.0;
    for (std::int32_t rank = 1; rank <= size; ++rank) {
      left = std::max(left - exactly, 0.0);
      risks_[static_cast<std::size_t>(rank - 1)] = left;
      exactly *= static_cast<double>(size - rank + 1) * std::max(wanted_ - rank + 1, 0);
      exactly /= static_cast<double>(rank) * (others - size + rank);
    }
  }
  double risk(std::int32_t rank) const { return risks_[static_cast<std::size_t>(rank - 1)]; }

  double rest(std::int32_t size, std::int32_t rank, std::int32_t rounds, double too_few) const {
    const double wanted = wanted_;
    const double before = rank * (n_ + 1.0) / (size + 1.0) - 1.0;
    const double spread = (size + 1.0 - rank) / (rank * (size + 2.0));
    const double spread_after = rank / ((size + 1.0 - rank) * (size + 2.0));
    const double few = std::min(before, wanted * rank / (rank + 1.0));
    double both = sorting_pairs(few, rounds, spread);
    both += selecting_pairs(n_ - few, wanted - few, rounds, spread_after);
    if (too_few >= 1.0) return both;
    const double enough = std::max((before - too_few * few) / (1.0 - too_few), wanted);
    const double one = selecting_pairs(enough, wanted, rounds, spread);
    return (1.0 - too_few) * one + too_few * both;
  }

  void take(double cost, SelectionPlan plan) {
    cost_ = cost;
    plan_ = std::move(plan);
  }

  const std::int32_t chain_;
  const std::int32_t loose_;
  const std::int32_t n_;
  const std::int32_t wanted_;
  const std::int32_t rounds_;
  double cost_;
  SelectionPlan plan_;
  std::vector<double> risks_;
  std::vector<std::int32_t> ranks_;
};

}  // namespace

SelectionPlan choose_plan(std::int32_t chain, std::int32_t loose, std::int32_t wanted,
                          std::int32_t rounds) {
  return Planner(chain, loose, wanted, rounds).best();
}

const SelectionPlan& KnownPlans::find(std::int32_t chain, std::int32_t loose, std::int32_t wanted,
                                      std::int32_t rounds) {
  const auto pack = [](std::int32_t high, std::int32_t low) {
    return static_cast<std::uint64_t>(high) << 32 | static_cast<std::uint32_t>(low);
  };
  const Key key{pack(chain, loose), pack(wanted, rounds)};
  auto found = plans_.find(key);
  if (found == plans_.end()) {
    if (plans_.size() >= kMost) plans_.clear();
    found = plans_.emplace(key, choose_plan(chain, loose, wanted, rounds)).first;
  }
  return found->second;
}

}  // namespace zermelo::sorting
