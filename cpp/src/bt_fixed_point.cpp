// The two fixed points: Zermelo's and Newman's. They are slow where the graph is badly connected,
// and their steps say nothing about the distance left; so once a step is small, Newton's step from
// the same point is measured, and that decides.
#include <algorithm>
#include <cmath>

#include "newton_step.hpp"
#include "zermelo/bradley_terry.hpp"

namespace zermelo {
namespace {

// New log-strengths of rows [begin, end) by Zermelo's rule, all from the same old strengths:
// p_i <- p_i + (win_i - sum_j n_ij P_ij) / sum_j n_ij / (p_i + p_j), in logarithms so that the
// range of p does not matter. Returns the largest change.
template <class Value>
double minorise_rows(const BradleyTerry<Value>& model, const double* strength,
                     const double* ability, std::int64_t begin, std::int64_t end, double* next,
                     bool wide) {
  const PairGraph<Value>& graph = model.graph;
  double change = 0.0;
  for (std::int64_t i = begin; i < end; ++i) {
    const auto at = static_cast<std::size_t>(i);
    next[i] = ability[i];
    if (model.held[at]) continue;
    double score = 0.0;
    double wins = 0.5 * model.prior;
    double expected = 0.0;
    for (auto k = static_cast<std::size_t>(graph.offsets[at]);
         k < static_cast<std::size_t>(graph.offsets[at + 1]); ++k) {
      const auto [p, q] = wide ? probability_by_ability(ability[i], ability[graph.neighbour[k]])
                               : probability_by_strength(strength[i], strength[graph.neighbour[k]]);
      const auto won = games(graph.win[k]);
      const auto lost = games(graph.loss[k]);
      score += won * q - lost * p;
      wins += won;
      expected += (won + lost) * p;
    }
    if (model.prior > 0.0) {
      const double p = 1.0 / (1.0 + std::exp(-ability[i]));
      score += 0.5 * model.prior * (1.0 - 2.0 * p);
      expected += model.prior * p;
    }
    if (expected > 0.0 && wins > 0.0) {
      // The score keeps its digits near the solution, the quotient far from it.
      const double relative = score / expected;
      const double step =
          std::abs(relative) < 0.5 ? std::log1p(relative) : std::log(wins) - std::log(expected);
      next[i] = ability[i] + step;
      change = std::max(change, std::abs(step));
    }
  }
  return change;
}

// One sweep of Newman's rule, each item from the newest strengths of the others. (All at once it
// would swing between two points for ever on a graph of two items.)
template <class Value>
double newman_sweep(const BradleyTerry<Value>& model, double* strength, double* ability, bool wide,
                    Team& team) {
  const PairGraph<Value>& graph = model.graph;
  double change = 0.0;
  for (std::int64_t i = 0; i < graph.n_items(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (model.held[at]) continue;
    double won = 0.0;
    double lost = 0.0;
    for (auto k = static_cast<std::size_t>(graph.offsets[at]);
         k < static_cast<std::size_t>(graph.offsets[at + 1]); ++k) {
      const auto [p, q] = wide ? probability_by_ability(ability[i], ability[graph.neighbour[k]])
                               : probability_by_strength(strength[i], strength[graph.neighbour[k]]);
      won += games(graph.win[k]) * q;
      lost += games(graph.loss[k]) * p;
    }
    if (model.prior > 0.0) {
      const double p = 1.0 / (1.0 + std::exp(-ability[i]));
      won += 0.5 * model.prior * (1.0 - p);
      lost += 0.5 * model.prior * p;
    }
    if (won > 0.0 && lost > 0.0) {
      const double step = std::log(won / lost);
      ability[i] += step;
      strength[i] = std::exp(ability[i]);
      change = std::max(change, std::abs(step));
    }
    if ((i & 0xfff) == 0xfff) team.check();
  }
  return change;
}

template <class Value, class Iterate>
Result fixed_point(const BradleyTerry<Value>& model, const SolverLimits& limits,
                   std::int64_t dense_below, Team& team, std::span<double> ability,
                   Convergence& out, Iterate&& iterate) {
  Information<Value> information(model, team);
  NewtonStep<Value> newton_step(model, information, dense_below, team);
  const auto measure = [&] {
    information.evaluate(ability);
    out.score_norm = information.score_norm();
    out.ability_error = newton_step.solve(limits.tol).size();
    out.converged = out.ability_error <= limits.tol;
  };
  out = {};
  double worth_measuring = limits.tol;
  while (out.n_iter < limits.max_iter) {
    const double change = iterate();
    ++out.n_iter;
    remove_means(model.centre, model.n_centres, ability.data(), 1);
    team.check();
    if (change > worth_measuring) continue;
    measure();
    if (out.converged || change == 0.0) return {};
    // Error and change shrink together: the next look is due when the error should have arrived.
    worth_measuring = std::min(0.5, 0.9 * limits.tol / out.ability_error) * change;
  }
  measure();
  return {};
}

template <class Value>
Result minorise(const BradleyTerry<Value>& model, const SolverLimits& limits,
                std::int64_t dense_below, const Control& control, std::span<double> ability,
                Convergence& out) {
  Team team(limits.threads, control);
  const RowChunks rows(model.graph.offsets, kEntriesPerChunk);
  std::vector<double> strength(ability.size());
  std::vector<double> next(ability.size());
  std::vector<double> change(static_cast<std::size_t>(rows.count()));
  return fixed_point(model, limits, dense_below, team, ability, out, [&] {
    const bool wide = strengths(ability, strength) > kWideAbility;
    team.run(rows.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = rows[chunk];
      change[static_cast<std::size_t>(chunk)] =
          minorise_rows(model, strength.data(), ability.data(), begin, end, next.data(), wide);
    });
    std::copy(next.begin(), next.end(), ability.begin());
    return *std::max_element(change.begin(), change.end());
  });
}

template <class Value>
Result newman(const BradleyTerry<Value>& model, const SolverLimits& limits,
              std::int64_t dense_below, const Control& control, std::span<double> ability,
              Convergence& out) {
  Team team(limits.threads, control);
  std::vector<double> strength(ability.size());
  return fixed_point(model, limits, dense_below, team, ability, out, [&] {
    const bool wide = strengths(ability, strength) > kWideAbility;
    return newman_sweep(model, strength.data(), ability.data(), wide, team);
  });
}

}  // namespace

template <class Value>
Result fit_minorise(const BradleyTerry<Value>& model, const SolverLimits& limits,
                    std::int64_t dense_below, const Control& control, std::span<double> ability,
                    Convergence& out) {
  return guarded([&] { return minorise(model, limits, dense_below, control, ability, out); });
}

template <class Value>
Result fit_newman(const BradleyTerry<Value>& model, const SolverLimits& limits,
                  std::int64_t dense_below, const Control& control, std::span<double> ability,
                  Convergence& out) {
  return guarded([&] { return newman(model, limits, dense_below, control, ability, out); });
}

template Result fit_minorise(const BradleyTerry<std::uint8_t>&, const SolverLimits&, std::int64_t,
                             const Control&, std::span<double>, Convergence&);
template Result fit_minorise(const BradleyTerry<float>&, const SolverLimits&, std::int64_t,
                             const Control&, std::span<double>, Convergence&);
template Result fit_minorise(const BradleyTerry<double>&, const SolverLimits&, std::int64_t,
                             const Control&, std::span<double>, Convergence&);
template Result fit_newman(const BradleyTerry<std::uint8_t>&, const SolverLimits&, std::int64_t,
                           const Control&, std::span<double>, Convergence&);
template Result fit_newman(const BradleyTerry<float>&, const SolverLimits&, std::int64_t,
                           const Control&, std::span<double>, Convergence&);
template Result fit_newman(const BradleyTerry<double>&, const SolverLimits&, std::int64_t,
                           const Control&, std::span<double>, Convergence&);

}  // namespace zermelo
