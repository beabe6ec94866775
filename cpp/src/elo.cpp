#include "zermelo/elo.hpp"

#include "elo_four.hpp"
#include "elo_replay.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

// Ratings of so many games ahead are asked for, so that they are in the nearest cache in time.
constexpr std::int64_t kAhead = 32;

// One game, as often as it counts.
template <bool full, bool noted>
ZERMELO_INLINE void play_one(EloReplay<full>& replay, const EloGames& games, std::int64_t game,
                             std::int64_t number, const double* rating, const EloHistory& history) {
  const auto at = static_cast<std::size_t>(game);
  const std::int32_t a = games.first[at], b = games.second[at];
  const std::int64_t times = replay.times(game);
  if (times > 0) replay.arrive(game);
  double expected = expected_score(replay.log_odds(game));
  history.expected[at] = expected;
  if constexpr (noted) {
    history.before[2 * at] = rating[a];
    history.before[2 * at + 1] = rating[b];
  }
  for (std::int64_t time = 0; time < times; ++time) {
    if (time > 0) expected = expected_score(replay.log_odds(game));
    replay.play(game, expected);
    replay.leave(game, number);
  }
  if constexpr (noted) {
    history.after[2 * at] = rating[a];
    history.after[2 * at + 1] = rating[b];
  }
}

ZERMELO_INLINE void prefetch(const double* rating, const std::int32_t* items, std::int64_t begin) {
#if defined(__GNUC__) || defined(__clang__)
  for (std::int64_t i = begin; i < begin + 4; ++i) __builtin_prefetch(rating + items[i], 1);
#endif
}

// The games [begin, end) with one K for all and nothing tracked.
template <bool noted>
ZERMELO_INLINE void replay_plain(EloReplay<false>& replay, const EloGames& games,
                                 const EloRules& rules, std::int64_t begin, std::int64_t end,
                                 double* rating, const EloHistory& history) {
  const auto size = static_cast<std::int64_t>(games.first.size());
  std::int64_t game = begin;
  for (; game + 4 <= end; game += 4) {
    if (game + kAhead + 4 <= size) {
      prefetch(rating, games.first.data(), game + kAhead);
      prefetch(rating, games.second.data(), game + kAhead);
    }
    if (play_four<noted>(games, rules, game, rating, history)) continue;
    for (std::int64_t i = game; i < game + 4; ++i) {
      play_one<false, noted>(replay, games, i, 0, rating, history);
    }
  }
  for (; game < end; ++game) play_one<false, noted>(replay, games, game, 0, rating, history);
}

ZERMELO_CLONES
void replay_quiet(EloReplay<false>& replay, const EloGames& games, const EloRules& rules,
                  std::int64_t begin, std::int64_t end, double* rating, const EloHistory& history) {
  replay_plain<false>(replay, games, rules, begin, end, rating, history);
}

ZERMELO_CLONES
void replay_noted(EloReplay<false>& replay, const EloGames& games, const EloRules& rules,
                  std::int64_t begin, std::int64_t end, double* rating, const EloHistory& history) {
  replay_plain<true>(replay, games, rules, begin, end, rating, history);
}

template <bool noted>
void replay_full(EloReplay<true>& replay, const EloGames& games, std::int64_t begin,
                 std::int64_t end, std::int64_t game_offset, const double* rating,
                 const EloHistory& history) {
  for (std::int64_t game = begin; game < end; ++game) {
    play_one<true, noted>(replay, games, game, game_offset + game, rating, history);
  }
}

}  // namespace

Result elo_replay(const EloGames& games, const EloRules& rules, std::int64_t game_offset,
                  const Control& control, EloState& state, const EloHistory& history) {
  return guarded([&]() -> Result {
    const bool full = EloReplay<true>::needed(games, rules, state), noted = !history.before.empty();
    EloReplay<true> replay(games, rules, state);
    EloReplay<false> plain(games, rules, state);
    double* rating = state.rating.data();
    Team team(1, control);
    const auto size = static_cast<std::int64_t>(games.first.size());
    try {
      for (std::int64_t begin = 0, end = 0; begin < size; begin = end) {
        end = stretch_end(games, begin);
        if (!full) {
          (noted ? replay_noted : replay_quiet)(plain, games, rules, begin, end, rating, history);
        } else if (noted) {
          replay_full<true>(replay, games, begin, end, game_offset, rating, history);
        } else {
          replay_full<false>(replay, games, begin, end, game_offset, rating, history);
        }
        team.check();
      }
    } catch (const BadDivisor& bad) {
      return {Status::invalid_value, bad.game};
    }
    return {};
  });
}

}  // namespace zermelo
