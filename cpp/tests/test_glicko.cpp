#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "../src/volatility.hpp"
#include "check.hpp"
#include "zermelo/glicko.hpp"

namespace {

using zermelo::GlickoRules;
using zermelo::Status;

constexpr double kSlope = 2.302585092994046 / 400.0;

struct Ratings {
  std::vector<double> rating;
  std::vector<double> deviation;
  std::vector<double> volatility;
  std::vector<std::int64_t> last_period;
};

struct Rows {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;
  std::vector<std::uint8_t> outcome;
  std::vector<double> factor;
};

std::vector<double> play(const Rows& rows, const std::vector<std::int64_t>& period_begin,
                         const GlickoRules& rules, std::int64_t first_period, Ratings& state) {
  std::vector<double> expected(rows.first.size());
  const auto result = zermelo::glicko_replay(
      {rows.first, rows.second, rows.outcome, {}, rows.factor, {}, {}, period_begin}, rules,
      first_period, zermelo::Control{},
      {state.rating, state.deviation, state.volatility, state.last_period},
      {expected, {}, {}, {}, {}});
  CHECK(result.status == Status::ok);
  return expected;
}

// The example of Glickman 1999 and 2013.
void test_examples() {
  const Rows rows{{0, 0, 0}, {1, 2, 3}, {1, 0, 0}, {}};
  const std::vector<double> rating{1500, 1400, 1550, 1700}, deviation{200, 30, 100, 300};
  Ratings one{rating, deviation, {}, std::vector<std::int64_t>(4, -1)};
  play(rows, {0, 3}, {kSlope, 0.0, 34.64, 350.0, 0.0}, 0, one);
  CHECK(std::fabs(one.rating[0] - 1464.1) < 0.05);
  CHECK(std::fabs(one.deviation[0] - 151.4) < 0.05);

  Ratings two{rating, deviation, std::vector<double>(4, 0.06), std::vector<std::int64_t>(4, -1)};
  play(rows, {0, 3}, {kSlope, 0.0, 0.0, std::numeric_limits<double>::infinity(), 0.5}, 0, two);
  CHECK(std::fabs((two.rating[0] - 1500.0) * kSlope + 0.2069) < 5e-5);
  CHECK(std::fabs(two.deviation[0] * kSlope - 0.8722) < 5e-5);
  CHECK(std::fabs(two.volatility[0] - 0.05999) < 1e-5);
}

struct Part {
  std::int64_t begin;
  std::int64_t end;
  std::vector<std::int64_t> period_begin;
  std::int64_t first_period;
};

// Periods in two calls end where one call ends, and games of factor 0 are not there.
void test_parts() {
  std::mt19937 random(5);
  Rows rows;
  const std::size_t n_items = 40, n_games = 3000;
  for (std::size_t game = 0; game < n_games; ++game) {
    rows.first.push_back(static_cast<std::int32_t>(random() % n_items));
    rows.second.push_back(static_cast<std::int32_t>((rows.first.back() + 1 + random() % 39) % 40));
    rows.outcome.push_back(static_cast<std::uint8_t>(random() % 3));
    rows.factor.push_back(static_cast<double>(random() % 3));
  }
  const std::vector<std::int64_t> begin{0, 5, 900, 901, 2000, 3000};
  for (const bool with_volatility : {false, true}) {
    const GlickoRules rules{kSlope, 10.0, 30.0, 350.0, 0.5};
    const Ratings fresh{std::vector<double>(n_items, 1500.0), std::vector<double>(n_items, 300.0),
                        std::vector<double>(with_volatility ? n_items : 0, 0.06),
                        std::vector<std::int64_t>(n_items, -1)};
    Ratings whole = fresh, parts = fresh, without = fresh;
    const auto expected = play(rows, begin, rules, 0, whole);
    for (const Part& part :
         {Part{0, 901, {0, 5, 900, 901}, 0}, Part{901, 3000, {0, 1099, 2099}, 3}}) {
      const auto cut = [&part](const auto& column) {
        return std::vector(column.begin() + part.begin, column.begin() + part.end);
      };
      const Rows some{cut(rows.first), cut(rows.second), cut(rows.outcome), cut(rows.factor)};
      const auto here = play(some, part.period_begin, rules, part.first_period, parts);
      CHECK(std::equal(here.begin(), here.end(), expected.begin() + part.begin));
    }
    CHECK(parts.rating == whole.rating);
    CHECK(parts.deviation == whole.deviation);
    CHECK(parts.volatility == whole.volatility);

    Rows counted;
    std::vector<std::int64_t> borders{0};
    for (std::size_t p = 0; p + 1 < begin.size(); ++p) {
      for (auto game = static_cast<std::size_t>(begin[p]);
           game < static_cast<std::size_t>(begin[p + 1]); ++game) {
        if (rows.factor[game] == 0.0) continue;
        counted.first.push_back(rows.first[game]);
        counted.second.push_back(rows.second[game]);
        counted.outcome.push_back(rows.outcome[game]);
        counted.factor.push_back(rows.factor[game]);
      }
      borders.push_back(static_cast<std::int64_t>(counted.first.size()));
    }
    play(counted, borders, rules, 0, without);
    CHECK(without.rating == whole.rating);
    CHECK(without.deviation == whole.deviation);
  }
}

// The new volatility solves its equation, for ordinary periods and for absurd ones.
void test_volatility() {
  std::mt19937_64 random(3);
  const auto log_uniform = [&](double low, double high) {
    std::uniform_real_distribution<double> exponent(std::log(low), std::log(high));
    return std::exp(exponent(random));
  };
  for (int round = 0; round < 20'000; ++round) {
    const double variance = log_uniform(1e-4, 10.0), information = log_uniform(1e-8, 1e4);
    const double surprise = log_uniform(1e-3, 1e3), old = log_uniform(1e-3, 1.0);
    const double tau = log_uniform(0.05, 3.0);
    const double found = zermelo::Volatility(variance, information, surprise, old, tau).solve();
    CHECK(std::isfinite(found) && found > 0.0);
    // Glickman's f of both sides of the solution, written as he does.
    const auto f = [&](double y) {
      const double v = 1.0 / information, delta = v * surprise, z = std::exp(y);
      const double total = variance + v + z;
      return z * (delta * delta - total) / (2.0 * total * total) -
             (y - 2.0 * std::log(old)) / (tau * tau);
    };
    const double y = 2.0 * std::log(found);
    const double near = 1e-9 * std::max(1.0, std::fabs(y));
    CHECK(f(y - near) * f(y + near) <= 0.0);
  }
}

}  // namespace

int main() {
  test_examples();
  test_parts();
  test_volatility();
  return zermelo::testing::verdict();
}
