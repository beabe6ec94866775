// How a sum over a row's entries is cut up, so that it runs in vectors and still has one order of
// additions on every instruction set: each lane adds up every eighth entry.
#pragma once

#include <cstdint>
#include <cstring>

#include "zermelo/types.hpp"

namespace zermelo {

inline constexpr std::int64_t kRowLanes = 8;

// What belongs to the entries' neighbours is collected a block at a time: those loads have no
// pattern, and apart from them the arithmetic runs in vectors.
inline constexpr std::int64_t kRowBlock = 8 * kRowLanes;

class RowSum {
 public:
  // Adds the first `size` terms of a block, and overwrites what follows them.
  ZERMELO_INLINE void add(double (&block)[kRowBlock], std::int64_t size) {
    for (std::int64_t t = size; t % kRowLanes != 0; ++t) block[t] = 0.0;
    for (std::int64_t t = 0; t < size; t += kRowLanes) {
      for (int pair = 0; pair < kPairs; ++pair) lanes_[pair] += load(block + t + 2 * pair);
    }
  }
  ZERMELO_INLINE double total() const {
    return ((lanes_[0][0] + lanes_[0][1]) + (lanes_[1][0] + lanes_[1][1])) +
           ((lanes_[2][0] + lanes_[2][1]) + (lanes_[3][0] + lanes_[3][1]));
  }

 private:
  static constexpr int kPairs = kRowLanes / 2;
#if defined(__GNUC__) || defined(__clang__)
  // Every processor has vectors of two. Left to themselves compilers make single numbers of the
  // lanes, and of wider vectors than the processor has they make a way through memory.
  typedef double Pair __attribute__((vector_size(2 * sizeof(double))));
  ZERMELO_INLINE static Pair load(const double* from) {
    Pair pair;
    std::memcpy(&pair, from, sizeof(pair));
    return pair;
  }
#else
  struct Pair {
    double lane[2];
    double operator[](int k) const { return lane[k]; }
    void operator+=(const Pair& other) {
      lane[0] += other.lane[0];
      lane[1] += other.lane[1];
    }
  };
  static Pair load(const double* from) { return {{from[0], from[1]}}; }
#endif
  Pair lanes_[kPairs] = {};
};

}  // namespace zermelo
