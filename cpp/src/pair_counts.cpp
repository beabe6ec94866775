#include "zermelo/pair_counts.hpp"

#include <algorithm>
#include <atomic>
#include <type_traits>
#include <utility>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/parallel.hpp"
#include "zermelo/radix.hpp"

namespace zermelo {
namespace {

using radix::PairCode;
using radix::PlainRecord;
using radix::Segment;
using radix::TaggedRecord;

// A counting table has four slots a pair: one an outcome, and which outcomes occurred at all.
constexpr std::size_t kSlots = 4;
constexpr std::size_t kTie = 2;
constexpr std::size_t kOccurred = 3;

// So many possible pairs are counted in one table a thread, which takes 16 MB at most and stays in
// the cache; beyond, the table would grow with the square of the items.
constexpr std::int64_t kTablePairs = 1 << 20;
// Segments with at most this many bits of key left are counted in a table, the others sorted.
constexpr int kTableBits = 12;

struct Rows {
  std::span<const std::int32_t> first;
  std::span<const std::int32_t> second;
  std::span<const std::uint8_t> outcome;
  std::span<const std::int64_t> count;
  std::int32_t n_items;

  std::int64_t size() const { return std::ssize(first); }
};

bool total_fits_32_bits(const Rows& rows, Team& team) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 32;
  if (rows.count.empty()) return rows.size() < kLimit;
  const Chunks chunks(rows.size(), radix::kRowsPerChunk);
  std::vector<std::int64_t> sums(static_cast<std::size_t>(chunks.count()));
  team.run(chunks.count(), [&](std::int64_t chunk) {
    const Range range = chunks[chunk];
    std::int64_t sum = 0;
    // One count may be as large as 2^63 - 1: cut off, so that the sum cannot overflow.
    for (std::int64_t i = range.begin; i < range.end; ++i) {
      sum += std::min(rows.count[static_cast<std::size_t>(i)], kLimit);
    }
    sums[static_cast<std::size_t>(chunk)] = std::min(sum, kLimit);
  });
  std::int64_t total = 0;
  for (const std::int64_t sum : sums) total = std::min(total + sum, kLimit);
  return total < kLimit;
}

template <class Count>
void allocate(CountedPairs<Count>& pairs, std::size_t size) {
  pairs.first = Buffer<std::int32_t>(size);
  pairs.second = Buffer<std::int32_t>(size);
  pairs.win = Buffer<Count>(size);
  pairs.loss = Buffer<Count>(size);
  if (pairs.has_tie) pairs.tie = Buffer<Count>(size);
}

template <class Count>
void put(CountedPairs<Count>& pairs, std::size_t place, std::int32_t first, std::int32_t second,
         const Count* by_outcome) {
  pairs.first[place] = first;
  pairs.second[place] = second;
  pairs.loss[place] = by_outcome[0];
  pairs.win[place] = by_outcome[1];
  if (pairs.has_tie) pairs.tie[place] = by_outcome[kTie];
}

template <class Count>
void add(Count* slots, std::size_t outcome) {
  ++slots[outcome];
}

// With counts, which may be zero, the last slot remembers which outcomes occurred.
template <class Count>
void add(Count* slots, std::size_t outcome, std::uint64_t count) {
  slots[outcome] += static_cast<Count>(count);
  slots[kOccurred] |= Count{1} << outcome;
}

template <class Count>
bool occurs(const Count* slots) {
  return (slots[0] | slots[1] | slots[kTie] | slots[kOccurred]) != 0;
}

template <class Count>
bool has_tie(const Count* slots) {
  return slots[kTie] != 0 || (slots[kOccurred] >> kTie & 1) != 0;
}

// Every pair that can occur has a place in one table a thread: no records, no sorting. Integers
// are added, so it does not matter which table a chunk went to.
template <class Count>
void count_in_tables(const Rows& rows, Team& team, CountedPairs<Count>& pairs) {
  const auto n_items = static_cast<std::size_t>(rows.n_items);
  const std::size_t n_places = n_items * n_items * kSlots;
  Pool<std::vector<Count>> pool(team.threads());
  const Chunks chunks(rows.size(), radix::kRowsPerChunk);
  team.run(chunks.count(), [&](std::int64_t chunk) {
    auto table = pool.borrow([&] { return std::vector<Count>(n_places, 0); });
    Count* places = table->data();
    const auto slots = [&](std::size_t row) {
      return places + kSlots * (static_cast<std::size_t>(rows.first[row]) * n_items +
                                static_cast<std::size_t>(rows.second[row]));
    };
    const auto begin = static_cast<std::size_t>(chunks[chunk].begin);
    const auto end = static_cast<std::size_t>(chunks[chunk].end);
    if (rows.count.empty()) {
      for (std::size_t row = begin; row < end; ++row) add(slots(row), rows.outcome[row]);
    } else {
      for (std::size_t row = begin; row < end; ++row) {
        add(slots(row), rows.outcome[row], static_cast<std::uint64_t>(rows.count[row]));
      }
    }
  });

  std::vector<Count>& total = *pool.idle().front();
  for (std::size_t other = 1; other < pool.idle().size(); ++other) {
    const std::vector<Count>& part = *pool.idle()[other];
    for (std::size_t place = 0; place < n_places; place += kSlots) {
      for (std::size_t slot = 0; slot < kOccurred; ++slot)
        total[place + slot] += part[place + slot];
      total[place + kOccurred] |= part[place + kOccurred];
    }
  }
  std::size_t n_pairs = 0;
  for (std::size_t place = 0; place < n_places; place += kSlots) {
    n_pairs += occurs(total.data() + place);
    pairs.has_tie |= has_tie(total.data() + place);
  }
  allocate(pairs, n_pairs);
  std::size_t next = 0;
  const Count* slots = total.data();
  for (std::int32_t first = 0; first < rows.n_items; ++first) {
    for (std::int32_t second = 0; second < rows.n_items; ++second, slots += kSlots) {
      if (occurs(slots)) put(pairs, next++, first, second, slots);
    }
  }
}

template <class Count, class Record>
struct Scratch {
  std::vector<Count> table;
  radix::SortScratch<Record> sort;
};

// A table is zeroed and read for every segment, so it must not be much longer than the segment.
bool fits_table(const Segment& segment) {
  return segment.bits <= kTableBits && (std::int64_t{1} << segment.bits) <= 4 * segment.size();
}

void add_record(auto* slots, const PlainRecord& record) { add(slots, record.bits & 3); }
void add_record(auto* slots, const TaggedRecord& record) {
  add(slots, record.bits & 3, record.tag);
}

// Counts a segment in the scratch table, which has one place for each key it may hold.
template <class Count, class Record>
void fill_table(const Record* records, const Segment& segment, std::vector<Count>& table) {
  const std::uint64_t mask = (std::uint64_t{1} << segment.bits) - 1;
  table.assign(kSlots * (mask + 1), 0);
  for (std::int64_t i = segment.begin; i < segment.end; ++i) {
    add_record(table.data() + kSlots * (radix::key_of(records[i]) & mask), records[i]);
  }
}

// How many pairs a segment holds; a segment that is not counted in a table is left sorted.
template <class Count, class Record>
std::int64_t count_distinct(Record* records, const Segment& segment,
                            Scratch<Count, Record>& scratch) {
  std::int64_t distinct = 0;
  if (fits_table(segment)) {
    const std::uint64_t mask = (std::uint64_t{1} << segment.bits) - 1;
    // One count a key is enough to see which occur.
    scratch.table.assign(mask + 1, 0);
    for (std::int64_t i = segment.begin; i < segment.end; ++i) {
      scratch.table[radix::key_of(records[i]) & mask] = 1;
    }
    for (const Count seen : scratch.table) distinct += static_cast<std::int64_t>(seen);
    return distinct;
  }
  radix::sort_segment(records + segment.begin, segment.size(), segment.bits, scratch.sort);
  for (std::int64_t i = segment.begin + 1; i < segment.end; ++i) {
    distinct += radix::key_of(records[i]) != radix::key_of(records[i - 1]);
  }
  return distinct + 1;
}

template <class Count, class Record>
void put_segment(const Record* records, const Segment& segment, const PairCode& code,
                 Scratch<Count, Record>& scratch, std::size_t place, CountedPairs<Count>& pairs) {
  if (fits_table(segment)) {
    fill_table(records, segment, scratch.table);
    const std::uint64_t base = radix::key_of(records[segment.begin]) >> segment.bits
                                                                            << segment.bits;
    for (std::size_t offset = 0; offset * kSlots < scratch.table.size(); ++offset) {
      const Count* slots = scratch.table.data() + offset * kSlots;
      if (!occurs(slots)) continue;
      put(pairs, place++, code.first(base + offset), code.second(base + offset), slots);
    }
    return;
  }
  for (std::int64_t i = segment.begin; i < segment.end;) {
    const std::uint64_t key = radix::key_of(records[i]);
    Count slots[kSlots] = {};
    for (; i < segment.end && radix::key_of(records[i]) == key; ++i) add_record(slots, records[i]);
    put(pairs, place++, code.first(key), code.second(key), slots);
  }
}

template <class Count, class Record>
void count_partitioned(const Rows& rows, Team& team, CountedPairs<Count>& pairs) {
  const PairCode code(rows.n_items);
  auto [records, segments] =
      radix::partition<Record>(team, rows.size(), code.key_bits(), kTableBits, [&](std::int64_t i) {
        const auto row = static_cast<std::size_t>(i);
        const std::uint64_t bits = code.pack(rows.first[row], rows.second[row], rows.outcome[row]);
        if constexpr (std::is_same_v<Record, TaggedRecord>) {
          return Record{bits, static_cast<std::uint64_t>(rows.count[row])};
        } else {
          return Record{bits};
        }
      });
  Record* const all = records.data();
  const std::vector<Segment>& parts = segments;

  Pool<Scratch<Count, Record>> pool(team.threads());
  std::vector<std::int64_t> places(parts.size());
  std::atomic<bool> any_tie{false};
  team.run(std::ssize(parts), [&](std::int64_t part) {
    const Segment& segment = parts[static_cast<std::size_t>(part)];
    auto scratch = pool.borrow();
    places[static_cast<std::size_t>(part)] = count_distinct(all, segment, *scratch);
    std::uint64_t outcomes = 0;
    for (std::int64_t i = segment.begin; i < segment.end; ++i) outcomes |= all[i].bits;
    if ((outcomes & kTie) != 0) any_tie.store(true, std::memory_order_relaxed);
  });
  std::int64_t n_pairs = 0;
  for (std::int64_t& place : places) n_pairs += std::exchange(place, n_pairs);
  pairs.has_tie = any_tie.load(std::memory_order_relaxed);
  allocate(pairs, static_cast<std::size_t>(n_pairs));
  team.run(std::ssize(parts), [&](std::int64_t part) {
    auto scratch = pool.borrow();
    put_segment(all, parts[static_cast<std::size_t>(part)], code, *scratch,
                static_cast<std::size_t>(places[static_cast<std::size_t>(part)]), pairs);
  });
}

template <class Count>
void count(const Rows& rows, Team& team, CountedPairs<Count>& pairs) {
  const std::int64_t n_possible = static_cast<std::int64_t>(rows.n_items) * rows.n_items;
  if (n_possible <= kTablePairs && n_possible <= rows.size()) {
    count_in_tables(rows, team, pairs);
  } else if (rows.count.empty()) {
    count_partitioned<Count, PlainRecord>(rows, team, pairs);
  } else {
    count_partitioned<Count, TaggedRecord>(rows, team, pairs);
  }
}

}  // namespace

Result count_pairs(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                   std::span<const std::uint8_t> outcome, std::span<const std::int64_t> counts,
                   std::int32_t n_items, int threads, const Control& control,
                   PairCounts& result) noexcept {
  return guarded([&]() -> Result {
    const Rows rows{first, second, outcome, counts, n_items};
    Team team(threads, control);
    if (total_fits_32_bits(rows, team)) {
      count(rows, team, result.emplace<CountedPairs<std::uint32_t>>());
    } else {
      count(rows, team, result.emplace<CountedPairs<std::uint64_t>>());
    }
    return {};
  });
}

}  // namespace zermelo
