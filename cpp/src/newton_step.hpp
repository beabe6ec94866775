// Newton's step at the abilities where the information was last evaluated.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "cholesky.hpp"
#include "information.hpp"

namespace zermelo {

template <class Value>
class NewtonStep {
 public:
  struct Report {
    double norm = 0.0;   // infinity norm of the step
    double error = 0.0;  // of the step itself
    double size() const { return norm + error; }
  };

  NewtonStep(const BradleyTerry<Value>& model, Information<Value>& information,
             std::int64_t dense_below, Team& team)
      : model_(model), information_(information), team_(team), step_(information.n()) {
    for (std::size_t i = 0; i < information.n(); ++i) {
      if (!model.held[i]) free_.push_back(static_cast<std::int32_t>(i));
    }
    if (static_cast<std::int64_t>(free_.size()) <= dense_below) {
      dense_ = std::make_unique<Cholesky>(static_cast<std::int64_t>(free_.size()));
      position_.assign(information.n(), -1);
      for (const std::int32_t item : free_) {
        group_.push_back(model.centre[static_cast<std::size_t>(item)]);
      }
      for (std::size_t at = 0; at < free_.size(); ++at) {
        position_[static_cast<std::size_t>(free_[at])] = static_cast<std::int32_t>(at);
      }
    } else {
      iterative_ = std::make_unique<ConjugateGradients<1, float>>(
          information.matrix(), model.centre, model.n_centres, team);
    }
  }

  const std::vector<double>& step() const { return step_; }
  // Whether steps come from conjugate gradients, as those of large graphs do.
  bool iterative() const { return !dense_; }

  // `tol`: the accuracy that the fit is after, below which the step need not be known.
  Report solve(double tol) {
    Report report = dense_ && factor() ? solve_dense() : solve_iteratively(tol);
    if (information_.singular() || !std::isfinite(report.norm)) report.error = HUGE_VAL;
    return report;
  }

  // The norm of the score where a last step, shorter than anyone asks, has led. Evaluating a large
  // graph once more would cost as much as half a step, and tell only what the solve has left over:
  // over so short a way the score is straight.
  double score_norm_after(std::span<const double> ability) {
    if (iterative_) return iterative_->residual_norm();
    information_.evaluate(ability);
    return information_.score_norm();
  }

 private:
  Report solve_iteratively(double tol) {
    if (!iterative_) {
      // A dense matrix that is not positive definite in floating point: abilities at the edge of
      // what the data can tell. Conjugate gradients still find an ascent direction.
      iterative_ = std::make_unique<ConjugateGradients<1, float>>(
          information_.matrix(), model_.centre, model_.n_centres, team_);
    }
    const Accuracy accuracy{0.2, 0.25 * tol, true};
    const auto limit = static_cast<std::int64_t>(10 * information_.n() + 100);
    const SolveReport report =
        iterative_->solve(information_.score().data(), step_.data(), accuracy, limit);
    return {report.norm, report.reached ? report.error : HUGE_VAL};
  }

  bool factor() {
    Cholesky& matrix = *dense_;
    matrix.clear();
    const PairGraph<Value>& graph = model_.graph;
    for (std::size_t at = 0; at < free_.size(); ++at) {
      const auto i = static_cast<std::size_t>(free_[at]);
      double* row = matrix.row(static_cast<std::int64_t>(at));
      for (auto k = graph.offsets[i]; k < graph.offsets[i + 1]; ++k) {
        const std::int32_t j =
            position_[static_cast<std::size_t>(graph.neighbour[static_cast<std::size_t>(k)])];
        if (j >= 0 && j < static_cast<std::int32_t>(at))
          row[j] = -static_cast<double>(information_.weight()[k]);
      }
      // An item without comparisons (unrated) keeps its place with a step of zero.
      row[at] = information_.diagonal()[i] > 0.0 ? information_.diagonal()[i] : 1.0;
    }
    matrix.add_centres(group_, model_.n_centres);
    return matrix.factor();
  }

  Report solve_dense() {
    std::vector<double> solution(free_.size());
    for (std::size_t at = 0; at < free_.size(); ++at) {
      solution[at] = information_.score()[static_cast<std::size_t>(free_[at])];
    }
    dense_->solve(solution.data());
    std::fill(step_.begin(), step_.end(), 0.0);
    for (std::size_t at = 0; at < free_.size(); ++at) {
      step_[static_cast<std::size_t>(free_[at])] = solution[at];
    }
    remove_means(model_.centre, model_.n_centres, step_.data(), 1);
    Report report;
    for (const double value : step_) report.norm = std::max(report.norm, std::abs(value));
    return report;
  }

  const BradleyTerry<Value>& model_;
  Information<Value>& information_;
  Team& team_;
  std::vector<double> step_;
  std::vector<std::int32_t> free_;
  std::vector<std::int32_t> position_;  // of each item among the free ones, or -1
  std::vector<std::int32_t> group_;     // floating group of each free item
  std::unique_ptr<Cholesky> dense_;
  std::unique_ptr<ConjugateGradients<1, float>> iterative_;
};

}  // namespace zermelo
