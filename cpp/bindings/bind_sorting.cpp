#include "bind_sorting.hpp"

#include <pybind11/typing.h>

#include "array_view.hpp"
#include "bindings.hpp"

namespace zermelo::bindings {
namespace {

using sorting::Kind;
using sorting::Run;

// The machine that asks and is told. One thread at a time may use it.
class SortMachine {
 public:
  SortMachine(const std::string& method, std::int32_t n, std::int32_t top_k,
              std::int32_t max_rounds, std::uint64_t seed, Run::Options options)
      : run_(n, top_k, max_rounds, seed, std::move(options)) {
    const sorting::Method& found = method_of(method, run_.options);
    act([&] { run_.start(found); });
  }

  bool done() const { return run_.done(); }
  std::int64_t n_asked() const { return run_.n_asked(); }
  std::int64_t n_lookups() const { return run_.n_lookups(); }
  std::int32_t n_rounds() const { return run_.n_rounds(); }
  std::int32_t n_certain() const { return run_.n_certain; }

  std::vector<std::int32_t> order() const {
    std::vector<std::int32_t> items(static_cast<std::size_t>(run_.n));
    run_.write_order(items);
    return items;
  }

  py::typing::List<py::tuple> questions(std::int64_t since) const {
    if (since < 0) throw py::index_error("since must not be negative");
    py::typing::List<py::tuple> found;
    for (std::int64_t number = since; number < run_.n_asked(); ++number) {
      const Run::Question question = run_.question(number);
      py::tuple items;
      if (question.kind == Kind::compare) {
        items = py::make_tuple(question.low, question.high);
      } else {
        items = py::tuple(question.items.size());
        for (std::size_t place = 0; place < question.items.size(); ++place) {
          items[place] = question.items[place];
        }
      }
      found.append(py::make_tuple(static_cast<int>(question.kind), items));
    }
    return found;
  }

  void tell_score(std::int64_t number, double score, std::int32_t steps) {
    const Run::Question question = open_question(number);
    if (question.kind != Kind::compare) throw py::type_error("this question wants places");
    act([&] { run_.tell(number, score, steps); });
  }

  void tell_places(std::int64_t number, std::vector<std::int32_t> places, std::int32_t steps) {
    const Run::Question question = open_question(number);
    if (question.kind == Kind::compare) throw py::type_error("this question wants a score");
    const std::size_t wanted = question.kind == Kind::choose ? 1 : question.items.size();
    if (places.size() != wanted) throw py::value_error("places must be as many as are wanted");
    std::vector<bool> seen(question.items.size());
    for (const std::int32_t place : places) {
      const auto at = static_cast<std::size_t>(place);
      if (place < 0 || at >= seen.size() || seen[at]) {
        throw py::value_error("places must be different places in the question");
      }
      seen[at] = true;
    }
    act([&] { run_.tell(number, std::move(places), steps); });
  }

 private:
  Run::Question open_question(std::int64_t number) const {
    if (number < 0 || number >= run_.n_asked()) {
      throw py::index_error("there is no question " + std::to_string(number));
    }
    if (run_.is_answered(number)) {
      throw py::value_error("question " + std::to_string(number) + " has been answered");
    }
    return run_.question(number);
  }

  template <class Act>
  void act(Act&& act) {
    check(guarded([&] {
            act();
            return Result{};
          }),
          "a sort of " + std::to_string(run_.n) + " items");
  }

  Run run_;
};

void bind_machine(py::module_& module) {
  py::class_<SortMachine>(module, "SortMachine",
                          "Emits what can be asked at once and takes answers in any order.")
      .def(py::init<const std::string&, std::int32_t, std::int32_t, std::int32_t, std::uint64_t,
                    Run::Options>(),
           py::arg("method"), py::arg("n"), py::arg("top_k"), py::arg("max_rounds"),
           py::arg("seed"), py::arg("options"))
      .def_property_readonly("done", &SortMachine::done)
      .def_property_readonly("n_asked", &SortMachine::n_asked)
      .def_property_readonly("n_lookups", &SortMachine::n_lookups)
      .def_property_readonly("n_rounds", &SortMachine::n_rounds)
      .def_property_readonly("n_certain", &SortMachine::n_certain)
      .def("order", &SortMachine::order, "The best order known so far.")
      .def("questions", &SortMachine::questions, py::arg("since"),
           "Kind and items of the questions numbered from `since` on.")
      .def("tell", &SortMachine::tell_score, py::arg("number"), py::arg("answer"), py::arg("steps"),
           "Answer a question with the score of its first item.")
      .def("tell", &SortMachine::tell_places, py::arg("number"), py::arg("answer"),
           py::arg("steps"), "Answer a question with places in its items.");
}

}  // namespace

void bind_sorting(py::module_& module) {
  bind_machine(module);
  bind_sort_directly(module);
  bind_simulate_sorts(module);
}

}  // namespace zermelo::bindings
