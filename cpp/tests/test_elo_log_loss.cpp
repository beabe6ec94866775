#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "zermelo/elo.hpp"

namespace {

using zermelo::EloGames;
using zermelo::EloRules;
using zermelo::Status;

constexpr std::size_t kItems = 7;
constexpr std::size_t kGames = 400;

// Random games with everything that games can have.
struct Season {
  explicit Season(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> number(0.0, 1.0);
    for (std::size_t game = 0; game < kGames; ++game) {
      first.push_back(static_cast<std::int32_t>(random() % kItems));
      second.push_back(static_cast<std::int32_t>((first.back() + 1 + random() % 6) % kItems));
      outcome.push_back(static_cast<std::uint8_t>(random() % 4));
      score.push_back(number(random));
      factor.push_back(number(random));
      neutral.push_back(static_cast<std::uint8_t>(random() % 2));
      offset.push_back(number(random) - 0.5);
      count.push_back(static_cast<std::int64_t>(random() % 3));
      period.push_back(static_cast<std::int32_t>(game / 50));
      weight.push_back(static_cast<double>(random() % 3));
    }
  }
  EloGames all() const {
    return {first,  second, outcome, score,    factor,  neutral,
            offset, count,  period,  reset_at, reset_to};
  }
  EloGames plain() const { return {first, second, outcome, score, {}, {}, {}, {}, {}, {}, {}}; }

  std::vector<std::int32_t> first, second, period;
  std::vector<std::uint8_t> outcome, neutral;
  std::vector<double> score, factor, offset, weight;
  std::vector<std::int64_t> count;
  std::vector<std::int64_t> reset_at{kItems + 2, 3 * kItems};
  std::vector<double> reset_to{1700.0, 1300.0};
};

const std::vector<double> kByGames{40.0, 40.0, 30.0};
const std::vector<double> kBegin{0.0, 1520.0};
const std::vector<double> kBand{20.0, 10.0};

EloRules rules_of(std::size_t number, bool margins, bool scheduled) {
  const auto x = static_cast<double>(number);
  EloRules rules{5.0 + 3.0 * x,
                 0.005 + 0.0002 * x,
                 10.0 * x,
                 1.0 - 0.02 * x,
                 30.0 * x,
                 1.0,
                 0.0,
                 1.0,
                 {},
                 {},
                 {},
                 false};
  if (margins) {
    rules.intercept = 2.0 + 0.1 * x;
    rules.slope = 0.0003 * x;
    rules.tie_divisor = 1.5;
  }
  if (scheduled) {
    rules.k_by_games = kByGames;
    rules.band_begin = kBegin;
    rules.band_k = kBand;
    rules.lasting = number % 2 == 0;
  }
  return rules;
}

// What the replay of one game after another expected, and the loss written out; infinite where the
// margin's divisor is not positive.
double replayed_loss(const EloGames& games, const EloRules& rules, const double* initial,
                     const std::vector<double>& weight) {
  std::vector<double> rating(initial, initial + kItems), peak = rating, expected(kGames);
  std::vector<std::int64_t> n_games(kItems), peak_game(kItems);
  std::vector<std::int32_t> last_period(kItems, -1);
  zermelo::EloState state{rating, n_games, peak, peak_game, last_period};
  const auto result = zermelo::elo_replay(games, rules, 0, {}, state, {expected, {}, {}});
  if (result.status == Status::invalid_value) return std::numeric_limits<double>::infinity();
  CHECK(result.status == Status::ok);
  constexpr double kScores[] = {0.0, 1.0, 0.5};
  double sum = 0.0;
  for (std::size_t game = 0; game < kGames; ++game) {
    const double score =
        games.outcome[game] == 3 ? games.score[game] : kScores[games.outcome[game]];
    sum -= weight[game] *
           (score * std::log(expected[game]) + (1.0 - score) * std::log1p(-expected[game]));
  }
  return sum;
}

// Blocks of eight lanes, blocks that are not full, and schedules in between.
void test_losses(bool everything, bool margins, bool scheduled) {
  const Season season(11);
  const EloGames games = everything ? season.all() : season.plain();
  for (std::size_t size = 0; size <= 19; ++size) {
    std::vector<EloRules> rules;
    std::vector<double> initial;
    for (std::size_t number = 0; number < size; ++number) {
      rules.push_back(rules_of(number, margins, scheduled && number % 5 == 3));
      for (std::size_t item = 0; item < kItems; ++item) {
        initial.push_back(1400.0 + 30.0 * static_cast<double>(item + number));
      }
    }
    std::vector<double> loss(size), other(size);
    const auto one = zermelo::elo_log_loss(games, rules, initial, season.weight, 1, {}, loss);
    const auto three = zermelo::elo_log_loss(games, rules, initial, season.weight, 3, {}, other);
    CHECK(one.status == Status::ok && three.status == Status::ok);
    CHECK(loss == other);
    for (std::size_t number = 0; number < size; ++number) {
      const double expected =
          replayed_loss(games, rules[number], initial.data() + number * kItems, season.weight);
      CHECK(loss[number] == expected || std::abs(loss[number] - expected) <= 1e-11 * expected);
    }
  }
}

// The divisor of a margin is not positive: that lane's loss is infinite, and no other's.
void test_rules_that_do_not_fit() {
  const Season season(12);
  std::vector<EloRules> rules(3, rules_of(1, true, false));
  rules[1].slope = 0.1;
  const std::vector<double> initial(3 * kItems, 1500.0);
  std::vector<double> loss(3);
  CHECK(zermelo::elo_log_loss(season.plain(), rules, initial, season.weight, 1, {}, loss).status ==
        Status::ok);
  CHECK(std::isfinite(loss[0]) && std::isinf(loss[1]) && loss[2] == loss[0]);
}

// Ratings that lie far apart: the loss is the difference in log-odds, and does not overflow.
void test_far_apart() {
  const std::vector<std::int32_t> first{0}, second{1};
  const std::vector<std::uint8_t> lost{0}, won{1};
  const std::vector<double> weight{1.0}, initial{2e6, 0.0};
  const std::vector<EloRules> rules{rules_of(0, false, false)};
  std::vector<double> loss(1);
  zermelo::elo_log_loss({first, second, lost, {}, {}, {}, {}, {}, {}, {}, {}}, rules, initial,
                        weight, 1, {}, loss);
  CHECK(std::abs(loss[0] - 1e4) <= 1e-8);
  zermelo::elo_log_loss({first, second, won, {}, {}, {}, {}, {}, {}, {}, {}}, rules, initial,
                        weight, 1, {}, loss);
  CHECK(std::abs(loss[0]) <= 1e-15);
}

}  // namespace

int main() {
  for (const bool everything : {false, true}) {
    for (const bool margins : {false, true}) {
      for (const bool scheduled : {false, true}) test_losses(everything, margins, scheduled);
    }
  }
  test_rules_that_do_not_fit();
  test_far_apart();
  return zermelo::testing::verdict();
}
