#include <algorithm>
#include <type_traits>

#include "information.hpp"
#include "row_lanes.hpp"

namespace zermelo {
namespace {

// The opponents' strengths are collected a block at a time: the loads have no pattern, and apart
// from them the arithmetic runs in vectors.
constexpr std::int64_t kBlock = 64;

template <class Real>
struct Entry {
  Real score;
  Real information;
};

template <class Real>
Entry<Real> entry_of(PairProbability<Real> probability, Real won, Real lost) {
  const Real p = probability.win;
  const Real q = probability.loss;
  // win - n p, written without the cancellation where an item won nearly everything.
  return {won * q - lost * p, (won + lost) * p * q};
}

template <class Real, class Value>
Real games_as(Value credit) {
  if constexpr (std::is_same_v<Value, std::uint8_t>) {
    return Real{0.5} * static_cast<Real>(static_cast<std::int32_t>(credit));
  }
  return static_cast<Real>(credit);
}

// The sum of a block, whose last lanes are filled up.
template <class Real>
void add_block(Real (&block)[kBlock], std::int64_t size, RowSum& sum) {
  while (size % kRowLanes != 0) block[size++] = Real{0};
  for (std::int64_t t = 0; t < size; t += kRowLanes) {
    sum.add([&](int lane) {
      return Pair{static_cast<double>(block[t + lane]), static_cast<double>(block[t + lane + 1])};
    });
  }
}

template <class Value, class Weight, class Real>
void rows_by_strength(const PairGraph<Value>& graph, const Real* strength, Range rows,
                      Weight* weight, RowInformation* out) {
  Real other[kBlock];
  Real won[kBlock];
  Real lost[kBlock];
  Real score[kBlock];
  Real information[kBlock];
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const Real own = strength[i];
    const std::int64_t end = graph.offsets[static_cast<std::size_t>(i) + 1];
    RowSum row_score;
    RowSum row_diagonal;
    for (std::int64_t k = graph.offsets[static_cast<std::size_t>(i)]; k < end; k += kBlock) {
      const std::int64_t size = std::min(kBlock, end - k);
      const std::int32_t* neighbour = graph.neighbour.data() + k;
      const Value* win = graph.win.data() + k;
      const Value* loss = graph.loss.data() + k;
      Weight* stored = weight + k;
      // Each width of numbers in a loop of its own, which compilers make vectors of.
      for (std::int64_t t = 0; t < size; ++t) other[t] = strength[neighbour[t]];
      for (std::int64_t t = 0; t < size; ++t) won[t] = games_as<Real>(win[t]);
      for (std::int64_t t = 0; t < size; ++t) lost[t] = games_as<Real>(loss[t]);
      for (std::int64_t t = 0; t < size; ++t) {
        const Entry<Real> entry = entry_of(probability_by_strength(own, other[t]), won[t], lost[t]);
        score[t] = entry.score;
        stored[t] = static_cast<Weight>(entry.information);
        information[t] = static_cast<Real>(stored[t]);
      }
      add_block(score, size, row_score);
      add_block(information, size, row_diagonal);
    }
    out[i] = {row_score.total(), row_diagonal.total()};
  }
}

template <class Value, class Weight>
void rows_by_ability(const PairGraph<Value>& graph, const double* ability, Range rows,
                     Weight* weight, RowInformation* out) {
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    out[i] = {};
    for (auto k = static_cast<std::size_t>(graph.offsets[static_cast<std::size_t>(i)]);
         k < static_cast<std::size_t>(graph.offsets[static_cast<std::size_t>(i) + 1]); ++k) {
      const Entry entry = entry_of(probability_by_ability(ability[i], ability[graph.neighbour[k]]),
                                   games(graph.win[k]), games(graph.loss[k]));
      weight[k] = static_cast<Weight>(entry.information);
      out[i].score += entry.score;
      out[i].diagonal += static_cast<double>(weight[k]);
    }
  }
}

}  // namespace

template <class Value, class Weight>
void information_rows(const PairGraph<Value>& graph, const Point& at, Range rows, Weight* weight,
                      RowInformation* out) {
  switch (at.by) {
    case Point::By::ability:
      rows_by_ability(graph, at.ability, rows, weight, out);
      break;
    case Point::By::strength:
      rows_by_strength(graph, at.strength, rows, weight, out);
      break;
    case Point::By::rounded_strength:
      rows_by_strength(graph, at.rounded_strength, rows, weight, out);
      break;
  }
}

template void information_rows(const PairGraph<std::uint8_t>&, const Point&, Range, float*,
                               RowInformation*);
template void information_rows(const PairGraph<float>&, const Point&, Range, float*,
                               RowInformation*);
template void information_rows(const PairGraph<double>&, const Point&, Range, float*,
                               RowInformation*);
template void information_rows(const PairGraph<std::uint8_t>&, const Point&, Range, double*,
                               RowInformation*);
template void information_rows(const PairGraph<float>&, const Point&, Range, double*,
                               RowInformation*);
template void information_rows(const PairGraph<double>&, const Point&, Range, double*,
                               RowInformation*);

}  // namespace zermelo
