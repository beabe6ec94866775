// Who plays whom in a round of Swiss, so that nobody meets the same opponent twice.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "zermelo/bracket.hpp"

namespace zermelo {

// Who has met whom, in the replicate that is being played.
class Meetings {
 public:
  void resize(std::int32_t n_items) {
    n_items_ = static_cast<std::size_t>(n_items);
    met_.assign(n_items_ * n_items_, 0);
  }
  bool met(std::int32_t i, std::int32_t j) const { return met_[at(i, j)] != 0; }
  void add(std::int32_t i, std::int32_t j) { met_[at(i, j)] = met_[at(j, i)] = 1; }
  void remove(std::int32_t i, std::int32_t j) { met_[at(i, j)] = met_[at(j, i)] = 0; }

 private:
  std::size_t at(std::int32_t i, std::int32_t j) const {
    return static_cast<std::size_t>(i) * n_items_ + static_cast<std::size_t>(j);
  }
  std::size_t n_items_ = 0;
  std::vector<std::uint8_t> met_;
};

class SwissPairing {
 public:
  void resize(std::int32_t n_items);

  // Pairs an even number of items, sorted by `points`, one an entrant; `pairing` says whom an
  // entrant is offered first. Afterwards pairs() holds them, in the order in which they play, the
  // first in the order first. False where no pairing without a rematch was found.
  bool pair(std::span<const std::int32_t> entrants, std::span<const std::int64_t> points,
            std::int32_t pairing, const Meetings& meetings, std::int64_t most_choices);

  // Two items a pair.
  std::span<const std::int32_t> pairs() const { return pairs_; }

 private:
  enum class Found { pairs, nothing, gave_up };
  Found search(std::span<const std::int32_t> entrants, std::span<const std::int64_t> points,
               std::int32_t pairing, const Meetings& meetings, std::int64_t most_choices);
  bool close_circle(std::span<const std::int32_t> entrants, const Meetings& meetings);

  std::vector<std::int32_t> pairs_;
  std::vector<std::int32_t> free_;  // a level of the search behind the other: places in the order
  // A level: how many opponents its first has been offered, and whom it took, by place.
  struct Taken {
    std::int32_t turns, place;
  };
  std::vector<Taken> taken_;
  std::vector<std::int32_t> group_;          // an entrant: the number of those with its points
  std::vector<std::int32_t> free_in_group_;  // a group: how many of them are not paired yet
  std::vector<std::int32_t> circle_;         // places in the order
};

}  // namespace zermelo
