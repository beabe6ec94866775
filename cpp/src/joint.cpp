// Newton's method for the joint model. Where the items are few the whole information is factored;
// else the items are eliminated by conjugate gradients, one right-hand side an extra parameter.
#include "zermelo/joint.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "cholesky.hpp"
#include "joint_system.hpp"

namespace zermelo {
namespace {

// Steps that move no comparison's log-odds further than this are taken as they are: along them the
// curvature hardly changes. Longer ones must still point upward at their end.
constexpr double kSafeStep = 1.0;
constexpr double kLargestStep = 30.0;
// Rao and Kupper's tie parameter is positive; its log-likelihood has the curvature of a logarithm.
constexpr double kSafeShare = 0.25;
constexpr double kLargestShare = 0.8;
constexpr double kLongStep = 0.1;
constexpr double kFarOut = 15.0;    // log-odds
constexpr double kSolveTol = 1e-6;  // of the sparse solves, relative
constexpr int kLanes = 8;

struct Step {
  std::vector<double> ability;
  std::vector<double> extra;
  double error = 0.0;  // of the step itself
  bool found = false;
};

class JointStep {
 public:
  JointStep(const JointModel& model, const JointSystem& system, std::int64_t dense_below,
            Team& team)
      : model_(model), system_(system), team_(team) {
    for (std::size_t i = 0; i < system.n(); ++i) {
      if (!model.held[i]) free_.push_back(static_cast<std::int32_t>(i));
    }
    dense_ = static_cast<std::int64_t>(free_.size()) <= dense_below;
    position_.assign(system.n(), -1);
    for (std::size_t at = 0; at < free_.size(); ++at) {
      position_[static_cast<std::size_t>(free_[at])] = static_cast<std::int32_t>(at);
      group_.push_back(model.centre[static_cast<std::size_t>(free_[at])]);
    }
    group_.resize(free_.size() + system.n_extra(), -1);
    step_.ability.resize(system.n());
    step_.extra.resize(system.n_extra());
  }

  const Step& solve() {
    step_.found = !system_.singular() && (dense_ ? solve_dense() : solve_sparse());
    return step_;
  }

 private:
  bool solve_dense() {
    const std::size_t n_free = free_.size();
    const std::size_t n_extra = system_.n_extra();
    Cholesky matrix(static_cast<std::int64_t>(n_free + n_extra));
    for (std::size_t at = 0; at < n_free; ++at) {
      const auto i = static_cast<std::size_t>(free_[at]);
      double* row = matrix.row(static_cast<std::int64_t>(at));
      for (auto k = static_cast<std::size_t>(model_.offsets[i]);
           k < static_cast<std::size_t>(model_.offsets[i + 1]); ++k) {
        const std::int32_t j = position_[static_cast<std::size_t>(model_.neighbour[k])];
        if (j >= 0 && j < static_cast<std::int32_t>(at)) row[j] = -system_.weight()[k];
      }
      row[at] = system_.diagonal()[i];
      for (std::size_t e = 0; e < n_extra; ++e) {
        matrix.row(static_cast<std::int64_t>(n_free + e))[at] = system_.border()[i * n_extra + e];
      }
    }
    for (std::size_t e = 0; e < n_extra; ++e) {
      double* row = matrix.row(static_cast<std::int64_t>(n_free + e)) + n_free;
      std::copy_n(system_.corner() + e * n_extra, e + 1, row);
    }
    matrix.add_centres(group_, model_.n_centres);
    if (!matrix.factor()) return false;
    std::vector<double> solution;
    for (const std::int32_t i : free_) {
      solution.push_back(system_.score()[static_cast<std::size_t>(i)]);
    }
    solution.insert(solution.end(), system_.extra_score().begin(), system_.extra_score().end());
    matrix.solve(solution.data());
    std::fill(step_.ability.begin(), step_.ability.end(), 0.0);
    for (std::size_t at = 0; at < n_free; ++at) {
      step_.ability[static_cast<std::size_t>(free_[at])] = solution[at];
    }
    std::copy_n(solution.data() + n_free, n_extra, step_.extra.data());
    step_.error = 0.0;
    remove_means(model_.centre, model_.n_centres, step_.ability.data(), 1);
    return true;
  }

  bool solve_sparse() {
    const std::size_t n = system_.n();
    const std::size_t n_extra = system_.n_extra();
    if (!solver_) {
      solver_ = std::make_unique<ConjugateGradients<kLanes, double>>(
          system_.matrix(), model_.centre, model_.n_centres, team_);
    }
    // Column 0 is the score, the others are the border's.
    const std::size_t columns = n_extra + 1;
    std::vector<double> solution(n * columns);
    std::vector<double> right(n * kLanes);
    std::vector<double> x(n * kLanes);
    double relative = 0.0;
    const auto limit = static_cast<std::int64_t>(10 * n + 100);
    for (std::size_t begin = 0; begin < columns; begin += kLanes) {
      const std::size_t width = std::min<std::size_t>(kLanes, columns - begin);
      std::fill(right.begin(), right.end(), 0.0);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t l = 0; l < width; ++l) {
          const std::size_t column = begin + l;
          right[i * kLanes + l] =
              column == 0 ? system_.score()[i] : system_.border()[i * n_extra + column - 1];
        }
      }
      const SolveReport report =
          solver_->solve(right.data(), x.data(), {kSolveTol, 0.0, false}, limit);
      if (!report.reached) return false;
      if (report.norm > 0.0) relative = std::max(relative, report.error / report.norm);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t l = 0; l < width; ++l) {
          solution[i * columns + begin + l] = x[i * kLanes + l];
        }
      }
    }
    // What is left of the extra parameters' equations once the items are eliminated.
    Cholesky corner(static_cast<std::int64_t>(n_extra));
    std::vector<double> extra(system_.extra_score());
    for (std::size_t e = 0; e < n_extra; ++e) {
      double* row = corner.row(static_cast<std::int64_t>(e));
      std::copy_n(system_.corner() + e * n_extra, e + 1, row);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double* border = system_.border() + i * n_extra;
      const double* solved = solution.data() + i * columns;
      for (std::size_t e = 0; e < n_extra; ++e) {
        extra[e] -= border[e] * solved[0];
        double* row = corner.row(static_cast<std::int64_t>(e));
        for (std::size_t f = 0; f <= e; ++f) row[f] -= border[e] * solved[f + 1];
      }
    }
    if (!corner.factor()) return false;
    corner.solve(extra.data());
    double norm = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double* solved = solution.data() + i * columns;
      double value = solved[0];
      for (std::size_t e = 0; e < n_extra; ++e) value -= solved[e + 1] * extra[e];
      step_.ability[i] = value;
      norm = std::max(norm, std::abs(value));
    }
    step_.extra = extra;
    step_.error = relative * norm;
    remove_means(model_.centre, model_.n_centres, step_.ability.data(), 1);
    return true;
  }

  const JointModel& model_;
  const JointSystem& system_;
  Team& team_;
  std::vector<std::int32_t> free_;
  std::vector<std::int32_t> position_;
  std::vector<std::int32_t> group_;
  bool dense_ = true;
  Step step_;
  std::unique_ptr<ConjugateGradients<kLanes, double>> solver_;
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// The largest absolute value of each feature: how far a coefficient moves a comparison at most.
std::vector<double> feature_reach(const Cells& cells) {
  const auto n_features = static_cast<std::size_t>(cells.n_features);
  std::vector<double> reach(n_features, 0.0);
  for (std::size_t at = 0; at < cells.features.size(); ++at) {
    double& most = reach[at % n_features];
    most = std::max(most, std::abs(cells.features[at]));
  }
  return reach;
}

// How many log-odds the parameters span.
double farthest(std::span<const double> ability, std::span<const double> extra,
                const std::vector<double>& reach) {
  const auto [low, high] = std::minmax_element(ability.begin(), ability.end());
  double far = *high - *low;
  for (std::size_t k = 0; k < extra.size(); ++k) {
    far = std::max(far, std::abs(extra[k]) * (k < reach.size() ? reach[k] : 1.0));
  }
  return far;
}

Result fit(const JointModel& model, const SolverLimits& limits, std::int64_t dense_below,
           const Control& control, std::span<double> ability, std::span<double> extra,
           Convergence& out) {
  Team team(limits.threads, control);
  JointSystem system(model, team);
  JointStep newton(model, system, dense_below, team);
  const std::vector<double> reach = feature_reach(model.cells);
  const std::size_t n_features = reach.size();
  std::vector<double> trial(ability.size());
  std::vector<double> trial_extra(extra.size());
  double previous = HUGE_VAL;
  int stalled = 0;
  out = {};
  system.evaluate(ability, extra);
  while (out.n_iter < limits.max_iter) {
    const Step& step = newton.solve();
    ++out.n_iter;
    out.ability_error = HUGE_VAL;
    if (!step.found) break;
    const auto [low, high] = std::minmax_element(step.ability.begin(), step.ability.end());
    double size = std::max(std::abs(*low), std::abs(*high));
    double moved = std::max(*high, 0.0) - std::min(*low, 0.0);
    for (std::size_t k = 0; k < n_features; ++k) {
      size = std::max(size, std::abs(step.extra[k]) * reach[k]);
      moved += std::abs(step.extra[k]) * reach[k];
    }
    // The tie parameter's step, and the share of it that may be taken.
    double share = 0.0;
    if (model.ties != TieModel::none) {
      const double of_ties = step.extra[n_features];
      size = std::max(size, std::abs(of_ties));
      moved += std::abs(of_ties);
      if (model.ties == TieModel::rao_kupper) share = -of_ties / extra[n_features];
    }
    out.ability_error = size + step.error;
    if (!std::isfinite(out.ability_error)) break;
    // Steps that were long and, far out, are nothing all at once: the parameters ran away until the
    // score vanished in floating point. Where there is a maximum they shrink from one to the next.
    if (previous > kLongStep && std::isfinite(previous) &&
        out.ability_error < 1e-3 * previous * previous &&
        farthest(ability, extra, reach) > kFarOut) {
      out.ability_error = HUGE_VAL;
      break;
    }
    const bool done = out.ability_error <= limits.tol;
    double length = std::min(1.0, kLargestStep / std::max(moved, kLargestStep));
    if (share * length > kLargestShare) length = kLargestShare / share;
    for (;; length *= 0.5) {
      for (std::size_t i = 0; i < trial.size(); ++i) {
        trial[i] = ability[i] + length * step.ability[i];
      }
      for (std::size_t k = 0; k < extra.size(); ++k) {
        trial_extra[k] = extra[k] + length * step.extra[k];
      }
      system.evaluate(trial, trial_extra);
      if (done || (length * moved <= kSafeStep && length * std::abs(share) <= kSafeShare)) break;
      if (dot(system.score(), step.ability) + dot(system.extra_score(), step.extra) >= 0.0) break;
    }
    std::copy(trial.begin(), trial.end(), ability.begin());
    std::copy(trial_extra.begin(), trial_extra.end(), extra.begin());
    remove_means(model.centre, model.n_centres, ability.data(), 1);
    if (done) {
      out.converged = true;
      break;
    }
    // Rounding sets a floor to the step; three steps that gain nothing stand on it.
    stalled = length == 1.0 && out.ability_error < 1e-5 && out.ability_error > 0.5 * previous
                  ? stalled + 1
                  : 0;
    previous = out.ability_error;
    if (stalled == 3) break;
  }
  out.score_norm = system.score_norm();
  return {};
}

}  // namespace

Result fit_joint(const JointModel& model, const SolverLimits& limits, std::int64_t dense_below,
                 const Control& control, std::span<double> ability, std::span<double> extra,
                 Convergence& out) {
  return guarded([&] { return fit(model, limits, dense_below, control, ability, extra, out); });
}

}  // namespace zermelo
