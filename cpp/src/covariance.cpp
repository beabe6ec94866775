#include "zermelo/covariance.hpp"

#include <algorithm>
#include <vector>

#include "cholesky.hpp"

namespace zermelo {
namespace {

// x = inverse(information) * x, column block by column block.
void solve_in_place(const Cholesky& factor, Team& team, std::span<double> x) {
  constexpr std::int64_t kWidth = Cholesky::kColumns;
  const std::int64_t n = factor.size();
  const std::int64_t n_blocks = (n + kWidth - 1) / kWidth;
  team.run(n_blocks, [&](std::int64_t block) {
    const std::int64_t begin = block * kWidth;
    const std::int64_t width = std::min(kWidth, n - begin);
    std::vector<double> columns(static_cast<std::size_t>(n * kWidth), 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
      std::copy_n(x.data() + i * n + begin, width, columns.data() + i * kWidth);
    }
    factor.solve_columns(columns.data());
    for (std::int64_t i = 0; i < n; ++i) {
      std::copy_n(columns.data() + i * kWidth, width, x.data() + i * n + begin);
    }
  });
}

void transpose(std::span<double> x, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      std::swap(x[static_cast<std::size_t>(i * n + j)], x[static_cast<std::size_t>(j * n + i)]);
    }
  }
}

}  // namespace

Result dense_covariance(std::span<const double> information, std::span<const double> meat,
                        std::int64_t n, int threads, const Control& control,
                        std::span<double> out) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    Cholesky factor(n);
    for (std::int64_t i = 0; i < n; ++i) {
      std::copy_n(information.data() + i * n, i + 1, factor.row(i));
    }
    if (!factor.factor()) return {Status::invalid_value, 0};
    if (meat.empty()) {
      std::fill(out.begin(), out.end(), 0.0);
      for (std::int64_t i = 0; i < n; ++i) out[static_cast<std::size_t>(i * n + i)] = 1.0;
    } else {
      std::copy(meat.begin(), meat.end(), out.begin());
      solve_in_place(factor, team, out);
      transpose(out, n);
    }
    solve_in_place(factor, team, out);
    return {};
  });
}

}  // namespace zermelo
