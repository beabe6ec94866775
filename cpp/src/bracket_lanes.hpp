// Replicates side by side, one a vector lane, for programs whose instructions are the same in all
// of them: matches, rematches, shuffles, sorts and exits.
//
// Which items a register can hold is worked out once. Where each entrant of a match is one of two,
// which holds for three quarters of a bracket's matches, thresholds need not be looked up lane by
// lane; and where one of a few items exits, each of them is compared with all lanes at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "zermelo/bracket.hpp"

namespace zermelo {

inline constexpr std::int64_t kReplicateLanes = 16;

enum class LaneStep : std::int32_t {
  known_match,   // both entrants are known
  choice_match,  // each entrant is one of two
  match,
  rematch,
  shuffle,   // registers a to b
  exchange,  // registers a and b: the lower item to a
  copy,      // register a to b
  few_exits,
  many_exits,
};

struct LaneRow {
  LaneStep step;
  std::int32_t forced = kFree;
  std::int32_t a = 0, b = 0, win = 0, lose = 0;  // registers
  // One of the items that each entrant can be.
  std::int32_t a_item = 0, b_item = 0;
  // Thresholds less one, so that signed numbers compare, with a shown first and with b, where both
  // entrants are those items, only b, only a, and neither.
  std::int32_t bound[2][4] = {};
  std::int64_t table = 0;  // where the match's table begins
  std::int32_t band = 0;   // of exits
  std::int32_t counted_begin = 0, counted_end = 0;
};

class LaneProgram {
 public:
  explicit LaneProgram(const Program& program);

  // Whether the program can be played in lanes. If not, nothing else may be called.
  bool possible() const { return possible_; }

  // Plays n_batches times kReplicateLanes replicates, below 2^31 in all; adds to `counts`,
  // (items, bands), and to n_matches.
  void play(std::uint64_t key, std::int64_t first_replicate, std::int64_t n_batches,
            std::span<std::int64_t> counts, std::int64_t& n_matches) const;

 private:
  using Candidates = std::vector<std::int32_t>;  // sorted; empty: too many to name

  bool add(const std::int32_t* row, std::vector<Candidates>& held);
  void add_match(const std::int32_t* row, std::vector<Candidates>& held);
  void add_sort(std::int32_t first, std::int32_t count);
  void add_exit(std::int32_t place, std::int32_t band, const Candidates& held);

  // An item that is counted in lanes.
  struct Counted {
    std::int32_t item, band;
  };
  // The last candidate of a register, who exits where none of the others does.
  struct Rest {
    Counted exit;
    std::int32_t counted_begin, counted_end;
  };

  bool possible_ = true;
  bool flips_;
  bool moves_items_ = false;  // among the registers that the items begin in
  std::int32_t n_items_;
  std::int32_t n_registers_;
  std::int32_t n_bands_;
  std::int64_t n_matches_ = 0;  // of a replicate, without rematches
  std::vector<LaneRow> rows_;
  std::vector<Counted> counted_;
  std::vector<std::int32_t> counted_item_;
  std::vector<Rest> rests_;
  std::vector<std::int32_t> below_;  // (tables, items, items): thresholds less one
};

}  // namespace zermelo
