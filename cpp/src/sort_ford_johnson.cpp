#include <algorithm>
#include <numeric>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

using Items = std::vector<std::int32_t>;

// What is known: a chain, items that lost to one of the chain, and items left over.
struct Blocks {
  explicit Blocks(std::int32_t n)
      : chain(static_cast<std::size_t>(n)), lost_to(static_cast<std::size_t>(n)) {
    std::iota(chain.begin(), chain.end(), 0);
  }

  void write(std::span<std::int32_t> order) const {
    Items waiting = left_over;
    waiting.insert(waiting.end(), chain.rbegin(), chain.rend());
    std::size_t end = 0;
    while (!waiting.empty()) {
      const std::int32_t item = waiting.back();
      waiting.pop_back();
      order[end++] = item;
      const Items& losers = lost_to[static_cast<std::size_t>(item)];
      waiting.insert(waiting.end(), losers.begin(), losers.end());
    }
  }

  Items chain;
  std::vector<Items> lost_to;  // the loser of the last pairing last
  Items left_over;
};

// Sorts the chain: pairs its items, sorts the winners, inserts the losers.
Task<> sorted(Run& run, Blocks& blocks) {
  Items& chain = blocks.chain;
  if (chain.size() < 2) co_return;
  const bool has_stray = chain.size() % 2 == 1;
  if (has_stray) {
    blocks.left_over.push_back(chain.back());
    chain.pop_back();
  }
  {
    Batch batch(run);
    for (std::size_t i = 0; i < chain.size(); i += 2) batch.add(chain[i], chain[i + 1]);
    co_await batch;
    chain.clear();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bool first_won = batch.precedes(i);
      const std::int32_t winner = first_won ? batch.first(i) : batch.second(i);
      chain.push_back(winner);
      blocks.lost_to[static_cast<std::size_t>(winner)].push_back(first_won ? batch.second(i)
                                                                           : batch.first(i));
    }
  }
  {
    Task<> above = sorted(run, blocks);
    co_await above;
  }
  // From here on counted from the worst winner, whose loser needs no comparison.
  const Items winners(chain.rbegin(), chain.rend());
  const std::size_t n_losers = winners.size() + (has_stray ? 1 : 0);
  std::size_t begin = 0, end = 1;
  while (begin < n_losers) {
    for (std::size_t number = std::min(end, n_losers); number-- > begin;) {
      Items* holder = &blocks.left_over;
      std::size_t low = 0;
      if (number < winners.size()) {
        holder = &blocks.lost_to[static_cast<std::size_t>(winners[number])];
        const auto winner = std::find(chain.begin(), chain.end(), winners[number]);
        low = static_cast<std::size_t>(winner - chain.begin()) + 1;
      }
      const std::int32_t loser = holder->back();
      std::size_t high = chain.size();
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (co_await run.precedes(loser, chain[middle])) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      holder->pop_back();
      chain.insert(chain.begin() + static_cast<std::ptrdiff_t>(low), loser);
    }
    // 1, 3, 5, 11, 21, ... (Jacobsthal): a loser is then sought among 2^k - 1 items at most.
    const std::size_t next = begin > 0 ? end + 2 * begin : 3;
    begin = end;
    end = next;
  }
}

}  // namespace

// Merge insertion (Ford and Johnson 1959).
Task<> ford_johnson(Run& run) {
  Blocks blocks(run.n);
  const View view(run, [&](std::span<std::int32_t> order) { blocks.write(order); });
  Task<> whole = sorted(run, blocks);
  co_await whole;
  std::copy(blocks.chain.begin(), blocks.chain.end(), run.order.begin());
  run.n_certain = run.n;
}

}  // namespace zermelo::sorting
