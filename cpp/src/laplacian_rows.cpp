#include "laplacian.hpp"
#include "row_lanes.hpp"

namespace zermelo {

template <class Weight>
double multiply_rows(const Laplacian<Weight>& matrix, const Weight* direction, Range rows,
                     double* product) {
  double sum = 0.0;
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const auto begin = matrix.offsets[static_cast<std::size_t>(i)];
    const auto size = matrix.offsets[static_cast<std::size_t>(i) + 1] - begin;
    const std::int32_t* neighbour = matrix.neighbour.data() + begin;
    const Weight* weight = matrix.weight + begin;
    const auto own = static_cast<double>(direction[i]);
    RowSum row;
    std::int64_t k = 0;
    for (; k + kRowLanes <= size; k += kRowLanes) {
      row.add([&](int lane) {
        const std::int64_t a = k + lane;
        const std::int64_t b = a + 1;
        return Pair{static_cast<double>(weight[a]), static_cast<double>(weight[b])} *
               Pair{static_cast<double>(direction[neighbour[a]]),
                    static_cast<double>(direction[neighbour[b]])};
      });
    }
    double rest = 0.0;
    for (; k < size; ++k) {
      rest += static_cast<double>(weight[k]) * static_cast<double>(direction[neighbour[k]]);
    }
    product[i] = matrix.diagonal[i] * own - (row.total() + rest);
    sum += own * product[i];
  }
  return sum;
}

template double multiply_rows(const Laplacian<float>&, const float*, Range, double*);
template double multiply_rows(const Laplacian<double>&, const double*, Range, double*);

}  // namespace zermelo
