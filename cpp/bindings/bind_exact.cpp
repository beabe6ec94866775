#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/exact_bracket.hpp"

namespace zermelo::bindings {
namespace {

py::tuple probabilities(const Array<std::int32_t>& code, std::int64_t n_items,
                        std::int64_t n_registers, std::int64_t n_bands, const Array<double>& win) {
  if (code.ndim() != 2 || code.shape(1) != 8 || win.ndim() != 3 || win.shape(1) != n_items ||
      win.shape(2) != n_items) {
    throw py::value_error("code must have shape (k, 8) and win (tables, n_items, n_items)");
  }
  Array<double> band({n_items, n_bands});
  const std::span<double> target = mutable_view(band);
  const Result result = call([&](const Control&) {
    return exact_bracket(view(code), n_items, n_registers, n_bands, view(win), target);
  });
  check(result, "a bracket of " + std::to_string(n_items) + " items");
  return py::make_tuple(band, result.index);
}

}  // namespace

void bind_exact(py::module_& module) {
  module.def("exact_bracket", &probabilities, py::arg("code").noconvert(), py::arg("n_items"),
             py::arg("n_registers"), py::arg("n_bands"), py::arg("win").noconvert(),
             "float64[n_items, n_bands]: where items end; and the first instruction that is not "
             "for it, or -1.");
}

}  // namespace zermelo::bindings
