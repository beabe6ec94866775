// The standard normal distribution far out in its tails, where differences of values near 1 or
// quotients of values near 0 would lose all digits.
#pragma once

#include <cmath>
#include <numbers>

namespace zermelo {

inline double normal_density(double x) {
  constexpr double kScale = 0.398942280401432677939946059934;  // 1 / sqrt(2 pi)
  return kScale * std::exp(-0.5 * x * x);
}

// P(Z > x).
inline double normal_tail(double x) { return 0.5 * std::erfc(x * (0.5 * std::numbers::sqrt2)); }

// The mean of Z given Z > y, and how far it is above y.
struct TailMean {
  double mean;
  double excess;
};

// From here on the continued fraction of 35 levels is right to the last digit.
inline constexpr double kFarOut = 4.0;
inline constexpr int kLevels = 35;

// Far out by Laplace's continued fraction, mean = y + 1 / (y + 2 / (y + 3 / ...)).
inline TailMean far_tail_mean(double y) {
  double fraction = y;
  for (int level = kLevels; level > 1; --level) fraction = y + level / fraction;
  return {y + 1.0 / fraction, 1.0 / fraction};
}

// `tail` is P(Z > y).
inline TailMean tail_mean(double y, double tail) {
  if (y > kFarOut) return far_tail_mean(y);
  const double mean = normal_density(y) / tail;
  return {mean, mean - y};
}

inline TailMean tail_mean(double y) { return tail_mean(y, normal_tail(y)); }

}  // namespace zermelo
