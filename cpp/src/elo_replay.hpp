// One game of an Elo replay, shared by the replay in order, by random orders and by tuning.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "expected_score.hpp"
#include "zermelo/elo.hpp"

namespace zermelo {

// Games, repeats of theirs included, between two looks at whether the caller wants to stop.
inline constexpr std::int64_t kGamesPerCheck = std::int64_t{1} << 16;

// The end of a stretch of so many games from `begin` on, of one row at least.
inline std::int64_t stretch_end(const EloGames& games, std::int64_t begin) {
  const auto size = static_cast<std::int64_t>(games.first.size());
  const std::int64_t most = std::min(begin + kGamesPerCheck, size);
  if (games.count.empty()) return most;
  std::int64_t end = begin + 1, played = games.count[static_cast<std::size_t>(begin)];
  while (end < most && played < kGamesPerCheck) {
    played += games.count[static_cast<std::size_t>(end++)];
  }
  return end;
}

// Thrown for a game whose divisor is not positive; the kernels turn it into a status.
struct BadDivisor {
  std::int64_t game;
};

// `full` knows all the rules; without it K is one for all, and periods, margins' divisors, counts
// and what is tracked of the items cost nothing.
template <bool full>
class EloReplay {
 public:
  EloReplay(const EloGames& games, const EloRules& rules, const EloState& state)
      : first_(games.first.data()),
        second_(games.second.data()),
        outcome_(games.outcome.data()),
        score_(games.score.data()),
        factor_(games.factor.empty() ? nullptr : games.factor.data()),
        neutral_(games.neutral.empty() ? nullptr : games.neutral.data()),
        offset_(games.offset.empty() ? nullptr : games.offset.data()),
        games_(games),
        rules_(rules),
        state_(state),
        rating_(state.rating.data()),
        k_(rules.k),
        slope_(rules.log_odds_per_point),
        effect_(rules.position_effect) {}

  static bool needed(const EloGames& games, const EloRules& rules, const EloState& state) {
    return rules.has_schedule() || rules.has_margin() || !games.count.empty() ||
           !games.period.empty() || !state.games.empty();
  }

  double score(std::int64_t game) const {
    // Loss, win and tie; a branch would be mispredicted every other game.
    constexpr double kScores[] = {0.0, 1.0, 0.5};
    const unsigned outcome = outcome_[game];
    return outcome == 3 ? score_[game] : kScores[outcome];
  }

  // Log-odds of the first before the game.
  double log_odds(std::int64_t game) const { return slope_ * points_ahead(game); }

  // Plays the game once, given what was expected, and returns how far the first's rating moved.
  double play(std::int64_t game, double expected) {
    const std::int32_t a = first_[game], b = second_[game];
    double surprise = score(game) - expected;
    if (factor_ != nullptr) surprise *= factor_[game];
    if constexpr (!full) {
      const double shift = k_ * surprise;
      rating_[a] += shift;
      rating_[b] -= shift;
      return shift;
    } else {
      if (rules_.has_margin()) surprise /= divisor(game);
      const double shift = own_k(a) * surprise, other = own_k(b) * surprise;
      rating_[a] += shift;
      rating_[b] -= other;
      return shift;
    }
  }

  // What happens to both items before the game: a new period, or a rating that was set by hand.
  void arrive(std::int64_t game) {
    if constexpr (full) {
      if (games_.period.empty()) return;
      const std::int32_t period = games_.period[static_cast<std::size_t>(game)];
      enter(first_[game], period);
      enter(second_[game], period);
    }
  }

  // What is kept of both items after the game, which is the number-th of all.
  void leave(std::int64_t game, std::int64_t number) {
    if constexpr (full) {
      if (state_.games.empty()) return;
      note(first_[game], number);
      note(second_[game], number);
    }
  }

  std::int64_t times(std::int64_t game) const {
    if constexpr (!full) return 1;
    return games_.count.empty() ? 1 : games_.count[static_cast<std::size_t>(game)];
  }

 private:
  double points_ahead(std::int64_t game) const {
    double ahead = rating_[first_[game]] - rating_[second_[game]];
    ahead += neutral_ != nullptr && neutral_[game] != 0 ? 0.0 : effect_;
    return offset_ == nullptr ? ahead : ahead + offset_[game] / slope_;
  }

  double divisor(std::int64_t game) const {
    const double result = score(game), ahead = points_ahead(game);
    if (result == 0.5) return rules_.tie_divisor;
    const double by = rules_.intercept + rules_.slope * (result > 0.5 ? ahead : -ahead);
    if (!(by > 0.0)) throw BadDivisor{game};
    return by;
  }

  double own_k(std::int32_t item) const {
    if (!rules_.has_schedule()) return k_;
    const auto at = static_cast<std::size_t>(item);
    const auto played = static_cast<std::size_t>(state_.games[at]);
    if (played < rules_.k_by_games.size() && !std::isnan(rules_.k_by_games[played])) {
      return rules_.k_by_games[played];
    }
    const double rating = rules_.lasting ? state_.peak[at] : rating_[item];
    const auto band = std::upper_bound(rules_.band_begin.begin(), rules_.band_begin.end(), rating);
    const auto place = std::max<std::ptrdiff_t>(band - rules_.band_begin.begin() - 1, 0);
    return rules_.band_k[static_cast<std::size_t>(place)];
  }

  void enter(std::int32_t item, std::int32_t period) {
    const auto at = static_cast<std::size_t>(item);
    std::int32_t& last = state_.last_period[at];
    if (last == period) return;
    if (last >= 0) rating_[item] = rules_.keep * rating_[item] + rules_.reverted;
    last = period;
    if (games_.reset_at.empty()) return;
    const auto items = static_cast<std::int64_t>(state_.rating.size());
    const std::int64_t wanted = std::int64_t{period} * items + item;
    const auto found = std::lower_bound(games_.reset_at.begin(), games_.reset_at.end(), wanted);
    if (found == games_.reset_at.end() || *found != wanted) return;
    rating_[item] = games_.reset_to[static_cast<std::size_t>(found - games_.reset_at.begin())];
  }

  void note(std::int32_t item, std::int64_t number) {
    const auto at = static_cast<std::size_t>(item);
    ++state_.games[at];
    if (rating_[item] <= state_.peak[at]) return;
    state_.peak[at] = rating_[item];
    state_.peak_game[at] = number;
  }

  const std::int32_t* first_;
  const std::int32_t* second_;
  const std::uint8_t* outcome_;
  const double* score_;
  const double* factor_;
  const std::uint8_t* neutral_;
  const double* offset_;
  const EloGames& games_;
  const EloRules& rules_;
  EloState state_;
  double* rating_;
  double k_;
  double slope_;
  double effect_;
};

}  // namespace zermelo
