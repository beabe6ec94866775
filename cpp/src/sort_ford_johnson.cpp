#include <algorithm>
#include <numeric>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

using Items = std::vector<std::int32_t>;

// What is known: a chain, and who lost to whom.
struct Pairings {
  explicit Pairings(std::int32_t n)
      : chain(static_cast<std::size_t>(n)), lost_to(static_cast<std::size_t>(n)) {
    std::iota(chain.begin(), chain.end(), 0);
  }

  Items& losers_of(std::int32_t winner) { return lost_to[static_cast<std::size_t>(winner)]; }

  void write(std::span<std::int32_t> order) const {
    Items beaten_by(lost_to.size(), kNobody);
    for (std::size_t winner = 0; winner < lost_to.size(); ++winner) {
      for (const std::int32_t loser : lost_to[winner]) {
        beaten_by[static_cast<std::size_t>(loser)] = static_cast<std::int32_t>(winner);
      }
    }
    if (chain_is_sorted) {
      for (std::size_t place = 1; place < chain.size(); ++place) {
        beaten_by[static_cast<std::size_t>(chain[place])] = chain[place - 1];
      }
    }
    winners_first({}, beaten_by, order);
  }

  Items chain;
  bool chain_is_sorted = false;
  std::vector<Items> lost_to;  // the loser of the last pairing last
};

// Sorts the chain: pairs its items, sorts the winners, inserts the losers.
Task<> sorted(Run& run, Pairings& pairings) {
  Items& chain = pairings.chain;
  if (chain.size() < 2) {
    pairings.chain_is_sorted = true;
    co_return;
  }
  Items strays;
  if (chain.size() % 2 == 1) {
    strays.push_back(chain.back());
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
      pairings.losers_of(winner).push_back(first_won ? batch.second(i) : batch.first(i));
    }
  }
  {
    Task<> above = sorted(run, pairings);
    co_await above;
  }
  // From here on counted from the worst winner, whose loser needs no comparison.
  const Items winners(chain.rbegin(), chain.rend());
  Items losers;
  for (const std::int32_t winner : winners) losers.push_back(pairings.losers_of(winner).back());
  losers.insert(losers.end(), strays.begin(), strays.end());
  std::size_t begin = 0, end = 1;
  while (begin < losers.size()) {
    for (std::size_t number = std::min(end, losers.size()); number-- > begin;) {
      std::size_t low = 0;
      if (number < winners.size()) {
        const auto winner = std::find(chain.begin(), chain.end(), winners[number]);
        low = static_cast<std::size_t>(winner - chain.begin()) + 1;
      }
      std::size_t high = chain.size();
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        const bool before = co_await run.precedes(losers[number], chain[middle]);
        if (before) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      if (number < winners.size()) pairings.losers_of(winners[number]).pop_back();
      chain.insert(chain.begin() + static_cast<std::ptrdiff_t>(low), losers[number]);
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
  Pairings pairings(run.n);
  const View view(run, [&](std::span<std::int32_t> order) { pairings.write(order); });
  Task<> whole = sorted(run, pairings);
  co_await whole;
  std::copy(pairings.chain.begin(), pairings.chain.end(), run.order.begin());
  run.n_certain = run.n;
}

}  // namespace zermelo::sorting
