// The covariance of a few hundred abilities, in our own Cholesky's factorisation: a BLAS keeps its
// threads spinning where cores are shared, which costs more than the arithmetic.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/parallel.hpp"
#include "zermelo/types.hpp"

namespace zermelo {

// `out` = inverse(information) where `meat` is empty, else inverse(information) * meat *
// inverse(information); all n x n, row by row, and symmetric. Status::invalid_value where the
// information is not positive definite in floating point.
Result dense_covariance(std::span<const double> information, std::span<const double> meat,
                        std::int64_t n, int threads, const Control& control, std::span<double> out);

}  // namespace zermelo
