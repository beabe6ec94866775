// The new volatility of Glicko-2.
#pragma once

#include <cmath>

#include "expected_score.hpp"

namespace zermelo {

// With y = ln of the volatility's square, which was a, the new one is where
//   f(y) = e^y (z^2 - u w) / (2 w^2) - (y - a) / tau^2,  w = 1 + u (f^2 + e^y),
// is 0: Glickman's equation (2013, step 5) times u^2 above and below, so that nothing is divided
// by a small u, his 1/v; z is his sum, of g (s - E).
class Volatility {
 public:
  Volatility(double variance, double information, double surprise, double volatility, double tau)
      : variance_(variance),
        information_(information),
        squared_(surprise * surprise),
        start_(2.0 * std::log(volatility)),
        precision_(1.0 / (tau * tau)) {}

  // By Newton's steps from the old volatility; where they do not end, bracketed as Glickman does.
  double solve() const {
    double y = start_;
    for (int step = 0; step < kNewtonSteps; ++step) {
      const double z = std::exp(y);
      const double w = 1.0 + information_ * (variance_ + z);
      const double half = 0.5 * z / (w * w), rest = squared_ - information_ * w;
      const double value = half * rest - (y - start_) * precision_;
      const double slope =
          half * rest - information_ * half * z * (information_ + 2.0 * rest / w) - precision_;
      if (!(slope < 0.0)) break;
      const double change = value / slope;
      if (!(std::fabs(change) < 1.0)) break;
      y -= change;
      if (std::fabs(change) < kNewtonClose) return std::exp(0.5 * y);
    }
    return std::exp(0.5 * bracketed());
  }

 private:
  static constexpr int kNewtonSteps = 8;
  // The next step would be of the order of its square.
  static constexpr double kNewtonClose = 1e-8;
  static constexpr double kClose = 1e-13;
  static constexpr int kMostSteps = 200;

  double value(double y) const {
    const double z = std::exp(y);
    const double w = 1.0 + information_ * (variance_ + z);
    return 0.5 * z * (squared_ - information_ * w) / (w * w) - (y - start_) * precision_;
  }

  // The Illinois algorithm between two points of different sign.
  double bracketed() const {
    // f falls from positive to negative; beyond 1e300 the volatility would overflow.
    const double step = value(start_) > 0.0 ? 1.0 : -1.0;
    double low = start_, high = start_ + step * std::sqrt(1.0 / precision_);
    for (double wide = 2.0; value(high) * step > 0.0 && std::fabs(high) < 690.0; wide *= 2.0) {
      low = high;
      high = start_ + step * wide * std::sqrt(1.0 / precision_);
    }
    double at_low = value(low), at_high = value(high);
    for (int k = 0; k < kMostSteps && std::fabs(high - low) > kClose * (1.0 + std::fabs(low)) &&
                    at_high != 0.0;
         ++k) {
      const double next = low + (low - high) * at_low / (at_high - at_low);
      const double at_next = value(next);
      if (at_next * at_high <= 0.0) {
        low = high;
        at_low = at_high;
      } else {
        at_low *= 0.5;
      }
      high = next;
      at_high = at_next;
    }
    return high;
  }

  double variance_;
  double information_;
  double squared_;
  double start_;
  double precision_;
};

struct NewtonPair {
  double volatility;
  double left;  // 0: the second step was so short that its square is lost in rounding
};

// The first two of these steps, in y less its start, in code that compilers turn into vectors: the
// equation is nearly linear, so that they nearly always suffice.
inline NewtonPair two_newton_steps(double variance, double information, double surprise,
                                   double volatility, double precision) {
  constexpr double kClose = 1e-8;
  const double squared = surprise * surprise, old = volatility * volatility;
  double y = 0.0, z = old, change = 0.0, steepest = -precision;
  for (int step = 0; step < 2; ++step) {
    const double w = 1.0 + information * (variance + z);
    const double half = 0.5 * z / (w * w), rest = squared - information * w;
    const double slope =
        half * rest - information * half * z * (information + 2.0 * rest / w) - precision;
    change = (half * rest - y * precision) / slope;
    steepest = slope > steepest ? slope : steepest;
    y -= change;
    const double share = expected_score(y);
    z = old * (share / (1.0 - share));
  }
  const double share = expected_score(0.5 * y);
  const bool small = std::fabs(change) < kClose && std::fabs(y) < 1.0 && steepest < 0.0;
  return {volatility * (share / (1.0 - share)), small ? 0.0 : 1.0};
}

}  // namespace zermelo
