#include "bracket_lanes.hpp"

#include <algorithm>
#include <iterator>

#include "bracket_random.hpp"

namespace zermelo {

namespace {

constexpr std::size_t kLanes = kReplicateLanes;
// From so many candidates on, a counter a lane is cheaper than a comparison a candidate.
constexpr std::size_t kMostCandidates = 12;

struct alignas(64) Lanes {
  std::int32_t lane[kLanes];
};

struct alignas(64) Words {
  std::uint32_t s0[kLanes], s1[kLanes], s2[kLanes], s3[kLanes];
};

struct Batch {
  Lanes* item;     // a register
  Lanes* counter;  // a counted exit
  Lanes* rematches;
  const std::int32_t* counted_item;
  std::int64_t* counts;  // (items, bands)
  std::int64_t n_bands;
  const std::int32_t* below;
  std::int32_t n_items;
  std::size_t n_reset;  // registers that begin with their items again in every batch
};

ZERMELO_ALWAYS_INLINE std::int32_t next(Words& words, std::size_t lane) {
  Xoshiro<std::uint32_t> random{words.s0[lane], words.s1[lane], words.s2[lane], words.s3[lane]};
  std::uint32_t bits;
  random.next(bits);
  words.s0[lane] = random.s0;
  words.s1[lane] = random.s1;
  words.s2[lane] = random.s2;
  words.s3[lane] = random.s3;
  return static_cast<std::int32_t>(bits);
}

// One where the mask is -1, the other where it is 0.
ZERMELO_ALWAYS_INLINE std::int32_t blend(std::int32_t mask, std::int32_t one, std::int32_t other) {
  return other ^ ((one ^ other) & mask);
}

template <LaneStep step, bool flips>
ZERMELO_ALWAYS_INLINE void play_match(const LaneRow& row, const Batch& batch, Words& random) {
  const std::int32_t n = batch.n_items;
  const std::int32_t* table = batch.below + row.table;
  const std::int32_t *a_lanes = batch.item[row.a].lane, *b_lanes = batch.item[row.b].lane;
  std::int32_t *win = batch.item[row.win].lane, *lose = batch.item[row.lose].lane;
  // What is known of the result: it is `always`, where `open` is 0.
  const std::int32_t open = row.forced == kFree ? -1 : 0, always = row.forced == 0 ? -1 : 0;
  constexpr bool looks_up = step == LaneStep::match || step == LaneStep::rematch;
  Lanes flipped, found;
  if constexpr (flips) {
    ZERMELO_EVERY_LANE flipped.lane[lane] = next(random, lane) < (1 << 30) ? -1 : 0;
  }
  if constexpr (looks_up) {
    ZERMELO_EVERY_LANE {
      const std::int32_t a = a_lanes[lane], b = b_lanes[lane];
      std::int32_t cell = a * n + b;
      if constexpr (flips) cell = blend(flipped.lane[lane], b * n + a, cell);
      found.lane[lane] = cell;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) found.lane[lane] = table[found.lane[lane]];
  }
  const std::int32_t (&bound)[2][4] = row.bound;
  ZERMELO_EVERY_LANE {
    const std::int32_t bits = next(random, lane);
    const std::int32_t flip = flips ? flipped.lane[lane] : 0;
    const std::int32_t a = step == LaneStep::known_match ? row.a_item : a_lanes[lane];
    const std::int32_t b = step == LaneStep::known_match ? row.b_item : b_lanes[lane];
    std::int32_t limit;
    if constexpr (looks_up) {
      limit = found.lane[lane];
    } else if constexpr (step == LaneStep::known_match) {
      limit = blend(flip, bound[1][0], bound[0][0]);
    } else {
      const std::int32_t is_a = a == row.a_item ? -1 : 0, is_b = b == row.b_item ? -1 : 0;
      limit =
          blend(is_b, blend(is_a, bound[0][0], bound[0][1]), blend(is_a, bound[0][2], bound[0][3]));
      if constexpr (flips) {
        limit = blend(flip,
                      blend(is_b, blend(is_a, bound[1][0], bound[1][1]),
                            blend(is_a, bound[1][2], bound[1][3])),
                      limit);
      }
    }
    std::int32_t b_wins = (bits > limit ? -1 : 0) ^ flip;
    b_wins = blend(open, b_wins, always);
    std::int32_t winner = blend(b_wins, b, a), loser = a ^ b ^ winner;
    if constexpr (step == LaneStep::rematch) {
      const std::int32_t played = win[lane] == b ? -1 : 0;
      batch.rematches->lane[lane] -= played;
      winner = blend(played, winner, win[lane]);
      loser = blend(played, loser, lose[lane]);
    }
    win[lane] = winner;
    lose[lane] = loser;
  }
}

ZERMELO_ALWAYS_INLINE void shuffle(const LaneRow& row, const Batch& batch, Words& random) {
  Lanes* first = batch.item + row.a;
  for (std::int32_t k = row.b - row.a; k > 0; --k) {
    Lanes bits;
    ZERMELO_EVERY_LANE bits.lane[lane] = next(random, lane);
    const auto size = static_cast<std::uint64_t>(k) + 1;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t other = (static_cast<std::uint64_t>(bits.lane[lane]) * size) >> 31;
      std::swap(first[k].lane[lane], first[other].lane[lane]);
    }
  }
}

template <bool flips>
ZERMELO_ALWAYS_INLINE void play_rows(std::span<const LaneRow> rows, const Batch& batch,
                                     Words& random) {
  for (const LaneRow& row : rows) {
    switch (row.step) {
      case LaneStep::known_match:
        play_match<LaneStep::known_match, flips>(row, batch, random);
        break;
      case LaneStep::choice_match:
        play_match<LaneStep::choice_match, flips>(row, batch, random);
        break;
      case LaneStep::match:
        play_match<LaneStep::match, flips>(row, batch, random);
        break;
      case LaneStep::rematch:
        play_match<LaneStep::rematch, flips>(row, batch, random);
        break;
      case LaneStep::shuffle:
        shuffle(row, batch, random);
        break;
      case LaneStep::exchange: {
        std::int32_t *a = batch.item[row.a].lane, *b = batch.item[row.b].lane;
        ZERMELO_EVERY_LANE {
          const std::int32_t low = std::min(a[lane], b[lane]), high = std::max(a[lane], b[lane]);
          a[lane] = low;
          b[lane] = high;
        }
        break;
      }
      case LaneStep::copy:
        batch.item[row.b] = batch.item[row.a];
        break;
      case LaneStep::few_exits: {
        const std::int32_t* item = batch.item[row.a].lane;
        for (std::int32_t k = row.counted_begin; k < row.counted_end; ++k) {
          std::int32_t* counter = batch.counter[k].lane;
          const std::int32_t counted = batch.counted_item[k];
          ZERMELO_EVERY_LANE counter[lane] -= item[lane] == counted ? -1 : 0;
        }
        break;
      }
      case LaneStep::many_exits: {
        const Lanes& item = batch.item[row.a];
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          ++batch.counts[item.lane[lane] * batch.n_bands + row.band];
        }
        break;
      }
    }
  }
}

ZERMELO_CLONES
void play_batches(std::span<const LaneRow> rows, bool flips, std::uint64_t key,
                  std::int64_t first_replicate, std::int64_t n_batches, const Batch& batch) {
  for (std::int64_t at = 0; at < n_batches; ++at) {
    Words random;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::uint32_t own[4];
      replicate_words(key, first_replicate + at * kReplicateLanes + static_cast<std::int64_t>(lane),
                      own);
      random.s0[lane] = own[0];
      random.s1[lane] = own[1];
      random.s2[lane] = own[2];
      random.s3[lane] = own[3];
    }
    for (std::size_t item = 0; item < batch.n_reset; ++item) {
      std::fill_n(batch.item[item].lane, kLanes, static_cast<std::int32_t>(item));
    }
    flips ? play_rows<true>(rows, batch, random) : play_rows<false>(rows, batch, random);
  }
}

std::vector<std::int32_t> united(const std::vector<std::int32_t>& a,
                                 const std::vector<std::int32_t>& b) {
  std::vector<std::int32_t> both;
  if (a.empty() || b.empty()) return both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  if (both.size() > kMostCandidates) both.clear();
  return both;
}

}  // namespace

LaneProgram::LaneProgram(const Program& program)
    : flips_(program.flips),
      n_items_(program.n_items),
      n_registers_(program.n_registers),
      n_bands_(program.n_bands) {
  constexpr std::int32_t kMostItems = 1 << 15;  // cells of a table are numbered by 32 bits
  possible_ = n_items_ <= kMostItems;
  below_.reserve(program.first_below.size());
  for (const std::uint32_t threshold : program.first_below) {
    below_.push_back(static_cast<std::int32_t>(static_cast<std::int64_t>(threshold) - 1));
  }
  std::vector<Candidates> held(static_cast<std::size_t>(n_registers_));
  for (std::int32_t item = 0; item < n_items_; ++item)
    held[static_cast<std::size_t>(item)] = {item};
  for (const std::int32_t* row = program.begin(); row != program.end() && possible_;
       row += kInstructionWidth) {
    possible_ = add(row, held);
  }
}

bool LaneProgram::add(const std::int32_t* row, std::vector<Candidates>& held) {
  switch (row[0]) {
    case kMatch:
    case kRematch:
      add_match(row, held);
      return true;
    case kShuffle:
    case kSort: {
      moves_items_ = moves_items_ || row[1] < n_items_;
      Candidates all = held[static_cast<std::size_t>(row[1])];
      for (std::int32_t k = 1; k < row[2]; ++k) {
        all = united(all, held[static_cast<std::size_t>(row[1] + k)]);
      }
      std::fill_n(held.begin() + row[1], row[2], all);
      if (row[0] == kSort) {
        add_sort(row[1], row[2]);
      } else {
        rows_.push_back({.step = LaneStep::shuffle, .a = row[1], .b = row[1] + row[2] - 1});
      }
      return true;
    }
    case kCopy:
      moves_items_ = moves_items_ || row[2] < n_items_;
      held[static_cast<std::size_t>(row[2])] = Candidates(held[static_cast<std::size_t>(row[1])]);
      rows_.push_back({.step = LaneStep::copy, .a = row[1], .b = row[2]});
      return true;
    case kExit:
      add_exit(row[1], row[2], held[static_cast<std::size_t>(row[1])]);
      return true;
    default:
      return false;
  }
}

void LaneProgram::add_match(const std::int32_t* row, std::vector<Candidates>& held) {
  const Candidates a = held[static_cast<std::size_t>(row[1])];
  const Candidates b = held[static_cast<std::size_t>(row[2])];
  Candidates& win = held[static_cast<std::size_t>(row[3])];
  Candidates& lose = held[static_cast<std::size_t>(row[4])];
  LaneRow added{.step = LaneStep::match,
                .forced = row[7],
                .a = row[1],
                .b = row[2],
                .win = row[3],
                .lose = row[4]};
  moves_items_ = moves_items_ || row[3] < n_items_ || row[4] < n_items_;
  const std::int64_t n = n_items_;
  added.table = row[5] * n * n;
  const Candidates either = united(a, b);
  if (row[0] == kRematch) {
    added.step = LaneStep::rematch;
    win = united(win, either);
    lose = united(lose, either);
    rows_.push_back(added);
    return;
  }
  ++n_matches_;
  win = lose = either;
  if (!a.empty() && !b.empty() && a.size() <= 2 && b.size() <= 2) {
    const bool known = a.size() == 1 && b.size() == 1;
    added.step = known ? LaneStep::known_match : LaneStep::choice_match;
    added.a_item = a.front();
    added.b_item = b.front();
    const std::int32_t entrants[4][2] = {
        {a.front(), b.front()}, {a.back(), b.front()}, {a.front(), b.back()}, {a.back(), b.back()}};
    for (int k = 0; k < 4; ++k) {
      const std::int64_t i = entrants[k][0], j = entrants[k][1];
      added.bound[0][k] = below_[static_cast<std::size_t>(added.table + i * n + j)];
      added.bound[1][k] = below_[static_cast<std::size_t>(added.table + j * n + i)];
    }
  }
  rows_.push_back(added);
}

// Batcher's network (Knuth 1998, algorithm 5.2.2M).
void LaneProgram::add_sort(std::int32_t first, std::int32_t count) {
  std::int32_t top = 1;
  while (2 * top < count) top *= 2;
  for (std::int32_t p = top; p > 0; p /= 2) {
    std::int32_t q = top, r = 0, d = p;
    for (;;) {
      for (std::int32_t i = 0; i + d < count; ++i) {
        if ((i & p) != r) continue;
        rows_.push_back({.step = LaneStep::exchange, .a = first + i, .b = first + i + d});
      }
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

void LaneProgram::add_exit(std::int32_t place, std::int32_t band, const Candidates& held) {
  if (held.empty()) {
    rows_.push_back({.step = LaneStep::many_exits, .a = place, .band = band});
    return;
  }
  const auto begin = static_cast<std::int32_t>(counted_.size());
  for (std::size_t k = 0; k + 1 < held.size(); ++k) counted_.push_back({held[k], band});
  const auto end = static_cast<std::int32_t>(counted_.size());
  rests_.push_back({{held.back(), band}, begin, end});
  if (begin == end) return;
  rows_.push_back(
      {.step = LaneStep::few_exits, .a = place, .counted_begin = begin, .counted_end = end});
}

void LaneProgram::play(std::uint64_t key, std::int64_t first_replicate, std::int64_t n_batches,
                       std::span<std::int64_t> counts, std::int64_t& n_matches) const {
  std::vector<Lanes> item(static_cast<std::size_t>(n_registers_)), counter(counted_.size());
  for (std::int32_t i = 0; i < n_registers_; ++i) {
    std::fill_n(item[static_cast<std::size_t>(i)].lane, kLanes, i < n_items_ ? i : 0);
  }
  Lanes rematches{};
  std::vector<std::int32_t> counted_item(counted_.size());
  std::transform(counted_.begin(), counted_.end(), counted_item.begin(),
                 [](const Counted& exit) { return exit.item; });
  const Batch batch{
      item.data(),         counter.data(), &rematches,
      counted_item.data(), counts.data(),  n_bands_,
      below_.data(),       n_items_,       moves_items_ ? static_cast<std::size_t>(n_items_) : 0};
  play_batches(rows_, flips_, key, first_replicate, n_batches, batch);

  const auto total = [](const Lanes& lanes) {
    std::int64_t sum = 0;
    for (const std::int32_t lane : lanes.lane) sum += lane;
    return sum;
  };
  const auto count_of = [&](const Counted& exit) -> std::int64_t& {
    return counts[static_cast<std::size_t>(exit.item) * static_cast<std::size_t>(n_bands_) +
                  static_cast<std::size_t>(exit.band)];
  };
  const std::int64_t n_replicates = n_batches * kReplicateLanes;
  for (const Rest& rest : rests_) {
    std::int64_t left = n_replicates;
    for (std::int32_t k = rest.counted_begin; k < rest.counted_end; ++k) {
      const auto place = static_cast<std::size_t>(k);
      const std::int64_t times = total(counter[place]);
      count_of(counted_[place]) += times;
      left -= times;
    }
    count_of(rest.exit) += left;
  }
  n_matches += n_matches_ * n_replicates + total(rematches);
}

}  // namespace zermelo
