// TrueSkill for games of two, with draws (Herbrich, Minka and Graepel 2006).
//
// Skills are normal with mean m and deviation s; before a game both variances grow by tau^2. With
//   c^2 = 2 beta^2 + s_a^2 + s_b^2,  t = (m_a - m_b + h) / c,  e = draw margin / c,
// a game moves m_a by s_a^2 / c v, m_b by -s_b^2 / c v, and multiplies s_i^2 by 1 - s_i^2 / c^2 w,
// where v and w are the mean, and one less the variance, of a standard normal number that is known
// to be above t - e for a win (with v = phi/Phi), or between -t - e and -t + e for a draw.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

// How far one game moves what is known: v and w above, for |t| of any size.
struct Moments {
  double v;
  double w;
};
Moments truncated_win(double t, double margin);
Moments truncated_draw(double t, double margin);  // margin > 0

// Games in the order in which they are played. Spans that are empty have the value beside them.
struct TrueSkillGames {
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
  std::span<const std::uint8_t> outcome;  // of the first: 0 loss, 1 win, 2 tie
  std::span<const std::uint8_t> neutral;  // 0; 1: on neutral ground
  std::span<const std::int64_t> count;    // 1; the game is played so often, 0 leaves it out
};

struct TrueSkillRules {
  double beta;
  double tau;
  double draw_margin;  // of the difference of two performances; 0: there are no draws
  double position_effect;
};

struct TrueSkillState {
  std::span<double> rating;     // m
  std::span<double> deviation;  // s
};

// What is noted of each game: of both items, (games x 2). All but `expected` may be empty.
struct TrueSkillHistory {
  std::span<double> expected;  // P(win) + P(draw) / 2
  std::span<double> before;
  std::span<double> after;
  std::span<double> deviation_before;
  std::span<double> deviation_after;
};

Result trueskill_replay(const TrueSkillGames& games, const TrueSkillRules& rules,
                        const Control& control, const TrueSkillState& state,
                        const TrueSkillHistory& history);

}  // namespace zermelo
