#include "bracket_replicate.hpp"

#include <algorithm>
#include <numeric>

namespace zermelo {
namespace {

// What the other made of it.
Outcome reverse(Outcome outcome) {
  constexpr Outcome kReversed[] = {kWin, kLoss, kDraw};
  return kReversed[outcome];
}

// Few are sorted faster one after the other.
template <class Before>
void sort_places(std::int32_t* begin, std::int32_t* end, Before before) {
  constexpr std::ptrdiff_t kFew = 24;
  if (end - begin > kFew) {
    std::sort(begin, end, before);
    return;
  }
  for (std::int32_t* place = begin; place != end; ++place) {
    const std::int32_t moved = *place;
    std::int32_t* to = place;
    for (; to != begin && before(moved, to[-1]); --to) *to = to[-1];
    *to = moved;
  }
}

}  // namespace

Replicate::Replicate(const Program& program)
    : program_(program), gained_{0, program.win_points, program.draw_points} {
  const auto n = static_cast<std::size_t>(program.n_items);
  for (const std::int32_t* row = program.begin(); row != program.end(); row += kInstructionWidth) {
    const std::int32_t operation = row[0];
    pairs_swiss_ = pairs_swiss_ || operation == kSwiss;
    scores_ = scores_ || operation == kSwiss || operation == kBye || operation == kGame ||
              operation == kRandomGame;
    for (std::int32_t k = 0; operation == kRank && k < row[5]; ++k) {
      if (program.breakers[static_cast<std::size_t>(row[4] + k)] != kWins) keeps_games_ = true;
    }
  }
  keeps_games_ = keeps_games_ || pairs_swiss_;
  item_.assign(static_cast<std::size_t>(program.n_registers), 0);
  points_.resize(n);
  wins_.resize(n);
  n_byes_.resize(n);
  n_games_.assign(n, 0);
  if (keeps_games_) {
    opponent_.resize(n * static_cast<std::size_t>(program.most_games));
    result_.resize(opponent_.size());
  }
  if (pairs_swiss_) {
    buckets_.resize(4 * n + 64);
    meetings_.resize(program.n_items);
    pairing_.resize(program.n_items);
  }
  std::size_t most = n;
  for (const std::int32_t* row = program.begin(); row != program.end(); row += kInstructionWidth) {
    if (row[0] == kRank) most = std::max(most, static_cast<std::size_t>(row[2]));
  }
  order_.reserve(most);
  value_.resize(most);
  lot_.resize(most);
  places_.resize(most);
  tier_.assign(n, -1);
}

void Replicate::begin(std::uint64_t key, std::int64_t replicate) {
  std::uint32_t words[4];
  replicate_words(key, replicate, words);
  random_ = {words[0], words[1], words[2], words[3]};
  std::iota(item_.begin(), item_.begin() + program_.n_items, 0);
  if (!scores_) return;
  if (pairs_swiss_) {
    for (std::int32_t item = 0; item < program_.n_items; ++item) {
      const std::size_t from = games_of(item);
      const auto n_games = static_cast<std::size_t>(n_games_[static_cast<std::size_t>(item)]);
      for (std::size_t k = from; k < from + n_games; ++k) meetings_.remove(item, opponent_[k]);
    }
  }
  std::fill(points_.begin(), points_.end(), 0);
  std::fill(wins_.begin(), wins_.end(), 0);
  std::fill(n_byes_.begin(), n_byes_.end(), 0);
  std::fill(n_games_.begin(), n_games_.end(), 0);
}

void Replicate::score(std::int32_t first, std::int32_t second, Outcome outcome) {
  const auto i = static_cast<std::size_t>(first), j = static_cast<std::size_t>(second);
  points_[i] += gained_[outcome];
  points_[j] += gained_[reverse(outcome)];
  wins_[i] += outcome == kWin ? 1 : 0;
  wins_[j] += outcome == kLoss ? 1 : 0;
  if (!keeps_games_) return;
  if (n_games_[i] == program_.most_games || n_games_[j] == program_.most_games) {
    throw BadProgram{ProgramFault::too_many_games,
                     (row_ - program_.begin()) / static_cast<std::int64_t>(kInstructionWidth)};
  }
  const std::size_t own = games_of(first) + static_cast<std::size_t>(n_games_[i]++);
  opponent_[own] = second;
  result_[own] = outcome;
  const std::size_t other = games_of(second) + static_cast<std::size_t>(n_games_[j]++);
  opponent_[other] = first;
  result_[other] = reverse(outcome);
  if (pairs_swiss_) meetings_.add(first, second);
}

void Replicate::order_entrants(const std::int32_t* row) {
  const auto count = static_cast<std::size_t>(row[2]);
  const std::int32_t* entrant = item_.data() + row[1];
  const bool by_lot = row[5] == kRandom;
  std::int64_t lowest = points_[static_cast<std::size_t>(entrant[0])], highest = lowest;
  for (std::size_t k = 0; k < count; ++k) {
    if (by_lot) lot_[k] = draw();
    value_[k] = points_[static_cast<std::size_t>(entrant[k])];
    lowest = std::min(lowest, value_[k]);
    highest = std::max(highest, value_[k]);
  }
  order_.resize(count);
  if (highest - lowest < static_cast<std::int64_t>(buckets_.size()) - 1) {
    // Points are few: those with each are counted, and need not be compared.
    const auto n_buckets = static_cast<std::size_t>(highest - lowest) + 2;
    std::fill_n(buckets_.begin(), n_buckets, 0);
    for (std::size_t k = 0; k < count; ++k) {
      ++buckets_[static_cast<std::size_t>(highest - value_[k]) + 1];
    }
    for (std::size_t k = 1; k < n_buckets; ++k) buckets_[k] += buckets_[k - 1];
    for (std::size_t k = 0; k < count; ++k) {
      std::int32_t& next = buckets_[static_cast<std::size_t>(highest - value_[k])];
      places_[static_cast<std::size_t>(next++)] = static_cast<std::int32_t>(k);
    }
  } else {
    std::iota(places_.begin(), places_.begin() + row[2], 0);
    sort_places(places_.data(), places_.data() + count, [&](std::int32_t p, std::int32_t q) {
      const auto i = static_cast<std::size_t>(p), j = static_cast<std::size_t>(q);
      return value_[i] != value_[j] ? value_[i] > value_[j] : p < q;
    });
  }
  for (std::size_t from = 0, to; by_lot && from < count; from = to) {
    const std::int64_t own = value_[static_cast<std::size_t>(places_[from])];
    to = from + 1;
    while (to < count && value_[static_cast<std::size_t>(places_[to])] == own) ++to;
    sort_places(places_.data() + from, places_.data() + to, [&](std::int32_t p, std::int32_t q) {
      const auto i = static_cast<std::size_t>(p), j = static_cast<std::size_t>(q);
      return lot_[i] != lot_[j] ? lot_[i] > lot_[j] : p < q;
    });
  }
  for (std::size_t k = 0; k < count; ++k) order_[k] = entrant[places_[k]];
}

void Replicate::give_bye(std::int32_t item) {
  const auto i = static_cast<std::size_t>(item);
  ++n_byes_[i];
  points_[i] += program_.win_points;
  ++wins_[i];
}

void Replicate::leave_out_one() {
  auto last = order_.end() - 1;
  for (auto at = order_.end(); at != order_.begin();) {
    --at;
    if (n_byes_[static_cast<std::size_t>(*at)] == 0) {
      last = at;
      break;
    }
  }
  give_bye(*last);
  order_.erase(last);
}

void Replicate::pair_entrants(std::int32_t pairing) {
  for (std::size_t k = 0; k < order_.size(); ++k) {
    value_[k] = points_[static_cast<std::size_t>(order_[k])];
  }
  if (!pairing_.pair(order_, std::span(value_).first(order_.size()), pairing, meetings_,
                     program_.most_choices)) {
    throw BadProgram{ProgramFault::no_pairing,
                     (row_ - program_.begin()) / static_cast<std::int64_t>(kInstructionWidth)};
  }
}

// Sorts those who are equal in all before by one more value, the highest first. `order_` holds the
// entrants, `places_` their places among the values.
void Replicate::refine(std::span<const std::int64_t> value) {
  const std::size_t count = order_.size();
  for (std::size_t from = 0, to; from < count; from = to) {
    const std::int32_t tier = tier_[static_cast<std::size_t>(order_[from])];
    to = from + 1;
    while (to < count && tier_[static_cast<std::size_t>(order_[to])] == tier) ++to;
    if (to == from + 1) continue;
    sort_places(places_.data() + from, places_.data() + to, [&](std::int32_t p, std::int32_t q) {
      const auto i = static_cast<std::size_t>(p), j = static_cast<std::size_t>(q);
      return value[i] != value[j] ? value[i] > value[j] : p < q;
    });
  }
}

std::int64_t Replicate::break_tie(std::int32_t breaker, std::int32_t item,
                                  std::int32_t tier) const {
  if (breaker == kWins) return wins_[static_cast<std::size_t>(item)];
  constexpr std::int64_t kHalves[] = {0, 2, 1};
  std::int64_t sum = 0;
  const std::size_t from = games_of(item);
  const auto n_games = static_cast<std::size_t>(n_games_[static_cast<std::size_t>(item)]);
  for (std::size_t k = from; k < from + n_games; ++k) {
    const auto other = static_cast<std::size_t>(opponent_[k]);
    if (breaker == kBuchholz) {
      sum += points_[other];
    } else if (breaker == kSonnebornBerger) {
      sum += kHalves[result_[k]] * points_[other];
    } else if (breaker == kRate) {
      sum += kHalves[result_[k]];
    } else if (tier_[other] == tier) {
      sum += gained_[result_[k]];
    }
  }
  if (breaker == kRate) {
    const std::int64_t byes = n_byes_[static_cast<std::size_t>(item)];
    const std::int64_t games = static_cast<std::int64_t>(n_games) + byes;
    return games == 0 ? std::int64_t{1} << 29 : ((sum + 2 * byes) << 30) / (2 * games);
  }
  return sum;
}

void Replicate::rank(const std::int32_t* row) {
  const std::int32_t count = row[2];
  const auto size = static_cast<std::size_t>(count);
  const std::int32_t* entrant = item_.data() + row[1];
  for (std::size_t k = 0; k < size; ++k) lot_[k] = draw();
  order_.assign(entrant, entrant + count);
  std::iota(places_.begin(), places_.begin() + count, 0);
  const std::span value(value_.data(), size);
  for (std::size_t k = 0; k < size; ++k) {
    value[k] = points_[static_cast<std::size_t>(entrant[k])];
    tier_[static_cast<std::size_t>(entrant[k])] = 0;
  }
  for (std::int32_t key = -1; key <= row[5]; ++key) {
    const bool lots = key == row[5];
    if (!lots && key >= 0) {
      const std::int32_t breaker = program_.breakers[static_cast<std::size_t>(row[4] + key)];
      // Of those only who are equal with a neighbour.
      for (std::size_t k = 0; k < size; ++k) {
        const std::int32_t item = order_[k], tier = tier_[static_cast<std::size_t>(item)];
        const bool equal = tier != static_cast<std::int32_t>(k) ||
                           (k + 1 < size && tier_[static_cast<std::size_t>(order_[k + 1])] == tier);
        if (equal) value[static_cast<std::size_t>(places_[k])] = break_tie(breaker, item, tier);
      }
    }
    const std::span<const std::int64_t> by = lots ? std::span(lot_).first(size) : value;
    refine(by);
    // Who is still equal shares a tier, which is named by its first place.
    bool equal = false;
    std::int32_t before = -1, tier = 0;
    for (std::size_t k = 0; k < size; ++k) {
      const auto place = static_cast<std::size_t>(places_[k]);
      const auto item = static_cast<std::size_t>(entrant[place]);
      const bool same = k > 0 && tier_[item] == before &&
                        by[place] == by[static_cast<std::size_t>(places_[k - 1])];
      before = tier_[item];
      if (!same) tier = static_cast<std::int32_t>(k);
      equal = equal || same;
      order_[k] = entrant[place];
      tier_[item] = tier;
    }
    if (!equal) break;
  }
  for (const std::int32_t item : order_) tier_[static_cast<std::size_t>(item)] = -1;
  std::copy(order_.begin(), order_.end(), item_.begin() + row[3]);
}

void Replicate::shuffle(const std::int32_t* row) {
  for (std::int32_t k = row[2] - 1; k > 0; --k) {
    std::swap(at(row[1] + k), at(row[1] + static_cast<std::int32_t>(draw_below(k + 1))));
  }
}

void Replicate::sort(const std::int32_t* row) {
  std::sort(item_.begin() + row[1], item_.begin() + row[1] + row[2]);
}

}  // namespace zermelo
