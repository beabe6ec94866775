#include "sort_methods.hpp"

#include <algorithm>
#include <array>

#include "zermelo/sorting.hpp"

namespace zermelo::sorting {
namespace {

constexpr std::array kMethods{
    Method{"merge", merge, false, {}},
};

}  // namespace

std::span<const Method> methods() { return kMethods; }

const Method* find_method(std::string_view name) {
  const auto found = std::find_if(kMethods.begin(), kMethods.end(),
                                  [&](const Method& method) { return method.name == name; });
  return found == kMethods.end() ? nullptr : &*found;
}

}  // namespace zermelo::sorting
