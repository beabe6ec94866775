#include <limits>

#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/inversions.hpp"

namespace zermelo::bindings {
namespace {

using Codes = Array<std::int32_t>;
using Longs = Array<std::int64_t>;

template <class Value>
std::string sizes(const Array<Value>& rows) {
  return std::to_string(rows.shape(0)) + " rows of " + std::to_string(rows.shape(1)) + " values";
}

template <class Value>
void require_rows(const Array<Value>& rows) {
  if (rows.ndim() != 2) throw py::value_error("rows must have two dimensions");
}

template <class Value>
Longs inversions_of(const Array<Value>& values, int threads) {
  require_rows(values);
  Longs count(values.shape(0));
  const auto target = mutable_view(count);
  check(call([&](const Control& control) {
          return count_inversions(view(values), values.shape(1), threads, control, target);
        }),
        sizes(values));
  return count;
}

Codes smaller_before(const Codes& codes, int threads) {
  require_rows(codes);
  if (codes.shape(1) > std::numeric_limits<std::int32_t>::max()) {
    throw py::value_error("a row is too long for codes of 32 bits");
  }
  Codes count({codes.shape(0), codes.shape(1)});
  const auto target = mutable_view(count);
  const Result result = call([&](const Control& control) {
    return count_smaller_before(view(codes), codes.shape(1), threads, control, target);
  });
  check(result, sizes(codes));
  if (result.status == Status::invalid_value) throw py::value_error("a code is out of range");
  return count;
}

}  // namespace

void bind_inversions(py::module_& module) {
  module.def("count_inversions", &inversions_of<std::int32_t>, py::arg("values").noconvert(),
             py::arg("threads"), "Pairs of each row that stand in the wrong order.");
  module.def("count_inversions", &inversions_of<std::int64_t>, py::arg("values").noconvert(),
             py::arg("threads"), "Pairs of each row that stand in the wrong order.");
  module.def("count_smaller_before", &smaller_before, py::arg("codes").noconvert(),
             py::arg("threads"), "How many codes before each in its row are smaller.");
}

}  // namespace zermelo::bindings
