#include <algorithm>

#include "laplacian.hpp"
#include "row_lanes.hpp"

namespace zermelo {
namespace {

template <class Weight>
ZERMELO_INLINE double multiply(const Laplacian<Weight>& matrix, const Weight* direction, Range rows,
                               double* product) {
  Weight other[kRowBlock];
  double term[kRowBlock];
  double sum = 0.0;
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const std::int64_t end = matrix.offsets[static_cast<std::size_t>(i) + 1];
    RowSum row;
    for (std::int64_t k = matrix.offsets[static_cast<std::size_t>(i)]; k < end; k += kRowBlock) {
      const std::int64_t size = std::min(kRowBlock, end - k);
      const std::int32_t* neighbour = matrix.neighbour.data() + k;
      const Weight* weight = matrix.weight + k;
      for (std::int64_t t = 0; t < size; ++t) other[t] = direction[neighbour[t]];
      for (std::int64_t t = 0; t < size; ++t) {
        term[t] = static_cast<double>(weight[t]) * static_cast<double>(other[t]);
      }
      row.add(term, size);
    }
    const auto own = static_cast<double>(direction[i]);
    product[i] = matrix.diagonal[i] * own - row.total();
    sum += own * product[i];
  }
  return sum;
}

ZERMELO_CLONES double multiply_cloned(const Laplacian<float>& matrix, const float* direction,
                                      Range rows, double* product) {
  return multiply(matrix, direction, rows, product);
}
ZERMELO_CLONES double multiply_cloned(const Laplacian<double>& matrix, const double* direction,
                                      Range rows, double* product) {
  return multiply(matrix, direction, rows, product);
}

}  // namespace

template <class Weight>
double multiply_rows(const Laplacian<Weight>& matrix, const Weight* direction, Range rows,
                     double* product) {
  return multiply_cloned(matrix, direction, rows, product);
}

template double multiply_rows(const Laplacian<float>&, const float*, Range, double*);
template double multiply_rows(const Laplacian<double>&, const double*, Range, double*);

}  // namespace zermelo
