#include "zermelo/glicko.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "expected_score.hpp"
#include "volatility.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

// Games, or items, that are computed together, in vectors.
constexpr std::int64_t kBlock = 128;
// Games ahead for which items are asked from memory, and games between questions to the caller.
constexpr std::int64_t kAhead = 32;
constexpr std::int64_t kPoll = std::int64_t{1} << 16;

// 3 / pi^2 of g's definition.
constexpr double kThreeOverPiSquared = 3.0 / (std::numbers::pi * std::numbers::pi);

// What is known of an item, and what the current period adds; one cache line.
struct alignas(64) Item {
  double rating;
  double deviation;  // in the current period: at its beginning
  double volatility;
  double variance;  // the deviation's square in log-odds
  double g;         // how much a game against it says
  double surprise;
  double information;
  std::int32_t last;  // period in which it played
  std::int32_t met;   // period in which it occurred
};

// An item of the current period, and its deviation before it grew, in case it does not play.
struct Met {
  std::int32_t item;
  double deviation;
};

// Lanes that a block does not fill hold what earlier ones left; their results are not used.
struct GameLanes {
  double ahead[kBlock];     // log-odds of the first, were all ratings certain
  double g_first[kBlock];   // of the items
  double g_second[kBlock];  // of the items
  double variance[kBlock];  // of both together
  double score[kBlock];
  double factor[kBlock];
  double expected[kBlock];
  double first_surprise[kBlock];
  double first_information[kBlock];
  double second_surprise[kBlock];
  double second_information[kBlock];
};

struct EntryLanes {
  double deviation[kBlock];
  double growth[kBlock];  // points a period
  double idle[kBlock];    // periods
  double variance[kBlock];
  double g[kBlock];
};

struct ItemLanes {
  double variance[kBlock];
  double surprise[kBlock];
  double information[kBlock];
  double volatility[kBlock];
  double solved[kBlock];  // the new volatility, where `left` is 0
  double left[kBlock];
  double deviation[kBlock];
  double shift[kBlock];
};

ZERMELO_CLONES
void expect(GameLanes& lanes) {
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double g = 1.0 / std::sqrt(1.0 + kThreeOverPiSquared * lanes.variance[k]);
    lanes.expected[k] = expected_score(g * lanes.ahead[k]);
  }
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double g = lanes.g_second[k], f = lanes.factor[k] * g;
    const double e = expected_score(g * lanes.ahead[k]);
    lanes.first_surprise[k] = f * (lanes.score[k] - e);
    lanes.first_information[k] = f * g * (e * (1.0 - e));
  }
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double g = lanes.g_first[k], f = lanes.factor[k] * g;
    const double e = expected_score(g * lanes.ahead[k]);
    lanes.second_surprise[k] = f * (e - lanes.score[k]);
    lanes.second_information[k] = f * g * (e * (1.0 - e));
  }
}

ZERMELO_CLONES
void enter_lanes(EntryLanes& lanes, double slope_squared, double most) {
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double deviation = lanes.deviation[k], growth = lanes.growth[k];
    const double grown = std::sqrt(deviation * deviation + growth * growth * lanes.idle[k]);
    const double now = grown < most ? grown : most;
    const double variance = slope_squared * now * now;
    lanes.deviation[k] = now;
    lanes.variance[k] = variance;
    lanes.g[k] = 1.0 / std::sqrt(1.0 + kThreeOverPiSquared * variance);
  }
}

ZERMELO_CLONES
void solve_volatilities(ItemLanes& lanes, double tau) {
  const double precision = 1.0 / (tau * tau);
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const NewtonPair pair = two_newton_steps(lanes.variance[k], lanes.information[k],
                                             lanes.surprise[k], lanes.volatility[k], precision);
    lanes.solved[k] = pair.volatility;
    lanes.left[k] = pair.left;
  }
}

ZERMELO_CLONES
void finish_lanes(ItemLanes& lanes, double points) {
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double variance = lanes.variance[k] / (1.0 + lanes.variance[k] * lanes.information[k]);
    lanes.shift[k] = variance * lanes.surprise[k] * points;
    lanes.deviation[k] = std::sqrt(variance) * points;
  }
}

class Replay {
 public:
  Replay(const GlickoGames& games, const GlickoRules& rules, std::int64_t first_period,
         const GlickoState& state, const GlickoHistory& history)
      : games_(games),
        rules_(rules),
        history_(history),
        has_volatility_(!state.volatility.empty()),
        period_(static_cast<std::int32_t>(first_period - 1)),
        points_(1.0 / rules.log_odds_per_point),
        slope_squared_(rules.log_odds_per_point * rules.log_odds_per_point),
        most_variance_(slope_squared_ * rules.most * rules.most),
        items_(state.rating.size()),
        met_(state.rating.size() + 1) {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      Item& item = items_[i];
      item.rating = state.rating[i];
      item.deviation = state.deviation[i];
      item.volatility = has_volatility_ ? state.volatility[i] : 0.0;
      item.last = static_cast<std::int32_t>(state.last_period[i]);
      item.met = -1;
    }
  }

  void play(Team& team) {
    const std::span<const std::int64_t> begin = games_.period_begin;
    std::int64_t since = 0;
    for (std::size_t p = 0; p + 1 < begin.size(); ++p) {
      ++period_;
      n_met_ = 0;
      for (std::int64_t game = begin[p]; game < begin[p + 1]; game += kBlock) {
        const std::int64_t end = std::min(game + kBlock, begin[p + 1]);
        play_block(game, end);
        since += end - game;
        if (since >= kPoll) {
          team.check();
          since = 0;
        }
      }
      for (std::size_t place = 0; place < n_met_; place += kBlock) {
        finish_block(place, std::min<std::size_t>(place + kBlock, n_met_));
      }
      if (!history_.after.empty()) note_after(begin[p], begin[p + 1]);
    }
  }

  void write(const GlickoState& state) const {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      state.rating[i] = items_[i].rating;
      state.deviation[i] = items_[i].deviation;
      if (has_volatility_) state.volatility[i] = items_[i].volatility;
      state.last_period[i] = items_[i].last;
    }
  }

 private:
  Item& at(std::int32_t item) { return items_[static_cast<std::size_t>(item)]; }
  const Item& at(std::int32_t item) const { return items_[static_cast<std::size_t>(item)]; }

  // Notes the item if it is new in the period; a branch would be mispredicted every other time.
  void meet(std::int32_t place) {
    Item& item = at(place);
    met_[n_met_] = {place, item.deviation};
    n_met_ += item.met == period_ ? 0 : 1;
    item.met = period_;
  }

  // New items as they enter the period.
  void enter_block(std::size_t begin, std::size_t end) {
    EntryLanes& lanes = entry_lanes_;
    for (std::size_t k = 0; k < end - begin; ++k) {
      const Item& item = at(met_[begin + k].item);
      lanes.deviation[k] = item.deviation;
      lanes.idle[k] = idle_periods(item, period_);
      lanes.growth[k] = growth_of(item);
    }
    enter_lanes(lanes, slope_squared_, rules_.most);
    for (std::size_t k = 0; k < end - begin; ++k) {
      Item& item = at(met_[begin + k].item);
      item.deviation = lanes.deviation[k];
      item.variance = lanes.variance[k];
      item.g = lanes.g[k];
      item.surprise = item.information = 0.0;
    }
  }

  // For how many periods the deviation has grown when a period begins.
  double idle_periods(const Item& item, std::int64_t period) const {
    // In Glicko-2 the last period's own growth is in the deviation that it left.
    return item.last < 0 ? 0.0
                         : static_cast<double>(period - item.last - (has_volatility_ ? 1 : 0));
  }

  double growth_of(const Item& item) const {
    return has_volatility_ ? item.volatility * points_ : rules_.growth;
  }

  double score(std::int64_t game) const {
    // Loss, win and tie; a branch would be mispredicted every other game.
    constexpr double kScores[] = {0.0, 1.0, 0.5};
    const unsigned outcome = games_.outcome[static_cast<std::size_t>(game)];
    return outcome == 3 ? games_.score[static_cast<std::size_t>(game)] : kScores[outcome];
  }

  void play_block(std::int64_t begin, std::int64_t end) {
    const std::int32_t* first = games_.first.data();
    const std::int32_t* second = games_.second.data();
    const auto last = static_cast<std::int64_t>(games_.first.size()) - 1;
    const double slope = rules_.log_odds_per_point;
    GameLanes& lanes = game_lanes_;
    const std::size_t met_before = n_met_;
    for (std::int64_t game = begin; game < end; ++game) {
      const std::int64_t ahead = std::min(game + kAhead, last);
      prefetch(first[ahead]);
      prefetch(second[ahead]);
      meet(first[game]);
      meet(second[game]);
    }
    for (std::size_t place = met_before; place < n_met_; place += kBlock) {
      enter_block(place, std::min<std::size_t>(place + kBlock, n_met_));
    }
    for (std::int64_t game = begin; game < end; ++game) {
      const auto row = static_cast<std::size_t>(game);
      const Item& a = at(first[game]);
      const Item& b = at(second[game]);
      double points = a.rating - b.rating;
      if (games_.neutral.empty() || games_.neutral[row] == 0) points += rules_.position_effect;
      const std::int64_t k = game - begin;
      lanes.ahead[k] = slope * points + (games_.offset.empty() ? 0.0 : games_.offset[row]);
      lanes.g_first[k] = a.g;
      lanes.g_second[k] = b.g;
      lanes.variance[k] = a.variance + b.variance;
      lanes.score[k] = score(game);
      lanes.factor[k] = games_.factor.empty() ? 1.0 : games_.factor[row];
      if (!history_.before.empty()) note_before(row, a, b);
    }
    expect(lanes);
    std::copy_n(lanes.expected, end - begin,
                history_.expected.begin() + static_cast<std::ptrdiff_t>(begin));
    for (std::int64_t game = begin; game < end; ++game) {
      const std::int64_t k = game - begin;
      if (lanes.factor[k] == 0.0) continue;
      add(at(first[game]), lanes.first_surprise[k], lanes.first_information[k]);
      add(at(second[game]), lanes.second_surprise[k], lanes.second_information[k]);
    }
  }

  void add(Item& item, double surprise, double information) const {
    item.surprise += surprise;
    item.information += information;
    item.last = period_;
  }

  void finish_block(std::size_t begin, std::size_t end) {
    ItemLanes& lanes = item_lanes_;
    const std::span<const Met> block(met_.data() + begin, end - begin);
    for (std::size_t k = 0; k < block.size(); ++k) {
      prefetch(met_[std::min(begin + k + kAhead, n_met_ - 1)].item);
      const Item& item = at(block[k].item);
      lanes.variance[k] = item.variance;
      lanes.surprise[k] = item.surprise;
      lanes.information[k] = item.information;
      lanes.volatility[k] = item.volatility;
    }
    if (has_volatility_) {
      if (rules_.tau > 0.0) solve_block(block.size());
      for (std::int64_t k = 0; k < kBlock; ++k) {
        lanes.variance[k] =
            std::min(lanes.variance[k] + lanes.volatility[k] * lanes.volatility[k], most_variance_);
      }
    }
    finish_lanes(lanes, points_);
    for (std::size_t k = 0; k < block.size(); ++k) {
      Item& item = at(block[k].item);
      if (item.last != period_) {
        item.deviation = block[k].deviation;
        continue;
      }
      item.rating += lanes.shift[k];
      item.deviation = lanes.deviation[k];
      item.volatility = lanes.volatility[k];
    }
  }

  void solve_block(std::size_t size) {
    ItemLanes& lanes = item_lanes_;
    solve_volatilities(lanes, rules_.tau);
    for (std::size_t k = 0; k < size; ++k) {
      if (lanes.left[k] == 0.0) {
        lanes.volatility[k] = lanes.solved[k];
      } else {
        lanes.volatility[k] = Volatility(lanes.variance[k], lanes.information[k], lanes.surprise[k],
                                         lanes.volatility[k], rules_.tau)
                                  .solve();
      }
    }
  }

  void note_before(std::size_t row, const Item& a, const Item& b) const {
    history_.before[2 * row] = a.rating;
    history_.before[2 * row + 1] = b.rating;
    history_.deviation_before[2 * row] = a.deviation;
    history_.deviation_before[2 * row + 1] = b.deviation;
  }

  // An item that was met and did not play is where it was; its deviation has grown.
  void note_after(std::int64_t begin, std::int64_t end) const {
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
      const Item& a = at(games_.first[row]);
      const Item& b = at(games_.second[row]);
      history_.after[2 * row] = a.rating;
      history_.after[2 * row + 1] = b.rating;
      history_.deviation_after[2 * row] = deviation_at_end(a);
      history_.deviation_after[2 * row + 1] = deviation_at_end(b);
    }
  }

  double deviation_at_end(const Item& item) const {
    if (item.last == period_) return item.deviation;
    // In Glicko a period's growth comes before it, in Glicko-2 after it.
    const std::int64_t next = std::int64_t{period_} + (has_volatility_ ? 1 : 0);
    const double idle = idle_periods(item, next), growth = growth_of(item);
    return std::min(std::sqrt(item.deviation * item.deviation + growth * growth * idle),
                    rules_.most);
  }

  void prefetch([[maybe_unused]] std::int32_t item) const {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(items_.data() + item, 1);
#endif
  }

  const GlickoGames& games_;
  const GlickoRules& rules_;
  const GlickoHistory& history_;
  bool has_volatility_;
  std::int32_t period_;
  double points_;  // in one unit of log-odds
  double slope_squared_;
  double most_variance_;
  std::vector<Item> items_;
  std::vector<Met> met_;
  std::size_t n_met_ = 0;
  GameLanes game_lanes_{};
  EntryLanes entry_lanes_{};
  ItemLanes item_lanes_{};
};

}  // namespace

Result glicko_replay(const GlickoGames& games, const GlickoRules& rules, std::int64_t first_period,
                     const Control& control, const GlickoState& state,
                     const GlickoHistory& history) {
  return guarded([&]() -> Result {
    Team team(1, control);
    Replay replay(games, rules, first_period, state, history);
    replay.play(team);
    replay.write(state);
    return {};
  });
}

}  // namespace zermelo
