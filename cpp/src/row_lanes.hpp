// How a sum over a row's entries is cut up, so that it runs in vectors and still has one order of
// additions everywhere: each of eight lanes adds up every eighth entry.
#pragma once

#include <cstdint>
#include <cstring>

namespace zermelo {

inline constexpr std::int64_t kRowLanes = 8;

// Every processor has vectors of two. Left to themselves, compilers make single numbers of the
// lanes again.
#if defined(__GNUC__) || defined(__clang__)
typedef double Pair __attribute__((vector_size(2 * sizeof(double))));
#else
struct Pair {
  double lane[2];
  double operator[](int k) const { return lane[k]; }
  Pair operator*(const Pair& other) const {
    return {lane[0] * other.lane[0], lane[1] * other.lane[1]};
  }
  void operator+=(const Pair& other) {
    lane[0] += other.lane[0];
    lane[1] += other.lane[1];
  }
};
#endif

class RowSum {
 public:
  // Adds term(0), ... term(7), one a lane; each call makes the terms of two neighbouring lanes.
  template <class Terms>
  void add(Terms&& terms) {
    for (int pair = 0; pair < kPairs; ++pair) lanes_[pair] += terms(2 * pair);
  }
  double total() const {
    return ((lanes_[0][0] + lanes_[0][1]) + (lanes_[1][0] + lanes_[1][1])) +
           ((lanes_[2][0] + lanes_[2][1]) + (lanes_[3][0] + lanes_[3][1]));
  }

 private:
  static constexpr int kPairs = kRowLanes / 2;
  Pair lanes_[kPairs] = {};
};

}  // namespace zermelo
