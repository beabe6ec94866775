// A team of threads that lives as long as one kernel call.
//
// Work is cut into chunks whose borders depend on the input alone, never on the number of threads;
// whoever is free takes the next chunk, and partial results are added in the order of the chunks.
// So every result is the same to the last bit however many threads there are. No OpenMP: its
// runtime hangs in a forked child and its reductions depend on the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "zermelo/types.hpp"

namespace zermelo {

class Team {
 public:
  Team(int threads, const Control& control) : control_(control) {
    const int helpers = std::max(threads, 1) - 1;
    helpers_.reserve(static_cast<std::size_t>(helpers));
    try {
      for (int i = 0; i < helpers; ++i) helpers_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      // The system refuses more threads: those there are do the work, with the same result.
    }
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team() { dismiss(); }

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  // Calls work(chunk) once for each chunk in [0, n_chunks), then waits until all are done.
  // Throws Interrupted when the caller asked to stop, and rethrows what a chunk threw.
  template <class Work>
  void run(std::int64_t n_chunks, Work&& work) {
    if (n_chunks <= 0) return;
    if (helpers_.empty() || n_chunks == 1) {
      for (std::int64_t chunk = 0; chunk < n_chunks; ++chunk) {
        work(chunk);
        poll();
        if (stop_.load(std::memory_order_relaxed)) throw Interrupted{};
      }
      return;
    }
    call_ = [](void* w, std::int64_t chunk) {
      (*static_cast<std::remove_reference_t<Work>*>(w))(chunk);
    };
    work_ = const_cast<void*>(static_cast<const void*>(std::addressof(work)));
    n_chunks_ = n_chunks;
    next_.store(0, std::memory_order_relaxed);
    busy_.store(static_cast<int>(helpers_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    take_chunks(true);
    for (int spins = 0;; ++spins) {
      const int busy = busy_.load(std::memory_order_acquire);
      if (busy == 0) break;
      if (spins > kSpins) busy_.wait(busy, std::memory_order_acquire);
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (stop_.load(std::memory_order_relaxed)) throw Interrupted{};
  }

  // For loops that are not cut into short chunks, inside a chunk or outside: asks the caller (on
  // its own thread), and throws Interrupted to stop.
  void check() {
    if (std::this_thread::get_id() == caller_) poll();
    if (stop_.load(std::memory_order_relaxed)) throw Interrupted{};
  }

 private:
  static constexpr int kSpins = 2000;

  void poll() {
    if (control_.interrupted == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_poll_ < std::chrono::milliseconds(50)) return;
    last_poll_ = now;
    if (control_.interrupted(control_.context)) stop_.store(true, std::memory_order_relaxed);
  }

  void take_chunks(bool leader) {
    while (!stop_.load(std::memory_order_relaxed)) {
      const std::int64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= n_chunks_) return;
      try {
        call_(work_, chunk);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(failure_mutex_);
        if (!failure_) failure_ = std::current_exception();
        next_.store(n_chunks_, std::memory_order_relaxed);
      }
      if (leader) poll();
    }
  }

  void serve() {
    std::uint32_t seen = 0;
    for (;;) {
      for (int spins = 0; generation_.load(std::memory_order_acquire) == seen; ++spins) {
        if (spins > kSpins) generation_.wait(seen, std::memory_order_acquire);
      }
      ++seen;
      if (dismissed_.load(std::memory_order_acquire)) return;
      take_chunks(false);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
    }
  }

  void dismiss() {
    dismissed_.store(true, std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
    helpers_.clear();
  }

  Control control_;
  std::thread::id caller_ = std::this_thread::get_id();
  std::vector<std::thread> helpers_;
  void (*call_)(void*, std::int64_t) = nullptr;
  void* work_ = nullptr;
  std::int64_t n_chunks_ = 0;
  std::atomic<std::int64_t> next_{0};
  std::atomic<int> busy_{0};
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<bool> dismissed_{false};
  std::atomic<bool> stop_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::chrono::steady_clock::time_point last_poll_ = std::chrono::steady_clock::now();
};

// Borders of fixed chunks: [size * chunk / n_chunks, ...), the same for every number of threads.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

class Chunks {
 public:
  Chunks(std::int64_t size, std::int64_t chunk_size)
      : size_(size), count_(std::max<std::int64_t>(1, (size + chunk_size - 1) / chunk_size)) {}
  std::int64_t count() const { return count_; }
  Range operator[](std::int64_t chunk) const {
    return {size_ * chunk / count_, size_ * (chunk + 1) / count_};
  }

 private:
  std::int64_t size_;
  std::int64_t count_;
};

}  // namespace zermelo
