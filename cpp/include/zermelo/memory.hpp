// How the kernels' large buffers and per-thread scratch are laid out in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "zermelo/types.hpp"

namespace zermelo {

// Memory that begins on a cache line; large blocks are in large pages where the system has them,
// and come from what was given back last. Throws std::bad_alloc.
void* take_memory(std::size_t size);
void give_memory(void* data) noexcept;

// An array that is allocated without being written: kernels fill every element themselves.
template <class T>
class Buffer {
  static_assert(std::is_trivially_default_constructible_v<T> &&
                std::is_trivially_destructible_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) : size_(size) {
    if (size > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    data_.reset(static_cast<T*>(take_memory(size * sizeof(T))));
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }
  std::span<T> span() { return {data_.get(), size_}; }
  std::span<const T> span() const { return {data_.get(), size_}; }
  // Keeps the first `size` elements; the memory stays.
  void shrink(std::size_t size) { size_ = size; }
  void reset() {
    data_.reset();
    size_ = 0;
  }
  // Whoever takes the data gives it back with give_memory.
  T* release() {
    size_ = 0;
    return data_.release();
  }

 private:
  struct GiveBack {
    void operator()(T* data) const noexcept { give_memory(data); }
  };
  std::unique_ptr<T, GiveBack> data_;
  std::size_t size_ = 0;
};

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
