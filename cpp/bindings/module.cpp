#include <pybind11/pybind11.h>

#include "bindings.hpp"

namespace py = pybind11;

PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
  module.doc() = "The compiled kernels of zermelo.";
  module.attr("__version__") = ZERMELO_VERSION;
#if defined(__clang__)
  module.attr("compiler") = "clang " __clang_version__;
#elif defined(__GNUC__)
  module.attr("compiler") = "gcc " __VERSION__;
#elif defined(_MSC_VER)
  module.attr("compiler") = "msvc " + std::to_string(_MSC_VER);
#else
  module.attr("compiler") = "unknown";
#endif
  zermelo::bindings::bind_labels(module);
  zermelo::bindings::bind_counting(module);
  zermelo::bindings::bind_graph(module);
  zermelo::bindings::bind_bradley_terry(module);
  zermelo::bindings::bind_joint(module);
  zermelo::bindings::bind_covariance(module);
  zermelo::bindings::bind_cluster_meat(module);
  zermelo::bindings::bind_bootstrap(module);
  zermelo::bindings::bind_differences(module);
  zermelo::bindings::bind_elo(module);
  zermelo::bindings::bind_small_fits(module);
  zermelo::bindings::bind_glicko(module);
  zermelo::bindings::bind_trueskill(module);
  zermelo::bindings::bind_inversions(module);
  zermelo::bindings::bind_tournament(module);
  zermelo::bindings::bind_exact(module);
  zermelo::bindings::bind_sorting(module);
}
