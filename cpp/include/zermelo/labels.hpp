// Integer labels become codes without a hash: mark the values that occur, number them, look up.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

// Sets mark[v - low] to 1 for every v in `first` or `second` and the rest to 0. Values outside
// [low, low + mark.size()) are only counted: `n_outside`.
template <class Integer>
Result mark_integers(std::span<const Integer> first, std::span<const Integer> second,
                     std::int64_t low, std::span<std::uint8_t> mark, std::int64_t& n_outside,
                     int threads, const Control& control) noexcept;

// codes[i] = table[values[i] - low]; codes has the length of values.
template <class Integer>
Result recode_integers(std::span<const Integer> values, std::int64_t low,
                       std::span<const std::int32_t> table, std::span<std::int32_t> codes,
                       int threads, const Control& control) noexcept;

extern template Result mark_integers<std::int32_t>(std::span<const std::int32_t>,
                                                   std::span<const std::int32_t>, std::int64_t,
                                                   std::span<std::uint8_t>, std::int64_t&, int,
                                                   const Control&) noexcept;
extern template Result mark_integers<std::int64_t>(std::span<const std::int64_t>,
                                                   std::span<const std::int64_t>, std::int64_t,
                                                   std::span<std::uint8_t>, std::int64_t&, int,
                                                   const Control&) noexcept;
extern template Result recode_integers<std::int32_t>(std::span<const std::int32_t>, std::int64_t,
                                                     std::span<const std::int32_t>,
                                                     std::span<std::int32_t>, int,
                                                     const Control&) noexcept;
extern template Result recode_integers<std::int64_t>(std::span<const std::int64_t>, std::int64_t,
                                                     std::span<const std::int32_t>,
                                                     std::span<std::int32_t>, int,
                                                     const Control&) noexcept;

}  // namespace zermelo
