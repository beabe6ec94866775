// One-step-ahead log loss of many rules over the same games.
//
// Who plays whom, the periods and the numbers of games are the same whatever the rules: eight rules
// go through the games together, one a vector lane, and a game is read once for them all.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "elo_replay.hpp"
#include "expected_score.hpp"
#include "zermelo/elo.hpp"
#include "zermelo/memory.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

constexpr std::size_t kLanes = 8;
constexpr double kHalfLogTwo = 0x1.62e42fefa39efp-2;
constexpr double kRootTwo = 0x1.6a09e667f3bcdp+0;

// -log(p) for p from 1/2 to 1, in code that compilers turn into vectors, right to 1e-16: with
// q = p sqrt(2), which is never far from 1, it is ln(2) / 2 + 2 artanh((1 - q) / (1 + q)), by the
// series of artanh, whose rest is below 1e-17.
inline double surprisal(double p) {
  const double q = p * kRootTwo;
  const double s = (1.0 - q) / (1.0 + q);
  const double s2 = s * s, s4 = s2 * s2, s8 = s4 * s4;
  const double c01 = 1.0 + s2 * (1.0 / 3.0);
  const double c23 = 1.0 / 5.0 + s2 * (1.0 / 7.0);
  const double c45 = 1.0 / 9.0 + s2 * (1.0 / 11.0);
  const double c67 = 1.0 / 13.0 + s2 * (1.0 / 15.0);
  const double c89 = 1.0 / 17.0 + s2 * (1.0 / 19.0);
  const double c = (c01 + s4 * c23) + s8 * ((c45 + s4 * c67) + s8 * (c89 + s4 * (1.0 / 21.0)));
  return kHalfLogTwo + 2.0 * s * c;
}

// -S log E - (1 - S) log(1 - E) for E at these log-odds, which overflows nowhere; `likelier` is the
// larger of E and 1 - E.
inline double cross_entropy(double log_odds, double likelier, double score) {
  return surprisal(likelier) + (0.5 * std::abs(log_odds) + (0.5 - score) * log_odds);
}

// A number a lane of everything that rules without a schedule of K consist of.
struct LaneRules {
  explicit LaneRules(std::span<const EloRules> rules) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      // Lanes that are left over repeat the last rules.
      const EloRules& own = rules[std::min(lane, rules.size() - 1)];
      k[lane] = own.k;
      log_odds_per_point[lane] = own.log_odds_per_point;
      effect[lane] = own.position_effect;
      keep[lane] = own.keep;
      reverted[lane] = own.reverted;
      intercept[lane] = own.intercept;
      slope[lane] = own.slope;
      tie_divisor[lane] = own.tie_divisor;
      has_margin = has_margin || own.has_margin();
    }
  }
  double k[kLanes], log_odds_per_point[kLanes], effect[kLanes], keep[kLanes], reverted[kLanes];
  double intercept[kLanes], slope[kLanes], tie_divisor[kLanes];
  bool has_margin = false;
};

// What the lanes know after the games so far: ratings are (items x lanes).
struct LaneState {
  double* rating;
  std::int32_t* last_period;
  double loss[kLanes];
  double least_divisor[kLanes];
};

void enter(const EloGames& games, const LaneRules& rules, LaneState& state, std::size_t n_items,
           std::int32_t item, std::int32_t period) {
  std::int32_t& last = state.last_period[item];
  if (last == period) return;
  double* rating = state.rating + static_cast<std::size_t>(item) * kLanes;
  if (last >= 0) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      rating[lane] = rules.keep[lane] * rating[lane] + rules.reverted[lane];
    }
  }
  last = period;
  const std::int64_t wanted = std::int64_t{period} * static_cast<std::int64_t>(n_items) + item;
  const auto found = std::lower_bound(games.reset_at.begin(), games.reset_at.end(), wanted);
  if (found == games.reset_at.end() || *found != wanted) return;
  const auto place = static_cast<std::size_t>(found - games.reset_at.begin());
  std::fill_n(rating, kLanes, games.reset_to[place]);
}

ZERMELO_CLONES
void replay_lanes(const EloGames& games, const LaneRules& rules, std::span<const double> weight,
                  std::size_t begin, std::size_t end, std::size_t n_items, LaneState& state) {
  constexpr double kScores[] = {0.0, 1.0, 0.5};
  for (std::size_t game = begin; game < end; ++game) {
    const std::int64_t times = games.count.empty() ? 1 : games.count[game];
    if (times > 0 && !games.period.empty()) {
      enter(games, rules, state, n_items, games.first[game], games.period[game]);
      enter(games, rules, state, n_items, games.second[game], games.period[game]);
    }
    const unsigned outcome = games.outcome[game];
    const double score = outcome == 3 ? games.score[game] : kScores[outcome];
    const double at_home = games.neutral.empty() || games.neutral[game] == 0 ? 1.0 : 0.0;
    const double offset = games.offset.empty() ? 0.0 : games.offset[game];
    const double factor = games.factor.empty() ? 1.0 : games.factor[game];
    double* first = state.rating + static_cast<std::size_t>(games.first[game]) * kLanes;
    double* second = state.rating + static_cast<std::size_t>(games.second[game]) * kLanes;
    // A game that is not played, but counts, is foreseen all the same.
    for (std::int64_t time = 0; time < std::max<std::int64_t>(times, 1); ++time) {
      double ahead[kLanes], log_odds[kLanes], likelier[kLanes], surprise[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        ahead[lane] = first[lane] - second[lane] + at_home * rules.effect[lane];
      }
      if (offset != 0.0) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          ahead[lane] += offset / rules.log_odds_per_point[lane];
        }
      }
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        log_odds[lane] = rules.log_odds_per_point[lane] * ahead[lane];
        likelier[lane] = expected_score(std::abs(log_odds[lane]));
        // Without a choice between two values, which would keep this out of vectors.
        const double expected = 0.5 + std::copysign(likelier[lane] - 0.5, log_odds[lane]);
        surprise[lane] = (score - expected) * factor;
      }
      if (time == 0 && weight[game] != 0.0) {
        const double counts = weight[game];
        double entropy[kLanes];
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          entropy[lane] = counts * cross_entropy(log_odds[lane], likelier[lane], score);
        }
        for (std::size_t lane = 0; lane < kLanes; ++lane) state.loss[lane] += entropy[lane];
      }
      if (times == 0) break;
      if (rules.has_margin && score == 0.5) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) surprise[lane] /= rules.tie_divisor[lane];
      } else if (rules.has_margin) {
        const double won = score > 0.5 ? 1.0 : -1.0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          const double divisor = rules.intercept[lane] + rules.slope[lane] * (won * ahead[lane]);
          const double least = state.least_divisor[lane];
          state.least_divisor[lane] = divisor < least ? divisor : least;
          surprise[lane] /= divisor;
        }
      }
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const double shift = rules.k[lane] * surprise[lane];
        first[lane] += shift;
        second[lane] -= shift;
      }
    }
  }
}

// Up to eight rules without a schedule.
void lane_losses(const EloGames& games, std::span<const EloRules> rules,
                 std::span<const double> initial, std::span<const double> weight, Team& team,
                 std::span<double> loss) {
  const std::size_t n_items = initial.size() / rules.size(), size = weight.size();
  const LaneRules lanes(rules);
  Buffer<double> rating(n_items * kLanes);
  for (std::size_t item = 0; item < n_items; ++item) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t own = std::min(lane, rules.size() - 1);
      rating[item * kLanes + lane] = initial[own * n_items + item];
    }
  }
  std::vector<std::int32_t> last_period(games.period.empty() ? 0 : n_items, -1);
  LaneState state{rating.data(), last_period.data(), {}, {}};
  std::fill_n(state.least_divisor, kLanes, 1.0);
  for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
    end = static_cast<std::size_t>(stretch_end(games, static_cast<std::int64_t>(begin)));
    replay_lanes(games, lanes, weight, begin, end, n_items, state);
    team.check();
  }
  for (std::size_t lane = 0; lane < rules.size(); ++lane) {
    // Rules that do not fit the games: no other may be worse.
    loss[lane] = state.least_divisor[lane] > 0.0 ? state.loss[lane]
                                                 : std::numeric_limits<double>::infinity();
  }
}

// Rules of any kind, one at a time.
double single_loss(const EloGames& games, const EloRules& rules, std::span<const double> initial,
                   std::span<const double> weight, Team& team) {
  std::vector<double> rating(initial.begin(), initial.end()), peak = rating;
  std::vector<std::int64_t> n_games(rating.size()), peak_game(rating.size());
  std::vector<std::int32_t> last_period(rating.size(), -1);
  EloReplay<true> replay(games, rules, {rating, n_games, peak, peak_game, last_period});
  double sum = 0.0;
  try {
    std::int64_t end = 0;
    for (std::int64_t game = 0; game < static_cast<std::int64_t>(weight.size()); ++game) {
      if (game == end) {
        team.check();
        end = stretch_end(games, game);
      }
      const std::int64_t times = replay.times(game);
      if (times > 0) replay.arrive(game);
      const double log_odds = replay.log_odds(game), score = replay.score(game);
      const double likelier = expected_score(std::abs(log_odds));
      sum += weight[static_cast<std::size_t>(game)] * cross_entropy(log_odds, likelier, score);
      for (std::int64_t time = 0; time < times; ++time) {
        replay.play(game, expected_score(replay.log_odds(game)));
        replay.leave(game, game);
      }
    }
  } catch (const BadDivisor&) {
    return std::numeric_limits<double>::infinity();
  }
  return sum;
}

}  // namespace

Result elo_log_loss(const EloGames& games, std::span<const EloRules> rules,
                    std::span<const double> initial, std::span<const double> weight, int threads,
                    const Control& control, std::span<double> loss) {
  return guarded([&]() -> Result {
    // Neighbours without a schedule go together.
    std::vector<std::size_t> begins;
    for (std::size_t at = 0; at < rules.size(); ++at) {
      const bool joins = !begins.empty() && at - begins.back() < kLanes &&
                         !rules[begins.back()].has_schedule() && !rules[at].has_schedule();
      if (!joins) begins.push_back(at);
    }
    const std::size_t n_items = rules.empty() ? 0 : initial.size() / rules.size();
    Team team(threads, control);
    team.run(static_cast<std::int64_t>(begins.size()), [&](std::int64_t chunk) {
      const auto place = static_cast<std::size_t>(chunk);
      const std::size_t at = begins[place];
      const std::size_t end = place + 1 < begins.size() ? begins[place + 1] : rules.size();
      const auto start = initial.subspan(at * n_items, (end - at) * n_items);
      if (rules[at].has_schedule()) {
        loss[at] = single_loss(games, rules[at], start, weight, team);
      } else {
        lane_losses(games, rules.subspan(at, end - at), start, weight, team,
                    loss.subspan(at, end - at));
      }
    });
    return {};
  });
}

}  // namespace zermelo
