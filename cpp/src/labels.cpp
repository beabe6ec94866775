#include "zermelo/labels.hpp"

#include <algorithm>
#include <atomic>

#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kRowsPerChunk = 1 << 18;

// Several threads mark the same bytes, so the accesses are atomic, which costs nothing when
// relaxed. Reading first keeps cache lines shared: nearly every value has been seen before.
void mark_seen(std::uint8_t& mark) {
#if defined(__cpp_lib_atomic_ref)
  const std::atomic_ref<std::uint8_t> seen(mark);
  if (seen.load(std::memory_order_relaxed) == 0) seen.store(1, std::memory_order_relaxed);
#else  // Apple's library came late to atomic_ref; its compiler has the builtins.
  if (__atomic_load_n(&mark, __ATOMIC_RELAXED) == 0) __atomic_store_n(&mark, 1, __ATOMIC_RELAXED);
#endif
}

}  // namespace

template <class Integer>
Result mark_integers(std::span<const Integer> first, std::span<const Integer> second,
                     std::int64_t low, std::span<std::uint8_t> mark, std::int64_t& n_outside,
                     int threads, const Control& control) noexcept {
  return guarded([&]() -> Result {
    std::fill(mark.begin(), mark.end(), std::uint8_t{0});
    std::atomic<std::int64_t> outside{0};
    Team team(threads, control);
    for (const std::span<const Integer> values : {first, second}) {
      const Chunks chunks(std::ssize(values), kRowsPerChunk);
      team.run(chunks.count(), [&](std::int64_t chunk) {
        const Range rows = chunks[chunk];
        std::int64_t here = 0;
        for (std::int64_t i = rows.begin; i < rows.end; ++i) {
          const std::int64_t value = values[static_cast<std::size_t>(i)];
          // Without a sign the difference cannot overflow, and below `low` it is very large.
          const auto place = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(low);
          if (place < mark.size()) {
            mark_seen(mark[static_cast<std::size_t>(place)]);
          } else {
            ++here;
          }
        }
        outside.fetch_add(here, std::memory_order_relaxed);
      });
    }
    n_outside = outside.load();
    return {};
  });
}

template <class Integer>
Result recode_integers(std::span<const Integer> values, std::int64_t low,
                       std::span<const std::int32_t> table, std::span<std::int32_t> codes,
                       int threads, const Control& control) noexcept {
  return guarded([&]() -> Result {
    Team team(threads, control);
    const Chunks chunks(std::ssize(values), kRowsPerChunk);
    team.run(chunks.count(), [&](std::int64_t chunk) {
      const Range rows = chunks[chunk];
      for (std::int64_t i = rows.begin; i < rows.end; ++i) {
        const std::int64_t value = values[static_cast<std::size_t>(i)];
        codes[static_cast<std::size_t>(i)] = table[static_cast<std::size_t>(value - low)];
      }
    });
    return {};
  });
}

template Result mark_integers<std::int32_t>(std::span<const std::int32_t>,
                                            std::span<const std::int32_t>, std::int64_t,
                                            std::span<std::uint8_t>, std::int64_t&, int,
                                            const Control&) noexcept;
template Result mark_integers<std::int64_t>(std::span<const std::int64_t>,
                                            std::span<const std::int64_t>, std::int64_t,
                                            std::span<std::uint8_t>, std::int64_t&, int,
                                            const Control&) noexcept;
template Result recode_integers<std::int32_t>(std::span<const std::int32_t>, std::int64_t,
                                              std::span<const std::int32_t>,
                                              std::span<std::int32_t>, int,
                                              const Control&) noexcept;
template Result recode_integers<std::int64_t>(std::span<const std::int64_t>, std::int64_t,
                                              std::span<const std::int32_t>,
                                              std::span<std::int32_t>, int,
                                              const Control&) noexcept;

}  // namespace zermelo
