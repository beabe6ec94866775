// Coroutines for sorting methods: a method, or a branch of it, that runs until it needs an answer.
//
// Nothing here calls itself: whoever can go on stands in a list, and `Scheduler::drive` resumes one
// after the other. So the stack stays flat however deep branches lie in each other, with and
// without tail calls.
//
// How to write one: a free function that returns Task<> (or Task<T>) and takes `Run&` first. Await
// tasks and batches that have a name, never a temporary: compilers destroy those of a co_await
// expression wrongly now and then.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace zermelo::sorting {

class Scheduler;

// Frames of coroutines, kept for the next ones: there is a branch for every few comparisons.
class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (void* slab : slabs_) ::operator delete(slab);
  }

  void* take(std::size_t size) {
    const std::size_t bytes = (size + sizeof(Header) + kStep - 1) / kStep * kStep;
    const std::size_t kind = bytes / kStep;
    if (kind >= kKinds) return new (::operator new(bytes)) Header{{nullptr}, 0} + 1;
    if (Header* const block = free_[kind]) {
      free_[kind] = block->next;
      block->pool = this;
      return block + 1;
    }
    if (left_ < bytes) {
      slabs_.push_back(nullptr);  // first, so that no slab is lost where this throws
      slabs_.back() = ::operator new(kSlab);
      begin_ = static_cast<std::byte*>(slabs_.back());
      left_ = kSlab;
    }
    void* const place = begin_;
    begin_ += bytes;
    left_ -= bytes;
    Header* const block = new (place) Header{{nullptr}, kind};
    block->pool = this;
    return block + 1;
  }

  static void give(void* frame) noexcept {
    Header* const block = static_cast<Header*>(frame) - 1;
    if (block->kind == 0) {
      ::operator delete(block);
      return;
    }
    FramePool* const pool = block->pool;
    block->next = pool->free_[block->kind];
    pool->free_[block->kind] = block;
  }

 private:
  static constexpr std::size_t kStep = 64, kKinds = 32, kSlab = std::size_t{1} << 15;

  struct alignas(std::max_align_t) Header {
    union {
      FramePool* pool;  // while the frame is used
      Header* next;     // while it is free
    };
    std::size_t kind;  // 0 where the frame is too large to be kept
  };

  std::array<Header*, kKinds> free_{};
  std::vector<void*> slabs_;
  std::byte* begin_ = nullptr;
  std::size_t left_ = 0;
};

// What is known of every coroutine, whatever it returns; and of questions that were begun, whose
// handle is empty: there is nothing to resume when the last answer has come.
struct TaskState {
  explicit TaskState(Scheduler& owner) : scheduler(owner) {}
  Scheduler& scheduler;
  std::coroutine_handle<> handle;
  TaskState* parent = nullptr;  // who waits for its end
  std::int32_t depth = 0;       // the longest chain of calls that led here
  std::int32_t n_left = 0;      // answers or branches that it waits for
};

class Scheduler {
 public:
  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  FramePool& frames() { return frames_; }
  bool done() const { return done_; }

  // Runs branches, the first of them first, for a task that waits until all have ended. Returns
  // whether there is anything to wait for.
  template <class Tasks>
  bool start(TaskState& parent, Tasks&& tasks) {
    for (auto it = tasks.rbegin(); it != tasks.rend(); ++it) {
      if (!*it) continue;
      TaskState& branch = it->state();
      branch.parent = &parent;
      branch.depth = parent.depth;
      ready_.push_back(&branch);
      ++parent.n_left;
    }
    return parent.n_left > 0;
  }

  // Lets a task wait for what was begun before. Returns whether there is anything to wait for.
  bool wait_for(TaskState& waiting, TaskState& begun) {
    if (begun.n_left == 0) {
      if (waiting.depth < begun.depth) waiting.depth = begun.depth;
      return false;
    }
    begun.parent = &waiting;
    ++waiting.n_left;
    return true;
  }

  void finish(TaskState& task) noexcept {
    if (failure_) return;
    if (task.parent == nullptr) {
      done_ = true;
      return;
    }
    TaskState& parent = *task.parent;
    if (parent.depth < task.depth) parent.depth = task.depth;
    if (--parent.n_left == 0) next_ = &parent;
  }

  void fail(std::exception_ptr failure) noexcept { failure_ = std::move(failure); }

 protected:
  // A task that threw has taken with it what others would write to: from then on nothing goes on.
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  // One thing that a task waited for has come.
  void release(TaskState& task) {
    if (--task.n_left > 0) return;
    if (task.handle) {
      next_ = &task;
    } else if (task.parent != nullptr) {
      finish(task);
    }
    drive();
  }

  TaskState& running() { return *running_; }
  // Whether nobody can go on but the task that runs.
  bool runs_alone() const { return ready_.empty(); }

  void begin(TaskState& root) {
    done_ = false;
    next_ = &root;
    drive();
  }

  // Nothing is left of what ran; its frames must be gone.
  void clear() {
    next_ = nullptr;
    ready_.clear();
    failure_ = nullptr;
    done_ = false;
  }

 private:
  // Resumes whoever can go on until everybody waits for answers.
  void drive() {
    for (;;) {
      rethrow_failure();
      TaskState* task = std::exchange(next_, nullptr);
      if (task == nullptr) {
        if (ready_.empty()) return;
        task = ready_.back();  // last in, first out: the first branch asks first
        ready_.pop_back();
      }
      running_ = task;
      task->handle.resume();
    }
  }

  FramePool frames_;
  TaskState* next_ = nullptr;
  TaskState* running_ = nullptr;
  std::vector<TaskState*> ready_;
  std::exception_ptr failure_;
  bool done_ = false;
};

template <class T>
struct TaskValue {
  T value{};
  void return_value(T result) { value = std::move(result); }
};

template <>
struct TaskValue<void> {
  void return_void() {}
};

// A coroutine that runs when it is awaited, alone or together with others; owns its frame.
template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : TaskState, TaskValue<T> {
    template <class... Arguments>
    explicit promise_type(Scheduler& owner, Arguments&&...) : TaskState(owner) {}

    template <class... Arguments>
    static void* operator new(std::size_t size, Scheduler& owner, Arguments&&...) {
      return owner.frames().take(size);
    }
    static void operator delete(void* frame, std::size_t) noexcept { FramePool::give(frame); }

    Task get_return_object() {
      const auto own = std::coroutine_handle<promise_type>::from_promise(*this);
      this->handle = own;
      return Task(own);
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct End {
        bool await_ready() noexcept { return false; }
        void await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          ended.promise().scheduler.finish(ended.promise());
        }
        void await_resume() noexcept {}
      };
      return End{};
    }
    // Kept, and thrown again outside all coroutines.
    void unhandled_exception() noexcept { this->scheduler.fail(std::current_exception()); }
  };

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  explicit operator bool() const { return static_cast<bool>(handle_); }
  TaskState& state() const { return handle_.promise(); }

  struct Awaiter {
    Task* task;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting) {
      return waiting.promise().scheduler.start(waiting.promise(), std::span<Task>(task, 1));
    }
    T await_resume() const {
      if constexpr (!std::is_void_v<T>) return std::move(task->handle_.promise().value);
    }
  };
  Awaiter operator co_await() & { return {this}; }
  Awaiter operator co_await() && = delete;

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// Awaits branches that need nothing of each other; empty tasks among them are passed over.
template <class T>
struct Together {
  std::span<Task<T>> tasks;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return waiting.promise().scheduler.start(waiting.promise(), tasks);
  }
  void await_resume() const noexcept {}
};

template <class T>
Together<T> together(std::span<Task<T>> tasks) {
  return {tasks};
}
template <class T>
Together<T> together(std::vector<Task<T>>& tasks) {
  return {tasks};
}
template <class T, std::size_t Count>
Together<T> together(std::array<Task<T>, Count>& tasks) {
  return {tasks};
}

}  // namespace zermelo::sorting
