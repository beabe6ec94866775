// What every kernel shares: the status it returns, and how it is stopped.
#pragma once

#include <cstdint>
#include <utility>

namespace zermelo {

enum class Status : int {
  ok = 0,
  out_of_memory,
  interrupted,    // the caller asked to stop
  invalid_value,  // the value at the reported index is not acceptable
};

// A kernel's verdict; `index` is the offending row for Status::invalid_value.
struct Result {
  Status status = Status::ok;
  std::int64_t index = -1;
};

// How a long kernel asks its caller whether to go on. `interrupted` is called on the calling
// thread only, at most every few tens of milliseconds.
struct Control {
  bool (*interrupted)(void* context) = nullptr;
  void* context = nullptr;
};

// Thrown inside a kernel to unwind after an interruption; never crosses a kernel's boundary.
struct Interrupted {};

// Runs a kernel's body and turns what it throws into a status.
template <class Body>
Result guarded(Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const Interrupted&) {
    return {Status::interrupted, -1};
  } catch (...) {
    // Kernels throw nothing of their own: what is left is an allocation or a thread refused.
    return {Status::out_of_memory, -1};
  }
}

}  // namespace zermelo

// Wider vectors pay in a few loops only; those are cloned per instruction set where the platform
// can choose between clones when the library is loaded. With contraction off all clones agree.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(ZERMELO_NO_CLONES)
#define ZERMELO_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define ZERMELO_CLONES
#endif

// A loop over kLanes lanes, none of which takes anything from another, however the arrays coincide.
// GCC is told so, and not to unroll it first: of single statements it does not make vectors again.
#if defined(__GNUC__) && !defined(__clang__)
#define ZERMELO_EVERY_LANE \
  _Pragma("GCC ivdep") _Pragma("GCC unroll 1") for (std::size_t lane = 0; lane < kLanes; ++lane)
#else
#define ZERMELO_EVERY_LANE for (std::size_t lane = 0; lane < kLanes; ++lane)
#endif
