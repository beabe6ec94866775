#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "zermelo/small_fits.hpp"

namespace {

using zermelo::Status;

struct Fits {
  std::vector<double> ability;
  std::vector<double> last_step;
};

Fits fit(const std::vector<double>& wins, std::int64_t n, double prior, std::int64_t max_iter,
         int threads) {
  const std::size_t n_tables = wins.size() / static_cast<std::size_t>(n * n);
  Fits fits{std::vector<double>(n_tables * static_cast<std::size_t>(n)),
            std::vector<double>(n_tables)};
  const auto result = zermelo::small_fits(wins, n, prior, {1e-10, max_iter, threads}, {},
                                          fits.ability, fits.last_step);
  CHECK(result.status == Status::ok);
  return fits;
}

std::vector<double> random_tables(std::size_t n_tables, std::size_t n) {
  std::mt19937 random(7);
  std::vector<double> wins(n_tables * n * n);
  for (std::size_t cell = 0; cell < wins.size(); ++cell) {
    const bool diagonal = cell % (n * n) % (n + 1) == 0;
    wins[cell] = diagonal ? 0.0 : static_cast<double>(random() % 5) / 2.0;
  }
  return wins;
}

// Two items and a virtual one: won and lost games give the difference in closed form without a
// prior, which vanishes here.
void test_two_items() {
  const Fits fits = fit({0.0, 3e6, 1e6, 0.0}, 2, 1e-6, 100, 1);
  CHECK(std::abs(fits.ability[0] - fits.ability[1] - std::log(3.0)) < 1e-9);
  CHECK(std::abs(fits.ability[0] + fits.ability[1]) < 1e-12);
}

// At the maximum every item has won as many games as it should, the prior's included.
void test_score_vanishes() {
  constexpr std::size_t n = 11, n_tables = 40;
  constexpr double prior = 0.5;
  const std::vector<double> wins = random_tables(n_tables, n);
  const Fits fits = fit(wins, static_cast<std::int64_t>(n), prior, 100, 2);
  for (std::size_t table = 0; table < n_tables; ++table) {
    const double* own = wins.data() + table * n * n;
    const double* ability = fits.ability.data() + table * n;
    CHECK(fits.last_step[table] <= 1e-10);
    // The virtual item is where the centred abilities leave it: the one unknown of the scores.
    double total = 0.0;
    std::vector<double> residual(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const double games = own[i * n + j] + own[j * n + i];
        residual[i] += own[i * n + j] - games / (1.0 + std::exp(ability[j] - ability[i]));
      }
      total += residual[i];
    }
    CHECK(std::abs(total) < 1e-9);
    double low = -50.0, high = 50.0;
    for (int halving = 0; halving < 200; ++halving) {
      const double zero = (low + high) / 2.0;
      double won = 0.0;
      for (std::size_t i = 0; i < n; ++i) won += 0.5 - 1.0 / (1.0 + std::exp(zero - ability[i]));
      (won < 0.0 ? low : high) = zero;
    }
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(std::abs(residual[i] + prior * (0.5 - 1.0 / (1.0 + std::exp(low - ability[i])))) <
            1e-8);
    }
  }
}

void test_threads_change_nothing() {
  const std::vector<double> wins = random_tables(200, 23);
  const Fits alone = fit(wins, 23, 1.0, 100, 1);
  for (const int threads : {2, 5}) {
    const Fits shared = fit(wins, 23, 1.0, 100, threads);
    CHECK(shared.ability == alone.ability);
    CHECK(shared.last_step == alone.last_step);
  }
}

void test_says_what_failed() {
  std::vector<double> wins = random_tables(3, 4);
  wins[17] = std::numeric_limits<double>::quiet_NaN();
  const Fits fits = fit(wins, 4, 1.0, 100, 1);
  CHECK(!(fits.last_step[1] <= 1e-10));
  CHECK(fits.last_step[0] <= 1e-10 && fits.last_step[2] <= 1e-10);
  CHECK(fit(random_tables(1, 4), 4, 1.0, 1, 1).last_step[0] > 1e-10);
  CHECK(fit({}, 4, 1.0, 100, 2).ability.empty());
}

}  // namespace

int main() {
  test_two_items();
  test_score_vanishes();
  test_threads_change_nothing();
  test_says_what_failed();
  return zermelo::testing::verdict();
}
