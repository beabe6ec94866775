// Solvers of the Bradley-Terry model (Zermelo 1929; Bradley and Terry 1952) on a comparison graph.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/graph.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// The log-likelihood, of which only P(i beats j) = p_i / (p_i + p_j) with p = exp(ability) matters,
//   sum over pairs of win_ij log P_ij + loss_ij log P_ji + prior / 2 * (log P_i0 + log P_0i),
// where item 0 is the prior's virtual item of ability 0.
template <class Value>
struct BradleyTerry {
  PairGraph<Value> graph;
  std::span<const std::uint8_t> held;    // 1: the ability stays as given
  std::span<const std::int32_t> centre;  // group whose abilities are only known up to a constant
  std::int32_t n_centres;                // and are kept at mean zero; -1: anchored, or unrated
  double prior;
};

struct Convergence {
  std::int64_t n_iter = 0;
  double ability_error = 0.0;  // infinity norm of the last Newton step, plus its own error
  double score_norm = 0.0;     // infinity norm of the score, in comparisons
  bool converged = false;
};

struct SolverLimits {
  double tol;             // wanted error of the abilities
  std::int64_t max_iter;  // iterations
  int threads;
};

// Where to start: each item's own log-odds over all its opponents, half a game added to each side,
// stretched by what opponents of different strength take away.
template <class Value>
Result starting_abilities(const PairGraph<Value>& graph, int threads, const Control& control,
                          std::span<double> ability);

// `ability` holds the start and receives the result. `dense_below`: Newton's equations of at most
// this many items are solved by Cholesky's factorisation, larger ones by conjugate gradients.
template <class Value>
Result fit_newton(const BradleyTerry<Value>& model, const SolverLimits& limits,
                  std::int64_t dense_below, const Control& control, std::span<double> ability,
                  Convergence& out);

// Zermelo's (1929) fixed point, which Hunter (2004) showed to be a minorisation-maximisation.
template <class Value>
Result fit_minorise(const BradleyTerry<Value>& model, const SolverLimits& limits,
                    std::int64_t dense_below, const Control& control, std::span<double> ability,
                    Convergence& out);

// Newman's (2023, JMLR 24:238) faster fixed point, one item after the other.
template <class Value>
Result fit_newman(const BradleyTerry<Value>& model, const SolverLimits& limits,
                  std::int64_t dense_below, const Control& control, std::span<double> ability,
                  Convergence& out);

// The log-likelihood without the prior's term.
template <class Value>
Result log_likelihood(const PairGraph<Value>& graph, std::span<const double> ability, int threads,
                      const Control& control, double& out);

// Solves information * x = right for `n_right` right-hand sides, given row by row (n x n_right).
// Each is solved until its infinity norm is known to `relative_tol`; `iterations` receives the
// largest number of steps, `max_iter + 1` where one fell short.
template <class Value>
Result solve_information(const BradleyTerry<Value>& model, std::span<const double> ability,
                         std::span<const double> right, std::int64_t n_right, double relative_tol,
                         std::int64_t max_iter, int threads, const Control& control,
                         std::span<double> solution, std::int64_t& iterations);

}  // namespace zermelo
