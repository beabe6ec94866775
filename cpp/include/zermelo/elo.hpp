// Elo's ratings, replayed game by game.
//
// Before a game the first item, whose advantage is h points, is expected to score
//   E = 1 / (1 + exp(-c D)),  D = R_first - R_second + h,  c = ln(base) / scale,
// and afterwards R_first += K f (S - E) / d, R_second -= K f (S - E) / d, where f is the game's
// factor and d, 1 unless margins count, is made smaller where the weaker side wins: ratings that
// differ much go with large margins, which would else make ratings run away from each other.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

// Games in the order in which they are played. Spans that are empty have the value beside them.
struct EloGames {
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
  std::span<const std::uint8_t> outcome;   // of the first: 0 loss, 1 win, 2 tie, 3: see the score
  std::span<const double> score;           // needed where an outcome is 3
  std::span<const double> factor;          // 1
  std::span<const std::uint8_t> neutral;   // 0; 1: on neutral ground
  std::span<const double> offset;          // 0; log-odds added for the first
  std::span<const std::int64_t> count;     // 1; the game is replayed so often, 0 leaves it out
  std::span<const std::int32_t> period;    // all in one
  std::span<const std::int64_t> reset_at;  // period * items + item, ascending: at its first game
  std::span<const double> reset_to;        // of the period the item's rating becomes this
};

struct EloRules {
  double k;
  double log_odds_per_point;  // c
  double position_effect;     // points
  // At an item's first game of another period than its last one R = keep * R + reverted.
  double keep;
  double reverted;
  // d = intercept + slope * D seen from the winner, or `tie_divisor`; without margins 1, 0 and 1.
  double intercept;
  double slope;
  double tie_divisor;
  // K of an item by the games it has played; of a longer career, or where it is NaN, by its rating:
  // that of the last band that begins at its rating or below, of its highest one with `lasting`.
  std::span<const double> k_by_games;
  std::span<const double> band_begin;
  std::span<const double> band_k;
  bool lasting;

  bool has_schedule() const { return !k_by_games.empty() || !band_k.empty(); }
  bool has_margin() const { return slope != 0.0 || intercept != 1.0 || tie_divisor != 1.0; }
};

// What the replay of a game leaves behind, one of each an item.
struct EloState {
  std::span<double> rating;
  std::span<std::int64_t> games;        // played so far
  std::span<double> peak;               // the highest rating so far
  std::span<std::int64_t> peak_game;    // the game after which it was reached
  std::span<std::int32_t> last_period;  // of its last game; -1: it has played none
};

// What is noted of each game; `before` and `after` are (games x 2), or empty.
struct EloHistory {
  std::span<double> expected;
  std::span<double> before;
  std::span<double> after;
};

// Replays the games from the state, whose spans but the rating are empty where nothing asks for
// them. `game_offset` is the number of the first game. Status::invalid_value: the divisor of the
// game at the index is not positive.
Result elo_replay(const EloGames& games, const EloRules& rules, std::int64_t game_offset,
                  const Control& control, EloState& state, const EloHistory& history);

// Ratings after the games in random orders, (n_replicates x items) from `initial` each time: a
// permutation a replicate, or as many draws with replacement.
Result elo_orders(const EloGames& games, const EloRules& rules, std::span<const double> initial,
                  std::uint64_t key, bool replace, std::int64_t first_replicate,
                  std::int64_t n_replicates, int threads, const Control& control,
                  std::span<double> rating);

// One-step-ahead log loss of several rules: for each the sum over the games, each with its weight,
// of -S log E - (1 - S) log(1 - E). `initial` is (rules x items).
Result elo_log_loss(const EloGames& games, std::span<const EloRules> rules,
                    std::span<const double> initial, std::span<const double> weight, int threads,
                    const Control& control, std::span<double> loss);

}  // namespace zermelo
