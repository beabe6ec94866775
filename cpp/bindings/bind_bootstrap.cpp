#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/bootstrap.hpp"

namespace zermelo::bindings {
namespace {

using Flags = Array<std::uint8_t>;
using Ints = Array<std::int32_t>;
using Longs = Array<std::int64_t>;
using Reals = Array<double>;
using Slots = Array<std::uint32_t>;

void require(bool holds, const char* message) {
  if (!holds) throw py::value_error(message);
}

std::pair<Slots, Slots> tables(const Longs& weight, const Longs& begin) {
  require(begin.size() > 0 && begin.at(0) == 0 && begin.at(begin.size() - 1) == weight.size(),
          "begin must run from 0 to the number of weights");
  Slots threshold(weight.size());
  Slots alias(weight.size());
  const auto thresholds = mutable_view(threshold);
  const auto aliases = mutable_view(alias);
  const Result result = call(
      [&](const Control&) { return alias_tables(view(weight), view(begin), thresholds, aliases); });
  check(result, std::to_string(weight.size()) + " slots");
  if (result.status == Status::invalid_value) {
    throw py::value_error("the weights of table " + std::to_string(result.index) +
                          " do not add up to 2^31 a slot");
  }
  return {threshold, alias};
}

CellSampler sampler_of(const Slots& threshold, const Slots& alias, const Longs& table_begin,
                       const Longs& least, const Longs& unit_offsets, const Ints& unit_cell,
                       const Slots& cell_threshold, const Slots& cell_alias, std::int64_t n_cells,
                       std::int64_t n_comparisons, std::uint64_t key) {
  require(table_begin.size() == unit_offsets.size() && table_begin.size() == least.size() + 1 &&
              threshold.size() == alias.size() && cell_threshold.size() == cell_alias.size() &&
              cell_threshold.size() >= n_cells,
          "the sampler's tables must have matching lengths");
  return {view(threshold),
          view(alias),
          view(table_begin),
          view(least),
          view(unit_offsets),
          view(unit_cell),
          view(cell_threshold),
          view(cell_alias),
          n_cells,
          n_comparisons,
          key};
}

Longs draws(const Slots& threshold, const Slots& alias, const Longs& table_begin,
            const Longs& least, const Longs& unit_offsets, const Ints& unit_cell,
            const Slots& cell_threshold, const Slots& cell_alias, std::int64_t n_cells,
            std::int64_t n_comparisons, std::uint64_t key, std::int64_t first_replicate,
            std::int64_t n_replicates, int threads) {
  const CellSampler sampler =
      sampler_of(threshold, alias, table_begin, least, unit_offsets, unit_cell, cell_threshold,
                 cell_alias, n_cells, n_comparisons, key);
  Longs counts({n_replicates, n_cells});
  const auto target = mutable_view(counts);
  const Result result = call([&](const Control& control) {
    return multinomial_draws(sampler, first_replicate, n_replicates, threads, control, target);
  });
  check(result, std::to_string(n_replicates) + " replicates");
  return counts;
}

Reals abilities(const Slots& threshold, const Slots& alias, const Longs& table_begin,
                const Longs& least, const Longs& unit_offsets, const Ints& unit_cell,
                const Slots& cell_threshold, const Slots& cell_alias, std::int64_t n_cells,
                std::int64_t n_comparisons, std::uint64_t key, const Longs& part_offsets,
                const Ints& part_cell, const Reals& part_low, const Reals& part_high,
                const Ints& low, const Ints& high, const Longs& offsets, const Ints& neighbour,
                const Ints& entry_pair, const Reals& ability, const std::optional<Reals>& inverse,
                const Flags& held, const Ints& centre, std::int32_t n_centres, const Flags& root,
                bool may_fail, double prior, double tol, std::int64_t max_iter,
                std::int64_t dense_below, std::int64_t first_replicate, std::int64_t n_replicates,
                int threads) {
  const CellSampler sampler =
      sampler_of(threshold, alias, table_begin, least, unit_offsets, unit_cell, cell_threshold,
                 cell_alias, n_cells, n_comparisons, key);
  const auto n = ability.size();
  require(part_offsets.size() == low.size() + 1 && part_low.size() == part_cell.size() &&
              part_high.size() == part_cell.size() && part_offsets.at(0) == 0 &&
              part_offsets.at(low.size()) == part_cell.size(),
          "part_offsets must run over the parts of every pair");
  require(low.size() == high.size() && neighbour.size() == 2 * low.size() &&
              entry_pair.size() == neighbour.size() && offsets.size() == n + 1,
          "the rows must hold every pair twice");
  require(held.size() == n && centre.size() == n && root.size() == n &&
              (!inverse || inverse->size() == n * n),
          "held, centre, root and inverse must be as long as ability");
  const BootstrapModel model{view(part_offsets),
                             view(part_cell),
                             view(part_low),
                             view(part_high),
                             view(low),
                             view(high),
                             view(offsets),
                             view(neighbour),
                             view(entry_pair),
                             view(ability),
                             view(inverse),
                             view(held),
                             view(centre),
                             n_centres,
                             view(root),
                             may_fail,
                             prior};
  Reals out({n_replicates, static_cast<std::int64_t>(n)});
  const auto target = mutable_view(out);
  const Result result = call([&](const Control& control) {
    return bootstrap_abilities(sampler, model, {tol, max_iter, dense_below, threads},
                               first_replicate, n_replicates, control, target);
  });
  check(result, std::to_string(n_replicates) + " replicates of " + std::to_string(n) + " items");
  return out;
}

}  // namespace

void bind_bootstrap(py::module_& module) {
  module.def("alias_tables", &tables, py::arg("weight").noconvert(), py::arg("begin").noconvert(),
             "Thresholds and aliases of tables whose integer weights are given.");
  module.def("multinomial_draws", &draws, py::arg("threshold").noconvert(),
             py::arg("alias").noconvert(), py::arg("table_begin").noconvert(),
             py::arg("least").noconvert(), py::arg("unit_offsets").noconvert(),
             py::arg("unit_cell").noconvert(), py::arg("cell_threshold").noconvert(),
             py::arg("cell_alias").noconvert(), py::arg("n_cells"), py::arg("n_comparisons"),
             py::arg("key"), py::arg("first_replicate"), py::arg("n_replicates"),
             py::arg("threads"), "Counts of every cell in every replicate.");
  module.def("bootstrap_abilities", &abilities, py::arg("threshold").noconvert(),
             py::arg("alias").noconvert(), py::arg("table_begin").noconvert(),
             py::arg("least").noconvert(), py::arg("unit_offsets").noconvert(),
             py::arg("unit_cell").noconvert(), py::arg("cell_threshold").noconvert(),
             py::arg("cell_alias").noconvert(), py::arg("n_cells"), py::arg("n_comparisons"),
             py::arg("key"), py::arg("part_offsets").noconvert(), py::arg("part_cell").noconvert(),
             py::arg("part_low").noconvert(), py::arg("part_high").noconvert(),
             py::arg("low").noconvert(), py::arg("high").noconvert(),
             py::arg("offsets").noconvert(), py::arg("neighbour").noconvert(),
             py::arg("entry_pair").noconvert(), py::arg("ability").noconvert(),
             py::arg("inverse").noconvert().none(true), py::arg("held").noconvert(),
             py::arg("centre").noconvert(), py::arg("n_centres"), py::arg("root").noconvert(),
             py::arg("may_fail"), py::arg("prior"), py::arg("tol"), py::arg("max_iter"),
             py::arg("dense_below"), py::arg("first_replicate"), py::arg("n_replicates"),
             py::arg("threads"), "Abilities of every replicate, NaN where there is no maximum.");
}

}  // namespace zermelo::bindings
