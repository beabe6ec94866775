#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "zermelo/elo.hpp"
#include "zermelo/random.hpp"

namespace {

using zermelo::EloGames;
using zermelo::EloRules;
using zermelo::EloState;
using zermelo::Status;

// So many that often four games in a row share none, and often they do.
constexpr std::int32_t kItems = 60;
constexpr double kLogOdds = 2.302585092994046 / 400.0;

// Games with every column; a test leaves out those that it does not want.
struct Games {
  explicit Games(std::int64_t size, std::uint64_t seed = 1) {
    const auto draw = [&seed](std::uint64_t below) {
      seed += zermelo::kGolden;
      return zermelo::mixed(seed) % below;
    };
    for (std::int64_t game = 0; game < size; ++game) {
      const auto a = static_cast<std::int32_t>(draw(kItems));
      first.push_back(a);
      second.push_back((a + 1 + static_cast<std::int32_t>(draw(kItems - 1))) % kItems);
      outcome.push_back(static_cast<std::uint8_t>(draw(4)));
      score.push_back(0.25 * static_cast<double>(draw(5)));
      factor.push_back(0.5 * static_cast<double>(draw(4)));
      neutral.push_back(static_cast<std::uint8_t>(draw(2)));
      offset.push_back(0.5 * static_cast<double>(draw(3)) - 0.5);
      count.push_back(static_cast<std::int64_t>(draw(4)));
      period.push_back(static_cast<std::int32_t>(3 * game / size));
    }
  }

  EloGames view() const {
    return {first,  second, outcome, score,    factor,  neutral,
            offset, count,  period,  reset_at, reset_to};
  }

  std::vector<std::int32_t> first, second;
  std::vector<std::uint8_t> outcome;
  std::vector<double> score, factor;
  std::vector<std::uint8_t> neutral;
  std::vector<double> offset;
  std::vector<std::int64_t> count;
  std::vector<std::int32_t> period;
  std::vector<std::int64_t> reset_at{1 * kItems + 2, 2 * kItems + 5};
  std::vector<double> reset_to{1444.0, 1555.0};
};

EloRules plain_rules(double k) { return {k, kLogOdds, 0, 1, 0, 1, 0, 1, {}, {}, {}, false}; }

struct Schedule {
  std::vector<double> by_games{40.0, std::numeric_limits<double>::quiet_NaN(), 30.0};
  std::vector<double> begin{1490.0, 1510.0};
  std::vector<double> k{25.0, 15.0};

  // With everything: a position effect, margins, reversion and a schedule.
  EloRules rules(bool lasting) const {
    return {1.0, kLogOdds, 35.0, 0.75, 0.25 * 1505.0, 7.5, 0.006, 5.0, by_games, begin, k, lasting};
  }
};

struct Run {
  explicit Run(std::size_t size, bool tracked = true, bool history = true)
      : rating(kItems, 1500.0), expected(size) {
    if (tracked) {
      games.assign(kItems, 0);
      peak = rating;
      peak_game.assign(kItems, -1);
      last_period.assign(kItems, -1);
    }
    if (history) {
      before.resize(2 * size);
      after.resize(2 * size);
    }
  }

  zermelo::Result replay(const EloGames& view, const EloRules& rules, std::int64_t number = 0) {
    EloState state{rating, games, peak, peak_game, last_period};
    return zermelo::elo_replay(view, rules, number, {}, state, {expected, before, after});
  }

  std::vector<double> rating;
  std::vector<std::int64_t> games;
  std::vector<double> peak;
  std::vector<std::int64_t> peak_game;
  std::vector<std::int32_t> last_period;
  std::vector<double> expected, before, after;
};

// The same, as plainly as it can be written; returns the log loss with these weights.
double plain_replay(const EloGames& games, const EloRules& rules, Run& run,
                    const std::vector<double>& weight) {
  double loss = 0.0;
  for (std::size_t game = 0; game < games.first.size(); ++game) {
    const std::size_t sides[] = {static_cast<std::size_t>(games.first[game]),
                                 static_cast<std::size_t>(games.second[game])};
    const double scores[] = {0.0, 1.0, 0.5, games.score.empty() ? 0.0 : games.score[game]};
    const double score = scores[games.outcome[game]];
    const std::int64_t times = games.count.empty() ? 1 : games.count[game];
    if (times > 0 && !games.period.empty()) {
      for (const std::size_t item : sides) {
        const std::int32_t last = run.last_period[item], now = games.period[game];
        if (last == now) continue;
        if (last >= 0) run.rating[item] = rules.keep * run.rating[item] + rules.reverted;
        run.last_period[item] = now;
        for (std::size_t i = 0; i < games.reset_at.size(); ++i) {
          if (games.reset_at[i] == now * kItems + static_cast<std::int64_t>(item)) {
            run.rating[item] = games.reset_to[i];
          }
        }
      }
    }
    const auto ahead = [&] {
      const bool home = games.neutral.empty() || games.neutral[game] == 0;
      const double offset = games.offset.empty() ? 0.0 : games.offset[game];
      return run.rating[sides[0]] - run.rating[sides[1]] + (home ? rules.position_effect : 0.0) +
             offset / rules.log_odds_per_point;
    };
    const auto expect = [&] { return 1.0 / (1.0 + std::exp(-rules.log_odds_per_point * ahead())); };
    run.expected[game] = expect();
    loss -= weight[game] * (score * std::log(expect()) + (1 - score) * std::log(1 - expect()));
    for (std::size_t side = 0; side < 2; ++side)
      run.before[2 * game + side] = run.rating[sides[side]];
    for (std::int64_t time = 0; time < times; ++time) {
      double surprise = score - expect();
      if (!games.factor.empty()) surprise *= games.factor[game];
      if (rules.has_margin()) {
        const double lead = score > 0.5 ? ahead() : -ahead();
        surprise /= score == 0.5 ? rules.tie_divisor : rules.intercept + rules.slope * lead;
      }
      double k[2];
      for (std::size_t side = 0; side < 2; ++side) {
        const std::size_t item = sides[side];
        const auto played = static_cast<std::size_t>(run.games[item]);
        k[side] = rules.k;
        if (!rules.has_schedule()) continue;
        if (played < rules.k_by_games.size() && !std::isnan(rules.k_by_games[played])) {
          k[side] = rules.k_by_games[played];
          continue;
        }
        const double by = rules.lasting ? run.peak[item] : run.rating[item];
        k[side] = rules.band_k[0];
        for (std::size_t band = 0; band < rules.band_begin.size(); ++band) {
          if (rules.band_begin[band] <= by) k[side] = rules.band_k[band];
        }
      }
      run.rating[sides[0]] += k[0] * surprise;
      run.rating[sides[1]] -= k[1] * surprise;
      for (const std::size_t item : sides) {
        ++run.games[item];
        if (run.rating[item] > run.peak[item]) {
          run.peak[item] = run.rating[item];
          run.peak_game[item] = static_cast<std::int64_t>(game);
        }
      }
    }
    for (std::size_t side = 0; side < 2; ++side)
      run.after[2 * game + side] = run.rating[sides[side]];
  }
  return loss;
}

bool near(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) < 1e-9)) return false;
  }
  return true;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void compare(const Games& games, const EloRules& rules) {
  const std::size_t size = games.first.size();
  std::vector<double> weight(size);
  for (std::size_t game = 0; game < size; ++game)
    weight[game] = 0.5 * static_cast<double>(game % 3);
  Run fast(size), plain(size), bare(size, !games.period.empty() || rules.has_schedule(), false);
  CHECK(fast.replay(games.view(), rules).status == Status::ok);
  const double loss = plain_replay(games.view(), rules, plain, weight);
  CHECK(near(fast.rating, plain.rating));
  CHECK(near(fast.expected, plain.expected));
  CHECK(near(fast.before, plain.before) && near(fast.after, plain.after));
  CHECK(near(fast.peak, plain.peak) && fast.peak_game == plain.peak_game);
  CHECK(fast.games == plain.games);
  CHECK(games.period.empty() || fast.last_period == plain.last_period);
  // What is noted of games and items changes no bit of the ratings.
  CHECK(bare.replay(games.view(), rules).status == Status::ok);
  CHECK(same_bits(bare.rating, fast.rating) && same_bits(bare.expected, fast.expected));

  std::vector<EloRules> several{rules, plain_rules(0.0), rules};
  std::vector<double> initial(3 * kItems, 1500.0), losses(3), again(3);
  CHECK(zermelo::elo_log_loss(games.view(), several, initial, weight, 1, {}, losses).status ==
        Status::ok);
  CHECK(std::abs(losses[0] - loss) < 1e-9 * (1 + loss) && losses[2] == losses[0]);
  CHECK(zermelo::elo_log_loss(games.view(), several, initial, weight, 3, {}, again).status ==
        Status::ok);
  CHECK(same_bits(losses, again));
}

void test_replays() {
  for (const std::int64_t size : {1, 40, 700}) {
    Games games(size);
    for (const bool lasting : {false, true}) compare(games, Schedule().rules(lasting));
    games.reset_at.clear();
    games.reset_to.clear();
    games.period.clear();
    compare(games, plain_rules(24.0));
    games.count.clear();
    compare(games, plain_rules(24.0));
    games.factor.clear();
    games.neutral.clear();
    games.offset.clear();
    compare(games, plain_rules(24.0));
    for (auto& outcome : games.outcome) outcome %= 3;
    games.score.clear();
    compare(games, plain_rules(24.0));
  }
}

EloGames part(const EloGames& all, std::size_t begin, std::size_t size) {
  EloGames games = all;
  games.first = all.first.subspan(begin, size);
  games.second = all.second.subspan(begin, size);
  games.outcome = all.outcome.subspan(begin, size);
  games.score = all.score.subspan(begin, size);
  games.factor = all.factor.subspan(begin, size);
  games.neutral = all.neutral.subspan(begin, size);
  games.offset = all.offset.subspan(begin, size);
  games.count = all.count.subspan(begin, size);
  games.period = all.period.subspan(begin, size);
  return games;
}

void test_parts() {
  const Games games(200, 7);
  const Schedule schedule;
  Run whole(200);
  CHECK(whole.replay(games.view(), schedule.rules(true)).status == Status::ok);
  for (const std::size_t border : {1, 66, 67, 134, 199}) {
    Run begun(border), rest(200 - border);
    CHECK(begun.replay(part(games.view(), 0, border), schedule.rules(true)).status == Status::ok);
    rest.rating = begun.rating;
    rest.games = begun.games;
    rest.peak = begun.peak;
    rest.peak_game = begun.peak_game;
    rest.last_period = begun.last_period;
    CHECK(rest.replay(part(games.view(), border, 200 - border), schedule.rules(true),
                      static_cast<std::int64_t>(border))
              .status == Status::ok);
    CHECK(same_bits(rest.rating, whole.rating) && same_bits(rest.peak, whole.peak));
    CHECK(rest.games == whole.games && rest.peak_game == whole.peak_game);
    CHECK(rest.last_period == whole.last_period);
  }
}

void test_divisors() {
  Games games(40);
  games.outcome[17] = 0;
  games.count[17] = 1;
  games.period.clear();
  games.reset_at.clear();
  games.reset_to.clear();
  std::fill(games.outcome.begin(), games.outcome.begin() + 17, std::uint8_t{2});
  std::fill(games.factor.begin(), games.factor.end(), 0.0);
  std::fill(games.offset.begin(), games.offset.end(), 0.0);
  EloRules rules = plain_rules(1.0);
  rules.slope = 0.01;
  Run run(40);
  // The loser of game 17 is 200 points ahead: 1 - 0.01 * 200 is negative.
  run.rating[static_cast<std::size_t>(games.first[17])] = 1700.0;
  const std::vector<double> initial = run.rating;
  const auto result = run.replay(games.view(), rules);
  CHECK(result.status == Status::invalid_value && result.index == 17);
  std::vector<double> out(3 * kItems), loss(1), weight(40, 1.0);
  const auto shuffled =
      zermelo::elo_orders(games.view(), rules, initial, 1, false, 0, 3, 2, {}, out);
  CHECK(shuffled.status == Status::invalid_value && shuffled.index >= 17);
  CHECK(zermelo::elo_log_loss(games.view(), {&rules, 1}, initial, weight, 1, {}, loss).status ==
        Status::ok);
  CHECK(std::isinf(loss[0]));
}

std::vector<double> orders(const EloGames& games, const EloRules& rules, std::size_t items,
                           bool replace, std::int64_t begin, std::int64_t n, int threads) {
  const std::vector<double> initial(items, 1500.0);
  std::vector<double> rating(static_cast<std::size_t>(n) * items);
  CHECK(zermelo::elo_orders(games, rules, initial, 42, replace, begin, n, threads, {}, rating)
            .status == Status::ok);
  return rating;
}

// Every game is won by an item of its own against one opponent that all expect to lose half: how
// often an item gained is how often its game was played.
void test_orders() {
  constexpr std::int32_t kSize = 33;
  std::vector<std::int32_t> first(kSize), second(kSize, kSize);
  std::iota(first.begin(), first.end(), 0);
  const std::vector<std::uint8_t> outcome(kSize, 1);
  const EloGames games{first, second, outcome, {}, {}, {}, {}, {}, {}, {}, {}};
  EloRules rules = plain_rules(2.0);
  rules.log_odds_per_point = 1e-12;
  for (const bool replace : {false, true}) {
    const auto rating = orders(games, rules, kSize + 1, replace, 0, 60, 1);
    std::vector<std::int64_t> total(kSize, 0);
    for (std::size_t row = 0; row < 60; ++row) {
      std::int64_t sum = 0;
      for (std::size_t item = 0; item < kSize; ++item) {
        const auto times = std::llround(rating[row * (kSize + 1) + item] - 1500.0);
        CHECK(replace || times == 1);
        sum += times;
        total[item] += times;
      }
      CHECK(sum == kSize);
    }
    CHECK(*std::min_element(total.begin(), total.end()) > 0);
  }
}

void test_replicates() {
  Games games(120, 3);
  games.period.clear();
  games.reset_at.clear();
  games.reset_to.clear();
  const Schedule schedule;
  for (const bool replace : {false, true}) {
    for (const bool scheduled : {false, true}) {
      EloRules rules = scheduled ? schedule.rules(false) : plain_rules(24.0);
      games.count.assign(scheduled ? 120 : 0, 2);
      const auto all = orders(games.view(), rules, kItems, replace, 0, 40, 1);
      CHECK(same_bits(all, orders(games.view(), rules, kItems, replace, 0, 40, 3)));
      const auto some = orders(games.view(), rules, kItems, replace, 25, 15, 2);
      CHECK(std::equal(some.begin(), some.end(), all.begin() + 25 * kItems));
      CHECK(!std::equal(some.begin(), some.begin() + kItems, all.begin()));
    }
  }
}

}  // namespace

int main() {
  test_replays();
  test_parts();
  test_divisors();
  test_orders();
  test_replicates();
  return zermelo::testing::verdict();
}
