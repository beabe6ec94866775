#include "zermelo/elo.hpp"

#include "elo_replay.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kGamesPerCheck = std::int64_t{1} << 16;
// Ratings of so many games ahead are asked for, so that they are in the nearest cache in time.
constexpr std::int64_t kAhead = 16;

template <bool full, bool noted>
void replay_range(EloReplay<full>& replay, const EloGames& games, std::int64_t begin,
                  std::int64_t end, std::int64_t game_offset, const EloState& state,
                  const EloHistory& history) {
  const auto last = static_cast<std::int64_t>(games.first.size()) - 1;
  const double* rating = state.rating.data();
  for (std::int64_t game = begin; game < end; ++game) {
    replay.prefetch(std::min(game + kAhead, last));
    const std::int64_t times = replay.times(game);
    if (times > 0) replay.arrive(game);
    const double expected = expected_score(replay.log_odds(game));
    history.expected[static_cast<std::size_t>(game)] = expected;
    const auto at = static_cast<std::size_t>(2 * game);
    const std::int32_t a = games.first[static_cast<std::size_t>(game)];
    const std::int32_t b = games.second[static_cast<std::size_t>(game)];
    if constexpr (noted) {
      history.before[at] = rating[a];
      history.before[at + 1] = rating[b];
    }
    double now = expected;
    for (std::int64_t time = 0; time < times; ++time) {
      if (time > 0) now = expected_score(replay.log_odds(game));
      replay.play(game, now);
      replay.leave(game, game_offset + game);
    }
    if constexpr (noted) {
      history.after[at] = rating[a];
      history.after[at + 1] = rating[b];
    }
  }
}

template <bool full>
Result replay_all(const EloGames& games, const EloRules& rules, std::int64_t game_offset,
                  const Control& control, const EloState& state, const EloHistory& history) {
  EloReplay<full> replay(games, rules, state);
  Team team(1, control);
  const auto size = static_cast<std::int64_t>(games.first.size());
  for (std::int64_t begin = 0; begin < size; begin += kGamesPerCheck) {
    const std::int64_t end = std::min(begin + kGamesPerCheck, size);
    if (history.before.empty()) {
      replay_range<full, false>(replay, games, begin, end, game_offset, state, history);
    } else {
      replay_range<full, true>(replay, games, begin, end, game_offset, state, history);
    }
    team.check();
  }
  return {};
}

}  // namespace

Result elo_replay(const EloGames& games, const EloRules& rules, std::int64_t game_offset,
                  const Control& control, EloState& state, const EloHistory& history) {
  return guarded([&]() -> Result {
    try {
      return EloReplay<true>::needed(games, rules, state)
                 ? replay_all<true>(games, rules, game_offset, control, state, history)
                 : replay_all<false>(games, rules, game_offset, control, state, history);
    } catch (const BadDivisor& bad) {
      return {Status::invalid_value, bad.game};
    }
  });
}

}  // namespace zermelo
