// One cell's log-likelihood: its first two derivatives in the log-odds z and the tie parameter.
#pragma once

#include <algorithm>
#include <cmath>

#include "zermelo/joint.hpp"

namespace zermelo {

struct CellMoments {
  double score = 0.0;            // by z
  double information = 0.0;      // minus the second derivative by z
  double tie_score = 0.0;        // by tau
  double tie_information = 0.0;  // minus the second derivative by tau
  double cross = 0.0;            // minus the derivative by both
};

// Each to full relative precision. Davidson's model needs the probability of a tie, the others
// those of not winning and of not losing.
struct CellProbabilities {
  double win;
  double loss;
  double tie;
  double not_win;
  double not_loss;
};

inline double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// The tie parameter and what follows from it, once an evaluation.
struct TieTerms {
  TieModel model;
  double tau;
  double parameter;    // exp(tau)
  double score;        // Rao and Kupper's: by tau, of one tie
  double information;  // and minus its derivative

  TieTerms(TieModel ties, double log_parameter)
      : model(ties), tau(log_parameter), parameter(std::exp(log_parameter)) {
    // A tie has probability (e^(2 tau) - 1) P(win) P(loss).
    const double width = -std::expm1(-2.0 * tau);
    score = 2.0 / width;
    information = 4.0 * std::exp(-2.0 * tau) / (width * width);
  }
};

inline CellProbabilities probabilities_by_log_odds(const TieTerms& ties, double z) {
  if (ties.model == TieModel::davidson) {
    // Scaled by the largest term, so that nothing overflows.
    const double most = std::max(0.5 * std::abs(z), ties.tau);
    const double win = std::exp(0.5 * z - most);
    const double loss = std::exp(-0.5 * z - most);
    const double tie = std::exp(ties.tau - most);
    const double inverse = 1.0 / (win + loss + tie);
    return {win * inverse, loss * inverse, tie * inverse, 0.0, 0.0};
  }
  const double tau = ties.model == TieModel::none ? 0.0 : ties.tau;
  return {logistic(z - tau), logistic(-z - tau), 0.0, logistic(tau - z), logistic(tau + z)};
}

// The same where z is the logarithm of (own / other)^2: one division or two, no exponential.
inline CellProbabilities probabilities_by_roots(const TieTerms& ties, double own, double other) {
  const double first = own * own;
  const double second = other * other;
  if (ties.model == TieModel::davidson) {
    const double tie = ties.parameter * own * other;
    const double inverse = 1.0 / (first + second + tie);
    return {first * inverse, second * inverse, tie * inverse, 0.0, 0.0};
  }
  const double threshold = ties.model == TieModel::none ? 1.0 : ties.parameter;
  const double winning = 1.0 / (first + threshold * second);
  const double losing = 1.0 / (second + threshold * first);
  return {first * winning, second * losing, 0.0, threshold * second * winning,
          threshold * first * losing};
}

inline CellMoments cell_moments(const TieTerms& ties, const CellProbabilities& p, double win,
                                double loss, double tie) {
  CellMoments out;
  if (ties.model == TieModel::davidson) {
    const double n = win + loss + tie;
    const double decided = p.win + p.loss;
    const double mean = 0.5 * (p.win - p.loss);
    out.score = win * (p.loss + 0.5 * p.tie) - loss * (p.win + 0.5 * p.tie) - tie * mean;
    // The variance of (wins - losses) / 2 in one comparison.
    out.information = n * (p.win * p.loss + 0.25 * p.tie * decided);
    out.tie_score = tie * decided - (win + loss) * p.tie;
    out.tie_information = n * p.tie * decided;
    out.cross = -n * p.tie * mean;
    return out;
  }
  // A tie counts as a win and as a loss, since its probability has both as factors.
  const double wins = win + tie;
  const double losses = loss + tie;
  const double of_win = wins * p.win * p.not_win;
  const double of_loss = losses * p.loss * p.not_loss;
  out.score = wins * p.not_win - losses * p.not_loss;
  out.information = of_win + of_loss;
  if (ties.model == TieModel::rao_kupper) {
    out.tie_score = tie * ties.score - wins * p.not_win - losses * p.not_loss;
    out.tie_information = of_win + of_loss + tie * ties.information;
    out.cross = of_loss - of_win;
  }
  return out;
}

}  // namespace zermelo
