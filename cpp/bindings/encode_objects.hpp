// Labels that are Python objects; this kernel needs the interpreter, so it lives with the bindings.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>

namespace zermelo::bindings {

// The code of each label in a 1-d object array. `table` maps labels to codes and grows in order of
// appearance, so that several columns can share it. Raises TypeError for an unhashable label.
pybind11::array_t<std::int32_t> encode_objects(const pybind11::array& values,
                                               const pybind11::dict& table);

}  // namespace zermelo::bindings
