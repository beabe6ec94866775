// One replicate of a tournament, instruction by instruction.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bracket_random.hpp"
#include "swiss_pairing.hpp"
#include "zermelo/bracket.hpp"

namespace zermelo {

// Thrown inside the kernels; `instruction` counts from 0.
struct BadProgram {
  ProgramFault fault;
  std::int64_t instruction;
};

class Replicate {
 public:
  explicit Replicate(const Program& program);

  // Plays the replicate. Watcher: played(first, second, outcome) for every match, skipped() for a
  // rematch that is not played, left(item, band) at exits, and check() now and then.
  template <class Watcher>
  void play(std::uint64_t key, std::int64_t replicate, Watcher&& watcher);

 private:
  std::uint32_t draw() {
    std::uint32_t bits;
    random_.next(bits);
    return bits;
  }
  std::uint32_t draw_below(std::int64_t size) {
    return static_cast<std::uint32_t>((std::uint64_t{draw()} * static_cast<std::uint64_t>(size)) >>
                                      31);
  }
  std::size_t cell(std::int32_t table, std::int32_t first, std::int32_t second) const {
    const auto n = static_cast<std::size_t>(program_.n_items);
    return (static_cast<std::size_t>(table) * n + static_cast<std::size_t>(first)) * n +
           static_cast<std::size_t>(second);
  }
  std::int32_t& at(std::int32_t place) { return item_[static_cast<std::size_t>(place)]; }

  void begin(std::uint64_t key, std::int64_t replicate);
  template <class Watcher>
  void match(const std::int32_t* row, Watcher&& watcher);
  template <class Watcher>
  void game(std::int32_t a, std::int32_t b, std::int32_t table, std::int32_t forced,
            Watcher&& watcher);
  template <class Watcher>
  void swiss(const std::int32_t* row, Watcher&& watcher);
  void score(std::int32_t first, std::int32_t second, Outcome outcome);
  void order_entrants(const std::int32_t* row);
  void give_bye(std::int32_t item);
  void leave_out_one();
  void pair_entrants(std::int32_t pairing);
  void rank(const std::int32_t* row);
  void refine(std::span<const std::int64_t> value);
  std::int64_t break_tie(std::int32_t breaker, std::int32_t item, std::int32_t tier) const;
  void shuffle(const std::int32_t* row);
  void sort(const std::int32_t* row);

  // Numbered from 0: the games of item i are those from i * most_games on.
  std::size_t games_of(std::int32_t item) const {
    return static_cast<std::size_t>(item) * static_cast<std::size_t>(program_.most_games);
  }

  const Program& program_;
  std::int64_t gained_[3];    // points, an outcome
  bool keeps_games_ = false;  // some tie-breaker asks who was beaten
  bool pairs_swiss_ = false;
  bool scores_ = false;
  const std::int32_t* row_ = nullptr;
  Xoshiro<std::uint32_t> random_{};
  std::vector<std::int32_t> item_;  // a register
  std::vector<std::int64_t> points_;
  std::vector<std::int64_t> wins_;
  std::vector<std::int64_t> n_byes_;
  std::vector<std::int32_t> n_games_;
  std::vector<std::int32_t> opponent_;
  std::vector<std::uint8_t> result_;  // of the item itself
  Meetings meetings_;
  SwissPairing pairing_;
  // Entrants of a round, or of a ranking.
  std::vector<std::int32_t> order_;
  std::vector<std::int64_t> value_;
  std::vector<std::int64_t> lot_;
  std::vector<std::int32_t> tier_;  // an item: the first place of those it is equal with, or -1
  std::vector<std::int32_t> places_;
  std::vector<std::int32_t> buckets_;  // entrants by their points
};

template <class Watcher>
void Replicate::play(std::uint64_t key, std::int64_t replicate, Watcher&& watcher) {
  constexpr std::int64_t kRowsPerCheck = 1024;
  begin(key, replicate);
  std::int64_t until_check = kRowsPerCheck;
  for (row_ = program_.begin(); row_ != program_.end(); row_ += kInstructionWidth) {
    const std::int32_t* row = row_;
    switch (row[0]) {
      case kMatch:
        match(row, watcher);
        break;
      case kRematch:
        if (at(row[3]) == at(row[2])) {
          match(row, watcher);
        } else {
          if (program_.flips) draw();
          draw();
          watcher.skipped();
        }
        break;
      case kGame:
        game(at(row[1]), at(row[2]), row[3], row[5], watcher);
        break;
      case kRandomGame: {
        const auto i = static_cast<std::int32_t>(draw_below(program_.n_items));
        auto j = static_cast<std::int32_t>(draw_below(program_.n_items - 1));
        j += j >= i ? 1 : 0;
        game(i, j, row[1], kFree, watcher);
        break;
      }
      case kSwiss:
        swiss(row, watcher);
        until_check -= row[2];
        break;
      case kRank:
        rank(row);
        until_check -= row[2];
        break;
      case kShuffle:
        shuffle(row);
        break;
      case kSort:
        sort(row);
        break;
      case kExit:
        watcher.left(at(row[1]), row[2]);
        break;
      case kCopy:
        at(row[2]) = at(row[1]);
        break;
      default:
        give_bye(at(row[1]));
        break;
    }
    if (--until_check < 0) {
      watcher.check();
      until_check = kRowsPerCheck;
    }
  }
}

template <class Watcher>
void Replicate::match(const std::int32_t* row, Watcher&& watcher) {
  const std::int32_t a = at(row[1]), b = at(row[2]), forced = row[7];
  const bool flipped = program_.flips && draw() < (1U << 30);
  const std::int32_t first = flipped ? b : a, second = flipped ? a : b;
  const bool first_wins = draw() < program_.first_below[cell(row[5], first, second)];
  const bool a_wins = forced == kFree ? first_wins != flipped : forced == 1;
  at(row[3]) = a_wins ? a : b;
  at(row[4]) = a_wins ? b : a;
  watcher.played(first, second, a_wins != flipped ? kWin : kLoss);
}

template <class Watcher>
void Replicate::game(std::int32_t a, std::int32_t b, std::int32_t table, std::int32_t forced,
                     Watcher&& watcher) {
  const bool flipped = program_.flips && draw() < (1U << 30);
  const std::int32_t first = flipped ? b : a, second = flipped ? a : b;
  const std::uint32_t bits = draw();
  const std::size_t at = cell(table, first, second);
  // Without branches, which nobody could predict.
  const int wins = bits < program_.first_below[at] ? 1 : 0;
  const int stays = bits < program_.draw_below[at] ? 1 : 0;
  auto outcome = static_cast<Outcome>(2 * (wins | stays) - wins);
  if (forced == kDraw) outcome = kDraw;
  if (forced == kLoss || forced == kWin) outcome = (forced == kWin) != flipped ? kWin : kLoss;
  score(first, second, outcome);
  watcher.played(first, second, outcome);
}

template <class Watcher>
void Replicate::swiss(const std::int32_t* row, Watcher&& watcher) {
  order_entrants(row);
  if (order_.size() % 2 == 1) leave_out_one();
  pair_entrants(row[5]);
  for (std::size_t k = 0; k < pairing_.pairs().size(); k += 2) {
    game(pairing_.pairs()[k], pairing_.pairs()[k + 1], row[3], kFree, watcher);
  }
}

}  // namespace zermelo
