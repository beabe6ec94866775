#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "check.hpp"
#include "zermelo/bradley_terry.hpp"

namespace {

using zermelo::BradleyTerry;
using zermelo::Control;
using zermelo::Convergence;
using zermelo::PairGraph;
using zermelo::Result;
using zermelo::SolverLimits;
using zermelo::Status;

constexpr std::int64_t kSparse = 0;
constexpr std::int64_t kDense = std::numeric_limits<std::int64_t>::max();

// Compressed rows, made from a function win(i, j) that is 0 where i and j never met.
template <class Value>
struct Graph {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> neighbour;
  std::vector<Value> win;
  std::vector<Value> loss;

  template <class Win>
  Graph(std::int32_t n, std::int32_t reach, Win&& wins) {
    for (std::int32_t i = 0; i < n; ++i) {
      for (std::int32_t j = std::max(0, i - reach); j < std::min(n, i + reach + 1); ++j) {
        if (i == j || (wins(i, j) == 0 && wins(j, i) == 0)) continue;
        neighbour.push_back(j);
        win.push_back(static_cast<Value>(wins(i, j)));
        loss.push_back(static_cast<Value>(wins(j, i)));
      }
      offsets.push_back(static_cast<std::int64_t>(neighbour.size()));
    }
  }
  PairGraph<Value> view() const { return {offsets, neighbour, win, loss}; }
  std::size_t n() const { return offsets.size() - 1; }
};

// Neighbours compared, 2 wins to 1: the exact abilities differ by log 2 a step.
double path_wins(std::int32_t i, std::int32_t j) {
  return std::abs(i - j) == 1 ? (i < j ? 2 : 1) : 0;
}

// Everyone met the eight nearest.
double band_wins(std::int32_t i, std::int32_t j) {
  return std::abs(i - j) <= 8 ? 1 + (i * 31 + j * 17) % 4 : 0;
}

template <class Value>
struct Model {
  std::vector<std::uint8_t> held;
  std::vector<std::int32_t> centre;
  BradleyTerry<Value> model;

  explicit Model(const Graph<Value>& graph, double prior = 0.0)
      : held(graph.n(), 0),
        centre(graph.n(), prior > 0.0 ? -1 : 0),
        model{graph.view(), held, centre, prior > 0.0 ? 0 : 1, prior} {}

  void hold(std::size_t item) {
    held[item] = 1;
    centre.assign(held.size(), -1);
    model = {model.graph, held, centre, 0, model.prior};
  }
};

template <class Value>
using Solver = Result (*)(const BradleyTerry<Value>&, const SolverLimits&, std::int64_t,
                          const Control&, std::span<double>, Convergence&);

template <class Value>
std::vector<double> fit(Solver<Value> solver, const BradleyTerry<Value>& model,
                        std::int64_t dense_below, double tol = 1e-11, std::int64_t max_iter = 20000,
                        int threads = 1, std::vector<double> ability = {}) {
  const auto n = static_cast<std::size_t>(model.graph.n_items());
  if (ability.empty()) {
    ability.resize(n);
    CHECK(zermelo::starting_abilities(model.graph, threads, {}, ability).status == Status::ok);
  }
  Convergence convergence;
  CHECK(solver(model, {tol, max_iter, threads}, dense_below, {}, ability, convergence).status ==
        Status::ok);
  CHECK(convergence.converged == (convergence.ability_error <= tol));
  CHECK(convergence.converged || convergence.n_iter == max_iter);
  CHECK(convergence.n_iter <= max_iter);
  return ability;
}

bool close(const std::vector<double>& a, const std::vector<double>& b, double tol) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) <= tol)) return false;
  }
  return true;
}

std::vector<double> path_ability(std::size_t n) {
  std::vector<double> ability(n);
  for (std::size_t i = 0; i < n; ++i) {
    ability[i] = std::log(2.0) * (0.5 * static_cast<double>(n - 1) - static_cast<double>(i));
  }
  return ability;
}

template <class Value>
void test_path(std::int32_t n, std::int64_t dense_below) {
  const Graph<Value> graph(n, 1, path_wins);
  const Model<Value> model(graph);
  const auto exact = path_ability(graph.n());
  CHECK(close(fit<Value>(zermelo::fit_newton<Value>, model.model, dense_below, 1e-9), exact, 1e-8));
  double likelihood = 0.0;
  CHECK(zermelo::log_likelihood(graph.view(), exact, 2, {}, likelihood).status == Status::ok);
  const double expected = zermelo::games(Value{1}) * (n - 1) * std::log(4.0 / 27.0);
  CHECK(std::abs(likelihood - expected) <= 1e-10 * std::abs(expected));
}

template <class Value>
void test_solvers_agree() {
  const Graph<Value> graph(50, 8, band_wins);
  for (const double prior : {0.0, 0.7}) {
    Model<Value> model(graph, prior);
    for (const bool holding : {false, true}) {
      if (holding) model.hold(5);
      const auto newton = fit<Value>(zermelo::fit_newton<Value>, model.model, kDense);
      CHECK(close(fit<Value>(zermelo::fit_newton<Value>, model.model, kSparse), newton, 1e-10));
      CHECK(close(fit<Value>(zermelo::fit_minorise<Value>, model.model, kDense), newton, 1e-9));
      CHECK(close(fit<Value>(zermelo::fit_minorise<Value>, model.model, kSparse), newton, 1e-9));
      CHECK(close(fit<Value>(zermelo::fit_newman<Value>, model.model, kDense), newton, 1e-9));
    }
  }
}

void test_held_items_stay() {
  const Graph<double> graph(40, 8, band_wins);
  Model<double> model(graph);
  model.hold(3);
  model.hold(30);
  std::vector<double> start(40, 0.0);
  start[3] = 1.25;
  start[30] = -0.5;
  for (const Solver<double> solver :
       {Solver<double>{zermelo::fit_newton<double>}, Solver<double>{zermelo::fit_minorise<double>},
        Solver<double>{zermelo::fit_newman<double>}}) {
    for (const std::int64_t dense_below : {kSparse, kDense}) {
      const auto ability = fit<double>(solver, model.model, dense_below, 1e-10, 20000, 1, start);
      CHECK(ability[3] == 1.25 && ability[30] == -0.5);
    }
  }
}

// 200,000 entries make several chunks of pairs, 12,000 items several of items.
void test_threads() {
  const Graph<float> graph(12'500, 8, band_wins);
  const Model<float> model(graph);
  for (const Solver<float> solver :
       {Solver<float>{zermelo::fit_newton<float>}, Solver<float>{zermelo::fit_minorise<float>},
        Solver<float>{zermelo::fit_newman<float>}}) {
    const auto one = fit<float>(solver, model.model, kSparse, 1e-6, 3, 1);
    CHECK(fit<float>(solver, model.model, kSparse, 1e-6, 3, 2) == one);
    CHECK(fit<float>(solver, model.model, kSparse, 1e-6, 3, 3) == one);
  }
}

void test_cut_short() {
  const Graph<float> graph(300, 1, path_wins);
  const Model<float> model(graph);
  std::vector<double> ability(300, 0.0);
  Convergence convergence;
  CHECK(
      zermelo::fit_minorise(model.model, {1e-8, 50, 1}, kDense, {}, ability, convergence).status ==
      Status::ok);
  CHECK(!convergence.converged && convergence.n_iter == 50 && convergence.ability_error > 1.0);
}

// information * solution must give the right-hand side back.
void test_solve_information() {
  const Graph<double> graph(200, 8, band_wins);
  const Model<double> model(graph, 0.3);
  const std::vector<double> ability(200, 0.1);
  for (const std::int64_t columns : {1, 3, 8, 11}) {
    std::vector<double> right(200 * static_cast<std::size_t>(columns));
    for (std::size_t k = 0; k < right.size(); ++k) right[k] = std::sin(static_cast<double>(k));
    std::vector<double> solution(right.size());
    std::int64_t iterations = 0;
    CHECK(zermelo::solve_information(model.model, ability, right, columns, 1e-12, 5000, 2, {},
                                     solution, iterations)
              .status == Status::ok);
    CHECK(iterations > 0 && iterations <= 5000);
    double worst = 0.0;
    const double p = 1.0 / (1.0 + std::exp(-0.1));
    for (std::size_t i = 0; i < 200; ++i) {
      for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
        const auto at = [&](std::size_t item) {
          return solution[item * static_cast<std::size_t>(columns) + c];
        };
        double product = 0.3 * p * (1.0 - p) * at(i);
        for (auto k = static_cast<std::size_t>(graph.offsets[i]);
             k < static_cast<std::size_t>(graph.offsets[i + 1]); ++k) {
          const double games = graph.win[k] + graph.loss[k];
          product += 0.25 * games * (at(i) - at(static_cast<std::size_t>(graph.neighbour[k])));
        }
        worst =
            std::max(worst, std::abs(product - right[i * static_cast<std::size_t>(columns) + c]));
      }
    }
    CHECK(worst < 1e-8);
  }
}

void test_interruption() {
  const Graph<float> graph(4'000, 1, path_wins);
  const Model<float> model(graph);
  const Control stop{[](void* asked) {
                       ++*static_cast<int*>(asked);
                       return true;
                     },
                     nullptr};
  for (const int threads : {1, 2}) {
    int asked = 0;
    const Control control{stop.interrupted, &asked};
    std::vector<double> ability(4'000, 0.0);
    Convergence convergence;
    // Without the interruption it would run for hours.
    CHECK(zermelo::fit_minorise(model.model, {1e-300, std::int64_t{1} << 40, threads}, kSparse,
                                control, ability, convergence)
              .status == Status::interrupted);
    CHECK(asked >= 1);
  }
}

}  // namespace

int main() {
  test_path<std::uint8_t>(200, kDense);
  test_path<float>(200, kDense);
  test_path<double>(200, kDense);
  test_path<std::uint8_t>(200, kSparse);
  test_path<float>(200, kSparse);
  // Abilities beyond the range of exp(), and a graph on which only the coarse correction helps.
  test_path<float>(1500, kSparse);
  test_solvers_agree<std::uint8_t>();
  test_solvers_agree<float>();
  test_solvers_agree<double>();
  test_held_items_stay();
  test_threads();
  test_cut_short();
  test_solve_information();
  test_interruption();
  return zermelo::testing::verdict();
}
