// The largest studentised difference in draws of many items' errors.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/parallel.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// `errors` is (n_items x n_draws), row by row. Family k takes the errors of all items j, from
// `first[k]` on, less that of `item[k]`, times up[k, j] where that is positive and times -down[k,
// j] where it is negative; both are at least 0, and 0 where that sign does not count. `largest`,
// (families x n_draws), receives each family's maximum in every draw, at least 0.
//
// A maximum does not depend on the order in which it is taken: the result is the same to the last
// bit for any number of threads and every instruction set.
Result largest_differences(std::span<const float> errors, std::int64_t n_draws,
                           std::span<const std::int32_t> item, std::span<const std::int32_t> first,
                           std::span<const float> up, std::span<const float> down, int threads,
                           const Control& control, std::span<float> largest);

}  // namespace zermelo
