#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/covariance.hpp"

namespace zermelo::bindings {
namespace {

std::optional<Array<double>> covariance(const Array<double>& information,
                                        const std::optional<Array<double>>& meat, int threads) {
  const auto square = [&](const Array<double>& matrix) {
    return matrix.ndim() == 2 && matrix.shape(0) == information.shape(0) &&
           matrix.shape(1) == information.shape(0);
  };
  if (!square(information) || (meat && !square(*meat))) {
    throw py::value_error("information and meat must be square and of one size");
  }
  const std::int64_t n = information.shape(0);
  Array<double> out({n, n});
  const std::span<double> target = mutable_view(out);
  const Result result = call([&](const Control& control) {
    return dense_covariance(view(information), view(meat), n, threads, control, target);
  });
  check(result, "a covariance of " + std::to_string(n) + " items");
  if (result.status == Status::invalid_value) return std::nullopt;
  return out;
}

}  // namespace

void bind_covariance(py::module_& module) {
  module.def("dense_covariance", &covariance, py::arg("information").noconvert(),
             py::arg("meat").noconvert().none(true), py::arg("threads"),
             "inverse(information), or the sandwich around meat; None where it is singular.");
}

}  // namespace zermelo::bindings
