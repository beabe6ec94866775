// Conjugate gradients on the information matrix: a weighted graph Laplacian plus a diagonal.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coarse_space.hpp"
#include "zermelo/graph.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {

inline constexpr std::int64_t kEntriesPerChunk = 1 << 16;
inline constexpr std::int64_t kItemsPerChunk = 1 << 13;

// Keeps each floating group's mean at zero; abilities there are known up to a constant only.
inline void remove_means(std::span<const std::int32_t> centre, std::int32_t n_centres, double* x,
                         std::int64_t lanes) {
  if (n_centres == 0) return;
  std::vector<double> sum(static_cast<std::size_t>(n_centres * lanes), 0.0);
  std::vector<std::int64_t> count(static_cast<std::size_t>(n_centres), 0);
  for (std::size_t i = 0; i < centre.size(); ++i) {
    if (centre[i] < 0) continue;
    const auto group = static_cast<std::size_t>(centre[i]);
    ++count[group];
    for (std::int64_t l = 0; l < lanes; ++l) {
      sum[group * static_cast<std::size_t>(lanes) + static_cast<std::size_t>(l)] +=
          x[static_cast<std::int64_t>(i) * lanes + l];
    }
  }
  for (std::size_t i = 0; i < centre.size(); ++i) {
    if (centre[i] < 0) continue;
    const auto group = static_cast<std::size_t>(centre[i]);
    for (std::int64_t l = 0; l < lanes; ++l) {
      x[static_cast<std::int64_t>(i) * lanes + l] -=
          sum[group * static_cast<std::size_t>(lanes) + static_cast<std::size_t>(l)] /
          static_cast<double>(count[group]);
    }
  }
}

// diagonal[i] x_i - sum over j of weight_ij x_j. Weights are often float: a Newton step in a
// matrix rounded to seven digits converges as fast, and memory bandwidth is what limits it.
template <class Weight>
struct Laplacian {
  std::span<const std::int64_t> offsets;
  std::span<const std::int32_t> neighbour;
  const Weight* weight;
  const double* diagonal;
  const double* inverse_diagonal;  // 0 where the item is held or has no comparisons

  std::int64_t n() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
};

// Rows of product = matrix * direction; returns their share of direction' product.
template <class Weight>
double multiply_rows(const Laplacian<Weight>& matrix, const Weight* direction, Range rows,
                     double* product);

// How far a solution must be known: within `relative` of its infinity norm, or within the square
// of that norm (all that a Newton step is worth), but never closer than `absolute`.
struct Accuracy {
  double relative;
  double absolute;
  bool newton;
  // `moved`: what the error was before it shrank to about `left` of that, if all directions shrank
  // alike. A direction to go may be chosen by this guess, an error not.
  bool met(double norm, double moved, double left) const {
    const bool near = newton ? left * moved <= std::min(relative * norm, 0.5 * norm * norm)
                             : moved <= relative * norm;
    return near || moved <= absolute;
  }
};

struct SolveReport {
  std::int64_t iterations = 0;
  double norm = 0.0;   // largest infinity norm of a solution
  double error = 0.0;  // estimate of the largest error
  bool reached = false;
};

// Lanes: right-hand sides solved side by side, stored item by item. Directions are as wide as the
// weights: whatever direction is taken, x and the residual move by it exactly, so that a rounded
// one costs nothing but a little conjugacy.
template <int Lanes, class Weight>
class ConjugateGradients {
 public:
  ConjugateGradients(const Laplacian<Weight>& matrix, std::span<const std::int32_t> centre,
                     std::int32_t n_centres, Team& team)
      : matrix_(matrix),
        centre_(centre),
        n_centres_(n_centres),
        team_(team),
        rows_(matrix.offsets, kEntriesPerChunk),
        items_(matrix.n(), kItemsPerChunk),
        residual_(size()),
        direction_(size()),
        product_(size()),
        snapshot_(size()),
        partial_(static_cast<std::size_t>(std::max(rows_.count(), items_.count()))) {}

  // Solves as below; where the graph turns out to be badly connected, a coarse correction is built
  // and used from then on.
  SolveReport solve(const double* right, double* x, const Accuracy& accuracy,
                    std::int64_t max_iter) {
    if (coarse_) {
      coarse_active_ = coarse_->refresh();
      return iterate(right, x, accuracy, max_iter);
    }
    const SolveReport report = iterate(right, x, accuracy, std::min(max_iter, kPatience));
    if (report.reached || max_iter <= kPatience) return report;
    coarse_ = std::make_unique<CoarseSpace<Weight>>(matrix_, centre_, n_centres_, team_);
    coarse_active_ = coarse_->usable() && coarse_->refresh();
    if (!coarse_->usable()) coarse_.reset();
    correction_.resize(static_cast<std::size_t>(coarse_ ? coarse_->size() : 0) * Lanes);
    return iterate(right, x, accuracy, max_iter);
  }

  // What the last solution leaves of the right-hand side.
  double residual_norm() const {
    double norm = 0.0;
    for (const double value : residual_) norm = std::max(norm, std::abs(value));
    return norm;
  }

 private:
  // Plain iterations that a well-connected graph never needs for one Newton step.
  static constexpr std::int64_t kPatience = 24;
  static constexpr double kFall = 0.05;

  // Overwrites x with the solution for `right`, starting from zero.
  //
  // Where to stop is decided by the abilities, not by the residual, which is blind to the slow
  // directions of a badly connected graph. gamma = alpha r'z is the squared energy norm of the last
  // change (Hestenes and Stiefel 1952); each time it has fallen to a twentieth, which makes the
  // error four or five times smaller, the distance that x went meanwhile in the infinity norm
  // estimates what its error was then, and bounds what it is now. The first change has none to
  // compare with; where every single one made it fall so far in the last solve (with almost the
  // same matrix), it is taken to do so again.
  SolveReport iterate(const double* right, double* x, const Accuracy& accuracy,
                      std::int64_t max_iter) {
    const std::int64_t length = static_cast<std::int64_t>(size());
    std::fill_n(x, length, 0.0);
    std::copy_n(right, length, residual_.data());
    remove_means(centre_, n_centres_, residual_.data(), Lanes);
    std::fill(snapshot_.begin(), snapshot_.end(), 0.0);
    Sums rz = precondition();
    Sums reference{};
    Sums energy{};
    const double usual_fall = slowest_fall_;
    slowest_fall_ = 0.0;
    SolveReport report;
    while (report.iterations < max_iter) {
      const Sums dq = multiply();
      Sums alpha{};
      Sums gamma{};
      bool moving = false;
      for (int l = 0; l < Lanes; ++l) {
        if (rz[l] > 0.0 && dq[l] > 0.0) {
          alpha[l] = rz[l] / dq[l];
          gamma[l] = alpha[l] * rz[l];
          moving = true;
        }
      }
      if (!moving) {
        report.reached = true;
        break;
      }
      const bool first = ++report.iterations == 1;
      if (first) reference = gamma;
      const Sums before = rz;
      rz = advance(x, alpha);
      Sums beta{};
      double left = first ? usual_fall : 0.0;
      for (int l = 0; l < Lanes; ++l) {
        beta[l] = before[l] > 0.0 ? rz[l] / before[l] : 0.0;
        if (first) continue;
        if (reference[l] > 0.0) left = std::max(left, gamma[l] / reference[l]);
        if (energy[l] > 0.0) slowest_fall_ = std::max(slowest_fall_, gamma[l] / energy[l]);
      }
      energy = gamma;
      if (left <= kFall) {
        reference = gamma;
        if (accurate(x, accuracy, std::sqrt(left), report)) {
          report.reached = true;
          break;
        }
      }
      turn(beta);
    }
    // One iteration says nothing new about how fast they are.
    if (report.iterations == 1) slowest_fall_ = usual_fall;
    remove_means(centre_, n_centres_, x, Lanes);
    measure(x, report);
    return report;
  }

  using Sums = std::array<double, Lanes>;

  std::size_t size() const { return static_cast<std::size_t>(matrix_.n()) * Lanes; }

  Sums add_partials(std::int64_t count) const {
    Sums total{};
    for (std::int64_t chunk = 0; chunk < count; ++chunk) {
      for (int l = 0; l < Lanes; ++l) total[l] += partial_[static_cast<std::size_t>(chunk)][l];
    }
    return total;
  }

  // direction = z and r'z for the first iteration.
  Sums precondition() {
    team_.run(items_.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = items_[chunk];
      Sums sum{};
      for (std::int64_t i = begin; i < end; ++i) {
        for (int l = 0; l < Lanes; ++l) {
          const auto at = static_cast<std::size_t>(i * Lanes + l);
          const double z = matrix_.inverse_diagonal[i] * residual_[at];
          direction_[at] = static_cast<Weight>(z);
          sum[l] += residual_[at] * z;
        }
      }
      partial_[static_cast<std::size_t>(chunk)] = sum;
    });
    Sums rz = add_partials(items_.count());
    if (coarse_active_) {
      correct(rz);
      for (std::int64_t i = 0; i < matrix_.n(); ++i) {
        for (int l = 0; l < Lanes; ++l) {
          direction_[static_cast<std::size_t>(i * Lanes + l)] +=
              static_cast<Weight>(corrected(i, l));
        }
      }
    }
    return rz;
  }

  // The coarse part of the preconditioned residual, and its share of r'z.
  void correct(Sums& rz) {
    const std::int64_t size = coarse_->size();
    std::array<std::vector<double>, Lanes> sums;
    for (auto& lane : sums) lane.resize(static_cast<std::size_t>(size));
    team_.run(size, [&](std::int64_t cluster) {
      Sums sum{};
      for (const std::int32_t item : coarse_->members(cluster)) {
        for (int l = 0; l < Lanes; ++l) {
          sum[l] += residual_[static_cast<std::size_t>(item) * Lanes + static_cast<std::size_t>(l)];
        }
      }
      for (int l = 0; l < Lanes; ++l) sums[l][static_cast<std::size_t>(cluster)] = sum[l];
    });
    team_.run(Lanes, [&](std::int64_t lane) {
      const auto l = static_cast<std::size_t>(lane);
      std::vector<double> solution = sums[l];
      coarse_->solve(solution.data());
      for (std::size_t cluster = 0; cluster < solution.size(); ++cluster) {
        correction_[cluster * Lanes + l] = solution[cluster];
      }
    });
    for (std::size_t cluster = 0; cluster < static_cast<std::size_t>(size); ++cluster) {
      for (std::size_t l = 0; l < Lanes; ++l) {
        rz[l] += sums[l][cluster] * correction_[cluster * Lanes + l];
      }
    }
  }

  double corrected(std::int64_t item, int lane) const {
    const std::int32_t cluster = coarse_->cluster_of()[static_cast<std::size_t>(item)];
    return cluster < 0 ? 0.0
                       : correction_[static_cast<std::size_t>(cluster) * Lanes +
                                     static_cast<std::size_t>(lane)];
  }

  // product = matrix * direction and direction' product.
  Sums multiply() {
    team_.run(rows_.count(), [&](std::int64_t chunk) {
      Sums& sum = partial_[static_cast<std::size_t>(chunk)];
      if constexpr (Lanes == 1) {
        sum = {multiply_rows(matrix_, direction_.data(), rows_[chunk], product_.data())};
      } else {
        sum = multiply_lanes(rows_[chunk]);
      }
    });
    return add_partials(rows_.count());
  }

  Sums multiply_lanes(Range rows) {
    const Weight* d = direction_.data();
    Sums sum{};
    for (std::int64_t i = rows.begin; i < rows.end; ++i) {
      Sums row{};
      for (auto k = matrix_.offsets[static_cast<std::size_t>(i)];
           k < matrix_.offsets[static_cast<std::size_t>(i) + 1]; ++k) {
        const auto w = static_cast<double>(matrix_.weight[k]);
        const Weight* other =
            d + static_cast<std::int64_t>(matrix_.neighbour[static_cast<std::size_t>(k)]) * Lanes;
        for (int l = 0; l < Lanes; ++l) row[l] += w * static_cast<double>(other[l]);
      }
      for (int l = 0; l < Lanes; ++l) {
        const auto at = static_cast<std::size_t>(i * Lanes + l);
        const auto own = static_cast<double>(d[at]);
        const double q = matrix_.diagonal[i] * own - row[l];
        product_[at] = q;
        sum[l] += own * q;
      }
    }
    return sum;
  }

  // x += alpha d, r -= alpha q; returns r'z.
  Sums advance(double* x, const Sums& alpha) {
    team_.run(items_.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = items_[chunk];
      Sums sum{};
      for (std::int64_t i = begin; i < end; ++i) {
        for (int l = 0; l < Lanes; ++l) {
          const auto at = static_cast<std::size_t>(i * Lanes + l);
          x[at] += alpha[l] * static_cast<double>(direction_[at]);
          const double r = residual_[at] - alpha[l] * product_[at];
          residual_[at] = r;
          sum[l] += r * (matrix_.inverse_diagonal[i] * r);
        }
      }
      partial_[static_cast<std::size_t>(chunk)] = sum;
    });
    Sums rz = add_partials(items_.count());
    if (coarse_active_) correct(rz);
    return rz;
  }

  // d = z + beta d.
  void turn(const Sums& beta) {
    team_.run(items_.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = items_[chunk];
      for (std::int64_t i = begin; i < end; ++i) {
        for (int l = 0; l < Lanes; ++l) {
          const auto at = static_cast<std::size_t>(i * Lanes + l);
          double z = matrix_.inverse_diagonal[i] * residual_[at];
          if (coarse_active_) z += corrected(i, l);
          direction_[at] = static_cast<Weight>(z + beta[l] * static_cast<double>(direction_[at]));
        }
      }
    });
  }

  // Compares x with the snapshot, takes a new one, and says whether every lane is known well
  // enough.
  bool accurate(const double* x, const Accuracy& accuracy, double left, SolveReport& report) {
    Sums norm{};
    Sums moved{};
    for (std::size_t i = 0; i < snapshot_.size(); i += Lanes) {
      for (int l = 0; l < Lanes; ++l) {
        const double value = x[i + l];
        norm[l] = std::max(norm[l], std::abs(value));
        moved[l] = std::max(moved[l], std::abs(value - snapshot_[i + l]));
        snapshot_[i + l] = value;
      }
    }
    report.error = *std::max_element(moved.begin(), moved.end());
    bool enough = true;
    for (int l = 0; l < Lanes; ++l) enough = enough && accuracy.met(norm[l], moved[l], left);
    return enough;
  }

  void measure(const double* x, SolveReport& report) const {
    for (std::size_t i = 0; i < snapshot_.size(); ++i) {
      report.norm = std::max(report.norm, std::abs(x[i]));
    }
  }

  Laplacian<Weight> matrix_;
  std::span<const std::int32_t> centre_;
  std::int32_t n_centres_;
  Team& team_;
  RowChunks rows_;
  Chunks items_;
  std::vector<double> residual_;
  std::vector<Weight> direction_;
  std::vector<double> product_;
  std::vector<double> snapshot_;
  std::vector<Sums> partial_;
  std::unique_ptr<CoarseSpace<Weight>> coarse_;
  std::vector<double> correction_;  // cluster by cluster, lane by lane
  bool coarse_active_ = false;
  double slowest_fall_ = 1.0;  // of the energy in one iteration, in the last solve
};

}  // namespace zermelo
