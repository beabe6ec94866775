// Score and information of the Bradley-Terry model at given abilities, in one pass over the pairs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "laplacian.hpp"
#include "zermelo/bradley_terry.hpp"
#include "zermelo/memory.hpp"

namespace zermelo {

// Beyond this ability exp() comes near the end of its range, and a pair's probabilities are
// computed from the difference instead (a path of a thousand items gets there).
inline constexpr double kWideAbility = 300.0;

// Up to this ability single precision has room for strengths and their sums.
inline constexpr double kNarrowAbility = 40.0;

// Fills `strength` with exp(ability); returns the largest absolute ability.
inline double strengths(std::span<const double> ability, std::vector<double>& strength) {
  double largest = 0.0;
  for (std::size_t i = 0; i < ability.size(); ++i) {
    strength[i] = std::exp(ability[i]);
    largest = std::max(largest, std::abs(ability[i]));
  }
  return largest;
}

// The two probabilities of a pair, P(i beats j) and P(j beats i), each to full relative precision.
template <class Real>
struct PairProbability {
  Real win;
  Real loss;
};

template <class Real>
PairProbability<Real> probability_by_strength(Real own, Real other) {
  const Real inverse = Real{1} / (own + other);
  return {own * inverse, other * inverse};
}

inline PairProbability<double> probability_by_ability(double own, double other) {
  const double difference = own - other;
  return {1.0 / (1.0 + std::exp(-difference)), 1.0 / (1.0 + std::exp(difference))};
}

// Where to evaluate, and from which of its forms.
struct Point {
  enum class By { ability, strength, rounded_strength };
  By by;
  const double* ability;
  const double* strength;
  const float* rounded_strength;
};

// One row's score, and its information on the diagonal; the entries' go to `weight`.
struct RowInformation {
  double score = 0.0;
  double diagonal = 0.0;
};

template <class Value, class Weight>
void information_rows(const PairGraph<Value>& graph, const Point& at, Range rows, Weight* weight,
                      RowInformation* out);

// The score, the information matrix and Newton's step at one point after another.
template <class Value, class Weight = float>
class Information {
 public:
  Information(const BradleyTerry<Value>& model, Team& team)
      : model_(model),
        team_(team),
        rows_(model.graph.offsets, kEntriesPerChunk),
        strength_(n()),
        row_(n()),
        diagonal_(n()),
        inverse_diagonal_(n()),
        score_(n()),
        weight_(Buffer<Weight>(static_cast<std::size_t>(model.graph.n_entries()))) {}

  std::size_t n() const { return static_cast<std::size_t>(model_.graph.n_items()); }
  const std::vector<double>& score() const { return score_; }
  double score_norm() const { return score_norm_; }
  // True where an item's information vanished in floating point: its ability is so far from its
  // opponents' that the data says nothing here about how far.
  bool singular() const { return singular_; }
  const Weight* weight() const { return weight_.data(); }
  const double* diagonal() const { return diagonal_.data(); }

  Laplacian<Weight> matrix() const {
    return {model_.graph.offsets, model_.graph.neighbour, weight_.data(), diagonal_.data(),
            inverse_diagonal_.data()};
  }

  // `coarse`: in single precision, where that has the range. Opponents' strengths then fit the
  // cache, where reading them is most of the work, and the score is right to about seven digits.
  void evaluate(std::span<const double> ability, bool coarse = false) {
    const double largest = strengths(ability, strength_);
    Point at{Point::By::strength, ability.data(), strength_.data(), nullptr};
    if (largest > kWideAbility) at.by = Point::By::ability;
    if (coarse && largest <= kNarrowAbility) {
      rounded_strength_.assign(strength_.begin(), strength_.end());
      at.by = Point::By::rounded_strength;
      at.rounded_strength = rounded_strength_.data();
    }
    team_.run(rows_.count(), [&](std::int64_t chunk) {
      information_rows(model_.graph, at, rows_[chunk], weight_.data(), row_.data());
    });
    score_norm_ = 0.0;
    singular_ = false;
    for (std::size_t i = 0; i < n(); ++i) {
      double score = row_[i].score;
      double diagonal = row_[i].diagonal;
      if (model_.prior > 0.0 && !(model_.held[i])) {
        const double p = 1.0 / (1.0 + std::exp(-ability[i]));
        const double q = 1.0 / (1.0 + std::exp(ability[i]));
        score += 0.5 * model_.prior * (q - p);
        diagonal += model_.prior * p * q;
      }
      const bool free = !model_.held[i] && diagonal > 0.0;
      singular_ = singular_ || (!model_.held[i] && !free);
      score_[i] = free ? score : 0.0;
      diagonal_[i] = diagonal;
      inverse_diagonal_[i] = free ? 1.0 / diagonal : 0.0;
      score_norm_ = std::max(score_norm_, std::abs(score_[i]));
    }
  }

 private:
  const BradleyTerry<Value>& model_;
  Team& team_;
  RowChunks rows_;
  std::vector<double> strength_;
  std::vector<float> rounded_strength_;
  std::vector<RowInformation> row_;
  std::vector<double> diagonal_;
  std::vector<double> inverse_diagonal_;
  std::vector<double> score_;
  Buffer<Weight> weight_;
  double score_norm_ = 0.0;
  bool singular_ = false;
};

}  // namespace zermelo
