#include "swiss_pairing.hpp"

#include <algorithm>
#include <numeric>

namespace zermelo {
namespace {

// Whose turn it is as the opponent of number 0, `turn` others having been offered, where numbers 0
// to `equal` - 1 have the same points.
std::int32_t offered(std::int32_t turn, std::int32_t equal, std::int32_t pairing) {
  if (turn >= equal - 1 || pairing == kRandom) return turn + 1;
  if (pairing == kFold) return equal - 1 - turn;
  const std::int32_t half = equal / 2, upper = equal - half;
  return turn < upper ? half + turn : equal - 1 - turn;
}

}  // namespace

void SwissPairing::resize(std::int32_t n_items) {
  const auto n = static_cast<std::size_t>(n_items), half = n / 2;
  pairs_.reserve(n);
  circle_.resize(n);
  taken_.resize(half + 1);
  group_.resize(n);
  free_in_group_.resize(n);
  // Level k has n - 2k free entrants.
  free_.resize(n * (half + 1) - half * (half + 1) + n);
}

bool SwissPairing::pair(std::span<const std::int32_t> entrants,
                        std::span<const std::int64_t> points, std::int32_t pairing,
                        const Meetings& meetings, std::int64_t most_choices) {
  const Found found = search(entrants, points, pairing, meetings, most_choices);
  return found == Found::pairs || (found == Found::gave_up && close_circle(entrants, meetings));
}

SwissPairing::Found SwissPairing::search(std::span<const std::int32_t> entrants,
                                         std::span<const std::int64_t> points, std::int32_t pairing,
                                         const Meetings& meetings, std::int64_t most_choices) {
  const auto n = static_cast<std::int32_t>(entrants.size());
  pairs_.resize(entrants.size());
  std::int32_t* free = free_.data();
  std::int32_t groups = 0;
  for (std::int32_t k = 0; k < n; ++k) {
    free[k] = k;
    const auto place = static_cast<std::size_t>(k);
    if (k == 0 || points[place] != points[place - 1]) free_in_group_[groups++] = 0;
    group_[place] = groups - 1;
    ++free_in_group_[groups - 1];
  }
  const auto group_of = [&](std::int32_t place) -> std::int32_t& {
    return free_in_group_[group_[static_cast<std::size_t>(place)]];
  };
  std::int64_t choices = 0;
  std::int32_t level = 0;
  taken_[0] = {0, 0};
  while (2 * level < n) {
    const std::int32_t left = n - 2 * level;
    const std::int32_t own = entrants[static_cast<std::size_t>(free[0])];
    const std::int32_t equal = group_of(free[0]);
    std::int32_t turn = taken_[static_cast<std::size_t>(level)].turns, number = 0;
    for (; turn < left - 1; ++turn) {
      number = offered(turn, equal, pairing);
      if (!meetings.met(own, entrants[static_cast<std::size_t>(free[number])])) break;
    }
    if (turn == left - 1) {
      if (level == 0) return Found::nothing;
      --level;
      free -= n - 2 * level;
      ++group_of(free[0]);
      ++group_of(taken_[static_cast<std::size_t>(level)].place);
      continue;
    }
    if (choices++ == most_choices) return Found::gave_up;
    taken_[static_cast<std::size_t>(level)] = {turn + 1, free[number]};
    --group_of(free[0]);
    --group_of(free[number]);
    pairs_[static_cast<std::size_t>(2 * level)] = own;
    pairs_[static_cast<std::size_t>(2 * level + 1)] =
        entrants[static_cast<std::size_t>(free[number])];
    std::int32_t* next = free + left;
    std::copy(free + number + 1, free + left, std::copy(free + 1, free + number, next));
    free = next;
    ++level;
    taken_[static_cast<std::size_t>(level)] = {0, 0};
  }
  return Found::pairs;
}

// Palmer's algorithm: as long as neighbours in the circle have met, a part of it that begins
// between them is reversed so that this gap closes and no other opens.
bool SwissPairing::close_circle(std::span<const std::int32_t> entrants, const Meetings& meetings) {
  const auto n = static_cast<std::int32_t>(entrants.size());
  std::int32_t* circle = circle_.data();
  std::iota(circle, circle + n, 0);
  const auto have_met = [&](std::int32_t i, std::int32_t j) {
    return meetings.met(entrants[static_cast<std::size_t>(circle[i % n])],
                        entrants[static_cast<std::size_t>(circle[j % n])]);
  };
  for (std::int32_t k = 0; k < n;) {
    if (!have_met(k, k + 1)) {
      ++k;
      continue;
    }
    std::int32_t j = k + 2;
    while (j < k + n && (have_met(k, j) || have_met(k + 1, j + 1))) ++j;
    if (j == k + n) return false;
    for (std::int32_t i = k + 1; i < j; ++i, --j) std::swap(circle[i % n], circle[j % n]);
    k = 0;
  }
  for (std::int32_t k = 0; k < n; k += 2) {
    const auto [a, b] = std::minmax(circle[k], circle[k + 1]);
    pairs_[static_cast<std::size_t>(k)] = entrants[static_cast<std::size_t>(a)];
    pairs_[static_cast<std::size_t>(k + 1)] = entrants[static_cast<std::size_t>(b)];
  }
  return true;
}

}  // namespace zermelo
