#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "check.hpp"
#include "zermelo/bracket.hpp"

namespace {

using zermelo::ProgramFault;
using zermelo::Status;

// A program with what its spans refer to.
class Design {
 public:
  Design(std::int32_t n_items, std::int32_t n_tables) : n_items_(n_items), n_registers_(n_items) {
    std::mt19937 random(11);
    const std::int64_t cells = std::int64_t{n_tables} * n_items * n_items;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
      // Among them results that are certain.
      const std::uint32_t low = random() % 8 == 0 ? 1U << 31 : random() >> 1;
      first_below_.push_back(low);
      draw_below_.push_back(low + ((1U << 31) - low) / 4);
    }
  }
  std::int32_t registers(std::int32_t count) {
    n_registers_ += count;
    return n_registers_ - count;
  }
  void add(std::initializer_list<std::int32_t> row) {
    code_.insert(code_.end(), row);
    code_.resize((code_.size() + 7) / 8 * 8);
  }
  void set_breakers(std::vector<std::int32_t> breakers) { breakers_ = std::move(breakers); }
  zermelo::Program program(std::int32_t n_bands, std::int32_t most_games, bool flips) const {
    return {code_,        n_items_,    n_registers_, breakers_, 2,         1,
            first_below_, draw_below_, flips,        n_bands,   most_games};
  }

 private:
  std::int32_t n_items_;
  std::int32_t n_registers_;
  std::vector<std::int32_t> code_;
  std::vector<std::int32_t> breakers_;
  std::vector<std::uint32_t> first_below_;
  std::vector<std::uint32_t> draw_below_;
};

struct Played {
  std::vector<std::int32_t> first, second, band;
  std::vector<std::uint8_t> outcome;
  Status status;
  ProgramFault fault;
};

Played play(const zermelo::Program& program, const zermelo::Replicates& replicates, int threads) {
  const auto matches = static_cast<std::size_t>(zermelo::most_matches(program) * replicates.count);
  const auto items = static_cast<std::size_t>(program.n_items * replicates.count);
  Played played{std::vector<std::int32_t>(matches),
                std::vector<std::int32_t>(matches),
                std::vector<std::int32_t>(items),
                std::vector<std::uint8_t>(matches),
                Status::ok,
                ProgramFault::none};
  const zermelo::PlayedMatches target{played.first, played.second, played.outcome, played.band};
  played.status =
      zermelo::play_program(program, replicates, threads, {}, target, played.fault).status;
  return played;
}

// What is counted, in lanes where they can be had, is what single replicates record.
void test_counts(const zermelo::Program& program) {
  const zermelo::Replicates replicates{99, 1'000'000'007, 75};
  const Played played = play(program, replicates, 2);
  CHECK(played.status == Status::ok);
  std::vector<std::int64_t> expected(static_cast<std::size_t>(program.n_items * program.n_bands));
  for (std::size_t k = 0; k < played.band.size(); ++k) {
    const auto item = k % static_cast<std::size_t>(program.n_items);
    if (!CHECK(played.band[k] >= 0)) return;
    ++expected[item * static_cast<std::size_t>(program.n_bands) +
               static_cast<std::size_t>(played.band[k])];
  }
  std::int64_t n_played = 0;
  for (const std::uint8_t outcome : played.outcome) n_played += outcome != zermelo::kNotPlayed;
  for (int threads = 1; threads <= 3; ++threads) {
    std::vector<std::int64_t> counts(expected.size(), -1);
    std::int64_t n_matches = -1;
    ProgramFault fault = ProgramFault::malformed;
    const zermelo::Result result =
        zermelo::simulate_program(program, replicates, threads, {}, counts, n_matches, fault);
    CHECK(result.status == Status::ok);
    CHECK(fault == ProgramFault::none);
    CHECK(counts == expected);
    CHECK(n_matches == n_played);
  }
}

// A bracket of any size whose losers of the last match may play again, after a shuffle or a sort.
void test_knockout(std::int32_t n, zermelo::Operation before, bool flips) {
  Design design(n, 2);
  if (before != zermelo::kMatch) design.add({before, 0, n - 1});
  std::vector<std::int32_t> alive;
  for (std::int32_t item = 0; item < n; ++item) alive.push_back(item);
  std::int32_t band = n - 1;
  while (alive.size() > 1) {
    std::vector<std::int32_t> next;
    for (std::size_t k = 0; k + 1 < alive.size(); k += 2) {
      const std::int32_t win = design.registers(2), forced = k == 6 ? 1 : zermelo::kFree;
      design.add({zermelo::kMatch, alive[k], alive[k + 1], win, win + 1, 0, 1, forced});
      if (alive.size() == 2) {
        design.add({zermelo::kRematch, alive[0], alive[1], win, win + 1, 1, 1, zermelo::kFree});
      }
      design.add({zermelo::kExit, win + 1, band--});
      next.push_back(win);
    }
    if (alive.size() % 2 == 1) next.push_back(alive.back());
    alive = next;
  }
  const std::int32_t champion = design.registers(1);
  design.add({zermelo::kCopy, alive[0], champion});
  design.add({zermelo::kExit, champion, 0});
  test_counts(design.program(n, 0, flips));
}

void test_league(std::int32_t n) {
  Design design(n, 1);
  for (std::int32_t i = 0; i < n; ++i) {
    for (std::int32_t j = 0; j < i; ++j) design.add({zermelo::kGame, i, j, 0, 1, zermelo::kFree});
  }
  design.add({zermelo::kBye, n / 2});
  design.set_breakers(
      {zermelo::kRate, zermelo::kHeadToHead, zermelo::kBuchholz, zermelo::kSonnebornBerger, 0});
  const std::int32_t places = design.registers(n);
  design.add({zermelo::kRank, 0, n, places, 0, 5});
  for (std::int32_t k = 0; k < n; ++k) design.add({zermelo::kExit, places + k, k});
  test_counts(design.program(n, n - 1, true));
}

// Without a choice to make, or with few, rounds are paired along a circle.
void test_swiss(std::int32_t n, std::int32_t pairing, std::int64_t most_choices) {
  Design design(n, 1);
  const std::int32_t rounds = n / 2;
  for (std::int32_t round = 1; round <= rounds; ++round) {
    design.add({zermelo::kSwiss, 0, n, 0, round, pairing});
  }
  const std::int32_t places = design.registers(n);
  design.add({zermelo::kRank, 0, n, places, 0, 0});
  for (std::int32_t k = 0; k < n; ++k) design.add({zermelo::kExit, places + k, k});
  zermelo::Program program = design.program(n, rounds, false);
  program.most_choices = most_choices;
  const Played played = play(program, {5, 0, 40}, 1);
  if (!CHECK(played.status == Status::ok)) return;
  const auto matches = static_cast<std::size_t>(zermelo::most_matches(program));
  for (std::size_t begin = 0; begin < played.first.size(); begin += matches) {
    std::set<std::pair<std::int32_t, std::int32_t>> met;
    for (std::size_t k = begin; k < begin + matches; ++k) {
      CHECK(met.insert(std::minmax(played.first[k], played.second[k])).second);
    }
  }
  test_counts(program);
}

void test_faults() {
  Design design(3, 1);
  for (std::int32_t round = 1; round <= 4; ++round) {
    design.add({zermelo::kSwiss, 0, 3, 0, round, zermelo::kFold});
  }
  CHECK(play(design.program(1, 4, false), {1, 0, 3}, 1).fault == ProgramFault::no_pairing);
  CHECK(play(design.program(1, 1, false), {1, 0, 3}, 1).fault == ProgramFault::too_many_games);
  design.add({zermelo::kExit, 3, 0});
  const Played played = play(design.program(1, 4, false), {1, 0, 3}, 2);
  CHECK(played.status == Status::invalid_value);
  CHECK(played.fault == ProgramFault::malformed);
}

bool stop_at_once(void*) { return true; }

void test_interruption() {
  Design design(2, 1);
  for (int k = 0; k < 2000; ++k) design.add({zermelo::kRandomGame, 0, 1});
  const zermelo::Program program = design.program(0, 0, false);
  std::vector<std::int64_t> counts;
  std::int64_t n_matches = 0;
  ProgramFault fault = ProgramFault::none;
  const zermelo::Result result =
      zermelo::simulate_program(program, {1, 0, std::int64_t{1} << 50}, 2, {&stop_at_once, nullptr},
                                counts, n_matches, fault);
  CHECK(result.status == Status::interrupted);
}

}  // namespace

int main() {
  for (const std::int32_t n : {2, 3, 13, 64, 100}) {
    for (const auto before : {zermelo::kMatch, zermelo::kShuffle, zermelo::kSort}) {
      if (n > 2 || before == zermelo::kMatch) test_knockout(n, before, n % 2 == 0);
    }
  }
  test_league(9);
  for (const std::int32_t pairing : {zermelo::kSlide, zermelo::kFold, zermelo::kRandom}) {
    for (const std::int32_t n : {4, 10, 15}) {
      for (const std::int64_t most_choices : {0, 6, 10'000}) test_swiss(n, pairing, most_choices);
    }
  }
  test_faults();
  test_interruption();
  return zermelo::testing::verdict();
}
