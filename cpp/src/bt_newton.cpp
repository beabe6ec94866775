#include <algorithm>
#include <cmath>

#include "newton_step.hpp"
#include "zermelo/bradley_terry.hpp"

namespace zermelo {
namespace {

// A step whose components differ by at most this much increases the log-likelihood for certain:
// along it the curvature grows at most like exp(spread * t) (Bach 2010, self-concordance of the
// logistic loss), so the gain is at least d * (1 - (e - 2)) > 0, d being the slope at its start.
constexpr double kSafeSpread = 1.0;

// No step moves two items further apart than this: where probabilities are nearly 0 and 1 the
// quadratic model points to infinity.
constexpr double kLargestSpread = 30.0;

// A longer step leads to a point from where the next one is long enough, too, for a score in single
// precision.
constexpr double kLongStep = 0.01;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double spread(const std::vector<double>& step, bool anchored) {
  const auto [low, high] = std::minmax_element(step.begin(), step.end());
  return anchored ? std::max(*high, 0.0) - std::min(*low, 0.0) : *high - *low;
}

template <class Value>
Result newton(const BradleyTerry<Value>& model, const SolverLimits& limits,
              std::int64_t dense_below, const Control& control, std::span<double> ability,
              Convergence& out) {
  Team team(limits.threads, control);
  Information<Value> information(model, team);
  NewtonStep<Value> newton_step(model, information, dense_below, team);
  std::vector<double> trial(ability.size());
  const bool anchored = model.n_centres == 0 || model.prior > 0.0;
  double previous = HUGE_VAL;
  int stalled = 0;
  out = {};
  bool coarse = newton_step.iterative();
  information.evaluate(ability, coarse);
  while (out.n_iter < limits.max_iter) {
    const auto report = newton_step.solve(limits.tol);
    const std::vector<double>& step = newton_step.step();
    out.ability_error = report.size();
    if (coarse && out.ability_error <= kLongStep * kLongStep) {
      // Nearer than was to be expected.
      coarse = false;
      information.evaluate(ability);
      continue;
    }
    ++out.n_iter;
    const double reach = spread(step, anchored);
    if (!std::isfinite(reach)) break;
    if (out.ability_error <= limits.tol) {
      for (std::size_t i = 0; i < ability.size(); ++i) ability[i] += step[i];
      remove_means(model.centre, model.n_centres, ability.data(), 1);
      out.converged = true;
      out.score_norm = newton_step.score_norm_after(ability);
      return {};
    }
    coarse = coarse && out.ability_error > kLongStep;
    double length = reach > kLargestSpread ? kLargestSpread / reach : 1.0;
    for (;; length *= 0.5) {
      for (std::size_t i = 0; i < trial.size(); ++i) trial[i] = ability[i] + length * step[i];
      information.evaluate(trial, coarse);
      // Either theory proves the increase, or the slope still points upward at the far end and
      // concavity does.
      if (length * reach <= kSafeSpread || dot(information.score(), step) >= 0.0) break;
    }
    std::copy(trial.begin(), trial.end(), ability.begin());
    remove_means(model.centre, model.n_centres, ability.data(), 1);
    // Rounding sets a floor to the step; three steps that gain nothing stand on it.
    stalled = length == 1.0 && out.ability_error < 1e-5 && out.ability_error > 0.5 * previous
                  ? stalled + 1
                  : 0;
    previous = out.ability_error;
    const bool lost = !std::isfinite(out.ability_error) && report.norm <= limits.tol;
    if (stalled == 3 || lost) break;
  }
  out.score_norm = information.score_norm();
  return {};
}

}  // namespace

template <class Value>
Result fit_newton(const BradleyTerry<Value>& model, const SolverLimits& limits,
                  std::int64_t dense_below, const Control& control, std::span<double> ability,
                  Convergence& out) {
  return guarded([&] { return newton(model, limits, dense_below, control, ability, out); });
}

template Result fit_newton(const BradleyTerry<std::uint8_t>&, const SolverLimits&, std::int64_t,
                           const Control&, std::span<double>, Convergence&);
template Result fit_newton(const BradleyTerry<float>&, const SolverLimits&, std::int64_t,
                           const Control&, std::span<double>, Convergence&);
template Result fit_newton(const BradleyTerry<double>&, const SolverLimits&, std::int64_t,
                           const Control&, std::span<double>, Convergence&);

}  // namespace zermelo
