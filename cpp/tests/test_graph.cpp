#include <cstdint>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "check.hpp"
#include "zermelo/graph.hpp"

namespace {

using zermelo::AnyGraphBuffers;
using zermelo::Control;
using zermelo::games;
using zermelo::PairGraph;
using zermelo::PairGraphBuffers;
using zermelo::Status;

struct Pairs {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;
};

// Unique ordered pairs, sorted; item 0 meets everyone, so that one row is long.
Pairs make_pairs(std::int32_t n, std::int32_t reach) {
  Pairs pairs;
  for (std::int32_t i = 0; i < n; ++i) {
    for (std::int32_t j = 0; j < n; ++j) {
      const bool near = (j - i + n) % n <= reach || (i * 7 + j * 3) % 11 == 0;
      if (i != j && (i == 0 || near)) {
        pairs.first.push_back(i);
        pairs.second.push_back(j);
      }
    }
  }
  return pairs;
}

template <class Value>
PairGraph<Value> view(const PairGraphBuffers<Value>& graph) {
  return {graph.offsets.span(), graph.neighbour.span(), graph.win.span(), graph.loss.span()};
}

using Table = std::map<std::pair<std::int32_t, std::int32_t>, std::pair<double, double>>;

template <class Value>
void check_rows(const PairGraphBuffers<Value>& graph, std::int32_t n, const Table& expected) {
  CHECK(graph.offsets.size() == static_cast<std::size_t>(n) + 1);
  CHECK(graph.offsets[0] == 0);
  CHECK(graph.neighbour.size() == expected.size());
  bool same = graph.neighbour.size() == expected.size();
  for (std::int32_t i = 0; same && i < n; ++i) {
    std::int32_t before = -1;
    for (auto k = static_cast<std::size_t>(graph.offsets[static_cast<std::size_t>(i)]);
         k < static_cast<std::size_t>(graph.offsets[static_cast<std::size_t>(i) + 1]); ++k) {
      const auto found = expected.find({i, graph.neighbour[k]});
      same = same && found != expected.end() && graph.neighbour[k] > before &&
             games(graph.win[k]) == found->second.first &&
             games(graph.loss[k]) == found->second.second;
      before = graph.neighbour[k];
    }
  }
  CHECK(same);
}

template <class Count, class Value>
void test_counts(std::int32_t n, Count largest) {
  const Pairs pairs = make_pairs(n, 2);
  std::vector<Count> win;
  std::vector<Count> loss;
  std::vector<Count> tie;
  Table expected;
  for (std::size_t k = 0; k < pairs.first.size(); ++k) {
    win.push_back(static_cast<Count>(k % 5));
    loss.push_back(k == 0 ? largest : static_cast<Count>(k % 3));
    tie.push_back(static_cast<Count>(k % 2));
    const double a = static_cast<double>(win[k]) + 0.5 * static_cast<double>(tie[k]);
    const double b = static_cast<double>(loss[k]) + 0.5 * static_cast<double>(tie[k]);
    auto& forward = expected[{pairs.first[k], pairs.second[k]}];
    forward.first += a;
    forward.second += b;
    auto& reverse = expected[{pairs.second[k], pairs.first[k]}];
    reverse.first += b;
    reverse.second += a;
  }
  for (const int threads : {1, 2, 3}) {
    AnyGraphBuffers graph;
    const zermelo::CountCredits<Count> credits{win, loss, tie, 0.5};
    CHECK(
        zermelo::build_graph({pairs.first, pairs.second}, credits, n, threads, {}, graph).status ==
        Status::ok);
    if (CHECK(std::holds_alternative<PairGraphBuffers<Value>>(graph))) {
      check_rows(std::get<PairGraphBuffers<Value>>(graph), n, expected);
    }
  }
}

void test_credits() {
  const Pairs pairs{{0, 1, 1, 2}, {1, 0, 2, 3}};
  const std::vector<double> first{0.25, 0.1, 1.5, 3.0};
  const std::vector<double> second{0.75, 0.2, 0.0, 4.0};
  AnyGraphBuffers graph;
  const zermelo::WeightCredits credits{first, second};
  CHECK(zermelo::build_graph({pairs.first, pairs.second}, credits, 5, 1, {}, graph).status ==
        Status::ok);
  if (CHECK(std::holds_alternative<PairGraphBuffers<double>>(graph))) {
    check_rows(std::get<PairGraphBuffers<double>>(graph), 5,
               {{{0, 1}, {0.25 + 0.2, 0.75 + 0.1}},
                {{1, 0}, {0.1 + 0.75, 0.2 + 0.25}},
                {{1, 2}, {1.5, 0.0}},
                {{2, 1}, {0.0, 1.5}},
                {{2, 3}, {3.0, 4.0}},
                {{3, 2}, {4.0, 3.0}}});
  }
}

void test_nothing() {
  AnyGraphBuffers graph;
  CHECK(zermelo::build_graph({}, zermelo::WeightCredits{}, 3, 2, {}, graph).status == Status::ok);
  check_rows(std::get<PairGraphBuffers<double>>(graph), 3, {});
}

std::vector<std::int32_t> labels(const zermelo::Buffer<std::int32_t>& buffer) {
  return {buffer.data(), buffer.data() + buffer.size()};
}

void test_components() {
  // A circle 0 > 1 > 2 > 0, which lost to 3 and beat 4; 5 and 6 beat each other; 7 met nobody.
  const Pairs pairs{{0, 0, 1, 2, 3, 5}, {1, 2, 2, 4, 0, 6}};
  const std::vector<std::uint32_t> win{1, 0, 1, 1, 1, 1};
  const std::vector<std::uint32_t> loss{0, 1, 0, 0, 0, 1};
  AnyGraphBuffers buffers;
  const zermelo::CountCredits<std::uint32_t> credits{win, loss, {}, 0.5};
  CHECK(zermelo::build_graph({pairs.first, pairs.second}, credits, 8, 1, {}, buffers).status ==
        Status::ok);
  const auto graph = view(std::get<PairGraphBuffers<std::uint8_t>>(buffers));
  zermelo::Components found;
  std::vector<std::uint8_t> linked(8, 0);
  CHECK(zermelo::find_components(graph, linked, {}, found).status == Status::ok);
  CHECK(labels(found.strong) == std::vector<std::int32_t>{0, 0, 0, 1, 2, 3, 3, 4});
  CHECK(labels(found.weak) == std::vector<std::int32_t>{0, 0, 0, 0, 0, 1, 1, 2});
  CHECK(found.n_strong == 5 && found.n_weak == 3);

  // Known abilities of 3 and 4 close the circle through them; 7 joins 5 and 6.
  linked = {0, 0, 0, 1, 1, 0, 0, 0};
  CHECK(zermelo::find_components(graph, linked, {}, found).status == Status::ok);
  CHECK(labels(found.strong) == std::vector<std::int32_t>{0, 0, 0, 0, 0, 1, 1, 2});
  linked = {1, 0, 0, 0, 0, 1, 0, 1};
  CHECK(zermelo::find_components(graph, linked, {}, found).status == Status::ok);
  CHECK(labels(found.strong) == std::vector<std::int32_t>{0, 0, 0, 1, 2, 0, 0, 0});
  CHECK(labels(found.weak) == std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(found.n_strong == 3 && found.n_weak == 1);
}

// As deep as there are items: a search that calls itself would overflow the stack.
void test_long_path() {
  constexpr std::int32_t n = 300'000;
  Pairs pairs;
  std::vector<double> won;
  for (std::int32_t i = 0; i + 1 < n; ++i) {
    pairs.first.push_back(i);
    pairs.second.push_back(i + 1);
    won.push_back(1.0);
  }
  const std::vector<double> lost(won.size(), 0.0);
  AnyGraphBuffers buffers;
  CHECK(zermelo::build_graph({pairs.first, pairs.second}, zermelo::WeightCredits{won, lost}, n, 2,
                             {}, buffers)
            .status == Status::ok);
  const auto graph = view(std::get<PairGraphBuffers<double>>(buffers));
  zermelo::Components found;
  std::vector<std::uint8_t> linked(n, 0);
  CHECK(zermelo::find_components(graph, linked, {}, found).status == Status::ok);
  CHECK(found.n_strong == n && found.n_weak == 1);
  linked.front() = linked.back() = 1;
  CHECK(zermelo::find_components(graph, linked, {}, found).status == Status::ok);
  CHECK(found.n_strong == 1);
}

}  // namespace

int main() {
  // Each kind of storage up to the largest count that it takes, and beyond.
  test_counts<std::uint32_t, std::uint8_t>(60, 7);
  test_counts<std::uint32_t, std::uint8_t>(60, 31);
  test_counts<std::uint32_t, float>(60, 32);
  test_counts<std::uint32_t, float>(60, 511);
  test_counts<std::uint32_t, float>(60, 512);
  test_counts<std::uint32_t, double>(60, 1U << 21);
  test_counts<std::uint64_t, std::uint8_t>(60, 7);
  test_counts<std::uint64_t, double>(60, 1ULL << 40);
  // More pairs than one chunk holds.
  test_counts<std::uint32_t, std::uint8_t>(1800, 7);
  test_counts<std::uint32_t, float>(1800, 511);
  test_counts<std::uint32_t, float>(1800, 512);
  test_credits();
  test_nothing();
  test_components();
  test_long_path();
  return zermelo::testing::verdict();
}
