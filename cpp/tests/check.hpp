// The least a kernel test needs: a check that says where it failed, and main's return value.
#pragma once

#include <cstdio>

namespace zermelo::testing {

inline int failures = 0;

inline bool check(bool holds, const char* what, const char* file, int line) {
  if (!holds) {
    std::fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    ++failures;
  }
  return holds;
}

// What main returns.
inline int verdict() {
  if (failures > 0) std::fprintf(stderr, "%d checks failed\n", failures);
  return failures > 0 ? 1 : 0;
}

}  // namespace zermelo::testing

#define CHECK(...) ::zermelo::testing::check((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
