#include "sort_methods.hpp"

#include <algorithm>
#include <array>

#include "zermelo/sorting.hpp"

namespace zermelo::sorting {
namespace {

constexpr std::array kSliding{"passes", "whole", "overlap"};
constexpr std::array kInsert{"n_ranked"};
constexpr std::array kSetwiseHeap{"size"};
constexpr std::array kSetwiseBubble{"size", "overlap"};
constexpr std::array kListwise{"window", "step", "passes"};
constexpr std::array kTourRank{"tournaments"};
constexpr std::array kAdaptive{"pairs", "batch", "ahead"};

using enum Repeats;

constexpr std::array kMethods{
    Method{"allpair", allpair, never, {}},
    Method{"heapsort", heapsort, in_turn, {}},
    Method{"sliding", sliding, anywhere, kSliding},
    Method{"merge", merge, never, {}},
    Method{"insert", insert, never, kInsert},
    Method{"insertion", insertion, never, {}},
    Method{"ford-johnson", ford_johnson, never, {}},
    Method{"quickselect", quickselect, in_turn, {}},
    Method{"knockout", knockout, never, {}},
    Method{"setwise-heap", setwise_heap, anywhere, kSetwiseHeap},
    Method{"setwise-bubble", setwise_bubble, anywhere, kSetwiseBubble},
    Method{"listwise", listwise, anywhere, kListwise},
    Method{"tourrank", tourrank, anywhere, kTourRank},
    Method{"adaptive", adaptive, never, kAdaptive},
};

}  // namespace

std::span<const Method> methods() { return kMethods; }

const Method* find_method(std::string_view name) {
  const auto found = std::find_if(kMethods.begin(), kMethods.end(),
                                  [&](const Method& method) { return method.name == name; });
  return found == kMethods.end() ? nullptr : &*found;
}

}  // namespace zermelo::sorting
