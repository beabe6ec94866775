#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/pair_counts.hpp"

namespace zermelo::bindings {
namespace {

template <class T>
using MaybeArray = std::optional<Array<T>>;

template <class T>
void same_length(const char* name, const MaybeArray<T>& array, py::ssize_t rows) {
  if (array && array->size() != rows) {
    throw py::value_error("Length of " + std::string(name) + " (" + std::to_string(array->size()) +
                          ") must match length of first (" + std::to_string(rows) + ")");
  }
}

std::string sizes(py::ssize_t rows, std::int32_t n_items) {
  return "counting " + std::to_string(rows) + " comparisons between " + std::to_string(n_items) +
         " items";
}

py::tuple classify(const Array<double>& score, int threads) {
  Array<std::uint8_t> codes(score.size());
  const std::span<std::uint8_t> target = mutable_view(codes);
  std::int64_t n_fractional = 0;
  const Result result = call([&](const Control& control) {
    return classify_scores(view(score), threads, control, target, n_fractional);
  });
  check(result, "classifying " + std::to_string(score.size()) + " scores");
  return py::make_tuple(codes, n_fractional, result.index);
}

template <class Count>
py::tuple to_tuple(CountedPairs<Count>&& pairs) {
  py::object tie = py::none();
  if (pairs.has_tie) tie = adopt(std::move(pairs.tie));
  return py::make_tuple(adopt(std::move(pairs.first)), adopt(std::move(pairs.second)),
                        adopt(std::move(pairs.win)), adopt(std::move(pairs.loss)), tie);
}

py::tuple count(const Array<std::int32_t>& first, const Array<std::int32_t>& second,
                const Array<std::uint8_t>& outcome, const MaybeArray<std::int64_t>& count,
                std::int32_t n_items, int threads) {
  same_length<std::int32_t>("second", second, first.size());
  same_length<std::uint8_t>("outcome", outcome, first.size());
  same_length("count", count, first.size());
  PairCounts pairs;
  check(call([&](const Control& control) {
          return count_pairs(view(first), view(second), view(outcome), view(count), n_items,
                             threads, control, pairs);
        }),
        sizes(first.size(), n_items));
  return std::visit([](auto& counted) { return to_tuple(std::move(counted)); }, pairs);
}

template <class T>
py::array_t<T> adopt_rows(Buffer<T>&& buffer, py::ssize_t rows) {
  const auto columns = static_cast<py::ssize_t>(buffer.size()) / rows;
  return adopt(std::move(buffer)).reshape({rows, columns});
}

py::tuple sum(const Array<std::int32_t>& first, const Array<std::int32_t>& second,
              const Array<std::uint8_t>& outcome, const MaybeArray<double>& score,
              const MaybeArray<std::int64_t>& count, const MaybeArray<double>& weight,
              std::int32_t n_items, int threads) {
  same_length<std::int32_t>("second", second, first.size());
  same_length<std::uint8_t>("outcome", outcome, first.size());
  same_length("score", score, first.size());
  same_length("count", count, first.size());
  same_length("weight", weight, first.size());
  SummedPairs pairs;
  check(call([&](const Control& control) {
          return sum_pairs(view(first), view(second), view(outcome), view(score), view(count),
                           view(weight), n_items, threads, control, pairs);
        }),
        sizes(first.size(), n_items));
  return py::make_tuple(adopt(std::move(pairs.first)), adopt(std::move(pairs.second)),
                        adopt_rows(std::move(pairs.n), kOutcomes),
                        adopt_rows(std::move(pairs.sums), kPairSums));
}

}  // namespace

void bind_counting(py::module_& module) {
  module.def("classify_scores", &classify, py::arg("score").noconvert(), py::arg("threads"),
             "(outcome codes, number of fractional scores, first bad row or -1).");
  module.def("count_pairs", &count, py::arg("first").noconvert(), py::arg("second").noconvert(),
             py::arg("outcome").noconvert(), py::arg("count").noconvert(), py::arg("n_items"),
             py::arg("threads"), "(first, second, win, loss, tie or None) by ordered pair.");
  module.def("sum_pairs", &sum, py::arg("first").noconvert(), py::arg("second").noconvert(),
             py::arg("outcome").noconvert(), py::arg("score").noconvert(),
             py::arg("count").noconvert(), py::arg("weight").noconvert(), py::arg("n_items"),
             py::arg("threads"),
             "(first, second, n of shape (4, pairs), sums of shape (11, pairs)) by ordered pair.");
}

}  // namespace zermelo::bindings
