#include <algorithm>

#include "information.hpp"
#include "row_lanes.hpp"

namespace zermelo {
namespace {

// The opponents' strengths are collected a block at a time: the loads have no pattern, and apart
// from them the arithmetic runs in vectors.
constexpr std::int64_t kBlock = 64;

struct Entry {
  double score;
  double information;
};

Entry entry_of(PairProbability probability, double won, double lost) {
  const double p = probability.win;
  const double q = probability.loss;
  // win - n p, written without the cancellation where an item won nearly everything.
  return {won * q - lost * p, (won + lost) * p * q};
}

// Fills up the last lanes of a block.
std::int64_t pad(double (&block)[kBlock], std::int64_t size) {
  while (size % kRowLanes != 0) block[size++] = 0.0;
  return size;
}

void add_block(double (&block)[kBlock], std::int64_t size, RowSum& sum) {
  size = pad(block, size);
  for (std::int64_t t = 0; t < size; t += kRowLanes) {
    sum.add([&](int lane) { return Pair{block[t + lane], block[t + lane + 1]}; });
  }
}

template <class Value, class Weight>
void rows_by_strength(const PairGraph<Value>& graph, const double* strength, Range rows,
                      Weight* weight, RowInformation* out) {
  double other[kBlock];
  double score[kBlock];
  double information[kBlock];
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const double own = strength[i];
    const std::int64_t end = graph.offsets[static_cast<std::size_t>(i) + 1];
    RowSum row_score;
    RowSum row_diagonal;
    for (std::int64_t k = graph.offsets[static_cast<std::size_t>(i)]; k < end; k += kBlock) {
      const std::int64_t size = std::min(kBlock, end - k);
      const std::int32_t* neighbour = graph.neighbour.data() + k;
      const Value* win = graph.win.data() + k;
      const Value* loss = graph.loss.data() + k;
      Weight* stored = weight + k;
      for (std::int64_t t = 0; t < size; ++t) other[t] = strength[neighbour[t]];
      for (std::int64_t t = 0; t < size; ++t) {
        const Entry entry =
            entry_of(probability_by_strength(own, other[t]), games(win[t]), games(loss[t]));
        const auto rounded = static_cast<Weight>(entry.information);
        stored[t] = rounded;
        score[t] = entry.score;
        information[t] = static_cast<double>(rounded);
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
void information_rows(const PairGraph<Value>& graph, const double* strength, const double* ability,
                      bool wide, Range rows, Weight* weight, RowInformation* out) {
  if (wide) {
    rows_by_ability(graph, ability, rows, weight, out);
  } else {
    rows_by_strength(graph, strength, rows, weight, out);
  }
}

template void information_rows(const PairGraph<std::uint8_t>&, const double*, const double*, bool,
                               Range, float*, RowInformation*);
template void information_rows(const PairGraph<float>&, const double*, const double*, bool, Range,
                               float*, RowInformation*);
template void information_rows(const PairGraph<double>&, const double*, const double*, bool, Range,
                               float*, RowInformation*);
template void information_rows(const PairGraph<std::uint8_t>&, const double*, const double*, bool,
                               Range, double*, RowInformation*);
template void information_rows(const PairGraph<float>&, const double*, const double*, bool, Range,
                               double*, RowInformation*);
template void information_rows(const PairGraph<double>&, const double*, const double*, bool, Range,
                               double*, RowInformation*);

}  // namespace zermelo
