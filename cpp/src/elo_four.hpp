// Four games of an Elo replay at once.
//
// A game waits for nothing but the ratings of its two items, and most games that follow each other
// have none in common: their expected scores are then computed in one vector. Where an item plays
// twice among the four, they are played one by one. Both ways give the same bits.
#pragma once

#include <cstring>

#include "elo_replay.hpp"
#include "expected_score.hpp"

namespace zermelo {

#ifdef ZERMELO_FOUR_LANES

typedef std::int32_t FourItems __attribute__((vector_size(4 * sizeof(std::int32_t))));

// Whether an item plays in two of the games.
ZERMELO_INLINE bool any_shared(const std::int32_t* first, const std::int32_t* second) {
#if defined(__clang__)
#define ZERMELO_ROTATE(v, a, b, c, d) __builtin_shufflevector(v, v, a, b, c, d)
#else
#define ZERMELO_ROTATE(v, a, b, c, d) __builtin_shuffle(v, FourItems{a, b, c, d})
#endif
  FourItems a, b;
  std::memcpy(&a, first, sizeof(a));
  std::memcpy(&b, second, sizeof(b));
  const FourItems b1 = ZERMELO_ROTATE(b, 1, 2, 3, 0), b2 = ZERMELO_ROTATE(b, 2, 3, 0, 1);
  const FourItems found = (a == ZERMELO_ROTATE(a, 1, 2, 3, 0)) |
                          (a == ZERMELO_ROTATE(a, 2, 3, 0, 1)) | (b == b1) | (b == b2) | (a == b1) |
                          (a == b2) | (a == ZERMELO_ROTATE(b, 3, 0, 1, 2));
#undef ZERMELO_ROTATE
  std::int64_t halves[2];
  std::memcpy(halves, &found, sizeof(halves));
  return (halves[0] | halves[1]) != 0;
}

// Plays the games from `game` on and notes them; false, with nothing done, where items are shared.
template <bool noted>
ZERMELO_INLINE bool play_four(const EloGames& games, const EloRules& rules, std::int64_t game,
                              double* rating, const EloHistory& history) {
  const auto at = static_cast<std::size_t>(game);
  const std::int32_t* a = games.first.data() + at;
  const std::int32_t* b = games.second.data() + at;
  if (any_shared(a, b)) return false;
  constexpr double kScores[] = {0.0, 1.0, 0.5, 0.0};
  const std::uint8_t* outcome = games.outcome.data() + at;
  Four own = {rating[a[0]], rating[a[1]], rating[a[2]], rating[a[3]]};
  Four other = {rating[b[0]], rating[b[1]], rating[b[2]], rating[b[3]]};
  Four score = {kScores[outcome[0]], kScores[outcome[1]], kScores[outcome[2]], kScores[outcome[3]]};
  if (!games.score.empty()) {
    for (int i = 0; i < 4; ++i) {
      if (outcome[i] == 3) score[i] = games.score[at + static_cast<std::size_t>(i)];
    }
  }
  Four effect = Four{} + rules.position_effect;
  if (!games.neutral.empty()) {
    const std::uint8_t* neutral = games.neutral.data() + at;
    for (int i = 0; i < 4; ++i) effect[i] = neutral[i] != 0 ? 0.0 : rules.position_effect;
  }
  Four ahead = own - other + effect;
  if (!games.offset.empty()) {
    Four offset;
    std::memcpy(&offset, games.offset.data() + at, sizeof(offset));
    ahead = ahead + offset / rules.log_odds_per_point;
  }
  const Four log_odds = rules.log_odds_per_point * ahead;
  Four expected;
  expected_score(log_odds, expected);
  std::memcpy(history.expected.data() + at, &expected, sizeof(expected));
  Four surprise = score - expected;
  if (!games.factor.empty()) {
    Four factor;
    std::memcpy(&factor, games.factor.data() + at, sizeof(factor));
    surprise = surprise * factor;
  }
  const Four shift = rules.k * surprise;
  const Four now = own + shift, then = other - shift;
  for (int i = 0; i < 4; ++i) {
    rating[a[i]] = now[i];
    rating[b[i]] = then[i];
  }
  if constexpr (noted) {
    double* before = history.before.data() + 2 * at;
    double* after = history.after.data() + 2 * at;
    for (int i = 0; i < 4; ++i) {
      before[2 * i] = own[i];
      before[2 * i + 1] = other[i];
      after[2 * i] = now[i];
      after[2 * i + 1] = then[i];
    }
  }
  return true;
}

#else

template <bool noted>
inline bool play_four(const EloGames&, const EloRules&, std::int64_t, double*, const EloHistory&) {
  return false;
}

#endif

}  // namespace zermelo
