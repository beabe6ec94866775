// Columns of texts become codes: the layout is Arrow's, one buffer of bytes and one of offsets.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "zermelo/types.hpp"

namespace zermelo {

// Row i is the bytes from offsets[i] to offsets[i + 1], so there is one row fewer than offsets.
template <class Offset>
struct TextChunk {
  std::span<const Offset> offsets;
  std::span<const char> bytes;
};

// Codes of the consecutive chunks of a column, in order of first appearance; `labels` gets the
// distinct texts in that order, which point into the chunks' bytes. `codes` has a place for every
// row. Status::invalid_value names the first row whose offsets are not within the bytes.
template <class Offset>
Result encode_text(std::span<const TextChunk<Offset>> chunks, std::span<std::int32_t> codes,
                   std::vector<std::string_view>& labels, const Control& control) noexcept;

extern template Result encode_text<std::int32_t>(std::span<const TextChunk<std::int32_t>>,
                                                 std::span<std::int32_t>,
                                                 std::vector<std::string_view>&,
                                                 const Control&) noexcept;
extern template Result encode_text<std::int64_t>(std::span<const TextChunk<std::int64_t>>,
                                                 std::span<std::int32_t>,
                                                 std::vector<std::string_view>&,
                                                 const Control&) noexcept;

}  // namespace zermelo
