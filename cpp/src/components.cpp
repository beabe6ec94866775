// Connected and strongly connected components of the "beats" graph.
//
// The usual case, everything strongly connected, is settled by two searches that stop as soon as
// every item is reached, which on a well-mixed graph is long before every pair is read. Only if
// that fails are the components found by Tarjan's algorithm (Tarjan 1972), without recursion.
#include <algorithm>
#include <vector>

#include "zermelo/graph.hpp"

namespace zermelo {
namespace {

constexpr std::int32_t kUnseen = -1;

// The items with known abilities hang on one more node, n, that beats them and is beaten by them.
class LinkedNode {
 public:
  LinkedNode(std::int64_t n, std::span<const std::uint8_t> linked) : node_(n), linked_(linked) {
    for (std::size_t i = 0; i < linked.size(); ++i) {
      if (linked[i]) items_.push_back(static_cast<std::int32_t>(i));
    }
  }
  bool exists() const { return !items_.empty(); }
  std::int64_t n_nodes() const { return node_ + (exists() ? 1 : 0); }
  bool is(std::int64_t node) const { return node == node_; }
  bool holds(std::int64_t item) const {
    return exists() && linked_[static_cast<std::size_t>(item)] != 0;
  }
  const std::vector<std::int32_t>& items() const { return items_; }
  std::int32_t node() const { return static_cast<std::int32_t>(node_); }

 private:
  std::int64_t node_;
  std::span<const std::uint8_t> linked_;
  std::vector<std::int32_t> items_;
};

// Labels all nodes reachable from `root`; returns how many. `follows(k)` says whether the edge at
// entry k leads from the row's item to its neighbour, `leads_back(k)` whether one leads back.
//
// On a well-mixed graph nearly everything is reached soon, and the search would then read all
// remaining rows for the few items that hang on a single win. From a quarter on it therefore also
// asks the items not yet reached, which find an edge from a reached one after a few entries
// (Beamer, Asanovic and Patterson 2012), as long as that halves their number.
template <class Value, class Follows, class LeadsBack>
std::int64_t search(const PairGraph<Value>& graph, const LinkedNode& link, std::int32_t root,
                    std::int32_t label, std::vector<std::int32_t>& labels,
                    std::vector<std::int32_t>& queue, Team& team, Follows&& follows,
                    LeadsBack&& leads_back) {
  const std::int64_t n_nodes = link.n_nodes();
  queue.clear();
  const auto reached = [&](std::int32_t node) {
    return labels[static_cast<std::size_t>(node)] == label;
  };
  const auto reach = [&](std::int32_t node) {
    if (labels[static_cast<std::size_t>(node)] == kUnseen) {
      labels[static_cast<std::size_t>(node)] = label;
      queue.push_back(node);
    }
  };
  const auto found = [&] { return static_cast<std::int64_t>(queue.size()); };
  const auto ask_the_rest = [&] {
    std::vector<std::int32_t> rest;
    for (std::int32_t item = 0; item < graph.n_items(); ++item) {
      if (labels[static_cast<std::size_t>(item)] == kUnseen) rest.push_back(item);
    }
    for (std::size_t before = 2 * rest.size(); 2 * rest.size() <= before && !rest.empty();) {
      before = rest.size();
      std::erase_if(rest, [&](std::int32_t item) {
        const auto at = static_cast<std::size_t>(item);
        for (auto k = static_cast<std::size_t>(graph.offsets[at]);
             k < static_cast<std::size_t>(graph.offsets[at + 1]); ++k) {
          if (leads_back(k) && reached(graph.neighbour[k])) {
            reach(item);
            return true;
          }
        }
        return false;
      });
    }
  };
  reach(root);
  bool asked = false;
  for (std::size_t head = 0; head < queue.size() && found() < n_nodes; ++head) {
    if ((head & 0xfff) == 0xfff) team.check();
    if (!asked && 4 * found() > n_nodes) {
      asked = true;
      ask_the_rest();
    }
    const std::int32_t node = queue[head];
    if (link.is(node)) {
      for (const std::int32_t item : link.items()) reach(item);
      continue;
    }
    if (link.holds(node)) reach(link.node());
    const auto at = static_cast<std::size_t>(node);
    for (auto k = static_cast<std::size_t>(graph.offsets[at]);
         k < static_cast<std::size_t>(graph.offsets[at + 1]); ++k) {
      if (follows(k)) reach(graph.neighbour[k]);
    }
  }
  return found();
}

template <class Value>
class Tarjan {
 public:
  Tarjan(const PairGraph<Value>& graph, const LinkedNode& link, Team& team)
      : graph_(graph),
        link_(link),
        team_(team),
        order_(static_cast<std::size_t>(link.n_nodes()), kUnseen),
        low_(order_.size()),
        label_(order_.size(), kUnseen) {}

  std::vector<std::int32_t> run() {
    for (std::size_t node = 0; node < order_.size(); ++node) {
      if (order_[node] == kUnseen) explore(static_cast<std::int32_t>(node));
    }
    return std::move(label_);
  }

 private:
  struct Frame {
    std::int32_t node;
    std::int64_t next;  // the entry to look at next
  };

  void open(std::int32_t node) {
    order_[static_cast<std::size_t>(node)] = low_[static_cast<std::size_t>(node)] = clock_++;
    stack_.push_back(node);
    const bool linked = link_.is(node);
    frames_.push_back({node, linked ? 0 : graph_.offsets[static_cast<std::size_t>(node)]});
    if ((clock_ & 0xffff) == 0) team_.check();
  }

  // The next node that `frame.node` beats, or -1.
  std::int32_t successor(Frame& frame) {
    if (link_.is(frame.node)) {
      if (frame.next >= static_cast<std::int64_t>(link_.items().size())) return -1;
      return link_.items()[static_cast<std::size_t>(frame.next++)];
    }
    const std::int64_t end = graph_.offsets[static_cast<std::size_t>(frame.node) + 1];
    while (frame.next < end) {
      const auto k = static_cast<std::size_t>(frame.next++);
      if (graph_.win[k] > 0) return graph_.neighbour[k];
    }
    if (frame.next == end && link_.holds(frame.node)) {
      ++frame.next;
      return link_.node();
    }
    return -1;
  }

  void explore(std::int32_t root) {
    open(root);
    while (!frames_.empty()) {
      const std::int32_t next = successor(frames_.back());
      const std::int32_t node = frames_.back().node;
      const auto at = static_cast<std::size_t>(node);
      if (next >= 0) {
        const auto to = static_cast<std::size_t>(next);
        if (order_[to] == kUnseen) {
          open(next);
        } else if (label_[to] == kUnseen) {
          low_[at] = std::min(low_[at], order_[to]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        const auto parent = static_cast<std::size_t>(frames_.back().node);
        low_[parent] = std::min(low_[parent], low_[at]);
      }
      if (low_[at] == order_[at]) {
        std::int32_t member;
        do {
          member = stack_.back();
          stack_.pop_back();
          label_[static_cast<std::size_t>(member)] = n_components_;
        } while (member != node);
        ++n_components_;
      }
    }
  }

  const PairGraph<Value>& graph_;
  const LinkedNode& link_;
  Team& team_;
  std::vector<std::int32_t> order_;
  std::vector<std::int32_t> low_;
  std::vector<std::int32_t> label_;
  std::vector<std::int32_t> stack_;
  std::vector<Frame> frames_;
  std::int32_t clock_ = 0;
  std::int32_t n_components_ = 0;
};

// Renumbers labels in the order of their first item; returns how many there are.
std::int32_t renumber(const std::vector<std::int32_t>& labels, Buffer<std::int32_t>& out) {
  std::vector<std::int32_t> name(labels.size(), kUnseen);
  std::int32_t count = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int32_t& renamed = name[static_cast<std::size_t>(labels[i])];
    if (renamed == kUnseen) renamed = count++;
    out[i] = renamed;
  }
  return count;
}

template <class Value>
Result components(const PairGraph<Value>& graph, std::span<const std::uint8_t> linked,
                  const Control& control, Components& out) {
  const auto n = static_cast<std::size_t>(graph.n_items());
  out.strong = Buffer<std::int32_t>(n);
  out.weak = Buffer<std::int32_t>(n);
  if (n == 0) return {};
  Team team(1, control);
  const LinkedNode link(graph.n_items(), linked);
  const std::int64_t n_nodes = link.n_nodes();
  std::vector<std::int32_t> queue;
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n_nodes), kUnseen);
  const auto beats = [&](std::size_t k) { return graph.win[k] > 0; };
  const auto beaten_by = [&](std::size_t k) { return graph.loss[k] > 0; };
  const auto met = [&](std::size_t k) { return graph.win[k] > 0 || graph.loss[k] > 0; };

  if (search(graph, link, 0, 0, labels, queue, team, beats, beaten_by) == n_nodes) {
    team.check();
    std::fill(labels.begin(), labels.end(), kUnseen);
    if (search(graph, link, 0, 0, labels, queue, team, beaten_by, beats) == n_nodes) {
      std::fill_n(out.strong.data(), n, 0);
      std::fill_n(out.weak.data(), n, 0);
      out.n_strong = out.n_weak = 1;
      return {};
    }
  }
  team.check();
  out.n_strong = renumber(Tarjan<Value>(graph, link, team).run(), out.strong);
  std::fill(labels.begin(), labels.end(), kUnseen);
  std::int32_t n_weak = 0;
  for (std::size_t root = 0; root < labels.size(); ++root) {
    if (labels[root] == kUnseen) {
      search(graph, link, static_cast<std::int32_t>(root), n_weak++, labels, queue, team, met, met);
      team.check();
    }
  }
  out.n_weak = renumber(labels, out.weak);
  return {};
}

}  // namespace

template <class Value>
Result find_components(const PairGraph<Value>& graph, std::span<const std::uint8_t> linked,
                       const Control& control, Components& out) {
  return guarded([&] { return components(graph, linked, control, out); });
}

template Result find_components(const PairGraph<std::uint8_t>&, std::span<const std::uint8_t>,
                                const Control&, Components&);
template Result find_components(const PairGraph<float>&, std::span<const std::uint8_t>,
                                const Control&, Components&);
template Result find_components(const PairGraph<double>&, std::span<const std::uint8_t>,
                                const Control&, Components&);

}  // namespace zermelo
