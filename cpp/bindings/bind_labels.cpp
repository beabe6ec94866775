#include <cstdint>
#include <string>

#include "array_view.hpp"
#include "bindings.hpp"
#include "encode_objects.hpp"
#include "zermelo/labels.hpp"

namespace zermelo::bindings {
namespace {

template <class Integer>
Array<std::uint8_t> mark(const Array<Integer>& first, const Array<Integer>& second,
                         std::int64_t low, std::int64_t span, int threads) {
  Array<std::uint8_t> seen(static_cast<py::ssize_t>(span));
  const std::span<std::uint8_t> target = mutable_view(seen);
  check(call([&](const Control& control) {
          return mark_integers<Integer>(view(first), view(second), low, target, threads, control);
        }),
        "marking the labels of " + std::to_string(first.size()) + " rows");
  return seen;
}

template <class Integer>
Array<std::int32_t> recode(const Array<Integer>& values, std::int64_t low,
                           const Array<std::int32_t>& table, int threads) {
  Array<std::int32_t> codes(values.size());
  const std::span<std::int32_t> target = mutable_view(codes);
  check(call([&](const Control& control) {
          return recode_integers<Integer>(view(values), low, view(table), target, threads, control);
        }),
        "encoding " + std::to_string(values.size()) + " labels");
  return codes;
}

template <class Integer>
void bind_integers(py::module_& module) {
  module.def("mark_integers", &mark<Integer>, py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::arg("low"), py::arg("span"), py::arg("threads"),
             "uint8[span]: 1 at v - low for every v that occurs in either column.");
  module.def("recode_integers", &recode<Integer>, py::arg("values").noconvert(), py::arg("low"),
             py::arg("table").noconvert(), py::arg("threads"),
             "int32 codes: table[v - low] for every v.");
}

}  // namespace

void bind_labels(py::module_& module) {
  bind_integers<std::int32_t>(module);
  bind_integers<std::int64_t>(module);
  module.def("encode_objects", &encode_objects, py::arg("values"), py::arg("table"),
             "int32 codes of labels; `table` (label -> code) grows in order of appearance.");
}

}  // namespace zermelo::bindings
