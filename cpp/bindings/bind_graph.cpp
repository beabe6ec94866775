#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/graph.hpp"

namespace zermelo::bindings {
namespace {

using Items = Array<std::int32_t>;

std::string sizes(py::ssize_t n_pairs, std::int64_t n_items) {
  return "a graph of " + std::to_string(n_pairs) + " pairs between " + std::to_string(n_items) +
         " items";
}

py::tuple to_arrays(AnyGraphBuffers&& graph) {
  return std::visit(
      [](auto&& g) -> py::tuple {
        return py::make_tuple(adopt(std::move(g.offsets)), adopt(std::move(g.neighbour)),
                              adopt(std::move(g.win)), adopt(std::move(g.loss)));
      },
      std::move(graph));
}

template <class Count>
py::tuple build_from_counts(const Items& first, const Items& second, const Array<Count>& win,
                            const Array<Count>& loss, const std::optional<Array<Count>>& tie,
                            double tie_share, std::int64_t n_items, int threads) {
  AnyGraphBuffers graph;
  const CountCredits<Count> credits{view(win), view(loss), view(tie), tie_share};
  const OrderedPairs pairs{view(first), view(second)};
  check(call([&](const Control& control) {
          return build_graph(pairs, credits, n_items, threads, control, graph);
        }),
        sizes(first.size(), n_items));
  return to_arrays(std::move(graph));
}

py::tuple build_from_credits(const Items& first, const Items& second,
                             const Array<double>& first_credit, const Array<double>& second_credit,
                             std::int64_t n_items, int threads) {
  AnyGraphBuffers graph;
  const WeightCredits credits{view(first_credit), view(second_credit)};
  const OrderedPairs pairs{view(first), view(second)};
  check(call([&](const Control& control) {
          return build_graph(pairs, credits, n_items, threads, control, graph);
        }),
        sizes(first.size(), n_items));
  return to_arrays(std::move(graph));
}

template <class Value>
py::tuple components(const Array<std::int64_t>& offsets, const Items& neighbour,
                     const Array<Value>& win, const Array<Value>& loss,
                     const Array<std::uint8_t>& linked) {
  Components found;
  const PairGraph<Value> graph{view(offsets), view(neighbour), view(win), view(loss)};
  const auto links = view(linked);
  check(call([&](const Control& control) { return find_components(graph, links, control, found); }),
        sizes(neighbour.size() / 2, graph.n_items()));
  return py::make_tuple(adopt(std::move(found.strong)), adopt(std::move(found.weak)),
                        found.n_strong, found.n_weak);
}

template <class Count>
void bind_build(py::module_& module) {
  module.def("build_graph", &build_from_counts<Count>, py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::arg("win").noconvert(), py::arg("loss").noconvert(),
             py::arg("tie").noconvert().none(true), py::arg("tie_share"), py::arg("n_items"),
             py::arg("threads"));
}

template <class Value>
void bind_components(py::module_& module) {
  module.def("components", &components<Value>, py::arg("offsets").noconvert(),
             py::arg("neighbour").noconvert(), py::arg("win").noconvert(),
             py::arg("loss").noconvert(), py::arg("linked").noconvert());
}

}  // namespace

void bind_graph(py::module_& module) {
  bind_build<std::uint32_t>(module);
  bind_build<std::uint64_t>(module);
  module.def("build_graph_from_credits", &build_from_credits, py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::arg("first_credit").noconvert(),
             py::arg("second_credit").noconvert(), py::arg("n_items"), py::arg("threads"));
  bind_components<std::uint8_t>(module);
  bind_components<float>(module);
  bind_components<double>(module);
}

}  // namespace zermelo::bindings
