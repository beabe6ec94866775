#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/small_fits.hpp"

namespace zermelo::bindings {
namespace {

py::tuple fits(const Array<double>& wins, double prior, double tol, std::int64_t max_iter,
               int threads) {
  if (wins.ndim() != 3 || wins.shape(1) < 1 || wins.shape(1) != wins.shape(2)) {
    throw py::value_error("wins must have the shape (tables, items, items)");
  }
  if (!(prior > 0.0)) throw py::value_error("prior must be positive");
  const std::int64_t n_tables = wins.shape(0), n = wins.shape(1);
  Array<double> ability({n_tables, n}), last_step(n_tables);
  const auto abilities = mutable_view(ability), steps = mutable_view(last_step);
  const Result result = call([&](const Control& control) {
    return small_fits(view(wins), n, prior, {tol, max_iter, threads}, control, abilities, steps);
  });
  check(result, std::to_string(n_tables) + " tables of " + std::to_string(n) + " items");
  return py::make_tuple(ability, last_step);
}

}  // namespace

void bind_small_fits(py::module_& module) {
  module.def("small_fits", &fits, py::arg("wins").noconvert(), py::arg("prior"), py::arg("tol"),
             py::arg("max_iter"), py::arg("threads"),
             "Abilities of every table of wins, and the largest change in its last Newton step.");
}

}  // namespace zermelo::bindings
