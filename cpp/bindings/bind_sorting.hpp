// What the bindings of the sort kernels share.
#pragma once

#include <string>

#include "array_view.hpp"
#include "zermelo/sorting.hpp"

namespace zermelo::bindings {

// A KeyError names a method or an option that is not there, as it does in the twins.
inline const sorting::Method& method_of(const std::string& name,
                                        const sorting::Run::Options& options) {
  const sorting::Method* method = sorting::find_method(name);
  if (method == nullptr) throw py::key_error(name);
  for (const char* option : method->options) {
    if (!options.contains(std::string_view(option))) throw py::key_error(option);
  }
  return *method;
}

inline sorting::Presentation presentation_of(const std::string& name) {
  using sorting::Presentation;
  if (name == "both") return Presentation::both;
  if (name == "single") return Presentation::single;
  if (name == "random") return Presentation::random;
  if (name == "escalate") return Presentation::escalate;
  throw py::key_error(name);
}

void bind_sort_directly(py::module_& module);
void bind_simulate_sorts(py::module_& module);

}  // namespace zermelo::bindings
