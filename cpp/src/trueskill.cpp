#include "zermelo/trueskill.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "truncated_normal.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

// Games ahead for which items are asked from memory, and games between questions to the caller.
constexpr std::size_t kAhead = 16;
constexpr std::int64_t kPoll = std::int64_t{1} << 14;

// Where a draw is more likely than this, its moments are quotients of differences; the rounding of
// these, 1e-16, then costs three digits at most.
constexpr double kLikely = 1e-3;

// Z in [middle - margin, middle + margin], by Gauss and Legendre's rule of 8 points; for densities
// whose logarithm changes little over the interval.
Moments narrow_draw(double middle, double margin) {
  constexpr double kNode[] = {0.18343464249564978, 0.525532409916329, 0.7966664774136267,
                              0.9602898564975362};
  constexpr double kWeight[] = {0.36268378337836166, 0.3137066458778869, 0.22238103445337443,
                                0.10122853629037706};
  double total = 0.0, first = 0.0, second = 0.0;
  for (int k = 0; k < 4; ++k) {
    const double s = margin * kNode[k], square = std::exp(-0.5 * s * s) * kWeight[k];
    const double up = square * std::exp(-middle * s), down = square * std::exp(middle * s);
    total += up + down;
    first += s * (up - down);
    second += s * s * (up + down);
  }
  const double mean = first / total;
  return {middle + mean, 1.0 - (second / total - mean * mean)};
}

// Z in [low, low + width], 0 < low, where the density falls much over the interval: all relative to
// the density at `low`, so that nothing vanishes.
Moments steep_draw(double low, double width) {
  const TailMean above = tail_mean(low), beyond = tail_mean(low + width);
  const double fall = std::exp(-width * (low + 0.5 * width));
  const double rest = fall / beyond.mean;
  const double total = 1.0 / above.mean - rest;
  const double mean = (1.0 - fall) / total;
  const double excess = (above.excess / above.mean - rest * (beyond.excess + width)) / total;
  return {mean, mean * excess + width * fall / total};
}

// Of Z > y, which has this probability.
Moments win_of(double y, double probability) {
  const TailMean tail = tail_mean(y, probability);
  return {tail.mean, std::clamp(tail.mean * tail.excess, 0.0, 1.0)};
}

}  // namespace

Moments truncated_win(double t, double margin) {
  return win_of(margin - t, normal_tail(margin - t));
}

Moments truncated_draw(double t, double margin) {
  const double middle = std::fabs(t);
  const double low = middle - margin, high = middle + margin;
  const double likely = normal_tail(low) - normal_tail(high);
  Moments of;
  if (likely > kLikely) {
    const double at_low = normal_density(low), at_high = normal_density(high);
    of.v = (at_low - at_high) / likely;
    of.w = of.v * of.v - (low * at_low - high * at_high) / likely;
  } else if (low > 0.0 && low * margin > 0.5) {
    of = steep_draw(low, 2.0 * margin);
  } else {
    of = narrow_draw(middle, margin);
  }
  // What was found is the mean beyond 0 on the stronger side, who is thought weaker after a draw.
  return {std::copysign(of.v, -t), std::clamp(of.w, 0.0, 1.0)};
}

namespace {

// What is expected of a game: tails of the performances' difference, all of them on the side where
// they are small, so that they keep their digits.
struct Outlook {
  double expected;        // P(win) + P(draw) / 2
  double favourite_wins;  // probabilities
  double underdog_wins;
};

Outlook outlook_of(double t, double margin) {
  const double middle = std::fabs(t);
  const double far = normal_tail(middle + margin);
  const double near = normal_tail(std::fabs(middle - margin));
  const double not_favourite = middle > margin ? near : 1.0 - near;
  const double underdog = 0.5 * (far + not_favourite);
  return {t > 0.0 ? 1.0 - underdog : underdog, middle > margin ? 1.0 - near : near, far};
}

class Replay {
 public:
  Replay(const TrueSkillGames& games, const TrueSkillRules& rules, const TrueSkillState& state,
         const TrueSkillHistory& history)
      : games_(games),
        rules_(rules),
        history_(history),
        performance_(2.0 * rules.beta * rules.beta),
        drift_(rules.tau * rules.tau),
        skills_(state.rating.size()) {
    for (std::size_t i = 0; i < skills_.size(); ++i) {
      skills_[i] = {state.rating[i], state.deviation[i]};
    }
  }

  void play(Team& team) {
    const std::size_t games = games_.first.size();
    for (std::size_t game = 0; game < games; ++game) {
      if (game + kAhead < games) prefetch(game + kAhead);
      if (game % kPoll == 0) team.check();
      Skill& a = skills_[static_cast<std::size_t>(games_.first[game])];
      Skill& b = skills_[static_cast<std::size_t>(games_.second[game])];
      note(history_.before, history_.deviation_before, game, a, b);
      Prospect prospect = prospect_of(game, a, b);
      history_.expected[game] = prospect.outlook.expected;
      const std::int64_t times = games_.count.empty() ? 1 : games_.count[game];
      for (std::int64_t k = 0; k < times; ++k) {
        if (k % kPoll == kPoll - 1) team.check();
        if (k > 0) prospect = prospect_of(game, a, b);
        play_once(games_.outcome[game], prospect, a, b);
      }
      note(history_.after, history_.deviation_after, game, a, b);
    }
  }

  void write(const TrueSkillState& state) const {
    for (std::size_t i = 0; i < skills_.size(); ++i) {
      state.rating[i] = skills_[i].mean;
      state.deviation[i] = skills_[i].deviation;
    }
  }

 private:
  struct Skill {
    double mean;
    double deviation;
  };

  double ahead(std::size_t game, const Skill& a, const Skill& b) const {
    const bool level = !games_.neutral.empty() && games_.neutral[game] != 0;
    return a.mean - b.mean + (level ? 0.0 : rules_.position_effect);
  }

  // What a game looks like before it.
  struct Prospect {
    double of_a;  // variances
    double of_b;
    double squared;  // c^2
    double c;
    double t;
    double margin;
    Outlook outlook;
  };

  Prospect prospect_of(std::size_t game, const Skill& a, const Skill& b) const {
    Prospect of;
    of.of_a = a.deviation * a.deviation + drift_;
    of.of_b = b.deviation * b.deviation + drift_;
    of.squared = performance_ + of.of_a + of.of_b;
    of.c = std::sqrt(of.squared);
    of.t = ahead(game, a, b) / of.c;
    of.margin = rules_.draw_margin / of.c;
    of.outlook = outlook_of(of.t, of.margin);
    return of;
  }

  static void play_once(unsigned outcome, const Prospect& now, Skill& a, Skill& b) {
    Moments of;
    if (outcome == 2) {
      of = truncated_draw(now.t, now.margin);
    } else {
      const double sign = outcome == 1 ? 1.0 : -1.0, t = sign * now.t;
      const Outlook& outlook = now.outlook;
      of = win_of(now.margin - t, t > 0.0 ? outlook.favourite_wins : outlook.underdog_wins);
      of.v *= sign;
    }
    a.mean += now.of_a / now.c * of.v;
    b.mean -= now.of_b / now.c * of.v;
    a.deviation = std::sqrt(now.of_a * (1.0 - now.of_a / now.squared * of.w));
    b.deviation = std::sqrt(now.of_b * (1.0 - now.of_b / now.squared * of.w));
  }

  static void note(std::span<double> rating, std::span<double> deviation, std::size_t game,
                   const Skill& a, const Skill& b) {
    if (rating.empty()) return;
    rating[2 * game] = a.mean;
    rating[2 * game + 1] = b.mean;
    deviation[2 * game] = a.deviation;
    deviation[2 * game + 1] = b.deviation;
  }

  void prefetch([[maybe_unused]] std::size_t game) const {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(skills_.data() + games_.first[game], 1);
    __builtin_prefetch(skills_.data() + games_.second[game], 1);
#endif
  }

  const TrueSkillGames& games_;
  const TrueSkillRules& rules_;
  const TrueSkillHistory& history_;
  double performance_;
  double drift_;
  std::vector<Skill> skills_;
};

}  // namespace

Result trueskill_replay(const TrueSkillGames& games, const TrueSkillRules& rules,
                        const Control& control, const TrueSkillState& state,
                        const TrueSkillHistory& history) {
  return guarded([&]() -> Result {
    Team team(1, control);
    Replay replay(games, rules, state, history);
    replay.play(team);
    replay.write(state);
    return {};
  });
}

}  // namespace zermelo
