// One bind function a kernel family; module.cpp only calls them.
#pragma once

#include <pybind11/pybind11.h>

namespace zermelo::bindings {

void bind_counting(pybind11::module_& module);
void bind_labels(pybind11::module_& module);
void bind_graph(pybind11::module_& module);
void bind_bradley_terry(pybind11::module_& module);
void bind_joint(pybind11::module_& module);
void bind_covariance(pybind11::module_& module);
void bind_cluster_meat(pybind11::module_& module);
void bind_bootstrap(pybind11::module_& module);
void bind_differences(pybind11::module_& module);
void bind_elo(pybind11::module_& module);
void bind_small_fits(pybind11::module_& module);
void bind_glicko(pybind11::module_& module);
void bind_trueskill(pybind11::module_& module);
void bind_inversions(pybind11::module_& module);
void bind_tournament(pybind11::module_& module);
void bind_exact(pybind11::module_& module);
void bind_sorting(pybind11::module_& module);

}  // namespace zermelo::bindings
