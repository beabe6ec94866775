// Score and information of the joint model at one point after another: a Laplacian for the items
// (by the rows of the comparison graph), a border of one column an extra parameter, and a corner.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "information.hpp"
#include "joint_cell.hpp"
#include "laplacian.hpp"
#include "zermelo/joint.hpp"
#include "zermelo/memory.hpp"

namespace zermelo {

// Where each item's cells are.
struct CellIndex {
  std::vector<std::int64_t> first_begin;   // of those in which it stands first
  std::vector<std::int64_t> second_begin;  // in by_second, of those in which it stands second
  std::vector<std::int64_t> by_second;     // cells, sorted by (second, first)
  std::vector<std::int64_t> together;      // sum of the two beginnings: how much work lies before

  CellIndex(const Cells& cells, std::size_t n)
      : first_begin(n + 1, 0),
        second_begin(n + 1, 0),
        by_second(static_cast<std::size_t>(cells.size())),
        together(n + 1, 0) {
    for (std::size_t c = 0; c < by_second.size(); ++c) {
      ++first_begin[static_cast<std::size_t>(cells.first[c]) + 1];
      ++second_begin[static_cast<std::size_t>(cells.second[c]) + 1];
    }
    for (std::size_t i = 0; i < n; ++i) {
      first_begin[i + 1] += first_begin[i];
      second_begin[i + 1] += second_begin[i];
      together[i + 1] = first_begin[i + 1] + second_begin[i + 1];
    }
    std::vector<std::int64_t> next(second_begin.begin(), second_begin.end() - 1);
    for (std::size_t c = 0; c < by_second.size(); ++c) {
      by_second[static_cast<std::size_t>(next[static_cast<std::size_t>(cells.second[c])]++)] =
          static_cast<std::int64_t>(c);
    }
  }
};

class JointSystem {
 public:
  JointSystem(const JointModel& model, Team& team)
      : model_(model),
        team_(team),
        n_extra_(static_cast<std::size_t>(model.n_extra())),
        cells_(model.cells.size(), kCellsPerChunk),
        index_(model.cells, n()),
        rows_(index_.together, kCellsPerChunk),
        moments_(static_cast<std::size_t>(model.cells.size())),
        weight_(model.neighbour.size()),
        score_(n()),
        diagonal_(n()),
        inverse_diagonal_(n()),
        border_(n() * n_extra_),
        corner_(n_extra_ * n_extra_),
        extra_score_(n_extra_),
        root_(n()),
        partial_(static_cast<std::size_t>(cells_.count())),
        same_everywhere_(same_everywhere()) {
    for (Corner& corner : partial_) {
      corner.score.resize(n_extra_);
      corner.information.resize(n_extra_ * n_extra_);
    }
  }

  std::size_t n() const { return static_cast<std::size_t>(model_.n_items()); }
  std::size_t n_extra() const { return n_extra_; }
  const std::vector<double>& score() const { return score_; }
  const std::vector<double>& extra_score() const { return extra_score_; }
  const double* weight() const { return weight_.data(); }
  const double* diagonal() const { return diagonal_.data(); }
  // Row i, column k: minus the derivative by item i's ability and by extra parameter k.
  const double* border() const { return border_.data(); }
  const double* corner() const { return corner_.data(); }
  bool singular() const { return singular_; }

  Laplacian<double> matrix() const {
    return {model_.offsets, model_.neighbour, weight_.data(), diagonal_.data(),
            inverse_diagonal_.data()};
  }

  double score_norm() const {
    double norm = 0.0;
    for (const double value : score_) norm = std::max(norm, std::abs(value));
    for (const double value : extra_score_) norm = std::max(norm, std::abs(value));
    return norm;
  }

  void evaluate(std::span<const double> ability, std::span<const double> extra) {
    evaluate_cells(ability, extra);
    team_.run(rows_.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = rows_[chunk];
      for (std::int64_t i = begin; i < end; ++i)
        add_up_row(i, ability[static_cast<std::size_t>(i)]);
    });
    singular_ = false;
    for (std::size_t i = 0; i < n(); ++i) {
      singular_ = singular_ || (!model_.held[i] && !(diagonal_[i] > 0.0));
    }
  }

 private:
  static constexpr std::int64_t kCellsPerChunk = 1 << 14;

  struct Corner {
    std::vector<double> score;
    std::vector<double> information;
  };

  const double* features(std::size_t cell) const {
    return model_.cells.features.data() + cell * static_cast<std::size_t>(model_.cells.n_features);
  }

  // Whether every cell's z is a difference of items plus one constant: then one exponential an item
  // does for all of them.
  bool same_everywhere() const {
    const Cells& cells = model_.cells;
    if (!cells.offset.empty() || cells.n_features > 1) return false;
    return std::all_of(cells.features.begin(), cells.features.end(),
                       [](double value) { return value == 1.0; });
  }

  // The square roots of the strengths, first and second item sharing the position's effect; false
  // where they would leave the range of numbers.
  bool find_roots(std::span<const double> ability, double effect) {
    if (!same_everywhere_ || std::abs(effect) > kWideAbility) return false;
    for (std::size_t i = 0; i < n(); ++i) {
      if (std::abs(ability[i]) > kWideAbility) return false;
      root_[i] = std::exp(0.5 * ability[i]);
    }
    position_root_ = std::exp(0.25 * effect);
    return true;
  }

  void evaluate_cells(std::span<const double> ability, std::span<const double> extra) {
    const Cells& cells = model_.cells;
    const auto n_features = static_cast<std::size_t>(cells.n_features);
    const bool with_ties = model_.ties != TieModel::none;
    const TieTerms ties(model_.ties, with_ties ? extra[n_features] : 0.0);
    const bool by_roots = find_roots(ability, n_features > 0 ? extra[0] : 0.0);
    team_.run(cells_.count(), [&](std::int64_t chunk) {
      Corner& corner = partial_[static_cast<std::size_t>(chunk)];
      std::fill(corner.score.begin(), corner.score.end(), 0.0);
      std::fill(corner.information.begin(), corner.information.end(), 0.0);
      const Range range = cells_[chunk];
      for (auto c = static_cast<std::size_t>(range.begin); c < static_cast<std::size_t>(range.end);
           ++c) {
        const auto first = static_cast<std::size_t>(cells.first[c]);
        const auto second = static_cast<std::size_t>(cells.second[c]);
        const double* x = features(c);
        CellProbabilities probabilities;
        if (by_roots) {
          probabilities = probabilities_by_roots(ties, root_[first] * position_root_,
                                                 root_[second] / position_root_);
        } else {
          double z = ability[first] - ability[second];
          if (!cells.offset.empty()) z += cells.offset[c];
          for (std::size_t k = 0; k < n_features; ++k) z += extra[k] * x[k];
          probabilities = probabilities_by_log_odds(ties, z);
        }
        const CellMoments moments = cell_moments(ties, probabilities, cells.win[c], cells.loss[c],
                                                 with_ties ? cells.tie[c] : 0.0);
        moments_[c] = {moments.score, moments.information, moments.cross};
        for (std::size_t k = 0; k < n_features; ++k) {
          corner.score[k] += moments.score * x[k];
          double* row = corner.information.data() + k * n_extra_;
          const double weighted = moments.information * x[k];
          for (std::size_t l = 0; l <= k; ++l) row[l] += weighted * x[l];
        }
        if (with_ties) {
          corner.score[n_features] += moments.tie_score;
          double* row = corner.information.data() + n_features * n_extra_;
          for (std::size_t l = 0; l < n_features; ++l) row[l] += moments.cross * x[l];
          row[n_features] += moments.tie_information;
        }
      }
    });
    std::fill(extra_score_.begin(), extra_score_.end(), 0.0);
    std::fill(corner_.begin(), corner_.end(), 0.0);
    for (const Corner& corner : partial_) {
      for (std::size_t k = 0; k < n_extra_; ++k) extra_score_[k] += corner.score[k];
      for (std::size_t k = 0; k < corner_.size(); ++k) corner_[k] += corner.information[k];
    }
    for (std::size_t k = 0; k < n_features; ++k) {
      extra_score_[k] -= model_.ridge * extra[k];
      corner_[k * n_extra_ + k] += model_.ridge;
    }
  }

  // The item's cells come sorted by the other item on both sides, and so do its graph's entries.
  void add_up_row(std::int64_t i, double ability) {
    const auto at = static_cast<std::size_t>(i);
    const Cells& cells = model_.cells;
    double* border = border_.data() + at * n_extra_;
    std::fill_n(border, n_extra_, 0.0);
    double score = 0.0;
    double diagonal = 0.0;
    auto forward = static_cast<std::size_t>(index_.first_begin[at]);
    const auto forward_end = static_cast<std::size_t>(index_.first_begin[at + 1]);
    auto reverse = static_cast<std::size_t>(index_.second_begin[at]);
    const auto reverse_end = static_cast<std::size_t>(index_.second_begin[at + 1]);
    const auto add = [&](std::size_t cell, double sign, double& weight) {
      const Moments& moments = moments_[cell];
      score += sign * moments.score;
      weight += moments.information;
      const double* x = features(cell);
      const auto n_features = static_cast<std::size_t>(cells.n_features);
      for (std::size_t k = 0; k < n_features; ++k) {
        border[k] += sign * moments.information * x[k];
      }
      if (n_extra_ > n_features) border[n_features] += sign * moments.cross;
    };
    for (auto k = static_cast<std::size_t>(model_.offsets[at]);
         k < static_cast<std::size_t>(model_.offsets[at + 1]); ++k) {
      const std::int32_t other = model_.neighbour[k];
      double weight = 0.0;
      for (; forward < forward_end && cells.second[forward] == other; ++forward) {
        add(forward, 1.0, weight);
      }
      for (; reverse < reverse_end; ++reverse) {
        const auto cell = static_cast<std::size_t>(index_.by_second[reverse]);
        if (cells.first[cell] != other) break;
        add(cell, -1.0, weight);
      }
      weight_[k] = weight;
      diagonal += weight;
    }
    if (model_.prior > 0.0 && !model_.held[at]) {
      const double p = logistic(ability);
      const double q = logistic(-ability);
      score += 0.5 * model_.prior * (q - p);
      diagonal += model_.prior * p * q;
    }
    const bool free = !model_.held[at] && diagonal > 0.0;
    score_[at] = free ? score : 0.0;
    diagonal_[at] = diagonal;
    inverse_diagonal_[at] = free ? 1.0 / diagonal : 0.0;
    if (!free) std::fill_n(border, n_extra_, 0.0);
  }

  // What the rows need of a cell.
  struct Moments {
    double score;
    double information;
    double cross;
  };

  const JointModel& model_;
  Team& team_;
  std::size_t n_extra_;
  Chunks cells_;
  CellIndex index_;
  RowChunks rows_;
  Buffer<Moments> moments_;
  Buffer<double> weight_;
  std::vector<double> score_;
  std::vector<double> diagonal_;
  std::vector<double> inverse_diagonal_;
  std::vector<double> border_;
  std::vector<double> corner_;
  std::vector<double> extra_score_;
  std::vector<double> root_;
  double position_root_ = 1.0;
  std::vector<Corner> partial_;
  bool same_everywhere_;
  bool singular_ = false;
};

}  // namespace zermelo
