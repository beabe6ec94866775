// Cholesky's factorisation for systems of a few hundred unknowns, without a BLAS: its threads are
// ours to count, and its results do not depend on a library's version.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "zermelo/types.hpp"

namespace zermelo {

class Cholesky {
 public:
  explicit Cholesky(std::int64_t n)
      : n_(n), stride_((n + 7) / 8 * 8), matrix_(static_cast<std::size_t>(n * stride_)) {}

  std::int64_t size() const { return n_; }
  double* row(std::int64_t i) { return matrix_.data() + i * stride_; }
  const double* row(std::int64_t i) const { return matrix_.data() + i * stride_; }
  void clear() { std::fill(matrix_.begin(), matrix_.end(), 0.0); }

  // A floating group's information is singular along its constant vector; adding that vector's
  // square makes it regular and changes no solution, the score being orthogonal to it. `group`
  // gives each row's floating group, or -1.
  void add_centres(std::span<const std::int32_t> group, std::int32_t n_groups);

  // Factors the lower triangle in place; false where the matrix is not positive definite.
  bool factor() {
    panel_.resize(static_cast<std::size_t>(kBlock * stride_));
    for (std::int64_t begin = 0; begin < n_; begin += kBlock) {
      const std::int64_t end = std::min(begin + kBlock, n_);
      if (!factor_block(begin, end)) return false;
      for (std::int64_t i = end; i < n_; ++i) {
        double* a = row(i);
        for (std::int64_t j = begin; j < end; ++j) {
          const double* l = row(j);
          double sum = a[j];
          for (std::int64_t k = begin; k < j; ++k) sum -= a[k] * l[k];
          a[j] = sum / l[j];
        }
      }
      // The panel's transpose lets the update run along rows without any sum across lanes.
      for (std::int64_t i = end; i < n_; ++i) {
        for (std::int64_t k = begin; k < end; ++k) {
          panel_[static_cast<std::size_t>((k - begin) * stride_ + i)] = row(i)[k];
        }
      }
      update(matrix_.data(), panel_.data(), n_, stride_, begin, end);
    }
    return true;
  }

  // Overwrites kColumns right-hand sides, stored row by row (n x kColumns), with their solutions.
  static constexpr std::int64_t kColumns = 32;
  void solve_columns(double* x) const { solve_tile(matrix_.data(), n_, stride_, x); }

  // Overwrites `x` with the solution.
  void solve(double* x) const {
    for (std::int64_t i = 0; i < n_; ++i) {
      const double* l = row(i);
      double sum = x[i];
      for (std::int64_t k = 0; k < i; ++k) sum -= l[k] * x[k];
      x[i] = sum / l[i];
    }
    for (std::int64_t i = n_ - 1; i >= 0; --i) {
      const double* l = row(i);
      x[i] /= l[i];
      for (std::int64_t k = 0; k < i; ++k) x[k] -= l[k] * x[i];
    }
  }

 private:
  static constexpr std::int64_t kBlock = 48;
  static constexpr std::int64_t kLanes = 16;

  bool factor_block(std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      double* a = row(i);
      for (std::int64_t j = begin; j <= i; ++j) {
        const double* l = row(j);
        double sum = a[j];
        for (std::int64_t k = begin; k < j; ++k) sum -= a[k] * l[k];
        if (j < i) {
          a[j] = sum / l[j];
        } else {
          if (!(sum > 0.0)) return false;
          a[j] = std::sqrt(sum);
        }
      }
    }
    return true;
  }

  // matrix[i][j] -= sum over k of matrix[i][k] * panel[k][j] for the trailing lower triangle; the
  // last tile of a row may spill over the diagonal, which nothing reads.
  static void update(double* matrix, const double* panel, std::int64_t n, std::int64_t stride,
                     std::int64_t begin, std::int64_t end);

  static void solve_tile(const double* matrix, std::int64_t n, std::int64_t stride, double* x);

  std::int64_t n_;
  std::int64_t stride_;
  std::vector<double> matrix_;
  std::vector<double> panel_;
};

}  // namespace zermelo
