#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "check.hpp"
#include "zermelo/labels.hpp"
#include "zermelo/text_labels.hpp"
#include "zermelo/text_table.hpp"

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
    std::int64_t outside = -1;
    CHECK(zermelo::mark_integers<Integer>(first, second, low, mark, outside, threads, {}).status ==
          Status::ok);
    CHECK(mark == expected);
    CHECK(outside == 0);
    // A narrower span: what lies below and above it is counted.
    std::vector<std::uint8_t> inner(static_cast<std::size_t>(span / 2), 9);
    CHECK(zermelo::mark_integers<Integer>(first, second, low + 1, inner, outside, threads, {})
              .status == Status::ok);
    CHECK(std::equal(inner.begin(), inner.end(), expected.begin() + 1));
    std::int64_t expected_outside = 0;
    for (const std::vector<Integer>* values : {&first, &second}) {
      for (const Integer value : *values) {
        expected_outside += value <= low || value - low > span / 2;
      }
    }
    CHECK(outside == expected_outside);
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

// Texts as Arrow holds them; the bytes are exactly as many as there are, so that a sanitizer sees
// a read beyond them.
template <class Offset>
struct Texts {
  std::vector<Offset> offsets{0};
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;

  explicit Texts(const std::vector<std::string>& rows) {
    std::string joined;
    for (const std::string& row : rows) {
      joined += row;
      offsets.push_back(static_cast<Offset>(joined.size()));
    }
    size = joined.size();
    if (size > 0) bytes = std::make_unique<char[]>(size);
    joined.copy(bytes.get(), size);
  }

  zermelo::TextChunk<Offset> chunk() const { return {offsets, {bytes.get(), size}}; }
};

template <class Offset>
void test_texts(const std::vector<std::vector<std::string>>& chunks) {
  std::vector<Texts<Offset>> texts;
  std::vector<zermelo::TextChunk<Offset>> views;
  std::vector<std::int32_t> expected;
  std::unordered_map<std::string, std::int32_t> known;
  std::vector<std::string> distinct;
  for (const std::vector<std::string>& rows : chunks) {
    texts.emplace_back(rows);
    for (const std::string& row : rows) {
      const auto [found, is_new] = known.emplace(row, static_cast<std::int32_t>(known.size()));
      if (is_new) distinct.push_back(row);
      expected.push_back(found->second);
    }
  }
  for (const Texts<Offset>& text : texts) views.push_back(text.chunk());
  std::vector<std::int32_t> codes(expected.size());
  std::vector<std::string_view> labels;
  CHECK(zermelo::encode_text<Offset>(views, codes, labels, {}).status == Status::ok);
  CHECK(codes == expected);
  CHECK(std::vector<std::string>(labels.begin(), labels.end()) == distinct);
}

void test_text() {
  const std::string zero(1, '\0');
  test_texts<std::int32_t>({});
  test_texts<std::int32_t>({{}, {""}, {"", ""}, {}});
  test_texts<std::int64_t>({{"", zero, zero + zero, "a", "a" + zero, ""}});
  // Every length around the borders of words and of the head, first and last bytes differing.
  std::vector<std::string> rows;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t length = 0; length < 140; ++length) {
      rows.push_back(std::string(length, 'x'));
      for (const std::size_t place : {std::size_t{0}, length / 2, length - 1}) {
        if (length == 0) continue;
        rows.push_back(std::string(length, 'x'));
        rows.back()[place] = 'y';
      }
    }
  }
  test_texts<std::int32_t>({rows});
  test_texts<std::int64_t>({rows, {"x"}, rows});
  // More labels than the table starts with, each in several chunks.
  std::vector<std::vector<std::string>> chunks(3);
  for (std::size_t i = 0; i < 30'000; ++i) {
    chunks[i % 3].push_back("label " + std::to_string(i * 7919 % 11'000));
  }
  test_texts<std::int32_t>(chunks);
  test_texts<std::int64_t>(chunks);
}

void test_offsets_out_of_bounds() {
  const std::string bytes = "abcdef";
  const std::vector<std::int32_t> good{0, 2, 4};
  for (const std::vector<std::int32_t>& offsets :
       {std::vector<std::int32_t>{0, 3, 7}, {1, 2, -1}, {0, 3, 2}, {6, 6, 5}}) {
    const std::vector<zermelo::TextChunk<std::int32_t>> chunks{{good, bytes}, {offsets, bytes}};
    std::vector<std::int32_t> codes(4);
    std::vector<std::string_view> labels;
    const zermelo::Result result = zermelo::encode_text<std::int32_t>(chunks, codes, labels, {});
    CHECK(result.status == Status::invalid_value);
    CHECK(result.index == 3);
  }
}

// Hashes that collide, in the slot and in the tag, still give different codes.
void test_colliding_keys() {
  const std::vector<std::string> texts{"a", "b", "c", "d"};
  zermelo::TextTable table;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      zermelo::TextKey key;
      zermelo::make_key(texts[i].data(), texts[i].size(), texts[i].size(), key);
      key.hash = 17;
      CHECK(table.find_or_add(key) == static_cast<std::int32_t>(i));
      CHECK(table.candidate(key) == 0);
      CHECK(table.holds(0, key) == (i == 0));
    }
  }
}

}  // namespace

int main() {
  test_integers<std::int32_t>(-5, 40, 1000);
  test_integers<std::int32_t>(std::numeric_limits<std::int32_t>::max() - 99, 100, 600'000);
  test_integers<std::int64_t>(std::numeric_limits<std::int64_t>::min(), 1000, 600'000);
  test_integers<std::int64_t>(std::numeric_limits<std::int64_t>::max() - 9, 10, 50);
  test_integers<std::int64_t>(3, 4, 0);
  test_interruption();
  test_text();
  test_offsets_out_of_bounds();
  test_colliding_keys();
  return zermelo::testing::verdict();
}
