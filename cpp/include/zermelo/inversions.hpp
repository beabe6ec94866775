// How far sequences are from ascending, in O(n log n).
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/parallel.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// `values` is (rows x width), row by row; `count` receives for each row how many pairs stand in the
// wrong order, a larger value before a smaller one. Equal values are no inversion. Compiled for
// 32 and 64 bits.
template <class Value>
Result count_inversions(std::span<const Value> values, std::int64_t width, int threads,
                        const Control& control, std::span<std::int64_t> count);

// `codes` is (rows x width), each in [0, width); `count`, of the same shape, receives how many
// codes before it in its row are smaller. Status::invalid_value: the code at the index is out of
// range.
Result count_smaller_before(std::span<const std::int32_t> codes, std::int64_t width, int threads,
                            const Control& control, std::span<std::int32_t> count);

}  // namespace zermelo
