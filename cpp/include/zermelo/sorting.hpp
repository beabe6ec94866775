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
  Repeats repeats;
  std::span<const char* const> options;
};

// nullptr where no method has that name.
const Method* find_method(std::string_view name);
std::span<const Method> methods();

// Sorts of n items, one a replicate, before a judge who errs by chance.
struct Simulation {
  const Method* method;
  std::int32_t n;
  std::int32_t top_k;
  std::int32_t max_rounds;
  std::uint64_t seed;  // of the judge, and of methods that draw lots
  const Run::Options* options;
  JudgeModel judge;
  std::span<const double> quality;        // (replicates, n), items in their initial order
  std::span<const std::int64_t> budgets;  // calls, ascending
  std::int64_t first_replicate;           // replicate r draws the same wherever it stands
  std::int64_t replicates;
  std::int64_t pairs_a_poll = 1 << 14;  // between two looks for an interrupt: far below a second
};

struct SimulatedSorts {
  // (replicates, budgets + 1, n): what stands at the front when the next question would cost more
  // than a budget leaves, and at last when the sort is done.
  std::span<std::int32_t> orders;
  std::span<std::int64_t> pairs;  // each of these (replicates,); pairs: different questions
  std::span<std::int64_t> calls;
  std::span<std::int64_t> lookups;
  std::span<std::int64_t> rounds;
  std::span<std::int64_t> n_certain;
};

Result simulate_sorts(const Simulation& simulation, int threads, const Control& control,
                      const SimulatedSorts& target);

}  // namespace zermelo::sorting
