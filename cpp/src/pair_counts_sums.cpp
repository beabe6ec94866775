#include <utility>
#include <vector>

#include "zermelo/memory.hpp"
#include "zermelo/pair_counts.hpp"
#include "zermelo/parallel.hpp"
#include "zermelo/radix.hpp"

namespace zermelo {
namespace {

using radix::Segment;
using radix::TaggedRecord;  // the tag is the row: its columns are looked up when it is added

constexpr std::size_t kFractional = 3;
constexpr std::int64_t kAhead = 24;

struct Columns {
  std::span<const double> score;
  std::span<const std::int64_t> count;
  std::span<const double> weight;

  // The rows of a pair lie far apart: their columns are asked for ahead of time.
  void ask_for(const TaggedRecord& record) const {
    const auto row = static_cast<std::size_t>(record.tag);
    if (!count.empty()) prefetch(&count[row]);
    if (!weight.empty()) prefetch(&weight[row]);
    if ((record.bits & 3) == kFractional) prefetch(&score[row]);
  }
};

struct Accumulated {
  std::uint64_t n[kOutcomes] = {};
  double sums[kPairSums] = {};

  void add(const TaggedRecord& record, const Columns& columns) {
    const auto outcome = static_cast<std::size_t>(record.bits & 3);
    const auto row = static_cast<std::size_t>(record.tag);
    const std::int64_t count = columns.count.empty() ? 1 : columns.count[row];
    const double weight = columns.weight.empty() ? 1.0 : columns.weight[row];
    const double weighted = static_cast<double>(count) * weight;
    const double squared = weighted * weight;
    n[outcome] += static_cast<std::uint64_t>(count);
    if (outcome != kFractional) {
      sums[kSumLoss + outcome] += weighted;
      sums[kSumSquareLoss + outcome] += squared;
      return;
    }
    const double score = columns.score[row];
    sums[kSumFractional] += weighted;
    sums[kSumScore] += weighted * score;
    sums[kSumSquare] += squared;
    sums[kSumSquareScore] += squared * score;
    sums[kSumSquareScoreSquare] += squared * score * score;
  }
};

std::size_t count_distinct(const TaggedRecord* records, const Segment& segment) {
  std::size_t distinct = 1;
  for (std::int64_t i = segment.begin + 1; i < segment.end; ++i) {
    distinct += radix::key_of(records[i]) != radix::key_of(records[i - 1]);
  }
  return distinct;
}

}  // namespace

Result sum_pairs(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                 std::span<const std::uint8_t> outcome, std::span<const double> score,
                 std::span<const std::int64_t> count, std::span<const double> weight,
                 std::int32_t n_items, int threads, const Control& control,
                 SummedPairs& result) noexcept {
  return guarded([&]() -> Result {
    Team team(threads, control);
    const radix::PairCode code(n_items);
    auto [records, segments] = radix::partition<TaggedRecord>(
        team, std::ssize(first), code.key_bits(), 0, [&](std::int64_t i) {
          const auto row = static_cast<std::size_t>(i);
          return TaggedRecord{code.pack(first[row], second[row], outcome[row]),
                              static_cast<std::uint64_t>(i)};
        });
    TaggedRecord* const all = records.data();
    const std::vector<Segment>& parts = segments;

    Pool<radix::SortScratch<TaggedRecord>> pool(team.threads());
    std::vector<std::size_t> places(parts.size());
    team.run(std::ssize(parts), [&](std::int64_t part) {
      const Segment& segment = parts[static_cast<std::size_t>(part)];
      auto scratch = pool.borrow();
      radix::sort_segment(all + segment.begin, segment.size(), segment.bits, *scratch);
      places[static_cast<std::size_t>(part)] = count_distinct(all, segment);
    });
    std::size_t n_pairs = 0;
    for (std::size_t& place : places) n_pairs += std::exchange(place, n_pairs);

    result.first = Buffer<std::int32_t>(n_pairs);
    result.second = Buffer<std::int32_t>(n_pairs);
    result.n = Buffer<std::uint64_t>(n_pairs * kOutcomes);
    result.sums = Buffer<double>(n_pairs * kPairSums);
    const Columns columns{score, count, weight};
    team.run(std::ssize(parts), [&](std::int64_t part) {
      const Segment& segment = parts[static_cast<std::size_t>(part)];
      std::size_t place = places[static_cast<std::size_t>(part)];
      for (std::int64_t i = segment.begin; i < segment.end; ++place) {
        const std::uint64_t key = radix::key_of(all[i]);
        Accumulated pair;
        for (; i < segment.end && radix::key_of(all[i]) == key; ++i) {
          if (i + kAhead < segment.end) columns.ask_for(all[i + kAhead]);
          pair.add(all[i], columns);
        }
        result.first[place] = code.first(key);
        result.second[place] = code.second(key);
        for (std::size_t k = 0; k < kOutcomes; ++k) result.n[k * n_pairs + place] = pair.n[k];
        for (std::size_t k = 0; k < kPairSums; ++k) result.sums[k * n_pairs + place] = pair.sums[k];
      }
    });
    return {};
  });
}

}  // namespace zermelo
