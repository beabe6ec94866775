#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <new>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "check.hpp"
#include "zermelo/sorting.hpp"

namespace {

using zermelo::Status;
using namespace zermelo::sorting;

const Run::Options kOptions{{"passes", 100}, {"whole", 0},  {"overlap", 1}, {"n_ranked", 1},
                            {"size", 3},     {"window", 6}, {"step", 3},    {"tournaments", 2},
                            {"pairs", 0},    {"batch", 0},  {"ahead", 2}};

bool is_permutation(std::span<const std::int32_t> order) {
  std::vector<bool> seen(order.size());
  for (const std::int32_t item : order) {
    if (item < 0 || std::size_t(item) >= seen.size() || seen[std::size_t(item)]) return false;
    seen[std::size_t(item)] = true;
  }
  return true;
}

// Answers the questions of a run, in their order or the last one first; `score(i, j)` judges a
// pair, low item first, and lists are ordered by counting it.
template <class Score>
void drive(Run& run, const Method& method, bool last_first, Score&& score) {
  std::vector<std::int32_t> order(std::size_t(run.n));
  std::vector<std::int64_t> waiting;
  std::int64_t seen = 0;
  run.start(method);
  for (;;) {
    for (; seen < run.n_asked(); ++seen) waiting.push_back(seen);
    run.write_order(order);
    CHECK(is_permutation(order));
    CHECK(0 <= run.n_certain && run.n_certain <= run.n);
    CHECK(run.done() == waiting.empty());
    if (waiting.empty()) return;
    const auto at = last_first ? waiting.end() - 1 : waiting.begin();
    const std::int64_t number = *at;
    waiting.erase(at);
    const Run::Question question = run.question(number);
    if (question.kind == Kind::compare) {
      CHECK(question.low < question.high);
      run.tell(number, score(question.low, question.high), 1);
      continue;
    }
    const std::span<const std::int32_t> items = question.items;
    std::vector<double> points(items.size());
    std::vector<std::int32_t> places(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (std::size_t j = 0; j < items.size(); ++j) {
        if (i == j) continue;
        points[i] +=
            items[i] < items[j] ? score(items[i], items[j]) : 1 - score(items[j], items[i]);
      }
    }
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(places.begin(), places.end(), [&](std::int32_t i, std::int32_t j) {
      return points[std::size_t(i)] > points[std::size_t(j)];
    });
    if (question.kind == Kind::choose) places.resize(1);
    run.tell(number, places, 1);
  }
}

// How many places at the front a method makes exact with the options above.
std::int32_t promised(const Method& method, std::int32_t n, std::int32_t top_k) {
  const std::string name = method.name;
  if (name == "tourrank") return 0;
  if (name == "listwise") return n <= 6 ? n : 0;
  return top_k;
}

void check_every_order() {
  for (const Method& method : methods()) {
    for (std::int32_t n = 0; n <= 6; ++n) {
      std::vector<std::int32_t> rank(static_cast<std::size_t>(n));
      std::iota(rank.begin(), rank.end(), 0);
      int which = 0;
      do {
        for (std::int32_t top_k = n; top_k >= std::min(n, 1); top_k -= std::max(n / 2, 1)) {
          Run run(n, top_k, 0, 7, kOptions);
          drive(run, method, which++ % 2 == 1, [&](std::int32_t i, std::int32_t j) {
            return rank[std::size_t(i)] < rank[std::size_t(j)] ? 1.0 : 0.0;
          });
          const std::int32_t front = promised(method, n, top_k);
          bool exact = true;
          for (std::int32_t place = 0; place < front; ++place) {
            exact &= rank[std::size_t(run.order[std::size_t(place)])] == place;
          }
          if (!CHECK(exact)) std::fprintf(stderr, "  %s, n = %d\n", method.name, n);
          CHECK(run.n_certain >= front);
        }
      } while (std::next_permutation(rank.begin(), rank.end()));
    }
  }
}

// Inconsistent answers end too; ties leave the initial order; what is asked does not depend on when
// answers come.
void check_any_answers() {
  for (const Method& method : methods()) {
    for (const std::int32_t n : {2, 9, 33}) {
      std::vector<std::vector<std::int32_t>> orders;
      std::vector<std::int64_t> asked;
      for (const bool last_first : {false, true}) {
        Run run(n, n / 2, 0, 3, kOptions);
        drive(run, method, last_first, [](std::int32_t i, std::int32_t j) {
          const std::uint64_t bits = zermelo::mixed(std::uint64_t(i) << 32 | std::uint64_t(j));
          return double(bits % 5) / 4.0;
        });
        orders.push_back(run.order);
        asked.push_back(run.n_asked());
        Run tied(n, n, 0, 3, kOptions);
        drive(tied, method, last_first, [](std::int32_t, std::int32_t) { return kTie; });
        CHECK(std::is_sorted(tied.order.begin(), tied.order.end()));
      }
      if (!CHECK(orders[0] == orders[1] && asked[0] == asked[1])) {
        std::fprintf(stderr, "  %s, n = %d\n", method.name, n);
      }
    }
  }
}

struct Cost {
  std::int64_t total = 0;
  std::int64_t worst = 0;
};

Cost over_all_orders(const char* name, std::int32_t n) {
  Cost cost;
  std::vector<std::int32_t> rank(static_cast<std::size_t>(n));
  std::iota(rank.begin(), rank.end(), 0);
  Run run(n, n, 0, 0, {});
  do {
    drive(run, *find_method(name), false, [&](std::int32_t i, std::int32_t j) {
      return rank[std::size_t(i)] < rank[std::size_t(j)] ? 1.0 : 0.0;
    });
    cost.total += run.n_asked();
    cost.worst = std::max(cost.worst, run.n_asked());
  } while (std::next_permutation(rank.begin(), rank.end()));
  return cost;
}

// Knuth, TAOCP 3, 5.3.1.
void check_known_costs() {
  const std::array<std::int64_t, 7> by_merging{0, 1, 3, 5, 8, 11, 14};
  const std::array<std::int64_t, 7> by_ford_johnson{0, 1, 3, 5, 7, 10, 13};
  for (std::int32_t n = 1; n <= 7; ++n) {
    CHECK(over_all_orders("merge", n).worst == by_merging[std::size_t(n - 1)]);
    CHECK(over_all_orders("insertion", n).worst == by_merging[std::size_t(n - 1)]);
    CHECK(over_all_orders("ford-johnson", n).worst == by_ford_johnson[std::size_t(n - 1)]);
  }
  CHECK(over_all_orders("merge", 5).total == 120 * 43 / 6);
  CHECK(over_all_orders("insertion", 5).total == 120 * 106 / 15);
  CHECK(over_all_orders("ford-johnson", 5).total == 120 * 104 / 15);
}

struct Sorts {
  std::vector<std::int32_t> orders;
  std::vector<std::int64_t> pairs, calls, lookups, rounds, n_certain;
  Status status;
};

Sorts simulate(const char* method, std::int32_t n, std::span<const double> quality,
               std::span<const std::int64_t> budgets, int threads, std::int64_t poll = 1 << 14) {
  const auto replicates = std::size_t(quality.size() / std::size_t(n));
  const Simulation simulation{find_method(method),
                              n,
                              n,
                              0,
                              5,
                              &kOptions,
                              {1U << 27, 1U << 29, 0.1, 1U << 26, 1U << 30, Presentation::both},
                              quality,
                              budgets,
                              0,
                              std::int64_t(replicates),
                              poll};
  Sorts sorts;
  sorts.orders.resize(replicates * (budgets.size() + 1) * std::size_t(n));
  for (auto* counts :
       {&sorts.pairs, &sorts.calls, &sorts.lookups, &sorts.rounds, &sorts.n_certain}) {
    counts->resize(replicates);
  }
  const SimulatedSorts target{sorts.orders,  sorts.pairs,  sorts.calls,
                              sorts.lookups, sorts.rounds, sorts.n_certain};
  sorts.status = simulate_sorts(simulation, threads, {}, target).status;
  return sorts;
}

bool same_sorts(const Sorts& one, const Sorts& other) {
  return one.status == Status::ok && other.status == Status::ok && one.orders == other.orders &&
         one.pairs == other.pairs && one.calls == other.calls && one.lookups == other.lookups &&
         one.rounds == other.rounds && one.n_certain == other.n_certain;
}

// Answers every question in the order of asking; what the order was when a budget ended.
std::vector<std::int32_t> sort_plainly(Run& run, const Method& method, const Judge& judge,
                                       std::span<const std::int64_t> budgets) {
  std::vector<std::int32_t> orders, order(std::size_t(run.n));
  const auto keep = [&] {
    run.write_order(order);
    orders.insert(orders.end(), order.begin(), order.end());
  };
  std::size_t reached = 0;
  std::int64_t calls = 0;
  run.start(method);
  for (std::int64_t number = 0; number < run.n_asked(); ++number) {
    const Run::Question question = run.question(number);
    const bool is_pair = question.kind == Kind::compare;
    calls += is_pair ? judge.model().calls_per_pair() : 1;
    for (; reached < budgets.size() && calls > budgets[reached]; ++reached) keep();
    if (is_pair) {
      run.tell(number, judge.score(question.low, question.high), 1);
      continue;
    }
    std::vector<std::int32_t> places = judge.ranked(question.items);
    if (question.kind == Kind::choose) places.resize(1);
    run.tell(number, std::move(places), 1);
  }
  CHECK(run.done());
  for (; reached <= budgets.size(); ++reached) keep();
  return orders;
}

// The shortcuts of the simulation change nothing: a machine that keeps every answer gives the same,
// at every budget, and however few pairs are answered at a time.
void check_simulation(std::int32_t n) {
  std::mt19937 random(1);
  std::vector<double> quality(3 * std::size_t(n));
  for (double& value : quality) value = double(random() % 300) / 300.0;
  const std::vector<std::int64_t> none, late{3 * n + 1, 7 * n};
  const std::vector<std::int64_t> many{0, 9, 3 * n, 3 * n + 1, 7 * n, std::int64_t{1} << 40};
  for (const Method& method : methods()) {
    if (n > 100 && std::string(method.name) == "adaptive") continue;  // slow
    for (const auto& budgets : {none, late, many}) {
      const Sorts sorts = simulate(method.name, n, quality, budgets, 2);
      const JudgeModel model{1U << 27, 1U << 29, 0.1, 1U << 26, 1U << 30, Presentation::both};
      Judge judge(model, 5);
      judge.take(std::span(quality).first(std::size_t(n)), 0);
      Run run(n, n, 0, 5, kOptions);
      const auto plain = sort_plainly(run, method, judge, budgets);
      bool same = std::equal(plain.begin(), plain.end(), sorts.orders.begin()) &&
                  run.n_asked() == sorts.pairs[0] && run.n_rounds() == sorts.rounds[0] &&
                  run.n_lookups() == sorts.lookups[0] && run.n_certain == sorts.n_certain[0];
      for (const std::int64_t poll : {1, 2, 7, 50}) {
        same = same && same_sorts(simulate(method.name, n, quality, budgets, 1, poll), sorts);
      }
      if (!CHECK(same)) std::fprintf(stderr, "  %s, n = %d\n", method.name, n);
    }
  }
}

// A run that is given up leaves nothing behind, and can be started anew.
void check_abandoned() {
  for (const Method& method : methods()) {
    Run run(20, 20, 0, 0, kOptions);
    run.start(method);
    if (run.question(0).kind == Kind::compare) run.tell(0, 1.0, 1);
    run.start(method);
  }
}

// The third of four branches that wait for answers throws once it has its own.
Task<> breaking_branch(Run& run, std::int32_t item) {
  co_await run.compare(item, item + 1);
  if (item == 2) throw std::bad_alloc();
}

Task<> breaking(Run& run) {
  std::vector<Task<>> branches;
  for (std::int32_t item = 0; item < 4; ++item) branches.push_back(breaking_branch(run, item));
  co_await together(branches);
}

// After a failure nothing goes on, since those who waited may be gone.
void check_failure() {
  const auto fails = [](Run& run, std::int64_t number) {
    try {
      run.tell(number, 1.0, 1);
    } catch (const std::bad_alloc&) {
      return true;
    }
    return false;
  };
  Run run(5, 5, 0, 0, {});
  run.start({"breaking", breaking, Repeats::never, {}});
  CHECK(!fails(run, 0));
  CHECK(fails(run, 2));
  CHECK(fails(run, 1) && fails(run, 3));
  CHECK(!run.done() && !run.is_answered(1));
  run.start(*find_method("merge"));
  CHECK(!fails(run, 0));
}

// Frames of branches that lie deep in each other, more than one slab of memory holds; given up too.
Task<> nested(Run& run, std::int32_t item) {
  if (item + 1 < run.n) {
    Task<> inner = nested(run, item + 1);
    co_await inner;
  }
  if (item > 0) co_await run.compare(0, item);
}

Task<> deep(Run& run) {
  Task<> whole = nested(run, 0);
  co_await whole;
}

void check_deep_branches() {
  constexpr std::int32_t n = 1000;
  Run run(n, n, 0, 0, {});
  for (const std::int32_t n_told : {0, n / 2, n - 1}) {
    run.start({"deep", deep, Repeats::never, {}});
    for (std::int32_t number = 0; number < n_told; ++number) run.tell(number, 1.0, 1);
    CHECK(run.done() == (n_told == n - 1));
    CHECK(run.n_rounds() == n_told);
  }
}

}  // namespace

int main() {
  check_every_order();
  check_any_answers();
  check_known_costs();
  check_simulation(60);
  check_simulation(400);  // more pairs than the small memo takes
  check_abandoned();
  check_failure();
  check_deep_branches();
  return zermelo::testing::verdict();
}
