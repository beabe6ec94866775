// What an adaptive sort believes of its items: a Bradley-Terry posterior with a prior on the order.
//
// The twin of _backends/sorting/posterior.py, which derives it: the same operations in the same
// order, so that both come to the same questions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace zermelo::sorting {

struct ScoredPair {
  std::int32_t first;
  std::int32_t second;
  double score;  // of the first
};

class Posterior {
 public:
  explicit Posterior(std::int32_t n);

  // A pair that is asked: whatever the answer will be, it will tell of both.
  void expect(std::int32_t first, std::int32_t second);
  // The answer to the pair that has been expected the longest.
  void add(std::int32_t first, std::int32_t second, double score);
  // A few sweeps of Newton steps from where the last fit ended.
  void fit();
  // Items by ability, best first; equal ones keep the initial order.
  void sort(std::span<std::int32_t> order) const;
  // How much an answer would tell of the difference, relative to what is known of it.
  double information(std::int32_t first, std::int32_t second) const;

  double ability(std::int32_t item) const { return ability_[at(item)]; }
  double variance(std::int32_t item) const { return variance_[at(item)]; }
  std::span<const ScoredPair> answers() const { return answers_; }
  // Whom an item meets in pairs without an answer.
  std::span<const std::int32_t> awaited(std::int32_t item) const { return awaited_[at(item)]; }

  // Calls `visit` with everybody whom an item was or will be compared with.
  template <class Visit>
  void each_opponent(std::int32_t item, Visit visit) const {
    for (const Meeting& meeting : meetings_[at(item)]) visit(meeting.other);
    for (const std::int32_t other : awaited(item)) visit(other);
  }

 private:
  struct Meeting {
    std::int32_t other;
    double score;
  };

  static std::size_t at(std::int32_t item) { return static_cast<std::size_t>(item); }
  void step_slope();
  void step_item(std::size_t item);
  void divide();
  void estimate_spread();

  std::vector<double> place_;
  double slope_;
  double slope_variance_;
  double spread_;
  std::vector<double> deviation_;
  std::vector<double> variance_;
  std::vector<double> ability_;
  std::vector<ScoredPair> answers_;
  std::vector<std::vector<Meeting>> meetings_;      // by item
  std::vector<std::vector<std::int32_t>> awaited_;  // by item
};

// 1 / (1 + exp(-x)), with x held where exp cannot overflow.
double logistic(double x);

}  // namespace zermelo::sorting
