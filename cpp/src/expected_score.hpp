// 1 / (1 + exp(-x)), the expected score at log-odds x, for one number or for four at once.
//
// The C library's exp is a call, and around calls nothing stays in vectors. Here
// exp(-x) = 2^k exp(r) with |r| <= ln(2) / 2, the latter by its series to the 13th power, whose
// rest is below 1e-17: the result is right to two units in the last place. One number and four go
// through the same operations, of which none contracts, so that they agree to the last bit.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace zermelo {

#if defined(__GNUC__) || defined(__clang__)
#define ZERMELO_FOUR_LANES 1
typedef double Four __attribute__((vector_size(4 * sizeof(double))));
typedef std::uint64_t FourBits __attribute__((vector_size(4 * sizeof(std::uint64_t))));
#define ZERMELO_INLINE inline __attribute__((always_inline))
#else
#define ZERMELO_INLINE inline
#endif

// 2^k from the number that rounding left behind, in whose lowest bits k stands.
ZERMELO_INLINE void power_of_two(const double& shifted, double& power) {
  power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023U) << 52);
}

#ifdef ZERMELO_FOUR_LANES
ZERMELO_INLINE void power_of_two(const Four& shifted, Four& power) {
  FourBits bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits + 1023U) << 52;
  std::memcpy(&power, &bits, sizeof(bits));
}
#endif

// By reference, since vectors of four are passed differently by different instruction sets.
template <class Real>
ZERMELO_INLINE void expected_score(const Real& log_odds, Real& score) {
  constexpr double kPerDoubling = 0x1.71547652b82fep+0;  // 1 / ln 2
  // ln 2 in two parts; products of the first with whole numbers below 2^20 are exact.
  constexpr double kHigh = 0x1.62e42fee00000p-1;
  constexpr double kLow = 0x1.a39ef35793c76p-33;
  // Adding this number rounds to whole ones, which then stand in the lowest bits.
  constexpr double kRound = 0x1.8p+52;
  // Beyond these, expected scores are 0 and 1 to within 1e-300.
  const Real lowest = Real{} - 700.0, highest = Real{} + 700.0;

  Real x = -log_odds;
  x = x < lowest ? lowest : x;
  x = x > highest ? highest : x;
  const Real shifted = x * kPerDoubling + kRound;
  const Real doublings = shifted - kRound;
  const Real r = (x - doublings * kHigh) - doublings * kLow;
  const Real r2 = r * r, r4 = r2 * r2;
  const Real c01 = 1.0 + r;
  const Real c23 = 0x1p-1 + r * 0x1.5555555555555p-3;
  const Real c45 = 0x1.5555555555555p-5 + r * 0x1.1111111111111p-7;
  const Real c67 = 0x1.6c16c16c16c17p-10 + r * 0x1.a01a01a01a01ap-13;
  const Real c89 = 0x1.a01a01a01a01ap-16 + r * 0x1.71de3a556c734p-19;
  const Real cab = 0x1.27e4fb7789f5cp-22 + r * 0x1.ae64567f544e4p-26;
  const Real ccd = 0x1.1eed8eff8d898p-29 + r * 0x1.6124613a86d09p-33;
  const Real low = c01 + r2 * c23;
  const Real middle = c45 + r2 * c67;
  const Real high = (c89 + r2 * cab) + r4 * ccd;
  const Real series = low + r4 * (middle + r4 * high);
  Real power;
  power_of_two(shifted, power);
  score = 1.0 / (1.0 + series * power);
}

inline double expected_score(double log_odds) {
  double score;
  expected_score(log_odds, score);
  return score;
}

}  // namespace zermelo
