#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/glicko.hpp"

namespace zermelo::bindings {
namespace {

using Items = Array<std::int32_t>;
using Places = Array<std::int64_t>;
using Reals = Array<double>;
using Bytes = Array<std::uint8_t>;

template <class T>
Array<T> copy_of(const Array<T>& array) {
  Array<T> copy(array.size());
  std::copy_n(array.data(), array.size(), copy.mutable_data());
  return copy;
}

py::tuple replay(const Items& first, const Items& second, const Bytes& outcome, const Reals& score,
                 const Reals& factor, const Bytes& neutral, const Reals& offset,
                 const Places& period_begin, double log_odds_per_point, double position_effect,
                 double growth, double most, double tau, std::int64_t first_period,
                 const Reals& rating, const Reals& deviation, const Reals& volatility,
                 const Places& last_period, bool history) {
  const auto games = first.size();
  const auto fits = [&](const auto& column) {
    return column.size() == 0 || column.size() == games;
  };
  if (second.size() != games || outcome.size() != games || !fits(score) || !fits(factor) ||
      !fits(neutral) || !fits(offset)) {
    throw py::value_error("every column must have one row a game");
  }
  if (period_begin.size() < 1 || period_begin.at(0) != 0 ||
      period_begin.at(period_begin.size() - 1) != games) {
    throw py::value_error("period_begin must run from 0 to the number of games");
  }
  if (deviation.size() != rating.size() || last_period.size() != rating.size() ||
      (volatility.size() != 0 && volatility.size() != rating.size())) {
    throw py::value_error("the state must have one row an item");
  }
  Reals new_rating = copy_of(rating), new_deviation = copy_of(deviation);
  Reals new_volatility = copy_of(volatility);
  Places new_last = copy_of(last_period);
  Reals expected(games);
  std::vector<Reals> noted;
  for (int k = 0; history && k < 4; ++k) noted.push_back(Reals({games, py::ssize_t{2}}));
  const auto noted_view = [&](std::size_t k) {
    return history ? mutable_view(noted[k]) : std::span<double>{};
  };
  const GlickoGames rows{view(first),  view(second),  view(outcome), view(score),
                         view(factor), view(neutral), view(offset),  view(period_begin)};
  const GlickoRules rules{log_odds_per_point, position_effect, growth, most, tau};
  const GlickoState state{mutable_view(new_rating), mutable_view(new_deviation),
                          mutable_view(new_volatility), mutable_view(new_last)};
  const GlickoHistory notes{mutable_view(expected), noted_view(0), noted_view(1), noted_view(2),
                            noted_view(3)};
  check(call([&](const Control& control) {
          return glicko_replay(rows, rules, first_period, control, state, notes);
        }),
        std::to_string(games) + " games of " + std::to_string(rating.size()) + " items");
  py::object past = py::none();
  if (history) past = py::make_tuple(noted[0], noted[1], noted[2], noted[3]);
  return py::make_tuple(new_rating, new_deviation, new_volatility, new_last, expected, past);
}

}  // namespace

void bind_glicko(py::module_& module) {
  module.def(
      "glicko_replay", &replay, py::arg("first").noconvert(), py::arg("second").noconvert(),
      py::arg("outcome").noconvert(), py::arg("score").noconvert(), py::arg("factor").noconvert(),
      py::arg("neutral").noconvert(), py::arg("offset").noconvert(),
      py::arg("period_begin").noconvert(), py::arg("log_odds_per_point"),
      py::arg("position_effect"), py::arg("growth"), py::arg("most"), py::arg("tau"),
      py::arg("first_period"), py::arg("rating").noconvert(), py::arg("deviation").noconvert(),
      py::arg("volatility").noconvert(), py::arg("last_period").noconvert(), py::arg("history"),
      "Plays rating periods by Glicko, or with volatilities by Glicko-2.");
}

}  // namespace zermelo::bindings
