#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "check.hpp"
#include "zermelo/pair_counts.hpp"

namespace {

using zermelo::Status;

struct Table {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;
  std::vector<std::uint8_t> outcome;
  std::vector<double> score;
  std::vector<std::int64_t> count;
  std::vector<double> weight;
  std::int32_t n_items = 0;
};

// `skew` > 1 crowds the items at the low codes; `outcomes` of the codes 0, 1, 2, 3 occur.
Table random_table(std::size_t rows, std::int32_t n_items, int outcomes, double skew,
                   unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  const auto item = [&] {
    return static_cast<std::int32_t>(std::pow(uniform(random), skew) * n_items);
  };
  Table table;
  table.n_items = n_items;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int32_t first = item();
    std::int32_t second = item();
    if (second == first) second = (first + 1) % n_items;
    table.first.push_back(first);
    table.second.push_back(second);
    table.outcome.push_back(static_cast<std::uint8_t>(random() % static_cast<unsigned>(outcomes)));
    table.score.push_back(uniform(random));
    table.count.push_back(static_cast<std::int64_t>(random() % 4));
    table.weight.push_back(uniform(random));
  }
  return table;
}

using Key = std::pair<std::int32_t, std::int32_t>;

std::map<Key, std::array<std::uint64_t, 3>> counted_slowly(const Table& table, bool with_count) {
  std::map<Key, std::array<std::uint64_t, 3>> pairs;
  for (std::size_t row = 0; row < table.first.size(); ++row) {
    pairs[{table.first[row], table.second[row]}][table.outcome[row]] +=
        with_count ? static_cast<std::uint64_t>(table.count[row]) : 1;
  }
  return pairs;
}

template <class Count>
bool equal(const zermelo::CountedPairs<Count>& pairs,
           const std::map<Key, std::array<std::uint64_t, 3>>& expected) {
  if (pairs.first.size() != expected.size()) return false;
  std::size_t place = 0;
  for (const auto& [key, counts] : expected) {
    if (pairs.first[place] != key.first || pairs.second[place] != key.second) return false;
    if (pairs.loss[place] != counts[0] || pairs.win[place] != counts[1]) return false;
    if (pairs.has_tie ? pairs.tie[place] != counts[2] : counts[2] != 0) return false;
    ++place;
  }
  return true;
}

void test_count(const Table& table, bool with_count) {
  const auto expected = counted_slowly(table, with_count);
  const std::vector<std::int64_t> no_count;
  for (const int threads : {1, 2, 3}) {
    zermelo::PairCounts result;
    CHECK(zermelo::count_pairs(table.first, table.second, table.outcome,
                               with_count ? table.count : no_count, table.n_items, threads, {},
                               result)
              .status == Status::ok);
    CHECK(std::visit([&](const auto& pairs) { return equal(pairs, expected); }, result));
  }
}

void test_wide_counts() {
  Table table = random_table(1000, 30, 3, 1.0, 5);
  for (std::int64_t& count : table.count) count = std::int64_t{1} << 30;
  for (const std::int32_t n_items : {30, 50'000}) {  // in a table, and sorted
    table.n_items = n_items;
    zermelo::PairCounts result;
    CHECK(zermelo::count_pairs(table.first, table.second, table.outcome, table.count, n_items, 2,
                               {}, result)
              .status == Status::ok);
    CHECK(std::holds_alternative<zermelo::CountedPairs<std::uint64_t>>(result));
    test_count(table, true);
  }
  // The total reaches 2^32 exactly.
  Table two = random_table(2, 4, 1, 1.0, 1);
  two.count = {std::int64_t{1} << 32, 0};
  zermelo::PairCounts result;
  const auto is_wide = [&] {
    zermelo::count_pairs(two.first, two.second, two.outcome, two.count, 4, 1, {}, result);
    return std::holds_alternative<zermelo::CountedPairs<std::uint64_t>>(result);
  };
  CHECK(is_wide());
  two.count[0] -= 1;
  CHECK(!is_wide());
  two.count[1] = std::numeric_limits<std::int64_t>::max();
  CHECK(is_wide());
}

void test_no_ties_and_zero_counts() {
  const std::vector<std::int32_t> first{1, 0, 1};
  const std::vector<std::int32_t> second{0, 1, 0};
  const std::vector<std::uint8_t> outcome{1, 0, 1};
  const std::vector<std::int64_t> zero(3, 0);
  for (const std::int32_t n_items : {2, 2'000'000'000}) {
    zermelo::PairCounts result;
    CHECK(zermelo::count_pairs(first, second, outcome, zero, n_items, 1, {}, result).status ==
          Status::ok);
    const auto& pairs = std::get<0>(result);
    CHECK(pairs.first.size() == 2 && !pairs.has_tie && pairs.tie.empty());
    CHECK(pairs.first[0] == 0 && pairs.second[0] == 1 && pairs.loss[0] == 0);
    CHECK(pairs.first[1] == 1 && pairs.second[1] == 0 && pairs.win[1] == 0);
  }
  zermelo::PairCounts result;
  CHECK(zermelo::count_pairs({}, {}, {}, {}, 5, 2, {}, result).status == Status::ok);
  CHECK(std::get<0>(result).first.empty());
}

struct Sums {
  std::array<std::uint64_t, zermelo::kOutcomes> n{};
  std::array<double, zermelo::kPairSums> sums{};
};

void test_sum(const Table& table, bool with_count, bool with_weight) {
  std::map<Key, Sums> expected;
  for (std::size_t row = 0; row < table.first.size(); ++row) {
    Sums& pair = expected[{table.first[row], table.second[row]}];
    const std::int64_t count = with_count ? table.count[row] : 1;
    const double weight = with_weight ? table.weight[row] : 1.0;
    const double cw = static_cast<double>(count) * weight;
    const double y = table.score[row];
    const std::size_t outcome = table.outcome[row];
    pair.n[outcome] += static_cast<std::uint64_t>(count);
    if (outcome < 3) {
      pair.sums[outcome] += cw;
      pair.sums[3 + outcome] += cw * weight;
    } else {
      pair.sums[6] += cw;
      pair.sums[7] += cw * y;
      pair.sums[8] += cw * weight;
      pair.sums[9] += cw * weight * y;
      pair.sums[10] += cw * weight * y * y;
    }
  }
  const std::vector<std::int64_t> no_count;
  const std::vector<double> no_weight;
  for (const int threads : {1, 2, 3}) {
    zermelo::SummedPairs result;
    CHECK(zermelo::sum_pairs(table.first, table.second, table.outcome, table.score,
                             with_count ? table.count : no_count,
                             with_weight ? table.weight : no_weight, table.n_items, threads, {},
                             result)
              .status == Status::ok);
    if (!CHECK(result.first.size() == expected.size())) return;
    bool all = true;
    std::size_t place = 0;
    for (const auto& [key, pair] : expected) {
      all &= result.first[place] == key.first && result.second[place] == key.second;
      for (std::size_t k = 0; k < pair.n.size(); ++k) {
        all &= result.n[k * expected.size() + place] == pair.n[k];
      }
      // Added in the order of the rows, hence equal to the last bit.
      for (std::size_t k = 0; k < pair.sums.size(); ++k) {
        all &= result.sums[k * expected.size() + place] == pair.sums[k];
      }
      ++place;
    }
    CHECK(all);
  }
}

void test_scores() {
  std::vector<double> score(600'000, 0.25);
  for (std::size_t i = 0; i < score.size(); i += 2) score[i] = static_cast<double>(i / 2 % 3) / 2.0;
  std::vector<std::uint8_t> codes(score.size());
  std::int64_t n_fractional = -1;
  for (const int threads : {1, 2, 3}) {
    zermelo::Result result = zermelo::classify_scores(score, threads, {}, codes, n_fractional);
    CHECK(result.status == Status::ok && result.index == -1);
    CHECK(n_fractional == 300'000);
    CHECK(codes[0] == 0 && codes[2] == 2 && codes[4] == 1 && codes[1] == 3);
    for (const double bad : {-0.001, 1.001, std::nan(""), -HUGE_VAL}) {
      std::vector<double> wrong = score;
      wrong[599'998] = bad;
      wrong[400'001] = bad;
      result = zermelo::classify_scores(wrong, threads, {}, codes, n_fractional);
      CHECK(result.status == Status::invalid_value && result.index == 400'001);
    }
  }
  CHECK(zermelo::classify_scores({}, 1, {}, {}, n_fractional).status == Status::ok);
  CHECK(n_fractional == 0);
}

}  // namespace

int main() {
  // Tables, tables of segments, sorted segments, tiny segments, and a key of 62 bits.
  for (const std::int32_t n_items : {2, 200, 300, 3000, 100'000, 2'147'483'647}) {
    for (const std::size_t rows : {std::size_t{1}, std::size_t{50}, std::size_t{60'000}}) {
      for (const int outcomes : {2, 3}) {
        const Table table = random_table(rows, n_items, outcomes, 1.0, 7);
        test_count(table, false);
        test_count(table, true);
      }
      const Table table = random_table(rows, n_items, 4, 1.0, 8);
      test_sum(table, true, true);
      test_sum(table, false, false);
    }
  }
  // Most rows between few items: segments that are partitioned again.
  const Table crowded = random_table(1'500'000, 50'000, 3, 40.0, 9);
  test_count(crowded, false);
  test_count(crowded, true);
  test_sum(crowded, true, true);
  test_wide_counts();
  test_no_ties_and_zero_counts();
  test_scores();
  return zermelo::testing::verdict();
}
