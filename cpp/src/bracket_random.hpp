// xoshiro128++ (Blackman and Vigna 2021): 32-bit sums, shifts and exclusive ors only, which every
// vector unit has. `Word` is a number of 32 bits or a vector of them.
#pragma once

#include <cstdint>

#include "zermelo/random.hpp"

#if defined(__GNUC__) || defined(__clang__)
#define ZERMELO_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ZERMELO_ALWAYS_INLINE inline
#endif

namespace zermelo {

template <class Word>
struct Xoshiro {
  Word s0, s1, s2, s3;

  // The upper 31 bits of the next output; by reference, since wide vectors are passed differently
  // by different instruction sets.
  ZERMELO_ALWAYS_INLINE void next(Word& bits) {
    const Word sum = s0 + s3;
    bits = (((sum << 7) | (sum >> 25)) + s0) >> 1;
    const Word shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >> 21);
  }
};

// The generator of a replicate begins with the first two outputs of SplitMix64.
inline void replicate_words(std::uint64_t key, std::int64_t replicate, std::uint32_t (&words)[4]) {
  const std::uint64_t start = stream(key, replicate);
  const std::uint64_t low = mixed(start + kGolden), high = mixed(start + 2 * kGolden);
  words[0] = static_cast<std::uint32_t>(low);
  words[1] = static_cast<std::uint32_t>(low >> 32);
  words[2] = static_cast<std::uint32_t>(high);
  words[3] = static_cast<std::uint32_t>(high >> 32);
}

}  // namespace zermelo
