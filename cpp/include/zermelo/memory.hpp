// How the kernels' large buffers and per-thread scratch are laid out in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "zermelo/types.hpp"

namespace zermelo {

// An uninitialised array that asks for large pages where it is big: scattering over thousands of
// places then misses the address cache less often, and the first write of a page costs less.
template <class T>
Buffer<T> large_buffer(std::size_t size) {
  Buffer<T> buffer(size);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t kPage = 4096;
  constexpr std::size_t kWorthwhile = std::size_t{8} << 20;
  if (size * sizeof(T) >= kWorthwhile) {
    const auto begin = (reinterpret_cast<std::uintptr_t>(buffer.data()) + kPage - 1) & ~(kPage - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(buffer.data() + size) & ~(kPage - 1);
    // Only advice: where it is refused the buffer works as well.
    (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  }
#endif
  return buffer;
}

// Asks for a cache line that will be read soon.
inline void prefetch([[maybe_unused]] const void* address) {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(address);
#endif
}

// Scratch objects that chunks borrow; there are never more of them than threads at work.
template <class Scratch>
class Pool {
 public:
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Scratch> scratch)
        : pool_(pool), scratch_(std::move(scratch)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(scratch_)); }
    Scratch& operator*() { return *scratch_; }
    Scratch* operator->() { return scratch_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<Scratch> scratch_;
  };

  explicit Pool(int threads) { idle_.reserve(static_cast<std::size_t>(threads)); }

  // `make()` builds a scratch object where none is idle.
  template <class Make>
  Lease borrow(Make&& make) {
    std::unique_ptr<Scratch> scratch = take();
    if (!scratch) scratch = std::make_unique<Scratch>(make());
    return Lease(*this, std::move(scratch));
  }
  Lease borrow() {
    return borrow([] { return Scratch{}; });
  }

  std::vector<std::unique_ptr<Scratch>>& idle() { return idle_; }

 private:
  std::unique_ptr<Scratch> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<Scratch> scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  void give_back(std::unique_ptr<Scratch> scratch) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(scratch));  // within the reserved capacity: cannot throw
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace zermelo
