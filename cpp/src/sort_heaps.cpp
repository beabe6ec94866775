#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <vector>

#include "sort_knowledge.hpp"
#include "sort_methods.hpp"

namespace zermelo::sorting {
namespace {

// Items in the nodes of a tree; settled[node] says that its item is no worse than below.
struct Heap {
  Heap(std::int32_t n, std::size_t children_of_a_node)
      : items(static_cast<std::size_t>(n)),
        settled(static_cast<std::size_t>(n)),
        arity(children_of_a_node) {
    std::iota(items.begin(), items.end(), 0);
  }

  std::size_t first_child(std::size_t node) const {
    return std::min(arity * node + 1, items.size());
  }
  std::size_t last_child(std::size_t node) const {  // one past it
    return std::min(arity * node + 1 + arity, items.size());
  }

  void write(std::span<std::int32_t> order) const {
    std::vector<std::int32_t> beaten_by(settled.size(), kNobody);
    for (std::size_t node = 1; node < items.size(); ++node) {
      const std::size_t above = (node - 1) / arity;
      if (settled[above] != 0) beaten_by[static_cast<std::size_t>(items[node])] = items[above];
    }
    winners_first(front, beaten_by, order);
  }

  std::vector<std::int32_t> items;
  std::vector<std::uint8_t> settled;
  std::vector<std::int32_t> front;
  std::size_t arity;
};

using Sift = Task<> (*)(Run& run, Heap& heap, std::size_t node);

// Makes heaps below, side by side, then puts the node's item in its place.
Task<> heapified(Run& run, Heap& heap, std::size_t node, Sift sift) {
  const std::size_t first = heap.first_child(node), end = heap.last_child(node);
  if (heap.first_child(first) < heap.items.size()) {
    std::array<Task<>, 2> two;  // most heaps; no memory is to be asked for
    std::vector<Task<>> more(heap.arity > 2 ? end - first : 0);
    const std::span<Task<>> below = heap.arity > 2 ? std::span<Task<>>(more) : two;
    for (std::size_t child = first; child < end; ++child) {
      const std::size_t grandchild = heap.first_child(child);
      if (grandchild >= heap.items.size()) break;
      const bool ends_here = heap.first_child(grandchild) >= heap.items.size();
      below[child - first] = ends_here ? sift(run, heap, child) : heapified(run, heap, child, sift);
    }
    co_await together(below);
  }
  Task<> here = sift(run, heap, node);
  co_await here;
}

Task<> drawn(Run& run, Heap& heap, Sift sift) {
  const View view(run, [&](std::span<std::int32_t> order) { heap.write(order); });
  const auto wanted = static_cast<std::size_t>(run.top_k);
  heap.front.reserve(wanted);
  if (run.n > 0) {
    Task<> whole = heapified(run, heap, 0, sift);
    co_await whole;
  }
  while (heap.front.size() < wanted) {
    heap.front.push_back(heap.items[0]);
    run.n_certain = settled(run.n, static_cast<std::int32_t>(heap.front.size()));
    const std::int32_t last = heap.items.back();
    heap.items.pop_back();
    if (heap.items.empty()) continue;
    heap.items[0] = last;
    heap.settled[0] = 0;
    if (heap.front.size() < wanted) {
      Task<> top = sift(run, heap, 0);
      co_await top;
    }
  }
  view.write(run.order);
}

// Finds the path of the better children down to a leaf, then where on it the item belongs.
Task<> sunk(Run& run, Heap& heap, std::size_t top) {
  std::vector<std::int32_t>& items = heap.items;
  std::size_t node = top;
  for (;;) {
    const std::size_t first = 2 * node + 1;
    if (first >= items.size()) break;
    node = first;
    if (first + 1 < items.size()) {
      const bool second_wins = co_await run.precedes(items[first + 1], items[first]);
      if (second_wins) ++node;
    }
  }
  while (node != top) {
    const bool belongs_above = co_await run.precedes(items[top], items[node]);
    if (!belongs_above) break;
    node = (node - 1) / 2;
  }
  std::int32_t moving = items[top];
  while (node != top) {
    std::swap(items[node], moving);
    node = (node - 1) / 2;
  }
  items[top] = moving;
  heap.settled[top] = 1;
}

// The best of an item and its children goes up, until that is the item.
Task<> exchanged(Run& run, Heap& heap, std::size_t node) {
  std::vector<std::int32_t>& items = heap.items;
  std::vector<std::int32_t> shown;
  for (;;) {
    heap.settled[node] = 0;
    std::size_t best = node;
    const std::size_t first = heap.first_child(node), end = heap.last_child(node);
    if (first < end) {
      shown.assign(1, items[node]);
      shown.insert(shown.end(), items.begin() + static_cast<std::ptrdiff_t>(first),
                   items.begin() + static_cast<std::ptrdiff_t>(end));
      std::sort(shown.begin(), shown.end());
      const std::int32_t place = co_await run.choose(shown);
      const std::int32_t chosen = shown[static_cast<std::size_t>(place)];
      for (std::size_t child = first; child < end; ++child) {
        if (items[child] == chosen) best = child;
      }
    }
    std::swap(items[node], items[best]);
    heap.settled[node] = 1;
    if (best == node) co_return;
    node = best;
  }
}

}  // namespace

// Heap sort that stops after the best `top_k`; an item sinks to a leaf and climbs from there.
Task<> heapsort(Run& run) {
  Heap heap(run.n, 2);
  Task<> whole = drawn(run, heap, sunk);
  co_await whole;
}

// A heap whose items sink by choosing the best of `size`.
Task<> setwise_heap(Run& run) {
  const std::int64_t size =
      std::clamp<std::int64_t>(run.option("size"), 2, std::int64_t{run.n} + 2);
  Heap heap(run.n, static_cast<std::size_t>(size - 1));
  Task<> whole = drawn(run, heap, exchanged);
  co_await whole;
}

}  // namespace zermelo::sorting
