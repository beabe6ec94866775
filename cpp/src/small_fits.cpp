#include "zermelo/small_fits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cholesky.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

// Pairs and cubes of items that one chunk of tables works on, some tens of microseconds.
constexpr std::int64_t kWorkPerChunk = 1 << 16;

// Fits one table after another in the same memory.
class Fitter {
 public:
  Fitter(std::int64_t n, double prior, const SmallFitLimits& limits)
      : n_(n),
        prior_(prior),
        limits_(limits),
        matrix_(n),
        strength_(to_size(n)),
        step_(to_size(n)) {}

  // The largest change in the last step.
  double fit(const double* wins, double* ability) {
    std::fill_n(ability, n_, 0.0);
    double change = std::numeric_limits<double>::infinity();
    for (std::int64_t iteration = 0; iteration < limits_.max_iter; ++iteration) {
      evaluate(wins, ability);
      if (!matrix_.factor()) return std::numeric_limits<double>::infinity();
      matrix_.solve(step_.data());
      double high = 0.0, low = 0.0;
      for (const double part : step_) {
        high = std::max(high, part);
        low = std::min(low, part);
      }
      // While no difference of abilities, the virtual item's included, changes by more than 1, the
      // information changes by less than a factor of e, and the likelihood is bound to grow (Bach
      // 2010): shortened steps converge from anywhere.
      const double share = 1.0 / std::max(1.0, high - low);
      for (std::int64_t i = 0; i < n_; ++i) ability[i] += share * step_[to_size(i)];
      change = share * std::max(high, -low);
      if (!(change > limits_.tol)) break;
    }
    double mean = 0.0;
    for (std::int64_t i = 0; i < n_; ++i) mean += ability[i];
    mean /= static_cast<double>(n_);
    for (std::int64_t i = 0; i < n_; ++i) ability[i] -= mean;
    return change;
  }

 private:
  static std::size_t to_size(std::int64_t value) { return static_cast<std::size_t>(value); }

  // The score in `step_`, the information's lower triangle in `matrix_`.
  void evaluate(const double* wins, const double* ability) {
    for (std::int64_t i = 0; i < n_; ++i) {
      strength_[to_size(i)] = std::exp(ability[i]);
      // Against the virtual item, whose strength is 1.
      const double p = 1.0 / (1.0 + std::exp(-ability[i]));
      step_[to_size(i)] = prior_ * (0.5 - p);
      matrix_.row(i)[i] = prior_ * p * (1.0 - p);
    }
    for (std::int64_t i = 1; i < n_; ++i) {
      double* row = matrix_.row(i);
      double score = 0.0, diagonal = 0.0;
      for (std::int64_t j = 0; j < i; ++j) {
        const double won = wins[i * n_ + j];
        const double games = won + wins[j * n_ + i];
        if (games == 0.0) {
          row[j] = 0.0;
          continue;
        }
        const double both = strength_[to_size(i)] + strength_[to_size(j)];
        const double p = strength_[to_size(i)] / both;
        const double residual = won - games * p;
        const double curvature = games * p * (strength_[to_size(j)] / both);
        row[j] = -curvature;
        score += residual;
        diagonal += curvature;
        step_[to_size(j)] -= residual;
        matrix_.row(j)[j] += curvature;
      }
      step_[to_size(i)] += score;
      row[i] += diagonal;
    }
  }

  std::int64_t n_;
  double prior_;
  SmallFitLimits limits_;
  Cholesky matrix_;
  std::vector<double> strength_;
  std::vector<double> step_;
};

}  // namespace

Result small_fits(std::span<const double> wins, std::int64_t n_items, double prior,
                  const SmallFitLimits& limits, const Control& control, std::span<double> ability,
                  std::span<double> last_step) {
  return guarded([&]() -> Result {
    const std::int64_t size = n_items * n_items;
    const std::int64_t work = 8 * size * (1 + n_items / 32);
    const auto n_tables = static_cast<std::int64_t>(last_step.size());
    const Chunks chunks(n_tables, std::max<std::int64_t>(kWorkPerChunk / work, 1));
    Team team(limits.threads, control);
    team.run(chunks.count(), [&](std::int64_t chunk) {
      const Range range = chunks[chunk];
      Fitter fitter(n_items, prior, limits);
      for (std::int64_t table = range.begin; table < range.end; ++table) {
        last_step[static_cast<std::size_t>(table)] =
            fitter.fit(wins.data() + table * size, ability.data() + table * n_items);
      }
    });
    return {};
  });
}

}  // namespace zermelo
