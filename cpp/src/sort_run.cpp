#include "zermelo/sort_run.hpp"

#include <algorithm>
#include <new>
#include <numeric>

#include "zermelo/sorting.hpp"

namespace zermelo::sorting {

Run::Run(std::int32_t items, std::int32_t wanted, std::int32_t most_rounds, std::uint64_t lots,
         Options given)
    : n(items),
      top_k(wanted),
      max_rounds(most_rounds),
      seed(lots),
      options(std::move(given)),
      order(static_cast<std::size_t>(items)),
      scratch(static_cast<std::size_t>(items)) {}

void Run::start(const Method& method, bool keeps_answers, const Judge* judge) {
  root_ = Task<>();
  clear();
  remembers_ = method.repeats_pairs;
  keeps_answers_ = keeps_answers || (remembers_ && judge == nullptr);
  judge_ = judge;
  if (remembers_) memo_.reset(n);
  records_.clear();
  first_number_ = n_told_ = n_lookups_ = 0;
  n_rounds_ = 0;
  lists_.clear();
  list_numbers_.clear();
  std::iota(order.begin(), order.end(), 0);
  n_certain = 0;
  root_ = method.run(*this);
  begin(root_.state());
}

Run::Question Run::question(std::int64_t number) const {
  const Record& asked = record(number);
  if (asked.high != kList) return {Kind::compare, asked.low, asked.high, {}};
  const List& list = lists_[static_cast<std::size_t>(asked.low)];
  return {list.kind, 0, 0, list.items};
}

void Run::add_record(Waiter& waiter, std::int32_t low, std::int32_t high, std::int32_t depth) {
  if (n_asked() > kMostQuestions) throw std::bad_alloc();
  waiter.next = nullptr;
  records_.push_back({low, high, &waiter, 0.0, depth, false});
}

// Last in the list of those who wait.
void Run::join(Record& asked, Waiter& waiter, std::int32_t depth) {
  Waiter** link = &asked.waiting;
  while (*link != nullptr) link = &(*link)->next;
  *link = &waiter;
  waiter.next = nullptr;
  // Whoever asked first could have the answer first: others waited for the same call.
  asked.depth = std::min(asked.depth, depth);
}

bool Run::ask(Waiter& waiter, std::int32_t first, std::int32_t second, std::int32_t depth) {
  ++n_lookups_;
  waiter.turned = first > second;
  const std::int32_t low = waiter.turned ? second : first;
  const std::int32_t high = waiter.turned ? first : second;
  if (remembers_) {
    const auto [found, known] = memo_.find_or_add(low, high, static_cast<std::uint32_t>(n_asked()));
    const std::int64_t number = found;
    if (known) {
      double score = 0.0;
      if (keeps_answers_) {
        Record& asked = record(number);
        if (!asked.answered) {
          join(asked, waiter, depth);
          return true;
        }
        score = asked.score;
        waiter.task->depth = std::max(waiter.task->depth, asked.depth);
      } else {
        // Answers came in the order of asking, so none is deeper than whoever asks now.
        if (number >= n_told_) {
          join(record(number), waiter, depth);
          return true;
        }
        score = judge_->score(low, high);
      }
      waiter.score = waiter.turned ? 1.0 - score : score;
      return false;
    }
  }
  add_record(waiter, low, high, depth);
  return true;
}

bool Run::ask_list(ListAwaiter& waiter, std::int32_t depth) {
  ++n_lookups_;
  waiter.turned = false;
  std::vector<std::int32_t> items(waiter.items.begin(), waiter.items.end());
  const auto [entry, added] =
      list_numbers_.try_emplace({waiter.kind, items}, std::int64_t(lists_.size()));
  waiter.list = entry->second;
  if (added) {
    lists_.push_back({waiter.kind, std::move(items), {}, n_asked()});
    add_record(waiter, static_cast<std::int32_t>(waiter.list), kList, depth);
    return true;
  }
  const List& list = lists_[static_cast<std::size_t>(waiter.list)];
  if (!list.answered) {
    join(record(list.number), waiter, depth);
    return true;
  }
  waiter.task->depth = std::max(waiter.task->depth, list.depth);
  return false;
}

void Run::tell(std::int64_t number, double score, std::int32_t steps) {
  deliver(number, score, steps);
}

void Run::tell(std::int64_t number, std::vector<std::int32_t> places, std::int32_t steps) {
  const Record& asked = record(number);
  List& list = lists_[static_cast<std::size_t>(asked.low)];
  list.places = std::move(places);
  list.depth = asked.depth + steps;
  list.answered = true;
  deliver(number, 0.0, steps);
}

void Run::deliver(std::int64_t number, double score, std::int32_t steps) {
  Record& asked = record(number);
  asked.answered = true;
  asked.score = score;
  asked.depth += steps;
  const std::int32_t depth = asked.depth;
  Waiter* waiting = std::exchange(asked.waiting, nullptr);
  n_rounds_ = std::max(n_rounds_, depth);
  if (number == n_told_) ++n_told_;
  if (!keeps_answers_) drop_answered();
  while (waiting != nullptr) {
    Waiter& waiter = *std::exchange(waiting, waiting->next);
    TaskState& task = *waiter.task;
    waiter.score = waiter.turned ? 1.0 - score : score;
    task.depth = std::max(task.depth, depth);
    if (waiter.batch != nullptr) waiter.batch->arrived(waiter);
    release(task);
  }
}

void Run::drop_answered() {
  const auto answered = static_cast<std::size_t>(n_told_ - first_number_);
  // Seldom enough that moving what is left costs nothing.
  if (answered < records_.size() && (answered < kFewRecords || 2 * answered < records_.size())) {
    return;
  }
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(answered));
  first_number_ = n_told_;
}

void Run::write_order(std::span<std::int32_t> target) const {
  std::copy(order.begin(), order.end(), target.begin());
  for (const OrderView* view = views_; view != nullptr; view = view->next_) view->write(target);
}

bool Batch::ask(TaskState& task) {
  const std::int32_t depth = task.depth;
  for (std::size_t place = 0; place < pairs_.size(); ++place) {
    Waiter& waiter = waiters_[place];
    waiter.task = &task;
    waiter.batch = this;
    if (run_.ask(waiter, pairs_[place].first, pairs_[place].second, depth)) {
      ++task.n_left;
    } else {
      arrived(waiter);
    }
  }
  return task.n_left > 0;
}

}  // namespace zermelo::sorting
