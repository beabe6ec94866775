#include <algorithm>

#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/joint.hpp"

namespace zermelo::bindings {
namespace {

using Items = Array<std::int32_t>;
using Reals = Array<double>;

void same_size(const char* name, std::size_t size, std::size_t expected) {
  if (size != expected) {
    throw py::value_error(std::string(name) + " has " + std::to_string(size) + " values, not " +
                          std::to_string(expected));
  }
}

Reals copy_of(const Reals& array) {
  Reals copy(array.size());
  std::copy_n(array.data(), array.size(), copy.mutable_data());
  return copy;
}

py::tuple joint_newton(const Items& first, const Items& second, const Reals& win, const Reals& loss,
                       const std::optional<Reals>& tie, const std::optional<Reals>& offset,
                       const Reals& features, int ties, const Array<std::int64_t>& offsets,
                       const Items& neighbour, const Reals& start, const Reals& start_extra,
                       const Array<std::uint8_t>& held, const Items& centre, std::int32_t n_centres,
                       double prior, double ridge, double tol, std::int64_t max_iter,
                       std::int64_t dense_below, int threads) {
  if (features.ndim() != 2) throw py::value_error("features must have two dimensions");
  const JointModel model{{view(first), view(second), view(win), view(loss), view(tie), view(offset),
                          view(features), features.shape(1)},
                         static_cast<TieModel>(ties),
                         view(offsets),
                         view(neighbour),
                         view(held),
                         view(centre),
                         n_centres,
                         prior,
                         ridge};
  const auto cells = static_cast<std::size_t>(first.size());
  same_size("second", view(second).size(), cells);
  same_size("win", view(win).size(), cells);
  same_size("loss", view(loss).size(), cells);
  same_size("features", static_cast<std::size_t>(features.shape(0)), cells);
  if (model.ties != TieModel::none) same_size("tie", model.cells.tie.size(), cells);
  if (offset) same_size("offset", model.cells.offset.size(), cells);
  same_size("start", view(start).size(), static_cast<std::size_t>(model.n_items()));
  same_size("start_extra", view(start_extra).size(), static_cast<std::size_t>(model.n_extra()));
  Reals ability = copy_of(start);
  Reals extra = copy_of(start_extra);
  const std::span<double> ability_out = mutable_view(ability);
  const std::span<double> extra_out = mutable_view(extra);
  Convergence convergence;
  check(call([&](const Control& control) {
          return fit_joint(model, {tol, max_iter, threads}, dense_below, control, ability_out,
                           extra_out, convergence);
        }),
        "a fit of " + std::to_string(model.n_items()) + " items, " + std::to_string(cells) +
            " cells and " + std::to_string(model.n_extra()) + " other parameters");
  return py::make_tuple(ability, extra, convergence.n_iter, convergence.ability_error,
                        convergence.score_norm, convergence.converged);
}

}  // namespace

void bind_joint(py::module_& module) {
  module.def(
      "joint_newton", &joint_newton, py::arg("first").noconvert(), py::arg("second").noconvert(),
      py::arg("win").noconvert(), py::arg("loss").noconvert(), py::arg("tie").noconvert(),
      py::arg("offset").noconvert(), py::arg("features").noconvert(), py::arg("ties"),
      py::arg("offsets").noconvert(), py::arg("neighbour").noconvert(),
      py::arg("start").noconvert(), py::arg("start_extra").noconvert(), py::arg("held").noconvert(),
      py::arg("centre").noconvert(), py::arg("n_centres"), py::arg("prior"), py::arg("ridge"),
      py::arg("tol"), py::arg("max_iter"), py::arg("dense_below"), py::arg("threads"));
}

}  // namespace zermelo::bindings
