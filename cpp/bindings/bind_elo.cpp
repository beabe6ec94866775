#include <vector>

#include "array_view.hpp"
#include "bindings.hpp"
#include "zermelo/elo.hpp"

namespace zermelo::bindings {
namespace {

using Codes = Array<std::int32_t>;
using Flags = Array<std::uint8_t>;
using Longs = Array<std::int64_t>;
using Reals = Array<double>;

// The arrays of EloGames, in its order.
using GameArrays =
    std::tuple<Codes, Codes, Flags, Reals, Reals, Flags, Reals, Longs, Codes, Longs, Reals>;
// The members of EloRules, in its order.
using RuleValues = std::tuple<double, double, double, double, double, double, double, double, Reals,
                              Reals, Reals, bool>;

EloGames games_of(const GameArrays& arrays) {
  return std::apply([](const auto&... array) { return EloGames{view(array)...}; }, arrays);
}

EloRules rules_of(const RuleValues& values) {
  const auto& [k, log_odds, effect, keep, reverted, intercept, slope, tie, by_games, begin, band,
               lasting] = values;
  return {k,     log_odds, effect,         keep,        reverted,   intercept,
          slope, tie,      view(by_games), view(begin), view(band), lasting};
}

std::string sizes(const EloGames& games) { return std::to_string(games.first.size()) + " games"; }

Reals two_a_row(Buffer<double>&& values) {
  const auto rows = static_cast<py::ssize_t>(values.size() / 2);
  return adopt(std::move(values)).reshape({rows, py::ssize_t{2}});
}

py::tuple replay_of(const GameArrays& arrays, const RuleValues& values, std::int64_t game_offset,
                    Reals& rating, Longs& n_games, Reals& peak, Longs& peak_game,
                    Codes& last_period, bool history) {
  const EloGames games = games_of(arrays);
  const EloRules rules = rules_of(values);
  const std::size_t size = games.first.size(), noted = history ? 2 * size : 0;
  Buffer<double> expected(size), before(noted), after(noted);
  EloState state{mutable_view(rating), mutable_view(n_games), mutable_view(peak),
                 mutable_view(peak_game), mutable_view(last_period)};
  const EloHistory notes{expected.span(), before.span(), after.span()};
  const Result result = call([&](const Control& control) {
    return elo_replay(games, rules, game_offset, control, state, notes);
  });
  check(result, sizes(games));
  return py::make_tuple(adopt(std::move(expected)), two_a_row(std::move(before)),
                        two_a_row(std::move(after)), result.index);
}

py::tuple orders_of(const GameArrays& arrays, const RuleValues& values, const Reals& initial,
                    std::uint64_t key, bool replace, std::int64_t first_replicate,
                    std::int64_t n_replicates, int threads) {
  const EloGames games = games_of(arrays);
  const EloRules rules = rules_of(values);
  Reals rating({static_cast<py::ssize_t>(n_replicates), initial.size()});
  const auto ratings = mutable_view(rating);
  const Result result = call([&](const Control& control) {
    return elo_orders(games, rules, view(initial), key, replace, first_replicate, n_replicates,
                      threads, control, ratings);
  });
  check(result, std::to_string(n_replicates) + " replicates of " + sizes(games));
  return py::make_tuple(rating, result.index);
}

Reals log_loss_of(const GameArrays& arrays, const std::vector<RuleValues>& values,
                  const Reals& initial, const Reals& weight, int threads) {
  const EloGames games = games_of(arrays);
  std::vector<EloRules> rules;
  rules.reserve(values.size());
  for (const RuleValues& one : values) rules.push_back(rules_of(one));
  Reals loss(static_cast<py::ssize_t>(rules.size()));
  const auto losses = mutable_view(loss);
  const Result result = call([&](const Control& control) {
    return elo_log_loss(games, rules, view(initial), view(weight), threads, control, losses);
  });
  check(result, std::to_string(rules.size()) + " replays of " + sizes(games));
  return loss;
}

}  // namespace

void bind_elo(py::module_& module) {
  module.def("elo_replay", &replay_of, py::arg("games").noconvert(), py::arg("rules"),
             py::arg("game_offset"), py::arg("rating").noconvert(), py::arg("n_games").noconvert(),
             py::arg("peak").noconvert(), py::arg("peak_game").noconvert(),
             py::arg("last_period").noconvert(), py::arg("history"),
             "Replays games in place; expectations, ratings before and after, the bad game or -1.");
  module.def("elo_orders", &orders_of, py::arg("games").noconvert(), py::arg("rules"),
             py::arg("initial").noconvert(), py::arg("key"), py::arg("replace"),
             py::arg("first_replicate"), py::arg("n_replicates"), py::arg("threads"),
             "Ratings after games in random orders, and the game whose divisor is not positive.");
  module.def("elo_log_loss", &log_loss_of, py::arg("games").noconvert(), py::arg("rules"),
             py::arg("initial").noconvert(), py::arg("weight").noconvert(), py::arg("threads"),
             "One-step-ahead log loss of several rules.");
}

}  // namespace zermelo::bindings
