// Glicko and Glicko-2: ratings with deviations, updated once a rating period.
//
// With q = ln(base) / scale, x = q R and f = q RD, an item that scored s against j, over the games
// of a period, all seen from where the period began, has
//   g(f) = 1 / sqrt(1 + 3 f^2 / pi^2),  E = 1 / (1 + exp(-g(f_j) (x - x_j))),
//   u = sum of g(f_j)^2 E (1 - E),  z = sum of g(f_j) (s - E),
//   f'^2 = 1 / (1/f^2 + u),  x' = x + f'^2 z.
// Before, f^2 has grown: in Glicko by (q c)^2 for every period since the item's last one (Glickman
// 1999); in Glicko-2 by its volatility's square, and for the period itself by that of the new
// volatility (Glickman 2001 and 2013). Games weigh by a factor, which multiplies their terms.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

// Games in the order in which they are played. Spans that are empty have the value beside them.
struct GlickoGames {
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
  std::span<const std::uint8_t> outcome;  // of the first: 0 loss, 1 win, 2 tie, 3: see the score
  std::span<const double> score;          // needed where an outcome is 3
  std::span<const double> factor;         // 1; a game of 0 is expected, but not played
  std::span<const std::uint8_t> neutral;  // 0; 1: on neutral ground
  std::span<const double> offset;         // 0; log-odds added for the first
  // Period p holds the games from period_begin[p] to period_begin[p + 1]; none is empty.
  std::span<const std::int64_t> period_begin;
};

struct GlickoRules {
  double log_odds_per_point;  // q
  double position_effect;     // points
  double growth;              // c, points; Glicko only
  double most;                // no deviation grows beyond, points; may be infinite
  double tau;                 // how much volatilities change; 0: not at all. Glicko-2 only
};

// Where an item stands after its last period; its deviation has grown since.
struct GlickoState {
  std::span<double> rating;
  std::span<double> deviation;
  std::span<double> volatility;         // in log-odds; empty: Glicko
  std::span<std::int64_t> last_period;  // -1: it has not played, and its deviation does not grow
};

// What is noted of each game: of both items, (games x 2), when its period began and ended. All but
// `expected` are empty where that is not wanted.
struct GlickoHistory {
  std::span<double> expected;
  std::span<double> before;
  std::span<double> after;
  std::span<double> deviation_before;
  std::span<double> deviation_after;
};

// Plays all periods; `first_period` is the number of the first. `expected` takes both deviations
// into account: 1 / (1 + exp(-g(sqrt(f_i^2 + f_j^2)) (x_i - x_j))).
Result glicko_replay(const GlickoGames& games, const GlickoRules& rules, std::int64_t first_period,
                     const Control& control, const GlickoState& state,
                     const GlickoHistory& history);

}  // namespace zermelo
