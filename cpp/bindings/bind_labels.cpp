#include <pybind11/typing.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "array_view.hpp"
#include "bindings.hpp"
#include "encode_objects.hpp"
#include "zermelo/labels.hpp"
#include "zermelo/text_labels.hpp"

namespace zermelo::bindings {
namespace {

template <class Integer>
std::pair<Array<std::uint8_t>, std::int64_t> mark(const Array<Integer>& first,
                                                  const Array<Integer>& second, std::int64_t low,
                                                  std::int64_t span, int threads) {
  Array<std::uint8_t> seen(static_cast<py::ssize_t>(span));
  const std::span<std::uint8_t> target = mutable_view(seen);
  std::int64_t n_outside = 0;
  check(call([&](const Control& control) {
          return mark_integers<Integer>(view(first), view(second), low, target, n_outside, threads,
                                        control);
        }),
        "marking the labels of " + std::to_string(first.size()) + " rows");
  return {std::move(seen), n_outside};
}

template <class Integer>
void recode(const Array<Integer>& values, std::int64_t low, const Array<std::int32_t>& table,
            Array<std::int32_t>& codes, int threads) {
  if (codes.size() != values.size()) {
    throw py::value_error("codes must have a place for every value");
  }
  const std::span<std::int32_t> target = mutable_view(codes);
  check(call([&](const Control& control) {
          return recode_integers<Integer>(view(values), low, view(table), target, threads, control);
        }),
        "encoding " + std::to_string(values.size()) + " labels");
}

template <class Integer>
void bind_integers(py::module_& module) {
  module.def("mark_integers", &mark<Integer>, py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::arg("low"), py::arg("span"), py::arg("threads"),
             "uint8[span]: 1 at v - low for every v in either column; and how many values lie "
             "outside.");
  module.def("recode_integers", &recode<Integer>, py::arg("values").noconvert(), py::arg("low"),
             py::arg("table").noconvert(), py::arg("codes").noconvert(), py::arg("threads"),
             "Sets codes to table[v - low] for every v.");
}

// One column's chunks: offsets and bytes.
template <class Offset>
using TextArrays = std::vector<std::pair<Array<Offset>, Array<std::uint8_t>>>;

template <class Offset>
std::pair<Array<std::int32_t>, py::typing::List<py::str>> encode(const TextArrays<Offset>& arrays) {
  std::vector<TextChunk<Offset>> chunks;
  chunks.reserve(arrays.size());
  py::ssize_t rows = 0;
  for (const auto& [offsets, bytes] : arrays) {
    chunks.push_back(
        {view(offsets),
         {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size())}});
    rows += offsets.size() > 0 ? offsets.size() - 1 : 0;
  }
  Array<std::int32_t> codes(rows);
  const std::span<std::int32_t> target = mutable_view(codes);
  std::vector<std::string_view> labels;
  const Result result = call(
      [&](const Control& control) { return encode_text<Offset>(chunks, target, labels, control); });
  check(result, "encoding " + std::to_string(rows) + " labels");
  if (result.status == Status::invalid_value) {
    throw py::value_error("the offsets of row " + std::to_string(result.index) +
                          " are not within the bytes");
  }
  py::typing::List<py::str> texts(labels.size());
  for (std::size_t code = 0; code < labels.size(); ++code) {
    texts[code] = py::str(labels[code].data(), labels[code].size());
  }
  return {std::move(codes), std::move(texts)};
}

template <class Offset>
void bind_text(py::module_& module) {
  module.def("encode_text", &encode<Offset>, py::arg("chunks").noconvert(),
             "int32 codes and labels, in order of appearance, of texts in chunks of (offsets, "
             "bytes).");
}

}  // namespace

void bind_labels(py::module_& module) {
  bind_integers<std::int32_t>(module);
  bind_integers<std::int64_t>(module);
  bind_text<std::int32_t>(module);
  bind_text<std::int64_t>(module);
  module.def("encode_objects", &encode_objects, py::arg("values"), py::arg("table"),
             "int32 codes of labels; `table` (label -> code) grows in order of appearance.");
}

}  // namespace zermelo::bindings
