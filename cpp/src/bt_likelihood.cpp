// What is asked before and after a fit: where to start, the log-likelihood, and solves with the
// information.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "information.hpp"
#include "row_lanes.hpp"
#include "zermelo/bradley_terry.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kLanes = 8;

// What one row's credits add up to.
template <class Value>
double total_games(std::span<const Value> credits, Range entries) {
  if constexpr (std::is_same_v<Value, std::uint8_t>) {
    std::uint32_t half_games = 0;
    for (std::int64_t k = entries.begin; k < entries.end; ++k) {
      half_games += credits[static_cast<std::size_t>(k)];
    }
    return 0.5 * static_cast<double>(half_games);
  }
  RowSum sum;
  std::int64_t k = entries.begin;
  const auto at = [&](std::int64_t entry) {
    return games(credits[static_cast<std::size_t>(entry)]);
  };
  for (; k + kRowLanes <= entries.end; k += kRowLanes) {
    sum.add([&](int lane) { return Pair{at(k + lane), at(k + lane + 1)}; });
  }
  double rest = 0.0;
  for (; k < entries.end; ++k) rest += at(k);
  return sum.total() + rest;
}

// Solves `Lanes` columns, from `first` on, of the row-by-row arrays.
template <int Lanes, class Value>
SolveReport solve_columns(const BradleyTerry<Value>& model, const Laplacian<double>& matrix,
                          std::span<const double> right, std::int64_t n_right, std::int64_t first,
                          const Accuracy& accuracy, std::int64_t max_iter, Team& team,
                          std::span<double> solution) {
  const auto n = static_cast<std::size_t>(matrix.n());
  const auto stride = static_cast<std::size_t>(n_right);
  std::vector<double> b(n * Lanes, 0.0);
  std::vector<double> x(n * Lanes);
  const auto width = static_cast<std::size_t>(std::min<std::int64_t>(Lanes, n_right - first));
  const auto begin = static_cast<std::size_t>(first);
  for (std::size_t i = 0; i < n; ++i) {
    if (model.held[i]) continue;
    for (std::size_t l = 0; l < width; ++l) b[i * Lanes + l] = right[i * stride + begin + l];
  }
  ConjugateGradients<Lanes, double> solver(matrix, model.centre, model.n_centres, team);
  const SolveReport report = solver.solve(b.data(), x.data(), accuracy, max_iter);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t l = 0; l < width; ++l) solution[i * stride + begin + l] = x[i * Lanes + l];
  }
  return report;
}

// Log-odds of winning fall short of abilities, since opponents differ: where these are normal with
// variance s2, by a factor of sqrt(1 + s2 / 2.9) (PROX, Cohen 1979, British Journal of Mathematical
// and Statistical Psychology 32:113). The log-odds' own variance, less its noise, gives s2.
struct Moments {
  double count = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  double noise = 0.0;

  void add(double log_odds, double variance) {
    count += 1.0;
    sum += log_odds;
    squares += log_odds * log_odds;
    noise += variance;
  }
  void add(const Moments& other) {
    count += other.count;
    sum += other.sum;
    squares += other.squares;
    noise += other.noise;
  }
  double expansion() const {
    if (count == 0.0) return 1.0;
    const double mean = sum / count;
    const double variance = squares / count - mean * mean - noise / count;
    return 1.0 / std::sqrt(1.0 - std::clamp(variance / 2.9, 0.0, 0.75));
  }
};

}  // namespace

template <class Value>
Result starting_abilities(const PairGraph<Value>& graph, int threads, const Control& control,
                          std::span<double> ability) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    const RowChunks rows(graph.offsets, kEntriesPerChunk);
    std::vector<Moments> partial(static_cast<std::size_t>(rows.count()));
    team.run(rows.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = rows[chunk];
      Moments& moments = partial[static_cast<std::size_t>(chunk)];
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        const Range entries{graph.offsets[i], graph.offsets[i + 1]};
        const double won = 0.5 + total_games(graph.win, entries);
        const double lost = 0.5 + total_games(graph.loss, entries);
        ability[i] = std::log(won / lost);
        if (graph.offsets[i] < graph.offsets[i + 1]) {
          moments.add(ability[i], 1.0 / won + 1.0 / lost);
        }
      }
    });
    Moments total;
    for (const Moments& moments : partial) total.add(moments);
    const double expansion = total.expansion();
    for (double& value : ability) value *= expansion;
    return {};
  });
}

template <class Value>
Result log_likelihood(const PairGraph<Value>& graph, std::span<const double> ability, int threads,
                      const Control& control, double& out) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    std::vector<double> strength(ability.size());
    const bool wide = strengths(ability, strength) > kWideAbility;
    const RowChunks rows(graph.offsets, kEntriesPerChunk);
    std::vector<double> partial(static_cast<std::size_t>(rows.count()));
    team.run(rows.count(), [&](std::int64_t chunk) {
      const auto [begin, end] = rows[chunk];
      double sum = 0.0;
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        double row = 0.0;
        for (auto k = static_cast<std::size_t>(graph.offsets[i]);
             k < static_cast<std::size_t>(graph.offsets[i + 1]); ++k) {
          // Every pair stands in two rows, with each side's wins in one of them.
          const auto won = games(graph.win[k]);
          if (!(won > 0.0)) continue;
          const auto j = static_cast<std::size_t>(graph.neighbour[k]);
          const double odds = wide ? std::exp(ability[j] - ability[i]) : strength[j] / strength[i];
          row += won * (std::isinf(odds) ? ability[j] - ability[i] : std::log1p(odds));
        }
        sum += row;
      }
      partial[static_cast<std::size_t>(chunk)] = sum;
    });
    double total = 0.0;
    for (const double value : partial) total += value;
    out = -total;
    return {};
  });
}

template <class Value>
Result solve_information(const BradleyTerry<Value>& model, std::span<const double> ability,
                         std::span<const double> right, std::int64_t n_right, double relative_tol,
                         std::int64_t max_iter, int threads, const Control& control,
                         std::span<double> solution, std::int64_t& iterations) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    Information<Value, double> information(model, team);
    information.evaluate(ability);
    const Laplacian<double> matrix = information.matrix();
    const Accuracy accuracy{relative_tol, 0.0, false};
    iterations = 0;
    for (std::int64_t first = 0; first < n_right; first += kLanes) {
      const SolveReport report = n_right - first == 1
                                     ? solve_columns<1>(model, matrix, right, n_right, first,
                                                        accuracy, max_iter, team, solution)
                                     : solve_columns<kLanes>(model, matrix, right, n_right, first,
                                                             accuracy, max_iter, team, solution);
      iterations = std::max(iterations, report.reached ? report.iterations : max_iter + 1);
    }
    return {};
  });
}

template Result starting_abilities(const PairGraph<std::uint8_t>&, int, const Control&,
                                   std::span<double>);
template Result starting_abilities(const PairGraph<float>&, int, const Control&, std::span<double>);
template Result starting_abilities(const PairGraph<double>&, int, const Control&,
                                   std::span<double>);
template Result log_likelihood(const PairGraph<std::uint8_t>&, std::span<const double>, int,
                               const Control&, double&);
template Result log_likelihood(const PairGraph<float>&, std::span<const double>, int,
                               const Control&, double&);
template Result log_likelihood(const PairGraph<double>&, std::span<const double>, int,
                               const Control&, double&);
template Result solve_information(const BradleyTerry<std::uint8_t>&, std::span<const double>,
                                  std::span<const double>, std::int64_t, double, std::int64_t, int,
                                  const Control&, std::span<double>, std::int64_t&);
template Result solve_information(const BradleyTerry<float>&, std::span<const double>,
                                  std::span<const double>, std::int64_t, double, std::int64_t, int,
                                  const Control&, std::span<double>, std::int64_t&);
template Result solve_information(const BradleyTerry<double>&, std::span<const double>,
                                  std::span<const double>, std::int64_t, double, std::int64_t, int,
                                  const Control&, std::span<double>, std::int64_t&);

}  // namespace zermelo
