// Random bits that depend on a key and a counter alone: SplitMix64 (Steele, Lea and Flood 2014).
//
// Whoever draws replicate r, on whatever thread, gets the same bits.
#pragma once

#include <cstdint>

namespace zermelo {

inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

inline std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// Where the bits of a replicate begin: draw i is mixed(stream + (i + 1) * kGolden).
inline std::uint64_t stream(std::uint64_t key, std::int64_t replicate) {
  return mixed(key + mixed(static_cast<std::uint64_t>(replicate) + kGolden));
}

}  // namespace zermelo
