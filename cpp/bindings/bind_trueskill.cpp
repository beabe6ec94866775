#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/trueskill.hpp"

namespace zermelo::bindings {
namespace {

using Items = Array<std::int32_t>;
using Reals = Array<double>;

Reals copy_of(const Reals& array) {
  Reals copy(array.size());
  std::copy_n(array.data(), array.size(), copy.mutable_data());
  return copy;
}

py::tuple replay(const Items& first, const Items& second, const Array<std::uint8_t>& outcome,
                 const Array<std::uint8_t>& neutral, const Array<std::int64_t>& count, double beta,
                 double tau, double draw_margin, double position_effect, const Reals& rating,
                 const Reals& deviation, bool history) {
  const auto games = first.size();
  if (second.size() != games || outcome.size() != games ||
      (neutral.size() != 0 && neutral.size() != games) ||
      (count.size() != 0 && count.size() != games)) {
    throw py::value_error("every column must have one row a game");
  }
  if (deviation.size() != rating.size()) {
    throw py::value_error("the state must have one row an item");
  }
  Reals new_rating = copy_of(rating), new_deviation = copy_of(deviation), expected(games);
  std::vector<Reals> noted;
  for (int k = 0; history && k < 4; ++k) noted.push_back(Reals({games, py::ssize_t{2}}));
  const auto noted_view = [&](std::size_t k) {
    return history ? mutable_view(noted[k]) : std::span<double>{};
  };
  const TrueSkillGames rows{view(first), view(second), view(outcome), view(neutral), view(count)};
  const TrueSkillRules rules{beta, tau, draw_margin, position_effect};
  const TrueSkillState state{mutable_view(new_rating), mutable_view(new_deviation)};
  const TrueSkillHistory notes{mutable_view(expected), noted_view(0), noted_view(1), noted_view(2),
                               noted_view(3)};
  check(call([&](const Control& control) {
          return trueskill_replay(rows, rules, control, state, notes);
        }),
        std::to_string(games) + " games of " + std::to_string(rating.size()) + " items");
  py::object past = py::none();
  if (history) past = py::make_tuple(noted[0], noted[1], noted[2], noted[3]);
  return py::make_tuple(new_rating, new_deviation, expected, past);
}

}  // namespace

void bind_trueskill(py::module_& module) {
  module.def("trueskill_replay", &replay, py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::arg("outcome").noconvert(),
             py::arg("neutral").noconvert(), py::arg("count").noconvert(), py::arg("beta"),
             py::arg("tau"), py::arg("draw_margin"), py::arg("position_effect"),
             py::arg("rating").noconvert(), py::arg("deviation").noconvert(), py::arg("history"),
             "Plays games of two, one after the other, by TrueSkill.");
}

}  // namespace zermelo::bindings
