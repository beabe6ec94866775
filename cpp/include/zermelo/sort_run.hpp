// What a sorting method is told, what it asks with, and the questions it has asked.
//
//   Task<> insertion(Run& run) {
//     ...
//     if (co_await run.precedes(item, run.order[middle])) ...
//     run.n_certain = run.n;
//   }
//
// Questions come in the same order as those of the generators in _backends/sorting/, their twins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zermelo/sort_judge.hpp"
#include "zermelo/sort_memo.hpp"
#include "zermelo/sort_task.hpp"

namespace zermelo::sorting {

class Run;
class Batch;
struct Method;

// compare: the score in [0, 1] of the first of two items. choose: a list of one place, that of the
// best. rank: a list of all places, best first.
enum class Kind : std::int32_t { compare, choose, rank };

// Whether a method may ask for a pair twice, whatever the answers: never, only after the first
// answer has led there, or by branches that know nothing of each other.
enum class Repeats { never, in_turn, anywhere };

inline constexpr double kTie = 0.5;

// A task, or a place in a batch, that waits for the answer to a question.
struct Waiter {
  TaskState* task = nullptr;
  Waiter* next = nullptr;  // who waits for the same answer
  Batch* batch = nullptr;
  double score = 0.0;
  bool turned = false;       // the question stands with its lower item first
  bool is_answered = false;  // in a batch
};

// What a batch fills; kept for the next one.
struct BatchMemory {
  struct Pair {
    std::int32_t first;
    std::int32_t second;
  };
  std::vector<Pair> pairs;
  std::vector<Waiter> waiters;
};

struct CompareAwaiter : Waiter {
  Run& run;
  std::int32_t first;
  std::int32_t second;

  CompareAwaiter(Run& owner, std::int32_t one, std::int32_t other)
      : run(owner), first(one), second(other) {}
  bool await_ready();
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting);
  double await_resume() const noexcept { return score; }
};

struct PrecedesAwaiter : CompareAwaiter {
  using CompareAwaiter::CompareAwaiter;
  bool await_resume() const noexcept { return score > kTie || (score == kTie && first < second); }
};

struct ListAwaiter : Waiter {
  Run& run;
  Kind kind;
  std::span<const std::int32_t> items;
  std::int64_t list = -1;

  ListAwaiter(Run& owner, Kind wanted, std::span<const std::int32_t> shown)
      : run(owner), kind(wanted), items(shown) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting);
  std::span<const std::int32_t> places() const;
};

struct ChooseAwaiter : ListAwaiter {
  ChooseAwaiter(Run& owner, std::span<const std::int32_t> shown)
      : ListAwaiter(owner, Kind::choose, shown) {}
  std::int32_t await_resume() const { return places()[0]; }
};

struct RankAwaiter : ListAwaiter {
  RankAwaiter(Run& owner, std::span<const std::int32_t> shown)
      : ListAwaiter(owner, Kind::rank, shown) {}
  // Valid as long as the run.
  std::span<const std::int32_t> await_resume() const { return places(); }
};

// A stretch of the order that a method has in hand; put into the order only when that is asked for.
class OrderView {
 public:
  explicit OrderView(Run& run);
  OrderView(const OrderView&) = delete;
  OrderView& operator=(const OrderView&) = delete;
  virtual void write(std::span<std::int32_t> order) const = 0;

 protected:
  ~OrderView();

 private:
  friend class Run;
  OrderView** link_;  // what points here
  OrderView* next_;
};

class Run : public Scheduler {
 public:
  using Options = std::map<std::string, std::int64_t, std::less<>>;

  Run(std::int32_t items, std::int32_t wanted, std::int32_t most_rounds, std::uint64_t lots,
      Options given);

  // What methods read and write ---------------------------------------------------------------
  const std::int32_t n;
  const std::int32_t top_k;       // n where everything is wanted
  const std::int32_t max_rounds;  // 0 where there is no limit
  const std::uint64_t seed;
  const Options options;
  std::vector<std::int32_t> order;    // the best known so far, a permutation at every question
  std::int32_t n_certain = 0;         // how many places at its front are final
  std::vector<std::int32_t> scratch;  // n places; branches use those of their own stretch
  std::shared_ptr<void> kept;         // what a method keeps for later runs, whatever their answers

  std::int64_t option(const char* name) const { return options.find(name)->second; }

  // The score of `first` against `second`; co_await it.
  CompareAwaiter compare(std::int32_t first, std::int32_t second) { return {*this, first, second}; }
  // Whether `first` belongs before `second`; of two that tie, who stood first initially.
  PrecedesAwaiter precedes(std::int32_t first, std::int32_t second) {
    return {*this, first, second};
  }
  // The place in `items` of the best; `items` must outlive the answer.
  ChooseAwaiter choose(std::span<const std::int32_t> items) { return {*this, items}; }
  // All places in `items`, best first.
  RankAwaiter rank(std::span<const std::int32_t> items) { return {*this, items}; }

  // What drivers use --------------------------------------------------------------------------
  // Starts a method, whose questions are told their answers.
  void start(const Method& method);
  // For drivers that answer in the order of asking, and need no answer again: those of methods that
  // never repeat a pair, and those with a judge, who can be asked again.
  void start_in_order(const Method& method, const Judge* judge);

  struct Question {
    Kind kind;
    std::int32_t low;  // of a pair
    std::int32_t high;
    std::span<const std::int32_t> items;  // of a list
  };
  std::int64_t n_asked() const { return n_asked_; }
  std::int64_t n_lookups() const { return n_lookups_; }
  std::int32_t n_rounds() const { return n_rounds_; }
  bool is_answered(std::int64_t number) const { return record(number).answered; }
  Question question(std::int64_t number) const;

  // Answers a question; `steps` is how many calls, one after the other, that took.
  void tell(std::int64_t number, double score, std::int32_t steps);
  void tell(std::int64_t number, std::vector<std::int32_t> places, std::int32_t steps);

  // For drivers that answer in the order of asking: whether there is a question without an answer,
  // and the first.
  bool waits() const { return n_told_ < records_.size(); }
  std::int64_t next() const { return first_number_ + std::int64_t(n_told_); }
  // The judge answers the next question, whatever it is.
  void tell_next();

  // How many pairs the judge may answer without asking the driver. He answers them in order, but
  // before others where they are `in_any_order`.
  void allow_pairs(std::int64_t pairs, bool in_any_order) {
    at_once_ = pairs;
    in_any_order_ = in_any_order;
  }
  std::int64_t pairs_left() const { return at_once_; }
  // The judge answers pairs until he may no more, or another question or none is next.
  void tell_pairs();

  void write_order(std::span<std::int32_t> target) const;

 private:
  friend class OrderView;
  friend class Batch;
  friend struct CompareAwaiter;
  friend struct ListAwaiter;

  struct Record {
    std::int32_t low;
    std::int32_t high;  // kList where `low` is the number of a list
    Waiter* waiting;
    double score;
    std::int32_t depth;  // where the asking started, later where the answer was there
    bool answered;
  };
  struct List {
    Kind kind;
    std::vector<std::int32_t> items;
    std::vector<std::int32_t> places;
    std::int64_t number;
    std::int32_t depth = 0;
    bool answered = false;
  };
  static constexpr std::int32_t kList = -1;
  static constexpr std::size_t kFewRecords = 1024, kMostSpare = 16;
  static constexpr std::int64_t kMostQuestions = (std::int64_t{1} << 30) - 2;

  const Record& record(std::int64_t number) const {
    return records_[static_cast<std::size_t>(number - first_number_)];
  }
  Record& record(std::int64_t number) {
    return records_[static_cast<std::size_t>(number - first_number_)];
  }

  void start(const Method& method, bool keeps_answers, const Judge* judge);
  // Whether the task has to wait; `depth` is where the asking starts.
  bool ask(Waiter& waiter, std::int32_t first, std::int32_t second, std::int32_t depth);
  bool ask_list(ListAwaiter& waiter, std::int32_t depth);
  bool answer_at_once(CompareAwaiter& waiter);
  bool may_answer_at_once() const {
    return at_once_ > 0 && (in_any_order_ || (!waits() && !more_wait_ && runs_alone()));
  }
  void add_record(Waiter& waiter, std::int32_t low, std::int32_t high, std::int32_t depth);
  void join(Record& record, Waiter& waiter, std::int32_t depth);
  bool is_told(std::int64_t number) const { return records_.empty() || number < next(); }
  void deliver(Record& asked, double score, std::int32_t steps);
  void drop_answered();

  bool remembers() const { return repeats_ != Repeats::never; }

  Repeats repeats_ = Repeats::anywhere;
  bool keeps_answers_ = true;  // else records vanish when they and all before them are answered
  bool more_wait_ = false;     // for the answer that is being delivered
  bool in_any_order_ = false;
  std::int64_t at_once_ = 0;
  const Judge* judge_ = nullptr;
  PairMemo memo_;
  std::vector<Record> records_;
  std::int64_t first_number_ = 0;  // of records_[0]
  std::size_t n_told_ = 0;         // records at the front that are answered
  std::int64_t n_asked_ = 0;
  std::int64_t n_lookups_ = 0;
  std::int32_t n_rounds_ = 0;
  std::deque<List> lists_;
  std::map<std::pair<Kind, std::vector<std::int32_t>>, std::int64_t> list_numbers_;
  OrderView* views_ = nullptr;
  std::vector<BatchMemory> spare_;  // of batches that have ended
  Task<> root_;                     // last: its end needs the rest
};

// Pairs asked for at once: a round of a method, without a branch for each.
//
//   Batch batch(run);
//   batch.add(i, j); ...
//   co_await batch;
//   batch.score(0) ...
//
// With `batch.begin()` before other work, `co_await batch` waits for what is still open.
class Batch {
 public:
  explicit Batch(Run& run);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void add(std::int32_t first, std::int32_t second) { memory_.pairs.push_back({first, second}); }
  std::size_t size() const { return memory_.pairs.size(); }
  std::int32_t first(std::size_t place) const { return memory_.pairs[place].first; }
  std::int32_t second(std::size_t place) const { return memory_.pairs[place].second; }
  double score(std::size_t place) const { return memory_.waiters[place].score; }
  // Whether an answer has come while others are waited for.
  bool is_answered(std::size_t place) const { return memory_.waiters[place].is_answered; }
  bool precedes(std::size_t place) const {
    const double found = score(place);
    return found > kTie || (found == kTie && first(place) < second(place));
  }
  // For the next round.
  void clear() { memory_.pairs.clear(); }
  // Asks, and lets the task that runs go on. It must await the batch before either of them ends.
  void begin();

  // Called with the place of each answer when it arrives, for a method that shows in `order` what
  // it knows. Must not add pairs.
  std::function<void(std::size_t place)> on_answer;

  struct Awaiter {
    Batch* batch;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting) {
      return batch->begun_ ? batch->join(waiting.promise()) : batch->ask(waiting.promise());
    }
    void await_resume() const noexcept {}
  };
  Awaiter operator co_await() & { return {this}; }
  Awaiter operator co_await() && = delete;

 private:
  friend class Run;
  bool ask(TaskState& task);
  bool ask_judge(TaskState& task);
  bool join(TaskState& task);
  void arrived(Waiter& waiter) {
    waiter.is_answered = true;
    if (on_answer) on_answer(static_cast<std::size_t>(&waiter - memory_.waiters.data()));
  }

  Run& run_;
  BatchMemory memory_;
  TaskState open_;  // what was begun
  bool begun_ = false;
};

// Here, so that it becomes a part of every method: simulations do little else.
inline bool Run::answer_at_once(CompareAwaiter& waiter) {
  const bool turned = waiter.first > waiter.second;
  const std::int32_t low = turned ? waiter.second : waiter.first;
  const std::int32_t high = turned ? waiter.first : waiter.second;
  ++n_lookups_;
  if (remembers() && memo_.find_or_add(low, high, n_asked_).second) {
    // Known, and answered: nothing waits, or whoever asks again has seen the answer.
  } else {
    ++n_asked_;
    --at_once_;
    n_rounds_ = std::max(n_rounds_, ++running().depth);
  }
  const double score = judge_->score(low, high);
  waiter.score = turned ? 1.0 - score : score;
  return true;
}

inline bool CompareAwaiter::await_ready() {
  return run.may_answer_at_once() && run.answer_at_once(*this);
}

template <class Promise>
bool CompareAwaiter::await_suspend(std::coroutine_handle<Promise> waiting) {
  task = &waiting.promise();
  if (!run.ask(*this, first, second, task->depth)) return false;
  task->n_left = 1;
  return true;
}

template <class Promise>
bool ListAwaiter::await_suspend(std::coroutine_handle<Promise> waiting) {
  task = &waiting.promise();
  if (!run.ask_list(*this, task->depth)) return false;
  task->n_left = 1;
  return true;
}

inline std::span<const std::int32_t> ListAwaiter::places() const {
  return run.lists_[static_cast<std::size_t>(list)].places;
}

inline OrderView::OrderView(Run& run) : link_(&run.views_), next_(run.views_) {
  if (next_ != nullptr) next_->link_ = &next_;
  run.views_ = this;
}

inline OrderView::~OrderView() {
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
}

}  // namespace zermelo::sorting
