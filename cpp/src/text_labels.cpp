#include "zermelo/text_labels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "zermelo/parallel.hpp"
#include "zermelo/text_table.hpp"

namespace zermelo {
namespace {

constexpr std::size_t kBatch = 32;
constexpr std::size_t kRowsPerCheck = std::size_t{1} << 16;

// Encodes the rows [begin, end), at most kBatch of them, in three steps, so that what the next
// step reads is on its way meanwhile. Returns the first row that is out of bounds, or `end`.
template <class Offset>
std::size_t encode_batch(const TextChunk<Offset>& chunk, std::size_t begin, std::size_t end,
                         TextTable& table, std::int32_t* codes) {
  std::array<TextKey, kBatch> keys;
  const std::size_t size = chunk.bytes.size();
  for (std::size_t row = begin; row < end; ++row) {
    // A negative offset is beyond every size.
    const auto from = static_cast<std::uint64_t>(chunk.offsets[row]);
    const auto to = static_cast<std::uint64_t>(chunk.offsets[row + 1]);
    if (from > to || to > size) return row;
    TextKey& key = keys[row - begin];
    make_key(chunk.bytes.data() + from, to - from, size - from, key);
    table.ask_for_slot(key);
  }
  for (std::size_t row = begin; row < end; ++row) {
    codes[row] = table.candidate(keys[row - begin]);
    table.ask_for_key(codes[row]);
  }
  for (std::size_t row = begin; row < end; ++row) {
    const TextKey& key = keys[row - begin];
    if (!table.holds(codes[row], key)) codes[row] = table.find_or_add(key);
  }
  return end;
}

}  // namespace

template <class Offset>
Result encode_text(std::span<const TextChunk<Offset>> chunks, std::span<std::int32_t> codes,
                   std::vector<std::string_view>& labels, const Control& control) noexcept {
  return guarded([&]() -> Result {
    Team team(1, control);
    TextTable table;
    std::size_t done = 0;
    for (const TextChunk<Offset>& chunk : chunks) {
      if (chunk.offsets.empty()) continue;
      const std::size_t rows = chunk.offsets.size() - 1;
      for (std::size_t begin = 0; begin < rows; begin += kBatch) {
        const std::size_t end = std::min(rows, begin + kBatch);
        const std::size_t reached = encode_batch(chunk, begin, end, table, codes.data() + done);
        if (reached < end) {
          return {Status::invalid_value, static_cast<std::int64_t>(done + reached)};
        }
        if (begin % kRowsPerCheck == 0) team.check();
      }
      done += rows;
    }
    labels.reserve(table.keys().size());
    for (const TextKey& key : table.keys()) labels.push_back(key.view());
    return {};
  });
}

template Result encode_text<std::int32_t>(std::span<const TextChunk<std::int32_t>>,
                                          std::span<std::int32_t>, std::vector<std::string_view>&,
                                          const Control&) noexcept;
template Result encode_text<std::int64_t>(std::span<const TextChunk<std::int64_t>>,
                                          std::span<std::int32_t>, std::vector<std::string_view>&,
                                          const Control&) noexcept;

}  // namespace zermelo
