// Sorting with an expensive comparator: the methods by name, and many sorts before a simulated
// judge.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "zermelo/sort_run.hpp"
#include "zermelo/types.hpp"

namespace zermelo::sorting {

struct Method {
  const char* name;
  Task<> (*run)(Run& run);
  bool repeats_pairs;  // whether it may ask for a pair twice, whatever the answers
  std::span<const char* const> options;
};

// nullptr where no method has that name.
const Method* find_method(std::string_view name);
std::span<const Method> methods();

}  // namespace zermelo::sorting
