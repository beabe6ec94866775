// 1 / (1 + exp(-x)), the expected score at log-odds x, in code that compilers turn into vectors.
//
// The C library's exp is a call, and between calls nothing stays in vectors. Here
// exp(-x) = 2^k exp(r) with |r| <= ln(2) / 2, the latter by its series to the 13th power, whose
// rest is below 1e-17: the result is right to two units in the last place, and the same to the last
// bit in every lane of every instruction set, as nothing contracts.
#pragma once

#include <bit>
#include <cstdint>

namespace zermelo {

inline double expected_score(double log_odds) {
  constexpr double kPerDoubling = 0x1.71547652b82fep+0;  // 1 / ln 2
  // ln 2 in two parts; products of the first with whole numbers below 2^20 are exact.
  constexpr double kHigh = 0x1.62e42fee00000p-1;
  constexpr double kLow = 0x1.a39ef35793c76p-33;
  // Adding this number rounds to whole ones, which then stand in the lowest bits.
  constexpr double kRound = 0x1.8p+52;
  // Beyond these expected scores are 0 and 1 to 1e-300.
  constexpr double kFarthest = 700.0;

  double x = -log_odds;
  x = x < -kFarthest ? -kFarthest : x;
  x = x > kFarthest ? kFarthest : x;
  const double shifted = x * kPerDoubling + kRound;
  const double doublings = shifted - kRound;
  const double r = (x - doublings * kHigh) - doublings * kLow;
  const double r2 = r * r, r4 = r2 * r2;
  const double c01 = 1.0 + r;
  const double c23 = 0x1p-1 + r * 0x1.5555555555555p-3;
  const double c45 = 0x1.5555555555555p-5 + r * 0x1.1111111111111p-7;
  const double c67 = 0x1.6c16c16c16c17p-10 + r * 0x1.a01a01a01a01ap-13;
  const double c89 = 0x1.a01a01a01a01ap-16 + r * 0x1.71de3a556c734p-19;
  const double cab = 0x1.27e4fb7789f5cp-22 + r * 0x1.ae64567f544e4p-26;
  const double ccd = 0x1.1eed8eff8d898p-29 + r * 0x1.6124613a86d09p-33;
  const double low = c01 + r2 * c23;
  const double middle = c45 + r2 * c67;
  const double high = (c89 + r2 * cab) + r4 * ccd;
  const double series = low + r4 * (middle + r4 * high);
  const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023U) << 52);
  return 1.0 / (1.0 + series * power);
}

}  // namespace zermelo
