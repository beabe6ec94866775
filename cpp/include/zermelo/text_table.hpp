// A hash table of texts that numbers them in order of first appearance.
//
// Labels are short, so a text's first bytes are its key: they are loaded as whole words, whatever
// the length, with the bytes after the end masked away. Hashing and comparing then have no loop
// and no branch that depends on the length, which would be mispredicted in nearly every row.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "zermelo/memory.hpp"

namespace zermelo {

// A text (its bytes stay where they are), its first bytes with zeros after its end, and its hash.
struct alignas(64) TextKey {
  static constexpr std::size_t kHead = 32;

  std::array<std::uint64_t, kHead / 8> head;
  std::uint64_t hash;
  const char* text;
  std::size_t length;

  std::string_view view() const { return {text, length}; }
};

namespace detail {

// Loading 32 bytes at 32 - length gives ones for `length` bytes, then zeros.
inline constexpr std::array<std::uint8_t, 2 * TextKey::kHead> kLengthMask = [] {
  std::array<std::uint8_t, 2 * TextKey::kHead> mask{};
  std::fill_n(mask.begin(), TextKey::kHead, std::uint8_t{0xFF});
  return mask;
}();

// Odd multipliers make every word's contribution a bijection; the last mixing brings the upper
// bits, which depend on all bytes, down to those that choose the slot.
inline std::uint64_t sum_words(const std::array<std::uint64_t, 4>& words) {
  return words[0] * 0x9E3779B97F4A7C15u + words[1] * 0xBF58476D1CE4E5B9u +
         words[2] * 0x94D049BB133111EBu + words[3] * 0xD6E8FEB86659FD93u;
}

inline std::uint64_t mix_words(std::uint64_t sum) {
  sum ^= sum >> 32;
  sum *= 0x9FB21C651E98DF25u;
  return sum ^ sum >> 32;
}

inline std::uint64_t hash_of_rest(const char* text, std::size_t length, std::uint64_t hash) {
  std::array<std::uint64_t, 4> words;
  for (std::size_t i = TextKey::kHead; i < length; i += sizeof(words)) {
    // The last words overlap those before them.
    std::memcpy(words.data(), text + std::min(i, length - sizeof(words)), sizeof(words));
    hash = mix_words(hash) + sum_words(words);
  }
  return hash;
}

}  // namespace detail

// Makes the key of `length` bytes at `text`, where `readable` (at least `length`) bytes may be
// read. It is written in place: a key that is returned would be copied while its words are still on
// their way to memory.
inline void make_key(const char* text, std::size_t length, std::size_t readable, TextKey& key) {
  if (readable >= TextKey::kHead) {
    const std::size_t start = TextKey::kHead - std::min(length, TextKey::kHead);
    for (std::size_t word = 0; word < key.head.size(); ++word) {
      std::uint64_t bytes = 0;
      std::uint64_t mask = 0;
      std::memcpy(&bytes, text + 8 * word, 8);
      std::memcpy(&mask, detail::kLengthMask.data() + start + 8 * word, 8);
      key.head[word] = bytes & mask;
    }
  } else {
    key.head.fill(0);
    if (length > 0) std::memcpy(key.head.data(), text, length);
  }
  std::uint64_t sum = length + detail::sum_words(key.head);
  if (length > TextKey::kHead) sum = detail::hash_of_rest(text, length, sum);
  key.hash = detail::mix_words(sum);
  key.text = text;
  key.length = length;
}

inline bool operator==(const TextKey& a, const TextKey& b) {
  std::uint64_t difference = a.length ^ b.length;
  for (std::size_t word = 0; word < a.head.size(); ++word) {
    difference |= a.head[word] ^ b.head[word];
  }
  if (difference != 0) return false;
  return a.length <= TextKey::kHead || std::memcmp(a.text + TextKey::kHead, b.text + TextKey::kHead,
                                                   a.length - TextKey::kHead) == 0;
}

class TextTable {
 public:
  static constexpr std::int32_t kNone = -1;

  TextTable() : slots_(kFewestSlots) {}

  const std::vector<TextKey>& keys() const { return keys_; }

  void ask_for_slot(const TextKey& key) const { prefetch(&slots_[place(key.hash)]); }
  void ask_for_key(std::int32_t code) const {
    // The first key stands in for none, so that there is no branch; the table may be empty.
    prefetch(keys_.data() + std::max(code, 0));
  }

  // The code of the first text whose hash looks the same, or kNone: nearly always the text itself.
  std::int32_t candidate(const TextKey& key) const {
    const std::uint32_t tag = tag_of(key.hash);
    for (std::size_t at = place(key.hash);; at = place(at + 1)) {
      if (slots_[at].tag == tag || slots_[at].code == kNone) return slots_[at].code;
    }
  }

  bool holds(std::int32_t code, const TextKey& key) const {
    return code != kNone && keys_[static_cast<std::size_t>(code)] == key;
  }

  std::int32_t find_or_add(const TextKey& key) {
    const std::uint32_t tag = tag_of(key.hash);
    std::size_t at = place(key.hash);
    for (; slots_[at].code != kNone; at = place(at + 1)) {
      if (slots_[at].tag == tag && holds(slots_[at].code, key)) return slots_[at].code;
    }
    if (keys_.size() >= std::size_t{std::numeric_limits<std::int32_t>::max()}) {
      throw std::length_error("more labels than 32 bits can number");
    }
    const auto code = static_cast<std::int32_t>(keys_.size());
    keys_.push_back(key);
    slots_[at] = {tag, code};
    if (keys_.size() * kSlotsPerKey > slots_.size()) grow();
    return code;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::int32_t code = kNone;
  };

  static constexpr std::size_t kFewestSlots = std::size_t{1} << 12;
  // Slots are small; many of them make the first one looked at nearly always the right one.
  static constexpr std::size_t kSlotsPerKey = 4;

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  std::size_t place(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & last_slot_;
  }

  void grow() {
    std::vector<Slot>(2 * slots_.size()).swap(slots_);
    last_slot_ = slots_.size() - 1;
    for (std::size_t code = 0; code < keys_.size(); ++code) {
      std::size_t at = place(keys_[code].hash);
      while (slots_[at].code != kNone) at = place(at + 1);
      slots_[at] = {tag_of(keys_[code].hash), static_cast<std::int32_t>(code)};
    }
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::size_t last_slot_ = kFewestSlots - 1;
  std::vector<TextKey> keys_;
};

}  // namespace zermelo
