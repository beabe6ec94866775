#include "zermelo/sort_run.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <numeric>

#include "zermelo/sorting.hpp"

namespace zermelo::sorting {
namespace {

// Frames of waiting tasks lie far apart: those that come next are fetched while others work.
constexpr std::size_t kAhead = 4;
inline void fetch(const void* place) {
#if defined(__GNUC__) || defined(__clang__)
  constexpr std::uintptr_t kLine = 64;
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  for (const std::uintptr_t line : {address - kLine, address, address + kLine}) {
    __builtin_prefetch(reinterpret_cast<const void*>(line));  // whatever is there, or is not
  }
#else
  static_cast<void>(place);
#endif
}

}  // namespace

Run::Run(std::int32_t items, std::int32_t wanted, std::int32_t most_rounds, std::uint64_t lots,
         Options given)
    : n(items),
      top_k(wanted),
      max_rounds(most_rounds),
      seed(lots),
      options(std::move(given)),
      order(static_cast<std::size_t>(items)),
      scratch(static_cast<std::size_t>(items)) {
  spare_.reserve(kMostSpare);
}

void Run::start(const Method& method) { start(method, true, nullptr); }

void Run::start_in_order(const Method& method, const Judge* judge) {
  start(method, judge == nullptr && method.repeats != Repeats::never, judge);
}

void Run::start(const Method& method, bool keeps_answers, const Judge* judge) {
  root_ = Task<>();
  clear();
  repeats_ = method.repeats;
  keeps_answers_ = keeps_answers;
  judge_ = judge;
  more_wait_ = false;
  if (remembers()) memo_.reset(n);
  records_.clear();
  n_told_ = 0;
  first_number_ = n_asked_ = n_lookups_ = 0;
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
  if (n_asked_ > kMostQuestions) throw std::bad_alloc();
  waiter.next = nullptr;
  if (records_.empty()) first_number_ = n_asked_;
  ++n_asked_;
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
  if (remembers()) {
    const auto [number, known] = memo_.find_or_add(low, high, n_asked_);
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
        // Answers came in the order of asking, so none is deeper than whoever asks now. In turn all
        // that is known has been answered, whose number says nothing where the order was another.
        if (repeats_ == Repeats::anywhere && !is_told(number)) {
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
    lists_.push_back({waiter.kind, std::move(items), {}, n_asked_});
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
  rethrow_failure();
  deliver(record(number), score, steps);
}

void Run::tell(std::int64_t number, std::vector<std::int32_t> places, std::int32_t steps) {
  rethrow_failure();
  Record& asked = record(number);
  List& list = lists_[static_cast<std::size_t>(asked.low)];
  list.places = std::move(places);
  list.depth = asked.depth + steps;
  list.answered = true;
  deliver(asked, 0.0, steps);
}

void Run::tell_next() {
  Record& asked = records_[n_told_];
  if (asked.high != kList) {
    deliver(asked, judge_->score(asked.low, asked.high), 1);
    return;
  }
  const List& list = lists_[static_cast<std::size_t>(asked.low)];
  std::vector<std::int32_t> places = judge_->ranked(list.items);
  if (list.kind == Kind::choose) places.resize(1);
  tell(next(), std::move(places), 1);
}

void Run::tell_pairs() {
  while (at_once_ > 0 && waits() && records_[n_told_].high != kList) {
    --at_once_;
    Record& asked = records_[n_told_];
    deliver(asked, judge_->score(asked.low, asked.high), 1);
  }
}

void Run::deliver(Record& asked, double score, std::int32_t steps) {
  asked.answered = true;
  asked.score = score;
  asked.depth += steps;
  const std::int32_t depth = asked.depth;
  Waiter* waiting = std::exchange(asked.waiting, nullptr);
  n_rounds_ = std::max(n_rounds_, depth);
  if (n_told_ < records_.size() && &asked == &records_[n_told_]) ++n_told_;
  if (n_told_ + kAhead < records_.size()) fetch(records_[n_told_ + kAhead].waiting);
  if (!keeps_answers_) drop_answered();  // from here on `asked` may be gone
  while (waiting != nullptr) {
    Waiter& waiter = *std::exchange(waiting, waiting->next);
    more_wait_ = waiting != nullptr;
    TaskState& task = *waiter.task;
    waiter.score = waiter.turned ? 1.0 - score : score;
    task.depth = std::max(task.depth, depth);
    if (waiter.batch != nullptr) waiter.batch->arrived(waiter);
    release(task);
  }
}

void Run::drop_answered() {
  // Seldom enough that moving what is left costs nothing.
  if (n_told_ < records_.size() && (n_told_ < kFewRecords || 2 * n_told_ < records_.size())) return;
  first_number_ += std::int64_t(n_told_);
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(n_told_));
  n_told_ = 0;
}

void Run::write_order(std::span<std::int32_t> target) const {
  std::copy(order.begin(), order.end(), target.begin());
  for (const OrderView* view = views_; view != nullptr; view = view->next_) view->write(target);
}

Batch::Batch(Run& run) : run_(run), open_(run) {
  if (run_.spare_.empty()) return;
  memory_ = std::move(run_.spare_.back());
  run_.spare_.pop_back();
}

Batch::~Batch() {
  if (run_.spare_.size() == run_.spare_.capacity()) return;
  clear();
  run_.spare_.push_back(std::move(memory_));
}

void Batch::begin() {
  open_.depth = run_.running().depth;
  open_.parent = nullptr;
  begun_ = true;
  ask(open_);
}

bool Batch::join(TaskState& task) {
  begun_ = false;
  return run_.wait_for(task, open_);
}

bool Batch::ask(TaskState& task) {
  memory_.waiters.resize(size());
  if (run_.may_answer_at_once()) return ask_judge(task);
  const std::int32_t depth = task.depth;
  for (std::size_t place = 0; place < memory_.pairs.size(); ++place) {
    Waiter& waiter = memory_.waiters[place];
    waiter.task = &task;
    waiter.batch = this;
    waiter.is_answered = false;
    if (run_.ask(waiter, memory_.pairs[place].first, memory_.pairs[place].second, depth)) {
      ++task.n_left;
    } else {
      arrived(waiter);
    }
  }
  return task.n_left > 0;
}

// As `ask`, where the answers would come next and in this order: the same, without records.
bool Batch::ask_judge(TaskState& task) {
  const std::int32_t depth = task.depth;
  const std::int64_t begin = run_.n_asked_, allowed = run_.at_once_;
  std::int64_t n_answered = 0;
  for (std::size_t place = 0; place < memory_.pairs.size(); ++place) {
    const auto [first, second] = memory_.pairs[place];
    const std::int32_t low = std::min(first, second), high = std::max(first, second);
    Waiter& waiter = memory_.waiters[place];
    waiter = {&task, nullptr, this, 0.0, first > second};
    bool is_known = false;
    if (run_.remembers()) {
      const auto [number, known] = run_.memo_.find_or_add(low, high, run_.n_asked_);
      // Twice in this batch, and the first has no answer.
      if (known && run_.repeats_ == Repeats::anywhere && number >= begin + n_answered) {
        run_.join(run_.record(number), waiter, depth);
        ++task.n_left;
        continue;
      }
      is_known = known;
    }
    if (!is_known) {
      if (n_answered == allowed) {
        run_.add_record(waiter, low, high, depth);
        ++task.n_left;
        continue;
      }
      ++n_answered;
      ++run_.n_asked_;
    }
    const double score = run_.judge_->score(low, high);
    waiter.score = waiter.turned ? 1.0 - score : score;
    arrived(waiter);
  }
  run_.n_lookups_ += std::int64_t(memory_.pairs.size());
  run_.at_once_ -= n_answered;
  if (n_answered > 0) {
    task.depth = depth + 1;
    run_.n_rounds_ = std::max(run_.n_rounds_, task.depth);
  }
  return task.n_left > 0;
}

}  // namespace zermelo::sorting
