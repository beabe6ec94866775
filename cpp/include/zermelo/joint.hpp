// The Bradley-Terry model with more than abilities: ties as outcomes of their own, the effect of
// being shown first, and covariates, all fitted together.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/bradley_terry.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// With z the log-odds of the first item, and tau the tie parameter:
//   none        P(win) = 1 / (1 + e^-z)
//   davidson    P(win) : P(tie) : P(loss) = e^(z/2) : e^tau : e^(-z/2)          (Davidson 1970)
//   rao_kupper  P(win) = 1 / (1 + e^(tau - z)), P(loss) = 1 / (1 + e^(tau + z)),
//               the rest ties, tau > 0                                    (Rao and Kupper 1967)
enum class TieModel : int { none = 0, davidson = 1, rao_kupper = 2 };

// Comparisons that share their items and their features, sorted by (first, second):
// z = ability[first] - ability[second] + features * coefficients + offset.
struct Cells {
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
  std::span<const double> win;  // sums of weights, by the first item's outcome
  std::span<const double> loss;
  std::span<const double> tie;       // empty where the tie model is none
  std::span<const double> offset;    // empty: none
  std::span<const double> features;  // row by row, n_features wide
  std::int64_t n_features;

  std::int64_t size() const { return static_cast<std::int64_t>(first.size()); }
};

// `offsets` and `neighbour` are the rows of the comparison graph, which has every pair that the
// cells have.
struct JointModel {
  Cells cells;
  TieModel ties;
  std::span<const std::int64_t> offsets;
  std::span<const std::int32_t> neighbour;
  std::span<const std::uint8_t> held;
  std::span<const std::int32_t> centre;
  std::int32_t n_centres;
  double prior;
  double ridge;  // the log-likelihood loses ridge / 2 * sum of squared coefficients

  std::int64_t n_items() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  // Coefficients, and the tie parameter last where there is one.
  std::int64_t n_extra() const { return cells.n_features + (ties != TieModel::none); }
};

// `ability` and `extra` hold the start and receive the result. ability_error takes in the extra
// parameters, each coefficient as far as it moves the log-odds of any comparison.
Result fit_joint(const JointModel& model, const SolverLimits& limits, std::int64_t dense_below,
                 const Control& control, std::span<double> ability, std::span<double> extra,
                 Convergence& out);

}  // namespace zermelo
