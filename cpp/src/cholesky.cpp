#include "cholesky.hpp"

namespace zermelo {

void Cholesky::add_centres(std::span<const std::int32_t> group, std::int32_t n_groups) {
  if (n_groups == 0) return;
  std::vector<double> trace(static_cast<std::size_t>(n_groups), 0.0);
  std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(n_groups));
  for (std::int64_t i = 0; i < n_; ++i) {
    if (group[static_cast<std::size_t>(i)] < 0) continue;
    const auto at = static_cast<std::size_t>(group[static_cast<std::size_t>(i)]);
    members[at].push_back(i);
    trace[at] += row(i)[i];
  }
  for (std::size_t at = 0; at < members.size(); ++at) {
    const auto size = static_cast<double>(members[at].size());
    const double share = trace[at] / (size * size);
    for (const std::int64_t i : members[at]) {
      for (const std::int64_t j : members[at]) {
        if (j > i) break;
        row(i)[j] += share;
      }
    }
  }
}

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

ZERMELO_CLONES
void Cholesky::solve_tile(const double* matrix, std::int64_t n, std::int64_t stride, double* x) {
  double sum[kColumns];
  for (std::int64_t i = 0; i < n; ++i) {
    double* own = x + i * kColumns;
    for (std::int64_t c = 0; c < kColumns; ++c) sum[c] = own[c];
    for (std::int64_t k = 0; k < i; ++k) {
      const double factor = matrix[i * stride + k];
      const double* other = x + k * kColumns;
      for (std::int64_t c = 0; c < kColumns; ++c) sum[c] -= factor * other[c];
    }
    const double inverse = 1.0 / matrix[i * stride + i];
    for (std::int64_t c = 0; c < kColumns; ++c) own[c] = sum[c] * inverse;
  }
  for (std::int64_t i = n - 1; i >= 0; --i) {
    double* own = x + i * kColumns;
    for (std::int64_t c = 0; c < kColumns; ++c) sum[c] = own[c];
    for (std::int64_t k = i + 1; k < n; ++k) {
      const double factor = matrix[k * stride + i];
      const double* other = x + k * kColumns;
      for (std::int64_t c = 0; c < kColumns; ++c) sum[c] -= factor * other[c];
    }
    const double inverse = 1.0 / matrix[i * stride + i];
    for (std::int64_t c = 0; c < kColumns; ++c) own[c] = sum[c] * inverse;
  }
}

}  // namespace zermelo
