// Between NumPy arrays and the kernels' spans; nothing here decides anything about ratings.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <span>
#include <string>

#include "zermelo/memory.hpp"
#include "zermelo/types.hpp"

namespace zermelo::bindings {

namespace py = pybind11;

// No forcecast: the Python edge makes arrays contiguous and of the right dtype, and arguments are
// bound with noconvert(), so that a wrong one is refused instead of silently copied.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
std::span<const T> view(const Array<T>& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

template <class T>
std::span<const T> view(const std::optional<Array<T>>& array) {
  return array ? view(*array) : std::span<const T>{};
}

template <class T>
std::span<T> mutable_view(Array<T>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

// Hands a kernel's buffer to NumPy without a copy.
template <class T>
py::array_t<T> adopt(Buffer<T>&& buffer) {
  const auto size = static_cast<py::ssize_t>(buffer.size());
  T* data = buffer.release();
  py::capsule owner(data, give_memory);
  return py::array_t<T>({size}, {static_cast<py::ssize_t>(sizeof(T))}, data, owner);
}

// Lets the interpreter handle signals while a kernel runs without the GIL, so that Ctrl-C works.
inline Control signal_control() {
  return {[](void*) {
            const py::gil_scoped_acquire gil;
            return PyErr_CheckSignals() != 0;
          },
          nullptr};
}

// Runs a kernel without the GIL. Safe: kernels touch only arrays that the caller keeps alive for
// the length of the call, and no Python object.
template <class Kernel>
Result call(Kernel&& kernel) {
  const py::gil_scoped_release release;
  return kernel(signal_control());
}

// Raises what a status stands for; `sizes` tells a MemoryError how large the input was.
// Status::invalid_value is left to the caller, who knows what the index means.
inline void check(const Result& result, const std::string& sizes) {
  switch (result.status) {
    case Status::ok:
    case Status::invalid_value:
      return;
    case Status::interrupted:
      if (PyErr_Occurred() != nullptr) throw py::error_already_set();
      PyErr_SetNone(PyExc_KeyboardInterrupt);
      throw py::error_already_set();
    case Status::out_of_memory:
      PyErr_SetString(PyExc_MemoryError, ("not enough memory for " + sizes).c_str());
      throw py::error_already_set();
  }
}

}  // namespace zermelo::bindings
