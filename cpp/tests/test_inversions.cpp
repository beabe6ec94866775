#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "zermelo/inversions.hpp"

namespace {

using zermelo::Status;

template <class Value>
std::vector<Value> random_values(std::size_t size, Value largest, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Value> values(size);
  for (Value& value : values) value = static_cast<Value>(random() % 1000003) % largest;
  return values;
}

template <class Value>
std::vector<std::int64_t> counted(const std::vector<Value>& values, std::size_t rows, int threads) {
  std::vector<std::int64_t> count(rows);
  const auto width = static_cast<std::int64_t>(rows == 0 ? 0 : values.size() / rows);
  CHECK(zermelo::count_inversions<Value>(values, width, threads, {}, count).status == Status::ok);
  return count;
}

std::vector<std::int32_t> before(const std::vector<std::int32_t>& codes, std::int64_t width,
                                 int threads) {
  std::vector<std::int32_t> count(codes.size());
  CHECK(zermelo::count_smaller_before(codes, width, threads, {}, count).status == Status::ok);
  return count;
}

template <class Value>
std::int64_t by_pairs(const Value* row, std::size_t width) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = i + 1; j < width; ++j) count += row[i] > row[j] ? 1 : 0;
  }
  return count;
}

void test_small_rows() {
  for (const std::size_t width : {0, 1, 2, 7, 8, 9, 16, 17, 24, 31, 33, 100, 257}) {
    for (const std::int32_t largest : {1, 3, 1000}) {
      const std::size_t rows = 40;
      const auto values = random_values<std::int32_t>(rows * width, largest, 5);
      const std::vector<std::int64_t> wide(values.begin(), values.end());
      const auto count = counted(values, rows, 1);
      CHECK(count == counted(wide, rows, 1));
      for (std::size_t row = 0; row < rows; ++row) {
        CHECK(count[row] == by_pairs(values.data() + row * width, width));
      }
    }
  }
  CHECK(counted<std::int32_t>({}, 0, 1).empty());
}

// Longer than a block, in every shape of the last merges; what precedes and is smaller is counted
// by another method.
void test_long_rows() {
  for (const std::size_t width : {16384, 16385, 32768, 40000, 49153, 100001}) {
    for (const std::int32_t largest : {5, 1000003}) {
      const auto values = random_values<std::int32_t>(2 * width, largest, 11);
      const std::vector<std::int64_t> wide(values.begin(), values.end());
      const auto count = counted(values, 2, 1);
      CHECK(count == counted(values, 2, 3));
      CHECK(count == counted(wide, 2, 2));
      std::vector<std::int32_t> codes(values);
      for (std::int32_t& code : codes) {
        code = static_cast<std::int32_t>(width) - 1 - code % static_cast<std::int32_t>(width);
      }
      const auto smaller = before(codes, static_cast<std::int64_t>(width), 1);
      CHECK(smaller == before(codes, static_cast<std::int64_t>(width), 3));
      for (std::size_t row = 0; row < 2; ++row) {
        std::int64_t sum = 0;
        for (std::size_t at = row * width; at < (row + 1) * width; ++at) sum += smaller[at];
        std::vector<std::int32_t> mirrored(
            codes.begin() + static_cast<std::ptrdiff_t>(row * width),
            codes.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
        for (std::int32_t& code : mirrored) code = -code;
        CHECK(counted(mirrored, 1, 2)[0] == sum);
      }
    }
  }
}

void test_extremes() {
  constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
  CHECK(counted<std::int64_t>({high, 0, low, high, low, 0}, 2, 1) ==
        std::vector<std::int64_t>({3, 2}));
  std::vector<std::int32_t> falling(1 << 18);
  for (std::size_t at = 0; at < falling.size(); ++at) falling[at] = -static_cast<std::int32_t>(at);
  const auto size = static_cast<std::int64_t>(falling.size());
  CHECK(counted(falling, 1, 2)[0] == size * (size - 1) / 2);
  std::reverse(falling.begin(), falling.end());
  CHECK(counted(falling, 1, 2)[0] == 0);
}

void test_codes() {
  CHECK(before({2, 0, 1, 1, 2, 0}, 3, 1) == std::vector<std::int32_t>({0, 0, 1, 0, 1, 0}));
  std::vector<std::int32_t> count(3);
  const std::vector<std::int32_t> codes{0, 3, 1};
  const auto high = zermelo::count_smaller_before(codes, 3, 1, {}, count);
  CHECK(high.status == Status::invalid_value && high.index == 1);
  const std::vector<std::int32_t> negative{0, 1, -1};
  CHECK(zermelo::count_smaller_before(negative, 3, 1, {}, count).index == 2);
}

void test_interruption() {
  const auto values = random_values<std::int32_t>(1 << 22, 1000003, 3);
  std::vector<std::int64_t> count(1);
  const zermelo::Control stop{[](void*) { return true; }, nullptr};
  Status status = Status::ok;
  // The caller is asked every 50 ms only: on a fast machine the first rows are done before.
  for (int attempt = 0; attempt < 50 && status == Status::ok; ++attempt) {
    const auto width = static_cast<std::int64_t>(values.size());
    status = zermelo::count_inversions<std::int32_t>(values, width, 1, stop, count).status;
  }
  CHECK(status == Status::interrupted);
}

}  // namespace

int main() {
  test_small_rows();
  test_long_rows();
  test_extremes();
  test_codes();
  test_interruption();
  return zermelo::testing::verdict();
}
