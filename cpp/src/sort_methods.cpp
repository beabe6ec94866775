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

constexpr std::array kMethods{
    Method{"allpair", allpair, false, {}},
    Method{"heapsort", heapsort, true, {}},
    Method{"sliding", sliding, true, kSliding},
    Method{"merge", merge, false, {}},
    Method{"insert", insert, false, kInsert},
    Method{"insertion", insertion, false, {}},
    Method{"ford-johnson", ford_johnson, false, {}},
    Method{"quickselect", quickselect, true, {}},
    Method{"knockout", knockout, true, {}},
    Method{"setwise-heap", setwise_heap, true, kSetwiseHeap},
    Method{"setwise-bubble", setwise_bubble, true, kSetwiseBubble},
    Method{"listwise", listwise, true, kListwise},
    Method{"tourrank", tourrank, true, kTourRank},
    Method{"adaptive", adaptive, false, kAdaptive},
};

}  // namespace

std::span<const Method> methods() { return kMethods; }

const Method* find_method(std::string_view name) {
  const auto found = std::find_if(kMethods.begin(), kMethods.end(),
                                  [&](const Method& method) { return method.name == name; });
  return found == kMethods.end() ? nullptr : &*found;
}

}  // namespace zermelo::sorting
