#include <algorithm>

#include "bind_sorting.hpp"

namespace zermelo::bindings {
namespace {

using Reals = Array<double>;
using Longs = Array<std::int64_t>;

py::tuple simulate(const std::string& method, std::int32_t n, std::int32_t top_k,
                   std::int32_t max_rounds, const sorting::Run::Options& options,
                   const Reals& quality, std::uint32_t wrong, std::uint32_t split, double close_gap,
                   std::uint32_t wrong_close, std::uint32_t split_close,
                   const std::string& presentation, const Longs& budgets, std::uint64_t seed,
                   std::int64_t first_replicate, int threads) {
  const sorting::Method& found = method_of(method, options);
  if (quality.ndim() != 2 || quality.shape(1) != n) {
    throw py::value_error("quality must have the shape (replicates, n)");
  }
  const std::span<const std::int64_t> limits = view(budgets);
  if (!std::is_sorted(limits.begin(), limits.end())) {
    throw py::value_error("budgets must ascend");
  }
  const std::int64_t replicates = quality.shape(0);
  Array<std::int32_t> orders(
      {replicates, static_cast<std::int64_t>(limits.size()) + 1, static_cast<std::int64_t>(n)});
  Longs pairs(replicates), calls(replicates), lookups(replicates), rounds(replicates),
      n_certain(replicates);
  const sorting::JudgeModel judge{wrong,       split,       close_gap,
                                  wrong_close, split_close, presentation_of(presentation)};
  const sorting::Simulation simulation{&found,    n,     top_k,         max_rounds, seed,
                                       &options,  judge, view(quality), limits,     first_replicate,
                                       replicates};
  const sorting::SimulatedSorts target{mutable_view(orders), mutable_view(pairs),
                                       mutable_view(calls),  mutable_view(lookups),
                                       mutable_view(rounds), mutable_view(n_certain)};
  check(call([&](const Control& control) {
          return sorting::simulate_sorts(simulation, threads, control, target);
        }),
        std::to_string(replicates) + " sorts of " + std::to_string(n) + " items");
  return py::make_tuple(orders, pairs, calls, lookups, rounds, n_certain);
}

}  // namespace

void bind_simulate_sorts(py::module_& module) {
  module.def("simulate_sorts", &simulate, py::arg("method"), py::arg("n"), py::arg("top_k"),
             py::arg("max_rounds"), py::arg("options"), py::arg("quality").noconvert(),
             py::arg("wrong"), py::arg("split"), py::arg("close_gap"), py::arg("wrong_close"),
             py::arg("split_close"), py::arg("presentation"), py::arg("budgets").noconvert(),
             py::arg("seed"), py::arg("first_replicate"), py::arg("threads"),
             "Orders at each budget and at the end; counts of every replicate.");
}

}  // namespace zermelo::bindings
