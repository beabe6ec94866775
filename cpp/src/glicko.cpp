#include "zermelo/glicko.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "volatility.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

// Games whose expectations are computed together, in vectors.
constexpr std::int64_t kBlock = 256;
// Games ahead for which items are asked from memory.
constexpr std::int64_t kAhead = 16;

// 3 / pi^2 of g's definition.
constexpr double kThreeOverPiSquared = 3.0 / (std::numbers::pi * std::numbers::pi);

// An item in the period that is being played; one cache line.
struct alignas(64) Active {
  double rating;
  double deviation;    // at the period's beginning
  double variance;     // its square, in log-odds
  double g;            // how much a game against it says
  double surprise;     // z
  double information;  // u
  std::int64_t period = -1;
  bool played;
};

// Lanes of one block. What the games say is written over what was known before them.
struct Lanes {
  double ahead[kBlock];     // log-odds of the first, were all ratings certain
  double g_first[kBlock];   // of the items
  double g_second[kBlock];  // of the items
  double variance[kBlock];  // of both together
  double score[kBlock];
  double factor[kBlock];
  double expected[kBlock];
  double surprise[2][kBlock];
  double information[2][kBlock];
};

double expected_score(double log_odds) { return 1.0 / (1.0 + std::exp(-log_odds)); }

void expect(Lanes& lanes) {
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double g = 1.0 / std::sqrt(1.0 + kThreeOverPiSquared * lanes.variance[k]);
    lanes.expected[k] = expected_score(g * lanes.ahead[k]);
  }
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double g = lanes.g_second[k], f = lanes.factor[k] * g;
    const double e = expected_score(g * lanes.ahead[k]);
    lanes.surprise[0][k] = f * (lanes.score[k] - e);
    lanes.information[0][k] = f * g * (e * (1.0 - e));
  }
  for (std::int64_t k = 0; k < kBlock; ++k) {
    const double g = lanes.g_first[k], f = lanes.factor[k] * g;
    const double e = expected_score(g * lanes.ahead[k]);
    lanes.surprise[1][k] = f * (e - lanes.score[k]);
    lanes.information[1][k] = f * g * (e * (1.0 - e));
  }
}

class Replay {
 public:
  Replay(const GlickoGames& games, const GlickoRules& rules, std::int64_t first_period,
         const GlickoState& state, const GlickoHistory& history)
      : games_(games),
        rules_(rules),
        state_(state),
        history_(history),
        period_(first_period - 1),
        slope_squared_(rules.log_odds_per_point * rules.log_odds_per_point),
        most_variance_(slope_squared_ * rules.most * rules.most),
        items_(state.rating.size()) {
    // What a block of few games leaves in its other lanes is computed too, and not used.
    std::fill_n(&lanes_.ahead[0], kBlock, 0.0);
    std::fill_n(&lanes_.g_first[0], kBlock, 0.0);
    std::fill_n(&lanes_.g_second[0], kBlock, 0.0);
    std::fill_n(&lanes_.variance[0], kBlock, 0.0);
    std::fill_n(&lanes_.score[0], kBlock, 0.0);
    std::fill_n(&lanes_.factor[0], kBlock, 0.0);
  }

  void play(Team& team) {
    const std::span<const std::int64_t> begin = games_.period_begin;
    std::int64_t since = 0;
    for (std::size_t p = 0; p + 1 < begin.size(); ++p) {
      ++period_;
      met_.clear();
      for (std::int64_t game = begin[p]; game < begin[p + 1]; game += kBlock) {
        play_block(game, std::min(game + kBlock, begin[p + 1]));
        if ((since += kBlock) >= kPoll) {
          team.check();
          since = 0;
        }
      }
      for (const std::int32_t item : met_) finish(static_cast<std::size_t>(item));
      if (!history_.after.empty()) note_after(begin[p], begin[p + 1]);
    }
  }

 private:
  static constexpr std::int64_t kPoll = std::int64_t{1} << 16;

  // The item as it enters the period.
  Active& meet(std::int32_t item) {
    Active& active = items_[static_cast<std::size_t>(item)];
    if (active.period != period_) enter(item, active);
    return active;
  }

  void enter(std::int32_t item, Active& active) {
    const auto at = static_cast<std::size_t>(item);
    active.period = period_;
    active.rating = state_.rating[at];
    active.deviation = grown(at, period_);
    active.variance = slope_squared_ * active.deviation * active.deviation;
    active.g = 1.0 / std::sqrt(1.0 + kThreeOverPiSquared * active.variance);
    active.surprise = active.information = 0.0;
    active.played = false;
    met_.push_back(item);
  }

  // The deviation at the beginning of a period.
  double grown(std::size_t at, std::int64_t period) const {
    const double deviation = state_.deviation[at];
    if (state_.last_period[at] < 0) return deviation;
    double idle = static_cast<double>(period - state_.last_period[at]);
    double growth = rules_.growth;
    if (!state_.volatility.empty()) {
      // The last period's own growth is in the deviation that it left.
      idle -= 1.0;
      growth = state_.volatility[at] / rules_.log_odds_per_point;
    }
    return std::min(std::sqrt(deviation * deviation + growth * growth * idle), rules_.most);
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
    const double slope = rules_.log_odds_per_point;
    for (std::int64_t game = begin; game < end; ++game) {
      if (game + kAhead < end) prefetch(first[game + kAhead], second[game + kAhead]);
      const auto row = static_cast<std::size_t>(game);
      const Active& a = meet(first[game]);
      const Active& b = meet(second[game]);
      double points = a.rating - b.rating;
      if (games_.neutral.empty() || games_.neutral[row] == 0) points += rules_.position_effect;
      const std::int64_t k = game - begin;
      lanes_.ahead[k] = slope * points + (games_.offset.empty() ? 0.0 : games_.offset[row]);
      lanes_.g_first[k] = a.g;
      lanes_.g_second[k] = b.g;
      lanes_.variance[k] = a.variance + b.variance;
      lanes_.score[k] = score(game);
      lanes_.factor[k] = games_.factor.empty() ? 1.0 : games_.factor[row];
      if (!history_.before.empty()) note_before(row, a, b);
    }
    expect(lanes_);
    std::copy_n(lanes_.expected, end - begin,
                history_.expected.begin() + static_cast<std::ptrdiff_t>(begin));
    for (std::int64_t game = begin; game < end; ++game) {
      const std::int64_t k = game - begin;
      if (lanes_.factor[k] == 0.0) continue;
      add(first[game], lanes_.surprise[0][k], lanes_.information[0][k]);
      add(second[game], lanes_.surprise[1][k], lanes_.information[1][k]);
    }
  }

  void add(std::int32_t item, double surprise, double information) {
    Active& active = items_[static_cast<std::size_t>(item)];
    active.surprise += surprise;
    active.information += information;
    active.played = true;
  }

  void finish(std::size_t at) {
    const Active& active = items_[at];
    if (!active.played) return;
    double variance = active.variance;
    if (!state_.volatility.empty()) {
      double& volatility = state_.volatility[at];
      if (rules_.tau > 0.0) {
        volatility =
            Volatility(variance, active.information, active.surprise, volatility, rules_.tau)
                .solve();
      }
      variance = std::min(variance + volatility * volatility, most_variance_);
    }
    variance /= 1.0 + variance * active.information;
    state_.rating[at] = active.rating + variance * active.surprise / rules_.log_odds_per_point;
    state_.deviation[at] = std::sqrt(variance) / rules_.log_odds_per_point;
    state_.last_period[at] = period_;
  }

  void note_before(std::size_t row, const Active& a, const Active& b) {
    history_.before[2 * row] = a.rating;
    history_.before[2 * row + 1] = b.rating;
    history_.deviation_before[2 * row] = a.deviation;
    history_.deviation_before[2 * row + 1] = b.deviation;
  }

  // An item that was met and did not play is where it was; its deviation has grown.
  void note_after(std::int64_t begin, std::int64_t end) {
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
      const auto a = static_cast<std::size_t>(games_.first[row]);
      const auto b = static_cast<std::size_t>(games_.second[row]);
      history_.after[2 * row] = state_.rating[a];
      history_.after[2 * row + 1] = state_.rating[b];
      history_.deviation_after[2 * row] = deviation_at_end(a);
      history_.deviation_after[2 * row + 1] = deviation_at_end(b);
    }
  }

  double deviation_at_end(std::size_t at) const {
    // In Glicko a period's growth comes before it, in Glicko-2 after it.
    const std::int64_t end = state_.volatility.empty() ? period_ : period_ + 1;
    return state_.last_period[at] == period_ ? state_.deviation[at] : grown(at, end);
  }

  void prefetch([[maybe_unused]] std::int32_t a, [[maybe_unused]] std::int32_t b) const {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(items_.data() + a, 1);
    __builtin_prefetch(items_.data() + b, 1);
#endif
  }

  const GlickoGames& games_;
  const GlickoRules& rules_;
  const GlickoState& state_;
  const GlickoHistory& history_;
  std::int64_t period_;
  double slope_squared_;
  double most_variance_;
  std::vector<Active> items_;
  std::vector<std::int32_t> met_;
  Lanes lanes_;
};

}  // namespace

Result glicko_replay(const GlickoGames& games, const GlickoRules& rules, std::int64_t first_period,
                     const Control& control, const GlickoState& state,
                     const GlickoHistory& history) {
  return guarded([&]() -> Result {
    Team team(1, control);
    Replay(games, rules, first_period, state, history).play(team);
    return {};
  });
}

}  // namespace zermelo
