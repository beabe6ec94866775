#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/bradley_terry.hpp"

namespace zermelo::bindings {
namespace {

using Offsets = Array<std::int64_t>;
using Items = Array<std::int32_t>;
using Mask = Array<std::uint8_t>;
using Reals = Array<double>;

template <class Value>
using Solver = Result (*)(const BradleyTerry<Value>&, const SolverLimits&, std::int64_t,
                          const Control&, std::span<double>, Convergence&);

template <class Value>
std::string sizes(const PairGraph<Value>& graph) {
  return "a fit of " + std::to_string(graph.n_items()) + " items and " +
         std::to_string(graph.n_entries() / 2) + " pairs";
}

template <class Value>
Reals bt_start(const Offsets& offsets, const Array<Value>& win, const Array<Value>& loss,
               int threads) {
  const PairGraph<Value> graph{view(offsets), {}, view(win), view(loss)};
  Reals ability(graph.n_items());
  const std::span<double> out = mutable_view(ability);
  check(call([&](const Control& control) {
          return starting_abilities(graph, threads, control, out);
        }),
        sizes(graph));
  return ability;
}

template <class Value, Solver<Value> solver>
py::tuple fit(const Offsets& offsets, const Items& neighbour, const Array<Value>& win,
              const Array<Value>& loss, const Reals& start, const Mask& held, const Items& centre,
              std::int32_t n_centres, double prior, double tol, std::int64_t max_iter,
              std::int64_t dense_below, int threads) {
  Reals ability(start.size());
  std::copy_n(start.data(), start.size(), ability.mutable_data());
  const BradleyTerry<Value> model{{view(offsets), view(neighbour), view(win), view(loss)},
                                  view(held),
                                  view(centre),
                                  n_centres,
                                  prior};
  const std::span<double> out = mutable_view(ability);
  Convergence convergence;
  check(call([&](const Control& control) {
          return solver(model, {tol, max_iter, threads}, dense_below, control, out, convergence);
        }),
        sizes(model.graph));
  return py::make_tuple(ability, convergence.n_iter, convergence.ability_error,
                        convergence.score_norm, convergence.converged);
}

template <class Value>
double bt_log_likelihood(const Offsets& offsets, const Items& neighbour, const Array<Value>& win,
                         const Array<Value>& loss, const Reals& ability, int threads) {
  const PairGraph<Value> graph{view(offsets), view(neighbour), view(win), view(loss)};
  const auto theta = view(ability);
  double value = 0.0;
  check(call([&](const Control& control) {
          return log_likelihood(graph, theta, threads, control, value);
        }),
        sizes(graph));
  return value;
}

template <class Value>
py::tuple laplacian_solve(const Offsets& offsets, const Items& neighbour, const Array<Value>& win,
                          const Array<Value>& loss, const Reals& ability, const Mask& held,
                          const Items& centre, std::int32_t n_centres, double prior,
                          const Reals& right, double relative_tol, std::int64_t max_iter,
                          int threads) {
  if (right.ndim() != 2) throw py::value_error("right must have two dimensions");
  Reals solution({right.shape(0), right.shape(1)});
  const BradleyTerry<Value> model{{view(offsets), view(neighbour), view(win), view(loss)},
                                  view(held),
                                  view(centre),
                                  n_centres,
                                  prior};
  const auto theta = view(ability);
  const auto b = view(right);
  const std::span<double> x = mutable_view(solution);
  const std::int64_t n_right = right.shape(1);
  std::int64_t iterations = 0;
  check(call([&](const Control& control) {
          return solve_information(model, theta, b, n_right, relative_tol, max_iter, threads,
                                   control, x, iterations);
        }),
        sizes(model.graph));
  return py::make_tuple(solution, iterations);
}

template <class Value, Solver<Value> solver>
void bind_fit(py::module_& module, const char* name) {
  module.def(name, &fit<Value, solver>, py::arg("offsets").noconvert(),
             py::arg("neighbour").noconvert(), py::arg("win").noconvert(),
             py::arg("loss").noconvert(), py::arg("start").noconvert(), py::arg("held").noconvert(),
             py::arg("centre").noconvert(), py::arg("n_centres"), py::arg("prior"), py::arg("tol"),
             py::arg("max_iter"), py::arg("dense_below"), py::arg("threads"));
}

template <class Value>
void bind_value(py::module_& module) {
  module.def("bt_start", &bt_start<Value>, py::arg("offsets").noconvert(),
             py::arg("win").noconvert(), py::arg("loss").noconvert(), py::arg("threads"));
  bind_fit<Value, &fit_newton<Value>>(module, "bt_newton");
  bind_fit<Value, &fit_minorise<Value>>(module, "bt_minorise");
  bind_fit<Value, &fit_newman<Value>>(module, "bt_newman");
  module.def("bt_log_likelihood", &bt_log_likelihood<Value>, py::arg("offsets").noconvert(),
             py::arg("neighbour").noconvert(), py::arg("win").noconvert(),
             py::arg("loss").noconvert(), py::arg("ability").noconvert(), py::arg("threads"));
  module.def("laplacian_solve", &laplacian_solve<Value>, py::arg("offsets").noconvert(),
             py::arg("neighbour").noconvert(), py::arg("win").noconvert(),
             py::arg("loss").noconvert(), py::arg("ability").noconvert(),
             py::arg("held").noconvert(), py::arg("centre").noconvert(), py::arg("n_centres"),
             py::arg("prior"), py::arg("right").noconvert(), py::arg("relative_tol"),
             py::arg("max_iter"), py::arg("threads"));
}

}  // namespace

void bind_bradley_terry(py::module_& module) {
  bind_value<std::uint8_t>(module);
  bind_value<float>(module);
  bind_value<double>(module);
}

}  // namespace zermelo::bindings
