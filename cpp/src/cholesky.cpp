#include "cholesky.hpp"

namespace zermelo {

ZERMELO_CLONES
void Cholesky::update(double* matrix, const double* panel, std::int64_t n, std::int64_t stride,
                      std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = end; i < n; ++i) {
    double* a = matrix + i * stride;
    std::int64_t j = end;
    for (; j <= i && j + kLanes <= stride; j += kLanes) {
      double sum[kLanes];
      for (std::int64_t lane = 0; lane < kLanes; ++lane) sum[lane] = a[j + lane];
      for (std::int64_t k = begin; k < end; ++k) {
        const double factor = a[k];
        const double* p = panel + (k - begin) * stride + j;
        for (std::int64_t lane = 0; lane < kLanes; ++lane) sum[lane] -= factor * p[lane];
      }
      for (std::int64_t lane = 0; lane < kLanes; ++lane) a[j + lane] = sum[lane];
    }
    for (; j <= i; ++j) {
      double sum = a[j];
      for (std::int64_t k = begin; k < end; ++k) {
        sum -= a[k] * panel[static_cast<std::size_t>((k - begin) * stride + j)];
      }
      a[j] = sum;
    }
  }
}

}  // namespace zermelo
