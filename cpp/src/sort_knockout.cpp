#include <algorithm>
#include <array>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

constexpr std::int32_t kOpen = -2;

// A balanced tree: node v has the children 2v and 2v + 1, and item i the leaf n + i. winner[v] is
// who won there, kNobody where all below have left, kOpen where it is to be played.
struct Bracket {
  explicit Bracket(std::int32_t n_items)
      : n(static_cast<std::size_t>(n_items)), winner(2 * n, kOpen) {
    for (std::size_t item = 0; item < n; ++item) winner[n + item] = static_cast<std::int32_t>(item);
  }

  void write(std::span<std::int32_t> order) const {
    std::vector<std::int32_t> beaten_by(n, kNobody);
    for (std::size_t node = 1; node < n; ++node) {
      const std::int32_t first = winner[2 * node], second = winner[2 * node + 1];
      if (winner[node] < 0 || first < 0 || second < 0) continue;
      const std::int32_t loser = winner[node] == first ? second : first;
      beaten_by[static_cast<std::size_t>(loser)] = winner[node];
    }
    winners_first(front, beaten_by, order);
  }

  // Whether the matches of both children are between items that have not played yet.
  bool opens(std::size_t node) const { return 2 * node + 1 < n && 4 * node >= n; }

  std::size_t n;
  std::vector<std::int32_t> winner;
  std::vector<std::int32_t> front;
};

// Fills a node where nothing is to be asked; else says so.
bool must_ask(Bracket& bracket, std::size_t node) {
  const std::int32_t first = bracket.winner[2 * node], second = bracket.winner[2 * node + 1];
  if (first != kNobody && second != kNobody) return true;
  bracket.winner[node] = std::max(first, second);
  return false;
}

Task<> played(Run& run, Bracket& bracket, std::size_t node) {
  if (bracket.opens(node)) {
    Batch below(run);
    for (const std::size_t child : {2 * node, 2 * node + 1}) {
      below.add(bracket.winner[2 * child], bracket.winner[2 * child + 1]);
    }
    below.on_answer = [&below, children = bracket.winner.data() + 2 * node](std::size_t side) {
      children[side] = below.precedes(side) ? below.first(side) : below.second(side);
    };
    co_await below;
  } else if (2 * node < bracket.n) {
    std::array<Task<>, 2> below;
    for (std::size_t side = 0; side < 2; ++side) {
      if (2 * node + side < bracket.n) below[side] = played(run, bracket, 2 * node + side);
    }
    co_await together(below);
  }
  const std::int32_t first = bracket.winner[2 * node], second = bracket.winner[2 * node + 1];
  const bool first_won = co_await run.precedes(first, second);
  bracket.winner[node] = first_won ? first : second;
}

}  // namespace

// A knockout finds the best; for each next place only the last winner's path is replayed. Two items
// meet at one node alone, and once: it is played again only when the winner has left.
Task<> knockout(Run& run) {
  if (run.n == 0) co_return;
  Bracket bracket(run.n);
  const View view(run, [&](std::span<std::int32_t> order) { bracket.write(order); });
  if (run.n > 1) {
    Task<> whole = played(run, bracket, 1);
    co_await whole;
  }
  std::vector<std::size_t> path;
  for (;;) {
    const std::int32_t best = bracket.winner[1];
    bracket.front.push_back(best);
    const auto n_front = static_cast<std::int32_t>(bracket.front.size());
    run.n_certain = settled(run.n, n_front);
    if (n_front == run.top_k) break;
    std::size_t leaf = bracket.n + static_cast<std::size_t>(best);
    bracket.winner[leaf] = kNobody;
    path.clear();
    for (std::size_t node = leaf / 2; node > 0; node /= 2) {
      bracket.winner[node] = kOpen;
      path.push_back(node);
    }
    for (const std::size_t node : path) {
      if (!must_ask(bracket, node)) continue;
      const std::int32_t first = bracket.winner[2 * node], second = bracket.winner[2 * node + 1];
      const bool first_won = co_await run.precedes(first, second);
      bracket.winner[node] = first_won ? first : second;
    }
  }
  view.write(run.order);
}

}  // namespace zermelo::sorting
