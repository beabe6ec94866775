#include <algorithm>
#include <numeric>
#include <vector>

#include "elo_replay.hpp"
#include "zermelo/elo.hpp"
#include "zermelo/parallel.hpp"
#include "zermelo/random.hpp"

namespace zermelo {
namespace {

constexpr double kUnit = 0x1p-53;

// A place from 0 to `size` - 1. The product cannot round up to `size`, and what it favours, it
// favours by less than size / 2^53.
inline std::int64_t place_below(std::int64_t size, std::uint64_t bits) {
  return static_cast<std::int64_t>(static_cast<double>(bits >> 11) * kUnit *
                                   static_cast<double>(size));
}

// What a replay tracks of the items, where its rules ask for it.
struct Tracked {
  Tracked(std::size_t items, bool full) : size(full ? items : 0) {
    games.resize(size);
    peak.resize(size);
    peak_game.resize(size);
  }
  EloState state(std::span<double> rating) {
    std::fill(games.begin(), games.end(), 0);
    std::copy_n(rating.begin(), size, peak.begin());
    return {rating, games, peak, peak_game, {}};
  }
  std::size_t size;
  std::vector<std::int64_t> games;
  std::vector<double> peak;
  std::vector<std::int64_t> peak_game;
};

template <bool full>
void replay_shuffled(const EloGames& games, const EloRules& rules, std::uint64_t bits, bool replace,
                     Team& team, std::span<double> rating) {
  const auto size = static_cast<std::int64_t>(games.first.size());
  Tracked tracked(rating.size(), full);
  EloReplay<full> replay(games, rules, tracked.state(rating));
  std::vector<std::int32_t> order(replace ? 0 : games.first.size());
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t step = 0; step < size; ++step) {
    bits += kGolden;
    std::int64_t game;
    if (replace) {
      game = place_below(size, mixed(bits));
    } else {
      // Fisher and Yates's shuffle, each game replayed as soon as it is drawn.
      const std::int64_t drawn = step + place_below(size - step, mixed(bits));
      game = order[static_cast<std::size_t>(drawn)];
      order[static_cast<std::size_t>(drawn)] = order[static_cast<std::size_t>(step)];
    }
    const std::int64_t times = replay.times(game);
    for (std::int64_t time = 0; time < times; ++time) {
      replay.play(game, expected_score(replay.log_odds(game)));
      replay.leave(game, step);
    }
    if (step % kGamesPerCheck == 0) team.check();
  }
}

}  // namespace

Result elo_orders(const EloGames& games, const EloRules& rules, std::span<const double> initial,
                  std::uint64_t key, bool replace, std::int64_t first_replicate,
                  std::int64_t n_replicates, int threads, const Control& control,
                  std::span<double> rating) {
  return guarded([&]() -> Result {
    try {
      Team team(threads, control);
      const bool full = EloReplay<true>::needed(games, rules, {});
      team.run(n_replicates, [&](std::int64_t replicate) {
        const std::size_t n_items = initial.size();
        const auto own = rating.subspan(static_cast<std::size_t>(replicate) * n_items, n_items);
        std::copy(initial.begin(), initial.end(), own.begin());
        const std::uint64_t bits = stream(key, first_replicate + replicate);
        full ? replay_shuffled<true>(games, rules, bits, replace, team, own)
             : replay_shuffled<false>(games, rules, bits, replace, team, own);
      });
      return {};
    } catch (const BadDivisor& bad) {
      return {Status::invalid_value, bad.game};
    }
  });
}

}  // namespace zermelo
