#include "sort_posterior.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace zermelo::sorting {
namespace {

constexpr double kLapse = 0.05;
constexpr double kSlopeMean = 1.0;
constexpr double kSlopeVariance = 1.0;
constexpr double kSpread = 4.0;
constexpr double kSpreadWeight = 10.0;
constexpr int kSweeps = 3;
constexpr double kLongestStep = 2.0;
constexpr double kUnitVariance = 0.5513288954217921;

struct Learned {
  double pull;  // gradient of the log-likelihood by the difference
  double information;
};

Learned learned(double difference, double score) {
  double chance = logistic(difference);
  const double change = (1.0 - 2.0 * kLapse) * chance * (1.0 - chance);
  chance = kLapse + (1.0 - 2.0 * kLapse) * chance;
  const double variance = chance * (1.0 - chance);
  return {(score - chance) * change / variance, change * change / variance};
}

}  // namespace

double logistic(double x) { return 1.0 / (1.0 + std::exp(-std::min(std::max(x, -40.0), 40.0))); }

Posterior::Posterior(std::int32_t n)
    : slope_(kSlopeMean), slope_variance_(kSlopeVariance), spread_(kSpread) {
  const std::size_t count = at(n);
  place_.resize(count);
  ability_.resize(count);
  for (std::size_t item = 0; item < count; ++item) {
    const double position = static_cast<double>(item);
    place_[item] =
        kUnitVariance * std::log((static_cast<double>(n) - position - 0.5) / (position + 0.5));
    ability_[item] = slope_ * place_[item];
  }
  deviation_.assign(count, 0.0);
  variance_.assign(count, kSpread);
  meetings_.resize(count);
  awaited_.resize(count);
}

void Posterior::expect(std::int32_t first, std::int32_t second) {
  awaited_[at(first)].push_back(second);
  awaited_[at(second)].push_back(first);
}

void Posterior::add(std::int32_t first, std::int32_t second, double score) {
  answers_.push_back({first, second, score});
  for (const std::int32_t item : {first, second}) {
    awaited_[at(item)].erase(awaited_[at(item)].begin());
  }
  meetings_[at(first)].push_back({second, score});
  meetings_[at(second)].push_back({first, 1.0 - score});
}

void Posterior::fit() {
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    step_slope();
    for (std::size_t item = 0; item < place_.size(); ++item) step_item(item);
    divide();
    estimate_spread();
  }
  for (std::size_t item = 0; item < place_.size(); ++item) {
    ability_[item] = slope_ * place_[item] + deviation_[item];
  }
}

void Posterior::sort(std::span<std::int32_t> order) const {
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [this](std::int32_t one, std::int32_t other) {
    return ability(one) > ability(other);
  });
}

double Posterior::information(std::int32_t first, std::int32_t second) const {
  const Learned expected = learned(ability(first) - ability(second), 0.5);
  const double apart = place_[at(first)] - place_[at(second)];
  return expected.information *
         (variance(first) + variance(second) + slope_variance_ * apart * apart);
}

void Posterior::step_slope() {
  double gradient = (kSlopeMean - slope_) / kSlopeVariance;
  double precision = 1.0 / kSlopeVariance;
  for (const ScoredPair& answer : answers_) {
    const std::size_t first = at(answer.first), second = at(answer.second);
    const double apart = place_[first] - place_[second];
    const double difference = slope_ * apart + (deviation_[first] - deviation_[second]);
    const Learned from = learned(difference, answer.score);
    gradient += from.pull * apart;
    precision += from.information * apart * apart;
  }
  slope_ += gradient / precision;
  slope_variance_ = 1.0 / precision;
}

void Posterior::step_item(std::size_t item) {
  const double prior = 1.0 / spread_;
  double gradient = -deviation_[item] * prior;
  double curvature = prior;
  double precision = prior;
  for (const Meeting& meeting : meetings_[item]) {
    const std::size_t other = at(meeting.other);
    const double difference =
        slope_ * (place_[item] - place_[other]) + (deviation_[item] - deviation_[other]);
    const Learned from = learned(difference, meeting.score);
    gradient += from.pull;
    curvature += from.information;
    precision += from.information / (1.0 + from.information * variance_[other]);
  }
  // An answer tells as much whatever it is.
  for (const std::int32_t awaited : awaited_[item]) {
    const std::size_t other = at(awaited);
    const double difference =
        slope_ * (place_[item] - place_[other]) + (deviation_[item] - deviation_[other]);
    const double information = learned(difference, 0.5).information;
    precision += information / (1.0 + information * variance_[other]);
  }
  const double step = gradient / curvature;
  deviation_[item] += std::min(std::max(step, -kLongestStep), kLongestStep);
  variance_[item] = 1.0 / precision;
}

void Posterior::divide() {
  double numerator = kSlopeMean / kSlopeVariance;
  double precision = 1.0 / kSlopeVariance;
  for (std::size_t item = 0; item < place_.size(); ++item) {
    const double place = place_[item];
    numerator += place * (slope_ * place + deviation_[item]) / spread_;
    precision += place * place / spread_;
  }
  const double moved = slope_ - numerator / precision;
  slope_ -= moved;
  for (std::size_t item = 0; item < place_.size(); ++item) deviation_[item] += moved * place_[item];
}

void Posterior::estimate_spread() {
  double total = kSpreadWeight * kSpread;
  for (std::size_t item = 0; item < place_.size(); ++item) {
    total += deviation_[item] * deviation_[item] + variance_[item];
  }
  spread_ = total / (kSpreadWeight + static_cast<double>(place_.size()));
}

}  // namespace zermelo::sorting
