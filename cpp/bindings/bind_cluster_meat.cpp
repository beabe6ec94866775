#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/cluster_meat.hpp"

namespace zermelo::bindings {
namespace {

using Items = Array<std::int32_t>;
using Reals = Array<double>;

py::tuple meat_of(const Array<std::int64_t>& offsets, const Items& first, const Items& second,
                  const Reals& residual, const Reals& extra, std::int64_t n_items, int threads) {
  const auto cells = first.size();
  if (second.size() != cells || residual.size() != cells || extra.ndim() != 2 ||
      extra.shape(0) != cells) {
    throw py::value_error("first, second, residual and extra must have one row a cell");
  }
  if (offsets.size() < 1 || offsets.at(0) != 0 || offsets.at(offsets.size() - 1) != cells) {
    throw py::value_error("offsets must run from 0 to the number of cells");
  }
  const std::int64_t n_extra = extra.shape(1);
  Reals meat({n_items + n_extra, n_items + n_extra});
  Array<std::int64_t> occurs(n_items);
  const auto matrix = mutable_view(meat);
  const auto counts = mutable_view(occurs);
  const ClusterScores scores{view(offsets), view(first), view(second), view(residual),
                             view(extra),   n_items,     n_extra};
  const Result result = call([&](const Control& control) {
    return cluster_meat(scores, threads, control, matrix, counts);
  });
  check(result, std::to_string(cells) + " scores of " + std::to_string(n_items) + " items");
  return py::make_tuple(meat, occurs);
}

}  // namespace

void bind_cluster_meat(py::module_& module) {
  module.def("cluster_meat", &meat_of, py::arg("offsets").noconvert(), py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::arg("residual").noconvert(),
             py::arg("extra").noconvert(), py::arg("n_items"), py::arg("threads"),
             "The clusters' scores times themselves, and in how many clusters each item occurs.");
}

}  // namespace zermelo::bindings
