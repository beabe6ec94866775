// Tournaments as programs over registers that hold items, run many times.
//
// What the instructions do, which random bits they take and how a round of Swiss is paired is
// written down in src/zermelo/tournament/program.py.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

enum Operation : std::int32_t {
  kMatch,
  kRematch,
  kGame,
  kRandomGame,
  kSwiss,
  kRank,
  kShuffle,
  kSort,
  kExit,
  kCopy,
  kBye,
};
enum Pairing : std::int32_t { kSlide, kFold, kRandom };
enum TieBreaker : std::int32_t { kWins, kBuchholz, kSonnebornBerger, kHeadToHead, kRate };

inline constexpr std::int32_t kFree = -1;  // the result of a game that is not known beforehand
inline constexpr std::size_t kInstructionWidth = 8;
inline constexpr std::int64_t kMostChoices = 10'000;

// What of a game is recorded, of the item shown first.
enum Outcome : std::uint8_t { kLoss, kWin, kDraw, kNotPlayed = 255 };

struct Program {
  std::span<const std::int32_t> code;  // (instructions, kInstructionWidth)
  std::int32_t n_items;
  std::int32_t n_registers;
  std::span<const std::int32_t> breakers;
  std::int32_t win_points;
  std::int32_t draw_points;
  // (tables, items, items): the first wins where a draw of 31 bits is below the one, and does not
  // lose where it is below the other; from 0 to 2^31.
  std::span<const std::uint32_t> first_below;
  std::span<const std::uint32_t> draw_below;
  bool flips;
  std::int32_t n_bands;
  std::int32_t most_games;  // for points, of one item
  std::int64_t most_choices = kMostChoices;

  const std::int32_t* begin() const { return code.data(); }
  const std::int32_t* end() const { return code.data() + code.size(); }
};

// The replicates [first, first + count) of a key.
struct Replicates {
  std::uint64_t key;
  std::int64_t first;
  std::int64_t count;
};

// Why Status::invalid_value is returned, with the instruction as the index.
enum class ProgramFault {
  none,
  malformed,       // an operand is out of its range
  no_pairing,      // a round of Swiss where all that is left would be a rematch
  too_many_games,  // more than `most_games`
};

// How many matches a replicate plays at most.
std::int64_t most_matches(const Program& program);

// `counts` is (items, bands): how often an item ended in a band. `n_matches`: in all replicates.
Result simulate_program(const Program& program, const Replicates& replicates, int threads,
                        const Control& control, std::span<std::int64_t> counts,
                        std::int64_t& n_matches, ProgramFault& fault);

// What is noted of every replicate: (replicates, most_matches) in the order of the program, -1 and
// kNotPlayed for a rematch that was not needed; `band` is (replicates, items), -1 without an exit.
struct PlayedMatches {
  std::span<std::int32_t> first;
  std::span<std::int32_t> second;
  std::span<std::uint8_t> outcome;
  std::span<std::int32_t> band;
};

Result play_program(const Program& program, const Replicates& replicates, int threads,
                    const Control& control, const PlayedMatches& played, ProgramFault& fault);

}  // namespace zermelo
