// A sort with a Python callable, without a stop between two calls.
#include <vector>

#include "bind_sorting.hpp"
#include "zermelo/random.hpp"

namespace zermelo::bindings {
namespace {

using sorting::Kind;
using sorting::kTie;
using sorting::Presentation;
using sorting::Run;

template <class T>
py::array_t<T> array_of(const std::vector<T>& values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

class Caller {
 public:
  Caller(const py::tuple& items, const py::object& compare, const py::object& read,
         const py::object& failed)
      : items_(items), compare_(compare), read_(read), failed_(failed) {}

  // The score of the item shown first, recorded; NaN as an answer counts as a tie.
  double score(std::int32_t first, std::int32_t second) {
    if (++n_calls_ % kCallsAPoll == 0) poll();
    PyObject* arguments[] = {nullptr, PyTuple_GET_ITEM(items_.ptr(), first),
                             PyTuple_GET_ITEM(items_.ptr(), second)};
    const py::object value = py::reinterpret_steal<py::object>(PyObject_Vectorcall(
        compare_.ptr(), arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
    const double found = value ? of_value(value, first, second) : of_error(first, second);
    first_.push_back(first);
    second_.push_back(second);
    score_.push_back(found);
    return found != found ? kTie : found;
  }

  static py::object error_value(const py::error_already_set& error) {
    py::object value = error.value();
    if (error.trace()) PyException_SetTraceback(value.ptr(), error.trace().ptr());
    return value;
  }

  py::array_t<std::int32_t> first() const { return array_of(first_); }
  py::array_t<std::int32_t> second() const { return array_of(second_); }
  py::array_t<double> scores() const { return array_of(score_); }

 private:
  static constexpr std::int64_t kCallsAPoll = 1024;

  // Callables written in C never look for signals, nor let other threads run.
  static void poll() {
    {
      const py::gil_scoped_release release;
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }

  double of_value(const py::object& value, std::int32_t first, std::int32_t second) {
    if (value.is(py::bool_(true))) return 1.0;
    if (value.is(py::bool_(false))) return 0.0;
    if (PyFloat_CheckExact(value.ptr())) {
      const double found = PyFloat_AS_DOUBLE(value.ptr());
      if (found >= 0.0 && found <= 1.0) return found;
    }
    return py::float_(read_(value, first, second));
  }

  double of_error(std::int32_t first, std::int32_t second) {
    const bool may_be_met = PyErr_ExceptionMatches(PyExc_Exception) != 0;
    py::error_already_set error;
    if (!may_be_met) throw error;
    return py::float_(failed_(error_value(error), first, second));
  }

  py::tuple items_;
  py::object compare_, read_, failed_;
  std::int64_t n_calls_ = 0;
  std::vector<std::int32_t> first_, second_;
  std::vector<double> score_;
};

double both_orders(double forth, double back) {
  const double ours = forth, theirs = 1.0 - back;
  if (ours > kTie && theirs > kTie) return 1.0;
  if (ours < kTie && theirs < kTie) return 0.0;
  return kTie;
}

double pair_score(Caller& caller, Presentation presentation, std::uint64_t seed, std::int32_t low,
                  std::int32_t high) {
  if (presentation == Presentation::both) {
    const double forth = caller.score(low, high);
    return both_orders(forth, caller.score(high, low));
  }
  if (presentation == Presentation::random) {
    const std::uint64_t pair = static_cast<std::uint64_t>(high) + 1;
    const std::uint64_t lot = mixed(stream(seed, low) + pair * kGolden);
    if ((lot & 1) != 0) return 1.0 - caller.score(high, low);
  }
  return caller.score(low, high);
}

void run_to_the_end(Run& run, const sorting::Method& method, Caller& caller,
                    Presentation presentation) {
  run.start_in_order(method, nullptr);
  while (run.waits()) {
    const Run::Question question = run.question(run.next());
    if (question.kind != Kind::compare) {
      const std::string message = std::string(method.name) + " asks for more than pairs";
      PyErr_SetString(PyExc_ValueError, message.c_str());
      throw py::error_already_set();
    }
    run.tell(run.next(), pair_score(caller, presentation, run.seed, question.low, question.high),
             1);
  }
}

py::tuple sort_directly(const std::string& method, std::int32_t top_k, std::int32_t max_rounds,
                        std::uint64_t seed, Run::Options options, const std::string& presentation,
                        const py::tuple& items, const py::object& compare, const py::object& read,
                        const py::object& failed) {
  const auto n = static_cast<std::int32_t>(items.size());
  Run run(n, top_k, max_rounds, seed, std::move(options));
  const sorting::Method& found = method_of(method, run.options);
  const Presentation shown = presentation_of(presentation);
  if (shown == Presentation::escalate) throw py::value_error("escalate needs the machine");
  Caller caller(items, compare, read, failed);
  py::object error = py::none();
  try {
    run_to_the_end(run, found, caller, shown);
  } catch (const py::error_already_set& raised) {
    error = Caller::error_value(raised);
  }
  py::array_t<std::int32_t> order(n);
  run.write_order({order.mutable_data(), static_cast<std::size_t>(n)});
  return py::make_tuple(order, run.n_certain, run.n_asked(), run.n_lookups(), run.n_rounds(),
                        caller.first(), caller.second(), caller.scores(), error);
}

}  // namespace

void bind_sort_directly(py::module_& module) {
  module.def("sort_directly", &sort_directly, py::arg("method"), py::arg("top_k"),
             py::arg("max_rounds"), py::arg("seed"), py::arg("options"), py::arg("presentation"),
             py::arg("items"), py::arg("compare"), py::arg("read"), py::arg("failed"),
             "Sort, calling `compare` at once; order, counts, all calls and what ended it.");
}

}  // namespace zermelo::bindings
