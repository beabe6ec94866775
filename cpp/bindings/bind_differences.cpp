#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/differences.hpp"

namespace zermelo::bindings {
namespace {

using Singles = Array<float>;

using Items = Array<std::int32_t>;

Singles largest(const Singles& errors, const Items& item, const Items& first, const Singles& up,
                const Singles& down, int threads) {
  const auto weights = [&](const Singles& matrix) {
    return matrix.ndim() == 2 && matrix.shape(0) == item.size() &&
           matrix.shape(1) == errors.shape(0);
  };
  if (errors.ndim() != 2 || first.size() != item.size() || !weights(up) || !weights(down)) {
    throw py::value_error("up and down must have a row for each item and a column for each error");
  }
  const std::int64_t n_draws = errors.shape(1);
  for (const std::int32_t place : view(item)) {
    if (place < 0 || place >= errors.shape(0)) throw py::value_error("item is out of range");
  }
  for (const std::int32_t place : view(first)) {
    if (place < 0) throw py::value_error("first is negative");
  }
  Singles out({static_cast<std::int64_t>(item.size()), n_draws});
  const std::span<float> target = mutable_view(out);
  check(call([&](const Control& control) {
          return largest_differences(view(errors), n_draws, view(item), view(first), view(up),
                                     view(down), threads, control, target);
        }),
        std::to_string(n_draws) + " draws of " + std::to_string(item.size()) + " items");
  return out;
}

}  // namespace

void bind_differences(py::module_& module) {
  module.def("largest_differences", &largest, py::arg("errors").noconvert(),
             py::arg("item").noconvert(), py::arg("first").noconvert(), py::arg("up").noconvert(),
             py::arg("down").noconvert(), py::arg("threads"),
             "The largest weighted difference to each item in every draw.");
}

}  // namespace zermelo::bindings
