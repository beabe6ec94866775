#include <cstdint>
#include <limits>
#include <vector>

#include "check.hpp"
#include "zermelo/labels.hpp"

namespace {

using zermelo::Status;

template <class Integer>
void test_integers(std::int64_t low, std::int64_t span, std::size_t rows) {
  std::vector<Integer> first(rows);
  std::vector<Integer> second(rows);
  std::vector<std::uint8_t> expected(static_cast<std::size_t>(span), 0);
  std::vector<std::int32_t> table(static_cast<std::size_t>(span));
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::int32_t>(7 * i + 1);
  for (std::size_t i = 0; i < rows; ++i) {
    // Every third value never occurs.
    const auto a = static_cast<std::int64_t>(i * 31 % static_cast<std::size_t>(span));
    const auto b = static_cast<std::int64_t>(i * 17 % static_cast<std::size_t>(span));
    first[i] = static_cast<Integer>(low + a - a % 3);
    second[i] = static_cast<Integer>(low + b - b % 3);
    expected[static_cast<std::size_t>(a - a % 3)] = 1;
    expected[static_cast<std::size_t>(b - b % 3)] = 1;
  }
  for (const int threads : {1, 2, 3}) {
    std::vector<std::uint8_t> mark(static_cast<std::size_t>(span), 9);
    CHECK(zermelo::mark_integers<Integer>(first, second, low, mark, threads, {}).status ==
          Status::ok);
    CHECK(mark == expected);
    std::vector<std::int32_t> codes(rows);
    CHECK(zermelo::recode_integers<Integer>(first, low, table, codes, threads, {}).status ==
          Status::ok);
    bool all = true;
    for (std::size_t i = 0; i < rows; ++i) {
      all &= codes[i] == table[static_cast<std::size_t>(static_cast<std::int64_t>(first[i]) - low)];
    }
    CHECK(all);
  }
}

void test_interruption() {
  const std::vector<std::int32_t> values(2'000'000, 0);
  std::vector<std::int32_t> codes(values.size());
  const std::vector<std::int32_t> table{5};
  const zermelo::Control stop{[](void*) { return true; }, nullptr};
  // The caller is asked at most every few tens of milliseconds: a quick call may finish first.
  const Status status =
      zermelo::recode_integers<std::int32_t>(values, 0, table, codes, 2, stop).status;
  CHECK(status == Status::ok || status == Status::interrupted);
}

}  // namespace

int main() {
  test_integers<std::int32_t>(-5, 40, 1000);
  test_integers<std::int32_t>(std::numeric_limits<std::int32_t>::max() - 99, 100, 600'000);
  test_integers<std::int64_t>(std::numeric_limits<std::int64_t>::min(), 1000, 600'000);
  test_integers<std::int64_t>(std::numeric_limits<std::int64_t>::max() - 9, 10, 50);
  test_integers<std::int64_t>(3, 4, 0);
  test_interruption();
  return zermelo::testing::verdict();
}
