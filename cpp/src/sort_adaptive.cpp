// The adaptive method: the most informative pairs next, and at last a proof of the front places.
// _backends/sorting/adaptive.py, its twin, says why.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "sort_methods.hpp"
#include "sort_posterior.hpp"

namespace zermelo::sorting {
namespace {

constexpr double kDoubt = 0.05;
constexpr std::int64_t kMostChecks = 20;

using Pair = std::pair<std::int32_t, std::int32_t>;

std::size_t at(std::int64_t place) { return static_cast<std::size_t>(place); }

Pair low_first(std::int32_t one, std::int32_t other) {
  return {std::min(one, other), std::max(one, other)};
}

// The pairs after which an inconsistent comparator is asked no more.
std::int64_t own_limit(std::int64_t n, std::int64_t top_k) {
  return 5 * n / 2 + static_cast<std::int64_t>(
                         std::ceil(static_cast<double>(top_k) * std::log2(static_cast<double>(n))));
}

class Chooser {
 public:
  Chooser(std::int32_t n, std::int32_t top_k) : n_(n), top_k_(top_k) {
    for (std::int32_t offset = 1; offset < n; offset += std::max(1, offset / 4)) {
      offsets_.push_back(offset);
    }
    matters_.assign(at(n), 1.0);
    times_.resize(at(n));
    met_by_.resize(at(n));
  }

  // The pairs to ask next, after those that are chosen; no other item more often than so many pairs
  // must, where `spread` with those whose answers are awaited.
  void informative(const Posterior& posterior, const std::vector<std::int32_t>& order,
                   std::int64_t room, bool spread, std::vector<Pair>& chosen) {
    weigh(posterior, order);
    std::fill(met_by_.begin(), met_by_.end(), -1);
    candidates_.clear();
    for (std::int32_t place = 0; place < n_; ++place) {
      const std::int32_t item = order[at(place)];
      posterior.each_opponent(item, [&](std::int32_t other) { met_by_[at(other)] = item; });
      for (const std::int32_t offset : offsets_) {
        if (offset >= n_ - place) break;
        const std::int32_t other = order[at(place + offset)];
        if (met_by_[at(other)] == item) continue;
        const Pair pair = low_first(item, other);
        const double worth = posterior.information(pair.first, pair.second) *
                             std::sqrt(matters_[at(item)] * matters_[at(other)]);
        candidates_.push_back({worth, static_cast<std::int64_t>(candidates_.size()), pair});
      }
    }
    pick(posterior, room, spread, chosen);
  }

 private:
  struct Candidate {
    double worth;
    std::int64_t number;  // of two worth the same, the one that came first
    Pair pair;
    bool operator<(const Candidate& other) const {
      return worth < other.worth || (worth == other.worth && number > other.number);
    }
  };

  // The chance of being among the first.
  void weigh(const Posterior& posterior, const std::vector<std::int32_t>& order) {
    if (top_k_ >= n_) return;
    const double border =
        (posterior.ability(order[at(top_k_ - 1)]) + posterior.ability(order[at(top_k_)])) / 2.0;
    for (std::int32_t item = 0; item < n_; ++item) {
      const double deviation = std::sqrt(posterior.variance(item) + kDoubt);
      matters_[at(item)] = logistic(1.7 * (posterior.ability(item) - border) / deviation);
    }
  }

  // The best pairs; a heap, since few of all are taken.
  void pick(const Posterior& posterior, std::int64_t room, bool spread, std::vector<Pair>& chosen) {
    std::int64_t places = 2 * room;
    for (std::int32_t item = 0; item < n_; ++item) {
      times_[at(item)] = spread ? static_cast<std::int64_t>(posterior.awaited(item).size()) : 0;
      places += times_[at(item)];
    }
    const std::int64_t most = (places + n_ - 1) / n_;
    for (const Pair& pair : chosen) {
      ++times_[at(pair.first)];
      ++times_[at(pair.second)];
    }
    const std::size_t n_before = chosen.size();
    std::make_heap(candidates_.begin(), candidates_.end());
    for (auto end = candidates_.end(); end != candidates_.begin(); --end) {
      if (static_cast<std::int64_t>(chosen.size()) == room) break;
      const Pair pair = candidates_.front().pair;
      std::pop_heap(candidates_.begin(), end);
      std::int64_t& first = times_[at(pair.first)];
      std::int64_t& second = times_[at(pair.second)];
      const auto before = chosen.begin() + static_cast<std::ptrdiff_t>(n_before);
      if (first >= most || second >= most || std::find(chosen.begin(), before, pair) != before) {
        continue;
      }
      ++first;
      ++second;
      chosen.push_back(pair);
    }
  }

  std::int32_t n_;
  std::int32_t top_k_;
  std::vector<std::int32_t> offsets_;
  std::vector<double> matters_;
  std::vector<std::int64_t> times_;
  std::vector<std::int32_t> met_by_;
  std::vector<Candidate> candidates_;
};

// An order that contradicts no answer, and what is still to be asked of it.
class Proof {
 public:
  explicit Proof(std::int32_t n)
      : n_(n), n_above_(at(n)), below_(at(n)), has_come_(at(n)), settled_(at(n)) {}

  std::vector<std::int32_t> order;
  std::int32_t n_certain = 0;
  std::vector<Pair> wanted;
  std::vector<Pair> likely;  // to be wanted next, should neighbours change places

  // False where no order can agree with the answers.
  bool find(const Posterior& posterior, std::int32_t top_k) {
    std::fill(n_above_.begin(), n_above_.end(), 0);
    for (auto& losers : below_) losers.clear();
    for (const ScoredPair& answer : posterior.answers()) {
      const bool kept = answer.score >= kTie;
      const std::int32_t winner = kept ? answer.first : answer.second;
      const std::int32_t loser = kept ? answer.second : answer.first;
      below_[at(winner)].push_back(loser);
      ++n_above_[at(loser)];
    }
    arrange(posterior);
    if (static_cast<std::int32_t>(order.size()) < n_) return false;
    assume(posterior);
    list_wanted(posterior, top_k);
    return true;
  }

 private:
  void arrange(const Posterior& posterior) {
    using Free = std::pair<double, std::int32_t>;
    std::priority_queue<Free, std::vector<Free>, std::greater<>> free;
    for (std::int32_t item = 0; item < n_; ++item) {
      if (n_above_[at(item)] == 0) free.push({-posterior.ability(item), item});
    }
    order.clear();
    n_certain = 0;
    while (!free.empty()) {
      // A place is certain where nobody else could take it.
      if (free.size() == 1 && at(n_certain) == order.size()) ++n_certain;
      const std::int32_t item = free.top().second;
      free.pop();
      order.push_back(item);
      for (const std::int32_t loser : below_[at(item)]) {
        if (--n_above_[at(loser)] == 0) free.push({-posterior.ability(loser), loser});
      }
    }
  }

  // Answers that are awaited will be as the order has it.
  void assume(const Posterior& posterior) {
    for (std::int32_t place = 0; place < n_; ++place) {
      const std::int32_t item = order[at(place)];
      has_come_[at(item)] = 1;
      for (const std::int32_t other : posterior.awaited(item)) {
        if (!has_come_[at(other)]) below_[at(item)].push_back(other);
      }
    }
    std::fill(has_come_.begin(), has_come_.end(), char{0});
  }

  // Neighbours in front, and the last of the front against whoever nobody behind it beats. A pair
  // waits while answers of both its items are awaited.
  void list_wanted(const Posterior& posterior, std::int32_t top_k) {
    const auto busy = [&](std::int32_t item) { return !posterior.awaited(item).empty(); };
    const std::int32_t last = std::min(top_k, n_ - 1) - 1;
    std::fill(settled_.begin(), settled_.end(), char{0});
    for (std::int32_t place = 0; place < n_; ++place) {
      const auto& losers = below_[at(order[at(place)])];
      if (place >= last) {
        for (const std::int32_t loser : losers) settled_[at(loser)] = 1;
      } else if (const std::int32_t follower = order[at(place + 1)];
                 std::find(losers.begin(), losers.end(), follower) != losers.end()) {
        settled_[at(follower)] = 1;
      }
    }
    wanted.clear();
    for (std::int32_t place = 1; place < n_; ++place) {
      const std::int32_t item = order[at(place)];
      const std::int32_t above = order[at(std::min(place - 1, last))];
      if (settled_[at(item)] || (busy(item) && busy(above))) continue;
      wanted.push_back(low_first(item, above));
    }
    likely.clear();
    for (std::int32_t place = 0; place < last && place + 2 < n_; ++place) {
      const std::int32_t item = order[at(place)], middle = order[at(place + 1)];
      const std::int32_t other = order[at(place + 2)];
      const auto& losers = below_[at(item)];
      if ((!settled_[at(middle)] || !settled_[at(other)]) &&
          std::find(losers.begin(), losers.end(), other) == losers.end()) {
        likely.push_back(low_first(item, other));
      }
    }
  }

  std::int32_t n_;
  std::vector<std::int32_t> n_above_;
  std::vector<std::vector<std::int32_t>> below_;
  std::vector<char> has_come_;
  std::vector<char> settled_;
};

}  // namespace

Task<> adaptive(Run& run) {
  const std::int64_t n = run.n;
  if (n < 2) {
    run.n_certain = run.n;
    co_return;
  }
  const std::int64_t n_pairs = n * (n - 1) / 2;
  const std::int64_t given = run.option("pairs");
  const std::int64_t limit = std::min(given ? given : own_limit(n, run.top_k), n_pairs);
  std::int64_t batch = run.option("batch");
  if (batch == 0) batch = std::max<std::int64_t>(2, (n + 2 * std::int64_t{run.top_k}) / 12);
  if (run.max_rounds > 0) batch = std::max(batch, (limit + run.max_rounds - 1) / run.max_rounds);
  Posterior posterior(run.n);
  Chooser chooser(run.n, run.top_k);
  Proof proof(run.n);
  // Batches are asked while the answers of so many before them are awaited; a round that is
  // counted waits for the one before it.
  const std::size_t ahead = run.max_rounds > 0 ? 0 : at(run.option("ahead"));
  std::deque<Batch> awaited;
  std::vector<Pair> pairs;
  std::int64_t n_asked = 0;
  std::int32_t n_rounds = 0;
  const std::int64_t n_to_check = std::min(kMostChecks, n / 5);
  std::int64_t n_checks = 0;
  bool consistent = true;
  bool proving = false;
  bool proved = false;
  for (;;) {
    posterior.fit();
    posterior.sort(run.order);
    // A proof begins when about as many pairs were answered as it needs at least.
    const auto n_answered = static_cast<std::int64_t>(posterior.answers().size());
    proving = false;
    if (consistent && 4 * n_answered >= 3 * n) {
      proving = consistent = proof.find(posterior, run.top_k);
    }
    proved = proving && proof.n_certain >= run.top_k;
    // Whoever sets a limit means it; our own binds only where nothing can be proved.
    const std::int64_t bound = proving && given == 0 ? n_pairs : limit;
    std::int64_t room = std::min(batch, bound - n_asked);
    if (run.max_rounds > 0 && n_rounds == run.max_rounds) room = 0;
    pairs.clear();
    if (proving && !proved && room > 0) {
      const auto add = [&](const std::vector<Pair>& more) {
        const auto most = static_cast<std::size_t>(room) - pairs.size();
        pairs.insert(pairs.end(), more.begin(),
                     more.begin() + static_cast<std::ptrdiff_t>(std::min(most, more.size())));
      };
      add(proof.wanted);
      if (ahead > 0) add(proof.likely);
    }
    const auto n_wanted = static_cast<std::int64_t>(pairs.size());
    const bool checks = proved || (proving && ahead > 0);
    // What a proof wants may be little: calls that would not be made are checks already, and a
    // round that is counted is to be filled.
    if (checks) {
      room = std::min(room, n_wanted + n_to_check - n_checks);
    } else if (proving && (pairs.empty() || run.max_rounds == 0)) {
      room = n_wanted;
    }
    if (room > n_wanted) {
      chooser.informative(posterior, run.order, room, consistent && !proving, pairs);
    }
    const auto n_chosen = static_cast<std::int64_t>(pairs.size());
    if (checks) n_checks += n_chosen - n_wanted;
    if (n_chosen > 0) {
      Batch& next = awaited.emplace_back(run);
      for (const Pair& pair : pairs) {
        next.add(pair.first, pair.second);
        posterior.expect(pair.first, pair.second);
      }
      next.begin();
      n_asked += n_chosen;
      ++n_rounds;
      if (awaited.size() <= ahead) continue;
    }
    if (awaited.empty()) break;
    Batch& oldest = awaited.front();
    co_await oldest;
    for (std::size_t place = 0; place < oldest.size(); ++place) {
      posterior.add(oldest.first(place), oldest.second(place), oldest.score(place));
    }
    awaited.pop_front();
  }
  if (proving) {
    run.n_certain = proof.n_certain;
    if (proved) {
      run.order = proof.order;
    } else {
      const auto front = std::span(proof.order).first(at(proof.n_certain));
      std::vector<bool> is_certain(at(n));
      for (const std::int32_t item : front) is_certain[at(item)] = true;
      std::stable_partition(run.order.begin(), run.order.end(),
                            [&](std::int32_t item) { return is_certain[at(item)]; });
      std::copy(front.begin(), front.end(), run.order.begin());
    }
  } else if (given == 0 && run.max_rounds == 0) {
    run.n_certain = run.top_k;
  }
}

}  // namespace zermelo::sorting
