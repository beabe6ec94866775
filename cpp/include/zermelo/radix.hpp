// Records of comparisons ordered by pair: a parallel, stable radix partition into segments that fit
// the cache, each of which is then finished on its own.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/parallel.hpp"
#include "zermelo/types.hpp"

namespace zermelo::radix {

// The standard library's bit_width returns an int in some versions and its argument's type in
// others.
inline int bits_of(std::uint64_t value) { return static_cast<int>(std::bit_width(value)); }

// The key of an ordered pair is first << item_bits | second, which sorts by (first, second) and
// comes apart without a division; the lowest two bits of a record hold the outcome.
class PairCode {
 public:
  explicit PairCode(std::int32_t n_items)
      : item_bits_(bits_of(static_cast<std::uint64_t>(std::max(n_items - 1, 1)))) {}

  int key_bits() const { return 2 * item_bits_; }
  std::uint64_t pack(std::int32_t first, std::int32_t second, std::uint8_t outcome) const {
    const std::uint64_t key =
        static_cast<std::uint64_t>(first) << item_bits_ | static_cast<std::uint64_t>(second);
    return key << 2 | outcome;
  }
  std::int32_t first(std::uint64_t key) const {
    return static_cast<std::int32_t>(key >> item_bits_);
  }
  std::int32_t second(std::uint64_t key) const {
    return static_cast<std::int32_t>(key & ((std::uint64_t{1} << item_bits_) - 1));
  }

 private:
  int item_bits_;
};

struct PlainRecord {
  std::uint64_t bits;
};

// A record that carries a row's count, or the number of the row.
struct TaggedRecord {
  std::uint64_t bits;
  std::uint64_t tag;
};

template <class Record>
std::uint64_t key_of(const Record& record) {
  return record.bits >> 2;
}

// Records [begin, end) agree in every bit of their keys above the lowest `bits`.
struct Segment {
  std::int64_t begin;
  std::int64_t end;
  int bits;

  std::int64_t size() const { return end - begin; }
};

inline constexpr std::int64_t kRowsPerChunk = 1 << 19;
inline constexpr std::int64_t kRecordsPerSegment = 1 << 14;  // aimed at
inline constexpr std::int64_t kLargestSegment = 1 << 19;     // partitioned further above this
inline constexpr int kPartitionBits = 11;

// How many bits of the key one partition of `size` records uses.
inline int partition_bits(std::int64_t size, int key_bits) {
  const auto segments = static_cast<std::uint64_t>(size / kRecordsPerSegment);
  return std::min({bits_of(segments), kPartitionBits, key_bits});
}

// Writes the records that read(i) makes for i in [0, size) to `target`, stably ordered by the
// `digit_bits` bits of their keys above `shift`. Returns the borders of the 2^digit_bits buckets.
template <class Record, class Read>
std::vector<std::int64_t> distribute(Team& team, std::int64_t size, int shift, int digit_bits,
                                     Read&& read, Record* target) {
  // Several cache lines are gathered per bucket before they are written out: writing to a thousand
  // places one record at a time misses the cache and the address cache each time, and whether a
  // batch is full is a branch that nobody can predict.
  constexpr std::int64_t kBatch = 256 / sizeof(Record);
  const std::int64_t n_buckets = std::int64_t{1} << digit_bits;
  const auto buckets = static_cast<std::size_t>(n_buckets);
  const auto digit = [shift, mask = static_cast<std::uint64_t>(n_buckets - 1)](const Record& r) {
    return static_cast<std::size_t>(key_of(r) >> shift & mask);
  };

  const Chunks chunks(size, kRowsPerChunk);
  const auto n_chunks = static_cast<std::size_t>(chunks.count());
  std::vector<std::int64_t> places(n_chunks * buckets, 0);
  team.run(chunks.count(), [&](std::int64_t chunk) {
    std::int64_t* histogram = places.data() + static_cast<std::size_t>(chunk) * buckets;
    const Range rows = chunks[chunk];
    for (std::int64_t i = rows.begin; i < rows.end; ++i) ++histogram[digit(read(i))];
  });

  std::vector<std::int64_t> borders(buckets + 1);
  std::int64_t total = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    borders[bucket] = total;
    for (std::size_t chunk = 0; chunk < n_chunks; ++chunk) {
      total += std::exchange(places[chunk * buckets + bucket], total);
    }
  }
  borders[buckets] = total;

  struct Slot {
    std::int64_t next;
    std::int64_t start;  // of this chunk's records: what lies before is another chunk's
  };
  struct Staging {
    Buffer<Record> batches;
    Buffer<Slot> slots;
  };
  Pool<Staging> pool(team.threads());
  team.run(chunks.count(), [&](std::int64_t chunk) {
    auto staging = pool.borrow(
        [&] { return Staging{Buffer<Record>(buckets * kBatch), Buffer<Slot>(buckets)}; });
    const std::int64_t* start = places.data() + static_cast<std::size_t>(chunk) * buckets;
    Record* batches = staging->batches.data();
    Slot* slots = staging->slots.data();
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
      slots[bucket] = {start[bucket], start[bucket]};
    }
    const Range rows = chunks[chunk];
    for (std::int64_t i = rows.begin; i < rows.end; ++i) {
      const Record record = read(i);
      const std::size_t bucket = digit(record);
      Slot& slot = slots[bucket];
      const std::int64_t place = slot.next++;
      Record* batch = batches + bucket * kBatch;
      batch[place % kBatch] = record;
      if (place % kBatch == kBatch - 1) {
        const std::int64_t begin = place + 1 - kBatch;
        if (begin >= slot.start) {
          std::memcpy(target + begin, batch, sizeof(Record) * kBatch);
        } else {
          std::copy(batch + slot.start % kBatch, batch + kBatch, target + slot.start);
        }
      }
    }
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
      const auto [end, first] = slots[bucket];
      const std::int64_t begin = std::max(end - end % kBatch, first);
      const Record* batch = batches + bucket * kBatch;
      std::copy_n(batch + begin % kBatch, end - begin, target + begin);
    }
  });
  return borders;
}

template <class Record>
struct Partition {
  Buffer<Record> records;
  std::vector<Segment> segments;  // ordered by key; none is empty
};

// Partitions the records that read(i) makes until each segment is small, or is left with at most
// `table_bits` bits, where its size does not matter. The order of rows within a key is kept.
template <class Record, class Read>
Partition<Record> partition(Team& team, std::int64_t size, int key_bits, int table_bits,
                            Read&& read) {
  Partition<Record> result;
  result.records = Buffer<Record>(static_cast<std::size_t>(size));
  Record* records = result.records.data();

  // The segment to look at next is at the back, so that they come out in the order of their keys.
  std::vector<Segment> pending;
  const auto push = [&pending](const std::vector<std::int64_t>& borders, std::int64_t origin,
                               int bits) {
    for (std::size_t bucket = borders.size() - 1; bucket-- > 0;) {
      if (borders[bucket] == borders[bucket + 1]) continue;
      pending.push_back({origin + borders[bucket], origin + borders[bucket + 1], bits});
    }
  };
  const int digit_bits = partition_bits(size, key_bits);
  push(distribute(team, size, key_bits - digit_bits, digit_bits, read, records), 0,
       key_bits - digit_bits);
  while (!pending.empty()) {
    const Segment segment = pending.back();
    pending.pop_back();
    if (segment.size() <= kLargestSegment || segment.bits <= table_bits) {
      result.segments.push_back(segment);
      continue;
    }
    // Few items have most of the rows here.
    const int more_bits = partition_bits(segment.size(), segment.bits);
    Buffer<Record> sorted(static_cast<std::size_t>(segment.size()));
    const Record* source = records + segment.begin;
    const auto borders = distribute(
        team, segment.size(), segment.bits - more_bits, more_bits,
        [source](std::int64_t i) -> const Record& { return source[i]; }, sorted.data());
    const Chunks chunks(segment.size(), kRowsPerChunk);
    team.run(chunks.count(), [&](std::int64_t chunk) {
      const Range rows = chunks[chunk];
      std::copy(sorted.data() + rows.begin, sorted.data() + rows.end,
                records + segment.begin + rows.begin);
    });
    push(borders, segment.begin, segment.bits - more_bits);
  }
  return result;
}

template <class Record>
struct SortScratch {
  std::vector<Record> records;
  std::vector<std::uint32_t> histogram;
};

// Sorts a segment stably by the lowest `bits` bits of the keys, least significant digit first.
template <class Record>
void sort_segment(Record* records, std::int64_t size, int bits, SortScratch<Record>& scratch) {
  constexpr std::int64_t kInsertion = 24;
  constexpr int kDigitBits = 12;
  if (bits == 0) return;
  if (size <= kInsertion) {
    for (std::int64_t i = 1; i < size; ++i) {
      const Record record = records[i];
      std::int64_t j = i;
      for (; j > 0 && key_of(records[j - 1]) > key_of(record); --j) records[j] = records[j - 1];
      records[j] = record;
    }
    return;
  }
  // Digits no wider than the segment is long: the histograms cost less than the records.
  const int widest = std::min(kDigitBits, bits_of(static_cast<std::uint64_t>(size)));
  const int passes = (bits + widest - 1) / widest;
  const int digit_bits = (bits + passes - 1) / passes;
  const std::size_t radix = std::size_t{1} << digit_bits;
  const std::uint64_t mask = radix - 1;
  scratch.histogram.assign(radix * static_cast<std::size_t>(passes), 0);
  if (scratch.records.size() < static_cast<std::size_t>(size)) {
    scratch.records.resize(static_cast<std::size_t>(size));
  }
  std::uint32_t* histogram = scratch.histogram.data();
  for (std::int64_t i = 0; i < size; ++i) {
    std::uint64_t key = key_of(records[i]);
    for (int pass = 0; pass < passes; ++pass, key >>= digit_bits) {
      ++histogram[static_cast<std::size_t>(pass) * radix + (key & mask)];
    }
  }
  Record* from = records;
  Record* to = scratch.records.data();
  for (int pass = 0; pass < passes; ++pass, histogram += radix) {
    const int shift = pass * digit_bits;
    std::uint32_t total = 0;
    for (std::size_t value = 0; value < radix; ++value) {
      total += std::exchange(histogram[value], total);
    }
    for (std::int64_t i = 0; i < size; ++i) {
      to[histogram[key_of(from[i]) >> shift & mask]++] = from[i];
    }
    std::swap(from, to);
  }
  if (from != records) std::copy_n(from, size, records);
}

}  // namespace zermelo::radix
