// Quickselect: pivots split what may be among the best, in few rounds.
// _backends/sorting/selection.py, the twin, says why.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sort_methods.hpp"
#include "sort_selection_plan.hpp"

namespace zermelo::sorting {
namespace {

using Items = std::vector<std::int32_t>;

std::size_t at(std::int64_t place) { return static_cast<std::size_t>(place); }

// What all groups share: the places that are final, and room for one number an item.
struct Selection {
  explicit Selection(Run& owner)
      : run(owner),
        is_final(at(owner.n) + 1),
        stands(at(owner.n)),
        n_before(at(owner.n)),
        is_marked(at(owner.n)),
        plans(known_plans(owner)) {}

  static KnownPlans& known_plans(Run& run) {
    if (run.kept == nullptr) run.kept = std::make_shared<KnownPlans>();
    return *static_cast<KnownPlans*>(run.kept.get());
  }

  void mark_final(std::int32_t place) {
    is_final[at(place)] = 1;
    while (is_final[at(run.n_certain)] != 0) ++run.n_certain;
  }

  Run& run;
  std::vector<std::uint8_t> is_final;  // the last stands behind all places, and never is
  Items stands;
  Items n_before;
  std::vector<std::uint8_t> is_marked;
  KnownPlans& plans;
};

struct Group {
  Items places;  // where its items stand in the order
  Items chain;   // items whose order is known
  Items loose;   // the others, as they stand
  std::int32_t wanted;
  std::int32_t rounds;
  bool is_final;  // whether the places are those that the items keep: not so within a sample
};

// Pairs of a group that are asked at once: pivots that meet each other, and all the others. What
// has not been answered counts as the order before the round has it.
class Round final : public OrderView {
 public:
  Round(Selection& shared, const Items& places, const Items& chain, Items pivots,
        const Items& others)
      : OrderView(shared.run),
        shared_(shared),
        places_(places),
        chain_(chain),
        others_(others),
        pivots_(std::move(pivots)),
        batch_(shared.run) {
    items_.reserve(places.size());
    for (const std::int32_t place : places) items_.push_back(shared.run.order[at(place)]);
    auto& known = shared.is_marked;
    for (const std::int32_t item : chain) known[at(item)] = 1;
    for (const std::int32_t pivot : pivots_) is_sorted_ = is_sorted_ && known[at(pivot)] != 0;
    for (std::size_t i = 0; i < pivots_.size(); ++i) {
      for (std::size_t j = i + 1; j < pivots_.size(); ++j) {
        if (known[at(pivots_[i])] != 0 && known[at(pivots_[j])] != 0) continue;
        batch_.add(pivots_[i], pivots_[j]);
      }
    }
    for (const std::int32_t item : chain) known[at(item)] = 0;
    n_between_pivots_ = batch_.size();
    for (const std::int32_t item : others) {
      for (const std::int32_t pivot : pivots_) batch_.add(item, pivot);
    }
  }

  Batch& batch() { return batch_; }

  // The items as they belong now; with `sizes`, how many stand before, between and after the
  // pivots.
  Items split(Items* sizes = nullptr) const {
    auto& stands = shared_.stands;
    auto& n_before = shared_.n_before;
    for (std::size_t i = 0; i < items_.size(); ++i) stands[at(items_[i])] = std::int32_t(i);
    const Items ranked = is_sorted_ ? Items() : ranked_pivots();
    const Items& pivots = is_sorted_ ? pivots_ : ranked;
    const auto last = static_cast<std::int32_t>(pivots.size());
    // Who is not compared in this round lost to the last of the chain.
    for (const std::int32_t item : items_) n_before[at(item)] = last;
    if (is_sorted_) {
      std::int32_t n_passed = 0;
      for (const std::int32_t item : chain_) {
        n_before[at(item)] = n_passed;
        if (n_passed < last && item == pivots[at(n_passed)]) ++n_passed;
      }
    }
    std::size_t number = n_between_pivots_;
    for (const std::int32_t item : others_) {
      std::int32_t n_lost = 0;
      for (const std::int32_t pivot : pivots_) {
        const bool precedes = batch_.is_answered(number) ? batch_.precedes(number)
                                                         : stands[at(item)] < stands[at(pivot)];
        n_lost += precedes ? 0 : 1;
        ++number;
      }
      n_before[at(item)] = n_lost;
    }
    for (const std::int32_t pivot : pivots) n_before[at(pivot)] = -1;

    Items starts(pivots.size() + 1);
    for (const std::int32_t item : items_) {
      if (n_before[at(item)] >= 0) ++starts[at(n_before[at(item)])];
    }
    if (sizes != nullptr) *sizes = starts;
    std::int32_t start = 0;
    for (std::int32_t& size : starts) start += std::exchange(size, start) + 1;
    Items sorted(items_.size());
    for (const std::int32_t item : items_) {
      if (n_before[at(item)] >= 0) sorted[at(starts[at(n_before[at(item)])]++)] = item;
    }
    for (std::size_t i = 0; i < pivots.size(); ++i) sorted[at(starts[i])] = pivots[i];
    return sorted;
  }

  void write(std::span<std::int32_t> order) const override { put(split(), order); }
  void put(const Items& sorted, std::span<std::int32_t> order) const {
    for (std::size_t i = 0; i < sorted.size(); ++i) order[at(places_[i])] = sorted[i];
  }

 private:
  // By points, two a win and one a tie; equal ones keep the initial order.
  Items ranked_pivots() const {
    const auto& stands = shared_.stands;
    auto& points = shared_.n_before;
    Items ranked = pivots_;
    std::sort(ranked.begin(), ranked.end(), [&](std::int32_t one, std::int32_t other) {
      return stands[at(one)] < stands[at(other)];
    });
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      points[at(ranked[i])] = 2 * static_cast<std::int32_t>(ranked.size() - 1 - i);
    }
    for (std::size_t number = 0; number < n_between_pivots_; ++number) {
      if (!batch_.is_answered(number)) continue;
      const std::int32_t first = batch_.first(number);
      const std::int32_t second = batch_.second(number);
      const double score = batch_.score(number);
      const std::int32_t assumed = stands[at(first)] < stands[at(second)] ? 2 : 0;
      const std::int32_t found = score > kTie ? 2 : score == kTie ? 1 : 0;
      points[at(first)] += found - assumed;
      points[at(second)] -= found - assumed;
    }
    std::sort(ranked.begin(), ranked.end(), [&](std::int32_t one, std::int32_t other) {
      const std::int32_t difference = points[at(one)] - points[at(other)];
      return difference > 0 || (difference == 0 && one < other);
    });
    return ranked;
  }

  Selection& shared_;
  const Items& places_;
  const Items& chain_;
  const Items& others_;
  Items pivots_;
  Items items_;
  Batch batch_;
  std::size_t n_between_pivots_ = 0;
  bool is_sorted_ = true;
};

// Loose items for a sample, evenly spaced; the rest stays.
Items taken_for_sample(Items& loose, std::int32_t n_new) {
  Items sample;
  Items rest;
  const auto n = static_cast<std::int64_t>(loose.size());
  sample.reserve(at(n_new));
  rest.reserve(loose.size() - at(n_new));
  std::int64_t next = 0;
  for (std::int64_t place = 0; place < n; ++place) {
    const bool is_taken = next < n_new && (2 * next + 1) * n / (2 * n_new) == place;
    (is_taken ? sample : rest).push_back(loose[at(place)]);
    if (is_taken) ++next;
  }
  loose = std::move(rest);
  return sample;
}

// Items of a group from some place on, between two pivots.
Group part_of(const Run& run, Selection& shared, const Group& group, std::int32_t start,
              std::int32_t size) {
  const auto begin = group.places.begin() + start;
  Group part{Items(begin, begin + size),
             {},
             {},
             std::min(size, group.wanted - start),
             group.rounds - 1,
             group.is_final};
  if (run.max_rounds == 0) part.rounds = std::max(part.rounds, least_rounds(size));
  auto& is_part = shared.is_marked;
  for (const std::int32_t place : part.places) is_part[at(run.order[at(place)])] = 1;
  for (const std::int32_t item : group.chain) {
    if (is_part[at(item)] == 0) continue;
    part.chain.push_back(item);
    is_part[at(item)] = 0;
  }
  part.loose.reserve(at(size) - part.chain.size());
  for (const std::int32_t place : part.places) {
    const std::int32_t item = run.order[at(place)];
    if (is_part[at(item)] == 0) continue;
    part.loose.push_back(item);
    is_part[at(item)] = 0;
  }
  return part;
}

Task<> settle(Run& run, Selection& shared, Group group) {
  // Sorts a sample first, again and again where that seems to pay.
  Items pivots;
  Items chain;  // whom the others meet in the round, or who is known
  for (;;) {
    const SelectionPlan plan = shared.plans.find(static_cast<std::int32_t>(group.chain.size()),
                                                 static_cast<std::int32_t>(group.loose.size()),
                                                 group.wanted, group.rounds);
    if (!plan.pivots.empty()) {
      pivots.reserve(plan.pivots.size());
      for (const std::int32_t rank : plan.pivots) pivots.push_back(group.chain[at(rank - 1)]);
      break;
    }
    if (plan.sample == 0) {
      for (const std::int32_t place : group.places) pivots.push_back(run.order[at(place)]);
      group.loose.clear();
      break;
    }
    const auto n_known = static_cast<std::int32_t>(group.chain.size());
    Items sample = taken_for_sample(group.loose, plan.sample - n_known);
    if (plan.rank == 0) {
      pivots = std::move(sample);
      break;
    }
    auto& is_sampled = shared.is_marked;
    for (const std::int32_t item : sample) is_sampled[at(item)] = 1;
    for (const std::int32_t item : group.chain) is_sampled[at(item)] = 1;
    Items stand;
    stand.reserve(sample.size() + group.chain.size());
    for (const std::int32_t place : group.places) {
      if (is_sampled[at(run.order[at(place)])] != 0) stand.push_back(place);
    }
    for (const std::int32_t item : sample) is_sampled[at(item)] = 0;
    for (const std::int32_t item : group.chain) is_sampled[at(item)] = 0;
    if (stand.size() > 1) {
      Task<> sorting = settle(
          run, shared,
          Group{stand, std::move(group.chain), std::move(sample), plan.rank, plan.rounds, false});
      co_await sorting;
    }
    group.rounds -= plan.rounds;
    group.chain.clear();
    group.chain.reserve(stand.size());
    for (const std::int32_t place : stand) group.chain.push_back(run.order[at(place)]);
    if (plan.rounds > 1) {
      group.chain.resize(at(plan.rank));
      pivots.push_back(group.chain.back());
      break;
    }
  }

  Items sizes;
  {
    Round round(shared, group.places, group.chain, pivots, group.loose);
    co_await round.batch();
    const Items sorted = round.split(&sizes);
    round.put(sorted, run.order);
  }

  std::vector<Task<>> branches;
  std::int32_t start = 0;
  for (std::size_t number = 0; number < sizes.size(); ++number) {
    const std::int32_t size = sizes[number];
    // Behind the wanted places nothing is asked, but who stands alone or is in the chain is final
    // there too.
    if (start < group.wanted || size == 1 || at(size) <= group.chain.size()) {
      Group part = part_of(run, shared, group, start, size);
      if (size > 1 && !part.loose.empty()) {
        if (part.wanted > 0) branches.push_back(settle(run, shared, std::move(part)));
      } else if (group.is_final) {
        for (const std::int32_t place : part.places) shared.mark_final(place);
      }
    }
    start += size;
    if (number + 1 < sizes.size()) {
      if (group.is_final) shared.mark_final(group.places[at(start)]);
      ++start;
    }
  }
  if (!branches.empty()) co_await together(branches);
}

}  // namespace

Task<> quickselect(Run& run) {
  Selection shared(run);
  const std::int32_t rounds = run.max_rounds > 0 ? run.max_rounds : comfortable_rounds(run.n);
  if (run.n == 1) shared.mark_final(0);
  if (run.top_k > 0 && run.n > 1) {
    Group all{{}, {}, run.order, run.top_k, rounds, true};
    for (std::int32_t place = 0; place < run.n; ++place) all.places.push_back(place);
    Task<> whole = settle(run, shared, std::move(all));
    co_await whole;
  }
}

}  // namespace zermelo::sorting
