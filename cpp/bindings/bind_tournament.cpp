#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/bracket.hpp"

namespace zermelo::bindings {
namespace {

using Codes = Array<std::int32_t>;
using Thresholds = Array<std::uint32_t>;

Program program_of(const Codes& code, std::int32_t n_items, std::int32_t n_registers,
                   const Codes& breakers, std::int32_t win_points, std::int32_t draw_points,
                   const Thresholds& first_below, const Thresholds& draw_below, bool flips,
                   std::int32_t n_bands, std::int32_t most_games) {
  const auto require = [](bool holds, const char* message) {
    if (!holds) throw py::value_error(message);
  };
  require(code.ndim() == 2 && code.shape(1) == static_cast<py::ssize_t>(kInstructionWidth),
          "code must have 8 columns");
  require(0 < n_items && n_items <= n_registers && n_bands >= 0 && most_games >= 0,
          "there must be items, and a register for each");
  for (const Thresholds* tables : {&first_below, &draw_below}) {
    require(tables->ndim() == 3 && tables->shape(0) == first_below.shape(0) &&
                tables->shape(1) == n_items && tables->shape(2) == n_items,
            "first_below and draw_below must have the shape (tables, n_items, n_items)");
  }
  return {view(code),        n_items,          n_registers, view(breakers), win_points, draw_points,
          view(first_below), view(draw_below), flips,       n_bands,        most_games};
}

void raise_fault(const Result& result, ProgramFault fault) {
  const char* why = nullptr;
  switch (fault) {
    case ProgramFault::none:
      return;
    case ProgramFault::malformed:
      why = "has an operand out of range";
      break;
    case ProgramFault::no_pairing:
      why = "cannot pair all entrants without a rematch; fewer rounds help";
      break;
    case ProgramFault::too_many_games:
      why = "lets an item play more than most_games games";
      break;
  }
  throw py::value_error("instruction " + std::to_string(result.index) + " " + why);
}

std::string sizes(std::int64_t n_replicates, std::int32_t n_items) {
  return std::to_string(n_replicates) + " replicates of " + std::to_string(n_items) + " items";
}

py::tuple simulate(const Codes& code, std::int32_t n_items, std::int32_t n_registers,
                   const Codes& breakers, std::int32_t win_points, std::int32_t draw_points,
                   const Thresholds& first_below, const Thresholds& draw_below, bool flips,
                   std::int32_t n_bands, std::int32_t most_games, std::uint64_t key,
                   std::int64_t first_replicate, std::int64_t n_replicates, int threads) {
  const Program program = program_of(code, n_items, n_registers, breakers, win_points, draw_points,
                                     first_below, draw_below, flips, n_bands, most_games);
  Array<std::int64_t> counts({n_items, n_bands});
  const auto target = mutable_view(counts);
  std::int64_t n_matches = 0;
  ProgramFault fault = ProgramFault::none;
  const Result result = call([&](const Control& control) {
    return simulate_program(program, {key, first_replicate, n_replicates}, threads, control, target,
                            n_matches, fault);
  });
  check(result, sizes(n_replicates, n_items));
  raise_fault(result, fault);
  return py::make_tuple(counts, n_matches);
}

py::tuple play(const Codes& code, std::int32_t n_items, std::int32_t n_registers,
               const Codes& breakers, std::int32_t win_points, std::int32_t draw_points,
               const Thresholds& first_below, const Thresholds& draw_below, bool flips,
               std::int32_t n_bands, std::int32_t most_games, std::uint64_t key,
               std::int64_t first_replicate, std::int64_t n_replicates, int threads) {
  const Program program = program_of(code, n_items, n_registers, breakers, win_points, draw_points,
                                     first_below, draw_below, flips, n_bands, most_games);
  const std::int64_t matches = most_matches(program);
  Array<std::int32_t> first({n_replicates, matches}), second({n_replicates, matches});
  Array<std::uint8_t> outcome({n_replicates, matches});
  Array<std::int32_t> band({n_replicates, static_cast<std::int64_t>(n_items)});
  const PlayedMatches played{mutable_view(first), mutable_view(second), mutable_view(outcome),
                             mutable_view(band)};
  ProgramFault fault = ProgramFault::none;
  const Result result = call([&](const Control& control) {
    return play_program(program, {key, first_replicate, n_replicates}, threads, control, played,
                        fault);
  });
  check(result, sizes(n_replicates, n_items));
  raise_fault(result, fault);
  return py::make_tuple(first, second, outcome, band);
}

template <class Function>
void define(py::module_& module, const char* name, Function&& function, const char* text) {
  module.def(name, function, py::arg("code").noconvert(), py::arg("n_items"),
             py::arg("n_registers"), py::arg("breakers").noconvert(), py::arg("win_points"),
             py::arg("draw_points"), py::arg("first_below").noconvert(),
             py::arg("draw_below").noconvert(), py::arg("flips"), py::arg("n_bands"),
             py::arg("most_games"), py::arg("key"), py::arg("first_replicate"),
             py::arg("n_replicates"), py::arg("threads"), text);
}

}  // namespace

void bind_tournament(py::module_& module) {
  define(module, "simulate_program", &simulate,
         "How often every item ended in every band, and the matches of all replicates.");
  define(module, "play_program", &play,
         "Who was shown first and second in every match, the first's outcome, and every item's "
         "band.");
}

}  // namespace zermelo::bindings
